"""Completions and did-you-mean over the packaged vocabulary and the corpus's own headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from string import ascii_lowercase

import numpy as np
import pytest
import yaml

from corpus import PACKAGED_VOCABULARY, Facet, Source, Vocabulary, read_corpus, read_vocabulary
from corpus.suggest_deny import PACKAGED_SUGGEST_DENY, read_suggest_deny
from indexer.model import OutlineEntry, PublishedDocument
from indexer.parse import parse
from indexer.search import Concept, Interpretation, Suggestion
from indexer.suggest import MAX_DID_YOU_MEAN, Suggester
from indexer.text import tokenize
from tests.engines.samples import make_vocabulary, topic

LIMIT = 10
WITHOUT_PASSAGES = "brain-fog"


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return read_vocabulary(PACKAGED_VOCABULARY)


@pytest.fixture(scope="module")
def suggester(vocabulary: Vocabulary) -> Suggester:
    """As over an index in which every topic has one passage, the same for all."""
    corpus = read_corpus(PACKAGED_VOCABULARY.parent)
    documents, lexicon = [], {}
    for source in corpus.sources:
        document = parse(source)
        headings = [section.heading_path[-1] for section in document.sections if section.heading_path]
        outline = tuple(OutlineEntry(heading, 2, ("p",)) for heading in headings)
        documents.append(PublishedDocument(source, document.title, outline, ("p",), 100))
        lexicon.update({token.word: 1 for token in tokenize(source.text[source.body_start :])})
    return Suggester(vocabulary, documents, lexicon, everything, read_suggest_deny())


def everything(topic_id: str, facet: Facet | None) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    return np.zeros(1, np.int32)


def texts(suggestions: tuple[Suggestion, ...]) -> list[str]:
    return [suggestion.text for suggestion in suggestions]


# --- what is completed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("emot n", "emotional numbness"),
        ("why can't i f", "Why can't I feel anything?"),
        ("WHY CANT I FEEL ANY", "Why can't I feel anything?"),
        ("numb after br", "numb after breakup"),
        ("what is diss", "What is dissociation?"),
        ("sertr", "sertraline"),
        ("i can't cr", "i can't cry"),
        ("nothing la", "nothing lands"),
        ("depression tr", "depression treatment"),
    ],
)
def test_typed_beginnings_are_completed(suggester: Suggester, typed: str, expected: str) -> None:
    assert expected in texts(suggester.suggest(typed, LIMIT))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("alexathymi", "alexithymia"),
        ("depresion tre", "depression treatment"),
        ("what is disociation", "What is dissociation?"),
        ("antidepresants make me f", "Why do antidepressants make me feel flat?"),
        ("amigda", "amygdala"),
    ],
)
def test_misspelt_words_are_corrected_and_completed(suggester: Suggester, typed: str, expected: str) -> None:
    (found,) = (one for one in suggester.suggest(typed, LIMIT) if one.text == expected)
    assert found.kind == "correction"


def test_a_topic_says_which_and_a_heading_says_none(suggester: Suggester) -> None:
    (first, *_) = suggester.suggest("emotional numbness", LIMIT)
    assert first == Suggestion("emotional numbness", "topic", "emotional-numbness")
    headings = [one for one in suggester.suggest("why can't i f", LIMIT) if one.kind == "heading"]
    assert headings
    assert all(one.topic_id is None for one in headings)


def test_a_topic_is_offered_once_under_the_name_that_was_typed(suggester: Suggester) -> None:
    topics = [one.topic_id for one in suggester.suggest("feel", LIMIT) if one.topic_id]
    assert len(topics) == len(set(topics)) >= 5
    assert texts(suggester.suggest("sleepless", LIMIT))[0] == "sleeplessness"


def test_a_space_ends_the_word(suggester: Suggester) -> None:
    assert "emotional numbness" in texts(suggester.suggest("emotion", LIMIT))
    assert "emotional numbness" not in texts(suggester.suggest("emotion ", LIMIT))


def test_the_limit_holds_and_the_best_come_first(suggester: Suggester) -> None:
    ten = suggester.suggest("numb", 10)
    assert len(ten) == 10
    assert suggester.suggest("numb", 3) == ten[:3]
    assert "numb" in ten[0].text


@pytest.mark.parametrize("typed", ["", "   ", "?!", "😀", "asdfgh qwert", "zzzz", "x" * 500, "مرحبا", "a " * 250])
def test_noise_suggests_little_and_breaks_nothing(suggester: Suggester, typed: str) -> None:
    suggester.suggest(typed, LIMIT)
    if "a" not in typed or "asdf" in typed:
        assert suggester.suggest(typed, LIMIT) == ()


def test_loose_labels_are_not_offered_before_much_of_them_is_typed(suggester: Suggester) -> None:
    assert "nothing lands" not in texts(suggester.suggest("not", LIMIT))
    assert all(one.topic_id != "emotional-numbness" for one in suggester.suggest("zo", LIMIT))
    assert suggester.suggest("zombie", LIMIT)[0] == Suggestion("emotional numbness", "topic", "emotional-numbness")


def test_what_leads_to_no_passage_is_not_suggested() -> None:
    vocabulary = make_vocabulary(topic("grief", "cause"), topic("guilt", "symptom"))
    outline = (OutlineEntry("Growing again", 1, ()), OutlineEntry("Groups that help", 1, ("p-1",)))
    document = PublishedDocument(Source("d", Path("d.md"), "text/markdown", ""), "Title", outline, ("p-1",), 9)
    passages = {"grief": np.zeros(1, np.int32)}

    def carrying(topic_id: str, facet: Facet | None) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
        return passages.get(topic_id, np.zeros(0, np.int32))

    few = Suggester(vocabulary, [document], {"grows": 1}, carrying, read_suggest_deny())
    assert texts(few.suggest("g", LIMIT)) == ["grief", "Groups that help"]
    assert few.suggest("how to kill", LIMIT) == (), "there is no passage on help, so none is promised"


@pytest.mark.parametrize(
    ("better", "worse", "typed"),
    [
        ("sleep in the afternoon", "no sleep", "sleep"),
        ("feel numb at home tonight", "feel so very numb", "feel n"),
        ("then feel numb at night", "feel so numb", "feel n"),
        ("numb cold hands", "hands numb", "numb han"),
        ("low mood and more of it", "lowered mood", "low m"),
        ("cold", "cold and winter", "co"),
    ],
)
def test_words_that_begin_the_text_in_order_and_in_full_come_first(better: str, worse: str, typed: str) -> None:
    vocabulary = make_vocabulary(topic("a", "symptom", label=worse), topic("b", "symptom", label=better))
    few = Suggester(vocabulary, [], {}, everything, read_suggest_deny())
    assert texts(few.suggest(typed, LIMIT)) == [better, worse]


def test_more_passages_come_first() -> None:
    vocabulary = make_vocabulary(topic("grief", "cause"), topic("guilt", "symptom"))

    def carrying(topic_id: str, facet: Facet | None) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
        return np.arange(40 if topic_id == "guilt" else 1, dtype=np.int32)

    assert texts(Suggester(vocabulary, [], {}, carrying, read_suggest_deny()).suggest("g", LIMIT)) == ["guilt", "grief"]


def test_a_label_follows_typed_words_only_where_passages_have_both() -> None:
    vocabulary = make_vocabulary(
        topic("numbness", "symptom"), topic("breakup", "cause"), topic("bravery", "cause"), topic("breath", "symptom")
    )
    passages = {"numbness": [0, 1], "breakup": [1], "bravery": [2], "breath": [0]}

    def carrying(topic_id: str, facet: Facet | None) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
        return np.array(passages.get(topic_id, []), np.int32)

    few = Suggester(vocabulary, [], {"numbness": 2, "breakup": 1}, carrying, read_suggest_deny())
    assert texts(few.suggest("numbness after br", LIMIT)) == ["numbness after breakup"]


# --- what is never said ------------------------------------------------------------------------------------------


def denied_words() -> re.Pattern[str]:
    """The rows of the file once more, read in the plainest way."""
    rows = [
        row
        for group in yaml.safe_load(PACKAGED_SUGGEST_DENY.read_text())["denied"].values()
        for language in group.values()
        for row in language
    ]
    words = (r"\W+".join(re.escape(word).replace(r"\*", r"\w*") for word in row.split()) for row in rows)
    return re.compile(rf"\b(?:{'|'.join(words)}|\d+ ?(?:mg|ml|pills?|tablets?))\b")


DENIED = denied_words()


def faults(suggester: Suggester, beginnings: Iterator[str]) -> list[tuple[str, str]]:
    return [
        (typed, one.text)
        for typed in beginnings
        for one in suggester.suggest(typed, LIMIT)
        if DENIED.search(one.text.casefold().replace("'", ""))
    ]


def test_the_check_itself_finds_what_is_denied() -> None:
    for text in (
        "painless",
        "how many pills",
        "50mg",
        "100 mg of it",
        "kills",
        "razors",
        "überdosis".replace("ü", "u"),
    ):
        assert DENIED.search(text), text
    assert not DENIED.search("help with suicidal thoughts")


def test_typed_words_and_a_label_do_not_make_a_denied_row_together() -> None:
    vocabulary = make_vocabulary(topic("travel", "cause", label="a train journey"))
    few = Suggester(vocabulary, [], {}, everything, read_suggest_deny())
    assert texts(few.suggest("about a tra", LIMIT)) == ["about a train journey"]
    assert texts(few.suggest("under a tra", LIMIT)) == []


def test_no_beginning_of_two_to_four_letters_leads_to_a_denied_word(suggester: Suggester) -> None:
    short = ["".join(letters) for letters in product(ascii_lowercase, repeat=2)]
    words = {word for one in suggester._candidates for word in one.words}
    words |= {word.rstrip("*") for row in read_suggest_deny().denied for word in row}
    longer = sorted({word[:length] for word in words for length in (3, 4)})
    assert faults(suggester, iter(short + longer)) == []


def test_no_beginning_of_a_label_leads_to_a_denied_word(suggester: Suggester, vocabulary: Vocabulary) -> None:
    """Of each label one beginning; bench/suggest.py --sweep tries them all."""

    def beginnings() -> Iterator[str]:
        for number, label in enumerate(all_labels(vocabulary)):
            if number % 4 == 0 or DENIED.search(label.casefold().replace("'", "")):
                yield label[: 2 + number % max(1, len(label))]

    assert faults(suggester, beginnings()) == []


def test_no_label_or_heading_that_can_be_suggested_is_denied(suggester: Suggester) -> None:
    assert len(suggester._candidates) > 5000
    assert [one.text for one in suggester._candidates if DENIED.search(one.text.casefold().replace("'", ""))] == []


def all_labels(vocabulary: Vocabulary) -> Iterator[str]:
    for found in vocabulary:
        yield from (found.pref_label, *found.alt_labels, *found.hidden_labels)


def test_labels_about_wanting_to_die_are_answered_with_help_and_never_completed(
    suggester: Suggester, vocabulary: Vocabulary
) -> None:
    for topic_id in ("suicidal-thoughts", "self-harm"):
        found = vocabulary[topic_id]
        for label in (*found.alt_labels, *found.hidden_labels):
            offered = suggester.suggest(label, LIMIT)
            assert offered, label
            assert all(one.text.startswith("help with") for one in offered if one.topic_id == topic_id), label


@pytest.mark.parametrize(
    "typed",
    [
        "how to kill", "how to kill myself", "painless", "painless wa", "overdose", "overdose on", "kill myself",
        "suicid", "i want to die", "how do i end my life", "suicde", "lethal", "ways to die",
        "quiero morir", "suicidarme", "matarme", "sobredosis", "como matar",
        "je veux mourir", "me tuer", "comment mourir", "ich will sterben", "mich umbringen", "überdosis", "selbstmord",
    ],
)  # fmt: skip
def test_words_that_point_to_danger_get_help_and_nothing_else(suggester: Suggester, typed: str) -> None:
    offered = suggester.suggest(typed, LIMIT)
    assert {one.topic_id for one in offered} & {"suicidal-thoughts", "crisis-help"}
    assert set(texts(offered)) <= {"help with suicidal thoughts", "help with self-harm", "crisis help"}


@pytest.mark.parametrize("typed", ["how to k", "i want to d", "quiero m", "end it", "sui", "comment m", "wie s"])
def test_beginnings_that_may_point_to_danger_get_help_as_well(suggester: Suggester, typed: str) -> None:
    assert "help with suicidal thoughts" in texts(suggester.suggest(typed, LIMIT))
    assert "help with suicidal thoughts" in texts(suggester.suggest(typed, 1)), "help has a place even in one"


@pytest.mark.parametrize("typed", ["cut myself", "self harm", "hurt myself to f", "ritzen"])
def test_self_harm_gets_its_own_help(suggester: Suggester, typed: str) -> None:
    assert texts(suggester.suggest(typed, LIMIT))[0] == "help with self-harm"


@pytest.mark.parametrize("typed", ["hang", "50mg sertr", "50 mg sertr", "dose of se", "hanging fr", "rope ar", "knif"])
def test_typed_words_that_are_denied_are_not_gone_on_with(suggester: Suggester, typed: str) -> None:
    assert not [one for one in suggester.suggest(typed, LIMIT) if not one.text.endswith("help")]


@pytest.mark.parametrize("typed", ["how to feel ag", "dead ins", "my mum di", "panic att", "cut off em", "attachm"])
def test_everyday_words_near_denied_ones_are_completed(suggester: Suggester, typed: str) -> None:
    offered = suggester.suggest(typed, LIMIT)
    assert offered
    assert not {"crisis help", "help with suicidal thoughts"} & set(texts(offered))


# --- where a search found little ---------------------------------------------------------------------------------


def test_a_good_search_needs_no_other_query(suggester: Suggester) -> None:
    assert suggester.did_you_mean(Interpretation("depression"), 0.9) == ()


def test_a_correction_is_named_even_where_the_search_went_well(suggester: Suggester) -> None:
    assert suggester.did_you_mean(Interpretation("deprression", "depression"), 0.9) == ("depression",)


def test_a_poor_search_gets_labels_and_headings_that_share_its_words(suggester: Suggester) -> None:
    offered = suggester.did_you_mean(Interpretation("burnout of the nurses at sea"), 0.1)
    assert 0 < len(offered) <= MAX_DID_YOU_MEAN
    assert "burnout" in offered[0]
    recognised = Interpretation("zombie mode", None, (Concept("emotional-numbness", "zombie", 0, 6, "synonym"),))
    assert suggester.did_you_mean(recognised, 0.1)[0] == "emotional numbness"


@pytest.mark.parametrize("text", ["", "the of and", "😀", "qwertz asdf"])
def test_nothing_is_offered_where_nothing_was_understood(suggester: Suggester, text: str) -> None:
    assert suggester.did_you_mean(Interpretation(text), 0.0) == ()


@pytest.mark.parametrize("text", ["kill myself painless", "overdos", "wie sterbe ich"])
def test_a_poor_search_for_danger_is_answered_with_help(suggester: Suggester, text: str) -> None:
    assert suggester.did_you_mean(Interpretation(text), 0.0) == ("help with suicidal thoughts", "crisis help")


@pytest.mark.parametrize("text", ["sertraline dosage", "200 mg", "fuck this"])
def test_a_poor_search_with_denied_words_is_left_alone(suggester: Suggester, text: str) -> None:
    assert suggester.did_you_mean(Interpretation(text), 0.0) == ()


def test_a_denied_correction_is_not_named(suggester: Suggester) -> None:
    assert suggester.did_you_mean(Interpretation("sertraline doasge", "sertraline dosage"), 0.0) == ()
