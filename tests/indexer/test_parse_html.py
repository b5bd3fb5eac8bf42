"""HTML pages: what is content, what is furniture, and where each character came from."""

from __future__ import annotations

from pathlib import Path

from corpus import Source
from indexer.model import Document
from indexer.parse import parse

FIXTURES = Path(__file__).parent / "fixtures"


def read(text: str, **fields: object) -> Document:
    return parse(Source(id="t", path=Path("t.html"), media_type="text/html", text=text, **fields))  # type: ignore[arg-type]


def blocks(document: Document) -> list[tuple[str, str]]:
    return [
        (block.kind, " ".join(sentence.text for sentence in block.sentences))
        for section in document.sections
        for block in section.blocks
    ]


def paths(document: Document) -> list[tuple[str, ...]]:
    return [section.heading_path for section in document.sections]


PAGE = """<!DOCTYPE html>\r
<html lang="en-GB"><head><title>Quiet weeks | Some Site</title><style>p { color: red }</style></head><body>\r
<header><a href="/">Some Site</a><nav><ul><li>Topics</li><li>About</li></ul></nav></header>\r
<div class="site-breadcrumbs">Home &gt; Mind</div>\r
<main><article><header><h1>Quiet weeks</h1><p class="post-byline">By Ann Lee, MD</p></header>\r
<p>Some weeks <strong>nothing</strong> lands &mdash; it&#8217;s not rare.\r
See <a href="https://x.example/a">a guide</a>.<sup><a href="#r">[1]</a></sup></p>\r
<h2>Where it comes from</h2>\r
<p>It can come from:</p>\r
<ul><li>Loss &amp; fright<ul><li>early on</li></ul></li>\r
<li><p>Overwork: too many hours.</p><p>It drains people.</p></li></ul>\r
<blockquote><p>I felt like a stone.</p><footer>— A reader</footer></blockquote>\r
<dl><dt>Anhedonia</dt><dd>No pleasure in things.</dd><dt>Apathy</dt><dd><p>No drive.</p></dd></dl>\r
<p><b>What helps</b></p>\r
<div>Rest first.<br>Then talk to someone<br>you trust.<br><br>• walk<br>• sleep</div>\r
<table><tr><td>Flatness</td><td>Little feeling</td></tr></table>\r
<ol start="3"><li>Three</li><li>Four</li></ol>\r
<details><summary>Can it go away?</summary><p>Often it does.</p></details>\r
<aside>Sign up now</aside><script>alert(1)</script>\r
</article></main><footer>A company of some kind</footer></body></html>\r
"""


def test_reads_the_main_content_of_a_page() -> None:
    assert blocks(read(PAGE)) == [
        ("paragraph", "Some weeks nothing lands — it’s not rare. See a guide."),
        ("paragraph", "It can come from:"),
        ("item", "Loss & fright"),
        ("item", "early on"),
        ("item", "Overwork: too many hours. It drains people."),
        ("quote", "I felt like a stone. — A reader"),
        ("paragraph", "Anhedonia: No pleasure in things."),
        ("paragraph", "Apathy: No drive."),
        ("paragraph", "Rest first."),
        ("paragraph", "Then talk to someone you trust."),
        ("item", "walk"),
        ("item", "sleep"),
        ("item", "Flatness: Little feeling"),
        ("item", "Three"),
        ("item", "Four"),
        ("paragraph", "Often it does."),
    ]


def test_headings_give_paths_and_bold_lines_are_headings() -> None:
    assert paths(read(PAGE)) == [
        (),
        ("Where it comes from",),
        ("Where it comes from", "What helps"),
        ("Where it comes from", "Can it go away?"),
    ]


def test_reports_what_it_leaves_out() -> None:
    assert [(item.reason, item.text) for item in read(PAGE).dropped] == [
        ("navigation", "Some Site Topics About Home > Mind"),
        ("byline", "By Ann Lee, MD"),
        ("references", "[1]"),
        ("navigation", "Sign up now"),
        ("site footer", "A company of some kind"),
    ]


def test_title_and_language_come_from_the_page() -> None:
    document = read(PAGE)
    assert (document.title, document.language) == ("Quiet weeks", "en-GB")
    assert read("<title>Grey days - A Site</title><p>One. Two.</p>").title == "Grey days"


def test_offsets_lead_back_to_the_raw_source() -> None:
    sentences = [
        sentence for section in read(PAGE).sections for block in section.blocks for sentence in block.sentences
    ]
    first = sentences[0]
    assert (
        PAGE[first.span.start : first.span.end]
        == "Some weeks <strong>nothing</strong> lands &mdash; it&#8217;s not rare."
    )
    assert first.markdown == "Some weeks **nothing** lands — it’s not rare."
    raw = {sentence.text: PAGE[sentence.span.start : sentence.span.end] for sentence in sentences}
    assert raw["Loss & fright"] == "Loss &amp; fright"
    assert raw["Often it does."] == "Often it does."
    assert sentences[1].markdown == "See [a guide](https://x.example/a)."


def test_text_that_looks_like_markup_is_shown_as_text() -> None:
    document = read("<p>&lt;script&gt;x()&lt;/script&gt; 5 * 3 * 2 and [a](javascript:b).</p>")
    sentence = document.sections[0].blocks[0].sentences[0]
    assert sentence.text == "<script>x()</script> 5 * 3 * 2 and [a](javascript:b)."
    assert "<" not in sentence.markdown
    assert "[a](" not in sentence.markdown


def test_links_that_run_code_are_text() -> None:
    document = read('<p>Press <a href="javascript:alert(1)">here</a> please.</p>')
    assert document.sections[0].blocks[0].sentences[0].markdown == "Press here please."


def test_a_wrapper_that_sounds_like_furniture_but_holds_the_text_is_content() -> None:
    document = read('<form id="share-box"><p>One thing is said here. Another is said there.</p></form>')
    assert blocks(document) == [("paragraph", "One thing is said here. Another is said there.")]


def test_hidden_parts_and_topics_in_class_names() -> None:
    document = read('<p class="social-anxiety">Social worry.</p><p hidden>No.</p><p style="display: none">No.</p>')
    assert blocks(document) == [("paragraph", "Social worry.")]


def test_deep_nesting_and_broken_markup_are_survived() -> None:
    assert blocks(read("<div>" * 5000 + "Still here.")) == [("paragraph", "Still here.")]
    assert blocks(read("<p>One <b>two <p>three</b> four <li>five")) == [
        ("paragraph", "One two"),
        ("paragraph", "three four"),
        ("item", "five"),
    ]
    assert read("").sections == ()
