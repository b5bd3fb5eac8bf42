"""Speech matched with speech: what a query sounds like, by words and by meaning, and when it sounds like nothing."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexer.speech import SpeechBank

BANK = {
    "derealization": [
        "the street looks like a film set",
        "everything seems painted on",
        "the world went flat and fake",
    ],
    "burnout": ["i stare at my inbox and feel nothing", "work took the last of me", "i drag myself to every shift"],
    "grief": ["since mum died i cannot cry", "the funeral came and went without a tear", "i keep laying her place"],
}


def test_a_query_that_sounds_like_an_utterance_leads_to_its_topic() -> None:
    first = SpeechBank(BANK).topics("staring at the inbox, nothing")[0]
    assert first.topic_id == "burnout"
    assert first.utterance == "i stare at my inbox and feel nothing"


def test_weights_fall_and_are_shares() -> None:
    topics = SpeechBank(BANK).topics("since mum died work is a film")
    weights = [topic.weight for topic in topics]
    assert weights == sorted(weights, reverse=True)
    assert 0 < sum(weights) <= 1.0001


def test_a_query_that_sounds_like_nothing_has_no_topics() -> None:
    assert SpeechBank(BANK).topics("best laptop under 500 dollars") == ()
    assert SpeechBank(BANK).topics("") == ()
    assert SpeechBank({}).topics("the world went flat") == ()


def test_meaning_finds_what_words_do_not() -> None:
    vectors = np.zeros((9, 4), np.float32)
    vectors[:3, 0] = vectors[3:6, 1] = vectors[6:, 2] = 1
    query = np.array([0, 0, 1, 0], np.float32)
    assert SpeechBank(BANK, vectors).topics("completely other words", query)[0].topic_id == "grief"


def test_vectors_that_do_not_fit_the_bank_are_left_out() -> None:
    bank = SpeechBank(BANK, np.ones((2, 4), np.float32))
    assert bank.topics("the funeral without a tear", np.ones(4, np.float32))[0].topic_id == "grief"


@given(st.text(max_size=500))
def test_any_text_is_answered(text: str) -> None:
    for topic in SpeechBank(BANK).topics(text):
        assert topic.topic_id in BANK
        assert 0 <= topic.weight <= 1
