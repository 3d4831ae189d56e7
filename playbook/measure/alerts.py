"""What the monitoring system has to say: alerts that fire or are pending, and what is silenced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from playbook.clients.alertmanager import Alert, Alertmanager, Found, RuleAlerts
from playbook.clock import Clock
from playbook.engine import measurement
from playbook.evidence import Evidence, Facts, Table
from playbook.measure.words import moment, span
from playbook.settings import Settings

SHOWN = 3  # names in a message; all of them stand in the evidence


@dataclass(frozen=True, slots=True)
class Alerts:
    """All alerts and silences of one moment.

    Attributes:
        ignored: names of alerts that are meant to fire.
    """

    at: datetime
    found: Found
    ignored: tuple[str, ...]

    @property
    def firing(self) -> tuple[Alert, ...]:
        """Those that fire, are not silenced or inhibited, and are not meant to fire.

        First those that nobody was told of, then the longest.
        """
        return self._of("firing")

    @property
    def waiting(self) -> tuple[Alert, ...]:
        """Those that are pending, and those whose rule cannot be evaluated.

        Raises:
            Unmeasured: Prometheus, which alone knows, could not be asked.
        """
        if self.found.pending_unknown:
            raise self.found.pending_unknown
        return self._of("pending", "not evaluated")

    @property
    def undelivered(self) -> tuple[Alert, ...]:
        """Those that fire in Prometheus and that Alertmanager does not know, whether they count or not."""
        return tuple(alert for alert in self.found.alerts if not alert.delivered)

    def words(self, alerts: Sequence[Alert]) -> str:
        """``2: HighErrorRate (portfolio-web, critical, for 42 min), …``."""
        if not alerts:
            return "none"
        named = [self._word(alert) for alert in alerts[:SHOWN]]
        more = [f"{len(alerts) - SHOWN} more"] if len(alerts) > SHOWN else []
        return f"{len(alerts)}: {', '.join(named + more)}"

    def evidence(self) -> list[Evidence]:
        """Source and counts, every alert, every silence with who, why and until when."""
        counts = dict.fromkeys(("firing", "pending", "silenced", "inhibited", "not evaluated"), 0)
        for alert in self.found.alerts:
            counts[alert.state] += alert.name not in self.ignored
        facts = {"Source": self.found.source, **{state.capitalize(): str(n) for state, n in counts.items()}}
        if self.found.pending_unknown:
            facts["Pending"] = f"not known: {self.found.pending_unknown}"
        if self.found.silences_unknown:
            facts["Silences"] = f"not known: {self.found.silences_unknown}"
        if self.undelivered:
            facts["Not delivered to Alertmanager"] = str(len(self.undelivered))
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

    def _of(self, *states: str) -> tuple[Alert, ...]:
        chosen = [alert for alert in self.found.alerts if alert.state in states and alert.name not in self.ignored]
        return tuple(sorted(chosen, key=lambda alert: (alert.delivered, alert.since or self.at, alert.name)))

    def _since(self, alert: Alert) -> str:
        return span((self.at - alert.since).total_seconds()) if alert.since else "not known"

    def _word(self, alert: Alert) -> str:
        about = [alert.labels.get("component", ""), alert.labels.get("severity", "")]
        about += [f"for {self._since(alert)}"] if alert.since else []
        about += [] if alert.delivered else ["not delivered to Alertmanager"]
        told = ", ".join(filter(None, about))
        return f"{alert.name} ({told})" if told else alert.name


@measurement
def alerts(alerting: Alertmanager | RuleAlerts, settings: Settings, clock: Clock) -> Alerts:
    """Alerts that fire, are pending, silenced or inhibited, and the silences in effect."""
    return Alerts(clock.now(), alerting.found(), settings.target.alertmanager.ignore)


def _state(alert: Alert) -> str:
    return alert.state if alert.delivered else f"{alert.state}, not delivered"


def _labels(alert: Alert) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()) if name != "alertname")
