"""Reads plain text as it comes off web pages: unmarked headings, lost bullets, lines wrapped by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from indexer.parse import boilerplate
from indexer.parse.elements import Element, Reading
from indexer.parse.flow import Flow, FlowBuilder
from indexer.parse.headings import Outliner, looks_like_heading, looks_like_label
from indexer.parse.lines import is_bold_line, without_colon

_LINE = re.compile(r"[^\r\n\v\f\x85\u2028\u2029]*(?:\r\n|[\r\n\v\f\x85\u2028\u2029]|$)")
_TAB = 4
"""Columns a tab is taken for in the indentation of lists."""

_BULLET = re.compile(r"(?:[•●○◦▪▫■□‣⁃·∙✓✔✗➢➤►▶→»\uf0b7\uf0a7]\s*|[-*+–—−]\s+|o\s{2,}|o\t)(?=\S)")
_BARE_BULLET = re.compile(r"[•●○◦▪▫■□‣⁃·∙✓✔➢➤►*+–-]")
_DASH_BULLET = re.compile(r"[–—−]\s+(?=\S)")
_NUMBER = re.compile(r"(?:\((?P<a>\d{1,3}|[a-z])\)|(?P<b>\d{1,3}|[a-z])[.)])\s+(?=\S)")
_OUTLINE_NUMBER = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){1,4})\.?\s+(?=[^\W\d_])")
_HASHES = re.compile(r"(?P<hashes>#{1,6})\s+(?=\S)")
_CLOSING_HASHES = re.compile(r"\s+#+$")
_RULE = re.compile(r"[\s\-=_*~.•·#—–+|]+")
_UNDERLINE = re.compile(r"(?:={3,}|-{3,})")
_BOLD_LINE = re.compile(r"(?:\*\*|__)(?=\S)(?P<inner>[^*_]{1,200}?)(?:\*\*|__)(?P<colon>:?)")
_BOLD = re.compile(r"\*\*(?=[^\s*])([^*]{1,300}?)(?<=[^\s*])\*\*")
_ATTRIBUTION = re.compile(r"(?:[—―–~⸺]|--)\s*(?=[^\W\d_])|-\s?(?=(?:Dr|Prof|Mr|Mrs|Ms)\b)")
_ATTRIBUTION_WORDS = 14
_ENDS_SENTENCE = re.compile(r"[.!?…。！？][\"'”’»)\]]*(?:\[\d{1,3}\])*$")
_ENDS_OPEN = re.compile(
    r"(?:[,(\[/&–—-]|\b(?:a|an|the|of|to|for|with|and|or|in|on|at|by|from|as|our|your|their|this|these|"
    r"into|about|like|than|see))$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of prose, put together again where it was wrapped."""

    flow: Flow
    indent: int
    blanks: int
    """Blank lines before it."""
    underline: str = ""
    """The line of "=" or "-" beneath it, its first character."""
    bare_bullet: bool = False

    @property
    def text(self) -> str:
        return self.flow.text


def read_plain(text: str, start: int, title: str = "") -> Reading:
    """The elements of plain text from offset `start` on."""
    lines = _logical_lines(text, start)
    return Reading(tuple(_elements(lines, title)))


# --- lines -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Raw:
    start: int
    end: int
    indent: int
    text: str
    blanks: int


def _raw_lines(text: str, start: int) -> list[_Raw]:
    lines = []
    blanks = 0
    at = start
    while at < len(text):
        match = _LINE.match(text, at)
        assert match is not None  # noqa: S101 - the pattern matches anything
        whole = match.group()
        at = match.end()
        stripped = whole.strip("\ufeff\u200b \t\r\n\v\f\x85\u2028\u2029\xa0")
        if not stripped.strip():
            blanks += 1
            continue
        lead = len(whole) - len(whole.lstrip("\ufeff\u200b \t\xa0"))
        indent = len(whole[:lead].replace("\ufeff", "").replace("\u200b", "").replace("\t", " " * _TAB))
        begin = match.start() + whole.index(stripped)
        lines.append(_Raw(begin, begin + len(stripped), indent, stripped, blanks))
        blanks = 0
    return lines


def _logical_lines(text: str, start: int) -> list[_Line]:
    raws = _raw_lines(text, start)
    width = _wrap_width(raws)
    lines: list[_Line] = []
    group: list[_Raw] = []
    for index, raw in enumerate(raws):
        following = raws[index + 1] if index + 1 < len(raws) else None
        group.append(raw)
        if following is None or not _continues(raw, following, width, first=group[0]):
            lines.extend(_joined(group))
            group = []
    return _with_underlines(lines)


def _joined(group: list[_Raw]) -> Iterator[_Line]:
    builder = FlowBuilder()
    for raw in group:
        hyphenated = bool(builder) and builder.last == "-" and raw.text[0].islower()
        if builder and not hyphenated:
            builder.add(" ", raw.start - 1)
        _add_inline(builder, raw.text, raw.start)
    if builder:
        yield _Line(builder.flow(), group[0].indent, group[0].blanks, "", bool(_BARE_BULLET.fullmatch(group[0].text)))


def _add_inline(builder: FlowBuilder, text: str, start: int) -> None:
    """Add a line, reading "**bold**" as markup: texts copied from chats and wikis carry it."""
    at = 0
    for match in _BOLD.finditer(text):
        builder.add(text[at : match.start()], start + at)
        opened = builder.position
        builder.add(match[1], start + match.start(1))
        builder.mark("strong", opened)
        at = match.end()
    builder.add(text[at:], start + at)


_SHORTEST_WRAP, _LONGEST_WRAP = 45, 120
"""Widths in characters at which texts are wrapped by hand; shorter lines are verse or lists, longer ones paragraphs."""


def _wrap_width(raws: Sequence[_Raw]) -> int:
    """The width at which the text was wrapped by hand, 0 where its lines are paragraphs.

    A wrapped text has no long line, and most lines that end in mid-sentence are so full that the next word
    would not have fitted.
    """
    lengths = sorted(raw.end - raw.start + raw.indent for raw in raws)
    if not lengths:
        return 0
    width = lengths[min(len(lengths) - 1, int(len(lengths) * 0.98))]
    if not _SHORTEST_WRAP <= width <= _LONGEST_WRAP:
        return 0
    open_ended = full = 0
    for raw, following in pairwise(raws):
        if following.blanks or _ENDS_SENTENCE.search(raw.text) or _starts_block(following.text):
            continue
        if following.text[0].islower():
            open_ended += 1
            full += _is_full(raw, following, width)
    return width if open_ended >= 2 and full >= 0.6 * open_ended else 0


_WRAP_SLACK = 10
"""Editors wrap a little early; lines within so many characters of the width count as full."""


def _is_full(raw: _Raw, following: _Raw, width: int) -> bool:
    word = following.text.split(maxsplit=1)[0]
    return raw.indent + len(raw.text) + 1 + len(word) > width - _WRAP_SLACK


def _starts_block(text: str) -> bool:
    return bool(_BULLET.match(text) or _NUMBER.match(text) or _HASHES.match(text) or _RULE.fullmatch(text))


def _continues(raw: _Raw, following: _Raw, width: int, first: _Raw) -> bool:
    """Whether `following` goes on in the paragraph of `raw`."""
    if following.blanks:
        return False
    if _BARE_BULLET.fullmatch(raw.text) and raw is first:
        return not _starts_block(following.text)
    if _starts_block(following.text) or _HASHES.match(first.text) or _RULE.fullmatch(raw.text):
        return False
    if boilerplate.why_dropped(following.text) or boilerplate.why_dropped(raw.text):
        return False
    if width:
        if _is_full(raw, following, width):
            return not (_ENDS_SENTENCE.search(raw.text) and following.indent > raw.indent + 1)
        # A last line that is not full ends its paragraph, unless the sentence visibly goes on.
        return following.text[0].islower() and not _ENDS_SENTENCE.search(raw.text) and len(raw.text) > width // 2
    if _ENDS_SENTENCE.search(raw.text) or raw.text.endswith((":", ";")):
        return False
    # Scrapers put a link on a line of its own, in mid-sentence.
    return bool(_ENDS_OPEN.search(raw.text)) and (following.text[0].islower() or len(raw.text.split()) > 6)


def _with_underlines(lines: list[_Line]) -> list[_Line]:
    """Fold underlines into the headings above them and leave rules out."""
    kept: list[_Line] = []
    for line in lines:
        if (
            _UNDERLINE.fullmatch(line.text)
            and kept
            and not line.blanks
            and not kept[-1].underline
            and _short(kept[-1].text)
        ):
            kept[-1] = replace(kept[-1], underline=line.text[0])
        elif not _RULE.fullmatch(line.text):
            kept.append(line)
    return kept


def _short(text: str) -> bool:
    return len(text) <= 120 and not text.endswith((".", ","))


# --- elements ---------------------------------------------------------------------------------------------


def _elements(lines: list[_Line], title: str) -> Iterator[Element]:
    kinds = [_marked_kind(lines, index) for index in range(len(lines))]
    outliner = Outliner(title)
    yield from outliner.arrange(_with_plain_lists(lines, kinds))


def _with_plain_lists(lines: list[_Line], kinds: list[Element | None]) -> list[Element]:
    """Turn lines without marks into items, attributions, paragraphs or candidates for headings (level 0)."""
    elements: list[Element] = []
    indents: list[int] = []
    index = 0
    while index < len(lines):
        line, marked = lines[index], kinds[index]
        if marked is not None:
            if marked.kind == "item" and marked.dropped is None:
                while indents and indents[-1] > line.indent:
                    indents.pop()
                if not indents or indents[-1] < line.indent:
                    indents.append(line.indent)
                marked = replace(marked, depth=len(indents) - 1)
            else:
                indents = []
            elements.append(marked)
            index += 1
            continue
        if indents and elements and elements[-1].kind == "item" and line.indent > indents[-1] and not line.blanks:
            elements.append(
                Element("item", line.flow, depth=elements[-1].depth, marker=elements[-1].marker, joined=True)
            )
            index += 1
            continue
        indents = []
        bare = _bare_items(lines, kinds, index, elements)
        if bare:
            elements.extend(Element("item", lines[at].flow) for at in range(index, index + bare))
            index += bare
            continue
        elements.append(_unmarked(lines, kinds, index, elements))
        index += 1
    return elements


def _unmarked(lines: list[_Line], kinds: list[Element | None], index: int, before: list[Element]) -> Element:
    line = lines[index]
    following = _following(lines, kinds, index)
    attribution = _ATTRIBUTION.match(line.text)
    if (
        attribution
        and before
        and before[-1].kind in ("paragraph", "quote")
        and len(line.text.split()) <= _ATTRIBUTION_WORDS
        and not line.text.rstrip().endswith(":")
    ):
        return Element("attribution", line.flow)
    if looks_like_heading(line.text, following):
        return Element("heading", line.flow, level=0)
    return Element("paragraph", line.flow)


def _following(lines: list[_Line], kinds: list[Element | None], index: int) -> str | None:
    """The text of the next line that is content, with "- " before an item; None at the end."""
    for at in range(index + 1, len(lines)):
        marked = kinds[at]
        if marked is None:
            return lines[at].text
        if marked.dropped is None:
            return ("- " if marked.kind == "item" else "# " if marked.kind == "heading" else "") + marked.text
    return None


def _bare_items(lines: list[_Line], kinds: list[Element | None], index: int, before: list[Element]) -> int:
    """How many lines from `index` on are items that lost their bullets.

    They follow a line that ends in a colon, or begin in lower case; all begin alike, none is a sentence.
    """
    introduced = (
        bool(before) and before[-1].kind == "paragraph" and before[-1].text.endswith(":") and lines[index].blanks < 2
    )
    lower = lines[index].text[0].islower()
    if not (introduced or lower):
        return 0
    count = 0
    while index + count < len(lines):
        line = lines[index + count]
        if kinds[index + count] is not None or len(line.text.split()) > 25 or line.text.endswith((":", "?")):
            break
        if line.text[0].islower() != lower or (looks_like_label(line.text) and len(line.text.split()) > 15):
            break
        ended = bool(_ENDS_SENTENCE.search(line.text))
        if ended and not lower:
            break
        if count and line.blanks != lines[index + 1].blanks:
            break
        count += 1
        if ended:
            break  # the last item of a list in lower case carries the full stop
    following = _following(lines, kinds, index + count - 1) if count else None
    if count and not lower and following is not None:
        last = lines[index + count - 1]
        if looks_like_heading(last.text, following) and not following.startswith("# "):
            count -= 1  # the line before prose is the next heading
    return count if count >= 2 else 0


def _marked_kind(lines: list[_Line], index: int) -> Element | None:
    """What a line says of itself by its marks: boilerplate, heading, item. None for a line without marks."""
    line = lines[index]
    text = line.text
    flow = line.flow
    hashes = _HASHES.match(text)
    if hashes:
        closing = _CLOSING_HASHES.search(text)
        inner = flow.sliced(hashes.end(), closing.start() if closing and closing.start() > hashes.end() else len(text))
        return Element("heading", _without_number(inner), level=len(hashes["hashes"]))
    dropped = boilerplate.why_dropped(text)
    if (
        dropped is None
        and (index < _TOP_LINES or index >= len(lines) - _BOTTOM_LINES)
        and boilerplate.is_byline_near_an_end(text)
    ):
        dropped = "byline"
    if dropped is not None:
        return Element("paragraph", flow, dropped=dropped)
    if line.underline:
        return Element("heading", _without_number(flow), level=1 if line.underline == "=" else 2)
    outline = _OUTLINE_NUMBER.match(text)
    following = lines[index + 1].text if index + 1 < len(lines) else None
    if outline and looks_like_heading(text[outline.end() :], following):
        return Element("heading", flow.sliced(outline.end(), len(text)), level=outline["number"].count(".") + 1)
    if is_bold_line(flow):
        return Element("heading", without_colon(flow), level=0)
    return _list_item(lines, index)


_TOP_LINES, _BOTTOM_LINES = 8, 4
"""Where a bare name after "By" is looked for."""


def _without_number(flow: Flow) -> Flow:
    number = re.match(r"(?:\d{1,2}(?:\.\d{1,2})*[.)]|\d{1,2}(?:\.\d{1,2})+)\s+(?=\S)", flow.text)
    return flow.sliced(number.end(), len(flow.text)) if number else flow


def _list_item(lines: list[_Line], index: int) -> Element | None:
    line = lines[index]
    text = line.text
    number = _NUMBER.match(text)
    if number:
        marker = (number["a"] or number["b"]) + "."
        rest = line.flow.sliced(number.end(), len(text))
        beside = _number_at(lines, index - 1) or _number_at(lines, index + 1)
        following = lines[index + 1].text if index + 1 < len(lines) else None
        if not beside and marker[0].isdigit() and looks_like_heading(rest.text, following):
            return Element("heading", rest, level=0)
        if marker[0].isdigit():
            return Element("item", rest, marker=marker)
        return Element("item", rest) if beside else None
    bullet = _BULLET.match(text) if not line.bare_bullet else re.match(r"\S\s*", text)
    if not bullet or len(text) == bullet.end():
        return None
    if _DASH_BULLET.match(text) and not _dash_list(lines, index):
        return None
    return Element("item", line.flow.sliced(bullet.end(), len(text)))


def _number_at(lines: list[_Line], index: int) -> bool:
    return 0 <= index < len(lines) and bool(_NUMBER.match(lines[index].text))


def _dash_list(lines: list[_Line], index: int) -> bool:
    """Whether a line that begins with a long dash is an item: beside another such line, or after a colon."""
    beside = any(0 <= at < len(lines) and _DASH_BULLET.match(lines[at].text) for at in (index - 1, index + 1))
    return beside or (index > 0 and lines[index - 1].text.endswith(":"))
