"""One deployment of the app: whether it failed, is in progress, and what started it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from playbook.clients.digitalocean_types import Deployment
from playbook.core.coverage import Coverage, lacking, understood
from playbook.core.durations import two_units
from playbook.core.wording import moment
from playbook.measure.app.app import PHASES

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
BY_PLATFORM = frozenset({"MAINTENANCE", "UPDATE_DATABASE_TRUSTED_SOURCES", "AUTOSCALED"})
CAUSES = BY_PLATFORM | {"MANUAL", "DEPLOY_ON_PUSH"}
ROLLBACKS = {"MANUAL_ROLLBACK": "by hand", "AUTO_ROLLBACK": "automatic"}
_PUSHED = re.compile(r"(?i)^(commit|image|tag) \S+ (was )?pushed")
_ROLLED_BACK = re.compile(r"(?i)\b(auto\w*[ -]?)?roll(ed|ing|s)?[ -]?back")


def cause_type_of(deployment: Deployment) -> str:
    """What caused a deployment, in one of the platform's words; empty where it does not say."""
    return deployment.cause_details.type if deployment.cause_details else ""


def is_by_platform(cause_type: str) -> bool:
    """Whether the platform makes a deployment of this cause by itself, from what was already deployed."""
    return cause_type in BY_PLATFORM


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
        overtaken: it was superseded although an older one still serves, so it never served itself.
        sources: component and commit of each that was built from a repository, or the digest of its image.
        known_sources: those of the deployments before it that served.
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
    overtaken: bool = False
    sources: frozenset[tuple[str, str]] = frozenset()
    known_sources: frozenset[tuple[str, str]] = frozenset()

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
        return self.phase in GOOD and not self.rolled_back and not self.overtaken

    @property
    def by_platform(self) -> bool:
        """Whether the platform made it by itself, from what was already deployed."""
        return is_by_platform(self.cause_type)

    def repairs(self, failed: Release) -> bool:
        """Whether its success shows that what failed is deployed now."""
        if not self.succeeded or self.leaves_out(failed):
            return False
        same = bool(failed.sources) and failed.sources <= self.sources
        return same or failed.by_platform or not self.by_platform

    def leaves_out(self, failed: Release) -> bool:
        """Whether it deploys again what served before a release that failed, and not what that brought.

        ``doctl apps update`` and the console apply a new spec to the sources of the deployment before. A push of
        an earlier commit takes back what failed, unless it brought something new to another component.
        """
        brought = {name for name, _ in failed.sources - failed.known_sources}
        again = {one for one in self.sources - failed.sources if one in failed.known_sources and one[0] in brought}
        if self.cause_type == "DEPLOY_ON_PUSH" and self.sources <= failed.known_sources | failed.sources:
            return False
        return bool(again)

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


def row(release: Release) -> list[str]:
    """A row of a table with the columns ``COLUMNS``."""
    return [
        release.phase,
        moment(release.created_at),
        two_units(release.age) if release.age is not None else "",
        two_units(release.duration) if release.duration is not None else "",
        release.cause,
        release.commit[:7],
        release.reason,
    ]


def release_of(
    deployment: Deployment,
    now: datetime,
    stuck_after: float,
    *,
    followed: bool,
    overtaken: bool,
    known_sources: frozenset[tuple[str, str]] = frozenset(),
) -> Release:
    """A deployment as it is judged."""
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
        cause_type=cause_type_of(deployment),
        statuses=tuple(deployment.progress.statuses),
        error_steps=deployment.progress.error_steps,
        followed=followed,
        overtaken=overtaken,
        sources=deployment.sources,
        known_sources=known_sources,
    )
