"""The tiers: the goals on the half of the judged set that no rule was tuned on, and what holds for any text."""

from __future__ import annotations

import csv
import runpy
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.rulepack import rule_pack
from indexer.screen import NOTHING, Screener

MEASURE = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("measure.py"))))
SCREENER = Screener(rule_pack())
RESULTS = MEASURE.screened(MEASURE.judged())


def held_back() -> dict[str, float]:
    chosen = tuple(result for result in RESULTS if result[0].half == "held")
    return {name: rate.share for name, rate in MEASURE.measures(chosen).items()}


def test_the_judged_set_is_large_balanced_and_halved() -> None:
    rows = MEASURE.judged()
    tiers = {tier: [row for row in rows if row.tier == tier] for tier in ("crisis", "distress", "none")}
    assert len(rows) >= 420
    assert len({row.query for row in rows}) == len(rows)
    assert len(tiers["crisis"]) >= 140
    assert len(tiers["distress"]) >= 120
    assert len(tiers["none"]) >= 160
    for language in MEASURE.LANGUAGES:
        for tier, chosen in tiers.items():
            assert sum(row.language == language for row in chosen) >= 18, (language, tier)
    assert abs(sum(row.half == "held" for row in rows) - len(rows) / 2) <= 1


@pytest.mark.parametrize(
    ("measure", "floor"),
    [
        ("crisis recall", 0.97),
        ("crisis seen at all", 0.99),
        ("distress recall", 0.85),
        ("questions kept below crisis", 1.0),
    ],
)
def test_goals_for_finding_hold_on_the_held_back_half(measure: str, floor: float) -> None:
    assert held_back()[measure] >= floor


@pytest.mark.parametrize(("measure", "ceiling"), [("crisis false alarms", 0.01), ("any false alarms", 0.04)])
def test_goals_for_quiet_hold_on_the_held_back_half(measure: str, ceiling: float) -> None:
    assert held_back()[measure] <= ceiling


def test_what_the_batches_taught_is_not_forgotten() -> None:
    # The rules were mended with these queries, so this guards against losing ground; it measures nothing.
    with Path(__file__).with_name("screening-batches.tsv").open(encoding="utf-8", newline="") as file:
        rows = [(row["tier"], row["query"]) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    found = [(tier, SCREENER.screen(query).tier) for tier, query in rows]
    for tier in ("crisis", "distress", "none"):
        answers = [answer for judged, answer in found if judged == tier]
        assert answers.count(tier) / len(answers) >= 0.95, tier


def test_the_page_shows_the_figures_of_today() -> None:
    text = MEASURE.PAGE.read_text(encoding="utf-8")
    assert MEASURE.page_with(text, RESULTS) == text, "run: python tests/support/measure.py --write"


@pytest.mark.parametrize(
    ("query", "tier", "concern"),
    [
        ("so numb i want to die", "crisis", "self"),
        ("my friend says he wants to die", "crisis", "other"),
        ("my mum died and i want to die too", "crisis", "self"),
        ("he hits me", "crisis", "violence"),
        ("i am scared i will hurt my baby", "crisis", "harm"),
        ("mi amigo se quiere matar", "crisis", "other"),
        ("mon mari me frappe", "crisis", "violence"),
        ("ich will nicht mehr leben", "crisis", "self"),
        ("i feel completely hopeless", "distress", "self"),
        ("why do i feel numb", "none", None),
    ],
)
def test_says_how_grave_it_is_and_whom_it_concerns(query: str, tier: str, concern: str | None) -> None:
    found = SCREENER.screen(query)
    assert (found.tier, found.concern) == (tier, concern)


@pytest.mark.parametrize(
    "query",
    ["what is suicidal ideation", "signs of suicidal thoughts", "qué es la ideación suicida", "was ist suizidalität"],
)
def test_a_question_about_the_subject_is_at_most_distress_and_labelled(query: str) -> None:
    found = SCREENER.screen(query)
    assert found.tier == "distress"
    assert found.informational


@pytest.mark.parametrize("query", ["suicide prevention training", "history of self-harm research", "suizid statistik"])
def test_work_on_the_subject_needs_no_support_but_is_labelled(query: str) -> None:
    found = SCREENER.screen(query)
    assert found.tier == "none"
    assert found.informational


@pytest.mark.parametrize(
    "query",
    [
        "I WANT TO DIE",
        "i want to dieeee",
        "i want to d i e",
        "iwanttodie",
        "i want to d*e",
        "i w4nt to d1e",
        "i wnat to die",
        "i  want\nto die",
        "ｉ ｗａｎｔ ｔｏ ｄｉｅ",
        "i wa\u200bnt to d\u00adie",
        "í wánt tö díe",
    ],
)
def test_disguises_and_slips_do_not_hide_the_words(query: str) -> None:
    assert SCREENER.screen(query).tier == "crisis"


def test_an_idiom_beside_it_does_not_hide_a_wish_to_die() -> None:
    assert SCREENER.screen("killing time").tier == "none"
    assert SCREENER.screen("killing time at the airport and i want to die").tier == "crisis"


def test_a_place_or_a_pastime_beside_it_does_not_excuse_a_wish_to_die() -> None:
    for query in ("lying in bed wanting to die", "he left, i watch movies all day and i want to die"):
        assert SCREENER.screen(query).tier == "crisis"
    assert SCREENER.screen("movie about a girl who wants to die").tier == "none"


def test_matched_places_count_code_points_of_the_text_as_given() -> None:
    text = "😭😭 so tired, i want to die"
    found = SCREENER.screen(text)
    assert any(text[start:end] == "i want to die" for start, end in found.matched)


def test_the_language_asked_for_decides_between_equals() -> None:
    both = "suicidal suicida"
    assert SCREENER.screen(both, "es").language == "es"
    assert SCREENER.screen(both, "en").language == "en"
    assert SCREENER.screen(both, "es").tier == SCREENER.screen(both, "en").tier


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "?", "...", "*", "***", "'", "'''", "\x00", "\ud800", "💀" * 50, "a" * 600]
)
def test_nothing_is_found_in_nothing(text: str) -> None:
    assert SCREENER.screen(text) == NOTHING


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_never_raises_and_never_points_outside(text: str) -> None:
    found = SCREENER.screen(text)
    assert found.tier in ("none", "distress", "crisis")
    assert all(0 <= start < end <= len(text) for start, end in found.matched)


WORDS = sorted(rule_pack()["words"])[::7]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, "i", "want", "to", "die", ".", "?", "not"]), max_size=60), st.none())
def test_never_raises_on_the_words_of_the_rules(words: list[str], language: None) -> None:
    SCREENER.screen(" ".join(words), language)


def test_time_is_bounded_for_queries_and_for_long_texts() -> None:
    # Ten times what a quiet machine needs: the test is for the order of growth, not for the machine.
    query = ("i dont want to be here anymore but my friend says it gets better and i kill time " * 10)[:500]
    hostile = "i want to to to be be die kill my my myself " * 300
    for text, limit_s in ((query, 0.1), (hostile[:10_000], 5.0), ("a" * 10_000, 1.0), ("i " * 5_000, 5.0)):
        started = time.perf_counter()
        SCREENER.screen(text)
        assert time.perf_counter() - started < limit_s
