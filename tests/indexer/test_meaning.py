"""Meaning: the tokenizer is BERT's, speech comes near to articles, vectors survive the way to disk and back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import PACKAGED_VOCABULARY, read_vocabulary
from corpus.utterances import PACKAGED_UTTERANCES, read_utterances
from indexer.meaning.encoder import DIMENSIONS, Encoder, Vectors, installed_encoder
from indexer.meaning.vectors import PACKAGED_CACHE, MeaningVectors, VectorCache
from indexer.meaning.wordpiece import encode

GOLDEN = Path(__file__).parents[1] / "golden" / "wordpiece.json"


@pytest.mark.parametrize("case", json.loads(GOLDEN.read_text("utf-8")), ids=lambda case: repr(case["text"])[:30])
def test_pieces_are_those_of_the_library_that_the_model_was_trained_with(case: dict[str, object]) -> None:
    assert encode(str(case["text"]), 10_000) == case["pieces"]


@given(st.text(max_size=300), st.integers(3, 40))
def test_any_text_is_cut_to_the_length_asked_for(text: str, most: int) -> None:
    pieces = encode(text, most)
    assert pieces[0] == 101
    assert pieces[-1] == 102
    assert len(pieces) <= most


class CountingEncoder:
    """Vectors made of the letters of a text, and how many were made."""

    name = "letters"

    def __init__(self) -> None:
        self.made = 0

    def encode(self, texts: object) -> Vectors:
        rows = []
        for text in texts:  # type: ignore[attr-defined]
            self.made += 1
            row = np.zeros(DIMENSIONS, np.float32)
            for character in text:
                row[ord(character) % DIMENSIONS] += 1
            rows.append(row / max(float(np.linalg.norm(row)), 1.0))
        return np.stack(rows)


PASSAGES = [("title. a", ["one sentence here", "and a second"]), ("title. b", ["the third one"])]


def test_vectors_come_back_from_disk_as_they_were(tmp_path: Path) -> None:
    made = MeaningVectors.make(CountingEncoder(), PASSAGES, ["say this"], VectorCache("letters"))
    made.save(tmp_path / "vectors.npz")
    read = MeaningVectors.load(tmp_path / "vectors.npz")
    assert read.encoder == "letters"
    assert read.starts.tolist() == [0, 2]
    assert np.allclose(read.sentences, made.sentences, atol=1e-3)
    query = CountingEncoder().encode(["the third one"])[0]
    assert int(read.likeness(query).argmax()) == 1
    assert read.nearest_sentence(CountingEncoder().encode(["and a second"])[0], 0) == 1


def test_a_second_build_makes_only_what_is_new(tmp_path: Path) -> None:
    encoder, path = CountingEncoder(), tmp_path / "cache.npz"
    cache = VectorCache("letters")
    MeaningVectors.make(encoder, PASSAGES, ["say this"], cache)
    cache.save(path)
    first = encoder.made
    again = VectorCache("letters", path)
    MeaningVectors.make(encoder, [*PASSAGES, ("title. b", ["brand new words"])], ["say this"], again)
    assert encoder.made == first + 1


def test_vectors_of_another_encoder_are_not_used(tmp_path: Path) -> None:
    cache = VectorCache("letters")
    MeaningVectors.make(CountingEncoder(), PASSAGES, [], cache)
    cache.save(tmp_path / "cache.npz")
    encoder = CountingEncoder()
    MeaningVectors.make(encoder, PASSAGES, [], VectorCache("another", tmp_path / "cache.npz"))
    assert encoder.made > 0


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04broken"])
def test_a_broken_cache_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cache.npz"
    path.write_bytes(content)
    encoder = CountingEncoder()
    MeaningVectors.make(encoder, PASSAGES, [], VectorCache("letters", path))
    assert encoder.made > 0


# --- with the packaged model ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    found = installed_encoder()
    if found is None:
        pytest.skip("onnxruntime is not installed: pip install .[meaning]")
    return found


def test_speech_is_nearer_to_what_it_means_than_to_anything_else(encoder: Encoder) -> None:
    said = encoder.encode(["it is like i watch my life on a screen", "the pills took my tears away"])
    written = encoder.encode(
        [
            "Depersonalization: a sense of being detached from oneself, as if observing from outside.",
            "Emotional blunting is a common side effect of antidepressants.",
            "Regular exercise releases endorphins and improves mood.",
        ]
    )
    assert (said @ written.T).argmax(axis=1).tolist() == [0, 1]


def test_the_packaged_vectors_are_those_of_the_packaged_utterances(encoder: Encoder) -> None:
    utterances = read_utterances(PACKAGED_UTTERANCES, read_vocabulary(PACKAGED_VOCABULARY))
    sentences = [sentence for each in utterances.values() for sentence in each]
    cache = VectorCache(encoder.name, PACKAGED_CACHE)
    try:
        packaged = cache.rows(sentences)
    except KeyError:
        pytest.fail("out of step; run: python -m indexer.meaning.pack")
    sample = range(0, len(sentences), 997)
    fresh = encoder.encode([sentences[number] for number in sample])
    assert np.allclose(packaged[list(sample)], fresh, atol=0.02)
