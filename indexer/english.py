"""General English: which words exist and how common they are, from the list that symspellpy ships.

The list (82,765 words with Google Books counts, crossed with SCOWL) guards spelling correction and tells
words that everybody uses from words that carry a query's meaning.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

_LIST = "frequency_dictionary_en_82_765.txt"


@lru_cache(maxsize=1)
def word_counts() -> Mapping[str, int]:
    """Folded English words with their counts in running text."""
    counts: dict[str, int] = {}
    for line in files("symspellpy").joinpath(_LIST).read_text("utf-8-sig").splitlines():
        word, _, count = line.partition(" ")
        counts[word.replace("'", "")] = int(count)
    return counts


@lru_cache(maxsize=1)
def _total() -> int:
    return sum(word_counts().values())


@lru_cache(maxsize=16384)
def zipf(word: str) -> float:
    """How common a folded word is: log10 of its occurrences per billion words; 0 where the list lacks it.

    "the" has 7.6, "feel" 5.2, "numb" 3.4.
    """
    count = word_counts().get(word, 0)
    return max(0.0, math.log10(count / _total() * 1e9)) if count else 0.0


def is_english(word: str) -> bool:
    """Whether the list has the folded word."""
    return word in word_counts()


@lru_cache(maxsize=4)
def words_from(zipf_frequency: float) -> tuple[str, ...]:
    """The words that are at least so common, commonest first."""
    return tuple(word for word in word_counts() if zipf(word) >= zipf_frequency)


@lru_cache(maxsize=1)
def words_by_shape() -> Mapping[tuple[str, int], tuple[str, ...]]:
    """The words by first letter and length: a small neighbourhood to compare a misspelling with."""
    shelves: dict[tuple[str, int], list[str]] = {}
    for word in word_counts():
        shelves.setdefault((word[0], len(word)), []).append(word)
    return {shape: tuple(words) for shape, words in shelves.items()}
