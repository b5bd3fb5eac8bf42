"""Everything that the indexer raises on purpose; each message names the remedy."""

from __future__ import annotations


class IndexerError(Exception):
    """Base of the tree."""


# --- requests ------------------------------------------------------------------------------------------------


class InvalidRequest(IndexerError):
    """A request that cannot be answered as asked; `field` names the parameter at fault."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class UnknownTopic(InvalidRequest):
    """A filter names a topic that the vocabulary does not have; `nearest` are existing ids, best first."""

    def __init__(self, field: str, topic_id: str, nearest: tuple[str, ...]) -> None:
        super().__init__(field, f"unknown topic '{topic_id}'{_did_you_mean(nearest)}")
        self.nearest = nearest


class UnknownDocument(InvalidRequest):
    """A filter names a document that the index does not have."""

    def __init__(self, field: str, document_id: str, nearest: tuple[str, ...]) -> None:
        super().__init__(field, f"unknown document '{document_id}'{_did_you_mean(nearest)}")
        self.nearest = nearest


class BadCursor(InvalidRequest):
    """A cursor that is not ours, belongs to another query, or to another version of the corpus."""

    def __init__(self, message: str) -> None:
        super().__init__("cursor", message)


class NotFound(IndexerError):
    """No passage, document, topic or revision has this id."""


class PassageWithdrawn(IndexerError):
    """The id named a passage once; `successor_id` carries most of its text now, if any does."""

    def __init__(self, passage_id: str, successor_id: str | None) -> None:
        hint = f"; its text went to '{successor_id}'" if successor_id else ""
        super().__init__(f"passage '{passage_id}' was withdrawn{hint}")
        self.passage_id = passage_id
        self.successor_id = successor_id


# --- the index --------------------------------------------------------------------------------------------------


class IndexUnavailable(IndexerError):
    """No generation can be opened: missing, corrupt, or written by another version of Thaw."""


class BuildFailed(IndexerError):
    """The build stopped; what was published before goes on serving."""


class BuildBusy(BuildFailed):
    """Another build holds the lock and did not finish in time."""


def _did_you_mean(nearest: tuple[str, ...]) -> str:
    if not nearest:
        return ""
    return "; did you mean " + " or ".join(f"'{candidate}'" for candidate in nearest) + "?"
