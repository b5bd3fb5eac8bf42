"""A small corpus with everything that the API can show: three texts, topics, an edit and a withdrawal."""

from __future__ import annotations

from pathlib import Path

from indexer.pipeline import build
from indexer.search import IndexWriter

VOCABULARY = """\
topics:
  - id: emotional-numbness
    pref_label: emotional numbness
    definition: Feeling little or nothing.
    facets: [symptom]
    alt_labels: [numbness, feeling numb, dead inside]
    mappings: [{scheme: mesh, code: D059445}]
  - id: anhedonia
    pref_label: anhedonia
    definition: Taking no pleasure in what used to give it.
    facets: [symptom]
    alt_labels: [loss of pleasure]
    broader: [emotional-numbness]
  - id: depression
    pref_label: depression
    definition: A lasting low mood with loss of interest.
    facets: [condition, cause]
    related: [anhedonia]
  - id: trauma
    pref_label: trauma
    definition: Harm that overwhelms.
    facets: [cause]
  - id: journaling
    pref_label: journaling
    definition: Writing down what one feels.
    facets: [strategy]
    alt_labels: [keeping a diary]
  - id: insomnia
    pref_label: insomnia
    definition: Lying awake.
    facets: [symptom]
"""

FRONT = """\
---
id: {id}
title: {title}
summary: {summary}
authors: [Ada Example, Ben & Sons]
license: CC-BY-4.0
reviewed_on: 2026-11-01
next_review_on: 2027-11-01
advisories: [{advisories}]
source_url: https://texts.example/{id}
references:
  - title: A book on feelings
    publisher: Example Press
    url: https://books.example/feelings
---
"""

NUMBNESS = """
Emotional numbness is a state in which feelings seem far away. Many people call it numbness and say that they are
dead inside, though nothing in them has died. It often begins as protection and then stays for longer than it helps.

## Common causes

Depression can bring it about, and so can trauma that was never talked over. Some people notice *anhedonia* first: the
music they loved is only noise. A body that is tired for months may answer in the same way.

## What can help

Journaling is a small start: three lines each evening on what the day felt like. Nobody has to read them. After some
weeks many people find words for what seemed blank, and with the words a little of the feeling.
"""

OLD_NUMBNESS = NUMBNESS.replace("Nobody has to read them.", "No one else needs to read them.")

SLEEP = """
Insomnia wears feelings down. Whoever sleeps four hours for weeks has little left to feel with, and the days turn grey.

## Sleep & mood <now>

Depression and insomnia feed each other, so that it is hard to say which came first. Treating either often eases both,
and it is worth telling a doctor about the two of them together.
"""

GONE = """
Walking outside each morning helped some people to notice their senses again. They named five sounds, four colours and
three smells on their way, and came home a little more awake than before.
"""


def write_corpus(root: Path, *, first: bool) -> None:
    """The corpus as it was at first, or as it is now: one passage edited, one text taken away."""
    texts = root / "texts"
    texts.mkdir(parents=True, exist_ok=True)
    (root / "vocabulary.yaml").write_text(VOCABULARY, "utf-8")
    _write(texts, "numbness", "What is “numbness”?", OLD_NUMBNESS if first else NUMBNESS, "trauma")
    _write(texts, "sleep", "Sleep <and> feelings", SLEEP, "")
    if first:
        _write(texts, "walking", "Walking", GONE, "")
    else:
        (texts / "walking.md").unlink(missing_ok=True)


def build_twice(root: Path, url: str, writer: IndexWriter | None = None) -> None:
    """Publishes the corpus, edits it, and publishes it again: now there are an old revision and a withdrawal."""
    for first in (True, False):
        write_corpus(root, first=first)
        build(root, url, writer=writer)


def _write(folder: Path, name: str, title: str, body: str, advisories: str) -> None:
    front = FRONT.format(id=name, title=f'"{title}"', summary=f"About {name}.", advisories=advisories)
    (folder / f"{name}.md").write_text(front + body, "utf-8")
