"""The screening matcher: whether a text speaks of danger or of strong suffering, by the rules of a rule pack.

It needs the standard library only and knows nothing of where the rules come from; `openapi/screening/screen.py`
is a copy of this file and `openapi/screening/screen.mjs` the same in JavaScript. Whoever changes one changes all
three; the tests compare them. How rules work: docs/screening.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FORMAT = 1
"""The shape of rule packs that this matcher reads."""

_TOKEN = re.compile(r"[a-z0-9*]+(?:'[a-z0-9*]+)*|[!?;]|\.+")
_REPEATED = re.compile(r"(.)\1{2,}")
_HAS_LETTER_AND_DIGIT = re.compile(r"[a-z]\d|\d[a-z]")
_TIERS = ("none", "distress", "crisis")
_SPACES = ("", " ", "\t", "\r", "\n")
_FULL_STOP = "."
"""The word of a token that ends a sentence; no gap of a pattern crosses it."""


@dataclass(frozen=True, slots=True)
class Screening:
    """What a text was found to be; `matched` are half-open code point offsets into it, of the winning rule."""

    tier: str = "none"
    """none, distress or crisis."""
    rule_id: str | None = None
    language: str | None = None
    """Language of the rule that won."""
    matched: tuple[tuple[int, int], ...] = ()
    informational: bool = False
    """A question about the subject rather than a word about oneself; at most distress."""
    concern: str | None = None
    """Whom it is about: self, other (another person in danger), violence (being hurt) or harm (the wish to hurt)."""


NOTHING = Screening()


@dataclass(slots=True)
class _Token:
    start: int
    end: int
    word: str
    classes: frozenset[int] = frozenset()


class _Reading:
    """The tokens of a text, and for each class the places of the tokens that belong to it, in order."""

    __slots__ = ("tokens", "where")

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.where: dict[int, list[int]] = {}
        for place, token in enumerate(tokens):
            for one in token.classes:
                self.where.setdefault(one, []).append(place)


@dataclass(frozen=True, slots=True)
class _Pattern:
    slots: tuple[tuple[int, int, bool], ...]
    """(class, words that may stand before it apart from fillers, optional)."""
    window: int
    """0: the slots stand in this order; else in any order, within so many words."""
    from_start: bool
    to_end: bool
    required: frozenset[int]


class Screener:
    """Holds a rule pack ready for matching; immutable after construction, safe to share between threads."""

    def __init__(self, pack: dict[str, Any]) -> None:
        """Takes the pack as served or as made by `rule_pack()`. Raises ValueError for a format it doesn't know."""
        if pack["format"] != FORMAT:
            raise ValueError(f"rule pack of format {pack['format']}, not {FORMAT}: take a newer matcher")
        self._letters: dict[str, str] = pack["letters"]
        self._leet = [str.maketrans(table) for table in pack["leet"]]
        self._words = {word: frozenset(classes) for word, classes in pack["words"].items()}
        self._prefixes = {prefix: frozenset(classes) for prefix, classes in pack["prefixes"].items()}
        self._respell: dict[str, str] = pack["respell"]
        self._elisions = frozenset(pack["elisions"])
        self._kept = frozenset(pack["kept"])
        self._joinable = frozenset(pack["joinable"])
        self._filler: int = pack["filler"]
        self._limits: dict[str, int] = pack["limits"]
        self._compounds: dict[str, list[tuple[list[str], str]]] = {}
        for parts, whole in pack["compounds"]:
            self._compounds.setdefault(parts[0], []).append((parts, whole))
        self._fuzzy: dict[str, list[str]] = {}
        for word in pack["fuzzy"]:
            self._fuzzy.setdefault(word[0], []).append(word)
        self._masks = self._indexed([(_pattern(mask), -1) for mask in pack["masks"]])
        self._contexts = {name: [_pattern(one) for one in many] for name, many in pack["contexts"].items()}
        self._others = [_pattern(one) for one in pack["others"]]
        self._me: int = pack["me"]
        self._i: int = pack["i"]
        self._rules: list[dict[str, Any]] = pack["rules"]
        self._patterns = self._indexed(
            [(_pattern(one), number) for number, rule in enumerate(self._rules) for one in rule["patterns"]]
        )

    def screen(self, text: str, language: str | None = None) -> Screening:
        """The tier of `text`, by the gravest rule that holds, the first of the pack among equals.

        Rules of all languages are tried, because people mix them; `language` only decides between rules of
        equal gravity. Reads at most `limits.characters` of the text. Never raises on any string.
        """
        tokens = self._tokens(text)
        for start, end, _ in list(self._matches(self._masks, _Reading(tokens))):
            for token in tokens[start : end + 1]:
                token.classes = frozenset()
        reading = _Reading(tokens)
        best: tuple[int, bool, int] | None = None
        spans: list[tuple[int, int]] = []
        seen: dict[str, list[tuple[int, int]]] = {}
        for start, end, number in self._matches(self._patterns, reading):
            rule = self._rules[number]
            rank = (-_TIERS.index(rule["tier"]), rule["language"] != language, number)
            if (best is not None and rank > best) or self._excused(rule["unless"], start, end, reading, seen):
                continue
            if rank != best:
                best, spans = rank, []
            spans.append((start, end))
        if best is None:
            return NOTHING
        rule = self._rules[best[2]]
        start, end = min(spans)
        concern = rule["concern"]
        if concern == "self" and self._is_about_another(start, end, reading):
            concern = "other"
        elif concern == "other" and any(self._i in token.classes for token in tokens[start + 1 : end + 1]):
            concern = "self"
        return Screening(
            rule["tier"],
            rule["id"],
            rule["language"],
            tuple(sorted({(tokens[a].start, tokens[b].end) for a, b in spans})),
            rule["informational"],
            concern,
        )

    # --- words ---------------------------------------------------------------------------------------------------

    def _tokens(self, text: str) -> list[_Token]:
        """The words of `text`: folded, respelt, cut apart or joined, each with the classes it belongs to."""
        folded, places = self._fold(text)
        raw: list[_Token] = []
        for match in _TOKEN.finditer(folded):
            start, end, word = places[match.start()], places[match.end() - 1] + 1, match.group()
            if word[0] == ".":
                after = folded[match.end() : match.end() + 1]
                if len(word) == 1 and after in _SPACES:
                    raw.append(_Token(start, end, _FULL_STOP))
            elif word in "!?;":
                raw.append(_Token(start, end, _FULL_STOP))
            else:
                for part in self._parts(word.strip("*")):
                    raw.append(_Token(start, end, part))
        spelt: list[_Token] = []
        for token in self._joined_letters(raw):
            for word in self._resolve(token.word):
                spelt.append(_Token(token.start, token.end, word))
        tokens = self._compounded(spelt)
        for token in tokens:
            token.classes = self._classes(token.word)
        return tokens

    def _fold(self, text: str) -> tuple[str, list[int]]:
        """Lower case without accents, and for each character the place it came from."""
        characters = list(text[: self._limits["characters"]])
        folded: list[str] = []
        places: list[int] = []
        for place, character in enumerate(characters):
            plain = character.lower()
            if not plain.isascii():
                plain = unicodedata.normalize("NFKD", plain)
            for one in plain:
                if "\u0300" <= one <= "\u036f":
                    continue
                for letter in self._letters.get(one, one):
                    folded.append(letter)
                    places.append(place)
        for index in range(1, len(folded) - 1):
            if folded[index] in "!@$" and _is_letter(folded[index - 1]) and _is_letter(folded[index + 1]):
                folded[index] = {"!": "i", "@": "a", "$": "s"}[folded[index]]
        return "".join(folded), places

    def _parts(self, word: str) -> list[str]:
        """A word at its apostrophes: cut after a French elision ("j'ai"), closed elsewhere ("don't")."""
        parts: list[str] = []
        *heads, last = word.split("'")
        rest = ""
        for head in heads:
            if rest + head in self._elisions:
                parts.append(rest + head)
                rest = ""
            else:
                rest += head
        return [part for part in [*parts, rest + last] if part]

    def _joined_letters(self, tokens: list[_Token]) -> Iterator[_Token]:
        """Letters set apart ("d i e") become the longest known word that three or more of them spell."""
        index = 0
        while index < len(tokens):
            stop, most = index, min(len(tokens), index + self._limits["spaced_letters"])
            while stop < most and len(tokens[stop].word) == 1 and tokens[stop].word != _FULL_STOP:
                stop += 1
            for end in range(stop, index + 2, -1):
                word = "".join(token.word for token in tokens[index:end])
                if self._known(word) or len(self._resolve(word)) > 1:
                    yield _Token(tokens[index].start, tokens[end - 1].end, word)
                    index = end
                    break
            else:
                yield tokens[index]
                index += 1

    def _known(self, word: str) -> bool:
        return word in self._words or word in self._respell or bool(self._classes(word)) or word in self._kept

    def _resolve(self, word: str) -> list[str]:
        """The word or words that were meant: as they stand, without repeats, figures, slips, or run together."""
        candidates = [word]
        if _REPEATED.search(word):
            candidates += [_REPEATED.sub(r"\1", word), _REPEATED.sub(r"\1\1", word)]
        if _HAS_LETTER_AND_DIGIT.search(word):
            candidates += [word.translate(table) for table in self._leet]
        for candidate in candidates:
            if candidate in self._respell:
                return self._respell[candidate].split()
            if self._known(candidate):
                return [candidate]
        if "*" in word:
            shape = re.compile(re.escape(word).replace(r"\*", "."))
            for words in self._fuzzy.values():
                for meant in words:
                    if len(meant) == len(word) and shape.fullmatch(meant):
                        return [meant]
            return [word]
        for candidate in candidates[:1] if len(candidates) == 1 else candidates[1:]:
            if self._limits["fuzzy_min"] <= len(candidate) <= self._limits["fuzzy_max"]:
                for meant in self._fuzzy.get(candidate[0], ()):
                    if len(meant) >= self._limits["fuzzy_min"] and _one_slip(candidate, meant):
                        return [meant]
            if self._limits["split_min"] <= len(candidate) <= self._limits["split_max"]:
                parts = self._split(candidate)
                if parts:
                    return [one for part in parts for one in self._respell.get(part, part).split()]
        return [word]

    def _split(self, word: str) -> list[str] | None:
        """A run-together phrase as the fewest known words, or None."""
        best: list[list[str] | None] = [[]] + [None] * len(word)
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - 10), end):
                before = best[start]
                if before is not None and word[start:end] in self._joinable:
                    known = best[end]
                    if known is None or len(before) + 1 < len(known):
                        best[end] = [*before, word[start:end]]
        return best[-1]

    def _compounded(self, tokens: list[_Token]) -> list[_Token]:
        """Words that belong together as one: "no one" as "nobody"."""
        joined: list[_Token] = []
        index = 0
        while index < len(tokens):
            for parts, whole in self._compounds.get(tokens[index].word, ()):
                group = tokens[index : index + len(parts)]
                if [token.word for token in group] == parts:
                    joined.append(_Token(group[0].start, group[-1].end, whole))
                    index += len(parts)
                    break
            else:
                joined.append(tokens[index])
                index += 1
        return joined

    def _classes(self, word: str) -> frozenset[int]:
        classes = self._words.get(word, frozenset())
        for length in range(3, len(word) + 1):
            found = self._prefixes.get(word[:length])
            if found:
                classes |= found
        return classes

    # --- patterns --------------------------------------------------------------------------------------------------

    def _indexed(self, patterns: list[tuple[_Pattern, int]]) -> dict[int, list[tuple[_Pattern, int]]]:
        """Patterns by their rarest class, so that a text meets only those it could match."""
        sizes: dict[int, int] = {}
        for classes in [*self._words.values(), *self._prefixes.values()]:
            for one in classes:
                sizes[one] = sizes.get(one, 0) + 1
        index: dict[int, list[tuple[_Pattern, int]]] = {}
        for pattern, number in patterns:
            rarest = min(pattern.required, key=lambda one: (sizes.get(one, 0), one))
            index.setdefault(rarest, []).append((pattern, number))
        return index

    def _matches(
        self, index: dict[int, list[tuple[_Pattern, int]]], reading: _Reading
    ) -> Iterator[tuple[int, int, int]]:
        """(first token, last token, number) of every pattern that matches."""
        present = reading.where.keys()
        for one in sorted(present):
            for pattern, number in index.get(one, ()):
                if pattern.required <= present:
                    for start, end in self._find(pattern, reading):
                        yield start, end, number

    def _find(self, pattern: _Pattern, reading: _Reading) -> list[tuple[int, int]]:
        """Where `pattern` matches: the shortest run for each last token."""
        if pattern.window:
            return self._find_unordered(pattern, reading)
        tokens = reading.tokens
        states: dict[int, int] = {}
        is_open = True
        for wanted, gap, optional in pattern.slots:
            moved = {place: place for place in reading.where.get(wanted, ())} if is_open else {}
            if is_open and pattern.from_start:
                moved = {
                    place: place for place in moved if place < self._limits["span"] and self._is_quiet(tokens[:place])
                }
            for place, start in states.items():
                skipped = 0
                for nearby in range(place + 1, min(len(tokens), place + 1 + self._limits["span"])):
                    token = tokens[nearby]
                    if token.word == _FULL_STOP:
                        break
                    if wanted in token.classes and start > moved.get(nearby, -1):
                        moved[nearby] = start
                    if self._filler not in token.classes:
                        skipped += 1
                        if skipped > gap:
                            break
            if optional:
                for place, start in states.items():
                    moved[place] = max(start, moved.get(place, -1))
            else:
                is_open = False
            states = moved
        found = [(start, end) for end, start in sorted(states.items())]
        if pattern.to_end:
            found = [(start, end) for start, end in found if self._is_quiet(tokens[end + 1 :])]
        return found

    def _is_quiet(self, tokens: list[_Token]) -> bool:
        """True where nothing stands but fillers and full stops."""
        return all(self._filler in token.classes or token.word == _FULL_STOP for token in tokens)

    def _find_unordered(self, pattern: _Pattern, reading: _Reading) -> list[tuple[int, int]]:
        """The shortest run of at most `window` words from each place that has every slot."""
        tokens = reading.tokens
        found: list[tuple[int, int]] = []
        for place in sorted({place for one in pattern.required for place in reading.where.get(one, ())}):
            missing = set(pattern.required)
            for nearby in range(place, min(len(tokens), place + pattern.window)):
                missing -= tokens[nearby].classes
                if not missing:
                    found.append((place, nearby))
                    break
        return found

    def _excused(
        self, names: list[str], start: int, end: int, reading: _Reading, seen: dict[str, list[tuple[int, int]]]
    ) -> bool:
        """True where a context that the rule steps back for stands near the match."""
        near = self._limits["context"]
        for name in names:
            if name not in seen:
                seen[name] = [place for pattern in self._contexts[name] for place in self._find(pattern, reading)]
            if any(first <= end + near and last >= start - near for first, last in seen[name]):
                return True
        return False

    def _is_about_another(self, start: int, end: int, reading: _Reading) -> bool:
        """True where someone else is named shortly before the match, or in it, and the writer not after that."""
        near = self._limits["other"]
        for pattern in self._others:
            for _, last in self._find(pattern, reading):
                between = reading.tokens[last + 1 : end + 1]
                if start - near <= last < end and not any(self._me in token.classes for token in between):
                    return True
        return False


def _pattern(data: dict[str, Any]) -> _Pattern:
    slots = tuple((wanted, gap, bool(optional)) for wanted, gap, optional in data["slots"])
    required = frozenset(wanted for wanted, _, optional in slots if not optional)
    return _Pattern(slots, data["window"], data["from_start"], data["to_end"], required)


def _is_letter(character: str) -> bool:
    return "a" <= character <= "z"


def _one_slip(one: str, other: str) -> bool:
    """True for words one slip apart: a letter changed, missing, added, or two neighbours swapped; the first holds."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return one == other
    first = 0
    while first < min(len(one), len(other)) and one[first] == other[first]:
        first += 1
    if len(one) > len(other):
        return one[first + 1 :] == other[first:]
    if len(one) < len(other):
        return one[first:] == other[first + 1 :]
    if one[first + 1 :] == other[first + 1 :]:
        return True
    return one[first : first + 2] == other[first : first + 2][::-1] and one[first + 2 :] == other[first + 2 :]
