"""The values that travel through the indexer: Document > Section > Block, Passage, Tag."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from corpus import Advisory, Facet, Source


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of Unicode code points: `text[start:end]`."""

    start: int
    end: int


# --- parsed ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a block, as readers see it, and where it stands in the source."""

    text: str
    """Plain text on one line: no markup, entities decoded, runs of white space folded into one space."""
    markdown: str
    """The same with its inline markup, safe to render (raw HTML escaped)."""
    span: Span
    """Offsets into `Source.text`."""


@dataclass(frozen=True, slots=True)
class Block:
    """What is kept together while it fits: a paragraph, a list item, a quotation with its attribution."""

    kind: Literal["paragraph", "item", "quote"]
    sentences: tuple[Sentence, ...]
    span: Span
    introduces_list: bool = False
    """True for the paragraph whose last sentence introduces the items that follow it."""
    depth: int = 0
    """Nesting of a list item, 0 for the outermost; the number of an ordered item stands in `marker`."""
    marker: str = "-"
    label: str = ""
    """Of a labelled block, the words before its colon ("Burnout: Long hours ..." has "Burnout")."""


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading, up to the next heading of any level."""

    heading_path: tuple[str, ...]
    """Headings from the outermost down to this section's own; empty before the first heading.
    The document's title is not part of it."""
    level: int
    """Depth of the heading, 1 for the outermost used in the document; 0 before the first heading."""
    heading_span: Span | None
    blocks: tuple[Block, ...]


DropReason = Literal[
    "byline", "navigation", "repeated title", "site footer", "empty heading", "lost list", "references", "front matter"
]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A run of the source that no passage carries because it is not content.

    A lost list is the exception: `text` is the sentence that introduces it, which its passage keeps, and `span` is
    the empty place after it where the items should stand.
    """

    text: str
    reason: DropReason
    span: Span


@dataclass(frozen=True, slots=True)
class Document:
    """A source after parsing: its title, sections in order, and what was left out."""

    source: Source
    title: str
    sections: tuple[Section, ...]
    dropped: tuple[Dropped, ...] = ()
    language: str = ""
    """As the text's own markup declares it (BCP 47), empty where it does not; `source.language` is the fallback."""


# --- chunked and tagged ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """The words that a tag rests on."""

    text: str
    span: Span
    """Offsets into `Passage.text`, or, where `source` is heading, into the headings joined by `HEADING_SEPARATOR`."""
    source: Literal["text", "heading"]


HEADING_SEPARATOR = " > "
"""Joins a heading path where one string is wanted: for evidence offsets, for the index, on the terminal."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A topic in the role it plays in a passage: one tag per (facet, topic), its evidence by offset, never empty."""

    facet: Facet
    topic_id: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences under one heading: the unit that is found, tagged and shown.

    `text` is what readers see: blocks joined by a blank line, items as lines that begin with their marker
    ("- "), sentences of a block by one space. Its sentences stand in `sentence_spans`, in order.
    """

    document_id: str
    heading_path: tuple[str, ...]
    position: int
    """0-based order in the document."""
    text: str
    markdown: str
    source_span: Span
    """Offsets into `Source.text`, from the first sentence's start to the last one's end."""
    sentence_spans: tuple[Span, ...]
    """Offsets into `text`."""
    language: str
    word_count: int
    reading_grade: float
    """Flesch-Kincaid grade level, US school years, 0 or more, one decimal."""
    advisories: tuple[Advisory, ...] = ()
    tags: tuple[Tag, ...] = ()

    @property
    def reading_seconds(self) -> int:
        """Time to read it silently, at WORDS_PER_MINUTE, at least one second."""
        return max(1, round(self.word_count * 60 / WORDS_PER_MINUTE))


WORDS_PER_MINUTE = 238
"""Mean silent reading speed of English non-fiction (Brysbaert 2019, meta-analysis of 190 studies)."""


# --- identified ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PublishedPassage:
    """A passage under its permanent id, with its neighbours in the document."""

    id: str
    revision: int
    """1 at first publication, one more at each change of its text."""
    passage: Passage
    first_published_on: date
    updated_on: date
    previous_id: str | None = None
    next_id: str | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An id that no longer names a passage of the corpus."""

    passage_id: str
    withdrawn_on: date
    successor_id: str | None
    """The passage that now carries most of its text, if any does."""


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A heading of a document with the passages directly under it."""

    heading: str
    level: int
    passage_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublishedDocument:
    """What the index knows of a document beyond its passages. `source.text` is emptied: passages carry the text."""

    source: Source
    title: str
    outline: tuple[OutlineEntry, ...]
    passage_ids: tuple[str, ...]
    word_count: int
    dropped: tuple[Dropped, ...] = ()
