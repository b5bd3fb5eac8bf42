"""Reads a corpus folder, or any folder of texts: all of it, or every fault in it."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from corpus.errors import CorpusError, Fault
from corpus.files import ID_PATTERN, ID_REMEDY, MAX_ID_LENGTH, is_id, read_text
from corpus.marked import Fields, YamlFault, load_marked
from corpus.model import ADVISORIES, Advisory, Corpus, License, MediaType, Reference, Source, Vocabulary
from corpus.utterances import Utterances, read_utterances
from corpus.vocabulary import PACKAGED_VOCABULARY, read_vocabulary

MAX_TEXT_BYTES = 10_000_000
"""A novel has about one million bytes; more than ten in one text is a mistake and would stall a build."""

LOCK_NAME = "passages.lock.jsonl"

MEDIA_TYPES: Mapping[str, MediaType] = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".txt": "text/plain",
}

LICENSES: Mapping[str, License] = {
    license_.id: license_
    for license_ in (
        License("CC-BY-4.0", "Creative Commons Attribution 4.0", "https://creativecommons.org/licenses/by/4.0/"),
        License(
            "CC-BY-SA-4.0",
            "Creative Commons Attribution-ShareAlike 4.0",
            "https://creativecommons.org/licenses/by-sa/4.0/",
        ),
        License(
            "CC-BY-ND-4.0",
            "Creative Commons Attribution-NoDerivatives 4.0",
            "https://creativecommons.org/licenses/by-nd/4.0/",
        ),
        License(
            "CC-BY-NC-4.0",
            "Creative Commons Attribution-NonCommercial 4.0",
            "https://creativecommons.org/licenses/by-nc/4.0/",
        ),
        License("CC-BY-3.0", "Creative Commons Attribution 3.0", "https://creativecommons.org/licenses/by/3.0/"),
        License(
            "CC-BY-SA-3.0",
            "Creative Commons Attribution-ShareAlike 3.0",
            "https://creativecommons.org/licenses/by-sa/3.0/",
        ),
        License("CC0-1.0", "Creative Commons Zero 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        License(
            "OGL-UK-3.0",
            "Open Government Licence v3.0",
            "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        ),
    )
}
"""Licences that a text may name, by SPDX id. Add a line for another one."""

REQUIRED_KEYS = ("id", "title", "summary", "authors", "license", "reviewed_on", "next_review_on")
FRONT_MATTER_KEYS = (*REQUIRED_KEYS, "language", "references", "source_url", "advisories")
REFERENCE_KEYS = ("title", "publisher", "url")

_FENCE = re.compile(r"---[ \t]*(?:\r\n|\n|\r|$)")
_END_FENCE = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r\n|\n|\r|\Z)", re.MULTILINE)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def read_corpus(root: Path) -> Corpus:
    """The texts and the vocabulary of a folder.

    A folder with a vocabulary.yaml is a corpus: its texts stand in texts/, Markdown texts need front matter,
    utterances.yaml (which may be missing) says how people speak of its topics, and passages.lock.jsonl belongs to
    it. Any other folder is searched for .md, .txt and .html files at any depth; it is read with the packaged
    vocabulary and utterances, and front matter may be missing. Hidden files and
    README files are passed over; `notices` says what was.
    Raises CorpusError with every fault of every file.
    """
    faults: list[Fault] = []
    notices: list[str] = []
    if not root.is_dir():
        message = "this is not a folder." if root.exists() else "there is no such folder."
        raise CorpusError((Fault(root, message, "Name a corpus folder, or a folder of .md, .txt or .html files."),))
    is_corpus = (root / "vocabulary.yaml").exists()
    vocabulary_path = root / "vocabulary.yaml" if is_corpus else PACKAGED_VOCABULARY
    vocabulary = _vocabulary(vocabulary_path, faults)
    utterances = _utterances(vocabulary_path.with_name("utterances.yaml"), vocabulary, faults)
    folder = root / "texts" if is_corpus else root
    sources: list[Source] = []
    if is_corpus and not folder.is_dir():
        faults.append(Fault(folder, "a corpus keeps its texts in this folder, and it is missing.", "Add it."))
    else:
        sources = list(_sources(folder, faults, notices, front_matter_required=is_corpus))
    if faults:
        raise CorpusError(tuple(faults))
    ordered = tuple(sorted(sources, key=lambda source: source.id))
    return Corpus(root, ordered, vocabulary, root / LOCK_NAME if is_corpus else None, tuple(notices), utterances)


def _vocabulary(path: Path, faults: list[Fault]) -> Vocabulary:
    try:
        return read_vocabulary(path)
    except CorpusError as error:
        faults.extend(error.faults)
        return Vocabulary({})


def _utterances(path: Path, vocabulary: Vocabulary, faults: list[Fault]) -> Utterances:
    # Without its vocabulary every topic would be unknown: the faults of that file are enough.
    if not (vocabulary.topics and path.exists()):
        return {}
    try:
        return read_utterances(path, vocabulary)
    except CorpusError as error:
        faults.extend(error.faults)
        return {}


def read_source(path: Path, root: Path, *, front_matter_required: bool = False) -> Source:
    """One text; raises CorpusError if it cannot be used or stands (or links) outside `root`.

    The text is decoded as UTF-8 with line ends as they are; a byte order mark is taken off before offsets
    are counted.
    """
    faults: list[Fault] = []
    source = _source(path, root.resolve(), faults, [], front_matter_required=front_matter_required)
    if source is None or faults:
        raise CorpusError(tuple(faults))
    return source


def _sources(folder: Path, faults: list[Fault], notices: list[str], *, front_matter_required: bool) -> Iterator[Source]:
    """Every text under a folder, in order of path; duplicate ids and an empty folder are faults."""
    first_with: dict[str, Path] = {}
    resolved = folder.resolve()
    count = 0
    for path in _text_files(folder, faults, notices):
        count += 1
        source = _source(path, resolved, faults, notices, front_matter_required=front_matter_required)
        if source is None:
            continue
        other = first_with.setdefault(source.id, path)
        if other is not path:
            message = f"the id '{source.id}' is also that of {other}."
            faults.append(Fault(path, message, "Give one of them another id (or file name).", field="id"))
            continue
        yield source
    if count == 0 and not faults:
        remedy = "Add texts, or name another folder with --corpus."
        faults.append(Fault(folder, "there are no .md, .txt or .html files in this folder.", remedy))


def _text_files(folder: Path, faults: list[Fault], notices: list[str]) -> Iterator[Path]:
    """Paths of text files in sorted order, whatever order the file system gives them in."""

    def unreadable(error: OSError) -> None:
        remedy = "Check its permissions."
        faults.append(Fault(Path(error.filename), f"the folder cannot be read: {error.strerror}.", remedy))

    for where, folders, names in os.walk(folder, onerror=unreadable):
        here = Path(where)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in folders:
            if (here / name).is_symlink():
                notices.append(f"{here / name} is a link to a folder and was not followed")
        for name in sorted(names):
            path = here / name
            if name.startswith(".") or path.suffix.lower() not in MEDIA_TYPES:
                continue
            if path.stem.lower() == "readme":
                notices.append(f"{path} speaks about the folder, so it was not read as a text")
                continue
            yield path


def _source(
    path: Path, root: Path, faults: list[Fault], notices: list[str], *, front_matter_required: bool
) -> Source | None:
    media_type = MEDIA_TYPES.get(path.suffix.lower())
    if media_type is None:
        faults.append(Fault(path, "this is not a kind of text that can be read.", "Name it .md, .txt or .html."))
        return None
    if not _is_inside(path, root):
        message = "this is a link that leads out of the corpus folder."
        faults.append(Fault(path, message, "Copy the file into the folder instead."))
        return None
    text = read_text(path, MAX_TEXT_BYTES, faults)
    if text is None:
        return None
    if not text.strip():
        faults.append(Fault(path, "this text is empty.", _EMPTY_REMEDY))
        return None
    fields: Fields | None = None
    body_start = 0
    if media_type == "text/markdown":
        known_faults = len(faults)
        fields, body_start = _front_matter(path, text, faults)
        if len(faults) > known_faults:
            return None
        if fields is None and front_matter_required:
            message = "this text has no front matter."
            faults.append(
                Fault(path, message, f"Begin it with a block between --- lines: {', '.join(REQUIRED_KEYS)}.", 1)
            )
            return None
    elif front_matter_required:
        notices.append(f"{path} has no front matter: it is published without a licence or a review date")
    if not text[body_start:].strip():
        faults.append(Fault(path, "this text is empty after its front matter.", _EMPTY_REMEDY))
        return None
    if fields is None:
        return Source(slug(path.stem), path, media_type, text)
    return _source_with(fields, text, body_start, notices, required=front_matter_required)


_EMPTY_REMEDY = "Write it, or take the file out of the folder."


def _is_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # a ring of links
        return False


def _front_matter(path: Path, text: str, faults: list[Fault]) -> tuple[Fields | None, int]:
    """The fields before the body and the body's offset; (None, 0) where the text has no front matter."""
    fence = _FENCE.match(text)
    if fence is None:
        return None, 0
    end = _END_FENCE.search(text, fence.end())
    if end is None:
        message = "the front matter that begins here has no end."
        faults.append(Fault(path, message, "Close it with a line of three hyphens (---).", 1))
        return None, 0
    try:
        marked = load_marked(text[fence.end() : end.start()], first_line=2)
    except YamlFault as fault:
        faults.append(Fault(path, fault.message, fault.remedy, fault.line, "front matter"))
        return None, 0
    if marked.value is None:
        faults.append(Fault(path, "the front matter is empty.", f"Fill in {', '.join(REQUIRED_KEYS)}.", 1))
        return None, 0
    return Fields.of(marked, path, faults), end.end()


def _source_with(fields: Fields, text: str, body_start: int, notices: list[str], *, required: bool) -> Source | None:
    """A Markdown text with the front matter's say; in a plain folder foreign keys are passed over."""
    path = fields.path
    known_faults = len(fields.faults)
    if required:
        fields.allow(FRONT_MATTER_KEYS)
        fields.require(REQUIRED_KEYS)
    else:
        foreign = [key for key in fields.pairs if key not in FRONT_MATTER_KEYS]
        if foreign:
            notices.append(f"{path}: front matter keys that mean nothing here were passed over: {', '.join(foreign)}")
    source_id = fields.checked("id", is_id, f"{{}} does not match {ID_PATTERN.pattern}.", ID_REMEDY)
    language = fields.checked(
        "language", lambda tag: bool(_LANGUAGE.fullmatch(tag)), "{} is not a language tag.", "Write e.g. en or pt-BR."
    )
    reviewed_on = fields.date("reviewed_on")
    next_review_on = fields.date("next_review_on")
    if reviewed_on and next_review_on and next_review_on <= reviewed_on:
        message = f"the next review ({next_review_on}) is not after the last one ({reviewed_on})."
        fields.fault("next_review_on", message, "Put a later day.")
    source = Source(
        id=source_id or slug(path.stem),
        path=path,
        media_type="text/markdown",
        text=text,
        body_start=body_start,
        title=fields.text("title", max_length=200),
        summary=fields.text("summary"),
        language=language or "en",
        authors=tuple(str(item.value) for item in fields.texts("authors", max_length=200)),
        license=_license(fields),
        references=tuple(_references(fields)),
        source_url=_url(fields, "source_url"),
        reviewed_on=reviewed_on,
        next_review_on=next_review_on,
        advisories=tuple(_advisories(fields)),
    )
    return source if len(fields.faults) == known_faults else None


def _license(fields: Fields) -> License | None:
    text = fields.checked(
        "license", LICENSES.__contains__, "{} is not a licence that we know.", f"Use one of: {', '.join(LICENSES)}."
    )
    return LICENSES[text] if text is not None else None


def _references(fields: Fields) -> Iterator[Reference]:
    for reference in fields.mappings("references"):
        reference.allow(REFERENCE_KEYS)
        reference.require(["title"])
        title = reference.text("title")
        publisher = reference.text("publisher")
        url = _url(reference, "url")
        if title is not None:
            yield Reference(title, publisher, url)


def _advisories(fields: Fields) -> Iterator[Advisory]:
    by_name: dict[str, Advisory] = {advisory: advisory for advisory in ADVISORIES}
    chosen = [str(item.value) for item in fields.texts("advisories") if fields.one_of("advisories", item, ADVISORIES)]
    yield from (by_name[name] for name in sorted(set(chosen)))


def _url(fields: Fields, key: str) -> str | None:
    return fields.checked(
        key, is_web_address, "{} is not a web address.", "Write it in full, with https://.", max_length=2000
    )


def is_web_address(text: str) -> bool:
    """Whether a text is an absolute http(s) URL without blanks or credentials."""
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and " " not in text
        )
    except ValueError:
        return False


def slug(stem: str) -> str:
    """A document's id from its file's name: `000_e80552facb4614a3` gives `000-e80552facb4614a3`.

    Names too long or without ASCII letters are told apart by a hash of the name.
    """
    ascii_only = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", ascii_only))
    if 0 < len(words) <= MAX_ID_LENGTH:
        return words
    mark = hashlib.sha256(stem.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{words[: MAX_ID_LENGTH - 9].strip('-') or 'text'}-{mark}"
