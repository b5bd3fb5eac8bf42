"""Calls the live server through openapi-python-client's client."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import date
from typing import TypeVar

from thaw_client import AuthenticatedClient
from thaw_client.api.passages import get_passage
from thaw_client.api.search import search_passages, search_passages_privately
from thaw_client.api.topics import get_topic, list_topics
from thaw_client.models import (
    Advisory,
    Explanation,
    FacetName,
    FieldLocation,
    Passage,
    Problem,
    SearchRequest,
    SearchResults,
    Topic,
    TopicList,
)
from thaw_client.types import UNSET, Unset

T = TypeVar("T")
A, B = os.environ["THAW_SYMPTOM_A"], os.environ["THAW_SYMPTOM_B"]
ADVISORIES = [Advisory.TRAUMA, Advisory.SELF_HARM]
# Keys are optional where the service asks for none; the generated functions want this class either way.
client = AuthenticatedClient(base_url=os.environ["THAW_URL"], token="none")
failed = 0


def check(function: Callable[[], None]) -> None:
    """Runs a check and reports it."""
    global failed
    try:
        function()
    except Exception as error:
        failed += 1
        print(f"not ok {function.__name__}: {type(error).__name__} {str(error)[:300]!r}")
    else:
        print(f"ok {function.__name__}")


def expect(what: object, wanted: object) -> None:
    """Raises where two values differ."""
    if what != wanted:
        raise AssertionError(f"{what!r} instead of {wanted!r}")


def some(kind: type[T], value: object) -> T:
    """The value, known to be of a kind; raises where it is not."""
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} instead of a {kind.__name__}")
    return value


def find(at: AuthenticatedClient = client) -> SearchResults:
    return some(SearchResults, search_passages.sync(client=at, symptom=[A, B], advisory_not=ADVISORIES, limit=5))


def passage_of(variable: str) -> Passage:
    return some(Passage, get_passage.sync(os.environ[variable], client=client))


@check
def get_search() -> None:
    found = find()
    expect(found.total, int(os.environ["THAW_TOTAL"]))
    expect(len(found.items), 5)
    assert found.facets[0].facet in list(FacetName)


@check
def post_search() -> None:
    asked = SearchRequest(symptom=[A, B], advisory_not=ADVISORIES, limit=5)
    found = some(SearchResults, search_passages_privately.sync(client=client, body=asked))
    expect(found.total, int(os.environ["THAW_TOTAL"]))
    expect(found.items[0].passage.id, find().items[0].passage.id)


@check
def paging() -> None:
    ids: list[str] = []
    cursor: str | Unset | None = UNSET
    while cursor is not None:
        page = some(TopicList, list_topics.sync(client=client, limit=50, cursor=cursor))
        ids += [topic.id for topic in page.items]
        cursor = page.next_cursor
    expect(len(ids), page.total)
    expect(len(set(ids)), int(os.environ["THAW_TOPICS"]))


@check
def topic() -> None:
    found = some(Topic, get_topic.sync(A, client=client))
    expect(found.id, A)
    assert FacetName.SYMPTOM in found.facets
    assert found.passage_counts["symptom"] > 0


@check
def passage() -> None:
    found = passage_of("THAW_FIRST")
    expect(found.id, os.environ["THAW_FIRST"])
    assert found.markdown
    assert found.source_span.end > found.source_span.start
    assert found.attribution.license_.id
    assert found.first_published_on is None or isinstance(found.first_published_on, date)


@check
def not_modified() -> None:
    answer = get_topic.sync_detailed(A, client=client)
    again = get_topic.sync_detailed(A, client=client, if_none_match=answer.headers["ETag"])
    expect(again.status_code, 304)


@check
def problem_400() -> None:
    found = some(Problem, search_passages.sync(client=client, symptom=["no-such-topic"]))
    expect(found.status, 400)
    expect(found.errors[0].field, "symptom")
    expect(found.errors[0].location, FieldLocation.QUERY)


@check
def problem_404() -> None:
    found = some(Problem, get_topic.sync("no-such-topic", client=client))
    expect(found.status, 404)
    expect(found.type_, "/problems/not-found")
    expect(found.errors, [])


@check
def null_members() -> None:
    expect(passage_of("THAW_FIRST").previous_id, None)
    expect(passage_of("THAW_LAST").next_id, None)
    found = find()
    expect(found.support, None)
    expect(found.items[0].explanation, None)
    expect(found.query.corrected_text, None)


@check
def non_null_members() -> None:
    assert passage_of("THAW_FIRST").next_id is not None
    found = some(
        SearchResults, search_passages.sync(client=client, q=os.environ["THAW_MISSPELT"], explain=True, limit=1)
    )
    assert found.query.corrected_text is not None
    explanation = some(Explanation, found.items[0].explanation)
    assert explanation.contributions[0].share > 0


@check
def added_members() -> None:
    grown = AuthenticatedClient(base_url=os.environ["THAW_GROWN_URL"], token="none")
    assert find(grown).items[0].passage.tags
    expect(some(Topic, get_topic.sync(A, client=grown)).id, A)
    expect(some(Passage, get_passage.sync(os.environ["THAW_FIRST"], client=grown)).id, os.environ["THAW_FIRST"])
    expect(some(Problem, get_topic.sync("no-such-topic", client=grown)).status, 404)


sys.exit(1 if failed else 0)
