"""Turns sentences into vectors whose nearness is nearness of meaning; optional, offline, CPU only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Protocol

import numpy as np
import numpy.typing as npt

from indexer.meaning.wordpiece import encode

Vectors = npt.NDArray[np.float32]
"""Unit vectors, one a row."""

DIMENSIONS = 384
MAX_PIECES = 128
"""Word pieces of a sentence that count, as in the model's training; about 95 words."""
_MODEL = "model.onnx"
_MODEL_SHA256 = "9785ff2970501e0c04dbf932d6899e83ba60b8f777292f29552500e0d4c018b1"
"""all-MiniLM-L6-v2 (Apache-2.0), trained on to bring what people say near to what articles say of it, int8 weights:
indexer/meaning/training/README.md."""


class Encoder(Protocol):
    """What a source of meaning must do."""

    @property
    def name(self) -> str:
        """Changes whenever the vectors do; part of what an index is built from."""

    def encode(self, texts: Iterable[str]) -> Vectors:
        """One unit vector for each text, in order; shape (texts, dimensions)."""


class SpeechToText:
    """The packaged model on onnxruntime: about 5 ms for a short query and 105 MB of memory on one core."""

    name = f"thaw-minilm-int8-{_MODEL_SHA256[:12]}"

    def __init__(self, model: bytes) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # Without its arena the runtime gives memory back after a long batch.
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def encode(self, texts: Iterable[str]) -> Vectors:
        """One text at a time: padding a batch to its longest text costs more than batching gains on two cores."""
        rows = [self._encode(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, DIMENSIONS), np.float32)

    def _encode(self, text: str) -> npt.NDArray[np.float32]:
        pieces = np.array([encode(text, MAX_PIECES)], np.int64)
        vectors: npt.NDArray[np.float32] = self._session.run(["vector"], {"input_ids": pieces})[0]
        vector: npt.NDArray[np.float32] = vectors[0]
        return vector


def normalized(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The vectors at length 1; zero vectors stay zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-9), np.float32)


@lru_cache(maxsize=1)
def installed_encoder() -> Encoder | None:
    """The packaged model, opened once a process; None where onnxruntime (`pip install .[meaning]`) is missing.

    A model file that is not the one whose quality was measured is refused: its vectors would not be comparable.
    """
    try:
        import onnxruntime  # noqa: F401 - asked for before 23 MB are read
    except ImportError:
        return None
    model = files("indexer.meaning").joinpath(_MODEL).read_bytes()
    if hashlib.sha256(model).hexdigest() != _MODEL_SHA256:
        return None
    return SpeechToText(model)


def mean_vectors(vectors: Vectors, starts: Sequence[int]) -> Vectors:
    """Unit mean of each run of rows; `starts` are the first rows of the runs, in order, none of them empty."""
    return normalized(np.add.reduceat(vectors, np.asarray(starts), axis=0))
