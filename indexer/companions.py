"""Finds the passages that must be shown together with one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from corpus.companions import Companion
from indexer.errors import NotFound, PassageWithdrawn
from indexer.model import PublishedPassage
from indexer.search import Snapshot


def companions_of(
    snapshot: Snapshot, published: PublishedPassage, rules: Iterable[Companion]
) -> tuple[PublishedPassage, ...]:
    """In the order of the rules, each once. What a corpus does not have is left out."""
    found: dict[str, PublishedPassage] = {}
    for rule in rules:
        if _goes_with(snapshot, published, rule):
            for passage_id in named_passages(snapshot, rule):
                if passage_id != published.id and passage_id not in found:
                    try:
                        found[passage_id] = snapshot.passage(passage_id)
                    except (NotFound, PassageWithdrawn):
                        continue
    return tuple(found.values())


def named_passages(snapshot: Snapshot, rule: Companion) -> Iterator[str]:
    """Ids of the passages under the heading that a rule names."""
    document = snapshot.documents.get(rule.document_id)
    for entry in document.outline if document else ():
        if entry.heading == rule.heading:
            yield from entry.passage_ids


def _goes_with(snapshot: Snapshot, published: PublishedPassage, rule: Companion) -> bool:
    if rule.advisories.intersection(published.passage.advisories):
        return True
    carried = {(tag.facet, tag.topic_id) for tag in published.passage.tags}
    return any(
        (facet, topic_id) in carried
        for facet, named in rule.topics
        if named in snapshot.vocabulary
        for topic_id in snapshot.vocabulary.with_narrower(named)
    )
