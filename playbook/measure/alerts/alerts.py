"""State of the monitoring system: firing and pending alerts, and silences."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from playbook.clients.alert_words import Alert, Silence
from playbook.clients.alertmanager import Alertmanager, Found, RuleAlerts
from playbook.core.clock import Clock
from playbook.core.counters import Counted, Earlier
from playbook.core.coverage import Coverage, lacking
from playbook.core.durations import two_units
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.wording import moment
from playbook.measure.alerts.refused import not_loaded, refused, refused_by_contact_points
from playbook.measure.roll_call import RollCall, roll_call
from playbook.settings.model import Settings
from playbook.settings.sections.target import ALWAYS_FIRE

_RULES = "alerting rules"  # the key of their names among the readings
_MOST_RULES = 200  # of more not all names are kept, so that none is missed
SHOWN = 3  # names in a message; the evidence lists all
# Severities of alerts that are only information: InfoInhibitor, which is meant to fire, inhibits those. A warning
# may be inhibited by a critical alert on the same matter, which somebody has silenced.
_INFORMATION = frozenset({"info", "information", "informational", "none", "notice", "debug"})
_LESSER = _INFORMATION | {"warning", "warn", "minor", "low"}


_KNOWN = Coverage()


@dataclass(frozen=True, slots=True)
class Alerts:
    """All alerts and silences at one moment.

    Attributes:
        ignored: names of alerts that are meant to fire.
        always: names of alerts that always fire; if one does not, alert delivery is broken. Those of the defaults
            need not exist.
        longest: maximum days until a silence ends before it needs review.
        refused: channels that refuse the notifications, as far as Prometheus counts them.
        contact_points: those of Grafana whose last notification failed.
        not_loaded: programs of alerting that could not load their newest settings, likewise.
        roll: alerting rules that earlier runs have seen and this one has not; None where that was not compared.
        unread: whether all is known that is told of contact points.
    """

    at: datetime
    found: Found
    ignored: tuple[str, ...]
    always: tuple[str, ...] = ()
    longest: float = math.inf
    refused: tuple[str, ...] = ()
    contact_points: tuple[str, ...] = ()
    not_loaded: tuple[str, ...] = ()
    roll: RollCall | None = None
    unread: Coverage = _KNOWN

    @property
    def readings(self) -> dict[str, Counted]:
        """The names of the alerting rules, for later runs."""
        return {_RULES: self.roll.read} if self.roll else {}

    @property
    def rules_missing(self) -> str:
        """Alerting rules that earlier runs have seen; empty where none is missing."""
        return self.roll.words if self.roll else ""

    @property
    def coverage(self) -> Coverage:
        """Whether every firing or pending alert would have been seen."""
        rules = self.found.rules.names if self.found.rules else ()
        fires = {alert.name for alert in self.found.alerts if alert.state == "firing" and alert.delivered}
        named = [name for name in self.always if name in rules or name not in ALWAYS_FIRE]
        dead = [name for name in named if name not in fires]
        coverage = self.found.coverage
        coverage += self.unread if coverage.enough else Coverage()  # where Grafana is away, its alerts say so
        if dead:
            coverage += lacking(
                f"{dead[0]} does not fire",
                expected=f"{dead[0]} to fire, as it always does",
                got="none of them",
                hint="Follow the way from the rules to Alertmanager: what does fire may be lost on it.",
            )
        return coverage

    @property
    def overlong(self) -> tuple[Silence, ...]:
        """Silences that match everything, alone or together, or that end later than the limit."""
        together = self._on_every_rule()
        return tuple(
            one
            for one in self.found.silences
            if one.on_everything or one in together or self._days(one) > self.longest
        )

    def _on_every_rule(self) -> tuple[Silence, ...]:
        """Silences that together cover whatever a rule can raise; none where some rule is left."""
        rules = self.found.rules.labels if self.found.rules else ()
        alerts = [labels for labels in rules if labels["alertname"] not in self.ignored]
        silences = tuple(one for one in self.found.silences if any(map(one.covers, alerts)))
        return silences if all(any(one.covers(labels) for one in silences) for labels in alerts) else ()

    @property
    def found_overlong(self) -> str:
        """What the overlong silences match, and when they end."""
        silences = [
            f"{'everything' if one.on_everything else ', '.join(one.matchers)} until {moment(one.until)}"
            for one in self.overlong[:SHOWN]
        ]
        alone = any(one.on_everything for one in self.overlong)
        every = ", which together match every alerting rule" if self._on_every_rule() and not alone else ""
        return f"{len(self.overlong)}: {'; '.join(silences)}{every}" if silences else "none"

    @property
    def firing(self) -> tuple[Alert, ...]:
        """Firing alerts that are not silenced or meant to fire, nor inhibited by one that is not.

        Undelivered alerts first, then the longest-firing.
        """
        return self._sorted([*self._of("firing"), *self._inhibited({"ignored"}, _INFORMATION)])

    @property
    def inhibited_by_silenced(self) -> tuple[Alert, ...]:
        """Inhibited alerts of which nobody learns, as what inhibits them is silenced."""
        firing, quiet = self.firing, self._inhibited({"silenced", "ignored"}, _LESSER)
        return self._sorted(alert for alert in quiet if alert not in firing)

    @property
    def waiting(self) -> tuple[Alert, ...]:
        """Pending alerts, and alerts whose rule cannot be evaluated."""
        return self._sorted(self._of("pending", "not evaluated"))

    @property
    def undelivered(self) -> tuple[Alert, ...]:
        """Alerts that fire in Prometheus but are missing from Alertmanager, including ignored ones."""
        return tuple(alert for alert in self.found.alerts if not alert.delivered)

    @property
    def paused(self) -> tuple[str, ...]:
        """Rules that somebody has paused in Grafana, which nothing ends; but those that are ignored."""
        rules = self.found.rules.paused if self.found.rules else ()
        return tuple(name for name in rules if name not in self.ignored)

    @property
    def found_paused(self) -> str:
        """The paused rules, in words."""
        if not self.paused:
            return "none"
        more = f", and {len(self.paused) - SHOWN} more" if len(self.paused) > SHOWN else ""
        return f"{len(self.paused)}: {', '.join(self.paused[:SHOWN])}{more}"

    def words(self, alerts: Sequence[Alert], state: str = "") -> str:
        """``2: HighErrorRate (portfolio-web, critical, for 42 min), …``; with a state ``2 firing: …``."""
        if not alerts:
            return "none"
        named = [self._word(alert) for alert in alerts[:SHOWN]]
        more = [f"{len(alerts) - SHOWN} more"] if len(alerts) > SHOWN else []
        return f"{len(alerts)}{f' {state}' if state else ''}: {', '.join(named + more)}"

    def evidence(self) -> list[Evidence]:
        """Source and counts, every alert, and every silence with author, comment and end."""
        counts = dict.fromkeys(("firing", "pending", "silenced", "inhibited", "not evaluated"), 0)
        for alert in self.found.alerts:
            counts[alert.state] += alert.name not in self.ignored
        facts = {"Source": self.found.source, **{state.capitalize(): str(n) for state, n in counts.items()}}
        facts["Rules"] = self.found.rules.coverage.words if self.found.rules else "not known"
        if self.roll and self.roll.given_up:
            facts["Rules that need not exist"] = ", ".join(self.roll.given_up)
        if not self.coverage.enough:
            facts["Not known"] = f"expected {self.coverage.expected}, got {self.coverage.got}"
        if self.undelivered:
            facts["Not delivered to Alertmanager"] = str(len(self.undelivered))
        if self.refused:
            facts["Notifications refused by"] = ", ".join(self.refused)
        if self.contact_points:
            facts["Notifications of Grafana refused by"] = ", ".join(self.contact_points)
        if self.not_loaded:
            facts["Settings not loaded by"] = ", ".join(self.not_loaded)
        ignored = sorted({alert.name for alert in self.found.alerts if alert.name in self.ignored})
        if ignored:
            facts["Meant to fire"] = ", ".join(ignored)
        shown: list[Evidence] = [Facts("Alerts", facts)]
        rows = [
            [_state(alert), alert.name, self._since(alert), _labels(alert), alert.summary]
            for alert in self.found.alerts
            if alert.name not in self.ignored
        ]
        if rows:
            shown.append(Table("Alerts by state", ["State", "Alert", "For", "Labels", "Summary"], sorted(rows)))
        if self.found.silences:
            silences = [
                [", ".join(one.matchers), one.by, moment(one.until), one.comment]
                for one in sorted(self.found.silences, key=lambda one: one.until)
            ]
            shown.append(Table("Silences", ["On", "By", "Until", "Comment"], silences))
        return shown

    def _of(self, *states: str) -> list[Alert]:
        return [alert for alert in self.found.alerts if alert.state in states and alert.name not in self.ignored]

    def _sorted(self, chosen: Iterable[Alert]) -> tuple[Alert, ...]:
        return tuple(sorted(chosen, key=lambda alert: (alert.delivered, alert.since or self.at, alert.name)))

    def _inhibited(self, quiet: Set[str], but: Set[str]) -> list[Alert]:
        """Alerts that only alerts of which nobody learns inhibit.

        Args:
            quiet: kinds of such alerts: ``ignored``, ``silenced``.
            but: severities that are left out.
        """
        known = {alert.id: alert for alert in self.found.alerts if alert.id}
        return [
            alert
            for alert in self._of("inhibited")
            if alert.inhibitors
            and alert.labels.get("severity", "").lower() not in but
            and self._kinds_above(alert, known) <= quiet
        ]

    def _kinds_above(self, alert: Alert, known: Mapping[str, Alert]) -> set[str]:
        """Kinds of the alerts that inhibit this one; empty where they only inhibit each other."""
        kinds: set[str] = set()
        above = list(alert.inhibitors)
        for name in above:  # grows, as what inhibits may be inhibited itself
            one = known.get(name)
            if one is None:  # it has just ended
                kinds.add("unknown")
            elif one.name in self.ignored:
                kinds.add("ignored")
            elif one.state != "inhibited":
                kinds.add(one.state)
            else:
                above += [other for other in one.inhibitors if other not in above]
        return kinds

    def _days(self, silence: Silence) -> float:
        return (silence.until - self.at).total_seconds() / 86_400

    def _since(self, alert: Alert) -> str:
        return two_units((self.at - alert.since).total_seconds()) if alert.since else "not known"

    def _word(self, alert: Alert) -> str:
        about = [alert.labels.get("component", ""), alert.labels.get("severity", "")]
        about += [f"for {self._since(alert)}"] if alert.since else []
        about += [] if alert.delivered else ["not delivered to Alertmanager"]
        by = [one.name for one in self.found.alerts if one.id and one.id in alert.inhibitors]
        about += [f"inhibited by {by[0]}"] if by else []
        details = ", ".join(filter(None, about))
        return f"{alert.name} ({details})" if details else alert.name


@measurement
def alerts(alerting: Alertmanager | RuleAlerts, settings: Settings, clock: Clock, earlier: Earlier) -> Alerts:
    """Firing, pending, silenced and inhibited alerts, the silences in effect, and rules that have gone."""
    own, now = settings.target.alertmanager, clock.now()
    found = alerting.found(now)
    contact_points, unread_points = refused_by_contact_points(alerting)
    roll = roll_call(_rules_of(found), now, earlier.of(_RULES), settings.coverage, given_up=own.rules_gone)
    return Alerts(
        now,
        found,
        own.ignore,
        own.always,
        own.longest_silence_days,
        refused(alerting, now),
        contact_points,
        not_loaded(alerting, now),
        roll,
        unread_points,
    )


def _rules_of(found: Found) -> tuple[str, ...] | None:
    """The names of the alerting rules, paused ones too; None where not all of them are known."""
    rules = found.rules
    if rules is None or rules.unknown or rules.warnings or not (rules.names and found.lacks.enough):
        return None
    names = (*rules.names, *rules.paused)
    return names if len(names) <= _MOST_RULES else None


def _state(alert: Alert) -> str:
    return alert.state if alert.delivered else f"{alert.state}, not delivered"


def _labels(alert: Alert) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()) if name != "alertname")
