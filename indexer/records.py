"""Values as JSON and back: how generations on disk keep passages, documents and the vocabulary."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

T = TypeVar("T")
Coder = Callable[[Any], Any]


def encode(value: Any) -> Any:
    """A dataclass, or anything made of them, as what `json.dumps` takes. Fields that begin with `_` are left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: encode(getattr(value, name)) for name in _field_names(type(value))}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if isinstance(value, frozenset | set):
        return sorted(encode(item) for item in value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return value.as_posix()
    return value


def decode(kind: type[T], record: Any) -> T:
    """The value of type `kind` that `encode` made `record` from.

    Raises KeyError, TypeError or ValueError where the record was not made from such a value.
    """
    return cast(T, _decoder(kind)(record))  # type: ignore[arg-type] # a type is hashable, which mypy doubts


@lru_cache
def _field_names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind) if not field.name.startswith("_"))


@lru_cache
def _decoder(kind: Any) -> Coder:
    if dataclasses.is_dataclass(kind):
        return _dataclass_decoder(kind)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        (inner,) = (_decoder(argument) for argument in arguments if argument is not type(None))
        return lambda record: None if record is None else inner(record)
    if origin is tuple:
        item = _decoder(arguments[0])
        return lambda record: tuple(item(part) for part in record)
    if origin is frozenset:
        member = _decoder(arguments[0])
        return lambda record: frozenset(member(part) for part in record)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        entry = _decoder(arguments[1])
        return lambda record: {key: entry(part) for key, part in record.items()}
    if kind in (date, datetime):
        return cast(Coder, kind.fromisoformat)
    if kind is Path:
        return Path
    return lambda record: record  # str, int, float, bool and Literals are themselves in JSON


def _dataclass_decoder(kind: Any) -> Coder:
    hints = typing.get_type_hints(kind)
    coders = [(name, _decoder(hints[name])) for name in _field_names(kind)]

    def build(record: Any) -> Any:
        return kind(**{name: coder(record[name]) for name, coder in coders})

    return build
