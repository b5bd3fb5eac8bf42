"""Labels are found in every form in which texts use them, and nowhere else."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import Topic, Vocabulary
from indexer.labels import LabelMatcher


def vocabulary(**labels: tuple[str, ...]) -> Vocabulary:
    """Topics by id (underscores are hyphens), the first label preferred, those with a leading ~ hidden."""
    topics = {}
    for name, texts in labels.items():
        topic_id = name.replace("_", "-")
        alt = tuple(text for text in texts[1:] if not text.startswith("~"))
        hidden = tuple(text[1:] for text in texts if text.startswith("~"))
        topics[topic_id] = Topic(topic_id, texts[0], "A topic.", ("symptom",), alt, hidden)
    return Vocabulary(topics)


VOCABULARY = vocabulary(
    numbness=("emotional numbness", "numbness", "numb", "reduced emotional intensity"),
    physical_numbness=("physical numbness",),
    spark=("loss of interest", "lost my spark", "lost interest"),
    pleasure=("anhedonia", "loss of pleasure", "can't feel pleasure", "~nothing is any fun"),
    crying=("can't cry",),
    abuse=("childhood abuse",),
    neglect=("childhood neglect",),
    fight=("fight-or-flight",),
    act=("acceptance and commitment therapy", "ACT"),
    ptsd=("PTSD", "C-PTSD"),
    ssris=("SSRIs",),
    grounding=("grounding",),
    avoidance=("avoidance",),
    mindfulness=("mindfulness",),
    emptiness=("emptiness",),
    overwhelm=("overwhelmed", "overwhelm"),
    shutdown=("emotional shutdown", "shutdown"),
    bipolar_depression=("bipolar depression",),
    bipolar=("bipolar disorder",),
    bipolar_ii=("bipolar disorder II",),
    depression=("depression",),
    lack=("lack of emotion",),
    behaviour=("behavioural activation",),
    relationships=("difficulty maintaining relationships",),
    sleep=("can't sleep",),
)
MATCHER = LabelMatcher(VOCABULARY)


def found(text: str, *, query: bool = False) -> list[tuple[str, str]]:
    return [(m.topic_id, text[m.span.start : m.span.end]) for m in MATCHER.find(text, query=query)]


@pytest.mark.parametrize(
    ("text", "topic_id", "words"),
    [
        ("She was losing her own spark.", "spark", "losing her own spark"),
        ("They have lost all interest in it", "spark", "lost all interest"),
        ("he cannot cry", "crying", "cannot cry"),
        ("he can not really cry", "crying", "can not really cry"),
        ("the inability to cry", "crying", "inability to cry"),
        ("Why can't I cry?", "crying", "can't I cry"),
        ("cant sleep", "sleep", "cant sleep"),
        ("trouble sleeping", "sleep", "trouble sleeping"),
        ("the fight–or–flight mode", "fight", "fight–or–flight"),
        ("fight or flight mode", "fight", "fight or flight"),
        ("behavioral activation", "behaviour", "behavioral activation"),
        ("EMOTIONAL NUMBNESS", "numbness", "EMOTIONAL NUMBNESS"),
        ("less pleasure", "pleasure", "less pleasure"),
        ("on an SSRI", "ssris", "SSRI"),
        ("an emotional shut down", "shutdown", "emotional shut down"),
        (
            "difficulty maintaining personal relationships",
            "relationships",
            "difficulty maintaining personal relationships",
        ),
    ],
)
def test_a_label_is_found_in_other_words(text: str, topic_id: str, words: str) -> None:
    assert found(text) == [(topic_id, words)]


@pytest.mark.parametrize(
    "text",
    [
        "You act as if nothing had happened, Act now",
        "he avoids the ground floor",
        "the mind",
        "an empty room",
        "an overwhelming majority",
        "a lack of emotional support",
        "lost. My spark plug",
        "interest was lost",
        "no child was ever in abuse",
    ],
)
def test_look_alikes_are_not_found(text: str) -> None:
    assert found(text) == []


def test_the_longest_label_wins() -> None:
    assert found("physical numbness and numbness") == [
        ("physical-numbness", "physical numbness"),
        ("numbness", "numbness"),
    ]


def test_a_list_shares_its_words() -> None:
    assert found("emotional and physical numbness") == [
        ("numbness", "emotional and physical numbness"),
        ("physical-numbness", "physical numbness"),
    ]
    assert found("childhood abuse or neglect") == [
        ("abuse", "childhood abuse"),
        ("neglect", "childhood abuse or neglect"),
    ]
    assert found("a loss of interest or pleasure") == [
        ("spark", "loss of interest"),
        ("pleasure", "loss of interest or pleasure"),
    ]


def test_a_list_of_two_topics_is_no_third() -> None:
    assert [topic for topic, _ in found("bipolar disorder or depression")] == ["bipolar", "depression"]


def test_acronyms_keep_their_case_in_texts() -> None:
    assert found("ACT helps with ptsd, C-PTSD and PTSD") == [("act", "ACT"), ("ptsd", "C-PTSD"), ("ptsd", "PTSD")]


def test_acronyms_in_lower_case_count_in_queries_unless_they_are_words() -> None:
    assert found("act on ptsd", query=True) == [("ptsd", "ptsd")]


def test_hidden_labels_read_queries_only() -> None:
    assert found("nothing is any fun") == []
    assert found("nothing is any fun", query=True) == [("pleasure", "nothing is any fun")]


@given(st.text(alphabet=st.sampled_from("emotional and numb, not lost my interest'’. -\n"), max_size=200) | st.text())
def test_any_text_can_be_read(text: str) -> None:
    for match in MATCHER.find(text, query=True):
        assert 0 <= match.span.start < match.span.end <= len(text)


@pytest.mark.parametrize(
    "unit", ["emotional and ", "emotional, ", "the the lost ", "numb ", "can not ", "a" * 200 + " "]
)
def test_reading_takes_time_in_proportion_to_length(unit: str) -> None:
    def seconds(text: str) -> float:
        start = time.perf_counter()
        MATCHER.find(text)
        return time.perf_counter() - start

    seconds(unit * 2_000)
    short, long = min(seconds(unit * 1_000) for _ in range(3)), seconds(unit * 16_000)
    # 16 times the text; a quadratic reading would take 256 times as long.
    assert long < 90 * max(short, 0.001)
