"""From any error to problem+json (RFC 9457): one table of kinds, one place that writes them."""

from __future__ import annotations

import http
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from api import support
from api.schemas.support import Support
from indexer.errors import IndexerError, IndexUnavailable, InvalidRequest, NotFound, PassageWithdrawn
from indexer.serialize import Record

log = logging.getLogger("thaw.problems")
MEDIA_TYPE = "application/problem+json"
INDEX_REMEDY = (
    "No search index can be opened. Build one with `python -m indexer build` (or `make index`); "
    "the service picks it up without a restart."
)
RETRY_AFTER_S = 10
"""About the time that a build of the packaged corpus takes."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: what `type` points to."""

    slug: str
    status: int
    title: str
    meaning: str
    remedy: str

    @property
    def uri(self) -> str:
        """Relative, so that it resolves to a page on whichever host serves the API."""
        return f"/problems/{self.slug}"

    @property
    def component(self) -> str:
        """Its name among the responses of the OpenAPI document: invalid-request -> InvalidRequest."""
        return "".join(word.capitalize() for word in self.slug.split("-"))


KINDS = {
    kind.slug: kind
    for kind in (
        Kind(
            "invalid-request",
            400,
            "The request is not valid",
            "A parameter or a member of the body is unknown, missing, or has a value that cannot be used.",
            "Read `errors`: it names each field at fault and what to send instead.",
        ),
        Kind(
            "malformed-request",
            400,
            "The request is not valid HTTP",
            "The request line, a header or the framing of the body cannot be understood.",
            "Use an HTTP library; encode addresses.",
        ),
        Kind(
            "unauthorized",
            401,
            "A valid API key is needed",
            "This service asks for an API key, and the request has none that is valid.",
            "Send `Authorization: Bearer <key>` with a key that the operator of the service gave you.",
        ),
        Kind(
            "insufficient-scope",
            403,
            "The API key is not good for this",
            "The key is valid, but does not have the scope that this operation asks for.",
            "Ask the operator of the service for a key with that scope.",
        ),
        Kind(
            "not-found",
            404,
            "There is nothing here",
            "No route, topic, document, passage or revision has this address.",
            "Check the id; lists and searches only name ids that exist.",
        ),
        Kind(
            "method-not-allowed",
            405,
            "The method is not allowed here",
            "The address exists, but not for this HTTP method.",
            "Use one of the methods in the `Allow` header.",
        ),
        Kind(
            "passage-withdrawn",
            410,
            "The passage was withdrawn",
            "The id named a passage once. Its text has left the corpus or has moved into other passages.",
            "Read the passage that `successor_id` and the `Link` header name, if any.",
        ),
        Kind(
            "request-timeout",
            408,
            "The request took too long to arrive",
            "The connection was open for some time without a whole request on it.",
            "Send the request at once, or again over a better connection.",
        ),
        Kind(
            "body-too-large",
            413,
            "The body is too large",
            "The request body is larger than any valid request.",
            "Send at most 64 KiB.",
        ),
        Kind(
            "address-too-long",
            414,
            "The address is too long",
            "The request line is longer than any valid request's.",
            "Send long searches to POST /v1/search.",
        ),
        Kind(
            "unsupported-media-type",
            415,
            "The content type is not supported",
            "The request body is not declared as JSON.",
            "Send JSON in UTF-8 with `Content-Type: application/json`.",
        ),
        Kind(
            "rate-limited",
            429,
            "Too many requests",
            "This caller has used up its share for now.",
            "Wait for the seconds in `Retry-After`, then go on more slowly.",
        ),
        Kind(
            "headers-too-large",
            431,
            "The headers are too large",
            "There are too many headers, or one is too long.",
            "Send at most 64 headers of at most 8 KiB each.",
        ),
        Kind(
            "internal-error",
            500,
            "Something went wrong on the server",
            "The request met a fault of the service. Nothing of the request was written down.",
            "Try again; if it stays, report the `X-Request-Id` of the answer.",
        ),
        Kind(
            "index-unavailable",
            503,
            "The search index is not available",
            "The service runs, but has no index of texts to answer from.",
            INDEX_REMEDY,
        ),
    )
}
_BY_STATUS = {kind.status: kind for kind in KINDS.values() if kind.slug != "invalid-request"}
"""For errors of HTTP itself; what is invalid in a field goes through `invalid`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of the request."""

    location: str
    field: str
    message: str


class InvalidInput(Exception):
    """The request does not fit its schema."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__("invalid input")
        self.faults = tuple(faults)


def register(app: Flask) -> None:
    """Every error of the application becomes a problem, raised on purpose or not."""
    app.register_error_handler(IndexerError, from_domain)
    app.register_error_handler(InvalidInput, lambda error: invalid(error.faults))
    app.register_error_handler(HTTPException, from_http)


def from_domain(error: IndexerError) -> Response:
    """The answer to an error of the indexer."""
    match error:
        case InvalidRequest():
            return invalid((Fault(_location(), error.field, str(error)),))
        case PassageWithdrawn(successor_id=successor):
            link = {"Link": f'</v1/passages/{quote(successor)}>; rel="successor-version"'} if successor else {}
            return respond(KINDS["passage-withdrawn"], _sentence(str(error)), link, successor_id=successor)
        case NotFound():
            return respond(KINDS["not-found"], _sentence(str(error)))
        case IndexUnavailable():
            log.warning("index unavailable: %s", error)
            return respond(KINDS["index-unavailable"], INDEX_REMEDY, {"Retry-After": str(RETRY_AFTER_S)})
    raise error


def from_http(error: HTTPException) -> Response:
    """The answer to an error of HTTP itself, or to an exception that nobody caught."""
    status = error.code or 500
    if status < 400:
        return Response(status=status, headers=list(error.get_headers(request.environ)))
    kind = _BY_STATUS.get(status) or _other(status)
    headers = dict(error.get_headers(request.environ))
    kept = {name: value for name, value in headers.items() if name in ("Allow", "Retry-After", "WWW-Authenticate")}
    return respond(kind, f"{kind.meaning} {kind.remedy}", kept)


def invalid(faults: tuple[Fault, ...]) -> Response:
    """400, naming each field at fault."""
    detail = "; ".join(f"{fault.field}: {fault.message}" for fault in faults[:5])
    errors = [
        {"location": fault.location, "field": fault.field[:200], "message": fault.message[:2000]} for fault in faults
    ]
    return respond(KINDS["invalid-request"], detail[:4000], errors=errors)


def respond(
    kind: Kind,
    detail: str,
    headers: Mapping[str, str] | None = None,
    *,
    errors: Iterable[Mapping[str, str]] = (),
    successor_id: str | None = None,
) -> Response:
    """A problem of this kind. `instance` is the path alone: a query string may say what someone searched for."""
    body: dict[str, Any] = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": quote(request.path, errors="replace"),
        "errors": list(errors),
        "successor_id": successor_id,
        "support": _plain(support.of_refused_search()),
    }
    response = Response(current_app.json.dumps(body), status=kind.status, content_type=MEDIA_TYPE)
    response.headers.update({"Cache-Control": "no-store", **(headers or {})})
    return response


def _plain(record: Record | None) -> Any:
    return None if record is None else Support().dump(record)


def _location() -> str:
    return "body" if request.method == "POST" else "query"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?")) else ".")


def _other(status: int) -> Kind:
    """For statuses of HTTP that have no kind of their own; the page of all kinds stands for them."""
    phrase = http.HTTPStatus(status).phrase if status in http.HTTPStatus._value2member_map_ else "Error"
    return Kind("other", status, phrase, f"{phrase}.", "Check the request.")
