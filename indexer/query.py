"""Reads a query: plain text to words, phrases, exclusions and recognised topics, the same for every engine."""

from __future__ import annotations

from dataclasses import dataclass

from indexer.search import Interpretation


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
    """The words that led to it, for explanations."""


@dataclass(frozen=True, slots=True)
class QueryReading:
    """Everything an engine needs to know of a query's text."""

    interpretation: Interpretation
    terms: tuple[QueryTerm, ...] = ()
    phrases: tuple[QueryPhrase, ...] = ()
    exclusions: tuple[QueryPhrase, ...] = ()
    """Runs of words that a passage must not have; one stem for `-word`."""
    topics: tuple[QueryTopic, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True where nothing is left to look for: such a query finds nothing by itself."""
        return not (self.terms or self.phrases or self.topics)
