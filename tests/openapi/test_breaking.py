"""The check for breaking changes: each kind of break is found, each kind of safe change is let through."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from openapi import breaking
from openapi.breaking import compare

Node = dict[str, Any]

OLD: Node = {
    "openapi": "3.1.0",
    "servers": [{"url": "/"}],
    "paths": {
        "/things": {
            "get": {
                "operationId": "list_things",
                "tags": ["Things"],
                "security": [{}, {"ApiKey": []}],
                "parameters": [
                    {"in": "query", "name": "kind", "required": False, "schema": {"$ref": "#/components/schemas/Kind"}},
                    {
                        "in": "query",
                        "name": "limit",
                        "required": False,
                        "schema": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 50, "default": 10},
                    },
                ],
                "responses": {
                    "200": {
                        "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    },
                    "404": {"$ref": "#/components/responses/NotFound"},
                },
            },
            "post": {
                "operationId": "ask_things",
                "tags": ["Things"],
                "requestBody": {
                    "required": False,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Asking"}}},
                },
                "responses": {"200": {"content": {"application/json": {"schema": {"type": "string"}}}}},
            },
        }
    },
    "components": {
        "headers": {"ETag": {"schema": {"type": "string", "maxLength": 100}}},
        "responses": {
            "NotFound": {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        },
        "schemas": {
            "Kind": {"type": "string", "enum": ["a", "b"]},
            "Problem": {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}},
            "Part": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
            "Thing": {
                "type": "object",
                "required": ["id", "name", "size", "counts", "parts", "part", "kind"],
                "properties": {
                    "id": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 64},
                    "name": {"type": ["string", "null"], "maxLength": 10},
                    "size": {"type": "integer", "format": "int32", "minimum": 0},
                    "counts": {"type": "object", "additionalProperties": {"type": "integer", "format": "int32"}},
                    "parts": {"type": "array", "maxItems": 5, "items": {"$ref": "#/components/schemas/Part"}},
                    "part": {"anyOf": [{"$ref": "#/components/schemas/Part"}, {"type": "null"}]},
                    "sole": {"$ref": "#/components/schemas/Part"},
                    "kind": {"$ref": "#/components/schemas/Kind"},
                },
            },
            "Asking": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "q": {"type": "string", "minLength": 0, "maxLength": 500},
                    "note": {"type": ["string", "null"]},
                    "weight": {"type": "integer"},
                    "tags": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 9}},
                    "ids": {"type": "array", "items": {"type": "string"}, "maxItems": 20},
                },
            },
        },
    },
}


def at(document: Node, path: str) -> Any:
    """What stands at a place, its parts separated by spaces."""
    node: Any = document
    for part in path.split():
        node = node[int(part)] if isinstance(node, list) else node[part]
    return node


GET, POST = "paths /things get", "paths /things post"
SCHEMAS = "components schemas"
THING, ASKING = f"{SCHEMAS} Thing", f"{SCHEMAS} Asking"
ANSWER = f"{THING} properties"
ASKED = f"{ASKING} properties"
NEW_PARAMETER = {"in": "query", "name": "new", "required": False, "schema": {"type": "string"}}


def put(path: str, **values: Any) -> Callable[[Node], None]:
    return lambda document: at(document, path).update(deepcopy(values))


def drop(path: str, key: Any) -> Callable[[Node], None]:
    return lambda document: at(document, path).__delitem__(key)


def append(path: str, value: Any) -> Callable[[Node], None]:
    return lambda document: at(document, path).append(deepcopy(value))


def rename_part(document: Node) -> None:
    schemas = at(document, SCHEMAS)
    schemas["Piece"] = schemas.pop("Part")
    text = json.dumps(document).replace("#/components/schemas/Part", "#/components/schemas/Piece")
    document.clear()
    document.update(json.loads(text))


def turn_round(path: str) -> Callable[[Node], None]:
    return lambda document: at(document, path).reverse()


BREAKS: dict[str, Callable[[Node], None]] = {
    "a path is removed": drop("paths", "/things"),
    "an operation is removed": drop("paths /things", "post"),
    "an operation is renamed": put(GET, operationId="get_things"),
    "an operation has another tag": put(GET, tags=["Objects"]),
    "a key is asked for": put(GET, security=[{"ApiKey": []}]),
    "a server is moved": put("servers 0", url="/api"),
    "a parameter is removed": drop(f"{GET} parameters", 1),
    "a parameter becomes required": put(f"{GET} parameters 1", required=True),
    "a required parameter is added": append(f"{GET} parameters", NEW_PARAMETER | {"required": True}),
    "parameters change places": turn_round(f"{GET} parameters"),
    "a parameter is written differently": put(f"{GET} parameters 0", explode=False),
    "a parameter has another type": put(f"{GET} parameters 1 schema", type="string"),
    "a parameter has another format": put(f"{GET} parameters 1 schema", format="int64"),
    "a parameter's maximum falls": put(f"{GET} parameters 1 schema", maximum=20),
    "a parameter's minimum rises": put(f"{GET} parameters 1 schema", minimum=2),
    "a value is removed": put(f"{SCHEMAS} Kind", enum=["a"]),
    "a value is renamed": put(f"{SCHEMAS} Kind", enum=["a", "c"]),
    "values are no longer fixed": drop(f"{SCHEMAS} Kind", "enum"),
    "a body is required": put(f"{POST} requestBody", required=True),
    "the body is removed": drop(POST, "requestBody"),
    "the body's content type changes": put(
        f"{POST} requestBody", content={"text/plain": {"schema": {"type": "string"}}}
    ),
    "a member of the body is removed": drop(ASKED, "q"),
    "a member of the body becomes required": put(ASKING, required=["q"]),
    "a required member of the body is added": lambda document: (
        put(ASKING, required=["new"])(document),
        put(ASKED, new={"type": "string"})(document),
    )[0],
    "a member of the body may be null no more": put(f"{ASKED} note", type="string"),
    "a member of the body has a shorter text": put(f"{ASKED} q", maxLength=100),
    "a member of the body has a longer least text": put(f"{ASKED} q", minLength=1),
    "a member of the body has a pattern": put(f"{ASKED} q", pattern="^a"),
    "an array of the body is shorter": put(f"{ASKED} ids", maxItems=10),
    "an array of the body has other items": put(f"{ASKED} ids items", type="integer"),
    "values of an array must differ": put(f"{ASKED} ids", uniqueItems=True),
    "values of a map in the body are shorter": put(f"{ASKED} tags additionalProperties", maxLength=3),
    "a member of the body takes fixed values": put(f"{ASKED} q", enum=["a"]),
    "a success is removed": drop(f"{GET} responses", "200"),
    "a status is removed": drop(f"{GET} responses", "404"),
    "another success is added": put(f"{GET} responses", **{"202": {"description": "later"}}),
    "an answer has another content type": put(
        f"{GET} responses 200", content={"text/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
    ),
    "an answer has a second content type": put(
        f"{GET} responses 200 content", **{"text/csv": {"schema": {"type": "string"}}}
    ),
    "a header is removed": drop(f"{GET} responses 200 headers", "ETag"),
    "a member of an answer is removed": drop(ANSWER, "size"),
    "a member of an answer may be missing": put(THING, required=["id"]),
    "a member of an answer may be null": put(f"{ANSWER} id", type=["string", "null"]),
    "an object in an answer may be null": put(
        ANSWER, sole={"anyOf": [{"$ref": f"#/{SCHEMAS.replace(' ', '/')}/Part"}, {"type": "null"}]}
    ),
    "a member of an answer has another type": put(f"{ANSWER} size", type="string"),
    "a member of an answer has a fraction": put(f"{ANSWER} size", type="number"),
    "a member of an answer has another format": put(f"{ANSWER} size", format="int64"),
    "items of an answer have another type": put(f"{ANSWER} parts", items={"type": "string"}),
    "values of a map have another type": put(f"{ANSWER} counts additionalProperties", type="string"),
    "values of a map may be null": put(f"{ANSWER} counts additionalProperties", type=["integer", "null"]),
    "a map has no more values of one kind": put(f"{ANSWER} counts", additionalProperties=True),
    "a member inside of a problem is removed": drop(f"{SCHEMAS} Problem properties", "title"),
    "a schema is renamed": rename_part,
}
NOTICES: dict[str, Callable[[Node], None]] = {
    "an answer's values grow": put(f"{SCHEMAS} Kind", enum=["a", "b", "c"]),
    "an answer's text may be longer": put(f"{ANSWER} id", maxLength=100),
    "an answer's pattern changes": put(f"{ANSWER} id", pattern="^[a-z0-9]+$"),
    "an answer's array may be longer": put(f"{ANSWER} parts", maxItems=50),
    "an answer's number may be lower": put(f"{ANSWER} size", minimum=-1),
    "an answer's member is never null any more": put(f"{ANSWER} name", type="string"),
    "a status of an error is added": put(f"{GET} responses", **{"410": {"$ref": "#/components/responses/NotFound"}}),
    "a default changes": put(f"{GET} parameters 1 schema", default=20),
    "an operation is deprecated": put(GET, deprecated=True),
    "a parameter is deprecated": put(f"{GET} parameters 1", deprecated=True),
    "a member is deprecated": put(f"{ANSWER} size", deprecated=True),
    "a parameter comes before others": lambda document: at(document, f"{GET} parameters").insert(0, NEW_PARAMETER),
    "a member of the body may be null": put(f"{ASKED} q", type=["string", "null"]),
    "a number of the body may have a fraction": put(f"{ASKED} weight", type="number"),
}
SAFE: dict[str, Callable[[Node], None]] = {
    "nothing": lambda document: None,
    "a path is added": put("paths", **{"/more": {"get": {"operationId": "more", "responses": {}}}}),
    "an operation is added": put("paths /things", put={"operationId": "put", "responses": {}}),
    "an optional parameter is added": append(f"{GET} parameters", NEW_PARAMETER),
    "a parameter's limits widen": put(f"{GET} parameters 1 schema", minimum=0, maximum=100),
    "a member of an answer is added": put(ANSWER, new={"type": "string"}),
    "an optional member of the body is added": put(ASKED, new={"type": "string"}),
    "a member of the body may be longer": put(f"{ASKED} q", maxLength=1000),
    "an array of the body may be longer": put(f"{ASKED} ids", maxItems=50),
    "values of a map in the body may be longer": put(f"{ASKED} tags additionalProperties", maxLength=90),
    "unknown members are allowed": put(ASKING, additionalProperties=True),
    "an answer's limits tighten": put(f"{ANSWER} id", maxLength=32),
    "a member of an answer is always there": append(f"{THING} required", "sole"),
    "a header is added": put(f"{GET} responses 200 headers", Link={"schema": {"type": "string"}}),
    "a way to be let in is added": append(f"{GET} security", {"Other": []}),
    "a description changes": put(f"{ANSWER} id", description="An id"),
    "an example changes": put(f"{ANSWER} id", examples=["a"]),
}


def changed(change: Callable[[Node], None]) -> list[breaking.Finding]:
    new = deepcopy(OLD)
    change(new)
    return compare(OLD, new)


@pytest.mark.parametrize("kind", BREAKS)
def test_breaks_are_found(kind: str) -> None:
    assert [finding for finding in changed(BREAKS[kind]) if finding.level == "break"]


@pytest.mark.parametrize("kind", NOTICES)
def test_what_callers_tolerate_is_a_notice(kind: str) -> None:
    assert {finding.level for finding in changed(NOTICES[kind])} == {"notice"}


@pytest.mark.parametrize("kind", SAFE)
def test_safe_changes_are_let_through(kind: str) -> None:
    assert changed(SAFE[kind]) == []


def test_a_number_in_an_answer_may_become_whole() -> None:
    """It is the type of a generated client that changes, not what a reader of JSON must cope with."""
    old = deepcopy(OLD)
    at(old, f"{ANSWER} size").update(type="number")
    new = deepcopy(old)
    at(new, f"{ANSWER} size").update(type="integer")
    assert {finding.level for finding in compare(old, new)} == {"notice"}


def test_values_that_only_requests_take_may_grow_unnoticed() -> None:
    old = deepcopy(OLD)
    del at(old, ANSWER)["kind"]
    new = deepcopy(old)
    at(new, f"{SCHEMAS} Kind")["enum"].append("c")
    assert compare(old, new) == []


def test_schemas_that_hold_themselves_are_compared() -> None:
    old = deepcopy(OLD)
    at(old, f"{SCHEMAS} Part properties")["part"] = {"$ref": "#/components/schemas/Part"}
    new = deepcopy(old)
    del at(new, f"{SCHEMAS} Part properties")["id"]
    assert [finding.place for finding in compare(old, new)] == ["Part (response).id"]


def test_the_command_tells_breaks_by_its_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(OLD), "utf-8")
    new.write_text(json.dumps(OLD), "utf-8")
    assert breaking.main([str(old), str(new)]) == 0
    new.write_text(json.dumps(OLD | {"paths": {}}), "utf-8")
    assert breaking.main([str(old), str(new)]) == 1
    assert "break   GET /things: the operation was removed" in capsys.readouterr().out
    assert breaking.main([str(old), str(tmp_path / "none.json")]) == 2
    assert breaking.main(["one"]) == 2


def test_nothing_breaks_the_released_document() -> None:
    assert breaking.main([]) == 0
