"""Numbers and their units are not parted on a page that is read; what is copied or parsed stays as it is."""

import json

import pytest

from playbook.core.verdict import Verdict
from playbook.report import write_all
from playbook.report.units import units_kept
from tests.factories import record, results


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>got 3.4 s over 24 h</p>", "<p>got 3.4_s over 24_h</p>"),
        ('<p title="3.4 s">3.4 s</p>', '<p title="3.4 s">3.4_s</p>'),
        ("<code>sleep 5 s</code> 5 s", "<code>sleep 5 s</code> 5_s"),
        ("<pre><b>5 s</b></pre><p>5 s</p>", "<pre><b>5 s</b></pre><p>5_s</p>"),
        ("<style>a{margin:0 5 s}</style>", "<style>a{margin:0 5 s}</style>"),
        ("<p>critical ≥ 26 h</p>", "<p>critical ≥_26_h</p>"),
        ("<p>5 <b>s</b></p>", "<p>5 <b>s</b></p>"),
        ("", ""),
    ],
)
def test_units_are_joined_in_text_only(html, kept):
    """Not in attributes, code, what is preformatted, or style."""
    assert units_kept(html).replace("\N{NO-BREAK SPACE}", "_") == kept


def test_only_html_pages_contain_no_break_spaces(tmp_path):
    """Every other file of a run is for programs too."""
    made = results([record(Verdict.CRITICAL, message="Age: expected under 25 h, got 29 h (critical ≥ 26 h)")])
    write_all(made, tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "29\N{NO-BREAK SPACE}h" in page
    for file in tmp_path.iterdir():
        if file.is_file() and file.name != "index.html":
            assert "\N{NO-BREAK SPACE}" not in file.read_text(encoding="utf-8"), file.name
    ctrf = json.loads((tmp_path / "ctrf.json").read_text(encoding="utf-8"))
    assert "got 29 h (critical ≥ 26 h)" in ctrf["results"]["tests"][0]["message"]
