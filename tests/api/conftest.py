"""The application over the sample corpus: on an engine in memory, and on a real index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from api.app import create_app
from api.settings import Settings
from indexer.engines import open_engine
from indexer.search import SearchEngine
from tests.api.conforming import ConformingClient
from tests.api.sample import build_twice
from tests.fakes import FakeIndex


@pytest.fixture(scope="session")
def index_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A real index of the sample corpus."""
    root: Path = tmp_path_factory.mktemp("thaw")
    url = f"whoosh:{root / 'index'}"
    build_twice(root / "corpus", url)
    return url


@pytest.fixture(scope="session")
def memory_engine(tmp_path_factory: pytest.TempPathFactory) -> FakeIndex:
    """The same in memory."""
    engine = FakeIndex()
    build_twice(tmp_path_factory.mktemp("thaw") / "corpus", "memory:", engine)
    return engine


@pytest.fixture(scope="session")
def withdrawn_id(memory_engine: FakeIndex) -> str:
    """The passage that the second build withdrew; ids depend on texts alone, so it is the same on every engine."""
    assert memory_engine.current
    (found,) = memory_engine.current.withdrawals
    return found


@pytest.fixture(scope="session", params=["memory", "whoosh"])
def engine(request: pytest.FixtureRequest) -> Iterator[SearchEngine]:
    """Both engines: the API must not notice a difference."""
    if request.param == "memory":
        yield request.getfixturevalue("memory_engine")
        return
    real = open_engine(request.getfixturevalue("index_url"))
    yield real
    real.close()


def app_over(engine: SearchEngine | None, settings: Settings | None = None) -> Flask:
    """An application whose client checks every answer."""
    app = create_app(settings or Settings(), engine)
    app.test_client_class = ConformingClient
    return app


@pytest.fixture
def client(engine: SearchEngine) -> ConformingClient:
    """A client of the application over both engines."""
    found = app_over(engine).test_client()
    assert isinstance(found, ConformingClient)
    return found


@pytest.fixture
def memory_client(memory_engine: FakeIndex) -> ConformingClient:
    """A client over the engine in memory, for what does not depend on the engine."""
    found = app_over(memory_engine).test_client()
    assert isinstance(found, ConformingClient)
    return found
