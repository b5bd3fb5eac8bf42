"""Support: help for a person in distress, and what is kept of what they ask."""

from __future__ import annotations

import marshmallow as ma

from api import fields
from api.fields import RequestSchema, ResponseSchema
from corpus.screening import TIERS
from corpus.support import CONTACT_KINDS

MAX_TEXT_LENGTH = 5000
COUNTRY_TEXT = "Country of the person (ISO 3166-1 alpha-2); that of the service's operator where left out"


class ContactsQuery(RequestSchema):
    """Parameters of the list of contacts."""

    country = fields.pattern_text(COUNTRY_TEXT, fields.COUNTRY_PATTERN, 2, "GB")
    language = fields.pattern_text(
        "Services that speak this language (BCP 47) come first", fields.LANGUAGE_PATTERN, 35, "en"
    )


class ScreenRequest(RequestSchema):
    """A text to screen."""

    in_body = True

    text = fields.required(
        fields.free_text("What a person wrote", MAX_TEXT_LENGTH, "everything feels pointless since the funeral")
    )
    country = fields.pattern_text(COUNTRY_TEXT, fields.COUNTRY_PATTERN, 2, "GB")
    language = fields.pattern_text(
        "Language (BCP 47) of the text, if known; all are tried anyway", fields.LANGUAGE_PATTERN, 35, "en"
    )


class Contact(ResponseSchema):
    """A service that a person in distress can reach."""

    id = fields.identifier("Permanent id")
    name = fields.string("Name of the service", longest=200, shortest=1)
    country = fields.string(
        "Country it serves (ISO 3166-1 alpha-2); null if international", longest=2, pattern="^[A-Z]{2}$", nullable=True
    )
    kind = fields.one_of("What kind of service it is", CONTACT_KINDS)
    phone = fields.string("Number to call", longest=50, nullable=True)
    sms = fields.string("How to reach it by text message", longest=200, nullable=True)
    url = fields.uri("Its web page", nullable=True)
    hours = fields.string("When it answers", longest=200, nullable=True)
    languages = fields.many(
        fields.string("A BCP 47 tag", longest=35, pattern=fields.LANGUAGE_PATTERN), "Languages it speaks", most=200
    )
    audience = fields.string("Whom it is for; null if for everyone", longest=200, nullable=True)
    source_url = fields.uri("Where the details were checked")
    checked_on = fields.date("When they were checked")


class Support(ResponseSchema):
    """Help to show before the results, because the query speaks of distress or of risk to life."""

    tier = fields.one_of("How urgent", ("distress", "crisis"))
    rule_id = fields.identifier("The rule that recognised it")
    message = fields.string("What to show, in careful words", longest=2000, shortest=1)
    contacts = fields.many(fields.nested(Contact), "Services to reach, the most fitting first", most=50)
    is_fallback = fields.yes_no("Whether the contacts are international, for want of any in the country")


class ContactList(ResponseSchema):
    """Services to reach, and where they are."""

    country = fields.string(
        "The country that was asked for; null if none is known", longest=2, pattern="^[A-Z]{2}$", nullable=True
    )
    is_fallback = fields.yes_no("Whether the contacts are international, for want of any in the country")
    contacts = fields.many(fields.nested(Contact), "Services to reach, the most fitting first; never empty", most=100)
    countries = fields.many(
        fields.string("A country (ISO 3166-1 alpha-2)", longest=2, shortest=2, pattern="^[A-Z]{2}$"),
        "Countries that have contacts of their own",
        most=300,
    )
    notice = fields.string("What to know before relying on them", longest=1000, shortest=1)


class Screening(ResponseSchema):
    """What a text was found to speak of."""

    tier = fields.one_of("How urgent", TIERS)
    rule_id = fields.identifier("The rule that recognised it; null if none did", nullable=True)
    informational = fields.yes_no("Whether it asks about the subject rather than speaks of a person")
    support = fields.nested(Support, nullable=True)
    rules_sha256 = fields.string(
        "Hash of the rules, as in the rule pack", longest=64, shortest=64, pattern="^[0-9a-f]{64}$"
    )


class RulePack(ResponseSchema):
    """The screening rules as data, for a matcher on the device."""

    format = fields.count("Version of the pack's shape; a matcher refuses one that it does not know", low=1)
    version = fields.string("Version of the rules", longest=50, shortest=1)
    sha256 = fields.string(
        "SHA-256 of the pack, its own `sha256` left out", longest=64, shortest=64, pattern="^[0-9a-f]{64}$"
    )
    pack = ma.fields.Dict(
        keys=ma.fields.String(), metadata={"description": "The rules, ready for a matcher; see `openapi/screening`"}
    )


class ServiceStatement(ResponseSchema):
    """What the service is for."""

    purpose = fields.string("What it is meant for", longest=1000, shortest=1)
    not_for = fields.many(fields.string("A use", longest=300, shortest=1), "What it must not be used for", most=20)
    disclaimer = fields.string("What the content is and is not", longest=500, shortest=1)
    emergency = fields.string("What to do in an emergency", longest=500, shortest=1)
    screening = fields.string("What the screening can and cannot do", longest=1000, shortest=1)


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
    rate_limits = fields.string("What is held to limit rates, and for how long", longest=500, shortest=1)
    private_search = fields.string("How to search without the query in an address", longest=500, shortest=1)
    disclaimer = fields.string("What the content is and is not", longest=500, shortest=1)
