"""Pages of lists that are at hand as a whole (topics, documents), with cursors like those of search."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from indexer.errors import BadCursor

T = TypeVar("T")
_LAYOUT = struct.Struct(">I12s")
"""Offset of the page's first item, digest of the list that it belongs to."""


@dataclass(frozen=True, slots=True)
class PageOf(Generic[T]):
    """Some items of a list and the way to the others."""

    items: tuple[T, ...]
    members: dict[str, Any]
    """`corpus_version`, `total`, `next_cursor` and `previous_cursor` of the answer."""


def page(items: Sequence[T], limit: int, cursor: str | None, *scope: str) -> PageOf[T]:
    """The page that `cursor` names. `scope` is what a cursor is bound to, the corpus version first.

    Raises BadCursor for anything that was not made for the same scope.
    """
    digest = hashlib.blake2b("\n".join(scope).encode(), digest_size=12).digest()
    start = _offset(cursor, digest, len(items)) if cursor is not None else 0
    members = {
        "corpus_version": scope[0],
        "total": len(items),
        "next_cursor": _cursor(start + limit, digest) if start + limit < len(items) else None,
        "previous_cursor": _cursor(max(0, start - limit), digest) if start else None,
    }
    return PageOf(tuple(items[start : start + limit]), members)


def _cursor(offset: int, digest: bytes) -> str:
    return base64.urlsafe_b64encode(_LAYOUT.pack(offset, digest)).decode().rstrip("=")


def _offset(cursor: str, digest: bytes, total: int) -> int:
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        offset, found = _LAYOUT.unpack(packed)
    except (binascii.Error, struct.error, ValueError):
        raise BadCursor(
            "this is not a cursor of this service; ask for the first page again, without a cursor"
        ) from None
    if found != digest or offset >= total or _cursor(offset, digest) != cursor:
        raise BadCursor(
            "this cursor belongs to another request or another version of the corpus; "
            "ask for the first page again, without a cursor"
        )
    return int(offset)
