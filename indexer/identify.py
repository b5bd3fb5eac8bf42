"""Permanent passage ids: matches today's passages with those in the lock file.

The lock (passages.lock.jsonl) has one JSON object to a line: every revision ever published, and every
withdrawal. Lines are sorted by document, id and revision. Ids are hashes, so passages added on two branches
rarely fall on neighbouring lines, no line moves when passages change places, and a changed passage adds one line.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from rapidfuzz.distance import Indel, LCSseq

from corpus import CorpusError, Fault
from indexer.model import Passage, PublishedPassage, Span, Withdrawal
from indexer.readability import reading_grade
from indexer.sentences import split_sentences
from indexer.text import tokenize

LIGHT_EDIT = 0.5
"""Word-sequence similarity from which a passage counts as the old one edited: 2 · common words in order / all words
of both. The largest of three equal parts of a split passage has 0.5. Of 888 pairs of different passages within
our 20 texts the most similar has 0.21."""
MOST = 0.5
"""Share of a withdrawn passage's words, in order, that its successor carries at least."""

_SHINGLE = 3
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread
_ID = re.compile(r"p-[0-9a-hjkmnp-tv-z]{12}")


@dataclass(frozen=True, slots=True)
class Revision:
    """A passage's text as it was published; `document_id` and `heading_path` say where it stood last."""

    id: str
    number: int
    document_id: str
    heading_path: tuple[str, ...]
    text: str
    published_on: date


@dataclass(frozen=True, slots=True)
class Lock:
    """What the lock file says: revisions by id, oldest first, and withdrawals by id."""

    revisions: Mapping[str, tuple[Revision, ...]] = field(default_factory=dict)
    withdrawals: Mapping[str, Withdrawal] = field(default_factory=dict)

    def with_missing_from(self, other: Lock) -> Lock:
        """This lock with the revisions and withdrawals that only `other` knows."""
        revisions = dict(self.revisions)
        for passage_id, theirs in other.revisions.items():
            ours = revisions.get(passage_id, ())
            numbers = {revision.number for revision in ours}
            missing = tuple(revision for revision in theirs if revision.number not in numbers)
            revisions[passage_id] = tuple(sorted((*ours, *missing), key=lambda revision: revision.number))
        withdrawals = dict(self.withdrawals)
        for passage_id, withdrawal in other.withdrawals.items():
            if passage_id not in self.revisions:
                withdrawals.setdefault(passage_id, withdrawal)
        return Lock(revisions, withdrawals)


@dataclass(frozen=True, slots=True)
class Identified:
    """The passages under their ids, in the order given, and what became of older ones."""

    published: tuple[PublishedPassage, ...]
    withdrawals: tuple[Withdrawal, ...]
    """In order of id; successors of successors resolved."""
    old_revisions: tuple[PublishedPassage, ...]
    """Earlier texts of documents that the corpus still has. A text whose document is gone is not among them:
    nothing would say under which licence it may be shown."""
    lock: Lock
    new: tuple[str, ...]
    revised: tuple[str, ...]
    withdrawn: tuple[str, ...]

    @property
    def unchanged(self) -> int:
        """How many passages kept id and text."""
        return len(self.published) - len(self.new) - len(self.revised)


def identify(passages: Iterable[Passage], lock: Lock, today: date) -> Identified:
    """Gives each passage its permanent id and revision.

    A passage keeps its id if the text is the same (in the same document, else anywhere), or lightly edited in the
    same document (a new revision). Of a split passage the likeliest heir keeps the id. Otherwise it gets
    a new id, which follows from document, headings and text alone, so that two builds without a lock agree. A
    withdrawn id comes back only with its own text. Texts of other documents never change the outcome for
    a document whose passages are in the lock.
    """
    given = tuple(passages)
    ids = _Matching(given, lock).run()
    published: list[PublishedPassage] = []
    revisions = dict(lock.revisions)
    new: list[str] = []
    revised: list[str] = []
    for index, passage in enumerate(given):
        passage_id = ids[index]
        known = revisions.get(passage_id, ())
        if not known:
            new.append(passage_id)
        elif known[-1].text != passage.text:
            revised.append(passage_id)
        elif passage_id in lock.withdrawals:
            new.append(passage_id)
        revisions[passage_id] = known = _with_current(known, passage_id, passage, today)
        before = _neighbour(given, index, -1)
        after = _neighbour(given, index, +1)
        published.append(
            PublishedPassage(
                id=passage_id,
                revision=known[-1].number,
                passage=passage,
                first_published_on=min(revision.published_on for revision in known),
                updated_on=known[-1].published_on,
                previous_id=None if before is None else ids[before],
                next_id=None if after is None else ids[after],
            )
        )
    live = set(ids.values())
    gone = [
        passage_id for passage_id in lock.revisions if passage_id not in live and passage_id not in lock.withdrawals
    ]
    successors = _successors({each: lock.revisions[each][-1].text for each in gone}, published)
    withdrawals = {each: known for each, known in lock.withdrawals.items() if each not in live}
    withdrawals |= {each: Withdrawal(each, today, successors.get(each)) for each in gone}
    new_lock = Lock(revisions, withdrawals)
    return Identified(
        published=tuple(published),
        withdrawals=tuple(_resolved(withdrawals, live)),
        old_revisions=tuple(_old_revisions(new_lock, published)),
        lock=new_lock,
        new=tuple(new),
        revised=tuple(revised),
        withdrawn=tuple(sorted(gone)),
    )


def _with_current(known: tuple[Revision, ...], passage_id: str, passage: Passage, today: date) -> tuple[Revision, ...]:
    """A passage's revisions after this build; an unchanged text only follows to where it stands now."""
    if known and known[-1].text == passage.text:
        here = replace(known[-1], document_id=passage.document_id, heading_path=passage.heading_path)
        return (*known[:-1], here)
    number = known[-1].number + 1 if known else 1
    return (*known, Revision(passage_id, number, passage.document_id, passage.heading_path, passage.text, today))


def _neighbour(passages: Sequence[Passage], index: int, step: int) -> int | None:
    other = index + step
    if 0 <= other < len(passages) and passages[other].document_id == passages[index].document_id:
        return other
    return None


def _resolved(withdrawals: Mapping[str, Withdrawal], live: set[str]) -> Iterator[Withdrawal]:
    """Withdrawals whose successors are passages of today: a chain is followed to its end."""
    for passage_id in sorted(withdrawals):
        withdrawal = withdrawals[passage_id]
        seen = {passage_id}
        successor = withdrawal.successor_id
        while successor is not None and successor not in live and successor not in seen:
            seen.add(successor)
            next_one = withdrawals.get(successor)
            successor = next_one.successor_id if next_one else None
        yield replace(withdrawal, successor_id=successor if successor in live else None)


# --- matching ---------------------------------------------------------------------------------------------------


_Key = Callable[[Revision | Passage], object]
"""From where a passage stands or stood to what two such places must share."""


class _Matching:
    """Finds an id for each passage; `run` gives the id by index of the passage."""

    def __init__(self, passages: tuple[Passage, ...], lock: Lock) -> None:
        self._passages = passages
        self._lock = lock
        self._ids: dict[int, str] = {}
        self._taken: set[str] = set()

    def run(self) -> dict[int, str]:
        latest = {passage_id: revisions[-1] for passage_id, revisions in self._lock.revisions.items()}
        live = [revision for passage_id, revision in latest.items() if passage_id not in self._lock.withdrawals]
        withdrawn = [revision for passage_id, revision in latest.items() if passage_id in self._lock.withdrawals]
        # A document's own claims come before any other document's, so that adding a text that quotes an old
        # one cannot take over its ids.
        self._match_exactly(live, lambda place: (place.document_id, place.heading_path, place.text))
        self._match_exactly(live, lambda place: (place.document_id, place.text))
        self._match_edited(live)
        self._match_exactly(live, lambda place: place.text)
        self._match_exactly(withdrawn, lambda place: (place.document_id, place.text))
        self._match_exactly(withdrawn, lambda place: place.text)
        for index in self._open():
            self._assign(index, self._fresh_id(self._passages[index]))
        self._order_twins()
        return self._ids

    def _order_twins(self) -> None:
        """Passages that are the same in heading and text take their ids in order: nothing else tells them apart."""
        twins: dict[object, list[int]] = defaultdict(list)
        for index, passage in enumerate(self._passages):
            twins[passage.document_id, passage.heading_path, passage.text].append(index)
        for indexes in twins.values():
            if len(indexes) > 1:
                ordered = sorted(self._ids[index] for index in indexes)
                self._ids.update(zip(indexes, ordered, strict=True))

    def _open(self) -> list[int]:
        return [index for index in range(len(self._passages)) if index not in self._ids]

    def _assign(self, index: int, passage_id: str) -> None:
        self._ids[index] = passage_id
        self._taken.add(passage_id)

    def _match_exactly(self, revisions: Iterable[Revision], key: _Key) -> None:
        candidates: dict[object, list[str]] = defaultdict(list)
        for revision in revisions:
            if revision.id not in self._taken:
                candidates[key(revision)].append(revision.id)
        for ids in candidates.values():
            ids.sort(reverse=True)
        if not candidates:
            return
        for index in self._open():
            passage = self._passages[index]
            ids = candidates.get(key(passage), [])
            if ids:
                self._assign(index, ids.pop())

    def _match_edited(self, live: Iterable[Revision]) -> None:
        old: dict[str, list[Revision]] = defaultdict(list)
        for revision in live:
            if revision.id not in self._taken:
                old[revision.document_id].append(revision)
        new: dict[str, list[int]] = defaultdict(list)
        for index in self._open():
            if self._passages[index].document_id in old:
                new[self._passages[index].document_id].append(index)
        for document_id, indexes in new.items():
            for index, passage_id in self._edited_pairs(old[document_id], indexes):
                self._assign(index, passage_id)

    def _edited_pairs(self, old: Sequence[Revision], indexes: Sequence[int]) -> Iterator[tuple[int, str]]:
        """The most similar pairs first; among equals the same heading, then the order of passages."""
        words = {index: _words(self._passages[index].text) for index in indexes}
        pairs: list[tuple[float, bool, int, str]] = []
        for revision in old:
            old_words = _words(revision.text)
            for index in indexes:
                similarity = Indel.normalized_similarity(old_words, words[index], score_cutoff=LIGHT_EDIT)
                if similarity >= LIGHT_EDIT:
                    elsewhere = self._passages[index].heading_path != revision.heading_path
                    pairs.append((-similarity, elsewhere, index, revision.id))
        done: set[int | str] = set()
        for _, _, index, passage_id in sorted(pairs):
            if index not in done and passage_id not in done:
                done |= {index, passage_id}
                yield index, passage_id

    def _fresh_id(self, passage: Passage) -> str:
        salt = 0
        while (passage_id := derive_id(passage, salt)) in self._taken or passage_id in self._lock.revisions:
            salt += 1
        return passage_id


def derive_id(passage: Passage, salt: int = 0) -> str:
    """The id that a passage gets at its first publication; `salt` counts up where it is taken."""
    parts = [passage.document_id, *passage.heading_path, " ".join(passage.text.split()), str(salt)]
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    number = int.from_bytes(digest[:8]) >> 4  # 60 bits: 12 characters of 5
    return "p-" + "".join(_ALPHABET[(number >> shift) & 31] for shift in range(55, -1, -5))


def _words(text: str) -> list[str]:
    return [token.word for token in tokenize(text)]


def _successors(gone: Mapping[str, str], published: Sequence[PublishedPassage]) -> dict[str, str]:
    """For each withdrawn text the passage that carries most of its words in order, if one carries MOST of them."""
    if not gone:
        return {}
    words = {passage_id: _words(text) for passage_id, text in gone.items()}
    owners: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for passage_id, old_words in words.items():
        for shingle in _shingles(old_words):
            owners[shingle].add(passage_id)
    best: dict[str, tuple[float, str]] = {}
    for candidate in published:
        new_words = _words(candidate.passage.text)
        shared = Counter(each for shingle in _shingles(new_words) for each in owners.get(shingle, ()))
        for passage_id in shared:
            old_words = words[passage_id]
            share = LCSseq.similarity(old_words, new_words) / len(old_words)
            if share >= MOST and share > best.get(passage_id, (0.0, ""))[0]:
                best[passage_id] = (share, candidate.id)
    return {passage_id: successor for passage_id, (_, successor) in best.items()}


def _shingles(words: Sequence[str]) -> set[tuple[str, ...]]:
    length = min(_SHINGLE, len(words))
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)} if length else set()


def _old_revisions(lock: Lock, published: Sequence[PublishedPassage]) -> Iterator[PublishedPassage]:
    documents = {each.passage.document_id: each.passage.language for each in published}
    positions = {each.id: each.passage.position for each in published}
    for passage_id in sorted(lock.revisions):
        revisions = lock.revisions[passage_id]
        for revision in revisions[:-1] if passage_id in positions else revisions:
            if revision.document_id in documents:
                yield PublishedPassage(
                    id=passage_id,
                    revision=revision.number,
                    passage=_as_it_was(revision, positions.get(passage_id, 0), documents[revision.document_id]),
                    first_published_on=min(each.published_on for each in revisions),
                    updated_on=revision.published_on,
                )


_MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]<>&#|~])")


def _as_it_was(revision: Revision, position: int, language: str) -> Passage:
    """A passage as the lock remembers it: without emphasis, and without a place in today's source."""
    spans = tuple(Span(start, end) for start, end in split_sentences(revision.text))
    return Passage(
        document_id=revision.document_id,
        heading_path=revision.heading_path,
        position=position,
        text=revision.text,
        markdown=_MARKDOWN_SIGNS.sub(r"\\\1", revision.text),
        source_span=Span(0, 0),
        sentence_spans=spans,
        language=language,
        word_count=len(_words(revision.text)),
        reading_grade=reading_grade(revision.text, len(spans)),
    )


# --- the file -----------------------------------------------------------------------------------------------------

_REVISION_KEYS = {"id", "revision", "document_id", "heading_path", "text", "sha256", "published_on"}
_WITHDRAWAL_KEYS = {"id", "withdrawn_on", "successor_id"}
_RESTORE = "Restore the file from version control; the next build adds what is missing."


def read_lock(path: Path) -> Lock:
    """The lock in a file; an empty one if there is no file. Raises CorpusError with every broken line."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Lock()
    except OSError as error:
        message = f"the lock file cannot be read: {error.strerror or error}."
        raise CorpusError((Fault(path, message, "Check its permissions."),)) from None
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CorpusError((Fault(path, "this line is not UTF-8.", _RESTORE, line),)) from None
    return parse_lock(text, path)


def parse_lock(text: str, path: Path) -> Lock:
    """The lock in a text; `path` is for faults. Raises CorpusError."""
    faults: list[Fault] = []
    revisions: dict[str, dict[int, Revision]] = defaultdict(dict)
    withdrawals: dict[str, tuple[Withdrawal, int]] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = _entry(line)
        except _BadLine as error:
            faults.append(Fault(path, error.message, error.remedy, number))
            continue
        if isinstance(entry, Withdrawal):
            withdrawals[entry.passage_id] = (entry, number)
            continue
        other = revisions[entry.id].setdefault(entry.number, entry)
        if other.text != entry.text:
            message = f"revision {entry.number} of '{entry.id}' is given twice with different texts."
            faults.append(Fault(path, message, "Keep the line whose text was published, delete the other.", number))
    for passage_id, (_, number) in withdrawals.items():
        if passage_id not in revisions:
            message = f"'{passage_id}' is withdrawn, but no line says what it was."
            faults.append(Fault(path, message, _RESTORE, number))
    if faults:
        raise CorpusError(tuple(faults))
    return Lock(
        {
            passage_id: tuple(by_number[each] for each in sorted(by_number))
            for passage_id, by_number in revisions.items()
        },
        {passage_id: withdrawal for passage_id, (withdrawal, _) in withdrawals.items()},
    )


class _BadLine(Exception):
    def __init__(self, message: str, remedy: str = _RESTORE) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def _entry(line: str) -> Revision | Withdrawal:
    """One line of the lock."""
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>", "|||||||")):
        remedy = "Keep the lines of both sides, delete the marker lines, then build again."
        raise _BadLine("this is the mark of an unfinished merge.", remedy)
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise _BadLine("this line is not JSON.") from None
    if not isinstance(entry, dict) or set(entry) not in (_REVISION_KEYS, _WITHDRAWAL_KEYS):
        raise _BadLine("this line is neither a revision nor a withdrawal.")
    try:
        if "withdrawn_on" in entry:
            successor = None if entry["successor_id"] is None else _passage_id(entry["successor_id"])
            return Withdrawal(_passage_id(entry["id"]), date.fromisoformat(entry["withdrawn_on"]), successor)
        if _sha256(entry["text"]) != entry["sha256"]:
            raise _BadLine("the text of this line was changed by hand: its sha256 does not fit.")
        return Revision(
            id=_passage_id(entry["id"]),
            number=_positive(entry["revision"]),
            document_id=_string(entry["document_id"]),
            heading_path=tuple(_string(heading) for heading in entry["heading_path"]),
            text=entry["text"],
            published_on=date.fromisoformat(entry["published_on"]),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise _BadLine(f"a value of this line is wrong: {error}.") from None


def _passage_id(value: object) -> str:
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise ValueError(f"{value!r} is not a passage id")


def _positive(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise ValueError(f"{value!r} is not a revision number")


def _string(value: object) -> str:
    if isinstance(value, str):
        value.encode()
        return value
    raise ValueError(f"{value!r} is not text")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def format_lock(lock: Lock) -> str:
    """The lock as it stands in the file."""

    def place(passage_id: str) -> tuple[str, str]:
        return lock.revisions[passage_id][-1].document_id, passage_id

    lines: list[str] = []
    for passage_id in sorted(lock.revisions, key=place):
        for revision in lock.revisions[passage_id]:
            lines.append(
                _line(
                    id=revision.id,
                    revision=revision.number,
                    document_id=revision.document_id,
                    heading_path=revision.heading_path,
                    text=revision.text,
                    sha256=_sha256(revision.text),
                    published_on=revision.published_on.isoformat(),
                )
            )
        if withdrawal := lock.withdrawals.get(passage_id):
            withdrawn_on = withdrawal.withdrawn_on.isoformat()
            lines.append(_line(id=passage_id, withdrawn_on=withdrawn_on, successor_id=withdrawal.successor_id))
    return "".join(lines)


def _line(**values: object) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(", ", ": ")) + "\n"


def write_lock(path: Path, text: str) -> None:
    """Replaces the lock file in one step: after a crash it has the old or the new text, whole. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
