"""Releases of the app: the newest ones, and whether the newest has failed or does not get done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_transport import SERVICE
from playbook.clients.digitalocean_types import Deployment
from playbook.clock import Clock
from playbook.engine import measurement
from playbook.errors import TooLittleData
from playbook.evidence import Evidence, Facts, Table
from playbook.limits import Reading
from playbook.measure.words import moment, span
from playbook.settings import Settings

SHOWN = 3
WEEK = timedelta(days=7)
# One page of the API; a week with more says so.
MOST = 200
FAILED = frozenset({"ERROR", "CANCELED"})
COLUMNS = ("Phase", "Made", "Age", "Took", "Cause", "Commit", "Reason")
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
    def succeeded(self) -> bool:
        """Served, or still does."""
        return self.phase in DONE - FAILED

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
            list(COLUMNS),
            [_row(release) for release in self.newest_first[:SHOWN]],
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


@dataclass(frozen=True, slots=True)
class Review:
    """The deployments of the last seven days.

    Attributes:
        newest_first: those made in that time, and older ones that are still in progress.
        last_before: the newest one from before it.
        least_for_share: how many finished ones make a share worth judging.
        whole: False where there were more than could be listed.
    """

    newest_first: tuple[Release, ...]
    last_before: Release | None
    least_for_share: int
    whole: bool = True

    @property
    def unrepaired(self) -> tuple[Release, ...]:
        """Failed ones after which none succeeded, newest first; also where that lasts for longer than the week."""
        found = []
        for release in (*self.newest_first, *([self.last_before] if self.last_before else [])):
            if release.succeeded:
                break
            if release.failed:
                found.append(release)
        return tuple(found)

    @property
    def stuck(self) -> tuple[Release, ...]:
        """Those in progress for longer than is usual."""
        return tuple(release for release in self.newest_first if release.stuck)

    @property
    def found_unrepaired(self) -> str:
        """The newest unrepaired one and how many more there are, in words."""
        return _some(self.unrepaired, f"none of {len(self.newest_first)}")

    @property
    def found_stuck(self) -> str:
        """The newest stuck one and how many more there are, in words."""
        return _some(self.stuck, "none")

    @property
    def failure_share(self) -> Reading | None:
        """Percent of the finished ones that failed; None where too few were finished to say."""
        done = [release for release in self.newest_first if not release.in_progress]
        if len(done) < max(self.least_for_share, 1):
            return None
        failed = sum(release.failed for release in done)
        return Reading(100 * failed / len(done), over=f"7 d ({failed} of {len(done)} deployments)")

    def evidence(self) -> list[Evidence]:
        """Every one of them, and how many went well."""
        counts = {
            "Deployments in 7 d": str(len(self.newest_first)) + ("" if self.whole else " or more"),
            "Succeeded": str(sum(release.succeeded for release in self.newest_first)),
            "Failed": str(sum(release.failed for release in self.newest_first)),
            "In progress": str(sum(release.in_progress for release in self.newest_first)),
        }
        share = self.failure_share
        counts["Share that failed"] = (
            f"{share.value:.1f} %" if share else f"not judged: fewer than {self.least_for_share} were finished"
        )
        took = [release.duration for release in self.newest_first if release.duration and release.succeeded]
        if took:
            counts["Longest that succeeded"] = span(max(took))
        if self.last_before:
            counts["The last before"] = self.last_before.found
        table = Table("Deployments of the week", list(COLUMNS), [_row(release) for release in self.newest_first])
        return [Facts("The week", counts), table]


@measurement
def deployment_review(digitalocean: DigitalOceanApi, settings: Settings, clock: Clock) -> Review:
    """The week's deployments with phase, cause, commit and length; a week without any is an answer."""
    now = clock.now()
    stuck_after = settings.deployments.stuck_after_minutes * 60
    listed = [_release(deployment, now, stuck_after) for deployment in digitalocean.deployments(newest=MOST)]
    if not listed:
        raise TooLittleData(f"{SERVICE}: expected deployments of the app, got none", service=SERVICE)
    week = WEEK.total_seconds()
    # One without a time is not left out: it may be of this week.
    recent = [one for one in listed if one.age is None or one.age <= week or one.in_progress]
    before = next((one for one in listed if one not in recent), None)
    return Review(
        newest_first=tuple(recent),
        last_before=before,
        least_for_share=settings.deployments.least_for_share,
        whole=before is not None or len(listed) < MOST,
    )


def _some(releases: tuple[Release, ...], none: str) -> str:
    if not releases:
        return none
    more = f", and {len(releases) - 1} more" if len(releases) > 1 else ""
    return f"{releases[0].found.rstrip('.')}{more}"


def _row(release: Release) -> list[str]:
    return [
        release.phase,
        moment(release.created_at),
        span(release.age) if release.age is not None else "",
        span(release.duration) if release.duration is not None else "",
        release.cause,
        release.commit[:7],
        release.reason,
    ]


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
