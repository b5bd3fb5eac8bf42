"""The rules as data: faults are named with their line, the pack is sound, and what is shown is safe to show."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import pytest

from corpus.errors import CorpusError
from corpus.screening import CONCERNS, LANGUAGES, MESSAGE_KEYS, PACKAGED_SCREENING, read_screening
from corpus.support import read_support
from indexer.rulepack import compile_rules, digest, rule_pack

RULES = read_screening()

METHODS = re.compile(
    r"\b(pills?|tablets?|overdos\w*|hang\w*|noose|rope|jump\w*|bridge|knife|blade|razor|gun|cut(?:s|ting)?|drown\w*|"
    r"poison\w*|burn\w*|wrists?|pastillas|sobredosis|ahorc\w*|cort\w*|cachets|comprim\w*|pendre|couteau|scarif\w*|"
    r"tabletten|überdosis|erhäng\w*|messer|ritz\w*|brücke)\b",
    re.IGNORECASE,
)
UNSAFE = re.compile(
    r"\b(commit\w*|successful\w*|failed attempt|selbstmord|se suicid\w*|cometer\w*|diagnos\w*)\b", re.IGNORECASE
)


def broken(tmp_path: Path, old: str, new: str) -> CorpusError:
    text = PACKAGED_SCREENING.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "screening.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CorpusError) as caught:
        read_screening(path)
    return caught.value


def line_of(text: str) -> int:
    lines = PACKAGED_SCREENING.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_a_pattern_with_an_unknown_class_is_named_with_its_line(tmp_path: Path) -> None:
    error = broken(tmp_path, "      - I WANT ~2 DIE\n", "      - I WAMT ~2 DIE\n")
    (fault,) = error.faults
    assert "no class WAMT" in fault.message
    assert "did you mean 'WANT'" in fault.message
    assert fault.line == line_of("      - I WANT ~2 DIE")
    assert fault.remedy


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("      - I WANT ~2 DIE\n", "      - I WANT ~2\n", "ends with a word"),
        ("      - I WANT ~2 DIE\n", "      - I? WANT?\n", "optional"),
        ("      - I WANT ~2 DIE\n", "      - I (want) die\n", "neither a word nor a class"),
        (
            "    tier: crisis\n    concern: violence",
            "    tier: urgent\n    concern: violence",
            "unknown value 'urgent'",
        ),
        ("    unless: [fiction, paper]", "    unless: [fictoin, paper]", "did you mean 'fiction'"),
        ("  - id: en-abuse\n", "  - id: en-someone-hurts-me\n", "is taken"),
        (
            "    tier: distress\n    concern: self\n    informational: true",
            "    tier: crisis\n    concern: self\n    informational: true",
            "at most distress",
        ),
        ("    span: 12", "    span: many", "number from 1"),
    ],
)
def test_faults_in_the_rules_are_found(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert message in str(broken(tmp_path, old, new))


def test_all_faults_are_reported_at_once(tmp_path: Path) -> None:
    text = PACKAGED_SCREENING.read_text(encoding="utf-8")
    path = tmp_path / "screening.yaml"
    path.write_text(
        text.replace("I WANT ~2 DIE", "I WAMT DIE").replace("      - kms\n", "      - KSM\n"), encoding="utf-8"
    )
    with pytest.raises(CorpusError) as caught:
        read_screening(path)
    assert len(caught.value.faults) == 2


def test_the_pack_is_json_and_its_digest_is_its_own() -> None:
    pack = rule_pack()
    assert json.loads(json.dumps(pack)) == pack
    assert pack["sha256"] == digest(pack)
    changed = copy.deepcopy(pack)
    changed["kept"].append("changed")
    assert digest(changed) != pack["sha256"]
    assert compile_rules(RULES) == pack, "two compilations differ"


def test_the_pack_is_sound() -> None:
    pack = rule_pack()
    known = {one for classes in [*pack["words"].values(), *pack["prefixes"].values()] for one in classes}
    patterns = [*pack["masks"], *pack["others"]]
    patterns += [pattern for many in pack["contexts"].values() for pattern in many]
    for rule in pack["rules"]:
        assert set(rule["unless"]) <= set(pack["contexts"])
        assert not (rule["informational"] and rule["tier"] == "crisis")
        patterns += rule["patterns"]
    for pattern in patterns:
        assert any(not optional for _, _, optional in pattern["slots"])
        for wanted, gap, optional in pattern["slots"]:
            assert wanted in known
            assert 0 <= gap <= 9
            assert optional in (0, 1)
    assert {pack["filler"], pack["me"], pack["i"]} <= known
    assert all(re.fullmatch(r"[a-z0-9_]+", word) for word in pack["words"])


def test_every_language_has_a_rule_for_every_tier_and_concern() -> None:
    for language in LANGUAGES:
        rules = [rule for rule in RULES.rules if rule.language == language]
        assert {rule.concern for rule in rules if rule.tier == "crisis"} == set(CONCERNS)
        assert any(rule.tier == "distress" and not rule.informational for rule in rules)
        assert any(rule.informational for rule in rules)


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_are_safe_short_and_lead_with_the_emergency_number(language: str) -> None:
    urgent = {"en": "emergency number", "es": "número de emergencias", "fr": "numéro d'urgence", "de": "Notruf"}
    for key in MESSAGE_KEYS:
        message = RULES.messages[language][key]
        assert not METHODS.search(message)
        assert not UNSAFE.search(message)
        assert len(message) <= 400
        assert (urgent[language] in message.split(".")[0].split(":")[0]) == key.startswith("crisis")


def test_messages_fall_back_to_english() -> None:
    assert RULES.message("distress", "self", "pt") == RULES.messages["en"]["distress"]
    assert RULES.message("crisis", "other", "de-AT") == RULES.messages["de"]["crisis-other"]
    assert RULES.message("crisis", None, None) == RULES.messages["en"]["crisis-self"]


def test_nothing_that_is_shown_names_a_method() -> None:
    for rule in RULES.rules:
        assert not METHODS.search(rule.id.replace("-", " "))
    for contact in read_support().contacts:
        for text in (contact.name, contact.audience or "", contact.hours or ""):
            assert not METHODS.search(text)
            assert not UNSAFE.search(text)
