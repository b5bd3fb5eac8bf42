"""Reads support.yaml: the services that people in distress can reach, by country."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal, get_args

from corpus.errors import CorpusError, Fault
from corpus.files import ID_REMEDY, is_id, read_text
from corpus.marked import Fields, YamlFault, load_marked
from corpus.screening import Concern, Tier

PACKAGED_SUPPORT = Path(__file__).with_name("support.yaml")
"""The contacts that every server shows, unless its corpus folder brings its own."""

MAX_SUPPORT_BYTES = 1_000_000
"""Ours has about 50 kB."""

MAX_AGE = timedelta(days=182)
"""Rows older than this are due: services move, and a wrong number has cost lives."""

ContactKind = Literal["emergency", "suicide_crisis", "emotional_support", "youth", "chat", "information", "directory"]
CONTACT_KINDS: tuple[ContactKind, ...] = get_args(ContactKind)

Role = Literal["primary", "additional", "language_specific", "regional", "audience_specific", "information", "fallback"]
"""What a service is to its country, in the order of showing."""
ROLES: tuple[Role, ...] = get_args(Role)

CONFIDENCES = ("official", "two_secondary")
"""What a row must rest on to be here: an official page, or two secondary sources that agree."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A service that a person can reach; None where a fact was not confirmed."""

    id: str
    name: str
    country: str | None
    """ISO 3166-1 alpha-2; None for international."""
    kind: ContactKind
    phone: str | None
    """Exactly as dialled in the country."""
    sms: str | None
    """A number, or a word and a number: "HOME to 741741"."""
    url: str | None
    hours: str | None
    languages: tuple[str, ...]
    audience: str | None
    source_url: str
    checked_on: date
    role: Role
    confidence: str | None
    """None for the entry without a number, which states no fact that could be wrong."""


@dataclass(frozen=True, slots=True)
class SupportData:
    """All contacts in the order of the file."""

    contacts: tuple[Contact, ...]

    @property
    def countries(self) -> tuple[str, ...]:
        """Countries that have contacts, sorted."""
        return tuple(sorted({contact.country for contact in self.contacts if contact.country}))

    def select(
        self,
        country: str | None,
        tier: Tier = "crisis",
        concern: Concern | str | None = "self",
        language: str | None = None,
    ) -> tuple[tuple[Contact, ...], bool]:
        """What to show, most fitting first, and whether it is the international fallback; never empty.

        An unknown or missing country gives the fallback, never another country's services. In a crisis, and
        where someone is being or may be hurt, the emergency number stands first; in distress, last. Services
        that speak `language` come before the country's others, which stay: pairs are shown in full.
        """
        code = (country or "").strip().upper()
        local = [contact for contact in self.contacts if contact.country == code] if code else []
        international = [contact for contact in self.contacts if contact.country is None]
        is_fallback = not any(contact.kind != "emergency" for contact in local)
        shown = local + [contact for contact in international if is_fallback and contact.kind != "emergency"]
        if not any(contact.kind == "emergency" for contact in local):
            shown += [contact for contact in international if contact.kind == "emergency"]
        is_urgent = tier == "crisis" or concern in ("violence", "harm")
        spoken = (language or "").partition("-")[0].lower()

        def place(contact: Contact) -> tuple[bool, bool, int]:
            if contact.kind == "emergency":
                return (not is_urgent, False, -1)
            return (is_urgent, bool(spoken) and spoken not in contact.languages, ROLES.index(contact.role))

        return tuple(sorted(shown, key=place)), is_fallback


def due(contacts: Iterable[Contact], today: date) -> tuple[Contact, ...]:
    """The contacts to be checked again, longest unchecked first."""
    late = [contact for contact in contacts if today - contact.checked_on > MAX_AGE]
    return tuple(sorted(late, key=lambda contact: (contact.checked_on, contact.id)))


_KEYS = "id country role kind name phone sms url hours languages audience source_url checked_on confidence".split()
_REQUIRED = ("id", "role", "kind", "name", "source_url", "checked_on")
_PHONE = re.compile(r"[+(]?\d[\d ()-]*")
_SMS = re.compile(r"(?:[A-Z]{2,12} to )?[\d ]+")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_URL = re.compile(r"https?://[^\s/]+\.[^\s]+")


def read_support(path: Path = PACKAGED_SUPPORT) -> SupportData:
    """The contacts in a YAML file; raises CorpusError with everything that is wrong with it."""
    faults: list[Fault] = []
    contacts = tuple(_contacts(path, faults))
    if not faults:
        _check_whole(path, contacts, faults)
    if faults:
        raise CorpusError(tuple(faults))
    return SupportData(contacts)


def _contacts(path: Path, faults: list[Fault]) -> Iterable[Contact]:
    text = read_text(path, MAX_SUPPORT_BYTES, faults)
    if text is None:
        return
    try:
        marked = load_marked(text)
    except YamlFault as fault:
        faults.append(Fault(path, fault.message, fault.remedy, fault.line))
        return
    top = Fields.of(marked, path, faults)
    if top is None:
        return
    top.allow(("contacts",))
    top.require(("contacts",))
    seen: dict[str, int] = {}
    for fields in top.mappings("contacts"):
        before = len(faults)
        contact = _contact(fields)
        if contact is not None and contact.id in seen:
            fields.fault("id", f"'{contact.id}' is taken (line {seen[contact.id]}).", "Choose another id.")
        if contact is not None and len(faults) == before:
            seen[contact.id] = fields.line
            yield contact


def _contact(fields: Fields) -> Contact | None:
    fields.allow(_KEYS)
    fields.require(_REQUIRED)
    contact_id = fields.checked("id", is_id, "{} is not an id.", ID_REMEDY)
    country = _matching(fields, "country", _COUNTRY, "Write two capitals as in ISO 3166-1: DE.")
    phone = _matching(fields, "phone", _PHONE, "Write one number as it is dialled in the country.")
    sms = _matching(fields, "sms", _SMS, 'Write the number, or a word and the number: "HOME to 741741".')
    url = _matching(fields, "url", _URL, "Write the whole address.")
    source_url = _matching(fields, "source_url", _URL, "Write the address of the page that states the facts.")
    kind = next((kind for kind in CONTACT_KINDS if kind == _choice(fields, "kind", CONTACT_KINDS)), None)
    role = next((role for role in ROLES if role == _choice(fields, "role", ROLES)), None)
    confidence = _choice(fields, "confidence", CONFIDENCES)
    checked_on = fields.date("checked_on")
    languages = tuple(str(item.value) for item in fields.texts("languages"))
    for language in languages:
        if not _LANGUAGE.fullmatch(language):
            fields.fault("languages", f"'{language}' is not a language tag.", "Write it as in BCP 47: en.")
    name = fields.text("name", max_length=200)
    if country is None and phone is not None:
        fields.fault("phone", "an international contact has no number that works everywhere.", "Name its country.")
    if kind not in (None, "emergency") and not (phone or sms or url):
        fields.fault("id", "nobody can reach this service.", "Give a phone, sms or url, or delete the entry.")
    if confidence is None and (phone or sms or url):
        fields.fault("confidence", "nothing says what these facts rest on.", f"Write one of: {', '.join(CONFIDENCES)}.")
    if not (contact_id and name and kind and role and source_url and checked_on):
        return None
    return Contact(
        id=contact_id,
        name=name,
        country=country,
        kind=kind,
        phone=phone,
        sms=sms,
        url=url,
        hours=fields.text("hours", max_length=200),
        languages=languages,
        audience=fields.text("audience", max_length=200),
        source_url=source_url,
        checked_on=checked_on,
        role=role,
        confidence=confidence,
    )


def _matching(fields: Fields, key: str, pattern: re.Pattern[str], remedy: str) -> str | None:
    return fields.checked(key, lambda text: pattern.fullmatch(text) is not None, "{} cannot be right.", remedy)


def _choice(fields: Fields, key: str, known: tuple[str, ...]) -> str | None:
    marked = fields.pairs.get(key)
    if marked is None or not fields.one_of(key, marked, known):
        return None
    return str(marked.value)


def _check_whole(path: Path, contacts: tuple[Contact, ...], faults: list[Fault]) -> None:
    """The fallback exists, so that no one is left with nothing."""
    international = [contact.kind for contact in contacts if contact.country is None]
    if "directory" not in international:
        faults.append(
            Fault(path, "there is no international directory.", "Add one of kind `directory` without country.")
        )
    if "emergency" not in international:
        remedy = "Add one of kind `emergency` without country and number."
        faults.append(Fault(path, "there is no entry for the local emergency number.", remedy))
