"""API keys: who gets in, how keys come and go without a restart, and what is open to everyone."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from api import auth
from api.__main__ import main
from api.app import OPERATIONS
from api.auth import KeyRing, KeysError, Scope
from api.settings import Settings
from tests.api.conforming import ConformingClient
from tests.api.conftest import app_over
from tests.fakes import FakeIndex


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def client_with(engine: FakeIndex, path: Path) -> ConformingClient:
    found = app_over(engine, Settings(api_keys_file=str(path))).test_client()
    assert isinstance(found, ConformingClient)
    return found


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def command(path: Path, *arguments: str) -> Any:
    return CliRunner().invoke(main, ["keys", "--file", str(path), *arguments])


# --- at the door -------------------------------------------------------------------------------------------------


def test_without_a_keys_file_the_api_is_open(memory_client: ConformingClient) -> None:
    assert memory_client.get("/v1/topics").status_code == 200
    assert memory_client.get("/v1/topics", headers=bearer("whatever")).status_code == 200


def test_a_valid_key_gets_in_and_anything_else_does_not(memory_engine: FakeIndex, path: Path) -> None:
    _, secret = auth.add_key(path, "app", auth.GRANTABLE)
    client = client_with(memory_engine, path)
    assert client.get("/v1/search?q=insomnia", headers=bearer(secret)).status_code == 200
    for sent in ({}, bearer(secret[:-1]), bearer(""), {"Authorization": secret}, {"Authorization": f"Basic {secret}"}):
        answer = client.get("/v1/search?q=insomnia", headers=sent)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="thaw"')
        assert secret not in answer.get_data(as_text=True)


def test_a_challenge_tells_a_missing_key_from_a_bad_one(memory_engine: FakeIndex, path: Path) -> None:
    auth.add_key(path, "app", auth.GRANTABLE)
    client = client_with(memory_engine, path)
    assert "error" not in client.get("/v1/topics").headers["WWW-Authenticate"]
    assert 'error="invalid_token"' in client.get("/v1/topics", headers=bearer("no")).headers["WWW-Authenticate"]


def test_a_key_is_good_for_its_scopes_alone(memory_engine: FakeIndex, path: Path) -> None:
    _, secret = auth.add_key(path, "reader", ("read",))
    client = client_with(memory_engine, path)
    assert client.get("/v1/topics", headers=bearer(secret)).status_code == 200
    answer = client.get("/v1/search?q=insomnia", headers=bearer(secret))
    assert answer.status_code == 403
    assert 'scope="search"' in answer.headers["WWW-Authenticate"]


def test_help_health_and_the_document_ask_for_no_key(memory_engine: FakeIndex, path: Path) -> None:
    auth.add_key(path, "app", auth.GRANTABLE)
    client = client_with(memory_engine, path)
    for address in ("/v1/privacy", "/v1/openapi.json", "/healthz", "/readyz", "/problems"):
        assert client.get(address).status_code == 200, address


def test_every_operation_states_its_scope() -> None:
    scopes = {name: scope for blueprint in OPERATIONS for name, scope in blueprint.scopes.items()}
    open_to_all = {name for name, scope in scopes.items() if scope is Scope.OPEN}
    assert open_to_all <= {
        "get_privacy_statement",
        "get_service_statement",
        "list_support_contacts",
        "screen_text",
        "get_screening_rules",
    }
    assert {"search_passages", "search_passages_privately"} <= {n for n, s in scopes.items() if s is Scope.SEARCH}


def test_answers_to_a_key_are_not_for_shared_caches(memory_engine: FakeIndex, path: Path) -> None:
    _, secret = auth.add_key(path, "app", auth.GRANTABLE)
    answer = client_with(memory_engine, path).get("/v1/topics", headers=bearer(secret))
    assert answer.headers["Cache-Control"] == "private, max-age=300"
    assert client_with(memory_engine, path).get("/v1/privacy").headers["Cache-Control"].startswith("public")


def test_a_known_etag_does_not_spare_the_key(memory_engine: FakeIndex, path: Path) -> None:
    _, secret = auth.add_key(path, "app", auth.GRANTABLE)
    client = client_with(memory_engine, path)
    tag = client.get("/v1/topics", headers=bearer(secret)).headers["ETag"]
    assert client.get("/v1/topics", headers={"If-None-Match": tag}).status_code == 401


# --- coming and going ----------------------------------------------------------------------------------------------


def test_keys_are_added_and_revoked_without_a_restart(path: Path) -> None:
    now = [0.0]
    first, old = auth.add_key(path, "app", ("read",))
    ring = KeyRing(path, lambda: now[0])
    _, new = auth.add_key(path, "app rotated", ("read",))
    auth.revoke_key(path, first.id)
    assert ring.find(old)
    assert not ring.find(new)
    now[0] += auth.CHECK_INTERVAL_S
    assert not ring.find(old)
    assert ring.find(new)


@pytest.mark.parametrize("content", ["", "{", '{"keys": [{"id": "k"}]}', "[]"])
def test_a_file_spoilt_while_serving_locks_nobody_out(
    path: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    now = [0.0]
    _, secret = auth.add_key(path, "app", ("read",))
    ring = KeyRing(path, lambda: now[0])
    path.write_text(content)
    now[0] += auth.CHECK_INTERVAL_S
    assert ring.find(secret)
    assert "stay valid" in caplog.text
    assert secret not in caplog.text


@pytest.mark.parametrize("content", [None, "", '{"keys": [{"id": "k"}]}'])
def test_a_service_that_should_have_keys_does_not_start_without(path: Path, content: str | None) -> None:
    if content is not None:
        path.write_text(content)
    with pytest.raises(KeysError, match="python -m api keys add"):
        app_over(FakeIndex(), Settings(api_keys_file=str(path)))


# --- commands -------------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_only_its_hash_is_kept(path: Path) -> None:
    result = command(path, "add", "my app", "--scope", "search")
    secret = result.stdout.strip()
    assert result.exit_code == 0
    assert secret.startswith(auth.KEY_PREFIX)
    assert len(secret) == len(auth.KEY_PREFIX) + 43  # 256 bits in base64url
    assert secret.removeprefix(auth.KEY_PREFIX) not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (entry,) = json.loads(path.read_text())["keys"]
    assert entry["scopes"] == ["search"]
    assert secret not in command(path, "list").output


def test_list_and_revoke_speak_of_the_same_key(path: Path) -> None:
    command(path, "add", "one")
    command(path, "add", "two")
    lines = command(path, "list").output.splitlines()
    assert [line.split("  ")[1] for line in lines] == ["one", "two"]
    assert all(line.endswith("valid") for line in lines)
    key_id = lines[0].split("  ")[0]
    assert command(path, "revoke", key_id).exit_code == 0
    lines = command(path, "list").output.splitlines()
    assert "revoked" in lines[0]
    assert lines[1].endswith("valid")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["revoke", "k-none"], "no key has the id 'k-none'"),
        (["add", ""], "1 to 80"),
        (["add", "x\ny"], "1 to 80"),
        (["add", "x", "--scope", "root"], "'read', 'search'"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(path: Path, arguments: list[str], message: str) -> None:
    command(path, "add", "one")
    result = command(path, *arguments)
    assert result.exit_code != 0
    assert message in result.output


def test_adding_at_the_same_time_loses_no_key(path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: auth.add_key(path, f"app {number}", ("read",)), range(16)))
    assert len(auth.read_keys(path)) == 16
    assert [found.name for found in path.parent.iterdir() if found.name.startswith(".keys.json-")] == []
