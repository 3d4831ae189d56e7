"""Real reports of the sandbox on paper and on a phone: how long they are, and that nothing is cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.leisure import AT_LEISURE
from tests.pictured import BAD_WEEK, report, with_past
from tests.real.chromium import PROGRAM

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed"),
]

PHONE = 844  # pixels: the height of a screen that is 390 wide
# What of a sheet is printed on, in CSS pixels: its width without the margins of the stylesheet.
PRINTED = {"A4": round((210 - 28) / 25.4 * 96), "Letter": round((215.9 - 28) / 25.4 * 96)}
CUT = """
(() => {
  const right = document.documentElement.clientWidth + 1;
  return [...document.querySelectorAll('body *')].filter(element => {
    const box = element.getBoundingClientRect();
    return box.width && (box.right > right || box.left < -1);
  }).map(element => element.outerHTML.slice(0, 200));
})()
"""


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a healthy daily run with a quarter of a year before it."""
    folder = tmp_path_factory.mktemp("healthy")
    return report(folder, "daily", history=with_past(folder / "history"), limits=AT_LEISURE) / "index.html"


@pytest.fixture(scope="module")
def bad_week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a weekly run in which much is wrong."""
    folder = tmp_path_factory.mktemp("bad")
    return (
        report(folder, "weekly", *BAD_WEEK, history=with_past(folder / "history"), limits=AT_LEISURE)
        / "index.html"
    )


def test_healthy_daily_fits_two_phone_screens(chromium, healthy):
    """Verdict, figures with their past, what comes due; the rest is folded."""
    chromium.open(healthy.as_uri(), width=390, scheme="light")
    assert chromium.evaluate("document.documentElement.scrollHeight") <= 2 * PHONE
    assert chromium.evaluate("document.querySelectorAll('.figures .spark').length") >= 9
    assert chromium.evaluate("document.querySelectorAll('details[open]').length") == 0


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_healthy_daily_fits_two_sheets(chromium, healthy, paper):
    chromium.open(healthy.as_uri(), width=1280, scheme="light")
    assert chromium.paper_pages(paper) <= 2


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_bad_week_fits_six_sheets(chromium, bad_week, paper):
    """With a picture and the next step of each finding."""
    chromium.open(bad_week.as_uri(), width=1280, scheme="light")
    assert chromium.evaluate("document.querySelectorAll('article.failure').length") >= 7
    assert chromium.paper_pages(paper) <= 6


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("page", ["healthy", "bad_week"])
def test_nothing_is_cut_on_paper(chromium, request, page, paper):
    """Every part lies within the width that is printed on, the column of the verdicts too."""
    chromium.open(request.getfixturevalue(page).as_uri(), width=PRINTED[paper], scheme="light")
    chromium.call("Emulation.setEmulatedMedia", media="print")
    try:
        assert chromium.evaluate("matchMedia('print').matches")
        assert chromium.evaluate(CUT) == []
        last = "document.querySelector('.figures tbody tr td:last-child').getBoundingClientRect()"
        assert 0 < chromium.evaluate(f"{last}.right") <= PRINTED[paper]
        assert chromium.evaluate(
            "[...document.querySelectorAll('.scroll')].every(e => e.scrollWidth <= e.clientWidth + 1)"
        )
    finally:
        chromium.call("Emulation.setEmulatedMedia", media="")
