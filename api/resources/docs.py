"""Pages to read and try the API: Swagger UI at `/docs`, Redoc at `/redoc`, every file of them from here."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files

from flask import Blueprint, Response

from api.caching import Cache, caching
from indexer.errors import NotFound

blp = Blueprint("docs", __name__)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of a package, and what it is."""

    package: str
    path: str
    media_type: str


_SCRIPT, _STYLE = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
ASSETS = {
    "blank.svg": Asset("api", "docs/blank.svg", "image/svg+xml"),
    "docs.css": Asset("api", "docs/docs.css", _STYLE),
    "redoc.js": Asset("api", "docs/redoc.js", _SCRIPT),
    "redoc.standalone.js": Asset("api", "docs/vendor/redoc.standalone.js", _SCRIPT),
    "swagger.js": Asset("api", "docs/swagger.js", _SCRIPT),
    "swagger-ui-bundle.js": Asset("flask_swagger_ui", "dist/swagger-ui-bundle.js", _SCRIPT),
    "swagger-ui.css": Asset("flask_swagger_ui", "dist/swagger-ui.css", _STYLE),
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{style}; img-src 'self' data:; connect-src 'self'; "
    "{more}frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_REDOC_STYLES = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"
)
"""Two style elements without a nonce in Redoc 2.5.4: an empty one, and its scroll bars'. Chromium names them."""
CSP_SWAGGER = _POLICY.format(style="", more="")


@blp.get("/docs")
def swagger() -> Response:
    """Read the API and try it."""
    return _page("API", "swagger-ui.css", ("swagger-ui-bundle.js", "swagger.js"), CSP_SWAGGER)


@blp.get("/redoc")
def redoc() -> Response:
    """Read the API, as a handbook."""
    nonce = secrets.token_urlsafe(16)
    # Redoc's own style elements carry this answer's nonce; it searches in a worker of its own making.
    policy = _POLICY.format(style=f" 'nonce-{nonce}' {_REDOC_STYLES}", more="worker-src blob:; ")
    return _page("Handbook", None, ("redoc.standalone.js", "redoc.js"), policy, nonce)


@blp.get("/docs/assets/<name>")
@caching(Cache.STATIC)
def asset(name: str) -> Response:
    """A file that the pages load; only the ones in ASSETS."""
    if name not in ASSETS:
        raise NotFound(f"no file has the name '{name}'")
    return Response(_read(name), content_type=ASSETS[name].media_type)


@cache
def _read(name: str) -> bytes:
    found = ASSETS[name]
    return (files(found.package) / found.path).read_bytes()


def _page(title: str, style: str | None, scripts: tuple[str, ...], policy: str, nonce: str | None = None) -> Response:
    styles = "".join(f'<link rel="stylesheet" href="/docs/assets/{name}">' for name in (style, "docs.css") if name)
    with_nonce = f' nonce="{escape(nonce)}"' if nonce else ""
    response = Response(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} · Thaw</title><link rel="icon" href="data:,">{styles}'
        + "".join(f'<script src="/docs/assets/{name}"{with_nonce} defer></script>' for name in scripts)
        + '</head><body><p class="above"><a href="/">Thaw</a> <a href="/docs">try the API</a> '
        '<a href="/redoc">handbook</a> <a href="/v1/openapi.json">OpenAPI document</a></p><div id="docs"></div>'
        '<noscript><p class="above">This page needs JavaScript.</p></noscript></body></html>',
        content_type="text/html; charset=utf-8",
    )
    response.headers["Content-Security-Policy"] = policy
    response.headers["Cache-Control"] = "no-cache"
    return response
