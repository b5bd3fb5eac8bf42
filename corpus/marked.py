"""YAML whose every value knows its line, so that a fault can name the place to mend."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import yaml

from corpus.errors import Fault

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # pragma: no cover - a PyYAML built without libyaml: the same result, ten times slower
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

Scalar = str | int | float | bool | date | bytes | None

MAX_DEPTH = 20
"""Nested levels that a file may have. Ours have 5; the limit keeps hostile files from exhausting the stack."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A YAML value with the 1-based line on which it begins."""

    value: Scalar | tuple[Marked, ...] | dict[str, Marked]
    line: int


class YamlFault(Exception):
    """The text is not YAML as we take it; `line` is 1-based."""

    def __init__(self, line: int, message: str, remedy: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message
        self.remedy = remedy


def load_marked(text: str, *, first_line: int = 1) -> Marked:
    """The one YAML document in `text`; lines are counted from `first_line`.

    Anchors, aliases, tags, duplicate keys and keys that are not text are refused: our files need none of
    them, and aliases let a small file grow without bound. Raises YamlFault.
    """
    try:
        events = iter(yaml.parse(text, Loader=_Loader))
        return _Composer(events, first_line).document()
    except yaml.MarkedYAMLError as error:
        # At an unclosed quote or bracket the parser complains at the end of the text; the opening is what to mend.
        unclosed = "end of stream" in (error.problem or "")
        mark = (error.context_mark if unclosed else None) or error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        raise YamlFault(line, f"this is not valid YAML: {_problem(error)}.", _YAML_REMEDY) from None
    except yaml.reader.ReaderError as error:
        line = first_line + text.count("\n", 0, error.position if isinstance(error.position, int) else 0)
        raise YamlFault(line, f"this is not valid YAML: {error.reason}.", "Delete the control character.") from None
    except yaml.YAMLError as error:
        raise YamlFault(first_line, f"this is not valid YAML: {error}.", _YAML_REMEDY) from None


_YAML_REMEDY = "Check the indentation, and put text that has a colon, # or quotes in it between double quotes."


def _problem(error: yaml.MarkedYAMLError) -> str:
    return ", ".join(part for part in (error.context, error.problem) if part) or "it cannot be read"


class _Composer:
    """Builds Marked values from parser events; unlike yaml.compose it cannot recurse without bound."""

    def __init__(self, events: Iterator[yaml.Event], first_line: int) -> None:
        self._events = events
        self._first_line = first_line
        self._constructor = yaml.constructor.SafeConstructor()
        self._resolver = yaml.resolver.Resolver()

    def document(self) -> Marked:
        next(self._events)  # stream start
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            return Marked(None, self._first_line)
        root = self._node(next(self._events), 1)
        next(self._events)  # document end
        trailing = next(self._events)
        if not isinstance(trailing, yaml.StreamEndEvent):
            raise self._fault(trailing, "a second YAML document begins here.", "Delete the line of three hyphens.")
        return root

    def _node(self, event: yaml.Event, depth: int) -> Marked:
        line = self._line(event)
        if depth > MAX_DEPTH:
            raise self._fault(event, f"values are nested more than {MAX_DEPTH} levels deep.", "Flatten them.")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._fault(
                event, "anchors (&) and aliases (*) are not allowed.", "Write the value out, or quote it."
            )
        if isinstance(event, yaml.SequenceStartEvent):
            self._refuse_tag(event)
            return Marked(tuple(self._items(depth)), line)
        if isinstance(event, yaml.MappingStartEvent):
            self._refuse_tag(event)
            return Marked(self._pairs(depth), line)
        if isinstance(event, yaml.ScalarEvent):
            return Marked(self._scalar(event), line)
        raise self._fault(event, "this is not a value.", _YAML_REMEDY)

    def _items(self, depth: int) -> Iterator[Marked]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _pairs(self, depth: int) -> dict[str, Marked]:
        pairs: dict[str, Marked] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            if not isinstance(key.value, str):
                raise self._fault(event, f"the key {_shown(key)} is not text.", "Put the key between double quotes.")
            if key.value in pairs:
                first = pairs[key.value].line
                raise self._fault(event, f"the key '{key.value}' occurs twice (first on line {first}).", "Delete one.")
            # A value counts as standing on the line of its key: that is the line to mend.
            pairs[key.value] = Marked(self._node(next(self._events), depth + 1).value, key.line)
        return pairs

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        self._refuse_tag(event)
        if event.style:  # quoted or block style: always text
            return str(event.value)
        tag = self._resolver.resolve(yaml.ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]
        node = yaml.ScalarNode(tag, event.value)
        try:
            value = self._constructor.construct_object(node)
        except (ValueError, OverflowError, yaml.YAMLError):
            # It looks like a number or a date but is none: text, for the field's own check to judge.
            return str(event.value)
        if isinstance(value, str | bool | int | date) or value is None:
            return value
        return value if isinstance(value, float) and math.isfinite(value) else str(event.value)

    def _refuse_tag(self, event: yaml.NodeEvent) -> None:
        if getattr(event, "tag", None):
            raise self._fault(event, "YAML tags (!) are not allowed.", "Delete the tag, or quote the text.")

    def _line(self, event: yaml.Event) -> int:
        return self._first_line + (event.start_mark.line if event.start_mark else 0)

    def _fault(self, event: yaml.Event, message: str, remedy: str) -> YamlFault:
        return YamlFault(self._line(event), message, remedy)


def _shown(marked: Marked) -> str:
    value = marked.value
    if isinstance(value, tuple):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    shown = str(value)
    return f"'{shown[:40]}…'" if len(shown) > 40 else f"'{shown}'"


def nearest(wanted: str, known: Iterable[str], *, limit: int = 1) -> tuple[str, ...]:
    """The names that `wanted` was probably meant to be, best first."""
    return tuple(difflib.get_close_matches(wanted[:100], list(known), n=limit, cutoff=0.6))


def did_you_mean(wanted: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` or a full stop."""
    found = nearest(wanted, known)
    return f"; did you mean '{found[0]}'?" if found else "."


@dataclass(slots=True)
class Fields:
    """Reads the fields of one YAML mapping; what is wrong goes to `faults`, and a neutral value comes back.

    One object serves one mapping. `place` leads the field names in faults, e.g. `topics[3].`.
    """

    path: Path
    faults: list[Fault]
    pairs: dict[str, Marked]
    line: int
    place: str = ""

    @classmethod
    def of(cls, marked: Marked, path: Path, faults: list[Fault], *, place: str = "") -> Fields | None:
        """The fields of a mapping; None, with a fault, for anything else."""
        if isinstance(marked.value, dict):
            return cls(path, faults, marked.value, marked.line, f"{place}." if place else "")
        message = f"expected keys with values, found {_shown(marked)}."
        faults.append(Fault(path, message, "Write `key: value` lines here.", marked.line, place or None))
        return None

    def fault(self, key: str, message: str, remedy: str, line: int | None = None) -> None:
        """Records that the value under `key` is wrong."""
        marked = self.pairs.get(key)
        at = line if line is not None else (marked.line if marked else self.line)
        self.faults.append(Fault(self.path, message, remedy, at, self.place + key))

    def require(self, keys: Iterable[str]) -> None:
        """Faults for keys that are missing or have no value."""
        for key in keys:
            marked = self.pairs.get(key)
            if marked is None:
                self.fault(key, "this key is missing.", f"Add a line `{key}: …`.")
            elif marked.value in (None, "", ()):
                self.fault(key, "this key has no value.", f"Fill in `{key}`.")

    def allow(self, keys: Iterable[str]) -> None:
        """Faults for keys that do not exist, with the nearest that do."""
        known = tuple(keys)
        for key, marked in self.pairs.items():
            if key not in known:
                message = f"there is no such key{did_you_mean(key, known)}"
                self.fault(key, message, f"Use one of: {', '.join(known)}.", marked.line)

    def text(self, key: str, *, max_length: int = 1000) -> str | None:
        """One text without line breaks, white space folded; None where it is missing, empty or wrong."""
        marked = self.pairs.get(key)
        if marked is None or marked.value is None:
            return None
        return self._text(key, marked, max_length)

    def texts(self, key: str, *, max_length: int = 1000) -> tuple[Marked, ...]:
        """A list of texts, each with its line: the `value` of each is a str."""
        return tuple(
            Marked(text, item.line)
            for index, item in enumerate(self.items(key))
            if (text := self._text(f"{key}[{index}]", item, max_length)) is not None
        )

    def items(self, key: str) -> tuple[Marked, ...]:
        """The items of a list."""
        marked = self.pairs.get(key)
        if marked is None or marked.value is None:
            return ()
        if isinstance(marked.value, tuple):
            return marked.value
        self.fault(key, f"expected a list, found {_shown(marked)}.", f"Write `{key}: [first, second]`.")
        return ()

    def mappings(self, key: str) -> Iterator[Fields]:
        """The items of a list of mappings."""
        for index, item in enumerate(self.items(key)):
            fields = Fields.of(item, self.path, self.faults, place=f"{self.place}{key}[{index}]")
            if fields is not None:
                yield fields

    def date(self, key: str) -> date | None:
        """A day as YYYY-MM-DD."""
        marked = self.pairs.get(key)
        if marked is None or marked.value is None:
            return None
        value = marked.value
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        self.fault(key, f"{_shown(marked)} is not a day.", "Write it as YYYY-MM-DD, e.g. 2026-11-22.")
        return None

    def one_of(self, key: str, item: Marked, known: Iterable[str]) -> bool:
        """Whether the text is one of a fixed set; a fault if not."""
        names = tuple(known)
        if item.value in names:
            return True
        message = f"unknown value {_shown(item)}{did_you_mean(str(item.value), names)}"
        self.fault(key, message, f"Use one of: {', '.join(names)}.", item.line)
        return False

    def checked(
        self, key: str, check: Callable[[str], bool], message: str, remedy: str, *, max_length: int = 1000
    ) -> str | None:
        """A text that must pass `check`; `{}` in `message` stands for the text."""
        text = self.text(key, max_length=max_length)
        if text is None or check(text):
            return text
        self.fault(key, message.format(f"'{text[:80]}'"), remedy)
        return None

    def _text(self, key: str, marked: Marked, max_length: int) -> str | None:
        if not isinstance(marked.value, str):
            message = f"expected text, found {_shown(marked)}."
            self.fault(key, message, "Put it between double quotes.", marked.line)
            return None
        text = " ".join(marked.value.split())
        if not text:
            self.fault(key, "this text is empty.", "Fill it in, or delete the line.", marked.line)
            return None
        if len(text) > max_length:
            message = f"this text has {len(text)} characters; {max_length} are allowed."
            self.fault(key, message, "Shorten it.", marked.line)
            return None
        return text
