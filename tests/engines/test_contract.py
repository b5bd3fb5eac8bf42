"""What every engine must do: the same tests for each, over the same small corpus."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from itertools import pairwise

import pytest

from indexer.errors import (
    BadCursor,
    BuildBusy,
    BuildFailed,
    IndexUnavailable,
    InvalidRequest,
    NotFound,
    PassageWithdrawn,
    UnknownDocument,
    UnknownTopic,
)
from indexer.search import Filters, SearchRequest, SearchResult, Snapshot, Suggestion
from tests.engines.samples import PASSAGES, Kit, Sample, make_documents, make_passage


def ids(result: SearchResult) -> list[str]:
    return [hit.passage.id for hit in result.hits]


def found(snapshot: Snapshot, text: str = "", **filters: object) -> set[str]:
    """The ids of everything that a search finds; filters by the names of `Filters`."""
    return set(ids(snapshot.search(SearchRequest(text, Filters(**filters), limit=50))))  # type: ignore[arg-type]


def buckets(result: SearchResult, facet: str) -> dict[str, int]:
    (counts,) = (counts for counts in result.facets if counts.facet == facet)
    return {bucket.topic_id: bucket.count for bucket in counts.buckets}


# --- words ----------------------------------------------------------------------------------------------------


def test_words_are_or_ed_and_the_passage_with_more_of_them_comes_first(served: Snapshot) -> None:
    result = served.search(SearchRequest("diary evening burnout", interpret=False))
    assert ids(result) == ["p-diary", "p-burnout"]
    assert result.total == 2


def test_other_forms_of_a_word_are_found(served: Snapshot) -> None:
    assert "p-numb" in ids(served.search(SearchRequest("feeling", interpret=False)))


def test_a_phrase_must_occur_word_for_word(served: Snapshot) -> None:
    assert found(served, '"out of reach"') == {"p-numb"}
    assert found(served, '"reach of out"') == set()
    assert found(served, '"feelings a safe place" music') == {"p-therapy"}


def test_a_phrase_is_found_in_a_heading_but_not_across_two(served: Snapshot) -> None:
    assert found(served, '"comes from"') == {"p-depression", "p-burnout", "p-illness"}
    assert found(served, '"from illness"') == set()


def test_a_word_of_the_heading_or_title_finds_the_passage(served: Snapshot) -> None:
    assert "p-burnout" in found(served, "where it comes")
    assert "p-burnout" in found(served, "numbness")


def test_exclusions_hold_for_words_and_phrases(served: Snapshot) -> None:
    assert found(served, "therapy -frightening") == {"p-therapy"}
    assert found(served, 'therapy -"frightening event"') == {"p-therapy"}
    assert found(served, 'therapy -"event frightening"') == {"p-therapy", "p-trauma"}


def test_exclusions_alone_cut_down_what_filters_select(served: Snapshot) -> None:
    assert found(served, "-pace", topics=frozenset({"talking_therapy"})) == {"p-therapy"}
    assert found(served, "-pace") == set()


@pytest.mark.parametrize(
    "text",
    ["???", '"', '""', "   ", "😀" * 200, "\x00\x01", "the of and", "-", "NOT", "a:b", "' OR 1=1; --", "<b>", "مرحبا"],
)
def test_odd_queries_find_nothing_and_break_nothing(served: Snapshot, text: str) -> None:
    result = served.search(SearchRequest(text))
    assert (result.total, result.hits, result.next_cursor) == (0, (), None)
    assert result.query.text == text


def test_a_query_of_stop_words_leaves_the_filters_selection(served: Snapshot) -> None:
    assert found(served, "the", documents=frozenset({"schlaf"})) == {"p-schlaf"}


def test_a_word_that_no_passage_has_finds_nothing_even_with_filters(served: Snapshot) -> None:
    assert found(served, "zyzzyva", documents=frozenset({"schlaf"})) == set()


def test_a_topic_finds_passages_by_their_tags(served: Snapshot) -> None:
    assert "p-diary" in found(served, "journaling")
    assert "p-diary" not in set(ids(served.search(SearchRequest("journaling", interpret=False))))


# --- scores ---------------------------------------------------------------------------------------------------


def test_scores_lie_between_0_and_1_and_fall(served: Snapshot) -> None:
    scores = [hit.score for hit in served.search(SearchRequest("talking about depression and insomnia")).hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)


def test_a_full_answer_scores_high_and_a_chance_word_low(served: Snapshot) -> None:
    (full, *_) = served.search(SearchRequest("loss of pleasure")).hits
    (chance, *_) = served.search(SearchRequest("repairing a bicycle chain within an evening")).hits
    assert full.score > 0.8
    assert chance.score < 0.4


def test_explanations_name_their_reasons_and_add_up(served: Snapshot) -> None:
    for hit in served.search(SearchRequest('depresion "next day" insomnia', explain=True)).hits:
        assert hit.explanation is not None
        assert sum(part.share for part in hit.explanation.contributions) == pytest.approx(1, abs=0.01)
        assert {"correction", "phrase", "word", "label"} <= {part.kind for part in hit.explanation.contributions}


def test_explanations_are_given_only_when_asked_for(served: Snapshot) -> None:
    assert served.search(SearchRequest("numb")).hits[0].explanation is None


# --- filters and facets ---------------------------------------------------------------------------------------


def test_filters_alone_list_in_order_of_document_and_position(served: Snapshot) -> None:
    result = served.search(SearchRequest(filters=Filters(languages=frozenset({"en", "de"}))))
    listed = [(hit.passage.passage.document_id, hit.passage.passage.position) for hit in result.hits]
    assert listed == sorted(listed)
    assert len(listed) == len(PASSAGES)
    assert {hit.score for hit in result.hits} == {1.0}


def test_topics_within_one_facet_are_or_ed_and_facets_and_ed(served: Snapshot) -> None:
    either = {"cause": frozenset({"depression", "burnout"})}
    assert found(served, facets=either) == {"p-depression", "p-burnout"}
    assert found(served, facets={**either, "symptom": frozenset({"insomnia"})}) == {"p-depression"}


def test_the_role_counts(served: Snapshot) -> None:
    assert found(served, facets={"symptom": frozenset({"insomnia"})}) == {"p-depression"}
    assert found(served, facets={"condition": frozenset({"insomnia"})}) == {"p-schlaf"}
    assert found(served, topics=frozenset({"insomnia"})) == {"p-depression", "p-schlaf"}


def test_narrower_topics_are_included(served: Snapshot) -> None:
    assert found(served, facets={"cause": frozenset({"mental_illness"})}) == {"p-illness", "p-depression"}
    assert found(served, topics=frozenset({"emotional_numbness"})) == {"p-numb", "p-depression", "p-pleasure"}


def test_documents_languages_and_advisories_filter(served: Snapshot) -> None:
    assert found(served, documents=frozenset({"schlaf"})) == {"p-schlaf"}
    assert found(served, languages=frozenset({"de"})) == {"p-schlaf"}
    help_passages = found(served, documents=frozenset({"getting-help"}), advisories_not=frozenset({"trauma"}))
    assert help_passages == {"p-therapy", "p-diary"}


def test_filters_and_words_must_both_hold(served: Snapshot) -> None:
    assert found(served, "feelings", facets={"strategy": frozenset({"journaling"})}) == {"p-diary"}


def test_a_known_topic_without_passages_selects_nothing(served: Snapshot) -> None:
    assert found(served, topics=frozenset({"unused_topic"})) == set()


def test_an_empty_set_of_topics_is_no_filter(served: Snapshot) -> None:
    assert found(served, "diary", facets={"cause": frozenset()}) == {"p-diary"}
    with pytest.raises(InvalidRequest):
        served.search(SearchRequest(filters=Filters(facets={"cause": frozenset()})))


def test_facet_counts_cover_the_whole_result_not_the_page(served: Snapshot) -> None:
    result = served.search(SearchRequest(filters=Filters(documents=frozenset({"what-numbness-is"})), limit=1))
    assert buckets(result, "cause") == {"mental_illness": 2, "burnout": 1, "depression": 1}
    assert buckets(result, "symptom") == {"emotional_numbness": 3, "anhedonia": 1, "insomnia": 1}
    assert buckets(result, "mechanism") == {}


def test_a_facets_own_filter_does_not_shrink_its_own_buckets(served: Snapshot) -> None:
    everything = served.search(SearchRequest(filters=Filters(languages=frozenset({"en"}))))
    burnout = served.search(
        SearchRequest(filters=Filters(facets={"cause": frozenset({"burnout"})}, languages=frozenset({"en"})))
    )
    assert buckets(burnout, "cause") == buckets(everything, "cause")
    assert buckets(burnout, "symptom") == {}
    assert burnout.total == 1


def test_buckets_are_in_order_of_count_then_id(served: Snapshot) -> None:
    for counts in served.search(SearchRequest(filters=Filters(languages=frozenset({"en"})))).facets:
        order = [(-bucket.count, bucket.topic_id) for bucket in counts.buckets]
        assert order == sorted(order)


def test_topic_counts_agree_with_filters(served: Snapshot) -> None:
    for topic_id, by_facet in served.topic_counts().items():
        for facet, count in by_facet.items():
            assert count == len(found(served, facets={facet: frozenset({topic_id})})) > 0
        assert served.topic_passage_count(topic_id) == len(found(served, topics=frozenset({topic_id})))
    assert served.topic_counts()["unused_topic"] == {}


# --- pages ----------------------------------------------------------------------------------------------------


def pages(snapshot: Snapshot, request: SearchRequest) -> list[SearchResult]:
    results = [snapshot.search(request)]
    while (cursor := results[-1].next_cursor) is not None:
        results.append(snapshot.search(replace(request, cursor=cursor)))
    return results


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
@pytest.mark.parametrize("text", ["", "feelings depression therapy illness"])
def test_pages_do_not_overlap_and_leave_nothing_out(served: Snapshot, text: str, limit: int) -> None:
    request = SearchRequest(text, Filters(languages=frozenset({"en"})), limit=limit)
    whole = served.search(replace(request, limit=50))
    answers = pages(served, request)
    assert [passage_id for answer in answers for passage_id in ids(answer)] == ids(whole)
    assert {answer.total for answer in answers} == {whole.total}
    assert all(len(answer.hits) <= limit for answer in answers)


def test_previous_cursors_lead_back_to_the_first_page(served: Snapshot) -> None:
    request = SearchRequest("feelings depression therapy illness", limit=2)
    answers = pages(served, request)
    assert len(answers) >= 3
    assert answers[0].previous_cursor is None
    for before, after in pairwise(answers):
        assert ids(served.search(replace(request, cursor=after.previous_cursor))) == ids(before)


def test_a_cursor_belongs_to_its_query_and_filters(served: Snapshot) -> None:
    cursor = served.search(SearchRequest("feelings", limit=1)).next_cursor
    for other in (
        SearchRequest("feeling", cursor=cursor),
        SearchRequest("feelings", Filters(languages=frozenset({"en"})), cursor=cursor),
        SearchRequest("feelings", interpret=False, cursor=cursor),
        SearchRequest("feelings", cursor="garbage"),
    ):
        with pytest.raises(BadCursor, match="first page"):
            served.search(other)


def test_a_cursor_belongs_to_its_version(kit: Kit) -> None:
    request = SearchRequest("feelings", limit=1)
    cursor = kit.serve(Sample()).search(request).next_cursor
    newer = kit.serve(Sample(version="version-2"))
    with pytest.raises(BadCursor, match="has changed"):
        newer.search(replace(request, cursor=cursor))


# --- suggestions and neighbours -------------------------------------------------------------------------------


def test_typed_beginnings_are_completed_by_topics_and_headings(served: Snapshot) -> None:
    assert Suggestion("emotional numbness", "topic", "emotional_numbness") in served.suggest("emot n", 5)
    assert served.suggest("what numbness i", 5) == (Suggestion("What numbness is", "heading", None),)
    assert [one.kind for one in served.suggest("insomnja", 5)] == ["correction"]


def test_suggestions_lead_to_passages(served: Snapshot) -> None:
    assert served.suggest("unused", 5) == ()
    for typed in ("e", "in", "dep", "talk", "help", "what", "insomnja"):
        for suggestion in served.suggest(typed, 5):
            assert found(served, suggestion.text), suggestion


@pytest.mark.parametrize(("text", "limit", "field"), [("x" * 501, 5, "q"), ("numb", 0, "limit"), ("numb", 51, "limit")])
def test_impossible_suggestions_name_the_field(served: Snapshot, text: str, limit: int, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        served.suggest(text, limit)
    assert caught.value.field == field


def test_a_poor_search_offers_others_and_a_good_one_none(served: Snapshot) -> None:
    assert served.search(SearchRequest("burnout")).suggestions == ()
    poor = "sleeplessness xylophone quasar zither sextant lagoon granite trombone walrus compass"
    assert served.search(SearchRequest(poor)).suggestions == ("insomnia",)
    assert served.search(SearchRequest(poor, interpret=False)).suggestions == ()
    corrected = served.search(SearchRequest("insomnja"))
    assert corrected.query.corrected_text == "insomnia"
    assert corrected.suggestions[0] == "insomnia"


def test_neighbours_share_topics_and_are_never_the_passage_itself(served: Snapshot) -> None:
    assert served.similar("p-therapy", 5)[0].passage.id == "p-trauma"
    for one in PASSAGES:
        hits = served.similar(one.id, 5)
        assert one.id not in [hit.passage.id for hit in hits]
        assert all(0 < hit.score <= 1 for hit in hits)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert hits == served.similar(one.id, 5)


def test_neighbours_of_what_is_not_there_are_not_found(served: Snapshot) -> None:
    with pytest.raises(NotFound):
        served.similar("p-never", 5)
    with pytest.raises(PassageWithdrawn):
        served.similar("p-gone", 5)
    with pytest.raises(InvalidRequest):
        served.similar("p-numb", 0)


# --- faults of the caller -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (SearchRequest(), "q"),
        (SearchRequest("x" * 501), "q"),
        (SearchRequest("numb", limit=0), "limit"),
        (SearchRequest("numb", limit=51), "limit"),
    ],
)
def test_impossible_requests_name_the_field(served: Snapshot, request_: SearchRequest, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        served.search(request_)
    assert caught.value.field == field


def test_an_unknown_topic_is_named_with_the_nearest(served: Snapshot) -> None:
    with pytest.raises(UnknownTopic, match="did you mean 'insomnia'") as caught:
        served.search(SearchRequest("x", Filters(facets={"symptom": frozenset({"insomia"})})))
    assert (caught.value.field, caught.value.nearest[0]) == ("symptom", "insomnia")
    with pytest.raises(UnknownTopic) as caught:
        served.search(SearchRequest("x", Filters(topics=frozenset({"qqqq"}))))
    assert (caught.value.field, caught.value.nearest) == ("topic", ())


def test_an_unknown_document_is_named_with_the_nearest(served: Snapshot) -> None:
    with pytest.raises(UnknownDocument) as caught:
        served.search(SearchRequest("x", Filters(documents=frozenset({"geting-help"}))))
    assert (caught.value.field, caught.value.nearest) == ("document", ("getting-help",))


# --- the corpus -----------------------------------------------------------------------------------------------


def test_a_snapshot_gives_back_what_was_published(kit: Kit) -> None:
    sample = Sample()
    snapshot = kit.serve(sample)
    assert snapshot.corpus_version == sample.version
    assert snapshot.vocabulary == sample.vocabulary
    assert list(snapshot.vocabulary.topics) == list(sample.vocabulary.topics)
    assert list(snapshot.documents) == sorted(snapshot.documents)
    assert list(snapshot.documents.values()) == sorted(make_documents(PASSAGES), key=lambda one: one.source.id)
    assert snapshot.passage_count == len(PASSAGES)
    assert [snapshot.passage(one.id) for one in PASSAGES] == list(PASSAGES)
    assert snapshot.built_at.utcoffset() is not None


def test_withdrawn_and_unknown_passages_are_told_apart(served: Snapshot) -> None:
    with pytest.raises(PassageWithdrawn) as caught:
        served.passage("p-gone")
    assert caught.value.successor_id == "p-numb"
    with pytest.raises(PassageWithdrawn) as caught:
        served.passage("p-lost")
    assert caught.value.successor_id is None
    with pytest.raises(NotFound):
        served.passage("p-never")


def test_old_revisions_stay_readable_and_are_not_found_by_search(kit: Kit) -> None:
    old = make_passage("p-numb", "what-numbness-is", 1, "An antiquated wording.")
    new = replace(next(one for one in PASSAGES if one.id == "p-numb"), revision=2)
    passages = tuple(new if one.id == "p-numb" else one for one in PASSAGES)
    snapshot = kit.serve(Sample(passages, old_revisions=(old,)))
    assert snapshot.passage("p-numb") == snapshot.passage("p-numb", 2) == new
    assert snapshot.passage("p-numb", 1) == old
    assert found(snapshot, "antiquated") == set()
    with pytest.raises(NotFound):
        snapshot.passage("p-numb", 3)
    with pytest.raises(NotFound):
        snapshot.passage("p-never", 1)


def test_a_withdrawn_passages_old_revision_stays_readable(kit: Kit) -> None:
    old = make_passage("p-gone", "what-numbness-is", 9, "It was here once.")
    assert kit.serve(Sample(old_revisions=(old,))).passage("p-gone", 1) == old


def test_highlights_mark_the_words_that_were_found(served: Snapshot) -> None:
    (hit, *_) = served.search(SearchRequest("burnout")).hits
    (highlight, *_) = hit.highlights
    assert highlight.html.startswith("<mark>Burnout</mark> builds up")
    assert [highlight.snippet[match.start : match.end] for match in highlight.matches] == ["Burnout"]


# --- publishing -----------------------------------------------------------------------------------------------


def test_an_index_that_was_never_built_is_unavailable_and_says_how_to_build_it(kit: Kit) -> None:
    with pytest.raises(IndexUnavailable, match="indexer build"):
        kit.open_engine().snapshot()
    assert kit.writer.current_version() is None


def test_a_corpus_without_passages_can_be_published_and_searched(kit: Kit) -> None:
    snapshot = kit.serve(Sample(passages=()))
    assert snapshot.passage_count == 0
    assert found(snapshot, "numb") == set()
    assert found(snapshot, languages=frozenset({"en"})) == set()


def test_a_running_engine_follows_a_new_version_and_old_snapshots_stay_as_they_are(kit: Kit) -> None:
    Sample().publish(kit.writer)
    engine = kit.open_engine()
    before = engine.snapshot()
    Sample(PASSAGES[:3], version="version-2").publish(kit.writer)
    Sample(PASSAGES[:4], version="version-3").publish(kit.writer)
    assert kit.writer.current_version() == "version-3"
    deadline = time.monotonic() + 5
    while engine.snapshot().corpus_version != "version-3":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert engine.snapshot().passage_count == 4
    assert before.passage_count == len(PASSAGES)
    assert found(before, "diary zebra") == {"p-diary"}


def test_what_leaves_by_an_exception_is_not_published(kit: Kit) -> None:
    Sample().publish(kit.writer)

    def fails() -> None:
        with kit.writer.begin() as generation:
            generation.add(PASSAGES[0])
            raise KeyError("something else went wrong")

    with pytest.raises(KeyError):
        fails()
    assert kit.writer.current_version() == "version-1"
    Sample(version="version-2").publish(kit.writer)
    assert kit.writer.current_version() == "version-2"


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (Sample((*PASSAGES, PASSAGES[0])), "added twice"),
        (
            Sample((*PASSAGES, make_passage("p-x", "schlaf", 1, "Odd.", {"cause": {"no_such_topic": "Odd"}}))),
            "no_such_topic",
        ),
        (Sample(documents=tuple(make_documents(PASSAGES[:2]))), "which was not published"),
    ],
)
def test_what_does_not_fit_together_is_not_published(kit: Kit, sample: Sample, message: str) -> None:
    Sample(version="version-0").publish(kit.writer)
    with pytest.raises(BuildFailed, match=message):
        sample.publish(kit.writer)
    assert kit.writer.current_version() == "version-0"
    assert kit.open_engine().snapshot().passage_count == len(PASSAGES)


def test_a_second_build_waits_for_the_first_or_gives_up(kit: Kit) -> None:
    with kit.writer.begin():
        with pytest.raises(BuildBusy, match="another build"):
            kit.writer.begin(wait_s=0.2)
        waiting = threading.Thread(target=Sample(version="second").publish, args=(kit.writer,))
        waiting.start()
        time.sleep(0.15)
        assert kit.writer.current_version() is None
    waiting.join(10)
    assert kit.writer.current_version() == "second"


def test_eight_threads_get_consistent_answers_while_versions_change(kit: Kit) -> None:
    def version(number: int) -> Sample:
        passages = tuple(
            make_passage(
                f"p-{index}", f"d-{index % 3}", index // 3,
                f"Numb version{number} word{index} feelings return slowly. Sleep {'helps ' * (index % 5)}a little.",
                {"symptom": {"emotional_numbness": "Numb"}, "cause": {"burnout": "slowly"}},
            )
            for index in range(20 + number)
        )  # fmt: skip
        return Sample(passages, version=f"v{number}")

    version(0).publish(kit.writer)
    engine = kit.open_engine()
    engine.snapshot()
    stop = threading.Event()
    faults: list[str] = []
    seen: set[str] = set()

    def client(number: int) -> None:
        texts = ("numb feelings", '"return slowly" sleep', f"word{number} helps -word3", "burnout numbness")
        try:
            while not stop.is_set():
                snapshot = engine.snapshot()
                for text in texts:
                    result = snapshot.search(SearchRequest(text, limit=50))
                    expected = f"version{result.corpus_version[1:]}"
                    count = 20 + int(result.corpus_version[1:])
                    seen.add(result.corpus_version)
                    if not all(expected in hit.passage.passage.text for hit in result.hits):
                        faults.append(f"{text}: a passage of another version")
                    if "-word3" not in text and result.total != count:
                        faults.append(f"{text}: {result.total} of {count}")
                    if "-word3" in text and result.total != count - 1 - len(range(0, count, 5)) + (number % 5 == 0):
                        faults.append(f"{text}: {result.total}")
                time.sleep(0.001)  # or the builder, in the same process, waits for its turn most of the time
        except Exception as error:
            faults.append(repr(error))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for number in range(1, 5):
        version(number).publish(kit.writer)
        time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join(20)
    assert faults == []
    assert len(seen) >= 3
