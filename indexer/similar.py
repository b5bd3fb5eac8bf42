"""Finds passages on the same subject as a given one: by topics in the same role, by telling words, by meaning."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from corpus import Facet, Vocabulary
from indexer.errors import InvalidRequest
from indexer.model import Passage, PublishedPassage
from indexer.search import MAX_LIMIT, Hit
from indexer.text import STOP_WORDS, tokenize

Numbers = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]

TOPIC_WEIGHT, WORD_WEIGHT, MEANING_WEIGHT = 1.0, 0.7, 1.0
"""Parts of a score, each 0-1 before it is weighted. Topics are what editors vouch for; words tell passages on the same
topics apart. Chosen by reading the neighbours of 30 passages of the corpus."""
OTHER_ROLE = 0.3
"""A shared topic in another role: insomnia as a symptom here, as a cause there."""
KEY_WORDS = 16
"""Most telling words of a passage that are looked for; more bring in chance words, fewer miss short passages."""
K1 = 1.2
"""How soon more occurrences of a word stop counting (Robertson's value, as in the search)."""
SAME_SECTION, SAME_DOCUMENT = 0.6, 0.85
"""What a neighbour's score is multiplied with: who reads a passage has the rest of its document at hand."""
MAX_FROM_ONE_DOCUMENT = 2
MIN_SCORE = 0.05
"""Below it two passages share a chance word and no subject."""
_POOL = 12
"""Nearest passages looked at for each one asked for; others of their document may be passed over."""


class PassageLists(Protocol):
    """What an engine tells of its passages, which are numbered from 0."""

    @property
    def count(self) -> int: ...

    def carrying(self, topic_id: str, facet: Facet | None) -> Numbers:
        """The passages that carry the topic or a narrower one, in the role or in any."""

    def having(self, stem: str) -> tuple[Numbers, Scores]:
        """The passages whose text has the stem, and how often."""

    def passage(self, number: int) -> PublishedPassage: ...

    @property
    def vectors(self) -> Scores | None:
        """One unit vector for each passage, nearness of meaning being their product; None where there are none."""


@dataclass(frozen=True, slots=True)
class _Near:
    number: int
    score: float
    passage: PublishedPassage


def similar(lists: PassageLists, vocabulary: Vocabulary, number: int, limit: int) -> tuple[Hit, ...]:
    """Up to `limit` neighbours of a passage, nearest first, at most two from one document; never the passage itself.

    A score of 1 would be a passage with the same topics, words and meaning. Raises InvalidRequest.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest("limit", f"must be between 1 and {MAX_LIMIT}")
    own = lists.passage(number)
    scores = _scores(lists, vocabulary, number, own.passage)
    scores[number] = 0.0
    found: list[Hit] = []
    from_document: Counter[str] = Counter()
    for near in _nearest(lists, scores, own.passage, limit):
        document_id = near.passage.passage.document_id
        if len(found) < limit and near.score >= MIN_SCORE and from_document[document_id] < MAX_FROM_ONE_DOCUMENT:
            from_document[document_id] += 1
            found.append(Hit(near.passage, round(near.score, 4)))
    return tuple(found)


def _nearest(lists: PassageLists, scores: Scores, own: Passage, limit: int) -> Iterator[_Near]:
    """The best passages, those of the same section or document held back; equal ones in order of number."""
    candidates = heapq.nsmallest(_POOL * limit, np.flatnonzero(scores > 0).tolist(), key=lambda n: (-scores[n], n))
    nears = []
    for number in candidates:
        published = lists.passage(number)
        held_back = 1.0
        if published.passage.document_id == own.document_id:
            held_back = SAME_SECTION if published.passage.heading_path == own.heading_path else SAME_DOCUMENT
        nears.append(_Near(number, float(scores[number]) * held_back, published))
    yield from sorted(nears, key=lambda near: (-near.score, near.number))


def _scores(lists: PassageLists, vocabulary: Vocabulary, number: int, own: Passage) -> Scores:
    """0-1 for every passage."""
    parts = [(TOPIC_WEIGHT, _by_topics(lists, vocabulary, own)), (WORD_WEIGHT, _by_words(lists, own))]
    if lists.vectors is not None:
        products = lists.vectors @ lists.vectors[number]
        parts.append((MEANING_WEIGHT, np.clip(products, 0.0, 1.0).astype(np.float32)))
    whole = sum(weight for weight, scores in parts if scores.any())
    total = np.zeros(lists.count, np.float32)
    for weight, scores in parts:
        total += np.float32(weight) * scores
    return np.asarray(np.minimum(total / np.float32(whole or 1.0), 1.0), np.float32)


def _by_topics(lists: PassageLists, vocabulary: Vocabulary, own: Passage) -> Scores:
    """Part of the passage's topics, each weighted by its rarity, that the others share in the same role."""
    scores = np.zeros(lists.count, np.float32)
    whole = 0.0
    for tag in own.tags:
        if tag.topic_id not in vocabulary:
            continue
        in_role = lists.carrying(tag.topic_id, tag.facet)
        weight = _rarity(len(in_role), lists.count)
        shares = np.zeros(lists.count, np.float32)
        shares[lists.carrying(tag.topic_id, None)] = OTHER_ROLE
        shares[in_role] = 1.0
        scores += np.float32(weight) * shares
        whole += weight
    return scores / np.float32(whole or 1.0)


def _by_words(lists: PassageLists, own: Passage) -> Scores:
    """The same for its most telling words: frequent in it, rare elsewhere."""
    counts = Counter(token.stem for token in tokenize(own.text) if token.word not in STOP_WORDS)
    found = {stem: lists.having(stem) for stem in counts}
    weights = {
        stem: _saturated(counts[stem]) * _rarity(len(numbers), lists.count)
        for stem, (numbers, _) in found.items()
        if len(numbers) > 1  # a word of its own leads nowhere
    }
    telling = sorted(weights, key=lambda stem: (-weights[stem], stem))[:KEY_WORDS]
    scores = np.zeros(lists.count, np.float32)
    for stem in telling:
        numbers, frequencies = found[stem]
        saturated = frequencies * np.float32(K1 + 1) / (frequencies + np.float32(K1))
        scores[numbers] += np.float32(weights[stem]) * np.minimum(saturated / np.float32(_saturated(counts[stem])), 1)
    return scores / np.float32(sum(weights[stem] for stem in telling) or 1.0)


def _saturated(frequency: float) -> float:
    return frequency * (K1 + 1) / (frequency + K1)


def _rarity(passages: int, count: int) -> float:
    """Always above 0, the form that Lucene uses."""
    return math.log1p((count - passages + 0.5) / (passages + 0.5))
