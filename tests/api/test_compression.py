"""Answers in gzip: the same content, its own ETag, and only where it is asked for and worth it."""

from __future__ import annotations

import gzip
import json

import pytest

from api.app import create_app
from api.compression import LEAST_BYTES
from api.settings import Settings
from tests.fakes import FakeIndex

GZIP = {"Accept-Encoding": "gzip, br"}


def test_an_answer_is_compressed_where_it_is_asked_for(memory_engine: FakeIndex) -> None:
    client = create_app(Settings(), memory_engine).test_client()
    plain, packed = client.get("/v1/passages"), client.get("/v1/passages", headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.get_data()) == plain.get_data()
    assert int(packed.headers["Content-Length"]) == len(packed.get_data()) < len(plain.get_data()) / 3
    assert packed.content_type == plain.content_type
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]


def test_each_encoding_has_its_strong_etag(memory_engine: FakeIndex) -> None:
    client = create_app(Settings(), memory_engine).test_client()
    plain, packed = client.get("/v1/passages"), client.get("/v1/passages", headers=GZIP)
    assert plain.headers["ETag"] != packed.headers["ETag"]
    assert not packed.headers["ETag"].startswith("W/")
    again = client.get("/v1/passages", headers=GZIP | {"If-None-Match": packed.headers["ETag"]})
    assert again.status_code == 304
    assert "Accept-Encoding" in again.headers["Vary"]
    assert "Content-Encoding" not in again.headers
    other = client.get("/v1/passages", headers={"If-None-Match": packed.headers["ETag"]})
    assert other.status_code == 200


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "*;q=0"])
def test_whoever_does_not_take_gzip_gets_none(memory_engine: FakeIndex, accepted: str) -> None:
    client = create_app(Settings(), memory_engine).test_client()
    assert "Content-Encoding" not in client.get("/v1/passages", headers={"Accept-Encoding": accepted}).headers


def test_small_answers_are_left_as_they_are(memory_engine: FakeIndex) -> None:
    client = create_app(Settings(), memory_engine).test_client()
    answer = client.get("/healthz", headers=GZIP)
    assert len(answer.get_data()) < LEAST_BYTES
    assert "Content-Encoding" not in answer.headers


def test_posts_and_heads_and_pages_are_compressed_too(memory_engine: FakeIndex) -> None:
    client = create_app(Settings(), memory_engine).test_client()
    answer = client.post("/v1/search", json={"q": "numb"}, headers=GZIP)
    assert json.loads(gzip.decompress(answer.get_data()))["total"]
    assert client.get("/docs/assets/swagger-ui.css", headers=GZIP).headers["Content-Encoding"] == "gzip"
    head, get = client.head("/v1/passages", headers=GZIP), client.get("/v1/passages", headers=GZIP)
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
    assert head.headers["ETag"] == get.headers["ETag"]
