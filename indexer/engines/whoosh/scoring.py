"""Scores every passage for a reading of a query, in named parts that explanations are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from corpus import Facet
from indexer.engines.whoosh.fields import term
from indexer.engines.whoosh.postings import Mask, Numbers, PostingLists, Postings, Scores
from indexer.meaning.vectors import MeaningVectors
from indexer.query import QueryPhrase, QueryReading, QueryTerm, QueryTopic
from indexer.text import tokenize

Kind = Literal["word", "phrase", "label", "topic", "correction", "meaning", "role", "support"]
"""As in `indexer.search.Contribution`: `label` is a topic that the query names, `topic` one that it only implies."""

# How much each way of finding a passage counts, its best passage at 1. Chosen together, among 150 combinations, on the
# tuning halves of tests/relevance, over corpus/ and two raw articles, and on the four articles kept out of the
# encoder's training. Mean nDCG@10 of the five sets: .751 at these, .747 with MEANING twice as much, .733 with half,
# .728 with MEANING alone, .745 with WORDS .4 and SPEECH 1.
WORDS = 0.2
"""Words and phrases of the query."""
LABELS = 0.3
"""Topics that the query names by a label."""
SPEECH = 0.6
"""Topics that the query sounds like: people who say such things speak of them."""
WORDS_ALONE, SPEECH_ALONE = 0.4, 1.0
"""The same where no encoder is installed. On the tuning sets as good as the two above (.544 and .547), and less easily
led astray by topics in texts that the vocabulary does not fit."""
MEANING = 3.75
"""Nearness of meaning, itself mostly .4 to .6 for the best passage."""
ROLES = 0.2
"""Being in the role that the question asks for: .2 for a passage all of whose tags and headings are."""
SUPPORT = 0.6
"""Passages that help, where the query's words call for help: they rise, and what was asked for stays in sight. Over
corpus/ the 8 judged queries of this kind lose about .16 nDCG@10 at 1.5, and .05 at .6."""
MIN_LIKENESS = 0.22
"""Nearness of meaning from which a passage is found by it alone. From .18 to .30 the mean nDCG@10 of the five tuning
sets moves by .003; the best passage for queries without an answer has .30 (median)."""

K1 = 1.2
"""How soon more occurrences of a word stop counting: Robertson's value. A starting value, not tuned."""
TEXT_B = 0.75
"""How much long texts are held back: Robertson's value. A starting value, not tuned."""
HEADING_B = 0.4
"""The same for headings, whose length says less. A starting value, not tuned."""
HEADING_WEIGHT = 0.3
"""A word in the headings against one in the text. A starting value, not tuned."""
PHRASE_WEIGHT = 1.0
"""A phrase against a word as rare. A starting value, not tuned."""
TOPIC_WEIGHT = 1.0
"""A topic against a word as rare. A starting value, not tuned."""
TOPIC_HALF = 1.0
"""Pieces of evidence at which a passage counts as half about a topic. A starting value, not tuned."""
HEADING_EVIDENCE = 1.5
"""Evidence in the headings against evidence in the text. A starting value, not tuned."""
CONFIDENCE = 1.0
"""Steepness of `confidence`: a passage that has all that was asked for once, and no more, reaches 1 - exp(-1) = .63.
On the tuning halves of tests/relevance the best hits of queries with and without an answer part best near 1."""
NEAREST_PASSAGES = 5
"""Passages whose mean nearness tells whether there is an answer at all: what a text answers, more than one passage
speaks of. On the held-back halves it parts queries with and without an answer in .96 of the pairs, the best passage
alone in .94."""
CERTAIN, CERTAIN_WIDTH = 0.34, 0.035
"""Their mean nearness at which an answer is as likely as none, and the distance from it that makes either e times as
likely: a logistic curve fitted to the tuning halves and the four articles (90 queries without an answer)."""
WORDS_POWER = 3
"""Words alone make certain only where nearly all are there in strength: their confidence counts to this power.
With 2, 3 or 4 the queries with and without an answer are parted in .940, .944 or .947 of the pairs (tuning)."""


LAST_RESORT = 5
"""Passages given where a query with words finds nothing."""
LEAST_CERTAINTY = 0.05
"""Score of the best passage of a query that finds nothing that answers it."""


@dataclass(frozen=True, slots=True)
class Component:
    """What one part of the query adds to the score of every passage."""

    kind: Kind
    text: str
    """The word, phrase, or topic id."""
    scores: Scores
    """One for each passage, in order; 0 where the part did not find the passage."""
    source: QueryTerm | QueryPhrase | QueryTopic | None = None
    """The part of the reading that it came from."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a query's text makes of every passage."""

    components: list[Component]
    scores: Scores
    """The sum of the components."""
    candidates: Mask
    """The passages found: by a word, by a topic, or by meaning where it is near enough."""
    certainty: float
    """How sure it is that the best of them answers, 0-1: the words are there, or people say such things of a
    topic, or the meaning is near."""


class Scorer:
    """Scores the passages of one generation."""

    def __init__(
        self,
        lists: PostingLists,
        text_lengths: Scores,
        heading_lengths: Scores,
        role_share: Callable[[Facet], Scores],
        vectors: MeaningVectors | None = None,
    ) -> None:
        """`role_share` gives for each passage how much of it plays a role, 0-1."""
        self._lists = lists
        self._role_share = role_share
        self._vectors = vectors
        self._count = len(text_lengths)
        self._text_norm = _length_norm(text_lengths, TEXT_B)
        self._heading_norm = _length_norm(heading_lengths, HEADING_B)

    def rank(self, reading: QueryReading, helpful: Sequence[str] = ()) -> Ranking:
        """All that the reading looks for, each part at its weight: their sum ranks the passages.

        Passages on the `helpful` topics are found in any case, and rise.
        """
        help_found = [replace(self._topic(QueryTopic(topic_id, 1.0, "")), kind="support") for topic_id in helpful]
        words = [*(self._term(part) for part in reading.terms), *(self._phrase(part) for part in reading.phrases)]
        named = [self._topic(part) for part in reading.topics if part.kind != "speech"]
        spoken = [self._topic(part) for part in reading.topics if part.kind == "speech"]
        sureness = min(1.0, sum(part.weight for part in reading.topics if part.kind == "speech"))
        likeness = self._likeness(reading)
        words_weight, speech_weight = (WORDS, SPEECH) if len(likeness) else (WORDS_ALONE, SPEECH_ALONE)
        components = [
            *_at_weight(words, words_weight),
            *_at_weight(named, LABELS),
            *_at_weight(spoken, speech_weight * sureness),
            *(
                [Component("meaning", reading.interpretation.text, np.float32(MEANING) * likeness)]
                if len(likeness)
                else []
            ),
            *(
                Component("role", role, np.float32(ROLES * weight) * self._role_share(role))
                for role, weight in reading.roles
            ),
        ]
        components += _at_weight(help_found, SUPPORT)
        scores = totals(components, self._count)
        found = totals([*words, *named, *spoken, *help_found], self._count) > 0
        if len(likeness):
            found |= likeness >= MIN_LIKENESS
            if not found.any():
                # Words that nobody here has used: the nearest there is, scored as the poor answer that it is.
                found[best(likeness, likeness > 0, LAST_RESORT)] = True
        by_words = confidence(float(totals([*words, *named], self._count).max(initial=0.0)), self._reference(reading))
        certain = self._certainty(by_words, sureness, likeness)
        return Ranking(components, scores, found, max(certain, LEAST_CERTAINTY))

    @staticmethod
    def _certainty(by_words: float, sureness: float, likeness: Scores) -> float:
        if not len(likeness):
            return 1 - (1 - by_words) * (1 - sureness)
        nearest = float(np.sort(likeness)[-NEAREST_PASSAGES:].mean())
        by_meaning = 1 / (1 + math.exp((CERTAIN - nearest) / CERTAIN_WIDTH))
        return 1 - (1 - by_meaning) * (1 - by_words**WORDS_POWER)

    def _likeness(self, reading: QueryReading) -> Scores:
        if reading.vector is None or self._vectors is None:
            return np.zeros(0, np.float32)
        return np.maximum(self._vectors.likeness(reading.vector), 0)

    def _reference(self, reading: QueryReading) -> float:
        """The score of a passage that has all of the query once, at an average length.

        What the query names by a topic may be there as its words or as the topic, whichever is less. Rare words that
        no passage has count fully, so that a passage with one common word out of five stays low.
        """
        topics = [part for part in reading.topics if part.kind == "named"]
        named_by = {token.stem for part in topics for token in tokenize(part.reason)}
        other_words = sum(
            part.weight * self._rarity((term(part.stem),)) for part in reading.terms if part.stem not in named_by
        )
        naming_words = sum(
            part.weight * self._rarity((term(part.stem),)) for part in reading.terms if part.stem in named_by
        )
        phrases = sum(PHRASE_WEIGHT * self._rarity(_terms(part)) for part in reading.phrases)
        by_topic = sum(
            part.weight * TOPIC_WEIGHT * self._idf(int(np.count_nonzero(self._evidence(part.topic_id))))
            for part in topics
        )
        named_part = min((amount for amount in (naming_words, by_topic) if amount > 0), default=0.0)
        return (other_words + phrases + named_part) or 1.0

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
        scores = np.float32(part.weight) * self._two_fields((term(part.stem),))
        return Component("correction" if part.corrected else "word", part.text, scores, part)

    def _phrase(self, part: QueryPhrase) -> Component:
        return Component("phrase", part.text, np.float32(PHRASE_WEIGHT) * self._two_fields(_terms(part)), part)

    def _topic(self, part: QueryTopic) -> Component:
        evidence = self._evidence(part.topic_id)
        weight = part.weight * TOPIC_WEIGHT * self._idf(int(np.count_nonzero(evidence)))
        strength = np.asarray(evidence / (evidence + TOPIC_HALF), dtype=np.float32)
        kind: Kind = "label" if part.kind == "named" else "topic"
        return Component(kind, part.topic_id, np.float32(weight) * strength, part)

    def _evidence(self, topic_id: str) -> Scores:
        """How much of each passage speaks of the topic itself, not of narrower ones, in pieces of evidence."""
        evidence = np.zeros(self._count, np.float32)
        for field, weight in (("topic", 1.0), ("topic_heading", HEADING_EVIDENCE)):
            postings = self._lists.postings(field, topic_id)
            evidence[postings.numbers] += np.float32(weight) * postings.frequencies
        return evidence

    def _two_fields(self, terms: tuple[str, ...]) -> Scores:
        scores = np.zeros(self._count, np.float32)
        for field, weight, norm in (
            ("text", 1.0, self._text_norm),
            ("heading", HEADING_WEIGHT, self._heading_norm),
        ):
            postings = self._lists.phrase(field, terms)
            scores[postings.numbers] += np.float32(weight) * self._bm25(postings, norm)
        return scores

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


def _at_weight(components: list[Component], weight: float) -> list[Component]:
    """The components of one way of finding, scaled so that the passage it likes best has `weight` from it."""
    if not components:
        return []
    best_score = float(np.sum([component.scores for component in components], axis=0).max(initial=0.0))
    if best_score <= 0:
        return []
    scale = np.float32(weight / best_score)
    return [replace(component, scores=component.scores * scale) for component in components]


def totals(components: list[Component], count: int) -> Scores:
    """The sums over all `count` passages."""
    scores = np.zeros(count, np.float32)
    for component in components:
        scores += component.scores
    return scores


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
