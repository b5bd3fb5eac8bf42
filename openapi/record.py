"""Records real answers as the examples of the OpenAPI document: openapi/examples/answers.json.

python -m openapi.record [CORPUS]     build an index of the corpus in a temporary folder, ask it, write the answers

Run it when the corpus or the shape of answers has changed, then `python -m openapi.generate`.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from api.app import create_app
from api.settings import Settings
from indexer.pipeline import build

ANSWERS = Path(__file__).parent / "examples" / "answers.json"
MOST_ITEMS = 3
"""Longer lists are cut: an example shows the shape, and the document stays readable."""

LARGE_MAP = 50
"""An object with more members is a table, and cut like a list."""

QUERY = {"q": "why do I feel nothing at all", "limit": "1", "explain": "true"}
BODY = {"q": "everything feels flat since I lost my father", "symptom": ["emotional-numbness"], "limit": 1}
TEXT = {"text": "I feel so hopeless and alone since the funeral", "country": "GB"}
TOPIC = "emotional-numbness"
DOCUMENT = "what-is-emotional-numbness"


def main(arguments: list[str]) -> int:
    """Writes the answers."""
    corpus = Path(arguments[0]) if arguments else Path("corpus")
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "corpus"
        shutil.copytree(corpus, copy)  # a build keeps ids beside the texts, and recording must not change those
        url = f"whoosh:{scratch}/index"
        build(copy, url)
        recorded = record(create_app(Settings(index=url)).test_client())
    ANSWERS.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


def record(client: FlaskClient) -> dict[str, Any]:
    """By operationId: the parts of the path, the parameters or body that were sent, and the answer."""
    passage = client.get("/v1/search", query_string=QUERY).get_json()["items"][0]["passage"]["id"]
    gets: list[tuple[str, str, dict[str, str], dict[str, Any]]] = [
        ("search_passages", "/v1/search", {}, QUERY),
        ("suggest_queries", "/v1/suggest", {}, {"q": "why can't i f", "limit": "3"}),
        ("list_topics", "/v1/topics", {}, {"facet": ["cause"], "limit": "2"}),
        ("get_topic", "/v1/topics/{topic_id}", {"topic_id": TOPIC}, {}),
        ("get_vocabulary", "/v1/vocabulary", {}, {}),
        ("list_passages", "/v1/passages", {}, {"document": [DOCUMENT], "limit": "1"}),
        ("get_passage", "/v1/passages/{passage_id}", {"passage_id": passage}, {}),
        ("list_similar_passages", "/v1/passages/{passage_id}/similar", {"passage_id": passage}, {"limit": "1"}),
        ("list_documents", "/v1/documents", {}, {"limit": "1"}),
        ("get_document", "/v1/documents/{document_id}", {"document_id": DOCUMENT}, {}),
        ("get_document_metadata", "/v1/documents/{document_id}/schema-org", {"document_id": DOCUMENT}, {}),
        ("list_support_contacts", "/v1/support", {}, {"country": "GB"}),
        ("get_screening_rules", "/v1/support/rules", {}, {}),
        ("get_privacy_statement", "/v1/privacy", {}, {}),
        ("get_service_statement", "/v1/about", {}, {}),
    ]
    posts: list[tuple[str, str, dict[str, Any]]] = [
        ("search_passages_privately", "/v1/search", BODY),
        ("screen_text", "/v1/support/screen", TEXT),
    ]
    found: dict[str, Any] = {
        operation_id: {"path": {}, "sent": body, "answer": _answer(client.post(path, json=body))}
        for operation_id, path, body in posts
    }
    for operation_id, template, path, query in gets:
        answer = _answer(client.get(template.format(**path), query_string=query))
        found[operation_id] = {"path": path, "sent": query, "answer": answer}
    return dict(sorted(found.items()))


def _answer(response: Any) -> Any:
    if response.status_code != 200:
        raise SystemExit(f"{response.request.path}: {response.status_code} {response.get_data(as_text=True)}")
    return _shortened(json.loads(response.get_data()))


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        members = list(value.items())
        return {key: _shortened(member) for key, member in members[: MOST_ITEMS if len(members) > LARGE_MAP else None]}
    if isinstance(value, list):
        return [_shortened(item) for item in value[:MOST_ITEMS]]
    return value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
