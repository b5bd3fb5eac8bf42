"""Scores the search against judged queries."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from corpus import CorpusError, Fault
from corpus.reading import slug
from indexer.model import Span
from indexer.search import MAX_QUERY_LENGTH, SearchRequest, Snapshot

DEPTH = 10
"""Hits that are looked at: nDCG@10, recall@10, and the reciprocal rank counts to here."""


@dataclass(frozen=True, slots=True)
class Query:
    """A judged query; `group` is the kind of person or wording it stands for."""

    id: str
    group: str
    text: str
    part: str | None = None
    """The part of the judged set it belongs to, e.g. tune or held."""


@dataclass(frozen=True, slots=True)
class SpanJudgment:
    """How well a run of a source answers a query, 0-3; offsets as in Passage.source_span."""

    query_id: str
    document_id: str
    span: Span
    grade: int


@dataclass(frozen=True, slots=True)
class IdJudgment:
    """How well a passage, or a document as a whole, answers a query."""

    query_id: str
    item_id: str
    grade: int


Judgment = SpanJudgment | IdJudgment


@dataclass(frozen=True, slots=True)
class QueryScore:
    """How one query fared; the measures are None where no passage of the index is judged relevant."""

    query: Query
    hits: int
    ndcg_at_10: float | None = None
    recall_at_5: float | None = None
    recall_at_10: float | None = None
    reciprocal_rank: float | None = None
    success_at_1: float | None = None


@dataclass(frozen=True, slots=True)
class GroupScore:
    """Means over a group. `answerable` queries have relevant passages; only they count, except for zero results."""

    group: str
    queries: int
    answerable: int
    ndcg_at_10: float | None
    recall_at_5: float | None
    recall_at_10: float | None
    mrr: float | None
    success_at_1: float | None
    zero_results: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of all queries, by group, and one by one."""

    corpus_version: str
    overall: GroupScore
    groups: tuple[GroupScore, ...]
    queries: tuple[QueryScore, ...]

    def to_json(self) -> dict[str, Any]:
        """The scores as JSON values."""
        return {
            "corpus_version": self.corpus_version,
            "all": _group_json(self.overall),
            "groups": {group.group: _group_json(group) for group in self.groups},
            "queries": [
                {
                    "id": score.query.id,
                    "group": score.query.group,
                    "text": score.query.text,
                    "hits": score.hits,
                    "ndcg_at_10": _rounded(score.ndcg_at_10),
                    "recall_at_5": _rounded(score.recall_at_5),
                    "recall_at_10": _rounded(score.recall_at_10),
                    "reciprocal_rank": _rounded(score.reciprocal_rank),
                    "success_at_1": _rounded(score.success_at_1),
                }
                for score in self.queries
            ],
        }

    def to_text(self) -> str:
        """A table for a reader."""
        header = ("group", "queries", "nDCG@10", "recall@5", "recall@10", "MRR", "success@1", "zero")
        rows = [header, *(_row(group) for group in (*self.groups, self.overall))]
        widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
        return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def evaluate(snapshot: Snapshot, queries: Iterable[Query], judgments: Iterable[Judgment]) -> Evaluation:
    """Asks every query and compares the answers with the judgments.

    nDCG uses the grade itself as gain and 1/log2(rank + 1) as discount, as trec_eval does. Grade 1 and more counts
    as relevant for the other measures. A passage's grade is the highest of a span of which it covers half, or which
    covers half of it. A judged document counts at its first passage among the hits.
    """
    by_query: dict[str, list[Judgment]] = defaultdict(list)
    for judgment in judgments:
        by_query[judgment.query_id].append(judgment)
    scores = tuple(_score(snapshot, query, by_query[query.id]) for query in queries)
    groups = tuple(dict.fromkeys(score.query.group for score in scores))
    return Evaluation(
        corpus_version=snapshot.corpus_version,
        overall=_mean("all", scores),
        groups=tuple(_mean(group, [score for score in scores if score.query.group == group]) for group in groups),
        queries=scores,
    )


def _score(snapshot: Snapshot, query: Query, judgments: Sequence[Judgment]) -> QueryScore:
    result = snapshot.search(SearchRequest(text=query.text[:MAX_QUERY_LENGTH], limit=DEPTH))
    grades = _grades(snapshot, judgments)
    gains = list(_gains([(hit.passage.id, hit.passage.passage.document_id) for hit in result.hits], grades))
    ideal = sorted(grades.values(), reverse=True)
    relevant = sum(grade >= 1 for grade in ideal)
    if not relevant:
        return QueryScore(query, result.total)
    first = next((rank for rank, gain in enumerate(gains, start=1) if gain >= 1), None)
    return QueryScore(
        query,
        result.total,
        ndcg_at_10=_dcg(gains[:DEPTH]) / _dcg(ideal[:DEPTH]),
        recall_at_5=sum(gain >= 1 for gain in gains[:5]) / relevant,
        recall_at_10=sum(gain >= 1 for gain in gains[:DEPTH]) / relevant,
        reciprocal_rank=1 / first if first else 0.0,
        success_at_1=float(first == 1),
    )


def _dcg(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def _gains(hits: Iterable[tuple[str, str]], grades: Mapping[str, int]) -> Iterator[int]:
    """The grade of each hit; a judged document pays once."""
    paid: set[str] = set()
    for passage_id, document_id in hits:
        judged = passage_id if passage_id in grades else document_id
        yield 0 if judged in paid else grades.get(judged, 0)
        paid.add(judged)


def _grades(snapshot: Snapshot, judgments: Iterable[Judgment]) -> dict[str, int]:
    """Grades by id of passage (or of document where documents were judged)."""
    grades: dict[str, int] = {}
    for judgment in judgments:
        for item_id in _judged_ids(snapshot, judgment):
            grades[item_id] = max(grades.get(item_id, 0), judgment.grade)
    return grades


def _judged_ids(snapshot: Snapshot, judgment: Judgment) -> Iterator[str]:
    if isinstance(judgment, IdJudgment):
        # Documents of a plain folder are named after their files; judgments may use the file's own spelling.
        as_document = slug(judgment.item_id)
        yield as_document if as_document in snapshot.documents else judgment.item_id
        return
    document = snapshot.documents.get(judgment.document_id) or snapshot.documents.get(slug(judgment.document_id))
    for passage_id in document.passage_ids if document else ():
        if _answers(snapshot.passage(passage_id).passage.source_span, judgment.span):
            yield passage_id


def _answers(passage: Span, judged: Span) -> bool:
    shared = min(passage.end, judged.end) - max(passage.start, judged.start)
    return shared > 0 and 2 * shared >= min(passage.end - passage.start, judged.end - judged.start)


def _mean(group: str, scores: Sequence[QueryScore]) -> GroupScore:
    return GroupScore(
        group=group,
        queries=len(scores),
        answerable=sum(score.ndcg_at_10 is not None for score in scores),
        ndcg_at_10=_mean_of(score.ndcg_at_10 for score in scores),
        recall_at_5=_mean_of(score.recall_at_5 for score in scores),
        recall_at_10=_mean_of(score.recall_at_10 for score in scores),
        mrr=_mean_of(score.reciprocal_rank for score in scores),
        success_at_1=_mean_of(score.success_at_1 for score in scores),
        zero_results=fmean([score.hits == 0 for score in scores]) if scores else 0.0,
    )


def _mean_of(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _group_json(score: GroupScore) -> dict[str, Any]:
    return {
        "queries": score.queries,
        "answerable": score.answerable,
        "ndcg_at_10": _rounded(score.ndcg_at_10),
        "recall_at_5": _rounded(score.recall_at_5),
        "recall_at_10": _rounded(score.recall_at_10),
        "mrr": _rounded(score.mrr),
        "success_at_1": _rounded(score.success_at_1),
        "zero_results": _rounded(score.zero_results),
    }


def _row(score: GroupScore) -> tuple[str, ...]:
    measures = (score.ndcg_at_10, score.recall_at_5, score.recall_at_10, score.mrr, score.success_at_1)
    shown = ("–" if value is None else f"{value:.3f}" for value in measures)
    return (score.group, str(score.queries), *shown, f"{score.zero_results:.3f}")


# --- the files ----------------------------------------------------------------------------------------------------


def read_queries(path: Path) -> tuple[Query, ...]:
    """Queries from lines `id<TAB>text`, `id<TAB>group<TAB>text` or `id<TAB>group<TAB>part<TAB>text`.

    # begins a comment line. Raises CorpusError.
    """
    faults: list[Fault] = []
    queries: dict[str, Query] = {}
    for number, line in _lines(path):
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) not in (2, 3, 4) or not all(cells):
            faults.append(Fault(path, "expected id, group, part and text between tabs.", "Mend the line.", number))
        elif cells[0] in queries:
            faults.append(Fault(path, f"the query id '{cells[0]}' occurs twice.", "Rename one.", number))
        else:
            group = cells[1] if len(cells) > 2 else "all queries"
            queries[cells[0]] = Query(cells[0], group, cells[-1], cells[2] if len(cells) == 4 else None)
    if not queries and not faults:
        faults.append(Fault(path, "there are no queries in this file.", "Add lines of id, group and text."))
    if faults:
        raise CorpusError(tuple(faults))
    return tuple(queries.values())


def read_judgments(path: Path, queries: Iterable[Query]) -> tuple[Judgment, ...]:
    """Judgments from lines `query document start end grade` or, as TREC has them, `query 0 id grade`.

    Cells are separated by tabs or blanks. Raises CorpusError, also for a query that `queries` does not have.
    """
    known = {query.id for query in queries}
    faults: list[Fault] = []
    judgments: list[Judgment] = []
    for number, line in _lines(path):
        try:
            judgment = _judgment(line.split())
        except ValueError as error:
            remedy = "Write: query, document, start, end, grade; or: query, 0, passage or document, grade."
            faults.append(Fault(path, f"this is not a judgment: {error}.", remedy, number))
            continue
        if judgment.query_id not in known:
            message = f"there is no query '{judgment.query_id}'."
            faults.append(Fault(path, message, "Add it to the queries, or delete the line.", number))
        judgments.append(judgment)
    if faults:
        raise CorpusError(tuple(faults))
    return tuple(judgments)


def _judgment(cells: Sequence[str]) -> Judgment:
    if len(cells) == 4:
        return IdJudgment(cells[0], cells[2], int(cells[3]))
    if len(cells) == 5:
        span = Span(int(cells[2]), int(cells[3]))
        if span.start >= span.end:
            raise ValueError("the span is empty")
        return SpanJudgment(cells[0], cells[1], span, int(cells[4]))
    raise ValueError(f"{len(cells)} cells")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines that are neither empty nor comments."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError((Fault(path, f"this file cannot be read: {error}.", "Check the path."),)) from None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith("#"):
            yield number, line
