"""Documents: the texts that passages come from."""

from __future__ import annotations

from api import fields
from api.fields import ResponseSchema
from api.schemas.common import Attribution, License
from api.schemas.paging import CURSOR_TEXT, LIMIT_TEXT, Page
from corpus import ADVISORIES
from indexer.search import MAX_LIMIT


class DocumentsQuery(fields.RequestSchema):
    """Parameters of the list of documents."""

    language = fields.patterns("Languages (BCP 47); repeat for OR", fields.LANGUAGE_PATTERN, 35, "en")
    limit = fields.whole_number(LIMIT_TEXT, default=MAX_LIMIT, high=MAX_LIMIT)
    cursor = fields.pattern_text(CURSOR_TEXT, fields.CURSOR_PATTERN, fields.CURSOR_LENGTH)


class DocumentSummary(ResponseSchema):
    """A text, without its outline."""

    id = fields.identifier("Permanent id")
    title = fields.string("Title", longest=500)
    summary = fields.string("What the text is about, in a sentence or two", longest=2000, nullable=True)
    language = fields.string("BCP 47 tag of the text's language", longest=35, pattern=fields.LANGUAGE_PATTERN)
    license = fields.nested(License)
    attribution = fields.nested(Attribution)
    advisories = fields.many(
        fields.one_of("An advisory", ADVISORIES), "What a reader may want to be warned of", most=len(ADVISORIES)
    )
    passage_count = fields.count("Passages of the text")
    word_count = fields.count("Words of the text")
    reading_seconds = fields.count("Time to read it silently, in seconds", low=1)


class OutlineEntry(ResponseSchema):
    """A heading with the passages directly under it."""

    heading = fields.string("The heading; empty for what stands before the first one", longest=1000)
    level = fields.count("Depth, 1 for the outermost; 0 before the first heading", high=10)
    passage_ids = fields.many(fields.identifier("A passage"), "Passages in order", most=10000)


class Reference(ResponseSchema):
    """A work that a text rests on."""

    title = fields.string("Title of the work", longest=1000, shortest=1)
    publisher = fields.string("Who published it", longest=500, nullable=True)
    url = fields.uri("Where it can be found", nullable=True)


class Document(DocumentSummary):
    """A text with its outline and the works it rests on."""

    outline = fields.many(fields.nested(OutlineEntry), "Headings in order", most=10000)
    references = fields.many(fields.nested(Reference), "Works that the text rests on", most=500)


class DocumentList(Page):
    """A page of documents, in order of id."""

    items = fields.many(fields.nested(DocumentSummary), "The documents", most=MAX_LIMIT)
