"""The role of a topic in a passage: what headings, introductions and the grammar around a mention say of it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from corpus import Facet
from indexer.model import Span

_MAY = (
    "(?:(?:can|may|might|could|will|would|often|also|sometimes|usually|typically|frequently|commonly|eventually|then|"
    "itself) ){0,4}"
)


def _any_of(alternatives: str) -> re.Pattern[str]:
    """Whole words; " | " and line ends are for the eye, <may> is any run of modal verbs and adverbs."""
    pattern = re.sub(r"\s*\|\s*", "|", alternatives.strip()).replace("<may>", _MAY)
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


# --- headings -----------------------------------------------------------------------------------------------

_HEADING_WORDS: tuple[tuple[Facet, str], ...] = (
    (
        "cause",
        r"""
            caus(?:e|es|ed|ing) | reasons? | roots? | triggers? | triggered | risk factors? | origins? |
            sources? | results? (?:of|from) | because | due to | comes? from | coming from | leads? to |
            leading to | brings? (?:it )?on | behind | contribut\w+ |
            why (?!.*\b(?:matter|important|help))(?:do|does|did|am|is|are|has|have|it|you|we|people|some)\w* |
            where .* from | makes? you | dulls? | blunts? | flattens? | numbs | side effects? | could it be
            """,
    ),
    (
        "symptom",
        r"""
            signs? | symptoms? | recogni[sz]\w+ | feels? like | feel like | looks? like | feels | notic\w+ |
            spot | spotting | characteristics | features | shows? up | showing up | what is it like | warning |
            tell if | do (?:i|you) have | how (?:do|can) (?:i|you) (?:know|tell) | checklist | manifest\w* |
            experienc\w+
            """,
    ),
    (
        "treatment",
        r"""
            treatments? | treating | treated | therap(?:y|ies|eutic) | therapists? | psychotherap\w+ |
            medications? | medicines? | professional | clinical | interventions? | doctors? | counsell?ing |
            approaches
            """,
    ),
    (
        "strategy",
        r"""
            strateg\w+ | ways? | tips? | techniques? | helps? | how to | cop(?:e|ing) with | self help |
            exercises? | practi[cs]\w+ | steps? | rebuild\w* | overcom\w+ | reconnect\w* | lifestyle | heal |
            healing | manag\w+ | tools? | skills? | what (?:you|to) (?:can )?do | things to try | try |
            cultivat\w+ | break(?:ing)? free | looking after | everyday | daily | get(?:ting)? better |
            moving forward | support(?:ing)? | habits? | find(?:ing)? your way
            """,
    ),
    (
        "effect",
        r"""
            effects? | costs? | consequences? | impacts? | affects? | affecting | toll | price | harms? |
            harmful | damag\w+ | outcomes? | what (?:it|numbness) does | long term |
            becomes? (?:a problem|harmful|unhealthy) | aftermath | complications? |
            problems? it | in relationships? | relationships?
            """,
    ),
    (
        "mechanism",
        r"""
            brains? | neuro\w+ | biolog\w+ | theor(?:y|ies) | how .* works? | mechanisms? |
            nervous system | hormones? | chemistry | chemicals? | cortex | amygdala | functions? | protect\w* |
            role of | perspectives? | models? | defen[cs]es? | stress response | polyvagal | vagus | vagal |
            cop(?:ing|e) mechanism | purpose | what happens in
            """,
    ),
    (
        "condition",
        r"""
            disorders? | conditions? | diagnos\w+ | illness(?:es)? |
            mental health (?:problems?|conditions?|disorders?|issues?) | syndromes? | disease
            """,
    ),
)
_HEADING_CUES = tuple((facet, _any_of(words)) for facet, words in _HEADING_WORDS)

HEADING_WEIGHT = 2.0
"""Points for the facet that the nearest heading names; a cue in the sentence weighs more (see _CUES)."""
PARENT_SHARE = 0.5
"""What one heading leaves of the weight of those above it, if it names a facet itself."""
WITHIN_LABEL = 0.9
"""Points for a facet named by a topic's own words, if nothing else names one: "Anxiety disorders" under "Causes"
are causes."""
TITLE_WEIGHT = 0.9
"""Points for the facet that the document's title names."""
INTRODUCTION_WEIGHT = 2.5
"""Points for the facet that the sentence before a list names, for what the items are about."""


def heading_points(headings: Sequence[str], title: str, labels: Callable[[str], Iterable[Span]]) -> dict[Facet, float]:
    """Points for each facet that the headings (outermost first) name, the nearest most.

    `labels` finds the spans of topics in a heading.
    """
    points: dict[Facet, float] = {}
    within: dict[Facet, float] = {}
    weight = HEADING_WEIGHT
    for heading, most in (*((heading, HEADING_WEIGHT) for heading in reversed(headings)), (title, TITLE_WEIGHT)):
        bare = heading
        for span in labels(heading):
            bare = bare[: span.start] + "_" * (span.end - span.start) + bare[span.end :]
        named = named_facets(bare)
        for facet in named:
            points[facet] = max(points.get(facet, 0.0), min(weight, most))
        within.update(dict.fromkeys(named_facets(heading), WITHIN_LABEL))
        if named:
            weight *= PARENT_SHARE
    return points or within


MAX_HEADING = 200
"""Code points of a heading, counted from its end, that are read for its role."""


def named_facets(heading: str) -> tuple[Facet, ...]:
    """Facets whose words stand in a heading or in the introduction of a list."""
    return tuple(facet for facet, pattern in _HEADING_CUES if pattern.search(heading[-MAX_HEADING:]))


# --- grammar ------------------------------------------------------------------------------------------------

Side = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that give a role, or none, to what follows them (side before) or precedes them (after)."""

    facet: Facet | None
    """None where the words list what follows in no particular role, or deny it."""
    side: Side
    weight: float
    span: Span
    denies: bool = False


_CUES: tuple[tuple[Facet | None, Side, float, re.Pattern[str]], ...] = (
    # a list, of whatever it is
    (None, "before", 0.0, _any_of("includ(?:e|es|ing)|such as|for example|among them|namely")),
    # what follows is the cause
    (
        "cause",
        "before",
        3.0,
        _any_of(
            r"""
            (?:caused|triggered|brought on|produced|driven|provoked|set off|induced|fuelled|fueled|explained|
            worsened|created) by |
            due to | because of | owing to |
            (?:(?:the|a) )?(?:(?:direct|common|natural) )?(?:result|consequence|product|outcome|aftermath) of |
            result(?:s|ed|ing)? from | stem(?:s|med|ming)? from | aris(?:es?|ing|en) (?:from|out of|after) |
            com(?:es?|ing) from |
            develop(?:s|ed|ing)? (?:after|from|because of|out of|in response to|as a result of) |
            (?:in|as an?|a|the) (?:\w+ )?(?:response|reaction|answer) to | respon(?:d|ds|se|ses) to |
            react(?:s|ion|ions)? to | rooted in | roots? in | grow(?:s|n|ing)? out of |
            causes? (?:include|are|is) | caus(?:es|ed) (?:such as|like) | cause of .{1,30} is |
            triggers? (?:include|are|is|such as|like) | following | in the wake of | in the aftermath of | after |
            exposed to | exposure to | (?:faced|overwhelmed|worn down|flooded) (?:with|by) | side effects? of |
            lived through | living through | surviv(?:e|ed|ing|ors of|or of) | history of |
            experienc(?:ed|ing) of | under | during | when you take | taking |
            (?:numb\w*|blunt\w*|flat\w*|feel\w*) on | recover(?:y|ing)? from |
            protect\w* (?:\w+ ){0,3}(?:from|against) | shield\w* (?:\w+ ){0,3}(?:from|against)
            """
        ),
    ),
    # what precedes is the cause
    (
        "cause",
        "after",
        3.0,
        _any_of(
            r"""
            <may>(?:caus(?:es?|ed|ing)|lead(?:s|ing)? to|led to|trigger(?:s|ed)?|produc(?:es?|ed)|result(?:s|ed)? in|
            contribut(?:es?|ing|ed)(?: to)?|brings? on|brings? about|brings? (?:numbness|it)|sets? off|provok(?:es?|ed)|
            leav(?:es?|ing) (?:you|people|someone|a person|them|us|many|some|her|him)|left (?:me|you|people|them|us)|
            makes? (?:you|people|someone|a person|them|us|it hard|it harder|it difficult|many|some)|
            made (?:me|you|them)|dull(?:s|ed)?|
            blunt(?:s|ed)?|flatten(?:s|ed)?|numb(?:s|ed)|overwhelm(?:s|ed)?|deplet(?:es?|ed)|drain(?:s|ed)?|
            wears? (?:(?:you|people|them|us) )?(?:down|out)|us(?:es?|ed) up|shuts? (?:\w+ )?down|suppress(?:es)?|
            switch(?:es)? (?:\w+ )?off|disrupt(?:s)?|weaken(?:s|ed)?|narrow(?:s|ed)?|teach(?:es)?|taught|
            (?:is|are|was|were|be|been) (?:\w+ ){0,4}(?:causes?|reasons?|triggers?|culprits?|risk factors?)|
            (?:is|are|be|been|lies?|stands?) (?:(?:often|usually) )?(?:to blame|behind|underneath|at the root)) |
            related (?:numbness|detachment|blunting) | induced
            """
        ),
    ),
    # what follows is what something is for
    (
        "condition",
        "before",
        3.0,
        _any_of(
            r"""
            (?:used|taken|given|prescribed|treated|checked|screened|tested|help|medicines?|medications?|tablets|
            treatments?|therapy|therapies|care|approved) for | treat(?:s|ing|ed)? | treatment of |
            (?:ease|relieve|reduce|lift|improve|lessen|fight|manage)(?:s|d|ing)?
            """
        ),
    ),
    # what follows is a condition
    (
        "condition",
        "before",
        1.5,
        _any_of(
            r"""
            (?:people|person|someone|those|anyone|individuals|patients|adults|children|veterans|women|men|
            everyone|partner) (?:who (?:have|has|live with)|with|living with|diagnosed with) |
            diagnos(?:ed|is) (?:with|of|as) |
            (?:symptoms?|signs?|features?|criteri(?:a|on)|form|type|forms|types|hallmarks?|parts?) (?:of|for) |
            (?:conditions?|disorders?|diagnos[ei]s|illness(?:es)?|problems),? (?:such as|like|including|include|
            are|is) |
            (?:living|lives?|struggl\w+|cop(?:e|es|ing)|suffer\w*|co-?occurs?|overlaps?|associated|linked|seen|
            found|common|occurs?) (?:with|in|from) |
            found in | in | out of | characteristic of | typical of | known as | called | meet (?:the )?criteria for |
            screen(?:ed|ing)? for
            """
        ),
    ),
    (
        "condition",
        "after",
        1.5,
        _any_of(
            r"""
            (?:is|are) (?:(?:an?|the) )?(?:\w+ ){0,4}(?:disorders?|conditions?|illness(?:es)?|diagnos[ei]s) |
            (?:itself )?(?:is|are|can be|may be|has been) (?:\w+ )?(?:diagnosed|treated|treatable) |
            (?:symptoms?|diagnosis|criteria) | (?:is|are) (?:\w+ )?(?:marked|characteri[sz]ed|defined) by |
            involves | includes
            """
        ),
    ),
    # treatments
    (
        "treatment",
        "before",
        3.0,
        _any_of(
            r"""
            (?:treated|treat (?:it|this|them)|managed|helped|eased|relieved|improved) (?:with|by|through) |
            prescrib(?:e|es|ed|ing) |
            treatments? (?:such as|like|include|includes|including|is|are|options? (?:include|are)) |
            therap(?:y|ies) (?:such as|like|include|including|called|are) |
            referr?(?:ed|al)? (?:you )?(?:to|for) | trained in | (?:recommend|suggest|offer|advise)s? (?:\w+ )? |
            benefit(?:s|ed)? from | approach(?:es)? (?:such as|like|called|include|including) |
            respond(?:s|ed)? (?:well )?to | course of | sessions? of | forms of therapy
            """
        ),
    ),
    (
        "treatment",
        "after",
        2.5,
        _any_of(
            r"""
            <may>(?:helps?|eases?|relieves?|treats?|improves?|works?|teach(?:es)?|addresses|targets?) |
            (?:is|are) (?:\w+ ){0,4}(?:treatments?|therap(?:y|ies)|prescribed|offered|recommended|effective|used) |
            sessions?
            """
        ),
    ),
    # strategies
    (
        "strategy",
        "before",
        3.0,
        _any_of(
            r"""
            try(?:ing)? | practi[cs](?:e|ing) | start(?:ing)?(?: with| a)? | ways? to |
            (?:strateg(?:y|ies)|steps?|skills?|habits?|tools?|activities|practices|things) (?:such as|like|
            include|including|are) |
            keep(?:ing)? | make time for | build(?:ing)? | learn(?:ing)? | use | using | through |
            spend(?:ing)? time
            """
        ),
    ),
    (
        "strategy",
        "after",
        2.0,
        _any_of(r"""
            <may>(?:helps?|eases?|calms?|soothes?|supports?|brings? (?:(?:you|people) )?back|reconnects?|
            steadies|settles?)
            """),
    ),
    # what follows is an effect
    (
        "effect",
        "before",
        3.0,
        _any_of(
            r"""
            (?:lead(?:s|ing)?|led) to | caus(?:es?|ed|ing) | result(?:s|ed|ing)? in |
            leav(?:es?|ing) (?:you|people|someone|them|us|her|him)(?: with| in)? |
            (?:strain|damage|harm|impair|hurt|affect|undermine|erode|weaken|disrupt|interfere with|reduce|
            worsen)(?:s|es|ed|ing)? |
            straining | damaging | impairing | contribut(?:es?|ing) to | turns? into | mak(?:es?|ing) | brings? |
            bringing | effects? (?:on|include) | impact on | toll on | costs? (?:include|are) | so that |
            consequences (?:include|are|such as) | feed(?:s|ing)?
            """
        ),
    ),
    (
        "effect",
        "after",
        2.0,
        _any_of(r"""
            <may>(?:suffers?|follows?|is strained|are strained|breaks? down|grows?|builds?|increases?)
            """),
    ),
    # symptoms
    (
        "symptom",
        "before",
        1.5,
        _any_of(
            r"""
            (?:symptoms?|signs?) (?:such as|like|include|includes|including|are|is|can be|may be) |
            feel(?:s|ing)? | felt | sense of | experienc(?:e|es|ing) | report(?:s|ing|ed)? | describ(?:e|es|ing) |
            notic(?:e|es|ing) | complain(?:s)? of | characteri[sz]ed by | marked by | bouts of | show(?:s|ing)?
            """
        ),
    ),
    (
        "symptom",
        "after",
        2.5,
        _any_of(r"""
            (?:is|are|can be|may be) (?:\w+ ){0,4}(?:symptoms?|signs?|feature|hallmark)
            """),
    ),
    # mechanisms
    (
        "mechanism",
        "before",
        2.5,
        _any_of(r"""
            (?:role|function|activity|level|levels|effects?) of | mechanisms? (?:such as|like|called|is|are) |
            through | known as | called
            """),
    ),
)

# --- denial ------------------------------------------------------------------------------------------------

_DENIALS: tuple[re.Pattern[str], ...] = (
    _any_of(r"""
            unlike | rather than | instead of | other than | as opposed to | in contrast (?:to|with) |
            contrary to | far from
            """),
    _any_of(r"""
            without | free (?:of|from) | in the absence of | absence of | devoid of | neither | nor | apart from |
            except(?: for)? | excluding
            """),
    _any_of(r"""
            (?:is|are|was|be|being)(?:n['’]t|[ ]not|[ ]never) (?:(?:quite|exactly|really|at all|always|
            simply) )?(?:the same (?:thing )?as|identical to|equal to|a synonym (?:of|for)|another word for)
            """),
    _any_of(r"""
            not (?:(?:quite|exactly|really) )?the same (?:thing )?as | not to be confused with |
            differ(?:s|ed)? from | differen(?:t|ce|tiate\w*) from | distinct from |
            distinguish\w* (?:\w+ ){0,2}from | separate from | confused? (?:\w+ )?(?:with|for) |
            mist(?:ake|aken|akes|ook) (?:\w+ )?for | mislabel\w* (?:\w+ )?as | misread as
            """),
    _any_of(r"""
            (?:do|does|did)(?:n['’]t|[ ]not) (?:(?:always|necessarily|usually|really|actually|ever) )?(?:mean|
            have|feel|experience|suffer from|involve|cause|need|require|signal|indicate|reflect|include|imply|
            equal|come from|show|develop|lead to|get)(?: that (?:you|someone|a person|they) (?:have|has|are|is))?
            """),
    _any_of(r"""
            (?:has|have|had)(?:n['’]t|[ ]not|[ ]never) (?:had|experienced|felt|been|developed|suffered) |
            never (?:had|experienced|suffered|felt|been through|develop)
            """),
    _any_of(r"""
            nothing to do with |
            not (?:due to|caused by|because of|a (?:sign|symptom|form|kind|type|case|result) of|about|from|in|
            a matter of|proof of|evidence of)
            """),
    _any_of(r"""
            no (?:history|sign|signs|evidence|trace|hint|need|question|symptoms|diagnosis) (?:of|for) |
            rul(?:e|ed|ing|es) out
            """),
    _any_of(r"""
            (?:has|have|had|with|there (?:is|are|was|were)|feel|felt|feels|show|shows) no
            """),
    _any_of(r"no"),
    _any_of(r"""
            (?:is|are|was|were|am|be|been|being|it['’]s|['’]re|['’]m|that['’]s|this)(?: \w+ly| probably|
            simply)?(?:n['’]t|[ ]not|[ ]never)
            """),
    _any_of(r"isn['’]t|aren['’]t|wasn['’]t|weren['’]t|not|never"),
)
# Words after "not" that leave what follows standing: "not only depression".
_NOT_DENIED = re.compile(
    r"\s*(?:only|just|simply|merely|solely|always|necessarily|everyone|all|every|alone|sure|certain|know|until|"
    r"uncommon|"
    r"unusual|rare|limited|least|because|if|when|whether|knowing|surprising|surprisingly|enough|so much|even|yet)\b",
    re.IGNORECASE,
)
_NO_BUT = re.compile(
    r"\s*(?:longer|doubt|matter|wonder|one|more|less|amount|single|surprise|other|two)\b", re.IGNORECASE
)
_WHETHER = re.compile(r"\b(?:whether or|or|if|why)\s*$", re.IGNORECASE)


def denials(text: str) -> Cues:
    """Where a text denies what comes next, in order."""
    found = []
    for pattern in _DENIALS:
        for match in pattern.finditer(text):
            following = text[match.end() : match.end() + 24]
            written = match.group().casefold()
            if written.endswith(("not", "n't", "n’t", "never")) and _NOT_DENIED.match(following):
                continue
            if written.endswith("no") and _NO_BUT.match(following):
                continue
            if written == "not" and _WHETHER.search(text[max(0, match.start() - 12) : match.start()]):
                continue
            found.append(Cue(None, "before", 0.0, Span(*match.span()), denies=True))
    return Cues(found)


def cues(text: str) -> Cues:
    """Words in `text` that give roles to what stands beside them, in order."""
    found = [
        Cue(facet, side, weight, Span(*match.span()))
        for facet, side, weight, pattern in _CUES
        for match in pattern.finditer(text)
    ]
    return Cues(found)


# --- reach ---------------------------------------------------------------------------------------------------

_CLAUSE_END = re.compile(r"[.;:!?…()\n\r—–•]|\s-\s")
_SEPARATOR = re.compile(
    r"\s*(?:,\s*(?:and|or|nor|and/or)\b|,|/|\b(?:and|or|nor|and/or|as well as)\b)\s*", re.IGNORECASE
)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
# A word that ends the reach of a cue to its right: a new clause or another relation begins.
_BARRIERS = frozenset(
    """that which who whom when while if because although though but than so since until unless whereas where how
    is are was were be been has have had do does did can may might could will would should must
    to for from with by as into about between among during after before through in on at of not like such including
    feel feels felt make makes cause causes help helps lead leads""".split()
)
MAX_MODIFIERS = 3
"""Words between a cue and what it governs: "caused by [long and untreated] depression"."""
MAX_ITEM_WORDS = 5
MAX_ITEMS = 8
"""How long a list a cue governs, and how long its items may be."""
MAX_CUE = 80
"""Code points that a cue may have."""
MAX_REACH = 160
"""Code points between a cue and the mention at the most, so that reading stays linear."""


def governs(text: str, cue: Cue, mention: Span) -> bool:
    """Whether `cue` reaches `mention`: next to it, modifiers and the rest of a list aside."""
    gap = text[cue.span.end : mention.start] if cue.side == "before" else text[mention.end : cue.span.start]
    if len(gap) > MAX_REACH or _CLAUSE_END.search(gap):
        return False
    if cue.side == "before" and "," in gap and not _is_list(text, gap, cue, mention):
        return False
    items = _SEPARATOR.split(gap)
    if len(items) > MAX_ITEMS:
        return False
    limits = [MAX_ITEM_WORDS] * len(items)
    limits[-1 if cue.side == "before" else 0] = MAX_MODIFIERS
    if len(items) == 1 and cue.side == "after":
        limits = [1]
    for item, limit in zip(items, limits, strict=True):
        words = _WORD.findall(item)
        if len(words) > limit or any(word.casefold() in _BARRIERS for word in words):
            return False
    return True


_JOINED = re.compile(r"\b(?:and|or|nor)\b", re.IGNORECASE)
_OR = re.compile(r"\b(?:or|nor)\b", re.IGNORECASE)
_GOES_ON = r"(?:\s*,\s*[\w'’ -]{{1,40}}){{0,4}}\s*,?\s*\b(?:{words})\b"
_GOES_ON_JOINED = re.compile(_GOES_ON.format(words="and|or|nor"), re.IGNORECASE)
_GOES_ON_OR = re.compile(_GOES_ON.format(words="or|nor"), re.IGNORECASE)


def _is_list(text: str, gap: str, cue: Cue, mention: Span) -> bool:
    """Whether the commas between cue and mention are those of a list, rather than the end of a clause: "unlike
    apathy, numbness …". What a list denies is joined by "or"."""
    joined, goes_on = (_OR, _GOES_ON_OR) if cue.denies else (_JOINED, _GOES_ON_JOINED)
    return joined.search(gap) is not None or goes_on.match(text[mention.end : mention.end + MAX_REACH]) is not None


class Cues:
    """The cues of one text, quick to ask for those around a place."""

    def __init__(self, found: Iterable[Cue]) -> None:
        self._cues = sorted(found, key=lambda cue: (cue.span, cue.side, cue.facet or ""))
        self._starts = [cue.span.start for cue in self._cues]

    def governing(self, text: str, mention: Span) -> Iterator[Cue]:
        """The cues that reach `mention`, in order."""
        first = bisect_left(self._starts, mention.start - MAX_REACH - MAX_CUE)
        last = bisect_left(self._starts, mention.end + MAX_REACH)
        for cue in self._cues[first:last]:
            stands = cue.span.end <= mention.start if cue.side == "before" else cue.span.start >= mention.end
            if stands and governs(text, cue, mention):
                yield cue


MIN_POINTS = 0.9
"""Points that a role must have to displace a topic's usual one: the title alone is enough, a heading two levels up,
overruled by nearer ones, is not."""


def choose(facets: Sequence[Facet], points: Mapping[Facet, float]) -> Facet:
    """The facet with most points among those that a topic may serve; its usual one where nothing decides."""
    best = max(facets, key=lambda facet: (points.get(facet, 0.0), -facets.index(facet)))
    return best if points.get(best, 0.0) >= MIN_POINTS else facets[0]


def serve(facet: Facet | None, facets: Sequence[Facet]) -> Facet | None:
    """The role that a cue for `facet` gives a topic of `facets`: what stress leads to may be a symptom, too."""
    if facet in facets:
        return facet
    if facet == "effect" and "symptom" in facets:
        return "symptom"
    return None
