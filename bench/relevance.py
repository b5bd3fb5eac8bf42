"""Scores the search step by step against judged queries, and says what each step costs.

python bench/relevance.py                                     corpus/ with the judged sets of tests/relevance
python bench/relevance.py --corpus DIR --qrels A.tsv B.tsv    the same queries over other texts, judged in these files
python bench/relevance.py --medquad DIR                       consumer questions on general health, by document
python bench/relevance.py --cost                              memory and latency over corpus/

Prints Markdown. `--write docs/relevance.md` puts it between that file's markers of the same name instead.
Indexes are kept in build/relevance, so that a second run reads no meaning anew.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import sqlite3
import string
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from corpus import Vocabulary
from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.snapshot import MakeReader
from indexer.evaluate import Evaluation, GroupScore, Judgment, Query, evaluate, read_judgments, read_queries
from indexer.meaning.encoder import Encoder
from indexer.pipeline import build
from indexer.query import QueryReader, QueryReading
from indexer.search import MAX_QUERY_LENGTH, Hit, Interpretation, SearchRequest, SearchResult, Snapshot
from indexer.speech import SpeechBank
from indexer.spelling import Speller
from indexer.text import STOP_WORDS

ROOT = Path(__file__).parents[1]
SCRATCH = ROOT / "build" / "relevance"
JUDGED = ROOT / "tests" / "relevance"
AUTHORS = ("a", "b")
PARTS = ("tune", "held")
GROUPS = ("keyword", "lay", "misspelt")
SEED = 20261122
DISTRACTORS = 1500
"""Unjudged MedQuAD answers indexed beside the 1,919 judged ones: all 16,000 would take half an hour."""
NOISE_QUERIES = 200
MEMORY_SEARCHES = 200


# --- the steps ----------------------------------------------------------------------------------------------------


class _AsTyped:
    """Reads no more than the words of a query."""

    def __init__(self, reader: QueryReader) -> None:
        self._reader = reader

    def read(self, text: str, *, interpret: bool = True) -> QueryReading:  # noqa: ARG002
        return self._reader.read(text, interpret=False)


class _Trusting(Speller):
    """Takes every word as it is."""

    def correct(self, word: str) -> str | None:  # noqa: ARG002
        return None


class _Unspelt(QueryReader):
    """Understands topics and roles, and corrects nothing."""

    def __init__(self, vocabulary: Vocabulary, lexicon: Mapping[str, int]) -> None:
        super().__init__(vocabulary, lexicon)
        self._speller = _Trusting(lexicon, ())


@dataclass(frozen=True, slots=True)
class Step:
    """One more thing that the reader of queries can do."""

    name: str
    make_reader: MakeReader


def _plain(vocabulary: Vocabulary, lexicon: Mapping[str, int], _: SpeechBank, __: Encoder | None) -> _AsTyped:
    return _AsTyped(QueryReader(vocabulary, lexicon))


def _vocabulary(vocabulary: Vocabulary, lexicon: Mapping[str, int], _: SpeechBank, __: Encoder | None) -> QueryReader:
    return _Unspelt(vocabulary, lexicon)


def _spelling(vocabulary: Vocabulary, lexicon: Mapping[str, int], _: SpeechBank, __: Encoder | None) -> QueryReader:
    return QueryReader(vocabulary, lexicon)


def _speech(vocabulary: Vocabulary, lexicon: Mapping[str, int], speech: SpeechBank, _: Encoder | None) -> QueryReader:
    return QueryReader(vocabulary, lexicon, speech)


def _no_speech(
    vocabulary: Vocabulary, lexicon: Mapping[str, int], _: SpeechBank, encoder: Encoder | None
) -> QueryReader:
    return QueryReader(vocabulary, lexicon, None, encoder)


STEPS = (
    Step("plain: words as typed", _plain),
    Step("+ vocabulary (labels, roles)", _vocabulary),
    Step("+ spelling", _spelling),
    Step("+ speech, by words", _speech),
    Step("+ meaning: all of it", QueryReader),
    Step("all but speech", _no_speech),
)
FULL = "+ meaning: all of it"


class Fts5:
    """A peer: SQLite's full-text search over the passages of a snapshot, stemmed, any of the words, its own BM25."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._database = sqlite3.connect(":memory:")
        self._database.execute("CREATE VIRTUAL TABLE p USING fts5(id UNINDEXED, heading, text, tokenize='porter')")
        for document in snapshot.documents.values():
            for passage_id in document.passage_ids:
                passage = snapshot.passage(passage_id).passage
                heading = " ".join((document.title, *passage.heading_path))
                self._database.execute("INSERT INTO p VALUES (?, ?, ?)", (passage_id, heading, passage.text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)

    def search(self, request: SearchRequest) -> SearchResult:
        words = [word for word in re.findall(r"\w+", request.text.casefold()) if word not in STOP_WORDS]
        found = self._database.execute(
            "SELECT id, -rank FROM p WHERE p MATCH ? ORDER BY rank",
            (" OR ".join(f'"{word}"' for word in words) or '""',),
        ).fetchall()
        hits = tuple(Hit(self._snapshot.passage(one), score) for one, score in found[: request.limit])
        return SearchResult(self._snapshot.corpus_version, Interpretation(request.text), len(found), hits, ())


# --- the sets -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Queries of one author or one kind, with what answers them."""

    name: str
    queries: tuple[Query, ...]
    judgments: tuple[Judgment, ...]

    def part(self, name: str) -> JudgedSet:
        """The queries of one part, with all judgments."""
        return JudgedSet(f"{self.name}, {name}", tuple(q for q in self.queries if q.part == name), self.judgments)


def judged_sets(qrels: Sequence[Path] = ()) -> Iterator[JudgedSet]:
    """The sets of tests/relevance, judged over corpus/ or, where `qrels` names a file for each, over other texts."""
    for number, author in enumerate(AUTHORS):
        queries = read_queries(JUDGED / f"queries-{author}.tsv")
        path = qrels[number] if qrels else JUDGED / f"qrels-{author}.tsv"
        judgments = read_judgments(path, queries)
        judged = {judgment.query_id for judgment in judgments}
        kept = tuple(q for q in queries if q.id in judged or q.group == "none") if qrels else queries
        yield JudgedSet(author.upper(), kept, judgments)


def medquad_sets(folder: Path) -> Iterator[JudgedSet]:
    """The same judgments for the questions as the National Library of Medicine put them, and as people sent them."""
    summaries, messages = [], []
    for line in (folder / "queries.tsv").read_text(encoding="utf-8").splitlines():
        number, summary, message = line.split("\t")
        summaries.append(Query(number, "all", summary))
        messages.append(Query(number, "all", message))
    judgments = read_judgments(folder / "qrels.tsv", summaries)
    yield JudgedSet("summary", tuple(summaries), judgments)
    yield JudgedSet("message", tuple(messages), judgments)


def medquad_texts(folder: Path, out: Path, distractors: int | None) -> int:
    """One text file for each judged answer and for so many others drawn at random (None: all); gives how many."""
    judged = {line.split("\t")[2] for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines() if line}
    documents = [json.loads(line) for line in (folder / "docs.jsonl").read_text(encoding="utf-8").splitlines()]
    others = sorted(document["id"] for document in documents if document["id"] not in judged)
    chosen = judged.union(others if distractors is None else random.Random(SEED).sample(others, distractors))  # noqa: S311
    out.mkdir(parents=True, exist_ok=True)
    wanted = {
        f"{document['id']}.txt": f"{document.get('question') or ''}\n\n{document['text']}\n".lstrip()
        for document in documents
        if document["id"] in chosen
    }
    for path in out.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        if not (out / name).exists():
            (out / name).write_text(text, encoding="utf-8")
    return len(wanted)


# --- scoring ------------------------------------------------------------------------------------------------------


def index_of(corpus: Path, name: str) -> Path:
    """The folder of an up-to-date index over `corpus`."""
    folder = SCRATCH / name
    started = time.monotonic()
    summary = build(corpus, f"whoosh:{folder}")
    print(f"{name}: {summary.passages:,} passages after {time.monotonic() - started:.0f} s", file=sys.stderr)
    return folder


def score_steps(
    index: Path, sets: Sequence[JudgedSet], steps: Iterable[Step] = STEPS
) -> Iterator[tuple[str, JudgedSet, Evaluation]]:
    """Each step on each set, the peer first."""
    snapshot = WhooshEngine(index, _plain, in_background=False).snapshot()
    peer: Any = Fts5(snapshot)
    for judged in sets:
        yield "SQLite FTS5 (porter, any word)", judged, evaluate(peer, judged.queries, judged.judgments)
    for step in steps:
        snapshot = WhooshEngine(index, step.make_reader, in_background=False).snapshot()
        for judged in sets:
            yield step.name, judged, evaluate(snapshot, judged.queries, judged.judgments)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".removeprefix("0")


def _cells(evaluation: Evaluation) -> Iterator[str]:
    by_group: dict[str, GroupScore] = {group.group: group for group in evaluation.groups}
    yield _number(evaluation.overall.ndcg_at_10)
    for group in GROUPS:
        yield _number(by_group[group].ndcg_at_10 if group in by_group else None)
    yield _number(evaluation.overall.success_at_1)
    yield f"{evaluation.overall.zero_results:.0%}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all but the first column to the right."""
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def steps_report(index: Path, sets: Sequence[JudgedSet]) -> Iterator[str]:
    """One table for each part of each set."""
    parts = [judged.part(part) for judged in sets for part in PARTS]
    rows: dict[str, list[tuple[str, ...]]] = {judged.name: [] for judged in parts}
    for step, judged, evaluation in score_steps(index, parts):
        rows[judged.name].append((step, *_cells(evaluation)))
    for judged in parts:
        groups = Counter(query.group for query in judged.queries)
        counts = ", ".join(f"{groups[group]} {group}" for group in (*GROUPS, "none") if groups[group])
        name, part = judged.name.split(", ")
        yield f"**Set {name}, {'tuning' if part == 'tune' else 'held-back'} part** ({counts})"
        yield table(("step", "nDCG@10", *GROUPS, "success@1", "no hits"), rows[judged.name])


def certainty_report(index: Path, sets: Sequence[JudgedSet]) -> Iterator[str]:
    """The score of the best hit, for queries with and without an answer, held-back parts only."""
    rows = []
    for name in ("+ speech, by words", FULL):
        (step,) = (one for one in STEPS if one.name == name)
        snapshot = WhooshEngine(index, step.make_reader, in_background=False).snapshot()
        scores: dict[bool, list[float]] = {True: [], False: []}
        for judged in sets:
            for query in judged.part("held").queries:
                hits = snapshot.search(SearchRequest(query.text, limit=1)).hits
                scores[query.group != "none"].append(hits[0].score if hits else 0.0)
        quarters = [sorted(scores[answerable]) for answerable in (True, False)]
        shown = (
            f"{each[len(each) // 4]:.2f} / {median(each):.2f} / {each[3 * len(each) // 4]:.2f}" for each in quarters
        )
        rows.append((name, *shown))
    yield "**Score of the best hit**, held-back parts: lower quartile / median / upper quartile"
    yield table(("step", "answerable", "no answer in the texts"), rows)


def worst_report(index: Path, sets: Sequence[JudgedSet], count: int) -> Iterator[str]:
    """The held-back queries with the lowest nDCG, and what stood first."""
    snapshot = WhooshEngine(index, QueryReader, in_background=False).snapshot()
    found = []
    for judged in sets:
        held = judged.part("held")
        for score in evaluate(snapshot, held.queries, held.judgments).queries:
            if score.ndcg_at_10 is not None:
                found.append((score.ndcg_at_10, score.query))
    rows = []
    for ndcg, query in sorted(found, key=lambda one: (one[0], one[1].id))[:count]:
        hits = snapshot.search(SearchRequest(query.text[:MAX_QUERY_LENGTH], limit=1)).hits
        passage = hits[0].passage.passage if hits else None
        first = f"{passage.document_id}: {passage.heading_path[-1] if passage.heading_path else ''}" if passage else "–"
        rows.append((f"{query.id} {query.text}", _number(ndcg), first))
    yield table(("query", "nDCG@10", "first hit"), rows)


# --- cost ---------------------------------------------------------------------------------------------------------


def noise() -> list[str]:
    """500 characters each: letters that are no words, words at random, and signs."""
    draw = random.Random(SEED)  # noqa: S311
    kinds: tuple[Callable[[], str], ...] = (
        lambda: "".join(draw.choices(string.ascii_lowercase, k=draw.randint(3, 12))) + " ",
        lambda: draw.choice(("numb ", "feeling ", "nothing ", "why ", "anhedonia ", "glass ", "tired ")),
        lambda: "".join(chr(draw.randint(0x21, 0x2FFF)) for _ in range(8)) + " ",
        lambda: draw.choice("🙂😢🫥💔❓") + draw.choice(("", " ")),
    )
    return ["".join(kinds[n % len(kinds)]() for _ in range(MAX_QUERY_LENGTH))[:500] for n in range(NOISE_QUERIES)]


def _milliseconds(snapshot: Snapshot, texts: Iterable[str]) -> list[float]:
    times = []
    for text in texts:
        started = time.perf_counter()
        snapshot.search(SearchRequest(text))
        times.append((time.perf_counter() - started) * 1000)
    return sorted(times)


def memory(index: Path, *, with_meaning: bool) -> str:
    """Prints the cost of one process as JSON; to be run in a process of its own."""
    snapshot = WhooshEngine(index, in_background=False).snapshot()
    texts = [query.text for judged in judged_sets() for query in judged.queries]
    for number in range(MEMORY_SEARCHES):
        snapshot.search(SearchRequest(texts[number % len(texts)]))
    status = Path("/proc/self/status").read_text(encoding="ascii")
    resident, highest = (int(re.findall(rf"{key}:\s+(\d+)", status)[0]) / 1024 for key in ("VmRSS", "VmHWM"))
    judged, strange = _milliseconds(snapshot, texts), _milliseconds(snapshot, noise())
    return json.dumps(
        {"meaning": with_meaning, "resident": resident, "highest": highest, "judged": judged, "noise": strange}
    )


def cost_report(index: Path) -> Iterator[str]:
    """Memory and latency of a fresh process, with the encoder and without."""
    rows = []
    for with_meaning in (False, True):
        arguments = ["--child", str(index), *([] if with_meaning else ["--without-meaning"])]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        answer = subprocess.run(
            [sys.executable, __file__, *arguments], check=True, capture_output=True, text=True, env=environment
        )
        found = json.loads(answer.stdout)
        rows.append(
            (
                "with meaning" if with_meaning else "without onnxruntime",
                f"{found['resident']:.0f} MB",
                f"{found['highest']:.0f} MB",
                *(
                    " / ".join(
                        f"{times[min(len(times) - 1, int(len(times) * part))]:.1f}" for part in (0.5, 0.95, 0.99)
                    )
                    for times in (found["judged"], found["noise"])
                ),
            )
        )
    yield (
        f"**Cost over corpus/**: one fresh process after {MEMORY_SEARCHES} searches (resident, and at most so far);"
        " latency of one search in ms, p50 / p95 / p99, for the judged queries and for 500 characters of noise"
    )
    yield table(("", "resident", "at most", "judged queries", "noise"), rows)


# --- the report ---------------------------------------------------------------------------------------------------


def caption(index: Path) -> str:
    """When, on what, over what."""
    snapshot = WhooshEngine(index, _plain, in_background=False).snapshot()
    machine = f"{os.cpu_count()} shared {platform.machine()} cores, Python {platform.python_version()}"
    return (
        f"*{datetime.now(UTC):%d %B %Y}, {machine}; "
        f"{len(snapshot.documents):,} documents, {snapshot.passage_count:,} passages.*"
    )


def publish(name: str, parts: Iterable[str], target: Path | None) -> None:
    """Prints a section, or puts it between its markers in `target`."""
    text = "\n\n".join(parts)
    if target is None:
        print(text, end="\n\n")
        return
    old = target.read_text(encoding="utf-8")
    pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
    new, count = pattern.subn(lambda match: f"{match[1]}\n{text}\n\n{match[2]}", old)
    if count != 1:
        raise SystemExit(f"{target}: expected one pair of markers for '{name}', found {count}; add them")
    target.write_text(new, encoding="utf-8")


def medquad_report(folder: Path, distractors: int | None) -> Iterator[str]:
    """General health: were the constants bought by over-fitting?"""
    texts = SCRATCH / "medquad" / "texts"
    count = medquad_texts(folder, texts, distractors)
    index = index_of(texts, "medquad/index")
    yield caption(index)
    yield f"{count:,} answers: the judged ones{'' if distractors is None else f' and {distractors} others at random'}."
    sets = list(medquad_sets(folder))
    rows: dict[str, list[str]] = {}
    for step, _, evaluation in score_steps(index, sets):
        overall = evaluation.overall
        rows.setdefault(step, []).extend((_number(overall.ndcg_at_10), _number(overall.success_at_1)))
    header = ("step", "summary: nDCG@10", "success@1", "message: nDCG@10", "success@1")
    yield table(header, ((step, *cells) for step, cells in rows.items()))


def main() -> None:
    """Runs what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=ROOT / "corpus")
    parser.add_argument("--qrels", type=Path, nargs="+", default=[], help="one file for each author, a first")
    parser.add_argument("--medquad", type=Path)
    parser.add_argument("--distractors", type=int, default=DISTRACTORS)
    parser.add_argument("--cost", action="store_true", help="memory and latency only")
    parser.add_argument("--worst", type=int, metavar="N", help="the N worst held-back queries only")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables between the markers of this file")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--without-meaning", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        if chosen.without_meaning:
            sys.modules["onnxruntime"] = None  # type: ignore[assignment]
        print(memory(chosen.child, with_meaning=not chosen.without_meaning))
        return
    if chosen.medquad:
        publish("medquad", medquad_report(chosen.medquad, chosen.distractors), chosen.write)
        return
    index = index_of(chosen.corpus, "other" if chosen.qrels else "corpus")
    sets = list(judged_sets(chosen.qrels))
    name = "other" if chosen.qrels else "corpus"
    if chosen.cost:
        publish("cost", (caption(index), *cost_report(index)), chosen.write)
    elif chosen.worst:
        publish("worst", worst_report(index, sets, chosen.worst), chosen.write)
    else:
        parts = (caption(index), *steps_report(index, sets), *certainty_report(index, sets))
        publish(name, parts, chosen.write)


if __name__ == "__main__":
    main()
