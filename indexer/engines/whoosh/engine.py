"""Serves the current generation of an index folder and follows it when a new one is published."""

from __future__ import annotations

import logging
import os
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Literal

from indexer.engines.whoosh.generations import CURRENT, generations, read_current
from indexer.engines.whoosh.manifest import Damaged
from indexer.engines.whoosh.snapshot import MakeReader, WhooshSnapshot
from indexer.errors import IndexUnavailable
from indexer.query import QueryReader

log = logging.getLogger(__name__)

LOOK_INTERVAL_S = 0.25
"""How often CURRENT is looked at: a `stat` costs 2 µs, a new generation shows within this time."""
FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 30.0
"""Waits between tries to open a generation that could not be opened; each is twice the one before."""
REBUILD = "build it with `python -m indexer build`"


class WhooshEngine:
    """A SearchEngine over a folder. Thread-safe; a process forked from this one opens its own files."""

    def __init__(
        self, root: Path, make_reader: MakeReader = QueryReader, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._root = root
        self._make_reader = make_reader
        self._clock = clock
        self._forget()
        _engines.add(self)

    def _forget(self) -> None:
        self._lock = Lock()
        self._snapshot: WhooshSnapshot | None = None
        self._failure: IndexUnavailable | None = None
        self._seen: _Sight | Literal["never"] = "never"
        self._next_look = float("-inf")
        self._next_try = float("-inf")
        self._retry_s = FIRST_RETRY_S

    def snapshot(self) -> WhooshSnapshot:
        serving = self._snapshot
        if serving is not None and self._clock() < self._next_look:
            return serving
        # While one thread opens a new generation, the others go on with the old one; only without one they wait.
        if not self._lock.acquire(blocking=serving is None):
            return serving or self.snapshot()
        try:
            self._look()
        finally:
            self._lock.release()
        if self._snapshot is None:
            raise self._failure or IndexUnavailable(f"no index at '{self._root}'; {REBUILD}")
        return self._snapshot

    def close(self) -> None:
        """Lets go of the files; a snapshot that is still in use keeps its own. Opens again if asked again."""
        self._forget()

    def _look(self) -> None:
        """Opens what CURRENT names, if that has changed or could not be opened before."""
        now = self._clock()
        if now < self._next_look:
            return
        sight = _sight(self._root / CURRENT)
        if sight != self._seen:
            self._seen, self._retry_s = sight, FIRST_RETRY_S
        elif self._failure is None or now < self._next_try:
            self._next_look = now + LOOK_INTERVAL_S
            return
        try:
            self._snapshot, self._failure = self._open_current(), None
        except IndexUnavailable as error:
            self._failure = error
            self._next_try, self._retry_s = now + self._retry_s, min(2 * self._retry_s, LONGEST_RETRY_S)
            self._snapshot = self._snapshot or self._open_older()
            log.warning("%s; serving %s", error, self._snapshot.name if self._snapshot else "nothing")
        self._next_look = self._clock() + LOOK_INTERVAL_S

    def _open_current(self) -> WhooshSnapshot:
        name = read_current(self._root)
        while True:
            if name is None:
                missing = (
                    f"no index at '{self._root}'" if self._seen is None else f"'{self._root / CURRENT}' is damaged"
                )
                raise IndexUnavailable(f"{missing}; {REBUILD}")
            try:
                return WhooshSnapshot(self._root / name, self._make_reader)
            except (Damaged, OSError) as error:
                # A generation may be replaced and removed between reading its name and opening it.
                newer = read_current(self._root)
                if newer == name:
                    raise IndexUnavailable(f"the index cannot be opened: {error}; {REBUILD}") from error
                name = newer

    def _open_older(self) -> WhooshSnapshot | None:
        current = read_current(self._root)
        for name in generations(self._root):
            if name != current:
                try:
                    return WhooshSnapshot(self._root / name, self._make_reader)
                except (Damaged, OSError) as error:
                    log.warning("generation %s cannot be opened either: %s", name, error)
        return None


_Sight = tuple[int, int, int] | None


def _sight(path: Path) -> _Sight:
    """What tells one CURRENT from the next without reading it; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_ino, status.st_mtime_ns, status.st_size)


_engines: weakref.WeakSet[WhooshEngine] = weakref.WeakSet()


def _after_fork() -> None:
    # The child shares file positions with its parent, and a lock may be held by a thread that it does not have.
    for engine in _engines:
        engine._forget()


os.register_at_fork(after_in_child=_after_fork)
