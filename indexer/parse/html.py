"""Reads HTML: the main content of a page, tracing each character back to the source."""

from __future__ import annotations

from indexer.parse.elements import Element, Reading


def read_html(text: str, start: int) -> Reading:
    """The elements of the HTML page or fragment in `text` from offset `start` on."""
    return Reading(())


def html_elements(text: str, start: int) -> list[Element]:
    """The elements of a piece of HTML that stands at offset `start` of a Markdown source."""
    return []
