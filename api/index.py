"""The engine behind the application: opened at the first request, and again after a failure."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from flask import Flask, current_app, g

from indexer.errors import IndexUnavailable
from indexer.search import SearchEngine, Snapshot

log = logging.getLogger("thaw.index")
_EXTENSION = "thaw.engine"


class LazyEngine:
    """Opens an engine at its first use, in the worker that serves: a reader must not be shared over a fork."""

    def __init__(self, open_engine: Callable[[], SearchEngine]) -> None:
        self._open = open_engine
        self._engine: SearchEngine | None = None
        self._lock = threading.Lock()

    def snapshot(self) -> Snapshot:
        """The current version; raises IndexUnavailable as long as there is none."""
        engine = self._engine
        if engine is None:
            with self._lock:
                engine = self._engine = self._engine or self._open()
        return engine.snapshot()

    def close(self) -> None:
        """Closes what was opened."""
        if self._engine is not None:
            self._engine.close()


def attach(app: Flask, engine: SearchEngine) -> None:
    """Gives the application its engine."""
    app.extensions[_EXTENSION] = engine


def snapshot() -> Snapshot:
    """The version of the corpus that this request reads, the same throughout; raises IndexUnavailable."""
    if "snapshot" not in g:
        engine: SearchEngine = current_app.extensions[_EXTENSION]
        g.snapshot = engine.snapshot()
    current: Snapshot = g.snapshot
    return current


def warm(app: Flask) -> None:
    """Opens the index before the first request; a missing one is no reason not to start."""
    try:
        app.extensions[_EXTENSION].snapshot()
    except IndexUnavailable as error:
        log.warning("no index yet: %s", error)
