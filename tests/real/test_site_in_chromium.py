"""The site as Chromium shows it: at a desk and on a phone, light and dark, and on paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from playbook.site.pages import render
from playbook.site.writing import write_folder
from tests.real.chromium import PROGRAM
from tests.real.test_page_in_chromium import LOWEST_CONTRAST
from tests.site_factory import every_item, hostile_site, site

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed")]

PAGES = (
    "index.html",
    "sets/production/daily.html",
    "sets/production/monthly.html",
    "items/production/daily.kpi.cache-hit-rate.html",
    "items/production/weekly.*.html",
    "incidents.html",
    "incidents/*.html",
    "runs.html",
    "runs-2026.html",
    "find.html",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three sites on disk: a quarter of a year of everything, one made to break pages, and one without runs."""
    made = {
        "ordinary": site(every_item(), problems=["runs/2026.jsonl, line 3: cut off"]),
        "hostile": hostile_site(),
        "empty": site([]),
    }
    folder = tmp_path_factory.mktemp("sites")
    for name, one in made.items():
        write_folder(folder / name, dict(render(one)))
    return {name: folder / name for name in made}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("page", PAGES)
def test_every_site_page_fits_and_is_readable(chromium, built, page, width, scheme):
    """Nothing runs out of the window, every text has contrast; only the stylesheet is fetched."""
    file = next(iter(sorted(built["ordinary"].glob(page))))
    assert _faults(chromium, file, width, scheme) == []
    style = (built["ordinary"] / "style.css").as_uri()
    assert {address for address in chromium.requests if not address.startswith("data:")} == {file.as_uri(), style}


WIDTHS = (1440, 390, 320)


@pytest.fixture(scope="module", params=["hostile", "empty"])
def faults_by_width(chromium, built, request):
    """Faults of every page of such a site. Each page is loaded once."""
    found = {width: [] for width in WIDTHS}
    for file in sorted(built[request.param].rglob("*.html")):
        for width in WIDTHS:
            found[width] += _faults(chromium, file, width, "light")
    return found


@pytest.mark.parametrize("width", WIDTHS)
def test_hostile_and_empty_sites_fit(faults_by_width, width):
    """Every page of them, with names of three hundred letters."""
    assert faults_by_width[width] == []


def _faults(chromium, file, width, scheme):
    chromium.show(file.as_uri(), width=width, scheme=scheme)
    chromium.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    ratio, element = chromium.evaluate(LOWEST_CONTRAST)
    right = {
        "width": chromium.evaluate("document.documentElement.scrollWidth") <= width,
        f"contrast of {element}": ratio >= 4.5,
        "no foreign script": chromium.evaluate("typeof window.hacked") == "undefined",
        f"silence: {chromium.messages}": chromium.messages == [],
    }
    return [(file.name, what) for what, holds in right.items() if not holds]


MARKS = """
(() => {
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = text => { const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map(channel);
                          return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = light(getComputedStyle(document.querySelector('table.items')).backgroundColor);
  return Object.fromEntries([...document.querySelectorAll('.legend path')].map(path => {
    const pair = [light(getComputedStyle(path).stroke), ground].sort((a, b) => b - a);
    return [path.className.baseVal, [(pair[0] + 0.05) / (pair[1] + 0.05), getComputedStyle(path).strokeWidth]];
  }));
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_bars_have_contrast_and_different_heights(chromium, built, scheme):
    """Three to one with the ground, as drawings need (WCAG 1.4.11), and told apart without colour."""
    chromium.open((built["ordinary"] / "index.html").as_uri(), width=1440, scheme=scheme)
    marks = chromium.evaluate(MARKS)
    assert marks.keys() == {"s-ok", "s-warning", "s-critical", "s-unknown", "s-waived"}
    assert min(ratio for ratio, _ in marks.values()) >= 3
    assert len({width for _, width in marks.values()}) == 5


def test_keyboard_reaches_open_incident(chromium, built):
    """The first key offers to skip to the content; the next is at the incident. What has the focus can be seen."""
    chromium.open((built["ordinary"] / "index.html").as_uri(), width=1440, scheme="light")

    def press(key, code):
        chromium.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code)
        chromium.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    press("Tab", 9)
    assert chromium.evaluate("document.activeElement.className") == "skip"
    chromium.evaluate("document.activeElement.click()")
    press("Tab", 9)
    assert chromium.evaluate("document.activeElement.closest('article') !== null")
    assert chromium.evaluate("document.activeElement.getAttribute('href')").startswith("incidents/")
    assert chromium.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


SEEN = "[...document.querySelectorAll('.found > li')].filter(e => e.getClientRects().length).map(e => e.innerText)"


def test_search_filters_by_words_and_kind(chromium, built):
    """Words narrow the list with the script; what is shown is chosen without it."""
    chromium.open((built["ordinary"] / "find.html").as_uri() + "?q=cache%20hit", width=390, scheme="light")
    found = chromium.evaluate(SEEN)
    assert found
    assert all("cache" in text.lower() and "hit" in text.lower() for text in found)
    assert "hold these words" in chromium.evaluate("document.getElementById('told').innerText")
    chromium.evaluate("document.getElementById('show-open').click()")
    (one,) = chromium.evaluate(SEEN)
    assert "OPEN" in one
    chromium.evaluate("document.getElementById('words').value = 'no such words'")
    chromium.evaluate("document.getElementById('words').dispatchEvent(new Event('input'))")
    assert chromium.evaluate(SEEN) == []


def test_search_page_works_without_script(chromium, built):
    """No field that would do nothing; the choice works, as it is made by the stylesheet."""
    chromium.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        chromium.open((built["ordinary"] / "find.html").as_uri(), width=1440, scheme="light")
    finally:
        chromium.call("Emulation.setScriptExecutionDisabled", value=False)
    assert chromium.evaluate("document.getElementById('words').getClientRects().length") == 0
    assert (
        len(chromium.evaluate(SEEN)) == chromium.evaluate("document.querySelectorAll('.found > li').length") > 111
    )
    chromium.evaluate("document.getElementById('show-open').checked = true")
    assert len(chromium.evaluate(SEEN)) == 1


def test_site_can_be_printed(chromium, built):
    """Without navigation; the first page on a few sheets."""
    chromium.open((built["ordinary"] / "index.html").as_uri(), width=1440, scheme="light")
    assert 2 <= chromium.pdf().count(b"/Type /Page\n") <= 10
