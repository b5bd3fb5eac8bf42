"""One open generation: answers everything that the port asks of a Snapshot."""

from __future__ import annotations

import fcntl
import json
import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from rapidfuzz import fuzz, process

from corpus import FACETS, Facet, Vocabulary
from indexer.cursor import read_offset, write_cursor
from indexer.engines.whoosh.facets import FacetTable
from indexer.engines.whoosh.fields import term, text_terms
from indexer.engines.whoosh.manifest import LEASE, Damaged, verify
from indexer.engines.whoosh.passages import PassageFile
from indexer.engines.whoosh.postings import Mask, Numbers, PostingLists, Scores
from indexer.engines.whoosh.scoring import MIN_LIKENESS, Component, Ranking, Scorer, best
from indexer.engines.whoosh.store import open_reader
from indexer.errors import InvalidRequest, NotFound, PassageWithdrawn, UnknownDocument, UnknownTopic
from indexer.highlight import highlight
from indexer.meaning.encoder import Encoder, installed_encoder
from indexer.meaning.vectors import MeaningVectors
from indexer.model import PublishedDocument, PublishedPassage, Span, Withdrawal
from indexer.query import QueryReading
from indexer.records import decode
from indexer.search import (
    MAX_LIMIT,
    MAX_QUERY_LENGTH,
    Contribution,
    Explanation,
    Filters,
    Hit,
    SearchRequest,
    SearchResult,
    Suggestion,
)
from indexer.similar import similar
from indexer.speech import SpeechBank
from indexer.suggest import OnDemand, Suggester, check_limit, wants_alternatives
from indexer.text import STOP_WORDS, fold_word
from indexer.text import stem as stem_of

WARM_TERMS = 256
"""Commonest words whose posting lists are decoded before a generation serves; without any, p99 after a switch was
170 ms at 100,000 passages."""
VECTORS = "vectors.npz"
"""The file of a generation that holds its MeaningVectors; missing where it was built without an encoder."""
NEAREST = 3
"""Existing ids offered for an unknown one."""
NEAREST_SCORE = 60
"""Likeness (rapidfuzz, 0-100) from which an id is offered: "insomia" is 93 like "insomnia", unrelated ids below 50."""


class ReadsQueries(Protocol):
    """What a snapshot needs of `indexer.query.QueryReader`."""

    def read(self, text: str, *, interpret: bool = True) -> QueryReading: ...


MakeReader = Callable[[Vocabulary, Mapping[str, int], SpeechBank, Encoder | None], ReadsQueries]


@dataclass(frozen=True, slots=True)
class Layout:
    """Passages by number: what `layout.json` holds. Numbers run in order of document id and position."""

    ids: list[str]
    line_lengths: list[int]
    """Bytes of each passage's line in `passages.jsonl`."""
    text_lengths: list[int]
    """Words of each passage's text."""
    heading_lengths: list[int]
    """Words of its headings and of the document's title."""


class WhooshSnapshot:
    """One version of the corpus. Immutable; closes its files when nobody holds it any more."""

    def __init__(self, folder: Path, make_reader: MakeReader, *, verified: bool = False) -> None:
        """Verifies (unless `verified` just now), opens and warms. Raises Damaged or OSError."""
        with ExitStack() as stack:
            self._hold_lease(folder, stack)
            if not verified:
                verify(folder)
            try:
                self._open(folder, make_reader, stack)
            except (Damaged, OSError):
                raise
            except Exception as error:  # whatever a strange file makes the libraries raise
                raise Damaged(f"{folder.name}: not as this version of Thaw writes it ({error!r})") from error
            self._finalizer = weakref.finalize(self, stack.pop_all().close)
        self._warm()

    def _hold_lease(self, folder: Path, stack: ExitStack) -> None:
        try:
            lease = os.open(folder / LEASE, os.O_RDONLY)
        except OSError as error:
            raise Damaged(f"{folder.name}: {error.strerror}") from error
        stack.callback(os.close, lease)
        try:
            fcntl.flock(lease, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Damaged(f"{folder.name}: is being removed") from error

    def _open(self, folder: Path, make_reader: MakeReader, stack: ExitStack) -> None:
        build = _json(folder / "build.json")
        layout = decode(Layout, _json(folder / "layout.json"))
        reader = open_reader(folder / "whoosh")
        stack.callback(reader.close)
        if not reader.is_atomic() or reader.doc_count_all() != len(layout.ids):
            raise Damaged(f"{folder.name}: the index does not fit its passages")
        self.name = folder.name
        self._version: str = build["corpus_version"]
        self._built_at = datetime.fromisoformat(build["built_at"])
        self._vocabulary = decode(Vocabulary, _json(folder / "vocabulary.json"))
        documents = decode(tuple[PublishedDocument, ...], _json(folder / "documents.json"))
        self._documents = {document.source.id: document for document in documents}
        self._withdrawals = {
            withdrawal.passage_id: withdrawal
            for withdrawal in decode(tuple[Withdrawal, ...], _json(folder / "withdrawals.json"))
        }
        self._old_revisions = _json(folder / "revisions.json")
        self._lexicon: dict[str, int] = _json(folder / "lexicon.json")
        self._ids = layout.ids
        self._numbers = {passage_id: number for number, passage_id in enumerate(layout.ids)}
        self._passages = PassageFile(folder / "passages.jsonl", layout.line_lengths)
        stack.callback(self._passages.close)
        self._lists = PostingLists(reader)
        self._facets = FacetTable(self._lists, self._vocabulary, len(layout.ids))
        self._vectors = _vectors(folder)
        self._scorer = Scorer(
            self._lists,
            _lengths(layout.text_lengths),
            _lengths(layout.heading_lengths),
            self._facets.role_share,
            self._vectors,
        )
        speech = SpeechBank(
            decode(dict[str, tuple[str, ...]], _json(folder / "utterances.json")),
            self._vectors.utterances if self._vectors else None,
        )
        self._reader = make_reader(
            self._vocabulary, self._lexicon, speech, installed_encoder() if self._vectors else None
        )
        documents_in_order = tuple(self._documents.values())
        self.suggester = OnDemand(
            partial(Suggester, self._vocabulary, documents_in_order, self._lexicon, self._facets.passages)
        )

    def _warm(self) -> None:
        content = (word for word in self._lexicon if word not in STOP_WORDS)
        commonest = sorted(content, key=lambda word: (-self._lexicon[word], word))[:WARM_TERMS]
        for stem in {stem_of(word) for word in commonest}:
            self._lists.postings("text", stem)
            self._lists.postings("heading", stem)
        for topic in self._vocabulary:
            self._lists.postings("topic", topic.id)
            self._lists.postings("topic_heading", topic.id)

    # --- the corpus ------------------------------------------------------------------------------------------

    @property
    def corpus_version(self) -> str:
        return self._version

    @property
    def built_at(self) -> datetime:
        return self._built_at

    @property
    def vocabulary(self) -> Vocabulary:
        return self._vocabulary

    @property
    def documents(self) -> Mapping[str, PublishedDocument]:
        return self._documents

    @property
    def passage_count(self) -> int:
        return len(self._ids)

    @property
    def lexicon(self) -> Mapping[str, int]:
        """Folded words of the corpus with the number of passages that have them."""
        return self._lexicon

    @cached_property
    def _topic_counts(self) -> Mapping[str, Mapping[Facet, int]]:
        return self._facets.topic_counts(self._vocabulary)

    def topic_counts(self) -> Mapping[str, Mapping[Facet, int]]:
        return self._topic_counts

    def topic_passage_count(self, topic_id: str) -> int:
        return len(self._facets.passages(topic_id))

    def passage(self, passage_id: str, revision: int | None = None) -> PublishedPassage:
        number = self._numbers.get(passage_id)
        current = None if number is None else self._passages[number]
        if current is not None and revision in (None, current.revision):
            return current
        if revision is None:
            withdrawal = self._withdrawals.get(passage_id)
            if withdrawal is not None:
                raise PassageWithdrawn(passage_id, withdrawal.successor_id)
            raise NotFound(f"no passage '{passage_id}'")
        old = self._old_revisions.get(passage_id, {}).get(str(revision))
        if old is None:
            raise NotFound(f"no revision {revision} of passage '{passage_id}'")
        return decode(PublishedPassage, old)

    def check_found(self, passage_id: str, words: int) -> None:
        """Raises Damaged unless the first `words` words of the passage's text lead back to it and to that text."""
        number = self._numbers.get(passage_id)
        if number is None:
            raise Damaged(f"passage '{passage_id}' is missing")
        passage = self._passages[number]
        terms = tuple(text_terms(passage)[:words])
        if passage.id != passage_id or (terms and number not in self._lists.phrase("text", terms).numbers):
            raise Damaged(f"passage '{passage_id}' is not found by its own words")

    # --- searching -------------------------------------------------------------------------------------------

    def search(self, request: SearchRequest) -> SearchResult:
        self._validate(request)
        offset = read_offset(request, self._version)
        reading = self._reader.read(request.text, interpret=request.interpret)
        ranking = self._rank(reading, request)
        selections = self._selections(request.filters)
        result = _all_of(ranking.candidates, selections)
        total = int(np.count_nonzero(result))
        page = best(ranking.scores, result, offset + request.limit)[offset:]
        hits = tuple(self._hit(int(number), ranking, reading, request) for number in page)
        return SearchResult(
            corpus_version=self._version,
            query=reading.interpretation,
            total=total,
            hits=hits,
            facets=tuple(
                self._facets.count(facet, _all_of(ranking.candidates, selections, leaving_out=facet))
                if facet in selections
                else self._facets.count(facet, result)
                for facet in FACETS
            ),
            suggestions=self._did_you_mean(request, reading, hits) if offset == 0 else (),
            next_cursor=(
                write_cursor(request, self._version, offset + request.limit) if offset + request.limit < total else None
            ),
            previous_cursor=(
                write_cursor(request, self._version, max(0, offset - request.limit)) if offset > 0 else None
            ),
        )

    def _did_you_mean(self, request: SearchRequest, reading: QueryReading, hits: Sequence[Hit]) -> tuple[str, ...]:
        best_score = hits[0].score if hits else 0.0
        if not (request.interpret and request.text and wants_alternatives(reading.interpretation, best_score)):
            return ()
        return self.suggester().did_you_mean(reading.interpretation, best_score)

    # --- suggestions and neighbours --------------------------------------------------------------------------

    def suggest(self, text: str, limit: int) -> tuple[Suggestion, ...]:
        check_limit(text, limit)
        return self.suggester().suggest(text, limit)

    def similar(self, passage_id: str, limit: int) -> tuple[Hit, ...]:
        self.passage(passage_id)
        lists = _Lists(
            self._lists,
            self._facets,
            self._passages,
            self.passage_count,
            self._vectors.means if self._vectors else None,
        )
        return similar(lists, self._vocabulary, self._numbers[passage_id], limit)

    def _validate(self, request: SearchRequest) -> None:
        filters = request.filters
        if not request.text and not filters:
            raise InvalidRequest("q", "say what to search for: give q, a filter, or both")
        if len(request.text) > MAX_QUERY_LENGTH:
            raise InvalidRequest("q", f"longer than {MAX_QUERY_LENGTH} characters; shorten it")
        if not 1 <= request.limit <= MAX_LIMIT:
            raise InvalidRequest("limit", f"must be between 1 and {MAX_LIMIT}")
        named = [(str(facet), topic_id) for facet, topics in filters.facets.items() for topic_id in sorted(topics)]
        for field, topic_id in [*named, *(("topic", topic_id) for topic_id in sorted(filters.topics))]:
            if topic_id not in self._vocabulary:
                raise UnknownTopic(field, topic_id, _nearest(topic_id, self._vocabulary.topics))
        for document_id in sorted(filters.documents):
            if document_id not in self._documents:
                raise UnknownDocument("document", document_id, _nearest(document_id, self._documents))

    def _rank(self, reading: QueryReading, request: SearchRequest) -> Ranking:
        """Scores, and the passages that the query's text allows before any filter."""
        if reading.is_empty:
            none = np.zeros(self.passage_count, np.float32)
            ranking = Ranking([], none, np.full(self.passage_count, bool(request.filters), np.bool_), 0.0)
        else:
            ranking = self._scorer.rank(reading, request.prefer_topics)
        candidates = ranking.candidates
        for phrase in reading.phrases:
            candidates &= self._scorer.phrase_mask(phrase)
        for exclusion in reading.exclusions:
            candidates &= ~self._scorer.phrase_mask(exclusion)
        return replace(ranking, candidates=candidates)

    def _selections(self, filters: Filters) -> dict[str, Mask]:
        """One mask for each filter that is set, by the name of its parameter."""
        chosen: dict[str, list[Numbers]] = {}
        for facet, topics in filters.facets.items():
            if topics:
                chosen[facet] = [self._facets.passages(topic_id, facet) for topic_id in topics]
        if filters.topics:
            chosen["topic"] = [self._facets.passages(topic_id) for topic_id in filters.topics]
        if filters.documents:
            chosen["document"] = [self._lists.postings("document", name).numbers for name in filters.documents]
        if filters.languages:
            chosen["language"] = [self._lists.postings("language", name).numbers for name in filters.languages]
        masks = {name: self._mask(numbers) for name, numbers in chosen.items()}
        if filters.advisories_not:
            unwanted = [self._lists.postings("advisory", name).numbers for name in filters.advisories_not]
            masks["advisory_not"] = ~self._mask(unwanted)
        return masks

    def _mask(self, parts: Sequence[Numbers]) -> Mask:
        mask = np.zeros(self.passage_count, np.bool_)
        for numbers in parts:
            mask[numbers] = True
        return mask

    # --- hits ------------------------------------------------------------------------------------------------

    def _hit(self, number: int, ranking: Ranking, reading: QueryReading, request: SearchRequest) -> Hit:
        passage = self._passages[number]
        if reading.is_empty:
            selected = Explanation("Selected by the filters.", ()) if request.explain else None
            return Hit(passage, 1.0, (), selected)
        top = float(ranking.scores[ranking.candidates].max(initial=0.0)) or 1.0
        score = ranking.certainty * float(ranking.scores[number]) / top
        return Hit(
            passage,
            round(score, 4),
            highlight(
                passage,
                self._documents[passage.passage.document_id].title,
                reading,
                meaning=self._near_in_meaning(number, passage, reading),
            ),
            self._explain(number, ranking.components) if request.explain else None,
        )

    def _near_in_meaning(self, number: int, passage: PublishedPassage, reading: QueryReading) -> tuple[Span, ...]:
        """The sentence nearest to the query, where the passage is near enough to be found by it alone."""
        if self._vectors is None or reading.vector is None:
            return ()
        sentence = self._vectors.nearest_sentence(reading.vector, number)
        if sentence is None or sentence >= len(passage.passage.sentence_spans):
            return ()
        near = self._vectors.sentence_likeness(reading.vector, number, sentence) >= MIN_LIKENESS
        return (passage.passage.sentence_spans[sentence],) if near else ()

    def _explain(self, number: int, components: Sequence[Component]) -> Explanation:
        scored = [(float(component.scores[number]), component) for component in components]
        scored = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])
        total = sum(score for score, _ in scored) or 1.0
        contributions = tuple(
            Contribution(part.kind, self._label(part), self._detail(part, number), round(score / total, 4))
            for score, part in scored
        )
        return Explanation(_summary(contributions), contributions)

    def _label(self, component: Component) -> str:
        if component.kind in ("label", "topic", "support"):
            return self._vocabulary[component.text].pref_label
        return component.text

    def _detail(self, component: Component, number: int) -> str:
        source: Any = component.source
        if component.kind == "meaning":
            return "The passage is near to the query in meaning, whatever its words."
        if component.kind == "support":
            return "The words of the query call for help, and the passage says where to find it."
        if component.kind == "role":
            return f"The question asks for what plays the role of a {component.text}, as topics of the passage do."
        if component.kind in ("label", "topic"):
            evidence = [
                found.text
                for tag in self._passages[number].passage.tags
                if tag.topic_id == component.text
                for found in tag.evidence
            ]
            words = ", ".join(f"“{text}”" for text in dict.fromkeys(evidence))
            led = {
                "named": f"The query names this topic with “{source.reason}”",
                "narrower": f"It is narrower than what the query names with “{source.reason}”",
                "speech": f"People who speak of this topic say such things, e.g. “{source.reason}”",
            }[source.kind]
            return f"{led}; the passage carries it for {words}."
        in_text, in_headings = self._scorer.term_frequencies(source, number)
        what = "These words stand together" if component.kind == "phrase" else "The word stands"
        if component.kind == "correction":
            what = "The query was read as this word, which stands"
        places = [f"{_times(in_text)} in the text"] if in_text else []
        places += [f"{_times(in_headings)} in the headings"] if in_headings else []
        return f"{what} {' and '.join(places)}, in this or another form."


@dataclass(frozen=True, slots=True)
class _Lists:
    """The generation as `indexer.similar` asks for it."""

    postings: PostingLists
    facets: FacetTable
    passages: PassageFile
    count: int
    vectors: Scores | None = None

    def carrying(self, topic_id: str, facet: Facet | None) -> Numbers:
        return self.facets.passages(topic_id, facet)

    def having(self, stem: str) -> tuple[Numbers, Scores]:
        found = self.postings.postings("text", term(stem))
        return found.numbers, found.frequencies

    def passage(self, number: int) -> PublishedPassage:
        return self.passages[number]


def _vectors(folder: Path) -> MeaningVectors | None:
    """The vectors of a generation, if it has any and the encoder that made them is installed here."""
    path, encoder = folder / VECTORS, installed_encoder()
    if encoder is None or not path.exists():
        return None
    vectors = MeaningVectors.load(path)
    return vectors if vectors.encoder == encoder.name else None


def _all_of(candidates: Mask, selections: Mapping[str, Mask], leaving_out: str | None = None) -> Mask:
    mask = candidates
    for name, selection in selections.items():
        if name != leaving_out:
            mask = mask & selection
    return mask


def _nearest(wanted: str, known: Mapping[str, object]) -> tuple[str, ...]:
    folded = fold_word(wanted).replace(" ", "_")
    found = process.extract(folded, list(known), scorer=fuzz.ratio, limit=NEAREST, score_cutoff=NEAREST_SCORE)
    return tuple(candidate for candidate, _, _ in found)


def _summary(contributions: Sequence[Contribution]) -> str:
    if not contributions:
        return "Nothing in the query points to this passage."
    strongest = ", ".join(f"“{contribution.text}”" for contribution in contributions[:3])
    return f"Found mainly through {strongest}."


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _json(path: Path) -> Any:
    return json.loads(path.read_bytes())


def _lengths(values: Sequence[int]) -> Scores:
    return np.array(values, dtype=np.float32)
