"""The fields of the Whoosh index, and how a passage fills them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from whoosh.analysis.tokenizers import SpaceSeparatedTokenizer
from whoosh.fields import ID, KEYWORD, TEXT, Schema

from indexer.model import PublishedPassage, Tag
from indexer.text import tokenize

MAX_TERM_LENGTH = 64
"""Longer words are cut here, in the index and in queries alike; the longest word of any English dictionary has 45."""

_BETWEEN_HEADINGS = "|"
"""A term that no word can equal: it keeps phrases from reaching across from one heading into the next."""


def schema() -> Schema:
    """Text arrives as stems separated by spaces, so that no class of ours is pickled into the index.

    `topic` repeats an id once for each piece of evidence in the text, `topic_heading` once for each in the headings:
    their frequencies say how much of the passage is about the topic.
    """
    return Schema(
        text=TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=True),
        heading=TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=True),
        topic=KEYWORD(),
        topic_heading=KEYWORD(),
        facet_topic=KEYWORD(),
        document=ID(),
        language=ID(),
        advisory=KEYWORD(),
    )


def term(stem: str) -> str:
    """A stem as it stands in the index."""
    return "".join(stem.split())[:MAX_TERM_LENGTH]


def text_terms(passage: PublishedPassage) -> list[str]:
    """The text's stems in order, stop words included."""
    return [term(token.stem) for token in tokenize(passage.passage.text)]


def heading_terms(passage: PublishedPassage, title: str) -> list[list[str]]:
    """The stems of the document's title, then of each heading from the outermost down."""
    return [[term(token.stem) for token in tokenize(heading)] for heading in (title, *passage.passage.heading_path)]


def facet_topic(facet: str, topic_id: str) -> str:
    """The term of a topic in a role."""
    return f"{facet}:{topic_id}"


def whoosh_document(passage: PublishedPassage, text: list[str], headings: list[list[str]]) -> dict[str, Any]:
    """The field values that Whoosh's `add_document` takes."""
    tags = passage.passage.tags
    return {
        "text": " ".join(text),
        "heading": f" {_BETWEEN_HEADINGS} ".join(" ".join(heading) for heading in headings),
        "topic": " ".join(_once_each(tags, "text")),
        "topic_heading": " ".join(_once_each(tags, "heading")),
        "facet_topic": " ".join(facet_topic(tag.facet, tag.topic_id) for tag in tags),
        "document": passage.passage.document_id,
        "language": passage.passage.language,
        "advisory": " ".join(passage.passage.advisories),
    }


def _once_each(tags: Iterable[Tag], source: str) -> list[str]:
    """A topic once for each run of words that speaks of it; two roles that rest on the same words count once."""
    runs = {(tag.topic_id, evidence.span) for tag in tags for evidence in tag.evidence if evidence.source == source}
    return sorted(topic_id for topic_id, _ in runs)
