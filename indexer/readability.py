"""How hard a text is to read: Flesch-Kincaid grade level."""

from __future__ import annotations

import re
from functools import lru_cache

import pyphen

from indexer.text import tokenize

_hyphenator = pyphen.Pyphen(lang="en_US", left=1, right=2)
_VOWELS = re.compile("[aeiouy]+")
_SILENT_E = re.compile("(?<![aeiouy])(?<!l)e[sd]?$|(?<=[aeiouy]l)es?$")


@lru_cache(maxsize=65536)
def count_syllables(word: str) -> int:
    """Syllables of an English word, at least 1: the places where it may be hyphenated, plus one.

    Short words that may not be hyphenated at all ("about", "idea") are counted by their vowels, up to two.
    """
    lowered = word.casefold()
    hyphenated = len(_hyphenator.positions(lowered)) + 1
    if hyphenated > 1:
        return hyphenated
    return max(1, min(2, len(_VOWELS.findall(_SILENT_E.sub("", lowered)))))


def reading_grade(text: str, sentences: int) -> float:
    """Flesch-Kincaid grade in US school years, 0 or more, one decimal (Kincaid et al. 1975).

    `sentences` is the number of sentences in `text`; a text without words has grade 0.
    """
    words = [token.text for token in tokenize(text)]
    if not words or sentences < 1:
        return 0.0
    syllables = sum(count_syllables(word) for word in words)
    grade = 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
    return max(0.0, round(grade, 1))
