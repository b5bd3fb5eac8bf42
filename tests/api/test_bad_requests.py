"""Requests that cannot be answered: the problem names the field and the remedy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conforming import ConformingClient

ID = "p-000000000000"

BAD_QUERIES = [
    ("/v1/search", "q", "at least one filter"),
    ("/v1/search?q=", "q", "at least one filter"),
    ("/v1/search?q=%20%09", "q", "at least one filter"),
    ("/v1/search?limit=5", "q", "at least one filter"),
    ("/v1/search?q=" + "a" * 501, "q", "500"),
    ("/v1/search?q=a&qq=b", "qq", "did you mean 'q'"),
    ("/v1/search?q=a&symptoms=x", "symptoms", "did you mean 'symptom'"),
    ("/v1/search?q=a&symptom[0]=x", "symptom[0]", "did you mean 'symptom'"),
    ("/v1/search?q=a&zzzzzz=x", "zzzzzz", "known here: q, symptom"),
    ("/v1/search?q=a&q=b", "q", "once"),
    ("/v1/search?q=a&limit=1&limit=2", "limit", "once"),
    ("/v1/search?q=a&limit=0", "limit", "from 1 to 50"),
    ("/v1/search?q=a&limit=51", "limit", "from 1 to 50"),
    ("/v1/search?q=a&limit=-1", "limit", "from 1 to 50"),
    ("/v1/search?q=a&limit=5.0", "limit", "whole number"),
    ("/v1/search?q=a&limit=1e1", "limit", "whole number"),
    ("/v1/search?q=a&limit=1_0", "limit", "whole number"),
    ("/v1/search?q=a&limit=%D9%A5", "limit", "whole number"),
    ("/v1/search?q=a&limit=", "limit", "whole number"),
    ("/v1/search?q=a&limit=" + "9" * 5000, "limit", "whole number"),
    ("/v1/search?q=a&explain=1", "explain", "true or false"),
    ("/v1/search?q=a&explain=True", "explain", "true or false"),
    ("/v1/search?q=a&explain=yes", "explain", "true or false"),
    ("/v1/search?q=a&interpret=", "interpret", "true or false"),
    ("/v1/search?q=a&country=GBR", "country", "must"),
    ("/v1/search?q=a&country=G1", "country", "must match"),
    ("/v1/search?q=a&country=GB%0A", "country", "must"),
    ("/v1/search?q=a&language=English!", "language", "must match"),
    ("/v1/search?q=a&advisory_not=sadness", "advisory_not", "self_harm"),
    ("/v1/search?q=a&cursor=!!", "cursor", "must match"),
    ("/v1/search?q=a&cursor=AAAA", "cursor", "first page"),
    ("/v1/search?q=a&cursor=" + "A" * 201, "cursor", "must have"),
    ("/v1/search?symptom=insomnai", "symptom", "insomnia"),
    ("/v1/search?topic=insomnai", "topic", "insomnia"),
    ("/v1/search?q=a&cause=Depression", "cause", "depression"),
    ("/v1/search?q=a&document=numbnes", "document", "numbness"),
    ("/v1/search?symptom=", "symptom", "must have"),
    ("/v1/search?" + "&".join(["symptom=insomnia"] * 21), "symptom", "at most 20"),
    ("/v1/topics?facet=feeling", "facet", "symptom"),
    ("/v1/topics?limit=0", "limit", "from 1 to 50"),
    ("/v1/topics?cursor=AAAA", "cursor", "first page"),
    ("/v1/topics?q=a", "q", "known here: facet"),
    ("/v1/topics/insomnia?limit=1", "limit", "known here: none"),
    ("/v1/documents?limit=99", "limit", "from 1 to 50"),
    ("/v1/documents?cursor=AAAA", "cursor", "first page"),
    ("/v1/documents/sleep?x=1", "x", "known here: none"),
    ("/v1/passages?q=a", "q", "known here: id"),
    (f"/v1/passages?id={ID}&symptom=insomnia", "id", "combined with symptom"),
    (f"/v1/passages?id={ID}&limit=5", "id", "combined with limit"),
    (f"/v1/passages/{ID}?revision=0", "revision", "from 1"),
    (f"/v1/passages/{ID}?revision=one", "revision", "whole number"),
    (f"/v1/passages/{ID}?revision=99999999999", "revision", "whole number"),
    ("/v1/privacy?x=1", "x", "known here: none"),
]


@pytest.mark.parametrize(("address", "field", "message"), BAD_QUERIES)
def test_a_bad_parameter_is_named(client: ConformingClient, address: str, field: str, message: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    problem = answer.get_json()
    assert problem["type"] == "/problems/invalid-request"
    assert problem["instance"] == address.partition("?")[0]
    (error,) = problem["errors"]
    assert (error["location"], error["field"]) == ("query", field)
    assert message in error["message"]


BAD_BODIES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "q", "at least one filter"),
    ({"q": 5}, "q", "string"),
    ({"q": ["a"]}, "q", "string"),
    ({"q": None}, "q", "null"),
    ({"q": "a", "limit": "5"}, "limit", "whole number"),
    ({"q": "a", "limit": 5.0}, "limit", "whole number"),
    ({"q": "a", "limit": True}, "limit", "whole number"),
    ({"q": "a", "limit": None}, "limit", "null"),
    ({"q": "a", "limit": 0}, "limit", "from 1 to 50"),
    ({"q": "a", "limit": 10**400}, "limit", "from 1 to 50"),
    ({"q": "a", "explain": 1}, "explain", "true or false"),
    ({"q": "a", "explain": "true"}, "explain", "true or false"),
    ({"q": "a", "symptom": "insomnia"}, "symptom", "array"),
    ({"q": "a", "symptom": {"insomnia": 1}}, "symptom", "array"),
    ({"q": "a", "symptom": [5]}, "symptom", "string"),
    ({"q": "a", "symptom": [None]}, "symptom", "null"),
    ({"q": "a", "symptom": ["insomnai"]}, "symptom", "insomnia"),
    ({"q": "a", "symptom": ["insomnia"] * 21}, "symptom", "at most 20"),
    ({"q": "a", "country": 44}, "country", "string"),
    ({"q": "a", "cursor": "AAAA"}, "cursor", "first page"),
    ({"q": "a" * 501}, "q", "500"),
    ({"q": "a", "query": "b"}, "query", "unknown"),
    ({"q": "a", "\ud800": "b"}, "\ufffd", "unknown"),
]


@pytest.mark.parametrize(("body", "field", "message"), BAD_BODIES)
def test_a_bad_member_of_a_body_is_named(
    client: ConformingClient, body: dict[str, Any], field: str, message: str
) -> None:
    answer = client.post("/v1/search", json=body)
    assert answer.status_code == 400
    (error,) = answer.get_json()["errors"]
    assert (error["location"], error["field"]) == ("body", field)
    assert message in error["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"q"',
        b"null",
        b'{"q": "a", "q": "b"}',
        b'{"q": NaN}',
        b'\xff\xfe{"q": "a"}',
        b'{"q": "\xff"}',
        b"[" * 30000,
        b'{"limit": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_body_that_is_not_a_json_object_is_refused(memory_client: ConformingClient, body: bytes) -> None:
    answer = memory_client.post("/v1/search", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["field"] == "body"


def test_several_faults_are_named_at_once(memory_client: ConformingClient) -> None:
    errors = memory_client.get("/v1/search?q=a&limit=0&explain=2&nope=1").get_json()["errors"]
    assert {error["field"] for error in errors} == {"limit", "explain", "nope"}


def test_parameters_of_the_query_string_are_refused_beside_a_body(memory_client: ConformingClient) -> None:
    answer = memory_client.post("/v1/search?q=a", json={"q": "a"})
    assert answer.status_code == 400
    assert answer.get_json()["errors"][0]["location"] == "query"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "text/json", None]
)
def test_a_body_of_another_type_is_415(memory_client: ConformingClient, content_type: str | None) -> None:
    answer = memory_client.post("/v1/search", data=b'{"q": "a"}', content_type=content_type)
    assert answer.status_code == 415
    assert answer.get_json()["type"] == "/problems/unsupported-media-type"


def test_a_charset_beside_the_json_type_is_fine(memory_client: ConformingClient) -> None:
    answer = memory_client.post("/v1/search", data=b'{"q": "a"}', content_type="application/json; charset=utf-8")
    assert answer.status_code == 200


def test_an_oversized_body_is_413(memory_client: ConformingClient) -> None:
    answer = memory_client.post("/v1/search", data=b"x" * 70_000, content_type="application/json")
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
def test_another_method_is_405_with_allow(memory_client: ConformingClient, method: str) -> None:
    answer = memory_client.open("/v1/topics", method=method)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    "address", ["/nope", "/v1", "/v1/", "/v1/topics/", "/v1//topics", "/v2/search", "/v1/topics/a/b", "/v1/%00", "/%ff"]
)
def test_an_unknown_address_is_a_404_problem(memory_client: ConformingClient, address: str) -> None:
    answer = memory_client.get(f"{address}?q=private")
    assert answer.status_code == 404
    assert answer.get_json()["type"] == "/problems/not-found"
    assert "private" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("kind", ["topics", "passages", "documents"])
@pytest.mark.parametrize("unknown", ["nothing-like-it", "x" * 2000, "%00", "🙂", "..", "%2e%2e%5c", "<b>"])
def test_an_unknown_id_is_a_404_problem(client: ConformingClient, kind: str, unknown: str) -> None:
    assert client.get(f"/v1/{kind}/{unknown}").status_code == 404


def test_a_cursor_of_another_query_is_refused(client: ConformingClient) -> None:
    cursor = client.get("/v1/search?q=depression&limit=1").get_json()["next_cursor"]
    assert client.get(f"/v1/search?q=insomnia&limit=1&cursor={cursor}").status_code == 400
    assert client.get(f"/v1/search?q=depression&symptom=insomnia&limit=1&cursor={cursor}").status_code == 400
    assert client.get(f"/v1/topics?cursor={cursor}").status_code == 400


def test_a_cursor_of_a_list_is_bound_to_its_filter(client: ConformingClient) -> None:
    cursor = client.get("/v1/topics?limit=1").get_json()["next_cursor"]
    assert client.get(f"/v1/topics?facet=cause&cursor={cursor}").status_code == 400
    assert client.get(f"/v1/documents?cursor={cursor}").status_code == 400


def test_a_header_of_many_etags_has_an_end(memory_client: ConformingClient) -> None:
    fits = memory_client.get("/v1/topics", headers={"If-None-Match": '"0"' * 600})
    assert fits.status_code == 200
    answer = memory_client.get("/v1/topics", headers={"If-None-Match": '"0"' * 700})
    assert answer.status_code == 400
    assert answer.get_json()["errors"] == [
        {"location": "header", "field": "If-None-Match", "message": "must have at most 2000 characters"}
    ]
