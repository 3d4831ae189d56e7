"""The app's deployments: pushes on working days, spec changes, one failure, and one rollback."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random

_NAMESPACE = uuid.UUID("6f1d7a0e-5b1c-4c39-9a51-3f0d7b9e2c44")
RUNNING = frozenset({"PENDING_BUILD", "BUILDING", "PENDING_DEPLOY", "DEPLOYING"})


@lru_cache(maxsize=10_000)
def identifier(name: str) -> str:
    """A UUID that is the same in every sandbox, so that ids in reports are comparable."""
    return str(uuid.uuid5(_NAMESPACE, name))


def commit_hash(name: str) -> str:
    """A made-up git commit, forty hexadecimal digits."""
    return hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()


@dataclass
class Deployment:
    """One release.

    Attributes:
        ended_at: when it reached its phase; None while in progress.
        reason: code and message of the failed step.
    """

    id: str
    phase: str
    cause: str
    cause_type: str
    commit: str
    created_at: datetime
    ended_at: datetime | None
    reason: tuple[str, str] | None = None

    @property
    def in_progress(self) -> bool:
        """Building or deploying."""
        return self.phase in RUNNING


def deployments(now: datetime, created: datetime, repository: str) -> list[Deployment]:
    """Newest first: about forty in the last sixty days, before that one every nine days, back to the first."""
    random = Random("portfolio")
    moments = _moments(random, now, created)
    found: list[Deployment] = []
    for number, moment in enumerate(moments):
        newest = number == len(moments) - 1
        duration = timedelta(seconds=random.randint(150, 330))
        cause, kind, commit = _cause(random, number, repository, found[-1].commit if found else "")
        found.append(
            Deployment(
                identifier(f"deployment {number}"),
                "ACTIVE" if newest else "SUPERSEDED",
                cause,
                kind,
                commit,
                moment,
                moment + duration,
            )
        )
    found.reverse()
    _fail_one(found, now)
    _roll_one_back(found, now)
    return found


def _moments(random: Random, now: datetime, created: datetime) -> list[datetime]:
    """Oldest first. The newest is 29 hours old: yesterday's, past its first night."""
    moments = [now - timedelta(hours=29)]
    while len(moments) < 40:
        moments.append(moments[-1] - timedelta(hours=random.uniform(4, 66)))
    while True:
        earlier = moments[-1] - timedelta(days=random.uniform(4, 14))
        if earlier <= created:
            return [created, *(moment.replace(microsecond=0) for moment in reversed(moments))]
        moments.append(earlier)


def _cause(random: Random, number: int, repository: str, before: str) -> tuple[str, str, str]:
    """Causes as in practice: mostly pushes, sometimes a spec change, rarely a manual deployment."""
    if number == 0:
        return "initial deployment", "MANUAL", commit_hash("commit 0")
    kind = random.choices(("push", "spec", "manual"), (85, 10, 5))[0]
    if kind == "spec":
        return "app spec updated", "MANUAL", before
    if kind == "manual":
        return "manual", "MANUAL", before
    commit = commit_hash(f"commit {number}")
    return f"commit {commit[:7]} pushed to github/{repository}", "DEPLOY_ON_PUSH", commit


def _fail_one(found: list[Deployment], now: datetime) -> None:
    """About seventeen days ago a build failed; the next deployment, 40 minutes later, fixed it."""
    index = next(i for i, d in enumerate(found) if d.created_at < now - timedelta(days=17))
    failed, repair = found[index + 1], found[index]
    failed.phase = "ERROR"
    failed.reason = (
        "BuildJobFailed",
        "Your build job failed because the build command exited with a non-zero exit code.",
    )
    failed.created_at = repair.created_at - timedelta(minutes=40)
    failed.ended_at = failed.created_at + timedelta(seconds=97)
    failed.commit = commit_hash("broken build")
    failed.cause = f"commit {failed.commit[:7]} pushed to github/example/portfolio"
    failed.cause_type = "DEPLOY_ON_PUSH"


def _roll_one_back(found: list[Deployment], now: datetime) -> None:
    """About thirty days ago the app was rolled back; the next push fixed it."""
    index = next(i for i, d in enumerate(found) if d.created_at < now - timedelta(days=30))
    back, earlier = found[index], found[index + 2]
    back.cause, back.cause_type = f"rollback to deployment {earlier.id}", "MANUAL_ROLLBACK"
    back.commit = earlier.commit
