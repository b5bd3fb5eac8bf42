"""Sentence ends: a table of cases, and what holds for any text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.sentences import split_sentences

CASES = [
    ["One thing.", "Another thing."],
    ["Is it gone?", "Not quite!", "It returns."],
    ["She asked “Why?” and left.", "Nobody answered."],
    ['He said "I am fine."', "He was not."],
    ["“I feel nothing.”", "That is what she wrote."],
    ["Dr. Lee and Mrs. Park met Prof. Okoye at St. Mary's.", "They talked."],
    ["Small comforts, e.g. Tea or a bath, help.", "So do naps."],
    ["That is, i.e. Numbness, not calm.", "It differs."],
    ["Trauma vs. Stress is a long debate.", "Both matter."],
    ["Ask about U.S. clinics.", "There are many."],
    ["She moved to the U.S.", "There she slept."],
    ["Take 2.5 mg at 8 p.m. each day.", "Never double it."],
    ["It began at 8 p.m.", "They were asleep."],
    ["J. K. Osei wrote it.", "A. Byrne agreed."],
    ["He took vitamin C.", "It did little."],
    ["See Smith et al. (2010) for more.", "It is short."],
    ["See fig. 3 and no. 5 on p. 12.", "They agree."],
    ["No.", "That is not it."],
    ["It faded … and came back.", "Slowly…", "Then it stayed."],
    ["Wait...", "There is more."],
    ["What?!", "Yes."],
    ["Some feel flat (they say so. Often.) for weeks.", "Then it lifts."],
    ["It lifts.", "(Not for all.)", "Some wait."],
    ["It was shown before.[12]", "Others doubt it.[3,4]", "So do we."],
    ["1. Take a walk.", "2. Call a friend."],
    ["They came on Jan. 5 and left in Feb. 2020.", "It rained."],
    ["Sleep, food, etc. all count.", "Start small."],
    ["He has a Ph.D. in this.", "She does not."],
    ["You may notice:", "x"][:1],
    ["Depression: It flattens feeling.", "It can pass."],
    ["Read psychology10.click or example.Com today.", "Then rest."],
    ["Nothing moved him. nothing at all."],
    ["感情がない。", "何も感じない。"],
    ["One—two; three: four, five."],
]


@pytest.mark.parametrize("sentences", CASES, ids=lambda case: case[0][:40])
def test_splits_at_sentence_ends_only(sentences: list[str]) -> None:
    text = " ".join(sentences)
    assert [text[start:end] for start, end in split_sentences(text)] == sentences


def test_a_lost_space_after_a_full_stop_still_ends_the_sentence() -> None:
    text = "It dulled every feeling.The quiet lasted."
    assert [text[start:end] for start, end in split_sentences(text)] == [
        "It dulled every feeling.",
        "The quiet lasted.",
    ]


def test_white_space_around_is_in_no_sentence() -> None:
    assert split_sentences("  One.   Two.  ") == ((2, 6), (9, 13))
    assert split_sentences("") == ()
    assert split_sentences(" \n ") == ()


@given(st.text(alphabet=st.sampled_from("aB.?!…:;()\"' \n12[]—é“”。"), max_size=200))
def test_every_visible_character_is_in_exactly_one_sentence(text: str) -> None:
    spans = split_sentences(text)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
