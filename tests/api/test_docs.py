"""The pages of the API's documentation: everything from here, under a policy that allows nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from api.app import create_app
from api.resources.docs import ASSETS
from api.settings import Settings
from tests.fakes import FakeIndex

PAGES = ("/docs", "/redoc")


@pytest.fixture
def client() -> FlaskClient:
    return create_app(Settings(), FakeIndex()).test_client()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_needs_no_index_and_names_no_other_host(client: FlaskClient, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    addresses = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert addresses
    for address in addresses:
        assert address.startswith("/") or address == "data:,"
        if address.startswith("/docs/assets/"):
            assert client.get(address).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_nothing_may_run_but_the_files_from_here(client: FlaskClient, page: str) -> None:
    answer = client.get(page)
    policy = answer.headers["Content-Security-Policy"]
    parts = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert parts["default-src"] == "'none'"
    assert parts["script-src"] == parts["connect-src"] == "'self'"
    assert "unsafe" not in policy
    assert "http" not in policy
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", answer.text)
    assert scripts
    assert all("src=" in attributes and not body for attributes, body in scripts)
    assert "style=" not in answer.text
    assert " on" not in "".join(re.findall(r"<[^>]+>", answer.text))


def test_each_answer_has_a_nonce_of_its_own(client: FlaskClient) -> None:
    first, second = client.get("/redoc"), client.get("/redoc")
    (nonce,) = set(re.findall(r'nonce="([^"]+)"', first.text))
    assert f"'nonce-{nonce}'" in first.headers["Content-Security-Policy"]
    assert nonce not in second.text


def test_assets_have_their_types_and_can_be_asked_for_again(client: FlaskClient) -> None:
    for name, asset in ASSETS.items():
        answer = client.get(f"/docs/assets/{name}")
        assert answer.content_type == asset.media_type
        again = client.get(f"/docs/assets/{name}", headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
    assert client.get("/docs/assets/secrets.yaml").status_code == 404


def test_the_bundle_of_redoc_loads_nothing_from_elsewhere() -> None:
    vendored = Path(__file__).parents[2] / "api" / "docs" / "vendor"
    text = (vendored / "redoc.standalone.js").read_text("utf-8")
    assert "cdn.redoc" not in text
    assert "The MIT License" in (vendored / "redoc.LICENSE.txt").read_text("utf-8")
