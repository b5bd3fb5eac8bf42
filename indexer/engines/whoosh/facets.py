"""Which passages carry which topic in which role, as arrays: facet filters, facet counts, topic counts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from corpus import FACETS, Facet, Vocabulary
from indexer.engines.whoosh.fields import facet_topic
from indexer.engines.whoosh.postings import Mask, Numbers, PostingLists, Scores
from indexer.search import Bucket, FacetCounts


class FacetTable:
    """Passages by facet and topic, narrower topics rolled up into the broader ones.

    Each facet's passage lists stand end to end in one array, so that all its buckets are counted in one pass.
    """

    def __init__(self, lists: PostingLists, vocabulary: Vocabulary, passage_count: int) -> None:
        used = set(lists.terms("facet_topic"))
        self._topics: dict[Facet, tuple[str, ...]] = {}
        self._numbers: dict[Facet, Numbers] = {}
        self._starts: dict[Facet, Numbers] = {}
        self._rows: dict[tuple[Facet, str], Numbers] = {}
        for facet in FACETS:
            self._fill(facet, lists, vocabulary, used)
        self._shares = _role_shares(lists, vocabulary, used, passage_count)

    def _fill(self, facet: Facet, lists: PostingLists, vocabulary: Vocabulary, used: set[str]) -> None:
        for topic in vocabulary:
            parts = [
                lists.postings("facet_topic", facet_topic(facet, topic_id)).numbers
                for topic_id in vocabulary.with_narrower(topic.id)
                if facet_topic(facet, topic_id) in used
            ]
            if parts:
                self._rows[facet, topic.id] = np.unique(np.concatenate(parts)) if len(parts) > 1 else parts[0]
        topics = tuple(topic_id for row_facet, topic_id in self._rows if row_facet == facet)
        rows = [self._rows[facet, topic_id] for topic_id in topics]
        self._topics[facet] = topics
        self._numbers[facet] = np.concatenate(rows) if rows else _NONE
        self._starts[facet] = np.cumsum([0, *(len(row) for row in rows[:-1])]).astype(np.int32) if rows else _NONE

    def role_share(self, facet: Facet) -> Scores:
        """For each passage, how many of its tags are in the role, 0-1."""
        return self._shares[facet]

    def passages(self, topic_id: str, facet: Facet | None = None) -> Numbers:
        """The passages that carry the topic or a narrower one, in the role or in any."""
        if facet is not None:
            return self._rows.get((facet, topic_id), _NONE)
        rows = [self._rows[role, topic_id] for role in FACETS if (role, topic_id) in self._rows]
        return np.unique(np.concatenate(rows)) if rows else _NONE

    def count(self, facet: Facet, result: Mask) -> FacetCounts:
        """The facet's buckets over the passages in `result`."""
        if not len(self._numbers[facet]):
            return FacetCounts(facet, ())
        counts = np.add.reduceat(result[self._numbers[facet]].astype(np.int32), self._starts[facet])
        buckets = [
            Bucket(topic_id, count)
            for topic_id, count in zip(self._topics[facet], counts.tolist(), strict=True)
            if count
        ]
        return FacetCounts(facet, tuple(sorted(buckets, key=lambda bucket: (-bucket.count, bucket.topic_id))))

    def topic_counts(self, vocabulary: Vocabulary) -> Mapping[str, Mapping[Facet, int]]:
        """Passages by topic and role."""
        return {
            topic.id: {facet: len(self._rows[facet, topic.id]) for facet in FACETS if (facet, topic.id) in self._rows}
            for topic in vocabulary
        }


def _role_shares(
    lists: PostingLists, vocabulary: Vocabulary, used: set[str], passage_count: int
) -> Mapping[Facet, Scores]:
    tags = {facet: np.zeros(passage_count, np.float32) for facet in FACETS}
    for facet in FACETS:
        for topic in vocabulary:
            if facet_topic(facet, topic.id) in used:
                tags[facet][lists.postings("facet_topic", facet_topic(facet, topic.id)).numbers] += 1
    every = np.maximum(np.sum(list(tags.values()), axis=0), 1)
    return {facet: np.asarray(counts / every, np.float32) for facet, counts in tags.items()}


_NONE: Numbers = np.zeros(0, np.int32)
