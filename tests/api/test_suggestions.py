"""Suggestions and similar passages as callers see them."""

from __future__ import annotations

from tests.api.conforming import ConformingClient


def test_typed_words_are_completed_by_topics_and_headings(client: ConformingClient) -> None:
    answer = client.get("/v1/suggest?q=emot+n").get_json()
    expected = {"id": "emotional-numbness", "label": "emotional numbness"}
    assert {"text": "emotional numbness", "kind": "topic", "topic": expected} in answer["items"]
    assert answer["corpus_version"]
    assert client.get("/v1/suggest?q=zzzz").get_json()["items"] == []
    assert len(client.get("/v1/suggest?q=n&limit=1").get_json()["items"]) == 1


def test_suggestions_are_not_kept_by_caches(client: ConformingClient) -> None:
    assert "no-store" in client.get("/v1/suggest?q=numb").headers["Cache-Control"]


def test_a_suggestion_needs_typed_words_and_a_sound_limit(memory_client: ConformingClient) -> None:
    for query, field in (("", "q"), ("?q=" + "x" * 501, "q"), ("?q=numb&limit=0", "limit"), ("?q=numb&size=3", "size")):
        answer = memory_client.get(f"/v1/suggest{query}")
        assert answer.status_code == 400
        assert [error["field"] for error in answer.get_json()["errors"]] == [field]


def test_similar_passages_are_others_nearest_first(client: ConformingClient) -> None:
    own = client.get("/v1/search?q=depression").get_json()["items"][0]["passage"]["id"]
    answer = client.get(f"/v1/passages/{own}/similar")
    scores = [item["score"] for item in answer.get_json()["items"]]
    assert scores
    assert scores == sorted(scores, reverse=True)
    assert own not in [item["passage"]["id"] for item in answer.get_json()["items"]]
    assert "ETag" in answer.headers
    assert len(client.get(f"/v1/passages/{own}/similar?limit=1").get_json()["items"]) == 1


def test_neighbours_of_what_is_gone_say_what_became_of_it(client: ConformingClient, withdrawn_id: str) -> None:
    assert client.get(f"/v1/passages/{withdrawn_id}/similar").status_code == 410
    assert client.get("/v1/passages/no-such-passage/similar").status_code == 404
