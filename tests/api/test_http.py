"""HTTP as it should be spoken: ETags, caching, HEAD, CORS, headers."""

from __future__ import annotations

import json
import re
import time

import pytest

from api.settings import Settings
from corpus import PACKAGED_VOCABULARY, read_vocabulary
from indexer.search import SearchEngine
from tests.api.conforming import ConformingClient
from tests.api.conftest import app_over
from tests.api.sample import build_twice
from tests.fakes import FakeIndex

CACHED = ["/v1/topics", "/v1/topics/insomnia", "/v1/topics?facet=cause", "/v1/documents", "/v1/documents/sleep",
          "/v1/passages", "/v1/passages?limit=2", "/v1/privacy", "/v1/openapi.json"]  # fmt: skip
KEPT_NOWHERE = ["/v1/search?q=numb", "/v1/search?cause=depression", "/v1/passages?symptom=insomnia",
                "/v1/passages?document=sleep", "/v1/passages?advisory_not=trauma"]  # fmt: skip


@pytest.mark.parametrize("address", CACHED)
def test_what_anyone_may_read_anyone_may_keep(client: ConformingClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert re.fullmatch(r'"[0-9a-f]{32}"', answer.headers["ETag"])


@pytest.mark.parametrize("address", CACHED)
def test_a_known_etag_gives_304_with_its_headers_and_no_body(client: ConformingClient, address: str) -> None:
    tag = client.get(address).headers["ETag"]
    for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = client.get(address, headers={"If-None-Match": sent})
        assert answer.status_code == 304, sent
        assert answer.get_data() == b""
        assert "Content-Type" not in answer.headers
        assert answer.headers["ETag"] == tag
        assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_304_is_known_before_any_work_is_done(memory_engine: FakeIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app_over(memory_engine).test_client()
    tag = client.get("/v1/passages").headers["ETag"]
    assert memory_engine.current
    monkeypatch.setattr(memory_engine.current, "search", lambda _request: pytest.fail("searched"))
    assert client.get("/v1/passages", headers={"If-None-Match": tag}).status_code == 304


def test_each_address_has_an_etag_of_its_own(client: ConformingClient) -> None:
    tags = [client.get(address).headers["ETag"] for address in CACHED]
    assert len(set(tags)) == len(tags)


def test_an_etag_changes_with_the_corpus_version(memory_engine: FakeIndex) -> None:
    client = app_over(memory_engine).test_client()
    assert memory_engine.current
    before = client.get("/v1/topics").headers["ETag"]
    version = memory_engine.current.corpus_version
    memory_engine.current.corpus_version = "another"
    try:
        assert client.get("/v1/topics").headers["ETag"] != before
    finally:
        memory_engine.current.corpus_version = version


def test_if_none_match_star_does_not_hide_a_404(client: ConformingClient) -> None:
    assert client.get("/v1/topics/nothing", headers={"If-None-Match": "*"}).status_code == 404


@pytest.mark.parametrize("address", KEPT_NOWHERE)
def test_what_carries_a_query_or_a_filter_is_kept_nowhere(client: ConformingClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_posted_search_is_kept_nowhere(client: ConformingClient) -> None:
    answer = client.post("/v1/search", json={"q": "numb"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("address", [*CACHED, *KEPT_NOWHERE, "/healthz", "/readyz", "/metrics", "/"])
def test_head_answers_as_get_without_a_body(client: ConformingClient, address: str) -> None:
    got, head = client.get(address), client.head(address)
    assert head.status_code == got.status_code == 200
    assert head.get_data() == b""
    assert head.headers.get("ETag") == got.headers.get("ETag")
    if address != "/metrics":
        assert head.headers["Content-Length"] == got.headers["Content-Length"]


@pytest.mark.parametrize(
    ("method", "address"),
    [("GET", "/v1/topics"), ("GET", "/v1/search"), ("PUT", "/v1/search"), ("GET", "/nope"), ("GET", "/v1/topics/no")],
)
def test_every_answer_may_be_read_by_any_page_errors_included(
    memory_client: ConformingClient, method: str, address: str
) -> None:
    answer = memory_client.open(address, method=method, headers={"Origin": "https://app.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    exposed = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert exposed >= {"ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id", "Link"}


def test_a_preflight_allows_what_the_api_understands(memory_client: ConformingClient) -> None:
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    answer = memory_client.options("/v1/search", headers=asked)
    assert answer.status_code == 204
    assert answer.get_data() == b""
    assert {"GET", "POST"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]
    assert "If-None-Match" in answer.headers["Access-Control-Allow-Headers"]


def test_only_listed_origins_are_let_in_where_there_is_a_list(memory_engine: SearchEngine) -> None:
    app = app_over(memory_engine, Settings(cors_origins=("https://app.example",)))
    plain = app.test_client()
    plain.__class__ = app.test_client_class.__mro__[1]  # without the check that every answer has the CORS header
    allowed = plain.get("/v1/topics", headers={"Origin": "https://app.example"})
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Origin" in allowed.headers["Vary"]
    other = plain.get("/v1/topics", headers={"Origin": "https://other.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    assert "Origin" in other.headers["Vary"]


def test_each_request_has_a_fresh_id_and_takes_none_from_outside(memory_client: ConformingClient) -> None:
    ids = {memory_client.get("/healthz", headers={"X-Request-Id": "mine"}).headers["X-Request-Id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", found) for found in ids)


@pytest.mark.parametrize("address", ["/", "/problems", "/problems/not-found", "/v1/topics", "/assets/thaw.css"])
def test_nothing_may_run_or_load_from_elsewhere(memory_client: ConformingClient, address: str) -> None:
    answer = memory_client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    text = answer.get_data(as_text=True)
    if answer.mimetype == "text/html":
        assert "<script" not in text
        assert "style=" not in text
        assert not re.findall(r'(?:src|href)="https?:', text)


def test_links_on_the_start_page_lead_somewhere(memory_client: ConformingClient) -> None:
    page = memory_client.get("/").get_data(as_text=True)
    links = re.findall(r'href="([^"]+)"', page)
    assert len(links) > 10
    for link in links:
        status = memory_client.get(link.replace("&amp;", "&")).status_code
        assert status == 200 or (status == 400 and "=" in link)  # its topics are those of the packaged corpus


def test_the_start_page_leads_to_the_documentation_and_asks_for_no_words(memory_client: ConformingClient) -> None:
    page = memory_client.get("/").get_data(as_text=True)
    assert {"/docs", "/redoc", "/v1/openapi.json"} <= set(re.findall(r'href="([^"]+)"', page))
    assert "<form" not in page
    assert "?q=" not in page


def test_examples_on_the_start_page_can_be_sent(memory_client: ConformingClient) -> None:
    page = memory_client.get("/").get_data(as_text=True)
    examples = re.findall(r"curl -s http://127\.0\.0\.1:8000(\S+) .*?-d '(.*?)'</code>", page, re.DOTALL)
    assert len(examples) == page.count("curl ")
    vocabulary = read_vocabulary(PACKAGED_VOCABULARY)
    for address, text in examples:
        body = json.loads(text)
        assert all(topic in vocabulary for topic in body.pop("cause", ()))  # the sample has other topics
        assert memory_client.post(address, json=body).status_code == 200, text


def test_a_withdrawn_passage_links_to_its_successor(memory_engine: FakeIndex, withdrawn_id: str) -> None:
    client = app_over(memory_engine).test_client()
    assert memory_engine.current
    kept = memory_engine.current.withdrawals[withdrawn_id]
    memory_engine.current.withdrawals[withdrawn_id] = type(kept)(withdrawn_id, kept.withdrawn_on, "p-next")
    try:
        answer = client.get(f"/v1/passages/{withdrawn_id}")
    finally:
        memory_engine.current.withdrawals[withdrawn_id] = kept
    assert answer.status_code == 410
    assert answer.get_json()["successor_id"] == "p-next"
    assert answer.headers["Link"] == '</v1/passages/p-next>; rel="successor-version"'


def test_without_an_index_everything_says_how_to_get_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("empty")
    app = app_over(None, Settings(index=f"whoosh:{root / 'index'}"))
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/v1/privacy").status_code == 200
    for address in ("/readyz", "/v1/search?q=a", "/v1/topics", "/v1/topics/a", "/v1/passages/p-1", "/v1/documents"):
        answer = client.get(address)
        assert answer.status_code == 503, address
        assert answer.get_json()["type"] == "/problems/index-unavailable"
        assert "python -m indexer build" in answer.get_json()["detail"]
        assert str(root) not in answer.get_data(as_text=True)
        assert answer.headers["Retry-After"] == "10"
    build_twice(root / "corpus", f"whoosh:{root / 'index'}")
    deadline = time.monotonic() + 15
    while client.get("/readyz").status_code == 503 and time.monotonic() < deadline:
        time.sleep(0.1)  # the engine does not look at every request
    assert client.get("/v1/search?q=numb").get_json()["total"] >= 1


def test_an_engine_of_an_unknown_kind_is_no_reason_to_crash() -> None:
    client = app_over(None, Settings(index="sqlite:x")).test_client()
    assert client.get("/readyz").status_code == 503


def test_readiness_tells_what_is_served(client: ConformingClient) -> None:
    ready = client.get("/readyz").get_json()
    assert ready["status"] == "ready"
    assert ready["document_count"] == 2
    assert ready["corpus_version"] == client.get("/v1/topics").get_json()["corpus_version"]
