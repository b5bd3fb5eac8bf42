"""The editors' guide agrees with what the reader accepts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corpus import ADVISORIES, FACETS, read_source, read_vocabulary
from corpus.reading import FRONT_MATTER_KEYS, LICENSES, REFERENCE_KEYS, REQUIRED_KEYS
from corpus.vocabulary import SCHEMES, TOPIC_KEYS

GUIDE = (Path(__file__).parents[2] / "docs" / "editing.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert found
    return found.group(1)


def test_the_example_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / "going-numb.md"
    path.write_text(block("markdown"))
    source = read_source(path, tmp_path, front_matter_required=True)
    assert source.id == "going-numb"
    assert len(source.references) == 2


def test_the_example_topics_are_read(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.yaml"
    path.write_text(block("yaml"))
    vocabulary = read_vocabulary(path)
    assert vocabulary["anhedonia"].narrower == ("social-anhedonia",)
    assert vocabulary["anhedonia"].related == ("emotional-numbness",)


@pytest.mark.parametrize(
    "name",
    [*FRONT_MATTER_KEYS, *REFERENCE_KEYS, *TOPIC_KEYS, *LICENSES, *ADVISORIES, *FACETS, *SCHEMES],
)
def test_every_key_and_value_is_explained(name: str) -> None:
    assert f"`{name}`" in GUIDE


def test_needed_keys_are_called_needed() -> None:
    text, topic = GUIDE.split("\n## A topic\n")
    for key in REQUIRED_KEYS:
        assert re.search(rf"^\| `{key}` \| yes \|", text, re.MULTILINE)
    for key in ("id", "pref_label", "definition", "facets"):
        assert re.search(rf"^\| `{key}` \| yes \|", topic, re.MULTILINE)


def test_every_example_code_is_one_of_its_scheme() -> None:
    for name, scheme in SCHEMES.items():
        row = re.search(rf"^\| `{name}` \|.*\| `\"?([^`\"]+)\"?` \|$", GUIDE, re.MULTILINE)
        assert row
        assert scheme.code.fullmatch(row.group(1))
