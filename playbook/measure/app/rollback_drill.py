"""Rollback drills: carried out where that is allowed and requested, otherwise read from their records."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.clients.digitalocean_types import Deployment
from playbook.clients.recovery.rolling_back import RollbackDrill, RollbackRoute
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, whole
from playbook.core.engine import measurement
from playbook.core.errors import TooLittleData
from playbook.core.evidence import Evidence, Facts
from playbook.core.limits import Reading
from playbook.core.wording import moment
from playbook.history import drill_records as records
from playbook.history.drill_records import DrillRecord
from playbook.history.first_days import known_since
from playbook.measure.app.rollback import Asked
from playbook.measure.backups.newest_drill import NewestDrill, is_of_target, on_record
from playbook.settings.gate import MutationGate
from playbook.settings.model import Settings

ITEM = "monthly.dr.rollback-drill"
SERVICE = "Rollback drill"
_LONGEST = 4 * 3600.0  # seconds; the real time limit of each direction is a setting


@dataclass(frozen=True, slots=True)
class RollbackTest(NewestDrill):
    """A rollback drill: by this run, or the newest on staging where changes are not allowed.

    Attributes:
        drill: carried out by this run; None if there was none.
    """

    drill: RollbackDrill | None = None

    @property
    def coverage(self) -> Coverage:
        """The one drill, or the newest on record."""
        return whole("1 rollback") if self.record and not self.refusal else on_record(self, "a rollback on record")

    @property
    def time(self) -> Reading:
        """Minutes until the older release ran; unknown where none was tried."""
        return self.reading(seconds_in_unit=60, digits=3)

    def evidence(self) -> list[Evidence]:
        """The drill, or the newest record."""
        shown: list[Evidence] = [_drill_facts(self.drill)] if self.drill else []
        if not self.drill:
            shown.append(Facts("Rollback on record", self.facts()))
        return shown + self.damage()


def _drill_facts(drill: RollbackDrill) -> Facts:
    """Deployments rolled back from and to, and the duration of each direction."""
    return Facts(
        "Rollback drill",
        {
            "Ran before": _release(drill.before),
            "Gone back to": _release(drill.target),
            "Begun": moment(drill.began),
            "There": drill.there.words,
            "Back": drill.back.words,
            "Result": drill.result,
        },
    )


def _release(deployment: Deployment) -> str:
    return f"{deployment.cause or deployment.id}, {moment(deployment.created_at)}"


@measurement(time_limit=_LONGEST, is_long=True, parts=("staging",), apart_from=("rollback_asked",))
def rollback_drill(
    rollback_route: RollbackRoute | None,
    mutation_gate: MutationGate,
    rollback_asked: Asked,
    settings: Settings,
    clock: Clock,
) -> RollbackTest:
    """The app rolled back to its previous release by the platform's own rollback, and forward again."""
    recovery, target = settings.target.recovery, settings.target
    days = settings.require(recovery.rollback_within_days, "recovery.rollback_within_days", SERVICE)
    if rollback_route is None:
        return RollbackTest.last_on_record(
            settings, clock.now(), days, mutation_gate.refusal, lambda one: is_of_target(one, ITEM, settings)
        )
    drill = None
    if rollback_asked.plan is None:
        assert rollback_asked.problem
        raise rollback_asked.problem
    plan, began = rollback_asked.plan, clock.now()
    if plan.running is None or plan.target is None:
        missing = "an earlier good deployment to go back to" if plan.running else "a deployment in phase ACTIVE"
        raise TooLittleData(f"{SERVICE}: expected {missing}, got none", service=SERVICE)
    if plan.valid:
        drill = rollback_route.try_out(plan.running, plan.target, recovery.rollback_seconds, clock)
    record = DrillRecord(
        item=ITEM,
        target=target.name,
        kind=target.kind,
        when=drill.began if drill else began,
        what=plan.target.id,
        seconds=round(drill.there.seconds, 3) if drill else 0.0,
        ok=drill.ok if drill else False,
        result=drill.result if drill else f"a platform that refuses it: {plan.found}",
    )
    records.add(recovery.records, record)
    now = clock.now()
    return RollbackTest(now, days, record, known_since(settings, now), drill=drill)
