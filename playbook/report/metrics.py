"""metrics.txt and openmetrics.txt from the results: one run for a textfile collector, a Pushgateway, or a scrape.

An item's verdict is a state set, so an alert reads ``playbook_item_verdict{playbook_item_verdict="CRITICAL"} ==
1``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from playbook.core.record import Record, Results
from playbook.core.verdict import Verdict
from playbook.report.exposition import Family, Sample, openmetrics, prometheus_text, states

_BOUNDS = ("target", "warning", "critical")


def metrics_text(results: Results) -> str:
    """The document in Prometheus' text format; every sample has the labels target and set."""
    return prometheus_text(_families(results))


def metrics_openmetrics(results: Results) -> str:
    """The document in OpenMetrics' text format."""
    return openmetrics(_families(results))


def _families(results: Results) -> Iterator[Family]:
    run = {"target": results.target, "set": results.set}
    records = [(record, {**run, "item": record.item, "check": record.check}) for record in results.records]
    about = {**run, "kind": results.kind, "ended": results.ended, "version": results.versions.get("playbook", "")}
    yield Family("playbook_run", "info", "The run that these numbers are of.", [Sample(about, 1)])
    yield Family(
        "playbook_run_verdict",
        "stateset",
        "Verdict of the run as a whole.",
        states("playbook_run_verdict", run, Verdict, results.verdict),
    )
    for name, what, text in (("started", "began", results.started), ("finished", "ended", results.finished)):
        yield Family(
            f"playbook_run_{name}_timestamp_seconds",
            "gauge",
            f"When the run {what}, in Unix time.",
            [Sample(run, datetime.fromisoformat(text).timestamp())],
            "seconds",
        )
    yield Family(
        "playbook_run_duration_seconds",
        "gauge",
        "How long the run took.",
        [Sample(run, results.seconds)],
        "seconds",
    )
    counts = [Sample({**run, "verdict": verdict}, results.counts.get(verdict, 0)) for verdict in Verdict]
    yield Family("playbook_run_checks", "gauge", "Checks by verdict.", counts)
    yield Family(
        "playbook_run_executed_checks",
        "gauge",
        "Checks that gave OK, WARNING or CRITICAL.",
        [Sample(run, results.executed)],
    )
    yield Family(
        "playbook_run_floor_checks",
        "gauge",
        "With fewer executed checks there is no verdict.",
        [Sample(run, results.floor)],
    )
    yield Family(
        "playbook_item_verdict",
        "stateset",
        "Verdict of an item.",
        [
            s
            for record, labels in records
            for s in states("playbook_item_verdict", labels, Verdict, record.verdict)
        ],
    )
    yield Family(
        "playbook_item_value",
        "gauge",
        "The number that was judged, in the unit of its limit.",
        [
            Sample({**labels, "unit": record.limit.unit if record.limit else ""}, record.value)
            for record, labels in records
            if record.value is not None
        ],
    )
    yield Family(
        "playbook_item_limit",
        "gauge",
        "Where an item's target, warning and critical begin.",
        [sample for record, labels in records for sample in _limits(record, labels)],
    )
    yield Family(
        "playbook_item_duration_seconds",
        "gauge",
        "How long the check took, waiting included.",
        [Sample(labels, record.seconds) for record, labels in records],
        "seconds",
    )


def _limits(record: Record, labels: dict[str, str]) -> Iterator[Sample]:
    if record.limit is None:
        return
    for name in _BOUNDS:
        bound = getattr(record.limit, name)
        if bound is not None:
            told = {"bound": name, "comparison": bound.comparison, "unit": record.limit.unit}
            yield Sample({**labels, **told}, bound.number)
