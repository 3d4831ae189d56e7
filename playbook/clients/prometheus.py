"""Prometheus' HTTP API, read-only: directly, or through Grafana's data source proxy.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from playbook.clients.answer import Answer
from playbook.clients.grafana import HINT, Grafana, grafana
from playbook.clients.http import HttpClient, monitoring_client, tenant_hint
from playbook.clients.prometheus_meaning import (
    CLOCK,
    in_its_unit,
    of_percentile,
    over_window,
    within_range,
    without_window,
)
from playbook.clients.prometheus_part import of_the_whole
from playbook.clients.prometheus_types import (
    Alertmanagers,
    Alerts,
    Envelope,
    Groups,
    MatrixRow,
    Message,
    Point,
    Result,
    VectorRow,
)
from playbook.clients.wire import Kept
from playbook.core import door
from playbook.core.budget import convert, read_json, words
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import client
from playbook.core.errors import Malformed, TooLittleData, Unmeasured, Unreachable
from playbook.settings.model import Settings

SERVICE = "Prometheus"
# Characters of parameters: nginx and Apache take addresses of 8 KiB, HAProxy requests of 16 KiB.
_LONGEST = 6_000
_NO_POST = (403, 405, 501)


@dataclass(frozen=True, slots=True)
class Sample:
    """One value.

    Attributes:
        time: Unix seconds.
        value: may be NaN or infinite.
    """

    labels: Mapping[str, str]
    time: float
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time.

    Attributes:
        points: Unix seconds and value, in order of time.
    """

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """Answer of a query.

    Attributes:
        query: the PromQL that was sent.
        setting: dotted path of the setting that holds it; may be empty.
        warnings: the store's own warnings, e.g. that a part of it did not answer.
        asked: requested time in Unix seconds; ``None`` for the store's own current time.
        meaning: not enough where the query is over another time than the window, or is no 95th percentile.
        unit: not enough where its value may be in another unit.
        unread: why there is no answer, of one that was asked aside; enough otherwise.
    """

    service: str
    query: str
    setting: str
    samples: list[Sample]
    warnings: tuple[str, ...]
    asked: float | None = None
    meaning: Coverage = field(default_factory=Coverage)
    unit: Coverage = field(default_factory=Coverage)
    unread: Coverage = field(default_factory=Coverage)

    @property
    def coverage(self) -> Coverage:
        """Coverage: whole if the answer is complete, of the requested time and in the expected unit."""
        if not self.unread.enough:
            return self.unread
        coverage = whole_answer(self.warnings) + self.meaning + self.unit
        off = max((abs(sample.time - self.asked) for sample in self.samples), default=0.0) if self.asked else 0.0
        if off > CLOCK:
            return coverage + lacking(
                "of another time",
                expected="an answer of the moment that was asked for",
                got=f"one of {off / 60:,.0f} min before or after it",
                hint="Compare the clocks, and look for a cache between.",
            )
        return coverage

    @property
    def number(self) -> float:
        """The only value.

        Raises:
            TooLittleData: no value, or NaN, the result of 0/0.
            Malformed: several values, an infinite one, or one in another unit.
        """
        what = self.setting or self.query
        if not self.unread.enough:
            got = f"expected {self.unread.expected}, got {self.unread.got}"
            raise TooLittleData(f"{self.service}: {got}", service=self.service, hint=self.unread.hint)
        if not self.unit.enough:
            got = f"expected {self.unit.expected}, got {self.unit.got}"
            raise Malformed(f"{self.service}: {got}", service=self.service, hint=self.unit.hint)
        if not self.samples:
            raise TooLittleData(
                f"{self.service}: expected a number for {what}, got no samples",
                service=self.service,
                hint="Check that the query's metrics have these names here, and that they are being scraped.",
            )
        if len(self.samples) > 1:
            raise Malformed(
                f"{self.service}: expected one number for {what}, got {len(self.samples)} series",
                service=self.service,
                hint="Put sum(…), avg(…) or max(…) around the query.",
            )
        value = self.samples[0].value
        if math.isnan(value):
            raise TooLittleData(
                f"{self.service}: expected a number for {what}, got NaN",
                service=self.service,
                hint="Nothing has been counted, as a share of nothing is not a number.",
            )
        if math.isinf(value):
            raise Malformed(
                f"{self.service}: expected a finite number for {what}, got {value:+}", service=self.service
            )
        return value


class Courses(list[Series]):
    """Answer of a range query.

    Attributes:
        warnings: see ``Answered``.
        meaning: not enough where the query is over another time, or its values in another unit.
    """

    def __init__(
        self, series: Iterable[Series] = (), warnings: tuple[str, ...] = (), meaning: Coverage | None = None
    ) -> None:
        super().__init__(series)
        self.warnings, self.meaning = warnings, meaning or Coverage()

    @property
    def coverage(self) -> Coverage:
        """Coverage: whole if the answer is complete and of the expected meaning."""
        return whole_answer(self.warnings) + self.meaning


def whole_answer(warnings: Sequence[str]) -> Coverage:
    """Coverage of an answer with these warnings."""
    if not warnings:
        return whole("1 answer")
    more = f" and {len(warnings) - 1} more" if len(warnings) > 1 else ""
    return lacking(
        "an answer with warnings",
        expected="a whole answer",
        got=f"one with the warning {door.quoted(warnings[0], 160)}{more}",
        hint="A part of the store does not answer, or not completely: look at its stores and their logs.",
    )


@dataclass(frozen=True)
class Prometheus:
    """Queries. Thread-safe.

    Attributes:
        service: ``Prometheus``, or ``Prometheus through Grafana``.
        hint: what to do if the credentials are not accepted.
        proxied: queried through Grafana, whose own 400 and 404 mean that it has no such data source or that the
            data source refuses it.
        fixed: settings whose query is over the same time whatever the window is.
    """

    http: HttpClient
    hint: str = ""
    proxied: bool = False
    fixed: frozenset[str] = frozenset()

    @property
    def service(self) -> str:
        """Name for operators."""
        return self.http.service

    def ask(self, expression: str, at: datetime | None = None, *, setting: str = "") -> Answered:
        """An instant query; at Prometheus' current time if no time is given.

        Raises:
            Unreachable, Denied: as usual; Unreachable also if Grafana cannot reach the data source.
            Malformed: the query was rejected (with Prometheus' own message), or its value is a range.
        """
        parameters: dict[str, str | float] = {"query": expression}
        if at is not None:
            parameters["time"] = at.timestamp()
        data, warnings = self._get("query", parameters, setting)
        asked = at.timestamp() if at is not None else None
        samples = self._samples(data, setting)
        unit = in_its_unit(setting, expression, (sample.value for sample in samples))
        meaning = over_window(setting, expression, self.fixed) + of_percentile(setting, expression)
        meaning += of_the_whole(setting, expression)
        return Answered(self.service, expression, setting, samples, warnings, asked, meaning, unit)

    def query(self, expression: str, at: datetime | None = None, *, setting: str = "") -> list[Sample]:
        """Samples of an instant query; raises as ``ask``."""
        return self.ask(expression, at, setting=setting).samples

    def scalar(self, expression: str, at: datetime | None = None, *, setting: str = "") -> float:
        """The only number; raises as ``ask`` and ``Answered.number``."""
        return self.ask(expression, at, setting=setting).number

    def query_range(
        self, expression: str, start: datetime, end: datetime, step: float, *, setting: str = ""
    ) -> Courses:
        """Values every ``step`` seconds, both ends included; Prometheus returns at most 11,000 points."""
        parameters: dict[str, str | float] = {
            "query": expression,
            "start": start.timestamp(),
            "end": end.timestamp(),
            "step": step,
        }
        data, warnings = self._get("query_range", parameters, setting)
        result = self._convert(data, Result, setting)
        if result.resultType != "matrix":
            raise self._odd(words(f"a {result.resultType}"), setting)
        series = [
            Series(row.metric, tuple((time, self._value(text, setting)) for time, text in row.values))
            for row in self._rows(result.result, list[MatrixRow], setting)
        ]
        times = ([time for time, _ in one.points] for one in series)
        if odd := within_range(times, start.timestamp(), end.timestamp(), step):
            raise self._odd(odd, setting)
        values = (value for one in series for _, value in one.points)
        unit = in_its_unit(setting, expression, values)
        return Courses(series, warnings, over_window(setting, expression, self.fixed) + unit)

    def alerts(self) -> tuple[list[Any], tuple[str, ...]]:
        """Active alerts of its rules: ``labels``, ``annotations``, ``state``, ``activeAt``, ``value``; and
        warnings attached to that answer.

        Thanos sends null where there are none, and its ruler calls them ``Alerts``.
        """
        data, warnings = self._get("alerts", {}, "")
        if isinstance(data, dict) and "alerts" not in data and "Alerts" in data:
            data = {"alerts": data["Alerts"]}
        return self._convert(data, Alerts, "").alerts or [], warnings

    def sends_nowhere(self) -> bool:
        """Whether it tells that it knows no Alertmanager; False also of those that tell nothing of it."""
        try:
            data, _ = self._get("alertmanagers", {}, "")
            return not self._convert(data, Alertmanagers, "").activeAlertmanagers
        except Unmeasured:
            return False

    def rule_groups(self) -> tuple[list[Any], tuple[str, ...]]:
        """Groups of rules as received, with the recording rules that alerts may be computed from, and warnings
        attached to that answer.
        """
        data, warnings = self._get("rules", {}, "")
        answer = self._convert(data, Groups, "")
        more = ("there are more pages",) if answer.groupNextToken else ()
        groups: list[Any] = answer.groups
        return groups, (*warnings, *more)

    def _get(self, path: str, parameters: Mapping[str, str | float], setting: str) -> tuple[Any, tuple[str, ...]]:
        answer = self._sent(f"api/v1/{path}", parameters)
        if answer.status in (400, 422, 503) and (refused := _refusal(answer)):
            hint = f"The query is set by {setting}." if setting else ""
            raise Malformed(
                f"{self.service}: expected a value for {setting or path}, got {refused}",
                service=self.service,
                hint=hint,
                attempts=answer.attempts,
            )
        if answer.status in (502, 503, 504) or (self.proxied and answer.status in (400, 404)):
            details = f": {_words(answer)}" if answer.status in (400, 404) else ""
            raise Unreachable(
                f"{self.service}: expected an answer, got HTTP {answer.status}{details}",
                service=self.service,
                hint="Prometheus itself is down, or cannot be reached from there.",
                attempts=answer.attempts,
            )
        tenant = tenant_hint(answer, "prometheus.tenant")
        envelope = answer.expect_ok(tenant, if_denied=self.hint).json(Envelope)
        if envelope.status != "success":
            raise self._odd(
                words(f"the status {envelope.status!r} {envelope.errorType}: {envelope.error}"), setting
            )
        return envelope.data, envelope.against

    def _sent(self, path: str, parameters: Mapping[str, str | float]) -> Answer:
        """By POST where the address would be too long for a proxy; by GET where POST is refused, too."""
        if len(urlencode(parameters)) > _LONGEST:
            answer = self.http.ask(path, parameters)
            if answer.status not in _NO_POST:
                return answer
        return self.http.get(path, parameters)

    def _samples(self, data: Any, setting: str) -> list[Sample]:
        result = self._convert(data, Result, setting)
        if result.resultType == "scalar":
            time, text = self._convert(result.result, Point, setting)
            return [Sample({}, time, self._value(text, setting))]
        if result.resultType == "vector":
            rows = self._rows(result.result, list[VectorRow], setting)
            return [Sample(row.metric, row.value[0], self._value(row.value[1], setting)) for row in rows]
        raise Malformed(
            f"{self.service}: expected numbers for {setting or 'a query'}, got a {words(result.resultType)}",
            service=self.service,
        )

    def _rows(self, result: Any, kind: Any, setting: str) -> Any:
        """The rows; native histograms, which have no ``value``, are reported as such.

        Prometheus 2.0 and Thanos send null where there are none (https://github.com/prometheus/prometheus/pull/13997).
        """
        if result is None:
            return []
        rows = result if isinstance(result, list) else []
        if any(isinstance(row, dict) and row.keys() & {"histogram", "histograms"} for row in rows):
            raise Malformed(
                f"{self.service}: expected numbers for {setting or 'a query'}, got native histograms",
                service=self.service,
                hint="Ask for a number of them, e.g. histogram_quantile(0.95, sum(rate(…[$window]))).",
            )
        return self._convert(result, kind, setting)

    def _value(self, text: str, setting: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise self._odd(f"{door.quoted(text, 40)} as a value", setting) from None

    def _convert(self, value: Any, kind: Any, setting: str) -> Any:
        try:
            return convert(value, kind)
        except msgspec.ValidationError as error:
            raise self._odd(f"JSON of another shape: {error}", setting) from None

    def _odd(self, got: str, setting: str) -> Malformed:
        return Malformed(
            f"{self.service}: expected a result as Prometheus documents it{f' for {setting}' if setting else ''}, "
            f"got {got}",
            service=self.service,
        )


def _refusal(answer: Answer) -> str:
    """``bad_data: …``, or empty if the body is not an envelope."""
    try:
        envelope = read_json(answer.body, Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return words(f"{envelope.errorType}: {envelope.error}") if envelope.status == "error" else ""


def _words(answer: Answer) -> str:
    """Grafana's message, or the beginning of the body."""
    try:
        return words(read_json(answer.body, Message).message)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return answer.beginning or "no content"


@client(libraries=("playbook.clients.transport", "stamina"), parts=("prometheus",))
def prometheus(settings: Settings) -> Prometheus:
    """Prometheus, or if only Grafana is configured, the data source behind its dashboard."""
    target = settings.target
    if target.prometheus.url is None and target.grafana.url is not None:
        reader = grafana(settings)
        store = through(reader, reader.datasource_uid())
    else:
        store = Prometheus(monitoring_client(settings, "prometheus", SERVICE, Kept()))
    return replace(store, fixed=without_window(settings))


def through(reader: Grafana, uid: str) -> Prometheus:
    """The data source with this uid, queried through Grafana."""
    http = reader.below(f"api/datasources/proxy/uid/{uid}", f"{SERVICE} through Grafana")
    return Prometheus(http, HINT, proxied=True)
