"""Every setting in one table: read from the environment once, documented in the README from here.

python -m api.settings --check README.md     exit 1 where the README's table is out of step
python -m api.settings --write README.md     mend it
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from api.limits import read_limit, read_storage


class SettingError(ValueError):
    """A setting has a value that cannot be used; names the variable and the remedy."""


@dataclass(frozen=True, slots=True)
class _Variable:
    """How a setting is read from an environment variable."""

    name: str
    meaning: str
    read: Callable[[str], Any] = str
    secret: bool = False


def _setting(name: str, default: Any, meaning: str, read: Callable[[str], Any] = str) -> Any:
    return field(default=default, metadata={"variable": _Variable(name, meaning, read)})


def _country(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}", value):
        raise ValueError("give an ISO 3166-1 alpha-2 code such as GB")
    return value.upper()


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(part for part in re.split(r"[\s,]+", value.strip()) if part)
    for origin in origins:
        if origin != "*" and not re.fullmatch(r"https?://[^/\s]+", origin):
            raise ValueError(f"'{origin}' is not an origin; give * or scheme://host[:port], separated by commas")
    return origins


def _proxies(value: str) -> int:
    if not re.fullmatch(r"[0-9]", value):
        raise ValueError("give the number of proxies, 0 to 9")
    return int(value)


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may change. Empty variables count as not set."""

    index: str = _setting("THAW_INDEX", "whoosh:build/index", "engine URL of the index: `whoosh:PATH`")
    corpus: str = _setting(
        "THAW_CORPUS",
        "corpus",
        "folder of texts that `python -m indexer` reads; its `screening.yaml`, `support.yaml` and `companions.yaml`, "
        "where it has them, replace the packaged ones",
    )
    cors_origins: tuple[str, ...] = _setting(
        "THAW_CORS_ORIGINS", ("*",), "origins that browsers may call from, separated by commas", _origins
    )
    default_country: str | None = _setting(
        "THAW_DEFAULT_COUNTRY",
        None,
        "country (ISO 3166-1 alpha-2) whose support contacts are shown where a request names none",
        _country,
    )
    api_keys_file: str | None = _setting(
        "THAW_API_KEYS_FILE",
        None,
        "file of API keys, made with `python -m api keys add`; without it the API is open to all",
    )
    rate_limit: str | None = _setting(
        "THAW_RATE_LIMIT",
        None,
        "requests that one key or address may make, such as `60/minute`; off if empty",
        read_limit,
    )
    rate_limit_storage: str = _setting(
        "THAW_RATE_LIMIT_STORAGE",
        "memory://",
        "where requests are counted: `memory://` for each worker, `redis://HOST:6379` for all workers and machines",
        read_storage,
    )
    trusted_proxies: int = _setting(
        "THAW_TRUSTED_PROXIES",
        0,
        "proxies in front of the service whose `X-Forwarded-For` and `-Proto` are believed; without it all callers "
        "behind a proxy share one rate limit",
        _proxies,
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Reads every variable; raises SettingError for the first bad one."""
        values: dict[str, Any] = {}
        for setting in fields(cls):
            variable: _Variable = setting.metadata["variable"]
            text = environ.get(variable.name, "").strip()
            if not text:
                continue
            try:
                values[setting.name] = variable.read(text)
            except ValueError as error:
                raise SettingError(f"{variable.name}: {error}") from None
        return cls(**values)


# Read elsewhere, because they are needed before or outside the application; the README lists them too.
_OUTSIDE = (
    ("PORT", "`8000`", "port that gunicorn binds on all addresses where no `-b` is given, as Procfile hosts set it"),
    ("WEB_CONCURRENCY", "`1`", "gunicorn worker processes; each has 8 threads"),
)

_BEGIN, _END = "<!-- settings: begin -->", "<!-- settings: end -->"


def markdown_table() -> str:
    """The README's table of settings."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for setting in fields(Settings):
        variable: _Variable = setting.metadata["variable"]
        rows.append(f"| `{variable.name}` | {_shown(setting.default)} | {variable.meaning} |")
    rows += [f"| `{name}` | {default} | {meaning} |" for name, default, meaning in _OUTSIDE]
    return "\n".join(rows)


def _shown(default: object) -> str:
    if default in (None, (), ""):
        return "–"
    return f"`{','.join(default) if isinstance(default, tuple) else default}`"


def main(arguments: list[str]) -> int:
    """Checks or writes the table in a Markdown file; returns the exit code."""
    mode, path = arguments[0], Path(arguments[1])
    text = path.read_text("utf-8")
    before, found, rest = text.partition(_BEGIN)
    _, closed, after = rest.partition(_END)
    if not (found and closed):
        print(f"{path}: the lines {_BEGIN} and {_END} are missing", file=sys.stderr)
        return 1
    wanted = f"{before}{_BEGIN}\n{markdown_table()}\n{_END}{after}"
    if mode == "--write":
        path.write_text(wanted, "utf-8")
    elif text != wanted:
        print(f"{path}: the settings table is out of step; run: python -m api.settings --write {path}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
