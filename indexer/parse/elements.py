"""What the three front ends hand on: the text's elements in order, before sections are made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from indexer.model import DropReason
from indexer.parse.flow import Flow

ElementKind = Literal["heading", "paragraph", "item", "quote", "attribution"]


@dataclass(frozen=True, slots=True)
class Element:
    """A heading, paragraph, list item, quotation or attribution line as a front end saw it. Its flow is not empty."""

    kind: ElementKind
    flow: Flow
    level: int = 0
    """Of a heading, 1 for the outermost; gaps do not matter."""
    depth: int = 0
    """Of an item."""
    marker: str = "-"
    """Of an item."""
    dropped: DropReason | None = None
    """Set by a front end that knows the element to be no content (a page's navigation)."""
    joined: bool = False
    """An item that goes on in the same item as the element before it (a second paragraph of a list item)."""

    @property
    def text(self) -> str:
        return self.flow.text


@dataclass(frozen=True, slots=True)
class Reading:
    """What a front end found: elements in order, and what the file says of itself outside its text."""

    elements: tuple[Element, ...]
    title: str = ""
    """From the file's own title field (HTML <title>), a last resort."""
    language: str = ""
    """BCP 47, where the file declares it."""
