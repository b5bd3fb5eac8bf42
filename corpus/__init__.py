"""The texts, the vocabulary and the support data: read from files, validated, handed up as values."""

from corpus.errors import CorpusError, Fault
from corpus.model import (
    ADVISORIES,
    FACETS,
    Advisory,
    Corpus,
    Facet,
    License,
    MediaType,
    Reference,
    Source,
    Topic,
    TopicMapping,
    Vocabulary,
)

__all__ = [
    "ADVISORIES",
    "FACETS",
    "Advisory",
    "Corpus",
    "CorpusError",
    "Facet",
    "Fault",
    "License",
    "MediaType",
    "Reference",
    "Source",
    "Topic",
    "TopicMapping",
    "Vocabulary",
]
