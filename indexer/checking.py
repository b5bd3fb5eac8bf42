"""Checks a corpus folder without an index: what an editor must mend, and what is worth knowing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from corpus import LOCK_NAME, Corpus, CorpusError, Fault, read_corpus
from indexer.identify import format_lock, read_lock
from indexer.pipeline import prepare


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found; an error fails the check, a warning does not."""

    severity: Literal["error", "warning"]
    fault: Fault


FolderCheck = Callable[[Path], Iterator[Finding]]
CorpusCheck = Callable[[Corpus, date], Iterator[Finding]]


def check(corpus_dir: Path, today: date, *, locked: bool = False) -> tuple[Finding, ...]:
    """Everything found in a folder of texts, errors first.

    With `locked` a lock file that is behind the texts is an error; else a warning, since the next build brings it
    up to date.
    """
    findings = [finding for each in FOLDER_CHECKS for finding in each(corpus_dir)]
    try:
        corpus = read_corpus(corpus_dir)
    except CorpusError as error:
        findings += _errors(error)
    else:
        findings += [finding for each in CORPUS_CHECKS for finding in each(corpus, today)]
        if not any(finding.severity == "error" for finding in findings):
            findings += _check_passages(corpus, locked)
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: finding.severity))


def _check_lock_file(corpus_dir: Path) -> Iterator[Finding]:
    """The lock can be read, whatever else is wrong."""
    try:
        read_lock(corpus_dir / LOCK_NAME)
    except CorpusError as error:
        yield from _errors(error)


def _check_reviews(corpus: Corpus, today: date) -> Iterator[Finding]:
    """Texts whose review is overdue, or dated in the future."""
    for source in corpus.sources:
        if source.next_review_on and source.next_review_on < today:
            message = f"the review was due on {source.next_review_on}."
            remedy = "Review the text, then update reviewed_on and next_review_on."
            yield _warning(source.path, message, remedy, "next_review_on")
        if source.reviewed_on and source.reviewed_on > today:
            message = f"{source.reviewed_on} is still to come."
            yield _warning(source.path, message, "Put the day of the last review.", "reviewed_on")


def _check_notices(corpus: Corpus, today: date) -> Iterator[Finding]:  # noqa: ARG001
    for notice in corpus.notices:
        yield _warning(corpus.root, f"{notice}.", "Nothing needs to be done if that is intended.")


def _check_passages(corpus: Corpus, locked: bool) -> Iterator[Finding]:
    """Every text yields passages, and the lock knows them."""
    path = corpus.root / LOCK_NAME
    try:
        lock = read_lock(path)
        outcome = prepare(corpus, lock)
    except CorpusError as error:
        yield from _errors(error)
        return
    yield from (Finding("warning", fault) for fault in outcome.left_out)
    if corpus.lock_path is None or format_lock(lock) == format_lock(outcome.identified.lock):
        return
    ids = outcome.identified
    message = (
        f"the lock is behind the texts: {len(ids.new)} new, {len(ids.revised)} revised, "
        f"{len(ids.withdrawn)} withdrawn passages."
    )
    remedy = "Run `python -m indexer build` and commit the lock file with the texts."
    yield Finding("error" if locked else "warning", Fault(path, message, remedy))


def _errors(error: CorpusError) -> list[Finding]:
    return [Finding("error", fault) for fault in error.faults]


def _warning(path: Path, message: str, remedy: str, field: str | None = None) -> Finding:
    return Finding("warning", Fault(path, message, remedy, field=field))


FOLDER_CHECKS: tuple[FolderCheck, ...] = (_check_lock_file,)
"""Checks of files that do not need the texts to be readable. Add one here for a new kind of file."""
CORPUS_CHECKS: tuple[CorpusCheck, ...] = (_check_reviews, _check_notices)
"""Checks of a corpus that could be read."""
