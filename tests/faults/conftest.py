"""A corpus that is built again and again, a server over its index, and a table of what the clients saw."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.load import TABLE_HEAD, Report
from indexer.engines import open_engine
from tests.api.sample import FRONT, VOCABULARY
from tests.api.serving import ROOT

ROWS: list[str] = []
TEXTS, PARTS = 6, 4
SECTION = """
## Part {part} of text {text}

Emotional numbness in text {text}, part {part}: depression and trauma can bring it about, and insomnia wears feelings
down. Word{text}x{part} stands only here. Edition {edition} of this text says that journaling is a small start, three
lines each evening on what the day felt like, and that nobody has to read them.
"""


@dataclass(frozen=True, slots=True)
class Library:
    """A corpus and its index."""

    corpus: Path
    index: Path

    @property
    def url(self) -> str:
        return f"whoosh:{self.index}"

    def write(self, edition: int) -> None:
        """All texts, each edition with words of its own."""
        (self.corpus / "texts").mkdir(parents=True, exist_ok=True)
        (self.corpus / "vocabulary.yaml").write_text(VOCABULARY)
        for text in range(TEXTS):
            front = FRONT.format(id=f"text-{text}", title=f"Text {text}", summary=f"About {text}.", advisories="")
            parts = "".join(SECTION.format(text=text, part=part, edition=edition) for part in range(PARTS))
            (self.corpus / "texts" / f"text-{text}.md").write_text(front + parts)

    def command(self) -> list[str]:
        return [sys.executable, "-m", "indexer", "build", "--corpus", str(self.corpus), "--index", self.url, "--force"]

    def start_build(self, **options: object) -> subprocess.Popen[str]:
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            self.command(), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
        )

    def build(self) -> str:
        with self.start_build() as process:
            output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output
        return output

    def addresses(self) -> list[str]:
        """Every passage by its id, and searches that must find a certain one."""
        snapshot = open_engine(self.url).snapshot()
        found = []
        for document_id, document in snapshot.documents.items():
            for passage_id in document.passage_ids:
                found.append(f"/v1/passages/{passage_id}")
                part = snapshot.passage(passage_id).passage.heading_path[-1].split()[1]
                found.append(f"/v1/search?q=word{document_id.split('-')[1]}x{part}&limit=1")
            found.append(f"/v1/search?q=numbness+and+trauma&document={document_id}&limit=5")
        return found


def has_its_passage(address: str, status: int, body: bytes) -> str | None:
    """A search that must find something finds it: no passage is lost."""
    if status != 200:
        return f"status {status}"
    if "/search" in address and b'"items":[]' in body:
        return "a passage was lost"
    return None


@pytest.fixture
def library(tmp_path: Path) -> Library:
    found = Library(tmp_path / "corpus", tmp_path / "index")
    found.write(0)
    found.build()
    return found


def note(name: str, report: Report) -> None:
    """Adds a row to the table that ends the run."""
    ROWS.append(report.row(name))


def note_text(line: str) -> None:
    """Adds a line below the table."""
    ROWS.append(line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures, for the note of a release."""
    if ROWS:
        terminalreporter.section(f"what the clients saw ({os.cpu_count()} cores)")
        rows = [row for row in ROWS if row.startswith("|")]
        others = [row for row in ROWS if not row.startswith("|")]
        for line in (TABLE_HEAD, *rows, "", *others):
            terminalreporter.write_line(line)
