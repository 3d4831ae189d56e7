"""The page over all targets of a run: worst first, never better than its worst row."""

import msgspec
import pytest

from playbook.core.verdict import Verdict, worst
from playbook.report import overview as module
from playbook.report.overview import (
    Overview,
    lines,
    overview_of,
    page,
    read_overview,
    row_of,
    summary,
    unreached,
    write_overview,
)
from tests.factories import record, results


def made(*rows, **more):
    told = {"set_name": "daily", "asked": "group:shops", "command": "pytest", "seconds": 1.0}
    times = {"started": "2026-11-23T07:00:00Z", "finished": "2026-11-23T07:00:09Z"}
    return overview_of(rows, **(told | times | more))


def row(target, *verdicts, **more):
    found = results([record(verdict, number) for number, verdict in enumerate(verdicts, 1)])
    found = msgspec.structs.replace(found, target=target, verdict=worst(verdicts), **more)
    return row_of(found, folder=f"{target}-daily-20261123T070000Z")


@pytest.mark.parametrize(
    ("rows", "verdict", "code"),
    [
        ([row("a", Verdict.OK), row("b", Verdict.OK)], "OK", 0),
        ([row("a", Verdict.OK), row("b", Verdict.WARNING)], "WARNING", 0),
        ([row("a", Verdict.OK), unreached("b", "staging", "the run was killed before")], "UNKNOWN", 10),
        ([row("a", Verdict.CRITICAL), unreached("b", "staging", "it was not come to")], "CRITICAL", 1),
        ([], "UNKNOWN", 10),
    ],
    ids=["ok", "warning", "unreached", "critical", "none"],
)
def test_overview_verdict_is_worst_target(rows, verdict, code):
    """One that was not reached is UNKNOWN, and no target at all is nothing known."""
    overview = made(*rows)
    assert (overview.verdict, overview.exit_code) == (verdict, code)


def test_overview_rows_are_sorted_worst_first():
    """By name among those that are alike."""
    overview = made(
        row("d", Verdict.OK), row("c", Verdict.WARNING), row("b", Verdict.OK), row("a", Verdict.CRITICAL)
    )
    assert [(one.target, one.verdict) for one in overview.rows] == [
        ("a", "CRITICAL"),
        ("c", "WARNING"),
        ("b", "OK"),
        ("d", "OK"),
    ]
    assert [bool(one.worst) for one in overview.rows] == [True, True, False, False]
    assert overview.rows[0].worst == record(Verdict.CRITICAL, 1).message


def test_overview_page_links_reports_without_script():
    """And texts that would draw are shown as they are."""
    hostile = msgspec.structs.replace(unreached("b", "staging", ""), worst="<script>alert(1)</script>")
    shown = page(made(row("a", Verdict.OK), hostile))
    assert 'href="../a-daily-20261123T070000Z/index.html"' in shown
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


def test_overview_summary_lists_failing_targets_in_valid_table():
    """Markdown takes a pipe for the end of a cell."""
    told = summary(
        made(row("a", Verdict.OK), msgspec.structs.replace(unreached("b", "staging", "x"), worst="p | <q>"))
    )
    assert told.startswith("# ? UNKNOWN: daily checks of group:shops\n")
    assert "| b | UNKNOWN | p \\| &lt;q> |" in told
    assert "| a |" not in told


def test_terminal_lists_worst_targets_and_number_of_others():
    """The page has them all."""
    told = [
        text
        for text, _ in lines(made(*(row(f"shop-{n:02}", Verdict.CRITICAL) for n in range(23))), "x/index.html")
    ]
    assert told[1:3] == ["✕ CRITICAL", "  23 of 23 targets are CRITICAL."]
    assert sum(text.startswith("  ✕ CRITICAL shop-") for text in told) == 20
    assert "  and 3 more targets, on the page" in told
    assert told[-1] == "  report: x/index.html"


def test_early_end_is_stated_first():
    """What was not measured could be anything."""
    overview = made(row("a", Verdict.OK), unreached("b", "staging", "x"), ended="interrupted by SIGTERM")
    assert module.says(overview).startswith(
        "The run ended early (interrupted by SIGTERM). 1 of 2 targets is UNKNOWN"
    )


def test_failed_overview_file_does_not_affect_others(tmp_path, monkeypatch):
    """The rows are kept though the page has a fault."""
    monkeypatch.setattr(module, "page", lambda _: 1 / 0)
    overview = made(row("a", Verdict.OK))
    problems = write_overview(overview, tmp_path)
    assert list(problems) == ["index.html"]
    assert "ZeroDivisionError" in problems["index.html"]
    assert read_overview(tmp_path) == overview
    assert isinstance(overview, Overview)


def test_rate_limit_wait_is_shown():
    """In the terminal and on the page."""
    overview = made(msgspec.structs.replace(row("a", Verdict.OK), waited=12.3))
    assert "Waited 12.3 s" in page(overview)
    assert "  1 target waited for a limit of requests, 12.3 s at most" in [
        text for text, _ in lines(overview, "x")
    ]
