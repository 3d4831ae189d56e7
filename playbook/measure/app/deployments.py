"""Releases of the app: the newest ones, and whether the newest failed or is stuck."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_transport import SERVICE
from playbook.clients.digitalocean_types import Deployment
from playbook.core import context
from playbook.core.clock import Clock
from playbook.core.counters import Earlier
from playbook.core.coverage import Coverage, lacking, together, understood
from playbook.core.durations import two_units
from playbook.core.engine import measurement
from playbook.core.errors import TooLittleData
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Reading
from playbook.core.wording import moment
from playbook.measure.app.app import PHASES
from playbook.settings.model import Settings

SHOWN = 3
WEEK = timedelta(days=7)
# How far back the listing is read: a week, and the deployment before it.
BACK = timedelta(days=30)
# seconds of clock skew; a deployment further in the future has a wrong time.
AHEAD = 300.0
FAILED = frozenset({"ERROR"})
# Stopped by a person or by a newer deployment.
STOPPED = frozenset({"CANCELED"})
COLUMNS = ("Phase", "Made", "Age", "Took", "Cause", "Commit", "Reason")
# Every good deployment becomes SUPERSEDED when the next good one is active.
GOOD = frozenset({"ACTIVE", "SUPERSEDED"})
DONE = GOOD | FAILED | STOPPED
STATUSES = frozenset({"PENDING", "RUNNING", "ERROR", "SUCCESS"})
CAUSES = frozenset({"MANUAL", "DEPLOY_ON_PUSH", "MAINTENANCE", "UPDATE_DATABASE_TRUSTED_SOURCES", "AUTOSCALED"})
ROLLBACKS = {"MANUAL_ROLLBACK": "by hand", "AUTO_ROLLBACK": "automatic"}
_PUSHED = re.compile(r"(?i)^(commit|image|tag) \S+ (was )?pushed")
_ROLLED_BACK = re.compile(r"(?i)\b(auto\w*[ -]?)?roll(ed|ing|s)?[ -]?back")


@dataclass(frozen=True, slots=True)
class Release:
    """One deployment.

    Attributes:
        age: seconds since it was made; None where the platform gives no time.
        duration: seconds from its creation to its final phase; None while in progress.
        reason: why it failed, in the platform's words; empty where it gives none.
        stuck_after: seconds in progress after which it counts as stuck.
        cause_type: DEPLOY_ON_PUSH, AUTO_ROLLBACK and so on; empty where not given.
        statuses: of its steps.
        error_steps: number of failed steps, as counted by the platform.
        followed: a newer one was made.
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
    cause_type: str = ""
    statuses: tuple[str, ...] = ()
    error_steps: int = 0
    followed: bool = False

    @property
    def coverage(self) -> Coverage:
        """Whether phase, cause and the status of each step are known words, and its time is plausible."""
        unknown = [] if self.phase in PHASES else [f"phase {self.phase}"]
        if self.cause_type not in CAUSES | ROLLBACKS.keys() | {""}:
            unknown.append(f"cause {self.cause_type}")
        unknown += [f"step {status or 'without a status'}" for status in self.statuses if status not in STATUSES]
        words = 2 + len(self.statuses)
        coverage = understood(len(unknown), words, f"words of deployment {self.id[:8]}", examples=unknown)
        if self.age is None or self.age < -AHEAD:
            got = "none" if self.age is None else f"{moment(self.created_at)}, which is still to come"
            coverage += lacking("", expected=f"when deployment {self.id[:8]} began", got=got)
        return coverage

    @property
    def rolled_back(self) -> str:
        """``automatic`` or ``by hand`` for a rollback to an earlier deployment; empty otherwise."""
        if self.cause_type in ROLLBACKS:
            return ROLLBACKS[self.cause_type]
        if self.cause_type in CAUSES - {"MANUAL"} or _PUSHED.match(self.cause):
            return ""
        match = _ROLLED_BACK.search(self.cause)
        return ("automatic" if "auto" in self.cause.lower() else "by hand") if match else ""

    @property
    def failed(self) -> bool:
        """Whether it ended without serving visitors, and was not stopped in favour of a newer one."""
        return self.phase in FAILED or (self.phase in STOPPED and not self.followed)

    @property
    def succeeded(self) -> bool:
        """Whether it serves or served visitors. A rollback does not repair a failed release."""
        return self.phase in GOOD and not self.rolled_back

    @property
    def unclean(self) -> bool:
        """Whether it serves although one of its steps failed."""
        return self.phase in GOOD and (self.error_steps > 0 or "ERROR" in self.statuses)

    @property
    def in_progress(self) -> bool:
        """Whether it is in progress."""
        return self.phase in PHASES - DONE

    @property
    def stuck(self) -> bool:
        """Whether it has been in progress for too long; False if the start is unknown, as the coverage says."""
        return self.in_progress and self.age is not None and self.age > self.stuck_after

    @property
    def found(self) -> str:
        """Phase, age, cause and reason, in words."""
        since = f" for {two_units(self.age)}" if self.in_progress and self.age is not None else ""
        ago = f", {two_units(self.age)} ago" if not self.in_progress and self.age is not None else ""
        cause = f" ({self.cause})" if self.cause else ""
        reason = f": {self.reason}" if self.reason else ""
        return f"{self.phase}{since}{ago}{cause}{reason}"


@dataclass(frozen=True, slots=True)
class Releases:
    """The newest deployments, newest first by creation time. There is at least one.

    Attributes:
        listing: coverage of the listing.
        run_before: when the previous run began; None where there is no known one.
        read_at: when the deployments were read; None where deployments since the previous run are not needed.
    """

    newest_first: tuple[Release, ...]
    listing: Coverage = Coverage()  # noqa: RUF009 - frozen
    run_before: datetime | None = None
    read_at: datetime | None = None

    @property
    def coverage(self) -> Coverage:
        """The listing, unknown words in the newest and the week's deployments, and whether one of them serves."""
        week = [one for one in self.newest_first if one.age is None or one.age <= WEEK.total_seconds()]
        looked_at = dict.fromkeys((self.newest, *week))
        coverage = self.listing + together(one.coverage for one in looked_at)
        serving = _active_coverage(self.newest_first)
        if serving.enough and self.newest.phase == "SUPERSEDED":
            serving = lacking("", expected="the deployment that superseded the newest one", got="none listed")
        return coverage + serving

    @property
    def newest(self) -> Release:
        """The deployment made last."""
        return self.newest_first[0]

    @property
    def serving_release(self) -> context.Release | None:
        """The newest deployment that serves visitors; None where the listing shows none."""
        for release in self.newest_first:
            if release.phase == "ACTIVE" and release.id:
                return context.Release(deployment=release.id, commit=release.commit)
        return None

    @property
    def since(self) -> str:
        """Deployments since the previous run, by cause, in words."""
        if self.run_before is None or self.read_at is None:
            return "not known, as no earlier run is"
        run = f"since the run of {moment(self.run_before)}"
        new = [one for one in self.newest_first if one.created_at and one.created_at > self.run_before]
        if not new:
            return f"none {run}"
        named = "; ".join(f"{one.cause or one.id} ({one.phase})" for one in new[:SHOWN])
        more = f"; and {len(new) - SHOWN} more" if len(new) > SHOWN else ""
        return f"{len(new)} {run}: {named}{more}"

    @property
    def went_back(self) -> bool:
        """Whether the serving release is a rollback because the release before it failed."""
        before = self.newest_first[1] if len(self.newest_first) > 1 else None
        back = self.newest.rolled_back
        return back == "automatic" or bool(back and before and before.phase in FAILED)

    @property
    def found(self) -> str:
        """The newest deployment, and the failed one that it was rolled back from."""
        before = self.newest_first[1] if len(self.newest_first) > 1 else None
        if self.newest.rolled_back and before and before.phase in FAILED:
            return f"{self.newest.found.rstrip('.')}; before it {before.found}"
        return self.newest.found

    def evidence(self) -> list[Evidence]:
        """A row for each of the newest three, and the deployments since the previous run."""
        rows = [_row(release) for release in self.newest_first[:SHOWN]]
        shown: list[Evidence] = [Table("Newest deployments", list(COLUMNS), rows)]
        if self.read_at:
            shown.append(Facts("Since the run before", {"Deployed": self.since}))
        return shown


@measurement
def deployments(digitalocean: DigitalOceanApi, settings: Settings, clock: Clock, earlier: Earlier) -> Releases:
    """The newest deployments with phase, cause, commit, age and duration, and those since the previous run."""
    now = clock.now()
    found, listing = _releases(digitalocean, settings, now)
    return Releases(found, listing, earlier.last_run(), now)


def _releases(
    digitalocean: DigitalOceanApi, settings: Settings, now: datetime
) -> tuple[tuple[Release, ...], Coverage]:
    listing = digitalocean.deployments(since=now - BACK)
    if not listing:
        raise TooLittleData(f"{SERVICE}: expected deployments of the app, got none", service=SERVICE)
    stuck_after = settings.deployments.stuck_after_minutes * 60
    ordered = newest_first(listing)
    return (
        tuple(_release(one, now, stuck_after, followed=number > 0) for number, one in enumerate(ordered)),
        listing.coverage,
    )


def newest_first(deployments: Iterable[Deployment]) -> list[Deployment]:
    """By creation time; at equal times the failing one first, and those without a time last."""
    known: dict[str, Deployment] = {}
    for number, one in enumerate(deployments):
        known.setdefault(one.id or f"number {number}", one)  # a deployment listed on two pages counts once
    return sorted(known.values(), key=_made, reverse=True)


def _made(deployment: Deployment) -> tuple[float, float, bool]:
    changed = deployment.phase_last_updated_at or deployment.updated_at
    made = deployment.created_at or changed
    return (
        made.timestamp() if made else 0.0,
        changed.timestamp() if changed else 0.0,
        deployment.phase not in GOOD,
    )


def _active_coverage(releases: Iterable[Release]) -> Coverage:
    """Require an ACTIVE deployment: a list of superseded ones lacks the deployment that replaced them."""
    phases = {release.phase for release in releases}
    if "ACTIVE" in phases:
        return Coverage()
    only = ", ".join(sorted(phases))
    return lacking("", expected="a deployment in phase ACTIVE among those listed", got=f"only {only}")


@dataclass(frozen=True, slots=True)
class Review:
    """The deployments of the last seven days.

    Attributes:
        newest_first: made in that time, and older ones still in progress.
        last_before: the newest one from before that time.
        least_for_share: minimum number of finished deployments for a failure rate.
        listing: coverage of the listing.
    """

    newest_first: tuple[Release, ...]
    last_before: Release | None
    least_for_share: int
    listing: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def coverage(self) -> Coverage:
        """The listing, unknown words in the week's deployments, and whether one deployment serves."""
        everything = (*self.newest_first, *([self.last_before] if self.last_before else []))
        return self.listing + together(one.coverage for one in everything) + _active_coverage(everything)

    @property
    def unrepaired(self) -> tuple[Release, ...]:
        """Failed deployments not followed by a successful one, newest first; includes a failure from before the
        week.
        """
        found = []
        for release in (*self.newest_first, *([self.last_before] if self.last_before else [])):
            if release.succeeded:
                break
            if release.failed:
                found.append(release)
        return tuple(found)

    @property
    def stuck(self) -> tuple[Release, ...]:
        """Deployments in progress for too long."""
        return tuple(release for release in self.newest_first if release.stuck)

    @property
    def found_unrepaired(self) -> str:
        """The newest unrepaired deployment and how many more there are, in words."""
        return _first_and_more(self.unrepaired, f"none of {len(self.newest_first)}")

    @property
    def found_stuck(self) -> str:
        """The newest stuck deployment and how many more there are, in words."""
        return _first_and_more(self.stuck, "none")

    @property
    def failure_share(self) -> Reading | None:
        """Percent of the finished deployments that failed; None where too few have finished."""
        done = [one for one in self.newest_first if one.failed or one.phase in GOOD]
        if len(done) < max(self.least_for_share, 1):
            return None
        failed = sum(release.failed for release in done)
        return Reading(100 * failed / len(done), over=f"7 days ({failed} of {len(done)} deployments)")

    def evidence(self) -> list[Evidence]:
        """All deployments of the week, and how many succeeded."""
        counts = {
            "Deployments in 7 d": str(len(self.newest_first)),
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
            counts["Longest that succeeded"] = two_units(max(took))
        if self.last_before:
            counts["The last before"] = self.last_before.found
        table = Table("Deployments of the week", list(COLUMNS), [_row(release) for release in self.newest_first])
        return [Facts("The week", counts), table]


@measurement
def deployment_review(digitalocean: DigitalOceanApi, settings: Settings, clock: Clock) -> Review:
    """The week's deployments with phase, cause, commit and duration; a week without any is a valid result."""
    listed, listing = _releases(digitalocean, settings, clock.now())
    week = WEEK.total_seconds()
    # A deployment without a time is included: it may be of this week.
    recent = [one for one in listed if one.age is None or one.age <= week or one.in_progress]
    before = next((one for one in listed if one not in recent), None)
    return Review(tuple(recent), before, settings.deployments.least_for_share, listing)


def _first_and_more(releases: tuple[Release, ...], none: str) -> str:
    if not releases:
        return none
    more = f", and {len(releases) - 1} more" if len(releases) > 1 else ""
    return f"{releases[0].found.rstrip('.')}{more}"


def _row(release: Release) -> list[str]:
    return [
        release.phase,
        moment(release.created_at),
        two_units(release.age) if release.age is not None else "",
        two_units(release.duration) if release.duration is not None else "",
        release.cause,
        release.commit[:7],
        release.reason,
    ]


def _release(deployment: Deployment, now: datetime, stuck_after: float, *, followed: bool) -> Release:
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
        cause_type=deployment.cause_details.type if deployment.cause_details else "",
        statuses=tuple(deployment.progress.statuses),
        error_steps=deployment.progress.error_steps,
        followed=followed,
    )
