"""Completes and corrects queries: what typed words may become, and what to try where a search found little.

Everything a suggestion says is checked against the deny list of the corpus (suggest-deny.yaml) at the moment it is
made, so neither a new label nor a correction nor typed words can bring in what must not be suggested.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA

from corpus import FACETS, Facet, Vocabulary
from corpus.suggest_deny import HelpRule, Sign, SuggestDeny, read_suggest_deny
from indexer import english
from indexer.errors import InvalidRequest
from indexer.labels import is_acronym
from indexer.model import PublishedDocument
from indexer.search import MAX_LIMIT, MAX_QUERY_LENGTH, Interpretation, Suggestion, SuggestionKind
from indexer.spelling import MAX_DISTANCE_BY_LENGTH, Speller
from indexer.text import STOP_WORDS, stem, tokenize

Numbers = npt.NDArray[np.int32]
PassagesWith = Callable[[str, Facet | None], Numbers]
"""The numbers of the passages that carry a topic or a narrower one, in a role or in any."""

MAX_WORDS = 8
"""Typed words that are looked at, counted from the end: nobody completes more than a clause."""
MAX_TAIL = 4
"""Words of the typed text's end that may become a label while the words before it stay as typed."""
MAX_CORRECTED = 3
"""Unknown words of one typed text that are respelt."""
MIN_FUZZY, MAX_FUZZY = 5, 30
"""Letters of a word that is respelt; shorter beginnings begin too many words, longer ones are noise."""
LOOSE_TYPED = 0.5
"""Part of a hidden label that must be typed before it is completed: such labels repeat how somebody spoke, which is
good to recognise and odd to be offered after three letters."""
STAND_IN_TYPED = 0.8
"""The same where other words are offered in their place, the topic's own name: "zombi", but not "zo"."""
POOR_SCORE = 0.35
"""Best score below which a search counts as poor. Three in four judged queries with an answer score .6 and more, with
meaning; half of those without one .15 and less."""
MAX_DID_YOU_MEAN = 5
MIN_SHARE = 0.4
"""Part of a query's weight that a label or heading must share to be offered for it."""
UNKNOWN_WEIGHT = 0.5
"""What a word that no label or heading has weighs against one as rare: it may be a name, or the point of the query."""
_POOL = 120
"""Best matches that are looked at one by one; most are further labels of topics that were named already."""
MAX_COMPOSED = 4
"""Suggestions that end typed words with a label; enough to choose from, few enough to leave room."""

# Weights of a match, on one scale. Set by hand on 60 typed beginnings; tests/indexer/test_suggest.py holds the cases.
ANCHORED = 2.0
"""The typed words begin the text rather than stand inside."""
EXACT = 0.5
"""All words but the last are typed in full."""
GAP = 0.6
"""Each word between two typed ones."""
SHUFFLED = 3.0
"""The typed words stand there in another order."""
PASSAGES = 0.25
"""Each doubling of the passages it leads to."""
REMAINING = 0.03
"""Each letter still to type."""
KIND_WEIGHT = {"pref": 1.0, "alt": 0.4, "heading": 0.2, "hidden": -1.0, "stand-in": -0.5}

FACET_WORDS: Mapping[Facet, tuple[str, ...]] = {
    "symptom": ("symptoms", "signs"),
    "cause": ("causes",),
    "treatment": ("treatment",),
    "strategy": ("self-help", "coping"),
    "effect": ("effects",),
}
"""What may follow a topic's name: "depression treatment"."""
_LEADS_TO_CAUSE = frozenset("after from since during because by".split())
_LEADS_TO_ANY = frozenset("with and or of for about in through without".split())
_FACETS_AFTER: Mapping[str, frozenset[Facet]] = {
    **dict.fromkeys(_LEADS_TO_CAUSE, frozenset[Facet](("cause", "condition", "treatment"))),
    **dict.fromkeys(_LEADS_TO_ANY, frozenset[Facet](("symptom", "cause", "condition", "treatment", "effect"))),
}
"""Usual roles of the topics that may follow a preposition."""
_FACETS_AFTER_LABEL = frozenset[Facet](("treatment", "strategy"))
"""And of those that may follow another topic's name with nothing between: "depression therapy"."""
_FAR = np.int16(np.iinfo(np.int16).max)
_LETTERS = re.compile(r"\w$")


@dataclass(frozen=True, slots=True)
class _Typed:
    """Typed words, folded."""

    words: tuple[str, ...]
    is_open: bool
    """True where the last word may go on."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A text that may be suggested, and the words that lead to it."""

    text: str
    words: tuple[str, ...]
    kind: SuggestionKind
    weight: float
    topic_id: str | None
    passages: int
    typed_share: float = 0.0
    """Part of the words that must be typed before they count."""


# --- what must not be said ---------------------------------------------------------------------------------------


class DenyList:
    """The rules of suggest-deny.yaml, ready to be asked."""

    def __init__(self, rules: SuggestDeny) -> None:
        self._rows: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        self._open_rows: list[tuple[str, ...]] = []
        for row in rules.denied:
            if row[0].endswith("*"):
                self._open_rows.append(row)
            else:
                self._rows[row[0]].append(row)
        self._stems = tuple(sorted({row[0][:-1] for row in self._open_rows}))
        self._units = rules.units
        units = "|".join(sorted(map(re.escape, rules.units), key=len, reverse=True))
        self._dose = re.compile(rf"\d+(?:{units})")
        self.help = rules.help

    def forbids(self, text: str) -> bool:
        """Whether a suggestion with this text must not be made."""
        return self.forbids_words(tuple(token.word for token in tokenize(text)))

    def forbids_words(self, words: Sequence[str]) -> bool:
        """The same for folded words."""
        for index, word in enumerate(words):
            if any(_stands(row, words, index) for row in self._rows.get(word, ())):
                return True
            if word.startswith(self._stems) and any(_stands(row, words, index) for row in self._open_rows):
                return True
            if word[0].isdigit():
                following = words[index + 1] if index + 1 < len(words) else ""
                if self._dose.fullmatch(word) or following in self._units:
                    return True
        return False

    def pointing(self, typed: _Typed) -> tuple[HelpRule | None, bool]:
        """The help that typed words ask for; True where they are clear enough to offer nothing else."""
        maybe: HelpRule | None = None
        for rule in self.help:
            for sign in rule.signs:
                if any(_stands(sign.words, typed.words, index) for index in range(len(typed.words))):
                    return rule, True
                if maybe is None and typed.is_open and _turns(sign, typed.words):
                    maybe = rule
        return maybe, False


def _stands(row: Sequence[str], words: Sequence[str], at: int) -> bool:
    """Whether the words from `at` on are the row's."""
    if at + len(row) > len(words):
        return False
    return all(
        words[at + offset].startswith(word[:-1]) if word.endswith("*") else words[at + offset] == word
        for offset, word in enumerate(row)
    )


def _turns(sign: Sign, words: Sequence[str]) -> bool:
    """Whether the end of the typed words has come so far along the sign that it may be meant."""
    if sign.turn is None:
        return False
    word, letters = sign.turn
    for count in range(word + 1, min(len(sign.words), len(words)) + 1):
        last = words[-1]
        reached = count - 1 > word or len(last) >= letters
        if reached and sign.words[count - 1].startswith(last) and _stands(sign.words[: count - 1], words[-count:], 0):
            return True
    return False


# --- the suggester -----------------------------------------------------------------------------------------------


class Suggester:
    """Suggestions over one version of the corpus. Immutable after construction, safe to share between threads."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        documents: Iterable[PublishedDocument],
        lexicon: Mapping[str, int],
        passages_with: PassagesWith,
        rules: SuggestDeny,
    ) -> None:
        """`lexicon`: folded words of the corpus with the number of passages that have them."""
        self._vocabulary = vocabulary
        self._lexicon = lexicon
        self._passages_with = passages_with
        self._deny = DenyList(rules)
        self._counts = {topic.id: len(passages_with(topic.id, None)) for topic in vocabulary}
        self._replaced = {topic_id: rule for rule in self._deny.help for topic_id in rule.replaces}
        labels = list(_labels(vocabulary))
        self._label_words = {word for _, _, _, words in labels for word in words}
        self._topic_of = {words: topic_id for topic_id, _, _, words in reversed(labels)}
        self._candidates = tuple(self._collect(labels, documents))
        self._index()

    def _collect(
        self, labels: Sequence[tuple[str, str, str, tuple[str, ...]]], documents: Iterable[PublishedDocument]
    ) -> Iterator[_Candidate]:
        for topic_id, text, kind, words in labels:
            if self._counts[topic_id] and words:
                candidate = self._from_label(topic_id, text, kind, words)
                if candidate is not None:
                    yield candidate
        published = {words for _, _, kind, words in labels if kind != "hidden"}
        seen: set[tuple[str, ...]] = set()
        for document in documents:
            for text, passages in _headings(document):
                words = _words(text)
                if passages and words and words not in seen and words not in published:
                    seen.add(words)
                    if not self._deny.forbids_words(words):
                        yield _Candidate(text, words, "heading", KIND_WEIGHT["heading"], None, passages)

    def _from_label(self, topic_id: str, text: str, kind: str, words: tuple[str, ...]) -> _Candidate | None:
        count = self._counts[topic_id]
        rule = self._replaced.get(topic_id)
        if rule is not None:
            # The words are recognised; what is offered for them is help.
            shown = next((one for one in rule.suggestions if self._counts.get(one.topic_id)), None)
            if shown is None:
                return None
            weight = KIND_WEIGHT["hidden" if kind == "hidden" else "alt"]
            return _Candidate(shown.text, words, "topic", weight, topic_id, count, LOOSE_TYPED * (kind == "hidden"))
        preferred = self._vocabulary[topic_id].pref_label
        shown_kind: SuggestionKind = "topic"
        weight = KIND_WEIGHT[kind]
        typed_share = LOOSE_TYPED if kind == "hidden" else 0.0
        if kind == "hidden" and (len(words) == 1 or not all(map(english.is_english, words))):
            # Slips ("amigdala") and words too loose to be offered ("zombie") lead to the topic's own name.
            is_slip = len(words) == 1 and not english.is_english(words[0]) and not is_acronym(text)
            text, weight = preferred, KIND_WEIGHT["stand-in"]
            typed_share = LOOSE_TYPED if is_slip else STAND_IN_TYPED
            shown_kind = "correction" if is_slip else "topic"
        if self._deny.forbids_words(words) or (text is preferred and self._deny.forbids(text)):
            return None
        return _Candidate(text, words, shown_kind, weight, topic_id, count, typed_share)

    def _index(self) -> None:
        """Every word of every candidate in one array, sorted by word: the words that begin alike are a slice."""
        entries = sorted(
            (word, number, position)
            for number, candidate in enumerate(self._candidates)
            for position, word in enumerate(candidate.words)
        )
        self._entry_words = [word for word, _, _ in entries]
        self._entry_candidates = np.array([number for _, number, _ in entries], np.int32)
        self._entry_positions = np.array([position for _, _, position in entries], np.int16)
        self._lengths = np.array([sum(map(len, one.words)) + len(one.words) - 1 for one in self._candidates], np.int32)
        self._needed = np.array([one.typed_share for one in self._candidates], np.float32) * self._lengths
        self._base = np.array(
            [
                one.weight + PASSAGES * math.log2(max(1, one.passages)) - REMAINING * length
                for one, length in zip(self._candidates, self._lengths.tolist(), strict=True)
            ],
            np.float32,
        )

    @cached_property
    def _speller(self) -> Speller:
        return Speller(self._lexicon, self._label_words)

    @cached_property
    def _beginnings(self) -> Mapping[str, tuple[str, ...]]:
        """The words of all candidates by first letter, to compare a misspelt beginning with."""
        shelves: dict[str, list[str]] = {}
        for word in sorted(set(self._entry_words)):
            if len(word) >= MIN_FUZZY and (word in self._lexicon or english.is_english(word)):
                shelves.setdefault(word[0], []).append(word)
        return {letter: tuple(words) for letter, words in shelves.items()}

    def warm(self) -> None:
        """Makes what is otherwise made for the first misspelling."""
        self._speller.correct("numbbness")
        _ = self._beginnings

    # --- completions -----------------------------------------------------------------------------------------

    def suggest(self, text: str, limit: int) -> tuple[Suggestion, ...]:
        """What the typed text may become; best first, at most `limit`."""
        typed = _read(text)
        if not typed.words:
            return ()
        corrected = self._respelt(typed)
        rule, is_clear = self._deny.pointing(typed)
        if not is_clear and corrected != typed:
            other, is_clear = self._deny.pointing(corrected)
            rule = other or rule
        help_first = self._help(rule) if rule else ()
        if is_clear:
            return help_first[:limit]
        if self._deny.forbids_words(typed.words):
            return (help_first or self._help_for_labels(typed))[:limit]
        kept = help_first[:1]
        chosen = _Chosen(limit - len(kept), self._deny)
        self._complete(chosen, typed)
        if corrected == typed or chosen or rule is not None:
            self._compose(chosen, typed)
        else:
            self._complete(chosen, corrected, "correction")
            self._compose(chosen, corrected, "correction")
            self._whole(chosen, corrected)
        if not chosen:
            self._complete_end(chosen, corrected, None if corrected == typed else "correction")
        return tuple(chosen.suggestions) + tuple(one for one in kept if one not in chosen.suggestions)

    def _complete(self, chosen: _Chosen, typed: _Typed, kind: SuggestionKind | None = None) -> None:
        """What has all typed words."""
        for number in self._matches(typed.words, typed.is_open):
            one = self._candidates[number]
            chosen.add(Suggestion(one.text, kind or one.kind, one.topic_id), one.words)

    def _complete_end(self, chosen: _Chosen, typed: _Typed, kind: SuggestionKind | None) -> None:
        """What has the last typed words, as many as possible, one with a meaning of its own among them."""
        for start in range(1, len(typed.words)):
            end = typed.words[start:]
            if chosen or STOP_WORDS.issuperset(end[:-1] if typed.is_open and len(end[-1]) < MIN_FUZZY else end):
                return
            self._complete(chosen, _Typed(end, typed.is_open), kind)

    def _compose(self, chosen: _Chosen, typed: _Typed, kind: SuggestionKind | None = None) -> None:
        """The end of the typed text becomes a label, the words before stay: "numb after br" to "… breakup"."""
        composed = 0
        for count in range(min(MAX_TAIL, len(typed.words) - 1), 0, -1):
            head, tail = typed.words[:-count], typed.words[-count:]
            if not all(map(self._is_known, head)):
                return
            topic_id = self._named_in(head)
            if topic_id in self._replaced:
                return
            if topic_id is not None and self._topic_of.get(head) == topic_id:
                self._facet_words(chosen, head, tail, topic_id, kind)
            for number in self._matches(tail, typed.is_open, anchored=True):
                one = self._candidates[number]
                if composed < MAX_COMPOSED and self._may_follow(one, head, tail, topic_id):
                    text = f"{' '.join(head)} {one.text}"
                    composed += chosen.add(Suggestion(text, kind or "topic", one.topic_id), (*head, *one.words))

    def _may_follow(self, one: _Candidate, head: tuple[str, ...], tail: tuple[str, ...], topic_id: str | None) -> bool:
        """Whether a label makes sense after the typed words, and leads to passages that have both."""
        if one.topic_id in (None, topic_id) or one.typed_share or one.topic_id in self._replaced:
            return False
        if STOP_WORDS.issuperset(head):
            # "i can't c": too little is said of the subject unless the label itself has begun.
            return len(tail) > 1 and not STOP_WORDS.issuperset(one.words)
        if topic_id is None or set(one.words) & (set(head) - STOP_WORDS) or len(one.words) > 2:
            return False
        facets = _FACETS_AFTER.get(head[-1])
        if facets is None:
            if self._topic_of.get(head) != topic_id:
                return False
            facets = _FACETS_AFTER_LABEL
        is_fit = self._vocabulary[str(one.topic_id)].facets[0] in facets
        return is_fit and _share(self._passages_with(topic_id, None), self._passages_with(str(one.topic_id), None))

    def _facet_words(
        self, chosen: _Chosen, head: tuple[str, ...], tail: tuple[str, ...], topic_id: str, kind: SuggestionKind | None
    ) -> None:
        own = self._passages_with(topic_id, None)
        for facet, names in FACET_WORDS.items():
            for name in names:
                words = _words(name)
                begins = len(tail) <= len(words) and words[: len(tail) - 1] == tail[:-1]
                if begins and words[len(tail) - 1].startswith(tail[-1]) and _share(own, self._in_facet[facet]):
                    text = f"{' '.join(head)} {name}"
                    chosen.add(Suggestion(text, kind or "topic", topic_id), (*head, *words), is_new_meaning=True)

    @cached_property
    def _in_facet(self) -> Mapping[Facet, Numbers]:
        return {
            facet: np.unique(np.concatenate([self._passages_with(topic.id, facet) for topic in self._vocabulary]))
            for facet in FACETS
        }

    def _named_in(self, words: tuple[str, ...]) -> str | None:
        """The topic whose label the words have, the last and longest."""
        for end in range(len(words), 0, -1):
            for start in range(end):
                topic_id = self._topic_of.get(words[start:end])
                if topic_id is not None and self._counts[topic_id]:
                    return topic_id
        return None

    def _is_known(self, word: str) -> bool:
        return word in STOP_WORDS or word in self._lexicon or (word in self._label_words and english.is_english(word))

    def _whole(self, chosen: _Chosen, corrected: _Typed) -> None:
        """The corrected words themselves, where the corpus has all of them."""
        content = [word for word in corrected.words if word not in STOP_WORDS]
        if content and all(word in self._lexicon for word in content):
            chosen.add(Suggestion(" ".join(corrected.words), "correction"), corrected.words)

    def _help_for_labels(self, typed: _Typed) -> tuple[Suggestion, ...]:
        """Help, where the typed words begin a label that is never completed."""
        for number in self._matches(typed.words, typed.is_open):
            rule = self._replaced.get(self._candidates[number].topic_id or "")
            if rule is not None:
                return self._help(rule)
        return ()

    def _help(self, rule: HelpRule) -> tuple[Suggestion, ...]:
        return tuple(
            Suggestion(one.text, "topic", one.topic_id) for one in rule.suggestions if self._counts.get(one.topic_id)
        )

    # --- matching --------------------------------------------------------------------------------------------

    def _slice(self, word: str, is_prefix: bool) -> slice:
        start = bisect_left(self._entry_words, word)
        end = bisect_left(self._entry_words, word + ("\U0010ffff" if is_prefix else "\0"), start)
        return slice(start, end)

    def _matches(self, words: tuple[str, ...], is_open: bool, *, anchored: bool = False) -> list[int]:
        """Numbers of the candidates that have all words, each at least begun, best first."""
        count = len(self._candidates)
        if not count:
            return []
        at = np.full(count, _FAR, np.int16)
        first = at
        exact = np.zeros(count, np.int16)
        present = np.ones(count, np.bool_)
        for index, word in enumerate(words):
            is_last = index == len(words) - 1
            found = self._slice(word, is_open or not is_last)
            numbers, positions = self._entry_candidates[found], self._entry_positions[found]
            if not len(numbers):
                return []
            here = np.zeros(count, np.bool_)
            here[numbers] = True
            present &= here
            following = np.full(count, _FAR, np.int16)
            later = positions > at[numbers] if index else positions >= 0
            np.minimum.at(following, numbers[later], positions[later])
            if not is_last:
                whole = self._slice(word, False)
                same = self._entry_positions[whole] == following[self._entry_candidates[whole]]
                exact[self._entry_candidates[whole][same]] += 1
            at = following
            first = at if index == 0 else first
        in_order = (at < _FAR) & (first < _FAR)
        # One letter is in any text somewhere.
        found_numbers = np.flatnonzero(in_order if anchored or len(words[-1]) == 1 else present)
        ordered = in_order[found_numbers]
        starts = first[found_numbers].astype(np.float32)
        gaps = np.where(ordered, at[found_numbers] - starts - (len(words) - 1), 0.0)
        begins = ordered & (starts == 0) & (gaps == 0)
        typed_letters = sum(map(len, words)) + len(words) - 1
        needed = self._needed[found_numbers]
        all_exact = exact[found_numbers] == len(words) - 1
        allowed = (needed == 0) | (begins & (typed_letters >= needed))
        if anchored:
            allowed &= begins & all_exact
        scores = self._base[found_numbers] + ANCHORED * begins - GAP * gaps - SHUFFLED * ~ordered + EXACT * all_exact
        found_numbers, scores = found_numbers[allowed], scores[allowed]
        if len(scores) > 4 * _POOL:
            best = np.argpartition(-scores, _POOL)[: 2 * _POOL]
            best.sort()
            found_numbers, scores = found_numbers[best], scores[best]
        ranked: list[int] = found_numbers[np.argsort(-scores, kind="stable")[:_POOL]].tolist()
        return ranked

    # --- spelling --------------------------------------------------------------------------------------------

    def _respelt(self, typed: _Typed) -> _Typed:
        """The typed words with slips mended; the same object where there are none."""
        words = list(typed.words)
        budget = MAX_CORRECTED
        for index, word in enumerate(words):
            is_open = typed.is_open and index == len(words) - 1
            found = self._slice(word, True)
            if budget == 0 or len(word) > MAX_FUZZY or (found.start < found.stop and is_open):
                continue
            if is_open:
                better = self._respelt_beginning(word)
            elif english.is_english(word):
                continue
            else:
                better = self._slip_of(word) or self._speller.correct(word)
            if better is not None and better != word:
                words[index] = better
                budget -= 1
        return typed if tuple(words) == typed.words else _Typed(tuple(words), typed.is_open)

    def _slip_of(self, word: str) -> str | None:
        """What a misspelling that the vocabulary lists stands for, if that is one word: "depresion"."""
        if len(word) < MIN_FUZZY or word in self._lexicon:
            return None
        return self._nearest(word, [other for other in self._beginnings.get(word[0], ()) if other in self._lexicon])

    def _respelt_beginning(self, word: str) -> str | None:
        """A word whose beginning was meant: "alexathym" is one slip from "alexithym"."""
        if len(word) < MIN_FUZZY:
            return None
        shelf = self._beginnings.get(word[0], ())
        return self._nearest(word, shelf, cut=len(word))

    def _nearest(self, word: str, shelf: Sequence[str], cut: int | None = None) -> str | None:
        limit = next(distance for length, distance in MAX_DISTANCE_BY_LENGTH if len(word) <= length)
        choices = [other[:cut] for other in shelf] if cut else list(shelf)
        near = process.extract(word, choices, scorer=OSA.distance, score_cutoff=limit, limit=8)
        if not near:
            return None
        return min(((distance, -self._lexicon.get(shelf[at], 0), shelf[at]) for _, distance, at in near))[2]

    # --- where a search found little -------------------------------------------------------------------------

    def did_you_mean(self, interpretation: Interpretation, best_score: float) -> tuple[str, ...]:
        """Queries to try instead, best first, at most MAX_DID_YOU_MEAN; none where the search went well.

        `best_score` is that of the first hit, 0 where there is none. A correction that was made is always named.
        """
        if not wants_alternatives(interpretation, best_score):
            return ()
        text = interpretation.corrected_text or interpretation.text
        words = _words(text)
        rule, is_clear = self._deny.pointing(_Typed(words, False))
        if rule is not None and is_clear:
            return tuple(one.text for one in self._help(rule))
        if self._deny.forbids_words(words):
            return ()
        chosen = _Chosen(MAX_DID_YOU_MEAN, self._deny)
        if interpretation.corrected_text is not None:
            chosen.add(Suggestion(" ".join(text.split()), "correction"), words)
        if best_score < POOR_SCORE:
            for concept in interpretation.concepts:
                if self._counts.get(concept.topic_id) and concept.topic_id not in self._replaced:
                    label = self._vocabulary[concept.topic_id].pref_label
                    chosen.add(Suggestion(label, "topic", concept.topic_id), _words(label))
            for candidate in self._sharing(words):
                chosen.add(Suggestion(candidate.text, candidate.kind, candidate.topic_id), candidate.words)
        return tuple(one.text for one in chosen.suggestions if _words(one.text) != _words(interpretation.text))

    def _sharing(self, words: Iterable[str]) -> Iterator[_Candidate]:
        """Labels and headings that share the query's rarer words, best first."""
        weights = {stem(word): self._rarity(stem(word)) for word in words if word not in STOP_WORDS}
        whole = sum(weights.values())
        shared: dict[int, float] = defaultdict(float)
        for stemmed, weight in weights.items():
            for number in self._by_stem.get(stemmed, ()):
                shared[number] += weight
        scored = [
            (shared[number] / whole - REMAINING * len(self._candidates[number].words), number)
            for number in shared
            if shared[number] >= MIN_SHARE * whole
        ]
        for _, number in sorted(scored, key=lambda item: (-item[0], item[1]))[:_POOL]:
            yield self._candidates[number]

    @cached_property
    def _by_stem(self) -> Mapping[str, Sequence[int]]:
        numbers: dict[str, list[int]] = defaultdict(list)
        for number, candidate in enumerate(self._candidates):
            if candidate.typed_share == 0 and candidate.topic_id not in self._replaced:
                for stemmed in {stem(word) for word in candidate.words if word not in STOP_WORDS}:
                    numbers[stemmed].append(number)
        return numbers

    def _rarity(self, stemmed: str) -> float:
        having = len(self._by_stem.get(stemmed, ()))
        return math.log1p(len(self._candidates) / (1 + having)) * (1.0 if having else UNKNOWN_WEIGHT)


class OnDemand:
    """A suggester that is made when it is first asked for, once, whichever thread asks: it takes .3 s."""

    def __init__(self, make: Callable[[SuggestDeny], Suggester]) -> None:
        self._make = make
        self._lock = Lock()
        self._made: Suggester | None = None

    def __call__(self) -> Suggester:
        with self._lock:
            if self._made is None:
                self._made = self._make(read_suggest_deny())
            return self._made

    def prepare(self) -> None:
        """Makes it now, with what the first misspelling would wait for."""
        self().warm()


class _Chosen:
    """Suggestions in order: none denied, none twice, one for each topic and one for each set of content words."""

    def __init__(self, limit: int, deny: DenyList) -> None:
        self.suggestions: list[Suggestion] = []
        self._limit = limit
        self._deny = deny
        self._topics: set[str] = set()
        self._contents: set[frozenset[str]] = set()

    def __bool__(self) -> bool:
        return bool(self.suggestions)

    @property
    def is_full(self) -> bool:
        return len(self.suggestions) >= self._limit

    def add(self, suggestion: Suggestion, words: Sequence[str], *, is_new_meaning: bool = False) -> bool:
        """Whether it was taken. `is_new_meaning`: it asks for more than its topic."""
        if self.is_full or (suggestion.topic_id in self._topics and not is_new_meaning):
            return False
        content = frozenset(stem(word) for word in words if word not in STOP_WORDS) or frozenset(words)
        if content in self._contents or self._deny.forbids(suggestion.text):
            return False
        self._contents.add(content)
        if suggestion.topic_id is not None and not is_new_meaning:
            self._topics.add(suggestion.topic_id)
        self.suggestions.append(suggestion)
        return True


def wants_alternatives(interpretation: Interpretation, best_score: float) -> bool:
    """Whether a search went so that something else should be offered."""
    return best_score < POOR_SCORE or interpretation.corrected_text is not None


def check_limit(text: str, limit: int) -> None:
    """Raises InvalidRequest where a suggestion is asked for that no engine gives."""
    if len(text) > MAX_QUERY_LENGTH:
        raise InvalidRequest("q", f"longer than {MAX_QUERY_LENGTH} characters; shorten it")
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidRequest("limit", f"must be between 1 and {MAX_LIMIT}")


# --- helpers -----------------------------------------------------------------------------------------------------


def _words(text: str) -> tuple[str, ...]:
    return tuple(token.word for token in tokenize(text))


def _read(text: str) -> _Typed:
    # Only the end is read: a word typed by hand has fewer than 40 letters.
    return _Typed(_words(text[-40 * MAX_WORDS :])[-MAX_WORDS:], bool(_LETTERS.search(text)))


def _labels(vocabulary: Vocabulary) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """(topic, label, pref|alt|hidden, folded words)."""
    for topic in vocabulary:
        kinds = (("pref", (topic.pref_label,)), ("alt", topic.alt_labels), ("hidden", topic.hidden_labels))
        for kind, texts in kinds:
            for text in texts:
                yield topic.id, text, kind, _words(text)


def _headings(document: PublishedDocument) -> Iterator[tuple[str, int]]:
    """Headings with the number of passages under them, the title first."""
    yield document.title, len(document.passage_ids)
    for index, entry in enumerate(document.outline):
        count = len(entry.passage_ids)
        for below in document.outline[index + 1 :]:
            if below.level <= entry.level:
                break
            count += len(below.passage_ids)
        yield entry.heading, count


def _share(one: Numbers, other: Numbers) -> bool:
    return bool(np.isin(one, other, assume_unique=True).any())
