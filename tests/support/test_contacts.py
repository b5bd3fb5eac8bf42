"""Support contacts: each with its source and date, right for the country, and never an empty answer."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import CorpusError
from corpus.support import MAX_AGE, PACKAGED_SUPPORT, due, read_support

DATA = read_support()
LONG_GONE = (
    "1-800-273-8255",
    "08457 90 90 90",
    "1393",
    "1800-221-4444",
    "0900-0113",
    "141",
    "199.284.284",
    "0800 345 1435",
)


def test_every_contact_has_a_source_a_date_and_a_way_to_reach_it() -> None:
    for contact in DATA.contacts:
        assert contact.source_url.startswith("http")
        assert contact.checked_on == date(2026, 11, 22)
        if contact.id != "int-emergency":
            assert contact.confidence in ("official", "two_secondary")
            assert contact.phone or contact.sms or contact.url


def test_numbers_that_were_withdrawn_are_not_shown() -> None:
    assert not {contact.phone for contact in DATA.contacts} & set(LONG_GONE)


def test_numbers_are_written_as_dialled_one_to_a_contact() -> None:
    for contact in DATA.contacts:
        if contact.phone:
            assert re.fullmatch(r"[+(]?\d[\d ()-]*", contact.phone)


def test_ids_are_unique_and_countries_are_codes() -> None:
    ids = [contact.id for contact in DATA.contacts]
    assert len(ids) == len(set(ids))
    assert len(DATA.countries) >= 30
    assert all(re.fullmatch("[A-Z]{2}", country) for country in DATA.countries)


@pytest.mark.parametrize("country", DATA.countries)
def test_in_a_crisis_the_emergency_number_stands_first(country: str) -> None:
    contacts, is_fallback = DATA.select(country, "crisis", "self", None)
    assert contacts[0].kind == "emergency"
    assert not is_fallback
    assert {contact.country for contact in contacts} <= {country, None}
    assert any(contact.kind != "emergency" for contact in contacts)


@pytest.mark.parametrize("country", DATA.countries)
def test_in_distress_helplines_stand_before_the_emergency_number(country: str) -> None:
    contacts, _ = DATA.select(country, "distress", "self", None)
    assert contacts[0].kind != "emergency"
    assert contacts[-1].kind == "emergency"


@given(st.one_of(st.none(), st.text(max_size=5), st.sampled_from(["XX", "ZZ", "ru", "", "us "])))
def test_the_answer_is_never_empty(country: str | None) -> None:
    contacts, is_fallback = DATA.select(country)
    assert contacts
    if (country or "").strip().upper() not in DATA.countries:
        assert is_fallback
        assert all(contact.country is None and contact.phone is None for contact in contacts)
        assert {"directory", "emergency"} <= {contact.kind for contact in contacts}


def test_an_unknown_country_never_gets_american_numbers() -> None:
    contacts, _ = DATA.select(None)
    assert not {contact.phone for contact in contacts} & {"911", "988"}


def test_belgium_shows_its_pair_and_puts_the_language_asked_for_first() -> None:
    french, _ = DATA.select("BE", "crisis", "self", "fr")
    dutch, _ = DATA.select("be", "crisis", "self", "nl-BE")
    assert [contact.id for contact in french][:3] == ["be-emergency", "be-cps", "be-1813"]
    assert [contact.id for contact in dutch][:3] == ["be-emergency", "be-1813", "be-cps"]


def test_where_no_emergency_number_was_confirmed_none_is_given() -> None:
    contacts, is_fallback = DATA.select("IL")
    assert not is_fallback
    assert (contacts[0].id, contacts[0].phone) == ("int-emergency", None)


def test_violence_puts_the_emergency_number_first_in_every_tier() -> None:
    contacts, _ = DATA.select("DE", "distress", "violence", "de")
    assert contacts[0].kind == "emergency"


def test_rows_older_than_six_months_are_due() -> None:
    checked = DATA.contacts[0].checked_on
    assert due(DATA.contacts, checked + MAX_AGE) == ()
    assert len(due(DATA.contacts, checked + MAX_AGE + timedelta(days=1))) == len(DATA.contacts)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('    phone: "911"\n', '    phone: "911 or 112"\n', "cannot be right"),
        ("    kind: emergency\n", "    kind: emergncy\n", "did you mean 'emergency'"),
        ("    checked_on: 2026-11-22\n", "    checked_on: soon\n", "is not a day"),
        ("    confidence: two_secondary\n", "    confidence: one_secondary\n", "unknown value"),
        ("    confidence: two_secondary\n", "", "rest on"),
        ("  - id: at-emergency\n", "  - id: ar-emergency\n", "is taken"),
        ("    kind: directory\n", "    kind: chat\n", "is taken"),
    ],
)
def test_faults_are_found_and_named_with_their_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = PACKAGED_SUPPORT.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "support.yaml"
    changed = text.replace(old, new) if "directory" in old else text.replace(old, new, 1)
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(CorpusError) as caught:
        read_support(path)
    expected = "there is no international directory" if "directory" in old else message
    assert expected in str(caught.value)
    if "directory" not in old:
        assert all(fault.line for fault in caught.value.faults)
