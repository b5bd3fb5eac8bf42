"""The proof of the generated clients: that it can fail, that it grows what may grow, that nothing is unpinned."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from openapi.sdk import checks, server
from openapi.sdk.languages import LANGUAGES

SDK = Path(__file__).parents[2] / "openapi" / "sdk"
WANT = checks.Expected(("numb", "flat"), 7, 60, "p-1", "p-9")
ALL_OK = "\n".join(f"ok {name}" for name in checks.CHECKS)


def exchange(method: str = "GET", path: str = "/v1/search", status: int = 200, **other: Any) -> server.Exchange:
    return server.Exchange(
        method,
        path,
        other.get("query", ()),
        other.get("headers", {}),
        other.get("body", b""),
        status,
        other.get("grown", 0),
    )


PLAIN = (
    exchange(
        query=(("symptom", "numb"), ("symptom", "flat"), ("advisory_not", "trauma"), ("advisory_not", "self_harm")),
    ),
    exchange("POST", body=json.dumps({"symptom": ["numb", "flat"]}).encode()),
    exchange(path="/v1/topics", query=(("cursor", "c"),)),
    exchange(path="/v1/topics/numb", status=304, headers={"if-none-match": '"e"'}),
    exchange(status=400),
    exchange(path="/v1/topics/no-such-topic", status=404),
)
GROWN = (
    exchange(grown=9),
    exchange(path="/v1/topics/numb", grown=1),
    exchange(path="/v1/passages/p-1", grown=1),
    exchange(path="/v1/topics/no-such-topic", status=404, grown=1),
)


def test_a_run_that_does_everything_has_no_faults() -> None:
    assert list(checks.faults(ALL_OK, PLAIN, GROWN, WANT)) == []


@pytest.mark.parametrize("name", checks.CHECKS)
def test_each_check_must_be_reported_and_pass(name: str) -> None:
    without = "\n".join(line for line in ALL_OK.splitlines() if line != f"ok {name}")
    assert list(checks.faults(without, PLAIN, GROWN, WANT)) == [f"{name}: not reported"]
    assert list(checks.faults(f"{ALL_OK}\nnot ok {name}: x", PLAIN, GROWN, WANT)) == [f"{name}: x"]


@pytest.mark.parametrize("left_out", range(len(PLAIN)))
def test_what_a_program_says_must_have_come_over_the_wire(left_out: int) -> None:
    seen = [it for number, it in enumerate(PLAIN) if number != left_out]
    assert len(list(checks.faults(ALL_OK, seen, GROWN, WANT))) == 1


@pytest.mark.parametrize("left_out", range(len(GROWN)))
def test_each_grown_answer_must_have_been_asked_for(left_out: int) -> None:
    seen = [it for number, it in enumerate(GROWN) if number != left_out]
    assert len(list(checks.faults(ALL_OK, PLAIN, seen, WANT))) == 1


@pytest.mark.parametrize("query", [(("symptom", "numb,flat"),), (("symptom[0]", "numb"), ("symptom[1]", "flat"))])
def test_filters_joined_or_indexed_are_not_repeated_filters(query: tuple[tuple[str, str], ...]) -> None:
    advisories = (("advisory_not", "trauma"), ("advisory_not", "self_harm"))
    seen = (exchange(query=query + advisories), *PLAIN[1:])
    assert len(list(checks.faults(ALL_OK, seen, GROWN, WANT))) == 1


def test_every_check_has_a_wrong_answer_that_it_must_notice() -> None:
    assert frozenset().union(*server.FAULTS.values()) == frozenset(checks.CHECKS)


def test_objects_grow_but_maps_and_strings_do_not() -> None:
    document = json.loads((SDK.parent / "openapi.json").read_text("utf-8"))
    schema = server.answer_schema(document, "GET", "/v1/topics/emotional-numbness", 200)
    topic = document["components"]["schemas"]["Topic"]["examples"][0]
    before = json.loads(json.dumps(topic))
    assert server.grow(topic, schema, document) == 1 + sum(
        len(topic[name]) for name in ("broader", "narrower", "related", "mappings")
    )
    assert topic["x_since"] == "2.0"
    assert topic["passage_counts"] == before["passage_counts"]


def test_problems_grow_too() -> None:
    document = json.loads((SDK.parent / "openapi.json").read_text("utf-8"))
    problem = {"status": 404, "errors": [{"field": "q"}], "successor_id": None}
    assert server.grow(problem, server.answer_schema(document, "GET", "/v1/topics/x", 404), document) == 2


def test_each_language_has_its_config_and_its_program() -> None:
    for language in LANGUAGES:
        if language.tool == "openapi-generator":
            assert (SDK / f"{language.name}.yaml").is_file(), language.name
        assert bool(language.run) != bool(language.grammar)
        assert not language.run or (SDK / "tests" / language.name).is_dir(), language.name


def test_the_table_tells_of_every_language() -> None:
    rows = re.findall(r"^\| ([\w-]+) \|", (SDK.parent / "SDKS.md").read_text("utf-8"), re.MULTILINE)
    assert rows == ["client", *(language.name for language in LANGUAGES)]


def test_the_generators_are_pinned_by_hash_without_addresses() -> None:
    lock = json.loads((SDK / "package-lock.json").read_text("utf-8"))["packages"]
    assert all(it["integrity"] and "resolved" not in it for name, it in lock.items() if name)
    requirements = (SDK / "requirements.txt").read_text("utf-8")
    assert "://" not in requirements
    assert all("--hash=sha256:" in part for part in re.split(r"^(?=[a-z])", requirements, flags=re.MULTILINE)[1:])


# Names that some language keeps for itself: its generator would rename the class (Match became ModelMatch in PHP), or
# the class would hide a type of the language.
RESERVED = frozenset(
    "any array boolean class date dictionary enum error exception file function interface list map match module none "
    "null number object option package record response result self set source string struct type".split()
)


def test_no_schema_bears_a_name_that_a_language_keeps_for_itself() -> None:
    schemas = json.loads((SDK.parent / "openapi.json").read_text("utf-8"))["components"]["schemas"]
    assert {name for name in schemas if name.lower() in RESERVED} == set()
