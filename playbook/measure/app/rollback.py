"""Whether the app could be rolled back: to which deployment, and the result of the platform's validation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_transport import SERVICE
from playbook.clients.digitalocean_types import Deployment, Rollback
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking
from playbook.core.durations import two_units
from playbook.core.engine import measurement
from playbook.core.errors import TooLittleData, Unmeasured
from playbook.core.evidence import Evidence, Facts
from playbook.core.wording import moment
from playbook.measure.app.app import OwnApp
from playbook.measure.app.deployments import BACK, newest_first
from playbook.measure.app.release import GOOD, cause_type_of, is_by_platform


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """The newest good deployment before the running release.

    Attributes:
        running: the active deployment; None where there is none.
        target: deployment to roll back to; None where there is no earlier good one.
        said: result of the platform's validation; None where there was nothing to validate.
        read_at: when this was read.
        is_same: the target is the running release itself, which the platform has deployed again since.
    """

    running: Deployment | None
    target: Deployment | None
    said: Rollback | None
    read_at: datetime
    listing: Coverage = Coverage()  # noqa: RUF009 - frozen
    is_same: bool = False

    @property
    def coverage(self) -> Coverage:
        """The listing, and whether there is an active deployment to roll back from, and another to go back to."""
        coverage = self.listing
        if self.is_same:
            coverage += lacking(
                "",
                expected=f"an earlier release among the deployments of {BACK.days} days",
                got="only ones that the platform made of the running one, as by autoscaling",
                hint="Until the next release nothing can be rolled back. Write in the runbook which commit to "
                "deploy instead.",
            )
        if self.running is None:
            coverage += lacking(
                "",
                expected="a deployment in phase ACTIVE to go back from",
                got="none",
                hint="Nothing serves now, so there is nothing to roll back from: deploy a release that works.",
            )
        return coverage

    @property
    def found_target(self) -> str:
        """The target, in words."""
        return self._words(self.target) if self.target else "no earlier good one"

    @property
    def valid(self) -> bool:
        """Whether the platform accepts the rollback."""
        return self.said is not None and self.said.valid and self.said.error is None

    @property
    def found(self) -> str:
        """Result of the validation, in words."""
        if self.said is None:
            return "nothing to ask about"
        error = self.said.error
        if self.valid:
            return "that it is valid"
        return f"{error.code}: {error.message}".rstrip(".") if error else "that it is not, without a reason"

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings of the validation, although it is valid."""
        warnings = self.said.warnings if self.said else []
        return tuple(f"{warning.code}: {warning.message}".rstrip(".") for warning in warnings)

    @property
    def found_warnings(self) -> str:
        """The warnings, in words."""
        more = f", and {len(self.warnings) - 1} more" if len(self.warnings) > 1 else ""
        return f"{self.warnings[0]}{more}" if self.warnings else "none"

    def evidence(self) -> Evidence:
        """The running deployment, the target, and the validation."""
        facts = {"Runs now": self._words(self.running) if self.running else "no deployment is active"}
        facts["Rollback would lead to"] = self.found_target
        if self.target:
            facts["Deployment ID"] = self.target.id
        facts["The platform says"] = self.found
        if self.warnings:
            facts["Warnings"] = "; ".join(self.warnings)
        return Facts("Rollback, validated and not carried out", facts)

    def _words(self, deployment: Deployment) -> str:
        made = deployment.created_at
        ago = f" ({two_units((self.read_at - made).total_seconds())} ago)" if made else ""
        return f"{deployment.cause or deployment.id}, {moment(made)}{ago}"


@dataclass(frozen=True, slots=True)
class Asked:
    """The rollback plan, or why there is none."""

    plan: RollbackPlan | None
    problem: Unmeasured | None = None

    @property
    def coverage(self) -> Coverage:
        """Coverage of the plan."""
        return self.plan.coverage if self.plan else Coverage()


@measurement
def rollback_asked(digitalocean: DigitalOceanApi, clock: Clock, own_app: OwnApp) -> Asked:
    """Whether the app could be rolled back; also used by the rollback drill, which begins when this is done."""
    try:
        return Asked(_plan(digitalocean, clock.now()))
    except Unmeasured as error:
        return Asked(None, error)


@measurement
def rollback(rollback_asked: Asked) -> RollbackPlan:
    """The newest earlier good deployment, and the platform's validation of a rollback to it. Changes nothing."""
    if rollback_asked.plan is None:
        assert rollback_asked.problem
        raise rollback_asked.problem
    return rollback_asked.plan


def _plan(digitalocean: DigitalOceanApi, now: datetime) -> RollbackPlan:
    listing = digitalocean.deployments(since=now - BACK)
    if not listing:
        raise TooLittleData(f"{SERVICE}: expected deployments of the app, got none", service=SERVICE)
    ordered = newest_first(listing)
    running = next((deployment for deployment in ordered if deployment.phase == "ACTIVE"), None)
    good = [one for one in ordered[ordered.index(running) if running else 0 :] if one.phase in GOOD]
    # What the platform made by itself is the release before it once more.
    origin = (
        next((number for number, one in enumerate(good) if not is_by_platform(cause_type_of(one))), None)
        if running
        else -1
    )
    is_same = origin is None and len(good) > 1
    target = next(iter(good[1 if origin is None else origin + 1 :]), None)
    validation = digitalocean.validate_rollback(target.id) if target else None
    return RollbackPlan(running, target, validation, now, listing.coverage, is_same)
