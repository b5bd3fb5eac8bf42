"""Builds a new generation beside the current one and makes it current in one atomic step."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from corpus import Vocabulary
from indexer.engines.whoosh.fields import heading_terms, text_terms, whoosh_document
from indexer.engines.whoosh.generations import (
    LOCK,
    TEMPORARY,
    generation_name,
    generation_number,
    generations,
    read_current,
    write_current,
)
from indexer.engines.whoosh.manifest import LEASE, Damaged, seal, sync
from indexer.engines.whoosh.passages import read_passages, write_passage
from indexer.engines.whoosh.snapshot import VECTORS, Layout, WhooshSnapshot
from indexer.engines.whoosh.store import new_index
from indexer.errors import BuildBusy, BuildFailed, IndexerError
from indexer.model import PublishedDocument, PublishedPassage, Withdrawal
from indexer.query import QueryReading
from indexer.records import encode
from indexer.search import Embed
from indexer.text import tokenize

LOCK_POLL_S = 0.1
"""How often a waiting build tries the lock again."""
SAMPLE_WORDS = 8
"""Words of each document's first passage that must lead back to it before a generation is published."""


class WhooshWriter:
    """An IndexWriter over a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def begin(self, *, wait_s: float = 60.0) -> WhooshGeneration:
        with _explained("prepare the index folder"):
            self._root.mkdir(parents=True, exist_ok=True)
            lock = _take_lock(self._root / LOCK, wait_s)
        try:
            with _explained("prepare the index folder"):
                _clear(self._root)
                folder = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir=self._root))
                folder.chmod(0o755)
                return WhooshGeneration(self._root, folder, lock)
        except BaseException:
            os.close(lock)
            raise

    def current_version(self) -> str | None:
        name = read_current(self._root)
        if name is None:
            return None
        try:
            return WhooshSnapshot(self._root / name, _NoReader).corpus_version
        except (Damaged, OSError):
            return None


class WhooshGeneration:
    """A version being written, in a folder that nobody reads until `publish` has renamed it."""

    def __init__(self, root: Path, folder: Path, lock: int) -> None:
        self._root = root
        self._folder = folder
        self._lock: int | None = lock
        self._places: dict[str, tuple[str, int, int, int]] = {}
        """For each passage: document id, position, and where its line stands in the spool."""
        self._spool: IO[bytes] = (folder / "spool").open("w+b")
        self._spooled = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A full disk can make even closing fail; what cannot be removed now, the next build removes.
        with suppress(OSError):
            self._spool.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def add(self, passage: PublishedPassage) -> None:
        """Raises BuildFailed for an id that was added before, or when the disk is full."""
        if passage.id in self._places:
            raise BuildFailed(f"passage '{passage.id}' was added twice; give each passage an id of its own")
        with _explained("write the passages"):
            length = write_passage(self._spool, passage)
        self._places[passage.id] = (passage.passage.document_id, passage.passage.position, self._spooled, length)
        self._spooled += length

    def publish(
        self,
        *,
        corpus_version: str,
        vocabulary: Vocabulary,
        documents: Iterable[PublishedDocument],
        withdrawals: Iterable[Withdrawal] = (),
        old_revisions: Iterable[PublishedPassage] = (),
        utterances: Mapping[str, Sequence[str]] | None = None,
        embed: Embed | None = None,
    ) -> None:
        if self._lock is None:
            raise BuildFailed("this generation is closed already; begin another")
        known = tuple(sorted(documents, key=lambda document: document.source.id))
        with _explained("write the index"):
            self._sort_spool()
            layout, lexicon = self._write_index(vocabulary, {found.source.id: found.title for found in known})
            revisions: dict[str, dict[str, Any]] = {}
            for passage in old_revisions:
                revisions.setdefault(passage.id, {})[str(passage.revision)] = encode(passage)
            for name, content in {
                "layout": encode(layout),
                "lexicon": lexicon,
                "vocabulary": encode(vocabulary),
                "documents": encode(known),
                "withdrawals": encode(tuple(withdrawals)),
                "revisions": revisions,
                "utterances": {topic_id: list(texts) for topic_id, texts in (utterances or {}).items()},
                "build": {"corpus_version": corpus_version, "built_at": datetime.now(UTC).isoformat()},
            }.items():
                _write_json(self._folder / f"{name}.json", content)
            if embed is not None:
                embed(read_passages(self._folder / "passages.jsonl")).save(self._folder / VECTORS)
            seal(self._folder)
            self._check(layout, known, corpus_version)
            self._switch()

    def _sort_spool(self) -> None:
        """Passages in order of document and position: their order is their number, and the order of listings."""
        ordered = sorted(self._places.values(), key=lambda place: place[:2])
        self._spool.flush()
        with (self._folder / "passages.jsonl").open("wb") as file:
            for _, _, offset, length in ordered:
                file.write(os.pread(self._spool.fileno(), length, offset))
        self._spool.close()
        (self._folder / "spool").unlink()

    def _write_index(self, vocabulary: Vocabulary, titles: dict[str, str]) -> tuple[Layout, dict[str, int]]:
        layout = Layout([], [], [], [])
        lexicon: Counter[str] = Counter()
        with new_index(self._folder / "whoosh") as add_document:
            for passage in read_passages(self._folder / "passages.jsonl"):
                _validate(passage, vocabulary, titles)
                title = titles[passage.passage.document_id]
                text, headings = text_terms(passage), heading_terms(passage, title)
                add_document(**whoosh_document(passage, text, headings))
                layout.ids.append(passage.id)
                layout.line_lengths.append(self._places[passage.id][3])
                layout.text_lengths.append(len(text))
                layout.heading_lengths.append(sum(len(heading) for heading in headings))
                lexicon.update(_words(passage, title))
        return layout, dict(sorted(lexicon.items()))

    def _check(self, layout: Layout, documents: tuple[PublishedDocument, ...], corpus_version: str) -> None:
        """Opens the finished generation as a server would, and asks it for what was put in."""
        try:
            snapshot = WhooshSnapshot(self._folder, _NoReader)
            if (snapshot.corpus_version, snapshot.passage_count) != (corpus_version, len(layout.ids)):
                raise Damaged("it does not hold what was written")
            for document in documents:
                if document.passage_ids:
                    snapshot.check_found(document.passage_ids[0], SAMPLE_WORDS)
        except (Damaged, IndexerError) as error:
            raise BuildFailed(
                f"the new index failed its check ({error}), so the old one goes on serving; "
                "check the disk and build again"
            ) from error

    def _switch(self) -> None:
        before = read_current(self._root)
        finished = generations(self._root)
        numbers = [generation_number(name) or 0 for name in (*finished, before or "")]
        name = generation_name(max(numbers, default=0) + 1)
        self._folder.rename(self._root / name)
        sync(self._root)
        write_current(self._root, name)
        kept = before if before in finished else next(iter(finished), None)
        for old in finished:
            if old != kept:
                _remove_unless_read(self._root, old)


class _NoReader:
    """Reads queries for snapshots that are opened to be checked and are asked nothing in plain language."""

    def __init__(self, *_: object) -> None: ...

    def read(self, text: str, *, interpret: bool = True) -> QueryReading:
        raise NotImplementedError


# --- steps -------------------------------------------------------------------------------------------------------


@contextmanager
def _explained(task: str) -> Iterator[None]:
    """Turns what the system refuses into BuildFailed with a remedy."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            message = f"could not {task}: the disk is full; free some space and build again"
        else:
            place = f" '{error.filename}'" if error.filename else ""
            message = f"could not {task}: {error.strerror or error}{place}; check the folder's permissions and the disk"
        raise BuildFailed(f"{message} (what was published before goes on serving)") from error


def _take_lock(path: Path, wait_s: float) -> int:
    """A descriptor that holds the build lock; closing it, or dying, releases the lock."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + wait_s
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip() or "an unknown process"
                    raise BuildBusy(
                        f"another build ({holder}) has held the index for {wait_s:g} s; wait for it or stop it"
                    ) from None
                time.sleep(LOCK_POLL_S)
        os.ftruncate(descriptor, 0)
        with suppress(OSError):  # on a full disk the holder's name is missing, no more
            os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _clear(root: Path) -> None:
    """Removes what killed builds left; the caller holds the lock, so nobody is at work there."""
    for path in root.glob(f"{TEMPORARY}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _remove_unless_read(root: Path, name: str) -> None:
    """Removes an old generation, in two steps so that a kill in between leaves nothing that looks whole."""
    folder = root / name
    try:
        lease = os.open(folder / LEASE, os.O_RDONLY)
    except OSError:
        lease = None  # no reader can have opened it without
    try:
        if lease is not None:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        doomed = root / f"{TEMPORARY}old-{name}"
        folder.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
    except OSError:
        pass  # still read, or not removable now: a later build tries again
    finally:
        if lease is not None:
            os.close(lease)


def _validate(passage: PublishedPassage, vocabulary: Vocabulary, titles: dict[str, str]) -> None:
    """Before Whoosh sees it: a failed `add_document` leaves postings that the next document would inherit."""
    document_id = passage.passage.document_id
    if document_id not in titles:
        raise BuildFailed(f"passage '{passage.id}' belongs to document '{document_id}', which was not published")
    for tag in passage.passage.tags:
        if tag.topic_id not in vocabulary:
            raise BuildFailed(f"passage '{passage.id}' has a tag of topic '{tag.topic_id}', which the vocabulary lacks")


def _words(passage: PublishedPassage, title: str) -> set[str]:
    texts = (passage.passage.text, *passage.passage.heading_path, title)
    return {token.word for text in texts for token in tokenize(text)}


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
