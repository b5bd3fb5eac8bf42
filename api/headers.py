"""Headers that every answer carries, errors and 304 included: CORS, security, the request id."""

from __future__ import annotations

import uuid

from flask import Flask, Response, g, request

from api.settings import Settings

EXPOSED = ("ETag", "Link", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id")
"""Beyond the few that browsers show to scripts anyway."""
ALLOWED = ("Authorization", "Content-Type", "If-None-Match")
PREFLIGHT_MAX_AGE_S = 86400
CSP_DATA = "default-src 'none'; frame-ancestors 'none'"
"""For answers that are data: nothing in them may run or load."""

_SECURITY = {
    "Content-Security-Policy": CSP_DATA,
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def register(app: Flask, settings: Settings) -> None:
    """Adds the headers to every answer."""
    app.before_request(_name_request)
    app.after_request(lambda response: _finish(response, settings.cors_origins))


def _name_request() -> None:
    # An id from outside could carry anything into the log, so none is taken over.
    g.request_id = uuid.uuid4().hex


def _finish(response: Response, origins: tuple[str, ...]) -> Response:
    for name, value in _SECURITY.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = g.request_id
    allowed = _allow_origin(response, origins)
    if allowed:
        response.headers["Access-Control-Allow-Origin"] = allowed
        response.headers["Access-Control-Expose-Headers"] = ", ".join(EXPOSED)
        if request.method == "OPTIONS" and response.status_code == 200:
            _preflight(response)
    return response


def _allow_origin(response: Response, origins: tuple[str, ...]) -> str | None:
    if "*" in origins:
        return "*"
    response.vary.add("Origin")
    origin = request.headers.get("Origin")
    return origin if origin in origins else None


def _preflight(response: Response) -> None:
    response.status_code = 204
    response.headers.pop("Content-Type", None)
    response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "GET, HEAD, OPTIONS")
    response.headers["Access-Control-Allow-Headers"] = ", ".join(ALLOWED)
    response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_MAX_AGE_S)
