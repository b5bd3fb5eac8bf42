"""The OpenAPI document: what flask-smorest collects, finished in the one place that post-processes it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

import flask_smorest
import marshmallow as ma
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from api import VERSION, problems, samples
from api.caching import MAX_IF_NONE_MATCH
from api.schemas.problems import Problem
from corpus import ADVISORIES, FACETS
from corpus.screening import TIERS
from corpus.support import CONTACT_KINDS

Node = dict[str, Any]

TITLE = "Thaw"
DESCRIPTION = """\
Careful, plain texts on emotional numbness and detachment for mental-health apps: cut into passages, tagged with topics
in a role (symptom, cause, condition, treatment, strategy, mechanism, effect), found by words, by topics, or by both.

Answers are JSON in UTF-8; every member is always present, arrays are never null, and new members may be added.
Errors are problems (RFC 9457). Offsets count Unicode code points. Nothing of a query is ever written down.

General information, not medical advice."""

ENUMS: Mapping[tuple[str, ...], tuple[str, str]] = {
    FACETS: ("FacetName", "The role that a topic plays in a passage."),
    ADVISORIES: ("Advisory", "What a reader may want to be warned of before a passage is shown."),
    ("text", "heading"): ("EvidenceSource", "Whether words stand in the passage's text or in its headings."),
    ("label", "synonym", "spelling"): (
        "ConceptKind",
        "By what a topic was recognised: its preferred label, another label, or a label after correcting the spelling.",
    ),
    ("exact", "stem", "concept", "spelling", "meaning"): (
        "MatchKind",
        "Why words are marked: same word, same stem, a topic of the query, a corrected word, or a meaning near it.",
    ),
    ("text", "heading", "title"): ("HighlightField", "Where a snippet stands."),
    ("word", "phrase", "label", "topic", "correction", "meaning", "role", "support"): (
        "ContributionKind",
        "The kind of reason why a passage was found.",
    ),
    ("distress", "crisis"): ("SupportTier", "Strong suffering, or risk to life."),
    TIERS: ("ScreeningTier", "Neither, strong suffering, or risk to life."),
    CONTACT_KINDS: ("ContactKind", "What kind of service a contact is."),
    ("topic", "heading", "correction"): (
        "SuggestionKind",
        "What a suggestion comes from: a topic's name, a heading of a text, or typed words respelt.",
    ),
    ("not_found", "withdrawn"): ("UnavailableReason", "Whether an id is unknown or its passage was withdrawn."),
    ("body", "header", "path", "query"): ("FieldLocation", "Where a parameter or member stands in the request."),
}
"""Every enum of the document by its values: its component's name, which generated clients use, and its description."""

BODIES = ("ScreenRequest", "SearchRequest")
"""Schemas of request bodies: they refuse members that they do not name."""

_TEXT = {"type": "string", "minLength": 1, "maxLength": 500, "pattern": r"^[\x20-\x7e]+$"}
HEADERS: Mapping[str, Node] = {
    "Access-Control-Allow-Origin": {
        "description": "Origins whose scripts may read the answer",
        "schema": _TEXT | {"examples": ["*"]},
    },
    "Allow": {"description": "Methods that the address knows", "schema": _TEXT | {"examples": ["GET, HEAD, OPTIONS"]}},
    "Cache-Control": {
        "description": "Who may keep the answer; `no-store` on anything that carries a query",
        "schema": _TEXT | {"examples": ["public, max-age=300"]},
    },
    "Deprecation": {
        "description": "Since when the operation is deprecated, in seconds of Unix time (RFC 9745)",
        "schema": _TEXT | {"examples": ["@1767225600"]},
    },
    "ETag": {
        "description": "Strong validator, bound to address and corpus version; send it back in `If-None-Match`",
        "schema": _TEXT | {"examples": ['"5f0c1e7c0b0f4a3f9e2d6c7b8a9f0e1d"']},
    },
    "Link": {
        "description": "What follows a withdrawn passage or a deprecated operation, as `successor-version`",
        "schema": _TEXT | {"examples": ['</v1/passages/p-3x8k2m5n7q9r>; rel="successor-version"']},
    },
    "RateLimit": {
        "description": "What is left of the caller's share, and the seconds until it is full again; only while limits "
        "are on",
        "schema": _TEXT | {"examples": ['"default";r=59;t=60']},
    },
    "RateLimit-Policy": {
        "description": "The caller's share of requests and its window in seconds; only while limits are on",
        "schema": _TEXT | {"examples": ['"default";q=60;w=60']},
    },
    "Retry-After": {
        "description": "Seconds to wait before trying again",
        "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86400, "examples": [10]},
    },
    "Sunset": {
        "description": "When the operation ends (RFC 8594)",
        "schema": _TEXT | {"examples": ["Fri, 01 Jan 2027 00:00:00 GMT"]},
    },
    "WWW-Authenticate": {
        "description": "How to send an API key, and what was wrong with the one that was sent",
        "schema": _TEXT | {"examples": ['Bearer realm="thaw"']},
    },
    "X-Request-Id": {
        "description": "Random id of this request; name it when reporting a fault",
        "schema": _TEXT | {"examples": ["9f1b6c0d3e5a47f28b1c4d6e7f809a1b"]},
    },
}
_ALWAYS = ("Access-Control-Allow-Origin", "Cache-Control", "RateLimit", "RateLimit-Policy", "X-Request-Id")
_ON_PROBLEM = {
    "unauthorized": ("WWW-Authenticate",),
    "insufficient-scope": ("WWW-Authenticate",),
    "method-not-allowed": ("Allow",),
    "passage-withdrawn": ("Link",),
    "rate-limited": ("Retry-After",),
    "index-unavailable": ("Retry-After",),
}
IF_NONE_MATCH: Node = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "description": "ETag of an earlier answer to the same request; 304 if that is still current",
    # What is no ETag is passed over, as HTTP asks for, rather than refused.
    "schema": {"type": "string", "minLength": 0, "maxLength": MAX_IF_NONE_MATCH, "pattern": r"^[\s\S]*$"},
    "example": '"5f0c1e7c0b0f4a3f9e2d6c7b8a9f0e1d"',
}


class Api(flask_smorest.Api):  # type: ignore[misc]  # flask-smorest ships no types
    """flask-smorest without its own errors and default responses."""

    DEFAULT_ERROR_RESPONSE_NAME = None
    ERROR_SCHEMA: ClassVar[type[Problem]] = Problem

    def __init__(self, app: Flask) -> None:
        app.config.update(API_TITLE=TITLE, API_VERSION=VERSION, OPENAPI_VERSION="3.1.0")
        # Several instances of one schema (a filter in a list, a nullable one) are the same component.
        plugin = MarshmallowPlugin(schema_name_resolver=lambda schema: _schema_name(schema))
        super().__init__(app, spec_kwargs={"marshmallow_plugin": plugin})

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Errors of HTTP are problems too."""
        return problems.from_http(error)

    def _register_responses(self) -> None:
        """The responses of problems are added by `document`; flask-smorest's would be application/json."""
        self.spec.components.schema("Problem", schema=Problem)

    def _register_etag_headers(self) -> None:
        """Ours are in HEADERS."""

    def _register_pagination_header(self) -> None:
        """Pages stand in the body."""


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _subclasses(child)


def _schema_name(schema: Any) -> str:
    return schema.__name__ if isinstance(schema, type) else type(schema).__name__


# --- making ------------------------------------------------------------------------------------------------------


def document(app: Flask) -> Node:
    """The finished document of an application."""
    api: Api = app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    found: Node = deepcopy(api.spec.to_dict())
    components = found["components"]
    _name_enums(found)
    described = {_schema_name(schema): schema.__doc__ for schema in _subclasses(ma.Schema)}
    for name, schema in components["schemas"].items():
        schema.pop("additionalProperties", None)
        schema.setdefault("description", " ".join((described.get(name) or "").split()))
    _describe_nullable(components["schemas"])
    for name in BODIES:
        components["schemas"][name]["additionalProperties"] = False
    components["headers"] = {name: deepcopy(header) for name, header in HEADERS.items()}
    components["responses"] = dict(_responses())
    for operations in found["paths"].values():
        in_path = operations.pop("parameters", [])
        for operation in operations.values():
            _finish_operation(operation, deepcopy(in_path))
    _add_examples(found)
    _drop_unused(components["responses"], "responses", found["paths"])
    _drop_unused(components["headers"], "headers", [found["paths"], components["responses"]])
    return _in_order(found)


def dump(found: Node) -> str:
    """The document as text: stable, so that it can be compared byte by byte."""
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


@cache
def published() -> bytes:
    """The committed document, which `/v1/openapi.json` serves as it is."""
    return (files("openapi") / "openapi.json").read_bytes()


def _drop_unused(parts: Node, kind: str, users: Any) -> None:
    """Problems and headers of answers that no operation gives, e.g. 405, do not belong into the document."""
    used = {node["$ref"] for node in _nodes(users) if "$ref" in node}
    for name in [name for name in parts if f"#/components/{kind}/{name}" not in used]:
        del parts[name]


# --- steps ---------------------------------------------------------------------------------------------------------


def _name_enums(found: Node) -> None:
    """Moves every inline enum into the component that ENUMS names."""
    schemas = found["components"]["schemas"]
    used = set()
    for node in _nodes(found):
        if isinstance(node.get("enum"), list):
            name = ENUMS[tuple(node["enum"])][0]
            used.add(name)
            node.clear()
            node["$ref"] = f"#/components/schemas/{name}"
    for values, (name, description) in ENUMS.items():
        if name in used:
            schemas[name] = {
                "type": "string",
                "enum": list(values),
                "description": description,
                "examples": [values[0]],
            }


def _describe_nullable(schemas: Node) -> None:
    """An object that may be null is described where it is used; beside a plain `$ref` nothing may stand."""
    for node in list(_nodes(schemas)):
        references = [part["$ref"] for part in node.get("anyOf", ()) if "$ref" in part]
        if references:
            described = schemas[references[0].rsplit("/", 1)[1]]["description"]
            node["description"] = f"{described.removesuffix('.')}; null if there is none"


def _responses() -> Iterator[tuple[str, Node]]:
    """One component for each kind of problem, and 304."""
    for kind in problems.KINDS.values():
        example = {
            "type": kind.uri,
            "title": kind.title,
            "status": kind.status,
            **_PROBLEM_EXAMPLES.get(kind.slug, {"detail": f"{kind.meaning} {kind.remedy}", "instance": "/v1/search"}),
        }
        yield (
            kind.component,
            {
                "description": kind.meaning,
                "headers": _header_refs(*_ALWAYS, *_ON_PROBLEM.get(kind.slug, ())),
                "content": {
                    problems.MEDIA_TYPE: {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "example": {"errors": [], "successor_id": None, "support": None} | example,
                    }
                },
            },
        )
    yield (
        "NotModified",
        {"description": "The answer with this ETag is still current.", "headers": _header_refs(*_ALWAYS, "ETag")},
    )


_PROBLEM_EXAMPLES: Mapping[str, Node] = {
    "invalid-request": {
        "detail": "limit: must be from 1 to 50",
        "instance": "/v1/search",
        "errors": [{"location": "query", "field": "limit", "message": "must be from 1 to 50"}],
    },
    "not-found": {
        "detail": "No topic has the id 'emotional-numbnes'; did you mean 'emotional-numbness'?",
        "instance": "/v1/topics/emotional-numbnes",
    },
    "passage-withdrawn": {
        "detail": "Passage 'p-0a1b2c3d4e5f' was withdrawn; its text went to 'p-3x8k2m5n7q9r'.",
        "instance": "/v1/passages/p-0a1b2c3d4e5f",
        "successor_id": "p-3x8k2m5n7q9r",
    },
}


def _finish_operation(operation: Node, in_path: list[Node]) -> None:
    operation["description"] = operation["description"].replace("\n", " ")
    success = operation["responses"]["200"]
    is_cached = "get" in operation["operationId"] or "list" in operation["operationId"]
    going = ("Deprecation", "Link", "Sunset") if operation.get("deprecated") else ()
    success["headers"] = _header_refs(*_ALWAYS, *(("ETag",) if is_cached else ()), *going)
    parameters = operation["parameters"] = in_path + operation.get("parameters", [])
    if is_cached:
        operation["responses"]["304"] = {"$ref": "#/components/responses/NotModified"}
        parameters.append(deepcopy(IF_NONE_MATCH))
    for parameter in parameters:
        schema = parameter["schema"]
        schema.pop("description", None)
        example = schema.pop("example", None)
        if example is not None:
            parameter["example"] = example
        if parameter["in"] == "path":
            schema.update({"minLength": 1, "maxLength": 64, "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"})
            parameter["description"] = _PATH_DESCRIPTIONS[parameter["name"]]
    parameters.sort(key=lambda parameter: not parameter["required"])
    if not parameters:
        del operation["parameters"]


_PATH_DESCRIPTIONS = {
    "topic_id": "Id of the topic",
    "document_id": "Id of the document",
    "passage_id": "Id of the passage",
}


def _header_refs(*names: str) -> Node:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(names)}


def _add_examples(found: Node) -> None:
    """Puts recorded answers beside the operations, and the objects in them beside their schemas."""
    recorded = _examples("answers.json")
    schemas = found["components"]["schemas"]
    examples: Node = {}
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            example = recorded[operation["operationId"]]
            operation["x-codeSamples"] = samples.of(method, path, example)
            (content,) = operation["responses"]["200"]["content"].values()
            content["example"] = example["answer"]
            _collect(content["schema"], example["answer"], schemas, examples)
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    parameter["example"] = example["path"][parameter["name"]]
            if "requestBody" in operation:
                body = operation["requestBody"]["content"]["application/json"]
                body["example"] = example["sent"]
                _collect(body["schema"], example["sent"], schemas, examples)
    for response in found["components"]["responses"].values():
        for content in response.get("content", {}).values():
            _collect(content["schema"], content["example"], schemas, examples)
    examples = _examples("components.json") | examples
    for name, schema in schemas.items():
        if name in examples and "examples" not in schema:
            schema["examples"] = [examples[name]]


def _examples(name: str) -> Node:
    found: Node = json.loads((files("openapi") / "examples" / name).read_text("utf-8"))
    return found


def _collect(schema: Node, value: Any, schemas: Node, examples: Node) -> None:
    """Walks a value along its schema and keeps the first instance of each component."""
    if value is None:
        return
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        # An instance with more in it is the better example: an empty list shows nothing.
        if name not in examples or len(json.dumps(value)) > 2 * len(json.dumps(examples[name])):
            examples[name] = value
        _collect(schemas[name], value, schemas, examples)
    for part in schema.get("anyOf", ()):
        _collect(part, value, schemas, examples)
    for name, member in schema.get("properties", {}).items():
        if isinstance(value, dict) and name in value:
            _collect(member, value[name], schemas, examples)
    if "items" in schema and isinstance(value, list):
        for item in value:
            _collect(schema["items"], item, schemas, examples)


def _in_order(found: Node) -> Node:
    """The document with its parts in a fixed order, and the fixed parts that flask-smorest knows nothing of."""
    components = found["components"]
    return {
        "openapi": found["openapi"],
        "info": {
            "title": TITLE,
            "version": VERSION,
            "summary": "Passages on emotional numbness, found by words and by topics",
            "description": DESCRIPTION,
            "contact": {"name": "Thaw maintainers", "url": "https://thaw.example/", "email": "hello@thaw.example"},
            "license": {"name": "MIT", "url": "https://spdx.org/licenses/MIT.html"},
        },
        "servers": [
            {"url": "/", "description": "The host that served this document, local or production", "x-internal": False}
        ],
        "tags": sorted(found["tags"], key=lambda tag: tag["name"]),
        "paths": {
            path: dict(sorted((method, _ordered_operation(it)) for method, it in operations.items()))
            for path, operations in sorted(found["paths"].items())
        },
        "components": {
            **{kind: dict(sorted(components[kind].items())) for kind in ("schemas", "responses", "headers")},
            "securitySchemes": {"ApiKey": API_KEY},
        },
    }


API_KEY: Node = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key from whoever runs the service; only where the service asks for keys.",
}
_OPERATION_ORDER = (
    "operationId",
    "summary",
    "description",
    "tags",
    "deprecated",
    "security",
    "parameters",
    "requestBody",
    "responses",
    "x-codeSamples",
)


def _ordered_operation(operation: Node) -> Node:
    ordered = {key: operation[key] for key in _OPERATION_ORDER if key in operation}
    ordered["responses"] = dict(sorted(operation["responses"].items()))
    return ordered


def _nodes(node: Any) -> Iterator[Node]:
    """Every object in the document, innermost last."""
    if isinstance(node, dict):
        yield node
        for child in list(node.values()):
            yield from _nodes(child)
    elif isinstance(node, list):
        for child in node:
            yield from _nodes(child)
