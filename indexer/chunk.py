"""Cuts a document into passages: runs of whole sentences that answer one question each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexer.model import Block, Document, Passage, Section, Sentence, Span
from indexer.readability import reading_grade
from indexer.text import tokenize

MIN_WORDS = 40
MAX_WORDS = 160
"""The size of a passage that callers are promised where the text allows it."""

# The borders of a section are chosen together, so that their cost is least (dynamic programming). One unit of cost
# is what a passage of 40 words costs for being short. Costs were set by reading every passage of two scraped
# articles (7,500 words) and judging which borders an editor would move.
_GOOD_FROM, _GOOD_TO = 80, 120
"""Words a passage costs nothing between. Neighbours of 60 words or less are merged up to here."""
_SHORT_COST, _TINY_COST = 1.0, 8.0
"""At 40 words, and on top of that at 0 words."""
_LONG_COST = 1.5
"""At 160 words."""
_BALANCE_COST = 0.2
"""Per squared share off 100 words: parts of a long paragraph come out alike."""

_WITHIN_PARAGRAPH = 5.0
"""A paragraph is cut only when it does not fit, or to save a remainder of a few words."""
_WITHIN_WHOLE = 60.0
"""Items, labelled items and quotations are cut only when one alone does not fit."""
_AFTER_INTRODUCTION = 30.0
"""Between "…may show it as:" and the first item."""
_BETWEEN_ITEMS = 6.0
_BEFORE_NESTED_ITEM = 8.0
_BEFORE_ANAPHORA = 0.6
"""A block that begins with "This …" or "However" leans on the one before it."""
_AROUND_QUOTATION = 0.8
_BETWEEN_LABELLED = -4.5
"""Labelled items that can stand alone ("Burnout: …", "Grief: …") are different answers: better found one by one."""
_LABELLED_ALONE_WORDS = 35

_ANAPHORA = re.compile(
    r"(?:this|these|those|that|such|it|they|however|but|instead|in other cases|in that|in these|in this|"
    r"other times|for others|"
    r"what[’']s more|also|in addition|as a result|therefore|still|yet|by contrast|similarly|both)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence in its block."""

    sentence: Sentence
    block: int
    words: int
    """At least 1, so that a passage cannot grow without end on sentences of symbols."""
    border: float
    """What a border before it costs."""


def chunk(document: Document) -> Iterator[Passage]:
    """The document's passages in order, untagged.

    Every sentence of every block is in exactly one passage. A passage never crosses a heading; it has 40 to 160
    words unless its section is shorter, or it is one sentence that is longer.
    """
    position = 0
    for section in document.sections:
        for first, last in _cuts(section):
            yield _passage(document, section, first, last, position)
            position += 1


# --- where to cut -------------------------------------------------------------------------------------------


_Place = tuple[int, int]
"""A sentence of a section: index of its block, index in the block."""


def _cuts(section: Section) -> Iterator[tuple[_Place, _Place]]:
    """The section's passages as (place of the first sentence, place of the last)."""
    pieces = _pieces(section.blocks)
    places = [
        (block_index, index)
        for block_index, block in enumerate(section.blocks)
        for index in range(len(block.sentences))
    ]
    for start, end in _cheapest([piece.words for piece in pieces], [piece.border for piece in pieces]):
        yield places[start], places[end - 1]


def _pieces(blocks: Sequence[Block]) -> list[_Piece]:
    words = [[max(1, _count_words(sentence.text)) for sentence in block.sentences] for block in blocks]
    pieces = []
    for index, block in enumerate(blocks):
        inside = _WITHIN_PARAGRAPH if block.kind == "paragraph" and not block.label else _WITHIN_WHOLE
        for number, sentence in enumerate(block.sentences):
            border = inside if number else _border(blocks, words, index)
            pieces.append(_Piece(sentence, index, words[index][number], border))
    return pieces


def _border(blocks: Sequence[Block], words: Sequence[Sequence[int]], index: int) -> float:
    """What a border before block `index` costs."""
    if index == 0:
        return 0.0
    before, block = blocks[index - 1], blocks[index]
    if before.introduces_list:
        return _AFTER_INTRODUCTION
    if before.kind == "item" and block.kind == "item":
        alone = _labelled_alone(before, words[index - 1]) and _labelled_alone(block, words[index])
        if block.depth > before.depth:
            return _BEFORE_NESTED_ITEM
        return _BETWEEN_LABELLED if alone else _BETWEEN_ITEMS
    if _labelled_alone(before, words[index - 1]) and _labelled_alone(block, words[index]):
        return _BETWEEN_LABELLED
    cost = 0.0
    if "quote" in (before.kind, block.kind):
        cost += _AROUND_QUOTATION
    if _ANAPHORA.match(block.sentences[0].text):
        cost += _BEFORE_ANAPHORA
    return cost


def _labelled_alone(block: Block, words: Sequence[int]) -> bool:
    return bool(block.label) and sum(words) >= _LABELLED_ALONE_WORDS


def _cheapest(words: Sequence[int], borders: Sequence[float]) -> list[tuple[int, int]]:
    """The split of sentences into runs [start, end) that costs least; at worst sentences x MAX_WORDS steps."""
    count = len(words)
    best = [0.0] * (count + 1)
    cut_at = [0] * (count + 1)
    for end in range(1, count + 1):
        best[end] = float("inf")
        total = 0
        for start in range(end - 1, -1, -1):
            total += words[start]
            if total > MAX_WORDS and start < end - 1:
                break
            cost = best[start] + _size_cost(total) + (borders[start] if start else 0.0)
            if cost < best[end]:
                best[end], cut_at[end] = cost, start
    cuts = []
    end = count
    while end:
        cuts.append((cut_at[end], end))
        end = cut_at[end]
    return cuts[::-1]


def _size_cost(words: int) -> float:
    cost = _BALANCE_COST * ((words - 100) / 100) ** 2
    if words < _GOOD_FROM:
        cost += _SHORT_COST * (_GOOD_FROM - words) / (_GOOD_FROM - MIN_WORDS)
    if words < MIN_WORDS:
        cost += _TINY_COST * (MIN_WORDS - words) / MIN_WORDS
    if words > _GOOD_TO:
        cost += _LONG_COST * (words - _GOOD_TO) / (MAX_WORDS - _GOOD_TO)
    return cost


# --- what it looks like -----------------------------------------------------------------------------------------


def _passage(document: Document, section: Section, first: _Place, last: _Place, position: int) -> Passage:
    text: list[str] = []
    markdown: list[str] = []
    spans: list[Span] = []
    length = 0
    previous: Block | None = None
    depths: list[int] = []
    sentences: list[Sentence] = []
    for index in range(first[0], last[0] + 1):
        block = section.blocks[index]
        begin = first[1] if index == first[0] else 0
        end = last[1] + 1 if index == last[0] else len(block.sentences)
        shown = block.sentences[begin:end]
        in_list = block.kind == "item" and previous is not None and previous.kind == "item"
        if previous is not None:
            joint = "\n" if in_list else "\n\n"
            text.append(joint)
            markdown.append(joint)
            length += len(joint)
        if not in_list:
            depths = []
        depth = _nesting(depths, block.depth) if block.kind == "item" else 0
        if block.kind == "item" and begin == 0:
            lead = "  " * depth + block.marker + " "
            text.append(lead)
            length += len(lead)
        for number, sentence in enumerate(shown):
            if number:
                text.append(" ")
                length += 1
            text.append(sentence.text)
            spans.append(Span(length, length + len(sentence.text)))
            length += len(sentence.text)
        markdown.append(_block_markdown(block, shown, depth, whole_start=begin == 0))
        sentences.extend(shown)
        previous = block
    shown_text = "".join(text)
    return Passage(
        document_id=document.source.id,
        heading_path=section.heading_path,
        position=position,
        text=shown_text,
        markdown="".join(markdown),
        source_span=Span(
            min(sentence.span.start for sentence in sentences), max(sentence.span.end for sentence in sentences)
        ),
        sentence_spans=tuple(spans),
        language=document.language or document.source.language,
        word_count=_count_words(shown_text),
        reading_grade=reading_grade(shown_text, len(spans)),
        advisories=document.source.advisories,
    )


def _nesting(depths: list[int], depth: int) -> int:
    """How deep an item stands among those shown with it; `depths` are those that are open, changed in place."""
    while depths and depths[-1] > depth:
        depths.pop()
    if not depths or depths[-1] < depth:
        depths.append(depth)
    return len(depths) - 1


def _block_markdown(block: Block, sentences: Sequence[Sentence], depth: int, whole_start: bool) -> str:
    line = " ".join(sentence.markdown for sentence in sentences)
    if block.kind == "item" and whole_start:
        return "    " * depth + block.marker + " " + line
    if block.kind == "quote":
        return "> " + line
    return line


def _count_words(text: str) -> int:
    return sum(1 for _ in tokenize(text))
