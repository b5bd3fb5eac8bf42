"""Linked data: the vocabulary in SKOS, a document as schema.org describes web pages, both as JSON-LD 1.1.

Addresses are relative to the address that was asked, as JSON-LD resolves them: they lead to whichever host serves the
API, and no `Host` header gets into an answer that caches may keep.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from corpus import FACETS, Facet, Topic, Vocabulary
from indexer import serialize
from indexer.model import PublishedDocument
from indexer.search import Snapshot
from indexer.serialize import Record

MEDIA_TYPE = "application/ld+json"
SCHEME = "/v1/vocabulary"
TITLE = "Topics of Thaw"
VOCABULARY_LICENSE = "https://creativecommons.org/licenses/by/4.0/"
"""The licence of everything under corpus/ (LICENSE, section 2)."""
CREATOR = "Thaw editors"
PUBLISHER = "Thaw"
MAX_ABOUT = 12
"""Topics that a page says it is about: those on most of its passages. Beyond a dozen they are mentions."""

SKOS_CONTEXT = {
    "@language": "en",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dcterms": "http://purl.org/dc/terms/",
    "owl": "http://www.w3.org/2002/07/owl#",
    "id": "@id",
    "type": "@type",
    "title": "dcterms:title",
    "description": "dcterms:description",
    "creator": "dcterms:creator",
    "license": "dcterms:license",
    "version": "owl:versionInfo",
    "concepts": "@included",
    "collections": "@included",
    "has_top_concept": "skos:hasTopConcept",
    "in_scheme": "skos:inScheme",
    "top_concept_of": "skos:topConceptOf",
    "pref_label": "skos:prefLabel",
    "alt_labels": "skos:altLabel",
    "hidden_labels": "skos:hiddenLabel",
    "definition": "skos:definition",
    "broader": "skos:broader",
    "narrower": "skos:narrower",
    "related": "skos:related",
    "close_match": "skos:closeMatch",
    "member": "skos:member",
}
"""Every value is a string, so that clients read it as a map. `topic_id` and `facets` stand for no property."""
SCHEMA_ORG_CONTEXT = {"@vocab": "https://schema.org/"}
"""Inline, so that a reader needs no other host."""

_COLLECTION_LABELS: dict[Facet, str] = {
    "symptom": "symptoms",
    "cause": "causes",
    "condition": "conditions",
    "treatment": "treatments",
    "strategy": "strategies",
    "mechanism": "mechanisms",
    "effect": "effects",
}
_KINDS: dict[str, str] = {
    "symptom": "MedicalSignOrSymptom",
    "condition": "MedicalCondition",
    "treatment": "MedicalTherapy",
}
"""schema.org's type for a topic by its usual role; the other roles are not medical entities there."""


# --- SKOS ------------------------------------------------------------------------------------------------------


def vocabulary(snapshot: Snapshot) -> Record:
    """Vocabulary: the concept scheme, its concepts, and a collection for each role."""
    topics = snapshot.vocabulary
    return {
        "@context": SKOS_CONTEXT,
        "id": SCHEME,
        "type": "skos:ConceptScheme",
        "title": TITLE,
        "description": "What passages on emotional numbness and detachment are tagged with, as people and as "
        "clinicians say it.",
        "creator": CREATOR,
        "license": {"id": VOCABULARY_LICENSE},
        "version": topics.version or snapshot.corpus_version,
        "has_top_concept": [_node(topic.id) for topic in topics if not topic.broader],
        "concepts": [_concept(topic) for topic in topics],
        "collections": list(_collections(topics)),
    }


def _concept(topic: Topic) -> Record:
    # SKOS keeps the three kinds of labels apart (S13), and compares them as they are written.
    labels = [topic.pref_label, *topic.alt_labels]
    return {
        "id": _address(topic.id),
        "type": "skos:Concept",
        "topic_id": topic.id,
        "pref_label": topic.pref_label,
        "alt_labels": list(topic.alt_labels),
        "hidden_labels": [label for label in topic.hidden_labels if label not in labels],
        "definition": topic.definition,
        "in_scheme": {"id": SCHEME},
        "top_concept_of": None if topic.broader else {"id": SCHEME},
        "broader": [_node(other) for other in topic.broader],
        "narrower": [_node(other) for other in topic.narrower],
        "related": [_node(other) for other in topic.related],
        "close_match": [{"id": mapping.uri} for mapping in topic.mappings],
    }


def _collections(topics: Vocabulary) -> Iterable[Record]:
    for facet in FACETS:
        members = [_node(topic.id) for topic in topics if facet in topic.facets]
        if members:
            yield {
                "id": f"{SCHEME}#{facet}",
                "type": "skos:Collection",
                "pref_label": _COLLECTION_LABELS[facet],
                "facet": facet,
                "member": members,
            }


def _address(topic_id: str) -> str:
    return f"/v1/topics/{topic_id}"


def _node(topic_id: str) -> Record:
    return {"id": _address(topic_id)}


# --- schema.org --------------------------------------------------------------------------------------------------


def web_page(snapshot: Snapshot, document: PublishedDocument) -> Record:
    """DocumentMetadata: a document as schema.org's MedicalWebPage."""
    source = document.source
    summary = serialize.document_summary(document)
    passages = [snapshot.passage(passage_id) for passage_id in document.passage_ids]
    return {
        "@context": SCHEMA_ORG_CONTEXT,
        "@type": "MedicalWebPage",
        "@id": f"/v1/documents/{source.id}",
        "identifier": source.id,
        "url": source.source_url,
        "name": document.title or source.id,
        "description": source.summary,
        "inLanguage": source.language,
        "license": summary["license"]["url"],
        "creditText": summary["attribution"]["text"],
        "datePublished": min((passage.first_published_on for passage in passages), default=None),
        "dateModified": max((passage.updated_on for passage in passages), default=None),
        "lastReviewed": source.reviewed_on,
        "timeRequired": f"PT{summary['reading_seconds']}S",
        "isAccessibleForFree": True,
        "author": [{"@type": _kind_of_author(name), "name": name} for name in source.authors],
        # A text that was first published elsewhere has its publisher there, whom nothing names.
        "publisher": None if source.source_url else {"@type": "Organization", "name": PUBLISHER},
        "about": [_about(snapshot.vocabulary[topic_id]) for topic_id in _main_topics(snapshot, document)],
        "isBasedOn": [
            {
                "@type": "CreativeWork",
                "name": work.title,
                "url": work.url,
                "publisher": {"@type": "Organization", "name": work.publisher} if work.publisher else None,
            }
            for work in source.references
        ],
    }


def _main_topics(snapshot: Snapshot, document: PublishedDocument) -> list[str]:
    """Those on most of the document's passages, in order of how many."""
    counts: Counter[str] = Counter()
    for passage_id in document.passage_ids:
        tags = snapshot.passage(passage_id).passage.tags
        counts.update({tag.topic_id for tag in tags if tag.topic_id in snapshot.vocabulary})
    return sorted(counts, key=lambda topic_id: (-counts[topic_id], topic_id))[:MAX_ABOUT]


def _about(topic: Topic) -> Record:
    return {
        "@type": _KINDS.get(topic.facets[0], "DefinedTerm"),
        "@id": _address(topic.id),
        "identifier": topic.id,
        "name": topic.pref_label,
        "description": topic.definition,
    }


_PARTICLES = {"al", "ap", "bin", "da", "de", "del", "den", "der", "di", "du", "ibn", "la", "le", "ten", "van", "von"}


def _kind_of_author(name: str) -> str:
    """Front matter holds names alone: `Thaw editors` and `Ben & Sons` are groups, `Ada van Dam` is a person."""
    words = [word for word in re.findall(r"[^\s,]+", name) if word not in _PARTICLES]
    return "Person" if len(words) > 1 and all(word[:1].isupper() for word in words) else "Organization"
