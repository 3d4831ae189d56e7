"""The written page has fewer bytes than the template gives, and is the same document."""

import re

import pytest

from playbook.report.lean import lean
from playbook.report.page import page, written_page
from tests.document import VOID, Document
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


_BLOCKS = {
    "article",
    "details",
    "div",
    "dl",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
}


class _Implied(Document):
    """Ends elements as a browser does, where the next tag implies it."""

    CLOSED_BY = {
        "li": {"li"},
        "dt": {"dt", "dd"},
        "dd": {"dt", "dd"},
        "td": {"td", "th", "tr", "tbody"},
        "th": {"td", "th", "tr", "tbody"},
        "tr": {"tr", "tbody"},
        "thead": {"tbody"},
        "p": {*_BLOCKS, "li", "dt", "dd", "td", "th", "tr", "tbody"},
    }

    def handle_starttag(self, tag, attrs):
        while self.open and tag in self.CLOSED_BY.get(self.open[-1], ()):
            self.open.pop()
        super().handle_starttag(tag, attrs)
        self.paths.append("/".join(self.open) + (f"/{tag}" if tag in VOID else ""))

    def handle_endtag(self, tag):
        while self.open and self.open[-1] in self.CLOSED_BY.keys() | {"tbody"} and self.open[-1] != tag:
            self.open.pop()
        super().handle_endtag(tag)

    def __init__(self, content):
        self.paths = []
        super().__init__(content)


def test_a_whole_report_is_the_same_document():
    """Elements, their parents and attributes, and the text are those of the page as the template gives it."""
    whole, written = _Implied(page(six_verdicts()).encode()), _Implied(written_page(six_verdicts()).encode())
    assert written.paths == whole.paths
    assert written.tags == whole.tags
    assert re.sub(r"\s+", "", written.text) == re.sub(r"\s+", "", whole.text)
    assert "</li>" not in written_page(six_verdicts())
