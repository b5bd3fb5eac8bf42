"""The names in an index folder: which generations there are and which one is current."""

from __future__ import annotations

import re
from pathlib import Path

from indexer.engines.whoosh.manifest import sync

CURRENT = "CURRENT"
LOCK = "BUILD.lock"
TEMPORARY = "tmp-"
"""Begins the name of a folder that a build has not finished, or that is being removed."""

_NAME = re.compile(r"g-(\d{8,})")


def generation_name(number: int) -> str:
    return f"g-{number:08d}"


def generation_number(name: str) -> int | None:
    """The number of a generation's folder; None for any other name."""
    match = _NAME.fullmatch(name)
    return int(match.group(1)) if match else None


def generations(root: Path) -> list[str]:
    """All finished generations, newest first, whether intact or not."""
    try:
        names = [path.name for path in root.iterdir()]
    except OSError:
        return []
    numbered = [(number, name) for name in names if (number := generation_number(name)) is not None]
    return [name for _, name in sorted(numbered, reverse=True)]


def read_current(root: Path) -> str | None:
    """The generation that CURRENT names; None where it is missing or names none."""
    try:
        name = (root / CURRENT).read_bytes()[:64].decode("ascii").strip()
    except (OSError, ValueError):
        return None
    return name if generation_number(name) is not None else None


def write_current(root: Path, name: str) -> None:
    """Switches to a generation in one atomic step that survives a loss of power."""
    fresh = root / f"{TEMPORARY}current"
    fresh.write_text(name + "\n", encoding="ascii")
    sync(fresh)
    fresh.replace(root / CURRENT)
    sync(root)
