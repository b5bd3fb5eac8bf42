"""Where sentences end in running English text."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Own rules rather than a library: offsets are exact, behaviour is pinned by a table of cases, and health texts
# need few abbreviations. docs/adr/0003-parsing-and-chunking.md has the comparison.

_OPENERS = "\"'“‘«([{*_"
_CANDIDATE = re.compile(
    r"(?P<stop>[.!?…]+|[。！？؟।]+)"
    r"(?P<close>[\"'”’»)\]}*_]*(?:\[\d{1,3}(?:[,–-] ?\d{1,3})*\])*)"
    r"(?P<space>\s+|(?=[A-Z][a-z]+[\s,])|(?<=[。！？])|$)"
)
_WORD_BEFORE = re.compile(r"[^\W_](?:[^\s\"“‘(\[{—–/]*[^\W_])?$")

# Abbreviations which a sentence hardly ever ends with: a name, a number or an example follows.
_NEVER_LAST = frozenset(
    """dr mr mrs ms mx prof st rev hon gen sen rep gov lt col capt sgt messrs vs cf e.g eg i.e ie viz approx ca
    fig figs eq ref refs pp vol vols ch sec par ed eds resp incl esp c.f al.e""".split()
)
# They may end a sentence: it does when the next word is one that sentences begin with.
_MAYBE_LAST = frozenset(
    """jr sr inc ltd co corp u.s u.k u.s.a u.n e.u ph.d m.d d.o psy.d b.a m.a b.sc m.sc r.n a.m p.m no nos p
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun dept univ assn al""".split()
)
_BEFORE_NUMBER = frozenset("no nos p pp jan feb mar apr jun jul aug sep sept oct nov dec fig vol ch sec".split())
_STARTERS = frozenset(
    """a about after all also although an and another any anyone anything are as ask at avoid be because before but by
    can choose consider despite do does during each emotional even every everyone find first for from give had has
    have he her here his how however i if in instead is it its it's just keep let like many maybe more most my no nor
    not nothing now of often on once one only or other others our out over people perhaps remember researchers second
    see several she should since so some someone sometimes still such take talk that that's the their then there
    there's these they they're think this those though through thus to today together too try two under unlike until
    was we what what's when where whether which while who why will with within without yes yet you you're
    your""".split()
)
# How far a closing parenthesis may be for the stops before it to belong to the aside, in characters.
_ASIDE_REACH = 300


def split_sentences(text: str) -> tuple[tuple[int, int], ...]:
    """The sentences of `text` as (start, end) offsets, in order, without the white space between them.

    Together they hold every character of `text` that is not white space.
    """
    return tuple(_spans(text))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    length = len(text)
    start = _skip_space(text, 0)
    aside_end = -1  # where the parenthesis that was last looked at closes
    aside_from = 0
    for match in _CANDIDATE.finditer(text):
        end = match.end("close")
        following = match.end()
        if following >= length or end <= start:
            continue
        aside_from, aside_end = _aside(text, start, aside_from, aside_end, match.start())
        if match.start() < aside_end or not _ends_sentence(text, start, match, following):
            continue
        yield start, end
        start = following
    if start < length:
        end = length
        while end > start and text[end - 1].isspace():
            end -= 1
        if end > start:
            yield start, end


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _aside(text: str, start: int, aside_from: int, aside_end: int, stop: int) -> tuple[int, int]:
    """Follow parentheses up to `stop`: (where to look on from, end of the aside that `stop` may be in)."""
    at = max(aside_from, start + 1)  # a sentence that itself begins with "(" is no aside
    while True:
        opening = text.find("(", at, stop)
        if opening < 0:
            return max(at, stop), aside_end
        closing = text.find(")", opening, opening + _ASIDE_REACH)
        if closing < 0:
            at = opening + 1
            continue
        aside_end = max(aside_end, closing)
        at = closing + 1


def _ends_sentence(text: str, start: int, match: re.Match[str], following: int) -> bool:
    stop = match["stop"]
    if stop[0] in "。！？؟।":
        return True
    after = following
    while after < len(text) and text[after] in _OPENERS:
        after += 1
    if after >= len(text) or text[after].islower():
        return False
    if stop != ".":
        return True
    glued = not match["space"]
    before = _WORD_BEFORE.search(text, max(start, match.start() - 40), match.start())
    if before is None:
        return not glued
    word = before.group().casefold()
    if glued:  # "…of feeling.Next comes": scraped texts lose the space; "psychology.Com" is not one of these
        return before.group().islower() and word.isalpha() and len(word) > 1 and _next_word(text, after) in _STARTERS
    if word.isdigit() and before.start() == start:
        return False  # "1. Take a walk": a number that counts, not a sentence
    if word in _BEFORE_NUMBER and text[after].isdigit():
        return False
    if match["close"]:
        return word not in {"e.g", "i.e"}
    if word in _NEVER_LAST:
        return False
    if word == "al" and text[after] in "0123456789([":
        return False
    if word in _MAYBE_LAST and word not in {"no", "p"}:
        return _next_word(text, after) in _STARTERS
    if len(word) == 1 and before.group().isupper():
        return _initial_ends(text, start, before.start(), after)
    return True


def _initial_ends(text: str, start: int, initial: int, after: int) -> bool:
    """Whether a single capital ends a sentence ("vitamin C. It") rather than standing for a name ("J. Bowlby")."""
    previous = text[max(start, initial - 40) : initial].rstrip()
    if not previous or previous[-1] == ".":
        return False
    return _next_word(text, after) in _STARTERS and not previous.split()[-1][:1].isupper()


def _next_word(text: str, at: int) -> str:
    end = at
    while end < len(text) and (text[end].isalpha() or text[end] in "'’") and end - at < 30:
        end += 1
    return text[at:end].replace("’", "'").casefold()
