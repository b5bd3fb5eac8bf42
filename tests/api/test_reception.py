"""Waiting for whole requests: what counts as whole, and slow clients, silent ones and too many of them."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from api import reception
from api.reception import Connection, Reception, timed

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass
class Hall:
    """A reception with a clock of its own, and what became of its guests."""

    now: float = 0.0
    ready: list[Connection] = field(default_factory=list)
    gone: list[Connection] = field(default_factory=list)
    late: list[Connection] = field(default_factory=list)
    poller: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    sockets: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reception = Reception(self.poller, self.ready.append, self.gone.append, self.late.append, lambda: self.now)

    def guest(self) -> tuple[socket.socket, Connection]:
        near, far = socket.socketpair()
        connection = Connection(self.reception, Any, timed(far), ("192.0.2.1", 1), ("127.0.0.1", 2))
        self.sockets += [near, connection.sock]
        self.reception.welcome(connection)
        return near, connection

    def turn(self) -> None:
        for key, _ in self.poller.select(0):
            key.data(key.fileobj)


@pytest.fixture
def hall() -> Iterator[Hall]:
    found = Hall()
    yield found
    found.poller.close()
    for sock in found.sockets:
        sock.close()


WHOLE = [
    GET,
    b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
    b"POST / HTTP/1.1\r\ncontent-length:3\r\n\r\nabcGET /",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 900000\r\n\r\n",  # too large for any body: refused from the head alone
    b"POST / HTTP/1.1\r\nContent-Length: three\r\n\r\n",  # broken: the parser says how
    b"x" * (reception.MAX_HEAD_BYTES + 1),
]
PARTIAL = [
    b"G",
    GET[:-1],
    b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
]


@pytest.mark.parametrize("sent", WHOLE)
def test_a_whole_request_is_handed_over(hall: Hall, sent: bytes) -> None:
    near, connection = hall.guest()
    near.sendall(sent)
    for _ in range(20):
        hall.turn()
    assert hall.ready == [connection]
    assert len(hall.reception) == 0


@pytest.mark.parametrize("sent", PARTIAL)
def test_a_partial_one_waits_and_is_given_up_in_time(hall: Hall, sent: bytes) -> None:
    near, connection = hall.guest()
    near.sendall(sent)
    hall.turn()
    hall.now = reception.ARRIVAL_TIMEOUT_S - 0.1
    hall.reception.expire()
    assert not hall.ready
    assert not hall.late
    hall.now = reception.ARRIVAL_TIMEOUT_S
    hall.reception.expire()
    assert hall.late == [connection]


def test_one_byte_at_a_time_does_not_lengthen_the_wait(hall: Hall) -> None:
    near, connection = hall.guest()
    for number in range(12):
        near.sendall(GET[number : number + 1])
        hall.now = number
        hall.turn()
        hall.reception.expire()
    assert hall.late == [connection]


def test_a_silent_connection_is_dropped_without_an_answer(hall: Hall) -> None:
    _, connection = hall.guest()
    hall.now = reception.ARRIVAL_TIMEOUT_S
    hall.reception.expire()
    assert hall.gone == [connection]


def test_a_client_that_goes_away_is_forgotten(hall: Hall) -> None:
    near, connection = hall.guest()
    near.close()
    hall.turn()
    assert hall.gone == [connection]


def test_whoever_expects_it_is_told_to_continue_once(hall: Hall) -> None:
    near, connection = hall.guest()
    near.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
    hall.turn()
    assert near.recv(100) == reception.CONTINUE
    near.sendall(b"ab")
    hall.turn()
    near.setblocking(False)
    with pytest.raises(BlockingIOError):
        near.recv(100)
    near.sendall(b"c")
    hall.turn()
    assert hall.ready == [connection]


def test_the_oldest_gives_way_to_a_new_caller(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reception, "MAX_WAITING", 3)
    guests = [hall.guest() for _ in range(5)]
    assert hall.gone == [connection for _, connection in guests[:2]]
    guests[4][0].sendall(GET)
    hall.turn()
    assert hall.ready == [guests[4][1]]


def test_a_stopping_worker_waits_only_a_little(hall: Hall) -> None:
    _, connection = hall.guest()
    hall.reception.expire(stopping=True)
    assert not hall.gone
    hall.now = reception.LINGER_S
    hall.reception.expire(stopping=True)
    assert hall.gone == [connection]


def test_whoever_is_seen_off_can_read_the_answer_but_not_stay(hall: Hall) -> None:
    near, connection = hall.guest()
    near.sendall(GET)
    hall.turn()
    connection.sock.send(b"answer")
    connection.close(graceful=True)
    near.sendall(b"and more")
    hall.turn()
    assert near.recv(100) == b"answer"
    assert near.recv(100) == b""
    hall.now = reception.LINGER_S
    hall.reception.expire()
    assert connection.sock.fileno() == -1


def test_sending_to_a_client_that_does_not_read_ends(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reception, "IO_TIMEOUT_S", 0.2)
    _, connection = hall.guest()
    connection.sock.setblocking(True)
    with pytest.raises(TimeoutError):
        connection.sock.sendall(b"x" * 10_000_000)
