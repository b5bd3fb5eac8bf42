"""What is written down of a request: its own access log line, and the statement that says so.

No query, body, parameter, path value, address or user agent is ever passed to a log from here.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from flask import Flask, Response, g, request

from api import metrics

access_log = logging.getLogger("thaw.access")
fault_log = logging.getLogger("thaw.faults")

LOGGED: Mapping[str, str] = {
    "method": "HTTP method",
    "route": "template of the address with the names of its parts, never their values",
    "status": "HTTP status of the answer",
    "ms": "time that the answer took, in milliseconds",
    "request_id": "random id of this one request, also in the answer's X-Request-Id",
}
"""The fields of a log line, completely."""
MEASURED: Mapping[str, str] = {
    "route": LOGGED["route"],
    "method": LOGGED["method"],
    "status": LOGGED["status"],
    "seconds": "how many answers took up to how long",
}
"""The labels and values of the metrics, completely."""

DISCLAIMER = "General information in plain words, not medical advice and no replacement for professional help."

STATEMENT: dict[str, Any] = {
    "summary": (
        "What people search for is answered and forgotten. Queries, filters and request bodies are written to no log, "
        "metric, trace or file, and neither are addresses, user agents or cookies."
    ),
    "logged": [{"name": name, "meaning": meaning} for name, meaning in LOGGED.items()],
    "measured": [{"name": name, "meaning": meaning} for name, meaning in MEASURED.items()],
    "never_recorded": [
        "query text",
        "topic filters",
        "request bodies",
        "values in addresses",
        "IP addresses",
        "user agents",
        "referrers",
    ],
    "stores_queries": False,
    "sets_cookies": False,
    "contacts_third_parties": False,
    "retention": "Log lines go to the standard error stream; whoever runs this service decides how long to keep them.",
    "rate_limits": (
        "Where rate limits are on, a caller's key or network address is counted in memory, or in the operator's Redis, "
        "under a keyed hash whose key is random and thrown away each day; a count lives as long as its window."
    ),
    "private_search": "POST /v1/search takes the query in the body, so that it stays out of addresses and histories.",
    "disclaimer": DISCLAIMER,
}

ABOUT: dict[str, Any] = {
    "purpose": (
        "Background reading on emotional numbness and detachment for adults, shown in other apps: what it is, what may "
        "lie behind it, what may help and where to find help."
    ),
    "not_for": [
        "diagnosis, or deciding whether a person is ill",
        "deciding on a treatment, or starting, changing or stopping a medicine",
        "judging whether a person is safe, or replacing people who watch over them",
        "insurance, employment, policing, or profiles of persons",
    ],
    "disclaimer": DISCLAIMER,
    "emergency": "If a life may be in danger now, call the local emergency number first.",
    "screening": (
        "Rules look for words of danger and of strong suffering. They miss some and see some that are not there: no "
        "result means safe, and none is a finding about a person."
    ),
}

CONTACTS_NOTICE = (
    "Compiled from the sources named; whoever runs a service must check each contact with it before relying on it."
)

_METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}


class PrivateFlask(Flask):
    """Flask that reports an unhandled exception without its message: it may quote the request."""

    def log_exception(
        self, exc_info: tuple[type[BaseException] | None, BaseException | None, TracebackType | None]
    ) -> None:
        """Type and places in the code; no message, no values, no address."""
        kind, _, trace = exc_info
        fault_log.error(
            "unhandled %s request_id=%s at %s",
            kind.__name__ if kind else "exception",
            g.get("request_id", "-"),
            " < ".join(_places(trace)),
        )


def register(app: Flask) -> None:
    """Logs and measures every request."""
    app.before_request(_start)
    app.after_request(_record)


def route_template() -> str:
    """The matched address with its parts in braces: `/v1/passages/{passage_id}`; `-` where nothing matched."""
    rule = request.url_rule
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule) if rule else "-"


def _start() -> None:
    g.started = time.perf_counter()


def _record(response: Response) -> Response:
    seconds = time.perf_counter() - g.started
    # A caller can make up a method: only known words are written down.
    method = request.method if request.method in _METHODS else "OTHER"
    route = route_template()
    metrics.REQUESTS.observe(route, method, response.status_code, seconds)
    access_log.info(
        "method=%s route=%s status=%d ms=%.1f request_id=%s",
        method,
        route,
        response.status_code,
        seconds * 1000,
        g.request_id,
    )
    return response


def _places(trace: TracebackType | None) -> list[str]:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{'/'.join(code.co_filename.split('/')[-2:])}:{trace.tb_lineno}")
        trace = trace.tb_next
    return places[::-1][:8]
