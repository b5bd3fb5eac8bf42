"""An operation that will go says so in its answers and in the document, a year ahead."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

import pytest
from flask import Flask

from api import fields, privacy, spec
from api.app import create_app
from api.blueprint import Blueprint
from api.caching import Cache
from api.deprecation import Deprecation
from api.schemas.support import PrivacyStatement
from api.settings import Settings
from indexer.errors import NotFound
from indexer.serialize import Record
from tests.fakes import FakeIndex

PLAN = Deprecation(since=date(2026, 1, 1), sunset=date(2027, 1, 1), successor="/v2/privacy")


class Old(fields.RequestSchema):
    """Parameters of an operation that will go."""

    lost = fields.flag("Whether to find nothing", default=False)


@pytest.fixture
def app() -> Flask:
    """An application with a deprecated operation beside the others."""
    found = create_app(Settings(), FakeIndex())
    blp = Blueprint("Old", __name__, url_prefix="/v1", description="What will go.")

    @blp.operation("/old_privacy", returns=PrivacyStatement, query=Old, cache=Cache.STATIC, deprecation=PLAN)
    def get_privacy_statement(query: dict[str, bool]) -> Record:
        """Get the privacy statement

        As it was.
        """
        if query["lost"]:
            raise NotFound("nothing is here")
        return privacy.STATEMENT

    found.extensions["flask-smorest"]["apis"][""]["ext_obj"].register_blueprint(blp)
    return found


@pytest.mark.parametrize(("address", "status"), [("/v1/old_privacy", 200), ("/v1/old_privacy?lost=true", 404)])
def test_a_deprecated_operation_says_so_in_every_answer(app: Flask, address: str, status: int) -> None:
    answer = app.test_client().get(address)
    assert answer.status_code == status
    assert {name: answer.headers[name] for name in PLAN.headers} == PLAN.headers


def test_so_does_a_304(app: Flask) -> None:
    etag = app.test_client().get("/v1/old_privacy").headers["ETag"]
    answer = app.test_client().get("/v1/old_privacy", headers={"If-None-Match": etag})
    assert answer.status_code == 304
    assert "Sunset" in answer.headers


def test_others_do_not(app: Flask) -> None:
    headers = app.test_client().get("/v1/privacy").headers
    assert not {"Deprecation", "Sunset", "Link"} & set(headers)


def test_the_document_says_so(app: Flask) -> None:
    found = spec.document(app)
    operation = found["paths"]["/v1/old_privacy"]["get"]
    assert operation["deprecated"] is True
    assert {"Deprecation", "Sunset", "Link"} <= set(operation["responses"]["200"]["headers"])
    assert {"Deprecation", "Sunset", "Link"} <= set(found["components"]["headers"])
    assert "deprecated" not in found["paths"]["/v1/privacy"]["get"]


def test_its_answers_say_since_when_until_when_and_what_follows() -> None:
    assert PLAN.headers["Link"] == '</v2/privacy>; rel="successor-version"'
    assert PLAN.headers["Deprecation"] == "@1767225600"
    assert datetime.fromtimestamp(int(PLAN.headers["Deprecation"][1:]), UTC).date() == PLAN.since
    assert PLAN.headers["Sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"
    assert parsedate_to_datetime(PLAN.headers["Sunset"]).date() == PLAN.sunset


def test_no_operation_goes_within_a_year() -> None:
    with pytest.raises(ValueError, match="365 days"):
        Deprecation(since=date(2026, 1, 1), sunset=date(2026, 12, 31))


def test_without_a_successor_there_is_no_link() -> None:
    assert "Link" not in Deprecation(since=date(2026, 1, 1), sunset=date(2028, 1, 1)).headers
