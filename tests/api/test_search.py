"""Search as callers see it: words, filters, facets, highlights, pages."""

from __future__ import annotations

import pytest

from tests.api.conforming import ConformingClient


def test_words_find_passages_and_name_the_topics_they_mean(client: ConformingClient) -> None:
    answer = client.get("/v1/search?q=why+am+I+dead+inside").get_json()
    assert answer["total"] >= 1
    assert answer["query"]["text"] == "why am I dead inside"
    (concept,) = answer["query"]["concepts"]
    assert concept["topic"] == {"id": "emotional-numbness", "label": "emotional numbness"}
    assert answer["query"]["text"][concept["start"] : concept["end"]] == concept["matched_text"] == "dead inside"
    assert "numbness" in answer["items"][0]["passage"]["text"]
    assert answer["support"] is None


def test_posting_a_search_gives_the_same_answer(client: ConformingClient) -> None:
    got = client.get("/v1/search?q=insomnia&symptom=insomnia&symptom=anhedonia&limit=2&explain=true").get_json()
    body = {"q": "insomnia", "symptom": ["insomnia", "anhedonia"], "limit": 2, "explain": True}
    assert client.post("/v1/search", json=body).get_json() == got


def test_filters_alone_list_what_they_select(client: ConformingClient) -> None:
    answer = client.get("/v1/search?cause=depression").get_json()
    assert answer["total"] >= 1
    for hit in answer["items"]:
        tags = [(tag["facet"], tag["topic"]["id"]) for tag in hit["passage"]["tags"]]
        assert ("cause", "depression") in tags
    assert answer["query"] == {"text": "", "corrected_text": None, "concepts": []}


def test_a_filter_by_topic_includes_narrower_topics(client: ConformingClient) -> None:
    wide = {hit["passage"]["id"] for hit in client.get("/v1/search?symptom=emotional-numbness").get_json()["items"]}
    narrow = {hit["passage"]["id"] for hit in client.get("/v1/search?symptom=anhedonia").get_json()["items"]}
    assert narrow
    assert narrow < wide


def test_parameters_narrow_one_another_and_values_of_one_widen(client: ConformingClient) -> None:
    both = client.get("/v1/search?topic=insomnia&topic=journaling").get_json()["total"]
    one = client.get("/v1/search?topic=insomnia").get_json()["total"]
    narrowed = client.get("/v1/search?topic=insomnia&document=numbness").get_json()["total"]
    assert both > one > narrowed == 0


def test_advisories_can_be_left_out(client: ConformingClient) -> None:
    answer = client.get("/v1/search?q=depression&advisory_not=trauma").get_json()
    assert answer["items"]
    assert {hit["passage"]["document"]["id"] for hit in answer["items"]} == {"sleep"}


def test_facets_count_the_whole_result_not_the_page(client: ConformingClient) -> None:
    one = client.get("/v1/search?q=depression&limit=1").get_json()
    all_of_it = client.get("/v1/search?q=depression&limit=50").get_json()
    assert one["facets"] == all_of_it["facets"]
    buckets = {facet["facet"]: facet["buckets"] for facet in one["facets"]}
    assert {"topic": {"id": "depression", "label": "depression"}, "count": 1} in buckets["cause"]


def test_pages_of_hits_do_not_overlap_and_lead_back(client: ConformingClient) -> None:
    first = client.get("/v1/search?q=feelings+depression+weeks&limit=2").get_json()
    second = client.get(f"/v1/search?q=feelings+depression+weeks&limit=2&cursor={first['next_cursor']}").get_json()
    ids = [hit["passage"]["id"] for hit in first["items"] + second["items"]]
    assert len(ids) == len(set(ids)) > 2
    back = client.get(f"/v1/search?q=feelings+depression+weeks&limit=2&cursor={second['previous_cursor']}").get_json()
    assert back["items"] == first["items"]


def test_highlights_mark_words_by_offset_and_escape_everything_else(client: ConformingClient) -> None:
    answer = client.get("/v1/search?q=mood+now+insomnia").get_json()
    highlights = [highlight for hit in answer["items"] for highlight in hit["highlights"]]
    assert highlights
    for highlight in highlights:
        assert highlight["matches"] or "<mark>" not in highlight["html"]
        for match in highlight["matches"]:
            assert highlight["snippet"][match["start"] : match["end"]].strip()
        assert "<" not in highlight["html"].replace("<mark>", "").replace("</mark>", "")


def test_a_misspelt_query_is_corrected_and_says_so_unless_told_not_to(client: ConformingClient) -> None:
    answer = client.get("/v1/search?q=depresion").get_json()
    assert answer["query"]["corrected_text"] == "depression"
    assert answer["items"]
    plain = client.get("/v1/search?q=depresion&interpret=false").get_json()
    assert plain["query"]["corrected_text"] is None
    assert plain["query"]["concepts"] == []


def test_explanations_come_only_when_asked_for(client: ConformingClient) -> None:
    hit = client.get("/v1/search?q=journaling&explain=true").get_json()["items"][0]
    assert hit["explanation"]["contributions"]
    assert client.get("/v1/search?q=journaling").get_json()["items"][0]["explanation"] is None


def test_scores_lie_between_0_and_1_and_fall(client: ConformingClient) -> None:
    scores = [hit["score"] for hit in client.get("/v1/search?q=depression+numbness+sleep").get_json()["items"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


ODD_QUERIES = [
    "😶" * 500,
    "?" * 500,
    "???",
    '"',
    '""',
    '"unclosed',
    "-",
    "--",
    "NOT",
    "AND OR NOT",
    "a:b",
    "text:*",
    "numb*",
    "num?",
    "[a TO z]",
    "(((",
    "'; DROP TABLE passages; --",
    "<script>alert(1)</script>",
    "<b>numb</b>",
    "خدر عاطفي",
    "‮numb‬",
    "numb\x00ness",
    "\x00",
    "\x01\x02\x1b[31mnumb",
    "\ufeffnumb",
    "numb\u2028ness",
    "e\u0301" * 250,
    "\U0010ffff" * 500,
    "\\",
    "%00",
    "${jndi:ldap://x}",
    "{{7*7}}",
    "../../etc/passwd",
]


@pytest.mark.parametrize("query", ODD_QUERIES)
def test_no_text_breaks_a_search(client: ConformingClient, query: str) -> None:
    for answer in (
        client.get("/v1/search", query_string={"q": query}),
        client.post("/v1/search", json={"q": query}),
        client.post("/v1/search", json={"q": query, "topic": ["depression"], "explain": True}),
    ):
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert answer.get_json()["query"]["text"] == query
        for hit in answer.get_json()["items"]:
            for highlight in hit["highlights"]:
                assert "<" not in highlight["html"].replace("<mark>", "").replace("</mark>", "")


def test_a_lone_surrogate_is_replaced_and_offsets_stay_true(client: ConformingClient) -> None:
    answer = client.post("/v1/search", data=rb'{"q": "\ud83d depression"}', content_type="application/json")
    assert answer.status_code == 200
    query = answer.get_json()["query"]
    assert query["text"] == "\ufffd depression"
    assert query["concepts"][0]["start"] == 2


def test_bytes_that_are_not_utf8_in_a_query_string_do_no_harm(client: ConformingClient) -> None:
    assert client.get("/v1/search?q=numb%ff%fe").status_code == 200
