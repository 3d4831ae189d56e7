"""Firing alerts: from Alertmanager, and from the rules of Prometheus and Grafana, as far as these are configured.

Alertmanager knows silences, but only alerts that fire and have reached it. Pending alerts, firing alerts that were
not delivered, and the existence of rules are known only where the rules are evaluated.
https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

import msgspec

from playbook.clients.alert_rules import Rules, hidden_rules, rules_of, told_by_rules
from playbook.clients.alert_words import (
    Alert,
    RawSilence,
    Silence,
    active,
    among,
    covering,
    of_alertmanager,
    of_known_state,
    of_rules,
    silence_of,
    with_silences,
    without_internal,
)
from playbook.clients.answer import Answer
from playbook.clients.grafana import AlertingOff, Grafana, grafana
from playbook.clients.http import HttpClient, monitoring_client, tenant_hint
from playbook.clients.prometheus import Prometheus, prometheus
from playbook.clients.wire import Kept
from playbook.core.budget import words
from playbook.core.coverage import Coverage, lacking
from playbook.core.engine import client
from playbook.core.errors import Malformed, NotConfigured, TooLittleData, Unmeasured, away
from playbook.core.side_by_side import side_by_side
from playbook.core.wording import enumerated, plural
from playbook.settings.model import Settings

SERVICE = "Alertmanager"
_COMING_UP = 120.0  # seconds after a start within which Alertmanager may not yet know every firing alert
_CLOCK = timedelta(seconds=10)  # allowed difference between two clocks; a Date header has whole seconds


@dataclass(frozen=True, slots=True)
class Found:
    """Alerts and silences of one source.

    Attributes:
        rules: rules behind the alerts; ``None`` if no source could be asked.
        lacks: what was not read or not understood.
    """

    source: str
    alerts: tuple[Alert, ...]
    silences: tuple[Silence, ...] = ()
    rules: Rules | None = None
    lacks: Coverage = field(default_factory=Coverage)

    @property
    def coverage(self) -> Coverage:
        """Coverage: whole if every firing alert would have been seen."""
        return self.lacks + (self.rules.coverage if self.rules else Coverage())


class _Cluster(msgspec.Struct):
    status: str


class _ManagerStatus(msgspec.Struct):
    """``uptime`` is the start time, by Alertmanager's own clock."""

    cluster: _Cluster
    uptime: str = ""


@dataclass(frozen=True)
class Alertmanager:
    """Alertmanager's API v2. Thread-safe.

    Attributes:
        rules: source of its alerts; ``None`` if neither Prometheus nor Grafana is configured.
        add: settings to add in that case.
    """

    http: HttpClient
    rules: RuleAlerts | None = None
    add: str = ""

    def found(self, now: datetime) -> Found:
        """Firing, silenced and inhibited alerts, silences, and pending or undelivered alerts from the rules.

        If the rules or the silences cannot be read, firing alerts are still returned and the coverage is
        incomplete. If its own alerts cannot be read, those of the rules are.

        Raises:
            Unmeasured: its own alerts cannot be read, and no rule is known to alert.
        """
        source, rules = SERVICE, None
        known: Sequence[Alert] = ()
        other_silences: tuple[Silence, ...] = ()
        if self.rules:
            # The rules are asked first: an alert that starts to fire between the two requests then counts as
            # delivered.
            try:
                evaluated = self.rules.evaluated(now)
                known, rules = evaluated.alerts, evaluated.rules
                lacks = evaluated.lacks + self.rules.way_to_alertmanager()
                other_silences = evaluated.silences
                source = _both(SERVICE, evaluated.source)
            except Unmeasured as error:
                lacks = _not_known(error, "pending not known")
        else:
            lacks = lacking(
                "pending not known",
                expected="the rules that alert to be asked",
                got=f"{SERVICE} alone, which knows neither the rules nor pending alerts",
                hint=self.add,
            )
        firing = [one for one in known if one.state == "firing"]
        waiting = [one for one in known if one.state in ("pending", "not evaluated")]
        is_read = True
        try:
            alerts, more = of_alertmanager(self._read("alerts", list[Any]), now)
        except Unmeasured as error:
            if not firing and not waiting:
                raise
            alerts, more, is_read = [], _not_known(error, "alerts of Alertmanager not known"), False
        silences, unread = _active(lambda: self._read("silences", list[RawSilence]), now)
        lacks += unread
        missing = [one for one in firing if not among(one, alerts)]
        settled, age = self._settled(now) if is_read else (Coverage(), math.inf)
        if not is_read:
            lost = missing  # whether it has received them is not known
        elif missing and 0 <= age < _COMING_UP:
            # Prometheus resends firing alerts about once a minute; until then a missing alert is not undelivered.
            alerts_missing = plural(len(missing), "firing alert")
            got = f"one that was started {age:.0f} s ago and has not yet received {alerts_missing}"
            lacks += lacking(
                "Alertmanager just started",
                expected=f"an Alertmanager that has run for {_COMING_UP:.0f} s",
                got=got,
                hint="Look again in two minutes, and find out why it was started.",
            )
            lost = missing
        else:
            lost = [replace(one, delivered=one.by_grafana) for one in missing]
        alerts += map(without_internal, with_silences([*lost, *waiting], silences))
        lacks += more + settled
        each_once = dict.fromkeys((*map(silence_of, silences), *other_silences))
        return Found(source, tuple(alerts), tuple(each_once), rules, lacks)

    def silences_on(self, labels: Mapping[str, str]) -> list[Silence]:
        """Active and pending silences that cover an alert with these labels."""
        return covering(self._read("silences", list[RawSilence]), labels)

    def rule_names(self, now: datetime) -> tuple[str, ...]:
        """Names of the rules that alert, as far as their source is configured and answers."""
        return self.rules.rule_names(now) if self.rules else ()

    def _settled(self, now: datetime) -> tuple[Coverage, float]:
        """Whether it has the state of all its peers, and its uptime in seconds; infinite if unknown.

        Its cluster status is ``disabled`` if it has no peers.
        """
        try:
            answer = self._answer("status")
            told = answer.json(_ManagerStatus)
        except Unmeasured as error:
            return _not_known(error, "state of Alertmanager not known"), math.inf
        status, age = told.cluster.status, _age(told.uptime, answer.headers.get("date", ""), now)
        if status in ("ready", "disabled"):
            return Coverage(), age
        return (
            lacking(
                f"Alertmanager {words(status, 80)}",
                expected="an Alertmanager that is ready",
                got=f"one that is {words(status, 80)}",
                hint="Look again in a minute: it settles with its peers after a start. If it stays"
                " so, see its log.",
            ),
            age,
        )

    def _read(self, path: str, kind: Any) -> Any:
        return self._answer(path).json(kind)

    def _answer(self, path: str) -> Answer:
        answer = self.http.get(f"api/v2/{path}")
        if answer.status in (400, 500):
            text = words(answer.json(str))
            raise Malformed(
                f"{SERVICE}: expected its {path}, got HTTP {answer.status}: {text}",
                service=SERVICE,
                attempts=answer.attempts,
            )
        return answer.expect_ok(tenant_hint(answer, "alertmanager.tenant"))


@dataclass(frozen=True)
class RuleAlerts:
    """Alerts reported by the rules of Prometheus or Grafana. Prometheus has no silences; Grafana has its own.

    Attributes:
        also: Grafana next to Prometheus. It evaluates rules of its own, of which Prometheus knows nothing.
        no_data_is_normal: patterns of names of rules that need not find data.
    """

    source: Prometheus | Grafana
    also: Grafana | None = None
    no_data_is_normal: tuple[str, ...] = ()

    def found(self, now: datetime) -> Found:
        """Firing and pending alerts; from Grafana also silenced alerts and the silences.

        If silences cannot be read, firing alerts are still returned and the coverage is incomplete.
        """
        found = self.evaluated(now)
        return replace(found, alerts=tuple(map(without_internal, found.alerts)))

    def evaluated(self, now: datetime) -> Found:
        """As ``found``, including Grafana's internal labels."""
        asked = [
            partial(_evaluated_or_why_not, source, now, self.no_data_is_normal)
            for source in (self.source, self.also)
            if source
        ]
        mine, *others = side_by_side(asked)
        other = _of_grafana(others[0]) if others else Found("", ())
        if isinstance(mine, Unmeasured):
            if not any(alert.state != "silenced" for alert in other.alerts):
                raise mine
            return replace(other, lacks=other.lacks + _not_known(mine, "rules not known"))
        return _together(mine, other)

    def silences_on(self, labels: Mapping[str, str]) -> list[Silence]:
        """As ``Alertmanager.silences_on``, by Grafana; TooLittleData where it is not set."""
        knows = self.also
        if isinstance(self.source, Grafana):
            knows = self.source
        elif knows is None:
            raise TooLittleData(
                f"{self.source.service}: expected silences, got none, as it does not support them",
                service=self.source.service,
                hint="Set alertmanager.url, or grafana.url where Grafana sends the alerts.",
            )
        return covering(knows.silences(list[RawSilence]), labels)

    def way_to_alertmanager(self) -> Coverage:
        """Whether Prometheus sends its alerts to an Alertmanager, as far as it tells."""
        if isinstance(self.source, Grafana) or not self.source.sends_nowhere():
            return Coverage()
        return lacking(
            "no way to Alertmanager",
            expected="Prometheus to send its alerts to an Alertmanager",
            got="one that knows none",
            hint="Look at alerting.alertmanagers in its configuration, and at Status → Runtime.",
        )

    def rule_names(self, now: datetime) -> tuple[str, ...]:
        """As ``Alertmanager.rule_names``."""
        try:
            rules = self.evaluated(now).rules
        except Unmeasured:
            return ()
        return (*rules.names, *rules.paused) if rules else ()


def _of_grafana(answer: Found | Unmeasured) -> Found:
    """What Grafana reports beside Prometheus: nothing where its alerting is switched off."""
    if isinstance(answer, AlertingOff):
        return Found("", ())
    if isinstance(answer, Unmeasured):
        return Found("", (), lacks=_not_known(answer, "Grafana's alerts not known"))
    return answer


def _evaluated_or_why_not(
    source: Prometheus | Grafana, now: datetime, no_data_is_normal: Sequence[str]
) -> Found | Unmeasured:
    try:
        return _evaluated(source, now, no_data_is_normal)
    except Unmeasured as error:
        return error


def _evaluated(source: Prometheus | Grafana, now: datetime, no_data_is_normal: Sequence[str]) -> Found:
    service = "Grafana" if isinstance(source, Grafana) else source.service
    rules, unknown = None, Coverage()
    raw, told, problem = _alerts_or_why_not(source)
    try:
        groups, warnings = source.rule_groups()
        all_warnings = tuple(dict.fromkeys((*told, *warnings)))
        rules = rules_of(service, groups, all_warnings, now, no_data_is_normal)
        unknown = hidden_rules(groups, raw)
        raw = [*raw, *told_by_rules(groups, raw)]
    except Unmeasured as error:
        if problem:
            raise problem from None
        unknown = _not_known(error, "rules not known")
    if problem:
        if not raw:
            raise problem
        unknown = _not_known(problem, "alerts known by their rules only")
    alerts, lacks = of_rules(raw, now, no_data_is_normal)
    lacks += unknown
    silences: list[RawSilence] = []
    if isinstance(source, Grafana):
        silences, unread = _active(lambda: source.silences(list[RawSilence]), now)
        lacks += unread
        alerts = [replace(alert, by_grafana=True) for alert in alerts]
    shown = tuple(with_silences(alerts, silences))
    return Found(service, shown, tuple(map(silence_of, silences)), rules, lacks)


def _alerts_or_why_not(source: Prometheus | Grafana) -> tuple[list[Any], Sequence[str], Unmeasured | None]:
    try:
        return *source.alerts(), None
    except Unmeasured as error:
        return [], (), error


def _together(mine: Found, other: Found) -> Found:
    """Alerts and rules of two sources; what both have in the same state counts once."""
    more = [
        alert
        for alert in other.alerts
        if not among(alert, [one for one in mine.alerts if one.state == alert.state])
    ]
    rules = mine.rules + other.rules if mine.rules and other.rules else mine.rules or other.rules
    source = _both(mine.source, other.source)
    return Found(source, (*mine.alerts, *more), mine.silences + other.silences, rules, mine.lacks + other.lacks)


def _both(first: str, second: str) -> str:
    """``Alertmanager``, and ``Prometheus and Grafana``, as ``Alertmanager, Prometheus and Grafana``."""
    return enumerated([name for source in (first, second) if source for name in source.split(" and ")])


def _active(read: Callable[[], list[RawSilence]], now: datetime) -> tuple[list[RawSilence], Coverage]:
    """Active silences; where they cannot be read, none of them, and what is not known."""
    try:
        silences = read()
    except Unmeasured as error:
        return [], _not_known(error, "silences not known")
    return active(silences), of_known_state(silences, now)


def _age(started: str, date: str, now: datetime) -> float:
    """Seconds since the start, by the clock of the answer's Date header where there is one."""
    try:
        begun = datetime.fromisoformat(started)
        at = parsedate_to_datetime(date) if date else now
        return max((at - begun).total_seconds(), 0.0) if at - begun > -_CLOCK else math.inf
    except (ValueError, TypeError, OverflowError):
        return math.inf


def _not_known(error: Unmeasured, words: str) -> Coverage:
    """Coverage lost by an error of one source."""
    expected, _, got = str(error).partition(": expected ")[2].partition(", got ")
    return lacking(
        words, expected=expected or "an answer", got=got or str(error), hint=error.hint, cause=away(error)
    )


@client(
    libraries=("playbook.clients.transport", "stamina"),
    one_of=(("alertmanager",), ("prometheus",), ("grafana",)),
)
def alerting(settings: Settings) -> Alertmanager | RuleAlerts:
    """Alertmanager, with the rules of Prometheus and Grafana for what did not reach it; else these alone."""
    target, own = settings.target, settings.target.alertmanager
    rules = None
    if target.prometheus.url is not None:
        also = grafana(settings) if target.grafana.url is not None else None
        rules = RuleAlerts(prometheus(settings), also, own.no_data_is_normal)
    elif target.grafana.url is not None:
        rules = RuleAlerts(grafana(settings), no_data_is_normal=own.no_data_is_normal)
    if own.url is not None:
        http = monitoring_client(settings, "alertmanager", SERVICE, Kept())
        return Alertmanager(http, rules, "" if rules else _line_to_add(settings))
    if rules:
        return rules
    settings.require(None, "alertmanager.url", SERVICE)
    raise AssertionError("require raises where there is no value")


def _line_to_add(settings: Settings) -> str:
    try:
        settings.require(None, "prometheus.url", "Prometheus")
    except NotConfigured as error:
        return f"Add {error.add}"
    raise AssertionError("require raises where there is no value")
