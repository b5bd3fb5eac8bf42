"""Posting lists of one generation as immutable arrays, decoded once and safe to use from any thread."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from whoosh.codec.whoosh3 import W3LeafMatcher
from whoosh.reading import IndexReader, TermNotFound

from indexer.engines.whoosh.cache import BoundedCache

Numbers = npt.NDArray[np.int32]
"""Passage numbers of one generation, ascending, each once."""
Keys = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
"""One flag for each passage of the generation."""

POSTINGS_BUDGET_BYTES = 32 * 2**20
"""Decoded postings kept in memory. All terms of 150 passages take 0.5 MB; the commonest term of 100,000 takes 0.8."""

_STRIDE = 1 << 32
"""Positions are kept as passage number x _STRIDE + position, so that a phrase is an intersection of shifted arrays."""


@dataclass(frozen=True, slots=True)
class Postings:
    """The passages that have a term, and how often."""

    numbers: Numbers
    frequencies: Scores

    @property
    def nbytes(self) -> int:
        return self.numbers.nbytes + self.frequencies.nbytes

    def __len__(self) -> int:
        return len(self.numbers)

    def frequency_in(self, number: int) -> int:
        """How often the passage has the term; 0 if it does not."""
        at = int(np.searchsorted(self.numbers, number))
        return int(self.frequencies[at]) if at < len(self.numbers) and self.numbers[at] == number else 0


class PostingLists:
    """Reads terms of an open Whoosh index of one segment.

    Whoosh's readers share file positions between threads and then answer wrongly, so every touch of the reader
    happens under one lock; what comes out is immutable.
    """

    def __init__(self, reader: IndexReader, budget_bytes: int = POSTINGS_BUDGET_BYTES) -> None:
        self._reader = reader
        self._reader_lock = Lock()
        self._postings: BoundedCache[tuple[str, str], Postings] = BoundedCache(
            budget_bytes * 3 // 4, lambda postings: postings.nbytes + _OVERHEAD_BYTES
        )
        self._occurrences: BoundedCache[tuple[str, str], Keys] = BoundedCache(
            budget_bytes // 4, lambda keys: keys.nbytes + _OVERHEAD_BYTES
        )

    def postings(self, field: str, term: str) -> Postings:
        """The passages whose `field` has `term`; empty for an unknown term."""
        known = self._postings.get((field, term))
        if known is None:
            with self._reader_lock:
                known = _decode(self._matcher(field, term))
            self._postings.put((field, term), known)
        return known

    def occurrences(self, field: str, term: str) -> Keys:
        """Every place where `field` has `term`, as passage number x _STRIDE + position, ascending."""
        known = self._occurrences.get((field, term))
        if known is None:
            with self._reader_lock:
                known = _decode_positions(self._matcher(field, term))
            self._occurrences.put((field, term), known)
        return known

    def phrase(self, field: str, terms: tuple[str, ...]) -> Postings:
        """The passages whose `field` has the terms side by side in this order, and how often."""
        if len(terms) == 1:
            return self.postings(field, terms[0])
        # A term that no passage has is the cheapest to find, and ends the matter.
        lists = [self.postings(field, term) for term in terms]
        if not all(len(postings) for postings in lists):
            return _EMPTY
        rarest_first = sorted(range(len(terms)), key=lambda shift: len(lists[shift]))
        starts: Keys | None = None
        for shift in rarest_first:
            places = self.occurrences(field, terms[shift]) - shift
            starts = places if starts is None else _in_both(starts, places)
        numbers, counts = np.unique((starts if starts is not None else _NO_KEYS) // _STRIDE, return_counts=True)
        return Postings(numbers.astype(np.int32), counts.astype(np.float32))

    def terms(self, field: str) -> list[str]:
        """Every term of the field."""
        with self._reader_lock:
            return [term.decode("utf-8") for term in self._reader.lexicon(field)]

    def _matcher(self, field: str, term: str) -> Any:
        try:
            return self._reader.postings(field, term)
        except TermNotFound:
            return None


_OVERHEAD_BYTES = 400
"""What Python and numpy add to a cached entry: two array headers, the value, the key, the place in the cache."""


def _frozen(array: npt.NDArray[Any]) -> Any:
    array.setflags(write=False)
    return array


_NO_KEYS: Keys = np.zeros(0, np.int64)
_EMPTY = Postings(_frozen(np.zeros(0, np.int32)), _frozen(np.zeros(0, np.float32)))


def _in_both(few: Keys, many: Keys) -> Keys:
    """The keys that both ascending arrays have."""
    at = np.searchsorted(many, few)
    at[at == len(many)] = 0
    both: Keys = few[many[at] == few]
    return both


def _decode(matcher: Any) -> Postings:
    if matcher is None:
        return _EMPTY
    numbers: list[npt.NDArray[np.int32]] = []
    frequencies: list[npt.NDArray[np.float32]] = []
    for block_numbers, block_weights, _ in _blocks(matcher):
        numbers.append(np.array(block_numbers, dtype=np.int32))
        frequencies.append(np.array(block_weights, dtype=np.float32))
    if not numbers:
        return _EMPTY
    return Postings(_frozen(np.concatenate(numbers)), _frozen(np.concatenate(frequencies)))


def _decode_positions(matcher: Any) -> Keys:
    keys: list[int] = []
    if matcher is not None:
        decode_positions = matcher.format.decode_positions
        for block_numbers, _, block_values in _blocks(matcher, values=True):
            for number, value in zip(block_numbers, block_values, strict=True):
                base = number * _STRIDE
                keys.extend(base + position for position in decode_positions(value))
    frozen: Keys = _frozen(np.array(keys, dtype=np.int64))
    return frozen


def _blocks(matcher: Any, *, values: bool = False) -> Iterator[tuple[Iterable[int], Iterable[float], Iterable[bytes]]]:
    """A posting list block by block: numbers, frequencies and, on demand, encoded positions.

    Whoosh's public interface walks posting by posting, 15 times slower, so this reaches for the block that
    `id()`, `weight()` and `value()` have just loaded. The pinned version and tests/engines/whoosh hold that still.
    """
    in_blocks = isinstance(matcher, W3LeafMatcher)
    while matcher.is_active():
        if in_blocks:
            matcher.id()
            matcher.weight()
            if values:
                matcher.value()
            yield matcher._ids, matcher._weights, matcher._values or ()
            matcher._next_block()
        else:  # a term with a single posting, kept inside the dictionary of terms
            yield (matcher.id(),), (matcher.weight(),), (matcher.value(),) if values else ()
            matcher.next()
