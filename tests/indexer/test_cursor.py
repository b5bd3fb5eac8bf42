"""Cursors: read back what was written, for the same request and version only."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.cursor import read_offset, write_cursor
from indexer.errors import BadCursor
from indexer.search import Filters, SearchRequest

REQUEST = SearchRequest("numb", Filters(facets={"cause": frozenset({"b", "a"})}, topics=frozenset({"t"})))


@given(st.integers(0, 2**32 - 1), st.text(max_size=20))
def test_an_offset_comes_back(offset: int, version: str) -> None:
    cursor = write_cursor(REQUEST, version, offset)
    assert read_offset(replace(REQUEST, cursor=cursor), version) == offset


def test_without_a_cursor_the_answer_begins_at_0() -> None:
    assert read_offset(REQUEST, "v") == 0


def test_the_pages_size_and_explain_may_change() -> None:
    cursor = write_cursor(REQUEST, "v", 20)
    assert read_offset(replace(REQUEST, cursor=cursor, limit=50, explain=True), "v") == 20


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, text="numbness"),
        replace(REQUEST, interpret=False),
        replace(REQUEST, filters=Filters()),
        replace(REQUEST, filters=Filters(facets={"effect": frozenset({"a", "b"})}, topics=frozenset({"t"}))),
        replace(REQUEST, filters=replace(REQUEST.filters, advisories_not=frozenset({"trauma"}))),
    ],
)
def test_another_request_is_refused(other: SearchRequest) -> None:
    with pytest.raises(BadCursor, match="another query"):
        read_offset(replace(other, cursor=write_cursor(REQUEST, "v", 10)), "v")


def test_another_version_is_refused() -> None:
    with pytest.raises(BadCursor, match="corpus has changed"):
        read_offset(replace(REQUEST, cursor=write_cursor(REQUEST, "v", 10)), "w")


@given(st.text(max_size=60))
def test_anything_else_is_refused_with_a_remedy(cursor: str) -> None:
    with pytest.raises(BadCursor, match="first page"):
        read_offset(replace(REQUEST, cursor=cursor), "v")


@given(st.binary(min_size=20, max_size=26))
def test_other_bytes_of_the_right_shape_are_refused(packed: bytes) -> None:
    cursor = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    with pytest.raises(BadCursor):
        read_offset(replace(REQUEST, cursor=cursor), "v")


@pytest.mark.parametrize(
    "change", [lambda c: c + "=", lambda c: c + "A", lambda c: c[:-1], lambda c: c.replace("A", " ", 1)]
)
def test_a_cursor_has_one_spelling_only(change: object) -> None:
    cursor = write_cursor(REQUEST, "v", 10)
    with pytest.raises(BadCursor):
        read_offset(replace(REQUEST, cursor=change(cursor)), "v")  # type: ignore[operator]


def test_cursors_stay_safe_in_a_url_and_hold_nothing_of_the_query() -> None:
    cursor = write_cursor(REQUEST, "v", 10)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert b"numb" not in base64.urlsafe_b64decode(cursor + "==")
