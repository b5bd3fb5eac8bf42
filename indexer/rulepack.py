"""Compiles the screening rules of the corpus into the rule pack: plain data that every matcher reads alike."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from corpus.screening import PACKAGED_SCREENING, ScreeningRules, read_screening
from indexer.screen import FORMAT


@cache
def rule_pack(path: Path = PACKAGED_SCREENING) -> dict[str, Any]:
    """The pack made from the rules in `path`; JSON values only.

    `version` is the editors', `sha256` is over the pack without that field, as canonical JSON: keys sorted,
    no spaces, UTF-8. Treat the result as read-only: it is made once. Raises CorpusError.
    """
    return compile_rules(read_screening(path))


def compile_rules(rules: ScreeningRules) -> dict[str, Any]:
    """Validated rules as a pack."""
    compiler = _Compiler(rules)
    contexts = {
        name: [compiler.pattern(text, language) for language, texts in by_language.items() for text in texts]
        for name, by_language in rules.contexts.items()
    }
    pack: dict[str, Any] = {
        "format": FORMAT,
        "version": rules.version,
        "limits": dict(rules.limits),
        "letters": dict(rules.letters),
        "leet": [dict(table) for table in rules.leet],
        "elisions": sorted(map(fold, rules.elisions)),
        "filler": compiler.class_of(rules.fillers),
        "me": compiler.class_of(rules.me),
        "i": compiler.class_of(rules.i),
        "respell": compiler.respell,
        "compounds": [[parts.split(), whole] for parts, whole in rules.compounds],
        "fuzzy": sorted({fold(word) for word in rules.fuzzy}),
        "kept": sorted({fold(word) for word in rules.kept}),
        "joinable": sorted({fold(word) for word in rules.joinable}),
        "masks": [compiler.pattern(text, language) for language, texts in rules.masks.items() for text in texts],
        "others": [compiler.pattern(text, language) for language, texts in rules.others.items() for text in texts],
        "contexts": contexts,
        "rules": [
            {
                "id": rule.id,
                "tier": rule.tier,
                "concern": rule.concern,
                "language": rule.language,
                "informational": rule.informational,
                "unless": list(rule.unless),
                "patterns": [compiler.pattern(text, rule.language) for text in rule.patterns],
            }
            for rule in rules.rules
        ],
    }
    pack["words"], pack["prefixes"] = compiler.words()
    return {"sha256": digest(pack), **pack}


def digest(pack: dict[str, Any]) -> str:
    """SHA-256 of a pack, its own `sha256` field left out."""
    rest = {key: value for key, value in pack.items() if key != "sha256"}
    canonical = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


class _Compiler:
    """Numbers the classes of words; a class is known by its members, so equal ones are one."""

    def __init__(self, rules: ScreeningRules) -> None:
        self._classes = rules.classes
        self._numbers: dict[frozenset[str], int] = {}
        self.respell = {fold(wrong): right for table in rules.respell.values() for wrong, right in table.items()}

    def class_of(self, words: frozenset[str]) -> int:
        members = frozenset(self._canonical(word) for word in words)
        return self._numbers.setdefault(members, len(self._numbers))

    def _canonical(self, word: str) -> str:
        """As the matcher will see the word: folded, and respelt where that gives one word."""
        folded = fold(word)
        respelt = self.respell.get(folded, folded)
        return respelt if " " not in respelt else folded

    def pattern(self, text: str, language: str) -> dict[str, Any]:
        """A pattern in the notation of screening.yaml as slots; see docs/screening.md."""
        items = text.split()
        window = 0
        if match := re.fullmatch(r"<(\d+)>", items[0]):
            window = int(match[1])
            items = items[1:]
        from_start, to_end = items[0] == "^", items[-1] == "$"
        slots: list[list[int]] = []
        gap = 0
        for item in items[from_start : len(items) - to_end]:
            if item.startswith("~"):
                gap = int(item[1:])
                continue
            is_optional = item.endswith("?")
            words = frozenset(
                word
                for name in item.removesuffix("?").split("|")
                for word in (self._classes[language][name] if name.isupper() else [name])
            )
            slots.append([self.class_of(words), gap, int(is_optional)])
            gap = 0
        return {"slots": slots, "window": window, "from_start": from_start, "to_end": to_end}

    def words(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        """Word -> classes and prefix -> classes, sorted."""
        words: dict[str, list[int]] = {}
        prefixes: dict[str, list[int]] = {}
        for members, number in self._numbers.items():
            for word in members:
                table, key = (prefixes, word[:-1]) if word.endswith("*") else (words, word)
                table.setdefault(key, []).append(number)
        return (
            {word: sorted(words[word]) for word in sorted(words)},
            {prefix: sorted(prefixes[prefix]) for prefix in sorted(prefixes)},
        )


def fold(word: str) -> str:
    """A word of the rules as the matcher folds it: lower case, no accents, no apostrophes."""
    plain = word.casefold().replace("'", "")
    return "".join(one for one in unicodedata.normalize("NFKD", plain) if not "\u0300" <= one <= "\u036f")
