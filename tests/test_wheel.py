"""The wheel that is built from a checkout has all that a server reads, and nothing that only the project needs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.resources.docs import ASSETS

ROOT = Path(__file__).parents[1]
PACKAGES = ("api", "corpus", "indexer", "openapi")
KEPT_OUT = ("indexer/meaning/training/", "openapi/lint/", "openapi/sdk/")
DATA = [
    *(f"corpus/{path.name}" for path in sorted((ROOT / "corpus").glob("*.yaml"))),
    *(f"corpus/texts/{path.name}" for path in sorted((ROOT / "corpus" / "texts").glob("*.md"))),
    *(f"api/{asset.path}" for asset in ASSETS.values() if asset.package == "api"),
    "api/explorer/index.html",
    "api/explorer/thaw.css",
    "corpus/passages.lock.jsonl",
    "indexer/meaning/model.onnx",
    "indexer/meaning/utterances.npz",
    "indexer/meaning/vocab.txt",
    "openapi/examples/answers.json",
    "openapi/examples/components.json",
    "openapi/openapi.json",
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """Built offline from a copy of what is packaged, so that nothing else in the checkout can help or disturb."""
    root = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, root)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    (root / "tests").mkdir()
    (root / "tests" / "test_nothing.py").touch()
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(root / "dist")],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (path,) = (root / "dist").glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


def test_what_a_server_reads_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    assert len(DATA) > 35
    assert [name for name in DATA if name not in wheel.namelist()] == []
    for name in DATA:
        assert wheel.getinfo(name).file_size == (ROOT / name).stat().st_size, name


def test_every_module_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    modules = (str(path.relative_to(ROOT)) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    assert {name for name in wheel.namelist() if name.endswith(".py")} == {
        name for name in modules if not name.startswith(KEPT_OUT)
    }


def test_what_only_the_project_needs_is_not(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not re.fullmatch(r"thaw-[\d.]+\.dist-info", top)} == set(PACKAGES)
    assert [name for name in wheel.namelist() if name.startswith(KEPT_OUT) or "/tests/" in name] == []
