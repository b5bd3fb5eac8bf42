"""What the check of a corpus folder says of the files beside the texts: rules, contacts, companions, utterances."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from corpus import LOCK_NAME, read_corpus
from corpus.screening import PACKAGED_SCREENING
from corpus.support import MAX_AGE, PACKAGED_SUPPORT, due, read_support
from indexer.checking import Finding, check
from indexer.identify import format_lock, read_lock, write_lock
from indexer.pipeline import prepare
from tests.indexer.test_pipeline import FRONT_MATTER, GRIEF, NUMB, VOCABULARY

TODAY = date(2026, 11, 22)
COMPANIONS = """\
companions:
  - id: how-it-begins
    document: numb
    heading: "How it begins"
    with:
      - advisory: trauma
      - {facet: cause, topic: grief}
"""
SUGGEST_DENY = """\
version: "1"
denied: {words: {en: [grams]}}
units: [grams]
help:
  - replaces: [numbness]
    suggestions:
      - {text: about grief, topic: grief}
    signs: {en: [going under]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A corpus that brings every file, with nothing to complain of."""
    (tmp_path / "texts").mkdir()
    for name, body in (("numb", NUMB), ("grief", GRIEF)):
        (tmp_path / "texts" / f"{name}.md").write_text(FRONT_MATTER.format(id=name, title=name.title()) + body)
    (tmp_path / "vocabulary.yaml").write_text(VOCABULARY)
    (tmp_path / "utterances.yaml").write_text('numbness:\n  - "I sat at the wedding and nothing came."\n')
    (tmp_path / "companions.yaml").write_text(COMPANIONS)
    (tmp_path / "suggest-deny.yaml").write_text(SUGGEST_DENY)
    shutil.copy(PACKAGED_SCREENING, tmp_path)
    shutil.copy(PACKAGED_SUPPORT, tmp_path)
    lock = prepare(read_corpus(tmp_path), read_lock(tmp_path / LOCK_NAME)).identified.lock
    write_lock(tmp_path / LOCK_NAME, format_lock(lock))
    return tmp_path


def line_of(path: Path, words: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), start=1) if words in line)


def found(folder: Path, today: date = TODAY) -> tuple[Finding, ...]:
    return check(folder, today, locked=True)


def test_a_folder_with_every_file_has_nothing_to_mend(folder: Path) -> None:
    assert found(folder) == ()


@pytest.mark.parametrize(
    ("name", "old", "new", "place", "message"),
    [
        ("screening.yaml", "    tier: crisis", "    tier: crises", "tier: crises", "crises"),
        ("screening.yaml", "fillers: >-", "filler: >-", "filler: >-", "filler"),
        ("support.yaml", "    kind: emergency", "    kind: emergence", "kind: emergence", "emergence"),
        ("support.yaml", "checked_on: 2026-11-22", "checked_on: soon", "checked_on: soon", "soon"),
        ("suggest-deny.yaml", "going under", "Going Under!", "Going Under!", "is no row of plain words"),
        ("suggest-deny.yaml", "topic: grief", "topic: greif", "topic: greif", "no topic 'greif'"),
        ("suggest-deny.yaml", "replaces: [numbness]", "replaces: [numb]", "replaces", "no topic 'numb'"),
        ("companions.yaml", "advisory: trauma", "advisory: traume", "advisory: traume", "traume"),
        ("companions.yaml", "document: numb", "document: nub", "document: nub", "no text 'nub'"),
        ("companions.yaml", "How it begins", "How it began", "How it began", "'How it began'"),
        ("companions.yaml", "topic: grief", "topic: greif", "topic: greif", "no topic 'greif'"),
        ("utterances.yaml", "numbness:", "numbnes:", "numbnes:", "numbnes"),
    ],
)
def test_each_fault_names_file_line_and_remedy(
    folder: Path, name: str, old: str, new: str, place: str, message: str
) -> None:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    errors = [finding.fault for finding in found(folder) if finding.severity == "error"]
    assert any(
        fault.path == path and fault.line == line_of(path, place) and message in fault.message and fault.remedy
        for fault in errors
    ), errors
    assert {fault.path for fault in errors} == {path}


@pytest.mark.parametrize("name", ["screening.yaml", "support.yaml", "suggest-deny.yaml", "companions.yaml"])
def test_a_file_that_is_not_yaml_is_one_error(folder: Path, name: str) -> None:
    (folder / name).write_text("a: ]\n")
    (finding,) = found(folder)
    assert (finding.severity, finding.fault.path, finding.fault.line) == ("error", folder / name, 1)


@pytest.mark.parametrize("name", ["screening.yaml", "support.yaml", "suggest-deny.yaml", "companions.yaml"])
def test_a_file_that_the_folder_does_not_bring_is_not_missed(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert found(folder) == ()


def test_contacts_that_are_due_are_warned_of_where_they_stand(folder: Path) -> None:
    path = folder / "support.yaml"
    path.write_text(path.read_text().replace("checked_on: 2026-11-22", "checked_on: 2026-02-01", 1))
    (contact,) = due(read_support(path).contacts, TODAY)
    (finding,) = found(folder)
    assert finding.severity == "warning"
    assert contact.id in finding.fault.message
    assert finding.fault.line == line_of(path, "checked_on: 2026-02-01")


def test_a_contact_is_not_due_before_half_a_year_is_over(folder: Path) -> None:
    checked = min(contact.checked_on for contact in read_support().contacts)
    late = [finding for finding in found(folder, checked + MAX_AGE) if finding.fault.path.name == "support.yaml"]
    assert late == []


def test_faults_beside_the_texts_are_found_in_a_folder_without_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "support.yaml").write_text("contacts: none\n")
    errors = [finding.fault for finding in check(tmp_path, TODAY) if finding.severity == "error"]
    assert tmp_path / "support.yaml" in {fault.path for fault in errors}
