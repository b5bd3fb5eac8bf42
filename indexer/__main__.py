"""The editors' commands: build, preview, search, check, evaluate."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from corpus import CorpusError, Source, read_corpus, read_source, read_vocabulary
from corpus.vocabulary import PACKAGED_VOCABULARY
from indexer.checking import Finding
from indexer.checking import check as check_corpus
from indexer.engines import open_engine
from indexer.errors import IndexerError
from indexer.evaluate import evaluate as evaluate_search
from indexer.evaluate import read_judgments, read_queries
from indexer.model import HEADING_SEPARATOR, Document, Passage, Tag
from indexer.pipeline import build as build_index
from indexer.pipeline import tag_source
from indexer.search import MAX_LIMIT, SearchRequest, SearchResult, Snapshot
from indexer.serialize import json_default, search_results

T = TypeVar("T")

DEFAULT_CORPUS = "corpus"
DEFAULT_INDEX = "whoosh:build/index"
MAX_FAULTS_SHOWN = 50
"""More faults than this have one cause, and scrolling past them hides it."""


class _Commands(click.Group):
    """Shows what went wrong on stderr, without a traceback, and ends with 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CorpusError as error:
            count = len(error.faults)
            for fault in error.faults[:MAX_FAULTS_SHOWN]:
                click.echo(str(fault), err=True)
            if count > MAX_FAULTS_SHOWN:
                click.echo(f"… and {count - MAX_FAULTS_SHOWN} more", err=True)
            click.echo(f"{count} fault{'s' if count > 1 else ''}; nothing was changed.", err=True)
        except IndexerError as error:
            click.echo(f"Error: {error}", err=True)
        except BrokenPipeError:
            sys.stderr.close()  # the reader of our output left, e.g. `| head`; Python would complain about it
        except OSError as error:
            click.echo(f"Error: {error.strerror or error}{f': {error.filename}' if error.filename else ''}", err=True)
        raise SystemExit(1)


corpus_option = click.option(
    "--corpus",
    "corpus_dir",
    envvar="THAW_CORPUS",
    default=DEFAULT_CORPUS,
    show_default=True,
    show_envvar=True,
    type=click.Path(path_type=Path),
    help="A corpus folder, or any folder of .md, .txt and .html files.",
)
index_option = click.option(
    "--index",
    "index_url",
    envvar="THAW_INDEX",
    default=DEFAULT_INDEX,
    show_default=True,
    show_envvar=True,
    help="Where the index is: whoosh:PATH.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Turns texts into a searchable index of tagged passages."""
    # What an engine logs while it tries again comes to the user as one error at the end.
    logging.getLogger("indexer").setLevel(logging.ERROR)


# --- build -------------------------------------------------------------------------------------------------------


class _Bar:
    """A progress bar on a terminal, plain lines elsewhere; on stderr, so that stdout has the summary alone."""

    def track(self, items: Iterable[T], label: str, total: int) -> Iterator[T]:
        if sys.stderr.isatty():
            with click.progressbar(items, length=total, label=label.ljust(12), file=sys.stderr) as bar:
                yield from bar
        else:
            click.echo(f"{label}: {total:,}", err=True)
            yield from items


@main.command()
@corpus_option
@index_option
@click.option("--force", is_flag=True, help="Write a new version even if nothing changed.")
@json_option
def build(corpus_dir: Path, index_url: str, force: bool, as_json: bool) -> None:
    """Builds and publishes the index from a folder of texts."""
    summary = build_index(corpus_dir, index_url, force=force, progress=_Bar())
    click.echo(_json(summary.to_json()) if as_json else summary.to_text())


# --- preview -----------------------------------------------------------------------------------------------------


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@corpus_option
def preview(file: Path, corpus_dir: Path) -> None:
    """Shows the passages and tags of one text, without an index."""
    source = read_source(file, file.parent)
    own = corpus_dir / "vocabulary.yaml"
    vocabulary = read_vocabulary(own if own.exists() else PACKAGED_VOCABULARY)
    document, passages = tag_source(source, vocabulary)
    for line in _preview(source, document, passages):
        click.echo(line)


def _preview(source: Source, document: Document, passages: Sequence[Passage]) -> Iterator[str]:
    words = sum(passage.word_count for passage in passages)
    yield click.style(document.title, bold=True)
    yield f"id {source.id} · {source.media_type} · {len(passages)} passages · {words:,} words"
    for passage in passages:
        yield ""
        yield click.style(f"── {passage.position + 1} " + "─" * 60, fg="blue")
        if passage.heading_path:
            yield click.style(HEADING_SEPARATOR.join(passage.heading_path), bold=True)
        span = passage.source_span
        size = f"{passage.word_count} words · {len(passage.sentence_spans)} sentences · grade {passage.reading_grade}"
        notes = f" · advisories: {', '.join(passage.advisories)}" if passage.advisories else ""
        yield click.style(f"{size} · source {span.start}–{span.end}{notes}", dim=True)
        yield _with_evidence(passage)
        for tag in passage.tags:
            yield f"  {click.style(tag.facet.ljust(9), fg=_COLOURS[tag.facet])} {tag.topic_id}  {_reasons(tag)}"
    if document.dropped:
        yield ""
        yield click.style("Dropped", bold=True)
        for dropped in document.dropped:
            place = f"{dropped.span.start}–{dropped.span.end}"
            yield f"  {dropped.reason} ({place}): {' '.join(dropped.text.split())}"


_COLOURS = {
    "symptom": "red",
    "cause": "yellow",
    "condition": "magenta",
    "treatment": "green",
    "strategy": "cyan",
    "mechanism": "blue",
    "effect": "bright_red",
}


def _reasons(tag: Tag) -> str:
    found = (
        f"“{evidence.text}” ({evidence.source} {evidence.span.start}–{evidence.span.end})" for evidence in tag.evidence
    )
    return click.style(", ".join(found), dim=True)


def _with_evidence(passage: Passage) -> str:
    """The passage's text, the words that its tags rest on in the colour of the role."""
    runs = sorted(
        (evidence.span.start, evidence.span.end, _COLOURS[tag.facet])
        for tag in passage.tags
        for evidence in tag.evidence
        if evidence.source == "text"
    )
    parts: list[str] = []
    at = 0
    for start, end, colour in runs:
        if start < at:
            continue
        parts += [passage.text[at:start], click.style(passage.text[start:end], fg=colour, underline=True)]
        at = end
    return "".join([*parts, passage.text[at:]])


# --- search ------------------------------------------------------------------------------------------------------


@main.command()
@click.argument("query")
@index_option
@json_option
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, MAX_LIMIT), help="Hits to show.")
@click.option("--explain", is_flag=True, help="Say why each passage matched.")
def search(query: str, index_url: str, as_json: bool, limit: int, explain: bool) -> None:
    """Searches as the API does."""
    with closing(open_engine(index_url)) as engine:
        snapshot = engine.snapshot()
        result = snapshot.search(SearchRequest(text=query, limit=limit, explain=explain))
        if as_json:
            click.echo(_json(search_results(snapshot, result)))
            return
        for line in _results(snapshot, result):
            click.echo(line)


def _results(snapshot: Snapshot, result: SearchResult) -> Iterator[str]:
    reading = result.query
    if reading.corrected_text:
        yield f"read as: {reading.corrected_text}"
    if reading.concepts:
        labels = (
            f"“{each.matched_text}” = {snapshot.vocabulary[each.topic_id].pref_label}" for each in reading.concepts
        )
        yield f"topics:  {', '.join(labels)}"
    yield f"{result.total:,} passages"
    for rank, hit in enumerate(result.hits, start=1):
        passage = hit.passage.passage
        document = snapshot.documents[passage.document_id]
        yield ""
        place = HEADING_SEPARATOR.join((document.title, *passage.heading_path))
        yield click.style(f"{rank}. {place}", bold=True) + f"  {hit.score:.2f}  {hit.passage.id}"
        snippets = [highlight for highlight in hit.highlights if highlight.field == "text"]
        if snippets:
            yield f"   {_marked(snippets[0].snippet, [(match.start, match.end) for match in snippets[0].matches])}"
        else:
            yield f"   {' '.join(passage.text.split())[:200]}"
        tags = ", ".join(f"{tag.facet} {tag.topic_id}" for tag in passage.tags)
        if tags:
            yield click.style(f"   {tags}", dim=True)
        if hit.explanation:
            yield f"   because: {hit.explanation.summary}"
            for part in hit.explanation.contributions:
                yield f"     {part.share:4.0%} {part.kind}: {part.text}: {part.detail}"
    if result.suggestions:
        yield f"did you mean: {', '.join(result.suggestions)}"


def _marked(snippet: str, runs: Iterable[tuple[int, int]]) -> str:
    parts: list[str] = []
    at = 0
    for start, end in runs:
        parts += [snippet[at:start], click.style(snippet[start:end], fg="yellow", bold=True)]
        at = end
    return " ".join("".join([*parts, snippet[at:]]).split())


# --- check and evaluate --------------------------------------------------------------------------------------------


@main.command()
@corpus_option
@click.option("--locked", is_flag=True, help="Also fail if the lock file is behind the texts, as in CI.")
@json_option
def check(corpus_dir: Path, locked: bool, as_json: bool) -> None:
    """Validates texts, vocabulary and ids, without an index."""
    findings = check_corpus(corpus_dir, datetime.now(UTC).date(), locked=locked)
    errors = sum(finding.severity == "error" for finding in findings)
    if as_json:
        click.echo(_json([_finding(finding) for finding in findings]))
    else:
        for finding in findings:
            colour = "red" if finding.severity == "error" else "yellow"
            click.echo(f"{click.style(finding.severity, fg=colour)} {finding.fault}")
        click.echo(f"errors: {errors}, warnings: {len(findings) - errors}" if findings else _all_well(corpus_dir))
    if errors:
        raise SystemExit(1)


def _all_well(corpus_dir: Path) -> str:
    corpus = read_corpus(corpus_dir)
    return f"{len(corpus.sources)} texts and {len(corpus.vocabulary)} topics are in order"


def _finding(finding: Finding) -> dict[str, Any]:
    fault = finding.fault
    return {
        "severity": finding.severity,
        "file": str(fault.path),
        "line": fault.line,
        "field": fault.field,
        "message": fault.message,
        "remedy": fault.remedy,
    }


@main.command()
@click.argument("queries", type=click.Path(path_type=Path))
@click.argument("qrels", type=click.Path(path_type=Path))
@index_option
@click.option("--part", help="Only the queries of this part, e.g. tune or held.")
@json_option
def evaluate(queries: Path, qrels: Path, index_url: str, part: str | None, as_json: bool) -> None:
    """Scores the search against judged queries.

    QUERIES has lines of id, group, part, text between tabs; group and part may be left out. QRELS has lines of
    query, document, start, end, grade; or of query, 0, passage or document, grade. nDCG takes the grade as gain.
    """
    asked = read_queries(queries)
    judged = read_judgments(qrels, asked)
    with closing(open_engine(index_url)) as engine:
        evaluation = evaluate_search(
            engine.snapshot(), [query for query in asked if part in (None, query.part)], judged
        )
    click.echo(_json(evaluation.to_json()) if as_json else evaluation.to_text())


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=json_default)


if __name__ == "__main__":
    main(prog_name="python -m indexer")
