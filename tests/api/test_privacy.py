"""What is written down of a request: exactly what the privacy statement says, and nothing of any query."""

from __future__ import annotations

import logging
import re

import pytest

from api import privacy
from indexer.errors import IndexUnavailable
from tests.api.conforming import ConformingClient
from tests.api.conftest import app_over
from tests.fakes import FakeIndex

CANARY = "zyxcanaryzyx"
REQUESTS = [
    ("GET", f"/v1/search?q={CANARY}", {}),
    ("GET", f"/v1/search?q=a&{CANARY}=b", {}),
    ("GET", f"/v1/search?q=a&limit={CANARY}", {}),
    ("GET", f"/v1/search?symptom={CANARY}", {}),
    ("GET", f"/v1/search?q={CANARY * 60}", {}),
    ("POST", "/v1/search", {"json": {"q": CANARY}}),
    ("POST", "/v1/search", {"json": {CANARY: CANARY}}),
    ("POST", "/v1/search", {"data": CANARY, "content_type": "application/json"}),
    ("POST", "/v1/search", {"data": CANARY, "content_type": f"text/{CANARY}"}),
    ("GET", f"/v1/topics/{CANARY}", {}),
    ("GET", f"/v1/passages/{CANARY}", {}),
    ("GET", f"/v1/passages?id={CANARY}", {}),
    ("GET", f"/v1/documents/{CANARY}?x=1", {}),
    ("GET", f"/{CANARY}", {}),
    ("GET", "/v1/topics", {"headers": {"User-Agent": CANARY, "Referer": CANARY, "X-Request-Id": CANARY}}),
    (CANARY.upper(), "/v1/topics", {}),
]


@pytest.fixture
def logs(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


@pytest.mark.parametrize(("method", "address", "sent"), REQUESTS)
def test_nothing_of_a_request_is_logged_or_measured(
    memory_client: ConformingClient, logs: pytest.LogCaptureFixture, method: str, address: str, sent: dict[str, object]
) -> None:
    memory_client.open(address, method=method, **sent)
    assert logs.records
    assert CANARY not in logs.text.lower()
    assert CANARY not in memory_client.get("/metrics").get_data(as_text=True).lower()


def test_a_log_line_holds_what_the_statement_says_and_no_more(
    memory_client: ConformingClient, logs: pytest.LogCaptureFixture
) -> None:
    answer = memory_client.get("/v1/topics/insomnia")
    (line,) = [record.getMessage() for record in logs.records if record.name == "thaw.access"]
    fields = dict(part.split("=", 1) for part in line.split(" "))
    statement = memory_client.get("/v1/privacy").get_json()
    assert list(fields) == [item["name"] for item in statement["logged"]] == list(privacy.LOGGED)
    assert fields["route"] == "/v1/topics/{topic_id}"
    assert fields["status"] == "200"
    assert fields["request_id"] == answer.headers["X-Request-Id"]


def test_the_metrics_hold_what_the_statement_says_and_no_more(memory_client: ConformingClient) -> None:
    memory_client.get("/v1/topics/insomnia")
    text = memory_client.get("/metrics").get_data(as_text=True)
    labels = set(re.findall(r'(\w+)="', text))
    assert labels == {"route", "method", "status", "worker", "le"}
    assert re.search(r'count\{route="/v1/topics/\{topic_id\}",method="GET",status="200",worker="\d+"\} [1-9]', text)


class Faulty(FakeIndex):
    """Fails in the middle of a search, with the query in the message, as a careless library might."""

    def snapshot(self) -> object:  # type: ignore[override]
        raise RuntimeError(f"cannot read {CANARY}")


class Lost(FakeIndex):
    """Loses its index, with a path in the message."""

    def snapshot(self) -> object:  # type: ignore[override]
        raise IndexUnavailable("no generation in /secret/place")


def test_a_fault_is_a_plain_500_and_its_message_is_kept_out_of_answer_and_log(logs: pytest.LogCaptureFixture) -> None:
    answer = app_over(Faulty()).test_client().get(f"/v1/search?q={CANARY}")
    assert answer.status_code == 500
    assert answer.get_json()["type"] == "/problems/internal-error"
    assert CANARY not in answer.get_data(as_text=True)
    assert "Traceback" not in answer.get_data(as_text=True)
    assert CANARY not in logs.text
    (fault,) = [record.getMessage() for record in logs.records if record.name == "thaw.faults"]
    assert "RuntimeError" in fault
    assert answer.headers["X-Request-Id"] in fault
    assert "test_privacy.py:" in fault


def test_where_the_index_lies_is_for_the_log_only(logs: pytest.LogCaptureFixture) -> None:
    answer = app_over(Lost()).test_client().get("/v1/topics")
    assert answer.status_code == 503
    assert "/secret/place" not in answer.get_data(as_text=True)
    assert "/secret/place" in logs.text
