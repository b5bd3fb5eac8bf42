"""What the corpus is made of: source texts, topics and the vocabulary, as immutable values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, get_args

Facet = Literal["symptom", "cause", "condition", "treatment", "strategy", "mechanism", "effect"]
"""The role that a topic plays in a passage; the order is the order in which facets are shown."""
FACETS: tuple[Facet, ...] = get_args(Facet)

Advisory = Literal["abuse", "medication_changes", "self_harm", "trauma"]
"""What a reader may want to be warned of before a passage is shown."""
ADVISORIES: tuple[Advisory, ...] = get_args(Advisory)

MediaType = Literal["text/markdown", "text/html", "text/plain"]


@dataclass(frozen=True, slots=True)
class License:
    """A licence by its SPDX id."""

    id: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A work that a text rests on."""

    title: str
    publisher: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One text file as the editor left it, with what its front matter says.

    `text` is the whole file, decoded; every offset in Thaw that speaks of a source counts Unicode
    code points of `text`, from 0. The body starts at `body_start`, after the front matter.
    Scraped files have no front matter: their id is made from the file's name, their licence and
    dates are None, and their title is None until `parse` finds one.
    """

    id: str
    path: Path
    media_type: MediaType
    text: str
    body_start: int = 0
    title: str | None = None
    summary: str | None = None
    language: str = "en"
    authors: tuple[str, ...] = ()
    license: License | None = None
    references: tuple[Reference, ...] = ()
    source_url: str | None = None
    reviewed_on: date | None = None
    next_review_on: date | None = None
    advisories: tuple[Advisory, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicMapping:
    """A topic's counterpart in a published scheme (skos:closeMatch)."""

    scheme: str
    code: str
    uri: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A concept of the vocabulary, in SKOS terms.

    `alt_labels` tag texts and read queries; `hidden_labels` (skos:hiddenLabel) read queries only, because
    they are too loose to tag a text with. `facets` are the roles it may serve, its usual one first.
    """

    id: str
    pref_label: str
    definition: str
    facets: tuple[Facet, ...]
    alt_labels: tuple[str, ...] = ()
    hidden_labels: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()
    narrower: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    mappings: tuple[TopicMapping, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All topics by id, in the order of the file; `narrower` and `related` are complete both ways."""

    topics: Mapping[str, Topic]
    version: str = ""
    _descendants: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    def __iter__(self) -> Iterator[Topic]:
        return iter(self.topics.values())

    def __len__(self) -> int:
        return len(self.topics)

    def __contains__(self, topic_id: object) -> bool:
        return topic_id in self.topics

    def __getitem__(self, topic_id: str) -> Topic:
        return self.topics[topic_id]

    def with_narrower(self, topic_id: str) -> frozenset[str]:
        """The topic and everything narrower than it, at any depth."""
        known = self._descendants.get(topic_id)
        if known is None:
            found = {topic_id}
            todo = [topic_id]
            while todo:
                for child in self.topics[todo.pop()].narrower:
                    if child not in found:
                        found.add(child)
                        todo.append(child)
            known = self._descendants[topic_id] = frozenset(found)
        return known


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a build reads: where it came from, its sources in order of id, and the vocabulary."""

    root: Path
    sources: tuple[Source, ...]
    vocabulary: Vocabulary
    lock_path: Path | None = None
    """The lock file of passage ids beside the texts; None for a plain folder of texts."""
    notices: tuple[str, ...] = ()
    """What was passed over and why, for an editor to see."""
    utterances: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What people say when they speak of a topic: sentences by topic id. They read queries, and tag no text."""
