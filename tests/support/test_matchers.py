"""The reference matchers for apps: the same answers as the server, in Python and in JavaScript."""

from __future__ import annotations

import csv
import json
import random
import runpy
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from indexer.rulepack import rule_pack
from indexer.screen import Screener

ROOT = Path(__file__).resolve().parents[2]
MATCHERS = ROOT / "openapi" / "screening"
SET = Path(__file__).with_name("screening-set.tsv")
MANGLED = 1500
LETTERS = "abcdefghijklmnopqrstuvwxyz éüßœñ'’!?.*@$10345\n\u200b\u0301ﬁİẞſ𝒹Ⓚ５😭"
DRIVER = """
import { Screener } from "%s";
import { readFileSync } from "node:fs";
const { pack, texts } = JSON.parse(readFileSync(0, "utf8"));
const screener = new Screener(pack);
console.log(JSON.stringify(texts.map((text) => screener.screen(text))));
"""


def texts() -> list[str]:
    """The whole judged set, then pairs of its queries with characters thrown in."""
    with SET.open(encoding="utf-8", newline="") as file:
        queries = [row["query"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    chance = random.Random(7)
    mangled = []
    for _ in range(MANGLED):
        joint = chance.choice([" ", ". ", "... ", "\n", ", ", "? "])
        characters = list(chance.choice(queries) + joint + chance.choice(queries))
        for _ in range(chance.randint(0, 5)):
            characters.insert(chance.randrange(len(characters) + 1), chance.choice(LETTERS))
        mangled.append("".join(characters))
    return queries + mangled


def as_json(screening: Any) -> dict[str, Any]:
    return dict(json.loads(json.dumps(asdict(screening))))


def test_the_python_matcher_is_a_copy_of_the_servers() -> None:
    copy = (MATCHERS / "screen.py").read_text(encoding="utf-8")
    assert copy == (ROOT / "indexer" / "screen.py").read_text(encoding="utf-8"), (
        "run: cp indexer/screen.py openapi/screening/screen.py"
    )


def test_the_python_matcher_runs_alone_from_the_served_pack() -> None:
    served = json.loads(json.dumps(rule_pack()))
    alone = runpy.run_path(str(MATCHERS / "screen.py"))["Screener"](served)
    ours = Screener(rule_pack())
    for text in texts()[:200]:
        assert as_json(alone.screen(text)) == as_json(ours.screen(text))


@pytest.mark.skipif(
    shutil.which("node") is None, reason="node is not installed: the JavaScript matcher is not compared"
)
def test_the_javascript_matcher_gives_the_same_answers() -> None:
    asked = texts()
    answer = subprocess.run(
        ["node", "--input-type=module", "-e", DRIVER % (MATCHERS / "screen.mjs").as_uri()],
        input=json.dumps({"pack": rule_pack(), "texts": asked}),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    ours = Screener(rule_pack())
    differing = [
        text
        for text, theirs in zip(asked, json.loads(answer.stdout), strict=True)
        if theirs != as_json(ours.screen(text))
    ]
    assert differing == []


def test_a_matcher_refuses_a_pack_of_another_format() -> None:
    with pytest.raises(ValueError, match="newer matcher"):
        Screener({**rule_pack(), "format": 2})
