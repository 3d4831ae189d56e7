"""Values of earlier runs of a set, for the small curves beside today's figures. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from playbook.core.limits import Bound, Limit
from playbook.core.record import Results
from playbook.history.runs import Finding, RunLine

MOST_RUNS = 30


def past_of(results: Results, runs: Sequence[RunLine]) -> dict[str, list[tuple[float, float]]]:
    """By item: Unix seconds and value of up to ``MOST_RUNS`` earlier runs of the target and set, oldest first.

    Left out are items shared by several checks, as a run's line keeps only the worst of them, and values in
    another unit than today's.

    Args:
        runs: of the history, oldest first; those of other targets and sets are skipped.
    """
    shared = Counter(record.item for record in results.records)
    judged = {
        record.item: record.limit
        for record in results.records
        if record.limit and record.value is not None and shared[record.item] == 1
    }
    began = datetime.fromisoformat(results.started)
    past: dict[str, list[tuple[float, float]]] = {}
    for run in runs:
        if (run.target, run.set) != (results.target, results.set) or run.confirms or run.started >= began:
            continue
        for item, limit in judged.items():
            found = run.items.get(item)
            if found and found.value is not None and math.isfinite(found.value) and _is_of(found, limit):
                past.setdefault(item, []).append((run.started.timestamp(), found.value))
    return {item: points[-MOST_RUNS:] for item, points in past.items()}


def _is_of(found: Finding, limit: Limit) -> bool:
    """Whether it was judged in the same unit."""
    try:
        return any(Bound.parse(bound).unit == limit.unit for bound in found.limit.values())
    except ValueError:
        return False
