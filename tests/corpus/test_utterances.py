"""Utterances are validated like all that editors write."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus import PACKAGED_VOCABULARY, CorpusError, Topic, Vocabulary, read_vocabulary
from corpus.utterances import PACKAGED_UTTERANCES, read_utterances

VOCABULARY = Vocabulary({name: Topic(name, name, "Something.", ("symptom",)) for name in ("apathy", "grief")})


def test_every_packaged_topic_has_utterances() -> None:
    vocabulary = read_vocabulary(PACKAGED_VOCABULARY)
    utterances = read_utterances(PACKAGED_UTTERANCES, vocabulary)
    assert {topic.id for topic in vocabulary if len(utterances.get(topic.id, ())) < 8} == set()


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("apathi: [I do not care.]\n", 1, "apathy"),
        ("apathy:\n  - I do not care.\n  - i do not CARE.\n", 3, "already"),
        ("apathy: I do not care.\n", 1, "list"),
        ("apathy:\n  - 5\n", 2, "text"),
        ("apathy:\n  - " + "word " * 100 + "\n", 2, "characters"),
        ("- apathy\n", 1, "key"),
        ("apathy: [\n", 2, "YAML"),
    ],
)
def test_faults_name_line_and_remedy(tmp_path: Path, text: str, line: int, message: str) -> None:
    path = tmp_path / "utterances.yaml"
    path.write_text(text)
    with pytest.raises(CorpusError) as caught:
        read_utterances(path, VOCABULARY)
    (fault,) = caught.value.faults
    assert (fault.path, fault.line) == (path, line)
    assert message in f"{fault.message} {fault.remedy}"
    assert fault.remedy
