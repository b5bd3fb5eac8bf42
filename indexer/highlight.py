"""Shows where a passage answers a query: snippets with marked words, the same for every engine."""

from __future__ import annotations

import html
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from indexer.model import HEADING_SEPARATOR, PublishedPassage, Span
from indexer.query import QueryReading, QueryTerm
from indexer.search import Highlight, Match, MatchKind
from indexer.text import STOP_WORDS, tokenize

SNIPPET_LENGTH = 240
"""Code points of a snippet, ellipses not counted: about three lines on a phone, two on a desktop."""
ELLIPSIS = "…"

_CONCEPT_WEIGHT = 0.8
"""Worth of a concept's words to a snippet, against a word of the query that stands there itself."""
_CLEAR_SPEECH = 0.25
_REPEAT_WEIGHT = 0.1
"""Worth of a word that the snippet has already: variety first, then density."""


def highlight(
    passage: PublishedPassage,
    title: str,
    reading: QueryReading,
    *,
    meaning: tuple[Span, ...] = (),
) -> tuple[Highlight, ...]:
    """The best snippet of the passage's text, then its headings and the document's `title` where they match.

    `meaning` are runs of the passage's text that are near the query in meaning; they are marked where nothing
    more exact is. The text's snippet is there even without a match, so that a hit always has something to show.
    """
    words = _QueryWords.of(reading)
    heading = HEADING_SEPARATOR.join(passage.passage.heading_path)
    in_text = _marks(passage.passage.text, words, _evidence(passage, words.topics, "text"), meaning)
    in_heading = _marks(heading, words, _evidence(passage, words.topics, "heading"))
    in_title = _marks(title, words)
    found = [_snippet(passage, in_text)]
    if in_heading:
        found.append(_whole("heading", heading, in_heading))
    if in_title:
        found.append(_whole("title", title, in_title))
    return tuple(found)


def mark(text: str, matches: Iterable[Match]) -> str:
    """`text` as HTML: escaped, with the matches in <mark>. Matches are in order and do not overlap."""
    parts: list[str] = []
    done = 0
    for match in matches:
        parts += html.escape(text[done : match.start]), "<mark>", html.escape(text[match.start : match.end]), "</mark>"
        done = match.end
    parts.append(html.escape(text[done:]))
    return "".join(parts)


# --- what matches ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    kind: MatchKind
    subject: str
    """What it stands for (a stem, a topic), so that a snippet can prefer variety."""
    weight: float


@dataclass(frozen=True, slots=True)
class _QueryWords:
    by_stem: Mapping[str, tuple[QueryTerm, ...]]
    phrases: tuple[tuple[str, ...], ...]
    topics: Mapping[str, float]

    @classmethod
    def of(cls, reading: QueryReading) -> _QueryWords:
        by_stem: dict[str, tuple[QueryTerm, ...]] = {}
        for term in reading.terms:
            by_stem[term.stem] = (*by_stem.get(term.stem, ()), term)
        # Of the topics that a query only sounds like, the faint ones rank passages but explain no mark.
        topics = {
            topic.topic_id: topic.weight
            for topic in reversed(reading.topics)
            if topic.kind != "speech" or topic.weight >= _CLEAR_SPEECH
        }
        return cls(by_stem, tuple(phrase.stems for phrase in reading.phrases if phrase.stems), topics)


@dataclass(frozen=True, slots=True)
class _Words:
    """The tokens of a text, packed: 100 words take 2 KB, where Token objects take 30."""

    words: tuple[str, ...]
    stems: tuple[str, ...]
    starts: array[int]
    ends: array[int]


@lru_cache(maxsize=4096)
def _words_of(text: str) -> _Words:
    tokens = tuple(tokenize(text))
    return _Words(
        tuple(token.word for token in tokens),
        tuple(token.stem for token in tokens),
        array("l", (token.start for token in tokens)),
        array("l", (token.end for token in tokens)),
    )


def _evidence(
    passage: PublishedPassage, topics: Mapping[str, float], source: Literal["text", "heading"]
) -> list[tuple[Span, str]]:
    return [
        (evidence.span, tag.topic_id)
        for tag in passage.passage.tags
        if tag.topic_id in topics
        for evidence in tag.evidence
        if evidence.source == source
    ]


def _marks(
    text: str, query: _QueryWords, evidence: Sequence[tuple[Span, str]] = (), meaning: Sequence[Span] = ()
) -> list[_Mark]:
    """All matches in order. A word of the query wins over a concept, a concept over a meaning, word by word."""
    words = _words_of(text)
    by_token: dict[int, _Mark] = {}
    for index, stem in enumerate(words.stems):
        terms = query.by_stem.get(stem)
        if terms:
            by_token[index] = _word_mark(words, index, terms)
    for phrase in query.phrases:
        for first in _phrase_starts(words.stems, phrase):
            for index in range(first, first + len(phrase)):
                if index not in by_token:
                    by_token[index] = _Mark(words.starts[index], words.ends[index], "exact", " ".join(phrase), 1.0)
    marks = _joined_phrases(words, by_token, query.phrases)
    taken = set(by_token)
    marks += _covering(words, taken, evidence, "concept", query.topics, _CONCEPT_WEIGHT)
    marks += _covering(words, taken, [(span, "") for span in meaning], "meaning", {}, _REPEAT_WEIGHT)
    return sorted(marks, key=lambda found: found.start)


def _word_mark(words: _Words, index: int, terms: tuple[QueryTerm, ...]) -> _Mark:
    def rank(term: QueryTerm) -> tuple[bool, bool]:
        return (term.corrected, term.text.casefold() != words.words[index])

    term = min(terms, key=rank)
    kind: MatchKind = "spelling" if term.corrected else "exact" if _is_word(term.text, words.words[index]) else "stem"
    return _Mark(words.starts[index], words.ends[index], kind, term.stem, term.weight)


@lru_cache(maxsize=4096)
def _folded(text: str) -> tuple[str, ...]:
    return tuple(token.word for token in tokenize(text))


def _is_word(typed: str, word: str) -> bool:
    return _folded(typed) == (word,)


def _phrase_starts(stems: Sequence[str], phrase: tuple[str, ...]) -> list[int]:
    last = len(stems) - len(phrase)
    firsts = (index for index in range(last + 1) if stems[index] == phrase[0])
    return [index for index in firsts if tuple(stems[index : index + len(phrase)]) == phrase]


def _joined_phrases(words: _Words, by_token: dict[int, _Mark], phrases: tuple[tuple[str, ...], ...]) -> list[_Mark]:
    """The words' marks, those of one phrase made into one mark."""
    joined: list[_Mark] = []
    inside: set[int] = set()
    for phrase in sorted(phrases, key=len, reverse=True):
        for first in _phrase_starts(words.stems, phrase):
            run = range(first, first + len(phrase))
            if len(phrase) > 1 and inside.isdisjoint(run):
                kinds = {by_token[index].kind for index in run}
                kind: MatchKind = "exact" if kinds == {"exact"} else "stem"
                start, end = words.starts[run[0]], words.ends[run[-1]]
                joined.append(_Mark(start, end, kind, " ".join(phrase), float(len(phrase))))
                inside.update(run)
    return joined + [found for index, found in by_token.items() if index not in inside]


def _covering(
    words: _Words,
    taken: set[int],
    spans: Iterable[tuple[Span, str]],
    kind: MatchKind,
    weights: Mapping[str, float],
    worth: float,
) -> list[_Mark]:
    """Marks for the spans, grown or cut to whole words, without the tokens in `taken`, to which theirs are added."""
    marks: list[_Mark] = []
    for span, subject in sorted(spans, key=lambda item: (-(item[0].end - item[0].start), item[0].start)):
        run: list[int] = []
        first, last = bisect_right(words.ends, span.start), bisect_left(words.starts, span.end)
        for index in range(first, last + 1):
            if index < last and index not in taken:
                run.append(index)
                continue
            while run and words.words[run[0]] in STOP_WORDS:
                run.pop(0)
            while run and words.words[run[-1]] in STOP_WORDS:
                run.pop()
            if run:
                weight = worth * weights.get(subject, 1.0)
                marks.append(_Mark(words.starts[run[0]], words.ends[run[-1]], kind, subject, weight))
                taken.update(run)
            run = []
    return marks


# --- what is shown -----------------------------------------------------------------------------------------------


def _whole(field: Literal["heading", "title"], text: str, marks: Sequence[_Mark]) -> Highlight:
    matches = tuple(Match(found.start, found.end, found.kind) for found in marks)
    return Highlight(field, text, mark(text, matches), matches)


def _snippet(passage: PublishedPassage, marks: Sequence[_Mark]) -> Highlight:
    text = passage.passage.text
    window = _best_window(text, passage.passage.sentence_spans, marks)
    before = ELLIPSIS if window.start > 0 and not _opens_sentence(window.start, passage) else ""
    after = ELLIPSIS if window.end < len(text) and not _closes_sentence(window.end, passage) else ""
    snippet = before + text[window.start : window.end] + after
    shift = len(before) - window.start
    matches = tuple(
        Match(found.start + shift, found.end + shift, found.kind)
        for found in marks
        if window.start <= found.start and found.end <= window.end
    )
    return Highlight("text", snippet, mark(snippet, matches), matches)


def _opens_sentence(start: int, passage: PublishedPassage) -> bool:
    return any(span.start == start for span in passage.passage.sentence_spans)


def _closes_sentence(end: int, passage: PublishedPassage) -> bool:
    return any(span.end == end for span in passage.passage.sentence_spans)


def _best_window(text: str, sentences: Sequence[Span], marks: Sequence[_Mark]) -> Span:
    """The window worth most; of equals the one that begins with a sentence, then the earliest."""
    if len(text) <= SNIPPET_LENGTH:
        return Span(0, len(text))
    whole = [_from_sentence(sentences, first) for first in range(len(sentences))]
    windows = [(window, True) for window in whole if window.end - window.start <= SNIPPET_LENGTH]
    windows += [(_around(text, found.start, found.end), False) for found in marks] or [(_around(text, 0, 0), False)]

    def rank(candidate: tuple[Span, bool]) -> tuple[float, bool, int]:
        window, is_whole = candidate
        return _worth(marks, window), is_whole, -window.start

    return max(windows, key=rank)[0]


def _from_sentence(sentences: Sequence[Span], first: int) -> Span:
    """As many whole sentences as fit, from number `first` on; at least that one, however long."""
    end = sentences[first].end
    for sentence in sentences[first + 1 :]:
        if sentence.end - sentences[first].start > SNIPPET_LENGTH:
            break
        end = sentence.end
    return Span(sentences[first].start, end)


def _around(text: str, match_start: int, match_end: int) -> Span:
    """Whole words around a match, a third of the room before it."""
    room = max(0, SNIPPET_LENGTH - (match_end - match_start))
    start = max(0, min(match_start - room // 3, len(text) - SNIPPET_LENGTH))
    end = max(match_end, min(len(text), start + SNIPPET_LENGTH))
    if start > 0:
        gap = _next_gap(text, start - 1, match_start)
        start = gap if gap is not None else start
    if end < len(text):
        gap = _last_gap(text, match_end, end + 1)
        end = gap if gap is not None else end
    return Span(start, end)


def _next_gap(text: str, start: int, end: int) -> int | None:
    """Where the first word after a white space in `text[start:end]` begins."""
    for index in range(start, end):
        if text[index].isspace() and not text[index + 1].isspace():
            return index + 1
    return None


def _last_gap(text: str, start: int, end: int) -> int | None:
    """Where the last white space in `text[start:end]` begins."""
    for index in range(min(end, len(text)) - 1, start - 1, -1):
        if text[index].isspace() and not text[index - 1].isspace():
            return index
    return None


def _worth(marks: Sequence[_Mark], window: Span) -> float:
    seen: set[str] = set()
    worth = 0.0
    for found in marks:
        if window.start <= found.start and found.end <= window.end:
            worth += found.weight * (_REPEAT_WEIGHT if found.subject in seen else 1.0)
            seen.add(found.subject)
    return round(worth, 6)
