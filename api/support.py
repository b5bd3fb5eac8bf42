"""Help for people in distress: screens what they write, and has the words and contacts to show.

The data is that of the corpus folder where it has its own, else the packaged one. It is read when the application
starts, needs no index, and is therefore there in every failure.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request

from corpus.companions import PACKAGED_COMPANIONS, Companion, read_companions
from corpus.screening import PACKAGED_SCREENING, ScreeningRules, Tier, read_screening
from corpus.support import PACKAGED_SUPPORT, Contact, SupportData, read_support
from indexer.rulepack import rule_pack
from indexer.screen import Screener, Screening
from indexer.serialize import Record, json_default

log = logging.getLogger("thaw.support")

SEARCH = "/v1/search"
PREFERRED_TOPICS = ("crisis-help", "professional-help")
"""Passages on these rise in a search that needs support; the most urgent first."""
_EXTENSION = "thaw.support"


@dataclass(frozen=True)
class Support:
    """Rules and contacts, ready for use. Immutable; safe to share between threads."""

    rules: ScreeningRules
    pack: dict[str, Any]
    data: SupportData
    companions: tuple[Companion, ...]

    @cached_property
    def screener(self) -> Screener:
        """Compiled from the pack."""
        return Screener(self.pack)

    @cached_property
    def version(self) -> str:
        """Changes with the rules and the contacts."""
        contacts = json.dumps([contact_record(found) for found in self.data.contacts], default=json_default)
        return f"{self.pack['sha256']}\n{contacts}"

    def block(self, screening: Screening, country: str | None) -> Record | None:
        """Support, or None where the text needs none."""
        if screening.tier == "none" or screening.rule_id is None:
            return None
        tier: Tier = "crisis" if screening.tier == "crisis" else "distress"
        contacts, is_fallback = self.data.select(country, tier, screening.concern, screening.language)
        return {
            "tier": tier,
            "rule_id": screening.rule_id,
            "message": self.rules.message(tier, screening.concern, screening.language),
            "contacts": contact_records(contacts),
            "is_fallback": is_fallback,
        }


def contact_records(contacts: Sequence[Contact]) -> list[Record]:
    """Contact, for each."""
    return [contact_record(contact) for contact in contacts]


def contact_record(contact: Contact) -> Record:
    """Contact."""
    return {
        "id": contact.id,
        "name": contact.name,
        "country": contact.country,
        "kind": contact.kind,
        "phone": contact.phone,
        "sms": contact.sms,
        "url": contact.url,
        "hours": contact.hours,
        "languages": list(contact.languages),
        "audience": contact.audience,
        "source_url": contact.source_url,
        "checked_on": contact.checked_on,
    }


@cache
def read(screening: Path, contacts: Path, companions: Path) -> Support:
    """The data of three files; raises CorpusError."""
    return Support(read_screening(screening), rule_pack(screening), read_support(contacts), read_companions(companions))


def register(app: Flask, corpus: str, default_country: str | None) -> None:
    """Gives the application its rules and contacts. Raises CorpusError."""
    found = read(*(_own(corpus, packaged) for packaged in (PACKAGED_SCREENING, PACKAGED_SUPPORT, PACKAGED_COMPANIONS)))
    app.extensions[_EXTENSION] = (found, default_country)


def _own(corpus: str, packaged: Path) -> Path:
    own = Path(corpus) / packaged.name
    return own if own.is_file() else packaged


def current() -> Support:
    """Of this application."""
    found: Support = current_app.extensions[_EXTENSION][0]
    return found


def default_country() -> str | None:
    """Where people are who do not say."""
    found: str | None = current_app.extensions[_EXTENSION][1]
    return found


def screen(text: str, country: str | None, language: str | None = None) -> tuple[Screening, Record | None]:
    """What a text was found to be, and the support to show with it."""
    support = current()
    screening = support.screener.screen(text, language)
    return screening, support.block(screening, country or default_country())


def of_refused_search() -> Record | None:
    """The support that a search asked for even though it cannot be answered: for whatever reason it was refused,
    nobody is left without help. Reads the request as it came, because it may not be valid.
    """
    if request.path != SEARCH:
        return None
    try:
        members: Any = request.args if request.method != "POST" else json.loads(request.get_data())
        text, country = members.get("q"), members.get("country")
        if not isinstance(text, str):
            return None
        return screen(text, country.upper() if isinstance(country, str) else None)[1]
    except Exception as error:  # what is wrong with the request has been said already
        log.debug("no support for a refused search: %s", type(error).__name__)
        return None
