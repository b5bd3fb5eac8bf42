"""Suggestions: what typed words may become."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from api import fields
from api.fields import RequestSchema, ResponseSchema
from api.schemas.common import TopicRef
from indexer.search import MAX_LIMIT, MAX_QUERY_LENGTH


class SuggestQuery(RequestSchema):
    """Parameters of suggestions."""

    q = fields.required(
        fields.free_text("What is typed so far; its last word may go on", MAX_QUERY_LENGTH, "why can't i f")
    )
    limit = fields.whole_number("How many suggestions to give at most", default=8, high=MAX_LIMIT)

    @ma.post_load
    def asked(self, values: dict[str, Any], **_: Any) -> tuple[str, int]:
        """Text and limit."""
        return values["q"], values["limit"]


class Suggestion(ResponseSchema):
    """A query to offer."""

    text = fields.string("The query", longest=MAX_QUERY_LENGTH + 100, shortest=1)
    kind = fields.one_of(
        "What it comes from: a topic's name, a heading of a text, or typed words respelt",
        ("topic", "heading", "correction"),
    )
    topic = fields.nested(TopicRef, nullable=True)


class Suggestions(ResponseSchema):
    """What typed words may become."""

    corpus_version = fields.string("Changes when, and only when, what can be read changes", longest=100, shortest=1)
    items = fields.many(fields.nested(Suggestion), "Suggestions, the best first", most=MAX_LIMIT)
