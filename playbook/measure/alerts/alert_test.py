"""Whether an alert reaches its receiver: tried out where that is allowed, else read from the records."""

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
from playbook.settings.loading import Settings

ITEM = "monthly.dr.alerts"
_LONGEST = 1800.0  # seconds; the settings say how long the alert may really take


@dataclass(frozen=True, slots=True)
class AlertDelivery(NewestDrill):
    """A test alert: sent now, or, where nothing may be changed, when one last was.

    Attributes:
        delivery: what became of the alert just now; None where none was sent by this run.
        seconds: that were given to it.
    """

    seconds: float = 0.0
    delivery: Delivery | None = None

    @property
    def coverage(self) -> Coverage:
        """The one alert, or the newest on record."""
        return whole("1 test alert") if self.delivery else on_record(self, "a test alert on record")

    @property
    def arrived(self) -> bool:
        """Whether it reached the receiver and was ended again; true also as long as there was none."""
        return self.succeeded

    @property
    def time(self) -> Reading:
        """Seconds until it had arrived; not known where none was sent."""
        return self.reading(seconds_in_unit=1, digits=2)

    def evidence(self) -> list[Evidence]:
        """What was sent, who got it, when it was ended; or the record of the last."""
        told = _told(self.delivery) if self.delivery else {}
        shown: list[Evidence] = [Facts("Test alert", self.facts() | told)]
        if self.delivery:
            labels = dict(sorted(self.delivery.labels.items()))
            shown.append(Facts("Its labels", labels))
        return shown + self.damage()


@measurement(time_limit=_LONGEST, is_long=True, parts=("staging",))
def alert_delivery(
    alert_route: AlertRoute | None, mutation_gate: MutationGate, settings: Settings, clock: Clock
) -> AlertDelivery:
    """A test alert through Alertmanager to a receiver of ours, seen to arrive, and ended again."""
    wanted, recovery, target = settings.target.alert_test, settings.target.recovery, settings.target
    days = recovery.monthly_within_days
    settings.require(target.alertmanager.url, "alertmanager.url", SERVICE)
    if alert_route is None:
        last = AlertDelivery.last_on_record(
            settings, clock.now(), days, mutation_gate.refusal, lambda one: is_of_target(one, ITEM, settings)
        )
        return replace(last, seconds=wanted.seconds)
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
