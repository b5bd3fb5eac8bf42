"""How an operation says that it will go: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), a link to what follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from functools import wraps
from typing import Any

from flask import Response, after_this_request

NOTICE = timedelta(days=365)
"""The least time between the announcement and the end (docs/stability.md)."""


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Since when an operation is deprecated, when it ends, and the address that follows it, if any does."""

    since: date
    sunset: date
    successor: str | None = None

    def __post_init__(self) -> None:
        if self.sunset - self.since < NOTICE:
            raise ValueError(f"callers are promised {NOTICE.days} days between {self.since} and {self.sunset}")

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every answer, errors included."""
        found = {
            "Deprecation": f"@{int(_midnight(self.since).timestamp())}",
            "Sunset": format_datetime(_midnight(self.sunset), usegmt=True),
        }
        return found | ({"Link": f'<{self.successor}>; rel="successor-version"'} if self.successor else {})


def deprecated(plan: Deprecation | None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorates a view whose operation will go; does nothing without a plan."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        if plan is None:
            return view

        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            after_this_request(tell)
            return view(*args, **kwargs)

        def tell(response: Response) -> Response:
            for name, value in plan.headers.items():
                response.headers.add(name, value)
            return response

        return wrapper

    return decorate


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
