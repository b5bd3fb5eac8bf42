"""A group of operations: strict parameters, caching and documentation in one decorator.

flask-smorest's defaults that do not fit the contract are overridden here and in api/spec.py; tests pin each.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any, NoReturn

import flask_smorest
import marshmallow as ma
from flask import Request
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, HTTPException, UnsupportedMediaType

from api.auth import Scope, requires
from api.caching import Cache, caching
from api.deprecation import Deprecation, deprecated
from api.fields import NoParameters, RequestSchema, ResponseSchema
from api.problems import KINDS, Fault, InvalidInput

_LOCATIONS = {"json": "body", "querystring": "query"}


class StrictParser(FlaskParser):
    """Reads parameters so that nothing unknown, repeated by mistake, or of another type gets through."""

    DEFAULT_VALIDATION_STATUS = 400
    # None: what the schema itself says, and RequestSchema refuses what it does not know.
    DEFAULT_UNKNOWN_BY_LOCATION = dict.fromkeys(("json", "query", "path"), None)

    def load_querystring(self, req: Request, schema: ma.Schema) -> dict[str, Any]:
        """Repeatable parameters as lists, others as one string."""
        values: dict[str, Any] = {}
        for name, found in req.args.lists():
            if isinstance(schema.fields.get(name), ma.fields.List):
                values[name] = found
            elif len(found) == 1:
                values[name] = found[0]
            else:
                raise ma.ValidationError({name: ["give it once only"]})
        return values

    def load_json(self, req: Request, *_: Any) -> dict[str, Any]:
        """The body as a JSON object; 415 where it is not declared as JSON."""
        if req.mimetype != "application/json":
            raise UnsupportedMediaType
        try:
            sent = req.get_data()
        except HTTPException:
            raise
        except Exception:
            # The server reads the body while we do, and reports framing that is broken in its own ways.
            raise BadRequest from None
        try:
            body = json.loads(sent.decode(), object_pairs_hook=_object, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise ma.ValidationError({"body": ["must be JSON in UTF-8, each member once"]}) from None
        if not isinstance(body, dict):
            raise ma.ValidationError({"body": ["must be a JSON object"]})
        return body

    def handle_error(self, error: ma.ValidationError, req: Request, schema: ma.Schema, **_: Any) -> NoReturn:  # noqa: ARG002
        """Turns marshmallow's messages into faults that name location and field."""
        # webargs has put the location around the messages.
        raise InvalidInput(
            Fault(_LOCATIONS.get(location, location), field, _helpful(message, field, schema))
            for location, by_field in error.messages_dict.items()
            for field, message in _flat(by_field)
        )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member is given twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _flat(messages: Any) -> Iterator[tuple[str, str]]:
    """Messages by field, without the positions inside of lists."""
    if not isinstance(messages, dict):
        messages = {"body": messages}
    for field, found in messages.items():
        yield str(field), "; ".join(dict.fromkeys(_leaves(found)))


def _leaves(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        for value in found.values():
            yield from _leaves(value)
    elif isinstance(found, list):
        yield from (str(message) for message in found)
    else:
        yield str(found)


def _helpful(message: str, field: str, schema: ma.Schema) -> str:
    if message != "Unknown field.":
        return message
    nearest = difflib.get_close_matches(field, schema.fields, n=1)
    if nearest:
        return f"unknown; did you mean '{nearest[0]}'?"
    known = ", ".join(schema.fields) if schema.fields else "none"
    return f"unknown; known here: {known}"


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # flask-smorest ships no types
    """Operations of one tag."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scopes: dict[str, Scope] = {}
        """What a key must allow, by operationId."""

    def operation(
        self,
        rule: str,
        *,
        returns: type[ResponseSchema],
        query: type[RequestSchema] | None = None,
        body: type[RequestSchema] | None = None,
        cache: Cache = Cache.PUBLIC,
        scope: Scope = Scope.READ,
        problems: Iterable[str] = (),
        media_type: str = "application/json",
        deprecation: Deprecation | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Makes a view an operation: its name is the operationId, its docstring the documentation.

        A view takes the loaded `query` or `body`, if it has one, then the parts of the path by name. `problems` are
        the kinds (api/problems.py) that it may answer beyond those that every operation may. `scope` is what an API
        key must allow, where the service asks for keys.
        """
        method = "POST" if body else "GET"
        common = ("invalid-request", "rate-limited", "internal-error")
        for_keys = () if scope is Scope.OPEN else ("unauthorized", "insufficient-scope")
        needs_index = () if scope is Scope.OPEN else ("index-unavailable",)
        for_body = ("body-too-large", "unsupported-media-type") if body else ()

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            declare = self.response(200, returns, content_type=media_type, description=_first_line(returns))
            handler = _sent_as(media_type, declare(view))
            if body:
                handler = self.arguments(body, location="json")(handler)
            handler = self.arguments(query, location="query")(handler) if query else _without_parameters(handler)
            for slug in {*common, *for_keys, *needs_index, *for_body, *problems}:
                handler = self.alt_response(KINDS[slug].status, KINDS[slug].component)(handler)
            security: list[dict[str, list[str]]] = [] if scope is Scope.OPEN else [{}, {"ApiKey": []}]
            handler = self.doc(operationId=view.__name__, security=security)(handler)
            if deprecation:
                handler = self.doc(deprecated=True)(handler)
            self.scopes[view.__name__] = scope
            self.route(rule, methods=[method])(deprecated(deprecation)(requires(scope)(caching(cache)(handler))))
            return view

        return decorate


def _without_parameters(handler: Callable[..., Any]) -> Callable[..., Any]:
    parse = StrictParser().use_args(NoParameters(), location="query")

    def drop(_parameters: Any, *args: Any, **kwargs: Any) -> Any:
        return handler(*args, **kwargs)

    drop.__dict__.update(handler.__dict__)
    drop.__name__, drop.__doc__ = handler.__name__, handler.__doc__
    return parse(drop)


def _sent_as(media_type: str, handler: Callable[..., Any]) -> Callable[..., Any]:
    """flask-smorest documents the media type and sends application/json all the same."""

    @wraps(handler)
    def send(*args: Any, **kwargs: Any) -> Any:
        response = handler(*args, **kwargs)
        response.mimetype = media_type
        return response

    return send


def _first_line(schema: type[ResponseSchema]) -> str:
    return (schema.__doc__ or "").strip().splitlines()[0]
