"""Waits for whole requests without a thread, so that slow clients cost gunicorn's gthread worker only a socket.

gunicorn's own worker hands a connection to one of its few threads at the first byte, and a client that then sends one
byte each second keeps the thread for as long as it likes: eight such clients stop a worker. Here the worker's event
loop collects what arrives, and a thread gets the connection only when head and body are there.
"""

from __future__ import annotations

import logging
import re
import selectors
import socket
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gunicorn import http
from gunicorn.workers.gthread import TConn

log = logging.getLogger("thaw.server")

ARRIVAL_TIMEOUT_S = 10.0
"""Time that a request may take to arrive: the largest valid one, 64 KiB, passes in it at 50 kbit/s."""
LINGER_S = 2.0
"""How long a connection that was answered and is to be closed may take to notice (gunicorn's number)."""
IO_TIMEOUT_S = 10.0
"""For a thread that sends: a client that takes nothing for so long is given up."""
MAX_WAITING = 512
"""Incomplete requests at a time; beyond it the oldest gives way. A whole request arrives in milliseconds, so the
oldest are the slowest, and new callers get in however many hold their connections open."""
MAX_HEAD_BYTES = 64 * 1024
"""A head that is longer goes to gunicorn's parser as it is, which refuses it."""
_RECEIVE_BYTES = 64 * 1024

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(TConn):  # type: ignore[misc]  # gunicorn ships no types
    """A connection that is read by the event loop before a thread takes it, and closed by the loop after it."""

    def __init__(self, reception: Reception, *args: Any) -> None:
        super().__init__(*args)
        self.parser: Any = None
        self._reception = reception
        self.arrived = bytearray()
        self.was_told_to_continue = False

    def prepare(self) -> None:
        """Gives the parser what has arrived; from here on the socket blocks, for a bounded time."""
        if self.parser is None:
            self.parser = http.get_parser(self.cfg, self.sock, self.client)
            self.initialized = True
        self.parser.unreader.unread(bytes(self.arrived))
        self.arrived.clear()
        self.was_told_to_continue = False
        self.data_ready = True

    def close(self, graceful: bool = False) -> None:
        """gunicorn waits for the client's end in the event loop itself, where all others wait with it."""
        if graceful:
            self._reception.see_off(self.sock)
        else:
            super().close()


class TimedSocket(socket.socket):
    """A socket that blocks for IO_TIMEOUT_S at the most where gunicorn asks it to block for ever."""

    def setblocking(self, flag: bool, /) -> None:
        """`True` sets the timeout."""
        self.settimeout(IO_TIMEOUT_S if flag else 0.0)


def timed(sock: socket.socket) -> TimedSocket:
    """The same connection as a TimedSocket."""
    return TimedSocket(sock.family, sock.type, sock.proto, fileno=sock.detach())


class Reception:
    """Connections that no thread works on, with their deadlines; used from the event loop alone."""

    def __init__(
        self,
        poller: selectors.BaseSelector,
        on_ready: Callable[[Connection], None],
        on_gone: Callable[[Connection], None],
        on_late: Callable[[Connection], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_ready`: a request is whole, or so broken that the parser should judge it. `on_gone`: the connection
        ended without one. `on_late`: as on_gone, but part of a request was there when its time was up.
        """
        self._poller = poller
        self._on_ready, self._on_gone, self._on_late = on_ready, on_gone, on_late
        self._clock = clock
        # Both in order of their deadlines: every wait of a kind has the same length.
        self._waiting: OrderedDict[Connection, float] = OrderedDict()
        self._leaving: OrderedDict[socket.socket, float] = OrderedDict()
        self._latest = float("inf")

    def __len__(self) -> int:
        return len(self._waiting)

    def welcome(self, connection: Connection) -> None:
        """Waits for a request on a new connection."""
        if len(self._waiting) >= MAX_WAITING:
            self._give_up(next(iter(self._waiting)))
        connection.sock.setblocking(False)
        self._waiting[connection] = self._clock() + ARRIVAL_TIMEOUT_S
        self._poller.register(connection.sock, selectors.EVENT_READ, lambda _: self._receive(connection))
        self._receive(connection)

    def see_off(self, sock: socket.socket) -> None:
        """Ends a connection so that the client still reads the answer, whatever it goes on sending."""
        try:
            sock.setblocking(False)
            sock.shutdown(socket.SHUT_WR)
            if len(self._leaving) >= MAX_WAITING:
                self._end(next(iter(self._leaving)))
            self._leaving[sock] = self._clock() + LINGER_S
            self._poller.register(sock, selectors.EVENT_READ, lambda _: self._discard(sock))
        except (OSError, ValueError, KeyError):
            self._leaving.pop(sock, None)
            sock.close()

    def expire(self, *, stopping: bool = False) -> None:
        """Gives up those whose time has come; a worker that stops gives none more than LINGER_S."""
        now = self._clock()
        if stopping:
            self._latest = min(self._latest, now + LINGER_S)
        for connection, deadline in list(self._waiting.items()):
            if min(deadline, self._latest) > now:
                break
            self._give_up(connection)
        for sock, deadline in list(self._leaving.items()):
            if deadline > now:
                break
            self._end(sock)

    def _receive(self, connection: Connection) -> None:
        if connection not in self._waiting:
            return  # given up earlier in the same turn of the loop
        try:
            received = connection.sock.recv(_RECEIVE_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._forget(connection)
            self._on_gone(connection)
            return
        connection.arrived += received
        if not received and not connection.arrived:
            self._forget(connection)
            self._on_gone(connection)
        elif not received or self._is_whole(connection):
            self._forget(connection)
            self._on_ready(connection)

    def _is_whole(self, connection: Connection) -> bool:
        arrived = connection.arrived
        end = arrived.find(b"\r\n\r\n")
        if end < 0:
            return len(arrived) > MAX_HEAD_BYTES
        head, body_bytes = bytes(arrived[: end + 2]), len(arrived) - end - 4
        length = _LENGTH.search(head)
        if length is not None:
            wanted = int(length[1])
        elif _CHUNKED.search(head):
            # The end of the last chunk; trailers, which nobody sends, wait for their time to be up.
            wanted = body_bytes if arrived.endswith(b"0\r\n\r\n") else body_bytes + 1
        else:
            wanted = 0
        if wanted <= body_bytes or wanted > _RECEIVE_BYTES or body_bytes > _RECEIVE_BYTES:
            return True
        if not connection.was_told_to_continue and _EXPECT.search(head):
            connection.was_told_to_continue = True
            with suppress(OSError):
                connection.sock.send(CONTINUE)
        return False

    def _give_up(self, connection: Connection) -> None:
        self._forget(connection)
        (self._on_late if connection.arrived else self._on_gone)(connection)

    def _forget(self, connection: Connection) -> None:
        self._waiting.pop(connection, None)
        with suppress(OSError, KeyError, ValueError):
            self._poller.unregister(connection.sock)

    def _discard(self, sock: socket.socket) -> None:
        if sock not in self._leaving:
            return
        try:
            if sock.recv(_RECEIVE_BYTES):
                return
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            pass
        self._end(sock)

    def _end(self, sock: socket.socket) -> None:
        self._leaving.pop(sock, None)
        with suppress(OSError, KeyError, ValueError):
            self._poller.unregister(sock)
        sock.close()
