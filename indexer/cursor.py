"""Opaque cursors: a place in one answer, bound to its request and to the version of the corpus."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import struct

from indexer.errors import BadCursor
from indexer.search import Filters, SearchRequest

_FORMAT = 1
_LAYOUT = struct.Struct(">BI12s6s")
"""Format, offset of the page's first hit, digest of the request, digest of the corpus version."""
_FIRST_PAGE = "ask for the first page again, without a cursor"


def write_cursor(request: SearchRequest, corpus_version: str, offset: int) -> str:
    """The cursor of the page of `request` that begins with hit number `offset`, counted from 0."""
    packed = _LAYOUT.pack(_FORMAT, offset, _request_digest(request), _version_digest(corpus_version))
    return base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def read_offset(request: SearchRequest, corpus_version: str) -> int:
    """Where the page that the request asks for begins; 0 without a cursor.

    Raises BadCursor for anything that `write_cursor` did not write for this request and version. The page's size
    and `explain` may change from page to page.
    """
    if request.cursor is None:
        return 0
    offset, request_digest, version_digest = _unpack(request.cursor)
    if version_digest != _version_digest(corpus_version):
        raise BadCursor(f"the corpus has changed since this cursor was made; {_FIRST_PAGE}")
    if request_digest != _request_digest(request):
        raise BadCursor(
            f"this cursor belongs to another query; send it with its own query and filters, or {_FIRST_PAGE}"
        )
    return offset


def _unpack(cursor: str) -> tuple[int, bytes, bytes]:
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        layout, offset, request_digest, version_digest = _LAYOUT.unpack(packed)
    except (binascii.Error, struct.error, ValueError):
        raise BadCursor(f"this is not a cursor that Thaw made; {_FIRST_PAGE}") from None
    canonical = base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")
    if layout != _FORMAT or canonical != cursor:
        raise BadCursor(f"this is not a cursor that Thaw made; {_FIRST_PAGE}")
    return offset, request_digest, version_digest


def _request_digest(request: SearchRequest) -> bytes:
    asked = [request.text, request.interpret, _filters_key(request.filters)]
    return hashlib.blake2b(json.dumps(asked).encode(), digest_size=12).digest()


def _filters_key(filters: Filters) -> list[object]:
    return [
        sorted((facet, sorted(topics)) for facet, topics in filters.facets.items() if topics),
        sorted(filters.topics),
        sorted(filters.documents),
        sorted(filters.languages),
        sorted(filters.advisories_not),
    ]


def _version_digest(corpus_version: str) -> bytes:
    return hashlib.blake2b(corpus_version.encode(), digest_size=6).digest()
