"""BERT's WordPiece: cuts text into the pieces that the sentence encoder was trained on.

Own code, because the library that does this brings a model hub's client and its network code along; the result is
checked piece by piece against that library's in tests/indexer/test_meaning.py (its output is recorded there).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib.resources import files

_VOCABULARY = "vocab.txt"  # bert-base-uncased, Apache-2.0
_LONGEST_WORD = 100
"""Longer words become one unknown piece, as in the original implementation."""


@lru_cache(maxsize=1)
def _pieces() -> dict[str, int]:
    lines = files("indexer.meaning").joinpath(_VOCABULARY).read_text("utf-8").splitlines()
    return {piece: number for number, piece in enumerate(lines)}


def encode(text: str, max_pieces: int) -> list[int]:
    """Piece ids of `text` between [CLS] and [SEP], cut to `max_pieces` in all."""
    vocabulary = _pieces()
    ids = [vocabulary["[CLS]"]]
    for word in _words(text):
        ids.extend(_wordpiece(word))
        if len(ids) >= max_pieces:
            break
    return [*ids[: max_pieces - 1], vocabulary["[SEP]"]]


@lru_cache(maxsize=8192)
def _wordpiece(word: str) -> tuple[int, ...]:
    vocabulary = _pieces()
    unknown = (vocabulary["[UNK]"],)
    if len(word) > _LONGEST_WORD:
        return unknown
    found: list[int] = []
    start = 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = vocabulary.get(word[start:end] if start == 0 else "##" + word[start:end])
            if piece is not None:
                found.append(piece)
                start = end
                break
        else:
            return unknown
    return tuple(found)


def _words(text: str) -> list[str]:
    """Lower case, accents stripped, split at white space and around punctuation and CJK characters."""
    spaced: list[str] = []
    for character in text:
        code = ord(character)
        if character.isspace():
            spaced.append(" ")
        elif code in (0, 0xFFFD) or unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs"):
            continue
        elif _is_cjk(code):
            spaced.append(f" {character} ")
        else:
            spaced.append(character)
    folded = unicodedata.normalize("NFD", "".join(spaced).lower())
    parts: list[str] = []
    for character in folded:
        if unicodedata.category(character) == "Mn":
            continue
        parts.append(f" {character} " if _is_punctuation(character) else character)
    return "".join(parts).split()


def _is_punctuation(character: str) -> bool:
    code = ord(character)
    ascii_symbol = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return ascii_symbol or unicodedata.category(character).startswith("P")


def _is_cjk(code: int) -> bool:
    return (
        0x4E00 <= code <= 0x9FFF
        or 0x3400 <= code <= 0x4DBF
        or 0x20000 <= code <= 0x2CEAF
        or 0xF900 <= code <= 0xFAFF
        or 0x2F800 <= code <= 0x2FA1F
    )
