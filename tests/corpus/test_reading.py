"""Texts and folders: what is read, and what each fault says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import CorpusError, Fault, read_corpus, read_source
from corpus.reading import MAX_TEXT_BYTES, slug

FRONT_MATTER = """\
---
id: going-numb
title: Going numb
summary: What it is.
authors: [Thaw editors]
license: CC-BY-4.0
references:
  - title: A book
    publisher: A house
    url: https://example.org/book
reviewed_on: 2026-11-22
next_review_on: 2027-11-22
advisories: [trauma, abuse]
---
"""
BODY = "\n# Going numb\n\nSome people stop feeling much.\n"
VOCABULARY = "topics:\n  - {id: numbness, pref_label: numbness, definition: Feeling little., facets: [symptom]}\n"


def corpus_with(root: Path, **texts: str) -> Path:
    (root / "texts").mkdir()
    (root / "vocabulary.yaml").write_text(VOCABULARY)
    for name, text in texts.items():
        (root / "texts" / f"{name}.md").write_text(text)
    return root


def faults_of(path: Path) -> tuple[Fault, ...]:
    with pytest.raises(CorpusError) as caught:
        read_corpus(path) if path.is_dir() else read_source(path, path.parent, front_matter_required=True)
    return caught.value.faults


def the_fault(path: Path) -> Fault:
    (fault,) = faults_of(path)
    assert fault.remedy
    return fault


def test_a_corpus_folder_is_read_with_its_own_vocabulary_and_lock(tmp_path: Path) -> None:
    corpus = read_corpus(corpus_with(tmp_path, one=FRONT_MATTER + BODY))
    (source,) = corpus.sources
    assert (source.id, source.title, source.summary) == ("going-numb", "Going numb", "What it is.")
    assert source.license is not None
    assert source.license.url == "https://creativecommons.org/licenses/by/4.0/"
    assert source.references[0].publisher == "A house"
    assert source.advisories == ("abuse", "trauma")
    assert str(source.next_review_on) == "2027-11-22"
    assert source.text[source.body_start :] == BODY
    assert list(corpus.vocabulary.topics) == ["numbness"]
    assert corpus.lock_path == tmp_path / "passages.lock.jsonl"


def test_a_plain_folder_is_searched_at_any_depth_in_order_of_id(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "a.html").write_text("<p>One.</p>")
    (tmp_path / "000_E80552.txt").write_text("Two.")
    (tmp_path / "Zażółć.MD").write_text("Three.")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\0")
    (tmp_path / ".hidden.txt").write_text("never")
    (tmp_path / "README.md").write_text("about the folder")
    corpus = read_corpus(tmp_path)
    assert [source.id for source in corpus.sources] == ["000-e80552", "a", "zazoc"]
    assert [source.media_type for source in corpus.sources] == ["text/plain", "text/html", "text/markdown"]
    assert all(source.license is None and source.title is None for source in corpus.sources)
    assert corpus.lock_path is None
    assert len(corpus.vocabulary) > 0
    assert any("README.md" in notice for notice in corpus.notices)


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (b"", "empty", None),
        (b" \n\t\n", "empty", None),
        (b"\xef\xbb\xbf", "empty", None),
        ("Grüße".encode("latin-1"), "byte 0xfc at offset 2", 1),
        (b"fine\nfine \xff", "byte 0xff at offset 10", 2),
        (b"\xef\xbb\xbffine\n\xff", "byte 0xff at offset 8", 2),
        ("text".encode("utf-16"), "UTF-16", None),
        (b"%PDF-1.7", "a PDF", None),
        (b"text with\na NUL \0 byte", "NUL", 2),
    ],
)
def test_what_is_not_text_is_named(tmp_path: Path, data: bytes, message: str, line: int | None) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    fault = the_fault(path)
    assert message in fault.message
    assert (fault.path, fault.line) == (path, line)


def test_a_text_of_fifty_megabytes_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(50_000_000)
    assert "50,000,000 bytes" in the_fault(path).message
    with path.open("wb") as file:
        file.write(b"x" * MAX_TEXT_BYTES)
    assert len(read_source(path, tmp_path).text) == MAX_TEXT_BYTES


def test_line_ends_are_kept_and_a_byte_order_mark_is_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffone\r\ntwo\rthree\n".encode())
    assert read_source(path, tmp_path).text == "one\r\ntwo\rthree\n"
    path = tmp_path / "b.md"
    path.write_bytes(("\ufeff" + (FRONT_MATTER + BODY).replace("\n", "\r\n")).encode())
    source = read_source(path, tmp_path, front_matter_required=True)
    assert source.title == "Going numb"
    assert source.text[source.body_start :].startswith("\r\n# Going")


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "message"),
    [
        ("title: Going numb\n", "", 2, "title", "missing"),
        ("title: Going numb", "title:", 3, "title", "no value"),
        ("title: Going numb", "title: [a]", 3, "title", "expected text"),
        ("title: Going numb", "title: 12", 3, "title", "expected text, found '12'"),
        ("title: Going numb", "title: Going: numb", 3, "front matter", "not valid YAML"),
        ("title: Going numb", 'title: "Going numb', 3, "front matter", "not valid YAML"),
        ("title: Going numb", "title: &a Going numb", 3, "front matter", "anchors"),
        ("title: Going numb", "title: !!python/none x", 3, "front matter", "tags"),
        ("title: Going numb", "title: one\ntitle: two", 4, "front matter", "occurs twice (first on line 3)"),
        ("summary:", "sumary:", 4, "sumary", "did you mean 'summary'?"),
        ("license: CC-BY-4.0", "license: CC-BY-5.0", 6, "license", "'CC-BY-5.0'"),
        ("id: going-numb", "id: Going Numb", 2, "id", "does not match"),
        ("id: going-numb", f"id: {'a' * 65}", 2, "id", "does not match"),
        ("2026-11-22", "22.11.2026", 11, "reviewed_on", "not a day"),
        ("2026-11-22", "2026-02-30", 11, "reviewed_on", "not a day"),
        ("2027-11-22", "2025-11-22", 12, "next_review_on", "not after"),
        ("[trauma, abuse]", "[truma]", 13, "advisories", "did you mean 'trauma'?"),
        ("[trauma, abuse]", "trauma", 13, "advisories", "expected a list"),
        ("https://example.org/book", "example.org", 10, "references[0].url", "not a web address"),
        ("https://example.org/book", "javascript:alert(1)", 10, "references[0].url", "not a web address"),
        ("publisher: A house", "editor: me", 9, "references[0].editor", "no such key"),
        ("authors: [Thaw editors]", "authors: []", 5, "authors", "no value"),
        ("authors: [Thaw editors]", "authors: [1]", 5, "authors[0]", "expected text"),
        ("advisories:", "language: English\nadvisories:", 13, "language", "language tag"),
    ],
)
def test_broken_front_matter_names_line_and_field(
    tmp_path: Path, old: str, new: str, line: int, field: str, message: str
) -> None:
    path = tmp_path / "a.md"
    assert old in FRONT_MATTER
    path.write_text(FRONT_MATTER.replace(old, new, 1) + BODY)
    fault = faults_of(path)[0]
    assert (fault.line, fault.field) == (line, field)
    assert message in fault.message


def test_front_matter_without_an_end_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(FRONT_MATTER.removesuffix("---\n") + BODY)
    assert "no end" in the_fault(path).message


def test_a_corpus_text_needs_front_matter_and_a_plain_one_does_not(tmp_path: Path) -> None:
    fault = the_fault(corpus_with(tmp_path, one=BODY))
    assert "no front matter" in fault.message
    path = tmp_path / "texts" / "one.md"
    assert read_source(path, tmp_path).id == "one"


def test_front_matter_of_other_tools_is_passed_over_in_a_plain_folder(tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text("---\nlayout: post\ntitle: A post\n---\nText.\n")
    corpus = read_corpus(tmp_path)
    assert corpus.sources[0].title == "A post"
    assert any("layout" in notice for notice in corpus.notices)


def test_all_faults_of_all_files_are_reported_together(tmp_path: Path) -> None:
    root = corpus_with(
        tmp_path, one=FRONT_MATTER + BODY, two=FRONT_MATTER + BODY, three="", four="---\nid: x\n---\nText"
    )
    (root / "vocabulary.yaml").write_text(VOCABULARY.replace("symptom", "sympton"))
    faults = faults_of(root)
    duplicate = next(fault for fault in faults if "also that of" in fault.message)
    assert duplicate.path.name == "two.md"
    assert "one.md" in duplicate.message
    assert {fault.path.name for fault in faults} == {"two.md", "three.md", "four.md", "vocabulary.yaml"}
    assert all(str(fault.path) in str(fault) and "Remedy: " in str(fault) for fault in faults)


def test_the_same_file_name_twice_is_a_duplicate_id(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").write_text("One.")
    (tmp_path / "sub" / "a.html").write_text("Two.")
    fault = the_fault(tmp_path)
    assert fault.field == "id"
    assert {str(tmp_path / "a.txt"), str(tmp_path / "sub" / "a.html")} == {
        str(fault.path),
        fault.message.removesuffix(".").split()[-1],
    }


def test_an_empty_or_missing_folder_is_a_fault(tmp_path: Path) -> None:
    assert "no .md, .txt or .html files" in the_fault(tmp_path).message
    with pytest.raises(CorpusError, match="no such folder"):
        read_corpus(tmp_path / "missing")
    (tmp_path / "vocabulary.yaml").write_text(VOCABULARY)
    assert the_fault(tmp_path).path == tmp_path / "texts"


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("Secret.")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.txt").symlink_to(outside)
    (folder / "ring.txt").symlink_to(folder / "ring.txt")
    (folder / "broken.txt").symlink_to(folder / "nowhere.txt")
    faults = {fault.path.name: fault.message for fault in faults_of(folder)}
    assert "leads out" in faults["link.txt"]
    assert set(faults) == {"link.txt", "ring.txt", "broken.txt"}


def test_a_pipe_does_not_stall_the_build(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert "not an ordinary file" in the_fault(tmp_path).message


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Text.")
    path.chmod(0)
    assert "cannot be read" in the_fault(path).message


def test_slugs_are_ids_whatever_the_file_is_called() -> None:
    assert slug("000_e80552facb4614a3") == "000-e80552facb4614a3"
    assert slug("Ünïcode  Näme!") == "unicode-name"
    assert slug("麻木") != slug("冷淡")
    assert len({slug("a" * 70), slug("a" * 71)}) == 2


@given(stem=st.text(min_size=1, max_size=100))
def test_any_file_name_gives_a_valid_id(stem: str) -> None:
    from corpus.files import is_id

    assert is_id(slug(stem))


_YAML_SIGNS = st.text(alphabet="ab:-[]{}&*!|>'\"#%@`?, \n\t01.~=<é\x85\u2028\U0001f600", max_size=200)


@given(data=st.binary(max_size=300) | st.builds(lambda text: f"---\n{text}\n---\nBody.".encode(), _YAML_SIGNS))
def test_any_bytes_give_a_text_or_a_corpus_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.md"
    path.write_bytes(data)
    for required in (True, False):
        try:
            source = read_source(path, path.parent, front_matter_required=required)
        except CorpusError:
            continue
        assert source.text[source.body_start :].strip()
