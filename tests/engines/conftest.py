"""The engines that must keep the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.engines import open_engine, open_writer
from tests.engines.samples import Kit
from tests.fakes import FakeIndex


@pytest.fixture(params=["whoosh", "fake"])
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Kit:
    """Every engine in turn; a new one is one more parameter here."""
    if request.param == "fake":
        index = FakeIndex()
        return Kit(index, lambda: index)
    url = f"{request.param}:{tmp_path / 'index'}"
    return Kit(open_writer(url), lambda: open_engine(url))
