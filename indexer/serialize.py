"""Answers as plain values: the shapes of the public contract, made in one place for HTTP and for the command line.

Dates stay `date` objects and ids stay strings; `json_default` turns the dates into ISO 8601 for `json.dumps`.
Everything optional is present and None; arrays are lists and never None.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from markdown_it import MarkdownIt

from corpus import FACETS, License, Source, Topic, Vocabulary
from indexer.attribution import UNKNOWN_LICENSE, credit
from indexer.model import WORDS_PER_MINUTE, Evidence, PublishedDocument, PublishedPassage, Span, Tag
from indexer.search import Explanation, FacetCounts, Highlight, Hit, Interpretation, SearchResult, Snapshot, Suggestion

Record = dict[str, Any]

# Raw HTML in a text is shown as text, links keep to http(s) and mailto (markdown-it's own check): safe to embed.
_markdown = MarkdownIt("commonmark", {"html": False})


def json_default(value: object) -> str:
    """For `json.dumps(…, default=json_default)`."""
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")


# --- topics ----------------------------------------------------------------------------------------------------


def topic_ref(vocabulary: Vocabulary, topic_id: str) -> Record:
    """TopicRef."""
    return {"id": topic_id, "label": vocabulary[topic_id].pref_label}


def topic(snapshot: Snapshot, found: Topic) -> Record:
    """Topic, with how many passages carry it."""
    vocabulary = snapshot.vocabulary
    counts = snapshot.topic_counts().get(found.id, {})
    return {
        "id": found.id,
        "label": found.pref_label,
        "definition": found.definition,
        "facets": list(found.facets),
        "alt_labels": list(found.alt_labels),
        "broader": [topic_ref(vocabulary, other) for other in found.broader],
        "narrower": [topic_ref(vocabulary, other) for other in found.narrower],
        "related": [topic_ref(vocabulary, other) for other in found.related],
        "mappings": [{"scheme": m.scheme, "code": m.code, "uri": m.uri} for m in found.mappings],
        "passage_counts": {facet: counts[facet] for facet in FACETS if counts.get(facet)},
        "passage_count": snapshot.topic_passage_count(found.id),
    }


# --- documents ---------------------------------------------------------------------------------------------------


def license_of(source: Source) -> Record:
    """License; one of its own where the text states none. `url` is None there."""
    licence: License = source.license or UNKNOWN_LICENSE
    return {"id": licence.id, "name": licence.name, "url": licence.url or None}


def attribution(document: PublishedDocument, *, excerpt: bool) -> Record:
    """Attribution of a document, or of an excerpt from it."""
    source = document.source
    line = credit(source, document.title, excerpt=excerpt)
    return {
        "text": line.text,
        "html": line.html,
        "markdown": line.markdown,
        "license": license_of(source),
        "source_url": source.source_url,
        "authors": list(source.authors),
        "reviewed_on": source.reviewed_on,
        "next_review_on": source.next_review_on,
    }


def document_summary(document: PublishedDocument) -> Record:
    """DocumentSummary: a document without its outline and references."""
    source = document.source
    return {
        "id": source.id,
        "title": document.title,
        "summary": source.summary,
        "language": source.language,
        "license": license_of(source),
        "attribution": attribution(document, excerpt=False),
        "advisories": list(source.advisories),
        "passage_count": len(document.passage_ids),
        "word_count": document.word_count,
        "reading_seconds": max(1, round(document.word_count * 60 / WORDS_PER_MINUTE)),
    }


def document(found: PublishedDocument) -> Record:
    """Document."""
    return document_summary(found) | {
        "outline": [
            {"heading": entry.heading, "level": entry.level, "passage_ids": list(entry.passage_ids)}
            for entry in found.outline
        ],
        "references": [
            {"title": work.title, "publisher": work.publisher, "url": work.url} for work in found.source.references
        ],
    }


# --- passages ------------------------------------------------------------------------------------------------------


def passage_summary(snapshot: Snapshot, published: PublishedPassage) -> Record:
    """PassageSummary."""
    passage = published.passage
    owner = snapshot.documents.get(passage.document_id)
    return {
        "id": published.id,
        "revision": published.revision,
        "document": {"id": passage.document_id, "title": owner.title if owner else passage.document_id},
        "heading_path": list(passage.heading_path),
        "position": passage.position,
        "text": passage.text,
        "language": passage.language,
        "tags": [_tag(snapshot.vocabulary, tag) for tag in passage.tags],
        "advisories": list(passage.advisories),
        "word_count": passage.word_count,
        "reading_seconds": passage.reading_seconds,
        "reading_grade": passage.reading_grade,
        "attribution": attribution(owner, excerpt=True) if owner else _lost_attribution(passage.document_id),
    }


def passage(snapshot: Snapshot, published: PublishedPassage, companions: Iterable[PublishedPassage] = ()) -> Record:
    """Passage, with those that must be shown beside it."""
    return passage_summary(snapshot, published) | {
        "markdown": published.passage.markdown,
        "html": _markdown.render(published.passage.markdown),
        "source_span": _span(published.passage.source_span),
        "previous_id": published.previous_id,
        "next_id": published.next_id,
        "companions": [passage_summary(snapshot, companion) for companion in companions],
        "first_published_on": published.first_published_on,
        "updated_on": published.updated_on,
    }


def _span(span: Span) -> Record:
    return {"start": span.start, "end": span.end}


def _tag(vocabulary: Vocabulary, tag: Tag) -> Record:
    # An old revision may carry a topic that has left the vocabulary since: it is shown under its id.
    known = tag.topic_id in vocabulary
    return {
        "facet": tag.facet,
        "topic": topic_ref(vocabulary, tag.topic_id) if known else {"id": tag.topic_id, "label": tag.topic_id},
        "evidence": [_evidence(evidence) for evidence in tag.evidence],
    }


def _evidence(evidence: Evidence) -> Record:
    return {"text": evidence.text, **_span(evidence.span), "source": evidence.source}


def _lost_attribution(document_id: str) -> Record:
    """For an old revision whose document has left the corpus."""
    line = f"Excerpt from “{document_id}”, a text that is no longer published."
    return {
        "text": line,
        "html": line,
        "markdown": line,
        "license": {"id": UNKNOWN_LICENSE.id, "name": UNKNOWN_LICENSE.name, "url": None},
        "source_url": None,
        "authors": [],
        "reviewed_on": None,
        "next_review_on": None,
    }


# --- search -----------------------------------------------------------------------------------------------------------


def search_results(snapshot: Snapshot, result: SearchResult) -> Record:
    """SearchResults."""
    return {
        "corpus_version": result.corpus_version,
        "query": interpretation(snapshot.vocabulary, result.query),
        "total": result.total,
        "items": [_hit(snapshot, hit) for hit in result.hits],
        "facets": [_facet(snapshot.vocabulary, counts) for counts in result.facets],
        "suggestions": list(result.suggestions),
        "support": None,
        "next_cursor": result.next_cursor,
        "previous_cursor": result.previous_cursor,
    }


def interpretation(vocabulary: Vocabulary, query: Interpretation) -> Record:
    """Interpretation."""
    return {
        "text": query.text,
        "corrected_text": query.corrected_text,
        "concepts": [
            {
                "topic": topic_ref(vocabulary, concept.topic_id),
                "matched_text": concept.matched_text,
                "start": concept.start,
                "end": concept.end,
                "kind": concept.kind,
            }
            for concept in query.concepts
        ],
    }


def passage_list(snapshot: Snapshot, passages: Iterable[PublishedPassage], total: int) -> Record:
    """PassageList without cursors."""
    return {
        "corpus_version": snapshot.corpus_version,
        "total": total,
        "items": [passage_summary(snapshot, published) for published in passages],
        "unavailable": [],
        "next_cursor": None,
        "previous_cursor": None,
    }


def _hit(snapshot: Snapshot, hit: Hit) -> Record:
    return {
        "passage": passage_summary(snapshot, hit.passage),
        "score": hit.score,
        "highlights": [_highlight(highlight) for highlight in hit.highlights],
        "explanation": _explanation(hit.explanation) if hit.explanation else None,
    }


def _highlight(highlight: Highlight) -> Record:
    return {
        "field": highlight.field,
        "snippet": highlight.snippet,
        "html": highlight.html,
        "matches": [{"start": match.start, "end": match.end, "kind": match.kind} for match in highlight.matches],
    }


def _explanation(explanation: Explanation) -> Record:
    return {
        "summary": explanation.summary,
        "contributions": [
            {"kind": part.kind, "text": part.text, "detail": part.detail, "share": part.share}
            for part in explanation.contributions
        ],
    }


def _facet(vocabulary: Vocabulary, counts: FacetCounts) -> Record:
    return {
        "facet": counts.facet,
        "buckets": [
            {"topic": topic_ref(vocabulary, bucket.topic_id), "count": bucket.count} for bucket in counts.buckets
        ],
    }


# --- suggestions and neighbours ----------------------------------------------------------------------------------


def suggestions(snapshot: Snapshot, found: Iterable[Suggestion]) -> Record:
    """Suggestions."""
    return {
        "corpus_version": snapshot.corpus_version,
        "items": [
            {
                "text": one.text,
                "kind": one.kind,
                "topic": topic_ref(snapshot.vocabulary, one.topic_id) if one.topic_id else None,
            }
            for one in found
        ],
    }


def similar_passages(snapshot: Snapshot, hits: Iterable[Hit]) -> Record:
    """SimilarPassages."""
    return {
        "corpus_version": snapshot.corpus_version,
        "items": [{"passage": passage_summary(snapshot, hit.passage), "score": hit.score} for hit in hits],
    }
