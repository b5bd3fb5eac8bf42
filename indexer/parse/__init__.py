"""Reads a source's body, whatever its format, into a document of sections, blocks and sentences."""

from __future__ import annotations

from corpus import Source
from indexer.model import Document
from indexer.parse.assemble import assemble
from indexer.parse.html import read_html
from indexer.parse.markdown import read_markdown
from indexer.parse.plain import read_plain

_READERS = {"text/markdown": read_markdown, "text/html": read_html, "text/plain": read_plain}


def parse(source: Source) -> Document:
    """The document in `source.text` from `source.body_start` on.

    Never fails: a body without content gives a document without sections. Every sentence of the body is in
    exactly one block, a heading or the title, or is reported in `dropped`.
    """
    return assemble(source, _READERS[source.media_type](source.text, source.body_start, source.title or ""))


__all__ = ["parse"]
