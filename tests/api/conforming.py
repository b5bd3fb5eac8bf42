"""A test client that holds every answer against the OpenAPI document."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from werkzeug.test import TestResponse

from api import spec
from api.app import create_app
from api.settings import Settings

UNDOCUMENTED = {405}
"""A method that the document does not name has no place in it."""
ON_EVERY_ANSWER = ("X-Request-Id", "Access-Control-Allow-Origin", "X-Content-Type-Options", "Content-Security-Policy")


@cache
def the_document() -> dict[str, Any]:
    """The document of the application as it is in the code now."""
    return spec.document(create_app(Settings()))


class ConformingClient(FlaskClient):
    """Raises AssertionError for an answer that the document does not describe."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        check(response, response.request.method, urlsplit(response.request.path).path)
        return response


def check(response: Any, method: str, path: str) -> None:
    """Holds one answer against the document."""
    for name in ON_EVERY_ANSWER:
        assert name in response.headers, f"{method} {path}: no {name}"
    assert "Set-Cookie" not in response.headers
    if response.status_code >= 400:
        assert response.content_type == "application/problem+json", f"{method} {path}: {response.content_type}"
        assert response.headers["Cache-Control"] == "no-store"
        if method != "HEAD":
            validate({"$ref": "#/components/schemas/Problem"}, response.get_json())
    operation = find_operation(method, path)
    if operation is None or response.status_code in UNDOCUMENTED:
        return
    documented = operation["responses"].get(str(response.status_code))
    assert documented, f"{method} {path}: {response.status_code} is not documented"
    documented = resolve(documented)
    for name, header in documented["headers"].items():
        value = response.headers.get(name)
        if value is not None:
            schema = resolve(header)["schema"]
            validate(schema, int(value) if schema["type"] == "integer" else value)
    if "content" not in documented or method == "HEAD":
        assert not response.get_data()
        return
    ((content_type, content),) = documented["content"].items()
    assert response.mimetype == content_type
    validate(content["schema"], response.get_json())
    unknown = sorted(undocumented(content["schema"], response.get_json()))
    assert not unknown, f"{method} {path}: members that are not documented: {unknown}"


def find_operation(method: str, path: str) -> dict[str, Any] | None:
    """The operation that answers; HEAD as GET."""
    method = {"HEAD": "get"}.get(method, method.lower())
    for template, operations in the_document()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found: dict[str, Any] | None = operations.get(method)
            return found
    return None


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    """What a `$ref` points to."""
    while "$ref" in node:
        target: Any = the_document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def validate(schema: dict[str, Any], value: Any) -> None:
    """Raises AssertionError where the value does not fit."""
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": the_document()["components"]}
    errors = list(Draft202012Validator(whole | schema, format_checker=FormatChecker()).iter_errors(value))
    assert not errors, "; ".join(f"{error.json_path}: {error.message[:300]}" for error in errors[:5])


def undocumented(schema: dict[str, Any], value: Any, place: str = "$") -> set[str]:
    """Members of an answer that its schema does not name: the schemas are an allow-list."""
    found: set[str] = set()
    schema = resolve(schema)
    for part in schema.get("anyOf", ()):
        if value is not None and part != {"type": "null"}:
            found |= undocumented(part, value, place)
    if isinstance(value, dict) and "properties" in schema:
        for name, member in value.items():
            if name not in schema["properties"]:
                found.add(f"{place}.{name}")
            else:
                found |= undocumented(schema["properties"][name], member, f"{place}.{name}")
    if isinstance(value, list) and "items" in schema:
        for item in value:
            found |= undocumented(schema["items"], item, f"{place}[]")
    return found
