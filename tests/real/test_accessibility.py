"""What axe-core finds on every kind of page: nothing that is more than minor, at a desk and on a phone.

https://github.com/dequelabs/axe-core, with the rule on the size of targets (WCAG 2.2, 2.5.8), which it leaves off
where nobody asks for it.
"""

from __future__ import annotations

import importlib.util
import json
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from playbook.core.catalogue import read_catalogue
from playbook.core.evidence import Lines
from playbook.core.record import Due
from playbook.core.verdict import Verdict
from playbook.history.handoff_page import Ending, make_page
from playbook.report.handoff import handoff_html
from playbook.report.page import page
from playbook.site.pages import render
from playbook.site.writing import write_folder
from tests.factories import a_chart, hostile, record, results, six_verdicts
from tests.history_factory import NOW
from tests.real.chromium import PROGRAM
from tests.real.test_page_in_chromium import pytest_html_page
from tests.real.test_site_in_chromium import PAGES
from tests.site_factory import every_item, site

_PACKAGE = importlib.util.find_spec("axe_playwright_python")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(_PACKAGE is None, reason="axe-core (requirements-dev.txt) is not installed"),
]

EXAMINE = """
axe.run(document, {
  resultTypes: ['violations'],  // else it describes every part of the page that keeps a rule
  rules: {'target-size': {enabled: true}},
}).then(found => JSON.stringify(
  found.violations.flatMap(rule => rule.nodes.map(
    node => [rule.impact, rule.id, node.html, node.failureSummary]))))
"""


def _axe() -> str:
    assert _PACKAGE
    assert _PACKAGE.submodule_search_locations
    return (Path(_PACKAGE.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every kind of page on disk, by a name."""
    folder = tmp_path_factory.mktemp("pages")
    six = six_verdicts()
    past = {one.item: [(1_795_000_000.0 + 86_400 * n, 85.0 + n) for n in range(5)] for one in six.records}
    due = [Due(f"Thing {n}", f"2026-11-2{n}T23:30:00Z") for n in range(4, 9)]
    load = record(item="load.carried", evidence=[Lines("First bottleneck", ["P95"]), a_chart()])
    runs = every_item(span=0.09)  # a month: axe-core takes its time for each row, and more of them are the same
    endings = [Ending("certificate", "portfolio.example", NOW + timedelta(days=3), "issued by somebody")]
    handed = make_page(
        runs, read_catalogue(), target="production", period="weekly", now=NOW, last_made=None, endings=endings
    )
    texts = {
        "report": page(msgspec.structs.replace(six, past=past, due=due, time_zone="Europe/Berlin")),
        "hostile report": page(hostile()),
        "report of nothing": page(results([])),
        "load report": page(results([load, record(Verdict.CRITICAL, 2, value=None)], set="load")),
        "handoff": handoff_html(handed),
        "handoff of nothing": handoff_html(
            make_page([], read_catalogue(), target="x", period="weekly", now=NOW, last_made=None, endings=[])
        ),
    }
    files = {}
    for name, text in texts.items():
        files[name] = folder / f"{name}.html"
        files[name].write_text(text, encoding="utf-8")
    write_folder(folder / "site", dict(render(site(runs, problems=["runs/2026.jsonl, line 3: cut off"]))))
    for pattern in PAGES:
        files[f"site {pattern}"] = min((folder / "site").glob(pattern))
    files["pytest-html"] = pytest_html_page(tmp_path_factory.mktemp("run"))
    return files


KINDS = (
    *("report", "hostile report", "report of nothing", "load report", "handoff", "handoff of nothing"),
    *(f"site {pattern}" for pattern in PAGES),
    "pytest-html",
)


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_no_serious_or_moderate_violation(chromium, made, kind, width):
    """In the light and the dark scheme, with everything folded and with everything unfolded."""
    for scheme, unfold in (("light", "false"), ("dark", "true")):
        chromium.show(made[kind].as_uri(), width=width, scheme=scheme)
        if not chromium.evaluate("'axe' in window"):
            chromium.evaluate(f"{_axe()};0")
            chromium.evaluate("window.folded = [...document.querySelectorAll('details:not([open])')]; 0")
        chromium.evaluate(f"folded.forEach(fold => fold.open = {unfold})")
        found = json.loads(chromium.evaluate(EXAMINE))
        assert [one for one in found if one[0] != "minor"] == []


def test_axe_detects_a_bad_page(chromium, tmp_path):
    """A page without a language, a main part or a name for its field."""
    file = tmp_path / "bad.html"
    file.write_text("<!doctype html><title>x</title><p>text</p><input>", encoding="utf-8")
    chromium.open(file.as_uri(), width=390, scheme="light")
    chromium.evaluate(f"{_axe()};0")
    found = {rule for impact, rule, *_ in json.loads(chromium.evaluate(EXAMINE)) if impact != "minor"}
    assert found >= {"html-has-lang", "label", "landmark-one-main", "region"}
