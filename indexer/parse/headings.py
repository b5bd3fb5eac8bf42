"""Finds headings that nothing marks, and how deep they stand, from their wording and what follows them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from indexer.parse.elements import Element

# --- is it one? --------------------------------------------------------------------------------------------

_LONGEST_HEADING = 110
_TITLE_CASE_WORDS, _PLAIN_WORDS = 14, 10
"""Longest headings in words: in Title Case, and in sentence case, where a longer line has lost its full stop."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_ASKS = re.compile(
    r"(?:what|why|how|when|who|where|which|is|are|can|could|does|do|did|should|will|would|am)\b(?! you "
    r"(?:ever|often)\b)",
    re.I,
)
_SENTENCE_WORDS = re.compile(
    r"\b(?:is|are|was|were|may|might|can|could|includes?|has|have|if|as|by|when|that|than|such|following|"
    r"these|below|show)\b",
    re.I,
)
_LABEL = re.compile(r"(?P<label>[A-Z0-9][^.:;!?]{0,70}):\s+\S")
_LABEL_WORDS = 9
_QUOTES = "\"“”«»'‘’"


def label_of(text: str) -> str:
    """The label of a labelled item ("Burnout: Long hours …" -> "Burnout"), empty where there is none."""
    match = _LABEL.match(text)
    return match["label"] if match and len(match["label"].split()) <= _LABEL_WORDS else ""


def looks_like_label(text: str) -> bool:
    """Whether a line is a labelled item."""
    return bool(label_of(text))


def looks_like_heading(text: str, following: str | None) -> bool:
    """Whether a line without marks reads like a heading.

    `following` is the next line of content, with "- " before an item and "# " before a marked heading; None at the end.
    """
    words = _WORD.findall(text)
    if not words or len(text) > _LONGEST_HEADING or len(words) > _TITLE_CASE_WORDS:
        return False
    first = next(character for character in text if character.isalnum())
    if first.islower() or (text[0] in _QUOTES and text.rstrip("?!.")[-1:] in _QUOTES) or text[0] in "—–-…([":
        return False
    if text.endswith(":"):
        return (
            len(words) <= 6
            and following is not None
            and not following.startswith(("- ", "# "))
            and not looks_like_label(following)
            and len(following.split()) > 8
            and not _SENTENCE_WORDS.search(text)
        )
    titled = is_title_case(words)
    if text.endswith("?"):
        return titled or bool(_ASKS.match(text))
    if text.endswith("!"):
        return titled and len(words) > 1
    if text[-1] in ".,;…—–-" or text.rstrip(_QUOTES + ")")[-1:] in ".!,;…":
        return False
    if looks_like_label(text) and not titled:
        return False
    if following is None and not _QUESTIONS_FOLLOW.match(text):
        return titled  # the last line has nothing to be the heading of: more likely a sentence without its full stop
    return titled or len(words) <= _PLAIN_WORDS


def is_title_case(words: Sequence[str]) -> bool:
    """Whether most of the longer words begin with a capital, the first one aside."""
    longer = [word for word in words[1:] if len(word) > 3]
    if not longer:
        return all(word[0].isupper() or word[0].isdigit() for word in words[:1]) and len(words) <= 3
    return sum(word[0].isupper() or word[0].isdigit() for word in longer) >= 0.6 * len(longer)


# --- how deep? ----------------------------------------------------------------------------------------------

_FAMILIES: dict[str, re.Pattern[str]] = {
    "cause": re.compile(r"\b(?:causes?|reasons?|triggers?|factors?|roots?)\b", re.I),
    "symptom": re.compile(r"\b(?:symptoms?|signs?|characteristics?|manifestations?)\b", re.I),
    "treatment": re.compile(
        r"\b(?:treatments?|treating|therap(?:y|ies)|therapeutic|approach(?:es)?|strateg(?:y|ies)|tips?|techniques?|"
        r"interventions?|help|support|recovery|healing|overcoming|managing|coping|cope|ways?|steps?|"
        r"exercises?|options?)\b",
        re.I,
    ),
    "effect": re.compile(r"\b(?:effects?|impacts?|consequences?|costs?|complications?)\b", re.I),
    "condition": re.compile(r"\b(?:disorders?|conditions?|illness(?:es)?|diagnos[ei]s)\b", re.I),
    "type": re.compile(r"\b(?:types?|forms?|kinds?|stages?|theories|phases?)\b", re.I),
}
_PLURAL = re.compile(
    r"\b(?:causes|reasons|triggers|factors|symptoms|signs|characteristics|treatments|therapies|approaches|strategies|"
    r"tips|techniques|interventions|ways|steps|exercises|options|effects|impacts|consequences|costs|complications|"
    r"disorders|conditions|illnesses|types|forms|kinds|stages|theories|phases)\b",
    re.I,
)
_OPENS_NEW_PART = re.compile(
    r"(?:the )?(?:conclusions?|summary|in summary|takeaways?|key takeaways?|bottom line|outlook|prognosis|"
    r"diagnosis|prevention|"
    r"overview|introduction|background|definition|history|research|references|resources|final thoughts|next steps|"
    r"frequently asked|faqs?|questions|getting help|seek(?:ing)? help|find(?:ing)? (?:help|support)|"
    r"living with|related|about|"
    r"talk(?:ing)? to|what|why|how|when|who|where|which|is|are|can|does|do|should|recogniz|recognis|understand)",
    re.I,
)
_QUESTIONS_FOLLOW = re.compile(r"(?:frequently asked|common) questions|faqs?\b|q ?& ?a", re.I)
_FRONT_HEADINGS = re.compile(
    r"(?:overview|introduction|summary|definition|key (?:points|takeaways)|at a glance|background|abstract)", re.I
)

_TITLE_LEVEL, _TOP_LEVEL, _NESTED_LEVEL = 1, 2, 3


@dataclass(slots=True)
class _Part:
    """A heading with a measure of what stands directly under it."""

    index: int
    text: str
    paragraphs: int = 0
    others: int = 0
    """Items, labelled items and quotations."""
    ends_open: bool = False
    """Its last paragraph ends in a colon, with no list after it."""


@dataclass(frozen=True, slots=True)
class Outliner:
    """Gives headings without a level (0) one, and tells headings from list items in runs of short lines."""

    title: str = ""
    """Where the source gives it: then the first heading of the text need not be the title."""

    def arrange(self, elements: list[Element]) -> Iterator[Element]:
        """The same elements, in order, every heading with a level of 1 or more."""
        elements = _without_contents_list(elements)
        elements = _runs_resolved(elements)
        explicit = any(element.kind == "heading" and element.level for element in elements if not element.dropped)
        levels = _below_explicit(elements) if explicit else _inferred(elements, fold_heading(self.title))
        for index, element in enumerate(elements):
            yield replace(element, level=levels[index]) if index in levels else element


def _headings(elements: Sequence[Element]) -> list[int]:
    return [index for index, element in enumerate(elements) if element.kind == "heading" and not element.dropped]


def fold_heading(text: str) -> str:
    """A heading for comparison with others."""
    return " ".join(_WORD.findall(text.casefold()))


def _without_contents_list(elements: list[Element]) -> list[Element]:
    """Drop headings that stand together in a table of contents: nothing beneath, and the same again further down."""
    headings = _headings(elements)
    last_seen = {fold_heading(elements[index].text): index for index in headings}
    content = [index for index, element in enumerate(elements) if not element.dropped]
    following = dict(pairwise(content))
    arranged = list(elements)
    for index in headings:
        after = following.get(index)
        again = last_seen[fold_heading(elements[index].text)]
        if again == index or after is None or elements[after].kind != "heading" or after == again:
            continue
        arranged[index] = replace(elements[index], kind="paragraph", dropped="navigation")
    return arranged


def _runs_resolved(elements: list[Element]) -> list[Element]:
    """In a run of three or more unmarked short lines, only the first, and the last before prose, are headings."""
    arranged = list(elements)
    content = [index for index, element in enumerate(elements) if not element.dropped]
    run: list[int] = []
    for position, index in enumerate([*content, -1]):
        unmarked = index >= 0 and elements[index].kind == "heading" and elements[index].level == 0
        if unmarked:
            # A title at the top and its copies are not part of a run.
            if position == 0 or fold_heading(elements[index].text) == fold_heading(elements[content[0]].text):
                continue
            run.append(index)
            continue
        if len(run) >= 3 and not all(elements[at].text.endswith("?") for at in run[1:]):
            inner = run[1:] if index < 0 else run[1:-1]
            for at in inner:
                arranged[at] = replace(elements[at], kind="item")
        run = []
    return arranged


def _below_explicit(elements: list[Element]) -> dict[int, int]:
    levels: dict[int, int] = {}
    last = 0
    for index in _headings(elements):
        if elements[index].level:
            last = elements[index].level
        else:
            levels[index] = last + 1
    return levels


def _inferred(elements: list[Element], given_title: str) -> dict[int, int]:
    headings = _headings(elements)
    levels: dict[int, int] = {}
    if not headings:
        return levels
    first_content = next(index for index, element in enumerate(elements) if not element.dropped)
    if headings[0] == first_content and not _FRONT_HEADINGS.match(elements[first_content].text):
        title = given_title or fold_heading(elements[first_content].text)
        while headings and fold_heading(elements[headings[0]].text) == title:
            levels[headings.pop(0)] = _TITLE_LEVEL
    capitals = [index for index in headings if _is_capitals(elements[index].text)]
    if capitals and len(capitals) < len(headings) and capitals[0] == headings[0]:
        return levels | {index: _TOP_LEVEL if index in set(capitals) else _NESTED_LEVEL for index in headings}
    return levels | _nested([_measure(elements, index) for index in headings])


def _is_capitals(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return len(letters) > 3 and all(character.isupper() for character in letters)


def _measure(elements: Sequence[Element], heading: int) -> _Part:
    part = _Part(heading, elements[heading].text)
    for element in elements[heading + 1 :]:
        if element.dropped:
            continue
        if element.kind == "heading":
            break
        if element.kind == "paragraph" and not looks_like_label(element.text):
            part.paragraphs += 1
            part.ends_open = element.text.endswith(":")
        else:
            part.others += 1
            part.ends_open = False
    return part


def _nested(parts: list[_Part]) -> dict[int, int]:
    """Levels of headings that look alike.

    A heading is nested only on evidence, because a wrong parent gives topics a wrong role: (a) the one above it
    has nothing of its own beneath, or announces something with a colon; (b) the one above it names a kind of thing
    ("Common causes …") that this one qualifies ("Psychological causes"); (c) the one above it names kinds in the
    plural, has no list beneath, and at least two noun phrases follow that open no new part of the text.
    """
    topic = _common_pair([part.text for part in parts])
    levels: dict[int, int] = {}
    position = 0
    while position < len(parts):
        parent = parts[position]
        levels[parent.index] = _TOP_LEVEL
        count = _children(parts, position, topic)
        for child in parts[position + 1 : position + 1 + count]:
            levels[child.index] = _NESTED_LEVEL
        position += 1 + count
    return levels


def _children(parts: list[_Part], position: int, topic: str) -> int:
    parent, rest = parts[position], parts[position + 1 :]
    if not rest:
        return 0
    if _QUESTIONS_FOLLOW.match(parent.text):
        return _count_while(rest, lambda part: part.text.endswith("?"))
    if (not parent.paragraphs and not parent.others) or parent.ends_open:
        return max(1, 1 + _count_while(rest[1:], lambda part: _may_be_child(parent, part, topic)))
    qualified = _count_while(rest, lambda part: _qualifies(parent.text, part.text))
    if parent.others or parent.paragraphs > 2:
        return 0
    if qualified >= 2:
        return qualified
    if _PLURAL.search(parent.text):
        found = _count_while(rest, lambda part: _may_be_child(parent, part, topic))
        return found if found >= 2 else 0
    return 0


def _count_while(parts: list[_Part], accepts: object) -> int:
    count = 0
    for part in parts:
        if not accepts(part):  # type: ignore[operator]
            break
        count += 1
    return count


def _qualifies(parent: str, child: str) -> bool:
    words = _WORD.findall(child)
    if len(words) < 2 or not _PLURAL.fullmatch(words[-1]):
        return False
    return words[-1].casefold() in {word.casefold() for word in _WORD.findall(parent)} and fold_heading(
        child
    ) != fold_heading(parent)


def _may_be_child(parent: _Part, part: _Part, topic: str) -> bool:
    text = part.text
    if text.endswith("?") or _OPENS_NEW_PART.match(text) or len(_WORD.findall(text)) > 7:
        return False
    if topic and topic in fold_heading(text):
        return False
    family = _family(text)
    of_parent = _family(parent.text)
    return not family or family == of_parent or (family == "condition" and of_parent in {"cause", "type"})


def _family(text: str) -> str:
    """The first family a heading names; a plural outranks a singular ("Signs of a disorder" -> symptom)."""
    found = [(match.start(), family) for family, words in _FAMILIES.items() if (match := words.search(text))]
    plural = _PLURAL.search(text)
    if plural:
        for start, family in found:
            if start == plural.start():
                return family
    return min(found)[1] if found else ""


def _common_pair(headings: list[str]) -> str:
    """The pair of words that headings share most (three times or more): what the whole text is about."""
    pairs: Counter[str] = Counter()
    for heading in headings:
        words = fold_heading(heading).split()
        pairs.update({f"{one} {two}" for one, two in pairwise(words) if len(one) > 3 and len(two) > 3})
    best = max(pairs.items(), key=lambda entry: (entry[1], entry[0]), default=("", 0))
    return best[0] if best[1] >= 3 else ""
