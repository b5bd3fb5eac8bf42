"""How a running server follows an index: when it looks, what it does when it cannot open, and after a fork."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from corpus import Vocabulary
from indexer.engines import open_engine, open_writer
from indexer.engines.whoosh import WhooshEngine, WhooshWriter
from indexer.engines.whoosh.engine import FIRST_RETRY_S, LOOK_INTERVAL_S
from indexer.engines.whoosh.generations import CURRENT, generations
from indexer.engines.whoosh.manifest import LEASE
from indexer.errors import IndexUnavailable
from indexer.query import QueryReader
from indexer.search import SearchRequest
from tests.engines.samples import PASSAGES, Sample, make_passage


class Clock:
    """A monotonic clock that moves when told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def writer(root: Path) -> WhooshWriter:
    return WhooshWriter(root)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(root: Path, clock: Clock) -> WhooshEngine:
    return WhooshEngine(root, clock=clock, in_background=False)


def test_a_new_version_shows_within_the_interval_and_not_before(
    writer: WhooshWriter, engine: WhooshEngine, clock: Clock
) -> None:
    Sample().publish(writer)
    first = engine.snapshot()
    Sample(version="version-2").publish(writer)
    clock.now += LOOK_INTERVAL_S / 2
    assert engine.snapshot() is first
    clock.now += LOOK_INTERVAL_S
    assert engine.snapshot().corpus_version == "version-2"


def test_no_request_waits_while_a_new_version_is_opened(root: Path, writer: WhooshWriter) -> None:
    may_open = threading.Event()
    may_open.set()

    def slow_reader(vocabulary: Vocabulary, lexicon: Mapping[str, int], *_: object) -> QueryReader:
        may_open.wait(10)
        return QueryReader(vocabulary, lexicon)

    Sample().publish(writer)
    engine = WhooshEngine(root, slow_reader)
    first = engine.snapshot()
    may_open.clear()
    Sample(version="version-2").publish(writer)
    time.sleep(LOOK_INTERVAL_S)
    for _ in range(5):
        assert engine.snapshot() is first
    may_open.set()
    deadline = time.monotonic() + 10
    while engine.snapshot().corpus_version != "version-2":
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_engine_that_is_closed_while_it_opens_lets_go_of_everything(root: Path, writer: WhooshWriter) -> None:
    Sample().publish(writer)
    engine = WhooshEngine(root)
    engine.snapshot()
    Sample(version="version-2").publish(writer)
    time.sleep(LOOK_INTERVAL_S)
    engine.snapshot()
    engine.close()
    for thread in threading.enumerate():
        if thread.name == "thaw-open-index":
            thread.join(10)
    for name in generations(root):
        with (root / name / LEASE).open() as lease:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_an_unchanged_index_is_not_opened_again(writer: WhooshWriter, engine: WhooshEngine, clock: Clock) -> None:
    Sample().publish(writer)
    first = engine.snapshot()
    for _ in range(5):
        clock.now += 60
        assert engine.snapshot() is first


def test_an_index_that_appears_later_is_served(
    root: Path, writer: WhooshWriter, engine: WhooshEngine, clock: Clock
) -> None:
    for _ in range(2):
        with pytest.raises(IndexUnavailable, match="no index at"):
            engine.snapshot()
    Sample().publish(writer)
    clock.now += LOOK_INTERVAL_S
    assert engine.snapshot().corpus_version == "version-1"


def test_a_damaged_new_version_is_not_taken_up_and_is_tried_again_ever_more_rarely(
    root: Path, writer: WhooshWriter, engine: WhooshEngine, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    Sample().publish(writer)
    engine.snapshot()
    Sample(version="version-2").publish(writer)
    damaged = root / generations(root)[0] / "passages.jsonl"
    intact = damaged.read_bytes()
    damaged.write_bytes(b"")
    tries: list[float] = []
    look = engine._open_current
    monkeypatch.setattr(engine, "_open_current", lambda: (tries.append(clock.now), look())[1])
    start = clock.now + 1
    for step in range(400):
        clock.now = start + step * LOOK_INTERVAL_S
        assert engine.snapshot().corpus_version == "version-1"
    waits = [after - before for before, after in pairwise(tries)]
    assert waits[0] == pytest.approx(FIRST_RETRY_S, abs=LOOK_INTERVAL_S)
    assert waits == sorted(waits)
    assert len(tries) < 10
    damaged.write_bytes(intact)
    clock.now += 60
    assert engine.snapshot().corpus_version == "version-2"


def test_a_repaired_index_is_served_at_once_after_the_next_build(
    root: Path, writer: WhooshWriter, engine: WhooshEngine, clock: Clock
) -> None:
    Sample().publish(writer)
    (root / generations(root)[0] / "layout.json").write_bytes(b"[]")
    with pytest.raises(IndexUnavailable, match="damaged"):
        engine.snapshot()
    Sample(version="version-2").publish(writer)
    clock.now += LOOK_INTERVAL_S
    assert engine.snapshot().corpus_version == "version-2"


def test_a_server_goes_on_while_its_index_folder_is_away(
    root: Path, writer: WhooshWriter, engine: WhooshEngine, clock: Clock
) -> None:
    Sample().publish(writer)
    engine.snapshot()
    root.rename(root.with_name("away"))
    clock.now += 60
    assert engine.snapshot().search(SearchRequest("burnout")).total == 1
    Sample(PASSAGES[:2], version="version-2").publish(WhooshWriter(root))
    clock.now += LOOK_INTERVAL_S
    assert engine.snapshot().corpus_version == "version-2"


def test_threads_that_ask_first_all_get_the_version(root: Path, writer: WhooshWriter) -> None:
    Sample().publish(writer)
    engine = WhooshEngine(root)
    start = threading.Barrier(8)
    got: list[object] = []

    def ask() -> None:
        start.wait()
        got.append(engine.snapshot())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(got) == 8
    assert len({id(snapshot) for snapshot in got}) == 1


def test_forked_workers_open_files_of_their_own(root: Path, writer: WhooshWriter) -> None:
    texts = [f"Word{n} stands in text number {n} and nowhere else." for n in range(300)]
    passages = tuple(make_passage(f"q-{n}", "many", n, text) for n, text in enumerate(texts))
    Sample(passages).publish(writer)
    engine = WhooshEngine(root)
    inherited = engine.snapshot()
    children = []
    for _ in range(3):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                snapshot = engine.snapshot()
                right = snapshot is not inherited and all(
                    [hit.passage.id for hit in snapshot.search(SearchRequest(f"word{n}", interpret=False)).hits]
                    == [f"q-{n}"]
                    for n in range(300)
                )
                status = 0 if right else 2
            finally:
                os._exit(status)
        children.append(child)
    for n in range(300):
        assert inherited.search(SearchRequest(f"word{n}", interpret=False)).total == 1
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]


def test_a_fork_while_another_thread_opens_does_not_leave_the_child_locked(root: Path, writer: WhooshWriter) -> None:
    Sample().publish(writer)
    engine = WhooshEngine(root)
    engine._state.lock.acquire()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if engine.snapshot().passage_count == len(PASSAGES) else 2
        finally:
            os._exit(status)
    engine._state.lock.release()
    deadline = time.monotonic() + 10
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.02)
    assert ended[1] == 0


def test_other_processes_searching_through_rebuilds_and_killed_builders_see_no_failure(
    root: Path, writer: WhooshWriter
) -> None:
    Sample(version="v0").publish(writer)
    until = time.monotonic() + 3
    clients = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                engine = WhooshEngine(root)
                while time.monotonic() < until:
                    snapshot = engine.snapshot()
                    assert snapshot.search(SearchRequest("burnout months")).total == 1
                    assert snapshot.passage("p-diary").id == "p-diary"
                status = 0
            finally:
                os._exit(status)
        clients.append(child)
    round_ = 0
    while time.monotonic() < until:
        round_ += 1
        builder = os.fork()
        if builder == 0:
            try:
                Sample(version=f"v{round_}").publish(WhooshWriter(root))
            finally:
                os._exit(0)
        if round_ % 3 == 0:
            time.sleep(0.03)
            os.kill(builder, signal.SIGKILL)
        os.waitpid(builder, 0)
    assert [os.waitpid(child, 0)[1] for child in clients] == [0, 0]
    assert round_ >= 6


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("build/index", "did you mean 'whoosh:build/index'"),
        ("whoosh:", "use 'whoosh:PATH'"),
        ("solr:http://localhost", "unknown engine 'solr'"),
        ("opensearch+http://localhost:9200/thaw", "no OpenSearch engine"),
    ],
)
def test_an_index_url_that_names_no_engine_is_refused_with_a_remedy(url: str, remedy: str) -> None:
    for opens in (open_engine, open_writer):
        with pytest.raises(IndexUnavailable, match=remedy):
            opens(url)


def test_opening_an_engine_touches_nothing(root: Path) -> None:
    open_engine(f"whoosh:{root}")
    assert not root.exists()
    assert not (root / CURRENT).exists()
