"""Malformed input: 20,000 mutated requests to the running service, no 5xx, flat memory."""

from __future__ import annotations

import random
import socket
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.api.serving import Server, serve
from tests.faults.conftest import Library, note_text

pytestmark = pytest.mark.faults
REQUESTS = 20_000
WARM_UP = 16_000
"""Requests before those that count, until the bounded caches (words, stems, spellings) and the model's buffers are
full: of 32,000 the worker grew from 190 to 213 MB over the first 16,000, and by 0.8 MB over the rest."""
SENDERS = 4
MOST_GROWTH_MB = 16
"""A leak of 1 KiB for each request would be 20 MB; the allocator alone moved by up to 13 on a busy machine."""

BODY = b'{"q": "why do I feel nothing", "symptom": ["emotional-numbness"], "limit": 5, "explain": true}'
SEEDS = [
    b"GET /v1/search?q=why+do+I+feel+numb&symptom=insomnia&limit=5 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /v1/topics/insomnia HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"abc\"\r\nConnection: close\r\n\r\n",
    b"GET /v1/passages?id=p-000000000000 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer\r\nConnection: close\r\n\r\n",
    b"GET /v1/support?country=GB&language=en HTTP/1.1\r\nHost: x\r\nOrigin: a\r\nConnection: close\r\n\r\n",
    b"POST /v1/search HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
    + str(len(BODY)).encode() + b"\r\n\r\n" + BODY,
    b"POST /v1/support/screen HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n12\r\n{\"text\": \"so sad\"}\r\n0\r\n\r\n",
]  # fmt: skip
SPLICES = [
    b"\x00", b"\r\n", b"\n", b"%", b"%00", b"%ff", b"\xff\xfe", b"\xed\xa0\x80", b"..", b"//", b"&", b"=", b'"', b"\\",
    b"[", b"{", b"9" * 30, b"-1", b"null", b"A" * 3000, b"\xf0\x9f\x98\xb6", b":", b" ", b"\t", b"?", b"*", b"NOT ",
    b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b"HTTP/0.9", b"()" * 50,
]  # fmt: skip


def mutated(rng: random.Random) -> bytes:
    """A request with one to four mishaps."""
    data = bytearray(rng.choice(SEEDS))
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0:
                data[place:place] = rng.choice(SPLICES)
            case 1:
                del data[place : place + rng.randint(1, 12)]
            case 2 if place < len(data):
                data[place] = rng.randrange(256)
            case 3:
                data[place:place] = data[place : place + rng.randint(1, 40)]
            case 4 if place < len(data):
                data[place] ^= 1 << rng.randrange(8)
            case _:
                data[place : place + 3] = rng.choice(SPLICES)
    return bytes(data) or b"\r\n"


def test_mutated_requests_are_answered_without_a_fault(library: Library, tmp_path: Path) -> None:
    with serve(library.url, tmp_path / "run", workers=1) as server:
        send(server, WARM_UP, seed=1)
        before = memory_mb(server)
        statuses = send(server, REQUESTS, seed=2)
        after = memory_mb(server)
        assert server.ask("GET", "/v1/topics")[0] == 200
        log = server.log.read_text()
    shown = ", ".join(f"{status or 'closed'}: {count}" for status, count in sorted(statuses.items()))
    note_text(f"{REQUESTS} mutated requests: {shown}; memory of the worker {before:.1f} MB, then {after:.1f} MB.")
    assert sum(statuses.values()) == REQUESTS
    assert not [status for status in statuses if status >= 500]
    assert "unhandled" not in log
    assert "Traceback" not in log
    assert after - before < MOST_GROWTH_MB


def send(server: Server, count: int, seed: int) -> Counter[int]:
    """By status of the answer; 0 where the connection was closed without one."""
    found: Counter[int] = Counter()
    lock = threading.Lock()

    def work(number: int) -> None:
        rng = random.Random(seed * 1000 + number)
        mine = Counter(one(server.port, mutated(rng)) for _ in range(count // SENDERS))
        with lock:
            found.update(mine)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def one(port: int, sent: bytes) -> int:
    """Sends it and ends the sending side, so that nobody waits for the rest of a request that has none."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                received += part
        except (ConnectionResetError, BrokenPipeError):
            pass
    received = received.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
    return int(received[9:12]) if received.startswith(b"HTTP/1.1 ") else 0


def memory_mb(server: Server) -> float:
    """Resident memory of the one worker."""
    (pid,) = server.workers()
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")
