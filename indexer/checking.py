"""Checks a corpus folder without an index: what an editor must mend, and what is worth knowing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from corpus import LOCK_NAME, Corpus, CorpusError, Fault, read_corpus
from corpus.companions import PACKAGED_COMPANIONS, read_companions
from corpus.marked import Fields, Marked, YamlFault, load_marked
from corpus.screening import PACKAGED_SCREENING, read_screening
from corpus.suggest_deny import PACKAGED_SUGGEST_DENY, read_suggest_deny
from corpus.support import PACKAGED_SUPPORT, due, read_support
from indexer.identify import format_lock, read_lock
from indexer.pipeline import Outcome, prepare

COMPANIONS, SCREENING, SUGGEST_DENY, SUPPORT = (
    path.name for path in (PACKAGED_COMPANIONS, PACKAGED_SCREENING, PACKAGED_SUGGEST_DENY, PACKAGED_SUPPORT)
)
READERS: Mapping[str, Callable[[Path], object]] = {
    SCREENING: read_screening,
    SUPPORT: read_support,
    SUGGEST_DENY: read_suggest_deny,
    COMPANIONS: read_companions,
}
"""Files that a folder may bring; one that is not there stands in the package and was checked with it."""


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


def _check_rule_files(corpus_dir: Path) -> Iterator[Finding]:
    """The rules and contacts that the folder brings can be read, each fault of each file."""
    for name, read in READERS.items():
        if (corpus_dir / name).exists():
            try:
                read(corpus_dir / name)
            except CorpusError as error:
                yield from _errors(error)


def _check_contacts(corpus: Corpus, today: date) -> Iterator[Finding]:
    """Contacts that nobody has compared with their service for half a year."""
    path = corpus.root / SUPPORT
    try:
        contacts = read_support(path).contacts if path.exists() else ()
    except CorpusError:  # said by the check of the files
        return
    marks = {str(fields.pairs["id"].value): fields.pairs["checked_on"] for fields in _entries(path, "contacts")}
    for contact in due(contacts, today):
        message = f"'{contact.id}' was last checked on {contact.checked_on}."
        remedy = "Compare the entry with what the service itself says today, then update checked_on."
        yield Finding("warning", Fault(path, message, remedy, marks[contact.id].line, "checked_on"))


def _check_named_topics(corpus: Corpus, today: date) -> Iterator[Finding]:  # noqa: ARG001
    """Rules that name a topic which the vocabulary does not have would silently do nothing."""
    places = [(SUGGEST_DENY, "replaces", item) for item in _listed(corpus.root / SUGGEST_DENY, "help", "replaces")]
    for name, entries, inner in ((SUGGEST_DENY, "help", "suggestions"), (COMPANIONS, "companions", "with")):
        for entry in _entries(corpus.root / name, entries):
            found = (fields.pairs.get("topic") for fields in entry.mappings(inner))
            places += [(name, "topic", marked) for marked in found if marked]
    for name, field, marked in places:
        if str(marked.value) not in corpus.vocabulary:
            message = f"the vocabulary has no topic '{marked.value}'."
            remedy = "Write the id as in vocabulary.yaml, or delete the line."
            yield Finding("error", Fault(corpus.root / name, message, remedy, marked.line, field))


def _check_companions(corpus: Corpus, outcome: Outcome) -> Iterator[Finding]:
    """Every companion is a passage: what cannot be found is not shown, and nobody would notice."""
    path = corpus.root / COMPANIONS
    outlines = {document.source.id: document.outline for document in outcome.documents}
    for entry in _entries(path, "companions"):
        document, heading = entry.pairs["document"], entry.pairs["heading"]
        if str(document.value) not in outlines:
            message = f"there is no text '{document.value}'."
            yield Finding("error", Fault(path, message, "Write the id of a text.", document.line, "document"))
        elif not any(each.heading == heading.value and each.passage_ids for each in outlines[str(document.value)]):
            message = f"the text '{document.value}' has no passage under a heading '{heading.value}'."
            remedy = "Write the heading exactly as it stands in the text."
            yield Finding("error", Fault(path, message, remedy, heading.line, "heading"))


def _entries(path: Path, key: str) -> Iterator[Fields]:
    """The mappings listed under a key of a file, with their lines; none where it is missing or has faults.

    The readers hand up values without lines, so the lines come from the file once more.
    """
    if not path.exists():
        return
    try:
        READERS[path.name](path)
        top = Fields.of(load_marked(path.read_text("utf-8-sig")), path, [])
    except (CorpusError, YamlFault):  # said by the check of the files
        return
    yield from top.mappings(key) if top else ()


def _listed(path: Path, key: str, inner: str) -> Iterator[Marked]:
    for entry in _entries(path, key):
        yield from entry.texts(inner)


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
    yield from _check_companions(corpus, outcome)
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


FOLDER_CHECKS: tuple[FolderCheck, ...] = (_check_lock_file, _check_rule_files)
"""Checks of files that do not need the texts to be readable. Add one here for a new kind of file."""
CORPUS_CHECKS: tuple[CorpusCheck, ...] = (_check_reviews, _check_notices, _check_contacts, _check_named_topics)
"""Checks of a corpus that could be read."""
