"""Passages: what one shows, and how they are selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import marshmallow as ma

from api import fields
from api.fields import ResponseSchema
from api.schemas.common import Attribution, DocumentRef, Span, TopicRef
from api.schemas.paging import Page, Paged
from corpus import ADVISORIES, FACETS
from indexer.search import MAX_LIMIT, Filters, SearchRequest


class Filtered(Paged):
    """The filters that search and the list of passages share: OR within a parameter, AND across parameters."""

    symptom = fields.ids("Topics as a symptom, narrower topics included; repeat for OR", "emotional-numbness")
    cause = fields.ids("Topics as a cause, narrower topics included; repeat for OR", "trauma")
    condition = fields.ids("Topics as a condition, narrower topics included; repeat for OR", "depression")
    treatment = fields.ids("Topics as a treatment, narrower topics included; repeat for OR", "psychotherapy")
    strategy = fields.ids("Topics as something to do oneself, narrower included; repeat for OR", "mindfulness")
    mechanism = fields.ids("Topics as a mechanism, narrower topics included; repeat for OR", "freeze-response")
    effect = fields.ids("Topics as an effect, narrower topics included; repeat for OR", "loneliness")
    topic = fields.ids("Topics in any role, narrower topics included; repeat for OR", "anhedonia")
    document = fields.ids("Documents that the passages may come from; repeat for OR", "what-is-emotional-numbness")
    language = fields.patterns("Languages (BCP 47); repeat for OR", fields.LANGUAGE_PATTERN, 35, "en")
    advisory_not = fields.choices("Leave out passages that carry one of these advisories", ADVISORIES, "self_harm")


def filters_of(values: dict[str, Any]) -> Filters:
    """The filters among validated parameters."""
    return Filters(
        facets={facet: frozenset(values[facet]) for facet in FACETS if values[facet]},
        topics=frozenset(values["topic"]),
        documents=frozenset(values["document"]),
        languages=frozenset(values["language"]),
        advisories_not=frozenset(values["advisory_not"]),
    )


@dataclass(frozen=True, slots=True)
class PassageSelection:
    """A batch by id, or a page of what the filters select."""

    ids: tuple[str, ...]
    request: SearchRequest


class PassagesQuery(Filtered):
    """Parameters of the list of passages."""

    id = fields.ids("Passages of a batch, answered in this order; not together with other parameters", most=MAX_LIMIT)

    class Meta(Filtered.Meta):
        """Parameters in the order of their use: it is public, generated clients follow it."""

        fields = ("id", *FACETS, "topic", "document", "language", "advisory_not", "limit", "cursor")

    @ma.validates_schema(pass_original=True)
    def batch_stands_alone(self, values: dict[str, Any], original: dict[str, Any], **_: Any) -> None:
        """`id` names the passages fully: a filter beside it would be ignored, so it is refused."""
        others = sorted(set(original) - {"id"})
        if values.get("id") and others:
            raise ma.ValidationError(f"id cannot be combined with {', '.join(others)}", "id")

    @ma.post_load
    def selection(self, values: dict[str, Any], **_: Any) -> PassageSelection:
        """The parameters as one value."""
        wanted = tuple(dict.fromkeys(values["id"]))
        return PassageSelection(
            wanted, SearchRequest(filters=filters_of(values), limit=values["limit"], cursor=values.get("cursor"))
        )


class PassageQuery(fields.RequestSchema):
    """Parameters of one passage."""

    revision = fields.whole_number("An older revision of the passage; the current one where left out")


class Evidence(ResponseSchema):
    """The words that a tag rests on."""

    text = fields.string("The words as they stand", longest=2000, shortest=1)
    start = fields.count("First code point in the passage's `text`, or in `heading_path` joined by ' > '")
    end = fields.count("Code point after the last one")
    source = fields.one_of("Where the words stand", ("text", "heading"))


class Tag(ResponseSchema):
    """A topic in the role that it plays in a passage."""

    facet = fields.one_of("The role", FACETS)
    topic = fields.nested(TopicRef)
    evidence = fields.many(fields.nested(Evidence), "The words that the tag rests on", most=1000)


class PassageSummary(ResponseSchema):
    """A passage: a run of whole sentences under one heading, with its tags and the credit to show beside it."""

    id = fields.identifier("Permanent id; a light edit keeps it")
    revision = fields.count("1 at first publication, one more at each change of the text", low=1)
    document = fields.nested(DocumentRef)
    heading_path = fields.many(
        fields.string("A heading", longest=1000, shortest=1),
        "Headings above the passage, the outermost first, without the document's title",
        most=10,
    )
    position = fields.count("Order in the document, from 0")
    text = fields.string("The passage as plain text; paragraphs are parted by an empty line", longest=20000)
    language = fields.string("BCP 47 tag of the text's language", longest=35, pattern=fields.LANGUAGE_PATTERN)
    tags = fields.many(fields.nested(Tag), "What the passage is about, one tag for each topic in a role", most=500)
    advisories = fields.many(
        fields.one_of("An advisory", ADVISORIES), "What a reader may want to be warned of", most=len(ADVISORIES)
    )
    word_count = fields.count("Words of the text")
    reading_seconds = fields.count("Time to read it silently, in seconds", low=1)
    reading_grade = fields.number("Flesch-Kincaid grade level (US school years)", low=0, high=100)
    attribution = fields.nested(Attribution)


class Passage(PassageSummary):
    """A passage with everything needed to show it and to find its place."""

    markdown = fields.string("The passage as Markdown without raw HTML", longest=40000)
    html = fields.string("The passage as safe HTML: escaped, no scripts, no attributes but links", longest=80000)
    source_span = fields.nested(Span)
    previous_id = fields.identifier("The passage before it in the document", nullable=True)
    next_id = fields.identifier("The passage after it in the document", nullable=True)
    companions = fields.many(
        fields.nested(PassageSummary), "Passages that should be shown together with this one", most=10
    )
    first_published_on = fields.date("When the passage was first published")
    updated_on = fields.date("When this revision was published")


class UnavailablePassage(ResponseSchema):
    """An id of a batch that no current passage has."""

    id = fields.string("The id as asked for", longest=fields.ID_LENGTH, shortest=1)
    reason = fields.one_of("Why there is no such passage", ("not_found", "withdrawn"))
    successor_id = fields.identifier("The passage that now carries most of a withdrawn one's text", nullable=True)


class PassageList(Page):
    """A page of passages, or a batch."""

    items = fields.many(fields.nested(PassageSummary), "The passages", most=MAX_LIMIT)
    unavailable = fields.many(
        fields.nested(UnavailablePassage), "Ids of a batch that name no current passage", most=MAX_LIMIT
    )
