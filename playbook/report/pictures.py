"""Which charts a report shows open: what a set opens with, and the course of what is not well. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from playbook.core.evidence import Chart, Curve, Evidence, Facts, Lines, Table
from playbook.core.record import Record, Results
from playbook.core.wording import plural
from playbook.readers.streaks import since_when
from playbook.report.chart import Spark, sparkline

# More beside one finding would push the next one away; the others stand with its evidence.
MOST_PICTURES = 4
# What a set is about as a whole, by the item whose evidence holds it.
_OPENING = {
    "load": ("The course of the test", "load.carried"),
    "monthly": ("The month over the one before", "monthly.performance.comparison"),
}
# Items whose charts say the same as those that their set opens with.
_SAID = {"load.carried", "monthly.performance.comparison", "monthly.performance.report"}
# Titles of the evidence of playbook.measure.load.load.
_ANSWERS, _KIND = "Answers", "Percentiles"
_GAVE_WAY = "First bottleneck"


class Opening(NamedTuple):
    """What is shown before everything else.

    Attributes:
        lines: what the charts come to, in words.
        tables: their figures, as far as they stand before everything else.
    """

    title: str
    lines: list[str]
    charts: list[Chart]
    tables: list[Table] = []


def opening(results: Results) -> Opening | None:
    """The charts that a load test and a monthly review open with; None for other sets, or without charts."""
    title, item = _OPENING.get(results.set, ("", ""))
    for record in results.records:
        charts = _charts(record.evidence) if record.item == item else []
        if charts:
            first = [one for one in record.evidence if isinstance(one, Lines) and one.title == _GAVE_WAY]
            lines = [f"{_GAVE_WAY}: {line.rstrip('.')}." for one in first for line in one.lines[:1]]
            kinds = [one.facts[_KIND] for one in record.evidence if isinstance(one, Facts) and _KIND in one.facts]
            lines += [f"Percentiles are {kind}." for kind in kinds]
            tables = [one for one in record.evidence if isinstance(one, Table) and one.title == _ANSWERS]
            return Opening(title, lines, charts, tables)
    return None


def pictures(
    record: Record, results: Results, *, with_investigation: bool, is_opened: bool, already: list[Chart]
) -> list[Chart]:
    """The charts that stand open with a finding: its own or else its past runs, and those of its runbook's steps.

    Args:
        with_investigation: the runbook's steps stand with this finding and not with another one.
        is_opened: the report opens with charts.
        already: charts that stand with earlier findings; a runbook's steps need not show them again.
    """
    if is_opened and record.item in _SAID:
        return []
    past = _past(record, results)
    found = _charts(record.evidence) or ([past] if past else [])
    if with_investigation:
        steps = [chart for step in record.investigation for chart in _charts(step.evidence)]
        found += [chart for chart in steps if chart not in already]
    return [chart for number, chart in enumerate(found) if chart not in found[:number]][:MOST_PICTURES]


def _past(record: Record, results: Results) -> Chart | None:
    past = results.past.get(record.item, [])
    if record.limit is None or record.value is None or not past:
        return None
    points = [*past, (datetime.fromisoformat(results.started).timestamp(), record.value)]
    title = f"{record.title}: this run and {plural(len(past), 'run')} before it"
    return Chart(
        title,
        record.limit.unit,
        [Curve(record.title, points)],
        record.limit.lines,
        marks=since_when(points, record.limit),
    )


def spark(record: Record, results: Results) -> Spark | None:
    """The small curve beside a figure: what earlier runs measured, and this one."""
    assert record.limit
    assert record.value is not None
    points = [*results.past.get(record.item, []), (0.0, record.value)]
    return sparkline(points, record.limit.lines, record.limit.unit)


def _charts(evidence: list[Evidence]) -> list[Chart]:
    return [one for one in evidence if isinstance(one, Chart) and any(curve.points for curve in one.curves)]
