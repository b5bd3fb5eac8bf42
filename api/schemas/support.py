"""Support: help for a person in distress, and what is kept of what they ask."""

from __future__ import annotations

from api import fields
from api.fields import ResponseSchema


class Contact(ResponseSchema):
    """A service that a person in distress can reach."""

    id = fields.identifier("Permanent id")
    name = fields.string("Name of the service", longest=200, shortest=1)
    country = fields.string(
        "Country it serves (ISO 3166-1 alpha-2); null if international", longest=2, pattern="^[A-Z]{2}$", nullable=True
    )
    kind = fields.string("What kind of service it is", longest=50, shortest=1)
    phone = fields.string("Number to call", longest=50, nullable=True)
    sms = fields.string("How to reach it by text message", longest=200, nullable=True)
    url = fields.uri("Its web page", nullable=True)
    hours = fields.string("When it answers", longest=200, nullable=True)
    languages = fields.many(
        fields.string("A BCP 47 tag", longest=35, pattern=fields.LANGUAGE_PATTERN), "Languages it speaks", most=200
    )
    audience = fields.string("Whom it is for; null if for everyone", longest=200, nullable=True)
    source_url = fields.uri("Where the details were checked", nullable=True)
    checked_on = fields.date("When they were checked")


class Support(ResponseSchema):
    """Help to show before the results, because the query speaks of distress or of risk to life."""

    tier = fields.one_of("How urgent", ("distress", "crisis"))
    rule_id = fields.identifier("The rule that recognised it")
    message = fields.string("What to show, in careful words", longest=2000, shortest=1)
    contacts = fields.many(fields.nested(Contact), "Services to reach, the most fitting first", most=50)
    is_fallback = fields.yes_no("Whether the contacts are international, for want of any in the country")


class RecordedItem(ResponseSchema):
    """One thing that is written down of each request."""

    name = fields.string("Its name in the log line or metric", longest=50, shortest=1)
    meaning = fields.string("What it says", longest=500, shortest=1)


class PrivacyStatement(ResponseSchema):
    """What this service writes down of a request, and what it never does."""

    summary = fields.string("The statement in a few sentences", longest=2000, shortest=1)
    logged = fields.many(fields.nested(RecordedItem), "What a log line holds, completely", most=50)
    measured = fields.many(fields.nested(RecordedItem), "What the metrics hold, completely", most=50)
    never_recorded = fields.many(
        fields.string("A kind of data", longest=200, shortest=1), "What is written nowhere", most=50
    )
    stores_queries = fields.yes_no("Whether what people search for is stored anywhere")
    sets_cookies = fields.yes_no("Whether cookies are set")
    contacts_third_parties = fields.yes_no("Whether pages or the server contact other hosts")
    retention = fields.string("How long the log lines are kept", longest=500, shortest=1)
    private_search = fields.string("How to search without the query in an address", longest=500, shortest=1)
    disclaimer = fields.string("What the content is and is not", longest=500, shortest=1)
