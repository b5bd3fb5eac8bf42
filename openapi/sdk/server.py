"""The live server that generated clients are tried on: gunicorn over the real index, behind recording proxies."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

ROOT = Path(__file__).parents[2]
START_S = 60
"""The index of the corpus is built or opened in a few seconds; a loaded machine may need many times that."""

NEW_MEMBERS: Mapping[str, Any] = {"x_since": "2.0", "x_later": {"numbers": [1, 2], "nothing": None}}
"""What a later release might add to any object of an answer."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as it came over the wire, and how it was answered."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    status: int
    grown: int
    """Objects of the answer that got new members."""


@dataclass
class Proxy:
    """Passes requests on, notes them, and where asked adds members to answers."""

    target: int
    document: Mapping[str, Any]
    grows: bool
    exchanges: list[Exchange] = field(default_factory=list)
    faults: frozenset[str] = frozenset()
    """Ways to answer wrongly, for the test that the clients' checks notice: see FAULTS."""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def gunicorn(index: str, log: Path) -> Iterator[int]:
    """A running server's port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    program = str(Path(sys.executable).with_name("gunicorn"))
    command = [program, "-c", "api/gunicorn.py", "-b", f"127.0.0.1:{port}", "api.wsgi:app"]
    environ = {key: value for key, value in os.environ.items() if not key.startswith("THAW_")} | {"THAW_INDEX": index}
    with log.open("wb") as out, subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out) as server:
        try:
            _wait(port, server, log)
            yield port
        finally:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if ask(port, "/readyz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"the server did not get ready:\n{log.read_text('utf-8', 'replace')[-2000:]}")


def ask(port: int, address: str) -> tuple[int, Any]:
    """Status and JSON of a GET, straight from the server."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", address)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text else None
    finally:
        connection.close()


@contextmanager
def proxy(target: int, document: Mapping[str, Any], *, grows: bool) -> Iterator[Proxy]:
    """A proxy on a free port of this machine."""
    found = Proxy(target, document, grows)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Silent: the exchanges are the log."""

        def do_GET(self) -> None:
            _pass_on(self, found)

        do_POST = do_GET  # noqa: N815  # http.server's naming

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


_PASSED_ON = ("accept", "content-type", "if-none-match")


def _pass_on(handler: BaseHTTPRequestHandler, to: Proxy) -> None:
    """One exchange: asks the server, changes the answer where the proxy is there to do so."""
    sent = {name.lower(): value for name, value in handler.headers.items()}
    body = handler.rfile.read(int(sent.get("content-length", 0)))
    target = handler.path
    if "one_filter" in to.faults:
        target = re.sub(r"(symptom=[^&]*)&symptom=[^&]*", r"\1", target)
        if body:
            asked = json.loads(body)
            body = json.dumps(asked | {"symptom": asked.get("symptom", [])[:1]}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", to.target, timeout=20)
    try:
        passed = {name: value for name, value in sent.items() if name in _PASSED_ON}
        if "never_304" in to.faults:
            passed.pop("if-none-match", None)
        connection.request(handler.command, target, body or None, passed)
        answer = connection.getresponse()
        data, grown = answer.read(), 0
        parts = urlsplit(handler.path)
        if data and "json" in (answer.headers["Content-Type"] or "") and (to.grows or to.faults):
            value = json.loads(data)
            if to.grows:
                grown = grow(value, answer_schema(to.document, handler.command, parts.path, answer.status), to.document)
            for fault in to.faults:
                _spoil(value, fault)
            data = json.dumps(value).encode()
    finally:
        connection.close()
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    to.exchanges.append(Exchange(handler.command, parts.path, query, sent, body, answer.status, grown))
    handler.send_response(answer.status)
    for name, header in answer.headers.items():
        if name.lower() not in {"connection", "content-length", "date", "server", "transfer-encoding"}:
            handler.send_header(name, header)
    if answer.status != 304:
        handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


# --- growing answers -------------------------------------------------------------------------------------------------


def answer_schema(document: Mapping[str, Any], method: str, path: str, status: int) -> Mapping[str, Any]:
    """The schema of an answer; empty where the document has none for it."""
    for template, operations in document["paths"].items():
        if method.lower() in operations and re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path):
            response = operations[method.lower()]["responses"].get(str(status), {})
            for content in _resolve(response, document).get("content", {}).values():
                return dict(content["schema"])
    return {}


def _resolve(node: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def grow(value: Any, schema: Mapping[str, Any], document: Mapping[str, Any]) -> int:
    """Adds NEW_MEMBERS to each object with named members, not to maps; returns how many objects grew."""
    schema = _resolve(schema, document)
    for part in schema.get("anyOf", schema.get("oneOf", ())):
        if _resolve(part, document).get("type") != "null":
            return grow(value, part, document)
    if isinstance(value, list):
        return sum(grow(item, schema.get("items", {}), document) for item in value)
    if not isinstance(value, dict) or "properties" not in schema:
        return 0
    count = sum(grow(value[name], member, document) for name, member in schema["properties"].items() if name in value)
    value.update(NEW_MEMBERS)
    return count + 1


# --- spoiling answers ------------------------------------------------------------------------------------------------

FAULTS: Mapping[str, frozenset[str]] = {
    "one_filter": frozenset({"get_search", "post_search"}),
    "one_page": frozenset({"paging"}),
    "other_id": frozenset({"topic", "passage", "added_members"}),
    "never_304": frozenset({"not_modified"}),
    "no_errors": frozenset({"problem_400"}),
    "other_status": frozenset({"problem_400", "problem_404"}),
    "never_null": frozenset({"null_members"}),
    "always_null": frozenset({"non_null_members"}),
}
"""Ways in which an answer can be wrong, and the checks that must then fail."""

NEW_VALUE = "new_value"
"""Not a fault but what docs/stability.md allows: a value of an enum that the document does not know yet."""


def _spoil(value: Any, fault: str) -> None:
    """Makes one thing wrong everywhere in an answer."""
    if isinstance(value, list):
        for item in value:
            _spoil(item, fault)
    if not isinstance(value, dict):
        return
    for item in value.values():
        _spoil(item, fault)
    match fault:
        case "one_page" if "next_cursor" in value:
            value["next_cursor"] = None
        case "other_id" if "label" in value or "markdown" in value:
            value["id"] = "another"
        case "new_value" if "advisories" in value:
            value["advisories"].append("later_advisory")
        case "no_errors" if "errors" in value:
            value["errors"] = []
        case "other_status" if "instance" in value:
            value["status"] = 418
        case "never_null":
            for name in ("previous_id", "next_id"):
                if name in value:
                    value[name] = "p-000000000000"
        case "always_null":
            for name in ("next_id", "corrected_text", "explanation"):
                if name in value:
                    value[name] = None
