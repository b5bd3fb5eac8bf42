"""Credit lines: who wrote a text, under which licence, and where it came from, in three notations."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from corpus import License, Source

UNKNOWN_LICENSE = License("LicenseRef-unknown", "Unknown licence", "")
"""Stands in for a text that says nothing of its licence, e.g. a scraped one. Its URL is empty."""

_MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~])")


@dataclass(frozen=True, slots=True)
class Credit:
    """One credit line in plain text, HTML and Markdown; the latter two are escaped and safe to show."""

    text: str
    html: str
    markdown: str


def credit(source: Source, title: str, *, excerpt: bool) -> Credit:
    """Title, authors, source and licence of a text (Creative Commons' TASL order); `excerpt` for a part of it."""
    licence = source.license or UNKNOWN_LICENSE
    return Credit(
        *(_line(source, title, licence, notation, excerpt=excerpt) for notation in (_Plain(), _Html(), _Markdown()))
    )


class _Plain:
    def escape(self, text: str) -> str:
        return text

    def link(self, text: str, url: str) -> str:
        return f"{text}, {url}"


class _Html(_Plain):
    def escape(self, text: str) -> str:
        return html.escape(text)

    def link(self, text: str, url: str) -> str:
        return f'<a href="{html.escape(url)}">{html.escape(text)}</a>'


class _Markdown(_Plain):
    def escape(self, text: str) -> str:
        return _MARKDOWN_SPECIAL.sub(r"\\\1", text)

    def link(self, text: str, url: str) -> str:
        return f"[{self.escape(text)}](<{url}>)"


def _line(source: Source, title: str, licence: License, notation: _Plain, *, excerpt: bool) -> str:
    quoted = f"“{notation.escape(title)}”"
    authors = f" by {notation.escape(', '.join(source.authors))}" if source.authors else ""
    origin = f" Source: {_linked(notation, _host(source.source_url), source.source_url)}." if source.source_url else ""
    terms = f"Licence: {_linked(notation, licence.name, licence.url)}."
    if licence is UNKNOWN_LICENSE:
        terms = "Licence not stated; ask the author before reuse."
    return f"{'Excerpt from ' if excerpt else ''}{quoted}{authors}.{origin} {terms}"


def _linked(notation: _Plain, text: str, url: str) -> str:
    if not re.match(r"https?://[^\s<>\"]+$", url):
        return notation.escape(text)
    return notation.link(text, url)


def _host(url: str) -> str:
    return re.sub(r"^\w+://([^/?#]*).*$", r"\1", url, flags=re.DOTALL)
