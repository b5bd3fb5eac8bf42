"""The application as it is served: real gunicorn, real index, real HTTP."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CANARY = "zyxcanaryzyx"


@pytest.fixture(scope="module")
def log_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "log"


@pytest.fixture(scope="module")
def port(index_url: str, log_path: Path) -> Iterator[int]:
    """A running server's port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    gunicorn = str(
        Path(sys.executable).with_name("gunicorn")
    )  # as the Procfile calls it, without the project on the path
    command = [gunicorn, "-c", "api/gunicorn.py", "-b", f"127.0.0.1:{port}", "api.wsgi:app"]
    environ = {**os.environ, "THAW_INDEX": index_url, "WEB_CONCURRENCY": "2"}
    with log_path.open("wb") as log, subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log) as server:
        try:
            _wait(port, server)
            yield port
        finally:
            server.terminate()
            server.wait(15)


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if ask(port, "GET", "/readyz")[0] == 200:
                return
        except OSError:
            pass
        assert server.poll() is None, "gunicorn ended"
        time.sleep(0.1)
    pytest.fail("the server did not get ready")


def ask(port: int, method: str, address: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(
            method, address, body or None, {key.replace("_", "-"): value for key, value in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read()
    finally:
        connection.close()


def test_a_search_is_answered_over_http(port: int) -> None:
    status, headers, body = ask(port, "GET", "/v1/search?q=dead+inside&limit=1")
    assert status == 200
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "no-store"
    assert json.loads(body)["items"][0]["passage"]["document"]["id"] == "numbness"


def test_a_posted_search_is_answered_over_http(port: int) -> None:
    body = json.dumps({"q": "insomnia"}).encode()
    status, _, answer = ask(port, "POST", "/v1/search", body, Content_Type="application/json")
    assert status == 200
    assert json.loads(answer)["total"] >= 1


def test_an_etag_spares_the_body(port: int) -> None:
    _, headers, _ = ask(port, "GET", "/v1/topics")
    status, again, body = ask(port, "GET", "/v1/topics", If_None_Match=headers["ETag"])
    assert (status, body) == (304, b"")
    assert again["ETag"] == headers["ETag"]


def test_an_oversized_body_is_refused_without_breaking_the_connection(port: int) -> None:
    status, headers, _ = ask(port, "POST", "/v1/search", b"x" * 200_000, Content_Type="application/json")
    assert status == 413
    assert headers["Content-Type"] == "application/problem+json"


def test_500_emoji_fit_into_an_address(port: int) -> None:
    assert ask(port, "GET", "/v1/search?q=" + "%F0%9F%98%B6" * 500)[0] == 200


BROKEN = [
    (b"GET /v1/search?q=" + CANARY.encode() + b" HTTP/9.9\r\n\r\n", 400),
    (b"GET /v1/search?q=" + CANARY.encode() + b" and more\r\n\r\n", 400),
    (CANARY.encode() + b"\r\n\r\n", 400),
    (b"GET /v1/search?q=" + CANARY.encode() * 1000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: zyxcanaryzyx\r\n" % n for n in range(99)) + b"\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: x\r\n" + CANARY.encode() + b"\r\n\r\n", 400),
    (b"POST /v1/search HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " + CANARY.encode() + b"\r\n\r\n", 400),
    (b"POST /v1/search HTTP/1.1\r\nHost: x\r\nContent-Length: " + CANARY.encode() + b"\r\n\r\n", 400),
]


@pytest.mark.parametrize(("sent", "status"), BROKEN)
def test_a_request_that_is_not_http_is_a_problem_too(port: int, sent: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem = json.loads(answer.read())
    assert problem["status"] == status
    assert CANARY not in str(problem)


def test_many_callers_at_once_get_the_same_right_answer(port: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(port, "GET", "/v1/search?q=depression+numbness"), range(80)))
    assert {status for status, _, _ in answers} == {200}
    assert len({body for _, _, body in answers}) == 1


def test_slow_clients_do_not_stop_the_service(port: int) -> None:
    """200 connections that never finish their request, more than twelve times the threads of both workers."""
    slow = []
    try:
        for number in range(200):
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            connection.sendall((b"GET /v1/topics HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"", b"P")[number % 3])
            slow.append(connection)
        waits = []
        for turn in range(30):
            for connection in slow[turn::30]:
                with suppress(OSError):  # given up by now
                    connection.sendall(b"x")
            started = time.monotonic()
            assert ask(port, "GET", "/v1/topics/insomnia")[0] == 200
            waits.append(time.monotonic() - started)
        assert max(waits) < 2
    finally:
        for connection in slow:
            connection.close()


def test_a_request_that_never_ends_is_answered_with_a_timeout(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"POST /v1/search HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 408
        assert json.loads(answer.read())["type"] == "/problems/request-timeout"


def test_pipelined_and_chunked_requests_are_answered(port: int) -> None:
    chunked = b"Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
    sent = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 2
    sent += b"POST /v1/search HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + chunked
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        for part in (b'6\r\n{"q": \r\n', b'a\r\n"insomnia"\r\n', b"1\r\n}\r\n", b"0\r\n\r\n"):
            time.sleep(0.05)
            connection.sendall(part)
        received = b""
        while part := connection.recv(65536):
            received += part
    assert received.count(b"HTTP/1.1 200") == 3


def test_a_body_with_broken_chunks_is_a_400(port: int) -> None:
    head = b"POST /v1/search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += b"Transfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head + b"12*oops\r\n0\r\n\r\n")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 400
        assert json.loads(answer.read())["type"] == "/problems/malformed-request"


def test_no_word_of_a_request_reaches_the_log(port: int, log_path: Path) -> None:
    for address in (f"/v1/search?q={CANARY}", f"/v1/search?{CANARY}=1", f"/v1/topics/{CANARY}", f"/{CANARY}"):
        ask(port, "GET", address, User_Agent=CANARY, Referer=f"https://x/{CANARY}")
    ask(port, "POST", "/v1/search", json.dumps({"q": CANARY}).encode(), Content_Type="application/json")
    ask(port, "GET", "/healthz")
    deadline = time.monotonic() + 5
    while "/healthz" not in log_path.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    log = log_path.read_text()
    assert "route=/v1/topics/{topic_id} status=404" in log
    assert CANARY not in log
    assert "127.0.0.1 " not in log
