"""Whatever is sent, the answer is a result or a problem that the document describes."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.schemas.search import SearchQuery
from tests.api.conforming import ConformingClient, resolve, the_document

MEMBERS = list(SearchQuery().fields)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
likely = {
    "q": st.text(max_size=520),
    "symptom": st.lists(st.sampled_from(["insomnia", "anhedonia", "insomnai", ""]), max_size=3),
    "advisory_not": st.lists(st.sampled_from(["trauma", "abuse", "sadness"]), max_size=2),
    "limit": st.integers(-1, 60),
    "explain": st.booleans(),
    "interpret": st.booleans(),
}
bounded = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@bounded
@given(st.fixed_dictionaries({}, optional=likely))
def test_a_search_of_plausible_parts_is_answered(memory_client: ConformingClient, body: dict[str, Any]) -> None:
    answer = memory_client.post("/v1/search", data=json.dumps(body), content_type="application/json")
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert len(answer.get_json()["items"]) <= body.get("limit", 10)


@bounded
@given(st.dictionaries(st.sampled_from(MEMBERS) | st.text(max_size=8), json_values, max_size=4))
def test_a_body_of_anything_is_answered(memory_client: ConformingClient, body: dict[str, Any]) -> None:
    answer = memory_client.post("/v1/search", data=json.dumps(body), content_type="application/json")
    assert answer.status_code in (200, 400)
    assert answer.status_code == 200 or answer.get_json()["errors"]


@bounded
@given(st.binary(max_size=200))
def test_a_body_of_any_bytes_is_answered(memory_client: ConformingClient, body: bytes) -> None:
    assert memory_client.post("/v1/search", data=body, content_type="application/json").status_code in (200, 400)


@bounded
@given(
    st.sampled_from(
        ["/v1/search", "/v1/topics", "/v1/passages", "/v1/documents", "/v1/topics/insomnia", "/v1/privacy"]
    ),
    st.lists(st.tuples(st.sampled_from([*MEMBERS, "id", "facet"]), st.text(max_size=30)), max_size=4),
)
def test_parameters_of_anything_are_answered(
    memory_client: ConformingClient, address: str, parameters: list[tuple[str, str]]
) -> None:
    pairs = [(name, value.encode("utf-8", "replace").decode()) for name, value in parameters]
    assert memory_client.get(f"{address}?{urlencode(pairs)}").status_code in (200, 400)


@bounded
@given(st.sampled_from(["topics", "passages", "documents", "nothing"]), st.text(max_size=40))
def test_any_path_is_answered(memory_client: ConformingClient, kind: str, part: str) -> None:
    status = memory_client.get(f"/v1/{kind}/{quote(part, safe='', errors='replace')}").status_code
    assert status in (200, 404)


@bounded
@given(st.text(max_size=300))
def test_html_of_an_answer_is_escaped(memory_client: ConformingClient, query: str) -> None:
    answer = memory_client.post("/v1/search", json={"q": f"{query} depression"[:500]})
    assert answer.status_code == 200
    for hit in answer.get_json()["items"]:
        for highlight in hit["highlights"]:
            assert "<" not in highlight["html"].replace("<mark>", "").replace("</mark>", "")


BOUNDED = [
    (path, parameter["name"], parameter["schema"])
    for path, item in the_document()["paths"].items()
    for parameter in item.get("get", {}).get("parameters", ())
    if parameter["in"] == "query" and "{" not in path
]


def faults(client: ConformingClient, path: str, name: str, value: object) -> list[str]:
    """Fields that the answer complains about."""
    answer = client.get(path, query_string={name: value})
    return [error["field"] for error in answer.get_json()["errors"]] if answer.status_code == 400 else []


@pytest.mark.parametrize(("path", "name", "schema"), BOUNDED, ids=[f"{path} {name}" for path, name, _ in BOUNDED])
def test_documented_limits_of_parameters_are_those_that_hold(
    memory_client: ConformingClient, path: str, name: str, schema: dict[str, Any]
) -> None:
    """Just outside of each limit the parameter is refused by name; the document promises neither more nor less."""
    item = resolve(schema.get("items", schema))
    if item["type"] == "integer":
        assert name not in faults(memory_client, path, name, item["minimum"])
        assert name not in faults(memory_client, path, name, item["maximum"])
        assert name in faults(memory_client, path, name, item["minimum"] - 1)
        assert name in faults(memory_client, path, name, item["maximum"] + 1)
    if "enum" in item:
        assert not any(name in faults(memory_client, path, name, value) for value in item["enum"])
        assert name in faults(memory_client, path, name, "none-of-them")
    if "maxLength" in item:
        assert name in faults(memory_client, path, name, "a" * (item["maxLength"] + 1))
    if "maxItems" in schema:
        many = [item["enum"][0] if "enum" in item else "aa"] * (schema["maxItems"] + 1)
        assert name in faults(memory_client, path, name, many)
    if item["type"] == "boolean":
        assert name in faults(memory_client, path, name, "yes")
