"""The OpenAPI document: in step with the code, valid, and made for generated clients."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from api import spec
from api.app import create_app
from api.settings import Settings
from corpus import FACETS, read_corpus
from openapi import generate
from tests.api.conforming import resolve, the_document, validate
from tests.fakes import FakeIndex

MEDIA_TYPES = {"get_document_metadata": "application/ld+json", "get_vocabulary": "application/ld+json"}


def nodes(node: Any, place: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield place, node
        for key, child in node.items():
            if key not in ("example", "examples"):
                yield from nodes(child, f"{place}/{key}")
    elif isinstance(node, list):
        for position, child in enumerate(node):
            yield from nodes(child, f"{place}/{position}")


def schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema object that is not a reference."""
    for place, node in nodes(the_document()):
        if "type" in node and "in" not in node and not place.endswith("/properties"):
            yield place, node


def test_the_committed_document_is_the_one_the_code_generates() -> None:
    assert generate.DOCUMENT.read_text("utf-8") == spec.dump(the_document())


def test_it_is_served_byte_for_byte() -> None:
    answer = create_app(Settings(), FakeIndex()).test_client().get("/v1/openapi.json")
    assert answer.get_data() == generate.DOCUMENT.read_bytes()
    assert answer.content_type == "application/json"


def test_generating_it_twice_gives_the_same() -> None:
    assert spec.dump(spec.document(create_app(Settings()))) == spec.dump(spec.document(create_app(Settings())))


def test_check_notices_a_document_out_of_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "DOCUMENT", tmp_path / "openapi.json")
    assert generate.main(["--check"]) == 1
    assert "python -m openapi.generate" in capsys.readouterr().err
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


def test_it_is_valid_openapi_3_1() -> None:
    assert the_document()["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(the_document()).iter_errors()) == []


def test_every_enum_is_a_named_component() -> None:
    for place, node in nodes(the_document()):
        if "enum" in node:
            assert re.fullmatch(r"#/components/schemas/\w+", place), place


def test_nothing_stands_beside_a_reference() -> None:
    for place, node in nodes(the_document()):
        if "$ref" in node:
            assert list(node) == ["$ref"], place


def test_there_are_no_inline_objects_and_no_mixed_types() -> None:
    for place, node in schemas():
        if node["type"] == "object":
            is_map = "additionalProperties" in node and "properties" not in node
            assert is_map or re.fullmatch(r"#/components/schemas/\w+", place), place
        if isinstance(node["type"], list):
            assert len(node["type"]) == 2, place
            assert node["type"][1] == "null", place


def test_every_value_has_its_bounds() -> None:
    for place, node in schemas():
        kind = node["type"][0] if isinstance(node["type"], list) else node["type"]
        if kind == "string" and "enum" not in node:
            assert "maxLength" in node or node.get("format") == "date", place
            assert "minLength" in node or node.get("format") == "date", place
            assert "pattern" in node or "format" in node, place
        if kind in ("integer", "number"):
            assert {"minimum", "maximum", "format"} <= set(node), place
        if kind == "array":
            assert {"minItems", "maxItems", "items"} <= set(node), place


def test_every_component_parameter_and_value_is_described() -> None:
    for name, schema in the_document()["components"]["schemas"].items():
        assert schema["description"].endswith("."), name
        for member, value in schema.get("properties", {}).items():
            assert "$ref" in value or "anyOf" in value or value["description"], (name, member)
    for place, node in nodes(the_document()):
        if "in" in node and "schema" in node:
            assert node["description"], place


def test_every_component_and_parameter_has_an_example_that_fits() -> None:
    missing = [name for name, schema in the_document()["components"]["schemas"].items() if "examples" not in schema]
    assert missing == []
    for name, schema in the_document()["components"]["schemas"].items():
        for example in schema["examples"]:
            validate({"$ref": f"#/components/schemas/{name}"}, example)
    for _, node in nodes(the_document()):
        if "in" in node and "schema" in node:
            assert node["name"] in ("cursor", "revision", "limit", "interpret", "explain", "id") or "example" in node
            if "example" in node:
                validate(node["schema"], node["example"])
        if "schema" in node and "in" not in node and "example" in node:
            validate(node["schema"], node["example"])


def test_every_answer_documents_its_headers() -> None:
    for path, item in the_document()["paths"].items():
        for method, operation in item.items():
            for status, response in operation["responses"].items():
                headers = resolve(response)["headers"]
                always = {
                    "Access-Control-Allow-Origin",
                    "Cache-Control",
                    "RateLimit",
                    "RateLimit-Policy",
                    "X-Request-Id",
                }
                assert always <= set(headers), (method, path, status)


def test_every_operation_has_one_success_and_the_problems_that_any_may_meet() -> None:
    for path, item in the_document()["paths"].items():
        for operation in item.values():
            statuses = set(operation["responses"])
            assert [status for status in statuses if status.startswith("2")] == ["200"], path
            assert {"400", "429", "500"} <= statuses, path
            (content,) = operation["responses"]["200"]["content"]
            assert content == MEDIA_TYPES.get(operation["operationId"], "application/json")


def test_all_members_of_answers_are_always_there() -> None:
    for name, schema in the_document()["components"]["schemas"].items():
        if schema["type"] == "object" and name not in spec.BODIES:
            assert sorted(schema["required"]) == sorted(schema["properties"]), name


def test_bodies_refuse_what_is_unknown_and_answers_may_grow() -> None:
    for name, schema in the_document()["components"]["schemas"].items():
        assert schema.get("additionalProperties") is (False if name in spec.BODIES else None), name


def test_tags_are_in_order_and_described() -> None:
    names = [tag["name"] for tag in the_document()["tags"]]
    assert names == sorted(names)
    assert all(tag["description"] for tag in the_document()["tags"])


def test_required_parameters_come_first_and_headers_last() -> None:
    order = {"path": 0, "query": 1, "header": 2}
    for item in the_document()["paths"].values():
        for operation in item.values():
            places = [(not p["required"], order[p["in"]]) for p in operation.get("parameters", ())]
            assert places == sorted(places)


def test_it_is_plain_json() -> None:
    assert json.loads(generate.DOCUMENT.read_text("utf-8")) == the_document()


def test_examples_name_topics_and_documents_of_the_packaged_corpus() -> None:
    corpus = read_corpus(generate.DOCUMENT.parents[1] / "corpus")
    texts = {source.id for source in corpus.sources}
    for operations in the_document()["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                name, example = parameter["name"], parameter.get("example")
                if name in FACETS:
                    assert all(name in corpus.vocabulary[topic_id].facets for topic_id in example), (name, example)
                if name == "topic":
                    assert set(example) <= set(corpus.vocabulary.topics)
                if name == "topic_id":
                    assert example in corpus.vocabulary
                if name in ("document", "document_id"):
                    assert set([example] if isinstance(example, str) else example) <= texts
