"""gunicorn's worker and logger, so that requests which never reach the application are problems and private too."""

from __future__ import annotations

import errno
import json
import logging
import selectors
from contextlib import suppress
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.http import errors
from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import ThreadWorker

from api.problems import KINDS, MEDIA_TYPE, Kind
from api.reception import Connection, Reception, timed

log = logging.getLogger("thaw.server")

_STATUS_OF: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((errors.LimitRequestLine,), "address-too-long"),
    ((errors.LimitRequestHeaders,), "headers-too-large"),
    ((errors.ParseException, errors.ForbiddenProxyRequest), "malformed-request"),
)


def kind_of(error: BaseException) -> Kind:
    """The kind of problem that gunicorn met; anything that is not the caller's fault is internal."""
    for classes, slug in _STATUS_OF:
        if isinstance(error, classes):
            return KINDS[slug]
    return KINDS["internal-error"]


class PrivateWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """Answers broken requests with a problem, logs neither what was sent nor by whom, and waits without threads."""

    reception: Reception

    def init_process(self) -> None:
        """Sets up what waits for requests; serves until the worker ends."""
        self.tpool = self.get_thread_pool()
        self.poller = selectors.DefaultSelector()
        self.method_queue.init()
        self.reception = Reception(self.poller, self._begin, self._drop, self._time_out)
        Worker.init_process(self)

    def accept(self, listener: Any) -> None:
        """A new connection waits at the reception, unless TLS asks for a handshake, which needs a thread."""
        if self.cfg.is_ssl:
            super().accept(listener)
            return
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        self.reception.welcome(Connection(self.reception, self.cfg, timed(sock), address, listener.getsockname()))

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """A kept-alive connection has something new: the next request waits like a first one."""
        if not isinstance(conn, Connection):
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self.reception.welcome(conn)

    def murder_pending(self) -> None:
        """gunicorn calls this at each turn of its loop."""
        super().murder_pending()
        self.reception.expire(stopping=not self.alive)

    def _begin(self, connection: Connection) -> None:
        try:
            connection.prepare()
        except OSError:
            self._drop(connection)
            return
        self.enqueue_req(connection)

    def _drop(self, connection: Connection) -> None:
        self.nr_conns -= 1
        connection.close()

    def _time_out(self, connection: Connection) -> None:
        """Without waiting: whoever sends slowly may read slowly too."""
        self.nr_conns -= 1
        self._refuse(KINDS["request-timeout"], connection.sock)
        connection.close(graceful=True)

    def handle_error(self, _request: Any, client: Any, _address: Any, error: BaseException) -> None:
        """Instead of an HTML page and a log line with the request line and the caller's address."""
        log.warning("refused a request: %s", type(error).__name__)
        self._refuse(kind_of(error), client)

    @staticmethod
    def _refuse(kind: Kind, client: Any) -> None:
        body = json.dumps(
            {
                "type": kind.uri,
                "title": kind.title,
                "status": kind.status,
                "detail": f"{kind.meaning} {kind.remedy}",
                "instance": "",
                "errors": [],
                "successor_id": None,
                "support": None,
            }
        ).encode()
        head = (
            f"HTTP/1.1 {kind.status} {kind.title}\r\nConnection: close\r\nContent-Type: {MEDIA_TYPE}\r\n"
            f"Cache-Control: no-store\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with suppress(OSError):
            client.setblocking(False)
            client.send(head.encode("ascii") + body)


class PrivateLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Leaves messages of exceptions met while answering out of the log: they may quote the request."""

    def exception(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """Everything else, e.g. why a worker does not start, is logged in full."""
        if "request" in str(msg):
            kwargs["exc_info"] = False
            super().error("a request could not be answered to its end", **kwargs)
        else:
            super().exception(msg, *args, **kwargs)
