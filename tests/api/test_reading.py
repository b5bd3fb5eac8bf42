"""Topics, passages and documents as callers read them."""

from __future__ import annotations

from tests.api.conforming import ConformingClient


def test_topics_come_in_vocabulary_order_with_their_counts(client: ConformingClient) -> None:
    answer = client.get("/v1/topics").get_json()
    assert [topic["id"] for topic in answer["items"]][:3] == ["emotional-numbness", "anhedonia", "depression"]
    assert answer["total"] == 6
    numbness = answer["items"][0]
    assert numbness["narrower"] == [{"id": "anhedonia", "label": "anhedonia"}]
    assert numbness["passage_count"] >= 1
    assert numbness["passage_counts"]["symptom"] >= 1
    assert numbness["mappings"][0]["code"] == "D059445"


def test_topics_can_be_narrowed_to_those_that_serve_a_role(client: ConformingClient) -> None:
    answer = client.get("/v1/topics?facet=cause&facet=strategy").get_json()
    assert [topic["id"] for topic in answer["items"]] == ["depression", "trauma", "journaling"]


def test_pages_of_topics_do_not_overlap_and_lead_back(client: ConformingClient) -> None:
    first = client.get("/v1/topics?limit=4").get_json()
    second = client.get(f"/v1/topics?limit=4&cursor={first['next_cursor']}").get_json()
    ids = [topic["id"] for topic in first["items"] + second["items"]]
    assert len(ids) == len(set(ids)) == 6
    assert second["next_cursor"] is None
    back = client.get(f"/v1/topics?limit=4&cursor={second['previous_cursor']}").get_json()
    assert back["items"] == first["items"]
    assert back["previous_cursor"] is None


def test_an_unknown_topic_is_a_404_that_names_the_nearest(client: ConformingClient) -> None:
    answer = client.get("/v1/topics/insomnai")
    assert answer.status_code == 404
    assert "'insomnia'" in answer.get_json()["detail"]
    assert answer.get_json()["type"] == "/problems/not-found"


def test_a_passage_shows_its_text_in_three_notations_with_credit(client: ConformingClient) -> None:
    listed = client.get("/v1/passages?document=numbness").get_json()["items"]
    passage = client.get(f"/v1/passages/{listed[1]['id']}").get_json()
    assert passage["heading_path"] == ["Common causes"]
    assert "*anhedonia*" in passage["markdown"]
    assert "<em>anhedonia</em>" in passage["html"]
    assert "*" not in passage["text"]
    assert passage["previous_id"] == listed[0]["id"]
    assert passage["next_id"] == listed[2]["id"]
    assert passage["document"] == {"id": "numbness", "title": "What is “numbness”?"}
    credit = passage["attribution"]
    assert credit["license"]["id"] == "CC-BY-4.0"
    assert credit["authors"] == ["Ada Example", "Ben & Sons"]
    assert "Ben &amp; Sons" in credit["html"]
    assert '<a href="https://creativecommons.org/licenses/by/4.0/">' in credit["html"]
    assert credit["reviewed_on"] == "2026-11-01"


def test_a_tag_points_at_the_words_it_rests_on(client: ConformingClient) -> None:
    for passage in client.get("/v1/passages").get_json()["items"]:
        heading = " > ".join(passage["heading_path"])
        for tag in passage["tags"]:
            assert tag["evidence"]
            for evidence in tag["evidence"]:
                place = passage["text"] if evidence["source"] == "text" else heading
                assert place[evidence["start"] : evidence["end"]] == evidence["text"]


def test_an_old_revision_stays_readable(client: ConformingClient) -> None:
    edited = next(p for p in client.get("/v1/passages").get_json()["items"] if p["revision"] == 2)
    old = client.get(f"/v1/passages/{edited['id']}?revision=1").get_json()
    assert "No one else needs to read them." in old["text"]
    assert "Nobody has to read them." in edited["text"]
    assert client.get(f"/v1/passages/{edited['id']}?revision=3").status_code == 404


def test_a_withdrawn_passage_is_gone(client: ConformingClient, withdrawn_id: str) -> None:
    answer = client.get(f"/v1/passages/{withdrawn_id}")
    assert answer.status_code == 410
    assert answer.get_json()["type"] == "/problems/passage-withdrawn"
    assert answer.get_json()["successor_id"] is None


def test_a_batch_answers_what_there_is_in_the_order_asked(client: ConformingClient, withdrawn_id: str) -> None:
    listed = [passage["id"] for passage in client.get("/v1/passages").get_json()["items"]]
    answer = client.get(
        f"/v1/passages?id={listed[2]}&id={withdrawn_id}&id=p-nothing&id={listed[0]}&id={listed[0]}"
    ).get_json()
    assert [passage["id"] for passage in answer["items"]] == [listed[2], listed[0]]
    assert {(missing["id"], missing["reason"]) for missing in answer["unavailable"]} == {
        (withdrawn_id, "withdrawn"),
        ("p-nothing", "not_found"),
    }


def test_passages_without_a_filter_are_all_in_order_of_document_and_position(client: ConformingClient) -> None:
    first = client.get("/v1/passages?limit=3").get_json()
    rest = client.get(f"/v1/passages?limit=3&cursor={first['next_cursor']}").get_json()
    places = [(passage["document"]["id"], passage["position"]) for passage in first["items"] + rest["items"]]
    assert places == sorted(places)
    assert len(places) == len(set(places)) == first["total"]
    assert rest["next_cursor"] is None


def test_a_document_has_an_outline_of_its_passages(client: ConformingClient) -> None:
    document = client.get("/v1/documents/numbness").get_json()
    listed = [passage["id"] for passage in client.get("/v1/passages?document=numbness").get_json()["items"]]
    assert [passage_id for entry in document["outline"] for passage_id in entry["passage_ids"]] == listed
    assert document["passage_count"] == len(listed)
    assert document["references"][0]["publisher"] == "Example Press"
    assert document["advisories"] == ["trauma"]


def test_documents_are_listed_without_the_withdrawn_one(client: ConformingClient) -> None:
    answer = client.get("/v1/documents").get_json()
    assert [document["id"] for document in answer["items"]] == ["numbness", "sleep"]
    assert client.get("/v1/documents?language=fr").get_json()["items"] == []
    assert client.get("/v1/documents/walking").status_code == 404


def test_a_batch_may_have_as_many_ids_as_a_page_has_items(client: ConformingClient) -> None:
    wanted = "&".join(f"id=p-{number}" for number in range(51))
    assert client.get(f"/v1/passages?{wanted}").status_code == 400
    answer = client.get(f"/v1/passages?{wanted.removesuffix('&id=p-50')}")
    assert len(answer.get_json()["unavailable"]) == 50
