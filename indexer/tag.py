"""Tags passages with topics in a role, each tag with its evidence; reads the topics of queries by the same labels."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace

from corpus import Facet, Vocabulary
from indexer.labels import LabelKind, LabelMatch, LabelMatcher
from indexer.model import HEADING_SEPARATOR, Evidence, Passage, Span, Tag
from indexer.roles import (
    INTRODUCTION_WEIGHT,
    choose,
    cues,
    denials,
    heading_points,
    named_facets,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A topic named in a text."""

    topic_id: str
    span: Span
    """Offsets into the text."""
    text: str
    label: str
    """As it stands in the vocabulary."""
    label_kind: LabelKind
    negated: bool
    """True where the text denies it: "not depression", "unlike apathy"."""


class Tagger:
    """Tags by one vocabulary; immutable and safe to share between threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._labels = LabelMatcher(vocabulary)

    def mentions(self, text: str, *, query: bool = False) -> tuple[Mention, ...]:
        """Every topic that `text` names, in order; with `query` hidden labels count too."""
        denied = denials(text)
        return tuple(
            Mention(
                match.topic_id,
                match.span,
                text[match.span.start : match.span.end],
                match.label,
                match.label_kind,
                any(denied.governing(text, match.span)),
            )
            for match in self._labels.find(text, query=query)
            if not _means_something_else(text, match)
        )

    def tag(self, passage: Passage, document_title: str = "") -> Passage:
        """`passage` with its tags, in order of facet and first evidence."""
        points = heading_points((document_title, *passage.heading_path))
        found: dict[str, list[tuple[Facet, Evidence]]] = {}
        for facet, topic_id, evidence in (*self._from_text(passage, points), *self._from_heading(passage, points)):
            found.setdefault(topic_id, []).append((facet, evidence))
        tags = []
        for topic_id, roles in found.items():
            facets = [facet for facet, _ in roles]
            facet = max(dict.fromkeys(facets), key=facets.count)
            tags.append(Tag(facet, topic_id, tuple(dict.fromkeys(evidence for _, evidence in roles))))
        return replace(passage, tags=tuple(tags))

    def _from_text(self, passage: Passage, headings: Mapping[Facet, float]) -> list[tuple[Facet, str, Evidence]]:
        introductions = _introductions(passage.text)
        lines = sorted(introductions)
        grammar = cues(passage.text)
        found = []
        for mention in self.mentions(passage.text):
            if mention.negated:
                continue
            points = dict(headings)
            line = lines[bisect_right(lines, mention.span.start) - 1]
            for facet in introductions[line]:
                points[facet] = points.get(facet, 0.0) + INTRODUCTION_WEIGHT
            for cue in grammar.governing(passage.text, mention.span):
                if cue.facet is not None:
                    points[cue.facet] = points.get(cue.facet, 0.0) + cue.weight
            facet = choose(self._vocabulary[mention.topic_id].facets, points)
            found.append((facet, mention.topic_id, Evidence(mention.text, mention.span, "text")))
        return found

    def _from_heading(self, passage: Passage, headings: Mapping[Facet, float]) -> list[tuple[Facet, str, Evidence]]:
        if not passage.heading_path:
            return []
        heading = passage.heading_path[-1]
        offset = len(HEADING_SEPARATOR.join((*passage.heading_path[:-1], "")))
        found = []
        for mention in self.mentions(heading):
            if mention.negated:
                continue
            facet = choose(self._vocabulary[mention.topic_id].facets, headings)
            span = Span(mention.span.start + offset, mention.span.end + offset)
            found.append((facet, mention.topic_id, Evidence(mention.text, span, "heading")))
        return found


_ITEM = re.compile(r"^(?:[-*•]|\d+[.)])\s", re.MULTILINE)


def _introductions(text: str) -> dict[int, tuple[Facet, ...]]:
    """Start of each line -> for list items, the facets that the sentence before the list names."""
    found: dict[int, tuple[Facet, ...]] = {}
    facets: tuple[Facet, ...] = ()
    at = 0
    for line in text.split("\n"):
        is_item = _ITEM.match(line) is not None
        if line.strip() and not is_item:
            facets = named_facets(re.split(r"(?<=[.!?])\s", line.strip())[-1]) if line.rstrip().endswith(":") else ()
        found[at] = facets if is_item else ()
        at += len(line) + 1
    return found


_BODY = (
    r"(?:hands?|feet|foot|fingers?|toes?|legs?|arms?|face|lips?|limbs?|skin|scalp|tongue|jaw|gums?|extremit\w+|wrists?)"
)
# Word that a label begins with -> what stands before or after it where it means something else.
_ELSEWHERE: tuple[tuple[str, str, str], ...] = (
    (
        "numb",
        rf"physical(?:ly)?|bodily|tingling (?:and|or)|local|{_BODY}(?: (?:is|are|go|goes|went|gone|feel|feels|felt))?",
        rf"(?:in|of|to|and tingling in) (?:\w+ ){{0,3}}{_BODY}|(?:and|or) tingling|{_BODY}|"
        r"to (?:physical )?(?:pain|touch|cold)",
    ),
    ("depress", "tongue|clutch", r"prices?|markets?|econom\w+|areas?|regions?|wages?|demand"),
    ("detach", "retinal?|semi|placental", "houses?|homes?|garages?|bungalows?|retinas?|buildings?"),
    ("stress", "to|we|i|experts|must|should", "that|the importance|how important"),
    ("isolat", "", "incidents?|cases?|examples?|events?"),
    ("anxious", "", "to (?:please|meet|see|hear|start|help)"),
    ("blunt", "to be", "instruments?|objects?|force"),
    ("ground", "", "wires?|floors?|staff"),
)
_SENSES = tuple(
    (
        word,
        re.compile(rf"\b(?:{before})\W*$", re.IGNORECASE) if before else None,
        re.compile(rf"^\W*(?:{after})\b", re.IGNORECASE),
    )
    for word, before, after in _ELSEWHERE
)


def _means_something_else(text: str, match: LabelMatch) -> bool:
    """Whether the words around a label of one word give it a sense outside the vocabulary: numb fingers."""
    written = text[match.span.start : match.span.end].casefold()
    if " " in match.label or "-" in match.label:
        return False
    before = text[max(0, match.span.start - 40) : match.span.start]
    after = text[match.span.end : match.span.end + 40]
    return any(
        written.startswith(word) and ((left is not None and left.search(before)) or right.search(after)) is not None
        for word, left, right in _SENSES
    )
