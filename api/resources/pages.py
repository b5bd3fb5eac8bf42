"""Pages for people: the start page and what each kind of problem means; and the OpenAPI document."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from flask import Blueprint, Response

from api import spec
from api.caching import Cache, caching
from api.problems import KINDS, Kind
from indexer.errors import NotFound

blp = Blueprint("pages", __name__)
CSP_PAGE = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"
"""Pages load their style sheet from here and nothing from anywhere else."""
_ASSETS = {"thaw.css": "text/css; charset=utf-8"}


@blp.get("/")
def explorer() -> Response:
    """The start page."""
    return _page((files("api") / "explorer" / "index.html").read_text("utf-8"))


@blp.get("/assets/<name>")
@caching(Cache.STATIC)
def asset(name: str) -> Response:
    """A file that the pages load; only the ones named above."""
    if name not in _ASSETS:
        raise NotFound(f"no file has the name '{name}'")
    return Response((files("api") / "explorer" / name).read_bytes(), content_type=_ASSETS[name])


@blp.get("/v1/openapi.json")
@caching(Cache.STATIC)
def openapi_json() -> Response:
    """The OpenAPI document, byte for byte the one in the repository."""
    return Response(spec.published(), content_type="application/json")


@blp.get("/problems")
def problems() -> Response:
    """All kinds of problems."""
    return _page(_shell("Problems", "".join(_entry(kind) for kind in KINDS.values())))


@blp.get("/problems/<slug>")
def problem(slug: str) -> Response:
    """What one kind of problem means and how to mend it."""
    if slug not in KINDS:
        raise NotFound(f"no kind of problem has the name '{slug}'")
    return _page(_shell(KINDS[slug].title, _entry(KINDS[slug])))


def _entry(kind: Kind) -> str:
    return (
        f'<section><h2><a href="{kind.uri}">{escape(kind.title)}</a></h2>'
        f"<p>HTTP status {kind.status}, type <code>{kind.uri}</code></p>"
        f"<p>{escape(kind.meaning)}</p><p>{escape(kind.remedy)}</p></section>"
    )


def _shell(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} · Thaw</title><link rel="stylesheet" href="/assets/thaw.css"></head>'
        f'<body><main><p><a href="/">Thaw</a> › <a href="/problems">Problems</a></p>{body}</main></body></html>'
    )


def _page(html: str) -> Response:
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = CSP_PAGE
    response.headers["Cache-Control"] = "no-cache"
    return response
