"""Opens the engine that an index URL names."""

from __future__ import annotations

from pathlib import Path

from indexer.errors import IndexUnavailable
from indexer.search import IndexWriter, SearchEngine


def open_engine(url: str) -> SearchEngine:
    """The engine behind `url`; cheap, nothing is read before the first snapshot.

    `whoosh:PATH` is a folder on this machine. Raises IndexUnavailable for any other scheme.
    """
    from indexer.engines.whoosh import WhooshEngine

    return WhooshEngine(_whoosh_folder(url))


def open_writer(url: str) -> IndexWriter:
    """What builds new versions of the index behind `url`. Raises IndexUnavailable for an unknown scheme."""
    from indexer.engines.whoosh import WhooshWriter

    return WhooshWriter(_whoosh_folder(url))


def _whoosh_folder(url: str) -> Path:
    scheme, colon, rest = url.partition(":")
    if scheme == "whoosh" and rest:
        return Path(rest)
    if not colon:
        raise IndexUnavailable(f"the index URL '{url}' has no scheme; did you mean 'whoosh:{url}'?")
    if scheme in ("opensearch+http", "opensearch+https"):
        raise IndexUnavailable("this version of Thaw has no OpenSearch engine; use 'whoosh:PATH'")
    raise IndexUnavailable(f"unknown engine '{scheme}' in the index URL '{url}'; use 'whoosh:PATH'")
