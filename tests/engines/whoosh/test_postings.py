"""Decoded posting lists against a plain count over the same texts, and against Whoosh's own readers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from whoosh.codec.whoosh3 import W3LeafMatcher
from whoosh.reading import IndexReader

from indexer.engines.whoosh.cache import BoundedCache
from indexer.engines.whoosh.fields import whoosh_document
from indexer.engines.whoosh.postings import PostingLists
from indexer.engines.whoosh.store import new_index, open_reader
from tests.engines.samples import make_passage

COUNT = 700
"""More than five of Whoosh's blocks of 128 postings."""
WORDS = ("common", "half", "third", "rare", "pair", "zebra")


@pytest.fixture(scope="module")
def texts() -> list[list[str]]:
    dice = random.Random(7)
    texts = []
    for number in range(COUNT):
        words = ["common"] + [
            word for word, odds in zip(WORDS[1:5], (2, 3, 90, 9), strict=True) if not dice.randrange(odds)
        ]
        words *= dice.randint(1, 3)
        dice.shuffle(words)
        texts.append(words)
        if number == 600:
            words.append("zebra")
    return texts


@pytest.fixture(scope="module")
def reader(texts: list[list[str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexReader]:
    folder: Path = tmp_path_factory.mktemp("postings") / "whoosh"
    with new_index(folder) as add_document:
        for number, words in enumerate(texts):
            passage = make_passage(f"p-{number}", "d", number, " ".join(words))
            add_document(**whoosh_document(passage, words, [["one", "two"], ["three"]]))
    reader = open_reader(folder)
    yield reader
    reader.close()


@pytest.fixture
def lists(reader: IndexReader) -> PostingLists:
    return PostingLists(reader)


@pytest.mark.parametrize("word", [*WORDS, "absent"])
def test_postings_equal_a_count_over_the_texts(lists: PostingLists, texts: list[list[str]], word: str) -> None:
    expected = {number: words.count(word) for number, words in enumerate(texts) if word in words}
    postings = lists.postings("text", word)
    assert dict(zip(postings.numbers.tolist(), postings.frequencies.tolist(), strict=True)) == expected
    assert [postings.frequency_in(number) for number in range(COUNT)] == [expected.get(n, 0) for n in range(COUNT)]


def test_the_fast_way_reads_what_the_public_interface_reads(reader: IndexReader, lists: PostingLists) -> None:
    matcher = reader.postings("text", "common")
    assert isinstance(matcher, W3LeafMatcher)  # or the fast way is not taken at all
    public = []
    while matcher.is_active():
        public.append((matcher.id(), matcher.weight(), matcher.value_as("positions")))
        matcher.next()
    postings = lists.postings("text", "common")
    assert [(number, weight) for number, weight, _ in public] == list(
        zip(postings.numbers.tolist(), postings.frequencies.tolist(), strict=True)
    )
    places = [(number, position) for number, _, positions in public for position in positions]
    assert [divmod(key, 1 << 32) for key in lists.occurrences("text", "common").tolist()] == places


@pytest.mark.parametrize(
    "phrase",
    [("common", "half"), ("half", "common", "third"), ("common", "common"), ("pair", "rare"), ("zebra", "absent")],
)
def test_phrases_equal_a_scan_of_the_texts(
    lists: PostingLists, texts: list[list[str]], phrase: tuple[str, ...]
) -> None:
    expected = Counter(
        number
        for number, words in enumerate(texts)
        for start in range(len(words))
        if tuple(words[start : start + len(phrase)]) == phrase
    )
    postings = lists.phrase("text", phrase)
    assert dict(zip(postings.numbers.tolist(), postings.frequencies.tolist(), strict=True)) == expected


def test_a_phrase_does_not_reach_from_one_heading_into_the_next(lists: PostingLists) -> None:
    assert len(lists.phrase("heading", ("one", "two"))) == COUNT
    assert len(lists.phrase("heading", ("two", "three"))) == 0


def test_what_comes_out_cannot_be_written_to(lists: PostingLists) -> None:
    with pytest.raises(ValueError, match="read-only"):
        lists.postings("text", "common").numbers[0] = 5


def test_eight_threads_decode_the_same_lists(reader: IndexReader) -> None:
    alone = {word: PostingLists(reader).postings("text", word).numbers.copy() for word in WORDS}
    lists = PostingLists(reader, budget_bytes=0)  # keeps nothing, so that every look decodes again
    faults: list[str] = []

    def look(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(60):
            word = dice.choice(WORDS)
            if not np.array_equal(lists.postings("text", word).numbers, alone[word]):
                faults.append(word)

    threads = [Thread(target=look, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_the_cache_forgets_what_was_used_longest_ago_and_keeps_to_its_budget() -> None:
    cache: BoundedCache[str, str] = BoundedCache(10, len)
    cache.put("a", "xxxx")
    cache.put("b", "xxxx")
    assert cache.get("a") == "xxxx"
    cache.put("c", "xxxx")
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == ("xxxx", None, "xxxx")
    cache.put("d", "x" * 11)
    assert cache.get("d") is None
    assert cache.spent == 8
