"""Rate limits by key or address: RateLimit headers, 429, and what happens when the store is down.

Counted in memory for each worker, or in Redis for all of them together. Windows are fixed and begin with a caller's
first request: one counter per caller, at the price that a caller may spend two shares around a window's end.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import math
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flask import Flask, Response, g, request
from limits import RateLimitItem, parse
from limits.errors import ConfigurationError
from limits.storage import MemoryStorage, storage_from_string

from api import auth
from api.problems import KINDS, respond

log = logging.getLogger("thaw.limits")

EXTENSION = "thaw.limiter"
POLICY = "default"
LIMITED = "/v1/"
EXEMPT = ("/v1/support", "/v1/privacy", "/v1/about")
"""Nobody is refused help, or the statement of what is kept, for having asked too often."""
STORE_TIMEOUT_S = 0.25
"""A store that takes longer counts as down: a search takes a hundredth of it."""
RETRY_STORE_S = 5.0
"""How long a store that was down is left alone, so that not every request waits for it."""
COMPLAIN_EVERY_S = 60.0
SCHEMES = ("memory://", "redis://", "rediss://", "redis+unix://")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a caller has left."""

    quota: int
    window_s: int
    remaining: int
    reset_s: int
    """Seconds until the share is full again."""
    allowed: bool


class Limiter:
    """Counts requests. Thread-safe; opens its store at the first use, in the worker that serves."""

    def __init__(self, limit: RateLimitItem, storage: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._uri = storage
        self._clock = clock
        self._lock = threading.Lock()
        self._memory = MemoryStorage()
        self._store: Any = None
        self._salts: dict[bool, tuple[date, bytes]] = {}
        self._down_until = float("-inf")
        self._complain_at = float("-inf")

    def hit(self, caller: str) -> Standing:
        """Counts one request of a caller. While the store is down this worker counts for itself."""
        if self._clock() >= self._down_until:
            try:
                return self._count(self._shared(), caller)
            except Exception as error:  # whatever a store's client raises
                self._down_until = self._clock() + RETRY_STORE_S
                self._complain(error)
        return self._count(self._memory, caller)

    def close(self) -> None:
        """Lets go of the connections to the store."""
        if self._store not in (None, self._memory):
            self._store.storage.connection_pool.disconnect()

    def _shared(self) -> Any:
        with self._lock:
            if self._store is None:
                if self._uri == "memory://":
                    self._store = self._memory
                else:
                    self._store = storage_from_string(
                        self._uri, socket_timeout=STORE_TIMEOUT_S, socket_connect_timeout=STORE_TIMEOUT_S
                    )
            return self._store

    def _count(self, store: Any, caller: str) -> Standing:
        window = self._limit.get_expiry()
        name = hashlib.blake2b(caller.encode(), key=self._salt_of(store), digest_size=16).hexdigest()
        key = self._limit.key_for(name)
        count = store.incr(key, window)
        reset = max(1, min(window, math.ceil(store.get_expiry(key) - time.time())))
        quota = self._limit.amount
        return Standing(quota, window, max(0, quota - count), reset, count <= quota)

    def _salt_of(self, store: Any) -> bytes:
        """Addresses are counted under a keyed hash whose key is random and thrown away each day.

        Workers that share a Redis share the key through it: the first one of the day brings it.
        """
        today, is_shared = datetime.now(UTC).date(), store is not self._memory
        day, salt = self._salts.get(is_shared, (None, b""))
        if day != today:
            salt = secrets.token_bytes(32)
            if is_shared:
                client, place = store.storage, f"thaw:salt:{today.isoformat()}"
                client.set(place, salt, nx=True, ex=86400)
                salt = client.get(place) or salt
            self._salts[is_shared] = (today, salt)
        return salt

    def _complain(self, error: Exception) -> None:
        now = self._clock()
        if now >= self._complain_at:
            self._complain_at = now + COMPLAIN_EVERY_S
            log.error("the store of the rate limits is down (%s); each worker counts for itself", type(error).__name__)


def read_limit(text: str) -> str:
    """Checks a rate such as 60/minute; raises ValueError with the remedy."""
    try:
        parse(text)
    except ValueError:
        raise ValueError("give a rate such as 60/minute, 10/second or 1000/hour") from None
    return text


def read_storage(text: str) -> str:
    """Checks the address of a store; raises ValueError with the remedy."""
    if not text.startswith(SCHEMES):
        raise ValueError(f"give one of {', '.join(SCHEMES)}…")
    if not text.startswith("memory"):
        try:
            storage_from_string(text)
        except ConfigurationError:
            raise ValueError("needs the redis client; install Thaw with the extra `redis`") from None
        except Exception:  # noqa: S110 - down now, perhaps up later: it is asked for at each request anyway
            pass
    return text


def register(app: Flask, rate: str | None, storage: str) -> None:
    """Counts every request under /v1 but those for help; without a rate nothing is counted."""
    if not rate:
        return
    limiter = app.extensions[EXTENSION] = Limiter(parse(rate), storage)
    app.before_request(lambda: _check(limiter))
    app.after_request(_tell)


def _check(limiter: Limiter) -> Response | None:
    if request.method == "OPTIONS" or not request.path.startswith(LIMITED) or request.path.startswith(EXEMPT):
        return None
    g.standing = standing = limiter.hit(_caller())
    if standing.allowed:
        return None
    kind = KINDS["rate-limited"]
    detail = f"{kind.meaning} Try again in {standing.reset_s} s."
    return respond(kind, detail, {"Retry-After": str(standing.reset_s)})


def _caller() -> str:
    key = auth.caller()
    if key is not None:
        return f"key {key.id}"
    return f"address {_network(request.remote_addr or '-')}"


def _network(address: str) -> str:
    """One caller of IPv6 has at least a /64 of addresses to choose from."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def _tell(response: Response) -> Response:
    """draft-ietf-httpapi-ratelimit-headers: structured fields with the policy's name."""
    standing: Standing | None = g.get("standing")
    if standing is not None:
        response.headers["RateLimit-Policy"] = f'"{POLICY}";q={standing.quota};w={standing.window_s}'
        response.headers["RateLimit"] = f'"{POLICY}";r={standing.remaining};t={standing.reset_s}'
    return response
