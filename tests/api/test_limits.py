"""Rate limits: counted by key or address, told in headers, and no reason to stop when the store is down."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from limits import parse

from api import auth, limits
from api.limits import Limiter
from api.settings import SettingError, Settings
from tests.api.conforming import ConformingClient
from tests.api.conftest import app_over
from tests.fakes import FakeIndex

NOWHERE = "redis://127.0.0.1:1/0"


def limited(engine: FakeIndex, rate: str = "3/minute", **others: object) -> ConformingClient:
    found = app_over(engine, Settings(rate_limit=rate, **others)).test_client()  # type: ignore[arg-type]
    assert isinstance(found, ConformingClient)
    return found


def statuses(client: ConformingClient, times: int, address: str = "/v1/topics", **sent: object) -> list[int]:
    return [client.get(address, **sent).status_code for _ in range(times)]


def test_without_a_setting_nothing_is_limited(memory_client: ConformingClient) -> None:
    answer = memory_client.get("/v1/topics")
    assert "RateLimit" not in answer.headers
    assert set(statuses(memory_client, 50)) == {200}


def test_headers_count_down_and_the_last_is_a_429_with_the_time_to_wait(memory_engine: FakeIndex) -> None:
    client = limited(memory_engine)
    left = []
    for _ in range(3):
        answer = client.get("/v1/topics/insomnia")
        assert answer.status_code == 200
        assert answer.headers["RateLimit-Policy"] == '"default";q=3;w=60'
        left.append(re.fullmatch(r'"default";r=(\d+);t=\d+', answer.headers["RateLimit"]).group(1))  # type: ignore[union-attr]
    assert left == ["2", "1", "0"]
    refused = client.get("/v1/topics/insomnia")
    assert refused.status_code == 429
    assert refused.get_json()["type"] == "/problems/rate-limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit"].startswith('"default";r=0;t=')


def test_the_share_comes_back_after_the_window(memory_engine: FakeIndex) -> None:
    client = limited(memory_engine, "1/second")
    assert statuses(client, 2) == [200, 429]
    time.sleep(1.1)
    assert statuses(client, 1) == [200]


def test_callers_do_not_share(memory_engine: FakeIndex) -> None:
    client = limited(memory_engine, "1/minute")
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"):
        assert statuses(client, 2, environ_base={"REMOTE_ADDR": address}) == [200, 429]
    assert statuses(client, 1, environ_base={"REMOTE_ADDR": "2001:db8::ffff:2"}) == [429], "the same /64"
    assert statuses(client, 1, environ_base={"REMOTE_ADDR": "::ffff:192.0.2.1"}) == [429], "the same IPv4 address"


def test_a_key_has_a_share_of_its_own_wherever_it_is_used(memory_engine: FakeIndex, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    secrets = [auth.add_key(path, name, auth.GRANTABLE)[1] for name in ("one", "two")]
    client = limited(memory_engine, "2/minute", api_keys_file=str(path))
    first, second = ({"Authorization": f"Bearer {secret}"} for secret in secrets)
    assert statuses(client, 1, headers=first) == [200]
    assert statuses(client, 2, headers=first, environ_base={"REMOTE_ADDR": "192.0.2.9"}) == [200, 429]
    assert statuses(client, 2, headers=second) == [200, 200]


def test_guessing_keys_is_limited_by_address(memory_engine: FakeIndex, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    auth.add_key(path, "one", auth.GRANTABLE)
    client = limited(memory_engine, "2/minute", api_keys_file=str(path))
    found = [client.get("/v1/topics", headers={"Authorization": f"Bearer {n}"}).status_code for n in range(3)]
    assert found == [401, 401, 429]


def test_help_health_and_preflights_are_not_counted(memory_engine: FakeIndex) -> None:
    client = limited(memory_engine, "1/minute")
    for address in ("/v1/privacy", "/healthz", "/readyz", "/metrics", "/problems"):
        assert statuses(client, 3, address) == [200, 200, 200], address
    assert {client.options("/v1/search").status_code for _ in range(3)} == {204}
    assert statuses(client, 2) == [200, 429]


def test_an_address_from_a_proxy_counts_only_if_proxies_are_trusted(memory_engine: FakeIndex) -> None:
    def ask(client: ConformingClient) -> list[int]:
        return [
            client.get("/v1/topics", headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code for number in (1, 2)
        ]

    assert ask(limited(memory_engine, "1/minute")) == [200, 429]
    assert ask(limited(memory_engine, "1/minute", trusted_proxies=1)) == [200, 200]


def test_addresses_are_kept_as_keyed_hashes_only() -> None:
    limiter = Limiter(parse("3/minute"), "memory://")
    limiter.hit("address 192.0.2.77")
    assert limiter._memory.storage
    assert "192.0.2.77" not in str(vars(limiter._memory))
    other = Limiter(parse("3/minute"), "memory://")
    other.hit("address 192.0.2.77")
    assert set(other._memory.storage) != set(limiter._memory.storage), "another process, another salt"


def test_when_the_store_is_down_the_api_goes_on_and_says_so_once(
    memory_engine: FakeIndex, caplog: pytest.LogCaptureFixture
) -> None:
    client = limited(memory_engine, "20/minute", rate_limit_storage=NOWHERE)
    assert set(statuses(client, 20)) == {200}
    complaints = [record.getMessage() for record in caplog.records if record.name == "thaw.limits"]
    assert len(complaints) == 1
    assert "down (ConnectionError)" in complaints[0]
    assert statuses(client, 1) == [429], "each worker goes on counting for itself"


def test_a_store_that_is_down_is_left_alone_for_a_while() -> None:
    now = [0.0]
    limiter = Limiter(parse("3/minute"), "memory://", lambda: now[0])
    asked = []

    def fail() -> None:
        asked.append(now[0])
        raise ConnectionError

    limiter._shared = fail  # type: ignore[method-assign]
    for now[0] in (0.0, 1.0, limits.RETRY_STORE_S + 0.5):
        limiter.hit("x")
    assert asked == [0.0, limits.RETRY_STORE_S + 0.5]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("THAW_RATE_LIMIT", "many"),
        ("THAW_RATE_LIMIT", "60"),
        ("THAW_RATE_LIMIT_STORAGE", "localhost:6379"),
        ("THAW_RATE_LIMIT_STORAGE", "mongodb://x"),
        ("THAW_TRUSTED_PROXIES", "-1"),
        ("THAW_TRUSTED_PROXIES", "all"),
    ],
)
def test_a_bad_setting_names_the_remedy(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"{name}: (give|needs)"):
        Settings.from_env({name: value})


# --- with a real Redis -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not shutil.which("redis-server"):
        pytest.skip("needs redis-server (Debian package of this name) on the path")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()
        server.wait(10)


def test_workers_share_a_limit_in_redis(memory_engine: FakeIndex, redis_url: str) -> None:
    one = limited(memory_engine, "3/minute", rate_limit_storage=redis_url)
    two = limited(memory_engine, "3/minute", rate_limit_storage=redis_url)
    assert statuses(one, 2) == [200, 200]
    assert statuses(two, 2) == [200, 429]
    assert statuses(one, 1) == [429]
    for client in (one, two):
        client.application.extensions[limits.EXTENSION].close()


def test_redis_holds_no_address(redis_url: str) -> None:
    from redis import Redis

    limiter = Limiter(parse("7/hour"), redis_url)
    limiter.hit("address 192.0.2.78")
    client = Redis.from_url(redis_url)
    assert client.keys("*")
    assert not any(b"192.0.2.78" in name for name in client.keys("*"))  # type: ignore[union-attr]
    assert all(client.ttl(name) > 0 for name in client.keys("*"))  # type: ignore[union-attr, operator]
    client.close()
    limiter.close()
