"""Linked data: JSON-LD with a fixed shape, so that clients can read it without knowing about graphs."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from api import fields
from api.fields import ResponseSchema
from corpus import FACETS

ADDRESS_LENGTH = 2000


def address(description: str) -> ma.fields.String:
    """A reference that JSON-LD resolves against the address of the answer."""
    bounds = {"format": "uri-reference", "minLength": 1, "maxLength": ADDRESS_LENGTH, "pattern": r"^\S+$"}
    return ma.fields.String(metadata={"description": description, **bounds})


def kind(description: str) -> ma.fields.String:
    """A class of the vocabulary in use, e.g. `skos:Concept`."""
    return fields.string(description, longest=60, shortest=1, pattern=r"^[A-Za-z:]+$")


def context(description: str) -> ma.fields.Dict:
    """What the members mean, as JSON-LD declares it; text to text."""
    return ma.fields.Dict(
        keys=ma.fields.String(),
        values=fields.string("What a member or prefix stands for", longest=200, shortest=1),
        metadata={"description": description},
    )


def labels(description: str, *, most: int) -> ma.fields.List[str]:
    """Names in English."""
    return fields.many(fields.string("A label", longest=100, shortest=1), description, most=most)


def named(name: str, field: Any) -> Any:
    """A member under a name that Python would not take, or not like."""
    field.data_key = name
    return field


# --- SKOS ------------------------------------------------------------------------------------------------------


class NodeRef(ResponseSchema):
    """A thing, named by its address."""

    id = address("Its address, relative to this one if it is here")


class SkosConcept(ResponseSchema):
    """A topic as a SKOS concept."""

    id = address("Address of the topic")
    type = kind("`skos:Concept`")
    topic_id = fields.identifier("The topic's id elsewhere in this API")
    pref_label = fields.string("Preferred label", longest=100, shortest=1)
    alt_labels = labels("Other names, clinical and as people say them", most=500)
    hidden_labels = labels("What people type when they mean it: looser than a name, not for display", most=1000)
    definition = fields.string("What is meant, in a sentence or two", longest=2000)
    in_scheme = fields.nested(NodeRef)
    top_concept_of = fields.nested(NodeRef, nullable=True)
    broader = fields.many(fields.nested(NodeRef), "Topics that include this one", most=100)
    narrower = fields.many(fields.nested(NodeRef), "Topics that this one includes", most=500)
    related = fields.many(fields.nested(NodeRef), "Topics near this one", most=500)
    close_match = fields.many(fields.nested(NodeRef), "Counterparts in published schemes", most=50)


class SkosCollection(ResponseSchema):
    """The topics that may serve a role, as a SKOS collection."""

    id = address("Address of the collection")
    type = kind("`skos:Collection`")
    pref_label = fields.string("Name of the collection", longest=100, shortest=1)
    facet = fields.one_of("The role", FACETS)
    member = fields.many(fields.nested(NodeRef), "The topics", most=10000)


class SkosScheme(ResponseSchema):
    """The vocabulary as a SKOS concept scheme in JSON-LD."""

    context = named("@context", context("What the members mean, in JSON-LD"))
    id = address("Address of the vocabulary")
    type = kind("`skos:ConceptScheme`")
    title = fields.string("Title", longest=200, shortest=1)
    description = fields.string("What the vocabulary is for", longest=2000)
    creator = fields.string("Who made it", longest=200, shortest=1)
    license = fields.nested(NodeRef)
    version = fields.string("Changes when the vocabulary changes", longest=100, shortest=1)
    has_top_concept = fields.many(fields.nested(NodeRef), "Topics that no other includes", most=10000)
    concepts = fields.many(fields.nested(SkosConcept), "The topics", most=10000)
    collections = fields.many(fields.nested(SkosCollection), "The topics by role", most=len(FACETS))


# --- schema.org ----------------------------------------------------------------------------------------------------


class WebEntity(ResponseSchema):
    """A person or an organisation, as schema.org has it."""

    type = named("@type", kind("`Person` or `Organization`"))
    name = fields.string("Its name", longest=500, shortest=1)


class WebTopic(ResponseSchema):
    """What a page is about, as schema.org has it."""

    type = named("@type", kind("`MedicalCondition`, `MedicalSignOrSymptom`, `MedicalTherapy` or `DefinedTerm`"))
    id = named("@id", address("Address of the topic"))
    identifier = fields.identifier("The topic's id elsewhere in this API")
    name = fields.string("Preferred label", longest=100, shortest=1)
    description = fields.string("What is meant, in a sentence or two", longest=2000)


class WebWork(ResponseSchema):
    """A work that a page rests on, as schema.org has it."""

    type = named("@type", kind("`CreativeWork`"))
    name = fields.string("Title of the work", longest=1000, shortest=1)
    url = fields.uri("Where it can be found", nullable=True)
    publisher = fields.nested(WebEntity, nullable=True)


class DocumentMetadata(ResponseSchema):
    """A document as schema.org's MedicalWebPage in JSON-LD, to be embedded in a page that shows it."""

    context = named("@context", context("Where the names come from: schema.org"))
    type = named("@type", kind("`MedicalWebPage`"))
    id = named("@id", address("Address of the document"))
    identifier = fields.identifier("The document's id elsewhere in this API")
    url = fields.uri("Where the text was first published; null if only here", nullable=True)
    name = fields.string("Title", longest=500, shortest=1)
    description = fields.string("What the text is about, in a sentence or two", longest=2000, nullable=True)
    in_language = named(
        "inLanguage",
        fields.string("BCP 47 tag of the text's language", longest=35, pattern=fields.LANGUAGE_PATTERN),
    )
    license = fields.uri("Where the licence can be read; null where the text states none", nullable=True)
    credit_text = named("creditText", fields.string("The credit to show", longest=2000, shortest=1))
    date_published = named("datePublished", fields.date("When it was first published here", nullable=True))
    date_modified = named("dateModified", fields.date("When a passage of it last changed", nullable=True))
    last_reviewed = named("lastReviewed", fields.date("When it was last reviewed; null if unknown", nullable=True))
    time_required = named(
        "timeRequired",
        fields.string("Time to read it silently (ISO 8601)", longest=20, shortest=4, pattern=r"^PT[0-9]+S$"),
    )
    is_accessible_for_free = named("isAccessibleForFree", fields.yes_no("Whether reading it costs nothing"))
    author = fields.many(fields.nested(WebEntity), "Who wrote the text, in order", most=100)
    publisher = fields.nested(WebEntity, nullable=True)
    about = fields.many(fields.nested(WebTopic), "What it is about, the most treated topic first", most=50)
    is_based_on = named("isBasedOn", fields.many(fields.nested(WebWork), "Works that the text rests on", most=500))
