"""gunicorn's worker and logger, so that requests which never reach the application are problems and private too."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.http import errors
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from api.problems import KINDS, MEDIA_TYPE, Kind

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
    """Answers broken requests with a problem, and logs neither what was sent nor by whom."""

    def handle_error(self, _request: Any, client: Any, _address: Any, error: BaseException) -> None:
        """Instead of an HTML page and a log line with the request line and the caller's address."""
        kind = kind_of(error)
        log.warning("refused a request: %s", type(error).__name__)
        body = json.dumps(
            {
                "type": kind.uri,
                "title": kind.title,
                "status": kind.status,
                "detail": f"{kind.meaning} {kind.remedy}",
                "instance": "",
                "errors": [],
                "successor_id": None,
            }
        ).encode()
        head = (
            f"HTTP/1.1 {kind.status} {kind.title}\r\nConnection: close\r\nContent-Type: {MEDIA_TYPE}\r\n"
            f"Cache-Control: no-store\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with suppress(OSError):
            write_nonblock(client, head.encode("ascii") + body)


class PrivateLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Leaves messages of exceptions met while answering out of the log: they may quote the request."""

    def exception(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """Everything else, e.g. why a worker does not start, is logged in full."""
        if "request" in str(msg):
            kwargs["exc_info"] = False
            super().error("a request could not be answered to its end", **kwargs)
        else:
            super().exception(msg, *args, **kwargs)
