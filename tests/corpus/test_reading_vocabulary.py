"""The vocabulary as a whole: completed both ways, or refused with line, field and remedy."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import FACETS, PACKAGED_VOCABULARY, CorpusError, Fault, Vocabulary, read_vocabulary

GOOD = """\
topics:
  - id: depression
    pref_label: depression
    definition: A lasting low.
    facets: [condition, cause]
    alt_labels: [major depression, clinical depression]
    hidden_labels: [the black dog]
    related: [numbness]
    mappings: [{scheme: mesh, code: D003863}, {scheme: hpo, code: "HP:0000741"}]
  - id: postnatal-depression
    pref_label: postnatal depression
    definition: Depression after a birth.
    facets: [condition]
    broader: [depression]
  - id: numbness
    pref_label: numbness
    definition: Feeling little.
    facets: [symptom]
"""


def read(tmp_path: Path, text: str) -> Vocabulary:
    path = tmp_path / "vocabulary.yaml"
    path.write_text(text)
    return read_vocabulary(path)


def faults_of(tmp_path: Path, text: str) -> tuple[Fault, ...]:
    with pytest.raises(CorpusError) as caught:
        read(tmp_path, text)
    return caught.value.faults


def test_narrower_and_related_are_complete_both_ways(tmp_path: Path) -> None:
    vocabulary = read(tmp_path, GOOD)
    assert vocabulary["depression"].narrower == ("postnatal-depression",)
    assert vocabulary["numbness"].related == ("depression",)
    assert vocabulary.with_narrower("depression") == {"depression", "postnatal-depression"}
    assert list(vocabulary.topics) == ["depression", "postnatal-depression", "numbness"]


def test_mappings_get_the_uri_of_their_scheme(tmp_path: Path) -> None:
    uris = [mapping.uri for mapping in read(tmp_path, GOOD)["depression"].mappings]
    assert uris == ["http://id.nlm.nih.gov/mesh/D003863", "http://purl.obolibrary.org/obo/HP_0000741"]


def test_the_version_follows_the_topics_and_not_the_layout(tmp_path: Path) -> None:
    version = read(tmp_path, GOOD).version
    assert read(tmp_path, "# a comment\n" + GOOD).version == version
    assert read(tmp_path, GOOD.replace("Feeling little", "Feeling less")).version != version


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "message"),
    [
        ("related: [numbness]", "related: [numbnes]", 8, "topics[0].related", "did you mean 'numbness'?"),
        ("broader: [depression]", "broader: [nothing-like-it]", 14, "topics[1].broader", "unknown topic"),
        ("broader: [depression]", "broader: [postnatal-depression]", 14, "topics[1].broader", "names itself"),
        ("id: numbness", "id: depression", 15, "topics[2].id", "already used on line 2"),
        ("[symptom]", "[sympton]", 18, "topics[2].facets", "did you mean 'symptom'?"),
        ("[symptom]", "[symptom, symptom]", 18, "topics[2].facets", "listed twice"),
        ("[symptom]", "[]", 18, "topics[2].facets", "no value"),
        ("definition: Feeling little.", 'definition: " "', 17, "topics[2].definition", "empty"),
        ("    definition: Feeling little.\n", "", 15, "topics[2].definition", "missing"),
        ("pref_label: numbness", "prefLabel: numbness", 16, "topics[2].prefLabel", "did you mean 'pref_label'?"),
        ("pref_label: numbness", "pref_label: Major-Depression", 16, "topics[2].pref_label", "'depression' on line 6"),
        ("the black dog", "the black  DOG, The Black-Dog", 7, "topics[0].hidden_labels", "already a label"),
        ("code: D003863", "code: 003863", 9, "topics[0].mappings[0].code", "not a code of mesh"),
        ("scheme: mesh", "scheme: mash", 9, "topics[0].mappings[0].scheme", "did you mean 'mesh'?"),
        ("related: [numbness]", "related: [postnatal-depression]", 8, "topics[0].related", "cannot be related"),
        ("major depression", "no", 6, "topics[0].alt_labels[0]", "expected text, found 'False'"),
        ("major depression", "'!?'", 6, "topics[0].alt_labels", "no letter"),
        ("topics:\n", "topics: &t\n", 1, None, "anchors"),
        ("topics:", "topic:", 1, "topic", "did you mean 'topics'?"),
    ],
)
def test_faults_name_line_field_and_remedy(
    tmp_path: Path, old: str, new: str, line: int, field: str | None, message: str
) -> None:
    assert old in GOOD
    fault = faults_of(tmp_path, GOOD.replace(old, new, 1))[0]
    assert message in fault.message
    assert (fault.line, fault.field) == (line, field)
    assert fault.remedy


def test_a_cycle_is_named_step_by_step(tmp_path: Path) -> None:
    text = GOOD.replace("related: [numbness]", "broader: [numbness]")
    text += "    broader: [postnatal-depression]\n"
    (fault,) = faults_of(tmp_path, text)
    for topic in ("depression", "numbness", "postnatal-depression"):
        assert f"'{topic}'" in fault.message
    assert fault.message.count("→") == 3


def test_a_long_chain_of_broader_topics_is_no_cycle(tmp_path: Path) -> None:
    head = "topics:\n  - {id: t0, pref_label: label 0, definition: d., facets: [cause]}\n"
    chain = "".join(
        f"  - {{id: t{n}, pref_label: label {n}, definition: d., facets: [cause], broader: [t{n - 1}]}}\n"
        for n in range(1, 3000)
    )
    assert len(read(tmp_path, head + chain)) == 3000


def test_a_bomb_of_aliases_is_refused_at_once(tmp_path: Path) -> None:
    bomb = 'a: &a ["x","x","x","x","x","x","x","x","x"]\n' + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    started = time.monotonic()
    (fault,) = faults_of(tmp_path, bomb)
    assert "anchors" in fault.message
    assert time.monotonic() - started < 1


def test_deep_nesting_is_refused(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path, "topics: " + "[" * 5000 + "]" * 5000)
    assert "deep" in fault.message


@pytest.mark.parametrize("text", ["", "topics:", "topics: []", "- a", "text", "topics: {a: b}", "a\0b", "\x07"])
def test_what_is_no_vocabulary_is_refused(tmp_path: Path, text: str) -> None:
    assert faults_of(tmp_path, text)


@given(
    text=st.text(alphabet="abit:-[]{}&*!|>'\"#%, \n1.~é\x85\x00\u2028", max_size=200)
    | st.builds(
        lambda at, noise: GOOD[:at] + noise + GOOD[at:],
        st.integers(0, len(GOOD)),
        st.text(alphabet="ab:-[]{}&*!|>'\"#%, \n1.~é\x00", max_size=5),
    )
)
def test_any_text_gives_a_vocabulary_or_a_corpus_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_text(text)
    try:
        vocabulary = read_vocabulary(path)
    except CorpusError:
        return
    assert all(topic.definition and topic.facets and topic.pref_label for topic in vocabulary)


def test_the_packaged_vocabulary_is_in_order_and_quick_to_read() -> None:
    started = time.monotonic()
    vocabulary = read_vocabulary(PACKAGED_VOCABULARY)
    assert time.monotonic() - started < 2  # measured 0.2 s; the margin is for loaded machines
    assert len(vocabulary) >= 120
    assert {facet for topic in vocabulary for facet in topic.facets} == set(FACETS)
