"""Opens and creates a generation's Whoosh index: the one place that touches Whoosh's untyped storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from whoosh.filedb import filestore
from whoosh.reading import IndexReader

from indexer.engines.whoosh.fields import schema

WRITER_MEMORY_MB = 64
"""Postings that Whoosh holds in memory before it sorts them through the disk."""

# Without mmap: with it the index is copied to the heap in each forked process (299 MB against 48 at 100,000 passages).
_storage: Any = filestore.FileStorage
_ram_storage: Any = filestore.RamStorage


IN_MEMORY_BYTES = 32_000_000
"""An index up to this size, about 15,000 passages, is read as a whole when it is opened: what happens to its files
afterwards, truncation included, fails no search. The packaged one has less than 2 MB."""


def open_reader(folder: Path) -> IndexReader:
    """A reader of the index in `folder`, whose files must have been verified: opening one unpickles parts of it."""
    files = [path for path in folder.iterdir() if path.is_file()]
    if sum(path.stat().st_size for path in files) <= IN_MEMORY_BYTES:
        storage = _ram_storage()
        for path in files:
            storage.files[path.name] = path.read_bytes()
    else:
        storage = _storage(str(folder), supports_mmap=False)
    reader: IndexReader = storage.open_index().reader()
    return reader


@contextmanager
def new_index(folder: Path) -> Iterator[Callable[..., None]]:
    """Whoosh's `add_document` into a new index of one segment. After any error nothing of it may be used."""
    folder.mkdir()
    writer = _storage(str(folder), supports_mmap=False).create_index(schema()).writer(limitmb=WRITER_MEMORY_MB)
    try:
        yield writer.add_document
        writer.commit(optimize=True)
    except BaseException:
        # On a full disk cancel() raises as well; the folder is thrown away anyhow.
        with suppress(Exception):
            writer.cancel()
        raise
    for leftover in folder.glob("*LOCK"):
        leftover.unlink()
