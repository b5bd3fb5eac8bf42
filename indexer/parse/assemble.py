"""Makes a document of elements: sections under heading paths, blocks of sentences, and a list of what was left out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from corpus import Source
from indexer.model import Block, Document, Dropped, DropReason, Section, Span
from indexer.parse import boilerplate
from indexer.parse.elements import Element, Reading
from indexer.parse.flow import Flow
from indexer.parse.headings import fold_heading, label_of

_LIST_WORDS = re.compile(
    r"\b(?:follow|following|below|includes?|including|here are|such as|these|ways|signs|symptoms)\b", re.IGNORECASE
)


def assemble(source: Source, reading: Reading) -> Document:
    """The document that a front end's elements make."""
    elements = _boilerplate_marked(list(reading.elements))
    title, elements = _title_taken(source, reading, elements)
    elements = _references_marked(_footers_marked(elements))
    assembly = _Assembly()
    for element in elements:
        assembly.add(element)
    sections = assembly.sections()
    return Document(
        source=source,
        title=title or _title_from_text(source, sections),
        sections=sections,
        dropped=tuple(sorted(assembly.dropped, key=lambda dropped: dropped.span)),
        language=reading.language,
    )


# --- what is no content -------------------------------------------------------------------------------------


def _boilerplate_marked(elements: list[Element]) -> list[Element]:
    marked: list[Element] = []
    content = [index for index, element in enumerate(elements) if not element.dropped]
    edges = set(content[:_TOP] + content[-_BOTTOM:])
    for index, element in enumerate(elements):
        dropped = element.dropped
        if dropped is None and element.kind in ("paragraph", "heading", "attribution"):
            dropped = boilerplate.why_dropped(element.text)
            if dropped is None and index in edges and boilerplate.is_byline_near_an_end(element.text):
                dropped = "byline"
        marked.append(replace(element, dropped=dropped))
    return _link_lists_marked(marked)


_TOP, _BOTTOM = 6, 3
"""Where a bare name after "By" is a byline: among so many first and last elements."""


def _link_lists_marked(elements: list[Element]) -> list[Element]:
    """Drop the headlines of other pages that follow "Related stories": short elements without a full stop."""
    marked: list[Element] = []
    links = False
    for index, element in enumerate(elements):
        if element.dropped == "navigation":
            links = links or boilerplate.announces_links(element.text)
        elif element.dropped is None and links:
            headline = len(element.text.split()) <= 20 and element.text[-1] not in ".:"
            before_prose = element.kind == "heading" and _opens_section(elements, index)
            if headline and not before_prose:
                element = replace(element, dropped="navigation")
            else:
                links = False
        marked.append(element)
    return marked


def _opens_section(elements: list[Element], index: int) -> bool:
    for element in elements[index + 1 :]:
        if element.dropped is None:
            return element.kind != "heading" and len(element.text.split()) > 20
    return False


def _footers_marked(elements: list[Element]) -> list[Element]:
    """Drop site footers that only footers follow."""
    marked = list(elements)
    for index in range(len(marked) - 1, -1, -1):
        element = marked[index]
        if element.dropped:
            continue
        if not boilerplate.is_footer_at_end(element.text):
            break
        marked[index] = replace(element, dropped="site footer")
    return marked


def _references_marked(elements: list[Element]) -> list[Element]:
    """Drop lists of works: they are for the page's footnotes, and no passage to show."""
    marked = list(elements)
    for index, element in enumerate(elements):
        if element.dropped or not boilerplate.is_reference_heading(element.text) or len(element.text) > 60:
            continue
        end = index + 1
        while end < len(elements) and elements[end].kind != "heading":
            end += 1
        works = [at for at in range(index + 1, end) if not elements[at].dropped]
        if works and 2 * sum(boilerplate.is_citation(elements[at].text) for at in works) >= len(works):
            for at in (index, *works):
                marked[at] = replace(elements[at], dropped="references")
    return marked


# --- the title ------------------------------------------------------------------------------------------------


def _title_taken(source: Source, reading: Reading, elements: list[Element]) -> tuple[str, list[Element]]:
    """The title, and the elements with the heading that carries it marked as taken."""
    headings = [index for index, element in enumerate(elements) if element.kind == "heading" and not element.dropped]
    given = source.title or ""
    title, taken = given, -1
    if not given and headings:
        outermost = min(elements[index].level for index in headings)
        top = [index for index in headings if elements[index].level == outermost]
        first_content = next(index for index, element in enumerate(elements) if not element.dropped)
        same = {fold_heading(elements[index].text) for index in top}
        if (len(same) == 1 and (outermost == 1 or top[0] == first_content)) or (
            top[0] == first_content
            and outermost == 1
            and top[1:2] == headings[1:2]
            and headings[1] == first_content + 1
        ):
            taken = top[0]
            title = elements[taken].text
    title = title or reading.title
    if not title:
        return "", elements
    marked = list(elements)
    wanted = fold_heading(title)
    for index, element in enumerate(elements):
        if element.dropped or fold_heading(element.text) != wanted or len(element.text) > 300:
            continue
        if index == taken:
            marked[index] = replace(element, kind="heading", level=-1)
        elif element.kind in ("heading", "paragraph"):
            marked[index] = replace(element, dropped="repeated title")
    return title, marked


_DEFINES = re.compile(
    r"(?P<term>[^\W_][\w’'-]{0,30}(?: [^\W_][\w’'-]{0,30}){0,5}?)(?:, [^,]{1,60},)? "
    r"(?:is|are|refers? to|means?|describes?|can be|may be|happens?|occurs?|affects?)\b"
)
_TITLE_LENGTH = 70
_FIRST_READ = 250
"""Characters: a definition comes first or not at all."""


def _title_from_text(source: Source, sections: tuple[Section, ...]) -> str:
    """A title for a text that has none: what its first sentence defines, or how that sentence begins."""
    first = next((block.sentences[0].text for section in sections for block in section.blocks), "")
    if not first:
        return source.id
    defined = _DEFINES.match(first[:_FIRST_READ])
    if defined and defined["term"].casefold() not in {
        "it",
        "this",
        "there",
        "that",
        "you",
        "we",
        "they",
        "these",
        "what",
    }:
        return defined["term"]
    if len(first) <= _TITLE_LENGTH:
        return first.rstrip(".")
    return first[:_TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(" ,;:—–-") + "…"


# --- sections -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Open:
    """A section under construction."""

    path: tuple[str, ...] = ()
    level: int = 0
    heading: Flow | None = None
    elements: list[Element] = field(default_factory=list)


class _Assembly:
    def __init__(self) -> None:
        self._parts: list[_Open] = [_Open()]
        self._stack: list[tuple[int, str]] = []
        self.dropped: list[Dropped] = []

    def add(self, element: Element) -> None:
        if element.dropped:
            self.drop(element.flow, element.dropped)
        elif element.kind != "heading":
            self._parts[-1].elements.append(element)
        elif element.level >= 0:  # the heading that was taken as the title has level -1
            while self._stack and self._stack[-1][0] >= element.level:
                self._stack.pop()
            self._stack.append((element.level, element.text))
            path = tuple(text for _, text in self._stack)
            self._parts.append(_Open(path, len(path), element.flow))

    def drop(self, flow: Flow, reason: DropReason) -> None:
        self.dropped.append(Dropped(flow.text, reason, flow.span))

    def sections(self) -> tuple[Section, ...]:
        """The sections; headings with nothing beneath them, at any depth, are dropped."""
        kept: list[Section] = []
        level_with_content = 0  # of the section after this one, seen from the end
        for part in reversed(self._parts):
            if not part.elements and part.level >= level_with_content:
                if part.heading is not None:
                    self.drop(part.heading, "empty heading")
                continue
            level_with_content = part.level
            if part.elements or part.heading is not None:
                heading_span = part.heading.span if part.heading is not None else None
                kept.append(Section(part.path, part.level, heading_span, tuple(self._blocks(part.elements))))
        return tuple(reversed(kept))

    def _blocks(self, elements: list[Element]) -> Iterable[Block]:
        index = 0
        while index < len(elements):
            element = elements[index]
            together = [element]
            while index + len(together) < len(elements) and _goes_with(together, elements[index + len(together)]):
                together.append(elements[index + len(together)])
            index += len(together)
            following = elements[index] if index < len(elements) else None
            yield self._block(together, following)

    def _block(self, together: list[Element], following: Element | None) -> Block:
        first = together[0]
        sentences = tuple(sentence for element in together for sentence in element.flow.sentences())
        quoted = first.kind in ("quote", "attribution") or together[-1].kind == "attribution"
        block = Block(
            kind="quote" if quoted else "item" if first.kind == "item" else "paragraph",
            sentences=sentences,
            span=Span(sentences[0].span.start, sentences[-1].span.end),
            introduces_list=_introduces(together[-1], following),
            depth=first.depth,
            marker=first.marker,
            label=label_of(first.text),
        )
        if (
            together[-1].text.endswith(":")
            and not block.introduces_list
            and not _is_announced(following)
            and not quoted
        ):
            last = sentences[-1]
            end = following.flow.span.start if following is not None else last.span.end
            self.dropped.append(Dropped(last.text, "lost list", Span(last.span.end, max(last.span.end, end))))
        return block


def _goes_with(together: list[Element], element: Element) -> bool:
    """Whether an element belongs to the same block as those before it."""
    if element.joined:
        return together[-1].kind == element.kind == "item"
    if element.kind == "attribution":
        return together[-1].kind in ("paragraph", "quote")
    return element.kind == "quote" and together[-1].kind == "quote"


def _introduces(element: Element, following: Element | None) -> bool:
    """Whether an element's last sentence introduces a list that follows: of items, or of labelled paragraphs."""
    if following is None or element.kind == "attribution":
        return False
    open_end = element.text.endswith(":")
    if following.kind == "item":
        if element.kind == "item":
            return open_end and following.depth > element.depth
        return open_end or element.text[-1].isalnum() or bool(_LIST_WORDS.search(element.text[-200:]))
    return open_end and element.kind != "item" and following.kind == "paragraph" and bool(label_of(following.text))


def _is_announced(following: Element | None) -> bool:
    """Whether what follows a colon is what the colon announced: a quotation or an aside."""
    return following is not None and (following.kind == "quote" or following.text[0] in "\"“‘«'")
