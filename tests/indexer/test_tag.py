"""Passages are tagged with what they are about, in the role that it plays there, on evidence that can be shown."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Facet, Topic, Vocabulary
from indexer.model import HEADING_SEPARATOR, Passage, Span
from indexer.tag import Tagger


def topic(topic_id: str, facets: tuple[Facet, ...], label: str, *alt: str, hidden: tuple[str, ...] = ()) -> Topic:
    return Topic(topic_id, label, "A topic.", facets, alt, hidden)


VOCABULARY = Vocabulary(
    {
        each.id: each
        for each in (
            topic("numbness", ("symptom",), "emotional numbness", "numbness", "numb", hidden=("flat",)),
            topic("apathy", ("symptom",), "apathy", "apathetic"),
            topic("sadness", ("symptom",), "sadness"),
            topic("anhedonia", ("symptom",), "anhedonia", "can't feel joy", "unable to feel pleasure"),
            topic("depression", ("condition", "cause"), "depression", "depressed"),
            topic("anxiety", ("condition", "cause"), "anxiety"),
            topic("ptsd", ("condition", "cause"), "PTSD"),
            topic("trauma", ("cause",), "trauma", "traumatic event"),
            topic("burnout", ("cause", "condition"), "burnout"),
            topic("ssris", ("cause", "treatment"), "SSRIs"),
            topic("isolation", ("cause", "effect"), "social isolation", "isolation"),
            topic("cbt", ("treatment",), "cognitive behavioural therapy", "CBT"),
            topic("yoga", ("strategy", "treatment"), "yoga"),
            topic("amygdala", ("mechanism",), "amygdala"),
            topic("dissociation", ("symptom", "mechanism"), "dissociation"),
            topic("withdrawal", ("symptom", "effect"), "social withdrawal", "withdrawn"),
        )
    }
)
TAGGER = Tagger(VOCABULARY)


def passage(text: str, *heading_path: str) -> Passage:
    whole = Span(0, len(text))
    return Passage("d", heading_path, 0, text, text, whole, (whole,), "en", len(text.split()), 8.0)


def roles(text: str, *heading_path: str, title: str = "") -> set[tuple[str, str]]:
    return {(tag.facet, tag.topic_id) for tag in TAGGER.tag(passage(text, *heading_path), title).tags}


# --- denial ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "This is not depression.",
        "It isn't depression at all.",
        "Unlike apathy, it hurts.",
        "It is not the same as apathy.",
        "It isn’t the same thing as clinical depression.",
        "What you feel is different from sadness.",
        "Rather than sadness there is a blank.",
        "They live without anxiety or depression.",
        "She has no history of trauma.",
        "It does not mean that you have depression.",
        "He never had depression.",
        "It is neither sadness nor apathy.",
        "It has nothing to do with depression.",
        "Do not confuse it with apathy.",
        "You do not need trauma for it.",
        "It is not caused by trauma.",
        "People without PTSD feel it as well.",
        "It can be mistaken for depression.",
        "There was no sadness, apathy or trauma.",
    ],
)
def test_what_a_text_denies_is_no_tag(text: str) -> None:
    assert roles(text) == set()
    assert any(mention.negated for mention in TAGGER.mentions(text))


@pytest.mark.parametrize(
    ("text", "topic_id"),
    [
        ("It is not only depression but also fear.", "depression"),
        ("It is not just sadness.", "sadness"),
        ("Not everyone with depression cries.", "depression"),
        ("Feelings do not switch back on, and depression lifts slowly.", "depression"),
        ("You are not alone: depression is common.", "depression"),
        ("No matter how long depression lasts, it can lift.", "depression"),
        ("Nothing helps like yoga.", "yoga"),
        ("You cannot feel joy.", "anhedonia"),
        ("He is not lazy. Depression takes his drive.", "depression"),
        ("It is not weakness but depression.", "depression"),
        ("Depression does not only hurt.", "depression"),
        ("Whether or not depression is there, rest helps.", "depression"),
    ],
)
def test_a_not_that_denies_something_else_leaves_the_tag(text: str, topic_id: str) -> None:
    assert topic_id in {tag_topic for _, tag_topic in roles(text)}


def test_a_contrast_that_goes_on_to_explain_is_a_tag() -> None:
    text = "Numbness is not the same as apathy. Apathy is a lack of drive; apathy can come with dementia."
    tags = {tag.topic_id: tag for tag in TAGGER.tag(passage(text)).tags}
    assert [evidence.span.start for evidence in tags["apathy"].evidence] == [36, 63]


def test_a_heading_does_not_bring_back_what_the_text_denies() -> None:
    assert roles("Unlike apathy, numbness hurts.", "Numbness or apathy?") == {("symptom", "numbness")}


# --- roles ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading_path", "facet"),
    [
        (("Common causes",), "cause"),
        (("Why do I feel nothing?",), "cause"),
        (("What leads to it?",), "cause"),
        (("Related disorders",), "condition"),
        (("Treatment",), "condition"),
        (("Common causes", "At work"), "cause"),
        (("Mental health conditions", "Common causes"), "cause"),
        (("Common causes", "Mental health conditions"), "condition"),
        ((), "condition"),
    ],
)
def test_the_nearest_telling_heading_gives_the_role(heading_path: tuple[str, ...], facet: str) -> None:
    assert roles("Depression is common.", *heading_path) == {(facet, "depression")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Numbness can be caused by long and untreated depression.", ("cause", "depression")),
        ("Depression can lead to numbness.", ("cause", "depression")),
        ("Depression, anxiety and grief can leave you numb.", ("cause", "anxiety")),
        ("It is often a result of stress, anxiety or overwork.", ("cause", "anxiety")),
        ("Depression may be the reason.", ("cause", "depression")),
        ("It is common in people with PTSD.", ("condition", "ptsd")),
        ("It is a symptom of depression.", ("condition", "depression")),
        ("Doctors may prescribe SSRIs.", ("treatment", "ssris")),
        ("SSRIs can blunt emotions.", ("cause", "ssris")),
        ("Numbness leads to isolation.", ("effect", "isolation")),
        ("Years of isolation dull the feelings; it is caused by isolation.", ("cause", "isolation")),
        ("Numbness causes social withdrawal.", ("effect", "withdrawal")),
    ],
)
def test_the_words_around_a_mention_give_its_role(text: str, expected: tuple[str, str]) -> None:
    assert expected in roles(text)


def test_words_in_the_sentence_outweigh_the_heading() -> None:
    assert roles("Many tablets are used for depression.", "Common causes") == {("condition", "depression")}
    assert roles("It may be caused by depression.", "Mental health conditions") == {("cause", "depression")}


def test_the_introduction_of_a_list_gives_its_items_their_role() -> None:
    text = "Numbness has many causes:\n\n- Depression: it takes joy.\n- PTSD: it keeps fear away."
    assert {("cause", "depression"), ("cause", "ptsd")} <= roles(text)


def test_a_topic_in_a_heading_is_no_cue_for_its_role() -> None:
    topics = {**VOCABULARY.topics, "ad": topic("ad", ("condition", "cause"), "anxiety disorders")}
    tagged = Tagger(Vocabulary(topics)).tag(passage("It wears you out.", "Causes", "Anxiety disorders"))
    assert [(tag.facet, tag.topic_id) for tag in tagged.tags] == [("cause", "ad")]


def test_the_title_decides_where_nothing_else_does() -> None:
    assert roles("Depression is common.", title="What causes numbness?") == {("cause", "depression")}


# --- what a passage is about ------------------------------------------------------------------------------------


def test_the_nearest_heading_tags_its_passages_and_shows_where() -> None:
    tagged = TAGGER.tag(passage("It keeps watch over danger.", "The brain", "The amygdala"))
    (tag,) = tagged.tags
    (evidence,) = tag.evidence
    joined = HEADING_SEPARATOR.join(tagged.heading_path)
    assert evidence.source == "heading"
    assert joined[evidence.span.start : evidence.span.end] == evidence.text == "amygdala"
    assert roles("It keeps watch over danger.", "The amygdala", "At night") == set()


def test_a_name_in_passing_among_many_topics_is_no_tag() -> None:
    filler = "Numbness, apathy, sadness, depression, trauma and burnout all play a part in this, and so does PTSD. "
    text = filler * 2 + "Many other things were said on that evening, some of them about yoga as well, by people there."
    assert "yoga" not in {topic_id for _, topic_id in roles(text)}
    assert "yoga" in {topic_id for _, topic_id in roles("Yoga brings people back. " + filler * 2)}


@pytest.mark.parametrize(
    "text",
    [
        "My fingers went numb in the cold.",
        "There was numbness and tingling in both feet.",
        "Prices fell in depressed areas.",
        "You act as if it mattered.",
    ],
)
def test_other_senses_of_a_word_are_no_tags(text: str) -> None:
    assert roles(text) == set()


def test_hidden_labels_are_mentions_in_queries_only() -> None:
    assert TAGGER.mentions("so flat") == ()
    (mention,) = TAGGER.mentions("so flat", query=True)
    assert (mention.topic_id, mention.text, mention.label, mention.label_kind) == ("numbness", "flat", "flat", "hidden")


def test_queries_tell_what_they_deny() -> None:
    mentions = TAGGER.mentions("numb but not depressed", query=True)
    assert [(mention.topic_id, mention.negated) for mention in mentions] == [("numbness", False), ("depression", True)]


def test_who_is_quoted_is_no_tag() -> None:
    assert roles("Feelings come back.\n— Dr. Ann Yoga") == set()


def test_grief_among_other_feelings_is_no_cause() -> None:
    topics = {**VOCABULARY.topics, "grief": topic("grief", ("cause",), "grief")}
    tagger = Tagger(Vocabulary(topics))
    assert tagger.tag(passage("We know joy, anger, love and grief.")).tags == ()
    assert tagger.tag(passage("Early grief can numb.")).tags != ()


# --- properties -------------------------------------------------------------------------------------------------

_WORDS = st.sampled_from(
    "not no without unlike depression anxiety, numbness trauma. PTSD SSRIs: and or because of caused by leads to yoga "
    "amygdala \n- cannot feel joy symptom treat ; — ’ the".split(" ")
)
_TEXTS = st.lists(_WORDS, max_size=60).map(" ".join) | st.text(max_size=300)


@given(_TEXTS, st.lists(_TEXTS, max_size=3), _TEXTS)
def test_every_tag_has_evidence_that_stands_where_it_says(text: str, headings: list[str], title: str) -> None:
    untagged = passage(text, *headings)
    tagged = TAGGER.tag(untagged, title)
    assert TAGGER.tag(untagged, title) == tagged
    assert len({(tag.facet, tag.topic_id) for tag in tagged.tags}) == len(tagged.tags)
    joined = HEADING_SEPARATOR.join(headings)
    for tag in tagged.tags:
        assert tag.facet in VOCABULARY[tag.topic_id].facets
        assert tag.evidence
        for evidence in tag.evidence:
            whole = text if evidence.source == "text" else joined
            assert whole[evidence.span.start : evidence.span.end] == evidence.text != ""


@pytest.mark.parametrize(
    "unit",
    [
        "not depression, ",
        "caused by ",
        "depression, anxiety and ",
        "\n- trauma: ",
        "why does ",
        "unable to feel ",
        "can ",
    ],
)
def test_tagging_takes_time_in_proportion_to_length(unit: str) -> None:
    def seconds(repeats: int) -> float:
        subject = passage(unit * repeats, (unit * repeats)[:2000])
        start = time.perf_counter()
        TAGGER.tag(subject)
        return time.perf_counter() - start

    seconds(500)
    short, long = min(seconds(500) for _ in range(3)), seconds(4_000)
    # 8 times the text; a quadratic reading would take 64 times as long.
    assert long < 32 * max(short, 0.001)
