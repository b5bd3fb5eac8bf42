"""Finds the labels of a vocabulary in running text: one pass over a trie of stems."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Literal

from corpus import Topic, Vocabulary
from indexer.model import Span
from indexer.text import Token, fold_word, stem, tokenize

LabelKind = Literal["pref", "alt", "hidden"]
_KINDS: tuple[LabelKind, ...] = ("pref", "alt", "hidden")


@dataclass(frozen=True, slots=True)
class LabelMatch:
    """A label where it stands in a text."""

    topic_id: str
    span: Span
    label: str
    label_kind: LabelKind
    is_shared: bool = False
    """True where words of others stand inside: "childhood neglect" in "childhood abuse or neglect"."""
    is_core: bool = True
    """True for the preferred label, also cut short: "numbness" for emotional numbness."""


class LabelMatcher:
    """All labels of a vocabulary, ready to be looked for.

    A label is found in any inflection, spelling and contraction; hyphens count as spaces; articles, possessives and
    a few adverbs may come between its words; "you", "she" stand for its "I". An acronym (all capitals) keeps
    its case. Where labels overlap the one with more words wins.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._published = _Trie(vocabulary, ("pref", "alt"))
        self._all = _Trie(vocabulary, _KINDS)

    def find(self, text: str, *, query: bool = False) -> tuple[LabelMatch, ...]:
        """Every label in `text`, in order; with `query` hidden labels count too, and acronyms in lower case."""
        pieces = tuple(split(text))
        trie = self._all if query else self._published
        return tuple(_resolve(trie.matches(pieces, query=query)))


# --- pieces ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """A token, or half of a contraction ("don't" is "do" and "not"), as the trie sees it."""

    text: str
    """As written; for a contraction the whole of it."""
    word: str
    key: str
    """The stem, or the name of the class that it belongs to."""
    start: int
    end: int
    gap: Literal["none", "comma", "break"]
    """What stands between it and the piece before it, white space, hyphens and quotation marks aside."""


PERSON, REFLEXIVE = "<person>", "<self>"
_CLASSES: dict[str, str] = {
    word: key
    for key, words in {
        "<be>": "am is are was were be been being",
        "<have>": "have has had having",
        "<do>": "do does did",
        "<can>": "can could",
        PERSON: "i me you he him she we us they them one someone",
        REFLEXIVE: "myself yourself himself herself oneself ourselves yourselves themselves themself",
    }.items()
    for word in words.split()
}

_NEGATED = re.compile(r"^(.+)n't$")
_ENDINGS = {"m": "am", "re": "are", "ve": "have", "ll": "will", "d": "would", "s": "is"}
_ENDED = re.compile(r"^(.+)'(m|re|ve|ll|d|s)$")
_BASES = {"ca": "can", "wo": "will", "sha": "shall", "ai": "is"}
_TAKES_IS = frozenset("it that what there he she who here where everything nothing something everyone nobody".split())
# Contractions as people type them, without the apostrophe; those that are words of their own ("were", "ill") are not.
_BARE: dict[str, tuple[str, ...]] = {
    "cannot": ("can", "not"),
    "cant": ("can", "not"),
    "wont": ("will", "not"),
    "im": ("i", "am"),
    "ive": ("i", "have"),
    "youre": ("you", "are"),
    "youve": ("you", "have"),
    "theyre": ("they", "are"),
    "theyve": ("they", "have"),
    "gonna": ("going", "to"),
    "wanna": ("want", "to"),
    **{f"{verb}nt": (verb, "not") for verb in "do does did is are was has have had could would should must".split()},
}


def _parts(token: Token) -> tuple[str, ...]:
    if token.word in _BARE:
        return _BARE[token.word]
    written = re.sub("[’ʼ`´]", "'", token.text).casefold()
    if "'" not in written:
        return (token.word,)
    negated = _NEGATED.match(written)
    if negated:
        return (_BASES.get(negated[1], negated[1]), "not")
    ended = _ENDED.match(written)
    if ended and (ended[2] != "s" or ended[1] in _TAKES_IS):
        return (fold_word(ended[1]), _ENDINGS[ended[2]])
    if written == "one's":
        return ("ones",)
    return (token.word,)


_BREAK = re.compile(r"[.;:!?…()\[\]{}\n\r—•|<>=*\\]|\s[-–]|[-–]\s")


def split(text: str) -> Iterator[Piece]:
    """The pieces of `text` in order."""
    end = 0
    for token in tokenize(text):
        between = text[end : token.start]
        gap: Literal["none", "comma", "break"] = "none"
        if between not in (" ", "-"):
            gap = "break" if _BREAK.search(between) else "comma" if "," in between else "none"
        for part in _parts(token):
            key = _CLASSES.get(part) or stem(part)
            yield Piece(token.text, part, key, token.start, token.end, gap)
            gap = "none"
        end = token.end


# --- classes of expressions --------------------------------------------------------------------------------

CANNOT, NOT, LACK = "<cannot>", "<not>", "<lack>"


def _keys(phrase: str) -> tuple[str, ...]:
    return tuple(piece.key for piece in split(phrase))


def _expressions(classes: Mapping[str, Iterable[str]]) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """First key -> (the whole expression, its class), longest first."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name, phrases in classes.items():
        for phrase in phrases:
            keys = _keys(phrase)
            found.setdefault(keys[0], []).append((keys, name))
    for entries in found.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return found


_INABILITY = (
    "can not",
    "unable to",
    "inability to",
    "not able to",
    "incapable of",
    "difficulty",
    "difficulty in",
    "difficulty with",
    "trouble",
    "trouble with",
    "struggle to",
    "struggle with",
    "hard to",
    "hard time",
    "find it hard to",
    "reduced ability to",
    "less able to",
    "impaired ability to",
    "limited ability to",
)
_LOSS = (
    "loss of",
    "lack of",
    "absence of",
    "reduced",
    "diminished",
    "decreased",
    "reduction in",
    "lessened",
)
_NEGATION = ("do not", "no longer", "never", "not")
# What a label says and what a text may say for it. A text may use more than a label: "lost interest" is a loss of
# interest, while a label "lost time" is no lack of time.
_IN_LABELS = _expressions({CANNOT: _INABILITY, LACK: _LOSS, NOT: _NEGATION})
_IN_TEXTS = _expressions(
    {CANNOT: _INABILITY, LACK: (*_LOSS, "no", "less", "little", "low", "lose", "losing"), NOT: _NEGATION}
)

_ARTICLES = frozenset("a an the my your his her its our their own ones this these".split())
_FILLERS = _ARTICLES | frozenset(
    "any all some really just so even very quite completely totally truly simply ever always still also somehow "
    "deeply anymore often sometimes now that much can may might could will would has have had".split()
)
_LABEL_FILLERS = frozenset("just really so even very completely totally anymore".split())
MAX_FILLERS_TOGETHER = 2
MAX_LISTED = 2
"""Words that a list may put between a label's words."""
MIN_FOR_STRANGER = 2
"""Words of a label that must stand before one word that it does not have: "difficulty maintaining [personal]
relationships"."""
_CONJUNCTIONS = frozenset(("and", "or", "nor"))
_FUNCTION_WORDS = frozenset(
    "a an the and or nor but of in on at to for from with by as like i you it he she they we is are was be not no "
    "my your that this what who".split()
)
_WEIGHTLESS = _FUNCTION_WORDS | {PERSON, "<be>", "<have>", "<do>", "<can>"}
"""What a label does not win by over others."""


# --- the trie -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Label:
    topic_id: str
    text: str
    kind: LabelKind
    keys: tuple[str, ...]
    word: str | None
    """The folded word of a label of one word, to tell "grounding" from "ground"."""
    acronym: str | None
    is_core: bool


@dataclass(slots=True)
class _Node:
    next: dict[str, _Node] = field(default_factory=dict)
    labels: list[_Label] = field(default_factory=list)
    may_share: bool = False
    """True where a label of two or three content words goes on, so that a list may part it."""
    may_widen: bool = False
    """True where the last word of a label of three or more comes next, so that a stranger may stand before it."""


@dataclass(frozen=True, slots=True)
class _Found:
    label: _Label
    pieces: tuple[int, ...]
    """Indexes of the pieces that matched, without what was skipped."""
    start: int
    end: int
    is_shared: bool


class _Trie:
    def __init__(self, vocabulary: Vocabulary, kinds: tuple[LabelKind, ...]) -> None:
        self._root = _Node()
        self._joined: set[str] = set()
        seen: set[tuple[str, ...]] = set()
        for kind in kinds:
            for topic in vocabulary:
                preferred = {piece.key for piece in split(topic.pref_label)}
                for text in _labels(topic, kind):
                    label = _compile(topic.id, text, kind, preferred)
                    # The first to claim a reading keeps it: preferred labels before others, file order within.
                    if label is not None and (label.keys not in seen or label.word is not None):
                        seen.add(label.keys)
                        self._add(label)

    def _add(self, label: _Label) -> None:
        node = self._root
        may_share = 2 <= len(label.keys) <= 3 and not any(key in _FUNCTION_WORDS for key in label.keys)
        may_share = may_share and label.keys[0] != "self"
        for index, key in enumerate(label.keys):
            is_last = index == len(label.keys) - 1 >= MIN_FOR_STRANGER
            node.may_widen = node.may_widen or (is_last and key not in _FUNCTION_WORDS)
            node.may_share = node.may_share or (may_share and node is not self._root)
            node = node.next.setdefault(key, _Node())
        node.labels.append(label)
        if len(label.keys) == 1 and label.word is not None:
            self._joined.add(label.word)

    def matches(self, pieces: tuple[Piece, ...], *, query: bool) -> Iterator[_Found]:
        for start in range(len(pieces)):
            yield from self._from(pieces, start, query=query)

    def _from(self, pieces: tuple[Piece, ...], start: int, *, query: bool) -> Iterator[_Found]:
        # (node, next piece, matched pieces, fillers in a row, shared with a list)
        states: list[tuple[_Node, int, tuple[int, ...], int, bool]] = [(self._root, start, (), 0, False)]
        while states:
            node, at, matched, fillers, shared = states.pop()
            if node.labels and fillers == 0 and matched:
                span = pieces[matched[0]].start, pieces[matched[-1]].end
                for label in node.labels:
                    if _accepts(label, pieces, matched, query=query):
                        yield _Found(label, matched, *span, is_shared=shared)
            if at >= len(pieces) or not node.next:
                continue
            if matched and pieces[at].gap == "break":
                continue
            if not matched or pieces[at].gap == "none":
                for key, end in self._steps(pieces, at):
                    following = node.next.get(key)
                    if following is not None:
                        states.append((following, end, (*matched, *range(at, end)), 0, shared))
                if matched and not shared and fillers < MAX_FILLERS_TOGETHER and _is_filler(pieces, at):
                    states.append((node, at + 1, matched, fillers + 1, shared))
            if matched and not shared and fillers == 0 and node.may_share:
                for end in _listed(pieces, at):
                    states.append((node, end, matched, 0, True))
            is_stranger = pieces[at].gap == "none" and pieces[at].word not in _FUNCTION_WORDS
            if node.may_widen and not shared and fillers == 0 and len(matched) >= MIN_FOR_STRANGER and is_stranger:
                states.append((node, at + 1, matched, 0, True))

    def _steps(self, pieces: tuple[Piece, ...], at: int) -> Iterator[tuple[str, int]]:
        yield pieces[at].key, at + 1
        if pieces[at].word.endswith("s"):
            # The stemmer leaves the plural of an acronym as it is: "SSRIs".
            yield pieces[at].word[:-1], at + 1
        if at + 1 < len(pieces) and pieces[at + 1].gap == "none":
            joined = pieces[at].word + pieces[at + 1].word
            if joined in self._joined:
                yield stem(joined), at + 2
        yield from _readings(pieces, at, _IN_TEXTS)


def _is_filler(pieces: tuple[Piece, ...], at: int) -> bool:
    # "Why can't I cry?" asks for "can't cry".
    return pieces[at].word in _FILLERS or (pieces[at].key == PERSON and pieces[at - 1].word == "not")


def _readings(
    pieces: tuple[Piece, ...], at: int, classes: Mapping[str, list[tuple[tuple[str, ...], str]]]
) -> Iterator[tuple[str, int]]:
    for keys, name in classes.get(pieces[at].key, ()):
        end = at + len(keys)
        if end <= len(pieces) and all(
            pieces[at + offset].key == key and (offset == 0 or pieces[at + offset].gap == "none")
            for offset, key in enumerate(keys)
        ):
            yield name, end


def _listed(pieces: tuple[Piece, ...], at: int) -> Iterator[int]:
    """Where a label may go on after the rest of a list: "emotional [and physical] numbness", "childhood [abuse or]
    neglect", "emotional[, physical and sexual] abuse"."""
    here = pieces[at : at + 2 * MAX_LISTED]
    content = [piece.word not in _FUNCTION_WORDS for piece in here]
    joins = [piece.word in _CONJUNCTIONS for piece in here]
    gaps = [piece.gap for piece in here]
    if len(here) > 1 and gaps[1] == "none":
        if joins[0] and gaps[0] == "none" and content[1]:
            yield at + 2
        if content[0] and gaps[0] == "none" and joins[1]:
            yield at + 2
    if len(here) > 2 and gaps[:3] == ["comma", "none", "none"] and content[0] and joins[1] and content[2]:
        yield at + 3


def _labels(topic: Topic, kind: LabelKind) -> tuple[str, ...]:
    return {"pref": (topic.pref_label,), "alt": topic.alt_labels, "hidden": topic.hidden_labels}[kind]


def _compile(topic_id: str, text: str, kind: LabelKind, preferred: Set[str]) -> _Label | None:
    pieces = tuple(split(text))
    kept = tuple(piece for piece in pieces if piece.word not in _ARTICLES) or pieces
    trimmed = tuple(piece for piece in kept if piece.word not in _LABEL_FILLERS)
    kept = trimmed if len(trimmed) > 1 else kept
    if not kept:
        return None
    # Every label reads without punctuation inside: "and/or", "life (or death)".
    kept = tuple(Piece(p.text, p.word, p.key, p.start, p.end, "none") for p in kept)
    keys: list[str] = []
    at = 0
    while at < len(kept):
        name, end = next(_readings(kept, at, _IN_LABELS), (kept[at].key, at + 1))
        if end == len(kept) and name in (CANNOT, NOT, LACK):
            name, end = kept[at].key, at + 1
        keys.append(name)
        at = end
    single = kept[0].word if len(kept) == 1 else None
    acronym = text if len(pieces) == 1 and is_acronym(text) else None
    if acronym is not None:
        keys = [acronym.removesuffix("s").casefold()]
    is_core = acronym is not None or set(keys) <= preferred
    return _Label(topic_id, text, kind, tuple(keys), single, acronym, is_core)


def is_acronym(text: str) -> bool:
    """True for a word in capitals ("PTSD", "SSRIs"): at least two of them, nothing small but a plural s."""
    bare = text[:-1] if text.endswith("s") else text
    return len(bare) >= 2 and bare.isupper() and bare[0].isalpha()


# Acronyms that are words when they are written small.
_ORDINARY_WORDS = frozenset("act met it us who led or so ad aim ice cope dare east add sad gad pie fog tip map".split())
_ORDINARY_WORDS -= {"gad"}


_ADJECTIVES = ("al", "ful", "ous", "ive")


def _accepts(label: _Label, pieces: tuple[Piece, ...], matched: tuple[int, ...], *, query: bool) -> bool:
    if label.word is None:
        # "A lack of emotional support" is no lack of emotion, "numb painful memories" not to numb the pain.
        return not pieces[matched[-1]].word.endswith(_ADJECTIVES) or label.text.casefold().endswith(_ADJECTIVES)
    written = "".join(pieces[index].text for index in matched)
    word = "".join(pieces[index].word for index in matched)
    if label.acronym is not None:
        bare = label.acronym.removesuffix("s") if label.acronym.endswith("s") else label.acronym
        if written.removesuffix("'s").removesuffix("’s").removesuffix("s") == bare or written in (bare, bare + "S"):
            return True
        return query and word.removesuffix("s") == bare.casefold() and bare.casefold() not in _ORDINARY_WORDS
    return is_form_of(word, label.word)


# What may follow the part that a word and a label of one word have in common.
_ENDINGS_OF_ONE_WORD = frozenset(
    """s es d ed e y ies ied ly ily er ion ions ive ively ation ations ative ned ted""".split()
) | {""}


def is_form_of(word: str, label: str) -> bool:
    """Whether `word` is a form of the one-word `label`, both folded and of one stem.

    Stems alone say too much for a label of one word: "ground" is no grounding, "to avoid" no avoidance, "an empty
    room" no emptiness.
    """
    if word == label:
        return True
    if label.endswith("ing") or word.endswith("ing"):
        # "An overwhelming day" is not one on which somebody is overwhelmed.
        return word.removesuffix("s") == label or _same_spelling(word, label)
    if label.endswith("ed") and not word.endswith("ed"):
        # "What drains you" does not make you drained.
        return _same_spelling(word, label)
    common = 0
    for left, right in zip(word, label, strict=False):
        if left != right:
            break
        common += 1
    rests = word[common:], label[common:]
    return all(rest in _ENDINGS_OF_ONE_WORD for rest in rests) or _same_spelling(word, label)


def _same_spelling(word: str, label: str) -> bool:
    """Whether both end alike, so that only a British or American letter or an irregular form lies between."""
    return stem(word) == stem(label) and word[-2:] == label[-2:]


# --- overlaps -----------------------------------------------------------------------------------------------


def _resolve(found: Iterable[_Found]) -> list[LabelMatch]:
    """The longest of overlapping labels, in order.

    A label parted by a list may share words with its neighbour, but comes after it: "bipolar disorder or depression"
    names two conditions rather than bipolar depression.
    """
    ranked = sorted(
        found,
        key=lambda match: (
            match.is_shared,
            -sum(key not in _WEIGHTLESS for key in match.label.keys),
            match.start,
            -len(match.pieces),
            _KINDS.index(match.label.kind),
        ),
    )
    taken: set[int] = set()
    kept: list[_Found] = []
    for match in ranked:
        free = [index for index in match.pieces if index not in taken]
        # A list shares one word: the others must be the label's own.
        if len(free) == len(match.pieces) or (match.is_shared and free):
            kept.append(match)
            taken.update(match.pieces)
    kept.sort(key=lambda match: (match.start, match.end))
    return [
        LabelMatch(m.label.topic_id, Span(m.start, m.end), m.label.text, m.label.kind, m.is_shared, m.label.is_core)
        for m in kept
    ]
