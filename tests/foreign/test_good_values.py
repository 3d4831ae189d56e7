"""Success as everything but one failure, in the labels of exporters of queues and gRPC, and of one's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from playbook.clients.http import HttpClient
from playbook.clients.prometheus import Prometheus
from playbook.measure.figures.figure_names import AVAILABILITY, IMAGE_SUCCESS, TODAY
from playbook.measure.figures.kpis import kpi
from playbook.settings.loading import load
from tests.foreign.monitoring import NO_SERIES, NOW, Http, vector
from tests.judged import judged_reading


@dataclass
class Store(Http):
    """Answers a good day, and how many of each value there were."""

    answers: Any = field(default_factory=dict)
    value: str = "99.6"
    values: dict[str, float] = field(default_factory=dict)

    def _path(self, path, parameters):
        query = str(parameters.get("query", ""))
        self.answers = {
            "value": vector(self.value),
            "none": NO_SERIES,
            "series": vector("2", {"job": "web", "instance": "10.0.0.7:8080"}),
            "looks": vector("288"),
            "count": vector("5000"),
            "values": {"status": "success", "data": {"resultType": "vector", "result": self._rows(query)}},
        }
        for words, name in (
            ("sum by (", "values"),
            ("- (sum(", "none"),
            ("[3h])) == 0", "none"),
            ("count_over_time(count(", "looks"),
            ("count by (job", "series"),
            ("100 *", "value"),
        ):
            if words in query:
                self.asked.append(query)
                return name
        return "count"

    def _rows(self, query: str) -> list[dict[str, Any]]:
        label = query.partition("sum by (")[2].partition(")")[0]
        return [
            {"metric": {label: name}, "value": [NOW.timestamp(), str(amount)]}
            for name, amount in self.values.items()
        ]


def verdict(
    values: dict[str, float], value: str = "99.6", figure: Any = IMAGE_SUCCESS, **overlay: Any
) -> tuple[str, str]:
    settings = load("production", environment={}, overlay=overlay)
    store = Prometheus(cast(HttpClient, Store(value=value, values=values)))
    found = kpi(store, settings, figure, TODAY, NOW)
    return judged_reading(found.coverage, found.reading, getattr(settings.limits, figure.key))


NOT_FAILED = {"metrics": {"image_success": 'result!="failure"'}}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"success": 4_600, "timeout": 400}, "UNKNOWN"),
        ({"ok": 4_700, "rejected": 150, "invalid_input": 150}, "UNKNOWN"),
        ({"completed": 4_500, "dropped": 500}, "UNKNOWN"),
        ({"success": 4_990, "timeout": 10}, "OK"),  # 99.4 % without
        ({"success": 4_000, "cached": 1_000}, "OK"),  # as everything that says nothing bad
        ({}, "OK"),
    ],
)
def test_other_failures_beside_the_one_that_is_left_out_are_found(values: dict[str, float], expected: str) -> None:
    said, message = verdict(values, **NOT_FAILED)
    assert said == expected, message
    assert expected == "OK" or "expected no result that fails among the good ones" in message
    assert verdict(values, "90", **NOT_FAILED)[0] == "CRITICAL"


def test_values_that_are_named_are_not_asked_for() -> None:
    """The shipped matcher names the good one."""
    assert verdict({"timeout": 4_000})[0] == "OK"


HANDLED = "sum(rate(grpc_server_handled_total{job='w', grpc_code%s}[$window]))"


@pytest.mark.parametrize(
    ("values", "expected"),
    [({"OK": 4_000, "DeadlineExceeded": 1_000}, "UNKNOWN"), ({"OK": 4_000, "NotFound": 1_000}, "OK")],
)
def test_availability_by_one_code_that_is_left_out(values: dict[str, float], expected: str) -> None:
    """gRPC has more codes of failures than ``Internal``."""
    own = f"100 * {HANDLED} / {HANDLED}" % ("!='Internal'", "!=''")
    said, message = verdict(values, "99.99", AVAILABILITY, queries={"availability": own})
    assert said == expected, message
