"""Alerting rules: whether any exist, and whether they are evaluated.

"No alert fires" means nothing if there are no rules or nothing evaluates them.
https://prometheus.io/docs/prometheus/latest/querying/api/#rules; Grafana lists its own rules in the same format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from itertools import chain
from typing import Annotated, Any

import msgspec

from playbook.core import door
from playbook.core.budget import convert, shown
from playbook.core.coverage import Coverage, lacking, understood, whole
from playbook.core.wording import plural

_LATE = 3  # evaluation intervals of its group after which a rule counts as not evaluated
_LEAST_LATE = timedelta(minutes=10)
AHEAD = timedelta(minutes=5)  # how far another host's clock may be ahead of ours
_LONGEST = 366 * 86_400.0  # seconds between two evaluations of a group
_NEVER = 2000  # years before this mean "never"; Go's zero time is in the year 1
_SHOWN = 3
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
# Names in quotes: those with other characters, of Prometheus 3, and matchers of the name itself.
_QUOTED = re.compile(r"\"((?:\\.|[^\"\\])*)\"|'((?:\\.|[^'\\])*)'")
_NAME_LIKE = re.compile(r"__name__\s*=~\s*(?:\"([^\"]*)\"|'([^']*)')")
_FINDING = frozenset({"firing", "pending", "recovering"})  # rule states with at least one active alert
_QUIET = frozenset({"inactive", "normal", "unknown"})  # "unknown": not evaluated yet, so its time is missing too


class _Rule(msgspec.Struct):
    name: str
    health: str
    type: str = "alerting"
    state: str = ""
    lastEvaluation: datetime | None = None  # noqa: N815 - Prometheus' names
    lastError: str = ""  # noqa: N815
    isPaused: bool = False  # noqa: N815 - Grafana's
    query: str = ""
    labels: Any = None


class _Group(msgspec.Struct):
    rules: list[Any]
    name: str = ""
    interval: Annotated[float, msgspec.Meta(ge=0, le=_LONGEST)] = 60.0  # seconds; Grafana omits the default


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of one source and the state of their evaluation.

    Attributes:
        names: alerting rules that are not paused.
        paused: alerting rules that Grafana does not evaluate until somebody resumes them.
        bad: rules that are not evaluated, with the reason.
        late: rules whose last evaluation is too old, with its age.
        unfed: recording rules that alerting rules are computed from and that are not evaluated, with the reason.
        labels: of each alert that the rules in ``names`` can raise, as far as a rule tells them.
        unknown: groups and rules that do not match the documented format, unchanged.
        warnings: warnings that the source attached to its answer.
    """

    source: str
    names: tuple[str, ...]
    paused: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    unfed: tuple[str, ...] = ()
    labels: tuple[Mapping[str, str], ...] = ()

    @property
    def coverage(self) -> Coverage:
        """Coverage: whole if every rule that could fire is being evaluated."""
        paused = f", {len(self.paused)} paused" if self.paused else ""
        words = f"{len(self.names)} alerting rule{'s' if len(self.names) != 1 else ''}{paused}"
        coverage = understood(
            len(self.unknown), len(self.unknown) + len(self.names), "rules", examples=self.unknown
        )
        if self.warnings:
            coverage += lacking(
                "rules in part",
                expected="all of the rules",
                got=f"an answer with the warning {door.quoted(self.warnings[0], 160)}",
                hint="Look at the component that the warning names, such as a Thanos rule or a "
                "store; until it answers, rules may be missing.",
            )
        if not self.names and not self.unknown:
            return coverage + lacking(
                f"no alerting rules{paused}",
                expected="rules that alert",
                got=f"none in {self.source}{paused}",
                hint="Load rules into it: without any, nothing can fire.",
            )
        for found, expected in ((self.bad, "to be evaluated"), (self.late, "to be evaluated in time")):
            if found:
                coverage += lacking(
                    f"{len(found)} of {len(self.names)} rules not evaluated",
                    expected=f"each of {len(self.names)} alerting rules {expected}",
                    got=f"{len(found)} that {'are' if len(found) > 1 else 'is'} not: {_few(found)}",
                    hint=f"Look at Alerts or Rules in {self.source}, and at its log.",
                )
        if self.unfed:
            coverage += lacking(
                f"{plural(len(self.unfed), 'recording rule')} not evaluated",
                expected="each recording rule that alerting rules are computed from to be evaluated",
                got=f"{len(self.unfed)} that {'are' if len(self.unfed) > 1 else 'is'} not: {_few(self.unfed)}",
                hint=f"Look at Rules in {self.source}: alerts on what is not recorded cannot fire.",
            )
        return coverage if coverage.parts and not coverage.enough else coverage + whole(words)

    def __add__(self, other: Rules) -> Rules:
        """Rules of two sources combined; what both say counts once."""
        return Rules(
            f"{self.source} or {other.source}",
            _each_once(self.names, other.names),
            _each_once(self.paused, other.paused),
            _each_once(self.bad, other.bad),
            _each_once(self.late, other.late),
            _each_once(self.unknown, other.unknown),
            _each_once(self.warnings, other.warnings),
            _each_once(self.unfed, other.unfed),
            (*self.labels, *other.labels),
        )


def _each_once(*texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(texts)))


def rules_of(
    source: str,
    groups: Sequence[Any],
    warnings: tuple[str, ...],
    now: datetime,
    no_data_is_normal: Sequence[str] = (),
) -> Rules:
    """Parse groups as received; recording rules count where alerting rules are computed from them.

    Args:
        no_data_is_normal: patterns of names of rules that need not find data.
    """
    names: list[str] = []
    paused: list[str] = []
    bad: list[str] = []
    late: list[str] = []
    unknown: list[str] = []
    queries: list[str] = []
    labels: list[Mapping[str, str]] = []
    recorded: list[tuple[_Rule, float]] = []
    for raw in groups:
        try:
            group = convert(raw, _Group, strict=False)
        except msgspec.ValidationError:
            unknown.append(shown(raw))
            continue
        for one in group.rules:
            records = isinstance(one, dict) and one.get("type") == "recording"
            try:
                rule = convert(one, _Rule)
            except msgspec.ValidationError:
                unknown += [] if records else [shown(one)]
                continue
            if records:
                recorded.append((rule, group.interval))
                continue
            if rule.isPaused:
                paused.append(rule.name)
                continue
            names.append(rule.name)
            queries.append(rule.query)
            labels.append(_labels_of(rule))
            if rule.type != "alerting":
                unknown.append(f"{rule.name} of type {rule.type}")
            elif rule.state and rule.state.lower() not in _FINDING | _QUIET:
                unknown.append(f"{rule.name} {rule.state}")
            why = _why_bad(rule, no_data_is_normal)
            if why:
                bad.append(f"{rule.name} ({why})")
            elif age := _late(rule, group.interval, now):
                late.append(f"{rule.name} ({age})")
    unfed = [
        f"{rule.name} ({why})"
        for rule, interval in _fed_from(queries, recorded)
        if (why := _why_bad(rule) or _late(rule, interval, now))
    ]
    return Rules(
        source,
        tuple(names),
        tuple(paused),
        tuple(bad),
        tuple(late),
        tuple(unknown),
        warnings,
        tuple(unfed),
        tuple(labels),
    )


def _labels_of(rule: _Rule) -> Mapping[str, str]:
    own = rule.labels if isinstance(rule.labels, dict) else {}
    return {**{name: text for name, text in own.items() if isinstance(text, str)}, "alertname": rule.name}


def _fed_from(queries: Iterable[str], recorded: Sequence[tuple[_Rule, float]]) -> list[tuple[_Rule, float]]:
    """Recording rules whose metric is named in these queries, or in a recording rule named there."""
    named: set[str] = set()
    found: list[tuple[_Rule, float]] = []
    waiting, left = list(queries), list(recorded)
    while waiting:
        named.update(chain.from_iterable(map(_METRIC.findall, waiting)))
        named.update(filter(None, chain.from_iterable(chain.from_iterable(map(_QUOTED.findall, waiting)))))
        alike = [pattern for text in waiting for pair in _NAME_LIKE.findall(text) if (pattern := "".join(pair))]
        named.update(rule.name for rule, _ in left if any(_is_like(rule.name, pattern) for pattern in alike))
        new = [one for one in left if one[0].name in named]
        left = [one for one in left if one[0].name not in named]
        waiting = [rule.query for rule, _ in new]
        found += new
    return found


def _is_like(name: str, pattern: str) -> bool:
    try:
        return re.fullmatch(pattern.replace("\\\\", "\\"), name) is not None
    except re.error:
        return True  # better one rule too many than one too few


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether the name of a rule is one of these, or matches one."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def hidden_rules(groups: Sequence[Any], alerts: Sequence[Any]) -> Coverage:
    """Whether Grafana lists the rule of each alert that it lists.

    Alerts are listed to everybody, rules only to those who may see their folder. Versions without a ``uid`` of
    each rule say nothing of it.
    """
    rules = [rule for group in _dicts(groups) for rule in _dicts(group.get("rules"))]
    known = {str(rule["uid"]) for rule in rules if rule.get("uid")}
    labels = [one["labels"] for one in _dicts(alerts) if isinstance(one.get("labels"), dict)]
    names = {str(one.get("__alert_rule_uid__", "")): str(one.get("alertname")) for one in labels}
    hidden = sorted(name for uid, name in names.items() if uid and uid not in known)
    if not hidden or (rules and not known):
        return Coverage()
    return lacking(
        f"{plural(len(hidden), 'rule')} not shown",
        expected="the rules of all alerts that Grafana lists",
        got=f"none of {_few(hidden)}",
        hint="Let the service account view every folder with alert rules.",
    )


def told_by_rules(groups: Sequence[Any], known: Sequence[Any]) -> list[Any]:
    """Alerts that the rules report and that are missing from ``known``, in the format of alerts.

    Alerts and rules are two separate answers. If the source restarted between them, the alert list is empty
    because nothing had been evaluated yet, while the rules already look healthy.

    Args:
        known: the alert list as received.
    """
    seen = {_key(one) for one in known}
    named = {name for _, name, _ in seen}
    more: list[Any] = []
    for rule in (rule for group in _dicts(groups) for rule in _dicts(group.get("rules"))):
        own = rule.get("alerts")
        own = own if isinstance(own, list) else []
        more += [one for one in own if _key(one) not in seen]
        names = {name for _, name, _ in map(_key, own)} | named
        name, state = str(rule.get("name")), str(rule.get("state"))
        if state.lower() in _FINDING and name not in names and not rule.get("isPaused"):
            labels = rule.get("labels")
            labels = {**labels, "alertname": name} if isinstance(labels, dict) else {"alertname": name}
            more.append({"labels": labels, "state": state, "annotations": rule.get("annotations") or {}})
    return more


def _dicts(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list | tuple) else []


def _key(alert: Any) -> tuple[frozenset[tuple[str, str]], str, str]:
    """Labels (without Grafana's internal ones), name and state, to compare alerts."""
    labels = alert.get("labels") if isinstance(alert, dict) else None
    if not isinstance(labels, dict):
        return frozenset({("", repr(alert))}), "", ""
    shown_labels = frozenset((name, str(value)) for name, value in labels.items() if not name.startswith("__"))
    return shown_labels, str(labels.get("alertname")), str(alert.get("state"))


def _why_bad(rule: _Rule, no_data_is_normal: Sequence[str] = ()) -> str:
    health = rule.health.lower()
    if rule.lastEvaluation is None or rule.lastEvaluation.year < _NEVER:
        # So Grafana up to 11 lists a paused rule, and any version one that it has not scheduled yet.
        return "never evaluated" + (", or paused" if health == "ok" else "")
    if health == "nodata" and matches(rule.name, no_data_is_normal):
        return ""
    if health != "ok" or rule.lastError:
        return ": ".join(filter(None, (f"health {rule.health}", door.line(rule.lastError, 100))))
    return ""


def _late(rule: _Rule, interval: float, now: datetime) -> str:
    assert rule.lastEvaluation
    age = now - aware(rule.lastEvaluation)
    if age < -AHEAD:
        return f"last evaluated {-age.total_seconds() / 60:,.0f} min in the future, by its clock"
    if age > max(timedelta(seconds=_LATE * interval), _LEAST_LATE):
        return f"last evaluated {age.total_seconds() / 60:,.0f} min ago"
    return ""


def aware(moment: datetime) -> datetime:
    """The moment, in UTC where it does not say its zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _few(found: Sequence[str]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more
