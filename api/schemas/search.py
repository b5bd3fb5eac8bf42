"""Search: the question, and the answer with its interpretation, hits and facets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import marshmallow as ma

from api import fields
from api.fields import ResponseSchema
from api.schemas.common import TopicRef
from api.schemas.paging import Page
from api.schemas.passages import Filtered, PassageSummary, filters_of
from api.schemas.support import Support
from corpus import FACETS
from indexer import search as port

COUNTRY_TEXT = "Country of the person who searches (ISO 3166-1 alpha-2), for support contacts"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the engine, and where the person asking is."""

    request: port.SearchRequest
    country: str | None


class SearchQuery(Filtered):
    """Parameters of a search."""

    q = fields.free_text(
        'Plain language. Words are OR-ed and ranked; `"a phrase"` must occur; `-word` must not; no other character '
        "has a meaning. May be left out when a filter is given",
        port.MAX_QUERY_LENGTH,
        "why do I feel nothing at all",
    )
    country = fields.pattern_text(COUNTRY_TEXT, fields.COUNTRY_PATTERN, 2, "GB")
    interpret = fields.flag("Whether to expand the query with the vocabulary and correct its spelling", default=True)
    explain = fields.flag("Whether to say for each hit why it was found", default=False)

    class Meta(Filtered.Meta):
        """Parameters in the order of their use: it is public, generated clients follow it."""

        fields = ("q", *FACETS, "topic", "document", "language", "advisory_not", "country", "limit", "cursor",
                  "interpret", "explain")  # fmt: skip

    @ma.post_load
    def question(self, values: dict[str, Any], **_: Any) -> Question:
        """The parameters as one value."""
        filters, text, country = filters_of(values), values.get("q", ""), values.get("country")
        if not text.strip() and not filters:
            raise ma.ValidationError("give q, at least one filter, or both", "q")
        request = port.SearchRequest(
            text=text if text.strip() else "",
            filters=filters,
            limit=values["limit"],
            cursor=values.get("cursor"),
            interpret=values["interpret"],
            explain=values["explain"],
        )
        return Question(request, country.upper() if country else None)


class SearchRequest(SearchQuery):
    """A search in a request body, so that what someone looks for stays out of addresses and logs."""

    in_body = True


class Concept(ResponseSchema):
    """A topic recognised in the query."""

    topic = fields.nested(TopicRef)
    matched_text = fields.string("The words of the query that name it", longest=500, shortest=1)
    start = fields.count("First code point of those words in the query as sent")
    end = fields.count("Code point after the last one")
    kind = fields.one_of("By what it was recognised", ("label", "synonym", "spelling"))


class Interpretation(ResponseSchema):
    """What was understood of the query."""

    text = fields.string("The query as sent; empty where there were only filters", longest=port.MAX_QUERY_LENGTH)
    corrected_text = fields.string("The query with its spelling corrected", longest=1000, nullable=True)
    concepts = fields.many(fields.nested(Concept), "Topics recognised in the query", most=port.MAX_QUERY_LENGTH)


class HighlightMatch(ResponseSchema):
    """A marked run of a snippet."""

    start = fields.count("First code point in the snippet")
    end = fields.count("Code point after the last one")
    kind = fields.one_of("Why it is marked", ("exact", "stem", "concept", "spelling", "meaning"))


class Highlight(ResponseSchema):
    """A piece of a hit with what matched in it."""

    field = fields.one_of("Where the snippet stands", ("text", "heading", "title"))
    snippet = fields.string("Plain text; offsets of the matches count its code points", longest=2000)
    html = fields.string("The snippet escaped, matches in `<mark>`", longest=20000)
    matches = fields.many(fields.nested(HighlightMatch), "What is marked, in order, never overlapping", most=1000)


class Contribution(ResponseSchema):
    """One reason why a passage was found."""

    kind = fields.one_of(
        "The kind of reason", ("word", "phrase", "label", "topic", "correction", "meaning", "role", "support")
    )
    text = fields.string("What matched", longest=1000)
    detail = fields.string("The reason in a sentence", longest=2000)
    share = fields.number("Part of the score that it explains; the shares of a hit add up to 1", low=0, high=1)


class Explanation(ResponseSchema):
    """Why a passage was found."""

    summary = fields.string("The main reasons in a sentence", longest=2000)
    contributions = fields.many(fields.nested(Contribution), "All reasons, the strongest first", most=200)


class SearchHit(ResponseSchema):
    """A passage that was found."""

    passage = fields.nested(PassageSummary)
    score = fields.number("How well it fits; comparable within one answer only", low=0, high=1)
    highlights = fields.many(fields.nested(Highlight), "Where the query's words and topics occur", most=20)
    explanation = fields.nested(Explanation, nullable=True)


class Bucket(ResponseSchema):
    """How many passages of the whole result carry a topic in the facet's role."""

    topic = fields.nested(TopicRef)
    count = fields.count("Passages, those with narrower topics included")


class Facet(ResponseSchema):
    """The topics of the whole result in one role. A facet's own filter does not shrink its buckets."""

    facet = fields.one_of("The role", FACETS)
    buckets = fields.many(fields.nested(Bucket), "Topics, the most frequent first", most=1000)


class SearchResults(Page):
    """The answer to a search."""

    query = fields.nested(Interpretation)
    items = fields.many(fields.nested(SearchHit), "The hits of this page, the best first", most=port.MAX_LIMIT)
    facets = fields.many(fields.nested(Facet), "Topics to narrow the search by", most=len(FACETS))
    suggestions = fields.many(
        fields.string("A query", longest=port.MAX_QUERY_LENGTH, shortest=1), "Queries to try instead", most=20
    )
    support = fields.nested(Support, nullable=True)

    class Meta(Page.Meta):
        """Members in the order of their use."""

        fields = ("corpus_version", "query", "total", "items", "facets", "suggestions", "support", "next_cursor",
                  "previous_cursor")  # fmt: skip
