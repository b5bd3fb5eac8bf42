"""Words are cut and folded the same way everywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.text import fold_word, stem, tokenize


def test_tokens_stand_where_they_are_in_the_text() -> None:
    text = "Partner’s self-care, naïve: 5-HT"
    assert [(token.text, token.word) for token in tokenize(text)] == [
        ("Partner’s", "partner"),
        ("self", "self"),
        ("care", "care"),
        ("naïve", "naive"),
        ("5", "5"),
        ("HT", "ht"),
    ]
    assert all(text[token.start : token.end] == token.text for token in tokenize(text))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("traumatised", "traumatized"),
        ("behaviour", "behavior"),
        ("counselling", "counseling"),
        ("anaesthesia", "anesthesia"),
        ("felt", "feeling"),
        ("lost", "losing"),
        ("frozen", "freeze"),
        ("children", "child"),
        ("lonely", "loneliness"),
        ("mindful", "mindfulness"),
    ],
)
def test_forms_of_one_word_share_a_stem(left: str, right: str) -> None:
    assert stem(fold_word(left)) == stem(fold_word(right))


@pytest.mark.parametrize(
    ("left", "right"),
    [("mind", "mindfulness"), ("medical", "medication"), ("means", "meaning"), ("worn", "wear"), ("left", "leave")],
)
def test_strangers_keep_their_own_stems(left: str, right: str) -> None:
    assert stem(left) != stem(right)


@given(st.text())
def test_any_text_can_be_cut(text: str) -> None:
    end = 0
    for token in tokenize(text):
        assert end <= token.start < token.end <= len(text)
        assert token.word
        assert token.stem
        end = token.end
