"""API keys: which caller asks, and what its key allows. Without a keys file the API is open to all.

Keys are 256 random bits, so nobody can guess one from its hash: plain SHA-256 is enough here, and a slow hash, made
for passwords that people think up, would only slow every request. The file holds hashes; a key is shown once.
"""

from __future__ import annotations

import enum
import fcntl
import hashlib
import hmac
import json
import logging
import os
import re
import secrets
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, request

from api.problems import KINDS, respond

log = logging.getLogger("thaw.auth")

KEY_PREFIX = "thaw_"
"""Lets scanners of repositories recognise a leaked key."""
KEY_BYTES = 32
CHECK_INTERVAL_S = 1.0
"""How often the file is looked at: a revoked key works for this long at most, a `stat` costs 2 µs."""
MAX_FILE_BYTES = 1_000_000
_EXTENSION = "thaw.keys"
_NAME = re.compile(r"[\w .@/-]{1,80}")


class Scope(enum.Enum):
    """What a key may be good for. Every operation states the one that it asks for."""

    OPEN = "open"
    """Asks for none. Help for people in distress and the privacy statement are never refused to anyone."""
    READ = "read"
    SEARCH = "search"


GRANTABLE = (Scope.READ.value, Scope.SEARCH.value)


class KeysError(Exception):
    """The keys file cannot be read or changed; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key as the file holds it."""

    id: str
    name: str
    sha256: str
    scopes: tuple[str, ...]
    created_at: str
    revoked_at: str | None = None


# --- the file ----------------------------------------------------------------------------------------------------


def read_keys(path: Path) -> tuple[Key, ...]:
    """The keys in a file, revoked ones included. Raises KeysError."""
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(MAX_FILE_BYTES))
        keys = tuple(Key(**{**entry, "scopes": tuple(entry["scopes"])}) for entry in content["keys"])
    except OSError as error:
        raise KeysError(f"cannot read '{path}': {error.strerror}; make it with `python -m api keys add`") from None
    except (ValueError, TypeError, KeyError):
        raise KeysError(f"'{path}' is not a keys file; make one with `python -m api keys add`") from None
    for key in keys:
        if not re.fullmatch("[0-9a-f]{64}", str(key.sha256)) or not set(key.scopes) <= set(GRANTABLE):
            raise KeysError(f"'{path}': key '{key.id}' has a bad hash or scope; revoke it and add another")
    return keys


def add_key(path: Path, name: str, scopes: tuple[str, ...]) -> tuple[Key, str]:
    """Adds a key to the file, made if missing; returns its entry and the key itself, which is kept nowhere."""
    if not _NAME.fullmatch(name):
        raise KeysError("a name has 1 to 80 letters, digits, spaces or . @ / - _")
    secret = KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)
    key = Key(f"k-{secrets.token_hex(4)}", name, _digest(secret), tuple(sorted(set(scopes))), _now())
    with _locked(path):
        _write(path, (*_existing(path), key))
    return key, secret


def revoke_key(path: Path, key_id: str) -> Key:
    """Marks a key as revoked. Raises KeysError where there is none with this id."""
    with _locked(path):
        keys = read_keys(path)
        found = next((key for key in keys if key.id == key_id), None)
        if found is None:
            raise KeysError(f"no key has the id '{key_id}'; see `python -m api keys list`")
        revoked = replace(found, revoked_at=found.revoked_at or _now())
        _write(path, tuple(revoked if key is found else key for key in keys))
    return revoked


def _existing(path: Path) -> tuple[Key, ...]:
    return read_keys(path) if path.exists() else ()


def _write(path: Path, keys: tuple[Key, ...]) -> None:
    """All or nothing, readable for the owner alone: a server may read it at any moment."""
    content = json.dumps({"keys": [asdict(key) for key in keys]}, indent=2) + "\n"
    descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(fresh).replace(path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two commands at once take turns; the lock is a file of its own, because the keys file is replaced."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise KeysError(f"cannot write beside '{path}': {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


# --- at the door ---------------------------------------------------------------------------------------------------


class KeyRing:
    """The keys of a file, followed while it changes. Thread-safe."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises KeysError: a service that is meant to have keys must not start without them."""
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._sight = _sight(path)
        self._keys = read_keys(path)
        self._next_look = clock() + CHECK_INTERVAL_S

    def find(self, secret: str) -> Key | None:
        """The valid key that `secret` is. Compares with every key to the end, so that time tells nothing."""
        self._follow()
        wanted, found = _digest(secret), None
        for key in self._keys:
            if hmac.compare_digest(key.sha256, wanted) and key.revoked_at is None:
                found = key
        return found

    def _follow(self) -> None:
        if self._clock() < self._next_look or not self._lock.acquire(blocking=False):
            return
        try:
            sight = _sight(self._path)
            if sight != self._sight:
                self._keys = read_keys(self._path)
                self._sight = sight
        except KeysError as error:
            # The last good keys stay: a slip while editing must not lock every app out. It is said each second.
            log.error("%s; the keys read before stay valid", error)
        finally:
            self._next_look = self._clock() + CHECK_INTERVAL_S
            self._lock.release()


def _sight(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_ino, status.st_mtime_ns, status.st_size)


def register(app: Flask, keys_file: Path | None) -> None:
    """Finds out who calls before anything else is done. Raises KeysError."""
    app.extensions[_EXTENSION] = KeyRing(keys_file) if keys_file else None
    app.before_request(_identify)


def is_open() -> bool:
    """Whether this application asks for no keys."""
    return current_app.extensions[_EXTENSION] is None


def caller() -> Key | None:
    """The key of this request, if it has a valid one."""
    found: Key | None = g.get("key")
    return found


def _identify() -> None:
    ring: KeyRing | None = current_app.extensions[_EXTENSION]
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    g.key = ring.find(secret.strip()) if ring is not None and kind.lower() == "bearer" else None


def requires(scope: Scope) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorates a view: 401 without a valid key, 403 where the key's scopes lack this one."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            if scope is not Scope.OPEN and not is_open():
                key = caller()
                if key is None:
                    return _unauthorized()
                if scope.value not in key.scopes:
                    return _forbidden(scope)
            return view(*args, **kwargs)

        return wrapper

    return decorate


def _unauthorized() -> Response:
    kind = KINDS["unauthorized"]
    sent = "Authorization" in request.headers
    challenge = 'Bearer realm="thaw"' + (', error="invalid_token"' if sent else "")
    return respond(kind, f"{kind.meaning} {kind.remedy}", {"WWW-Authenticate": challenge})


def _forbidden(scope: Scope) -> Response:
    kind = KINDS["insufficient-scope"]
    challenge = f'Bearer realm="thaw", error="insufficient_scope", scope="{scope.value}"'
    detail = f"This needs a key with the scope '{scope.value}'. {kind.remedy}"
    return respond(kind, detail, {"WWW-Authenticate": challenge})
