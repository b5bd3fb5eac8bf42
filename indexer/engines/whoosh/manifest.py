"""Seals a generation's files and tells whether they are still as they were written."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

MANIFEST = "MANIFEST.json"
LEASE = "LEASE"
"""An empty file that readers hold a shared lock on; a generation is removed only when nobody does."""
FORMAT = 1
"""Layout of a generation on disk; a generation of another format is not opened."""


class Damaged(Exception):
    """A generation is not what its manifest says, or not of this format; the message says what is wrong."""


def seal(folder: Path) -> None:
    """Writes the manifest of all files under `folder`, then forces every file and folder to the disk."""
    files = {name: _fingerprint(folder / name) for name in _names(folder)}
    (folder / LEASE).touch()
    (folder / MANIFEST).write_bytes(_render({"format": FORMAT, "files": files}))
    for path in sorted(folder.rglob("*")):
        sync(path)
    sync(folder)


def verify(folder: Path) -> None:
    """Reads every file and compares. Raises Damaged.

    Nothing that Whoosh would unpickle may be opened before this has passed, and a file that the manifest does
    not list is as bad as one that has changed, because Whoosh opens what it finds by name.
    """
    try:
        raw = (folder / MANIFEST).read_bytes()
        manifest = json.loads(raw)
        content = {"format": manifest["format"], "files": manifest["files"]}
        intact = raw == _render(content)
        files: dict[str, Any] = dict(manifest["files"])
    except OSError as error:
        raise Damaged(f"{folder.name}: the manifest cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged(f"{folder.name}: the manifest is damaged") from error
    if not intact:
        raise Damaged(f"{folder.name}: the manifest is damaged")
    if manifest["format"] != FORMAT:
        raise Damaged(f"{folder.name}: written by another version of Thaw (format {manifest['format']})")
    try:
        if sorted(files) != _names(folder):
            raise Damaged(f"{folder.name}: files are missing or were added")
        for name, expected in files.items():
            if _fingerprint(folder / name) != expected:
                raise Damaged(f"{folder.name}: '{name}' is damaged")
    except OSError as error:
        raise Damaged(f"{folder.name}: {error.strerror}") from error


def sync(path: Path) -> None:
    """Forces a file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _names(folder: Path) -> list[str]:
    """All files below `folder` that the manifest covers, as relative POSIX paths in order."""
    paths = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    return sorted(paths - {MANIFEST, LEASE})


def _fingerprint(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "size": path.stat().st_size}


def _render(content: dict[str, Any]) -> bytes:
    """The manifest's bytes; it carries a digest of itself, since it guards all the others."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return json.dumps({**content, "sha256": digest}, indent=1, sort_keys=True).encode() + b"\n"
