"""Tells which changes between two OpenAPI documents break callers or generated clients.

python -m openapi.breaking OLD NEW       print breaks and notices; exit 1 on any break, 2 where a file cannot be read
python -m openapi.breaking               the same for the last released document and the committed one
python -m openapi.breaking --release     the committed document becomes the released one

What counts is written down for callers in docs/stability.md. A request may be asked for less and an answer may tell
more, never the other way round; names that generated clients put into their callers' code stay.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Node = Mapping[str, Any]
Direction = Literal["request", "response"]

COMMITTED = Path(__file__).parent / "openapi.json"
RELEASED = Path(__file__).parent / "released" / "v1.json"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
COMBINED = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "prefixItems", "patternProperties", "const")
"""Compared as a whole: this API uses none but `anyOf: [$ref, null]`, which is read as a nullable reference."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One change. A `break` needs a new version of the API; a `notice` is what callers were told to tolerate."""

    level: Literal["break", "notice"]
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.level:6}  {self.place}: {self.message}"


def compare(old: Node, new: Node) -> list[Finding]:
    """All findings in order of level and place, each once."""
    return sorted(set(_Comparison(old, new).findings()))


def main(arguments: list[str]) -> int:
    """The command line; returns the exit code."""
    if arguments == ["--release"]:
        RELEASED.parent.mkdir(exist_ok=True)
        RELEASED.write_bytes(COMMITTED.read_bytes())
        return 0
    if len(arguments) not in (0, 2):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        old, new = (json.loads(Path(path).read_text("utf-8")) for path in arguments or (RELEASED, COMMITTED))
    except (OSError, ValueError) as error:
        print(f"cannot compare: {error}", file=sys.stderr)
        return 2
    found = compare(old, new)
    for finding in found:
        print(finding)
    breaks = sum(finding.level == "break" for finding in found)
    print(f"{breaks} breaks, {len(found) - breaks} notices")
    return 1 if breaks else 0


def _breaks(place: str, message: str) -> Finding:
    return Finding("break", place, message)


def _notice(place: str, message: str) -> Finding:
    return Finding("notice", place, message)


@dataclass
class _Comparison:
    """Two documents, and which pairs of components have been compared in which direction."""

    old: Node
    new: Node
    seen: set[tuple[str, str, Direction]] = field(default_factory=set)

    def findings(self) -> Iterator[Finding]:
        if _addresses(self.old) - _addresses(self.new):
            yield _breaks("servers", "a server was removed or has moved")
        before, after = dict(_operations(self.old)), dict(_operations(self.new))
        for place, operation in before.items():
            if place not in after:
                yield _breaks(place, "the operation was removed")
            else:
                yield from self._operation(place, operation, after[place])

    # --- operations ----------------------------------------------------------------------------------------------

    def _operation(self, place: str, old: Node, new: Node) -> Iterator[Finding]:
        for key in ("operationId", "tags"):
            if old.get(key) != new.get(key):
                yield _breaks(place, f"{key} changed from {old.get(key)} to {new.get(key)}: methods of clients move")
        yield from _deprecation(place, old, new)
        yield from self._security(place, old, new)
        yield from self._parameters(place, old, new)
        yield from self._request_body(place, old.get("requestBody"), new.get("requestBody"))
        yield from self._responses(place, old.get("responses", {}), new.get("responses", {}))

    def _security(self, place: str, old: Node, new: Node) -> Iterator[Finding]:
        before = old.get("security", self.old.get("security")) or [{}]
        after = new.get("security", self.new.get("security")) or [{}]
        for way in before:
            if way not in after:
                yield _breaks(place, f"a way to be let in was removed: {', '.join(way) or 'without any key'}")

    def _parameters(self, place: str, old: Node, new: Node) -> Iterator[Finding]:
        before = {_key(it): it for it in (_resolved(self.old, it) for it in old.get("parameters", ()))}
        after = {_key(it): it for it in (_resolved(self.new, it) for it in new.get("parameters", ()))}
        for key, parameter in before.items():
            where = f"{place} {key}"
            if key not in after:
                yield _breaks(where, "the parameter was removed")
                continue
            other = after[key]
            if other.get("required") and not parameter.get("required"):
                yield _breaks(where, "the parameter became required")
            for name in ("style", "explode", "allowReserved"):
                if parameter.get(name) != other.get(name):
                    yield _breaks(where, f"{name} changed from {parameter.get(name)} to {other.get(name)}")
            yield from _deprecation(where, parameter, other)
            yield from self._schema(where, parameter.get("schema", {}), other.get("schema", {}), "request")
        for key, parameter in after.items():
            if key not in before and parameter.get("required"):
                yield _breaks(f"{place} {key}", "a required parameter was added")
        kept = [key for key in after if key in before]
        if kept != [key for key in before if key in after]:
            yield _breaks(place, "the order of parameters changed: clients that pass them by position")
        elif any(key not in before for key in list(after)[: max(map(list(after).index, kept), default=0)]):
            yield _notice(place, "a parameter was added before others: clients that pass them by position")

    def _request_body(self, place: str, old: Node | None, new: Node | None) -> Iterator[Finding]:
        where = f"{place} body"
        before = _resolved(self.old, old) if old else None
        after = _resolved(self.new, new) if new else None
        if before and not after:
            yield _breaks(where, "the body was removed")
        if not after:
            return
        if after.get("required") and not (before or {}).get("required"):
            yield _breaks(where, "a body is required now")
        if before:
            yield from self._content(where, before.get("content", {}), after.get("content", {}), "request")

    def _responses(self, place: str, old: Node, new: Node) -> Iterator[Finding]:
        for status, response in old.items():
            where = f"{place} {status}"
            if status not in new:
                yield _breaks(where, "the status was removed")
                continue
            before, after = _resolved(self.old, response), _resolved(self.new, new[status])
            for name in set(before.get("headers", {})) - set(after.get("headers", {})):
                yield _breaks(where, f"the header {name} was removed")
            for name in set(before.get("headers", {})) & set(after.get("headers", {})):
                pair = _resolved(self.old, before["headers"][name]), _resolved(self.new, after["headers"][name])
                yield from self._schema(f"header {name}", pair[0]["schema"], pair[1]["schema"], "response")
            yield from self._content(where, before.get("content", {}), after.get("content", {}), "response")
        for status in set(new) - set(old):
            if status.startswith("2"):
                yield _breaks(f"{place} {status}", "another status of success was added")
            else:
                yield _notice(f"{place} {status}", "a status was added")

    def _content(self, place: str, old: Node, new: Node, direction: Direction) -> Iterator[Finding]:
        for media_type, content in old.items():
            if media_type not in new:
                yield _breaks(place, f"the content type {media_type} was removed")
            else:
                yield from self._schema(place, content.get("schema", {}), new[media_type].get("schema", {}), direction)
        for media_type in set(new) - set(old):
            yield (_breaks if direction == "response" else _notice)(place, f"the content type {media_type} was added")

    # --- schemas -------------------------------------------------------------------------------------------------

    def _schema(self, place: str, old: Node, new: Node, direction: Direction) -> Iterator[Finding]:
        before, after = _Shape.of(self.old, old), _Shape.of(self.new, new)
        if before.nullable != after.nullable:
            if after.nullable == (direction == "response"):
                change = "may be null now" if after.nullable else "must not be null any more"
                yield _breaks(place, change)
            else:
                yield _notice(place, "may be null now" if after.nullable else "is never null any more")
        if before.name != after.name:
            yield _breaks(place, f"the schema was renamed from {before.name or 'none'} to {after.name or 'none'}")
        if before.name and after.name:
            pair = (before.name, after.name, direction)
            if pair in self.seen:
                return
            self.seen.add(pair)
        inside = f"{before.name} ({direction})" if before.name else place
        yield from self._same_kind(inside, before, after, direction)

    def _same_kind(self, place: str, before: _Shape, after: _Shape, direction: Direction) -> Iterator[Finding]:
        old, new = before.node, after.node
        narrow, wide = (before, after) if direction == "request" else (after, before)
        if not narrow.types <= wide.types and not _integers_for_numbers(narrow, wide):
            yield _breaks(place, f"the type changed from {_listed(before.types)} to {_listed(after.types)}")
            return
        if before.types != after.types:
            yield _notice(place, f"the type changed from {_listed(before.types)} to {_listed(after.types)}")
        if old.get("format") != new.get("format"):
            yield _breaks(place, f"the format changed from {old.get('format')} to {new.get('format')}")
        for key in COMBINED:
            if old.get(key) != new.get(key) and not before.is_reference_or_null:
                yield _breaks(place, f"{key} changed")
        if old.get("default") != new.get("default"):
            yield _notice(place, f"the default changed from {old.get('default')} to {new.get('default')}")
        yield from _deprecation(place, old, new)
        yield from _enum(place, old.get("enum"), new.get("enum"), direction)
        yield from _bounds(place, old, new, direction)
        yield from self._members(place, old, new, direction)
        yield from self._inner(place, "items", old.get("items"), new.get("items"), direction)
        yield from self._map(place, old, new, direction)

    def _members(self, place: str, old: Node, new: Node, direction: Direction) -> Iterator[Finding]:
        before, after = old.get("properties", {}), new.get("properties", {})
        must_before, must_after = set(old.get("required", ())), set(new.get("required", ()))
        for name, member in before.items():
            where = f"{place}.{name}"
            if name not in after:
                yield _breaks(where, "the member was removed")
                continue
            if direction == "response" and name in must_before - must_after:
                yield _breaks(where, "the member may be missing now")
            if direction == "request" and name in must_after - must_before:
                yield _breaks(where, "the member became required")
            yield from self._schema(where, member, after[name], direction)
        for name in after:
            if name not in before and direction == "request" and name in must_after:
                yield _breaks(f"{place}.{name}", "a required member was added")

    def _map(self, place: str, old: Node, new: Node, direction: Direction) -> Iterator[Finding]:
        before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from self._schema(f"{place}{{}}", before, after, direction)
        elif isinstance(before, Mapping) or isinstance(after, Mapping):
            yield _breaks(place, "a map of values became something else, or the other way round")
        elif direction == "request" and before and not after:
            yield _breaks(place, "unknown members are refused now")

    def _inner(self, place: str, key: str, old: Any, new: Any, direction: Direction) -> Iterator[Finding]:
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from self._schema(f"{place}[]", old, new, direction)
        elif old != new:
            yield _breaks(place, f"{key} changed")


@dataclass(frozen=True)
class _Shape:
    """A schema with its reference followed, and null told apart from what else it may be."""

    node: Node
    types: frozenset[str]
    nullable: bool
    name: str | None
    is_reference_or_null: bool

    @classmethod
    def of(cls, document: Node, schema: Node) -> _Shape:
        nullable = False
        parts = schema.get("anyOf") or schema.get("oneOf") or ()
        others = [part for part in parts if part != {"type": "null"}]
        is_reference_or_null = len(others) == 1 and len(parts) == 2
        if is_reference_or_null:
            nullable, schema = True, others[0]
        name = schema["$ref"].rsplit("/", 1)[1] if "$ref" in schema else None
        node = _resolved(document, schema)
        stated = node.get("type", ())
        types = frozenset([stated] if isinstance(stated, str) else stated)
        return cls(node, types - {"null"}, nullable or "null" in types, name, is_reference_or_null)


def _resolved(document: Node, node: Node) -> Node:
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def _operations(document: Node) -> Iterator[tuple[str, Node]]:
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                shared = item.get("parameters", [])
                operation = {**item[method], "parameters": [*shared, *item[method].get("parameters", ())]}
                yield f"{method.upper()} {path}", operation


def _addresses(document: Node) -> set[str]:
    return {server["url"] for server in document.get("servers", ())}


def _key(parameter: Node) -> str:
    return f"{parameter['in']} parameter {parameter['name']}"


def _listed(types: frozenset[str]) -> str:
    return "/".join(sorted(types)) or "anything"


def _integers_for_numbers(narrow: _Shape, wide: _Shape) -> bool:
    return narrow.types - wide.types == {"integer"} and "number" in wide.types


def _deprecation(place: str, old: Node, new: Node) -> Iterator[Finding]:
    if new.get("deprecated") and not old.get("deprecated"):
        yield _notice(place, "is deprecated now")


def _enum(place: str, old: Any, new: Any, direction: Direction) -> Iterator[Finding]:
    if old is None and new is None:
        return
    if old is None or new is None:
        yield _breaks(place, "a fixed set of values was " + ("introduced" if old is None else "given up"))
        return
    for value in old:
        if value not in new:
            yield _breaks(place, f"the value {value!r} was removed")
    for value in new:
        if value not in old and direction == "response":
            yield _notice(place, f"the value {value!r} was added")


def _bounds(place: str, old: Node, new: Node, direction: Direction) -> Iterator[Finding]:
    """Tighter limits break requests; wider ones are news to whoever validates answers."""
    level = {"request": _breaks, "response": _notice}[direction]
    narrow, wide = (old, new) if direction == "request" else (new, old)
    for key in LOWER_BOUNDS:
        if key in wide and (key not in narrow or wide[key] > narrow[key]):
            yield level(place, f"{key} changed from {old.get(key)} to {new.get(key)}")
    for key in UPPER_BOUNDS:
        if key in wide and (key not in narrow or wide[key] < narrow[key]):
            yield level(place, f"{key} changed from {old.get(key)} to {new.get(key)}")
    for key in ("pattern", "multipleOf"):
        if key in wide and wide[key] != narrow.get(key):
            yield level(place, f"{key} changed from {old.get(key)} to {new.get(key)}")
    if wide.get("uniqueItems") and not narrow.get("uniqueItems"):
        yield level(place, "values must differ from one another" if direction == "request" else "values may repeat")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
