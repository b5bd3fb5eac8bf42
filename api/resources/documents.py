"""Documents: the texts that passages come from."""

from __future__ import annotations

import difflib
from typing import Any

from api import linked_data
from api.blueprint import Blueprint
from api.index import snapshot
from api.paging import page
from api.schemas.documents import Document, DocumentList, DocumentsQuery
from api.schemas.linked_data import DocumentMetadata
from indexer import serialize
from indexer.errors import NotFound
from indexer.model import PublishedDocument
from indexer.search import Snapshot
from indexer.serialize import Record

blp = Blueprint("Documents", __name__, url_prefix="/v1", description="The texts, their outline, licence and sources.")


@blp.operation("/documents", returns=DocumentList, query=DocumentsQuery)
def list_documents(query: dict[str, Any]) -> Record:
    """List documents

    All texts in order of id, or those in one of some languages.
    """
    current = snapshot()
    languages = set(query["language"])
    chosen = [found for found in current.documents.values() if not languages or found.source.language in languages]
    part = page(chosen, query["limit"], query.get("cursor"), current.corpus_version, "documents", *sorted(languages))
    return part.members | {"items": [serialize.document_summary(found) for found in part.items]}


@blp.operation("/documents/<document_id>", returns=Document, problems=["not-found"])
def get_document(document_id: str) -> Record:
    """Get a document

    One text with its outline: headings and the passages under each.
    """
    return serialize.document(_document(snapshot(), document_id))


@blp.operation(
    "/documents/<document_id>/schema-org",
    returns=DocumentMetadata,
    problems=["not-found"],
    media_type=linked_data.MEDIA_TYPE,
)
def get_document_metadata(document_id: str) -> Record:
    """Get a document's metadata for schema.org

    A `MedicalWebPage` in JSON-LD, ready to stand in the page of an app that shows the text.
    """
    current = snapshot()
    return linked_data.web_page(current, _document(current, document_id))


def _document(current: Snapshot, document_id: str) -> PublishedDocument:
    found = current.documents.get(document_id)
    if found is None:
        nearest = difflib.get_close_matches(document_id, current.documents, n=1)
        hint = f"; did you mean '{nearest[0]}'?" if nearest else ""
        raise NotFound(f"no document has the id '{document_id}'{hint}")
    return found
