"""Scores: BM25 as the textbook has it, confidence that tells answers from chance, the best in a stable order."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.publish import WhooshWriter
from indexer.engines.whoosh.scoring import (
    K1,
    LABELS,
    SPEECH_ALONE,
    TEXT_B,
    WORDS_ALONE,
    Scorer,
    best,
    confidence,
)
from indexer.engines.whoosh.snapshot import WhooshSnapshot
from indexer.query import QueryPhrase, QueryReading, QueryTerm, QueryTopic
from indexer.search import Concept, Interpretation
from indexer.text import stem, tokenize
from tests.engines.samples import PASSAGES, Sample


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> WhooshSnapshot:
    root: Path = tmp_path_factory.mktemp("scoring")
    Sample().publish(WhooshWriter(root))
    return WhooshEngine(root).snapshot()


def word(text: str, weight: float = 1.0) -> QueryTerm:
    return QueryTerm(text, stem(text), weight)


def asked(
    *terms: QueryTerm, topics: tuple[QueryTopic, ...] = (), phrases: tuple[QueryPhrase, ...] = ()
) -> QueryReading:
    concepts = tuple(Concept(topic.topic_id, topic.reason, 0, 1, "label") for topic in topics)
    return QueryReading(Interpretation("", None, concepts), terms, phrases, (), topics)


def number_of(snapshot: WhooshSnapshot, passage_id: str) -> int:
    return snapshot._numbers[passage_id]


def test_a_words_score_is_bm25_by_hand(snapshot: WhooshSnapshot) -> None:
    tokens = {one.id: [token.stem for token in tokenize(one.passage.text)] for one in PASSAGES}
    having = [passage_id for passage_id, stems in tokens.items() if stem("diary") in stems]
    average = sum(map(len, tokens.values())) / len(tokens)
    idf = math.log(1 + (len(tokens) - len(having) + 0.5) / (len(having) + 0.5))
    length = len(tokens["p-diary"])
    expected = idf * (K1 + 1) / (1 + K1 * (1 - TEXT_B + TEXT_B * length / average))
    component = snapshot._scorer._term(word("diary", 0.5))
    assert component.scores[number_of(snapshot, "p-diary")] == pytest.approx(0.5 * expected, rel=1e-5)
    assert np.count_nonzero(component.scores) == 1


def test_a_topic_scores_its_passages_and_not_those_of_narrower_ones(snapshot: WhooshSnapshot) -> None:
    component = snapshot._scorer._topic(QueryTopic("emotional_numbness", 1.0, "numb"))
    found = {snapshot._ids[number] for number in np.flatnonzero(component.scores)}
    assert found == {"p-numb", "p-depression"}
    assert component.kind == "label"


def test_components_add_up_to_the_total(snapshot: WhooshSnapshot) -> None:
    reading = asked(word("feelings"), word("therapy"), topics=(QueryTopic("talking_therapy", 1.0, "therapy"),))
    ranking = snapshot._scorer.rank(reading)
    assert np.allclose(ranking.scores, sum(component.scores for component in ranking.components))
    assert [component.kind for component in ranking.components] == ["word", "word", "label"]


def test_each_way_of_finding_gives_its_weight_to_the_passage_that_it_likes_best(snapshot: WhooshSnapshot) -> None:
    reading = asked(
        word("feelings"),
        word("therapy"),
        topics=(
            QueryTopic("talking_therapy", 1.0, "therapy"),
            QueryTopic("journaling", 0.5, "i write it all down at night", "speech"),
        ),
    )
    ranking = snapshot._scorer.rank(reading)

    def most(*reasons: int) -> float:
        return float(np.sum([ranking.components[reason].scores for reason in reasons], axis=0).max())

    assert most(0, 1) == pytest.approx(WORDS_ALONE)
    assert most(2) == pytest.approx(LABELS)
    assert most(3) == pytest.approx(0.5 * SPEECH_ALONE)


def test_an_utterance_alone_finds_the_passages_of_its_topic(snapshot: WhooshSnapshot) -> None:
    spoken = QueryTopic("journaling", 0.9, "i write it all down at night", "speech")
    ranking = snapshot._scorer.rank(asked(topics=(spoken,)))
    assert {snapshot._ids[number] for number in np.flatnonzero(ranking.candidates)} == {"p-diary"}
    assert ranking.certainty == pytest.approx(0.9, abs=0.1)


def test_a_role_ranks_what_was_found_and_finds_nothing_itself(snapshot: WhooshSnapshot) -> None:
    plain = snapshot._scorer.rank(asked(word("therapy")))
    role = snapshot._scorer.rank(replace(asked(word("therapy")), roles=(("treatment", 1.0),)))
    assert (role.candidates == plain.candidates).all()
    assert (role.scores > plain.scores).any()


def test_words_that_no_passage_has_lower_the_confidence(snapshot: WhooshSnapshot) -> None:
    scorer = snapshot._scorer
    assert scorer._reference(asked(word("diary"), word("bicycle"))) > 1.5 * scorer._reference(asked(word("diary")))


def test_words_beside_a_named_topic_lower_the_confidence_and_the_words_that_name_it_do_not(
    snapshot: WhooshSnapshot,
) -> None:
    scorer, topic = snapshot._scorer, QueryTopic("emotional_numbness", 1.0, "numb")
    alone = scorer._reference(asked(topics=(topic,)))
    assert scorer._reference(asked(word("numb"), topics=(topic,))) <= alone
    assert scorer._reference(asked(word("numb"), word("bicycle"), topics=(topic,))) > alone + 1


@given(st.floats(0, 1000), st.floats(0.01, 100))
def test_confidence_is_a_share(score: float, reference: float) -> None:
    assert 0 <= confidence(score, reference) <= 1
    assert confidence(score, reference) <= confidence(score + 1, reference)


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0]), max_size=300), st.integers(1, 60))
def test_the_best_are_the_first_of_a_stable_sort(values: list[float], count: int) -> None:
    scores = np.array(values, np.float32)
    candidates = scores > 0
    expected = sorted(np.flatnonzero(candidates).tolist(), key=lambda number: (-scores[number], number))[:count]
    assert best(scores, candidates, count).tolist() == expected


def test_passages_that_help_rise_and_nothing_is_hidden(snapshot: WhooshSnapshot) -> None:
    plain = snapshot._scorer.rank(asked(word("feelings")))
    helped = snapshot._scorer.rank(asked(word("feelings")), ("journaling",))
    diary = number_of(snapshot, "p-diary")
    assert int(helped.scores.argmax()) == diary
    assert helped.candidates[diary]
    assert (helped.candidates | plain.candidates == helped.candidates).all()


@pytest.mark.parametrize(
    ("by_words", "nearness", "low", "high"),
    [
        (0.3, (0.5, 0.5, 0.48, 0.45, 0.45, 0.1), 0.9, 1.0),  # five passages speak of it
        (0.3, (0.5, 0.2, 0.2, 0.15, 0.15, 0.1), 0.0, 0.2),  # one passage is near by chance
        (0.3, (0.25, 0.25, 0.2, 0.2, 0.2, 0.1), 0.0, 0.1),
        (0.99, (0.2, 0.2, 0.2, 0.2, 0.2, 0.1), 0.9, 1.0),  # a name that only the words know
        (0.9, (0.5,), 0.9, 1.0),  # a corpus of one passage
    ],
)
def test_with_meaning_a_search_is_sure_where_several_passages_are_near_or_all_words_are_there(
    by_words: float, nearness: tuple[float, ...], low: float, high: float
) -> None:
    certainty = Scorer._certainty(by_words, 1.0, np.array(nearness, np.float32))
    assert low <= certainty <= high


def test_without_meaning_words_or_speech_make_a_search_sure() -> None:
    nothing = np.zeros(0, np.float32)
    assert Scorer._certainty(0.0, 0.0, nothing) == 0
    assert Scorer._certainty(0.5, 0.0, nothing) == Scorer._certainty(0.0, 0.5, nothing) == 0.5
    assert Scorer._certainty(0.5, 0.5, nothing) == 0.75
