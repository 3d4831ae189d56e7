"""Settings of what is done on demand: optimisation, troubleshooting, emergencies and maintenance."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from playbook.core.secret import Section


class Optimization(Section, frozen=True):
    """How far the optimisation looks.

    Attributes:
        least_images: of a format with fewer processed images the mean time says nothing.
        slow_format: a format that takes so many times as long as the fastest is proposed to be looked at.
        sample_keys: how many keys of Redis are looked at, at most.
        sample_scans: how many SCANs may be sent to find them.
        sample_seconds: when looking at keys ends, complete or not.
        least_keys: fewer cached keys than this say nothing of the cache.
        lasting_keys: keys that are meant to stay, as globs, beside the queue and the counts of images; all others
            are the cache's and should expire.
        slow_hours: how far back the slow log is looked at.
        idle_minutes: a client that has sent nothing for so long is called idle.
        log_keep_days: log files older than this are to be deleted.
    """

    least_images: int = 20
    slow_format: float = 3.0
    sample_keys: int = 10_000
    sample_scans: int = 200
    sample_seconds: float = 10.0
    least_keys: int = 20
    lasting_keys: tuple[str, ...] = ()
    slow_hours: float = 24.0
    idle_minutes: float = 60.0
    log_keep_days: float = 30.0


class Recent(Section, frozen=True):
    """How the key figures of the last minutes are judged.

    Attributes:
        window_minutes: what counts as now.
        least_requests, least_images: fewer say too little.
    """

    window_minutes: float = 60.0
    least_requests: int = 100
    least_images: int = 20


class Troubleshooting(Section, frozen=True):
    """How far an investigation looks.

    Attributes:
        recent_release_hours: a release is suspected for so long after it was made.
    """

    recent_release_hours: float = 6.0


class Emergency(Section, frozen=True):
    """How an emergency is looked at.

    Attributes:
        window_minutes: the metrics of so long are now: shorter is too little, longer sees the end too late.
        looks: how many looks in a row must be well to call it stable.
        look_seconds: between these, in a run of the checks.
        watch_seconds: between the looks of ``python -m playbook watch``.
        watch_minutes: after which watching ends at the latest.
    """

    window_minutes: float = 15.0
    looks: int = 3
    look_seconds: float = 10.0
    watch_seconds: float = 60.0
    watch_minutes: float = 60.0


class MaintenanceWindow(Section, frozen=True):
    """One planned maintenance; times without an offset are local times of ``maintenance.time_zone``."""

    name: str
    start: datetime
    end: datetime


class Maintenance(Section, frozen=True):
    """Planned maintenance.

    Attributes:
        time_zone: an IANA name, e.g. ``Europe/Berlin``.
        windows: in any order; those of the past may stay.
        silenced: labels of alerts that the work will set off, e.g. ``{alertname = "HighErrorRate"}``.
        slack_minutes: a silence may begin or end so much outside the window.
        log_hours: how long before a window the logs are looked at, to know which errors are not new.
        least_log_hours: so many of these hours must have lines.
    """

    time_zone: str = "UTC"
    windows: tuple[MaintenanceWindow, ...] = ()
    silenced: tuple[dict[str, str], ...] = ()
    slack_minutes: float = 60.0
    log_hours: float = 24.0
    least_log_hours: int = 12

    def __post_init__(self) -> None:
        """The zone exists, and no window ends before it begins."""
        try:
            zone = ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"expected a time zone such as Europe/Berlin, got {self.time_zone!r}") from None
        for window in self.windows:
            if moment_in(window.end, zone) <= moment_in(window.start, zone):
                raise ValueError(f"the window {window.name!r} ends before it begins")

    @property
    def zone(self) -> ZoneInfo:
        """Of local times."""
        return ZoneInfo(self.time_zone)

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
    """In UTC. A local time that the clocks skip is as much later; of one that comes twice, the first is meant."""
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
