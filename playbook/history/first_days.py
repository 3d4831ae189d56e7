"""When a system was first checked: weekly or monthly duties cannot be overdue on its first day."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from playbook.core.coverage import Coverage, lacking
from playbook.history.folder import history_folder
from playbook.history.runs import read
from playbook.settings.model import SANDBOX, Settings


def known_since(settings: Settings, now: datetime) -> datetime:
    """When the target was first checked, by the settings or its first run in the history; otherwise now.

    The history of an embedded sandbox is that of earlier sandboxes, which no longer exist.
    """
    known = [now]
    if settings.target.first_days.known_since is not None:
        known.append(settings.target.first_days.known_since)
    if settings.target.kind != SANDBOX:
        runs = read(history_folder(settings, Path.cwd() / "reports")).of(settings.target.name)
        known += [run.started for run in runs[:1]]
    return min(known)


def is_due(since: datetime, now: datetime, within: timedelta) -> bool:
    """Whether a duty with this period should have been done by now."""
    return now - since > within


def never_proven(what: str, since: datetime, within: timedelta, todo: str = "") -> Coverage:
    """Coverage of something that was never done and is not due yet.

    Args:
        what: to follow "expected", e.g. ``a restore drill on record``.
        todo: how it is done, a sentence.
    """
    date = f"{since + within:%Y-%m-%d}"
    return lacking(
        "never proven",
        expected=what,
        got=f"none yet on a system that was first checked on {since:%Y-%m-%d}",
        hint=f"{todo} Without {what} it is critical from {date} on.".lstrip(),
    )
