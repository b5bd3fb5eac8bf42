"""Search by words, by topics in a role, or both."""

from __future__ import annotations

from dataclasses import replace

from api import support
from api.auth import Scope
from api.blueprint import Blueprint
from api.caching import Cache
from api.index import snapshot
from api.schemas.search import Question, SearchQuery, SearchRequest, SearchResults
from api.schemas.suggestions import Suggestions, SuggestQuery
from indexer import serialize
from indexer.serialize import Record

blp = Blueprint(
    "Search", __name__, url_prefix="/v1", description="Find passages by words, by topics in a role, or by both."
)


@blp.operation("/search", returns=SearchResults, query=SearchQuery, cache=Cache.NEVER, scope=Scope.SEARCH)
def search_passages(question: Question) -> Record:
    """Search passages

    Words are matched by stem, by the topics that they name, and after correcting their spelling. Filters narrow the
    result; facets count what is in it. At least `q` or one filter must be given.
    """
    return _search(question)


@blp.operation("/search", returns=SearchResults, body=SearchRequest, cache=Cache.NEVER, scope=Scope.SEARCH)
def search_passages_privately(question: Question) -> Record:
    """Search passages with the query in the body

    The same search as with GET. What someone looks for when they feel unwell is nobody's business: in a body it stays
    out of addresses, histories and the logs of proxies.
    """
    return _search(question)


@blp.operation("/suggest", returns=Suggestions, query=SuggestQuery, cache=Cache.NEVER, scope=Scope.SEARCH)
def suggest_queries(asked: tuple[str, int]) -> Record:
    """Suggest queries

    What typed words may become: topics, headings, respelt words. Each suggestion finds at least one passage. None names
    a way of harming anyone or a dose; words that point to danger are answered with ways to help alone.
    """
    current = snapshot()
    return serialize.suggestions(current, current.suggest(*asked))


def _search(question: Question) -> Record:
    _, found = support.screen(question.request.text, question.country)
    current = snapshot()
    asked = question.request
    if found is not None:
        helpful = tuple(topic_id for topic_id in support.PREFERRED_TOPICS if topic_id in current.vocabulary)
        asked = replace(asked, prefer_topics=helpful)
    return serialize.search_results(current, current.search(asked)) | {"support": found}
