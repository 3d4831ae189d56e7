"""The answers of Prometheus' HTTP API, as far as they are read."""

from __future__ import annotations

from typing import Any

import msgspec

# Notes of Prometheus that do not make an answer incomplete: metric naming, and non-monotonic buckets caused by the
# extrapolation of increase() (checked where buckets are read).
_HARMLESS = ("metric might not be a counter", "needed to be fixed for monotonicity")

Point = tuple[float, str]


class Envelope(msgspec.Struct):
    """Prometheus' answer; ``isPartial`` is set by VictoriaMetrics if not all storage nodes answered."""

    status: str
    data: Any = None
    errorType: str = ""  # noqa: N815 - Prometheus' names
    error: str = ""
    warnings: list[str] | None = None
    infos: list[str] | None = None
    isPartial: bool | None = None  # noqa: N815

    @property
    def against(self) -> tuple[str, ...]:
        """Warnings about the answer's completeness; an error beside an answer is one."""
        infos = [text for text in self.infos or () if not any(words in text for words in _HARMLESS)]
        partial = ["isPartial: true"] if self.isPartial else []
        return tuple(dict.fromkeys([*filter(None, [self.error]), *(self.warnings or ()), *partial, *infos]))


class Result(msgspec.Struct):
    resultType: str  # noqa: N815
    result: Any


class VectorRow(msgspec.Struct):
    metric: dict[str, str]
    value: Point


class MatrixRow(msgspec.Struct):
    metric: dict[str, str]
    values: list[Point]


class Alerts(msgspec.Struct):
    alerts: list[Any] | None


class Alertmanagers(msgspec.Struct):
    activeAlertmanagers: list[Any]  # noqa: N815 - Prometheus' name


class Groups(msgspec.Struct):
    groups: list[Any]
    groupNextToken: str = ""  # noqa: N815 - Prometheus' name; there are more pages


class Message(msgspec.Struct):
    message: str
