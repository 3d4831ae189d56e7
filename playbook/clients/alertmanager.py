"""What fires: from Alertmanager, else from Prometheus' rules, else from Grafana's.

Alertmanager knows silences, but only alerts that fire and have reached it; what is pending, and what fires but was
not delivered, is known where the rules are evaluated.
https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import msgspec

from playbook.clients.grafana import Grafana, grafana
from playbook.clients.http import HttpClient
from playbook.clients.prometheus import Prometheus, prometheus
from playbook.engine import client
from playbook.errors import Malformed, TooLittleData, Unmeasured
from playbook.settings import Settings

SERVICE = "Alertmanager"

State = Literal["firing", "pending", "silenced", "inhibited", "not evaluated"]

# Grafana's words; a reason may follow, as in "Alerting (NoData)". Normal is no alert.
_GRAFANA: dict[str, State] = {
    "Alerting": "firing",
    "Recovering": "firing",
    "Pending": "pending",
    "NoData": "not evaluated",
    "Error": "not evaluated",
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        state: ``not evaluated`` where its rule found no data or failed.
        since: ``None`` where the source does not say it.
        summary: its annotation ``summary``, else ``description``; may be empty.
        silences: ids of the silences on it.
        delivered: False where it fires in Prometheus and Alertmanager does not know it: nobody was told.
    """

    name: str
    labels: Mapping[str, str]
    state: State
    since: datetime | None
    summary: str = ""
    silences: tuple[str, ...] = ()
    delivered: bool = True


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence that is in effect, or is to come.

    Attributes:
        matchers: as Alertmanager shows them: ``alertname="X"``.
        since: ``None`` where the source does not say it.
    """

    id: str
    matchers: tuple[str, ...]
    by: str
    comment: str
    until: datetime
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Alerts and silences of one source.

    Attributes:
        pending_unknown: why it is not known what is pending; ``None`` where it is.
        silences_unknown: why it is not known what is silenced; then all that fires counts.
    """

    source: str
    alerts: tuple[Alert, ...]
    silences: tuple[Silence, ...] = ()
    pending_unknown: Unmeasured | None = None
    silences_unknown: Unmeasured | None = None


class _Status(msgspec.Struct):
    state: str
    silencedBy: list[str] = []  # noqa: N815 - Alertmanager's names
    inhibitedBy: list[str] = []  # noqa: N815


class _Alert(msgspec.Struct):
    labels: dict[str, str]
    status: _Status
    startsAt: datetime  # noqa: N815
    annotations: dict[str, str] = {}


class _Matcher(msgspec.Struct):
    name: str
    value: str
    isRegex: bool = False  # noqa: N815
    isEqual: bool = True  # noqa: N815


class _SilenceStatus(msgspec.Struct):
    state: str


class _Silence(msgspec.Struct):
    id: str
    status: _SilenceStatus
    createdBy: str  # noqa: N815
    comment: str
    endsAt: datetime  # noqa: N815
    matchers: list[_Matcher]
    startsAt: datetime | None = None  # noqa: N815


class _RuleAlert(msgspec.Struct):
    labels: dict[str, str]
    state: str
    annotations: dict[str, str] = {}
    activeAt: datetime | None = None  # noqa: N815


@dataclass(frozen=True)
class Alertmanager:
    """Alertmanager's API v2. Thread-safe.

    Attributes:
        rules: Prometheus, for what is pending or was not delivered; ``None`` where no Prometheus is configured.
    """

    http: HttpClient
    rules: Prometheus | None = None

    def found(self) -> Found:
        """Alerts that fire, are silenced or inhibited; silences; from Prometheus what is pending or got lost.

        Prometheus' being away does not hide what fires: it is then said in ``pending_unknown``.
        """
        source, unknown = SERVICE, None
        known: list[Alert] = []
        if self.rules:
            # Asked first: what begins to fire between the two questions has then been delivered, not lost.
            try:
                known = _of_rules(self.rules.alerts(), self.rules.service)
                source = f"{SERVICE} and {self.rules.service}"
            except Unmeasured as error:
                unknown = error
        alerts = [_of_alertmanager(alert) for alert in self._read("alerts", list[_Alert])]
        silences = _active(self._read("silences", list[_Silence]))
        firing = [one for one in known if one.state == "firing"]
        lost = [replace(one, delivered=False) for one in firing if not _among(one, alerts)]
        pending = [one for one in known if one.state == "pending"]
        alerts += _with_silences([*lost, *pending], silences)
        return Found(source, tuple(alerts), tuple(map(_silence, silences)), unknown)

    def silences_on(self, labels: Mapping[str, str]) -> list[Silence]:
        """Silences in effect or to come that cover an alert with these labels."""
        return _on(self._read("silences", list[_Silence]), labels)

    def _read(self, path: str, kind: Any) -> Any:
        answer = self.http.get(f"api/v2/{path}")
        if answer.status in (400, 500):
            text = answer.json(str)
            raise Malformed(
                f"{SERVICE}: expected its {path}, got HTTP {answer.status}: {text}",
                service=SERVICE,
                attempts=answer.attempts,
            )
        return answer.expect_ok().json(kind)


@dataclass(frozen=True)
class RuleAlerts:
    """What Prometheus' or Grafana's rules find. Prometheus knows of no silences, Grafana of its own."""

    source: Prometheus | Grafana

    def found(self) -> Found:
        """Alerts that fire or are pending; from Grafana also what is silenced, and the silences.

        That silences cannot be read does not hide what fires: it is then said in ``silences_unknown``.
        """
        if not isinstance(self.source, Grafana):
            return Found(self.source.service, tuple(_of_rules(self.source.alerts(), self.source.service)))
        alerts, silences, unknown = _of_grafana(self.source.alerts()), [], None
        try:
            silences = _active(self.source.silences(list[_Silence]))
        except Unmeasured as error:
            unknown = error
        shown = map(_without_internal, _with_silences(alerts, silences))
        return Found("Grafana", tuple(shown), tuple(map(_silence, silences)), silences_unknown=unknown)

    def silences_on(self, labels: Mapping[str, str]) -> list[Silence]:
        """As of Alertmanager; TooLittleData where there is Prometheus alone, which has none."""
        if not isinstance(self.source, Grafana):
            raise TooLittleData(
                f"{self.source.service}: expected silences, got none, as it knows of none",
                service=self.source.service,
                hint="Set alertmanager.url, or grafana.url where Grafana sends the alerts.",
            )
        return _on(self.source.silences(list[_Silence]), labels)


def _on(silences: Iterable[_Silence], labels: Mapping[str, str]) -> list[Silence]:
    ahead = [one for one in silences if one.status.state != "expired"]
    return [_silence(one) for one in ahead if _covers(one, labels)]


def _of_alertmanager(alert: _Alert) -> Alert:
    state: State = "firing"
    if alert.status.state == "suppressed":
        state = "silenced" if alert.status.silencedBy else "inhibited"
    return Alert(
        _name(alert.labels),
        alert.labels,
        state,
        alert.startsAt,
        _summary(alert.annotations),
        tuple(alert.status.silencedBy),
    )


def _of_rules(raw: list[dict[str, Any]], service: str) -> list[Alert]:
    states: dict[str, State] = {"firing": "firing", "pending": "pending"}
    return _converted(raw, states, service)


def _of_grafana(raw: list[dict[str, Any]]) -> list[Alert]:
    return _converted(raw, _GRAFANA, "Grafana")


def _converted(raw: list[dict[str, Any]], states: Mapping[str, State], service: str) -> list[Alert]:
    try:
        alerts = msgspec.convert(raw, list[_RuleAlert])
    except msgspec.ValidationError as error:
        raise Malformed(
            f"{service}: expected alerts, got JSON of another shape: {error}", service=service
        ) from None
    found = []
    for alert in alerts:
        word, _, reason = alert.state.partition(" ")
        if word in ("Normal", "inactive"):
            continue
        if word not in states:
            raise Malformed(
                f"{service}: expected an alert to be {' or '.join(states)}, got {alert.state!r}", service=service
            )
        # "Alerting (NoData)" fires because there is no data: worse than a rule that says so, so the word counts.
        summary = " ".join(filter(None, (_summary(alert.annotations), reason)))
        found.append(Alert(_name(alert.labels), alert.labels, states[word], alert.activeAt, summary))
    return found


def _name(labels: Mapping[str, str]) -> str:
    return labels.get("alertname") or "alert without a name"


def _summary(annotations: Mapping[str, str]) -> str:
    return annotations.get("summary") or annotations.get("description", "")


def _among(alert: Alert, delivered: Iterable[Alert]) -> bool:
    """Whether one of them is this alert: of the same name, with no label that says otherwise.

    On the way labels are added (``external_labels``) and may be dropped (``alert_relabel_configs``).
    """
    return any(
        alert.name == other.name
        and all(other.labels.get(name, value) == value for name, value in alert.labels.items())
        for other in delivered
    )


def _active(silences: Iterable[_Silence]) -> list[_Silence]:
    return [one for one in silences if one.status.state == "active"]


def _silence(one: _Silence) -> Silence:
    matchers = tuple(map(_matcher, one.matchers))
    return Silence(one.id, matchers, one.createdBy, one.comment, one.endsAt, one.startsAt)


def _with_silences(alerts: Iterable[Alert], silences: Iterable[_Silence]) -> list[Alert]:
    """The alerts, those that a silence covers as silenced. Alertmanager does it for what has reached it."""
    marked = []
    for alert in alerts:
        ids = tuple(one.id for one in silences if _covers(one, alert.labels))
        marked.append(replace(alert, state="silenced", silences=ids) if ids else alert)
    return marked


def _covers(silence: _Silence, labels: Mapping[str, str]) -> bool:
    return bool(silence.matchers) and all(_holds(matcher, labels) for matcher in silence.matchers)


def _holds(matcher: _Matcher, labels: Mapping[str, str]) -> bool:
    """As Alertmanager matches: a label that is not there is empty, and an expression holds for the whole value."""
    value = labels.get(matcher.name, "")
    if not matcher.isRegex:
        return (value == matcher.value) is matcher.isEqual
    try:
        return bool(re.fullmatch(matcher.value, value)) is matcher.isEqual
    except re.error:
        return False  # an alert too many is better than one too few


def _without_internal(alert: Alert) -> Alert:
    shown = {name: value for name, value in alert.labels.items() if not name.startswith("__")}
    return replace(alert, labels=shown)


def _matcher(matcher: _Matcher) -> str:
    sign = ("=" if matcher.isEqual else "!") + ("~" if matcher.isRegex else "" if matcher.isEqual else "=")
    return f'{matcher.name}{sign}"{matcher.value}"'


@client(libraries=("h11", "stamina"))
def alerting(settings: Settings) -> Alertmanager | RuleAlerts:
    """Alertmanager with Prometheus for what is pending; else Prometheus; else Grafana."""
    target, own = settings.target, settings.target.alertmanager
    if own.url is not None:
        http = HttpClient(
            own.url,
            service=SERVICE,
            time_limits=settings.time_limits,
            ca=own.ca,
            token=own.token,
            username=own.username,
            password=own.password,
            setting=f"targets.{target.name}.alertmanager.url",
        )
        return Alertmanager(http, prometheus(settings) if target.prometheus.url is not None else None)
    if target.prometheus.url is not None:
        return RuleAlerts(prometheus(settings))
    if target.grafana.url is not None:
        return RuleAlerts(grafana(settings))
    settings.require(None, "alertmanager.url", SERVICE)
    raise AssertionError("require raises where there is no value")
