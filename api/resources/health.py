"""Health, readiness and metrics: for operators, outside of the versioned API."""

from __future__ import annotations

from flask import Blueprint, Response

from api import metrics
from api.index import snapshot

blp = Blueprint("health", __name__)


@blp.after_request
def _never_kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@blp.get("/healthz")
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@blp.get("/readyz")
def readyz() -> dict[str, str | int]:
    """The index answers too; IndexUnavailable becomes a 503 with the remedy."""
    current = snapshot()
    return {
        "status": "ready",
        "corpus_version": current.corpus_version,
        "built_at": current.built_at.isoformat(),
        "document_count": len(current.documents),
        "passage_count": current.passage_count,
    }


@blp.get("/metrics")
def prometheus() -> Response:
    """Counts and latencies in Prometheus text."""
    return Response(metrics.REQUESTS.text(), content_type=metrics.MEDIA_TYPE)
