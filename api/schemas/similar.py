"""Similar passages: neighbours of one."""

from __future__ import annotations

from api import fields
from api.fields import RequestSchema, ResponseSchema
from api.schemas.passages import PassageSummary
from indexer.search import MAX_LIMIT


class SimilarQuery(RequestSchema):
    """Parameters of similar passages."""

    limit = fields.whole_number("How many passages to give at most", default=5, high=MAX_LIMIT)


class SimilarPassage(ResponseSchema):
    """A neighbour."""

    passage = fields.nested(PassageSummary)
    score = fields.number("How near it is; comparable within one answer only", low=0, high=1)


class SimilarPassages(ResponseSchema):
    """Passages on the same subject as one."""

    corpus_version = fields.string("Changes when, and only when, what can be read changes", longest=100, shortest=1)
    items = fields.many(fields.nested(SimilarPassage), "Passages, the nearest first", most=MAX_LIMIT)
