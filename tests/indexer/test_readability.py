"""Flesch-Kincaid grades."""

from __future__ import annotations

import pytest

from indexer.readability import count_syllables, reading_grade


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("feel", 1),
        ("numbness", 2),
        ("about", 2),
        ("emotion", 3),
        ("anhedonia", 4),
        ("times", 1),
        ("little", 2),
        ("x", 1),
    ],
)
def test_counts_syllables(word: str, syllables: int) -> None:
    assert count_syllables(word) == syllables


def test_long_words_in_long_sentences_raise_the_grade() -> None:
    easy = "You may feel flat. It can pass."
    hard = "Depersonalization characteristically accompanies overwhelming psychological experiences."
    assert reading_grade(easy, 2) < 4 < 16 < reading_grade(hard, 1)


def test_a_text_without_words_has_grade_zero() -> None:
    assert reading_grade("— … —", 1) == 0.0
