"""Settings of the history of runs, their schedule, and their limits."""

from __future__ import annotations

import msgspec

from playbook.core.secret import Section
from playbook.settings.sections.ranges import Positive


class HistoryKeeping(Section, frozen=True):
    """Storage of past runs.

    Attributes:
        folder: absolute, or from the folder of playbook.toml; by default ``history`` below the folder of reports.
            ``$PLAYBOOK_HISTORY`` overrides it.
        keep_reports: number of newest full reports kept on the site; older runs keep their line.
        readings: file with earlier readings of counters, in place of those in the lines of past runs.
    """

    folder: str | None = None
    keep_reports: int = 30
    readings: str | None = None


class Schedule(Section, frozen=True):
    """When each set is due.

    Attributes:
        cron: five fields, by set: ``daily = "17 6 * * *"``. The workflows contain the same lines.
        time_zone: of those lines, e.g. ``Europe/Berlin``; the workflows name the same one as ``timezone``.
        grace_hours: by set, how late a run may be before it counts as missed: schedulers are late by minutes to
            hours.
    """

    cron: dict[str, str] = {}
    time_zone: str = "UTC"
    grace_hours: dict[str, float] = msgspec.field(default_factory=dict)


class Running(Section, frozen=True):
    """How ``python -m playbook run`` runs a set.

    Attributes:
        limit_minutes: a run that takes longer is asked to end; it still writes its results so far.
    """

    limit_minutes: Positive = 45.0
