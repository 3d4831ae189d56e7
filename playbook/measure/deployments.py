"""Releases of the app: the newest ones, and whether the newest has failed or does not get done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_transport import SERVICE
from playbook.clients.digitalocean_types import Deployment
from playbook.clock import Clock
from playbook.engine import measurement
from playbook.errors import TooLittleData
from playbook.evidence import Evidence, Table
from playbook.measure.words import moment, span
from playbook.settings import Settings

SHOWN = 3
FAILED = frozenset({"ERROR", "CANCELED"})
# SUPERSEDED is what becomes of every good deployment when the next one is good.
DONE = frozenset({"ACTIVE", "SUPERSEDED"}) | FAILED


@dataclass(frozen=True, slots=True)
class Release:
    """One deployment.

    Attributes:
        age: seconds since it was made; None where the platform does not say when.
        duration: seconds from being made to its phase; None while in progress.
        reason: why it failed, as the platform says it; empty where it does not.
        stuck_after: seconds in progress beyond which it is stuck.
    """

    id: str
    phase: str
    cause: str
    commit: str
    created_at: datetime | None
    age: float | None
    duration: float | None
    reason: str
    stuck_after: float

    @property
    def failed(self) -> bool:
        """Ended without serving anybody."""
        return self.phase in FAILED

    @property
    def in_progress(self) -> bool:
        """Not done yet; a phase that we do not know counts as such, so that it cannot stay unnoticed."""
        return self.phase not in DONE

    @property
    def stuck(self) -> bool:
        """In progress for longer than is usual.

        Raises:
            TooLittleData: in progress, and the platform does not say since when.
        """
        if not self.in_progress:
            return False
        if self.age is None:
            raise TooLittleData(
                f"{SERVICE}: expected when the deployment {self.id} began, got none", service=SERVICE
            )
        return self.age > self.stuck_after

    @property
    def found(self) -> str:
        """Phase, age, cause and reason, in words."""
        since = f" for {span(self.age)}" if self.in_progress and self.age is not None else ""
        ago = f", {span(self.age)} ago" if not self.in_progress and self.age is not None else ""
        cause = f" ({self.cause})" if self.cause else ""
        reason = f": {self.reason}" if self.reason else ""
        return f"{self.phase}{since}{ago}{cause}{reason}"


@dataclass(frozen=True, slots=True)
class Releases:
    """The newest deployments, newest first. There is at least one."""

    newest_first: tuple[Release, ...]

    @property
    def newest(self) -> Release:
        """The last one that was made."""
        return self.newest_first[0]

    def evidence(self) -> Evidence:
        """A row for each of the newest three."""
        return Table(
            "Newest deployments",
            ["Phase", "Made", "Age", "Took", "Cause", "Commit", "Reason"],
            [
                [
                    release.phase,
                    moment(release.created_at),
                    span(release.age) if release.age is not None else "",
                    span(release.duration) if release.duration is not None else "",
                    release.cause,
                    release.commit[:7],
                    release.reason,
                ]
                for release in self.newest_first[:SHOWN]
            ],
        )


@measurement
def deployments(digitalocean: DigitalOceanApi, settings: Settings, clock: Clock) -> Releases:
    """The newest deployments with phase, cause, commit, age and duration."""
    now = clock.now()
    stuck_after = settings.deployments.stuck_after_minutes * 60
    found = tuple(_release(deployment, now, stuck_after) for deployment in digitalocean.deployments(newest=20))
    if not found:
        raise TooLittleData(f"{SERVICE}: expected deployments of the app, got none", service=SERVICE)
    return Releases(found)


def _release(deployment: Deployment, now: datetime, stuck_after: float) -> Release:
    created = deployment.created_at
    ended = deployment.phase_last_updated_at or deployment.updated_at
    done = deployment.phase in DONE
    why = deployment.reason
    return Release(
        id=deployment.id,
        phase=deployment.phase,
        cause=deployment.cause,
        commit=deployment.commit,
        created_at=created,
        age=(now - created).total_seconds() if created else None,
        duration=(ended - created).total_seconds() if created and ended and done else None,
        reason=" ".join(filter(None, (why.code, why.message))) if why else "",
        stuck_after=stuck_after,
    )
