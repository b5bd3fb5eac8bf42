"""Opens the corpus's files: as UTF-8 text of a bounded size, or with a fault that says what they are instead."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from corpus.errors import Fault

ID_PATTERN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_ID_LENGTH = 64
ID_REMEDY = f"Use lower-case letters, digits and single hyphens, at most {MAX_ID_LENGTH} characters: `feeling-numb`."

_MAGIC = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP or Office document"),
    (b"\x89PNG", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"{\\rtf", "a Rich Text document"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)


def is_id(text: str) -> bool:
    """Whether a text may be the id of a document or a topic."""
    return len(text) <= MAX_ID_LENGTH and ID_PATTERN.fullmatch(text) is not None


def read_text(path: Path, max_bytes: int, faults: list[Fault]) -> str | None:
    """The file decoded as UTF-8, no byte order mark, line ends untouched; None, with a fault, if it is not text."""
    data = _read_bytes(path, max_bytes, faults)
    if data is None:
        return None
    for magic, name in _MAGIC:
        if data.startswith(magic):
            faults.append(Fault(path, f"this is {name}, not UTF-8 text.", _TEXT_REMEDY))
            return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        bom = 3 if data.startswith(b"\xef\xbb\xbf") else 0
        offset = error.start + bom
        line = data.count(b"\n", 0, offset) + 1
        message = f"this is not UTF-8: byte 0x{data[offset]:02x} at offset {offset} cannot be read."
        faults.append(Fault(path, message, _TEXT_REMEDY, line))
        return None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        faults.append(Fault(path, "this is a binary file: it has NUL bytes.", _TEXT_REMEDY, line))
        return None
    return text


_TEXT_REMEDY = "Save it as plain text in UTF-8, or take it out of the folder."


def _read_bytes(path: Path, max_bytes: int, faults: list[Fault]) -> bytes | None:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would block for ever
            faults.append(Fault(path, "this is not an ordinary file.", "Take it out of the folder."))
            return None
        if status.st_size > max_bytes:
            message = f"the file has {status.st_size:,} bytes; at most {max_bytes:,} are allowed."
            faults.append(Fault(path, message, "Split it into several files, or take it out of the folder."))
            return None
        with path.open("rb") as file:
            return file.read(max_bytes + 1)
    except FileNotFoundError:
        faults.append(Fault(path, "there is no such file.", "Check the path."))
    except OSError as error:
        faults.append(Fault(path, f"the file cannot be read: {error.strerror or error}.", "Check its permissions."))
    return None
