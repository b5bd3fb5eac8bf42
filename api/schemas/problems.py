"""Problems: the one shape of every error."""

from __future__ import annotations

from api import fields
from api.fields import ResponseSchema
from api.schemas.support import Support


class FieldError(ResponseSchema):
    """What is wrong with one parameter or member of the request."""

    location = fields.one_of("Where it stands", ("body", "header", "path", "query"))
    field = fields.string("Name of the parameter or member; `body` for the body as a whole", longest=200)
    message = fields.string("What is wrong, and how to mend it", longest=2000, shortest=1)


class Problem(ResponseSchema):
    """An error, after RFC 9457."""

    type = fields.string(
        "Address of a page about this kind of problem, relative to this server",
        longest=200,
        shortest=1,
        pattern=r"^/problems/[a-z0-9-]+$",
    )
    title = fields.string("The kind of problem in words; the same for every occurrence", longest=200, shortest=1)
    status = fields.count("The HTTP status", low=400, high=599)
    detail = fields.string("What happened this time, and how to mend it", longest=4000, shortest=1)
    instance = fields.string("Path of the request, without its query string", longest=20000)
    errors = fields.many(fields.nested(FieldError), "Faults by field; empty if the request is not at fault", most=200)
    successor_id = fields.identifier(
        "For a withdrawn passage: the one that now carries most of its text", nullable=True
    )
    support = fields.nested(Support, nullable=True)
