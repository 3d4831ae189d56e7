"""Size of the report of thousands of records and the time to open it, compared with the page of pytest-html.

    python -m benchmarks.reports [records] [--rounds N]

Both pages are opened by the same headless Chromium, in turn; CPU seconds of all its processes until the page is
painted, minus those for an empty page. pytest-html's page is made by a run of as many tests, each with the facts
of a record as its extra text. Needs chromium.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import msgspec

from benchmarks._measuring import by_turns, cost_of, environment_of
from playbook.core.command_line import whole
from playbook.core.evidence import Facts
from playbook.core.record import Record, Results
from playbook.core.verdict import Verdict
from playbook.report import write_all

WANTED = 0.5  # ratio to pytest-html
FACTS = 6  # per record, different for all records

PLAIN = """
import pytest, pytest_html
from benchmarks.reports import facts_of

@pytest.mark.parametrize("number", range({count}))
def test_item(number, extras):
    facts = facts_of(number)
    extras.append(pytest_html.extras.html("".join(f"<p>{{name}}: {{value}}</p>" for name, value in facts.items())))
    assert number % 50, "Cache hit rate: expected at least 80 %, got 61.2 %"
"""


def facts_of(number: int) -> dict[str, str]:
    """Facts of one record; equal evidence would be on our page only once, and be compared with copies."""
    return {f"Fact {fact}": f"expected at most 2 s, got 0.{number:05} s over 24 h" for fact in range(FACTS)}


def results_of(count: int) -> Results:
    """A run of ``count`` records in fifty subjects, of which each fiftieth fails."""
    records = [
        Record(
            item=f"daily.area-{number % 50}.item-{number}",
            check=f"checks/test_area_{number % 50}.py::test_item_{number}",
            subject=f"area_{number % 50}",
            title=f"Item {number}",
            rule="At least 90 % of reads hit the cache.",
            verdict=Verdict.OK if number % 50 else Verdict.CRITICAL,
            message="Cache hit rate: expected at least 80 %, got 61.2 %",
            evidence=[Facts("Cache", facts_of(number))],
        )
        for number in range(count)
    ]
    bad = sum(record.verdict is not Verdict.OK for record in records)
    return Results(
        target="production",
        kind="production",
        url="https://portfolio.example",
        set="daily",
        command="pytest -m daily",
        started="2026-11-23T09:00:00Z",
        finished="2026-11-23T09:01:00Z",
        seconds=60.0,
        verdict=Verdict.CRITICAL,
        exit_code=1,
        floor=1,
        executed=count,
        counts={**dict.fromkeys(map(str, Verdict), 0), "CRITICAL": bad, "OK": count - bad},
        records=records,
    )


def opened(page: Path, scratch: Path) -> float:
    """CPU seconds of a browser that opens a page and paints it."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or "chromium"
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,900")
    profile = f"--user-data-dir={scratch / 'profile'}"
    picture = f"--screenshot={scratch / 'page.png'}"
    return cost_of([browser, *options, profile, picture, page.as_uri()], os.environ).cpu


def plain_page(count: int, folder: Path) -> Path:
    """pytest-html's page of as many tests, in one file."""
    (folder / "test_plain.py").write_text(PLAIN.format(count=count), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--html=plain.html", "--self-contained-html", "--no-header"],
        cwd=folder,
        env=environment_of(
            PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
            PYTEST_PLUGINS="pytest_html.plugin,pytest_metadata.plugin",
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 1:  # some of its tests fail, as some of the records do
        raise RuntimeError(f"pytest ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return folder / "plain.html"


def main() -> None:
    """Print size and time, each as a ratio."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reports",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("records", nargs="?", type=whole(1), default=10_000, help="default: %(default)s")
    parser.add_argument("--rounds", type=whole(1), default=3, metavar="N", help="default: %(default)s")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report = folder / "reports" / "run"
        report.mkdir(parents=True)
        results = results_of(options.records)
        (report / "results.json").write_bytes(msgspec.json.encode(results))
        for file, why in write_all(results, report).items():
            raise RuntimeError(f"{file}: {why}")
        pages = {"plain": plain_page(options.records, folder), "index": report / "index.html"}
        pages["empty"] = folder / "empty.html"
        pages["empty"].write_text("<!doctype html><title>Nothing</title>", encoding="utf-8")
        seconds = by_turns(options.rounds, {name: partial(opened, page, folder) for name, page in pages.items()})
        size = {name: page.stat().st_size for name, page in pages.items()}
        mine, other = (seconds[name] - seconds["empty"] for name in ("index", "plain"))
        print(  # noqa: T201
            f"{options.records:,} records: index.html {size['index'] / 1e6:.1f} MB, pytest-html's "
            f"{size['plain'] / 1e6:.1f} MB, {size['index'] / size['plain']:.2f} x (at most {WANTED:g} x wanted); "
            f"opened in {mine:.2f} and {other:.2f} CPU s, {mine / other:.2f} x (at most {WANTED:g} x wanted)"
        )
        held = sum(bool(record.evidence) for record in results.records)
        shown = pages["index"].read_text(encoding="utf-8").count('<dl class="facts">') - 1  # one is of versions
        print(f"  of {held:,} records with evidence the page shows that of {shown:,}, results.json that of all")  # noqa: T201
        for file in sorted(report.iterdir()):
            print(f"  {file.name:<18} {file.stat().st_size / 1e6:6.1f} MB")  # noqa: T201


if __name__ == "__main__":
    main()
