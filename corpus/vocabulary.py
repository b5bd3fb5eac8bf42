"""Reads vocabulary.yaml: topics in SKOS terms, checked as a whole."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from corpus.errors import CorpusError, Fault
from corpus.files import ID_PATTERN, ID_REMEDY, is_id, read_text
from corpus.marked import Fields, Marked, YamlFault, did_you_mean, load_marked
from corpus.model import FACETS, Facet, Topic, TopicMapping, Vocabulary

PACKAGED_VOCABULARY = Path(__file__).with_name("vocabulary.yaml")
"""The vocabulary that folders without one of their own are read with."""

MAX_VOCABULARY_BYTES = 5_000_000
"""Ours has about 200 kB; the limit keeps a wrong file from being parsed for minutes."""

TOPIC_KEYS = (
    "id",
    "pref_label",
    "definition",
    "facets",
    "alt_labels",
    "hidden_labels",
    "broader",
    "related",
    "mappings",
)
MAX_LABEL_LENGTH = 100


@dataclass(frozen=True, slots=True)
class _Scheme:
    """How a published scheme writes its codes, and the URI of a code."""

    code: re.Pattern[str]
    example: str
    uri: str

    def uri_of(self, code: str) -> str:
        return self.uri.format(code.rpartition(":")[2])


SCHEMES: Mapping[str, _Scheme] = {
    "mesh": _Scheme(re.compile(r"[DC]\d{6,9}"), "D059445", "http://id.nlm.nih.gov/mesh/{}"),
    "hpo": _Scheme(re.compile(r"HP:\d{7}"), "HP:0012154", "http://purl.obolibrary.org/obo/HP_{}"),
    "mfomd": _Scheme(re.compile(r"(?:MFOMD:)?\d{7}"), "0000154", "http://purl.obolibrary.org/obo/MFOMD_{}"),
    "doid": _Scheme(re.compile(r"DOID:\d{1,7}"), "DOID:2055", "http://purl.obolibrary.org/obo/DOID_{}"),
    # ICD-11 entities have numeric URIs that a code does not tell. This is WHO's own look-up address for a
    # code, of one release so that it keeps its meaning; it answers clients that hold a WHO API token.
    "icd11": _Scheme(
        re.compile(r"[0-9A-HJ-NP-Z]{4}(?:\.[0-9A-HJ-NP-Z]{1,2})?"),
        "6B40",
        "http://id.who.int/icd/release/11/2024-01/mms/codeinfo/{}",
    ),
}


def read_vocabulary(path: Path) -> Vocabulary:
    """The vocabulary in a YAML file; raises CorpusError with everything that is wrong with it."""
    faults: list[Fault] = []
    topics = _topics(path, faults)
    if faults:
        raise CorpusError(tuple(faults))
    version = hashlib.sha256(repr(tuple(topics.values())).encode()).hexdigest()[:12]
    return Vocabulary(topics, version)


def _topics(path: Path, faults: list[Fault]) -> dict[str, Topic]:
    text = read_text(path, MAX_VOCABULARY_BYTES, faults)
    if text is None:
        return {}
    try:
        marked = load_marked(text)
    except YamlFault as fault:
        faults.append(Fault(path, fault.message, fault.remedy, fault.line))
        return {}
    root = Fields.of(marked, path, faults)
    if root is None:
        return {}
    root.allow(["topics"])
    root.require(["topics"])
    entries = [(topic, fields) for fields in root.mappings("topics") if (topic := _topic(fields)) is not None]
    _check_ids(entries)
    _check_labels(entries)
    topics = {topic.id: topic for topic, _ in entries}
    for topic, fields in entries:
        _check_relations(topic, fields, topics)
    if not faults:
        _check_cycles(topics, entries)
    if not faults:
        topics = _complete(topics)
        _check_disjoint(topics, entries)
    return topics


def _topic(fields: Fields) -> Topic | None:
    """One topic as written; None where it has no usable id."""
    fields.allow(TOPIC_KEYS)
    fields.require(["id", "pref_label", "definition", "facets"])
    topic_id = fields.checked("id", is_id, f"{{}} does not match {ID_PATTERN.pattern}.", ID_REMEDY)
    pref_label = fields.text("pref_label", max_length=MAX_LABEL_LENGTH)
    definition = fields.text("definition")
    facets = tuple(_facets(fields))
    alt_labels = _labels(fields, "alt_labels")
    hidden_labels = _labels(fields, "hidden_labels")
    broader = _labels(fields, "broader")
    related = _labels(fields, "related")
    mappings = tuple(_mappings(fields))
    if topic_id is None:
        return None
    return Topic(
        topic_id, pref_label or "", definition or "", facets, alt_labels, hidden_labels, broader, (), related, mappings
    )


def _labels(fields: Fields, key: str) -> tuple[str, ...]:
    return tuple(str(item.value) for item in fields.texts(key, max_length=MAX_LABEL_LENGTH))


def _facets(fields: Fields) -> Iterator[Facet]:
    seen: set[Facet] = set()
    by_name: dict[str, Facet] = {facet: facet for facet in FACETS}
    for item in fields.texts("facets"):
        if not fields.one_of("facets", item, FACETS):
            continue
        facet = by_name[str(item.value)]
        if facet in seen:
            fields.fault("facets", f"'{facet}' is listed twice.", "Delete one.", item.line)
        seen.add(facet)
        yield facet


def _mappings(fields: Fields) -> Iterator[TopicMapping]:
    for mapping in fields.mappings("mappings"):
        mapping.allow(["scheme", "code"])
        mapping.require(["scheme", "code"])
        name = mapping.text("scheme")
        code = mapping.text("code")
        if name is None or code is None:
            continue
        if not mapping.one_of("scheme", Marked(name, mapping.pairs["scheme"].line), SCHEMES):
            continue
        scheme = SCHEMES[name]
        if not scheme.code.fullmatch(code):
            mapping.fault("code", f"'{code}' is not a code of {name}.", f"Write it like {scheme.example}.")
            continue
        yield TopicMapping(name, code, scheme.uri_of(code))


_Entries = Iterable[tuple[Topic, Fields]]


def _check_ids(entries: _Entries) -> None:
    lines: dict[str, int] = {}
    for topic, fields in entries:
        line = fields.pairs["id"].line
        if topic.id in lines:
            fields.fault("id", f"'{topic.id}' is already used on line {lines[topic.id]}.", "Rename or merge one.")
        lines.setdefault(topic.id, line)


def fold_label(label: str) -> str:
    """The form in which labels must differ: case, hyphens and the kind of apostrophe make no difference."""
    return " ".join(label.casefold().replace("’", "'").replace("-", " ").split())


_LabelKey = Literal["pref_label", "alt_labels", "hidden_labels"]


def _written_labels(topic: Topic, fields: Fields) -> Iterator[tuple[_LabelKey, str, int]]:
    """Every label of a topic with its key and line."""
    if topic.pref_label:
        yield "pref_label", topic.pref_label, fields.pairs["pref_label"].line
    keys: tuple[Literal["alt_labels", "hidden_labels"], ...] = ("alt_labels", "hidden_labels")
    for key in keys:
        marked = fields.pairs.get(key)
        for item in marked.value if marked is not None and isinstance(marked.value, tuple) else ():
            if isinstance(item.value, str):
                yield key, item.value, item.line


def _check_labels(entries: _Entries) -> None:
    owners: dict[str, tuple[str, int]] = {}
    for topic, fields in entries:
        for key, label, line in _written_labels(topic, fields):
            folded = fold_label(label)
            if not any(character.isalnum() for character in folded):
                fields.fault(key, f"the label '{label}' has no letter or digit.", "Delete it.", line)
            if folded not in owners:
                owners[folded] = (topic.id, line)
                continue
            owner, first = owners[folded]
            message = f"the label '{label}' of '{topic.id}' is already a label of '{owner}' on line {first}."
            fields.fault(key, message, "Keep it at the one topic that readers mean by it.", line)


def _check_relations(topic: Topic, fields: Fields, topics: Mapping[str, Topic]) -> None:
    for key, ids in (("broader", topic.broader), ("related", topic.related)):
        for other, item in zip(ids, fields.items(key), strict=False):
            if other == topic.id:
                fields.fault(key, f"'{topic.id}' names itself.", "Delete it.", item.line)
            elif other not in topics:
                message = f"unknown topic '{other}'{did_you_mean(other, topics)}"
                fields.fault(key, message, "Name a topic's id, or add the topic.", item.line)


def _check_cycles(topics: Mapping[str, Topic], entries: _Entries) -> None:
    """A fault for each ring of broader topics, at its first topic."""
    settled: set[str] = set()
    fields_of = {topic.id: fields for topic, fields in entries}
    for start in topics:
        # Depth first with an explicit path: a vocabulary may be deeper than Python's stack.
        path: list[str] = []
        on_path: set[str] = set()
        todo: list[tuple[str, bool]] = [(start, False)]
        while todo:
            topic_id, leaving = todo.pop()
            if leaving:
                path.pop()
                on_path.discard(topic_id)
                settled.add(topic_id)
            elif topic_id in on_path:
                ring = [*path[path.index(topic_id) :], topic_id]
                shown = " → ".join(f"'{each}'" for each in ring)
                fields_of[topic_id].fault("broader", f"broader topics run in a circle: {shown}.", "Take one step out.")
            elif topic_id not in settled:
                path.append(topic_id)
                on_path.add(topic_id)
                todo.append((topic_id, True))
                todo.extend((other, False) for other in topics[topic_id].broader)


def _complete(topics: Mapping[str, Topic]) -> dict[str, Topic]:
    """Topics with `narrower` filled in and `related` made mutual, in the order of the file."""
    narrower: dict[str, list[str]] = {topic_id: [] for topic_id in topics}
    related: dict[str, list[str]] = {topic_id: list(topic.related) for topic_id, topic in topics.items()}
    for topic in topics.values():
        for other in topic.broader:
            narrower[other].append(topic.id)
        for other in topic.related:
            related[other].append(topic.id)
    return {
        topic_id: replace(
            topic,
            broader=tuple(dict.fromkeys(topic.broader)),
            narrower=tuple(dict.fromkeys(narrower[topic_id])),
            related=tuple(dict.fromkeys(related[topic_id])),
        )
        for topic_id, topic in topics.items()
    }


def _check_disjoint(topics: Mapping[str, Topic], entries: _Entries) -> None:
    """SKOS (S27): what is broader, at any depth, is not related as well."""
    vocabulary = Vocabulary(topics)
    for topic, fields in entries:
        for other in topic.related:
            if other in vocabulary.with_narrower(topic.id) or topic.id in vocabulary.with_narrower(other):
                message = f"'{topic.id}' and '{other}' are broader and narrower, so they cannot be related as well."
                fields.fault("related", message, f"Delete '{other}' from related.")
