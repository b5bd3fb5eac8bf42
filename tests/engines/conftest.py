"""The engines that must keep the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.engines import open_engine, open_writer
from indexer.search import Snapshot
from tests.engines.samples import Kit, Sample
from tests.fakes import FakeIndex


def make_kit(engine: str, folder: Path) -> Kit:
    if engine == "fake":
        index = FakeIndex()
        return Kit(index, lambda: index)
    url = f"{engine}:{folder / 'index'}"
    return Kit(open_writer(url), lambda: open_engine(url))


@pytest.fixture(scope="session", params=["whoosh", "fake"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Every engine in turn; a new one is one more parameter here."""
    name: str = request.param
    return name


@pytest.fixture
def kit(engine_name: str, tmp_path: Path) -> Kit:
    """An engine with nothing published yet."""
    return make_kit(engine_name, tmp_path)


@pytest.fixture(scope="session")
def served(engine_name: str, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The small corpus, published once for all tests that only read it."""
    return make_kit(engine_name, tmp_path_factory.mktemp("served")).serve(Sample())
