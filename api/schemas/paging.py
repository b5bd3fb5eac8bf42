"""Paging: the parameters that every list takes, and the members that every list has."""

from __future__ import annotations

from api import fields
from api.fields import RequestSchema, ResponseSchema
from indexer.search import MAX_LIMIT

LIMIT_TEXT = "How many items a page has at most"
CURSOR_TEXT = (
    "Where the page begins: `next_cursor` or `previous_cursor` of an earlier answer to the same request. "
    "It is bound to the request and to the version of the corpus; `limit` may change"
)


class Paged(RequestSchema):
    """Parameters of a list."""

    limit = fields.whole_number(LIMIT_TEXT, default=10, high=MAX_LIMIT)
    cursor = fields.pattern_text(CURSOR_TEXT, fields.CURSOR_PATTERN, fields.CURSOR_LENGTH)


class Page(ResponseSchema):
    """Members of a list; subclasses add `items`."""

    corpus_version = fields.string("Changes when, and only when, what can be read changes", longest=100, shortest=1)
    total = fields.count("Items on all pages together")
    next_cursor = fields.string(
        "Cursor of the next page; null on the last one",
        longest=fields.CURSOR_LENGTH,
        pattern=fields.CURSOR_PATTERN,
        nullable=True,
    )
    previous_cursor = fields.string(
        "Cursor of the page before; null on the first one",
        longest=fields.CURSOR_LENGTH,
        pattern=fields.CURSOR_PATTERN,
        nullable=True,
    )
