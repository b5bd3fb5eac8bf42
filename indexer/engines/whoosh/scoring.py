"""Scores every passage for a reading of a query, in named parts that explanations are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from indexer.engines.whoosh.fields import term
from indexer.engines.whoosh.postings import Mask, Numbers, PostingLists, Postings, Scores

if TYPE_CHECKING:
    from indexer.query import QueryPhrase, QueryReading, QueryTerm, QueryTopic

Kind = Literal["word", "phrase", "label", "topic", "correction", "meaning"]
"""As in `indexer.search.Contribution`: `label` is a topic that the query names, `topic` one that it only implies."""

K1 = 1.2
"""How soon more occurrences of a word stop counting: Robertson's value. Starting value; tuned in tests/relevance."""
TEXT_B = 0.75
"""How much long texts are held back: Robertson's value. Starting value; tuned in tests/relevance."""
HEADING_B = 0.4
"""The same for headings, whose length says less. Starting value; tuned in tests/relevance."""
HEADING_WEIGHT = 0.3
"""A word in the headings against one in the text. Starting value; tuned in tests/relevance."""
PHRASE_WEIGHT = 1.0
"""A phrase against a word as rare. Starting value; tuned in tests/relevance."""
TOPIC_WEIGHT = 1.0
"""A topic against a word as rare. Starting value; tuned in tests/relevance."""
TOPIC_HALF = 1.0
"""Pieces of evidence at which a passage counts as half about a topic. Starting value; tuned in tests/relevance."""
HEADING_EVIDENCE = 1.5
"""Evidence in the headings against evidence in the text. Starting value; tuned in tests/relevance."""
CONFIDENCE = 1.5
"""Steepness of `confidence`: a passage that has all that was asked for once, and no more, reaches 1 - exp(-1.5) = .78.
Starting value; tuned in tests/relevance."""


@dataclass(frozen=True, slots=True)
class Component:
    """What one part of the query adds to the scores of the passages that have it."""

    kind: Kind
    text: str
    """The word, phrase, or topic id."""
    numbers: Numbers
    scores: Scores
    """Aligned with `numbers`, above 0."""
    source: QueryTerm | QueryPhrase | QueryTopic | None = None
    """The part of the reading that it came from."""

    def score_of(self, number: int) -> float:
        at = int(np.searchsorted(self.numbers, number))
        return float(self.scores[at]) if at < len(self.numbers) and self.numbers[at] == number else 0.0


class Scorer:
    """Scores the passages of one generation.

    A further way of finding passages (their meaning, say) is one more method that returns Components.
    """

    def __init__(self, lists: PostingLists, text_lengths: Scores, heading_lengths: Scores) -> None:
        self._lists = lists
        self._count = len(text_lengths)
        self._text_norm = _length_norm(text_lengths, TEXT_B)
        self._heading_norm = _length_norm(heading_lengths, HEADING_B)

    def components(self, reading: QueryReading) -> list[Component]:
        """All that the reading finds, in its order; parts that no passage has are left out."""
        named = {concept.topic_id for concept in reading.interpretation.concepts}
        found = [self._term(part) for part in reading.terms]
        found += [self._phrase(part) for part in reading.phrases]
        found += [self._topic(part, part.topic_id in named) for part in reading.topics]
        return [component for component in found if len(component.numbers)]

    def reference(self, reading: QueryReading) -> float:
        """The score of a passage that has all the words, or else all the topics, as often as an average one would.

        Rare words that no passage has raise it, so that a passage with one common word out of five stays low.
        """
        named = {concept.topic_id for concept in reading.interpretation.concepts}
        words = sum(part.weight * self._rarity((term(part.stem),)) for part in reading.terms)
        words += sum(PHRASE_WEIGHT * self._rarity(_terms(part)) for part in reading.phrases)
        topics = sum(
            part.weight * TOPIC_WEIGHT * self._idf(len(self._topic_postings(part.topic_id)[0]))
            for part in reading.topics
            if part.topic_id in named
        )
        known = [amount for amount in (words, topics) if amount > 0]
        return min(known, default=1.0)

    def phrase_mask(self, part: QueryPhrase) -> Mask:
        """The passages that have the words side by side, in the text or in one heading."""
        mask = np.zeros(self._count, np.bool_)
        for field in ("text", "heading"):
            mask[self._lists.phrase(field, _terms(part)).numbers] = True
        return mask

    def term_frequencies(self, part: QueryTerm | QueryPhrase, number: int) -> tuple[int, int]:
        """How often a passage has the word or phrase in its text, and in its headings."""
        terms = (term(part.stem),) if hasattr(part, "stem") else _terms(part)
        in_text, in_headings = (self._lists.phrase(field, terms) for field in ("text", "heading"))
        return in_text.frequency_in(number), in_headings.frequency_in(number)

    def _term(self, part: QueryTerm) -> Component:
        stem = term(part.stem)
        in_text, in_headings = (self._lists.postings(field, stem) for field in ("text", "heading"))
        numbers, scores = self._two_fields(in_text, in_headings, part.weight)
        return Component("correction" if part.corrected else "word", part.text, numbers, scores, part)

    def _phrase(self, part: QueryPhrase) -> Component:
        in_text, in_headings = (self._lists.phrase(field, _terms(part)) for field in ("text", "heading"))
        numbers, scores = self._two_fields(in_text, in_headings, PHRASE_WEIGHT)
        return Component("phrase", part.text, numbers, scores, part)

    def _topic(self, part: QueryTopic, is_named: bool) -> Component:
        numbers, evidence = self._topic_postings(part.topic_id)
        strength = (evidence / (evidence + TOPIC_HALF)).astype(np.float32, copy=False)
        scores = np.float32(part.weight * TOPIC_WEIGHT * self._idf(len(numbers))) * strength
        return Component("label" if is_named else "topic", part.topic_id, numbers, scores, part)

    def _topic_postings(self, topic_id: str) -> tuple[Numbers, Scores]:
        in_text, in_headings = (self._lists.postings(field, topic_id) for field in ("topic", "topic_heading"))
        return _added(
            in_text.numbers,
            in_text.frequencies,
            in_headings.numbers,
            in_headings.frequencies * np.float32(HEADING_EVIDENCE),
        )

    def _two_fields(self, in_text: Postings, in_headings: Postings, weight: float) -> tuple[Numbers, Scores]:
        return _added(
            in_text.numbers,
            np.float32(weight) * self._bm25(in_text, self._text_norm),
            in_headings.numbers,
            np.float32(weight * HEADING_WEIGHT) * self._bm25(in_headings, self._heading_norm),
        )

    def _bm25(self, postings: Postings, norm: Scores) -> Scores:
        frequencies = postings.frequencies
        idf = np.float32(self._idf(len(postings)))
        saturated = frequencies * np.float32(K1 + 1) / (frequencies + np.float32(K1) * norm[postings.numbers])
        return np.asarray(idf * saturated, dtype=np.float32)

    def _rarity(self, terms: tuple[str, ...]) -> float:
        return self._idf(len(self._lists.phrase("text", terms)))

    def _idf(self, document_frequency: int) -> float:
        """Rarity of what `document_frequency` passages have, always above 0 (the form that Lucene uses)."""
        return float(np.log1p((self._count - document_frequency + 0.5) / (document_frequency + 0.5)))


def totals(components: list[Component], count: int) -> tuple[Scores, Mask]:
    """The sums over all `count` passages, and the passages that any component found."""
    scores = np.zeros(count, np.float32)
    found = np.zeros(count, np.bool_)
    for component in components:
        scores[component.numbers] += component.scores
        found[component.numbers] = True
    return scores, found


def confidence(score: float, reference: float) -> float:
    """A raw score as 0-1: near 1 where all that was asked for is there in strength, low for a chance word."""
    return float(-np.expm1(-CONFIDENCE * score / reference))


def best(scores: Scores, candidates: Mask, count: int) -> Numbers:
    """The `count` best candidates, best first; equal scores in order of document and position."""
    numbers = np.flatnonzero(candidates)
    values = scores[numbers]
    if len(numbers) > 4 * count:  # a full sort of 100,000 takes 8 ms, this 1
        threshold = np.partition(values, -count)[-count]
        numbers, values = numbers[values >= threshold], values[values >= threshold]
    order = np.argsort(-values, kind="stable")[:count]
    ranked: npt.NDArray[np.int32] = numbers[order].astype(np.int32)
    return ranked


def _terms(part: QueryPhrase) -> tuple[str, ...]:
    return tuple(term(stem) for stem in part.stems)


def _length_norm(lengths: Scores, b: float) -> Scores:
    average = float(lengths.mean()) if len(lengths) else 1.0
    norm: Scores = ((1 - b) + b * lengths / max(average, 1.0)).astype(np.float32)
    return norm


def _added(numbers: Numbers, scores: Scores, more_numbers: Numbers, more_scores: Scores) -> tuple[Numbers, Scores]:
    """Two sparse arrays summed."""
    if not len(more_numbers):
        return numbers, scores
    union = np.union1d(numbers, more_numbers)
    summed = np.zeros(len(union), np.float32)
    summed[np.searchsorted(union, numbers)] += scores
    summed[np.searchsorted(union, more_numbers)] += more_scores
    return union, summed
