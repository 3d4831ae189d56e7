"""Every shipped query by the sandbox's own engine, on the series that Prometheus' engine is tried on."""

from __future__ import annotations

import re

import msgspec
import numpy as np
import pytest

from playbook.settings.loading import load
from sandbox.figures import promql
from sandbox.figures.series import Memory, Series
from tests.proven_queries import INTERVAL, SCENARIOS, Expected, values_of


class View:
    """The series of a scenario."""

    def __init__(self, series):
        self._series = {}
        self.memory = Memory()
        for name, notation in series.items():
            metric, _, matchers = name.partition("{")
            labels = tuple(sorted([("__name__", metric), *re.findall(r'(\w+)="([^"]*)"', matchers)]))
            found = [(1000 * INTERVAL * n, v) for n, v in enumerate(values_of(notation)) if v is not None]
            times, values = zip(*found, strict=True)
            self._series[labels] = Series(labels, np.array(times, dtype=np.int64), np.array(values))

    def names(self):
        return list(dict.fromkeys(dict(labels)["__name__"] for labels in self._series))

    def labels(self, name):
        return [labels for labels in self._series if dict(labels)["__name__"] == name]

    def series(self, labels):
        return self._series[labels]


CASES = [(scenario, one) for scenario in SCENARIOS for one in scenario.expected]


@pytest.mark.parametrize(("scenario", "one"), CASES, ids=[f"{s.name}-{one.query}{one.labels}" for s, one in CASES])
def test_shipped_query_gives_true_value(scenario, one: Expected):
    """As near as Prometheus must be."""
    rows = promql.instant(View(scenario.series), promql.parse(one.expression), scenario.evaluated).rows
    wanted = dict(re.findall(r'(\w+)="([^"]*)"', one.labels))
    found = [points[0][1] for labels, points in rows if dict(labels) == wanted]
    if one.value is None:
        assert rows == []
    else:
        assert found == [pytest.approx(one.value, rel=one.near, abs=1e-9)]
        if one.query == "scraped":
            assert len(rows) == sum(other.query == one.query for other in scenario.expected)


def test_every_shipped_query_has_a_scenario():
    """A new one needs a scenario of its own."""
    shipped = {key for key, text in msgspec.structs.asdict(load(environment={}).queries).items() if text}
    assert shipped - {one.query for scenario in SCENARIOS for one in scenario.expected} == {"counted"}
