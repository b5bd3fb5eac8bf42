"""Reads suggest-deny.yaml: what completions never say, and where they lead instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus.errors import CorpusError, Fault
from corpus.files import is_id, read_text
from corpus.marked import Fields, Marked, YamlFault, load_marked

PACKAGED_SUGGEST_DENY = Path(__file__).with_name("suggest-deny.yaml")

MAX_BYTES = 200_000
"""Ours has 9 kB."""

_WORD = re.compile(r"[a-z0-9]+\*?")
_ID_REMEDY = "Write the id as in vocabulary.yaml."
_KEYS = ("version", "denied", "units", "help")


@dataclass(frozen=True, slots=True)
class Sign:
    """Typed words that point to danger: a row of words, the last letters of each left open where it ends in `*`."""

    words: tuple[str, ...]
    turn: tuple[int, int] | None = None
    """(word, letters) from which on it may be meant though it is not yet typed out; None: only in full."""


@dataclass(frozen=True, slots=True)
class HelpSuggestion:
    """What is offered in place of completions; it leads to the topic."""

    text: str
    topic_id: str


@dataclass(frozen=True, slots=True)
class HelpRule:
    """Signs of one kind and the help that answers them."""

    replaces: tuple[str, ...]
    """Topics whose labels are signs as well."""
    suggestions: tuple[HelpSuggestion, ...]
    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class SuggestDeny:
    """suggest-deny.yaml as values."""

    version: str
    denied: tuple[tuple[str, ...], ...]
    """Rows of folded words, `*` at the end of a word for any ending."""
    units: frozenset[str]
    help: tuple[HelpRule, ...]


def read_suggest_deny(path: Path = PACKAGED_SUGGEST_DENY) -> SuggestDeny:
    """The rules in a YAML file; raises CorpusError with everything that is wrong with it."""
    faults: list[Fault] = []
    rules = _read(path, faults)
    if faults or rules is None:
        raise CorpusError(tuple(faults))
    return rules


def _read(path: Path, faults: list[Fault]) -> SuggestDeny | None:
    text = read_text(path, MAX_BYTES, faults)
    if text is None:
        return None
    try:
        fields = Fields.of(load_marked(text), path, faults)
    except YamlFault as fault:
        faults.append(Fault(path, fault.message, fault.remedy, fault.line))
        return None
    if fields is None:
        return None
    fields.allow(_KEYS)
    fields.require(_KEYS)
    denied = tuple(
        row
        for group in _mapping(fields, "denied")
        for language in group.pairs
        for item in group.texts(language)
        if (row := _row(group, language, item)) is not None
    )
    units = frozenset(str(item.value) for item in fields.texts("units"))
    rules = tuple(_help(inner) for inner in fields.mappings("help"))
    return SuggestDeny(fields.text("version") or "", denied, units, rules)


def _mapping(fields: Fields, key: str) -> Iterator[Fields]:
    """The values of a mapping of mappings."""
    marked = fields.pairs.get(key)
    outer = Fields.of(marked, fields.path, fields.faults, place=f"{fields.place}{key}") if marked else None
    for name, item in outer.pairs.items() if outer else ():
        inner = Fields.of(item, fields.path, fields.faults, place=f"{fields.place}{key}.{name}")
        if inner is not None:
            yield inner


def _row(fields: Fields, key: str, item: Marked) -> tuple[str, ...] | None:
    words = tuple(str(item.value).split())
    if all(_WORD.fullmatch(word) for word in words):
        return words
    message = f"'{item.value}' is no row of plain words."
    fields.fault(key, message, "Write small letters a-z and digits, no accents or apostrophes: `dont want`.", item.line)
    return None


def _help(fields: Fields) -> HelpRule:
    fields.allow(("replaces", "suggestions", "signs"))
    fields.require(("suggestions", "signs"))
    suggestions = tuple(_suggestion(inner) for inner in fields.mappings("suggestions"))
    marked = fields.pairs.get("signs")
    by_language = Fields.of(marked, fields.path, fields.faults, place=f"{fields.place}signs") if marked else None
    signs = tuple(
        sign
        for language in (by_language.pairs if by_language else ())
        for item in by_language.texts(language)  # type: ignore[union-attr]  # no pairs without it
        if (sign := _sign(by_language, language, item)) is not None  # type: ignore[arg-type]
    )
    return HelpRule(tuple(_id(fields, "replaces", item) for item in fields.texts("replaces")), suggestions, signs)


def _suggestion(fields: Fields) -> HelpSuggestion:
    fields.allow(("text", "topic"))
    fields.require(("text", "topic"))
    topic = fields.checked("topic", is_id, "{} is no topic id.", _ID_REMEDY)
    return HelpSuggestion(fields.text("text", max_length=80) or "", topic or "")


def _id(fields: Fields, key: str, item: Marked) -> str:
    if not is_id(str(item.value)):
        fields.fault(key, f"'{item.value}' is no topic id.", _ID_REMEDY, item.line)
    return str(item.value)


def _sign(fields: Fields, key: str, item: Marked) -> Sign | None:
    text = str(item.value)
    if text.count("|") > 1:
        fields.fault(
            key, f"'{text}' has more than one bar.", "Leave one `|`, where it begins to point there.", item.line
        )
        return None
    row = _row(fields, key, Marked(text.replace("|", ""), item.line))
    if row is None or "|" not in text:
        return Sign(row) if row else None
    before = text.partition("|")[0]
    word = before.count(" ")
    return Sign(row, (word, len(before.rpartition(" ")[2])))
