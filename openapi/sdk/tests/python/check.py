"""Calls the live server through openapi-generator's python client."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import date

import thaw
from thaw.exceptions import ApiException

URL, GROWN = os.environ["THAW_URL"], os.environ["THAW_GROWN_URL"]
A, B = os.environ["THAW_SYMPTOM_A"], os.environ["THAW_SYMPTOM_B"]
ADVISORIES = [thaw.Advisory.TRAUMA, thaw.Advisory.SELF_HARM]
client = thaw.ApiClient(thaw.Configuration(host=URL))
search, topics, passages = thaw.SearchApi(client), thaw.TopicsApi(client), thaw.PassagesApi(client)
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


def problem(call: Callable[[], object]) -> thaw.Problem:
    """The typed problem that a call raises."""
    try:
        call()
    except ApiException as error:
        assert isinstance(error.data, thaw.Problem), f"{type(error.data)} instead of a Problem"
        return error.data
    raise AssertionError("no error")


@check
def get_search() -> None:
    found = search.search_passages(symptom=[A, B], advisory_not=ADVISORIES, limit=5)
    expect(found.total, int(os.environ["THAW_TOTAL"]))
    expect(len(found.items), 5)
    assert found.facets[0].facet in list(thaw.FacetName)


@check
def post_search() -> None:
    asked = thaw.SearchRequest(symptom=[A, B], advisory_not=ADVISORIES, limit=5)
    found = search.search_passages_privately(asked)
    expect(found.total, int(os.environ["THAW_TOTAL"]))
    other = search.search_passages(symptom=[A, B], advisory_not=ADVISORIES, limit=5)
    expect(found.items[0].passage.id, other.items[0].passage.id)


@check
def paging() -> None:
    ids: list[str] = []
    page = topics.list_topics(limit=50)
    while True:
        ids += [topic.id for topic in page.items]
        if page.next_cursor is None:
            break
        page = topics.list_topics(limit=50, cursor=page.next_cursor)
    expect(len(ids), page.total)
    expect(len(set(ids)), int(os.environ["THAW_TOPICS"]))


@check
def topic() -> None:
    found = topics.get_topic(A)
    expect(found.id, A)
    assert thaw.FacetName.SYMPTOM in found.facets
    assert found.passage_counts["symptom"] > 0


@check
def passage() -> None:
    found = passages.get_passage(os.environ["THAW_FIRST"])
    expect(found.id, os.environ["THAW_FIRST"])
    assert found.markdown
    assert found.source_span.end > found.source_span.start
    assert found.attribution.license.id
    assert found.first_published_on is None or isinstance(found.first_published_on, date)


@check
def not_modified() -> None:
    answer = topics.get_topic_with_http_info(A)
    assert answer.headers is not None
    try:
        again = topics.get_topic_with_http_info(A, if_none_match=answer.headers["ETag"])
    except ApiException as error:
        expect(error.status, 304)
    else:
        expect(again.status_code, 304)


@check
def problem_400() -> None:
    found = problem(lambda: search.search_passages(symptom=["no-such-topic"]))
    expect(found.status, 400)
    expect(found.errors[0].var_field, "symptom")
    expect(found.errors[0].location, thaw.FieldLocation.QUERY)


@check
def problem_404() -> None:
    found = problem(lambda: topics.get_topic("no-such-topic"))
    expect(found.status, 404)
    expect(found.type, "/problems/not-found")
    expect(found.errors, [])


@check
def null_members() -> None:
    expect(passages.get_passage(os.environ["THAW_FIRST"]).previous_id, None)
    expect(passages.get_passage(os.environ["THAW_LAST"]).next_id, None)
    found = search.search_passages(symptom=[A], limit=1)
    expect(found.support, None)
    expect(found.items[0].explanation, None)
    expect(found.query.corrected_text, None)


@check
def non_null_members() -> None:
    assert passages.get_passage(os.environ["THAW_FIRST"]).next_id is not None
    found = search.search_passages(q=os.environ["THAW_MISSPELT"], explain=True, limit=1)
    assert found.query.corrected_text is not None
    explanation = found.items[0].explanation
    assert explanation is not None
    assert explanation.contributions[0].share > 0


@check
def added_members() -> None:
    grown = thaw.ApiClient(thaw.Configuration(host=GROWN))
    expect(thaw.SearchApi(grown).search_passages(symptom=[A, B], limit=5).items[0].passage.tags != [], True)
    expect(thaw.TopicsApi(grown).get_topic(A).id, A)
    expect(thaw.PassagesApi(grown).get_passage(os.environ["THAW_FIRST"]).id, os.environ["THAW_FIRST"])
    expect(problem(lambda: thaw.TopicsApi(grown).get_topic("no-such-topic")).status, 404)


sys.exit(1 if failed else 0)
