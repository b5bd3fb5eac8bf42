"""Reads HTML: the main content of a page, tracing each character back to the source."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from justhtml import JustHTML

from indexer.model import DropReason
from indexer.parse.elements import Element, Reading
from indexer.parse.flow import Flow, FlowBuilder, MarkKind, safe_href
from indexer.parse.headings import Outliner
from indexer.parse.lines import is_attribution, is_bold_line, join_cells, without_colon

_SILENT = frozenset(
    """script style noscript template head svg math canvas video audio object embed iframe map select option datalist
    input textarea progress meter picture source track img area base link meta param rp rt #comment !doctype""".split()
)
"""Never shown as text, so not reported as dropped either."""
_CHROME: dict[str, DropReason] = {
    "nav": "navigation",
    "aside": "navigation",
    "form": "navigation",
    "button": "navigation",
    "dialog": "navigation",
    "menu": "navigation",
    "header": "navigation",
    "footer": "site footer",
}
_CHROME_ROLES: dict[str, DropReason] = {
    "navigation": "navigation",
    "banner": "navigation",
    "search": "navigation",
    "complementary": "navigation",
    "dialog": "navigation",
    "alertdialog": "navigation",
    "contentinfo": "site footer",
}
_CHROME_CLASS = re.compile(
    r"(?:[a-z]{1,20}[-_]){0,2}(?P<what>nav|navbar|navigation|menu|breadcrumbs?|crumbs|sidebar|cookies?|"
    r"consent|gdpr|share|sharing|"
    r"social|related|recommended|newsletter|subscribe|signup|advert(?:isement)?|ads?|promo|sponsored|"
    r"comments?|toc|pagination|"
    r"skip|popup|modal|byline|authors?|published|posted|footer|copyright)"
    r"(?:[-_](?:list|box|bar|links?|block|widget|area|wrap(?:per)?|container|section|menu|buttons?|icons|"
    r"info|meta|name|date|"
    r"banner|form|notice|bio|card|on|by|to|posts|articles|stories|content|slot|unit))*",
    re.IGNORECASE,
)
_CLASS_REASONS: dict[str, DropReason] = {
    "byline": "byline",
    "author": "byline",
    "authors": "byline",
    "toc": "navigation",
    "posted": "byline",
    "published": "byline",
    "footer": "site footer",
    "copyright": "site footer",
}
_CHROME_SHARE = 0.3
"""An element whose class sounds like page furniture but which holds more of the page's text than this is content."""

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_INLINE = frozenset(
    """a abbr acronym b bdi bdo big br cite code data del dfn em font i ins kbd label mark nobr q rb ruby s samp small
    span strike strong sub sup time tt u var wbr #text""".split()
)
_MARKS: dict[str, MarkKind] = {
    "strong": "strong",
    "b": "strong",
    "em": "em",
    "i": "em",
    "code": "code",
    "kbd": "code",
    "samp": "code",
    "tt": "code",
}
_MAIN_SHARE = 0.25
"""A <main> or <article> with less of the page's text than this is not where its content is."""
_BULLET = re.compile(r"(?:[•●○◦▪■‣⁃·]\s*|[-*–—]\s+)(?=\S)")
_ENDS_LINE = re.compile(r"[.!?:;…][\"'”’)]*$")
_ATTRIBUTION = re.compile(r"(?:[—―–~⸺]|--)\s*[^\W\d_]")


def read_html(text: str, start: int, title: str = "") -> Reading:
    """The elements of the HTML page or fragment in `text` from offset `start` on."""
    page = _Page(text, start)
    root = page.main()
    elements = Outliner(title).arrange(_Walker(page, root).elements)
    return Reading(tuple(elements), title=page.title(), language=page.language())


def html_elements(text: str, start: int) -> list[Element]:
    """The elements of a piece of HTML that stands at offset `start` of a Markdown source."""
    page = _Page(text, 0)
    page.base = start
    return _Walker(page, page.root).elements


@dataclass(slots=True, init=False)
class _Page:
    """A parsed page and the way back from its normalised text to the source."""

    text: str
    root: Any
    base: int
    _removed: list[int]
    """Offsets, in the text as parsed, before each of which one more character of the source was left out."""

    def __init__(self, text: str, start: int) -> None:
        self.base = start
        body = text[start:]
        if body.startswith("\ufeff"):
            body = body[1:]
            self.base += 1
        pieces: list[str] = []
        self._removed = []
        length = at = 0
        for match in re.finditer("\r\n", body):
            pieces.append(body[at : match.start()])
            length += match.start() - at
            self._removed.append(length)
            at = match.start() + 1
        pieces.append(body[at:])
        # NUL would be left out by the parser, and the offsets after it would shift.
        self.text = "".join(pieces).replace("\r", "\n").replace("\0", " ")
        self.root = JustHTML(self.text, track_node_locations=True, sanitize=False).root

    @property
    def shifts(self) -> bool:
        """Whether the text as parsed is shorter than the source."""
        return bool(self._removed)

    def offset(self, at: int) -> int:
        """The source offset of offset `at` of the text as parsed."""
        return self.base + at + bisect_right(self._removed, at)

    def title(self) -> str:
        for node in _nodes(self.root):
            if node.name == "title":
                return _site_cut("".join(str(child.data or "") for child in node.children or ()))
        return ""

    def language(self) -> str:
        for node in _nodes(self.root):
            if node.name == "html":
                declared = str(_attributes(node).get("lang") or "").strip()
                return declared if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", declared) else ""
        return ""

    def main(self) -> Any:
        """The element that holds the page's content."""
        sizes = _text_sizes(self.root)
        total = sizes[id(self.root)]
        best = self.root
        candidates = [
            node
            for node in _nodes(self.root)
            if node.name == "main" or _attributes(node).get("role") == "main" or node.name == "article"
        ]
        mains = [node for node in candidates if node.name != "article"]
        articles = [node for node in candidates if node.name == "article"]
        for chosen in (mains, articles if len(articles) == 1 else []):
            for node in chosen:
                if sizes[id(node)] >= _MAIN_SHARE * total:
                    best = node
                    break
            if best is not self.root:
                break
        return best


def _site_cut(title: str) -> str:
    """A page's <title> without the site's name after a separator."""
    folded = " ".join(title.split())
    parts = [part for part in re.split(r" [|–—·»] | - ", folded) if part]
    return max(parts[:2], key=len) if parts else ""


def _nodes(root: Any) -> Iterator[Any]:
    """The node and all below it, in document order, without recursion."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(getattr(node, "children", None) or ()))


def _text_sizes(root: Any) -> dict[int, int]:
    """Characters of shown text below each node, by id()."""
    sizes: dict[int, int] = {}
    order: list[tuple[Any, Any]] = []
    stack = [(root, None)]
    while stack:
        node, parent = stack.pop()
        order.append((node, parent))
        sizes[id(node)] = len(node.data.strip()) if node.name == "#text" and node.data else 0
        if node.name not in _SILENT:
            stack.extend((child, node) for child in getattr(node, "children", None) or ())
    for node, parent in reversed(order):
        if parent is not None:
            sizes[id(parent)] += sizes[id(node)]
    return sizes


_ENTITY = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,8}|[A-Za-z][A-Za-z0-9]{1,40});?")
_FOOTNOTE = re.compile(r"\[?\d{1,3}\]?|[*†‡§]")


@dataclass(slots=True)
class _List:
    """A list that is open while its nodes are walked."""

    ordered: bool
    number: int = 0
    paragraphs: int = 0
    """Paragraphs in the current item so far."""


class _Walker:
    """Turns nodes into elements: text collects until a block element begins or ends."""

    def __init__(self, page: _Page, main: Any) -> None:
        self.elements: list[Element] = []
        self._page = page
        self._main = main
        self._sizes = _text_sizes(page.root)
        self._builder = FlowBuilder()
        self._marks: list[tuple[MarkKind, int, str]] = []
        self._heading = -1
        """Level of the open heading: 0 for one without a level of its own, -1 for none."""
        self._lists: list[_List] = []
        self._quotes = 0
        self._attributions = 0
        self._reasons: list[DropReason] = []
        self._cells: list[Flow] | None = None
        self._term_at = -1
        """Position in the builder after "Term:", where a definition goes on; -1 where none is open."""
        self._breaks = 0
        """<br> since the last text."""
        self._end = 0
        """Source offset after the last text."""
        if main is not page.root:
            self._reasons.append("navigation")
        self._walk()
        self._flush()

    def _walk(self) -> None:
        stack: list[tuple[Any, Callable[[], object] | None]] = [(self._page.root, None)]
        while stack:
            node, leave = stack.pop()
            if leave is not None:
                leave()
                continue
            if node.name == "#text":
                self._text(node)
            elif node.name not in _SILENT and not self._is_hidden(node):
                leaves = self._enter(node)
                if leaves is None:
                    continue
                stack.extend((node, leave) for leave in leaves)
                stack.extend((child, None) for child in reversed(getattr(node, "children", None) or ()))

    # --- elements of the page ---

    def _enter(self, node: Any) -> list[Callable[[], object]] | None:
        """Begin a node; what to do at its end, the last first. None where nothing below it is to be read."""
        name = node.name
        leaves: list[Callable[[], object]] = []
        if node is self._main and self._reasons:
            self._flush()
            outside, self._reasons = self._reasons, []
            leaves.append(lambda: self._back_outside(outside))
        if self._reasons:  # what is left out is reported in one piece
            if name == "footer" and self._reasons[-1] != "site footer":
                self._flush()
                self._reasons.append("site footer")
                leaves.append(self._end_dropped)
            elif name not in _INLINE:
                self._space()
            return leaves
        reason = self._why_dropped(node)
        if reason is not None:
            if name not in _INLINE:
                self._flush()
                self._reasons.append(reason)
                return [self._end_dropped]
            self._drop_inline(node, reason)
            return None
        if name in _INLINE:
            return leaves + self._enter_inline(node)
        if name == "summary":
            self._border()
            self._heading = 0
            leaves.append(self._end_heading)
        elif name in _HEADINGS:
            self._border()
            self._heading = int(name[1])
            leaves.append(self._end_heading)
        elif name in ("ul", "ol"):
            self._border()
            self._lists.append(_List(name == "ol", _number(node, "start", 1) - 1))
            leaves.append(self._lists.pop)
        elif name == "li":
            self._border()
            if not self._lists:
                self._lists.append(_List(False))
                leaves.append(self._lists.pop)
            current = self._lists[-1]
            current.number = _number(node, "value", current.number + 1)
            current.paragraphs = 0
        elif name == "blockquote":
            self._border()
            self._quotes += 1
            leaves.append(self._end_quote)
        elif name in ("footer", "figcaption") and self._quotes:
            self._border()
            self._attributions += 1
            leaves.append(self._end_attribution)
        elif name == "figure" and any(child.name == "blockquote" for child in _nodes(node)):
            self._border()
            self._quotes += 1
            leaves.append(self._end_quote)
        elif name == "tr" and not self._in_layout(node):
            self._border()
            self._cells = []
            leaves.append(self._end_row)
        elif name in ("td", "th") and self._cells is not None:
            leaves.append(self._end_cell)
            return leaves
        elif name == "dt":
            self._flush()
            leaves.append(self._end_term)
            return leaves
        elif name == "dd" and self._term_at == self._builder.position:
            return [self._border]
        else:
            self._border()
        # Popped last to first: the text goes out before the state around it changes.
        return [*leaves, self._border]

    def _enter_inline(self, node: Any) -> list[Callable[[], object]]:
        name = node.name
        if name == "br":
            self._breaks += 1
            self._space()
        elif name == "wbr":
            pass
        elif name == "cite" and self._quotes and not self._attributions:
            if not self._builder or self._builder.last in ".!?…\"”’'»":
                self._flush()
                self._attributions += 1
                return [self._end_attribution, self._flush]
        elif name in _MARKS:
            self._marks.append((_MARKS[name], self._builder.position, ""))
            return [self._end_mark]
        elif name == "a":
            self._marks.append(("link", self._builder.position, safe_href(_attributes(node).get("href"))))
            return [self._end_mark]
        return []

    def _end_mark(self) -> None:
        kind, start, href = self._marks.pop()
        if kind != "link" or href:
            self._builder.mark(kind, start, href)

    def _end_heading(self) -> None:
        self._heading = -1

    def _end_quote(self) -> None:
        self._quotes -= 1

    def _end_attribution(self) -> None:
        self._attributions -= 1

    def _end_dropped(self) -> None:
        self._flush()
        self._reasons.pop()

    def _back_outside(self, reasons: list[DropReason]) -> None:
        self._flush()
        self._reasons = reasons

    def _end_term(self) -> None:
        if self._builder:
            if self._builder.last not in ":?!":
                self._builder.add_decoded(":", self._end, self._end)
            self._space()
            self._term_at = self._builder.position

    def _end_cell(self) -> None:
        flow = self._taken()
        if flow.text and self._cells is not None:
            self._cells.append(flow)

    def _end_row(self) -> None:
        cells, self._cells = self._cells or [], None
        row = join_cells(cells)
        if row is not None:
            self.elements.append(Element("item", row, depth=max(0, len(self._lists) - 1)))

    def _in_layout(self, row: Any) -> bool:
        """Whether the row's table arranges a page rather than data."""
        return any(
            node.name in _LAYOUT_SIGNS or (node.name == "#text" and len(node.data or "") > _LONGEST_CELL)
            for node in _nodes(row)
        )

    # --- what is left out ---

    def _is_hidden(self, node: Any) -> bool:
        attributes = _attributes(node)
        style = str(attributes.get("style") or "").replace(" ", "").casefold()
        return "hidden" in attributes or attributes.get("aria-hidden") == "true" or "display:none" in style

    def _why_dropped(self, node: Any) -> DropReason | None:
        name = node.name
        if name in ("html", "body", "main", "article", "#document") or name in _HEADINGS or node is self._main:
            return None
        attributes = _attributes(node)
        reason = _CHROME.get(name) or _CHROME_ROLES.get(str(attributes.get("role") or "").casefold())
        if name in ("footer", "figcaption") and self._quotes:
            return None
        if name == "button" and self._heading >= 0:
            return None  # the question of an accordion
        if name == "header" and any(child.name == "h1" for child in _nodes(node)):
            return None
        if (
            name == "sup"
            and _FOOTNOTE.fullmatch(_text_of(node).strip())
            and any(child.name == "a" for child in _nodes(node))
        ):
            return "references"
        if reason is None and (name not in _INLINE or name == "span"):
            for token in f"{attributes.get('class') or ''} {attributes.get('id') or ''}".split():
                match = _CHROME_CLASS.fullmatch(token)
                if match:
                    reason = _CLASS_REASONS.get(match["what"].casefold(), "navigation")
                    break
        if reason and self._sizes.get(id(node), 0) > _CHROME_SHARE * self._sizes[id(self._main)]:
            return None
        return reason

    def _drop_inline(self, node: Any, reason: DropReason) -> None:
        """Report a piece of a line that is no content, and read past it."""
        kept, self._builder = self._builder, FlowBuilder()
        for child in _nodes(node):
            if child.name == "#text":
                self._text(child)
        flow = self._builder.flow()
        self._builder = kept
        if flow.text:
            self.elements.append(Element("paragraph", flow, dropped=reason))

    # --- text ---

    def _text(self, node: Any) -> None:
        data = node.data or ""
        if not data:
            return
        if data.strip():
            self._line_break(data.lstrip())
            self._breaks = 0
        at = node.origin_offset
        if at is None:
            self._builder.add_decoded(data, self._end, self._end)
        else:
            self._add(data, at)

    def _line_break(self, text: str) -> None:
        """After <br>: a blank line or a line that visibly ends makes a new paragraph, anything else a space."""
        if not self._breaks or not self._builder or self._reasons or self._cells is not None:
            return
        if (
            self._breaks > 1
            or self._builder.last in '.!?:;…"”'
            or self._builder.is_strong()
            or _BULLET.match(text)
            or _ATTRIBUTION.match(text)
        ):
            self._flush()

    def _add(self, data: str, at: int) -> None:
        """Add a text node whose source begins at `at` of the parsed text, tracing entities."""
        source = self._page.text
        if source.startswith(data, at):
            self._add_literal(data, at)
            return
        index = 0
        while index < len(data):
            entity = _ENTITY.match(source, at)
            if entity:
                decoded = html.unescape(entity.group())
                if data.startswith(decoded, index):
                    self._builder.add_decoded(decoded, self._page.offset(at), self._page.offset(entity.end()))
                    index += len(decoded)
                    at = entity.end()
                    self._end = self._page.offset(at)
                    continue
            stop = source.find("&", at + 1)
            length = min((stop if stop >= 0 else len(source)) - at, len(data) - index)
            while length > 0 and not source.startswith(data[index : index + length], at):
                length //= 2
            if length > 0:
                self._add_literal(data[index : index + length], at)
                index += length
                at += length
                continue
            # Text that the parser moved (out of a table, say): look for it further on, or place it here.
            found = source.find(data[index : index + 12], at, at + _MOVED_REACH)
            if found > at:
                at = found
            else:
                self._builder.add_decoded(
                    data[index], self._page.offset(at), self._page.offset(min(at + 1, len(source)))
                )
                index += 1

    def _add_literal(self, text: str, at: int) -> None:
        self._end = self._page.offset(at + len(text))
        if not self._page.shifts:
            self._builder.add(text, self._page.base + at)
            return
        begin = 0
        for line in text.splitlines(keepends=True):
            self._builder.add(line, self._page.offset(at + begin))
            begin += len(line)

    def _space(self) -> None:
        self._builder.add_decoded(" ", self._end, self._end)

    def _border(self) -> None:
        """A block begins or ends here."""
        if self._cells is not None or (self._term_at >= 0 and self._term_at == self._builder.position):
            self._space()
        else:
            self._flush()

    def _taken(self) -> Flow:
        """The text collected so far; marks that are open go on in the next."""
        for kind, start, href in self._marks:
            if kind != "link" or href:
                self._builder.mark(kind, start, href)
        self._marks = [(kind, 0, href) for kind, _, href in self._marks]
        flow = self._builder.flow()
        self._builder = FlowBuilder()
        self._term_at = -1
        self._breaks = 0
        return flow

    def _flush(self) -> None:
        flow = self._taken()
        if not flow.text:
            return
        last = self.elements[-1].kind if self.elements and not self.elements[-1].dropped else ""
        if self._reasons:
            self.elements.append(Element("paragraph", flow, dropped=self._reasons[-1]))
        elif self._heading >= 0:
            self.elements.append(Element("heading", flow, level=self._heading))
        elif self._attributions:
            self.elements.append(Element("attribution", flow))
        elif self._lists:
            current = self._lists[-1]
            joined = current.paragraphs > 0 and last == "item"
            current.paragraphs += 1
            marker = f"{current.number}." if current.ordered else "-"
            self.elements.append(Element("item", flow, depth=len(self._lists) - 1, marker=marker, joined=joined))
        elif is_attribution(flow.text) and (self._quotes or last in ("quote", "paragraph")):
            self.elements.append(Element("attribution", flow))
        elif self._quotes:
            self.elements.append(Element("quote", flow))
        elif is_bold_line(flow):
            self.elements.append(Element("heading", without_colon(flow), level=0))
        else:
            bullet = _BULLET.match(flow.text)
            if bullet and bullet.end() < len(flow.text):
                self.elements.append(Element("item", flow.sliced(bullet.end(), len(flow.text))))
            else:
                self.elements.append(Element("paragraph", flow))


_MOVED_REACH = 10_000
"""How far ahead moved text is looked for, in characters; foster-parented text stands within its table."""
_LAYOUT_SIGNS = _HEADINGS | {"ul", "ol", "table", "blockquote", "article", "section"}
_LONGEST_CELL = 400
"""Characters of one text in a table cell, above which the table arranges the page."""


def _text_of(node: Any) -> str:
    return "".join(child.data or "" for child in _nodes(node) if child.name == "#text")


def _attributes(node: Any) -> dict[str, Any]:
    return getattr(node, "attrs", None) or {}


def _number(node: Any, attribute: str, fallback: int) -> int:
    value = str(_attributes(node).get(attribute) or "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else fallback
