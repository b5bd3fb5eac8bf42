"""Reads a query: plain text to words, phrases, exclusions and recognised topics, the same for every engine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from corpus import Facet, Vocabulary
from indexer import english
from indexer.meaning.encoder import Encoder
from indexer.meaning.vectors import Vector
from indexer.search import Concept, ConceptKind, Interpretation
from indexer.speech import SpeechBank
from indexer.spelling import AS_SPOKEN, MAX_CHECKED, Speller
from indexer.tag import Mention, Tagger
from indexer.text import STOP_WORDS, Token, tokenize

COMMON_ZIPF = 4.5
"""From this Zipf frequency on a word counts as common: "feelings" 4.3 is not, "feel" 5.2 and "life" 5.8 are."""
COMMON_SLOPE = 0.35
"""Weight that a word loses for each Zipf step above COMMON_ZIPF. A starting value, not tuned."""
COMMON_FLOOR = 0.25
"""Weight that the commonest content word keeps."""
EVERYDAY_ZIPF = 5.0
"""From this Zipf frequency on a word names no topic by itself: "back" has 6.0, "got" 5.4, "empty" 4.7.
A starting value, not tuned."""
_PERSONS = frozenset("i im ive my me myself you youve your".split())
NARROWER_WEIGHT = 0.5
"""Weight of a topic that is only narrower than one the query names. A starting value, not tuned."""
FOREIGN_SHARE, FOREIGN_WORDS = 0.6, 4
"""A query of so many words, of which more than this share is unknown, is taken for another language, and none of its
words is corrected: "mein mann" is not "mean man". Of the judged misspelt queries the worst has .56."""
MAX_TERMS = 64
"""Words of one query that are looked up; a query of 500 characters has about 90."""

# What a question is after, by how it is asked: the roles that an answer's topics and headings play.
_ROLE_CUES: tuple[tuple[re.Pattern[str], tuple[tuple[Facet, float], ...]], ...] = (
    (
        re.compile(
            r"\b(?:how (?:can|do|to|should|could|would)|what (?:helps?|works|(?:can|should|do) (?:i|we) do)|tips?|"
            r"techniques?|exercises?|treat(?:ments?|ed)?|therap(?:y|ies|ists?)|cure|fix|stop|overcome|recover(?:y|ing)?|"
            r"cope|coping|get (?:over|past|better|back)|bring back|help (?:me|him|her|them|my)|ways to|heal(?:ing)?|"
            r"get rid|learn to)\b"
        ),
        (("treatment", 1.0), ("strategy", 1.0)),
    ),
    (re.compile(r"\bwhy\b|\bwhat causes|\breasons?\b|\bcauses?\b"), (("cause", 1.0), ("mechanism", 0.7))),
    (re.compile(r"\bsigns?\b|\bsymptoms?\b"), (("symptom", 1.0),)),
)

_PHRASE = re.compile(r'(?<![\w])(-?)["“”„]([^"“”„]*)["“”„]')
_EXCLUSION = re.compile(r"(?:(?<=\s)|^)-(?=[^\W_])(\S+)")


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A word to look for."""

    text: str
    """As typed, or as corrected."""
    stem: str
    weight: float
    """Importance relative to other words of the query; 1 is usual."""
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class QueryPhrase:
    """Words that must stand together, in order: stems, stop words included."""

    text: str
    stems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueryTopic:
    """A topic to look for among the tags of passages."""

    topic_id: str
    weight: float
    """1 for a topic that the query names; less for what was only inferred, e.g. narrower topics."""
    reason: str
    """The words of the query, or the utterance, that led to it, for explanations."""
    kind: Literal["named", "narrower", "speech"] = "named"
    """Named by a label; narrower than one so named; or what people speak of who say such things."""


@dataclass(frozen=True, slots=True)
class QueryReading:
    """Everything an engine needs to know of a query's text."""

    interpretation: Interpretation
    terms: tuple[QueryTerm, ...] = ()
    phrases: tuple[QueryPhrase, ...] = ()
    exclusions: tuple[QueryPhrase, ...] = ()
    """Runs of words that a passage must not have; one stem for `-word`."""
    topics: tuple[QueryTopic, ...] = ()
    roles: tuple[tuple[Facet, float], ...] = ()
    """What the question is after, e.g. treatments and strategies for "how do I …", with weights 0-1."""
    vector: Vector | None = None
    """The query's meaning, where an encoder is installed."""

    @property
    def is_empty(self) -> bool:
        """True where nothing is left to look for: such a query finds nothing by itself."""
        return not (self.terms or self.phrases or self.topics)


@dataclass(frozen=True, slots=True)
class _Corrected:
    """A text after spelling correction, with the way back to where each word stood."""

    text: str
    tokens: tuple[Token, ...]
    origins: tuple[tuple[int, int], ...]
    """For each token, its offsets in the text as typed."""
    changed: frozenset[int]
    """Indexes of the tokens that were corrected."""


class QueryReader:
    """Reads queries against one version of the corpus.

    `lexicon` holds the folded, unstemmed words of the corpus with the number of passages that have them; `speech`
    knows how people speak of the topics; `encoder` is the one that made the corpus's vectors, if any did.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        lexicon: Mapping[str, int],
        speech: SpeechBank | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        self._vocabulary = vocabulary
        self._speech = speech or SpeechBank({})
        self._encoder = encoder
        self._tagger = Tagger(vocabulary)
        self._speller = Speller(lexicon, *_label_words(vocabulary))

    def read(self, text: str, *, interpret: bool = True) -> QueryReading:
        """What `text` asks for. With `interpret` off, only its own words, phrases and exclusions."""
        plain, phrases, exclusions = _split_syntax(text)
        typed = tuple(tokenize(plain))
        corrected = self._correct(plain, typed) if interpret else _uncorrected(plain, typed)
        mentions = self._mentions(corrected) if interpret else ()
        concepts = tuple(self._concept(mention, corrected, text) for mention in mentions)
        understood = bool(interpret and typed)
        vector = self._encoder.encode([corrected.text])[0] if understood and self._encoder else None
        return QueryReading(
            Interpretation(text, corrected.text.strip() if corrected.changed else None, concepts),
            _terms(corrected),
            phrases,
            exclusions,
            (*self._topics(mentions), *(self._spoken(corrected.text, vector) if understood else ())),
            _roles(corrected.text) if understood else (),
            vector,
        )

    def _correct(self, text: str, tokens: tuple[Token, ...]) -> _Corrected:
        unknown = {index for index, token in enumerate(tokens) if self._is_unknown(token)}
        if len(tokens) >= FOREIGN_WORDS and len(unknown) > FOREIGN_SHARE * len(tokens):
            return _uncorrected(text, tokens)
        parts: list[str] = []
        origins: list[tuple[int, int]] = []
        changed: set[int] = set()
        cursor = checked = 0
        for index, token in enumerate(tokens):
            replacement = None
            if checked < MAX_CHECKED and (index in unknown or self._speller.doubts(token.word)):
                checked += 1
                replacement = self._speller.correct(token.word)
            parts.append(text[cursor : token.start])
            parts.append(replacement or token.text)
            cursor = token.end
            words = 1 if replacement is None else len(replacement.split())
            if replacement:
                changed.update(range(len(origins), len(origins) + words))
            origins += [(token.start, token.end)] * words
        if not changed:
            return _uncorrected(text, tokens)
        parts.append(text[cursor:])
        corrected = "".join(parts)
        return _Corrected(corrected, tuple(tokenize(corrected)), tuple(origins), frozenset(changed))

    def _is_unknown(self, token: Token) -> bool:
        return token.word.isalpha() and token.word not in AS_SPOKEN and not self._speller.knows(token.word)

    def _mentions(self, corrected: _Corrected) -> tuple[Mention, ...]:
        mentions = self._tagger.mentions(corrected.text, query=True)
        return tuple(m for m in mentions if not m.negated and not _says_too_little(m))

    def _concept(self, mention: Mention, corrected: _Corrected, typed_text: str) -> Concept:
        covered = [
            index
            for index, token in enumerate(corrected.tokens)
            if token.start < mention.span.end and mention.span.start < token.end
        ]
        start, end = corrected.origins[covered[0]][0], corrected.origins[covered[-1]][1]
        kind: ConceptKind = "label" if mention.label_kind == "pref" else "synonym"
        if corrected.changed.intersection(covered):
            kind = "spelling"
        return Concept(mention.topic_id, typed_text[start:end], start, end, kind)

    def _topics(self, mentions: Iterable[Mention]) -> tuple[QueryTopic, ...]:
        weighted: dict[str, QueryTopic] = {}
        for mention in mentions:
            for topic_id in self._vocabulary.with_narrower(mention.topic_id):
                own = 1.0 if topic_id == mention.topic_id else NARROWER_WEIGHT
                known = weighted.get(topic_id)
                if known is None or known.weight < own:
                    kind: Literal["named", "narrower"] = "named" if topic_id == mention.topic_id else "narrower"
                    weighted[topic_id] = QueryTopic(topic_id, own, mention.text, kind)
        return tuple(sorted(weighted.values(), key=lambda topic: (-topic.weight, topic.topic_id)))

    def _spoken(self, text: str, vector: Vector | None) -> Iterable[QueryTopic]:
        for topic in self._speech.topics(text, vector):
            if topic.topic_id in self._vocabulary:
                yield QueryTopic(topic.topic_id, topic.weight, topic.utterance, "speech")


def _says_too_little(mention: Mention) -> bool:
    """Whether only an everyday word is left of a hidden label: "back", of "my back", says nothing of pain."""
    if mention.label_kind != "hidden":
        return False
    words = [token.word for token in tokenize(mention.text) if token.word not in _PERSONS]
    return len(words) == 1 and english.zipf(words[0]) >= EVERYDAY_ZIPF


def _roles(text: str) -> tuple[tuple[Facet, float], ...]:
    folded = text.casefold()
    weights: dict[Facet, float] = {}
    for cue, roles in _ROLE_CUES:
        if cue.search(folded):
            for facet, weight in roles:
                weights[facet] = max(weight, weights.get(facet, 0.0))
    return tuple(weights.items())


def _split_syntax(text: str) -> tuple[str, tuple[QueryPhrase, ...], tuple[QueryPhrase, ...]]:
    """The text with exclusions blanked and quotation marks gone, at unchanged offsets; phrases; exclusions."""
    phrases: list[QueryPhrase] = []
    exclusions: list[QueryPhrase] = []
    plain = list(text)

    def blank(start: int, end: int) -> None:
        plain[start:end] = " " * (end - start)

    for match in _PHRASE.finditer(text):
        phrase = _phrase(match.group(2))
        if match.group(1):
            blank(match.start(), match.end())
            if phrase.stems:
                exclusions.append(phrase)
        elif phrase.stems:
            phrases.append(phrase)
    for match in _EXCLUSION.finditer("".join(plain)):
        phrase = _phrase(match.group(1))
        blank(match.start(), match.end())
        if phrase.stems:
            exclusions.append(phrase)
    return "".join(plain), tuple(phrases), tuple(exclusions)


def _phrase(text: str) -> QueryPhrase:
    return QueryPhrase(text.strip(), tuple(token.stem for token in tokenize(text)))


def _uncorrected(text: str, tokens: tuple[Token, ...]) -> _Corrected:
    return _Corrected(text, tokens, tuple((t.start, t.end) for t in tokens), frozenset())


def _terms(corrected: _Corrected) -> tuple[QueryTerm, ...]:
    """Content words, each stem once, in order; common English words weigh less."""
    terms: dict[str, QueryTerm] = {}
    for index, token in enumerate(corrected.tokens):
        if token.word not in STOP_WORDS and token.stem not in terms:
            terms[token.stem] = QueryTerm(token.word, token.stem, _weight(token.word), index in corrected.changed)
    return tuple(terms.values())[:MAX_TERMS]


def _weight(word: str) -> float:
    return max(COMMON_FLOOR, 1.0 - COMMON_SLOPE * max(0.0, english.zipf(word) - COMMON_ZIPF))


def _label_words(vocabulary: Vocabulary) -> tuple[frozenset[str], frozenset[str]]:
    """The words of labels; and those that only hidden labels have, among them misspellings."""
    shown = _words(label for topic in vocabulary for label in (topic.pref_label, *topic.alt_labels))
    return shown, _words(label for topic in vocabulary for label in topic.hidden_labels) - shown


def _words(labels: Iterable[str]) -> frozenset[str]:
    return frozenset(token.word for label in labels for token in tokenize(label))
