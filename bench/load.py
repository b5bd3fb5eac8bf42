"""A small load generator: some clients, each with one connection, ask one after the other and look at the answers.

python -m bench.load --port 8000 --clients 4 --seconds 10 --address "/v1/search?q=numb"

It is bounded by time and clients, needs the standard library alone, and counts what a careful app would see: a GET
whose connection breaks before its answer is tried once more on a new one, and both the break and the outcome count.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

MAX_CLIENTS = 64
MAX_SECONDS = 600.0
TIMEOUT_S = 30.0

Check = Callable[[str, int, bytes], str | None]
"""From address, status and body to what is wrong with the answer, or None."""


@dataclass
class Report:
    """What the clients saw."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    breaks: int = 0
    """Connections that broke before an answer; each such request was sent once more."""
    failures: Counter[str] = field(default_factory=Counter)
    """Requests without a right answer, after the second try if there was one."""
    waits_s: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """Requests that a client wanted an answer to."""
        return len(self.waits_s)

    def wait_ms(self, share: float) -> float:
        """Time within which this share of the requests was answered."""
        ordered = sorted(self.waits_s)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    def row(self, name: str) -> str:
        """A line of the table whose head is TABLE_HEAD."""
        return (
            f"| {name} | {self.requests} | {self.requests / max(self.seconds, 0.001):.0f} | {self.breaks} | "
            f"{sum(self.failures.values())} | {self.wait_ms(0.5):.1f} | {self.wait_ms(0.99):.1f} | "
            f"{self.wait_ms(1.0):.0f} |"
        )


TABLE_HEAD = (
    "| fault | requests | per s | connections broken | failed | p50 ms | p99 ms | longest ms |\n"
    "|---|---|---|---|---|---|---|---|"
)


def is_ok(_address: str, status: int, _body: bytes) -> str | None:
    """Any 200 will do."""
    return None if status == 200 else f"status {status}"


class Load:
    """Clients at work until `stop`; `with Load(...) as load: ...` covers what happens in the block."""

    def __init__(self, port: int, addresses: Sequence[str], *, clients: int = 4, check: Check = is_ok) -> None:
        self.report = Report()
        self._port, self._check = port, check
        self._addresses = list(addresses)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(number,), daemon=True)
            for number in range(min(clients, MAX_CLIENTS))
        ]

    def __enter__(self) -> Load:
        self._started = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT_S * 2)
        self.report.seconds = time.monotonic() - self._started

    def _work(self, number: int) -> None:
        connection: http.client.HTTPConnection | None = None
        # Each client begins elsewhere in the round, so that not all ask the same at once.
        round_trip = itertools.islice(itertools.cycle(self._addresses), number * 7, None)
        for address in round_trip:
            if self._stop.is_set() or time.monotonic() - self._started > MAX_SECONDS:
                break
            started = time.monotonic()
            problem: str | None = None
            breaks = status = 0
            for _ in range(2):
                try:
                    connection = connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_S)
                    connection.request("GET", address)
                    answer = connection.getresponse()
                    status, body = answer.status, answer.read()
                    problem = self._check(address, status, body)
                    break
                except (OSError, http.client.HTTPException) as error:
                    if connection is not None:
                        connection.close()
                    connection = None
                    breaks += 1
                    problem = type(error).__name__
            with self._lock:
                self.report.waits_s.append(time.monotonic() - started)
                self.report.breaks += breaks
                self.report.statuses[status] += 1
                if problem is not None:
                    self.report.failures[problem] += 1
        if connection is not None:
            connection.close()


def main(arguments: list[str]) -> int:
    """Puts a running service under load and prints what the clients saw; exit 1 if any request failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--address", action="append", default=[])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    addresses = options.address or ["/v1/search?q=why+do+I+feel+numb", "/v1/topics", "/v1/search?q=after+a+loss"]
    with Load(options.port, addresses, clients=options.clients) as load:
        time.sleep(min(options.seconds, MAX_SECONDS))
    report = load.report
    if options.json:
        print(json.dumps({"requests": report.requests, "breaks": report.breaks, "failures": dict(report.failures)}))
    else:
        print(TABLE_HEAD)
        print(report.row("none"))
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
