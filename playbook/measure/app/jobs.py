"""The app's jobs: whether the last run of each succeeded, and scheduled ones are on time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from cronsim import CronSimError

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_jobs import JobRun, job_runs
from playbook.clients.digitalocean_refusals import NotFound
from playbook.clients.digitalocean_spec import JobSchedule, JobSpec
from playbook.core.clock import Clock, iana_zone
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.durations import two_whole_units
from playbook.core.engine import measurement
from playbook.core.evidence import Evidence, Table
from playbook.core.side_by_side import side_by_side
from playbook.core.wording import moment
from playbook.measure.statements import Statement
from playbook.settings.schedule import slot_of_line

_UNDER_WAY = frozenset({"PENDING", "RUNNING"})
_PHASES = _UNDER_WAY | {"SUCCEEDED", "FAILED", "CANCELED", "SKIPPED"}
# Until then a scheduled run may still be on its way.
_LATE = timedelta(hours=1)
# A run for longer than that is not waited for.
_LONGEST = timedelta(days=1)
_EARLY = timedelta(minutes=5)
# A run that has been under way for longer than this, and so many times as long as any that succeeded, hangs.
_NOT_SHORT = timedelta(hours=1)
_TIMES = 10


@dataclass(frozen=True, slots=True)
class AppJob:
    """One job.

    Attributes:
        when: kind or schedule, in words.
        fault: why its work was not done, in words; empty where nothing says so.
        runs: newest first.
        seen: of its runs.
    """

    name: str
    when: str
    fault: str
    runs: tuple[JobRun, ...]
    seen: Coverage

    @property
    def coverage(self) -> Coverage:
        """Whether its last run is of a known phase."""
        newest = self.runs[0] if self.runs else None
        if newest is None or (newest.phase in _PHASES and newest.created_at):
            return self.seen
        got = newest.phase if newest.created_at else f"{newest.phase} without a time"
        return self.seen + lacking(
            "",
            expected=f"how the last run of the job {self.name} ended",
            got=got,
            hint="Look in the console, under the job and its activity.",
        )

    @property
    def row(self) -> list[str]:
        """As the evidence shows it."""
        newest = self.runs[0] if self.runs else None
        last = f"{newest.phase}, {moment(newest.created_at)}" if newest and newest.created_at else "none is known"
        return [self.name, self.when, last, self.fault or "none"]


@dataclass(frozen=True, slots=True)
class AppJobs:
    """Every job in the app spec; those that have not run yet have no run."""

    jobs: tuple[AppJob, ...]

    @property
    def coverage(self) -> Coverage:
        """The runs of every job."""
        return sum((job.coverage for job in self.jobs), whole(""))

    @property
    def faults(self) -> tuple[str, ...]:
        """Jobs whose work was not done, with the reason."""
        return tuple(f"{job.name} {job.fault}" for job in self.jobs if job.fault)

    @property
    def statements(self) -> list[Statement]:
        """That the work of each was done; nothing where there is none."""
        expected = "the last run of each to have succeeded, and scheduled ones on time"
        found = "; ".join(self.faults) or f"{len(self.jobs)} of {len(self.jobs)}"
        return [Statement("Jobs", not self.faults, expected, found, warn=True)] if self.jobs else []

    def evidence(self) -> Evidence:
        """A row for each job."""
        return Table("Jobs", ["Job", "Runs", "Last run", "Problem"], [job.row for job in self.jobs])


@measurement
def app_jobs(digitalocean: DigitalOceanApi, clock: Clock) -> AppJobs:
    """The last runs of every job in the app spec in effect.

    A failed job before or after a deployment counts until a newer deployment is active.
    """
    app = digitalocean.app()
    deployed = app.active_deployment.created_at if app.active_deployment else None
    now = clock.now()
    asks = [partial(_job, digitalocean, spec, deployed, now) for spec in app.spec_in_effect.jobs]
    return AppJobs(tuple(side_by_side(asks)))


def _job(api: DigitalOceanApi, spec: JobSpec, deployed: datetime | None, now: datetime) -> AppJob:
    when, unread = (spec.kind.lower().replace("_", " ") or "not said"), Coverage()
    try:
        runs = job_runs(api, spec.name)
    except NotFound:  # the app is there, and nobody lists its jobs' runs: they have no health then
        return AppJob(spec.name, when, "", (), whole(f"runs of the job {spec.name} not told"))
    fault = _failed(runs, None if spec.schedule else deployed)
    if spec.schedule:
        when = f"{spec.schedule.cron} ({spec.schedule.time_zone or 'UTC'})"
        try:
            fault = fault or _missed(runs, spec.schedule, deployed, now) or _hanging(runs, now)
        except (CronSimError, StopIteration, ValueError):
            unread = lacking(
                "",
                expected=f"a schedule of the job {spec.name} such as 17 6 * * *",
                got=when,
                hint="Correct the schedule in the app spec.",
            )
    return AppJob(spec.name, when, fault, tuple(runs), runs.coverage + unread)


def _failed(runs: Sequence[JobRun], since: datetime | None) -> str:
    """That the last run that came to an end has failed.

    Args:
        since: earlier ones do not count; None where all do.
    """
    newest = next((run for run in runs if run.phase in {"SUCCEEDED", "FAILED"}), None)
    if newest is None or newest.phase != "FAILED" or (since and newest.created_at and newest.created_at < since):
        return ""
    return f"FAILED in its last run, of {moment(newest.created_at) if newest.created_at else 'an unknown time'}"


def _hanging(runs: Sequence[JobRun], now: datetime) -> str:
    """That a run since the last one that succeeded takes far longer than any before it."""
    longest = max((run.took for run in runs if run.took is not None), default=None)
    if longest is None:
        return ""
    for run in runs:
        if run.phase == "SUCCEEDED":
            return ""
        if run.phase in _UNDER_WAY and run.created_at and now - run.created_at > max(_NOT_SHORT, _TIMES * longest):
            usual = two_whole_units(longest.total_seconds())
            return f"{run.phase} since {moment(run.created_at)}, where none that succeeded took more than {usual}"
    return ""


def _missed(runs: Sequence[JobRun], schedule: JobSchedule, deployed: datetime | None, now: datetime) -> str:
    """That no run since the last slot but that of the last hour has succeeded, or is under way.

    Raises:
        CronSimError, StopIteration, ValueError: the schedule is not understood.
    """
    due = slot_of_line(schedule.cron, iana_zone(schedule.time_zone or "UTC"), now - _LATE, back=True)
    known = [at for at in (deployed, *(run.created_at for run in runs)) if at]
    if not known or due <= min(known):
        return ""  # it is new
    for run in runs:
        if run.phase == "SUCCEEDED" and run.at >= due - _EARLY:
            return ""
        if run.phase in _UNDER_WAY and run.at >= min(due - _EARLY, now - _LONGEST):
            return ""
    last = next((f", last on {moment(run.at)}" for run in runs if run.phase == "SUCCEEDED"), "")
    return f"has not succeeded since it was due on {moment(due.astimezone(UTC))}{last}"
