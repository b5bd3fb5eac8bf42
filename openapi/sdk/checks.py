"""What each generated client must do, and what the server must have seen of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from openapi.sdk.server import Exchange, ask

CHECKS: Mapping[str, str] = {
    "get_search": "GET search with two symptoms and an enum filter finds what the server finds for both",
    "post_search": "POST search with the same filters gives the same total and the same first hit",
    "paging": "topics by cursor to the last page: each once, as many as `total`",
    "topic": "a topic, with enums and numbers typed",
    "passage": "a passage, with nested objects and a date typed",
    "not_modified": "304 for the ETag of an earlier answer",
    "problem_400": "400 read as a typed Problem that names parameter and location",
    "problem_404": "404 read as a typed Problem",
    "null_members": "members that are null",
    "non_null_members": "the same members with a value",
    "added_members": "answers with members that the document does not know: search, topic, passage, problem",
}
"""The checks that a test program reports, each as a line `ok NAME` or `not ok NAME: why`."""

PAGE = 50
"""The page size that the programs ask for when they page through the topics; the largest there is."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the server itself answers: the programs get it as environment variables."""

    symptoms: tuple[str, str]
    total: int
    topics: int
    first: str
    """A passage without one before it, but with one after it."""
    last: str
    """A passage without one after it."""

    def environ(self) -> dict[str, str]:
        """As the test programs read it."""
        return {
            "THAW_SYMPTOM_A": self.symptoms[0],
            "THAW_SYMPTOM_B": self.symptoms[1],
            "THAW_TOTAL": str(self.total),
            "THAW_TOPICS": str(self.topics),
            "THAW_FIRST": self.first,
            "THAW_LAST": self.last,
            "THAW_MISSPELT": "emotinal numness",
        }


def expected(port: int) -> Expected:
    """Asks the server. Symptoms are chosen so that each alone finds less than both together."""
    _, found = ask(port, "/v1/search?q=numb&limit=1")
    buckets = next(facet["buckets"] for facet in found["facets"] if facet["facet"] == "symptom")
    names = [bucket["topic"]["id"] for bucket in buckets]
    for one, other in ((one, other) for one in names for other in names if one != other):
        total = _total(port, one, other)
        if _total(port, one) < total > _total(port, other):
            break
    else:
        raise SystemExit("no two symptoms of the corpus find more together than alone")
    _, documents = ask(port, "/v1/documents?limit=50")
    for summary in documents["items"]:
        _, document = ask(port, f"/v1/documents/{quote(summary['id'])}")
        ids = [passage for entry in document["outline"] for passage in entry["passage_ids"]]
        if len(ids) > 1:
            return Expected((one, other), total, ask(port, "/v1/topics?limit=1")[1]["total"], ids[0], ids[-1])
    raise SystemExit("no document of the corpus has two passages")


def _total(port: int, *symptoms: str) -> int:
    filters = "".join(f"&symptom={quote(symptom)}" for symptom in symptoms)
    total: int = ask(port, f"/v1/search?limit=1&advisory_not=self_harm&advisory_not=trauma{filters}")[1]["total"]
    return total


def reported(output: str) -> dict[str, str]:
    """Each check that a program's output tells of, with the reason where it failed and "" where not."""
    found = {}
    for line in output.splitlines():
        verdict, _, rest = line.partition("ok ")
        name, _, why = rest.partition(": ")
        if verdict in ("", "not ") and name.strip() in CHECKS:
            found[name.strip()] = (why or "failed") if verdict else ""
    return found


def faults(output: str, plain: Sequence[Exchange], grown: Sequence[Exchange], want: Expected) -> Iterator[str]:
    """What is wrong with a run: by the program's own word, and by what came over the wire."""
    found = reported(output)
    for name in CHECKS:
        if name not in found:
            yield f"{name}: not reported"
        elif found[name]:
            yield f"{name}: {found[name]}"
    yield from (f"over the wire: {fault}" for fault in _unseen(plain, grown, want))


def _unseen(plain: Sequence[Exchange], grown: Sequence[Exchange], want: Expected) -> Iterator[str]:
    both = sorted(want.symptoms)
    advisories = ["self_harm", "trauma"]
    if not any(
        it.method == "GET" and _values(it, "symptom") == both and _values(it, "advisory_not") == advisories
        for it in _answered(plain, "/v1/search")
    ):
        yield "no GET search with symptom= and advisory_not= repeated"
    bodies: list[Any] = [json.loads(it.body) for it in _answered(plain, "/v1/search") if it.method == "POST"]
    if not any(sorted(body.get("symptom", ())) == both for body in bodies):
        yield "no POST search with both symptoms in its body"
    if not any("cursor" in dict(it.query) for it in _answered(plain, "/v1/topics")):
        yield "no page of topics by cursor"
    if not any(it.status == 304 and it.headers.get("if-none-match") for it in plain):
        yield "no If-None-Match answered by 304"
    for status, address in ((400, "/v1/search"), (404, "/v1/topics/")):
        if not any(it.status == status and it.path.startswith(address) for it in plain):
            yield f"no {status} from {address}"
    for address, status in (("/v1/search", 200), ("/v1/topics/", 200), ("/v1/passages/", 200), ("/v1/topics/", 404)):
        if not any(it.grown and it.status == status and it.path.startswith(address) for it in grown):
            yield f"no grown answer {status} from {address}"


def _answered(exchanges: Sequence[Exchange], path: str) -> list[Exchange]:
    return [it for it in exchanges if it.path == path and it.status == 200]


def _values(exchange: Exchange, name: str) -> list[str]:
    return sorted(value for key, value in exchange.query if key == name)
