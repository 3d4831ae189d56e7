"""Alerts and silences as Alertmanager, Prometheus and Grafana describe them. Pure.

Entries that do not match the documented format are counted as not understood; the others are still used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

import msgspec

from playbook.clients.alert_rules import AHEAD, aware, matches
from playbook.core.budget import convert, shown
from playbook.core.coverage import Coverage, lacking, understood

State = Literal["firing", "pending", "silenced", "inhibited", "not evaluated"]

# States of Prometheus and Grafana in lower case; a reason may follow, as in "Alerting (NoData)".
_STATES: dict[str, State | None] = {
    "firing": "firing",
    "alerting": "firing",
    "recovering": "firing",
    "pending": "pending",
    "nodata": "not evaluated",
    "error": "not evaluated",
    "unknown": "not evaluated",
    "normal": None,
    "inactive": None,
}
# Alerts that a silence on everything covers: one with no other label, and one with the labels that by convention
# every alert has (severity), or that vmalert and Grafana give to each. No alert has such values.
_ODD = "\N{SNOWMAN}"
_ANY_ALERT = (
    {"alertname": _ODD},
    dict.fromkeys(("alertname", "severity", "alertgroup", "grafana_folder"), _ODD),
)
_SILENCE_STATES = frozenset({"active", "pending", "expired"})
# Reasons with which Grafana reports a rule as Normal although it got no data or failed: "Normal (NoData)".
_UNSEEN = ("nodata", "error")


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        state: ``not evaluated`` if its rule found no data or failed.
        since: ``None`` if the source does not say.
        summary: annotation ``summary``, else ``description``; may be empty.
        silences: ids of the silences on it.
        id: Alertmanager's fingerprint; empty elsewhere.
        inhibitors: ids of the alerts that inhibit it.
        delivered: False if it fires in Prometheus but is missing from Alertmanager, so nobody was notified.
        by_grafana: a rule of Grafana itself, which sends its own notifications.
    """

    name: str
    labels: Mapping[str, str]
    state: State
    since: datetime | None
    summary: str = ""
    silences: tuple[str, ...] = ()
    id: str = ""
    inhibitors: tuple[str, ...] = ()
    delivered: bool = True
    by_grafana: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence that is active or pending.

    Attributes:
        matchers: as Alertmanager shows them: ``alertname="X"``.
        since: ``None`` if the source does not say.
        on_everything: its matchers cover every alert.
        raw: as the source tells it.
    """

    id: str
    matchers: tuple[str, ...]
    by: str
    comment: str
    until: datetime
    since: datetime | None = None
    on_everything: bool = False
    raw: RawSilence | None = field(default=None, compare=False, repr=False)

    def covers(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels is silenced."""
        return self.raw is not None and _covers(self.raw, labels)


class _Status(msgspec.Struct):
    """The lists may be null, as Go sends empty ones."""

    state: str
    silencedBy: list[str] | None = None  # noqa: N815 - Alertmanager's names
    inhibitedBy: list[str] | None = None  # noqa: N815
    mutedBy: list[str] | None = None  # noqa: N815


class _Alert(msgspec.Struct):
    labels: dict[str, str]
    status: _Status
    startsAt: datetime  # noqa: N815
    annotations: dict[str, str] | None = None
    endsAt: datetime | None = None  # noqa: N815
    fingerprint: str = ""


class _Matcher(msgspec.Struct):
    name: str
    value: str
    isRegex: bool = False  # noqa: N815
    isEqual: bool = True  # noqa: N815


class _SilenceStatus(msgspec.Struct):
    state: str


class RawSilence(msgspec.Struct):
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
    annotations: dict[str, str] | None = None
    activeAt: datetime | None = None  # noqa: N815


def covering(silences: Iterable[RawSilence], labels: Mapping[str, str]) -> list[Silence]:
    ahead = [one for one in silences if one.status.state in ("active", "pending")]
    return [silence_of(one) for one in ahead if _covers(one, labels)]


def of_alertmanager(raw: Sequence[Any], now: datetime) -> tuple[list[Alert], Coverage]:
    """Alerts that have not ended; entries in an undocumented format are counted as not understood."""
    found, odd, future = [], [], []
    for entry in raw:
        try:
            alert = convert(entry, _Alert)
        except msgspec.ValidationError:
            odd.append(shown(entry))
            continue
        # Go's zero time, the year 1, means that it has no end. Alertmanager lists none that has ended by its own
        # clock, and Prometheus moves the end of one that goes on to only four minutes ahead.
        if alert.endsAt is not None and alert.endsAt.year > 1 and aware(alert.endsAt) + AHEAD <= now:
            continue
        status = alert.status
        state: State = "firing"  # "unprocessed": Alertmanager has not yet looked up its silences
        if status.state.lower() == "suppressed":
            state = "silenced" if status.silencedBy else "inhibited"
        known = status.state.lower() in ("active", "unprocessed", "suppressed")
        by = (status.silencedBy, status.inhibitedBy, status.mutedBy)
        if not known or (status.state.lower() == "suppressed" and not any(by)):
            odd.append(f"{_name(alert.labels)} {status.state}")
        if aware(alert.startsAt) > now + AHEAD:
            future.append(_name(alert.labels))
        name, silences = _name(alert.labels), tuple(status.silencedBy or ())
        one = Alert(name, alert.labels, state, aware(alert.startsAt), _summary(alert.annotations), silences)
        found.append(replace(one, id=alert.fingerprint, inhibitors=tuple(status.inhibitedBy or ())))
    return found, understood(len(odd), len(raw), "alerts", examples=odd) + _in_time(future)


def of_rules(
    raw: Sequence[Any], now: datetime, no_data_is_normal: Sequence[str] = ()
) -> tuple[list[Alert], Coverage]:
    """As ``of_alertmanager``, for alerts reported by rules.

    Args:
        no_data_is_normal: patterns of names of rules that need not find data.
    """
    found, odd, future, unseen = [], [], [], []
    for one in raw:
        try:
            alert = convert(one, _RuleAlert)
        except msgspec.ValidationError:
            odd.append(shown(one))
            continue
        word, _, reason = alert.state.partition(" ")
        name = _name(alert.labels)
        if word.lower() not in _STATES:
            odd.append(f"{name} {alert.state}")
            continue
        state = _STATES[word.lower()]
        if state is None:
            said = reason.lower()
            expected = "error" not in said and matches(name, no_data_is_normal)
            unseen += [f"{name} {alert.state}"] * (not expected and any(words in said for words in _UNSEEN))
            continue
        # Grafana writes an unknown time as the year 1.
        since = aware(alert.activeAt) if alert.activeAt and alert.activeAt.year > 1 else None
        if since and since > now + AHEAD:
            future.append(name)
        # "Alerting (NoData)" fires because data is missing, which is a different problem, so the reason is kept.
        summary = " ".join(filter(None, (_summary(alert.annotations), reason)))
        found.append(Alert(name, alert.labels, state, since, summary))
    lacks = understood(len(odd), len(raw), "alerts", examples=odd) + _in_time(future)
    if unseen:
        lacks += lacking(
            f"{len(unseen)} normal without data",
            expected="rules that are normal by what they see",
            got=f"{len(unseen)} that saw nothing or failed: {', '.join(unseen[:3])}",
            hint="Give them data; where none is good news, name them in alertmanager.no_data_is_normal.",
        )
    return found, lacks


def _in_time(future: Sequence[str]) -> Coverage:
    if not future:
        return Coverage()
    return lacking(
        "clocks apart",
        expected="alerts that began before now",
        got=f"{len(future)} that begin{'s' if len(future) == 1 else ''} later: {', '.join(future[:3])}",
        hint="Compare the clocks.",
    )


def _name(labels: Mapping[str, str]) -> str:
    return labels.get("alertname") or "alert without a name"


def _summary(annotations: Mapping[str, str] | None) -> str:
    """Of an alert; Go sends null where there are no annotations."""
    annotations = annotations or {}
    return annotations.get("summary") or annotations.get("description", "")


def among(alert: Alert, delivered: Iterable[Alert]) -> bool:
    """Whether ``delivered`` contains this alert: same name, and no contradicting label.

    Labels may be added (``external_labels``) or dropped (``alert_relabel_configs``) on the way to Alertmanager.
    """
    return any(
        alert.name == other.name
        and all(other.labels.get(name, value) == value for name, value in alert.labels.items())
        for other in delivered
    )


def active(silences: Iterable[RawSilence]) -> list[RawSilence]:
    return [one for one in silences if one.status.state == "active"]


def of_known_state(silences: Sequence[RawSilence], now: datetime) -> Coverage:
    """Whether each silence has a documented state, and an active one tells what it silences until when."""
    odd = [f"{one.id} {one.status.state}" for one in silences if one.status.state not in _SILENCE_STATES]
    for one in active(silences):
        if not one.matchers or not all(matcher.name for matcher in one.matchers):
            odd.append(f"{one.id} of no label")
        elif aware(one.endsAt) + AHEAD <= now:
            odd.append(f"{one.id} active after its end")
    return understood(len(odd), len(silences), "silences", examples=odd)


def silence_of(one: RawSilence) -> Silence:
    matchers = tuple(map(_matcher, one.matchers))
    everything = any(_covers(one, labels) for labels in _ANY_ALERT)
    # A pending silence with an unknown start covers nothing.
    since = one.endsAt if one.startsAt is None and one.status.state != "active" else one.startsAt
    since = aware(since) if since else None
    return Silence(one.id, matchers, one.createdBy, one.comment, aware(one.endsAt), since, everything, one)


def with_silences(alerts: Iterable[Alert], silences: Iterable[RawSilence]) -> list[Alert]:
    """Alerts, with those covered by a silence marked as silenced. Alertmanager does this for alerts it has
    received.
    """
    marked = []
    for alert in alerts:
        ids = tuple(one.id for one in silences if _covers(one, alert.labels))
        marked.append(replace(alert, state="silenced", silences=ids) if ids else alert)
    return marked


def _covers(silence: RawSilence, labels: Mapping[str, str]) -> bool:
    return bool(silence.matchers) and all(_holds(matcher, labels) for matcher in silence.matchers)


def _holds(matcher: _Matcher, labels: Mapping[str, str]) -> bool:
    """Match as Alertmanager does: a missing label equals the empty string; an expression must match the whole
    value.
    """
    value = labels.get(matcher.name, "")
    if not matcher.isRegex:
        return (value == matcher.value) is matcher.isEqual
    try:
        return bool(re.fullmatch(matcher.value, value)) is matcher.isEqual
    except re.error:
        return False  # better one alert too many than one too few


def without_internal(alert: Alert) -> Alert:
    shown = {name: value for name, value in alert.labels.items() if not name.startswith("__")}
    return replace(alert, labels=shown)


def _matcher(matcher: _Matcher) -> str:
    sign = ("=" if matcher.isEqual else "!") + ("~" if matcher.isRegex else "" if matcher.isEqual else "=")
    return f'{matcher.name}{sign}"{matcher.value}"'
