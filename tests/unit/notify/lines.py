"""Histories to tell of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playbook.core.audience import Audience
from playbook.core.verdict import Verdict
from playbook.history import runs as history
from playbook.history.runs import Finding, RunLine
from playbook.settings.loading import load

START = datetime(2026, 3, 2, 6, 17, tzinfo=UTC)
DAY = timedelta(days=1)
REDIS = "daily.redis.alive"
CRIT, UNK, OK = Verdict.CRITICAL, Verdict.UNKNOWN, Verdict.OK


def run(number, items, *, name="daily", target="sandbox", verdict=None):
    """The run of a day; items by id as a verdict, or as a finding."""
    at = START + number * DAY
    findings = {
        item: found if isinstance(found, Finding) else Finding(verdict=found, message=f"Redis: it is {found}")
        for item, found in items.items()
    }
    worst = verdict or (CRIT if any(found.verdict == CRIT for found in findings.values()) else OK)
    return RunLine(
        id=f"{target}-{name}-{number}",
        target=target,
        kind="sandbox",
        set=name,
        started=at,
        finished=at + timedelta(seconds=9),
        verdict=worst,
        exit_code=0,
        executed=1,
        floor=1,
        counts={str(worst): 1},
        items=findings,
        audience=Audience.PUBLIC,
    )


def keep(folder, *runs):
    """A history that holds these runs."""
    for line in runs:
        history.append(folder, line)
    return folder


def settings_with(root, incidents=None, maintenance=None, environment=None, private=False, **notifications):
    """The sandbox's, with these under [notifications]; patient, as this machine may be busy."""
    patient = {"time_limit_seconds": 60.0, "ping_limit_seconds": 60.0}
    if notifications.pop("private_channels", False):
        notifications["private"] = True
    overlay = {"notifications": patient | notifications, "incidents": incidents or {}}
    if private:
        overlay["targets"] = {"sandbox": {"private": True}}
    if maintenance:
        overlay["maintenance"] = maintenance
    return load(root=root, environment=environment or {}, overlay=overlay)
