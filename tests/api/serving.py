"""Starts the service as it is run, for tests that need the real thing: gunicorn, workers, sockets, files."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A running service."""

    port: int
    log: Path
    process: subprocess.Popen[bytes]

    def ask(
        self, method: str, address: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, address, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()
        finally:
            connection.close()

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


@contextmanager
def serve(
    index_url: str, folder: Path, *, workers: int = 2, wait_for: str = "/readyz", **settings: str
) -> Iterator[Server]:
    """gunicorn as the Procfile runs it; all its temporary files and its log go into `folder`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log"
    gunicorn = str(Path(sys.executable).with_name("gunicorn"))
    command = [gunicorn, "-c", "api/gunicorn.py", "-b", f"127.0.0.1:{port}", "api.wsgi:app"]
    environ = {
        **os.environ,
        "THAW_INDEX": index_url,
        "WEB_CONCURRENCY": str(workers),
        "TMPDIR": str(folder),
        **settings,
    }
    with (
        log.open("wb") as out,
        subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out) as process,
    ):
        server = Server(port, log, process)
        try:
            deadline = time.monotonic() + READY_WITHIN_S
            while time.monotonic() < deadline:
                if process.poll() is not None:
                    raise AssertionError(f"gunicorn ended:\n{log.read_text()[-2000:]}")
                try:
                    if server.ask("GET", wait_for)[0] == 200:
                        break
                except OSError:
                    pass
                time.sleep(0.1)
            else:
                raise AssertionError("the server did not get ready")
            yield server
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
