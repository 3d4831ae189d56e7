"""Whether an alert reaches its receiver: tried out where that is allowed, else read from the records."""

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
_LONGEST = 1800.0  # seconds; the settings say how long the alert may really take


@dataclass(frozen=True, slots=True)
class AlertDelivery(NewestDrill):
    """A test alert: sent now, or, where nothing may be changed, when one last was.

    Attributes:
        delivery: what became of the alert just now; None where none was sent by this run.
        seconds: that were given to it.
        refusal: why none was sent; empty where one was.
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
        """Whether it reached the receiver and was ended again; true also as long as there was none."""
        return self.went_well

    @property
    def time(self) -> Reading:
        """Seconds until it had arrived; not known where none was sent."""
        if self.record is None:
            return Reading(math.nan, coverage=self.coverage)
        return Reading(round(self.record.seconds, 2))

    def evidence(self) -> list[Evidence]:
        """What was sent, who got it, when it was ended; or the record of the last."""
        facts = {"Result": self.result, "Tried": moment(self.record.when if self.record else None)}
        if self.refusal:
            facts |= {"Not tried now": self.refusal, "On": self.record.target if self.record else "no target"}
        if self.delivery:
            facts |= _told(self.delivery)
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
    """A test alert through Alertmanager to a receiver of ours, seen to arrive, and ended again."""
    wanted, recovery, target = settings.target.alert_test, settings.target.recovery, settings.target
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
            seconds=wanted.seconds,
            refusal=mutation_gate.refusal,
            damaged=known.damaged,
        )
    delivery = alert_route.try_out(wanted.labels, wanted.seconds, clock)
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
    return AlertDelivery(now, days, record, since, seconds=wanted.seconds, delivery=delivery)


def _result(delivery: Delivery) -> str:
    if delivery.arrived is None:
        return f"nothing in {delivery.waited:.0f} s"
    if not delivery.ended:
        return "an alert that arrived, and that Alertmanager still has firing after its end"
    return f"it after {delivery.arrived:.1f} s"


def _told(delivery: Delivery) -> dict[str, str]:
    end = "not within two seconds; Alertmanager tells it after its group_interval"
    return {
        "Arrived": "no" if delivery.arrived is None else f"after {delivery.arrived:.2f} s",
        "Receiver": delivery.receiver or "none",
        "Ended again": "yes" if delivery.ended else "no",
        "Its end arrived": end if delivery.end_arrived is None else f"after {delivery.end_arrived:.2f} s",
    }
