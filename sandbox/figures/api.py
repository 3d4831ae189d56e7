"""Prometheus' HTTP API, after https://prometheus.io/docs/prometheus/latest/querying/api/.

Envelopes, parameters and statuses are Prometheus' own; numbers come from ``promql``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.figures.numbers import number
from sandbox.world.alerts import WATCHDOG

if TYPE_CHECKING:
    from sandbox.figures.series import View
    from sandbox.world import World
    from sandbox.world.alerts import AlertsState, AlertState

VERSION = "2.42.0-sandbox"  # evaluates PromQL like that version (tests/real), but is not Prometheus
MOST_POINTS = 11_000
MAX_SECONDS = 9_223_372_036.0  # a Go duration

_DURATION = re.compile(
    r"(?:(?P<y>\d+)y)?(?:(?P<w>\d+)w)?(?:(?P<d>\d+)d)?(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+)s)?(?:(?P<ms>\d+)ms)?"
)
_UNITS = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


class ApiError(Exception):
    """An error envelope.

    Attributes:
        kind: Prometheus' ``errorType``: ``bad_data`` (400), ``execution`` (422) or ``not_found`` (404).
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text

    @property
    def status(self) -> int:
        """HTTP status of the kind."""
        return {"bad_data": 400, "execution": 422, "not_found": 404}[self.kind]


class Parameters:
    """Names with one or several values."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = list(pairs)

    def get(self, name: str) -> str:
        """The first value, or an empty text."""
        return next((value for key, value in self._pairs if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every value."""
        return [value for key, value in self._pairs if key == name]


class Call:
    """A request below ``/api/v1/``."""

    def __init__(self, world: World, now: datetime, parameters: Parameters) -> None:
        self.world = world
        self.now = now
        self.parameters = parameters

    def moment(self, name: str, default: float | None = None) -> float:
        """A parameter as Unix seconds, in whole milliseconds."""
        text = self.parameters.get(name)
        if not text and default is not None:
            return default
        try:
            seconds = float(text) if _NUMBER.fullmatch(text) else _rfc3339(text)
        except ValueError:
            raise _bad_parameter(name, f'cannot parse "{text}" to a valid timestamp') from None
        if not abs(seconds) < 1e12:
            raise _bad_parameter(name, f'cannot parse "{text}" to a valid timestamp')
        return round(seconds, 3)

    def duration(self, name: str) -> float:
        """A parameter as seconds: a number, or ``5m``."""
        text = self.parameters.get(name)
        match = _DURATION.fullmatch(text)
        if _NUMBER.fullmatch(text):
            seconds = float(text)
            if abs(seconds) > MAX_SECONDS:
                raise _bad_parameter(name, f'cannot parse "{text}" to a valid duration. It overflows int64')
        elif text and match:
            seconds = sum(int(number) * _UNITS[unit] for unit, number in match.groupdict().items() if number)
        else:
            raise _bad_parameter(name, f'cannot parse "{text}" to a valid duration')
        return seconds


def answer(world: World, now: datetime, path: str, parameters: Parameters) -> Response:
    """The response below ``/api/v1/``. Takes CPU time: call it in a thread."""
    call = Call(world, now, parameters)
    handler = _HANDLERS.get(path)
    label = re.fullmatch(r"label/([^/]+)/values", path)
    try:
        if handler:
            data = handler(call)
        elif label:
            data = _label_values(call, label[1])
        else:
            return PlainTextResponse("404 page not found\n", 404)
    except ApiError as error:
        return JSONResponse({"status": "error", "errorType": error.kind, "error": error.text}, error.status)
    partial = world.metrics.partial and path in ("query", "query_range")
    # Warnings as Prometheus gives them for a remote store, and Thanos for the stores behind it.
    warnings = ["remote_read: error sending request: 10.0.0.7:9201: connection refused"] if partial else []
    return JSONResponse({"status": "success", "data": data} | ({"warnings": warnings} if warnings else {}))


def _query(call: Call) -> Any:
    time = call.moment("time", round(call.now.timestamp(), 3))
    return _evaluate(call, [time], time, instant=True)


def _query_range(call: Call) -> Any:
    start, end = call.moment("start"), call.moment("end")
    if end < start:
        raise _bad_parameter("end", "end timestamp must not be before start time")
    step = call.duration("step")
    if step <= 0:
        raise _bad_parameter(
            "step", "zero or negative query resolution step widths are not accepted. Try a positive integer"
        )
    if (end - start) / step > MOST_POINTS:
        raise ApiError(
            "bad_data",
            "exceeded maximum resolution of 11,000 points per timeseries. "
            "Try decreasing the query resolution (?step=XX)",
        )
    first, last, width = round(start * 1000), round(end * 1000), max(1, round(step * 1000))
    return _evaluate(call, [t / 1000 for t in range(first, last + 1, width)], end, instant=False)


def _samples_of(call: Call) -> View:
    """What has been scraped of the call's world by now."""
    from sandbox.figures.series import store_of  # imports numpy, for which the sandbox's start does not wait

    return store_of(call.world.metrics).until(call.now.timestamp())


def _evaluate(call: Call, times: list[float], end: float, *, instant: bool) -> Any:
    from sandbox.figures import promql  # imports numpy

    store = _samples_of(call)
    try:
        expression = promql.parse(call.parameters.get("query"))
        if instant:
            return _instant(promql.instant(store, expression, times[0]), times[0])
        if promql.value_type(expression) not in ("scalar", "vector"):
            kind = {"matrix": "range vector", "string": "string"}[promql.value_type(expression)]
            raise ApiError(
                "bad_data",
                f'invalid expression type "{kind}" for range query, must be Scalar or instant Vector',
            )
        series = promql.over(store, expression, times, end)
    except promql.ParseError as error:
        raise _bad_parameter("query", str(error)) from None
    except promql.ExecutionError as error:
        raise ApiError("execution", str(error)) from None
    return {"resultType": "matrix", "result": [_matrix_row(labels, points) for labels, points in series]}


def _instant(value: Any, time: float) -> Any:
    if isinstance(value, float):
        return {"resultType": "scalar", "result": _point(time, value)}
    if isinstance(value, str):
        return {"resultType": "string", "result": [_seconds(time), value]}
    if value.ranged:
        return {"resultType": "matrix", "result": [_matrix_row(labels, points) for labels, points in value.rows]}
    return {
        "resultType": "vector",
        "result": [{"metric": dict(labels), "value": _point(*points[0])} for labels, points in value.rows],
    }


def _matrix_row(labels: Any, points: list[tuple[float, float]]) -> dict[str, Any]:
    return {"metric": dict(labels), "values": [_point(time, value) for time, value in points]}


def _series(call: Call) -> Any:
    if not call.parameters.all("match[]"):
        raise ApiError("bad_data", "no match[] parameter provided")
    return [dict(labels) for labels in _matched(call)]


def _labels(call: Call) -> Any:
    return sorted({name for labels in _matched(call) for name, _ in labels})


def _label_values(call: Call, label: str) -> Any:
    return sorted({value for labels in _matched(call) for name, value in labels if name == label})


def _matched(call: Call) -> list[tuple[tuple[str, str], ...]]:
    from sandbox.figures import promql  # imports numpy

    store = _samples_of(call)
    start = call.moment("start", -math.inf)
    end = call.moment("end", math.inf)
    try:
        matched = [promql.parse(text) for text in call.parameters.all("match[]")]
        return sorted(promql.matching(store, matched, start, end))
    except promql.ParseError as error:
        raise _bad_parameter("match[]", str(error)) from None


def _alerts(call: Call) -> Any:
    return {"alerts": [_alert(alert) for alert in call.world.alerts.alerts]}


def _alert(alert: AlertState) -> dict[str, Any]:
    return {
        "labels": alert.labels,
        "annotations": {"summary": alert.summary},
        "state": alert.state,
        "activeAt": _text(alert.started),
        "value": f"{alert.value:e}",
    }


def _rules(call: Call) -> Any:
    return rule_groups(call.world.alerts, call.now)


def rule_groups(
    state: AlertsState, now: datetime, of_alert: Callable[[AlertState], dict[str, Any]] = _alert
) -> dict[str, Any]:
    """One group of all rules, each with its alerts, as ``of_alert`` makes them."""
    rules = []
    for name in dict.fromkeys([*state.rules, *(alert.name for alert in state.alerts if state.rules)]):
        found = [alert for alert in state.alerts if alert.name == name]
        health = "ok" if name == WATCHDOG else state.rule_health
        rules.append(
            {
                "name": name,
                "query": "vector(1)",
                "duration": 300,
                "labels": {"severity": found[0].severity if found else "critical"},
                "annotations": {"summary": found[0].summary if found else ""},
                "alerts": [of_alert(alert) for alert in found],
                "health": health,
                **(
                    {"lastError": "vector cannot contain metrics with the same labelset"}
                    if health == "err"
                    else {}
                ),
                "state": found[0].state if found else "inactive",
                "type": "alerting",
                "lastEvaluation": _text(now - timedelta(seconds=20)),
                "evaluationTime": 0.0004,
            }
        )
    group = {"name": "portfolio", "file": "portfolio.yml", "interval": 60, "limit": 0, "rules": rules}
    return {"groups": [group | {"lastEvaluation": _text(now - timedelta(seconds=20))}] if rules else []}


def _targets(call: Call) -> Any:
    from sandbox.figures import promql  # imports numpy

    store = _samples_of(call)
    found = promql.instant(store, promql.parse("up"), call.now.timestamp())
    assert isinstance(found, promql.Rows)
    active = [
        {
            "discoveredLabels": {},
            "labels": {name: value for name, value in labels if name != "__name__"},
            "scrapePool": dict(labels)["job"],
            "scrapeUrl": f"http://{dict(labels)['instance']}/metrics",
            "health": "up" if points[0][1] else "down",
            "lastError": "",
            "lastScrape": _text(call.now),
            "lastScrapeDuration": 0.012,
        }
        for labels, points in found.rows
    ]
    return {"activeTargets": active, "droppedTargets": []}


def _buildinfo(_: Call) -> Any:
    return {
        "version": VERSION,
        "revision": "",
        "branch": "",
        "buildUser": "sandbox",
        "buildDate": "",
        "goVersion": "",
    }


_HANDLERS: dict[str, Callable[[Call], Any]] = {
    "query": _query,
    "query_range": _query_range,
    "series": _series,
    "labels": _labels,
    "alerts": _alerts,
    "rules": _rules,
    "targets": _targets,
    "status/buildinfo": _buildinfo,
}


def _bad_parameter(name: str, text: str) -> ApiError:
    return ApiError("bad_data", f'invalid parameter "{name}": {text}')


def _rfc3339(text: str) -> float:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.timestamp()


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _point(time: float, value: float) -> list[Any]:
    return [_seconds(time), number(value)]


def _seconds(time: float) -> float:
    return int(time) if time == int(time) else time
