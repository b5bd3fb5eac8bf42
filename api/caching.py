"""Caching: strong ETags known before any work is done, 304, and who may keep an answer."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, make_response, request

from api import VERSION, auth, compression, support
from api.index import snapshot
from api.problems import Fault, InvalidInput

MAX_AGE_S = 300
"""How long a cache may answer without asking: short, because a passage may be withdrawn for a reader's safety."""
PUBLIC = f"public, max-age={MAX_AGE_S}"
PRIVATE = f"private, max-age={MAX_AGE_S}"
"""For answers to a key: a shared cache would hand them to callers without one."""
NO_STORE = "no-store"


class Cache(enum.Enum):
    """Who may keep an answer."""

    PUBLIC = "anyone, for MAX_AGE_S seconds; then with an ETag"
    UNLESS_FILTERED = "as PUBLIC, but filters say what someone is interested in: such an answer is kept nowhere"
    STATIC = "as PUBLIC; depends on the release alone, not on the corpus"
    SUPPORT = "as STATIC; depends on the screening rules and contacts too"
    NEVER = "no one: it answers a query"


MAX_IF_NONE_MATCH = 2000
"""Characters; some fifty ETags. The document says so too."""
_PAGING = {"limit", "cursor"}


def caching(policy: Cache) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorates a view with a policy. A request that has the ETag gets 304 before anything is read or searched."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Response:
            if policy is Cache.NEVER:
                return _answer(view(*args, **kwargs), NO_STORE)
            _check_length(request.headers.get("If-None-Match", ""))
            tag = current_etag(policy)
            filtered = policy is Cache.UNLESS_FILTERED and not set(request.args) <= _PAGING
            directive = NO_STORE if filtered else PUBLIC
            known = request.if_none_match
            if not known.star_tag and known.contains_weak(tag):
                return _answer(Response(status=304), directive, tag)
            result = view(*args, **kwargs)
            if known.star_tag:  # "only if there is nothing": known only after the work
                result = Response(status=304)
            return _answer(result, directive, tag)

        return wrapper

    return decorate


def _check_length(if_none_match: str) -> None:
    if len(if_none_match) > MAX_IF_NONE_MATCH:
        message = f"must have at most {MAX_IF_NONE_MATCH} characters"
        raise InvalidInput((Fault("header", "If-None-Match", message),))


def current_etag(policy: Cache) -> str:
    """Hash of what the answer depends on: the release, the corpus version, the address, and the encoding.

    A strong ETag stands for bytes, and those differ where an answer is compressed.
    """
    if policy in (Cache.STATIC, Cache.SUPPORT):
        content = support.current().version if policy is Cache.SUPPORT else ""
    else:
        content = snapshot().corpus_version
    address = request.path.encode("utf-8", "replace") + b"?" + request.query_string
    encoding = "gzip" if compression.accepted() else "identity"
    seed = f"{VERSION}\n{content}\n{encoding}\n".encode() + address
    return hashlib.blake2b(seed, digest_size=16).hexdigest()


def _answer(result: Any, directive: str, tag: str | None = None) -> Response:
    response: Response = make_response(result)
    response.headers["Cache-Control"] = PRIVATE if directive == PUBLIC and auth.caller() else directive
    if tag is not None:
        response.set_etag(tag)
    return response
