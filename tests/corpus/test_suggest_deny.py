"""Reading suggest-deny.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus import PACKAGED_VOCABULARY, CorpusError, read_vocabulary
from corpus.suggest_deny import HelpRule, HelpSuggestion, Sign, read_suggest_deny
from indexer.suggest import DenyList

GOOD = """\
version: "1"
denied:
  harm: {en: [bad*, very worse]}
units: [mg]
help:
  - replaces: [low-mood]
    suggestions: [{text: help with it, topic: crisis-help}]
    signs: {en: [go wr|ong, "over| there"]}
"""


def read(folder: Path, text: str) -> object:
    path = folder / "suggest-deny.yaml"
    path.write_text(text)
    return read_suggest_deny(path)


def test_everything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "suggest-deny.yaml"
    path.write_text(GOOD)
    rules = read_suggest_deny(path)
    assert rules.denied == (("bad*",), ("very", "worse"))
    assert rules.units == {"mg"}
    assert rules.help == (
        HelpRule(
            ("low-mood",),
            (HelpSuggestion("help with it", "crisis-help"),),
            (Sign(("go", "wrong"), (1, 2)), Sign(("over", "there"), (0, 4))),
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("bad*", "Bad", "no row of plain words"),
        ("bad*", "b*ad", "no row of plain words"),
        ("bad*", '"don\'t"', "no row of plain words"),
        ("go wr|ong", "g|o wr|ong", "more than one bar"),
        ("topic: crisis-help", "topic: Crisis Help", "is no topic id"),
        ("[low-mood]", "[Low Mood]", "is no topic id"),
        ("units: [mg]\n", "", "this key is missing"),
        ("signs:", "sings:", "there is no such key; did you mean 'signs'"),
        ("{en: [bad*, very worse]}", "[bad]", "expected keys with values"),
        ("version", "\tversion", "not valid YAML"),
    ],
)
def test_faults_name_the_line_and_a_remedy(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(CorpusError) as caught:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert message in str(caught.value)
    assert all(fault.line and fault.remedy for fault in caught.value.faults)


def test_help_is_not_denied_itself_and_leads_to_topics_that_exist() -> None:
    rules = read_suggest_deny()
    deny = DenyList(rules)
    vocabulary = read_vocabulary(PACKAGED_VOCABULARY)
    for rule in rules.help:
        assert rule.suggestions
        assert all(one.topic_id in vocabulary and not deny.forbids(one.text) for one in rule.suggestions)
        assert all(topic_id in vocabulary for topic_id in rule.replaces)


def test_no_preferred_label_is_denied() -> None:
    deny = DenyList(read_suggest_deny())
    denied = [one.pref_label for one in read_vocabulary(PACKAGED_VOCABULARY) if deny.forbids(one.pref_label)]
    assert denied == []


def test_numbers_with_units_are_doses_and_other_numbers_are_not() -> None:
    deny = DenyList(read_suggest_deny())
    assert all(map(deny.forbids, ("50 mg", "50mg sertraline", "take 3 pills", "100ml")))
    assert not any(map(deny.forbids, ("5 ways to practise", "the 4 types", "988", "medication review")))
