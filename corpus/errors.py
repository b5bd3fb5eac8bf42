"""What can be wrong with a corpus, said so that an editor can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one place of the corpus, with the way to mend it."""

    path: Path
    message: str
    remedy: str
    line: int | None = None
    """1-based line of the file, where known."""
    field: str | None = None
    """The YAML key or the part of the file concerned, e.g. `topics[3].broader`."""

    def __str__(self) -> str:
        place = str(self.path) + (f":{self.line}" if self.line is not None else "")
        return f"{place}: {self.field + ': ' if self.field else ''}{self.message} Remedy: {self.remedy}"


class CorpusError(Exception):
    """The corpus cannot be read; `faults` lists everything that was found, not only the first."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults
