"""The port: what can be asked of a search engine, what it answers, and what a build hands to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Literal, Protocol, Self

from corpus import Advisory, Facet, Vocabulary
from indexer.meaning.vectors import MeaningVectors
from indexer.model import PublishedDocument, PublishedPassage, Withdrawal

MAX_QUERY_LENGTH = 500
"""Code points of plain language that a query may have (the contract's number)."""
MAX_LIMIT = 50
"""Hits on one page at the most (the contract's number)."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a passage must have to be found: OR within one field, AND across fields.

    Topic ids include narrower topics. `facets` holds a topic in that role, `topics` in any role.
    """

    facets: Mapping[Facet, frozenset[str]] = field(default_factory=dict)
    topics: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    advisories_not: frozenset[Advisory] = frozenset()

    def __bool__(self) -> bool:
        return bool(any(self.facets.values()) or self.topics or self.documents or self.languages or self.advisories_not)


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search: plain language, filters, or both.

    Grammar of `text`: words are OR-ed and ranked; `"a phrase"` must occur; `-word` must not; nothing else
    is syntax. Empty text with filters lists what the filters select, in order of document and position.
    """

    text: str = ""
    filters: Filters = field(default_factory=Filters)
    limit: int = 10
    cursor: str | None = None
    interpret: bool = True
    explain: bool = False
    prefer_topics: tuple[str, ...] = ()
    """Passages on these topics are found and rise, whatever the text asks for: help, for whoever may need it. Nothing
    else is hidden; ids that the vocabulary lacks are passed over."""


MatchKind = Literal["exact", "stem", "concept", "spelling", "meaning"]


@dataclass(frozen=True, slots=True)
class Match:
    """Why a run of a snippet is marked; offsets count code points of the snippet."""

    start: int
    end: int
    kind: MatchKind


@dataclass(frozen=True, slots=True)
class Highlight:
    """A piece of a hit with its matches in order, never overlapping."""

    field: Literal["text", "heading", "title"]
    snippet: str
    html: str
    """The snippet escaped, matches in <mark>."""
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Contribution:
    """One reason for a hit's score, in words that an editor understands."""

    kind: Literal["word", "phrase", "label", "topic", "correction", "meaning", "role", "support"]
    text: str
    """What matched: the query's words, the label, the topic's label."""
    detail: str
    """The reason in a sentence."""
    share: float
    """Part of the hit's score, 0-1; the shares of a hit add up to 1."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a passage was found, strongest reason first."""

    summary: str
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A found passage."""

    passage: PublishedPassage
    score: float
    """0-1, comparable within one answer only."""
    highlights: tuple[Highlight, ...] = ()
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many passages of the whole result carry a topic (or a narrower one) in the facet's role."""

    topic_id: str
    count: int


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """A facet's buckets, most frequent first; the facet's own filter does not shrink them."""

    facet: Facet
    buckets: tuple[Bucket, ...]


ConceptKind = Literal["label", "synonym", "spelling"]


@dataclass(frozen=True, slots=True)
class Concept:
    """A topic recognised in a query; offsets count code points of the query as given."""

    topic_id: str
    matched_text: str
    start: int
    end: int
    kind: ConceptKind


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What was understood of a query."""

    text: str
    corrected_text: str | None = None
    concepts: tuple[Concept, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The answer to a SearchRequest."""

    corpus_version: str
    query: Interpretation
    total: int
    hits: tuple[Hit, ...]
    facets: tuple[FacetCounts, ...]
    suggestions: tuple[str, ...] = ()
    next_cursor: str | None = None
    previous_cursor: str | None = None


SuggestionKind = Literal["topic", "heading", "correction"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A query that leads to at least one passage."""

    text: str
    kind: SuggestionKind
    """`correction` where the typed words had to be respelt to find it."""
    topic_id: str | None = None
    """The topic that it asks for, if it asks for one."""


class Snapshot(Protocol):
    """One published version of the corpus, immutable and safe to use from any thread.

    A request takes one snapshot and asks only that, so that its answers agree with one another even while
    a new version is published.
    """

    @property
    def corpus_version(self) -> str:
        """Changes if and only if what a caller can read changes."""

    @property
    def built_at(self) -> datetime:
        """When this version was built, UTC."""

    @property
    def vocabulary(self) -> Vocabulary: ...

    @property
    def documents(self) -> Mapping[str, PublishedDocument]:
        """By id, in order of id."""

    @property
    def passage_count(self) -> int: ...

    def topic_counts(self) -> Mapping[str, Mapping[Facet, int]]:
        """Passages by topic id and role, narrower topics included. A topic without passages has an empty mapping."""

    def topic_passage_count(self, topic_id: str) -> int:
        """Passages that carry the topic or a narrower one in any role, each counted once."""

    def passage(self, passage_id: str, revision: int | None = None) -> PublishedPassage:
        """The passage, at an older revision if asked.

        Raises NotFound, and PassageWithdrawn where the id was once published and no revision is asked for.
        """

    def search(self, request: SearchRequest) -> SearchResult:
        """Raises UnknownTopic, UnknownDocument, BadCursor or InvalidRequest."""

    def suggest(self, text: str, limit: int) -> tuple[Suggestion, ...]:
        """What `text`, not yet typed to its end, may become; best first, each meaning once, at most `limit`.

        Never names a method of harm or a dose; where the words point to danger, offers help and nothing else.
        Raises InvalidRequest.
        """

    def similar(self, passage_id: str, limit: int) -> tuple[Hit, ...]:
        """Other passages on the same subject, nearest first, from several documents where there are several.

        Their scores compare within one answer. Raises NotFound, PassageWithdrawn or InvalidRequest.
        """


class SearchEngine(Protocol):
    """Serves the current version of an index."""

    def snapshot(self) -> Snapshot:
        """The current version; cheap, meant to be called for each request. Raises IndexUnavailable."""

    def close(self) -> None: ...


Embed = Callable[[Iterable[PublishedPassage]], MeaningVectors]
"""Makes the vectors of passages, which it is given in the order of the index."""


class Generation(Protocol):
    """A version being written. Leaving the block by an exception discards it; nothing was published then."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def add(self, passage: PublishedPassage) -> None: ...

    def publish(
        self,
        *,
        corpus_version: str,
        vocabulary: Vocabulary,
        documents: Iterable[PublishedDocument],
        withdrawals: Iterable[Withdrawal] = (),
        old_revisions: Iterable[PublishedPassage] = (),
        utterances: Mapping[str, Sequence[str]] | None = None,
        embed: Embed | None = None,
    ) -> None:
        """Writes, verifies (opens, counts, sample queries), makes it current in one atomic step. Raises BuildFailed."""


class IndexWriter(Protocol):
    """Builds new versions beside the current one."""

    def begin(self, *, wait_s: float = 60.0) -> Generation:
        """Takes the build lock and clears what killed builds left. Raises BuildBusy after `wait_s` seconds."""

    def current_version(self) -> str | None:
        """The corpus version that is published now and opens without fault; None if there is none."""
