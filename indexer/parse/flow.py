"""Running text of one block: what a reader sees, character by character traced back to the source."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from markdown_it import MarkdownIt

from indexer.model import Sentence, Span
from indexer.sentences import split_sentences

MarkKind = Literal["strong", "em", "code", "link"]

# Soft hyphens, zero-width spaces, joiners of words, BOMs, bidirectional controls and C0/C1 controls: seen by no reader.
# Zero-width (non-)joiners stay: they shape letters and emoji.
INVISIBLE = "\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
# \x1c-\x1f, \x85, U+2028 and U+2029 count as white space for `\s`.
_CHUNK = re.compile(rf"[{INVISIBLE}]+|\s+|[^\s{INVISIBLE}]+")
_WHITE = re.compile(r"\s")
_VISIBLE = re.compile(rf"[^\s{INVISIBLE}]")


@dataclass(frozen=True, slots=True)
class Mark:
    """Inline markup over `text[start:end]` of a flow."""

    kind: MarkKind
    start: int
    end: int
    href: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """A block's text on one line, with the source offsets of each character and its inline markup."""

    text: str
    starts: array[int]
    ends: array[int]
    marks: tuple[Mark, ...] = ()

    @property
    def span(self) -> Span:
        """Where the whole stands in the source; the flow must not be empty."""
        return self.span_of(0, len(self.text))

    def span_of(self, start: int, end: int) -> Span:
        """Where `text[start:end]` stands in the source. Not empty."""
        return Span(self.starts[start], self.ends[end - 1])

    def sliced(self, start: int, end: int) -> Flow:
        """The part `text[start:end]`."""
        marks = tuple(
            Mark(mark.kind, max(mark.start, start) - start, min(mark.end, end) - start, mark.href)
            for mark in self.marks
            if mark.start < end and mark.end > start
        )
        return Flow(self.text[start:end], self.starts[start:end], self.ends[start:end], marks)

    def sentences(self) -> tuple[Sentence, ...]:
        """Its sentences in order."""
        waiting = sorted(self.marks, key=lambda mark: mark.start, reverse=True)
        running: list[Mark] = []
        found = []
        for start, end in split_sentences(self.text):
            while waiting and waiting[-1].start < end:
                running.append(waiting.pop())
            running = [mark for mark in running if mark.end > start]
            found.append(Sentence(self.text[start:end], self._markdown(start, end, running), self.span_of(start, end)))
        return tuple(found)

    def _markdown(self, start: int, end: int, candidates: Sequence[Mark]) -> str:
        """`text[start:end]` as Markdown that renders to just these characters, markup kept where that is possible."""
        plain = escape_markdown(self.text[start:end])
        marks = [
            trimmed
            for mark in candidates
            if mark.start < end
            and mark.end > start
            and (trimmed := self._trimmed(mark, max(mark.start, start), min(mark.end, end)))
        ]
        if not marks:
            return plain
        marked = _render(self.text, start, end, sorted(marks, key=lambda mark: (mark.start, -mark.end)))
        # Emphasis beside punctuation may not parse as such ("a*'b'*c"): text comes before markup then.
        return marked if _rendered_text(marked) == self.text[start:end] else plain

    def _trimmed(self, mark: Mark, start: int, end: int) -> Mark | None:
        while start < end and self.text[start] == " ":
            start += 1
        while end > start and self.text[end - 1] == " ":
            end -= 1
        return Mark(mark.kind, start, end, mark.href) if start < end else None


class FlowBuilder:
    """Collects the pieces of a block into a flow: white space folded, invisible characters left out."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._starts: array[int] = array("q")
        self._ends: array[int] = array("q")
        self._space: tuple[int, int] | None = None
        self._marks: list[Mark] = []

    def __bool__(self) -> bool:
        return self._length > 0

    @property
    def position(self) -> int:
        """Where the next visible character will stand."""
        return self._length + (1 if self._space is not None and self._length else 0)

    @property
    def last(self) -> str:
        """The last visible character, empty at the start."""
        return self._pieces[-1][-1] if self._pieces else ""

    def add(self, text: str, start: int) -> None:
        """Add a literal run of the source that begins at `start`."""
        for match in _CHUNK.finditer(text):
            chunk = match.group()
            at = start + match.start()
            if _WHITE.match(chunk):
                self._hold_space(at, at + len(chunk))
            elif _VISIBLE.match(chunk):
                self._put_space()
                self._pieces.append(chunk)
                self._length += len(chunk)
                self._starts.extend(range(at, at + len(chunk)))
                self._ends.extend(range(at + 1, at + len(chunk) + 1))

    def add_decoded(self, text: str, start: int, end: int) -> None:
        """Add `text` that the source writes as `source[start:end]`: an entity, an escape, nothing at all."""
        for match in _CHUNK.finditer(text):
            chunk = match.group()
            if _WHITE.match(chunk):
                self._hold_space(start, end)
            elif _VISIBLE.match(chunk):
                self._put_space()
                self._pieces.append(chunk)
                self._length += len(chunk)
                self._starts.extend([start] * len(chunk))
                self._ends.extend([end] * len(chunk))

    def add_flow(self, flow: Flow) -> None:
        """Add a finished flow, its marks with it."""
        if not flow.text:
            return
        self._put_space()
        base = self._length
        self._pieces.append(flow.text)
        self._length += len(flow.text)
        self._starts.extend(flow.starts)
        self._ends.extend(flow.ends)
        self._marks.extend(Mark(mark.kind, mark.start + base, mark.end + base, mark.href) for mark in flow.marks)

    def mark(self, kind: MarkKind, start: int, href: str = "") -> None:
        """Mark everything from `start` (a `position`) to here."""
        if self._length > start:
            self._marks.append(Mark(kind, start, self._length, href))

    def is_strong(self) -> bool:
        """Whether all of it is bold."""
        return any(mark.kind == "strong" and mark.start == 0 and mark.end == self._length for mark in self._marks)

    def flow(self) -> Flow:
        """What was collected."""
        return Flow("".join(self._pieces), self._starts, self._ends, tuple(self._marks))

    def _hold_space(self, start: int, end: int) -> None:
        if self._space is None:
            self._space = (start, end)

    def _put_space(self) -> None:
        if self._space is not None and self._length:
            self._pieces.append(" ")
            self._length += 1
            self._starts.append(self._space[0])
            self._ends.append(self._space[1])
        self._space = None


def flow_of(text: str, start: int) -> Flow:
    """A flow of one literal run of the source."""
    builder = FlowBuilder()
    builder.add(text, start)
    return builder.flow()


# --- Markdown --------------------------------------------------------------------------------------------

_SPECIAL = re.compile(r"[\\`*\[\]~]|(?<![^\W_])_|_(?![^\W_])|<|&(?=#?\w+;)")
_LINE_START = re.compile(r"^(?:(?P<mark>[-+>#=|])|(?P<number>\d{1,9})(?P<dot>[.)])(?=\s|$))")


def escape_markdown(text: str) -> str:
    """Plain text on one line as Markdown that shows it unchanged; "<" becomes an entity, so that no HTML survives."""
    escaped = _SPECIAL.sub(lambda match: {"<": "&lt;", "&": "&amp;"}.get(match.group(), "\\" + match.group()), text)
    start = _LINE_START.match(escaped)
    if start is None:
        return escaped
    if start["mark"]:
        return "\\" + escaped
    return f"{start['number']}\\{start['dot']}{escaped[start.end() :]}"


_DELIMITERS: dict[str, str] = {"strong": "**", "em": "*"}


def _render(text: str, start: int, end: int, marks: list[Mark]) -> str:
    """Marks sorted outermost first; a mark that crosses another is closed and opened again around the border."""
    borders = sorted({start, end, *(mark.start for mark in marks), *(mark.end for mark in marks)})
    parts: list[str] = []
    opened: list[Mark] = []
    for left, right in pairwise(borders):
        active = [mark for mark in marks if mark.start <= left and mark.end >= right]
        shared = 0
        while shared < min(len(opened), len(active)) and opened[shared] == active[shared]:
            shared += 1
        parts.extend(_closing(mark) for mark in reversed(opened[shared:]))
        parts.extend(_opening(mark) for mark in active[shared:])
        opened = active
        chunk = text[left:right]
        parts.append(
            _code(chunk) if any(mark.kind == "code" for mark in active) else _escape_inside(chunk, left == start)
        )
    parts.extend(_closing(mark) for mark in reversed(opened))
    return "".join(parts)


def _escape_inside(chunk: str, at_line_start: bool) -> str:
    escaped = escape_markdown(chunk)
    if not at_line_start and _LINE_START.match(chunk):
        return escape_markdown("x" + chunk)[1:]
    return escaped


def _opening(mark: Mark) -> str:
    return "[" if mark.kind == "link" else _DELIMITERS.get(mark.kind, "")


def _closing(mark: Mark) -> str:
    return f"]({mark.href})" if mark.kind == "link" else _DELIMITERS.get(mark.kind, "")


def _code(text: str) -> str:
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


_SAFE_HREF = re.compile(r"(?:https?://|mailto:)[^\s<>()\\\"'`|\[\]]{1,2000}", re.IGNORECASE)


def safe_href(href: str | None) -> str:
    """The address of a link worth keeping (absolute, plain characters), or an empty string."""
    return href if href and _SAFE_HREF.fullmatch(href) else ""


_checker = MarkdownIt("commonmark", {"html": False})


def _rendered_text(markdown: str) -> str:
    tokens = _checker.parse(markdown)
    if [token.type for token in tokens] != ["paragraph_open", "inline", "paragraph_close"]:
        return ""
    return "".join(child.content for child in tokens[1].children or ())
