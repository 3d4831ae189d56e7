"""Counters and histograms in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds


class Counter:
    """A counter per combination of label values."""

    def __init__(self, name: str, summary: str, *labels: str) -> None:
        self._head = f"# HELP {name} {summary}\n# TYPE {name} counter\n"
        self._name, self._labels = name, labels
        self._values: dict[tuple[str, ...], float] = defaultdict(float)

    def add(self, *values: str, amount: float = 1) -> None:
        """Count ``amount`` for these label values."""
        self._values[values] += amount

    @classmethod
    def once(cls, name: str, summary: str, value: float) -> str:
        """A counter kept elsewhere, in Prometheus' format."""
        counter = cls(name, summary)
        counter.add(amount=round(value, 3))
        return counter.text()

    def text(self) -> str:
        """The counter in Prometheus' format."""
        lines = (
            f"{self._name}{_braces(self._labels, values)} {amount:g}\n"
            for values, amount in sorted(self._values.items())
        )
        return self._head + "".join(lines)


class Histogram:
    """Durations in seconds, per combination of label values."""

    def __init__(self, name: str, summary: str, *labels: str) -> None:
        self._head = f"# HELP {name} {summary}\n# TYPE {name} histogram\n"
        self._name, self._labels = name, labels
        self._counts: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0] * (len(BUCKETS) + 1))
        self._sums: dict[tuple[str, ...], float] = defaultdict(float)

    def observe(self, seconds: float, *values: str) -> None:
        """Count one duration."""
        self._counts[values][bisect_left(BUCKETS, seconds)] += 1
        self._sums[values] += seconds

    def text(self) -> str:
        """The histogram in Prometheus' format: buckets are cumulative."""
        return self._head + "".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for values, counts in sorted(self._counts.items()):
            total = 0
            for bound, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
                total += count
                yield f"{self._name}_bucket{_braces((*self._labels, 'le'), (*values, bound))} {total}\n"
            yield f"{self._name}_sum{_braces(self._labels, values)} {self._sums[values]:.6f}\n"
            yield f"{self._name}_count{_braces(self._labels, values)} {total}\n"


def gauge(name: str, summary: str, value: float, **labels: str) -> str:
    """One number that goes up and down."""
    braces = _braces(tuple(labels), tuple(labels.values()))
    return f"# HELP {name} {summary}\n# TYPE {name} gauge\n{name}{braces} {value:.15g}\n"


def _braces(labels: tuple[str, ...], values: tuple[str, ...]) -> str:
    # Values are our own routes, methods, statuses and formats; none contains a quote, backslash or newline.
    pairs = ",".join(f'{label}="{value}"' for label, value in zip(labels, values, strict=True))
    return f"{{{pairs}}}" if pairs else ""
