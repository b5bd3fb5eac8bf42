"""Topics: the concepts of the vocabulary."""

from __future__ import annotations

import marshmallow as ma

from api import fields
from api.fields import ResponseSchema
from api.schemas.common import TopicRef
from api.schemas.paging import CURSOR_TEXT, LIMIT_TEXT, Page
from corpus import FACETS
from indexer.search import MAX_LIMIT


class TopicsQuery(fields.RequestSchema):
    """Parameters of the list of topics."""

    facet = fields.choices("Topics that may serve one of these roles", FACETS, "symptom")
    limit = fields.whole_number(LIMIT_TEXT, default=MAX_LIMIT, high=MAX_LIMIT)
    cursor = fields.pattern_text(CURSOR_TEXT, fields.CURSOR_PATTERN, fields.CURSOR_LENGTH)


class TopicMapping(ResponseSchema):
    """The topic's counterpart in a published scheme."""

    scheme = fields.string("Name of the scheme", longest=100, shortest=1)
    code = fields.string("The counterpart's code in it", longest=100, shortest=1)
    uri = fields.uri("The counterpart's address")


class Topic(ResponseSchema):
    """A concept that passages are tagged with, in SKOS terms."""

    id = fields.identifier("Permanent id")
    label = fields.string("Preferred label", longest=100, shortest=1)
    definition = fields.string("What is meant, in a sentence or two", longest=2000)
    facets = fields.many(fields.one_of("A role", FACETS), "Roles it may serve, its usual one first", most=len(FACETS))
    alt_labels = fields.many(
        fields.string("A label", longest=100, shortest=1), "Other names, clinical and as people say them", most=500
    )
    broader = fields.many(fields.nested(TopicRef), "Topics that include this one", most=100)
    narrower = fields.many(fields.nested(TopicRef), "Topics that this one includes", most=500)
    related = fields.many(fields.nested(TopicRef), "Topics near this one", most=500)
    mappings = fields.many(fields.nested(TopicMapping), "Counterparts in published schemes", most=50)
    passage_counts = ma.fields.Dict(
        keys=ma.fields.String(),
        values=fields.count("Passages"),
        metadata={"description": "Passages that carry the topic or a narrower one, by role"},
    )
    passage_count = fields.count("Passages that carry the topic or a narrower one in any role, each counted once")


class TopicList(Page):
    """A page of topics, in the order of the vocabulary."""

    items = fields.many(fields.nested(Topic), "The topics", most=MAX_LIMIT)
