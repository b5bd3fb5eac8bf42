"""What people say when they speak of a topic: whole sentences by topic, read and validated."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from corpus.errors import CorpusError, Fault
from corpus.files import read_text
from corpus.marked import Fields, YamlFault, load_marked
from corpus.model import Vocabulary

PACKAGED_UTTERANCES = Path(__file__).parent / "utterances.yaml"
MAX_UTTERANCES_BYTES = 20_000_000
MAX_UTTERANCE_LENGTH = 300
"""Code points of one utterance: about 60 words, as much as the sentence encoder takes in at once."""

Utterances = Mapping[str, tuple[str, ...]]
"""Sentences by topic id, in the order of the file."""


def read_utterances(path: Path, vocabulary: Vocabulary) -> Utterances:
    """The utterances in a YAML file of `topic-id: [sentence, …]`; raises CorpusError with all that is wrong."""
    faults: list[Fault] = []
    found: dict[str, tuple[str, ...]] = {}
    for topic_id, sentences in _lists(path, vocabulary, faults):
        found[topic_id] = sentences
    if faults:
        raise CorpusError(tuple(faults))
    return found


def _lists(path: Path, vocabulary: Vocabulary, faults: list[Fault]) -> list[tuple[str, tuple[str, ...]]]:
    text = read_text(path, MAX_UTTERANCES_BYTES, faults)
    if text is None:
        return []
    try:
        marked = load_marked(text)
    except YamlFault as fault:
        faults.append(Fault(path, fault.message, fault.remedy, fault.line))
        return []
    fields = Fields.of(marked, path, faults)
    if fields is None:
        return []
    fields.allow(vocabulary.topics)
    seen: dict[str, str] = {}
    lists = []
    for topic_id in fields.pairs:
        sentences = []
        for item in fields.texts(topic_id, max_length=MAX_UTTERANCE_LENGTH):
            sentence = str(item.value)
            folded = sentence.casefold()
            if folded in seen:
                message = f"this sentence stands under '{seen[folded]}' already."
                fields.fault(topic_id, message, "Keep it where it fits best, and delete the other.", item.line)
            seen[folded] = topic_id
            sentences.append(sentence)
        lists.append((topic_id, tuple(sentences)))
    return lists
