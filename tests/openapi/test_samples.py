"""The code to copy runs: each sample, in its language, against a live server, gives the answer it promises."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request

from api import samples
from api.app import create_app
from api.settings import Settings
from tests.api.conforming import the_document
from tests.api.sample import build_twice
from tests.fakes import FakeIndex

OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, item in the_document()["paths"].items()
    for method, operation in item.items()
}
RUNNERS = {
    "curl": ["sh", "-c"],
    "Python": [sys.executable, "-c"],
    "JavaScript": ["node", "--input-type=module", "--eval"],
}
NEEDS = {"curl": "curl", "Python": sys.executable, "JavaScript": "node"}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> FakeIndex:
    engine = FakeIndex()
    build_twice(tmp_path_factory.mktemp("thaw") / "corpus", "memory:", engine)
    return engine


@pytest.fixture(scope="module")
def address(index: FakeIndex) -> Iterator[str]:
    """A live server of the sample corpus."""
    server = make_server("127.0.0.1", 0, create_app(Settings(), index), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def runnable(source: str, path: str, operation: dict[str, Any], address: str, index: FakeIndex) -> str:
    """The sample with the server of this test, and ids of its corpus, in place of the packaged one's."""
    document = next(iter(index.snapshot().documents.values()))
    names = {"document_id": document.source.id, "passage_id": document.passage_ids[0]}
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in names and parameter["in"] == "path":
            example = path.format(**{parameter["name"]: parameter["example"]})
            source = source.replace(example, path.format(**names))
    source = source.replace("what-is-emotional-numbness", document.source.id)
    return source.replace(samples.HOST, address)


@pytest.mark.parametrize("operation_id", OPERATIONS)
@pytest.mark.parametrize("position", range(3), ids=list(RUNNERS))
def test_a_sample_runs_and_prints_an_answer(address: str, index: FakeIndex, operation_id: str, position: int) -> None:
    _, path, operation = OPERATIONS[operation_id]
    sample = operation["x-codeSamples"][position]
    if not shutil.which(NEEDS[sample["label"]]):
        pytest.skip(f"{NEEDS[sample['label']]} is not installed")
    source = runnable(sample["source"], path, operation, address, index)
    ran = subprocess.run([*RUNNERS[sample["label"]], source], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    printed = json.loads(ran.stdout)
    assert "errors" not in printed, printed
    (content,) = operation["responses"]["200"]["content"].values()
    assert set(printed) == set(content["example"])


def test_every_operation_has_samples_in_three_languages() -> None:
    for _, _, operation in OPERATIONS.values():
        assert [sample["label"] for sample in operation["x-codeSamples"]] == list(RUNNERS)


def test_quotes_and_braces_survive_the_shell_and_the_languages() -> None:
    sent = {"q": """it's "numb" `x` ${y} {z} \\ ü""", "topic": ["a", "b"]}
    for method in ("get", "post"):
        for sample in samples.of(method, "/v1/search", {"path": {}, "sent": sent}):
            if not shutil.which(NEEDS[sample["label"]]):
                continue
            assert echoed(sample) == sent, (method, sample["label"])


def echoed(sample: dict[str, str]) -> dict[str, Any]:
    """What a server is sent by a sample: parameters, or the body."""
    seen: list[dict[str, Any]] = []

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        request = Request(environ)
        if request.method == "POST":
            seen.append(json.loads(request.get_data()))
        else:
            seen.append({"q": request.args["q"], "topic": request.args.getlist("topic")})
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b"{}"]

    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    source = sample["source"].replace(samples.HOST, f"http://127.0.0.1:{server.server_port}")
    subprocess.run([*RUNNERS[sample["label"]], source], capture_output=True, timeout=60, check=True)
    thread.join()
    server.server_close()
    return seen[0]
