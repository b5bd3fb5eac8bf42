"""The engines that must keep the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.engines import open_engine, open_writer
from tests.engines.samples import Kit


@pytest.fixture(params=["whoosh"])
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Kit:
    """Every engine in turn; a new one is one more parameter here."""
    url = f"{request.param}:{tmp_path / 'index'}"
    return Kit(open_writer(url), lambda: open_engine(url))
