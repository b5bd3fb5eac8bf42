"""The published texts: they say what they must, in plain words, and where they come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from corpus import PACKAGED_VOCABULARY, Source, read_source
from indexer.readability import reading_grade
from indexer.sentences import split_sentences

TEXTS = PACKAGED_VOCABULARY.parent / "texts"
FACTS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("facts.yaml").read_text("utf-8"))
SOURCES = {path.stem: read_source(path, TEXTS) for path in sorted(TEXTS.glob("*.md"))}
MAX_GRADE = 9.0
"""What a reader of about 14 years reads with ease; the texts lie between 5 and 8."""


def sections(body: str) -> Mapping[str, str]:
    """What stands under each heading up to the next, folded as the checklist is; under "" the opening."""
    opening, *rest = re.split(r"^#{1,6} +(.+?) *$", body, flags=re.MULTILINE)
    found = {"": opening} | dict(zip(rest[::2], rest[1::2], strict=True))
    return {heading: " ".join(text.replace("**", "").lower().split()) for heading, text in found.items()}


def body(source: Source) -> str:
    return source.text[source.body_start :]


SECTIONS = {name: sections(body(source)) for name, source in SOURCES.items()}


def missing(fact: Mapping[str, Any]) -> list[str]:
    """Words of a fact that its place does not have; all of them where there is no such place."""
    text = SECTIONS.get(fact["document"], {}).get(fact["heading"], "")
    return [word for word in fact["words"] if word not in text]


@pytest.mark.parametrize("document", sorted({fact["document"] for fact in FACTS}))
def test_a_text_goes_on_saying_its_facts(document: str) -> None:
    lost = {fact["fact"]: missing(fact) for fact in FACTS if fact["document"] == document and missing(fact)}
    assert lost == {}


def test_the_checklist_speaks_of_every_text() -> None:
    assert {fact["document"] for fact in FACTS} == set(SOURCES)
    assert all(fact["words"] and fact["fact"] for fact in FACTS)


def test_a_fact_that_left_its_heading_is_noticed() -> None:
    document, by_heading = next((name, each) for name, each in SECTIONS.items() if len(each) > 2)
    place, other = list(by_heading)[1:3]
    word = next(word for word in by_heading[place].split() if word not in by_heading[other])
    assert missing({"document": document, "heading": place, "words": [word]}) == []
    assert missing({"document": document, "heading": other, "words": [word]}) == [word]
    assert missing({"document": document, "heading": "No such heading", "words": [word]}) == [word]


@pytest.mark.parametrize("name", SOURCES)
def test_a_text_is_in_plain_words(name: str) -> None:
    plain = re.sub(r"^#{1,6} .*$|^(?:[-*>]|\d+\.) +|\*\*", "", body(SOURCES[name]), flags=re.MULTILINE)
    paragraphs = [" ".join(paragraph.split()) for paragraph in re.split(r"\n{2,}|\n(?=[-*])", plain)]
    sentences = sum(len(split_sentences(paragraph)) for paragraph in paragraphs if paragraph)
    assert 0 < reading_grade(" ".join(paragraphs), sentences) <= MAX_GRADE


@pytest.mark.parametrize("name", SOURCES)
def test_a_text_says_where_it_comes_from(name: str) -> None:
    source = read_source(SOURCES[name].path, TEXTS, front_matter_required=True)
    assert source.id == name
    assert source.references
    assert source.language == "en"
    assert source.license
    assert source.title
    assert source.summary
    assert source.authors
    assert source.reviewed_on
    assert source.next_review_on


@pytest.mark.parametrize("name", SOURCES)
def test_the_title_stands_in_the_front_matter_alone(name: str) -> None:
    assert re.findall(r"^#(?!#).*|^=+ *$", body(SOURCES[name]), flags=re.MULTILINE) == []
