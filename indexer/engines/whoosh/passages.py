"""The passages of a generation as lines of JSON, written in order and read one by one from any thread or process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from indexer.engines.whoosh.cache import BoundedCache
from indexer.model import PublishedPassage
from indexer.records import decode, encode

IN_MEMORY_BYTES = 32_000_000
"""Passages up to this size are read as a whole when they are opened, so that nothing that happens to the file later
fails a request; larger ones stay on the disk."""
CACHED_PASSAGES = 2000
"""Decoded passages kept in memory, about 8 kB each with their tags."""


def write_passage(file: IO[bytes], passage: PublishedPassage) -> int:
    """Appends one line; returns its length in bytes."""
    return file.write(json.dumps(encode(passage), ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def read_passages(path: Path) -> Iterator[PublishedPassage]:
    """All passages of a file, in order."""
    with path.open("rb") as file:
        for line in file:
            yield decode(PublishedPassage, json.loads(line))


class PassageFile:
    """Passages by their number. Reads with `pread`, which shares no file position: no lock, and safe after a fork."""

    def __init__(self, path: Path, lengths: Sequence[int]) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)
        self._lengths = lengths
        self._offsets = [0]
        for length in lengths:
            self._offsets.append(self._offsets[-1] + length)
        is_small = self._offsets[-1] <= IN_MEMORY_BYTES
        self._content = os.pread(self._descriptor, self._offsets[-1], 0) if is_small else None
        self._cache: BoundedCache[int, PublishedPassage] = BoundedCache(CACHED_PASSAGES, lambda _: 1)

    def __getitem__(self, number: int) -> PublishedPassage:
        known = self._cache.get(number)
        if known is None:
            start, length = self._offsets[number], self._lengths[number]
            if self._content is None:
                line = os.pread(self._descriptor, length, start)
            else:
                line = self._content[start : start + length]
            known = decode(PublishedPassage, json.loads(line))
            self._cache.put(number, known)
        return known

    def close(self) -> None:
        os.close(self._descriptor)
