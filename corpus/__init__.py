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
from corpus.reading import LOCK_NAME, read_corpus, read_source
from corpus.vocabulary import PACKAGED_VOCABULARY, read_vocabulary

__all__ = [
    "ADVISORIES",
    "FACETS",
    "LOCK_NAME",
    "PACKAGED_VOCABULARY",
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
    "read_corpus",
    "read_source",
    "read_vocabulary",
]
