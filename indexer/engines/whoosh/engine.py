"""Serves the current generation of an index folder and follows it when a new one is published."""

from __future__ import annotations

import logging
import os
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread
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


_Sight = tuple[int, int, int] | None
"""What tells one CURRENT from the next without reading it; None if there is none."""


class _State:
    """What an engine has open and when it looks again; an engine that is closed or forked begins anew."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.snapshot: WhooshSnapshot | None = None
        self.failure: IndexUnavailable | None = None
        """Why CURRENT could not be opened; None where it is served."""
        self.seen: _Sight | Literal["never"] = "never"
        self.next_look = float("-inf")
        self.next_try = float("-inf")
        self.retry_s = FIRST_RETRY_S


class WhooshEngine:
    """A SearchEngine over a folder. Thread-safe; a process forked from this one opens its own files."""

    def __init__(
        self,
        root: Path,
        make_reader: MakeReader = QueryReader,
        *,
        clock: Callable[[], float] = time.monotonic,
        in_background: bool = True,
    ) -> None:
        """`in_background`: open new generations in a thread, so that no request waits while one is verified and
        warmed (a second and more, most of it for the labels of the vocabulary). The first is always waited for.
        """
        self._root = root
        self._make_reader = make_reader
        self._clock = clock
        self._in_background = in_background
        self._state = _State()
        _engines.add(self)

    def snapshot(self) -> WhooshSnapshot:
        state = self._state
        if state.snapshot is None:
            with state.lock:
                if state.snapshot is None and self._is_due(state):
                    self._open(state)
                    self._prepare_later(state)
            if state.snapshot is None:
                raise state.failure or IndexUnavailable(f"no index at '{self._root}'; {REBUILD}")
        elif self._clock() >= state.next_look and state.lock.acquire(blocking=False):
            # Whoever holds the lock opens what is new; all others go on with what is old.
            if not self._is_due(state):
                state.lock.release()
            elif self._in_background:
                self._start(self._open_and_release, state)
            else:
                self._open_and_release(state)
        return state.snapshot

    def _prepare_later(self, state: _State) -> None:
        if self._in_background and state.snapshot is not None:
            # What the thread holds has no files, for it may outlive the snapshot.
            self._start(state.snapshot.suggester.prepare)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        Thread(target=work, args=arguments, daemon=True, name="thaw-open-index").start()

    def close(self) -> None:
        """Lets go of the files; a snapshot that is still in use keeps its own. Opens again if asked again."""
        # A thread that is opening a generation now still has the old state, and fills that.
        self._state = _State()

    def _is_due(self, state: _State) -> bool:
        """True where CURRENT has changed, or could not be opened before and it is time to try again."""
        now = self._clock()
        if now < state.next_look:
            return False
        state.next_look = now + LOOK_INTERVAL_S
        sight = _sight(self._root / CURRENT)
        if sight != state.seen:
            state.seen, state.retry_s = sight, FIRST_RETRY_S
            return True
        return state.failure is not None and now >= state.next_try

    def _open_and_release(self, state: _State) -> None:
        try:
            self._open(state)
        finally:
            state.lock.release()
        if state.snapshot is not None:
            state.snapshot.suggester.prepare()

    def _open(self, state: _State) -> None:
        """Swaps in the current generation; on failure keeps what serves, or finds an older one to serve."""
        try:
            state.snapshot, state.failure = self._open_current(), None
        except IndexUnavailable as error:
            state.failure = error
            state.next_try = self._clock() + state.retry_s
            state.retry_s = min(2 * state.retry_s, LONGEST_RETRY_S)
            state.snapshot = state.snapshot or self._open_older()
            log.warning("%s; serving %s", error, state.snapshot.name if state.snapshot else "nothing")

    def _open_current(self) -> WhooshSnapshot:
        name = read_current(self._root)
        while True:
            if name is None:
                path = self._root / CURRENT
                missing = f"'{path}' is damaged" if path.exists() else f"no index at '{self._root}'"
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


def _sight(path: Path) -> _Sight:
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_ino, status.st_mtime_ns, status.st_size)


_engines: weakref.WeakSet[WhooshEngine] = weakref.WeakSet()


def _after_fork() -> None:
    # The child shares file positions with its parent, and a lock may be held by a thread that it does not have.
    for engine in _engines:
        engine._state = _State()


os.register_at_fork(after_in_child=_after_fork)
