"""Objects that several kinds of answers share."""

from __future__ import annotations

from api import fields
from api.fields import ResponseSchema


class License(ResponseSchema):
    """The licence that a text is published under."""

    id = fields.string("SPDX id; `LicenseRef-unknown` where the text states none", longest=64, shortest=1)
    name = fields.string("Name of the licence as readers know it", longest=200, shortest=1)
    url = fields.uri("Where the licence can be read; null where the text states none", nullable=True)


class Attribution(ResponseSchema):
    """The credit that must stand beside a text wherever it is shown, ready in three notations."""

    text = fields.string("The credit line as plain text", longest=2000, shortest=1)
    html = fields.string("The credit line as escaped HTML with links", longest=4000, shortest=1)
    markdown = fields.string("The credit line as Markdown with links", longest=4000, shortest=1)
    license = fields.nested(License)
    source_url = fields.uri("Where the text was first published; null if only here", nullable=True)
    authors = fields.many(
        fields.string("Name of an author", longest=200, shortest=1), "Who wrote the text, in order", most=100
    )
    reviewed_on = fields.date("When the text was last reviewed; null if unknown", nullable=True)
    next_review_on = fields.date("When the text is due for review; null if unknown", nullable=True)


class TopicRef(ResponseSchema):
    """A topic, named."""

    id = fields.identifier("Permanent id of the topic")
    label = fields.string("The topic's preferred label", longest=100, shortest=1)


class DocumentRef(ResponseSchema):
    """A document, named."""

    id = fields.identifier("Permanent id of the document")
    title = fields.string("Title of the document", longest=500)


class Span(ResponseSchema):
    """A half-open range of Unicode code points."""

    start = fields.count("First code point, counted from 0")
    end = fields.count("Code point after the last one")
