"""The privacy statement, held true by the running service: a canary sent everywhere is found nowhere.

Real gunicorn with two workers. The canary goes through every operation of the OpenAPI document, in every parameter,
the path, headers, bodies and methods, with the index whole, gone and damaged, with keys and limits on, and as HTTP
that is none. Then it is looked for in standard output and error, in every file that the service wrote or could write
to, and in the metrics.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from api import auth, privacy
from tests.api import test_limits, test_privacy
from tests.api.conforming import the_document
from tests.api.serving import Server, serve

CANARY = "zyxcanaryzyx"
SENSITIVE_TOPIC = "insomnia"
HEADERS = [
    "Accept",
    "Accept-Language",
    "Authorization",
    "Cookie",
    "Forwarded",
    "From",
    "If-None-Match",
    "Origin",
    "Referer",
    "User-Agent",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Request-Id",
    f"X-{CANARY}",
]
BROKEN = [
    CANARY.encode() + b"\r\n\r\n",
    b"GET /" + CANARY.encode() + b" HTTP/7.7\r\n\r\n",
    b"GET /v1/search?q=" + CANARY.encode() * 1000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-%s: " % CANARY.encode() + CANARY.encode() * 1000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + CANARY.encode() + b"\r\n\r\n",
    b"POST /v1/search HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " + CANARY.encode() + b"\r\n\r\n",
    b"POST /v1/search HTTP/1.1\r\nHost: x\r\nContent-Length: " + CANARY.encode() + b"\r\n\r\n",
    b"POST /v1/search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    + CANARY.encode()
    + b"\r\n0\r\n\r\n",
    b"GET /v1/search?q=" + CANARY.encode() + b" HTTP/1.1\r\nHost: " + CANARY.encode() + b"\r\n\r\n",
    b"POST /v1/search HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n" + CANARY.encode(),  # and hangs up
]


def send_canaries(server: Server) -> set[int]:
    """Through everything that the service has; returns the statuses of the answers."""
    statuses = set()

    def ask(method: str, address: str, body: bytes | None = None, **headers: str) -> None:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        statuses.add(server.ask(method, address, body, sent)[0])

    for template, operations in the_document()["paths"].items():
        address = re.sub(r"\{\w+\}", CANARY, template)
        for method, operation in operations.items():
            names = [part["name"] for part in operation.get("parameters", ()) if part["in"] == "query"]
            for name in (*names, CANARY):
                ask(method.upper(), f"{address}?{urlencode({name: CANARY})}")
            if "requestBody" in operation:
                reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                members = the_document()["components"]["schemas"][reference.rsplit("/", 1)[1]]["properties"]
                for name in (*members, CANARY):
                    for value in (CANARY, [CANARY], {CANARY: CANARY}):
                        ask("POST", template, json.dumps({name: value}).encode(), Content_Type="application/json")
                for kind in ("application/json", "text/plain", f"text/{CANARY}", f"application/json; x={CANARY}"):
                    ask("POST", template, CANARY.encode(), Content_Type=kind)
                ask("POST", template, CANARY.encode() * 9000, Content_Type="application/json")
                ask("POST", template, b"[" * 3000 + CANARY.encode(), Content_Type="application/json")
    for body in ({"q": f"I want to die {CANARY}"}, {"q": CANARY, "explain": True, "limit": 50}):
        ask("POST", "/v1/search", json.dumps(body).encode(), Content_Type="application/json")
    for address in (f"/{CANARY}", f"/problems/{CANARY}", f"/assets/{CANARY}", f"/?{CANARY}", f"/metrics?{CANARY}=1"):
        ask("GET", address)
    for name in HEADERS:
        ask("GET", "/v1/topics", **{name: f"Bearer {CANARY}" if name == "Authorization" else CANARY})
    for method in (CANARY.upper(), "DELETE", "OPTIONS", "HEAD"):
        ask(method, f"/v1/search?q={CANARY}")
    for sent in BROKEN:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(65536)
    return statuses


def written(server: Server, *folders: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that the service has put out: its log, the metrics of both workers, all files."""
    deadline = time.monotonic() + 1  # what is in flight has arrived by then
    while time.monotonic() < deadline:
        time.sleep(0.1)
    for _ in range(10):
        yield "metrics", server.ask("GET", "/metrics")[2]
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield str(path), path.read_bytes()


def assert_nowhere(word: str, server: Server, *folders: Path) -> None:
    places = [place for place, content in written(server, *folders) if word.encode() in content.lower()]
    assert not places, f"'{word}' was found in {places}"


def test_a_canary_is_found_nowhere_while_all_is_well(index_url: str, tmp_path: Path) -> None:
    with serve(index_url, tmp_path) as server:
        statuses = send_canaries(server)
        assert {200, 400, 404, 405, 413, 415} <= statuses
        assert 500 not in statuses
        assert_nowhere(CANARY, server, tmp_path, Path(index_url.removeprefix("whoosh:")))
        assert b"status=200" in server.log.read_bytes(), "the log is the one that is looked at"


def test_a_canary_is_found_nowhere_without_an_index(tmp_path: Path) -> None:
    with serve(f"whoosh:{tmp_path / 'none'}", tmp_path, wait_for="/healthz") as server:
        assert 503 in send_canaries(server)
        assert_nowhere(CANARY, server, tmp_path)


def test_a_canary_is_found_nowhere_when_the_index_breaks_under_the_service(index_url: str, tmp_path: Path) -> None:
    index = tmp_path / "index"
    shutil.copytree(index_url.removeprefix("whoosh:"), index)
    with serve(f"whoosh:{index}", tmp_path / "run") as server:
        for path in index.rglob("*"):
            if path.is_file():
                size = path.stat().st_size
                path.write_bytes(b"\xff" * size)
        send_canaries(server)
        assert_nowhere(CANARY, server, tmp_path)


def test_a_canary_is_found_nowhere_with_keys_and_limits_and_a_store_that_is_down(
    index_url: str, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    _, secret = auth.add_key(keys, "app", auth.GRANTABLE)
    settings = {
        "THAW_API_KEYS_FILE": str(keys),
        "THAW_RATE_LIMIT": "20/minute",
        "THAW_RATE_LIMIT_STORAGE": test_limits.NOWHERE,
    }
    with serve(index_url, tmp_path, **settings) as server:
        assert {401, 429} <= send_canaries(server)
        server.ask("GET", f"/v1/search?q={CANARY}", headers={"Authorization": f"Bearer {secret}"})
        assert_nowhere(CANARY, server, tmp_path)
        assert_nowhere(secret.lower(), server, tmp_path)
        assert_nowhere("127.0.0.1:", server, tmp_path / "log.none")
        lines = [line for line in server.log.read_text().splitlines() if "thaw.access" in line]
        assert not any("127.0.0.1" in line for line in lines)


def test_topic_filters_are_as_private_as_queries(index_url: str, tmp_path: Path) -> None:
    with serve(index_url, tmp_path) as server:
        for address in ("/v1/search", "/v1/passages"):
            for name in ("symptom", "topic"):
                assert server.ask("GET", f"{address}?{name}={SENSITIVE_TOPIC}")[0] == 200
        body = json.dumps({"symptom": [SENSITIVE_TOPIC]}).encode()
        status, headers, _ = server.ask("POST", "/v1/search", body, {"Content-Type": "application/json"})
        assert (status, headers["Cache-Control"]) == (200, "no-store")
        assert_nowhere(SENSITIVE_TOPIC, server, tmp_path)


def test_no_answer_sets_a_cookie_or_loads_from_elsewhere(index_url: str, tmp_path: Path) -> None:
    with serve(index_url, tmp_path, workers=1) as server:
        pages = ["/", "/problems", "/problems/not-found", "/v1/topics", "/v1/search?q=a", "/nothing", "/healthz"]
        for address in pages:
            _, headers, body = server.ask("GET", address)
            assert "Set-Cookie" not in headers, address
            assert headers["Referrer-Policy"] == "no-referrer", address
            assert "default-src 'none'" in headers["Content-Security-Policy"], address
            assert not re.search(r"https?:", headers["Content-Security-Policy"]), address
            if headers["Content-Type"].startswith("text/html"):
                assert not re.search(rb'(src|href|action)="(https?:)?//', body.replace(b'rel="noopener"', b"")), address


CLAIMS: dict[str, Any] = {
    "summary": test_a_canary_is_found_nowhere_while_all_is_well,
    "logged": test_privacy.test_a_log_line_holds_what_the_statement_says_and_no_more,
    "measured": test_privacy.test_the_metrics_hold_what_the_statement_says_and_no_more,
    "never_recorded": test_a_canary_is_found_nowhere_while_all_is_well,
    "stores_queries": test_a_canary_is_found_nowhere_while_all_is_well,
    "sets_cookies": test_no_answer_sets_a_cookie_or_loads_from_elsewhere,
    "contacts_third_parties": test_no_answer_sets_a_cookie_or_loads_from_elsewhere,
    "retention": test_a_canary_is_found_nowhere_while_all_is_well,
    "rate_limits": test_limits.test_addresses_are_kept_as_keyed_hashes_only,
    "private_search": test_topic_filters_are_as_private_as_queries,
    "disclaimer": None,  # says what the texts are, not what is recorded
}


def test_every_claim_of_the_statement_has_its_test() -> None:
    assert set(CLAIMS) == set(privacy.STATEMENT)


@pytest.mark.parametrize("claim", ["stores_queries", "sets_cookies", "contacts_third_parties"])
def test_the_statement_claims_what_the_tests_show(claim: str) -> None:
    assert privacy.STATEMENT[claim] is False
