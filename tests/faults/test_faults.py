"""Faults under load: no failed request and no lost passage, whatever is killed, filled up, damaged or rebuilt."""

from __future__ import annotations

import http.client
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from bench.load import Load
from tests.api.serving import Server, serve
from tests.faults.conftest import Library, has_its_passage, note, note_text

pytestmark = pytest.mark.faults
CLIENTS = 4
REBUILDS = 20


def test_rebuilding_twenty_times_fails_no_request(library: Library, tmp_path: Path) -> None:
    addresses = library.addresses()
    with serve(library.url, tmp_path / "run") as server:
        before = server.ask("GET", "/v1/topics")[1]["ETag"]
        with Load(server.port, addresses, clients=CLIENTS, check=has_its_passage) as load:
            for edition in range(1, REBUILDS + 1):
                library.write(edition)
                library.build()
            time.sleep(1)
        # A worker that nobody asked for a while answers once from what it has and opens the new version meanwhile;
        # each of the two has to.
        deadline = time.monotonic() + 20
        in_a_row = 0
        while in_a_row < 20 and time.monotonic() < deadline:
            in_a_row = in_a_row + 1 if server.ask("GET", "/v1/topics")[1]["ETag"] != before else 0
            time.sleep(0.05)
    note(f"{REBUILDS} rebuilds", load.report)
    assert in_a_row == 20, "both workers serve the new editions"
    assert not load.report.failures
    assert not load.report.breaks


def test_a_worker_killed_under_load_costs_no_request_that_is_tried_again(library: Library, tmp_path: Path) -> None:
    addresses = library.addresses()
    with serve(library.url, tmp_path / "run") as server:
        with Load(server.port, addresses, clients=CLIENTS, check=has_its_passage) as load:
            for _ in range(5):
                time.sleep(0.5)
                os.kill(random.choice(server.workers()), signal.SIGKILL)
                # One fault at a time: a second kill before the first is mended can meet the second try as well.
                wait_for_both_workers(server)
        assert len(server.workers()) == 2, "gunicorn has replaced them"
    note("5 workers killed (-9)", load.report)
    assert not load.report.failures
    # A killed process takes its open connections with it: at most one per client and kill.
    assert load.report.breaks <= 5 * CLIENTS


def wait_for_both_workers(server: Server) -> None:
    """Until both of the present workers have answered."""
    answered: set[int] = set()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        present = set(server.workers())
        if len(present) == 2 and present <= answered:
            return
        with suppress(OSError, http.client.HTTPException):  # the one that was killed
            answered |= {int(pid) for pid in re.findall(rb'worker="(\d+)"', server.ask("GET", "/metrics")[2])}
        time.sleep(0.02)
    raise AssertionError("the workers were not replaced")


def test_killed_builds_leave_the_old_version_serving(library: Library, tmp_path: Path) -> None:
    addresses = library.addresses()
    with serve(library.url, tmp_path / "run") as server:
        with Load(server.port, addresses, clients=CLIENTS, check=has_its_passage) as load:
            for attempt in range(8):
                library.write(100 + attempt)
                with library.start_build(start_new_session=True) as process:
                    time.sleep(0.4 + 0.25 * attempt)
                    process.kill()
        note("8 builds killed (-9)", load.report)
        assert not load.report.failures
        assert not load.report.breaks
        library.build()
        assert not list(library.index.glob("tmp-*")), "the next build clears what the killed ones left"
        time.sleep(1)
        for address in library.addresses():
            assert has_its_passage(address, *_status_and_body(server.ask("GET", address))) is None


def _status_and_body(answer: tuple[int, object, bytes]) -> tuple[int, bytes]:
    return answer[0], answer[2]


@pytest.mark.parametrize("limit_kib", [2, 8, 24])
def test_a_build_on_a_full_disk_says_so_and_changes_nothing(library: Library, tmp_path: Path, limit_kib: int) -> None:
    addresses = library.addresses()

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_kib * 1024, limit_kib * 1024))

    with serve(library.url, tmp_path / "run") as server:
        with Load(server.port, addresses, clients=CLIENTS, check=has_its_passage) as load:
            library.write(7)
            with library.start_build(preexec_fn=fill) as process:
                output, _ = process.communicate(timeout=120)
        note(f"build with files of {limit_kib} KiB at most", load.report)
        assert process.returncode != 0
        assert "disk is full" in output
        assert "Traceback" not in output
        assert not load.report.failures
        assert not load.report.breaks
    assert set(library.addresses()) == set(addresses)
    library.build()


def test_a_build_on_a_disk_that_is_really_full_says_so(library: Library, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a small tmpfs")
    try:
        small = Library(library.corpus, disk / "index")
        first = small.start_build()
        output, _ = first.communicate(timeout=120)
        if first.returncode == 0:  # fits once: now the disk is filled beside it
            (disk / "ballast").write_bytes(b"x" * (shutil.disk_usage(disk).free - 8192))
            addresses = small.addresses()
            with serve(small.url, tmp_path / "run") as server:
                with Load(server.port, addresses, clients=CLIENTS, check=has_its_passage) as load:
                    small.write(9)
                    with small.start_build() as process:
                        output, _ = process.communicate(timeout=120)
                note("build on a full tmpfs", load.report)
                assert process.returncode != 0
                assert not load.report.failures
        assert "disk is full" in output
        assert "Traceback" not in output
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("damage", ["delete", "truncate", "overwrite", "replace"])
def test_index_files_damaged_under_the_service_fail_no_request(library: Library, tmp_path: Path, damage: str) -> None:
    library.write(1)
    library.build()
    addresses = library.addresses()
    rng = random.Random(5)
    with serve(library.url, tmp_path / "run") as server:
        with Load(server.port, addresses, clients=CLIENTS, check=has_its_passage) as load:
            time.sleep(1)
            for path in sorted(library.index.rglob("*")):
                if path.is_file():
                    _damage(path, damage, rng)
            time.sleep(3)
        note(f"all index files: {damage}", load.report)
        assert not load.report.failures
        assert not load.report.breaks
        if library.index.exists():
            shutil.rmtree(library.index)
        library.build()
        deadline = time.monotonic() + 60
        while server.ask("GET", "/readyz")[0] != 200 and time.monotonic() < deadline:
            time.sleep(0.2)
        assert server.ask("GET", addresses[0])[0] == 200, "a build mends it without a restart"


def _damage(path: Path, damage: str, rng: random.Random) -> None:
    size = path.stat().st_size
    if damage == "delete":
        path.unlink()
    elif damage == "truncate":
        os.truncate(path, size // 2)
    elif damage == "overwrite":
        with path.open("r+b") as file:
            file.write(rng.randbytes(size))
    else:  # another file of the same name: what was open stays as it was
        fresh = path.with_name(path.name + ".fresh")
        fresh.write_bytes(rng.randbytes(size))
        fresh.replace(path)


def test_a_worker_that_starts_on_a_damaged_index_serves_the_one_before(library: Library, tmp_path: Path) -> None:
    library.write(1)
    library.build()
    current = library.index / (library.index / "CURRENT").read_text().strip()
    for path in current.rglob("*"):
        if path.is_file() and path.stat().st_size:
            _damage(path, "overwrite", random.Random(6))
    with serve(library.url, tmp_path / "run") as server:
        assert server.ask("GET", "/readyz")[0] == 200
        assert "serving g-" in server.log.read_text()
    note_text("A worker that starts on a damaged generation serves the one before it.")
