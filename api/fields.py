"""The kinds of values in requests and answers, with the bounds that the OpenAPI document states of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

ID_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
"""Topics, documents and passages share it (corpus.files.ID_PATTERN)."""
ID_LENGTH = 64
CURSOR_PATTERN = r"^[A-Za-z0-9_-]+$"
CURSOR_LENGTH = 200
LANGUAGE_PATTERN = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
COUNTRY_PATTERN = r"^[A-Za-z]{2}$"
URI_LENGTH = 2000
INT32_MAX = 2**31 - 1
MAX_FILTER_VALUES = 20
"""Values of one filter parameter; enough for a topic picker, and it bounds the work of one request."""

_DIGITS = re.compile(r"-?[0-9]{1,10}")


# --- requests --------------------------------------------------------------------------------------------------


class RequestSchema(ma.Schema):
    """Parameters of a request; unknown ones are refused.

    `in_body` tells the fields whether values come as JSON (types must fit) or as text of a query string.
    """

    in_body = False

    class Meta:
        unknown = ma.RAISE


class NoParameters(RequestSchema):
    """For operations that take none."""


def _messages(invalid: str) -> dict[str, Any]:
    return {"invalid": invalid, "null": "must not be null; leave it out instead"}


class WholeNumber(fields.Integer):
    """An integer: digits in a query string, a JSON number without a fraction in a body; nothing is coerced."""

    default_error_messages = _messages("must be a whole number")

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if _from_body(self):
            if type(value) is not int:
                raise self.make_error("invalid", input=value)
            return value
        if not _DIGITS.fullmatch(value):
            raise self.make_error("invalid", input=value)
        return int(value)


class Flag(fields.Boolean):
    """`true` or `false`, in a query string as in JSON; nothing else."""

    default_error_messages = _messages("must be true or false")

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        allowed: Mapping[object, bool] = {"true": True, "false": False}
        if _from_body(self):
            if type(value) is not bool:
                raise self.make_error("invalid", input=value)
            return value
        if value not in allowed:
            raise self.make_error("invalid", input=value)
        return allowed[value]


class Text(fields.String):
    """A string; lone surrogates, which no UTF-8 can carry, become U+FFFD so that offsets stay true."""

    default_error_messages = _messages("must be a string")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return re.sub("[\ud800-\udfff]", "\ufffd", super()._deserialize(value, attr, data, **kwargs))


class Values(fields.List[Any]):
    """A repeated parameter, or an array in a body; no other collection."""

    default_error_messages = _messages("must be an array")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


def _from_body(field: fields.Field[Any]) -> bool:
    return isinstance(field.root, RequestSchema) and field.root.in_body


def whole_number(description: str, *, default: int | None = None, low: int = 1, high: int = INT32_MAX) -> WholeNumber:
    """An optional integer parameter from `low` to `high`."""
    bounds = validate.Range(low, high, error="must be from {min} to {max}")
    metadata = {"description": description, "format": "int32"}
    # A default of None would be documented, and would let null through.
    return WholeNumber(load_default=ma.missing if default is None else default, validate=bounds, metadata=metadata)


def flag(description: str, *, default: bool) -> Flag:
    """An optional boolean parameter."""
    return Flag(load_default=default, metadata={"description": description})


def ids(description: str, example: str | None = None, *, most: int = MAX_FILTER_VALUES) -> Values:
    """A repeatable parameter of ids. The pattern is documented, not checked: an unknown id gets a better message."""
    item = Text(validate=_length(ID_LENGTH, 1), metadata={"pattern": ID_PATTERN})
    return _values(item, description, example, most)


def patterns(description: str, pattern: str, max_length: int, example: str) -> Values:
    """A repeatable parameter whose values follow a pattern."""
    return _values(pattern_text(None, pattern, max_length), description, example)


def choices(description: str, allowed: Iterable[str], example: str) -> Values:
    """A repeatable parameter with a fixed set of values."""
    names = tuple(allowed)
    known = validate.OneOf(names, error="must be one of: {choices}")
    return _values(Text(validate=known), description, example)


def _values(item: Text, description: str, example: str | None, most: int = MAX_FILTER_VALUES) -> Values:
    metadata: dict[str, Any] = {"description": description, "minItems": 0}
    if example is not None:
        metadata["example"] = [example]
    bound = validate.Length(max=most, error="at most {max} values")
    return Values(item, load_default=list, validate=bound, metadata=metadata)


def pattern_text(description: str | None, pattern: str, max_length: int, example: str | None = None) -> Text:
    """An optional string parameter that follows a pattern."""
    said = f"must match {pattern}".replace("{", "{{").replace("}", "}}")  # marshmallow formats messages
    fits = validate.Regexp(pattern.replace("$", r"\Z"), error=said)
    known = {"description": description, "pattern": pattern, "example": example}
    metadata = {key: value for key, value in known.items() if value is not None}
    return Text(validate=[_length(max_length, 1), fits], metadata=metadata)


def free_text(description: str, max_length: int, example: str) -> Text:
    """An optional string parameter of any characters; its length counts code points."""
    return Text(
        validate=_length(max_length, 0),
        metadata={"description": description, "pattern": r"^[\s\S]*$", "example": example},
    )


def required(field: Text) -> Text:
    """The same parameter, to be given always."""
    field.required = True
    field.error_messages["required"] = "must be given"
    return field


def _length(longest: int, shortest: int) -> validate.Length:
    return validate.Length(min=shortest, max=longest, error="must have from {min} to {max} characters")


# --- answers -----------------------------------------------------------------------------------------------------


class ResponseSchema(ma.Schema):
    """An object in an answer: every member is always present; what is missing is null, arrays are empty."""

    class Meta:
        unknown = ma.EXCLUDE

    def on_bind_field(self, _name: str, field_obj: fields.Field[Any]) -> None:
        """All members are required, so that generated clients need no check for absence."""
        field_obj.required = True

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        """The named members of a record (indexer/serialize.py), and no others; KeyError where one is missing.

        marshmallow's own way asks every field of every object how to read and write it: 8.4 ms for ten hits, where
        the search took 2.6 and this takes 0.4.
        """
        return [self.write(item) for item in obj] if many else self.write(obj)

    @cached_property
    def write(self) -> Writer:
        """One record to JSON values, prepared once for each schema."""
        members = [(field.data_key or name, _writer(field)) for name, field in self.fields.items()]
        return lambda record: {name: record[name] if to is None else to(record[name]) for name, to in members}


Writer = Callable[[Any], Any]


def _writer(field: fields.Field[Any]) -> Writer | None:
    """How a member becomes a JSON value; None if it is one."""
    if isinstance(field, fields.Nested):
        schema = field.schema
        assert isinstance(schema, ResponseSchema)  # noqa: S101 - narrows the type
        return lambda value: None if value is None else schema.write(value)
    if isinstance(field, fields.List):
        item = _writer(field.inner)
        return list if item is None else lambda value: [item(each) for each in value]
    if isinstance(field, fields.Date):
        return lambda value: None if value is None else value.isoformat()
    return None


def string(
    description: str, *, longest: int, shortest: int = 0, pattern: str = r"^[\s\S]*$", nullable: bool = False
) -> fields.String:
    """Text in an answer."""
    bounds = {"minLength": shortest, "maxLength": longest, "pattern": pattern}
    return fields.String(allow_none=nullable, metadata={"description": description, **bounds})


def identifier(description: str, *, nullable: bool = False) -> fields.String:
    """An id in an answer."""
    return string(description, longest=ID_LENGTH, shortest=1, pattern=ID_PATTERN, nullable=nullable)


def uri(description: str, *, nullable: bool = False) -> fields.String:
    """An absolute address in an answer."""
    bounds = {"format": "uri", "minLength": 8, "maxLength": URI_LENGTH, "pattern": r"^https?://\S+$"}
    metadata = {"description": description, **bounds}
    return fields.String(allow_none=nullable, metadata=metadata)


def one_of(description: str, allowed: Iterable[str]) -> fields.String:
    """One of a fixed set of words; the OpenAPI document names the set (api/spec.py)."""
    return fields.String(validate=validate.OneOf(tuple(allowed)), metadata={"description": description})


def date(description: str, *, nullable: bool = False) -> fields.Date:
    """A calendar date, ISO 8601."""
    metadata = {"description": description, "minLength": 10, "maxLength": 10}
    return fields.Date(allow_none=nullable, metadata=metadata)


def instant(description: str) -> fields.String:
    """A date and time in UTC, RFC 3339."""
    metadata = {"description": description, "format": "date-time", "minLength": 20, "maxLength": 32}
    return fields.String(metadata=metadata)


def count(description: str, *, low: int = 0, high: int = INT32_MAX) -> fields.Integer:
    """A whole number in an answer."""
    return fields.Integer(metadata={"description": description, "format": "int32", "minimum": low, "maximum": high})


def number(description: str, *, low: float, high: float) -> fields.Float:
    """A number with a fraction in an answer."""
    return fields.Float(metadata={"description": description, "format": "double", "minimum": low, "maximum": high})


def yes_no(description: str) -> fields.Boolean:
    """A boolean in an answer."""
    return fields.Boolean(metadata={"description": description})


def many(item: Any, description: str, *, most: int) -> fields.List[Any]:
    """An array in an answer; never null."""
    return fields.List(item, metadata={"description": description, "minItems": 0, "maxItems": most})


def nested(schema: type[ma.Schema], *, nullable: bool = False) -> fields.Nested:
    """An object in an answer. It has no description of its own: nothing may stand beside a `$ref`."""
    return fields.Nested(schema, allow_none=nullable)
