"""Corrects misspelt query words towards the words of the corpus, never away from good English."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from indexer import english
from indexer.text import stem

MIN_LENGTH = 4
"""Shorter unknown words are names and abbreviations more often than slips."""
MAX_DISTANCE_BY_LENGTH = ((5, 1), (8, 2), (99, 3))
"""Slips allowed in a word of up to so many letters: one slip in "nubm", three in "depersonlizashun"."""
MAX_CHECKED = 12
"""Unknown words of one query that are looked up; bounds the time that 500 characters of noise can take."""
CANDIDATES = 24
"""Nearest words that are compared further."""
MIN_PART = 3
"""Letters of each half where a word is taken for two that were run together; two, for the commonest words."""
COMMON_PART = 6.0
"""Zipf frequency from which a word of two letters may be such a half: "to" has 7.3, "me" 6.3, "ex" 4.6."""
FIRST_LETTER_COST = 0.75
"""People rarely miss a word's first letter; a candidate with another one must be that much nearer."""
SOUND_COST = 0.6
"""People miss vowels and doubled letters more than sounds: "freze" is "freeze", not "free"; "vagas" is "vagus", not
"vagal". A candidate that sounds otherwise must be that much nearer; from .3 to .9 the same 402 of 428 slips are read
as meant (214 words over corpus/ and over two raw articles), at 0 two fewer."""
DOUBLED_GAIN = 0.2
"""Whether a letter is doubled is the likeliest slip of all: "realy" is "really", not "real". From 0 to .4
only one word is read otherwise."""
COMMON_WORD = 4.8
"""Zipf frequency from which an English word may be meant though no text has it: "since", "about", "should"."""
ELSEWHERE_COST, EVERYWHERE = 0.3, 5.5
"""A common word that no text has must be that much nearer, unless it is one that nobody writes without. At 0 one
word fewer is read as meant, at .6 the same."""
RARE_WORD, LEAD = 3.3, 1.7
"""An English word rarer than this that no text has is doubted where a word that sounds alike is so many Zipf steps
commoner: "felling" 2.8 for "feeling" 4.7, but not "scarred" 3.0 for "scared" 4.0. So is a label's own misspelling.
Starting values, not tuned."""


AS_SPOKEN: Mapping[str, str] = {
    short: full
    for full, shorts in {
        "about": "abt",
        "and": "nd",
        "are": "r",
        "anyone": "any1",
        "anything": "anyfing anythin anyfink",
        "because": "bc bcz bcos bcuz becos becoz coz cuz",
        "before": "b4",
        "cannot": "carnt cnt",
        "could": "cud",
        "does": "duz",
        "even": "evn",
        "every": "evry",
        "everyone": "every1",
        "feel": "fel",
        "friend": "frend",
        "going to": "gona gonna gunna",
        "got to": "gotta",
        "have": "av hav hve",
        "just": "jus jst",
        "kind of": "kinda kindof",
        "know": "kno knw",
        "laugh": "laff larf",
        "laughing": "laffing larfing",
        "let me": "lemme",
        "love": "luv",
        "night": "nite",
        "no one": "no1 noone",
        "nothing": "nuffin nuffink nothin nuthin nuthing",
        "of": "ov",
        "out of": "outta",
        "people": "ppl",
        "please": "plz pls",
        "really": "rly",
        "said": "sed",
        "should": "shud shld",
        "someone": "some1 sum1",
        "something": "smth sumthing somethin sumfin",
        "sort of": "sorta",
        "that": "dat tht",
        "the": "teh",
        "they": "dey",
        "though": "tho",
        "thought": "thort",
        "through": "thru",
        "tomorrow": "tmrw",
        "tonight": "2nite tonite",
        "used to": "usta",
        "want to": "wanna wana",
        "was": "woz",
        "what": "wat wot",
        "when": "wen",
        "with": "wiv wid",
        "without": "widout",
        "would": "wud wld",
        "wrong": "rong",
        "you": "u yu",
        "your": "ur",
    }.items()
    for short in shorts.split()
}
"""How people type what they would say, where no rule of slips leads back to it."""


class Speller:
    """Spelling over one version of the corpus.

    `lexicon` holds the folded, unstemmed words of the corpus with the number of passages that have them,
    `labels` the words of the vocabulary's labels, `slips` those labels' words that may be misspellings themselves.
    Only words of the corpus and of labels, and the commonest English ones, are ever suggested.
    """

    def __init__(self, lexicon: Mapping[str, int], labels: Iterable[str], slips: Iterable[str] = ()) -> None:
        self._counts = {word: count for word, count in lexicon.items() if word.isalpha()}
        for word in labels:
            if word.isalpha():
                self._counts.setdefault(word, 1)
        self._slips = frozenset(word for word in slips if word not in self._counts and not english.is_english(word))
        common = (word for word in english.words_from(COMMON_WORD) if word not in self._counts)
        self._words = tuple(word for word in (*self._counts, *common) if len(word) >= MIN_LENGTH)
        self._stems = frozenset(map(stem, self._counts))

    def knows(self, word: str) -> bool:
        """Whether a folded word is fine as it is: in the corpus, in a label, or plain English."""
        return word in self._counts or word in self._slips or english.is_english(word) or stem(word) in self._stems

    def doubts(self, word: str) -> bool:
        """Whether a known folded word may be a slip all the same."""
        if word in self._counts:
            return False
        return word in AS_SPOKEN or word in self._slips or (english.is_english(word) and english.zipf(word) < RARE_WORD)

    def correct(self, word: str) -> str | None:
        """What is most likely meant by a folded word, one word or several; None where it is fine or nothing is near."""
        if word in AS_SPOKEN and word not in self._counts:
            return AS_SPOKEN[word]
        if len(word) < MIN_LENGTH or not word.isalpha():
            return None
        if self.knows(word):
            return self._sounds_like(word) if self.doubts(word) else None
        limit = _max_distance(word)
        candidates = self._near(word, limit)
        if not candidates or min(distance for _, distance in candidates) > 1:
            parts = self._two_words(word)
            if parts is not None and self._nearest_english(word, 1) > 1:
                return " ".join(parts)
        if not candidates:
            return None
        best, cost = min(((candidate, self._cost(word, candidate, d)) for candidate, d in candidates), key=_by_cost)
        # A nearer English word was meant then, even though the corpus lacks it: "wierd" is not "wired".
        if cost > 0 and self._nearest_english(word, limit) < OSA.distance(word, best):
            return None
        return best

    def _sounds_like(self, word: str) -> str | None:
        """A much commoner word that differs in vowels or doubled letters only."""
        own, sound = english.zipf(word), sounds(word)
        alike = [
            (candidate, self._cost(word, candidate, distance))
            for candidate, distance in self._near(word, _max_distance(word))
            if sounds(candidate) == sound
            and stem(candidate) != stem(word)
            and (word in self._slips or (_single(candidate) == _single(word) and english.zipf(candidate) >= own + LEAD))
        ]
        return min(alike, key=_by_cost)[0] if alike else None

    def _near(self, word: str, limit: int) -> list[tuple[str, float]]:
        found = process.extract(word, self._words, scorer=OSA.distance, score_cutoff=limit, limit=CANDIDATES)
        return [(candidate, distance) for candidate, distance, _ in found]

    def _two_words(self, word: str) -> tuple[str, str] | None:
        """The two words of the corpus that were run together, the rarer of them as common as can be."""
        halves = [(word[:at], word[at:]) for at in range(2, len(word) - 1)]
        known = [pair for pair in halves if all(self._is_half(half) for half in pair)]
        return max(known, key=lambda pair: min(map(english.zipf, pair)), default=None)

    def _is_half(self, word: str) -> bool:
        long_enough = len(word) >= MIN_PART or english.zipf(word) >= COMMON_PART
        return long_enough and word in self._counts and english.is_english(word)

    def _cost(self, word: str, candidate: str, distance: float) -> float:
        other_letter = FIRST_LETTER_COST if candidate[0] != word[0] else 0.0
        other_sound = SOUND_COST if sounds(candidate) != sounds(word) else 0.0
        doubled = DOUBLED_GAIN if _single(candidate) == _single(word) else 0.0
        usual = max(math.log1p(self._counts.get(candidate, 1)), english.zipf(candidate) - 2)
        elsewhere = ELSEWHERE_COST if candidate not in self._counts and english.zipf(candidate) < EVERYWHERE else 0.0
        return distance + other_letter + other_sound + elsewhere - doubled - 0.1 * usual

    def _nearest_english(self, word: str, limit: int) -> float:
        shelves = english.words_by_shape()
        nearest = float(limit + 1)
        for length in range(len(word) - limit, len(word) + limit + 1):
            found = process.extractOne(
                word, shelves.get((word[0], length), ()), scorer=OSA.distance, score_cutoff=limit
            )
            if found:
                nearest = min(nearest, found[1])
        return nearest


_SOUNDS = (
    (re.compile("oul(?=d)"), "o"),
    (re.compile("ph"), "f"),
    (re.compile("ck|q"), "k"),
    (re.compile("c(?=[eiy])"), "s"),
    (re.compile("[tsc]h|c(?=i[ao])|ti(?=o)"), "S"),
    (re.compile("c"), "k"),
    (re.compile("x"), "ks"),
    (re.compile("z"), "s"),
    (re.compile("^[aeiouy]+"), "A"),
    (re.compile("gh|[aeiouyhw]"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
)


_DOUBLED = _SOUNDS[-1][0]


@lru_cache(maxsize=16384)
def sounds(word: str) -> str:
    """The consonants that one hears in a folded word, and whether a vowel comes first."""
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


def _single(word: str) -> str:
    return _DOUBLED.sub(r"\1", word)


def _by_cost(candidate: tuple[str, float]) -> tuple[float, str]:
    return candidate[1], candidate[0]


def _max_distance(word: str) -> int:
    return next(distance for length, distance in MAX_DISTANCE_BY_LENGTH if len(word) <= length)
