"""Delivery of a test alert: sent where that is allowed, otherwise read from the drill records."""

from __future__ import annotations

import math
from dataclasses import dataclass

from playbook.clients.recovery.alerting import NAME, SERVICE, AlertRoute, Delivery
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, whole
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Facts, Lines
from playbook.core.limits import Reading
from playbook.core.wording import moment
from playbook.history import drill_records as records
from playbook.history.drill_records import DrillRecord
from playbook.history.first_days import known_since
from playbook.measure.backups.newest_drill import NewestDrill, on_record
from playbook.settings.gate import MutationGate
from playbook.settings.loading import Settings

ITEM = "monthly.dr.alerts"
_LONGEST = 1800.0  # seconds; the time limit of the alert itself is a setting


@dataclass(frozen=True, slots=True)
class AlertDelivery(NewestDrill):
    """A test alert: sent by this run, or the newest on record where changes are not allowed.

    Attributes:
        delivery: result of the alert sent by this run; None where none was sent.
        seconds: time limit for delivery.
        refusal: why no alert was sent; empty where one was.
    """

    seconds: float = 0.0
    refusal: str = ""
    delivery: Delivery | None = None
    damaged: tuple[str, ...] = ()

    @property
    def coverage(self) -> Coverage:
        """The one alert, or the newest on record."""
        return whole("1 test alert") if self.delivery else on_record(self, "a test alert on record")

    @property
    def arrived(self) -> bool:
        """Whether the alert reached the receiver and was resolved; also true while there is no alert on record."""
        return self.went_well

    @property
    def time(self) -> Reading:
        """Seconds until the alert arrived; unknown if none was sent."""
        if self.record is None:
            return Reading(math.nan, coverage=self.coverage)
        return Reading(round(self.record.seconds, 2))

    def evidence(self) -> list[Evidence]:
        """What was sent, who received it and when it was resolved; or the newest record."""
        facts = {"Result": self.result, "Tried": moment(self.record.when if self.record else None)}
        if self.refusal:
            facts |= {"Not tried now": self.refusal, "On": self.record.target if self.record else "no target"}
        if self.delivery:
            facts |= _facts(self.delivery)
        shown: list[Evidence] = [Facts("Test alert", facts)]
        if self.delivery:
            labels = dict(sorted(self.delivery.labels.items()))
            shown.append(Facts("Its labels", labels))
        if self.damaged:
            shown.append(Lines("Lines of the records that could not be read", list(self.damaged)))
        return shown


@measurement(time_limit=_LONGEST, is_long=True, parts=("staging",))
def alert_delivery(
    alert_route: AlertRoute | None, mutation_gate: MutationGate, settings: Settings, clock: Clock
) -> AlertDelivery:
    """A test alert sent through Alertmanager to a local receiver, observed to arrive, and resolved."""
    alert_test, recovery, target = settings.target.alert_test, settings.target.recovery, settings.target
    days = recovery.monthly_within_days
    settings.require(target.alertmanager.url, "alertmanager.url", SERVICE)
    if alert_route is None:
        now = clock.now()
        known = records.read(recovery.records, now)
        tests = (
            one for one in known.found if one.item == ITEM and (one.target == target.name or one.kind == "staging")
        )
        newest = next(tests, None)
        return AlertDelivery(
            now,
            days,
            newest,
            known_since(settings, now),
            known.damaged_after(newest),
            seconds=alert_test.seconds,
            refusal=mutation_gate.refusal,
            damaged=known.damaged,
        )
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
    end = "not within two seconds; Alertmanager tells it after its group_interval"
    return {
        "Arrived": "no" if delivery.arrived is None else f"after {delivery.arrived:.2f} s",
        "Receiver": delivery.receiver or "none",
        "Ended again": "yes" if delivery.ended else "no",
        "Its end arrived": end if delivery.end_arrived is None else f"after {delivery.end_arrived:.2f} s",
    }
