"""Settings of the on-demand sets: optimisation, troubleshooting, emergencies and maintenance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from playbook.core.clock import iana_zone
from playbook.core.secret import Section
from playbook.settings.sections.ranges import Count, Positive


class Optimization(Section, frozen=True):
    """Scope of the optimisation.

    Attributes:
        least_images: a format with fewer processed images has no meaningful mean time.
        slow_format: a format that takes this many times as long as the fastest is proposed for review.
        sample_keys: maximum number of Redis keys that are read.
        sample_scans: maximum number of SCANs to find them.
        sample_seconds: time limit for reading keys, complete or not.
        least_keys: with fewer cached keys the cache is not judged.
        lasting_keys: persistent keys as globs, besides the queue and the counts of images; all others belong to
            the cache and should expire.
        slow_hours: how far back the slow log is read.
        idle_minutes: a client that has sent nothing for this long counts as idle.
        log_keep_days: older log files should be deleted.
    """

    least_images: int = 20
    slow_format: float = 3.0
    sample_keys: int = 10_000
    sample_scans: int = 200
    sample_seconds: float = 10.0
    least_keys: int = 20
    lasting_keys: tuple[str, ...] = ()
    slow_hours: Positive = 24.0
    idle_minutes: float = 60.0
    log_keep_days: float = 30.0


class Recent(Section, frozen=True):
    """How the key figures of the last minutes are judged.

    Attributes:
        window_minutes: length of "now".
        least_requests, least_images: minimum for a judgement.
    """

    window_minutes: Positive = 60.0
    least_requests: int = 100
    least_images: int = 20


class Troubleshooting(Section, frozen=True):
    """Scope of an investigation.

    Attributes:
        recent_release_hours: a release is a suspect for this long after it was made.
    """

    recent_release_hours: Positive = 6.0


class Emergency(Section, frozen=True):
    """How an emergency is observed.

    Attributes:
        window_minutes: window of the metrics: shorter has too few samples, longer sees the end too late.
        looks: consecutive healthy observations for a stable system.
        look_seconds: interval between these, in a run of the checks.
        watch_seconds: interval between the observations of ``python -m playbook watch``.
        watch_minutes: maximum duration of watching.
    """

    window_minutes: Positive = 15.0
    looks: Count = 3
    look_seconds: float = 10.0
    watch_seconds: Positive = 60.0
    watch_minutes: Positive = 60.0


LONGEST_WINDOW = timedelta(days=7)  # a longer one is mostly a mistake in its end, and delays messages all the time


class MaintenanceWindow(Section, frozen=True):
    """One planned maintenance; times without an offset are local times of ``maintenance.time_zone``."""

    name: str
    start: datetime
    end: datetime


class Maintenance(Section, frozen=True):
    """Planned maintenance.

    Attributes:
        time_zone: an IANA name, e.g. ``Europe/Berlin``.
        windows: in any order; past ones may stay.
        silenced: labels of alerts that the work will trigger, e.g. ``{alertname = "HighErrorRate"}``.
        slack_minutes: how far a silence may begin or end outside the window.
        log_hours: how long before a window logs are read, to know which errors are not new.
        least_log_hours: how many of these hours must have lines.
    """

    time_zone: str = "UTC"
    windows: tuple[MaintenanceWindow, ...] = ()
    silenced: tuple[dict[str, str], ...] = ()
    slack_minutes: float = 60.0
    log_hours: float = 24.0
    least_log_hours: int = 12

    def __post_init__(self) -> None:
        """Require an existing zone, and windows that end after they begin, and not long after."""
        zone = self.zone
        if not all(self.silenced):
            raise ValueError('silenced: expected labels such as { alertname = "HighErrorRate" }, got none')
        for window in self.windows:
            start, end = moment_in(window.start, zone), moment_in(window.end, zone)
            if end <= start and window.end > window.start:
                raise ValueError(f"the window {window.name!r} lies in the hour that the clocks skip in {zone.key}")
            if end <= start:
                raise ValueError(f"the window {window.name!r} ends before it begins")
            if end - start > LONGEST_WINDOW:
                raise ValueError(
                    f"the window {window.name!r} takes {(end - start).days} days, and {LONGEST_WINDOW.days} are "
                    "the most; enter longer work as several windows"
                )

    @property
    def zone(self) -> ZoneInfo:
        """The zone of local times."""
        return iana_zone(self.time_zone)

    def in_utc(self) -> list[MaintenanceWindow]:
        """The windows in order of time, each with its moments in UTC."""
        found = [
            MaintenanceWindow(
                name=one.name, start=moment_in(one.start, self.zone), end=moment_in(one.end, self.zone)
            )
            for one in self.windows
        ]
        return sorted(found, key=lambda one: one.start)


def moment_in(at: datetime, zone: ZoneInfo) -> datetime:
    """A moment in UTC. A local time skipped by the clocks moves forward; one that occurs twice is the first."""
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
