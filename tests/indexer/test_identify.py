"""Permanent ids: who keeps which id when texts change, and what the lock file says of it."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import CorpusError, Fault
from indexer.identify import Identified, Lock, derive_id, format_lock, identify, parse_lock, read_lock, write_lock
from indexer.model import Passage, Span

DAY = date(2026, 11, 22)
LATER = date(2026, 12, 24)

WORDS = """numbness often begins as protection and slowly becomes a habit that keeps joy away too while people
around notice distance before anyone inside does because small signs hide well under routine work meals""".split()


def text_of(seed: int, words: int = 60) -> str:
    """Words that are like no other seed's."""
    chooser = random.Random(seed)
    return " ".join(f"{chooser.choice(WORDS)}{seed if position % 2 else ''}" for position in range(words)) + "."


def passages(document_id: str, *texts: str, heading: str = "What it is") -> list[Passage]:
    return [
        Passage(
            document_id=document_id,
            heading_path=(heading,),
            position=position,
            text=text,
            markdown=text,
            source_span=Span(0, len(text)),
            sentence_spans=(Span(0, len(text)),),
            language="en",
            word_count=len(text.split()),
            reading_grade=8.0,
        )
        for position, text in enumerate(texts)
    ]


def ids(identified: Identified) -> list[str]:
    return [published.id for published in identified.published]


def by_place(identified: Identified) -> dict[tuple[str, int], str]:
    return {(each.passage.document_id, each.passage.position): each.id for each in identified.published}


ONE, TWO, THREE, FOUR = (text_of(seed) for seed in (1, 2, 3, 4))
EDITED = ONE.replace("1 ", "1, as many say, ", 2)


def first(*texts: str) -> Identified:
    return identify(passages("a", *texts), Lock(), DAY)


def test_ids_follow_from_the_content_alone() -> None:
    assert ids(first(ONE, TWO)) == ids(first(ONE, TWO))
    assert all(len(each) == 14 and each.startswith("p-") for each in ids(first(ONE, TWO)))
    other_heading = identify(passages("a", ONE, heading="Elsewhere"), Lock(), DAY)
    assert ids(other_heading) != ids(first(ONE))


def test_the_same_text_keeps_id_revision_and_dates() -> None:
    before = first(ONE, TWO)
    after = identify(passages("a", ONE, TWO), before.lock, LATER)
    assert after.published == before.published
    assert (after.new, after.revised, after.withdrawn, after.unchanged) == ((), (), (), 2)


def test_neighbours_are_those_of_the_same_document() -> None:
    found = identify([*passages("a", ONE, TWO), *passages("b", THREE)], Lock(), DAY).published
    one, two, three = found
    assert (one.previous_id, one.next_id) == (None, two.id)
    assert (two.previous_id, two.next_id) == (one.id, None)
    assert (three.previous_id, three.next_id) == (None, None)


def test_a_light_edit_keeps_the_id_and_makes_a_revision() -> None:
    before = first(ONE, TWO)
    after = identify(passages("a", EDITED, TWO), before.lock, LATER)
    assert ids(after) == ids(before)
    changed, same = after.published
    assert (changed.revision, changed.first_published_on, changed.updated_on) == (2, DAY, LATER)
    assert (same.revision, same.updated_on) == (1, DAY)
    assert after.revised == (changed.id,)
    (old,) = after.old_revisions
    assert (old.id, old.revision, old.passage.text, old.updated_on) == (changed.id, 1, ONE, DAY)
    assert (old.passage.word_count, old.passage.language) == (60, "en")


def test_a_change_of_punctuation_alone_is_a_revision() -> None:
    before = first(ONE)
    after = identify(passages("a", ONE.replace(".", "!")), before.lock, LATER)
    assert after.published[0].revision == 2


def test_another_text_in_the_same_place_gets_another_id() -> None:
    before = first(ONE, TWO)
    after = identify(passages("a", THREE, TWO), before.lock, LATER)
    assert ids(after)[0] not in ids(before)
    (withdrawal,) = after.withdrawals
    assert (withdrawal.passage_id, withdrawal.withdrawn_on, withdrawal.successor_id) == (ids(before)[0], LATER, None)


def test_passages_keep_their_ids_when_they_change_places_headings_or_documents() -> None:
    before = first(ONE, TWO)
    swapped = identify(passages("a", TWO, ONE), before.lock, LATER)
    assert ids(swapped) == ids(before)[::-1]
    assert format_lock(swapped.lock) == format_lock(before.lock)
    renamed = identify(passages("b", ONE, TWO, heading="Signs"), before.lock, LATER)
    assert ids(renamed) == ids(before)
    assert [each.revision for each in renamed.published] == [1, 1]


def test_the_largest_heir_of_a_split_passage_keeps_the_id() -> None:
    before = first(ONE)
    words = ONE.split()
    after = identify(passages("a", " ".join(words[:20]), " ".join(words[20:])), before.lock, LATER)
    assert ids(after)[1] == ids(before)[0]
    assert after.published[1].revision == 2
    assert after.new == (ids(after)[0],)


def test_of_merged_passages_the_larger_keeps_its_id_and_the_other_names_it_as_successor() -> None:
    short = " ".join(TWO.split()[:25])
    before = first(ONE, short)
    after = identify(passages("a", f"{ONE} {short}"), before.lock, LATER)
    assert ids(after) == ids(before)[:1]
    (withdrawal,) = after.withdrawals
    assert (withdrawal.passage_id, withdrawal.successor_id) == (ids(before)[1], ids(before)[0])


def test_a_successor_may_stand_in_another_document() -> None:
    before = first(ONE, TWO)
    moved = [*passages("a", TWO), *passages("b", f"{THREE} {ONE} {FOUR}")]
    (withdrawal,) = identify(moved, before.lock, LATER).withdrawals
    assert withdrawal.successor_id == by_place(identify(moved, before.lock, LATER))["b", 0]


def test_successors_are_followed_to_a_passage_of_today() -> None:
    short = " ".join(TWO.split()[:25])
    one = first(ONE, short)
    two = identify(passages("a", f"{ONE} {short}"), one.lock, LATER)
    three = identify(passages("a", f"{THREE} {FOUR} {text_of(5)} {text_of(6)} {ONE} {short}"), two.lock, LATER)
    assert {each.passage_id: each.successor_id for each in three.withdrawals} == {
        ids(one)[1]: ids(three)[0],
        ids(one)[0]: ids(three)[0],
    }
    four = identify(passages("a", FOUR), three.lock, LATER)
    assert all(each.successor_id is None or each.successor_id in ids(four) for each in four.withdrawals)


def test_a_withdrawn_id_returns_with_its_own_text_only() -> None:
    before = first(ONE, TWO)
    without = identify(passages("a", TWO), before.lock, LATER)
    similar = identify(passages("a", EDITED, TWO), without.lock, LATER)
    assert ids(similar)[0] != ids(before)[0]
    back = identify(passages("a", ONE, TWO), without.lock, LATER)
    assert ids(back) == ids(before)
    assert back.published[0].revision == 1
    assert back.withdrawals == ()
    assert format_lock(back.lock) == format_lock(before.lock)


def test_a_text_published_under_an_id_before_its_revision_cannot_take_that_id_again() -> None:
    before = first(ONE)
    revised = identify(passages("a", EDITED), before.lock, LATER)
    both = identify(passages("a", EDITED, ONE), revised.lock, LATER)
    assert len(set(ids(both))) == 2
    assert ids(both)[0] == ids(before)[0]


def test_twins_have_ids_of_their_own_and_keep_them() -> None:
    before = first(ONE, ONE, ONE)
    assert len(set(ids(before))) == 3
    assert ids(identify(passages("a", ONE, ONE, ONE), before.lock, LATER)) == ids(before)
    assert ids(identify(passages("a", ONE, ONE), before.lock, LATER)) == ids(before)[:2]


def test_old_revisions_of_a_document_that_is_gone_are_not_shown() -> None:
    before = identify([*passages("a", ONE), *passages("b", TWO)], Lock(), DAY)
    after = identify(passages("b", TWO), before.lock, LATER)
    assert after.old_revisions == ()
    assert format_lock(after.lock).count(json.dumps(ONE)) == 1


# --- properties ---------------------------------------------------------------------------------------------------

_TEXTS = st.lists(st.integers(0, 12), max_size=5)
_CORPORA = st.dictionaries(st.sampled_from("abcd"), _TEXTS, max_size=4)


def _passages_of(corpus: dict[str, list[int]], order: Sequence[str] | None = None) -> list[Passage]:
    return [
        each for name in order or sorted(corpus) for each in passages(name, *(text_of(seed) for seed in corpus[name]))
    ]


def _after(history: Sequence[dict[str, list[int]]]) -> Lock:
    lock = Lock()
    for corpus in history:
        lock = identify(_passages_of(corpus), lock, DAY).lock
    return lock


@settings(deadline=None)
@given(history=st.lists(_CORPORA, max_size=3), now=_CORPORA)
def test_every_passage_has_one_id_and_a_rebuild_changes_nothing(
    history: list[dict[str, list[int]]], now: dict[str, list[int]]
) -> None:
    built = identify(_passages_of(now), _after(history), DAY)
    assert len(set(ids(built))) == len(built.published)
    text = format_lock(built.lock)
    assert parse_lock(text, Path("lock")) == built.lock
    again = identify(_passages_of(now), parse_lock(text, Path("lock")), LATER)
    assert again.published == built.published
    assert format_lock(again.lock) == text
    live = set(ids(built))
    assert live.isdisjoint(withdrawal.passage_id for withdrawal in built.withdrawals)
    assert live | {withdrawal.passage_id for withdrawal in built.withdrawals} == set(built.lock.revisions)


@settings(deadline=None)
@given(history=st.lists(_CORPORA, max_size=3), now=_CORPORA, order=st.permutations("abcd"))
def test_the_order_of_documents_does_not_change_ids_of_known_documents(
    history: list[dict[str, list[int]]], now: dict[str, list[int]], order: list[str]
) -> None:
    lock = _after([*history, now])
    present = [name for name in order if name in now]
    there = identify(_passages_of(now), lock, DAY)
    here = identify(_passages_of(now, present), lock, DAY)
    assert by_place(here) == by_place(there)


@settings(deadline=None)
@given(history=st.lists(_CORPORA, max_size=2), now=_CORPORA, added=_TEXTS)
def test_adding_a_text_never_changes_other_ids(
    history: list[dict[str, list[int]]], now: dict[str, list[int]], added: list[int]
) -> None:
    lock = _after([*history, now])
    before = by_place(identify(_passages_of(now), lock, DAY))
    for name in ("0-first", "z-last"):
        after = by_place(identify(_passages_of(now | {name: added}), lock, DAY))
        assert {place: each for place, each in after.items() if place[0] != name} == before


@settings(deadline=None)
@given(now=_CORPORA)
def test_two_builds_without_a_lock_agree(now: dict[str, list[int]]) -> None:
    there = identify(_passages_of(now), Lock(), DAY)
    here = identify(_passages_of(now, sorted(now, reverse=True)), Lock(), LATER)
    assert by_place(here) == by_place(there)


def test_a_withdrawn_id_never_names_another_text() -> None:
    seen: dict[str, str] = {}
    lock = Lock()
    chooser = random.Random(7)
    for _ in range(60):
        seeds = [chooser.randrange(6) for _ in range(chooser.randrange(5))]
        built = identify(passages("a", *(text_of(seed) for seed in seeds)), lock, DAY)
        lock = built.lock
        for published in built.published:
            assert seen.setdefault(published.id, published.passage.text) == published.passage.text


# --- the file ---------------------------------------------------------------------------------------------------------


def test_a_new_text_adds_lines_and_moves_none() -> None:
    before = identify([*passages("a", ONE, TWO), *passages("c", THREE)], Lock(), DAY)
    after = identify([*passages("a", ONE, TWO), *passages("b", FOUR), *passages("c", THREE)], before.lock, LATER)
    old, new = format_lock(before.lock).splitlines(), format_lock(after.lock).splitlines()
    assert [line for line in new if line in old] == old
    assert len(new) == len(old) + 1


def test_lines_of_two_branches_merge_into_one_lock() -> None:
    base = first(ONE).lock
    ours = format_lock(identify(passages("a", ONE, TWO), base, DAY).lock)
    theirs = format_lock(identify(passages("a", ONE, THREE), base, DAY).lock)
    union = "".join(dict.fromkeys((ours + theirs).splitlines(keepends=True)))
    merged = identify(passages("a", ONE, TWO, THREE), parse_lock(union, Path("lock")), LATER)
    assert (merged.new, merged.revised, merged.withdrawn) == ((), (), ())


GOOD_LINE = format_lock(first(ONE).lock)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("<<<<<<< HEAD", "unfinished merge"),
        ("=======", "unfinished merge"),
        (">>>>>>> other", "unfinished merge"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "neither"),
        ("{}", "neither"),
        ('{"id": "p-000000000000"}', "neither"),
        (GOOD_LINE.replace(ONE[:20], "another text begins"), "sha256"),
        (GOOD_LINE.replace('"revision": 1', '"revision": 0'), "revision number"),
        (GOOD_LINE.replace('"revision": 1', '"revision": true'), "revision number"),
        (GOOD_LINE.replace('"id": "p-', '"id": "q-'), "not a passage id"),
        (GOOD_LINE.replace("2026-11-22", "soon"), "a value"),
        (GOOD_LINE.replace('["What it is"]', "[1]"), "a value"),
        ('{"id": "p-000000000000", "withdrawn_on": "2026-11-22", "successor_id": null}', "no line says"),
        ('{"id": "p-000000000000", "withdrawn_on": 5, "successor_id": null}', "a value"),
    ],
)
def test_broken_lines_are_named_with_a_remedy(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "passages.lock.jsonl"
    path.write_text(GOOD_LINE + line.rstrip("\n") + "\n")
    with pytest.raises(CorpusError) as caught:
        read_lock(path)
    (fault,) = caught.value.faults
    assert message in fault.message
    assert (fault.path, fault.line) == (path, 2)
    assert fault.remedy


def test_one_revision_with_two_texts_is_a_fault(tmp_path: Path) -> None:
    lock = first(ONE).lock
    ours = format_lock(identify(passages("a", EDITED), lock, DAY).lock)
    theirs = format_lock(identify(passages("a", ONE + " Indeed."), lock, DAY).lock)
    with pytest.raises(CorpusError, match="given twice") as caught:
        parse_lock(ours + theirs, tmp_path)
    assert isinstance(caught.value.faults[0], Fault)


def test_a_lock_that_is_not_text_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_bytes(GOOD_LINE.encode() + b"\xff\n")
    with pytest.raises(CorpusError, match="UTF-8"):
        read_lock(path)
    assert read_lock(tmp_path / "missing") == Lock()


@given(
    data=st.binary(max_size=200)
    | st.builds(
        lambda at, noise: GOOD_LINE[:at] + noise + GOOD_LINE[at:], st.integers(0, 300), st.text(max_size=3)
    ).map(lambda text: text.encode("utf-8", "replace"))
)
def test_any_bytes_give_a_lock_or_a_corpus_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.jsonl"
    path.write_bytes(data)
    try:
        lock = read_lock(path)
    except CorpusError:
        return
    assert parse_lock(format_lock(lock), path) == lock


def test_writing_replaces_the_file_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "folder" / "lock"
    write_lock(path, "one\n")
    path.chmod(0o640)

    def fail(self: Path, target: Path) -> Path:
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk"):
        write_lock(path, "two\n")
    monkeypatch.undo()
    assert path.read_text() == "one\n"
    write_lock(path, "three\n")
    assert path.read_text() == "three\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in path.parent.iterdir()] == ["lock"]


def test_a_lock_kept_elsewhere_adds_what_this_one_lacks() -> None:
    ours = first(ONE, TWO).lock
    theirs = identify(passages("a", EDITED, THREE), ours, LATER).lock
    both = ours.with_missing_from(theirs)
    assert set(both.revisions) == set(theirs.revisions)
    assert [revision.text for revision in both.revisions[ids(first(ONE))[0]]] == [ONE, EDITED]
    assert ours.with_missing_from(Lock()) == ours


def test_a_taken_id_is_salted() -> None:
    passage = passages("a", ONE)[0]
    other = replace(first(TWO).lock.revisions[ids(first(TWO))[0]][0], id=derive_id(passage), document_id="b")
    built = identify([passage, *passages("b", TWO)], Lock({other.id: (other,)}), DAY)
    assert ids(built) == [derive_id(passage, 1), derive_id(passage)]
