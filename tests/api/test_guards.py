"""Guards over the code itself: nothing public without documentation, no setting unnamed, no error of another shape."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import flask_smorest
import marshmallow as ma
import pytest
from werkzeug.exceptions import default_exceptions

from api import VERSION, problems, settings
from api.app import OPERATIONS, create_app
from api.blueprint import Blueprint, StrictParser
from api.fields import RequestSchema, ResponseSchema
from api.settings import Settings
from api.spec import Api
from tests.api.conforming import the_document
from tests.fakes import FakeIndex

ROOT = Path(__file__).parents[2]
CONTRACT = {
    ("get", "/v1/search"): ("search_passages", "Search"),
    ("post", "/v1/search"): ("search_passages_privately", "Search"),
    ("get", "/v1/suggest"): ("suggest_queries", "Search"),
    ("get", "/v1/topics"): ("list_topics", "Topics"),
    ("get", "/v1/topics/{topic_id}"): ("get_topic", "Topics"),
    ("get", "/v1/vocabulary"): ("get_vocabulary", "Topics"),
    ("get", "/v1/passages"): ("list_passages", "Passages"),
    ("get", "/v1/passages/{passage_id}"): ("get_passage", "Passages"),
    ("get", "/v1/passages/{passage_id}/similar"): ("list_similar_passages", "Passages"),
    ("get", "/v1/documents"): ("list_documents", "Documents"),
    ("get", "/v1/documents/{document_id}"): ("get_document", "Documents"),
    ("get", "/v1/documents/{document_id}/schema-org"): ("get_document_metadata", "Documents"),
    ("get", "/v1/support"): ("list_support_contacts", "Support"),
    ("post", "/v1/support/screen"): ("screen_text", "Support"),
    ("get", "/v1/support/rules"): ("get_screening_rules", "Support"),
    ("get", "/v1/privacy"): ("get_privacy_statement", "Support"),
    ("get", "/v1/about"): ("get_service_statement", "Support"),
}
"""Public names: a generated client has them in its callers' code."""
OUTSIDE = {
    "/",
    "/assets/<name>",
    "/docs",
    "/docs/assets/<name>",
    "/healthz",
    "/metrics",
    "/problems",
    "/problems/<slug>",
    "/readyz",
    "/redoc",
    "/v1/openapi.json",
}


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, path): operation
        for path, item in the_document()["paths"].items()
        for method, operation in item.items()
    }


def test_operations_have_the_names_and_tags_of_the_contract() -> None:
    found = {place: (operation["operationId"], *operation["tags"]) for place, operation in operations().items()}
    assert found == CONTRACT


def test_every_route_is_documented_or_known_to_be_outside() -> None:
    rules = {
        (rule.rule, method) for rule in create_app(Settings()).url_map.iter_rules() for method in rule.methods or ()
    }
    for rule, method in rules:
        if method in ("HEAD", "OPTIONS") or rule in OUTSIDE:
            continue
        assert (method.lower(), re.sub(r"<([^>]+)>", r"{\1}", rule)) in CONTRACT, rule


def test_every_operation_says_what_it_does() -> None:
    for place, operation in operations().items():
        assert operation["summary"], place
        assert not operation["summary"].endswith("."), place
        assert operation["description"].endswith("."), place


def schemas_by_operation() -> dict[str, tuple[type[RequestSchema] | None, type[RequestSchema] | None]]:
    """Query and body schema of each operation, from where flask-smorest keeps what decorators were given."""
    found = {}
    for blueprint in OPERATIONS:
        for methods in blueprint._docs.values():
            for method, doc in methods.items():
                if method == "parameters":
                    continue
                given = {part["in"]: part["schema"] for part in doc.get("arguments", {}).get("parameters", ())}
                found[doc["manual_doc"]["operationId"]] = (given.get("query"), given.get("json"))
    return found


def test_documented_parameters_are_those_the_schemas_accept() -> None:
    schemas = schemas_by_operation()
    for operation in operations().values():
        query, body = schemas[operation["operationId"]]
        documented = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"]
        assert documented == (list(query().fields) if query else [])
        if body:
            assert list(the_document()["components"]["schemas"][body.__name__]["properties"]) == list(body().fields)


def test_the_body_of_a_search_takes_what_its_query_takes() -> None:
    query, _ = schemas_by_operation()["search_passages"]
    _, body = schemas_by_operation()["search_passages_privately"]
    assert query
    assert body
    assert list(query().fields) == list(body().fields)


def subclasses(kind: type) -> set[type]:
    return {found for child in kind.__subclasses__() for found in {child, *subclasses(child)}}


def test_requests_refuse_and_answers_leave_out_what_is_unknown() -> None:
    assert {schema.Meta.unknown for schema in subclasses(RequestSchema)} == {ma.RAISE}
    assert {schema.Meta.unknown for schema in subclasses(ResponseSchema)} == {ma.EXCLUDE}


def test_every_error_of_http_has_the_shape_of_a_problem() -> None:
    app = create_app(Settings(), FakeIndex())
    with app.test_request_context("/v1/search?q=private"):
        for error in default_exceptions.values():
            answer = app.make_response(app.handle_user_exception(error()))  # type: ignore[arg-type]
            assert answer.content_type == problems.MEDIA_TYPE
            body = answer.get_json()
            assert list(body) == ["type", "title", "status", "detail", "instance", "errors", "successor_id", "support"]
            assert body["instance"] == "/v1/search"
            assert body["status"] == answer.status_code


def test_every_kind_of_problem_has_a_page() -> None:
    client = create_app(Settings(), FakeIndex()).test_client()
    for kind in problems.KINDS.values():
        page = client.get(kind.uri)
        assert page.status_code == 200
        assert str(kind.status) in page.get_data(as_text=True)
    assert client.get("/problems/nothing").status_code == 404


def test_every_setting_is_in_the_readmes_table() -> None:
    table = settings.markdown_table()
    for setting in dataclasses.fields(Settings):
        assert f"`{setting.metadata['variable'].name}`" in table


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [("THAW_CORS_ORIGINS", "app.example", "not an origin"), ("THAW_DEFAULT_COUNTRY", "GBR", "alpha-2")],
)
def test_a_bad_setting_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(settings.SettingError, match=rf"{name}.*{message}"):
        Settings.from_env({name: value})


def test_settings_are_read_and_empty_ones_are_as_if_not_set() -> None:
    read = Settings.from_env({"THAW_CORS_ORIGINS": "https://a.example, https://b.example", "THAW_INDEX": ""})
    assert read.cors_origins == ("https://a.example", "https://b.example")
    assert read.index == "whoosh:build/index"


def test_the_environment_is_read_in_two_places_only() -> None:
    allowed = {"api/wsgi.py", "api/gunicorn.py", "indexer/__main__.py"}
    reading = {
        path.relative_to(ROOT).as_posix()
        for room in ("api", "corpus", "indexer")
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"os\.environ|getenv", path.read_text("utf-8"))
    }
    assert reading <= allowed


def test_the_version_is_the_projects() -> None:
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text("utf-8")


# --- what is overridden in flask-smorest and webargs still exists under these names -------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "name"),
    [
        (Api, flask_smorest.Api, "_register_responses"),
        (Api, flask_smorest.Api, "_register_etag_headers"),
        (Api, flask_smorest.Api, "_register_pagination_header"),
        (Api, flask_smorest.Api, "handle_http_exception"),
        (Api, flask_smorest.Api, "DEFAULT_ERROR_RESPONSE_NAME"),
        (Api, flask_smorest.Api, "ERROR_SCHEMA"),
        (Blueprint, flask_smorest.Blueprint, "ARGUMENTS_PARSER"),
        (StrictParser, StrictParser.__base__, "load_querystring"),
        (StrictParser, StrictParser.__base__, "load_json"),
        (StrictParser, StrictParser.__base__, "handle_error"),
        (StrictParser, StrictParser.__base__, "DEFAULT_UNKNOWN_BY_LOCATION"),
        (StrictParser, StrictParser.__base__, "DEFAULT_VALIDATION_STATUS"),
    ],
)
def test_what_is_overridden_is_there_to_override(ours: type, theirs: type, name: str) -> None:
    assert name in vars(ours)
    assert hasattr(theirs, name)


def test_the_document_has_nothing_of_flask_smorests_own() -> None:
    text = str(the_document())
    for leftover in ("PaginationMetadata", "DEFAULT_ERROR", "X-Pagination", "UNPROCESSABLE", "'default': {"):
        assert leftover not in text
