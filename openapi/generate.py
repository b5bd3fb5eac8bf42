"""Writes openapi/openapi.json from the application.

python -m openapi.generate            write it
python -m openapi.generate --check    exit 1 where it is out of step
"""

from __future__ import annotations

import sys
from pathlib import Path

from api import spec
from api.app import create_app
from api.settings import Settings

DOCUMENT = Path(__file__).parent / "openapi.json"


def main(arguments: list[str]) -> int:
    """Writes or checks the document; returns the exit code."""
    wanted = spec.dump(spec.document(create_app(Settings())))
    if arguments == ["--check"]:
        if not DOCUMENT.exists() or DOCUMENT.read_text("utf-8") != wanted:
            print(f"{DOCUMENT} is out of step; run: python -m openapi.generate", file=sys.stderr)
            return 1
        return 0
    DOCUMENT.write_text(wanted, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
