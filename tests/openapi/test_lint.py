"""The linters' configuration: pinned without hosts, and a reason beside whatever is switched off."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

LINT = Path(__file__).parents[2] / "openapi" / "lint"


def test_the_lock_names_versions_and_hashes_but_no_host() -> None:
    lock = json.loads((LINT / "package-lock.json").read_text("utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name
    for version in json.loads((LINT / "package.json").read_text("utf-8"))["devDependencies"].values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)


@pytest.mark.parametrize("path", sorted(LINT.glob("*.yaml")), ids=lambda path: path.name)
def test_every_rule_that_is_off_has_a_reason_above_it(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.rstrip().endswith(": off"):
            above = number
            while re.search(r": off$|^\s*(- |rules:|files:)", lines[above]):
                above -= 1
            assert lines[above].lstrip().startswith("#"), f"{path.name}:{number + 1}"


def test_overrides_point_to_what_exists() -> None:
    document = json.loads((LINT.parent / "openapi.json").read_text("utf-8"))
    for path in LINT.glob("*.yaml"):
        for override in yaml.safe_load(path.read_text("utf-8")).get("overrides", ()):
            for pointer in override["files"]:
                node = document
                for part in pointer.partition("#/")[2].split("/"):
                    node = node[part.replace("%7B", "{").replace("%7D", "}").replace("~1", "/")]


def test_without_npm_it_says_so_and_goes_on() -> None:
    ran = subprocess.run([LINT / "run"], env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0
    assert "npm is not installed" in ran.stderr
