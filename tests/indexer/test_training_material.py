"""What the encoder is trained on: well-formed, and apart from what it is judged by."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from indexer.text import tokenize

ROOT = Path(__file__).parents[2]
TRAINING = ROOT / "indexer" / "meaning" / "training"
sys.path.insert(0, str(TRAINING))

from material import read_articles, with_slips  # type: ignore[import-not-found]  # noqa: E402

ARTICLES = read_articles()
TOO_ALIKE = 0.7
"""Share of their stems from which two queries count as one."""


def stems(text: str) -> frozenset[str]:
    return frozenset(token.stem for token in tokenize(text))


def judged_queries() -> list[frozenset[str]]:
    files = (ROOT / "tests" / "relevance").glob("queries-?.tsv")
    return [stems(line.split("\t")[3]) for file in files for line in file.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.number)
def test_every_passage_and_query_of_an_article_can_be_learned_from(article: object) -> None:
    passages, asked = article.passages, article.asked  # type: ignore[attr-defined]
    assert len(passages) >= 25
    assert all(passage.sentences for passage in passages)
    assert {one.kind for one in asked} == {"keyword", "question", "lay", "none"}
    for one in asked:
        assert bool(one.grades) == (one.kind != "none"), one
        assert not one.grades or max(one.grades.values()) >= 2, one
    best = {max(one.grades, key=one.grades.__getitem__) for one in asked if one.grades}
    assert len(best) >= 0.9 * len(passages)


def test_no_query_is_trained_on_that_the_search_is_judged_by() -> None:
    judged = judged_queries()
    assert len(judged) > 200
    trained = {one.text: stems(one.text) for article in ARTICLES for one in article.asked}
    shared = [
        text
        for text, own in trained.items()
        if any(len(own & other) >= TOO_ALIKE * len(own | other) for other in judged if own | other)
    ]
    assert not shared


def test_a_file_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "01-a.md").write_text("# A\n\n## [p01] One\nSome text.\n")
    (tmp_path / "01-a.tsv").write_text("lay\tp01=3\tfine\nlay\tp02=3\tnot there\n")
    with pytest.raises(ValueError, match=r"01-a\.tsv, line 2: KeyError\('p02'\)"):
        read_articles(tmp_path)


def test_slips_leave_short_texts_alone_and_change_longer_ones_a_little() -> None:
    assert with_slips("numb") == "numb"
    slipped = [with_slips("nothing lands anymore") for _ in range(50)]
    assert all(19 <= len(text) <= 23 for text in slipped)
    assert len(set(slipped)) > 20
