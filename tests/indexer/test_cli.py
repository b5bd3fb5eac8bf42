"""The editors' commands on a real index: what they print, and how they fail."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from indexer.__main__ import main
from tests.indexer.test_pipeline import FRONT_MATTER, GRIEF, NUMB, VOCABULARY


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus and its index, side by side; not to be changed."""
    root = tmp_path_factory.mktemp("cli")
    corpus = root / "corpus"
    (corpus / "texts").mkdir(parents=True)
    (corpus / "vocabulary.yaml").write_text(VOCABULARY)
    for name, body in (("numb", NUMB), ("grief", GRIEF)):
        (corpus / "texts" / f"{name}.md").write_text(FRONT_MATTER.format(id=name, title=name.title()) + body)
    result = run("build", "--corpus", str(corpus), "--index", f"whoosh:{root / 'index'}")
    assert result.exit_code == 0, result.output
    return root


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), env=env, prog_name="python -m indexer")


def printed(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def settings(root: Path) -> dict[str, str]:
    return {"THAW_CORPUS": str(root / "corpus"), "THAW_INDEX": f"whoosh:{root / 'index'}"}


def test_build_takes_its_settings_from_the_environment(built: Path) -> None:
    result = run("build", "--json", env=settings(built))
    summary = printed(result)
    assert summary["index"] == f"whoosh:{built / 'index'}"
    assert summary["published"] is False
    assert summary["passages"] == 4
    assert "read and tag: 2" in result.stderr


def test_build_prints_plain_lines_and_a_summary(built: Path) -> None:
    result = run("build", "--force", env=settings(built))
    assert result.exit_code == 0
    assert "\x1b" not in result.output
    assert "documents   2" in result.stdout
    assert "published version" in result.stdout


def test_search_prints_the_shape_of_the_api(built: Path) -> None:
    found = printed(run("search", "--json", "--limit", "1", "--explain", "feeling numb", env=settings(built)))
    assert set(found) == {
        "corpus_version",
        "query",
        "total",
        "items",
        "facets",
        "suggestions",
        "support",
        "next_cursor",
        "previous_cursor",
    }
    (item,) = found["items"]
    assert item["passage"]["document"]["id"] == "numb"
    assert item["explanation"]["contributions"]
    assert found["query"]["concepts"][0]["topic"] == {"id": "numbness", "label": "numbness"}
    assert found["total"] >= 1


def test_search_shows_where_a_passage_stands(built: Path) -> None:
    result = run("search", "music", "--explain", env=settings(built))
    assert result.exit_code == 0
    assert "Numb > How it begins" in result.stdout
    assert "because: " in result.stdout


def test_search_takes_any_words(built: Path) -> None:
    for query in ("???", '"', "NOT", "a:b*", "'; DROP TABLE", "<b>", "\u202eשלום", "\U0001f600" * 500):
        assert printed(run("search", "--json", "--", query, env=settings(built)))["total"] >= 0


def test_preview_shows_borders_sizes_tags_and_what_was_dropped(tmp_path: Path, built: Path) -> None:
    path = tmp_path / "scraped.txt"
    path.write_text("Author: Jo Example\n\n" + NUMB.replace("#", ""))
    result = run("preview", str(path), env=settings(built))
    assert result.exit_code == 0, result.output
    for shown in ("passages", "words", "source ", "symptom", "numbness", "“numbness” (text ", "byline", "Jo Example"):
        assert shown in result.stdout


def test_check_reports_and_fails(tmp_path: Path, built: Path) -> None:
    assert run("check", "--locked", env=settings(built)).exit_code == 0
    (tmp_path / "a.txt").write_bytes(b"\xff")
    result = run("check", "--corpus", str(tmp_path))
    assert result.exit_code == 1
    assert "a.txt:1: this is not UTF-8" in result.stdout
    assert "Remedy: " in result.stdout
    (finding,) = json.loads(run("check", "--json", "--corpus", str(tmp_path)).stdout)
    assert (finding["severity"], finding["line"], finding["file"]) == ("error", 1, str(tmp_path / "a.txt"))


def test_evaluate_scores_by_group(tmp_path: Path, built: Path) -> None:
    source = (built / "corpus" / "texts" / "numb.md").read_text()
    start = source.index("Often it begins")
    (tmp_path / "queries.tsv").write_text(
        "1\tlay\tthe music sounds flat\n2\tkeyword\tgrief\n# a comment\n3\tnone\t???\n"
    )
    (tmp_path / "qrels.tsv").write_text(f"1\tnumb\t{start}\t{start + 60}\t3\n2 0 grief 2\n")
    arguments = ("evaluate", str(tmp_path / "queries.tsv"), str(tmp_path / "qrels.tsv"))
    scores = printed(run(*arguments, "--json", env=settings(built)))
    assert scores["groups"]["lay"]["ndcg_at_10"] == 1.0
    assert scores["groups"]["keyword"]["success_at_1"] == 1.0
    assert scores["groups"]["none"] == {
        "queries": 1,
        "answerable": 0,
        "ndcg_at_10": None,
        "recall_at_5": None,
        "recall_at_10": None,
        "mrr": None,
        "success_at_1": None,
        "zero_results": 1.0,
    }
    assert scores["all"]["queries"] == 3
    table = run(*arguments, env=settings(built)).stdout
    assert "nDCG@10" in table
    assert "keyword" in table


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("build", "--corpus", "missing"), 1, "no such folder"),
        (("build", "--index", "nonsense"), 1, "has no scheme"),
        (("build", "--index", "mysql:x"), 1, "unknown engine"),
        (("search", "--index", "whoosh:missing", "x"), 1, "indexer build"),
        (("search", "x" * 501), 1, "longer than 500"),
        (("search", ""), 1, "say what to search for"),
        (("search", "x", "--limit", "0"), 2, "--limit"),
        (("search",), 2, "QUERY"),
        (("preview", "missing.md"), 1, "no such file"),
        (("preview", "picture.png"), 1, "Name it .md, .txt or .html"),
        (("evaluate", "missing.tsv", "missing.tsv"), 1, "cannot be read"),
        (("nonsense",), 2, "No such command"),
    ],
)
def test_faults_are_one_message_on_stderr(built: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    result = run(*arguments, env=settings(built))
    assert result.exit_code == code
    assert message in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.output


def test_the_module_runs_as_a_command(built: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "indexer", "search", "--index", f"whoosh:{built / 'missing'}", "x"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1


def test_help_names_every_command() -> None:
    help_text = run("--help").stdout
    for command in ("build", "preview", "search", "check", "evaluate"):
        assert command in help_text
