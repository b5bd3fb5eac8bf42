"""Reads companions.yaml: which passages must be shown together with which others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from corpus.errors import CorpusError, Fault
from corpus.files import ID_REMEDY, is_id, read_text
from corpus.marked import Fields, YamlFault, load_marked
from corpus.model import ADVISORIES, FACETS, Advisory, Facet

PACKAGED_COMPANIONS = Path(__file__).with_name("companions.yaml")
MAX_COMPANIONS_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Companion:
    """A passage, named by document and heading, and what it goes with."""

    id: str
    document_id: str
    heading: str
    advisories: frozenset[Advisory]
    topics: frozenset[tuple[Facet, str]]
    """Topic ids in a role; narrower topics are meant too."""


def read_companions(path: Path = PACKAGED_COMPANIONS) -> tuple[Companion, ...]:
    """The companions in a YAML file; raises CorpusError with everything that is wrong with it."""
    faults: list[Fault] = []
    found = tuple(_companions(path, faults))
    if faults:
        raise CorpusError(tuple(faults))
    return found


def _companions(path: Path, faults: list[Fault]) -> Iterator[Companion]:
    text = read_text(path, MAX_COMPANIONS_BYTES, faults)
    if text is None:
        return
    try:
        top = Fields.of(load_marked(text), path, faults)
    except YamlFault as fault:
        faults.append(Fault(path, fault.message, fault.remedy, fault.line))
        return
    if top is None:
        return
    top.allow(("companions",))
    top.require(("companions",))
    for fields in top.mappings("companions"):
        fields.allow(("id", "document", "heading", "with"))
        fields.require(("id", "document", "heading", "with"))
        companion_id = fields.checked("id", is_id, "{} is not an id.", ID_REMEDY)
        document_id = fields.checked("document", is_id, "{} is not an id.", ID_REMEDY)
        heading = fields.text("heading")
        advisories: set[Advisory] = set()
        topics: set[tuple[Facet, str]] = set()
        for mark in fields.mappings("with"):
            _read_mark(mark, advisories, topics)
        if companion_id and document_id and heading:
            yield Companion(companion_id, document_id, heading, frozenset(advisories), frozenset(topics))


def _read_mark(mark: Fields, advisories: set[Advisory], topics: set[tuple[Facet, str]]) -> None:
    if "advisory" in mark.pairs:
        mark.allow(("advisory",))
        if mark.one_of("advisory", mark.pairs["advisory"], ADVISORIES):
            advisories.add(cast(Advisory, mark.pairs["advisory"].value))
        return
    mark.allow(("facet", "topic"))
    mark.require(("facet", "topic"))
    topic_id = mark.checked("topic", is_id, "{} is not an id.", ID_REMEDY)
    if "facet" in mark.pairs and mark.one_of("facet", mark.pairs["facet"], FACETS) and topic_id:
        topics.add((cast(Facet, mark.pairs["facet"].value), topic_id))
