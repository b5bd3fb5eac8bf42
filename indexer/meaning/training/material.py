"""What the encoder learns from: articles with graded queries, and what people say of each topic."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from corpus import Corpus
from indexer.sentences import split_sentences

HERE = Path(__file__).parent
ARTICLES = HERE / "articles"
LABELS_EACH = 5
"""Labels of several words of each topic that join its utterances as short queries."""

_PASSAGE = re.compile(r"^## \[(p\d+)\] (.+)\n((?:(?!^## ).*\n?)*)", re.MULTILINE)
_ANSWER = re.compile(r"(p\d+)=([123])")
_MARKER = re.compile(r"^(?:[-*•]|\d+[.)])\s+")


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as the search compares it: by its heading, and by each of its sentences."""

    id: str
    heading: str
    """The article's title and the passage's own heading."""
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody types over an article, and the passages that answer."""

    kind: str
    """keyword, question, lay or none."""
    text: str
    grades: Mapping[int, int]
    """Passages by number, from 1 (touches it) to 3 (answers it); empty for `none`."""


@dataclass(frozen=True, slots=True)
class Article:
    number: str
    passages: tuple[Passage, ...]
    asked: tuple[Asked, ...]


def read_articles(folder: Path = ARTICLES) -> tuple[Article, ...]:
    """The articles in order of number. Raises ValueError, naming file and line, for what cannot be read."""
    return tuple(_read_article(path) for path in sorted(folder.glob("*.md")))


def _read_article(path: Path) -> Article:
    text = path.read_text("utf-8")
    title = text.partition("\n")[0].removeprefix("# ").strip()
    passages = tuple(
        Passage(found[1], f"{title}. {found[2].strip()}", tuple(sentences(found[3])))
        for found in _PASSAGE.finditer(text)
    )
    numbers = {passage.id: number for number, passage in enumerate(passages)}
    asked = []
    for file in (path.with_suffix(".tsv"), path.with_suffix(".2.tsv")):
        for at, line in enumerate(file.read_text("utf-8").splitlines(), 1) if file.exists() else ():
            try:
                kind, answers, query = line.split("\t")
                grades = {numbers[passage_id]: int(grade) for passage_id, grade in _ANSWER.findall(answers)}
            except (ValueError, KeyError) as error:
                raise ValueError(f"{file.name}, line {at}: {error!r} in {line!r}") from error
            asked.append(Asked(kind, query, grades))
    return Article(path.name[:2], passages, tuple(asked))


def sentences(text: str) -> Iterator[str]:
    """The sentences and list items of a passage."""
    for line in text.splitlines():
        item = _MARKER.sub("", line.strip())
        for start, end in split_sentences(item):
            yield " ".join(item[start:end].split())


def topic_texts(corpus: Corpus) -> list[tuple[str, str]]:
    """(text, topic id): definitions, and the passages written for single topics, whole and by sentence."""
    texts = {topic.id: [f"{topic.pref_label}: {topic.definition}"] for topic in corpus.vocabulary}
    for path in sorted(HERE.glob("passages.*.yaml")):
        for topic_id, written in yaml.safe_load(path.read_text("utf-8")).items():
            texts[topic_id] += [" ".join(text.split()) for text in written]
    pairs = []
    for topic_id, known in texts.items():
        for text in known:
            parts = list(sentences(text))
            pairs += [(part, topic_id) for part in (text, *(parts if len(parts) > 1 else ()))]
    return pairs


def utterances(corpus: Corpus) -> list[tuple[str, str]]:
    """(what people say, topic id): the utterances, and some labels of each topic."""
    pairs = [(text, topic_id) for topic_id, texts in corpus.utterances.items() for text in texts]
    for topic in corpus.vocabulary:
        labels = [label for label in (*topic.alt_labels, *topic.hidden_labels) if len(label.split()) >= 2]
        pairs += [(label, topic.id) for label in random.sample(labels, min(LABELS_EACH, len(labels)))]
    return pairs


def with_slips(text: str) -> str:
    """The text with one or two slips of the finger."""
    letters = list(text)
    for _ in range(random.choice((1, 1, 2))):
        if len(letters) < 5:
            break
        at = random.randrange(1, len(letters) - 2)
        if not letters[at].isalpha():
            continue
        kind = random.random()
        if kind < 0.3:
            del letters[at]
        elif kind < 0.55:
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        elif kind < 0.75:
            letters.insert(at, letters[at])
        else:
            letters[at] = random.choice("abcdefghijklmnopqrstuvwxyz")
    return "".join(letters)
