"""Support: shown with every answer that needs it, failures included, and never an empty list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api import support
from api.app import create_app
from api.settings import Settings
from corpus import CorpusError, read_corpus
from corpus.companions import read_companions
from corpus.support import read_support
from indexer.companions import companions_of, named_passages
from indexer.errors import IndexUnavailable
from indexer.pipeline import build
from indexer.rulepack import digest
from indexer.screen import Screener
from indexer.search import SearchRequest, Snapshot
from tests.api.conforming import ConformingClient
from tests.api.conftest import app_over
from tests.fakes import FakeIndex

CRISIS = "so numb i want to die"
DISTRESS = "I feel so hopeless, nothing helps"
NONE = "why do I feel numb"
ROOT = Path(__file__).parents[2]


class Lost(FakeIndex):
    """An engine without an index."""

    def snapshot(self) -> Any:
        raise IndexUnavailable("gone")


class Broken(FakeIndex):
    """An engine with a fault."""

    def snapshot(self) -> Any:
        raise RuntimeError("a fault")


# --- in searches ---------------------------------------------------------------------------------------------------


def search(client: ConformingClient, method: str, **parameters: object) -> Any:
    if method == "GET":
        return client.get("/v1/search", query_string=parameters)
    return client.post("/v1/search", json=parameters)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("text", "tier"), [(CRISIS, "crisis"), (DISTRESS, "distress"), (NONE, None)])
def test_a_search_that_needs_support_has_it(client: ConformingClient, method: str, text: str, tier: str | None) -> None:
    found = search(client, method, q=text, country="gb").get_json()["support"]
    assert (found and found["tier"]) == tier
    if tier:
        assert {contact["country"] for contact in found["contacts"]} == {"GB"}
        assert not found["is_fallback"]
        assert found["message"]
        assert any(contact["phone"] for contact in found["contacts"])


def test_in_a_crisis_the_emergency_number_stands_first(memory_client: ConformingClient) -> None:
    found = search(memory_client, "POST", q=CRISIS, country="DE").get_json()["support"]
    assert found["contacts"][0]["kind"] == "emergency"
    assert found["contacts"][0]["phone"]


def test_a_search_that_finds_nothing_still_has_support(memory_client: ConformingClient) -> None:
    answer = search(memory_client, "POST", q=f'{CRISIS} "quokkas at dawn"').get_json()
    assert answer["total"] == 0
    assert answer["support"]["tier"] == "crisis"


@pytest.mark.parametrize("country", ["ZZ", "AQ", None])
def test_an_unknown_country_gets_international_contacts_never_another_countrys(
    memory_client: ConformingClient, country: str | None
) -> None:
    parameters = {"q": CRISIS} | ({"country": country} if country else {})
    found = search(memory_client, "GET", **parameters).get_json()["support"]
    assert found["is_fallback"]
    assert found["contacts"]
    assert {contact["country"] for contact in found["contacts"]} == {None}
    assert {contact["phone"] for contact in found["contacts"]} == {None}, "no number works everywhere"


def test_the_operators_country_stands_in_for_one_that_is_not_given(memory_engine: FakeIndex) -> None:
    client = app_over(memory_engine, Settings(default_country="FR")).test_client()
    assert isinstance(client, ConformingClient)
    found = search(client, "POST", q=CRISIS).get_json()["support"]
    assert {contact["country"] for contact in found["contacts"]} == {"FR"}
    found = search(client, "POST", q=CRISIS, country="GB").get_json()["support"]
    assert {contact["country"] for contact in found["contacts"]} == {"GB"}


@pytest.mark.parametrize(
    ("text", "word"),
    [("no quiero vivir más", "emergencias"), ("je veux mourir", "urgence"), ("ich will sterben", "Notruf")],
)
def test_the_message_speaks_the_language_of_the_search(memory_client: ConformingClient, text: str, word: str) -> None:
    assert word.lower() in search(memory_client, "POST", q=text).get_json()["support"]["message"].lower()


def test_help_is_preferred_and_nothing_is_hidden(memory_engine: FakeIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support, "PREFERRED_TOPICS", ("journaling", "no-such-topic"))
    asked: list[SearchRequest] = []
    kind = type(memory_engine.snapshot())
    real = kind.search
    monkeypatch.setattr(kind, "search", lambda self, request: asked.append(request) or real(self, request))
    client = app_over(memory_engine).test_client()
    assert isinstance(client, ConformingClient)
    for text in (f"{DISTRESS} depression", f"{NONE} depression"):
        search(client, "POST", q=text)
    assert [request.prefer_topics for request in asked] == [("journaling",), ()]


# --- in failures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("engine", "status"), [(Lost(), 503), (Broken(), 500)])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_search_that_fails_still_has_support(engine: FakeIndex, status: int, method: str) -> None:
    client = app_over(engine).test_client()
    assert isinstance(client, ConformingClient)
    answer = search(client, method, q=CRISIS, country="AU")
    assert answer.status_code == status
    assert answer.get_json()["support"]["tier"] == "crisis"
    assert {contact["country"] for contact in answer.get_json()["support"]["contacts"]} == {"AU"}
    assert search(client, method, q=NONE).get_json()["support"] is None


@pytest.mark.parametrize(
    "parameters",
    [{"limit": 0}, {"nonsense": "x"}, {"country": "GBR"}, {"symptom": "insomnai"}, {"cursor": "AAAA"}],
)
def test_a_search_that_is_not_valid_still_has_support(
    memory_client: ConformingClient, parameters: dict[str, object]
) -> None:
    for method in ("GET", "POST"):
        answer = search(memory_client, method, q=CRISIS, **parameters)
        assert answer.status_code == 400
        assert answer.get_json()["support"]["tier"] == "crisis"


def test_a_search_too_many_or_without_a_key_still_has_support(memory_engine: FakeIndex, tmp_path: Path) -> None:
    from api import auth

    path = tmp_path / "keys.json"
    auth.add_key(path, "app", auth.GRANTABLE)
    client = app_over(memory_engine, Settings(api_keys_file=str(path), rate_limit="1/minute")).test_client()
    assert isinstance(client, ConformingClient)
    for status in (401, 429):
        answer = search(client, "POST", q=CRISIS)
        assert answer.status_code == status
        assert answer.get_json()["support"]["tier"] == "crisis"
    for address in ("/v1/support", "/v1/support/rules"):
        assert client.get(address).status_code == 200
    assert client.post("/v1/support/screen", json={"text": CRISIS}).status_code == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"q": 5}', b'{"q": null}', b"[" * 9000])
def test_a_body_that_cannot_be_read_has_none(memory_client: ConformingClient, body: bytes) -> None:
    answer = memory_client.post("/v1/search", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.get_json()["support"] is None


# --- contacts, screening, rules -------------------------------------------------------------------------------------


def test_contacts_of_every_country_are_there_with_source_and_date(memory_client: ConformingClient) -> None:
    countries = memory_client.get("/v1/support").get_json()["countries"]
    assert len(countries) >= 30
    for country in countries:
        found = memory_client.get(f"/v1/support?country={country.lower()}").get_json()
        assert found["country"] == country
        assert found["contacts"]
        for contact in found["contacts"]:
            assert contact["source_url"].startswith("http")
            assert contact["checked_on"]
        assert found["notice"]


def test_an_unknown_country_has_the_fallback(memory_client: ConformingClient) -> None:
    found = memory_client.get("/v1/support?country=ZZ").get_json()
    assert found["is_fallback"]
    assert found["contacts"]


def test_services_in_the_language_that_is_asked_for_come_first(memory_client: ConformingClient) -> None:
    def first_service(language: str) -> list[str]:
        found = memory_client.get(f"/v1/support?country=CH&language={language}").get_json()["contacts"]
        languages: list[str] = next(
            contact["languages"] for contact in found if contact["kind"] != "emergency" and contact["languages"]
        )
        return languages

    for language in {language for contact in read_support().contacts for language in contact.languages} & {"de", "fr"}:
        assert language in first_service(language)


@pytest.mark.parametrize(("text", "tier"), [(CRISIS, "crisis"), (DISTRESS, "distress"), (NONE, "none"), ("", "none")])
def test_a_text_is_screened(memory_client: ConformingClient, text: str, tier: str) -> None:
    answer = memory_client.post("/v1/support/screen", json={"text": text, "country": "IE", "language": "en"})
    assert answer.headers["Cache-Control"] == "no-store"
    found = answer.get_json()
    assert found["tier"] == tier
    assert (found["support"] is None) == (tier == "none")
    assert (found["rule_id"] is None) == (tier == "none")


def test_a_question_about_the_subject_is_informational(memory_client: ConformingClient) -> None:
    found = memory_client.post("/v1/support/screen", json={"text": "what is suicidal ideation"}).get_json()
    assert found["informational"]
    assert found["tier"] in ("none", "distress")


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "text"), ({"text": "x" * 5001}, "text"), ({"text": 5}, "text"), ({"text": "a", "q": "b"}, "q")],
)
def test_a_bad_screening_request_is_named(memory_client: ConformingClient, body: dict[str, object], field: str) -> None:
    answer = memory_client.post("/v1/support/screen", json=body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.get_json()["errors"]] == [field]


def test_the_rule_pack_screens_like_the_server_and_its_hash_is_true(memory_client: ConformingClient) -> None:
    answer = memory_client.get("/v1/support/rules")
    found = json.loads(answer.get_data())
    assert found["sha256"] == found["pack"]["sha256"] == digest(found["pack"])
    assert found["version"] == found["pack"]["version"]
    screener = Screener(found["pack"])
    for text in (CRISIS, DISTRESS, NONE):
        screened = memory_client.post("/v1/support/screen", json={"text": text}).get_json()
        assert screener.screen(text).tier == screened["tier"]
        assert screened["rules_sha256"] == found["sha256"]
    again = memory_client.get("/v1/support/rules", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_help_needs_no_index() -> None:
    client = app_over(Lost()).test_client()
    for address in ("/v1/support?country=US", "/v1/support/rules", "/v1/privacy", "/v1/about"):
        assert client.get(address).status_code == 200
    assert client.post("/v1/support/screen", json={"text": CRISIS}).get_json()["tier"] == "crisis"


def test_a_corpus_of_ones_own_brings_its_own_contacts(memory_engine: FakeIndex, tmp_path: Path) -> None:
    packaged = (ROOT / "corpus" / "support.yaml").read_text("utf-8")
    (tmp_path / "support.yaml").write_text(packaged.replace("Emergency services", "Our own emergency desk"))
    client = app_over(memory_engine, Settings(corpus=str(tmp_path))).test_client()
    assert client.get("/v1/support?country=AT").get_json()["contacts"][0]["name"] == "Our own emergency desk"
    other = tmp_path / "other"
    other.mkdir()
    (other / "support.yaml").write_text("contacts: []")
    with pytest.raises(CorpusError, match="Fill in"):
        create_app(Settings(corpus=str(other)), memory_engine)


# --- companions ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def packaged_snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The packaged texts, in memory."""
    import shutil

    copy = tmp_path_factory.mktemp("packaged") / "corpus"
    shutil.copytree(ROOT / "corpus", copy)
    engine = FakeIndex()
    build(copy, "memory:", writer=engine)
    return engine.snapshot()


def test_every_companion_names_a_passage_and_known_topics(packaged_snapshot: Snapshot) -> None:
    corpus = read_corpus(ROOT / "corpus")
    for rule in read_companions():
        assert list(named_passages(packaged_snapshot, rule)), rule.id
        for facet, topic_id in rule.topics:
            assert facet in corpus.vocabulary[topic_id].facets


def test_passages_on_medicines_travel_with_what_to_know_before_stopping(packaged_snapshot: Snapshot) -> None:
    rules = read_companions()
    alone, accompanied = 0, 0
    for document in packaged_snapshot.documents.values():
        for passage_id in document.passage_ids:
            passage = packaged_snapshot.passage(passage_id)
            companions = companions_of(packaged_snapshot, passage, rules)
            assert passage_id not in {companion.id for companion in companions}
            texts = " ".join(companion.passage.text for companion in companions)
            carried = {(tag.facet, tag.topic_id) for tag in passage.passage.tags}
            is_own_companion = passage.passage.heading_path[-1:] == ("Is it safe to stop taking antidepressants?",)
            if carried & {("cause", "ssris"), ("treatment", "antidepressants")} and not is_own_companion:
                assert "suddenly" in texts
                assert "prescriber" in texts
                accompanied += 1
            alone += not companions
    assert accompanied >= 5
    assert alone >= 50


def test_a_passage_is_served_with_its_companions(packaged_snapshot: Snapshot) -> None:
    engine = FakeIndex()
    engine.current = packaged_snapshot  # type: ignore[assignment]
    client = app_over(engine).test_client()
    (first, *_) = packaged_snapshot.documents["antidepressants-and-feeling-flat"].passage_ids
    found = client.get(f"/v1/passages/{first}").get_json()
    assert "Is it safe to stop taking antidepressants?" in found["companions"][0]["heading_path"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("companions: [{id: a, document: b, heading: c, with: [{advisory: sadness}]}]", "sadness"),
        ("companions: [{id: a, document: b, heading: c, with: [{facet: reason, topic: x}]}]", "reason"),
        ("companions: [{id: A b, document: b, heading: c, with: []}]", "not an id"),
        ("companions: [{id: a}]", "document"),
        ("- x", "mapping|key"),
    ],
)
def test_a_bad_companions_file_is_explained(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "companions.yaml"
    path.write_text(content)
    with pytest.raises(CorpusError, match=message):
        read_companions(path)
