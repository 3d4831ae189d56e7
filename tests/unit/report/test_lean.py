"""The written page has fewer bytes than the template gives, and is the same document."""

import re

import pytest

from playbook.report.lean import lean
from playbook.report.page import page, written_page
from tests.document import WrittenDocument
from tests.factories import six_verdicts


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<ul>\n<li>a</li>\n<li>b</li>\n</ul>", "<ul><li>a<li>b</ul>"),
        ("<dl><div><dt>a</dt><dd>b</dd></div></dl>", "<dl><div><dt>a<dd>b</div></dl>"),
        ("<div><p>a</p>\n<p>b</p></div>", "<div><p>a<p>b</div>"),
        ("<p>a</p> b", "<p>a</p> b"),
        ("<p>a</p><span>b</span>", "<p>a</p><span>b</span>"),
        ("<a><p>a</p></a>", "<a><p>a</p></a>"),
        ("<p>a</p>", "<p>a</p>"),
        ("<b>a</b>\n<b>c</b>", "<b>a</b>\n<b>c</b>"),
        ("<summary><h2>a</h2> <b>c</b></summary>", "<summary><h2>a</h2> <b>c</b></summary>"),
        ("<pre>a\n<b>b</b>\n<p>c</p>\n</pre>\n<p>d</p>", "<pre>a\n<b>b</b>\n<p>c</p>\n</pre><p>d</p>"),
        ("<style>a\n</style>", "<style>a\n</style>"),
        (
            "<table><thead><tr><th>a</th></tr></thead>\n<tbody><tr><td>b</td><td></td></tr></tbody></table>",
            "<table><thead><tr><th>a<tbody><tr><td>b<td></table>",
        ),
        ("", ""),
    ],
)
def test_only_what_is_implied_is_left_out(html, kept):
    """A text or an inline element after an end tag keeps it, as does a parent that the standard does not name."""
    assert lean(html) == kept


def test_a_whole_report_is_the_same_document():
    """Elements, their parents and attributes, and the text are those of the page as the template gives it."""
    whole, written = (
        WrittenDocument(page(six_verdicts()).encode()),
        WrittenDocument(written_page(six_verdicts()).encode()),
    )
    assert written.paths == whole.paths
    assert written.tags == whole.tags
    assert re.sub(r"\s+", "", written.text) == re.sub(r"\s+", "", whole.text)
    assert "</li>" not in written_page(six_verdicts())
