"""A build from folder to index: what is published, what is kept, and what happens when something fails."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest

from corpus import CorpusError, reading
from indexer import pipeline
from indexer.checking import check
from indexer.errors import BuildFailed
from indexer.pipeline import BuildSummary, build
from tests.fakes import FakeIndex

T = TypeVar("T")

TODAY = date(2026, 11, 22)

VOCABULARY = """\
topics:
  - id: numbness
    pref_label: numbness
    definition: Feeling little.
    facets: [symptom]
    alt_labels: [feeling numb]
  - id: grief
    pref_label: grief
    definition: What follows a loss.
    facets: [cause]
"""
FRONT_MATTER = """\
---
id: {id}
title: {title}
summary: About {title}.
authors: [Thaw editors]
license: CC-BY-4.0
reviewed_on: 2026-11-01
next_review_on: 2027-11-01
advisories: [trauma]
---
"""
NUMB = """
People speak of numbness when their feelings go quiet for a long time. It can follow grief, and it can come with no
reason that anyone can see. Most of them go on with their days, and nobody around them notices that something is
missing from the way they laugh.

## How it begins

Often it begins as shelter. The mind turns everything down because one thing is too loud, and then it forgets to turn
the rest up again. Weeks later the music sounds flat, food has no taste, and good news lands on somebody else.

### For some

For some the change comes overnight. They wake up after a bad week and the world has moved behind a pane of glass, so
that they watch their own hands at work and wonder whose they are.
"""
GRIEF = """
## Grief

Grief takes the shape that it wants. One day it is tears in a shop, the next it is nothing at all, and both are
ordinary ways for a mind to carry a loss that it cannot put down yet. Nobody has to hurry.
"""


@pytest.fixture
def corpus_dir(tmp_path: Path) -> Path:
    root = tmp_path / "corpus"
    (root / "texts").mkdir(parents=True)
    (root / "vocabulary.yaml").write_text(VOCABULARY)
    write(root, "numb", NUMB)
    write(root, "grief", GRIEF)
    return root


def write(root: Path, name: str, body: str) -> Path:
    path = root / "texts" / f"{name}.md"
    path.write_text(FRONT_MATTER.format(id=name, title=name.title()) + body)
    return path


@pytest.fixture
def index() -> FakeIndex:
    return FakeIndex()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"whoosh:{tmp_path / 'index'}"


def ids(index: FakeIndex) -> dict[str, str]:
    """Ids by text."""
    assert index.current
    return {each.passage.text: each.id for each in index.current.passages}


def test_a_build_publishes_tagged_passages_under_their_documents(corpus_dir: Path, url: str, index: FakeIndex) -> None:
    summary = build(corpus_dir, url, writer=index)
    snapshot = index.snapshot()
    assert (summary.documents, summary.passages, summary.new) == (2, 4, 4)
    assert summary.published
    assert summary.corpus_version == snapshot.corpus_version
    assert summary.topics_used == 2
    assert set(summary.tags) == {"symptom", "cause"}
    assert summary.words == sum(each.passage.word_count for each in snapshot.passages)
    assert snapshot.topic_passage_count("grief") == 2
    document = snapshot.documents["numb"]
    assert document.source.text == ""
    assert document.source.path == Path("numb.md")
    assert document.passage_ids == tuple(each.id for each in snapshot.passages if each.passage.document_id == "numb")


def test_the_outline_lists_every_passage_once_under_its_heading(corpus_dir: Path, url: str, index: FakeIndex) -> None:
    build(corpus_dir, url, writer=index)
    document = index.snapshot().documents["numb"]
    assert [(entry.heading, len(entry.passage_ids)) for entry in document.outline] == [
        ("Numb", 1),
        ("How it begins", 1),
        ("For some", 1),
    ]
    assert [entry.level for entry in document.outline] == [0, 1, 2]
    assert tuple(each for entry in document.outline for each in entry.passage_ids) == document.passage_ids


def test_a_rebuild_without_a_change_writes_nothing(corpus_dir: Path, url: str, index: FakeIndex) -> None:
    first = build(corpus_dir, url, writer=index)
    lock = corpus_dir / "passages.lock.jsonl"
    before = lock.read_bytes()
    second = build(corpus_dir, url, writer=index)
    assert first.lock_path == lock
    assert not second.published
    assert (second.corpus_version, second.unchanged, second.new) == (first.corpus_version, 4, 0)
    assert lock.read_bytes() == before
    assert len(index.published) == 1
    assert build(corpus_dir, url, force=True, writer=index).published
    assert len(index.published) == 2


def test_an_edit_makes_a_new_version_with_the_same_ids(corpus_dir: Path, url: str, index: FakeIndex) -> None:
    first = build(corpus_dir, url, writer=index)
    before = ids(index)
    write(corpus_dir, "numb", NUMB.replace("Weeks later", "Some weeks later"))
    second = build(corpus_dir, url, writer=index)
    assert second.corpus_version != first.corpus_version
    assert (second.new, second.revised, second.unchanged, second.withdrawn) == (0, 1, 3, 0)
    assert set(ids(index).values()) == set(before.values())
    snapshot = index.snapshot()
    (changed,) = (each for each in snapshot.passages if each.revision == 2)
    old = snapshot.passage(changed.id, 1)
    assert "Weeks later" in old.passage.text
    assert old.passage.advisories == ("trauma",)
    assert snapshot.passage(changed.id).revision == 2


def test_a_text_taken_away_leaves_withdrawals(corpus_dir: Path, url: str, index: FakeIndex) -> None:
    build(corpus_dir, url, writer=index)
    (corpus_dir / "texts" / "grief.md").unlink()
    summary = build(corpus_dir, url, writer=index)
    assert summary.withdrawn == 1
    assert len(index.snapshot().withdrawals) == 1


@pytest.mark.parametrize("change", ["vocabulary", "front matter", "text"])
def test_the_version_changes_with_whatever_a_caller_can_read(
    corpus_dir: Path, url: str, index: FakeIndex, change: str
) -> None:
    first = build(corpus_dir, url, writer=index)
    if change == "vocabulary":
        (corpus_dir / "vocabulary.yaml").write_text(VOCABULARY.replace("Feeling little.", "Feeling less."))
    elif change == "front matter":
        path = corpus_dir / "texts" / "grief.md"
        path.write_text(path.read_text().replace("2027-11-01", "2027-12-01"))
    else:
        write(corpus_dir, "grief", GRIEF.replace("hurry.", "hurry!"))
    assert build(corpus_dir, url, writer=index).corpus_version != first.corpus_version


def test_the_version_does_not_depend_on_where_the_folder_lies(corpus_dir: Path, tmp_path: Path, url: str) -> None:
    elsewhere = tmp_path / "else" / "where"
    shutil.copytree(corpus_dir, elsewhere)
    here = build(corpus_dir, url, writer=FakeIndex())
    there = build(elsewhere, url, writer=FakeIndex())
    assert here.corpus_version == there.corpus_version


# --- failures ------------------------------------------------------------------------------------------------------


def test_a_failed_publication_leaves_index_and_lock_as_they_were(corpus_dir: Path, url: str, index: FakeIndex) -> None:
    first = build(corpus_dir, url, writer=index)
    lock = (corpus_dir / "passages.lock.jsonl").read_bytes()
    write(corpus_dir, "numb", NUMB.replace("Weeks later", "Some weeks later"))
    index.fail_to_publish = True
    with pytest.raises(BuildFailed):
        build(corpus_dir, url, writer=index)
    assert index.current_version() == first.corpus_version
    assert (corpus_dir / "passages.lock.jsonl").read_bytes() == lock


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("texts/new.md", b"", "empty"),
        ("texts/new.md", b"\xff\xfe", "UTF-16"),
        ("texts/new.md", FRONT_MATTER.format(id="grief", title="Twice").encode() + GRIEF.encode(), "also that of"),
        ("texts/new.md", FRONT_MATTER.format(id="new", title="New").encode() + b"\n# Only\n\n## Headings\n", "content"),
        ("vocabulary.yaml", VOCABULARY.replace("[cause]", "[cause]\n    broader: [greif]").encode(), "'grief'?"),
        ("passages.lock.jsonl", b"<<<<<<< HEAD\n", "unfinished merge"),
    ],
)
def test_a_fault_leaves_the_published_index_untouched(
    corpus_dir: Path, url: str, index: FakeIndex, name: str, content: bytes, message: str
) -> None:
    first = build(corpus_dir, url, writer=index)
    (corpus_dir / name).write_bytes(content)
    with pytest.raises(CorpusError) as caught:
        build(corpus_dir, url, writer=index)
    assert message in str(caught.value)
    assert all(fault.path == corpus_dir / name and fault.remedy for fault in caught.value.faults)
    assert index.current_version() == first.corpus_version


def test_a_crash_between_publication_and_lock_is_made_good_by_the_next_build(
    corpus_dir: Path, url: str, index: FakeIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(corpus_dir, url, writer=index)
    write(corpus_dir, "numb", NUMB.replace("Weeks later", "Some weeks later"))
    write(corpus_dir, "new", GRIEF.replace("Grief", "Sorrow"))
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(corpus_dir, undisturbed)
    build(undisturbed, url, writer=FakeIndex())

    def die(path: Path, text: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "write_lock", die)
    with pytest.raises(KeyboardInterrupt):
        build(corpus_dir, url, writer=index)
    published = index.snapshot()
    monkeypatch.undo()
    again = build(corpus_dir, url, writer=index)
    assert not again.published
    assert again.corpus_version == published.corpus_version
    lock = "passages.lock.jsonl"
    assert (corpus_dir / lock).read_bytes() == (undisturbed / lock).read_bytes()


# --- where ids are kept ---------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of texts without a vocabulary; the packaged one, which takes seconds to prepare, is a small one here."""
    vocabulary = tmp_path / "packaged.yaml"
    vocabulary.write_text(VOCABULARY)
    monkeypatch.setattr(reading, "PACKAGED_VOCABULARY", vocabulary)
    path = tmp_path / "plain"
    path.mkdir()
    (path / "one.txt").write_text(NUMB.replace("## ", "").replace("#", ""))
    return path


def test_ids_of_a_plain_folder_are_kept_with_the_index(
    folder: Path, tmp_path: Path, url: str, index: FakeIndex
) -> None:
    summary = build(folder, url, writer=index)
    assert summary.lock_path == tmp_path / "index" / "passages.lock.jsonl"
    assert [path.name for path in folder.iterdir()] == ["one.txt"]
    (folder / "one.txt").write_text((folder / "one.txt").read_text().replace("Weeks later", "Some weeks later"))
    assert build(folder, url, writer=index).revised == 1


def test_a_lock_in_a_plain_folder_is_used(folder: Path, tmp_path: Path, url: str, index: FakeIndex) -> None:
    build(folder, url, writer=index)
    (tmp_path / "index" / "passages.lock.jsonl").rename(folder / "passages.lock.jsonl")
    assert build(folder, url, writer=index).lock_path == folder / "passages.lock.jsonl"
    assert not (tmp_path / "index" / "passages.lock.jsonl").exists()


def test_a_read_only_corpus_is_built_and_its_ids_are_kept_with_the_index(
    corpus_dir: Path, tmp_path: Path, url: str, index: FakeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(corpus_dir, url, writer=index)
    write(corpus_dir, "numb", NUMB.replace("Weeks later", "Some weeks later"))
    committed = (corpus_dir / "passages.lock.jsonl").read_bytes()
    write_lock = pipeline.write_lock

    def refuse(path: Path, text: str) -> None:
        if corpus_dir in path.parents:
            raise PermissionError(13, "Permission denied")
        write_lock(path, text)

    monkeypatch.setattr(pipeline, "write_lock", refuse)
    monkeypatch.setattr(pipeline, "_is_writable", lambda path: corpus_dir not in path.parents)
    summary = build(corpus_dir, url, writer=index)
    assert summary.lock_path == tmp_path / "index" / "passages.lock.jsonl"
    assert any("Permission denied" in warning for warning in summary.warnings)
    assert (corpus_dir / "passages.lock.jsonl").read_bytes() == committed
    # The next build goes on from there: another edit is revision 3, not a second revision 2.
    write(corpus_dir, "numb", NUMB.replace("Weeks later", "Many weeks later"))
    assert build(corpus_dir, url, writer=index).revised == 1
    assert max(each.revision for each in index.snapshot().passages) == 3


def test_an_index_elsewhere_without_a_place_for_ids_is_said(folder: Path, index: FakeIndex) -> None:
    summary = build(folder, "opensearch+http://search.example:9200/thaw", writer=index)
    assert summary.lock_path is None
    assert any("not kept" in warning for warning in summary.warnings)


# --- what is told ----------------------------------------------------------------------------------------------------


def test_progress_is_told_of_texts_and_passages(corpus_dir: Path, url: str, index: FakeIndex) -> None:
    told: list[tuple[str, int, int]] = []

    class Counting:
        def track(self, items: Iterable[T], label: str, total: int) -> Iterator[T]:
            everything = list(items)
            told.append((label, total, len(everything)))
            yield from everything

    build(corpus_dir, url, progress=Counting(), writer=index)
    assert [(total, seen) for _, total, seen in told] == [(2, 2), (4, 4)]


def test_the_summary_says_the_same_to_programs_and_to_readers(corpus_dir: Path, url: str, index: FakeIndex) -> None:
    (corpus_dir / "texts" / "README.md").write_text("About this folder.")
    summary = build(corpus_dir, url, writer=index)
    told = summary.to_json()
    assert told["documents"] == 2
    assert told["ids"] == {"new": 4, "revised": 0, "unchanged": 0, "withdrawn": 0}
    assert told["corpus_version"] == summary.corpus_version
    text = summary.to_text()
    for shown in ("documents   2", "4 new", summary.corpus_version, "README.md"):
        assert shown in text


def test_a_scraped_text_without_content_is_left_out_and_said(folder: Path, url: str, index: FakeIndex) -> None:
    (folder / "bare.txt").write_text("Read more\n")
    summary = build(folder, url, writer=index)
    assert list(index.snapshot().documents) == ["one"]
    assert any("bare.txt" in warning for warning in summary.warnings)
    (finding,) = check(folder, TODAY)
    assert finding.severity == "warning"
    (folder / "one.txt").unlink()
    with pytest.raises(CorpusError, match="no content"):
        build(folder, url, writer=index)


def test_dropped_boilerplate_is_counted_with_examples(folder: Path, url: str, index: FakeIndex) -> None:
    path = folder / "one.txt"
    path.write_text(f"Author: Jo Example\n\n{path.read_text()}\n\nRead more\n")
    summary: BuildSummary = build(folder, url, writer=index)
    examples = [example for drops in summary.dropped.values() for example in drops.examples]
    assert "Author: Jo Example" in examples
    assert all(example in summary.to_text() for example in examples)


# --- check ---------------------------------------------------------------------------------------------------------


def test_a_corpus_in_order_has_no_findings(corpus_dir: Path, url: str, index: FakeIndex) -> None:
    build(corpus_dir, url, writer=index)
    assert check(corpus_dir, TODAY, locked=True) == ()


def test_a_lock_behind_the_texts_is_a_warning_and_with_locked_an_error(corpus_dir: Path) -> None:
    (finding,) = check(corpus_dir, TODAY)
    assert finding.severity == "warning"
    assert "4 new" in finding.fault.message
    (finding,) = check(corpus_dir, TODAY, locked=True)
    assert finding.severity == "error"


def test_overdue_and_future_reviews_are_warned_of(corpus_dir: Path, url: str, index: FakeIndex) -> None:
    build(corpus_dir, url, writer=index)
    overdue = check(corpus_dir, date(2027, 11, 2))
    assert {finding.fault.field for finding in overdue} == {"next_review_on"}
    assert {finding.severity for finding in overdue} == {"warning"}
    early = check(corpus_dir, date(2026, 10, 1))
    assert {finding.fault.field for finding in early} == {"reviewed_on"}


def test_everything_wrong_is_found_in_one_go(corpus_dir: Path) -> None:
    (corpus_dir / "passages.lock.jsonl").write_text("{\n")
    (corpus_dir / "vocabulary.yaml").write_text(VOCABULARY.replace("[cause]", "[couse]"))
    (corpus_dir / "texts" / "new.md").write_text("no front matter")
    findings = check(corpus_dir, TODAY)
    assert {finding.fault.path.name for finding in findings} == {"passages.lock.jsonl", "vocabulary.yaml", "new.md"}
    assert all(finding.severity == "error" for finding in findings)


def test_a_text_without_content_is_found(corpus_dir: Path) -> None:
    write(corpus_dir, "bare", "\n## Heading\n")
    messages = [finding.fault.message for finding in check(corpus_dir, TODAY)]
    assert any("no content" in message for message in messages)
