"""Reads screening.yaml: the rules that sort texts into crisis, distress and none, and the words shown with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from corpus.errors import CorpusError, Fault
from corpus.files import is_id, read_text
from corpus.marked import Fields, Marked, YamlFault, did_you_mean, load_marked

PACKAGED_SCREENING = Path(__file__).with_name("screening.yaml")
"""The rules that every server screens with, unless its corpus folder brings its own."""

MAX_SCREENING_BYTES = 1_000_000
"""Ours has about 120 kB."""

Tier = Literal["none", "distress", "crisis"]
TIERS: tuple[Tier, ...] = get_args(Tier)

Concern = Literal["self", "other", "violence", "harm"]
"""Whom a text is about: the writer, another person in danger, the writer being hurt, the wish to hurt others."""
CONCERNS: tuple[Concern, ...] = get_args(Concern)

LANGUAGES = ("en", "es", "fr", "de")
"""Languages that the rules cover and the messages are written in, the fallback first."""

LIMITS = (
    "characters",
    "span",
    "context",
    "other",
    "spaced_letters",
    "fuzzy_min",
    "fuzzy_max",
    "split_min",
    "split_max",
)
_SLOT = re.compile(r"[^\W_A-Z](?:[\w']*[^\W_]|)\*?|[A-Z]+")
_GAP = re.compile(r"~\d")
_WINDOW = re.compile(r"<\d{1,2}>")
_LIST_LENGTH = 20_000


@dataclass(frozen=True, slots=True)
class ScreeningRule:
    """Patterns that mean one thing; `unless` names the contexts in which the rule steps back."""

    id: str
    tier: Tier
    concern: Concern
    language: str
    informational: bool
    unless: tuple[str, ...]
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScreeningRules:
    """screening.yaml as values; what each part means: docs/screening.md."""

    version: str
    limits: Mapping[str, int]
    letters: Mapping[str, str]
    leet: tuple[Mapping[str, str], ...]
    elisions: frozenset[str]
    fillers: frozenset[str]
    compounds: tuple[tuple[str, str], ...]
    respell: Mapping[str, Mapping[str, str]]
    fuzzy: frozenset[str]
    kept: frozenset[str]
    joinable: frozenset[str]
    me: frozenset[str]
    """Words that speak of the writer; `i` those that make the writer the one who wishes or does."""
    i: frozenset[str]
    classes: Mapping[str, Mapping[str, frozenset[str]]]
    """By language and name."""
    others: Mapping[str, tuple[str, ...]]
    masks: Mapping[str, tuple[str, ...]]
    contexts: Mapping[str, Mapping[str, tuple[str, ...]]]
    """By name and language."""
    rules: tuple[ScreeningRule, ...]
    """In order of precedence within a tier."""
    messages: Mapping[str, Mapping[str, str]]
    """By language and by `distress` or `crisis-CONCERN`."""

    def message(self, tier: Tier, concern: str | None, language: str | None) -> str:
        """What to say above the contacts; in English for languages that have no wording of their own."""
        wording = self.messages.get((language or "").partition("-")[0].lower()) or self.messages[LANGUAGES[0]]
        return wording["distress" if tier != "crisis" else f"crisis-{concern or 'self'}"]


MESSAGE_KEYS = ("distress", *(f"crisis-{concern}" for concern in CONCERNS))
_KEYS = (
    "version normalise fillers compounds respell fuzzy kept joinable me i classes others masks contexts rules messages"
).split()
_RULE_KEYS = ("id", "tier", "concern", "language", "informational", "unless", "patterns")


def read_screening(path: Path = PACKAGED_SCREENING) -> ScreeningRules:
    """The rules in a YAML file; raises CorpusError with everything that is wrong with it."""
    faults: list[Fault] = []
    rules = _read(path, faults)
    if faults or rules is None:
        raise CorpusError(tuple(faults))
    return rules


def _read(path: Path, faults: list[Fault]) -> ScreeningRules | None:
    text = read_text(path, MAX_SCREENING_BYTES, faults)
    if text is None:
        return None
    try:
        marked = load_marked(text)
    except YamlFault as fault:
        faults.append(Fault(path, fault.message, fault.remedy, fault.line))
        return None
    fields = Fields.of(marked, path, faults)
    if fields is None:
        return None
    fields.allow(_KEYS)
    fields.require(_KEYS)
    normalise = _inner(fields, "normalise")
    if normalise is None or faults:
        return None
    normalise.require(("letters", "leet", "elisions", "limits"))
    classes = {
        language: {name: _words(inner, name) for name in inner.pairs}
        for language, inner in _by_language(fields, "classes")
    }
    check = _PatternCheck(classes)
    contexts_field = _inner(fields, "contexts")
    contexts: dict[str, dict[str, tuple[str, ...]]] = {}
    if contexts_field is not None:
        for name in contexts_field.pairs:
            contexts[name] = _patterns_by_language(contexts_field, name, check)
    return ScreeningRules(
        version=fields.text("version") or "",
        limits=_limits(normalise),
        letters=_table(_inner(normalise, "letters")),
        leet=tuple(_table(Fields.of(item, path, faults, place="normalise.leet")) for item in normalise.items("leet")),
        elisions=_words(normalise, "elisions"),
        fillers=_words(fields, "fillers"),
        compounds=tuple(_table(_inner(fields, "compounds")).items()),
        respell={language: _table(inner) for language, inner in _by_language(fields, "respell")},
        fuzzy=_words(fields, "fuzzy"),
        kept=_words(fields, "kept"),
        joinable=_words(fields, "joinable"),
        me=_words(fields, "me"),
        i=_words(fields, "i"),
        classes=classes,
        others=_patterns_by_language(fields, "others", check),
        masks=_patterns_by_language(fields, "masks", check),
        contexts=contexts,
        rules=tuple(_rules(fields, contexts, check)),
        messages=_messages(fields),
    )


def _inner(fields: Fields, key: str) -> Fields | None:
    """The mapping under a key."""
    marked = fields.pairs.get(key)
    if marked is None or marked.value is None:
        return None
    return Fields.of(marked, fields.path, fields.faults, place=f"{fields.place}{key}")


def _by_language(fields: Fields, key: str) -> Iterable[tuple[str, Fields]]:
    inner = _inner(fields, key)
    if inner is None:
        return
    inner.allow(LANGUAGES)
    for language in inner.pairs:
        found = _inner(inner, language)
        if found is not None:
            yield language, found


def _words(fields: Fields, key: str) -> frozenset[str]:
    return frozenset((fields.text(key, max_length=_LIST_LENGTH) or "").split())


def _table(fields: Fields | None) -> dict[str, str]:
    """Text to text; an empty text is allowed."""
    if fields is None:
        return {}
    table: dict[str, str] = {}
    for key, marked in fields.pairs.items():
        if isinstance(marked.value, str):
            table[key] = marked.value
        else:
            fields.fault(key, "this is not text.", "Put it between double quotes.")
    return table


def _limits(normalise: Fields) -> dict[str, int]:
    fields = _inner(normalise, "limits")
    if fields is None:
        return {}
    fields.allow(LIMITS)
    fields.require(LIMITS)
    limits: dict[str, int] = {}
    for key, marked in fields.pairs.items():
        if isinstance(marked.value, int) and not isinstance(marked.value, bool) and 0 < marked.value <= 100_000:
            limits[key] = marked.value
        else:
            fields.fault(key, "this is not a number from 1 to 100000.", "Write a whole number.")
    return limits


@dataclass(frozen=True, slots=True)
class _PatternCheck:
    """Knows the classes, and so whether a pattern can be compiled."""

    classes: Mapping[str, Mapping[str, frozenset[str]]]

    def problem(self, text: str, language: str) -> str | None:
        """What is wrong with a pattern, or None."""
        items = text.split()
        if items and _WINDOW.fullmatch(items[0]):
            items = items[1:]
        items = items[bool(items) and items[0] == "^" :]
        if items and items[-1] == "$":
            items = items[:-1]
        if not items or _GAP.fullmatch(items[-1]):
            return "a pattern ends with a word."
        if all(item.endswith("?") for item in items if not _GAP.fullmatch(item)):
            return "every word of this pattern is optional."
        known = self.classes.get(language, {})
        for item in items:
            if _GAP.fullmatch(item):
                continue
            for name in item.removesuffix("?").split("|"):
                if not _SLOT.fullmatch(name):
                    return f"'{name}' is neither a word nor a class."
                if name.isupper() and name not in known:
                    return f"there is no class {name} in '{language}'{did_you_mean(name, known)}"
        return None


_PATTERN_REMEDY = "Write words, CLASSES, a|b, word?, ~2 for a gap; see docs/screening.md."


def _patterns(fields: Fields, key: str, language: str, check: _PatternCheck) -> tuple[str, ...]:
    patterns: list[str] = []
    for item in fields.texts(key):
        text = str(item.value)
        problem = check.problem(text, language)
        if problem:
            fields.fault(key, f"'{text}': {problem}", _PATTERN_REMEDY, item.line)
        else:
            patterns.append(text)
    return tuple(patterns)


def _patterns_by_language(fields: Fields, key: str, check: _PatternCheck) -> dict[str, tuple[str, ...]]:
    inner = _inner(fields, key)
    if inner is None:
        return {}
    inner.allow(LANGUAGES)
    return {language: _patterns(inner, language, language, check) for language in inner.pairs if language in LANGUAGES}


def _rules(fields: Fields, contexts: Iterable[str], check: _PatternCheck) -> Iterable[ScreeningRule]:
    seen: dict[str, int] = {}
    known = tuple(contexts)
    for rule in fields.mappings("rules"):
        before = len(rule.faults)
        rule.allow(_RULE_KEYS)
        rule.require(("id", "tier", "concern", "language", "patterns"))
        rule_id = rule.checked("id", is_id, "{} is not an id.", "Use lower-case words and hyphens.") or ""
        if rule_id in seen:
            rule.fault("id", f"'{rule_id}' is taken (line {seen[rule_id]}).", "Choose another id.")
        seen[rule_id] = rule.line
        for key, allowed in (("tier", TIERS), ("concern", CONCERNS), ("language", LANGUAGES)):
            if key in rule.pairs:
                rule.one_of(key, rule.pairs[key], allowed)
        for name in rule.texts("unless"):
            rule.one_of("unless", name, known)
        informational = rule.pairs.get("informational", Marked(False, rule.line)).value
        if not isinstance(informational, bool):
            rule.fault("informational", "this is neither true nor false.", "Write true, or leave the line out.")
        elif informational and rule.text("tier") == "crisis":
            rule.fault("informational", "a question about the subject is at most distress.", "Lower the tier.")
        language = str(rule.pairs["language"].value) if "language" in rule.pairs else ""
        patterns = _patterns(rule, "patterns", language, check)
        if len(rule.faults) == before:
            yield ScreeningRule(
                id=rule_id,
                tier=next(tier for tier in TIERS if tier == rule.text("tier")),
                concern=next(concern for concern in CONCERNS if concern == rule.text("concern")),
                language=language,
                informational=informational is True,
                unless=tuple(str(name.value) for name in rule.texts("unless")),
                patterns=patterns,
            )


def _messages(fields: Fields) -> dict[str, dict[str, str]]:
    messages: dict[str, dict[str, str]] = {}
    for language, inner in _by_language(fields, "messages"):
        inner.allow(MESSAGE_KEYS)
        inner.require(MESSAGE_KEYS)
        messages[language] = {key: inner.text(key) or "" for key in inner.pairs}
    for language in LANGUAGES:
        if language not in messages:
            fields.fault("messages", f"there is no wording in '{language}'.", "Write every message in every language.")
    return messages
