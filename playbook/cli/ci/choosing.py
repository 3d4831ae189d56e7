"""Which set of which target a job runs. Pure, but for reading the history."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from playbook.core.errors import UsageError
from playbook.history import runs as history
from playbook.settings.loading import load_all
from playbook.settings.model import SANDBOX, Settings
from playbook.settings.sections.groups import is_group

_WITHOUT_HISTORY = (
    "The history could not be fetched, so nothing here is compared with earlier runs, and an incident that is "
    "already known may be reported as new."
)


class Choice(NamedTuple):
    """What to run.

    Attributes:
        note: what a reader must know about this choice; empty if it is what was requested.
    """

    set: str
    target: str
    note: str = ""


def choose(
    *, set_name: str, cron: str, target: str, root: Path, lines: Path | None, environment: Mapping[str, str]
) -> Choice:
    """The requested set, else that of this cron line; on the sandbox if nothing is configured.

    A target that has ever run is never replaced by the sandbox: if its settings are lost, its run must be UNKNOWN,
    not green for something else. ``lines`` is None if the history could not be fetched: then any target may have
    run.

    Raises:
        UsageError: no set has this cron line, or there is no such target.
    """
    # A group exists only if somebody has configured it, so it is never replaced; each of its targets is loaded.
    settings = load_all([target], root=root, environment=environment)[0]
    name = set_name or _due(settings, cron)
    if is_group(target):
        return Choice(name, target, _WITHOUT_HISTORY if lines is None else "")
    if lines is None:
        return Choice(name, target, _WITHOUT_HISTORY)
    if settings.target.kind == SANDBOX or is_configured(settings) or history.read(lines).of(target):
        return Choice(name, target)
    return Choice(
        name,
        SANDBOX,
        f"This is a demonstration: the target {target} is not configured here, so the embedded sandbox was "
        "checked instead. Nothing in this run says anything about a system of yours. docs/workflows.md tells how "
        "to set it up.",
    )


def is_configured(settings: Settings) -> bool:
    """Whether the target configures at least one of its services."""
    target = settings.target
    services = (
        *(target.web.url, target.digitalocean.app_id, target.redis.url, target.prometheus.url),
        *(target.grafana.url, target.alertmanager.url, target.backups.location),
    )
    return any(service is not None for service in services)


def _due(settings: Settings, cron: str) -> str:
    for name, line in settings.schedule.cron.items():
        if line and line.split() == cron.split():
            return name
    known = ", ".join(f"{name} ({line})" for name, line in settings.schedule.cron.items())
    raise UsageError(f"schedule.cron has no set that is due at {cron!r}: expected one of {known}")
