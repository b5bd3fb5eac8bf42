"""The running API keeps to its document: Schemathesis asks every operation for what it allows and what it does not.

`make test` takes a fixed set of cases; `make fuzz` draws new ones for as long as one likes.
"""

from __future__ import annotations

import zlib
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from api.app import create_app
from api.settings import Settings
from corpus import FACETS
from tests.api.conforming import the_document
from tests.api.sample import build_twice
from tests.fakes import FakeIndex

FUZZ = settings.get_current_profile_name() == "fuzz"
CASES = settings().max_examples if FUZZ else 20
"""Drawn for each operation, beyond examples and what covers each constraint: 1,815 cases of 17 operations in 21 s."""

CONFIG = {
    "checks": {
        # A request may fit its schema and still be refused: a search without words or filter, an unknown topic in a
        # filter, a cursor of another request. An id of the right form may be unknown, and a passage withdrawn.
        "positive_data_acceptance": {"expected-statuses": ["2xx", 304, 400, 404, 410]},
    }
}


INDEX = FakeIndex()


@pytest.fixture(scope="module", autouse=True)
def _index(tmp_path_factory: pytest.TempPathFactory) -> None:
    build_twice(tmp_path_factory.mktemp("thaw") / "corpus", "memory:", INDEX)


@cache
def known() -> dict[str, list[str]]:
    """Ids that exist, by the name of the parameter that takes them."""
    current = INDEX.snapshot()
    passages = [passage_id for document in current.documents.values() for passage_id in document.passage_ids]
    documents, topics = list(current.documents), list(current.vocabulary.topics)
    return {
        "topic_id": topics,
        "document_id": documents,
        "document": documents,
        "passage_id": passages,
        "id": passages,
        **dict.fromkeys((*FACETS, "topic"), topics),
    }


def use_existing_ids(case: schemathesis.Case) -> None:
    """Puts ids that exist in place of drawn ones, in about half of the valid requests."""
    if case.meta and case.meta.generation.mode is GenerationMode.POSITIVE:
        for part in (case.path_parameters, case.query, case.body):
            if isinstance(part, dict):
                part.update({name: _existing(value, known()[name]) for name, value in part.items() if name in known()})


def _existing(value: Any, ids: list[str]) -> Any:
    if isinstance(value, list):
        return [_existing(item, ids) for item in value]
    if not isinstance(value, str):
        return value
    number = zlib.crc32(value.encode("utf-8", "replace"))
    return ids[number % len(ids)] if number & 0x10000 else value


schema = schemathesis.openapi.from_dict(the_document(), config=SchemathesisConfig.from_dict(CONFIG))
APP = create_app(Settings(), INDEX)
# Schemathesis asks for gzip and does not unpack it when it calls in process; tests/api/test_compression.py does.
schema.app = lambda environ, start: APP({**environ, "HTTP_ACCEPT_ENCODING": "identity"}, start)


@schema.parametrize()
@settings(
    max_examples=CASES,
    deadline=None,
    derandomize=not FUZZ,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_keeps_to_the_document(case: schemathesis.Case) -> None:
    use_existing_ids(case)
    case.call_and_validate()
