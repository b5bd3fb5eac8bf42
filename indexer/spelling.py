"""Corrects misspelt query words towards the words of the corpus, never away from good English."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

from indexer import english
from indexer.text import stem

MIN_LENGTH = 4
"""Shorter unknown words are names and abbreviations more often than slips."""
MAX_DISTANCE_BY_LENGTH = ((5, 1), (8, 2), (99, 3))
"""Slips allowed in a word of up to so many letters: one slip in "nubm", three in "depersonlizashun"."""
MAX_CHECKED = 12
"""Unknown words of one query that are looked up; bounds the time that 500 characters of noise can take."""
MIN_PART = 3
"""Letters of each half where a word is taken for two that were run together; two, for the commonest words."""
COMMON_PART = 6.0
"""Zipf frequency from which a word of two letters may be such a half: "to" has 7.3, "me" 6.3, "ex" 4.6."""
FIRST_LETTER_COST = 0.75
"""People rarely miss a word's first letter; a candidate with another one must be that much nearer."""


class Speller:
    """Spelling over one version of the corpus.

    `lexicon` holds the folded, unstemmed words of the corpus with the number of passages that have them,
    `labels` the words of the vocabulary's labels. Only these are ever suggested.
    """

    def __init__(self, lexicon: Mapping[str, int], labels: Iterable[str]) -> None:
        self._counts = {word: count for word, count in lexicon.items() if word.isalpha()}
        for word in labels:
            if word.isalpha():
                self._counts.setdefault(word, 1)
        self._words = tuple(word for word in self._counts if len(word) >= MIN_LENGTH)
        self._stems = frozenset(map(stem, self._counts))

    def knows(self, word: str) -> bool:
        """Whether a folded word is fine as it is: in the corpus, in a label, or plain English."""
        return word in self._counts or english.is_english(word) or stem(word) in self._stems

    def correct(self, word: str) -> str | None:
        """The corpus word, or two of them, most likely meant by an unknown folded word; None where none is near."""
        if len(word) < MIN_LENGTH or not word.isalpha() or self.knows(word):
            return None
        limit = _max_distance(word)
        candidates = process.extract(word, self._words, scorer=OSA.distance, score_cutoff=limit, limit=12)
        if not candidates or min(distance for _, distance, _ in candidates) > 1:
            parts = self._two_words(word)
            if parts is not None:
                return " ".join(parts)
        if not candidates:
            return None
        best, cost = min(((candidate, self._cost(word, candidate, d)) for candidate, d, _ in candidates), key=_by_cost)
        distance = OSA.distance(word, best)
        # A nearer English word was meant then, even though the corpus lacks it: "wierd" is not "wired".
        if cost > 0 and self._nearest_english(word, limit) < distance:
            return None
        return best

    def _two_words(self, word: str) -> tuple[str, str] | None:
        """The two words of the corpus that were run together, the rarer of them as common as can be."""
        halves = [(word[:at], word[at:]) for at in range(2, len(word) - 1)]
        known = [pair for pair in halves if all(self._is_half(half) for half in pair)]
        return max(known, key=lambda pair: min(map(english.zipf, pair)), default=None)

    def _is_half(self, word: str) -> bool:
        long_enough = len(word) >= MIN_PART or english.zipf(word) >= COMMON_PART
        return long_enough and word in self._counts and english.is_english(word)

    def _cost(self, word: str, candidate: str, distance: float) -> float:
        other_letter = FIRST_LETTER_COST if candidate[0] != word[0] else 0.0
        return distance + other_letter - 0.1 * math.log1p(self._counts[candidate])

    def _nearest_english(self, word: str, limit: int) -> float:
        shelves = english.words_by_shape()
        nearest = float(limit + 1)
        for length in range(len(word) - limit, len(word) + limit + 1):
            found = process.extractOne(
                word, shelves.get((word[0], length), ()), scorer=OSA.distance, score_cutoff=limit
            )
            if found:
                nearest = min(nearest, found[1])
        return nearest


def _by_cost(candidate: tuple[str, float]) -> tuple[float, str]:
    return candidate[1], candidate[0]


def _max_distance(word: str) -> int:
    return next(distance for length, distance in MAX_DISTANCE_BY_LENGTH if len(word) <= length)
