"""Builds that are killed, run out of disk or meet a damaged folder: what was published goes on serving."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.engines.whoosh import WhooshEngine, WhooshWriter, manifest, publish
from indexer.engines.whoosh.generations import CURRENT, LOCK, generations, read_current
from indexer.engines.whoosh.manifest import LEASE, MANIFEST, Damaged, verify
from indexer.errors import BuildBusy, BuildFailed, IndexUnavailable
from indexer.search import SearchRequest
from tests.engines.samples import PASSAGES, Sample, make_passage


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def writer(root: Path) -> WhooshWriter:
    return WhooshWriter(root)


def serving(root: Path) -> str:
    """The version that a server which starts now would serve, after a search that must work."""
    snapshot = WhooshEngine(root).snapshot()
    assert snapshot.search(SearchRequest("diary")).hits[0].passage.id == "p-diary"
    return snapshot.corpus_version


def in_child(task: Callable[[], None]) -> int:
    """Runs `task` in a forked process; returns its wait status."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            task()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1]


# --- killed --------------------------------------------------------------------------------------------------


def killed_at(module: object, name: str, *, after: bool = False) -> Callable[[], None]:
    """Makes the process kill itself when `module.name` is called, or when it returns."""

    def arm() -> None:
        original = getattr(module, name)

        def deadly(*args: object, **kwargs: object) -> object:
            if after:
                original(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)
            return None

        setattr(module, name, deadly)

    return arm


@pytest.mark.parametrize(
    ("arm", "survivor"),
    [
        (killed_at(publish, "write_passage", after=True), "version-1"),
        (killed_at(publish, "whoosh_document"), "version-1"),
        (killed_at(publish, "_write_json"), "version-1"),
        (killed_at(publish, "seal"), "version-1"),
        (killed_at(manifest, "sync"), "version-1"),
        (killed_at(publish, "seal", after=True), "version-1"),
        (killed_at(publish, "write_current"), "version-1"),
        (killed_at(publish, "write_current", after=True), "version-2"),
        (killed_at(publish, "_remove_unless_read", after=True), "version-2"),
    ],
)
def test_a_killed_build_leaves_the_old_version_or_the_new_one(
    root: Path, writer: WhooshWriter, arm: Callable[[], None], survivor: str
) -> None:
    for _ in range(2):
        Sample().publish(writer)

    def build() -> None:
        arm()
        Sample(version="version-2").publish(WhooshWriter(root))

    assert os.WTERMSIG(in_child(build)) == signal.SIGKILL
    assert serving(root) == survivor
    Sample(version="version-3").publish(writer)
    assert serving(root) == "version-3"
    assert not list(root.glob("tmp-*"))
    assert len(generations(root)) == 2


def test_a_build_killed_at_any_moment_harms_nobody(root: Path, writer: WhooshWriter) -> None:
    Sample().publish(writer)
    engine = WhooshEngine(root)
    many = tuple(make_passage(f"q-{n}", "many", n, f"Text number{n} of a longer diary.") for n in range(150))
    for delay_ms in (5, 20, 40, 60, 90, 120):
        child = os.fork()
        if child == 0:
            try:
                Sample((*PASSAGES, *many), version="version-2").publish(WhooshWriter(root))
            finally:
                os._exit(0)
        time.sleep(delay_ms / 1000)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert engine.snapshot().search(SearchRequest("burnout")).total == 1
        assert WhooshEngine(root).snapshot().corpus_version in ("version-1", "version-2")
    Sample(version="version-3").publish(writer)
    assert serving(root) == "version-3"
    assert not list(root.glob("tmp-*"))


# --- a full disk ---------------------------------------------------------------------------------------------


def test_a_disk_that_is_full_fails_the_build_and_keeps_the_old_version(root: Path, writer: WhooshWriter) -> None:
    Sample().publish(writer)
    long = tuple(make_passage(f"q-{n}", "many", n, f"Text number{n} " * 60) for n in range(60))

    def build() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        with pytest.raises(BuildFailed, match="disk is full"):
            Sample((*PASSAGES, *long), version="version-2").publish(WhooshWriter(root))
        assert not list(root.glob("tmp-*"))

    assert in_child(build) == 0
    assert serving(root) == "version-1"
    Sample((*PASSAGES, *long), version="version-3").publish(writer)
    assert serving(root) == "version-3"


@pytest.mark.parametrize(
    "step", ["write_passage", "whoosh_document", "new_index", "_write_json", "seal", "sync", "write_current"]
)
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_write_that_fails_at_any_step_fails_the_build_with_a_remedy(
    root: Path, writer: WhooshWriter, monkeypatch: pytest.MonkeyPatch, step: str, code: int
) -> None:
    Sample().publish(writer)

    def refuse(*args: object, **kwargs: object) -> object:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr(publish, step, refuse)
        with pytest.raises(BuildFailed, match="disk is full; free" if code == errno.ENOSPC else "check the folder"):
            Sample(version="version-2").publish(writer)
    assert serving(root) == "version-1"
    Sample(version="version-3").publish(writer)
    assert serving(root) == "version-3"
    assert not list(root.glob("tmp-*"))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(BuildFailed, match="file"):
        WhooshWriter(tmp_path / "file" / "index").begin()


# --- damage --------------------------------------------------------------------------------------------------


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != LEASE)


def test_a_flipped_bit_in_any_file_is_detected(root: Path, writer: WhooshWriter) -> None:
    Sample().publish(writer)
    folder = root / generations(root)[0]
    verify(folder)
    assert len(files_of(folder)) >= 10
    for path in files_of(folder):
        intact = path.read_bytes()
        for place in {0, len(intact) // 3, len(intact) // 2, len(intact) - 1}:
            damaged = bytearray(intact)
            damaged[place] ^= 4
            path.write_bytes(damaged)
            with pytest.raises(Damaged):
                verify(folder)
        path.write_bytes(intact[:-1])
        with pytest.raises(Damaged):
            verify(folder)
        path.write_bytes(intact)
    verify(folder)


def test_a_missing_and_an_added_file_are_detected(root: Path, writer: WhooshWriter) -> None:
    Sample().publish(writer)
    folder = root / generations(root)[0]
    (folder / "whoosh" / "_MAIN_9.toc").write_bytes(b"planted: Whoosh would unpickle it")
    with pytest.raises(Damaged, match="added"):
        verify(folder)
    (folder / "whoosh" / "_MAIN_9.toc").unlink()
    (folder / "layout.json").rename(root / "elsewhere")
    with pytest.raises(Damaged, match="missing"):
        verify(folder)


def test_nothing_of_a_damaged_generation_is_opened(
    root: Path, writer: WhooshWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    Sample().publish(writer)
    (segment,) = (root / generations(root)[0]).glob("whoosh/*.seg")
    segment.write_bytes(segment.read_bytes()[::-1])
    opened: list[object] = []
    monkeypatch.setattr("indexer.engines.whoosh.snapshot.open_reader", opened.append)
    with pytest.raises(IndexUnavailable):
        WhooshEngine(root).snapshot()
    assert opened == []


def test_a_server_that_starts_on_a_damaged_generation_serves_the_one_before(
    root: Path, writer: WhooshWriter, caplog: pytest.LogCaptureFixture
) -> None:
    Sample().publish(writer)
    Sample(version="version-2").publish(writer)
    (root / generations(root)[0] / "passages.jsonl").write_bytes(b"{}")
    assert serving(root) == "version-1"
    assert "'passages.jsonl' is damaged" in caplog.text
    assert writer.current_version() is None
    Sample(version="version-3").publish(writer)
    assert serving(root) == writer.current_version() == "version-3"


def test_a_server_without_any_intact_generation_says_what_to_do(root: Path, writer: WhooshWriter) -> None:
    Sample().publish(writer)
    (root / generations(root)[0] / MANIFEST).unlink()
    with pytest.raises(IndexUnavailable, match="indexer build"):
        WhooshEngine(root).snapshot()


@pytest.mark.parametrize(
    "content", [None, b"", b"garbage", b"g-99999999\n", b"../../etc\n", b"\xff\xfe\x00", b"g-00000002"]
)
def test_a_build_recovers_from_whatever_current_says(root: Path, writer: WhooshWriter, content: bytes | None) -> None:
    Sample().publish(writer)
    Sample(version="version-2").publish(writer)
    (root / CURRENT).unlink()
    if content is not None:
        (root / CURRENT).write_bytes(content)
    assert serving(root) == "version-2"
    Sample(version="version-3").publish(writer)
    assert serving(root) == writer.current_version() == "version-3"


def test_a_generation_of_another_format_is_not_opened(
    root: Path, writer: WhooshWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    Sample().publish(writer)
    monkeypatch.setattr(manifest, "FORMAT", 2)
    with pytest.raises(IndexUnavailable, match="another version of Thaw"):
        WhooshEngine(root).snapshot()


def test_a_new_version_that_fails_its_check_is_not_published(
    root: Path, writer: WhooshWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    Sample().publish(writer)
    monkeypatch.setattr(publish, "text_terms", lambda passage: ["other", "words"])
    with pytest.raises(BuildFailed, match="not found by its own words"):
        Sample(version="version-2").publish(writer)
    assert serving(root) == "version-1"


# --- old generations -------------------------------------------------------------------------------------------


def test_two_generations_are_kept(root: Path, writer: WhooshWriter) -> None:
    for number in range(5):
        Sample(version=f"version-{number}").publish(writer)
    assert generations(root) == ["g-00000005", "g-00000004"]
    assert read_current(root) == "g-00000005"


def test_a_generation_that_is_still_read_is_kept_until_it_is_not(root: Path, writer: WhooshWriter) -> None:
    Sample().publish(writer)
    held = WhooshEngine(root).snapshot()
    for number in range(2, 5):
        Sample(version=f"version-{number}").publish(writer)
    assert generations(root) == ["g-00000004", "g-00000003", "g-00000001"]
    assert held.passage("p-diary").id == "p-diary"
    del held
    Sample(version="version-5").publish(writer)
    assert generations(root) == ["g-00000005", "g-00000004"]


def test_a_snapshot_outlives_the_removal_of_its_folder(root: Path, writer: WhooshWriter) -> None:
    Sample().publish(writer)
    held = WhooshEngine(root).snapshot()
    shutil.rmtree(root)
    assert {hit.passage.id for hit in held.search(SearchRequest("music glass watch strain")).hits} >= {"p-burnout"}


# --- two builds ------------------------------------------------------------------------------------------------


def test_a_second_build_names_the_process_that_holds_the_lock(root: Path, writer: WhooshWriter) -> None:
    with writer.begin(), pytest.raises(BuildBusy, match=rf"process {os.getpid()} on \S+"):
        writer.begin(wait_s=0)


def test_the_lock_of_a_killed_build_is_free(root: Path, writer: WhooshWriter) -> None:
    def build() -> None:
        WhooshWriter(root).begin()
        os.kill(os.getpid(), signal.SIGKILL)

    in_child(build)
    assert list(root.glob("tmp-*"))
    with writer.begin(wait_s=0):
        assert len(list(root.glob("tmp-*"))) == 1


def test_the_lock_file_stays_so_that_no_two_builds_lock_different_files(root: Path, writer: WhooshWriter) -> None:
    Sample().publish(writer)
    before = (root / LOCK).stat().st_ino
    Sample(version="version-2").publish(writer)
    assert (root / LOCK).stat().st_ino == before


def test_a_closed_generation_cannot_be_published(root: Path, writer: WhooshWriter) -> None:
    with writer.begin() as generation:
        pass
    with pytest.raises(BuildFailed, match="begin another"):
        generation.publish(corpus_version="x", vocabulary=Sample().vocabulary, documents=())


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")
def test_searching_and_building_leak_no_descriptors(root: Path, writer: WhooshWriter) -> None:
    Sample().publish(writer)
    serving(root)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for number in range(3):
        Sample(version=f"version-{number}").publish(writer)
        serving(root)
    # The thread that prepares suggestions holds the last snapshot a moment longer.
    deadline = time.monotonic() + 10
    while len(os.listdir("/proc/self/fd")) > before and time.monotonic() < deadline:  # noqa: PTH208
        time.sleep(0.05)
    # Fewer is no leak: the first snapshot's thread may have held one while `before` was counted; a leak adds three.
    assert len(os.listdir("/proc/self/fd")) <= before  # noqa: PTH208


def test_the_lease_is_released_with_the_last_snapshot(root: Path, writer: WhooshWriter) -> None:
    Sample().publish(writer)
    engine = WhooshEngine(root)
    engine.snapshot()
    with (root / generations(root)[0] / LEASE).open() as lease:
        with pytest.raises(BlockingIOError):
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        engine.close()
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
