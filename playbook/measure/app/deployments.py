"""Releases of the app: the newest ones, and whether the newest failed or is stuck."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from operator import or_

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_transport import SERVICE
from playbook.clients.digitalocean_types import Deployment
from playbook.core import context
from playbook.core.clock import Clock
from playbook.core.counters import Earlier
from playbook.core.coverage import Coverage, lacking, together
from playbook.core.durations import two_units
from playbook.core.engine import measurement
from playbook.core.errors import TooLittleData
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Reading
from playbook.core.wording import moment
from playbook.measure.app.app import OwnApp
from playbook.measure.app.release import COLUMNS, FAILED, GOOD, Release, release_of, row
from playbook.measure.statements import Statement
from playbook.settings.model import Settings

SHOWN = 3
_NEWEST = "Newest deployment"
WEEK = timedelta(days=7)
# How far back the listing is read: a week, and the deployment before it.
BACK = timedelta(days=30)


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
        """Whether the serving release is an earlier one because the release after it failed."""
        return self.newest.rolled_back == "automatic" or self._failed_before is not None

    @property
    def _failed_before(self) -> Release | None:
        """The failed release before a rollback, or before deployments of the platform or that leave it out."""
        for newer, one in pairwise(self.newest_first):
            back = newer.by_platform or (newer is self.newest and newer.rolled_back) or newer.leaves_out(one)
            if not back:
                return None
            if one.phase in FAILED:
                return None if newer.repairs(one) else one
        return None

    @property
    def found(self) -> str:
        """The newest deployment, and the failed one that it was rolled back from."""
        before = self._failed_before
        return f"{self.newest.found.rstrip('.')}; before it {before.found}" if before else self.newest.found

    @property
    def statements(self) -> list[Statement]:
        """That the newest deployment has not failed, is not stuck, and that none of its steps failed."""
        newest = self.newest
        in_time = f"done within {newest.stuck_after / 60:g} min"
        of_a_step = f"{newest.found} with a step that did" if newest.unclean else "none"
        lives = not newest.failed and not self.went_back
        return [
            Statement(_NEWEST, lives, "one that did not fail", self.found),
            Statement(_NEWEST, not newest.stuck, in_time, newest.found),
            Statement(_NEWEST, not newest.unclean, "no step that failed", of_a_step, warn=True),
        ]

    def evidence(self) -> list[Evidence]:
        """A row for each of the newest three, and the deployments since the previous run."""
        rows = [row(release) for release in self.newest_first[:SHOWN]]
        shown: list[Evidence] = [Table("Newest deployments", list(COLUMNS), rows)]
        if self.read_at:
            shown.append(Facts("Since the run before", {"Deployed": self.since}))
        return shown


@measurement
def deployments(
    digitalocean: DigitalOceanApi, settings: Settings, clock: Clock, earlier: Earlier, own_app: OwnApp
) -> Releases:
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
    # Of each deployment, what those before it served, from the oldest one on.
    served = (one.sources if one.phase in GOOD else frozenset() for one in reversed(ordered))
    known = list(accumulate(served, or_, initial=frozenset[tuple[str, str]]()))[-2::-1]
    phases = [one.phase for one in ordered]
    serving = phases.index("ACTIVE") if "ACTIVE" in phases else 0
    return (
        tuple(
            release_of(
                one,
                now,
                stuck_after,
                followed=number > 0,
                overtaken=one.phase == "SUPERSEDED" and 0 < number < serving,
                known_sources=known[number],
            )
            for number, one in enumerate(ordered)
        ),
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
    return lacking(
        "",
        expected="a deployment in phase ACTIVE among those listed",
        got=f"only {only}",
        hint="Deploy a release that works, or see in the console whether the app is archived.",
    )


@dataclass(frozen=True, slots=True)
class Review:
    """The deployments of the last seven days.

    Attributes:
        newest_first: made in that time, and older ones still in progress.
        before: from before that time, newest first, up to one that repairs what failed before it.
        least_for_share: minimum number of finished deployments for a failure rate.
        listing: coverage of the listing.
    """

    newest_first: tuple[Release, ...]
    before: tuple[Release, ...]
    least_for_share: int
    listing: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def coverage(self) -> Coverage:
        """The listing, unknown words in the week's deployments, and whether one deployment serves."""
        everything = (*self.newest_first, *self.before)
        return self.listing + together(one.coverage for one in everything) + _active_coverage(everything)

    @property
    def unrepaired(self) -> tuple[Release, ...]:
        """Failed deployments not followed by a successful one, newest first; includes a failure from before the
        week.
        """
        releases = (*self.newest_first, *self.before)
        return tuple(
            one
            for number, one in enumerate(releases)
            if one.failed and not any(later.repairs(one) for later in releases[:number])
        )

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
        if self.before:
            counts["The last before"] = self.before[0].found
        table = Table("Deployments of the week", list(COLUMNS), [row(release) for release in self.newest_first])
        return [Facts("The week", counts), table]


@measurement
def deployment_review(digitalocean: DigitalOceanApi, settings: Settings, clock: Clock, own_app: OwnApp) -> Review:
    """The week's deployments with phase, cause, commit and duration; a week without any is a valid result."""
    listed, listing = _releases(digitalocean, settings, clock.now())
    week = WEEK.total_seconds()
    # A deployment without a time is included: it may be of this week.
    recent = [one for one in listed if one.age is None or one.age <= week or one.in_progress]
    before = [one for one in listed if one not in recent]
    release = next((n for n, one in enumerate(before) if one.succeeded and not one.by_platform), len(before))
    return Review(tuple(recent), tuple(before[: release + 1]), settings.deployments.least_for_share, listing)


def _first_and_more(releases: tuple[Release, ...], none: str) -> str:
    if not releases:
        return none
    more = f", and {len(releases) - 1} more" if len(releases) > 1 else ""
    return f"{releases[0].found.rstrip('.')}{more}"
