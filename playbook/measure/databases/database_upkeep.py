"""Upkeep of managed databases at DigitalOcean: maintenance windows, due updates and end of version support."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from playbook.clients.managed_databases import Cluster, MaintenanceWindow, ManagedDatabases
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, understood
from playbook.core.durations import two_units
from playbook.core.engine import measurement
from playbook.core.evidence import Facts, Table
from playbook.core.limits import Reading
from playbook.core.wording import moment, name_of
from playbook.measure.databases.database_values import Database, Databases, Row
from playbook.measure.databases.databases import read_databases
from playbook.measure.statements import Statement
from playbook.settings.model import Settings

_DAYS = frozenset({"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})
_HOUR = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class DatabaseUpkeep:
    """Maintenance windows, updates and versions of every database of the target."""

    databases: Databases
    read_at: datetime

    @property
    def coverage(self) -> Coverage:
        """One response for each database."""
        return self.databases.coverage

    @property
    def statements(self) -> list[Statement]:
        """That each database has a window and no update is due; failing statements first."""
        statements = [one for database in self.databases.found for one in (_window(database), _updates(database))]
        return sorted(statements, key=lambda one: (one.holds, one.warn))

    @property
    def versions(self) -> list[Row]:
        """Days until each version's end of support, soonest first; only databases for which the API gives it."""
        rows = []
        for database in self.databases.found:
            end = database.cluster.version_end_of_life
            if end is not None:
                days = (end - self.read_at).total_seconds() / _SECONDS_A_DAY
                ends = "ends" if days > 0 else "ended"
                over = f"({_version(database.cluster)}, support {ends} {moment(end)})"
                words = "" if days > 0 else f"none for {two_units(-days * _SECONDS_A_DAY)}"
                subject = f"Support left for the version of the database {database.name}"
                rows.append(Row(subject, Reading(round(days, 1), over, words=words)))
        return sorted(rows, key=lambda row: row.reading.value)

    def evidence(self) -> list[Table | Facts]:
        """A row for each database, and its updates."""
        columns = ["Database", "Version", "Version ends", "New clusters of it until", "Window", "Updates due"]
        rows = [
            [
                one.name,
                _version(one.cluster),
                _moment_or_none(one.cluster.version_end_of_life),
                _moment_or_none(one.cluster.version_end_of_availability),
                _when(one.cluster.maintenance_window) or "not told",
                _due(one.cluster.maintenance_window),
            ]
            for one in self.databases.found
        ]
        due = {
            one.name: "; ".join(one.cluster.maintenance_window.description)
            for one in self.databases.found
            if one.cluster.maintenance_window and one.cluster.maintenance_window.description
        }
        table = Table("Upkeep of managed databases", columns, rows)
        return [table, Facts("Updates that are due", due)] if due else [table]


@measurement
def database_upkeep(managed_databases: ManagedDatabases, settings: Settings, clock: Clock) -> DatabaseUpkeep:
    """Maintenance window, due updates and end of version support of every managed database.

    Raises:
        NotConfigured: none is named, and the app's spec names none.
    """
    return DatabaseUpkeep(read_databases(managed_databases, settings, clock, in_full=False), clock.now())


def _window(database: Database) -> Statement:
    window = database.cluster.maintenance_window
    subject, expected = f"Maintenance window of the database {database.name}", "a day and an hour"
    if window is None or not (window.day and window.hour):
        unknown = lacking("", expected=expected, got="none")
        return Statement(subject, True, expected, "", coverage=unknown)
    strange = [word for word in (window.day,) if word.lower() not in _DAYS]
    strange += [word for word in (window.hour,) if not _HOUR.fullmatch(word)]
    coverage = understood(len(strange), 2, "words of the window", examples=strange)
    return Statement(subject, True, expected, _when(window), coverage=coverage)


def _updates(database: Database) -> Statement:
    """Statement that no update is due. Listed updates are due whatever ``pending`` says; without it, nothing is
    known.
    """
    window = database.cluster.maintenance_window or MaintenanceWindow()
    subject, due = f"Updates of the database {database.name}", window.description
    if window.pending or due:
        listed = f": {'; '.join(due[:3])}" + (f" and {len(due) - 3} more" if due[3:] else "") if due else ""
        at = f" on {_when(window)}" if _when(window) else ""
        return Statement(subject, False, "none that is due", f"{len(due) or 'some'} due{at}{listed}", warn=True)
    coverage = lacking("", expected=f"whether updates of {database.name} are due", got="no statement about it")
    return Statement(
        subject, True, "none that is due", "none", coverage=coverage if window.pending is None else Coverage()
    )


def _when(window: MaintenanceWindow | None) -> str:
    return f"{window.day.capitalize()} {window.hour} UTC" if window and window.day and window.hour else ""


def _version(cluster: Cluster) -> str:
    return f"{name_of(cluster.engine)} {cluster.semantic_version or cluster.version}".strip()


def _due(window: MaintenanceWindow | None) -> str:
    return str(len(window.description)) if window else "not told"


def _moment_or_none(at: datetime | None) -> str:
    return moment(at) if at else "not told"
