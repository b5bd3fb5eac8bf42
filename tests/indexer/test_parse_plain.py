"""Plain text as scraped: headings nobody marked, lists, labelled items, boilerplate, wrapped lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus import Source
from indexer.model import Document
from indexer.parse import parse

FIXTURES = Path(__file__).parent / "fixtures"


def read(text: str, **fields: object) -> Document:
    return parse(Source(id="t", path=Path("t.txt"), media_type="text/plain", text=text, **fields))  # type: ignore[arg-type]


def fixture(name: str) -> Document:
    return read((FIXTURES / name).read_text("utf-8"))


def paths(document: Document) -> list[tuple[str, ...]]:
    return [section.heading_path for section in document.sections]


def dropped(document: Document) -> list[tuple[str, str]]:
    return [(item.reason, item.text) for item in document.dropped]


def blocks(document: Document) -> list[tuple[str, str]]:
    return [
        (block.kind, " ".join(sentence.text for sentence in block.sentences))
        for section in document.sections
        for block in section.blocks
    ]


PROSE = "A first sentence stands here. A second one follows it closely, with a few more words."


def test_finds_unmarked_headings_in_text_without_blank_lines() -> None:
    assert paths(fixture("scraped_lines.txt")) == [
        (),
        ("What Does Muted Feeling Look Like?",),
        ("Is It the Same as Being Calm?",),
        ("Common Reasons for Muted Feelings",),
        ("Common Reasons for Muted Feelings", "Inner Reasons"),
        ("Common Reasons for Muted Feelings", "Outer Reasons"),
        ("What Helps",),
    ]


def test_finds_unmarked_headings_between_blank_lines() -> None:
    assert paths(fixture("scraped_blanks.txt")) == [(), ("On purpose",), ("Out of fear",), ("Other roots",)]


def test_reports_everything_it_leaves_out() -> None:
    assert dropped(fixture("scraped_lines.txt")) == [
        ("repeated title", "When the Lights Go Dim: Living With Muted Feelings"),
        ("navigation", "Content"),
        ("byline", "By Robin Vale, MSc"),
        ("byline", "Author: Robin Vale;"),
        ("byline", "Source: quiet-minds.example"),
        ("empty heading", "Frequently Asked Questions"),
        ("navigation", "Related Stories"),
        ("navigation", "Ten Quiet Walks Near You"),
        ("navigation", "Read more"),
        (
            "site footer",
            "The content on quiet-minds.example is provided for general interest only and should not be taken as "
            "advice of any kind.",
        ),
        ("site footer", "Quiet-minds.example makes no warranties about the accuracy of what is shown here."),
        ("site footer", "© 2025 Quiet Minds. All rights reserved."),
    ]


def test_the_authors_own_advice_is_content() -> None:
    texts = [text for _, text in blocks(fixture("scraped_lines.txt"))]
    assert any(text.startswith("This guide offers general information") for text in texts)


def test_the_first_line_is_the_title() -> None:
    assert fixture("scraped_lines.txt").title == "When the Lights Go Dim: Living With Muted Feelings"


def test_a_text_without_title_gets_one_from_what_it_defines() -> None:
    assert fixture("scraped_blanks.txt").title == "Emotional distance"


def test_a_given_title_wins_and_its_copy_is_dropped() -> None:
    document = read(f"A Given Title\n\n{PROSE}", title="A given title")
    assert document.title == "A given title"
    assert dropped(document) == [("repeated title", "A Given Title")]


def test_a_list_keeps_its_introduction_and_its_items() -> None:
    found = blocks(fixture("scraped_blanks.txt"))
    at = found.index(("paragraph", "People who keep a lot of distance may notice:"))
    assert found[at + 1 : at + 4] == [
        ("item", "trouble saying what they feel"),
        ("item", "little patience for other people’s moods"),
        ("item", "a habit of leaving before the end"),
    ]
    introductions = [
        block.sentences[-1].text
        for section in fixture("scraped_blanks.txt").sections
        for block in section.blocks
        if block.introduces_list
    ]
    assert introductions == ["People who keep a lot of distance may notice:"]


def test_a_list_that_lost_its_items_keeps_its_sentence_and_is_reported() -> None:
    document = fixture("scraped_blanks.txt")
    sentence = "You might feel far away from yourself if you live with:"
    assert ("lost list", sentence) in dropped(document)
    assert any(text.endswith(sentence) for _, text in blocks(document))


def test_a_quotation_keeps_its_attribution() -> None:
    assert ("quote", "Calm is a lake without wind. This was a lake without water. — Dr. Imre Halasz") in blocks(
        fixture("scraped_lines.txt")
    )


def test_labelled_items_carry_their_label() -> None:
    labels = [
        block.label for section in fixture("scraped_lines.txt").sections for block in section.blocks if block.label
    ]
    assert labels[3:] == ["Low Mood", "Constant Worry", "Old Hurt", "Tablets", "Lonely Stretches"]


@pytest.mark.parametrize("bullet", ["- ", "* ", "+ ", "• ", "•", "  • ", "– ", "· ", "▪ ", "✓ ", "\t- ", "\u00a0• "])
def test_reads_bullets_of_many_kinds(bullet: str) -> None:
    document = read(f"You may notice this:\n{bullet}little joy\n{bullet}little grief\n\n{PROSE}")
    assert blocks(document)[1:3] == [("item", "little joy"), ("item", "little grief")]


@pytest.mark.parametrize(("one", "two"), [("1. ", "2. "), ("1) ", "2) "), ("(1) ", "(2) ")])
def test_reads_numbered_items(one: str, two: str) -> None:
    document = read(f"Do this:\n{one}Sit down\n{two}Stand up\n\n{PROSE}")
    assert [(block.text_, block.marker) for block in _items(document)] == [("Sit down", "1."), ("Stand up", "2.")]


class _Item:
    def __init__(self, text: str, marker: str, depth: int) -> None:
        self.text_, self.marker, self.depth = text, marker, depth


def _items(document: Document) -> list[_Item]:
    return [
        _Item(" ".join(sentence.text for sentence in block.sentences), block.marker, block.depth)
        for section in document.sections
        for block in section.blocks
        if block.kind == "item"
    ]


def test_nested_bullets_stand_deeper() -> None:
    document = read(f"Notice:\n- mind\n  - fog\n  - noise\n- body\n\n{PROSE}")
    assert [(item.text_, item.depth) for item in _items(document)] == [
        ("mind", 0),
        ("fog", 1),
        ("noise", 1),
        ("body", 0),
    ]


def test_lines_after_a_colon_are_items_without_bullets() -> None:
    document = read(f"People describe it as:\n\nfeeling hollow\n\nbeing behind glass\n\nnot caring at all\n\n{PROSE}")
    assert [item.text_ for item in _items(document)] == ["feeling hollow", "being behind glass", "not caring at all"]


def test_a_heading_after_items_without_bullets_stays_a_heading() -> None:
    document = read(f"People describe:\nHollow days\nGlass walls\nWhat Helps Then\n{PROSE}")
    assert [item.text_ for item in _items(document)] == ["Hollow days", "Glass walls"]
    assert paths(document)[-1] == ("What Helps Then",)


def test_numbered_lines_before_prose_are_headings() -> None:
    document = read(f"1. Rest first\n\n{PROSE}\n\n2. Talk next\n\n{PROSE}", title="T")
    assert paths(document) == [("Rest first",), ("Talk next",)]


def test_outline_numbers_give_levels() -> None:
    document = read(f"1. Causes\n{PROSE}\n1.1 Early causes\n{PROSE}\n1.2 Late causes\n{PROSE}", title="T")
    assert paths(document)[-2:] == [("Causes", "Early causes"), ("Causes", "Late causes")]


@pytest.mark.parametrize(
    ("top", "sub"),
    [("# Signs", "## In the body"), ("Signs\n=====", "In the body\n-----------"), ("SIGNS OF IT", "In the body")],
)
def test_marked_headings_in_plain_text_give_levels(top: str, sub: str) -> None:
    document = read(f"{PROSE}\n\n{top}\n\n{PROSE}\n\n{sub}\n\n{PROSE}", title="T")
    assert len(paths(document)[1]) == 1
    assert paths(document)[2] == (paths(document)[1][0], "In the body")


def test_a_heading_with_nothing_of_its_own_is_the_parent_of_the_next() -> None:
    document = read(f"{PROSE}\n\nCauses\n\nGrief\n\n{PROSE}\n\nBurnout\n\n{PROSE}\n\nTreatment\n\n{PROSE}")
    assert paths(document) == [(), ("Causes",), ("Causes", "Grief"), ("Causes", "Burnout"), ("Treatment",)]


def test_flat_sections_are_not_nested_without_evidence() -> None:
    document = read(
        "\n\n".join(f"{name}\n\n{PROSE}" for name in ("Start", "What it is", "Symptoms", "Diagnosis", "Outlook"))
    )
    assert {len(path) for path in paths(document)} == {1, 0} or {len(path) for path in paths(document)} == {1}


def test_a_table_of_contents_is_navigation() -> None:
    document = read(f"Numb Days\nWhat It Is\nWhy It Comes\nWhat It Is\n{PROSE}\nWhy It Comes\n{PROSE}")
    assert document.title == "Numb Days"
    assert dropped(document) == [("navigation", "What It Is"), ("navigation", "Why It Comes")]
    assert paths(document) == [("What It Is",), ("Why It Comes",)]


def test_a_last_line_without_full_stop_is_content() -> None:
    document = read(f"{PROSE}\n\nTake your time with this")
    assert blocks(document)[-1] == ("paragraph", "Take your time with this")
    assert document.dropped == ()


def test_a_definition_is_not_looked_for_in_one_endless_word() -> None:
    assert read("x" * 50_000).title.endswith("…")


def test_a_list_of_works_is_left_out() -> None:
    document = read(f"{PROSE}\n\nReferences\n\nLee A. Numb days. J Feel. 2019;3:1.\n\nOkoye B. Grey. 2021.")
    assert [reason for reason, _ in dropped(document)] == ["references"] * 3


def test_wrapped_lines_make_one_paragraph() -> None:
    text = (
        "When the day has been long and the news has been bad, the mind may pull\n"
        "a curtain. Behind it things go on as before, but the sound is low and\n"
        "the light is poor, and nobody can say for how long this will last.\n"
        "\n"
        "What Helps\n"
        "\n"
        "Small steps help most. They need to be so small that they seem almost\n"
        "silly, and they need to be repeated.\n"
    )
    document = read(text)
    assert [kind for kind, _ in blocks(document)] == ["paragraph", "paragraph"]
    assert blocks(document)[0][1].startswith(
        "When the day has been long and the news has been bad, the mind may pull a curtain."
    )
    assert paths(document) == [(), ("What Helps",)]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\u2028"])
def test_line_ends_of_every_kind(newline: str) -> None:
    text = newline.join(["\ufeffWhat It Is", PROSE, "Why It Comes", PROSE])
    document = read(text)
    assert document.title == "What It Is"
    assert paths(document) == [(), ("Why It Comes",)]
    for section in document.sections:
        for block in section.blocks:
            for sentence in block.sentences:
                assert text[sentence.span.start : sentence.span.end] == sentence.text


def test_invisible_characters_are_left_out_and_spaces_folded() -> None:
    document = read("Num\u00adbed\u200b and\u00a0flat,\tall   day.")
    assert blocks(document) == [("paragraph", "Numbed and flat, all day.")]
    assert document.sections[0].blocks[0].sentences[0].span.end == len("Num\u00adbed\u200b and\u00a0flat,\tall   day.")


def test_a_sentence_of_the_text_is_not_taken_for_boilerplate() -> None:
    for line in (
        "By choice",
        "Children are not responsible for what was done to them.",
        "Source: a feeling that has nowhere to go will find somewhere, as many people in therapy discover over time.",
        "This article provides general information and cannot replace care.",
        "Therapy makes no promises, but it helps many.",
    ):
        document = read(f"{PROSE}\n\n{line}\n\n{PROSE}\n\n{PROSE}\n\n{PROSE}\n\n{PROSE}")
        assert dropped(document) == []


@pytest.mark.parametrize("text", ["", "\n\n  \n", "\ufeff", "Advertisement\n", "---\n***\n"])
def test_a_body_without_content_has_no_sections(text: str) -> None:
    assert read(text).sections == ()
