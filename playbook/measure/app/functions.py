"""Functions of the app: what the platform counts of them. It has no state of health for them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from playbook.clients.digitalocean_types import FunctionsHealth, FunctionsMetric
from playbook.core.coverage import understood
from playbook.core.limits import Limit
from playbook.core.verdict import Verdict
from playbook.measure.statements import Statement

# Parts of labels. The API's description names ``activations_count`` alone; the platform's alert rules also know an
# error count and an error rate.
_FAILED = ("error", "fail", "timeout", "timed_out")
_ALL = "activations"


@dataclass(frozen=True, slots=True)
class AppFunctions:
    """One functions component.

    Attributes:
        limit: of the share of activations that fail.
    """

    name: str
    metrics: tuple[FunctionsMetric, ...]
    limit: Limit

    @property
    def faults(self) -> tuple[str, ...]:
        """Figures of failures beyond the limit, in words; any, where not all activations are counted as well."""
        found = []
        for one in self.metrics:
            if not _is_failure(one) or not _is_amount(one) or not one.metric_value:
                continue
            of = 0.0 if "rate" in one.metric_label.lower() else self._activations(one.time_window)
            share = 100 * one.metric_value / of if of else None
            if share is None or self.limit.verdict(share) is not Verdict.OK:
                of_all = f" of {of:,.0f} activations" if of else ""
                found.append(f"{one.metric_label} {one.metric_value:,g}{of_all}{_window(one)}")
        return tuple(found)

    @property
    def statement(self) -> Statement:
        """That hardly any activation failed, as far as the platform counts failures."""
        expected = f"{self.limit.expected(Verdict.WARNING)} of activations to fail"
        told = any(map(_is_failure, self.metrics))
        found = "; ".join(self.faults) or ("no more" if told else "no figure of failures from the platform")
        odd = [f"{one.metric_label} {one.metric_value}" for one in self.metrics if not _is_amount(one)]
        coverage = understood(len(odd), len(self.metrics), "figures of functions", examples=odd)
        return Statement(f"Functions {self.name}", not self.faults, expected, found, warn=True, coverage=coverage)

    @property
    def rows(self) -> list[list[str]]:
        """A row for each figure."""
        return [[self.name, one.metric_label, f"{one.metric_value:,g}", one.time_window] for one in self.metrics]

    def _activations(self, window: str) -> float:
        """Number in the same time; 0 where it is not told."""
        counts = [
            one.metric_value
            for one in self.metrics
            if one.metric_label.lower().startswith(_ALL)
            and "rate" not in one.metric_label.lower()
            and not _is_failure(one)
            and _is_amount(one)
            and one.time_window == window
        ]
        return max(counts, default=0.0)


def functions_of(reported: list[FunctionsHealth], limit: Limit) -> tuple[AppFunctions, ...]:
    """The functions components that the platform reports."""
    return tuple(AppFunctions(one.name, tuple(one.functions_component_health_metrics), limit) for one in reported)


def _is_amount(metric: FunctionsMetric) -> bool:
    return math.isfinite(metric.metric_value) and metric.metric_value >= 0


def _is_failure(metric: FunctionsMetric) -> bool:
    label = metric.metric_label.lower()
    return any(word in label for word in _FAILED)


def _window(metric: FunctionsMetric) -> str:
    return f" in {metric.time_window}" if metric.time_window else ""
