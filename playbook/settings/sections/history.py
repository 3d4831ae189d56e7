"""Settings of what is kept of runs, when they are due, and what is told to whom."""

from __future__ import annotations

from typing import Annotated

import msgspec

from playbook.core.secret import Section


class HistoryKeeping(Section, frozen=True):
    """Where the lines of past runs are kept.

    Attributes:
        folder: absolute, or from the folder of playbook.toml; else ``history`` below the folder of reports.
            ``$PLAYBOOK_HISTORY`` goes before it.
        keep_reports: so many of the newest full reports stay on the site; older runs keep their line.
        readings: file with earlier readings of counters, in place of those in the lines of past runs.
    """

    folder: str | None = None
    keep_reports: int = 30
    readings: str | None = None


class Schedule(Section, frozen=True):
    """When each set is due.

    Attributes:
        cron: five fields, by set: ``daily = "17 6 * * *"``. The workflows hold the same lines.
        time_zone: of those lines, e.g. ``Europe/Berlin``; the workflows name the same one as ``timezone``.
        grace_hours: by set, how late a run may be before it is missed: schedulers are late by minutes to hours.
    """

    cron: dict[str, str] = {}
    time_zone: str = "UTC"
    grace_hours: dict[str, float] = msgspec.field(default_factory=dict)


class Running(Section, frozen=True):
    """How ``python -m playbook run`` runs a set.

    Attributes:
        limit_minutes: a run that takes longer is told to end; it still writes what it had.
    """

    limit_minutes: Annotated[float, msgspec.Meta(gt=0)] = 45.0
