"""An engine without an index: what the port asks for, in memory and as simply as it can be said.

It passes the same contract as the real engines, so tests of everything above the port may use it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cached_property
from types import TracebackType
from typing import Self

import numpy as np

from corpus import FACETS, Facet, Vocabulary
from corpus.suggest_deny import read_suggest_deny
from indexer.cursor import read_offset, write_cursor
from indexer.errors import (
    BuildBusy,
    BuildFailed,
    IndexUnavailable,
    InvalidRequest,
    NotFound,
    PassageWithdrawn,
    UnknownDocument,
    UnknownTopic,
)
from indexer.highlight import highlight
from indexer.model import PublishedDocument, PublishedPassage, Withdrawal
from indexer.query import QueryReader, QueryReading
from indexer.search import (
    MAX_LIMIT,
    MAX_QUERY_LENGTH,
    Bucket,
    Contribution,
    Embed,
    Explanation,
    FacetCounts,
    Filters,
    Hit,
    SearchRequest,
    SearchResult,
    Suggestion,
)
from indexer.similar import Numbers, Scores, similar
from indexer.suggest import Suggester, check_limit
from indexer.text import tokenize


@dataclass
class FakeIndex:
    """Both sides of the port over one list in memory: an IndexWriter and a SearchEngine."""

    current: FakeSnapshot | None = None
    published: list[FakeSnapshot] = field(default_factory=list)
    """Every version that was published, oldest first."""
    fail_to_publish: bool = False
    """Makes publications fail, as a full disk would."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, *, wait_s: float = 60.0) -> FakeGeneration:
        if not self.lock.acquire(timeout=wait_s):
            raise BuildBusy("another build holds the lock; try again when it is done")
        return FakeGeneration(self)

    def current_version(self) -> str | None:
        return self.current.corpus_version if self.current else None

    def snapshot(self) -> FakeSnapshot:
        if self.current is None:
            raise IndexUnavailable("nothing is published yet; run `python -m indexer build`")
        return self.current

    def close(self) -> None:
        self.current = None


class FakeGeneration:
    """A version being written."""

    def __init__(self, index: FakeIndex) -> None:
        self._index = index
        self._passages: list[PublishedPassage] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._passages = []
        self._index.lock.release()

    def add(self, passage: PublishedPassage) -> None:
        self._passages.append(passage)

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
        if self._index.fail_to_publish:
            raise BuildFailed("the disk is full")
        by_id = {document.source.id: document for document in sorted(documents, key=lambda each: each.source.id)}
        self._verify(vocabulary, by_id)
        snapshot = FakeSnapshot(
            corpus_version, vocabulary, by_id, tuple(self._passages), tuple(withdrawals), tuple(old_revisions)
        )
        self._index.current = snapshot
        self._index.published.append(snapshot)

    def _verify(self, vocabulary: Vocabulary, documents: Mapping[str, PublishedDocument]) -> None:
        """What a build hands over must fit together."""
        known = Counter(passage.id for passage in self._passages)
        for passage in self._passages:
            if known[passage.id] > 1:
                raise BuildFailed(f"passage '{passage.id}' was added twice")
            for tag in passage.passage.tags:
                if tag.topic_id not in vocabulary:
                    raise BuildFailed(f"passage '{passage.id}' carries '{tag.topic_id}', which is no topic")
            if passage.passage.document_id not in documents:
                document_id = passage.passage.document_id
                raise BuildFailed(f"passage '{passage.id}' belongs to '{document_id}', which was not published")


class FakeSnapshot:
    """One published version."""

    def __init__(
        self,
        corpus_version: str,
        vocabulary: Vocabulary,
        documents: Mapping[str, PublishedDocument],
        passages: Sequence[PublishedPassage],
        withdrawals: Sequence[Withdrawal],
        old_revisions: Sequence[PublishedPassage],
    ) -> None:
        self.corpus_version = corpus_version
        self.built_at = datetime.now(UTC)
        self.vocabulary = vocabulary
        self.documents = documents
        self.withdrawals = {withdrawal.passage_id: withdrawal for withdrawal in withdrawals}
        self.old_revisions = {(old.id, old.revision): old for old in old_revisions}
        self.passages = tuple(sorted(passages, key=lambda each: (each.passage.document_id, each.passage.position)))
        self._stems = {each.id: self._stems_of(each) for each in self.passages}
        words = Counter(
            word for each in self.passages for word in {token.word for token in tokenize(each.passage.text)}
        )
        self._reader = QueryReader(vocabulary, words)

    @cached_property
    def _reader(self) -> QueryReader:
        # Made when first needed: it takes a moment, and many tests never search.
        words = Counter(
            word for each in self.passages for word in {token.word for token in tokenize(each.passage.text)}
        )
        return QueryReader(self.vocabulary, words)

    @property
    def passage_count(self) -> int:
        return len(self.passages)

    def topic_counts(self) -> Mapping[str, Mapping[Facet, int]]:
        return {
            topic.id: {
                facet: count
                for facet in FACETS
                if (count := sum(self._carries(each, topic.id, facet) for each in self.passages))
            }
            for topic in self.vocabulary
        }

    def topic_passage_count(self, topic_id: str) -> int:
        return sum(self._carries(each, topic_id) for each in self.passages)

    def passage(self, passage_id: str, revision: int | None = None) -> PublishedPassage:
        for each in self.passages:
            if each.id == passage_id and revision in (None, each.revision):
                return each
        if revision is None and passage_id in self.withdrawals:
            raise PassageWithdrawn(passage_id, self.withdrawals[passage_id].successor_id)
        if revision is not None and (passage_id, revision) in self.old_revisions:
            return self.old_revisions[passage_id, revision]
        raise NotFound(
            f"no passage '{passage_id}'" if revision is None else f"no revision {revision} of '{passage_id}'"
        )

    def search(self, request: SearchRequest) -> SearchResult:
        self._validate(request)
        offset = read_offset(request, self.corpus_version)
        reading = self._reader.read(request.text, interpret=request.interpret)
        scores = {each.id: self._reasons(each, reading) for each in self.passages}
        candidates = [each for each in self.passages if self._is_candidate(each, reading, scores, request.filters)]
        found = [each for each in candidates if self._passes(each, request.filters)]
        found.sort(key=lambda each: -sum(scores[each.id].values()))
        # Had a passage every word and phrase of the query, it would score 1.
        whole = sum(term.weight for term in reading.terms) + len(reading.phrases) or 1.0
        page = found[offset : offset + request.limit]
        hits = tuple(self._hit(each, scores[each.id], whole, reading, request) for each in page)
        suggestions: tuple[str, ...] = ()
        if request.text and request.interpret and not offset:
            suggestions = self._suggester.did_you_mean(reading.interpretation, hits[0].score if hits else 0.0)
        return SearchResult(
            corpus_version=self.corpus_version,
            query=reading.interpretation,
            total=len(found),
            hits=hits,
            facets=tuple(self._count(facet, candidates, request.filters) for facet in FACETS),
            suggestions=suggestions,
            next_cursor=(
                write_cursor(request, self.corpus_version, offset + request.limit)
                if offset + request.limit < len(found)
                else None
            ),
            previous_cursor=(
                write_cursor(request, self.corpus_version, max(0, offset - request.limit)) if offset else None
            ),
        )

    def suggest(self, text: str, limit: int) -> tuple[Suggestion, ...]:
        check_limit(text, limit)
        return self._suggester.suggest(text, limit)

    def similar(self, passage_id: str, limit: int) -> tuple[Hit, ...]:
        number = self.passages.index(self.passage(passage_id))
        return similar(_FakeLists(self), self.vocabulary, number, limit)

    def numbers_of(self, topic_id: str, facet: Facet | None) -> Numbers:
        """The passages, numbered in their order, that carry the topic or a narrower one."""
        found = [number for number, each in enumerate(self.passages) if self._carries(each, topic_id, facet)]
        return np.array(found, np.int32)

    @cached_property
    def _suggester(self) -> Suggester:
        words = Counter(
            word for each in self.passages for word in {token.word for token in tokenize(each.passage.text)}
        )
        return Suggester(self.vocabulary, self.documents.values(), words, self.numbers_of, read_suggest_deny())

    # --- what is found ---------------------------------------------------------------------------------------

    def _stems_of(self, published: PublishedPassage) -> list[str]:
        passage = published.passage
        document = self.documents.get(passage.document_id)
        title = document.title if document else ""
        return [token.stem for text in (passage.text, *passage.heading_path, title) for token in tokenize(text)]

    def _reasons(self, passage: PublishedPassage, reading: QueryReading) -> dict[tuple[str, str], float]:
        """The score of a passage by what it is for: one point for a word or a phrase, its weight for a topic."""
        counts = Counter(self._stems[passage.id])
        reasons = {
            ("correction" if term.corrected else "word", term.text): term.weight
            for term in reading.terms
            if counts[term.stem]
        }
        for phrase in reading.phrases:
            if self._has_phrase(passage, phrase.stems):
                reasons["phrase", phrase.text] = 1.0
        carried = {tag.topic_id for tag in passage.passage.tags}
        for topic in reading.topics:
            if topic.topic_id in carried:
                kind = "label" if topic.weight == 1 else "topic"
                reasons[kind, self.vocabulary[topic.topic_id].pref_label] = 2 * topic.weight
        return reasons

    def _is_candidate(
        self,
        passage: PublishedPassage,
        reading: QueryReading,
        scores: Mapping[str, Mapping[tuple[str, str], float]],
        filters: Filters,
    ) -> bool:
        matches = bool(filters) if reading.is_empty else bool(scores[passage.id])
        return (
            matches
            and all(self._has_phrase(passage, phrase.stems) for phrase in reading.phrases)
            and not any(self._has_phrase(passage, exclusion.stems) for exclusion in reading.exclusions)
        )

    def _has_phrase(self, passage: PublishedPassage, stems: Sequence[str]) -> bool:
        wanted = list(stems)
        for text in (passage.passage.text, *passage.passage.heading_path):
            words = [token.stem for token in tokenize(text)]
            if any(words[start : start + len(wanted)] == wanted for start in range(len(words))):
                return True
        return False

    def _hit(
        self,
        passage: PublishedPassage,
        reasons: Mapping[tuple[str, str], float],
        whole: float,
        reading: QueryReading,
        request: SearchRequest,
    ) -> Hit:
        if reading.is_empty:
            return Hit(passage, 1.0, (), Explanation("Selected by the filters.", ()) if request.explain else None)
        total = sum(reasons.values())
        title = self.documents[passage.passage.document_id].title
        contributions = tuple(
            Contribution(kind, text, f"The passage has “{text}”.", score / total)  # type: ignore[arg-type]
            for (kind, text), score in sorted(reasons.items(), key=lambda item: -item[1])
        )
        explanation = Explanation("Found through its words and topics.", contributions) if request.explain else None
        return Hit(passage, min(1.0, total / whole), highlight(passage, title, reading), explanation)

    # --- filters and facets ----------------------------------------------------------------------------------

    def _carries(self, passage: PublishedPassage, topic_id: str, facet: Facet | None = None) -> bool:
        wanted = self.vocabulary.with_narrower(topic_id)
        return any(tag.topic_id in wanted and facet in (None, tag.facet) for tag in passage.passage.tags)

    def _passes(self, published: PublishedPassage, filters: Filters, *, without: Facet | None = None) -> bool:
        passage = published.passage
        return (
            all(
                any(self._carries(published, topic_id, facet) for topic_id in topics)
                for facet, topics in filters.facets.items()
                if topics and facet != without
            )
            and (not filters.topics or any(self._carries(published, topic_id) for topic_id in filters.topics))
            and (not filters.documents or passage.document_id in filters.documents)
            and (not filters.languages or passage.language in filters.languages)
            and not filters.advisories_not.intersection(passage.advisories)
        )

    def _count(self, facet: Facet, candidates: Iterable[PublishedPassage], filters: Filters) -> FacetCounts:
        counted = [each for each in candidates if self._passes(each, filters, without=facet)]
        counts = {topic.id: sum(self._carries(each, topic.id, facet) for each in counted) for topic in self.vocabulary}
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return FacetCounts(facet, tuple(Bucket(topic_id, count) for topic_id, count in ordered if count))

    def _validate(self, request: SearchRequest) -> None:
        filters = request.filters
        if not request.text and not filters:
            raise InvalidRequest("q", "say what to search for: give q, a filter, or both")
        if len(request.text) > MAX_QUERY_LENGTH:
            raise InvalidRequest("q", f"longer than {MAX_QUERY_LENGTH} characters; shorten it")
        if not 1 <= request.limit <= MAX_LIMIT:
            raise InvalidRequest("limit", f"must be between 1 and {MAX_LIMIT}")
        named = [(str(facet), topic_id) for facet, topics in filters.facets.items() for topic_id in sorted(topics)]
        for name, topic_id in [*named, *(("topic", topic_id) for topic_id in sorted(filters.topics))]:
            if topic_id not in self.vocabulary:
                raise UnknownTopic(name, topic_id, tuple(get_close_matches(topic_id, self.vocabulary.topics)))
        for document_id in sorted(filters.documents):
            if document_id not in self.documents:
                raise UnknownDocument("document", document_id, tuple(get_close_matches(document_id, self.documents)))


class _FakeLists:
    """The passages as `indexer.similar` asks for them."""

    vectors: Scores | None = None

    def __init__(self, snapshot: FakeSnapshot) -> None:
        self._snapshot = snapshot
        self.carrying = snapshot.numbers_of

    @property
    def count(self) -> int:
        return len(self._snapshot.passages)

    def having(self, stem: str) -> tuple[Numbers, Scores]:
        counts = [[token.stem for token in tokenize(each.passage.text)].count(stem) for each in self._snapshot.passages]
        numbers = np.flatnonzero(counts).astype(np.int32)
        return numbers, np.array(counts, np.float32)[numbers]

    def passage(self, number: int) -> PublishedPassage:
        return self._snapshot.passages[number]
