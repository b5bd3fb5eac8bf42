"""Reading queries: what is syntax and what is not, corrections that know when to keep still, topics, offsets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import PACKAGED_VOCABULARY, Topic, Vocabulary, read_vocabulary
from indexer.query import QueryReader
from indexer.speech import SpeechBank

VOCABULARY = Vocabulary(
    {
        topic.id: topic
        for topic in (
            Topic(
                "anhedonia",
                "anhedonia",
                "No pleasure.",
                ("symptom",),
                ("lost my spark",),
                ("nothing is fun", "my back"),
            ),
            Topic("depression", "depression", "Low mood.", ("condition", "cause"), narrower=("dysthymia",)),
            Topic("dysthymia", "dysthymia", "Long low mood.", ("condition",), broader=("depression",)),
        )
    }
)
LEXICON = dict.fromkeys("scared weird depression feeling numb nothing therapist pleasure music tablets".split(), 4)
READER = QueryReader(VOCABULARY, LEXICON)


def words(query: str) -> list[str]:
    return [term.text for term in READER.read(query).terms]


@pytest.mark.parametrize(
    "query", ["why do i feel nothing?", "NOT numb AND a:b", "numb*", "[numb](x)", "numb -- or not"]
)
def test_no_other_character_has_a_meaning(query: str) -> None:
    reading = READER.read(query)
    assert (reading.phrases, reading.exclusions) == ((), ())
    assert reading.terms


def test_phrases_and_exclusions_are_read() -> None:
    reading = READER.read('“feeling numb” music -tablets -"all the time"')
    assert [phrase.text for phrase in reading.phrases] == ["feeling numb"]
    assert {phrase.text for phrase in reading.exclusions} == {"tablets", "all the time"}
    assert [term.text for term in reading.terms] == ["feeling", "numb", "music"]


def test_a_hyphen_within_a_word_excludes_nothing() -> None:
    assert READER.read("self-harm").exclusions == ()


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("depresion", "depression"),
        ("nubm", "numb"),
        ("theripist", "therapist"),
        ("i feel nothng", "i feel nothing"),
        ("feelingnumb since may", "feeling numb since may"),
        ("nothingmusic, nubm", "nothing music, numb"),
        ("felling numb", "feeling numb"),
        ("numb sinse may", "numb since may"),
        ("wen shud i cry", "when should i cry"),
        ("evn musik", "even music"),
        ("evn ppl shud cry luv", "even people should cry love"),
    ],
)
def test_slips_are_corrected_towards_the_corpus(typed: str, read: str) -> None:
    assert READER.read(typed).interpretation.corrected_text == read


@pytest.mark.parametrize(
    "typed", ["scarred", "sacred", "shared", "wired", "number", "ssri", "xq", "mein mann fühlt nichts"]
)
def test_good_english_abbreviations_and_other_languages_are_left_alone(typed: str) -> None:
    assert READER.read(typed).interpretation.corrected_text is None


def test_concepts_name_the_words_as_typed_and_where_they_stand() -> None:
    query = "since then i lost my spark and depresion came"
    concepts = {concept.topic_id: concept for concept in READER.read(query).interpretation.concepts}
    assert {topic_id: concept.kind for topic_id, concept in concepts.items()} == {
        "anhedonia": "synonym",
        "depression": "spelling",
    }
    for concept in concepts.values():
        assert query[concept.start : concept.end] == concept.matched_text
    assert concepts["depression"].matched_text == "depresion"


@pytest.mark.parametrize(("query", "named"), [("back to work", set()), ("nothing is fun", {"anhedonia"})])
def test_an_everyday_word_left_of_a_hidden_label_names_nothing(query: str, named: set[str]) -> None:
    assert {concept.topic_id for concept in READER.read(query).interpretation.concepts} == named


def test_a_narrower_topic_is_looked_for_at_lower_weight() -> None:
    topics = {topic.topic_id: topic for topic in READER.read("depression").topics}
    assert topics["depression"].kind == "named"
    assert topics["dysthymia"].kind == "narrower"
    assert topics["dysthymia"].weight < topics["depression"].weight


def test_common_words_weigh_less_than_rare_ones() -> None:
    weights = {term.text: term.weight for term in READER.read("people feel numb").terms}
    assert weights["people"] < weights["feel"] < weights["numb"] == 1.0


@pytest.mark.parametrize(
    ("query", "roles"),
    [
        ("how do i feel pleasure", {"treatment", "strategy"}),
        ("why is music grey", {"cause", "mechanism"}),
        ("signs of depression", {"symptom"}),
        ("grey music", set()),
    ],
)
def test_the_way_of_asking_tells_what_is_asked_for(query: str, roles: set[str]) -> None:
    assert {role for role, _ in READER.read(query).roles} == roles


def test_with_interpretation_off_only_the_words_themselves_are_read() -> None:
    reading = QueryReader(VOCABULARY, LEXICON, SpeechBank({"anhedonia": ["my spark is gone"]})).read(
        "how my spark is gone, depresion", interpret=False
    )
    assert (reading.topics, reading.roles, reading.vector, reading.interpretation.corrected_text) == (
        (),
        (),
        None,
        None,
    )
    assert [term.text for term in reading.terms] == ["spark", "gone", "depresion"]


def test_what_people_say_leads_to_the_topic() -> None:
    songs = ["even my favourite songs are noise now", "songs are just noise", "my songs turned into noise"]
    days = ["every morning weighs a ton", "the days drag behind me", "no reason to open the curtains"]
    reader = QueryReader(VOCABULARY, LEXICON, SpeechBank({"anhedonia": songs, "depression": days}))
    first = reader.read("my songs are noise").topics[0]
    assert (first.topic_id, first.kind) == ("anhedonia", "speech")
    assert first.reason in songs


FULL = QueryReader(read_vocabulary(PACKAGED_VOCABULARY), LEXICON)


@given(st.text(max_size=500))
def test_any_text_is_read_and_every_offset_holds(text: str) -> None:
    reading = FULL.read(text)
    for concept in reading.interpretation.concepts:
        assert text[concept.start : concept.end] == concept.matched_text
    assert all(0 < term.weight <= 1 for term in reading.terms)
