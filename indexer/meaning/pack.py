"""Writes the vectors of the packaged utterances anew: `python -m indexer.meaning.pack`.

To be run after a change of corpus/utterances.yaml or of the model; a build makes what is missing, only slower.
"""

from __future__ import annotations

from corpus import PACKAGED_VOCABULARY, read_vocabulary
from corpus.utterances import PACKAGED_UTTERANCES, read_utterances
from indexer.meaning.encoder import installed_encoder
from indexer.meaning.vectors import PACKAGED_CACHE, VectorCache


def main() -> None:
    """Makes the vectors and replaces the packaged file."""
    encoder = installed_encoder()
    if encoder is None:
        raise SystemExit("no encoder is installed; run: make setup")
    utterances = read_utterances(PACKAGED_UTTERANCES, read_vocabulary(PACKAGED_VOCABULARY))
    sentences = [sentence for each in utterances.values() for sentence in each]
    cache = VectorCache(encoder.name, PACKAGED_CACHE)
    cache.fill(encoder, sentences)
    cache.rows(sentences)
    cache.save(PACKAGED_CACHE)
    print(f"{len(sentences)} utterances in {PACKAGED_CACHE.name}, {PACKAGED_CACHE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
