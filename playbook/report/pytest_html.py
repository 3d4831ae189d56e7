"""pytest-html's page in our words.

pytest-html knows a fixed set of outcomes, in its Python and in its JavaScript; a row with another one vanishes.
So each verdict borrows an outcome of its own, and only what people read is relabelled. pytest-html escapes neither
test ids nor what hooks hand it, so everything is escaped here.
"""

from __future__ import annotations

from collections.abc import MutableSequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import pytest

from playbook.evidence import Chart, Evidence, Facts, Lines, Table
from playbook.record import Record
from playbook.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

STYLE = Path(__file__).with_name("templates") / "pytest_html.css"

Outcome = Literal["passed", "failed", "skipped"]

# Verdict → pytest's outcome, and whether it borrows the expected-failure form of it.
BORROWED: dict[Verdict, tuple[Outcome, bool]] = {
    Verdict.OK: ("passed", False),
    Verdict.WARNING: ("skipped", True),
    Verdict.CRITICAL: ("failed", False),
    Verdict.UNKNOWN: ("failed", True),
    Verdict.NOT_CONFIGURED: ("skipped", False),
    Verdict.WAIVED: ("skipped", False),
}
_LABELS = {
    "passed": "OK",
    "xfailed": "WARNING",
    "failed": "CRITICAL",
    "xpassed": "UNKNOWN",
    "skipped": "NOT CONFIGURED or WAIVED",
    "error": "Errors of pytest",
}
_NATIVE: dict[tuple[Outcome, bool], str] = {
    ("passed", False): "Passed",
    ("skipped", True): "XFailed",
    ("failed", False): "Failed",
}
_NATIVE |= {("failed", True): "XPassed", ("skipped", False): "Skipped"}
_LINES = 40


def _record_of(report: pytest.TestReport) -> Record | None:
    text = getattr(report, "playbook_record", None)
    return msgspec.json.decode(text, type=Record) if text else None


@pytest.hookimpl(optionalhook=True)
def pytest_metadata(metadata: dict[str, Any]) -> None:
    """The table of packages and variables above the results helps nobody here; results.json has the versions."""
    metadata.clear()


@pytest.hookimpl(optionalhook=True)
def pytest_html_report_title(report: Any) -> None:
    # The folder says what was checked and when: sandbox-daily-20261123T070000Z.
    report.title = f"Operations playbook: {Path(report.config.option.htmlpath).resolve().parent.name}"
    for outcome, label in _LABELS.items():
        report.outcomes[outcome]["label"] = label


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_summary(prefix: list[str]) -> None:
    # pytest-html's head knows no phones; browsers heed this in the body too.
    prefix.append('<meta name="viewport" content="width=device-width, initial-scale=1">')
    prefix.append('<p><a href="index.html">The report with verdict, figures and next steps</a></p>')


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_row(report: pytest.TestReport, cells: MutableSequence[str]) -> None:
    record = _record_of(report)
    if record is None:
        cells[1] = f'<td class="col-testId">{escape(report.nodeid)}</td>'
        return
    verdict = escape(str(record.verdict))
    cells[0] = f'<td class="col-result" data-verdict="{verdict}">{_NATIVE[BORROWED[record.verdict]]}</td>'
    cells[1] = f'<td class="col-testId">{escape(record.title)} <small>{escape(record.item)}</small></td>'


@pytest.hookimpl(optionalhook=True)
def pytest_html_results_table_html(report: pytest.TestReport, data: list[str]) -> None:
    record = _record_of(report)
    if record:
        data[:] = [escape("\n".join(_told(record)))]


def _told(record: Record) -> Iterator[str]:
    yield f"{record.verdict}: {record.message}"
    told = {
        "Rule": record.rule,
        "Expected": record.expected,
        "Found": record.found,
        "Seen": record.coverage,
        "Why it matters": record.why,
        "Next step": record.next_step,
        "Look again": record.look_again.replace("\n", "\n" + " " * 18),
        "Add": record.add,
    }
    # Indented, as pytest-html takes a line that begins with an E for an error.
    yield from (f"  {name:<15} {text}" for name, text in told.items() if text)
    for item in record.evidence:
        yield ""
        yield from _evidence(item)
    for step in record.investigation:
        yield ""
        yield f"Looked at: {step.title}"
        if step.problem:
            yield f"  not measured: {step.problem}"
        for item in step.evidence:
            yield from (f"  {line}" for line in _evidence(item))
    if record.resolution:
        yield ""
        yield from (f"{action.when}: {action.what}" for action in record.resolution)


def _evidence(item: Evidence) -> Iterator[str]:
    yield item.title
    match item:
        case Facts():
            yield from (f"  {name}: {value}" for name, value in item.facts.items())
        case Table():
            yield "  " + " | ".join(item.columns)
            yield from ("  " + " | ".join(row) for row in item.rows[:_LINES])
        case Lines():
            yield from (f"  {line}" for line in item.lines[:_LINES])
        case Chart():
            yield from (f"  {line}" for line in item.lines)
