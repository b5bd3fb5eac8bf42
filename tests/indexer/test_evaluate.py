"""Scores of judged queries, checked by hand."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pytest

from corpus import CorpusError, Source, Vocabulary
from indexer.evaluate import IdJudgment, Query, SpanJudgment, evaluate, read_judgments, read_queries
from indexer.model import Passage, PublishedDocument, PublishedPassage, Span
from indexer.search import Hit, Interpretation, SearchRequest, SearchResult
from tests.fakes import FakeSnapshot

DAY = date(2026, 11, 22)


def passage(number: int, document_id: str = "doc-1") -> PublishedPassage:
    """Passage number n stands at the source's code points 100n to 100n + 100."""
    return PublishedPassage(
        f"p-{number}",
        1,
        Passage(
            document_id,
            (),
            number,
            f"Text {number}.",
            f"Text {number}.",
            Span(100 * number, 100 * number + 100),
            (Span(0, 7),),
            "en",
            2,
            1.0,
        ),
        DAY,
        DAY,
    )


class Scripted(FakeSnapshot):
    """Answers each query with the passages that the test says."""

    def __init__(self, answers: dict[str, list[int]], passages: list[PublishedPassage]) -> None:
        ids: dict[str, list[str]] = {}
        for each in passages:
            ids.setdefault(each.passage.document_id, []).append(each.id)
        documents = {
            name: PublishedDocument(Source(name, Path(name), "text/plain", ""), name, (), tuple(members), 1)
            for name, members in ids.items()
        }
        super().__init__("v1", Vocabulary({}), documents, passages, (), ())
        self._answers = answers

    def search(self, request: SearchRequest) -> SearchResult:
        found = [self.passage(f"p-{number}") for number in self._answers.get(request.text, [])]
        hits = tuple(Hit(each, 1.0) for each in found[: request.limit])
        return SearchResult("v1", Interpretation(request.text), len(found), hits, ())


PASSAGES = [passage(number) for number in range(12)] + [passage(number, "doc-2") for number in range(12, 15)]


def test_measures_follow_their_definitions() -> None:
    judgments = [IdJudgment("1", "p-1", 3), IdJudgment("1", "p-2", 1), IdJudgment("1", "p-3", 0)]
    snapshot = Scripted({"q": [0, 1, 3, 4, 5, 2]}, PASSAGES)
    (score,) = evaluate(snapshot, [Query("1", "g", "q")], judgments).queries
    ideal = 3 / math.log2(2) + 1 / math.log2(3)
    assert score.ndcg_at_10 == pytest.approx((3 / math.log2(3) + 1 / math.log2(7)) / ideal)
    assert (score.recall_at_5, score.recall_at_10) == (0.5, 1.0)
    assert (score.reciprocal_rank, score.success_at_1) == (0.5, 0.0)


def test_a_perfect_answer_scores_one_and_none_at_all_zero() -> None:
    judgments = [IdJudgment(query, "p-1", 2) for query in ("1", "2")]
    snapshot = Scripted({"good": [1]}, PASSAGES)
    found = evaluate(snapshot, [Query("1", "a", "good"), Query("2", "b", "bad")], judgments)
    good, bad = found.groups
    assert (good.ndcg_at_10, good.mrr, good.success_at_1, good.zero_results) == (1, 1, 1, 0)
    assert (bad.ndcg_at_10, bad.mrr, bad.success_at_1, bad.zero_results) == (0, 0, 0, 1)
    assert (found.overall.queries, found.overall.ndcg_at_10, found.overall.zero_results) == (2, 0.5, 0.5)


def test_queries_without_an_answer_count_for_zero_results_only() -> None:
    found = evaluate(Scripted({"q": [1]}, PASSAGES), [Query("1", "g", "q"), Query("2", "g", "x")], [])
    assert (found.overall.answerable, found.overall.ndcg_at_10, found.overall.zero_results) == (0, None, 0.5)
    assert "–" in found.to_text()


@pytest.mark.parametrize(
    ("start", "end", "judged"),
    [
        (100, 200, {"p-1"}),
        (120, 140, {"p-1"}),  # the passage covers all of the span
        (150, 250, {"p-1", "p-2"}),  # each covers half of it
        (160, 260, {"p-2"}),
        (0, 400, {"p-0", "p-1", "p-2", "p-3"}),  # the span covers the passages
        (5000, 5100, set()),
    ],
)
def test_spans_judge_the_passages_that_carry_them(start: int, end: int, judged: set[str]) -> None:
    for number in range(12):
        snapshot = Scripted({"q": [number]}, PASSAGES)
        judgment = SpanJudgment("1", "doc-1", Span(start, end), 2)
        (score,) = evaluate(snapshot, [Query("1", "g", "q")], [judgment]).queries
        assert (score.success_at_1 == 1) == (f"p-{number}" in judged)


def test_the_highest_grade_of_a_passage_counts() -> None:
    judgments = [SpanJudgment("1", "doc-1", Span(100, 150), 1), SpanJudgment("1", "doc-1", Span(150, 200), 3)]
    judgments.append(SpanJudgment("1", "doc-1", Span(300, 400), 2))
    snapshot = Scripted({"q": [1, 3]}, PASSAGES)
    (score,) = evaluate(snapshot, [Query("1", "g", "q")], judgments).queries
    assert score.ndcg_at_10 == 1


def test_a_judged_document_counts_once_under_any_spelling_of_its_file() -> None:
    for name in ("doc-2", "Doc_2"):
        snapshot = Scripted({"q": [12, 13, 14]}, PASSAGES)
        (score,) = evaluate(snapshot, [Query("1", "g", "q")], [IdJudgment("1", name, 2)]).queries
        assert (score.ndcg_at_10, score.recall_at_10) == (1, 1)


def test_long_queries_are_cut_to_what_the_search_takes() -> None:
    snapshot = Scripted({"x" * 500: [1]}, PASSAGES)
    (score,) = evaluate(snapshot, [Query("1", "g", "x" * 700)], [IdJudgment("1", "p-1", 1)]).queries
    assert score.success_at_1 == 1


def test_files_are_read_with_faults_by_line(tmp_path: Path) -> None:
    queries = tmp_path / "queries.tsv"
    queries.write_text("# id, group, text\n1\tlay\tnothing moves me\n\n2\tno group\n")
    assert read_queries(queries) == (Query("1", "lay", "nothing moves me"), Query("2", "all queries", "no group"))
    qrels = tmp_path / "qrels.tsv"
    qrels.write_text("1\tdoc\t5\t10\t3\n2 0 p-1 0\n")
    read = read_judgments(qrels, read_queries(queries))
    assert read == (SpanJudgment("1", "doc", Span(5, 10), 3), IdJudgment("2", "p-1", 0))
    qrels.write_text("1 doc 5 5 3\n1 0 x\n1 0 x y\n9 0 x 1\n")
    with pytest.raises(CorpusError) as caught:
        read_judgments(qrels, read_queries(queries))
    assert [fault.line for fault in caught.value.faults] == [1, 2, 3, 4]
    queries.write_text("1\n1\ta\tb\n1\ta\tc\n")
    with pytest.raises(CorpusError) as caught:
        read_queries(queries)
    assert [fault.line for fault in caught.value.faults] == [1, 3]
    queries.write_text("")
    with pytest.raises(CorpusError, match="no queries"):
        read_queries(queries)
