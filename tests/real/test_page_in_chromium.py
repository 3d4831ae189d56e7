"""The report as Chromium shows it: at a desk and on a phone, light and dark, and on paper."""

from __future__ import annotations

import pytest

from playbook.report.page import page
from tests.factories import hostile, record, results, six_verdicts
from tests.real.chromium import PROGRAM, browser

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed")

# The lowest contrast of any text with the ground behind it, with what it is; CSS colours are resolved by the browser.
LOWEST_CONTRAST = """
(() => {
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parse = colour => colour.match(/[\\d.]+/g).map(Number);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  let lowest = [99, ''];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.getClientRects().length) continue;
    const pair = [parse(getComputedStyle(element).color), ground(element)].map(luminance).sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < lowest[0]) lowest = [ratio, element.outerHTML.slice(0, 200)];
  }
  return lowest;
})()
"""


@pytest.fixture(scope="module")
def chromium():
    """One browser for all."""
    with browser() as tab:
        yield tab


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
@pytest.mark.parametrize("made", [six_verdicts, hostile, lambda: results([])], ids=["six", "hostile", "empty"])
def test_the_page_fits_and_can_be_read(chromium, tmp_path, made, width, scheme):
    """Nothing runs out of the window, every text has contrast, nothing is fetched and nothing complains."""
    file = tmp_path / "index.html"
    file.write_text(page(made()), encoding="utf-8")
    chromium.messages.clear()
    chromium.requests.clear()
    chromium.open(file.as_uri(), width=width, scheme=scheme)
    assert chromium.evaluate("document.documentElement.scrollWidth") <= width
    ratio, element = chromium.evaluate(LOWEST_CONTRAST)
    assert ratio >= 4.5, element
    assert [address for address in chromium.requests if not address.startswith("data:")] == [file.as_uri()]
    assert chromium.messages == []
    assert len(chromium.picture(width=width, height=600)) > 5_000


def test_dark_is_dark(chromium, tmp_path):
    """The scheme is followed."""
    file = tmp_path / "index.html"
    file.write_text(page(six_verdicts()), encoding="utf-8")
    grounds = []
    for scheme in ("light", "dark"):
        chromium.open(file.as_uri(), width=1280, scheme=scheme)
        grounds.append(chromium.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(250, 250, 249)", "rgb(18, 19, 21)"]


def test_paper_shows_what_is_folded(chromium, tmp_path):
    """On paper nobody can open a fold: there is more on it than on a page whose evidence is folded away."""
    file = tmp_path / "index.html"
    pages = []
    for evidence in ([], six_verdicts().records[3].evidence * 20):
        file.write_text(page(results([record(number=1, evidence=evidence)])), encoding="utf-8")
        chromium.open(file.as_uri(), width=1280, scheme="light")
        pages.append(chromium.pdf().count(b"/Type /Page\n"))
    assert pages[1] > pages[0]
