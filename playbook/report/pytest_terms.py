"""A verdict in pytest's terms: a report that the terminal, JUnit, xdist and pytest-html understand.

===============  ========  ==============================================================================
OK               passed
WARNING          passed    ``wasxfail``: the form in which a passed test has a message
CRITICAL         failed    in the call: a failure of what is tested
UNKNOWN          failed    in the setup, or the teardown: an error, which is no failure of what is tested
NOT CONFIGURED   skipped   with file, line and reason; pytest accepts no other form
WAIVED           skipped   the same
===============  ========  ==============================================================================
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from playbook.core.record import Record
from playbook.core.verdict import Verdict

LETTERS = {
    Verdict.OK: (".", {"green": True}),
    Verdict.WARNING: ("W", {"yellow": True}),
    Verdict.CRITICAL: ("C", {"red": True, "bold": True}),
    Verdict.UNKNOWN: ("U", {"purple": True, "bold": True}),
    Verdict.NOT_CONFIGURED: ("n", {"light": True}),
    Verdict.WAIVED: ("w", {"cyan": True}),
}


def attach(report: pytest.TestReport, record: Record) -> None:
    """Attach the record to the deciding report. Only text crosses from an xdist worker to its controller."""
    report.playbook_record = msgspec.json.encode(record).decode()  # type: ignore[attr-defined]
    if hasattr(report, "wasxfail"):
        del report.wasxfail  # set by an xfail mark, which is no verdict
    teardown = report.when == "teardown"
    report.when = report.when if teardown else "call"  # also if a fixture could not be measured
    match record.verdict:
        case Verdict.OK:
            report.outcome, report.longrepr = "passed", None
        case Verdict.WARNING:
            report.outcome, report.longrepr = "passed", None
            report.wasxfail = record.message
        case Verdict.CRITICAL:
            report.outcome, report.longrepr = "failed", f"{record.verdict}: {record.message}"
        case Verdict.UNKNOWN:
            report.outcome, report.longrepr = "failed", f"{record.verdict}: {record.message}"
            report.when = report.when if teardown else "setup"
        case Verdict.NOT_CONFIGURED | Verdict.WAIVED:
            file, line, _ = report.location
            report.outcome, report.longrepr = "skipped", (file, (line or 0) + 1, record.message)


def record_of(report: pytest.TestReport | pytest.CollectReport) -> Record | None:
    """The record of a report; None if it is not the deciding one."""
    text = getattr(report, "playbook_record", None)
    return msgspec.json.decode(text, type=Record) if text else None


def forget_record(report: pytest.TestReport) -> None:
    """Keep only the verdict of the record: pytest keeps every report until the end of the session."""
    record = record_of(report)
    if record:
        report.playbook_verdict = str(record.verdict)  # type: ignore[attr-defined]
        report.playbook_record = ""  # type: ignore[attr-defined]


def forget_reports(stats: dict[str, list[Any]]) -> None:
    """Drop the reports of checks that the terminal keeps for a list that is not written; other things stay.

    A thousand targets leave tens of thousands, and each collection of garbage would look through all of them.
    """
    for kept in stats.values():
        if kept and isinstance(kept[-1], pytest.TestReport):
            kept.clear()


def verdict_on(report: pytest.TestReport | pytest.CollectReport) -> Verdict | None:
    """The verdict of a report; None if it is not the deciding one."""
    kept = getattr(report, "playbook_verdict", None)
    if kept:
        return Verdict(kept)
    record = record_of(report)
    return record.verdict if record else None
