"""Reads Markdown (CommonMark with tables and strikethrough), tracing each character back to the source."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from indexer.parse.elements import Element, ElementKind, Reading
from indexer.parse.flow import Flow, FlowBuilder, MarkKind, safe_href
from indexer.parse.headings import Outliner
from indexer.parse.html import html_elements
from indexer.parse.lines import is_attribution, is_bold_line, join_cells, without_colon

# "text_join" would merge escapes and entities into the text around them, and their offsets with it.
_parser = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("text_join")

_NEWLINE = re.compile(r"\r\n?|\n")  # what markdown-it takes for line ends
_MARKS: dict[str, MarkKind] = {"strong_open": "strong", "em_open": "em", "link_open": "link"}
_CLOSES: dict[str, str] = {"strong_close": "strong", "em_close": "em", "link_close": "link"}
_BREAK = re.compile(r"[ \t]*\\?\n[ \t]*")
_BR_TAG = re.compile(r"<br\b", re.IGNORECASE)


def read_markdown(text: str, start: int, title: str = "") -> Reading:
    """The elements of the Markdown in `text` from offset `start` on."""
    if text.startswith("\ufeff", start):
        start += 1
    body = text[start:]
    walker = _Walker(text, _line_spans(body, start))
    walker.walk(_parser.parse(body))
    return Reading(tuple(Outliner(title).arrange(walker.elements)))


def _line_spans(body: str, start: int) -> list[tuple[int, int]]:
    spans = []
    at = 0
    for match in _NEWLINE.finditer(body):
        spans.append((start + at, start + match.start()))
        at = match.end()
    spans.append((start + at, start + len(body)))
    return spans


@dataclass(slots=True)
class _List:
    """A list that is open while its tokens are walked."""

    marker: str
    items: int = 0
    paragraphs: int = 0
    """Paragraphs in the current item so far."""


@dataclass(slots=True)
class _Walker:
    text: str
    lines: list[tuple[int, int]]
    elements: list[Element] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    quotes: int = 0
    heading: int = 0
    cells: list[Flow] = field(default_factory=list)
    cell_cursor: int = 0
    in_row: bool = False

    def walk(self, tokens: list[Token]) -> None:
        for token in tokens:
            kind = token.type
            if kind in ("bullet_list_open", "ordered_list_open"):
                self.lists.append(_List("" if kind.startswith("ordered") else "-"))
            elif kind in ("bullet_list_close", "ordered_list_close"):
                self.lists.pop()
            elif kind == "list_item_open":
                current = self.lists[-1]
                current.items += 1
                current.paragraphs = 0
                if current.marker != "-":
                    current.marker = f"{token.info}."
            elif kind == "blockquote_open":
                self.quotes += 1
            elif kind == "blockquote_close":
                self.quotes -= 1
            elif kind == "heading_open":
                self.heading = int(token.tag[1])
            elif kind == "heading_close":
                self.heading = 0
            elif kind == "tr_open":
                self.cells, self.cell_cursor, self.in_row = [], 0, True
            elif kind == "tr_close":
                self._row()
            elif kind == "inline":
                self._inline(token)
            elif kind in ("code_block", "fence"):
                self._verbatim(token)
            elif kind == "html_block":
                self._html(token)

    def _add(self, kind: ElementKind, flow: Flow) -> None:
        if not flow.text:
            return
        if kind == "paragraph" and self.lists:
            current = self.lists[-1]
            joined = current.paragraphs > 0 and bool(self.elements) and self.elements[-1].kind == "item"
            current.paragraphs += 1
            self.elements.append(Element("item", flow, depth=len(self.lists) - 1, marker=current.marker, joined=joined))
        else:
            self.elements.append(Element(kind, flow, level=self.heading))

    def _inline(self, token: Token) -> None:
        if not token.map:
            return
        positions = self._content_positions(token)
        flows = _flows(token, positions)
        if self.in_row:
            self.cells.extend(flows[:1])
            return
        if self.heading:
            for flow in flows:
                self._add("heading", flow)
            return
        for index, flow in enumerate(flows):
            if self.quotes and not self.lists:
                attribution = index > 0 or is_attribution(flow.text)
                self._add("attribution" if attribution else "quote", flow)
            elif index > 0:
                self._add("attribution", flow)
            elif is_bold_line(flow) and not self.lists:
                self.elements.append(Element("heading", without_colon(flow), level=0))
            elif is_attribution(flow.text) and self.elements and self.elements[-1].kind in ("quote", "paragraph"):
                self._add("attribution", flow)
            else:
                self._add("paragraph", flow)

    def _content_positions(self, token: Token) -> list[int]:
        """The source offset of each character of an inline token's content."""
        assert token.map is not None  # noqa: S101 - checked by the caller
        positions: list[int] = []
        first, last = token.map
        number = first
        for content_line in token.content.split("\n"):
            begin, end = self.lines[min(number, len(self.lines) - 1)]
            source_line = self.text[begin:end]
            at = source_line.find(content_line, max(0, self.cell_cursor - begin) if self.in_row else 0)
            if at < 0:
                at = max(0, source_line.find(content_line.strip()))
            elif not self.in_row and not self.heading:
                at = max(at, source_line.rstrip().rfind(content_line.rstrip()))
            positions.extend(min(begin + at + index, end) for index in range(len(content_line) + 1))
            if self.in_row:
                self.cell_cursor = begin + at + len(content_line)
            number = min(number + 1, max(last - 1, first))
        return positions

    def _row(self) -> None:
        flow = join_cells(self.cells)
        if flow is not None:
            self._add("item" if not self.lists else "paragraph", flow)
        self.in_row = False

    def _verbatim(self, token: Token) -> None:
        assert token.map is not None  # noqa: S101 - block tokens carry their lines
        first, last = token.map
        if token.type == "fence":
            first += 1
            if last - 1 >= first and self.text[slice(*self.lines[last - 1])].lstrip("> \t").startswith(token.markup):
                last -= 1
        builder = FlowBuilder()
        for begin, end in self.lines[first:last]:
            builder.add(self.text[begin:end], begin)
            builder.add(" ", end)
        self._add("paragraph", builder.flow())

    def _html(self, token: Token) -> None:
        assert token.map is not None  # noqa: S101 - block tokens carry their lines
        begin, end = self.lines[token.map[0]][0], self.lines[min(token.map[1], len(self.lines)) - 1][1]
        self.elements.extend(html_elements(self.text[begin:end], begin))


def _flows(token: Token, positions: list[int]) -> list[Flow]:
    """The token's text; a line that is an attribution ("— Jo Bloggs") ends it and starts a flow of its own."""
    content = token.content
    builders = [FlowBuilder()]
    opened: list[tuple[str, int, str]] = []
    cursor = 0
    at_line_start = False
    for child in token.children or ():
        builder = builders[-1]
        kind = child.type
        if kind == "text":
            at = _find(content, child.content, cursor)
            if at_line_start and len(builders) == 1 and builder and is_attribution(child.content):
                builders.append(FlowBuilder())
                builder = builders[-1]
            _add_mapped(builder, child.content, positions, at)
            cursor = at + len(child.content)
        elif kind == "text_special":
            at = _find(content, child.markup, cursor)
            builder.add_decoded(child.content, positions[at], _position(positions, at + len(child.markup)))
            cursor = at + len(child.markup)
        elif kind == "code_inline":
            at = content.find(child.markup, cursor)
            inner = at + len(child.markup) if at >= 0 else cursor
            mark = builder.position
            literal = content[inner : inner + len(child.content) + 2]
            lead = literal.replace("\n", " ").find(child.content)
            _add_mapped(builder, child.content, positions, inner + max(0, lead))
            builder.mark("code", mark)
            closing = content.find(child.markup, inner + len(child.content))
            cursor = (closing if closing >= 0 else inner + len(child.content)) + len(child.markup)
        elif kind in ("softbreak", "hardbreak"):
            match = _BREAK.search(content, cursor)
            builder.add(" ", _position(positions, match.start() if match else cursor))
            cursor = match.end() if match else cursor
        elif kind in _MARKS:
            opened.append((_MARKS[kind], builder.position, safe_href(str(child.attrs.get("href") or ""))))
            cursor += 1 if kind == "link_open" else len(child.markup)
        elif kind in _CLOSES:
            name, mark, href = opened.pop() if opened else ("", 0, "")
            if name == _CLOSES[kind] and (name != "link" or href):
                builder.mark(name, mark, href)  # type: ignore[arg-type]
            cursor = _after_link(content, cursor, child) if kind == "link_close" else cursor + len(child.markup)
        elif kind in ("s_open", "s_close"):
            cursor += len(child.markup)
        elif kind == "image":
            cursor = _after_link(content, _after_brackets(content, content.find("[", cursor)) - 1, child)
        elif kind == "html_inline":
            at = _find(content, child.content, cursor)
            if _BR_TAG.match(child.content):
                builder.add(" ", _position(positions, at))
            cursor = at + len(child.content)
        at_line_start = kind in ("softbreak", "hardbreak")
    return [flow for builder in builders if (flow := builder.flow()).text]


def _find(content: str, wanted: str, cursor: int) -> int:
    at = content.find(wanted, cursor)
    return at if at >= 0 else min(cursor, len(content))


def _position(positions: list[int], at: int) -> int:
    return positions[min(at, len(positions) - 1)]


def _add_mapped(builder: FlowBuilder, text: str, positions: list[int], at: int) -> None:
    """Add text of the content at `at`; where it spans source lines their prefixes are left out of the offsets."""
    run = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or _position(positions, at + index) != _position(positions, at + index - 1) + 1:
            builder.add(text[run:index], _position(positions, at + run))
            run = index


def _after_brackets(content: str, at: int) -> int:
    """The offset after the bracket that closes the one at `at`."""
    if at < 0:
        return len(content)
    depth = 0
    while at < len(content):
        if content[at] == "\\":
            at += 1
        elif content[at] in "[(":
            depth += 1
        elif content[at] in "])":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return at


def _after_link(content: str, cursor: int, token: Token) -> int:
    """The offset after a link's closing bracket and its address."""
    if token.markup == "autolink":
        return cursor + 1
    at = content.find("]", cursor) + 1
    if at and content[at : at + 1] in ("(", "["):
        return _after_brackets(content, at)
    return at or cursor
