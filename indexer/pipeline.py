"""Orders the steps from a folder of texts to a published index; the only place that does."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from corpus import FACETS, LOCK_NAME, Corpus, CorpusError, Facet, Fault, Source, Vocabulary, read_corpus
from indexer.chunk import chunk
from indexer.engines import open_writer
from indexer.identify import Identified, Lock, format_lock, identify, read_lock, write_lock
from indexer.meaning.encoder import installed_encoder
from indexer.meaning.vectors import PACKAGED_CACHE, MeaningVectors, VectorCache
from indexer.model import Document, OutlineEntry, Passage, PublishedDocument, PublishedPassage
from indexer.parse import parse
from indexer.search import Embed, IndexWriter
from indexer.tag import Tagger

INDEX_FORMAT = 2
"""Part of every corpus version. Count it up when the same corpus must be indexed anew after an upgrade."""

_EXAMPLES = 3
_EXAMPLE_LENGTH = 80

T = TypeVar("T")


class Progress(Protocol):
    """Told how far a build has come."""

    def track(self, items: Iterable[T], label: str, total: int) -> Iterator[T]:
        """Yields `items` on, of which there are `total`."""


class Silent:
    """Progress for callers who do not want to see any."""

    def track(self, items: Iterable[T], label: str, total: int) -> Iterator[T]:  # noqa: ARG002
        """Yields the items on."""
        yield from items


@dataclass(frozen=True, slots=True)
class Drops:
    """What was left out for one reason: how often, and what it looks like."""

    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """What a build found and did."""

    corpus_version: str
    index_url: str
    published: bool
    """False where the index already had this version, so that nothing was written."""
    documents: int
    passages: int
    words: int
    tags: Mapping[Facet, int]
    topics_used: int
    topics: int
    dropped: Mapping[str, Drops]
    new: int
    revised: int
    unchanged: int
    withdrawn: int
    lock_path: Path | None
    seconds: float
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The summary as JSON values."""
        return {
            "corpus_version": self.corpus_version,
            "index": self.index_url,
            "published": self.published,
            "documents": self.documents,
            "passages": self.passages,
            "words": self.words,
            "tags": dict(self.tags),
            "topics_used": self.topics_used,
            "topics": self.topics,
            "dropped": {
                reason: {"count": drops.count, "examples": list(drops.examples)}
                for reason, drops in self.dropped.items()
            },
            "ids": {
                "new": self.new,
                "revised": self.revised,
                "unchanged": self.unchanged,
                "withdrawn": self.withdrawn,
            },
            "lock": str(self.lock_path) if self.lock_path else None,
            "seconds": round(self.seconds, 2),
            "warnings": list(self.warnings),
        }

    def to_text(self) -> str:
        """The summary for a reader."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        tags = ", ".join(f"{facet} {count:,}" for facet, count in self.tags.items()) or "none"
        yield f"documents   {self.documents:,}"
        yield f"passages    {self.passages:,} ({self.words:,} words)"
        yield f"tags        {tags}"
        yield f"topics      {self.topics_used:,} of {self.topics:,} in use"
        yield (
            f"ids         {self.new:,} new, {self.revised:,} revised, {self.unchanged:,} unchanged, "
            f"{self.withdrawn:,} withdrawn"
        )
        yield f"lock        {self.lock_path or 'not kept'}"
        if self.dropped:
            yield "dropped"
            for reason, drops in self.dropped.items():
                shown = ", ".join(f"“{example}”" for example in drops.examples)
                yield f"  {reason} ×{drops.count}: {shown}"
        for warning in self.warnings:
            yield f"warning     {warning}"
        done = "published" if self.published else "already published, nothing written:"
        yield f"{done} version {self.corpus_version} in {self.index_url} after {self.seconds:.1f} s"


def build(
    corpus_dir: Path,
    index_url: str,
    *,
    force: bool = False,
    progress: Progress | None = None,
    writer: IndexWriter | None = None,
) -> BuildSummary:
    """Publishes the texts of a folder as the index's new current version, unless it has that version already.

    `force` publishes it even then. `writer` stands in for the engine that `index_url` names.
    Raises CorpusError for what an editor can mend, BuildFailed, BuildBusy or IndexUnavailable for the rest; what was
    published before goes on serving after any of them.
    """
    started = time.monotonic()
    progress = progress or Silent()
    writer = writer or open_writer(index_url)
    # The build lock is taken before anything is read: of two builds, the one that publishes last has read last.
    with writer.begin() as generation:
        corpus = read_corpus(corpus_dir)
        place = lock_place(corpus, index_url)
        outcome = prepare(corpus, place.read(), progress)
        published = force or writer.current_version() != outcome.corpus_version
        if published:
            for passage in progress.track(outcome.passages, "index", len(outcome.passages)):
                generation.add(passage)
            generation.publish(
                corpus_version=outcome.corpus_version,
                vocabulary=corpus.vocabulary,
                documents=outcome.documents,
                withdrawals=outcome.identified.withdrawals,
                old_revisions=outcome.old_revisions,
                utterances=corpus.utterances,
                embed=_embedding(corpus, outcome, vector_cache(index_url), progress),
            )
        # Only now the lock: had it been written first and the publication failed, it would name passages that
        # nobody has seen. If the process dies between the two, the next build matches the same texts with the
        # same old lock: ids and revisions come out the same (ids are hashes of what they name), only
        # dates of first publication may be later.
        lock_path, warnings = place.write(format_lock(outcome.identified.lock))
    return _summary(
        corpus,
        outcome,
        index_url=index_url,
        published=published,
        lock_path=lock_path,
        warnings=(*corpus.notices, *(f"left out: {fault}" for fault in outcome.left_out), *warnings),
        seconds=time.monotonic() - started,
    )


# --- the steps ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """A corpus made ready for publication."""

    corpus_version: str
    documents: tuple[PublishedDocument, ...]
    identified: Identified
    old_revisions: tuple[PublishedPassage, ...]
    left_out: tuple[Fault, ...] = ()
    """Texts of a plain folder that have no content."""

    @property
    def passages(self) -> tuple[PublishedPassage, ...]:
        """All passages, in order of document and position."""
        return self.identified.published


def prepare(corpus: Corpus, lock: Lock, progress: Progress | None = None) -> Outcome:
    """Parses, chunks, tags and identifies.

    A text without content is a fault in a corpus, where an editor can mend it. Among scraped texts there are always
    some (2 in 1,000 of a public collection): in a plain folder they are left out, unless nothing else is there.
    Raises CorpusError.
    """
    progress = progress or Silent()
    tagger = Tagger(corpus.vocabulary)
    documents: dict[str, Document] = {}
    faults: list[Fault] = []
    sources = progress.track(corpus.sources, "read and tag", len(corpus.sources))
    identified = identify(_tagged(sources, tagger, documents, faults), lock, datetime.now(UTC).date())
    if faults and (corpus.lock_path is not None or not documents):
        raise CorpusError(tuple(faults))
    by_document: dict[str, list[PublishedPassage]] = defaultdict(list)
    for published in identified.published:
        by_document[published.passage.document_id].append(published)
    published_documents = tuple(
        published_document(document, by_document[document_id]) for document_id, document in documents.items()
    )
    old_revisions = tuple(_as_published(old, documents, tagger) for old in identified.old_revisions)
    version = _corpus_version(corpus.vocabulary, corpus.utterances, published_documents, identified, old_revisions)
    return Outcome(version, published_documents, identified, old_revisions, tuple(faults))


def _tagged(
    sources: Iterable[Source], tagger: Tagger, documents: dict[str, Document], faults: list[Fault]
) -> Iterator[Passage]:
    """The tagged passages of all sources; parsed documents and texts without content are noted on the way."""
    for source in sources:
        document = parse(source)
        passages = iter(chunk(document))
        first = next(passages, None)
        if first is None:
            message = "no content was found in this text: only headings, navigation or boilerplate."
            remedy = "See with `python -m indexer preview` what was dropped; add sentences, or take the file away."
            faults.append(Fault(source.path, message, remedy))
            continue
        documents[source.id] = replace(document, source=replace(source, text=""))
        for passage in itertools.chain([first], passages):
            yield tagger.tag(passage, document.title)


def tag_source(source: Source, vocabulary: Vocabulary) -> tuple[Document, tuple[Passage, ...]]:
    """One text parsed, cut and tagged, without ids: what a preview shows."""
    tagger = Tagger(vocabulary)
    document = parse(source)
    return document, tuple(tagger.tag(passage, document.title) for passage in chunk(document))


def _as_published(old: PublishedPassage, documents: Mapping[str, Document], tagger: Tagger) -> PublishedPassage:
    """An old revision with today's tags and its document's advisories: warned of rather too much than too little."""
    document = documents[old.passage.document_id]
    tagged = tagger.tag(old.passage, document.title)
    return replace(old, passage=replace(tagged, advisories=document.source.advisories))


def published_document(document: Document, passages: Sequence[PublishedPassage]) -> PublishedDocument:
    """What the index keeps of a document whose passages are `passages`, in order.

    Of the path only the file's name: where the folder lies on this machine is nobody's business.
    """
    source = document.source
    return PublishedDocument(
        source=replace(source, text="", path=Path(source.path.name)),
        title=document.title,
        outline=tuple(_outline(document, passages)),
        passage_ids=tuple(published.id for published in passages),
        word_count=sum(published.passage.word_count for published in passages),
        dropped=document.dropped,
    )


def _outline(document: Document, passages: Sequence[PublishedPassage]) -> Iterator[OutlineEntry]:
    """One entry for each heading, in order; what stands before the first heading is listed under the title, level 0."""
    waiting = list(passages)
    for section in document.sections:
        ids: list[str] = []
        end = section.blocks[-1].span.end if section.blocks else 0
        while waiting and waiting[0].passage.source_span.start < end:
            ids.append(waiting.pop(0).id)
        if section.heading_path or ids:
            heading = section.heading_path[-1] if section.heading_path else document.title
            yield OutlineEntry(heading, section.level, tuple(ids))


def _corpus_version(
    vocabulary: Vocabulary,
    utterances: Mapping[str, tuple[str, ...]],
    documents: Iterable[PublishedDocument],
    identified: Identified,
    old_revisions: Iterable[PublishedPassage],
) -> str:
    """16 hexadecimal digits that change if and only if what a caller can read changes."""
    encoder = installed_encoder()
    digest = hashlib.sha256(f"{INDEX_FORMAT}\n{vocabulary.version}\n{encoder.name if encoder else ''}\n".encode())
    digest.update(repr(utterances).encode())
    for document in documents:
        digest.update(repr(document).encode())
    for passage in (*identified.published, *old_revisions):
        digest.update(repr(passage).encode())
    digest.update(repr(identified.withdrawals).encode())
    return digest.hexdigest()[:16]


# --- meaning ------------------------------------------------------------------------------------------------------


def vector_cache(index_url: str) -> Path | None:
    """The file that keeps vectors between builds, in the index's own folder; None for an index without one."""
    scheme, _, path = index_url.partition(":")
    return Path(path) / "vectors-cache.npz" if scheme == "whoosh" else None


def _embedding(corpus: Corpus, outcome: Outcome, cache_path: Path | None, progress: Progress) -> Embed | None:
    """How to make the vectors of this corpus; None where no encoder is installed."""
    encoder = installed_encoder()
    if encoder is None:
        return None
    titles = {document.source.id: document.title for document in outcome.documents}
    utterances = [sentence for sentences in corpus.utterances.values() for sentence in sentences]

    def track(texts: Sequence[str]) -> Iterable[str]:
        return progress.track(texts, "read meaning", len(texts))

    def embed(passages: Iterable[PublishedPassage]) -> MeaningVectors:
        own = (cache_path,) if cache_path else ()
        cache = VectorCache(encoder.name, PACKAGED_CACHE, *own)
        vectors = MeaningVectors.make(
            encoder, (_sentences(found, titles) for found in passages), utterances, cache, track
        )
        # Only what makes the next build quicker is lost where the disk is full.
        with contextlib.suppress(OSError):
            for path in own:
                cache.save(path)
        return vectors

    return embed


def _sentences(published: PublishedPassage, titles: Mapping[str, str]) -> tuple[str, list[str]]:
    passage = published.passage
    headings = f"{titles[passage.document_id]}. {' '.join(passage.heading_path)}"
    return headings, [passage.text[span.start : span.end] for span in passage.sentence_spans]


# --- the lock ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LockPlace:
    """Where passage ids are kept: beside the texts, or in the index's own folder."""

    path: Path | None
    fallback: Path | None
    """Used instead where `path` cannot be written."""

    def read(self) -> Lock:
        """The lock, with what an earlier build could only write to the fallback."""
        lock = read_lock(self.path) if self.path else Lock()
        if self.fallback and not (self.path and _is_writable(self.path)):
            lock = lock.with_missing_from(read_lock(self.fallback))
        return lock

    def write(self, text: str) -> tuple[Path | None, tuple[str, ...]]:
        """Keeps the lock if it changed; gives where it is kept, and warnings. A read-only place is no failure."""
        warnings: list[str] = []
        for path in (self.path, self.fallback):
            if path is None:
                continue
            try:
                if not path.exists() or path.read_bytes() != text.encode():
                    write_lock(path, text)
            except OSError as error:
                warnings.append(f"passage ids could not be kept in {path}: {error.strerror or error}")
                continue
            if warnings:
                warnings.append(f"passage ids are kept in {path} instead; copy it beside the texts when you can")
            return path, tuple(warnings)
        warnings.append("passage ids were not kept: edits will give passages new ids instead of revisions")
        return None, tuple(warnings)


def lock_place(corpus: Corpus, index_url: str) -> LockPlace:
    """The corpus's own lock, else one that lies in the folder of texts, else one in the index's folder."""
    home = _index_folder(index_url)
    fallback = home / LOCK_NAME if home else None
    beside = corpus.root / LOCK_NAME
    if corpus.lock_path is not None or beside.exists():
        return LockPlace(corpus.lock_path or beside, fallback)
    return LockPlace(None, fallback)


def _index_folder(index_url: str) -> Path | None:
    """The folder of an index on this machine; None for one elsewhere."""
    scheme, _, rest = index_url.partition(":")
    return Path(rest) if scheme == "whoosh" and rest else None


def _is_writable(path: Path) -> bool:
    return os.access(path if path.exists() else path.parent, os.W_OK) and os.access(path.parent, os.W_OK)


# --- the summary --------------------------------------------------------------------------------------------------


def _summary(
    corpus: Corpus,
    outcome: Outcome,
    *,
    index_url: str,
    published: bool,
    lock_path: Path | None,
    warnings: tuple[str, ...],
    seconds: float,
) -> BuildSummary:
    tags = Counter(tag.facet for published in outcome.passages for tag in published.passage.tags)
    topics = {tag.topic_id for published in outcome.passages for tag in published.passage.tags}
    return BuildSummary(
        corpus_version=outcome.corpus_version,
        index_url=index_url,
        published=published,
        documents=len(outcome.documents),
        passages=len(outcome.passages),
        words=sum(document.word_count for document in outcome.documents),
        tags={facet: tags[facet] for facet in FACETS if tags[facet]},
        topics_used=len(topics),
        topics=len(corpus.vocabulary),
        dropped=_drops(outcome.documents),
        new=len(outcome.identified.new),
        revised=len(outcome.identified.revised),
        unchanged=outcome.identified.unchanged,
        withdrawn=len(outcome.identified.withdrawn),
        lock_path=lock_path,
        seconds=seconds,
        warnings=warnings,
    )


def _drops(documents: Iterable[PublishedDocument]) -> dict[str, Drops]:
    """What was left out by reason, most frequent first."""
    texts: dict[str, list[str]] = defaultdict(list)
    for document in documents:
        for dropped in document.dropped:
            texts[dropped.reason].append(" ".join(dropped.text.split()))
    ordered = sorted(texts.items(), key=lambda item: (-len(item[1]), item[0]))
    return {reason: Drops(len(found), tuple(_shortened(found))) for reason, found in ordered}


def _shortened(texts: Sequence[str]) -> Iterator[str]:
    for text in list(dict.fromkeys(texts))[:_EXAMPLES]:
        yield text if len(text) <= _EXAMPLE_LENGTH else text[: _EXAMPLE_LENGTH - 1].rstrip() + "…"
