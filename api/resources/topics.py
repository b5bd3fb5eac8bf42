"""Topics: what passages are tagged with."""

from __future__ import annotations

import difflib
from typing import Any

from api import linked_data
from api.blueprint import Blueprint
from api.index import snapshot
from api.paging import page
from api.schemas.linked_data import SkosScheme
from api.schemas.topics import Topic, TopicList, TopicsQuery
from indexer import serialize
from indexer.errors import NotFound
from indexer.serialize import Record

blp = Blueprint(
    "Topics", __name__, url_prefix="/v1", description="The vocabulary: topics, their labels and how they hang together."
)


@blp.operation("/topics", returns=TopicList, query=TopicsQuery)
def list_topics(query: dict[str, Any]) -> Record:
    """List topics

    All topics of the vocabulary in its own order, or those that may serve a role, with the number of passages on each.
    """
    current = snapshot()
    roles = set(query["facet"])
    chosen = [topic for topic in current.vocabulary if not roles or roles.intersection(topic.facets)]
    part = page(chosen, query["limit"], query.get("cursor"), current.corpus_version, "topics", *sorted(roles))
    return part.members | {"items": [serialize.topic(current, topic) for topic in part.items]}


@blp.operation("/vocabulary", returns=SkosScheme, media_type=linked_data.MEDIA_TYPE)
def get_vocabulary() -> Record:
    """Get the vocabulary in SKOS

    The whole vocabulary as JSON-LD: a concept scheme, its concepts with all labels, and a collection for each role.
    """
    return linked_data.vocabulary(snapshot())


@blp.operation("/topics/<topic_id>", returns=Topic, problems=["not-found"])
def get_topic(topic_id: str) -> Record:
    """Get a topic

    One topic with its labels, its neighbours in the vocabulary and the number of passages on it.
    """
    current = snapshot()
    if topic_id not in current.vocabulary:
        nearest = difflib.get_close_matches(topic_id, current.vocabulary.topics, n=1)
        hint = f"; did you mean '{nearest[0]}'?" if nearest else ""
        raise NotFound(f"no topic has the id '{topic_id}'{hint}")
    return serialize.topic(current, current.vocabulary[topic_id])
