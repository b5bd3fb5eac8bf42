"""Snippets: which run of a passage is shown, what is marked in it, and that nothing in it is markup by accident."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.highlight import ELLIPSIS, SNIPPET_LENGTH, highlight, mark
from indexer.model import PublishedPassage, Span
from indexer.query import QueryPhrase, QueryReading, QueryTerm, QueryTopic
from indexer.search import Highlight, Interpretation, Match
from indexer.text import STOP_WORDS, stem, tokenize
from tests.engines.samples import make_passage

LONG = (
    "The first sentence of this passage is about nothing in particular and only fills some room at the beginning. "
    "The second one goes on in the same vein, so that a snippet has to choose between them, as it should. "
    "Here the word numbness stands for the first time. "
    "Numbness and grief stand side by side in this sentence, which makes it the best of all the sentences here. "
    "A last sentence follows, without any word that matters to anybody, so that the end is far away from it."
)


def reading(
    text: str = "", *, phrases: tuple[str, ...] = (), topics: tuple[str, ...] = (), corrected: tuple[str, ...] = ()
) -> QueryReading:
    """A reading of the content words of `text`."""
    terms = tuple(
        QueryTerm(token.text, token.stem, 1.0, token.text in corrected)
        for token in tokenize(text)
        if token.word not in STOP_WORDS
    )
    return QueryReading(
        Interpretation(text),
        terms,
        tuple(QueryPhrase(phrase, tuple(token.stem for token in tokenize(phrase))) for phrase in phrases),
        (),
        tuple(QueryTopic(topic_id, 1.0, topic_id) for topic_id in topics),
    )


def marked(found: Highlight) -> list[tuple[str, str]]:
    return [(found.snippet[match.start : match.end], match.kind) for match in found.matches]


def text_highlight(passage: PublishedPassage, asked: QueryReading, **more: object) -> Highlight:
    return highlight(passage, "A title", asked, **more)[0]  # type: ignore[arg-type]


def test_words_are_marked_by_how_near_they_are_to_the_querys() -> None:
    passage = make_passage("p", "d", 0, "Numb people feel numbness. Depressed or not, sleep helps.")
    found = text_highlight(passage, reading("numb depression sleep", corrected=("depression",)))
    assert marked(found) == [("Numb", "exact"), ("numbness", "stem"), ("Depressed", "spelling"), ("sleep", "exact")]


def test_a_phrase_is_one_match_and_its_words_elsewhere_are_their_own() -> None:
    passage = make_passage("p", "d", 0, "Out of reach is out of the question. A reach.")
    found = text_highlight(passage, reading("reach", phrases=("out of reach",)))
    assert marked(found) == [("Out of reach", "exact"), ("reach", "exact")]


def test_a_topics_evidence_is_marked_as_a_concept_where_no_word_of_the_query_is() -> None:
    passage = make_passage(
        "p", "d", 0, "There is a loss of pleasure. Nothing more.", {"symptom": {"anhedonia": "loss of pleasure"}}
    )
    assert marked(text_highlight(passage, reading("joyless", topics=("anhedonia",)))) == [
        ("loss of pleasure", "concept")
    ]
    assert marked(text_highlight(passage, reading("pleasure", topics=("anhedonia",)))) == [
        ("loss", "concept"),
        ("pleasure", "exact"),
    ]
    assert marked(text_highlight(passage, reading("joyless", topics=("insomnia",)))) == []


def test_meaning_is_marked_where_nothing_more_exact_is() -> None:
    passage = make_passage("p", "d", 0, "Music leaves me cold. It rains.")
    found = text_highlight(passage, reading("cold"), meaning=(Span(0, 21),))
    assert marked(found) == [("Music leaves", "meaning"), ("cold", "exact")]


def test_headings_and_title_are_shown_only_where_they_match() -> None:
    passage = make_passage("p", "d", 0, "Some text.", {"cause": {"burnout": "Burnout"}}, ("Common causes", "Burnout"))
    fields = {found.field: found for found in highlight(passage, "Why feelings fade", reading("cause fade"))}
    assert set(fields) == {"text", "heading", "title"}
    assert fields["heading"].html == "Common <mark>causes</mark> &gt; Burnout"
    assert marked(fields["title"]) == [("fade", "exact")]
    by_topic = {found.field: found for found in highlight(passage, "", reading(topics=("burnout",)))}
    assert marked(by_topic["heading"]) == [("Burnout", "concept")]
    assert {found.field for found in highlight(passage, "Why", reading("text"))} == {"text"}


def test_a_short_text_is_shown_whole() -> None:
    text = "One sentence. Another one with numb in it."
    assert text_highlight(make_passage("p", "d", 0, text), reading("numb")).snippet == text


def test_a_long_text_is_cut_to_the_whole_sentences_that_hold_most_of_the_query() -> None:
    found = text_highlight(make_passage("p", "d", 0, LONG), reading("numbness grief"))
    assert found.snippet == LONG[LONG.index("Here the word") : LONG.index(" A last")]


def test_a_long_text_without_a_match_is_shown_from_its_beginning() -> None:
    found = text_highlight(make_passage("p", "d", 0, LONG), reading("zebra"))
    assert LONG.startswith(found.snippet)
    assert found.snippet.endswith(".")


def test_a_sentence_that_is_too_long_is_cut_between_words_around_the_match() -> None:
    text = " ".join(f"word{n}" for n in range(60)) + " numb " + " ".join(f"more{n}" for n in range(60)) + "."
    found = text_highlight(make_passage("p", "d", 0, text), reading("numb"))
    assert found.snippet[0] == found.snippet[-1] == ELLIPSIS
    inner = found.snippet.strip(ELLIPSIS)
    assert set(inner.split()) <= set(text.split())
    assert len(inner) > SNIPPET_LENGTH * 3 / 4
    assert marked(found) == [("numb", "exact")]


def test_a_text_without_spaces_still_gives_a_snippet() -> None:
    found = text_highlight(make_passage("p", "d", 0, "x" * 1000), reading("numb"))
    assert 0 < len(found.snippet) <= SNIPPET_LENGTH + 2


def test_offsets_count_code_points() -> None:
    passage = make_passage("p", "d", 0, "😀😀 e\u0301 numb 𝔫umb")
    found = text_highlight(passage, reading("numb"))
    assert marked(found)[0] == ("numb", "exact")


@pytest.mark.parametrize("nasty", ['<script>alert("x")</script>', "a & b", "<mark>", "' onclick='"])
def test_html_of_a_text_stays_text(nasty: str) -> None:
    found = text_highlight(make_passage("p", "d", 0, f"numb {nasty} numb"), reading("numb script onclick mark"))
    bare = re.sub("</?mark>", "", found.html)
    assert html.unescape(bare) == found.snippet
    assert "<" not in bare


WORDS = ("numb", "numbness", "grief", "the", "of", "cold—cold", "it's", "<b>", "&", "feeling", "é", "😀", "word" * 30)


@given(
    st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=40), min_size=1, max_size=8),
    st.lists(st.sampled_from(WORDS[:4]), max_size=3),
    st.booleans(),
)
def test_every_snippet_holds_together(sentences: list[list[str]], asked: list[str], with_evidence: bool) -> None:
    text = " ".join(" ".join(sentence) + "." for sentence in sentences)
    tags = {"symptom": {"t": " ".join(sentences[0][:3])}} if with_evidence else None
    passage = make_passage("p", "d", 0, text, tags)  # type: ignore[arg-type]
    found = text_highlight(passage, reading(" ".join(asked), phrases=("numb grief",), topics=("t",)))
    assert found.snippet.strip(ELLIPSIS) in text
    assert len(found.snippet) <= SNIPPET_LENGTH + 2
    assert html.unescape(re.sub("</?mark>", "", found.html)) == found.snippet
    assert found.html == mark(found.snippet, found.matches)
    assert all(before.end <= after.start for before, after in pairwise(found.matches))
    assert all(0 <= match.start < match.end <= len(found.snippet) for match in found.matches)
    stems = {stem(token.word) for token in tokenize(text)}
    if any(token.stem in stems for token in tokenize(" ".join(asked)) if token.word not in STOP_WORDS):
        assert found.matches


def test_marks_wrap_what_they_are_given() -> None:
    assert mark("a<b", (Match(0, 1, "exact"), Match(2, 3, "stem"))) == "<mark>a</mark>&lt;<mark>b</mark>"


def test_a_highlight_depends_on_nothing_but_its_arguments() -> None:
    passage = make_passage("p", "d", 0, LONG)
    first = highlight(passage, "T", reading("grief"))
    highlight(passage, "T", reading("numbness"))
    assert highlight(replace(passage), "T", reading("grief")) == first
