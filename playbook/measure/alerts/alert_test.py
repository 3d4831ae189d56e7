"""Delivery of a test alert: sent where that is allowed, otherwise read from the drill records."""

from __future__ import annotations

from dataclasses import dataclass, replace

from playbook.clients.recovery.alerting import NAME, SERVICE, AlertRoute, Delivery
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, whole
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Facts
from playbook.core.limits import Reading
from playbook.history import drill_records as records
from playbook.history.drill_records import DrillRecord
from playbook.history.first_days import known_since
from playbook.measure.backups.newest_drill import NewestDrill, is_of_target, on_record
from playbook.settings.gate import MutationGate
from playbook.settings.model import Settings

ITEM = "monthly.dr.alerts"
_LONGEST = 1800.0  # seconds; the time limit of the alert itself is a setting


@dataclass(frozen=True, slots=True)
class AlertDelivery(NewestDrill):
    """A test alert: sent by this run, or the newest on record where changes are not allowed.

    Attributes:
        delivery: result of the alert sent by this run; None if none was sent.
        seconds: time limit for delivery.
    """

    seconds: float = 0.0
    delivery: Delivery | None = None

    @property
    def coverage(self) -> Coverage:
        """The one alert, or the newest on record."""
        return whole("1 test alert") if self.delivery else on_record(self, "a test alert on record")

    @property
    def time(self) -> Reading:
        """Seconds until the alert arrived; unknown if none was sent."""
        return self.reading(seconds_in_unit=1, digits=2)

    def evidence(self) -> list[Evidence]:
        """What was sent, who received it and when it was resolved; or the newest record."""
        delivered = _facts(self.delivery) if self.delivery else {}
        shown: list[Evidence] = [Facts("Test alert", self.facts() | delivered)]
        if self.delivery:
            labels = dict(sorted(self.delivery.labels.items()))
            shown.append(Facts("Its labels", labels))
        return shown + self.damage()


@measurement(time_limit=_LONGEST, is_long=True, parts=("staging",))
def alert_delivery(
    alert_route: AlertRoute | None, mutation_gate: MutationGate, settings: Settings, clock: Clock
) -> AlertDelivery:
    """A test alert sent through Alertmanager to a local receiver, observed to arrive, and resolved."""
    alert_test, recovery, target = settings.target.alert_test, settings.target.recovery, settings.target
    days = recovery.monthly_within_days
    settings.require(target.alertmanager.url, "alertmanager.url", SERVICE)
    if alert_route is None:
        last = AlertDelivery.last_on_record(
            settings, clock.now(), days, mutation_gate.refusal, lambda one: is_of_target(one, ITEM, settings)
        )
        return replace(last, seconds=alert_test.seconds)
    delivery = alert_route.try_out(alert_test.labels, alert_test.seconds, clock)
    record = DrillRecord(
        item=ITEM,
        target=target.name,
        kind=target.kind,
        when=delivery.began,
        what=NAME,
        seconds=round(delivery.waited, 3),
        ok=delivery.arrived is not None and delivery.ended,
        result=_result(delivery),
    )
    records.add(recovery.records, record)
    now = clock.now()
    since = known_since(settings, now)
    return AlertDelivery(now, days, record, since, seconds=alert_test.seconds, delivery=delivery)


def _result(delivery: Delivery) -> str:
    if delivery.arrived is None:
        return f"nothing in {delivery.waited:.0f} s"
    if not delivery.ended:
        return "an alert that arrived, and that Alertmanager still has firing after its end"
    return f"it after {delivery.arrived:.1f} s"


def _facts(delivery: Delivery) -> dict[str, str]:
    end = "not within two seconds; Alertmanager sends it after its group_interval"
    return {
        "Arrived": "no" if delivery.arrived is None else f"after {delivery.arrived:.2f} s",
        "Receiver": delivery.receiver or "none",
        "Ended again": "yes" if delivery.ended else "no",
        "Its end arrived": end if delivery.end_arrived is None else f"after {delivery.end_arrived:.2f} s",
    }
