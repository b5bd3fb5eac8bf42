"""Measures the screening rules on the judged set: `python tests/support/measure.py [--write] [--misses tune]`."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from indexer.rulepack import rule_pack  # noqa: E402
from indexer.screen import Screener, Screening  # noqa: E402

SET = Path(__file__).with_name("screening-set.tsv")
PAGE = ROOT / "docs" / "screening.md"
START, END = "<!-- measured: start -->", "<!-- measured: end -->"
LANGUAGES = ("en", "es", "fr", "de")
HALVES = {"tune": "tuning half", "held": "held back"}


@dataclass(frozen=True, slots=True)
class Judged:
    """One query of the set."""

    half: str
    tier: str
    informational: bool
    language: str
    group: str
    query: str


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many."""

    hits: int
    of: int

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else 1.0

    def __str__(self) -> str:
        return f"{self.hits} of {self.of} ({self.share:.3f})"


Result = tuple[Judged, Screening]


def judged() -> tuple[Judged, ...]:
    """The set in the order of the file."""
    with SET.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(
            Judged(row["half"], row["tier"], row["informational"] == "yes", row["language"], row["group"], row["query"])
            for row in rows
        )


def screened(rows: Iterable[Judged]) -> tuple[Result, ...]:
    screener = Screener(rule_pack())
    return tuple((row, screener.screen(row.query)) for row in rows)


def rate(results: Iterable[Result], where: Callable[[Judged], bool], hit: Callable[[Screening], bool]) -> Rate:
    chosen = [screening for row, screening in results if where(row)]
    return Rate(sum(map(hit, chosen)), len(chosen))


def measures(results: tuple[Result, ...]) -> dict[str, Rate]:
    """The figures that the goals are set in. Questions about the subject count only in their own line."""
    return {
        "crisis recall": rate(results, lambda row: row.tier == "crisis", lambda found: found.tier == "crisis"),
        "crisis seen at all": rate(results, lambda row: row.tier == "crisis", lambda found: found.tier != "none"),
        "distress recall": rate(
            results,
            lambda row: row.tier == "distress" and not row.informational,
            lambda found: found.tier == "distress",
        ),
        "crisis false alarms": rate(results, lambda row: row.tier == "none", lambda found: found.tier == "crisis"),
        "any false alarms": rate(results, lambda row: row.tier == "none", lambda found: found.tier != "none"),
        "questions kept below crisis": rate(
            results, lambda row: row.informational, lambda found: found.tier != "crisis"
        ),
        "questions labelled": rate(results, lambda row: row.informational, lambda found: found.informational),
    }


def table(results: tuple[Result, ...]) -> str:
    """All figures as a Markdown table."""
    lines = ["| | half | " + " | ".join(("all", *LANGUAGES)) + " |", "|---|---" + "|---" * 5 + "|"]
    for name in measures(results):
        for half, title in HALVES.items():
            cells = []
            for language in (None, *LANGUAGES):
                chosen = tuple(
                    result for result in results if result[0].half == half and language in (None, result[0].language)
                )
                cells.append(str(measures(chosen)[name]))
            lines.append(f"| {name} | {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def page_with(text: str, results: tuple[Result, ...]) -> str:
    """The page with its table made anew."""
    before, rest = text.split(START)
    return before + START + "\n" + table(results) + "\n" + END + rest.split(END)[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into docs/screening.md")
    parser.add_argument("--misses", choices=HALVES, help="list what one half gets wrong")
    options = parser.parse_args()
    results = screened(judged())
    print(table(results))
    if options.misses:
        for row, found in results:
            if row.half == options.misses and row.tier != found.tier:
                print(f"{row.tier} -> {found.tier}\t{found.rule_id}\t{row.query}")
    if options.write:
        PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")


if __name__ == "__main__":
    main()
