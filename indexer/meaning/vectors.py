"""Vectors of a corpus: made once a text, kept in a cache, and written into each generation of an index."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from indexer.meaning.encoder import DIMENSIONS, Encoder, Vectors, mean_vectors

Vector = npt.NDArray[np.float32]
"""One unit vector."""

HEADING_SHARE = 0.5
"""A passage's title and headings against its sentences. On the tuning half of set A they bring .55
against .53 nDCG@10 over corpus/ and cost .57 against .58 over two raw articles (base model)."""
MAX_SENTENCES = 60_000
"""A larger corpus is compared by whole passages only: 60,000 sentences take 92 MB of memory, and 10 ms a query."""
PACKAGED_CACHE = Path(__file__).with_name("utterances.npz")
"""Vectors of the packaged utterances, so that no build need make them: `python -m indexer.meaning.pack`."""

Track = Callable[[Sequence[str]], Iterable[str]]
"""Passes texts through and shows how far they are."""


@dataclass(frozen=True, slots=True)
class MeaningVectors:
    """The vectors of one generation: unit vectors, passages and utterances in the generation's own order."""

    encoder: str
    """Name of the encoder that made them; those of another cannot be compared."""
    sentences: Vectors
    starts: npt.NDArray[np.int64]
    """For each passage, the row of its first sentence."""
    means: Vectors
    """One row a passage: the mean of its sentences."""
    headings: Vectors
    """One row a passage: its title and headings."""
    utterances: Vectors

    def likeness(self, query: Vector) -> Vector:
        """How near each passage is to a query: its best sentence, its mean and its headings; -1 to 1."""
        if not len(self.starts):
            return np.zeros(0, np.float32)
        best = np.maximum.reduceat(self.sentences @ query, self.starts)
        mean, heading = self.means @ query, self.headings @ query
        return np.asarray((best + mean + HEADING_SHARE * heading) / (2 + HEADING_SHARE), np.float32)

    def nearest_sentence(self, query: Vector, passage: int) -> int | None:
        """The number of a passage's sentence nearest to the query; None where only whole passages are compared."""
        if len(self.sentences) == len(self.starts):
            return None
        end = self.starts[passage + 1] if passage + 1 < len(self.starts) else len(self.sentences)
        return int((self.sentences[self.starts[passage] : end] @ query).argmax())

    def sentence_likeness(self, query: Vector, passage: int, sentence: int) -> float:
        """How near one sentence of a passage is to a query, -1 to 1."""
        return float(self.sentences[self.starts[passage] + sentence] @ query)

    @classmethod
    def make(
        cls,
        encoder: Encoder,
        passages: Iterable[tuple[str, Sequence[str]]],
        utterances: Sequence[str],
        cache: VectorCache,
        track: Track = iter,
    ) -> Self:
        """`passages` gives the headings and the sentences of each, in the order of the index."""
        known = [(headings, tuple(sentences) or (headings,)) for headings, sentences in passages]
        sentences = [sentence for _, each in known for sentence in each]
        cache.fill(encoder, dict.fromkeys([*sentences, *(headings for headings, _ in known), *utterances]), track)
        starts = np.cumsum([0, *(len(each) for _, each in known)], dtype=np.int64)[:-1]
        rows = cache.rows(sentences)
        means = mean_vectors(rows, starts.tolist()) if known else rows
        if len(rows) > MAX_SENTENCES:
            rows, starts = means, np.arange(len(known), dtype=np.int64)
        headings = cache.rows([headings for headings, _ in known])
        return cls(encoder.name, rows, starts, means, headings, cache.rows(utterances))

    def save(self, path: Path) -> None:
        """Half precision: the ranking stays the same, the file is half as large."""
        half = {
            name: getattr(self, name).astype(np.float16) for name in ("sentences", "means", "headings", "utterances")
        }
        np.savez(path, encoder=np.array(self.encoder), starts=self.starts, **half)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises OSError, KeyError, ValueError or BadZipFile for what is no such file; nothing in it is unpickled."""
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            full = {name: file[name].astype(np.float32) for name in ("sentences", "means", "headings", "utterances")}
            return cls(encoder=str(file["encoder"]), starts=file["starts"], **full)


class VectorCache:
    """Vectors by the text they stand for, of one encoder; read from files, kept in one."""

    def __init__(self, encoder_name: str, *paths: Path) -> None:
        """Reads what `paths` hold of this encoder; a missing or broken file is an empty one."""
        self._encoder_name = encoder_name
        self._rows: dict[bytes, npt.NDArray[np.float16]] = {}
        self._used: set[bytes] = set()
        for path in paths:
            self._rows.update(self._read(path))

    def fill(self, encoder: Encoder, texts: Iterable[str], track: Track = iter) -> None:
        """Makes the vectors that are missing."""
        missing = [text for text in texts if _key(text) not in self._rows]
        for text in track(missing) if missing else ():
            self._rows[_key(text)] = encoder.encode([text])[0].astype(np.float16)

    def rows(self, texts: Sequence[str]) -> Vectors:
        """The vectors of `texts`, in order; each must have been filled in."""
        keys = [_key(text) for text in texts]
        self._used.update(keys)
        if not keys:
            return np.zeros((0, DIMENSIONS), np.float32)
        return np.stack([self._rows[key] for key in keys]).astype(np.float32)

    def save(self, path: Path) -> None:
        """Keeps what was asked for since the cache was read; replaces the file in one step."""
        keys = sorted(self._used)
        vectors = np.stack([self._rows[key] for key in keys]) if keys else np.zeros((0, DIMENSIONS), np.float16)
        descriptor, name = tempfile.mkstemp(suffix=".npz", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                np.savez(
                    file,
                    encoder=np.array(self._encoder_name),
                    keys=np.frombuffer(b"".join(keys), np.uint8).reshape(-1, _KEY_BYTES),
                    vectors=vectors,
                )
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _read(self, path: Path) -> Iterator[tuple[bytes, npt.NDArray[np.float16]]]:
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                if str(file["encoder"]) == self._encoder_name:
                    yield from zip(map(bytes, file["keys"]), file["vectors"], strict=True)
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
            return


_KEY_BYTES = 12


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_KEY_BYTES]
