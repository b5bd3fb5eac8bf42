"""How well the tagger agrees with an editor, on passages judged by hand (tests/indexer/tagging/judged.yaml).

`python -m pytest tests/indexer/test_tag_judged.py -s` prints the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from corpus import read_vocabulary
from indexer.model import Passage, Span
from indexer.tag import Tagger

ROOT = Path(__file__).parents[2]
JUDGED = Path(__file__).parent / "tagging" / "judged.yaml"

# Measured when they were set: tuning .87 and .85, held back .83 and .78 (pairs of facet and topic).
FLOORS = {"tuning": (0.85, 0.83), "held-back": (0.80, 0.76)}


@dataclass(frozen=True, slots=True)
class Score:
    """Agreement over a set of passages, each decision counting once."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed)


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    return Tagger(read_vocabulary(ROOT / "corpus" / "vocabulary.yaml"))


def judged(part: str) -> list[dict[str, Any]]:
    entries = yaml.safe_load(JUDGED.read_text("utf-8"))["passages"]
    return [entry for entry in entries if entry.get("part", "tuning") == part]


def given(tagger: Tagger, entry: dict[str, Any]) -> set[tuple[str, str]]:
    text = entry["text"]
    whole = Span(0, len(text))
    untagged = Passage("d", tuple(entry["heading_path"]), 0, text, text, whole, (whole,), "en", len(text.split()), 8.0)
    return {(tag.facet, tag.topic_id) for tag in tagger.tag(untagged).tags}


def wanted(entry: dict[str, Any]) -> set[tuple[str, str]]:
    return {(facet, topic_id) for facet, topic_ids in entry["tags"].items() for topic_id in topic_ids}


def in_any_role(tags: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return {("any", topic_id) for _, topic_id in tags}


def score(pairs: Iterable[tuple[set[tuple[str, str]], set[tuple[str, str]]]]) -> Score:
    right = wrong = missed = 0
    for tags, gold in pairs:
        right += len(tags & gold)
        wrong += len(tags - gold)
        missed += len(gold - tags)
    return Score(right, wrong, missed)


def test_judged_tags_name_topics_in_roles_that_they_may_serve() -> None:
    vocabulary = read_vocabulary(ROOT / "corpus" / "vocabulary.yaml")
    entries = [*judged("tuning"), *judged("held-back")]
    wrong = [
        (facet, topic_id)
        for entry in entries
        for facet, topic_id in wanted(entry)
        if topic_id not in vocabulary or facet not in vocabulary[topic_id].facets
    ]
    assert (len(entries), wrong) == (84, [])


@pytest.mark.parametrize("part", FLOORS)
def test_the_tagger_agrees_with_the_editor(part: str, tagger: Tagger) -> None:
    entries = judged(part)
    result = score((given(tagger, entry), wanted(entry)) for entry in entries)
    topics = score((in_any_role(given(tagger, entry)), in_any_role(wanted(entry))) for entry in entries)
    print(  # for -s
        f"\n{part:10} {len(entries):3} passages, {result.right + result.missed:4} tags: "
        f"precision {result.precision:.3f}, recall {result.recall:.3f}; "
        f"topics in any role {topics.precision:.3f}, {topics.recall:.3f}"
    )
    least_precision, least_recall = FLOORS[part]
    assert result.precision >= least_precision
    assert result.recall >= least_recall
