"""What single lines say by their look: attributions, bold headings, rows of cells. Shared by the front ends."""

from __future__ import annotations

import re

from indexer.parse.flow import Flow, FlowBuilder


def join_cells(cells: list[Flow]) -> Flow | None:
    """A table row as one line: "first: second; third", so that it reads like a labelled item."""
    filled = [cell for cell in cells if cell.text]
    if not filled:
        return None
    builder = FlowBuilder()
    for index, cell in enumerate(filled):
        if index:
            end = filled[index - 1].ends[-1]
            last = filled[index - 1].text[-1]
            glue = " " if last in ".:;!?" else ": " if index == 1 else "; "
            builder.add_decoded(glue, end, end)
        builder.add_flow(cell)
    return builder.flow()


_ATTRIBUTION = re.compile(r"(?:[—―–⸺]|--)\s*[^\W\d_]")


def is_attribution(text: str) -> bool:
    return bool(_ATTRIBUTION.match(text)) and len(text.split()) <= 14 and not text.endswith(":")


def is_bold_line(flow: Flow) -> bool:
    """Whether a paragraph is bold from end to end, and so a heading in all but name."""
    text = flow.text.rstrip(":")
    return (
        any(mark.kind == "strong" and mark.start == 0 and mark.end >= len(text) for mark in flow.marks)
        and len(text.split()) <= 14
        and text[-1:] not in (".", ",", "")
    )


def without_colon(flow: Flow) -> Flow:
    stripped = flow.text.rstrip(": ")
    return flow.sliced(0, len(stripped)) if stripped else flow
