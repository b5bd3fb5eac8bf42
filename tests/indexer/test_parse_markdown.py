"""Markdown: structure, inline markup and offsets."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus import Source
from indexer.model import Document, Sentence
from indexer.parse import parse


def read(text: str, **fields: object) -> Document:
    return parse(Source(id="t", path=Path("t.md"), media_type="text/markdown", text=text, **fields))  # type: ignore[arg-type]


def sentences(document: Document) -> list[Sentence]:
    return [sentence for section in document.sections for block in section.blocks for sentence in block.sentences]


def blocks(document: Document) -> list[tuple[str, str]]:
    return [
        (block.kind, " ".join(sentence.text for sentence in block.sentences))
        for section in document.sections
        for block in section.blocks
    ]


TEXT = """\
---
id: x
---
# A quiet week

First *it* fades, then [it](https://x.example/p_(1)) goes. Second \\*thing\\* &amp; `code`
goes on here.

## Signs

These come first:

- **Fog:** Thoughts are slow.
  They stay so.
- Noise
  1. loud
  2. louder

### In the body

> A stone in water.
> — Somebody

| Sign | Meaning |
|------|---------|
| Flat | No *joy* |

<p>Raw <b>markup</b> stands here.</p>

**Helpful things**

Rest is one.

## Empty
"""


def test_reads_structure() -> None:
    document = read(TEXT, body_start=TEXT.index("# A quiet"))
    assert document.title == "A quiet week"
    assert [section.heading_path for section in document.sections] == [
        (),
        ("Signs",),
        ("Signs", "In the body"),
        ("Signs", "In the body", "Helpful things"),
    ]
    assert blocks(document) == [
        ("paragraph", "First it fades, then it goes. Second *thing* & code goes on here."),
        ("paragraph", "These come first:"),
        ("item", "Fog: Thoughts are slow. They stay so."),
        ("item", "Noise"),
        ("item", "loud"),
        ("item", "louder"),
        ("quote", "A stone in water. — Somebody"),
        ("item", "Sign: Meaning"),
        ("item", "Flat: No joy"),
        ("paragraph", "Raw markup stands here."),
        ("paragraph", "Rest is one."),
    ]
    assert [(item.reason, item.text) for item in document.dropped] == [("empty heading", "Empty")]


def test_offsets_count_from_the_start_of_the_file() -> None:
    raw = {
        sentence.text: TEXT[sentence.span.start : sentence.span.end]
        for sentence in sentences(read(TEXT, body_start=TEXT.index("# A quiet")))
    }
    assert raw["First it fades, then it goes."] == "First *it* fades, then [it](https://x.example/p_(1)) goes."
    assert raw["Second *thing* & code goes on here."] == "Second \\*thing\\* &amp; `code`\ngoes on here."
    assert raw["They stay so."] == "They stay so."
    assert raw["— Somebody"] == "— Somebody"
    assert raw["Flat: No joy"] == "Flat | No *joy"
    assert raw["Raw markup stands here."] == "Raw <b>markup</b> stands here."


def test_keeps_inline_markup_that_is_safe() -> None:
    markdown = [sentence.markdown for sentence in sentences(read(TEXT, body_start=TEXT.index("# A quiet")))]
    assert markdown[0] == "First *it* fades, then it goes."  # an address with brackets is not kept
    assert markdown[1] == "Second \\*thing\\* & `code` goes on here."
    assert "**Fog:** Thoughts are slow." in markdown


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_offsets_survive_other_line_ends(newline: str) -> None:
    text = TEXT.replace("\n", newline)
    for sentence in sentences(read(text, body_start=text.index("# A quiet"))):
        words = [word.strip(".,*:") for word in sentence.text.split()]
        assert text[sentence.span.start :].lstrip("*[").startswith(words[0][:3])


def test_raw_html_in_a_line_is_left_out_of_text_and_markdown() -> None:
    document = read("Some <span onclick='x()'>feelings</span> fade.<br>Others stay.\n\n<script>bad()</script>\n")
    assert blocks(document) == [("paragraph", "Some feelings fade. Others stay.")]
    assert all("<" not in sentence.markdown for sentence in sentences(document))


def test_the_copy_of_the_title_is_dropped() -> None:
    document = read("# One title\n\nText is here.\n", title="One title")
    assert [(item.reason, item.text) for item in document.dropped] == [("repeated title", "One title")]
    assert [section.heading_path for section in document.sections] == [()]
