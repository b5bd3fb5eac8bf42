"""Passages: the pieces of text that are found and shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from api import support
from api.blueprint import Blueprint
from api.caching import Cache
from api.index import snapshot
from api.schemas.passages import Passage, PassageList, PassageQuery, PassageSelection, PassagesQuery
from api.schemas.similar import SimilarPassages, SimilarQuery
from indexer import serialize
from indexer.companions import companions_of
from indexer.errors import NotFound, PassageWithdrawn
from indexer.search import Filters, SearchRequest, Snapshot
from indexer.serialize import Record

blp = Blueprint(
    "Passages", __name__, url_prefix="/v1", description="Passages of the texts with tags and the credit to show."
)


@blp.operation("/passages", returns=PassageList, query=PassagesQuery, cache=Cache.UNLESS_FILTERED)
def list_passages(selection: PassageSelection) -> Record:
    """List passages

    All passages in order of document and position, those that the filters select, or a batch by `id`. A batch answers
    what there is and lists the rest under `unavailable`.
    """
    current = snapshot()
    if selection.ids:
        return _batch(current, selection.ids)
    return _page(current, selection.request)


@blp.operation(
    "/passages/<passage_id>", returns=Passage, query=PassageQuery, problems=["not-found", "passage-withdrawn"]
)
def get_passage(query: dict[str, Any], passage_id: str) -> Record:
    """Get a passage

    The passage as it is now, or as it was at an older revision. A withdrawn passage answers 410 with its successor.
    """
    current = snapshot()
    found = current.passage(passage_id, query.get("revision"))
    return serialize.passage(current, found, companions_of(current, found, support.current().companions))


@blp.operation(
    "/passages/<passage_id>/similar",
    returns=SimilarPassages,
    query=SimilarQuery,
    problems=["not-found", "passage-withdrawn"],
)
def list_similar_passages(query: dict[str, Any], passage_id: str) -> Record:
    """List similar passages

    Passages on the same subject, the nearest first, at most two from one document: by the topics that they share in
    the same role and by their most telling words.
    """
    current = snapshot()
    return serialize.similar_passages(current, current.similar(passage_id, query["limit"]))


def _page(current: Snapshot, request: SearchRequest) -> Record:
    if not request.filters:
        # Everything is what a filter by all documents selects, so that there is one way to page.
        request = replace(request, filters=Filters(documents=frozenset(current.documents)))
    if not request.filters:
        return serialize.passage_list(current, (), 0)
    found = current.search(request)
    listed = serialize.passage_list(current, (hit.passage for hit in found.hits), found.total)
    return listed | {"next_cursor": found.next_cursor, "previous_cursor": found.previous_cursor}


def _batch(current: Snapshot, wanted: tuple[str, ...]) -> Record:
    found, missing = [], []
    for passage_id in wanted:
        try:
            found.append(current.passage(passage_id))
        except PassageWithdrawn as error:
            missing.append({"id": passage_id, "reason": "withdrawn", "successor_id": error.successor_id})
        except NotFound:
            missing.append({"id": passage_id, "reason": "not_found", "successor_id": None})
    return serialize.passage_list(current, found, len(found)) | {"unavailable": missing}
