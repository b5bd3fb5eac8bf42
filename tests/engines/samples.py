"""A small corpus as plain values, and ways to publish it, for the tests of every engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from corpus import Advisory, Facet, Source, Topic, Vocabulary
from indexer.model import (
    Evidence,
    OutlineEntry,
    Passage,
    PublishedDocument,
    PublishedPassage,
    Span,
    Tag,
    Withdrawal,
)
from indexer.search import IndexWriter, SearchEngine, Snapshot

DAY = date(2026, 11, 1)


def topic(
    topic_id: str, *facets: Facet, label: str = "", alt: Sequence[str] = (), broader: Sequence[str] = ()
) -> Topic:
    return Topic(
        topic_id,
        label or topic_id.replace("_", " "),
        f"What {topic_id} is.",
        facets,
        alt_labels=tuple(alt),
        broader=tuple(broader),
    )


def make_vocabulary(*topics: Topic) -> Vocabulary:
    narrower: dict[str, list[str]] = {}
    for found in topics:
        for parent in found.broader:
            narrower.setdefault(parent, []).append(found.id)
    return Vocabulary({found.id: replace(found, narrower=tuple(narrower.get(found.id, ()))) for found in topics}, "1")


VOCABULARY = make_vocabulary(
    topic("emotional_numbness", "symptom", alt=["feeling numb", "emotional flatness"]),
    topic("anhedonia", "symptom", alt=["loss of pleasure"], broader=["emotional_numbness"]),
    topic("insomnia", "symptom", "condition", alt=["sleeplessness"]),
    topic("mental_illness", "cause", "condition"),
    topic("depression", "cause", "condition", broader=["mental_illness"]),
    topic("burnout", "cause", "condition"),
    topic("talking_therapy", "treatment"),
    topic("journaling", "strategy", alt=["keeping a diary"]),
    topic("unused_topic", "mechanism"),
)


def make_passage(
    passage_id: str,
    document_id: str,
    position: int,
    text: str,
    tags: dict[Facet, dict[str, str]] | None = None,
    heading_path: tuple[str, ...] = (),
    language: str = "en",
    advisories: tuple[Advisory, ...] = (),
    revision: int = 1,
) -> PublishedPassage:
    """A passage whose tags name their evidence: words of the text, or of a heading."""

    def evidence(words: str) -> Evidence:
        start = text.find(words)
        if start >= 0:
            return Evidence(words, Span(start, start + len(words)), "text")
        start = " > ".join(heading_path).index(words)
        return Evidence(words, Span(start, start + len(words)), "heading")

    sentences: list[Span] = []
    start = 0
    while start < len(text):
        stop = text.find(". ", start)
        end = len(text) if stop < 0 else stop + 1
        sentences.append(Span(start, end))
        start = end + 1
    passage = Passage(
        document_id,
        heading_path,
        position,
        text,
        text,
        Span(0, len(text)),
        tuple(sentences),
        language,
        len(text.split()),
        6.0,
        advisories,
        tuple(
            Tag(facet, topic_id, (evidence(words),))
            for facet, topics in (tags or {}).items()
            for topic_id, words in topics.items()
        ),
    )
    return PublishedPassage(passage_id, revision, passage, DAY, DAY)


PASSAGES = (
    make_passage(
        "p-pleasure", "what-numbness-is", 0,
        "Anhedonia is the loss of pleasure. Music, food and company leave people flat. Joy seems far away.",
        {"symptom": {"anhedonia": "loss of pleasure"}}, ("What it feels like",),
    ),
    make_passage(
        "p-numb", "what-numbness-is", 1,
        "Emotional numbness means that feelings are out of reach. A numb person may watch life as if through glass.",
        {"symptom": {"emotional_numbness": "Emotional numbness"}}, ("What it feels like",),
    ),
    make_passage(
        "p-depression", "what-numbness-is", 2,
        "Depression often dulls every feeling at once. Sleep suffers too, and insomnia makes the next day greyer.",
        {
            "cause": {"depression": "Depression"},
            "symptom": {"insomnia": "insomnia", "emotional_numbness": "dulls every feeling"},
        },
        ("Where it comes from", "Illness"),
    ),
    make_passage(
        "p-burnout", "what-numbness-is", 3,
        "Burnout builds up over months of strain at work. Rest alone seldom mends it.",
        {"cause": {"burnout": "Burnout"}}, ("Where it comes from", "Work"),
    ),
    make_passage(
        "p-illness", "what-numbness-is", 4,
        "Illness of the mind can quiet the heart for a long time. A doctor can tell which illness it is.",
        {"cause": {"mental_illness": "Illness of the mind"}, "condition": {"mental_illness": "Illness of the mind"}},
        ("Where it comes from", "Illness"),
    ),
    make_passage(
        "p-therapy", "getting-help", 0,
        "Talking therapy gives feelings a safe place. A therapist goes at the speed of the person.",
        {"treatment": {"talking_therapy": "Talking therapy"}}, ("Help from others",),
    ),
    make_passage(
        "p-diary", "getting-help", 1,
        "A diary of small moments helps feelings to return. Three lines in the evening are enough to begin.",
        {"strategy": {"journaling": "A diary"}}, ("Help yourself",),
    ),
    make_passage(
        "p-trauma", "getting-help", 2,
        "After a frightening event the body may shut feelings off. Talking therapy can help, at your own pace.",
        {"treatment": {"talking_therapy": "Talking therapy"}}, ("Help from others",), advisories=("trauma",),
    ),
    make_passage(
        "p-schlaf", "schlaf", 0, "Wer nicht schlafen kann, ist am Tag oft wie betäubt.",
        {"condition": {"insomnia": "nicht schlafen"}}, language="de",
    ),
)  # fmt: skip


def make_documents(
    passages: Sequence[PublishedPassage], titles: dict[str, str] | None = None
) -> list[PublishedDocument]:
    by_document: dict[str, list[PublishedPassage]] = {}
    for found in sorted(passages, key=lambda one: one.passage.position):
        by_document.setdefault(found.passage.document_id, []).append(found)
    return [
        PublishedDocument(
            Source(document_id, Path(f"{document_id}.md"), "text/markdown", ""),
            (titles or {}).get(document_id, document_id.replace("-", " ").capitalize()),
            (OutlineEntry("All", 1, tuple(found.id for found in parts)),),
            tuple(found.id for found in parts),
            sum(found.passage.word_count for found in parts),
        )
        for document_id, parts in by_document.items()
    ]


@dataclass(frozen=True)
class Sample:
    """What a build hands to a writer."""

    passages: tuple[PublishedPassage, ...] = PASSAGES
    vocabulary: Vocabulary = VOCABULARY
    version: str = "version-1"
    withdrawals: tuple[Withdrawal, ...] = (Withdrawal("p-gone", DAY, "p-numb"), Withdrawal("p-lost", DAY, None))
    old_revisions: tuple[PublishedPassage, ...] = ()
    documents: tuple[PublishedDocument, ...] = field(default=())

    def publish(self, writer: IndexWriter) -> None:
        with writer.begin(wait_s=20) as generation:
            for passage in self.passages:
                generation.add(passage)
            generation.publish(
                corpus_version=self.version,
                vocabulary=self.vocabulary,
                documents=self.documents or make_documents(self.passages),
                withdrawals=self.withdrawals,
                old_revisions=self.old_revisions,
            )


@dataclass
class Kit:
    """An engine under test: its writer, and engines that read what the writer publishes."""

    writer: IndexWriter
    open_engine: Callable[[], SearchEngine]

    def serve(self, sample: Sample) -> Snapshot:
        """Publishes the sample and opens it as a server that starts now."""
        sample.publish(self.writer)
        return self.open_engine().snapshot()
