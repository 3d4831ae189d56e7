"""The report as Chromium shows it: at a desk and on a phone, light and dark, and on paper."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from playbook.report.page import page
from tests.factories import a_chart, hostile, record, results, six_verdicts
from tests.real.chromium import PROGRAM

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed")]

# The lowest contrast of any text with the ground behind it, and that text's element.
LOWEST_CONTRAST = """
(() => {
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const parse = colour => colour.match(/[\\d.]+/g).map(Number);
  const grounds = element => {
    for (let e = element; e; e = e.parentElement) {
      const style = getComputedStyle(e);
      const gradient = style.backgroundImage.match(/rgb\\([^)]*\\)/g);
      if (gradient) return gradient.map(parse);
      const colour = parse(style.backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return [colour];
    }
    return [[255, 255, 255]];
  };
  let lowest = [99, ''];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const text = parse(element instanceof SVGElement ? style.fill : style.color);
    for (const ground of grounds(element)) {
      const pair = [text, ground].map(luminance).sort((a, b) => b - a);
      const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
      if (ratio < lowest[0]) lowest = [ratio, element.outerHTML.slice(0, 200)];
    }
  }
  return lowest;
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
@pytest.mark.parametrize("made", [six_verdicts, hostile, lambda: results([])], ids=["six", "hostile", "empty"])
def test_page_fits_and_is_readable(chromium, tmp_path, made, width, scheme):
    """Nothing runs out of the window, every text has contrast, nothing is fetched and nothing complains."""
    file = tmp_path / "index.html"
    file.write_text(page(made()), encoding="utf-8")
    chromium.open(file.as_uri(), width=width, scheme=scheme)
    assert chromium.evaluate("document.documentElement.scrollWidth") <= width
    ratio, element = chromium.evaluate(LOWEST_CONTRAST)
    assert ratio >= 4.5, element
    assert [address for address in chromium.requests if not address.startswith("data:")] == [file.as_uri()]
    assert chromium.messages == []
    assert len(chromium.picture(width=width, height=600)) > 5_000


def test_first_tab_offers_skip_link(chromium, tmp_path):
    """With the keyboard alone; what has the focus can be seen."""
    file = tmp_path / "index.html"
    file.write_text(page(six_verdicts()), encoding="utf-8")
    chromium.open(file.as_uri(), width=1280, scheme="light")
    left = "document.querySelector('.skip').getBoundingClientRect().left"
    assert chromium.evaluate(left) < 0
    chromium.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert chromium.evaluate("document.activeElement.className") == "skip"
    assert chromium.evaluate(left) >= 0
    assert chromium.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_summary_links_lead_to_findings(chromium, tmp_path):
    """And the list is in the first window, where nobody has to scroll for it."""
    file = tmp_path / "index.html"
    file.write_text(page(six_verdicts()), encoding="utf-8")
    chromium.open(file.as_uri(), width=390, scheme="light")
    assert chromium.evaluate("document.querySelector('.do-next').getBoundingClientRect().top") < 600
    found = (
        "[...document.querySelectorAll('.do-next .trouble a')].map(a => document.querySelector(a.hash).tagName)"
    )
    assert chromium.evaluate(found) == ["ARTICLE"] * 4


CHECKS = """
import pytest

@pytest.mark.daily
@pytest.mark.item("daily.kpi.cache-hit-rate")
@pytest.mark.parametrize("share", [95, 75, 60], ids=["<img src=x onerror=window.hacked=1>", "warned", "bad"])
def test_share(share, judge, limits):
    "<img src=x onerror=window.hacked=1>"
    judge(share, limits.cache_hit_rate, subject="<img src=x onerror=window.hacked=1>")
"""


def pytest_html_page(folder: Path) -> Path:
    """pytest-html's page of a run in ``folder`` that has three verdicts and hostile names."""
    (folder / "test_shares.py").write_text(CHECKS)
    (folder / "conftest.py").write_text('pytest_plugins = ["playbook.plugin"]\n')
    markers = "daily: daily\n    item(id, runbook=None): item"
    (folder / "pytest.ini").write_text(
        f"[pytest]\naddopts = -p no:locust -p no:valkey\nmarkers =\n    {markers}\n"
    )
    subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "daily", "-q", "--target", "staging"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        check=False,
        timeout=200,
    )
    (file,) = folder.glob("reports/staging-daily-*/pytest-html.html")
    return file


def test_pytest_html_shows_every_row_and_runs_no_foreign_script(chromium, tmp_path):
    """A row whose outcome it does not know would vanish; a test id that it does not escape would run."""
    file = pytest_html_page(tmp_path)
    chromium.open(file.as_uri(), width=1280, scheme="light")
    shown = "[...document.querySelectorAll('td.col-result')].map(e => getComputedStyle(e, '::after').content)"
    assert sorted(chromium.evaluate(shown)) == ['"CRITICAL"', '"OK"', '"WARNING"']
    assert chromium.evaluate("typeof window.hacked") == "undefined"
    assert chromium.evaluate("document.querySelectorAll('[onerror]').length") == 0
    assert "staging-daily-" in chromium.evaluate("document.querySelector('h1').innerText")
    for width, scheme in itertools.product((1440, 390), ("light", "dark")):
        chromium.open(file.as_uri(), width=width, scheme=scheme)
        assert chromium.evaluate("document.documentElement.scrollWidth") <= width
        ratio, element = chromium.evaluate(LOWEST_CONTRAST)
        assert ratio >= 4.5, (width, scheme, element)


OUT_OF_ITS_CHART = """
(() => {
  document.querySelectorAll('details').forEach(fold => fold.open = true);
  const out = [];
  for (const svg of document.querySelectorAll('.chart > svg')) {
    const frame = svg.getBoundingClientRect();
    for (const drawn of svg.querySelectorAll('text, path, circle')) {
      const box = drawn.getBoundingClientRect();
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1
          || box.bottom > frame.bottom + 1) out.push(drawn.outerHTML);
    }
  }
  return [document.querySelectorAll('.chart > svg').length, out];
})()
"""
CURVES = """
[...document.querySelectorAll('.chart > svg .curve')].map(curve => getComputedStyle(curve).strokeDasharray)
"""


@pytest.mark.parametrize("width", [1280, 390])
def test_chart_fits_and_is_distinguishable_without_colour(chromium, tmp_path, width):
    """Every name and number is within the drawing; each curve has dashes of its own; letters can be read."""
    file = tmp_path / "index.html"
    file.write_text(page(results([record(number=1, evidence=[a_chart()])])), encoding="utf-8")
    chromium.open(file.as_uri(), width=width, scheme="light")
    assert chromium.evaluate(OUT_OF_ITS_CHART) == [1, []]
    assert len(set(chromium.evaluate(CURVES))) == 3
    height = "document.querySelector('.chart text').getBoundingClientRect().height"
    assert chromium.evaluate(height) >= 11


def test_dark_scheme_is_followed(chromium, tmp_path):
    """The scheme is followed."""
    file = tmp_path / "index.html"
    file.write_text(page(six_verdicts()), encoding="utf-8")
    grounds = []
    for scheme in ("light", "dark"):
        chromium.open(file.as_uri(), width=1280, scheme=scheme)
        grounds.append(chromium.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(250, 250, 249)", "rgb(18, 19, 21)"]
