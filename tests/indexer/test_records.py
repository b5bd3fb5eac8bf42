"""Values survive the way to JSON and back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from corpus import License, Reference, Source, TopicMapping, Vocabulary
from indexer.model import Dropped, PublishedDocument, PublishedPassage, Span, Withdrawal
from indexer.records import decode, encode
from tests.engines.samples import PASSAGES, VOCABULARY, make_documents


def there_and_back(value: object) -> object:
    return decode(type(value), json.loads(json.dumps(encode(value))))


SOURCE = Source(
    "id", Path("texts/id.md"), "text/html", "", 3, "T", "S", "en-GB", ("A", "B"), License("MIT", "MIT", "https://x.org"),
    (Reference("R", None, "https://y.org"),), None, date(2026, 1, 2), None, ("abuse", "trauma"),
)  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        *PASSAGES,
        replace(PASSAGES[0], previous_id="a", next_id=None),
        Withdrawal("p", date(2026, 2, 3), None),
        *make_documents(PASSAGES),
        PublishedDocument(SOURCE, "T", (), ("p",), 3, (Dropped("x", "byline", Span(0, 1)),)),
        VOCABULARY,
    ],
)
def test_values_come_back_equal(value: object) -> None:
    assert there_and_back(value) == value


def test_the_vocabulary_keeps_its_order_and_its_descendants() -> None:
    topic = replace(VOCABULARY["burnout"], mappings=(TopicMapping("MeSH", "D1", "https://id"),))
    before = Vocabulary({"z": topic, **VOCABULARY.topics}, "2")
    before.with_narrower("emotional_numbness")
    after = there_and_back(before)
    assert isinstance(after, Vocabulary)
    assert list(after.topics) == list(before.topics)
    assert after.with_narrower("emotional_numbness") == {"emotional_numbness", "anhedonia"}


def test_a_record_of_something_else_is_refused() -> None:
    with pytest.raises((KeyError, TypeError)):
        decode(PublishedPassage, {"id": "x"})
