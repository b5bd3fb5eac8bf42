"""Support: contacts, screening, and what is kept of what people ask."""

from __future__ import annotations

from typing import Any

from api import privacy, support
from api.auth import Scope
from api.blueprint import Blueprint
from api.caching import Cache
from api.schemas.support import (
    ContactList,
    ContactsQuery,
    PrivacyStatement,
    RulePack,
    Screening,
    ScreenRequest,
    ServiceStatement,
)
from indexer.serialize import Record

blp = Blueprint("Support", __name__, url_prefix="/v1", description="Help for people in distress, and their privacy.")


@blp.operation("/support", returns=ContactList, query=ContactsQuery, cache=Cache.SUPPORT, scope=Scope.OPEN)
def list_support_contacts(query: dict[str, Any]) -> Record:
    """List support contacts

    Services that a person in distress can reach in a country, the local emergency number first. Where the country is
    not known or has no entry, international ones: the list is never empty.
    """
    country = query["country"].upper() if query.get("country") else support.default_country()
    contacts, is_fallback = support.current().data.select(country, language=query.get("language"))
    return {
        "country": country,
        "is_fallback": is_fallback,
        "contacts": support.contact_records(contacts),
        "countries": list(support.current().data.countries),
        "notice": privacy.CONTACTS_NOTICE,
    }


@blp.operation("/support/screen", returns=Screening, body=ScreenRequest, cache=Cache.NEVER, scope=Scope.OPEN)
def screen_text(body: dict[str, Any]) -> Record:
    """Screen a text

    Whether a text speaks of danger to life (crisis), of strong suffering (distress) or of neither, in English,
    Spanish, French or German, and what to show then. It is no diagnosis. The text is written down nowhere.
    """
    country = body["country"].upper() if body.get("country") else None
    screening, found = support.screen(body["text"], country, body.get("language"))
    return {
        "tier": screening.tier,
        "rule_id": screening.rule_id,
        "informational": screening.informational,
        "support": found,
        "rules_sha256": support.current().pack["sha256"],
    }


@blp.operation("/support/rules", returns=RulePack, cache=Cache.SUPPORT, scope=Scope.OPEN)
def get_screening_rules() -> Record:
    """Get the screening rules

    The rules as data, so that an app can screen on the device and send nothing. Matchers in JavaScript and Python
    that give the same tiers are in the repository under `openapi/screening`.
    """
    pack = support.current().pack
    return {"format": pack["format"], "version": pack["version"], "sha256": pack["sha256"], "pack": pack}


@blp.operation("/privacy", returns=PrivacyStatement, cache=Cache.STATIC, scope=Scope.OPEN)
def get_privacy_statement() -> Record:
    """Get the privacy statement

    What this service writes down of a request, completely, and what it never does; machine readable.
    """
    return privacy.STATEMENT


@blp.operation("/about", returns=ServiceStatement, cache=Cache.STATIC, scope=Scope.OPEN)
def get_service_statement() -> Record:
    """Get the service statement

    What the service is for and what it is not for, to be shown where its texts are shown.
    """
    return privacy.ABOUT
