"""Neighbours of a passage over a few passages in memory; tests/engines asks the same of every engine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest

from corpus import Facet
from indexer.errors import InvalidRequest
from indexer.model import PublishedPassage
from indexer.similar import Numbers, Scores, similar
from indexer.text import tokenize
from tests.engines.samples import make_passage, make_vocabulary, topic

VOCABULARY = make_vocabulary(
    topic("numb", "symptom"), topic("insomnia", "symptom", "cause"), topic("grief", "cause"), topic("rare", "cause")
)


@dataclass(frozen=True)
class Lists:
    """Passages as `similar` asks for them."""

    passages: tuple[PublishedPassage, ...]
    vectors: Scores | None = None

    @property
    def count(self) -> int:
        return len(self.passages)

    def carrying(self, topic_id: str, facet: Facet | None) -> Numbers:
        found = [
            number
            for number, one in enumerate(self.passages)
            if any(tag.topic_id == topic_id and facet in (None, tag.facet) for tag in one.passage.tags)
        ]
        return np.array(found, np.int32)

    @cached_property
    def _stems(self) -> list[list[str]]:
        return [[token.stem for token in tokenize(one.passage.text)] for one in self.passages]

    def having(self, stem: str) -> tuple[Numbers, Scores]:
        counts = np.array([stems.count(stem) for stems in self._stems], np.float32)
        numbers = np.flatnonzero(counts).astype(np.int32)
        return numbers, counts[numbers]

    def passage(self, number: int) -> PublishedPassage:
        return self.passages[number]


def passage(name: str, text: str, tags: dict[Facet, str] | None = None, heading: str = "H") -> PublishedPassage:
    document = name.partition("-")[0]
    words = {facet: {topic_id: text.split()[0] for topic_id in ids.split()} for facet, ids in (tags or {}).items()}
    return make_passage(name, document, int(name.rpartition("-")[2]), text, words, (f"{document} {heading}",))


def names(lists: Lists, number: int = 0, limit: int = 10) -> list[str]:
    return [hit.passage.id for hit in similar(lists, VOCABULARY, number, limit)]


OTHERS = tuple(passage(f"x{n}-0", f"Zebra number{n} stands alone.") for n in range(4))


def test_a_shared_topic_counts_more_in_the_same_role_and_more_if_it_is_rare() -> None:
    lists = Lists(
        (
            passage("a-0", "One here.", {"symptom": "insomnia numb", "cause": "rare"}),
            passage("b-0", "Two there.", {"cause": "insomnia"}),
            passage("c-0", "Three anywhere.", {"symptom": "insomnia"}),
            passage("d-0", "Four.", {"symptom": "numb"}),
            passage("e-0", "Five.", {"symptom": "numb"}),
            passage("f-0", "Six.", {"symptom": "numb"}),
            passage("g-0", "Seven.", {"cause": "rare"}),
            *OTHERS,
        )
    )
    found = names(lists)
    assert found.index("c-0") < found.index("b-0")
    assert found.index("g-0") < found.index("d-0")
    assert "x0-0" not in found


def test_telling_words_lead_to_passages_without_topics() -> None:
    lists = Lists(
        (
            passage("a-0", "A kettle whistles while porridge simmers."),
            passage("b-0", "Porridge in the kettle again."),
            passage("c-0", "The train whistles."),
            *OTHERS,
        )
    )
    assert names(lists) == ["b-0", "c-0"]


def test_a_passage_is_never_its_own_neighbour_and_scores_stay_within_bounds() -> None:
    twins = tuple(passage(f"a{n}-0", "The same words for all of them.", {"cause": "grief"}) for n in range(3))
    lists = Lists((*twins, *OTHERS))
    for number in range(3):
        hits = similar(lists, VOCABULARY, number, 10)
        assert {hit.passage.id for hit in hits} == {twin.id for twin in twins} - {f"a{number}-0"}
        assert all(0.9 < hit.score <= 1 for hit in hits)


def test_at_most_two_come_from_one_document_and_other_sections_come_first() -> None:
    def grief(name: str, heading: str) -> PublishedPassage:
        return passage(name, "Grief is heavy.", {"cause": "grief"}, heading)

    near = [grief("a-0", "H"), grief("a-1", "H"), grief("a-2", "Other"), grief("a-3", "Third"), grief("b-0", "H")]
    assert names(Lists((*near, grief("b-1", "K"), grief("b-2", "L"), *OTHERS))) == ["b-0", "b-1", "a-2", "a-3"]
    assert names(Lists((*near[:2], *OTHERS))) == ["a-1"]


def test_meaning_finds_what_shares_no_word() -> None:
    passages = (passage("a-0", "Colourless mornings."), passage("b-0", "Grey dawns."), *OTHERS)
    vectors = np.eye(len(passages), dtype=np.float32)
    vectors[1] = vectors[0] * 0.8 + vectors[1] * 0.6
    assert names(Lists(passages)) == []
    assert names(Lists(passages, vectors)) == ["b-0"]


def test_equal_neighbours_keep_their_order_and_the_limit_holds() -> None:
    same = tuple(passage(f"d{n}-0", "Grief is heavy.", {"cause": "grief"}) for n in range(6))
    lists = Lists((*same, *OTHERS))
    assert names(lists, 0, 3) == ["d1-0", "d2-0", "d3-0"]
    assert names(lists, 5, 2) == ["d0-0", "d1-0"]


def test_a_chance_word_makes_no_neighbour() -> None:
    words = " ".join(f"word{number}" for number in range(15))
    own = passage("a-0", f"{words} {words} chance.", {"cause": "grief"})
    sharing = passage("b-0", f"{words} {words}.", {"cause": "grief"})
    assert names(Lists((own, sharing, passage("c-0", "By chance, something else entirely."), *OTHERS))) == ["b-0"]


@pytest.mark.parametrize("limit", [0, 51])
def test_an_impossible_limit_is_named(limit: int) -> None:
    with pytest.raises(InvalidRequest, match="between 1 and 50"):
        similar(Lists(OTHERS), VOCABULARY, 0, limit)
