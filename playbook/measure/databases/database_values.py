"""Databases managed by DigitalOcean, as its API reports them: state, backups, storage, connections.

For PostgreSQL the API reports neither storage nor connections, CPU nor memory, and for what is no SQL database no
backups either: the evidence says so, and these are not judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from playbook.clients.digitalocean_samples import Samples
from playbook.clients.managed_databases import Backup, Backups, Cluster, Pool, Replica
from playbook.core.coverage import Coverage, lacking, together, understood, whole
from playbook.core.errors import Unmeasured, away
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Reading
from playbook.core.wording import moment, plural
from playbook.measure.app.samples import sustained
from playbook.measure.statements import Statement

DAY, HOUR = timedelta(hours=24), 3600.0
MYSQL = frozenset({"mysql", "advanced_mysql"})
POSTGRESQL = frozenset({"pg", "advanced_pg"})
OTHERS = frozenset({"redis", "valkey", "mongodb", "kafka", "opensearch"})
"""Engines of which the API reports the state and the upkeep alone."""
# States in the API's description: in service with an interruption at the move, and before being in service.
_MOVING = frozenset({"resizing", "migrating"})
_NOT_READY = frozenset({"creating", "forking"})
# Not in the API's description, but unambiguous.
_DOWN = frozenset(
    {"offline", "down", "error", "failed", "degraded", "unhealthy", "unavailable", "stopped", "suspended"}
    | {"poweroff", "powered_off", "powering_off", "deleting", "deleted"}
)
_AHEAD = timedelta(minutes=5)
_LEAST_BEFORE = 2  # backups, to know what is usual


@dataclass(frozen=True, slots=True)
class Row:
    """One number of one database."""

    subject: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class Database:
    """One database cluster.

    Attributes:
        cluster: as the API reports it.
        backups: None where they could not be read.
        samples: by metric, of the node with the highest value; for CPU and memory, over ``peak_seconds``.
        window: how much of the last day the samples cover.
        pools: connection pools of PostgreSQL.
        replicas: read-only copies.
        problems: what could not be read.
    """

    cluster: Cluster
    read_at: datetime
    backups: Backups | None = None
    samples: dict[str, Samples] = field(default_factory=dict)
    window: Coverage = field(default_factory=Coverage)
    pools: tuple[Pool, ...] = ()
    replicas: tuple[Replica, ...] = ()
    problems: tuple[Unmeasured, ...] = ()
    most_connections: int | None = None
    peak_seconds: float = 900.0

    @property
    def name(self) -> str:
        """Name in the account."""
        return self.cluster.name

    @property
    def coverage(self) -> Coverage:
        """Whether everything that the API reports for this kind of database was read."""
        engine = self.cluster.engine
        unreported = "storage, connections and backups" if engine in OTHERS else "storage and connections"
        seen = whole("" if self.is_mysql else f"{self.name}: {unreported} not reported by the API")
        if engine not in MYSQL | POSTGRESQL | OTHERS:
            seen += lacking(
                "",
                expected=f"a known engine of {self.name}",
                got=engine or "no engine",
                hint="Look at it with `doctl databases get`; this suite does not know what its figures mean.",
            )
        for problem in self.problems:
            seen += lacking(
                f"{self.name} not read as a whole",
                expected=f"everything that the API reports for {self.name}",
                got=str(problem),
                hint=problem.hint,
            )
        return seen + self.window

    @property
    def is_mysql(self) -> bool:
        """Whether the API has metrics of it."""
        return self.cluster.engine == "mysql"

    @property
    def states(self) -> list[Statement]:
        """That the database and its replicas are online."""
        replicas = [_state(f"the replica {one.name} of {self.name}", one.status) for one in self.replicas]
        return [_state(f"the database {self.name}", self.cluster.status), *replicas]

    @property
    def newest(self) -> Backup | None:
        """The newest non-empty backup; an incremental one may be small."""
        kept = self.backups.backups if self.backups else []
        sound = [one for one in kept if one.size_gigabytes > 0 or one.incremental]
        return max((one for one in sound if one.created_at <= self.read_at + _AHEAD), key=_made, default=None)

    @property
    def has_backup(self) -> Statement | None:
        """That a backup exists; None where that is not known."""
        if self.backups is None:
            return None
        count = len(self.backups.backups)
        kept = f"{count}, none of them usable" if count else "none"
        found = kept if self.newest is None else f"{count}"
        young = self.cluster.created_at is not None and self.read_at - self.cluster.created_at < DAY
        waits = lacking(
            "first backup to come",
            expected=f"a backup of {self.name}, which is younger than a day",
            got=kept,
            hint="Look again when it is a day old.",
        )
        is_missing = self.newest is None
        return Statement(
            f"Backups of the database {self.name}",
            not is_missing or (young and not count),
            "at least one",
            found,
            coverage=waits if is_missing else Coverage(),
        )

    @property
    def backup_age(self) -> Row | None:
        """Hours since the newest backup was made."""
        if self.newest is None:
            return None
        hours = max((self.read_at - self.newest.created_at).total_seconds(), 0.0) / HOUR
        return Row(f"Age of the newest backup of {self.name}", Reading(round(hours, 2)))

    @property
    def backup_size(self) -> Row | None:
        """The newest full backup in percent of the median of those before it; None where there are too few."""
        full = [one for one in self.backups.backups if not one.incremental] if self.backups else []
        if len(full) <= _LEAST_BEFORE:
            return None
        *before, newest = [one.size_gigabytes for one in sorted(full, key=_made)]
        usual = median(before)
        if not usual:
            return None
        percent = round(100 * newest / usual, 1)
        over = f"{plural(len(before), 'backup')} before it ({newest:.3g} GB, median {usual:.3g} GB)"
        return Row(f"Size of the newest backup of {self.name}", Reading(percent, over))

    @property
    def storage(self) -> Row | None:
        """Highest percentage of the last day."""
        return self._highest("disk_usage", f"Storage of {self.name}")

    @property
    def connections(self) -> Row | None:
        """Highest percentage of the configured maximum; None where the settings give no maximum."""
        most = self.most_connections
        row = self._highest("threads_connected", f"Connections of {self.name}")
        if row is None or not most:
            return None
        over = f"{row.reading.value:,.0f} of {most:,} at most in 24 h"
        return Row(row.subject, Reading(100 * row.reading.value / most, f"({over})"))

    @property
    def cpu(self) -> Row | None:
        """Percent; the highest mean over the configured minutes."""
        return self._sustained("cpu_usage", f"CPU of {self.name}")

    @property
    def memory(self) -> Row | None:
        """Percent; the highest mean over the configured minutes."""
        return self._sustained("memory_usage", f"Memory of {self.name}")

    @property
    def cells(self) -> list[str]:
        """A row of the report."""
        cluster = self.cluster
        shown = [cluster.name, f"{cluster.engine} {cluster.semantic_version or cluster.version}".strip()]
        shown += [f"{cluster.num_nodes} × {cluster.size}", cluster.status or "not said"]
        if self.backups is None:
            shown.append("not reported" if cluster.engine in OTHERS else "not read")
        else:
            at = self.newest.created_at if self.newest else None
            shown.append(f"{moment(at)} ({len(self.backups.backups)} kept)")
        size = f" of {cluster.storage_size_mib / 1024:,.0f} GiB" if cluster.storage_size_mib else ""
        shown.append(f"{_percent(self.storage) or 'total unknown'}{size}")
        highest = self._highest("threads_connected", "")
        shown.append(f"{highest.reading.value:,.0f} at most" if highest else "not told")
        return shown

    def _highest(self, metric: str, subject: str) -> Row | None:
        samples = self.samples.get(metric)
        return Row(subject, Reading(max(value for _, value in samples), "24 h")) if samples else None

    def _sustained(self, metric: str, subject: str) -> Row | None:
        samples = self.samples.get(metric)
        if not samples:
            return None
        over = f"{self.peak_seconds / 60:g} min of 24 h"
        return Row(subject, Reading(sustained(samples, self.peak_seconds), over))


@dataclass(frozen=True, slots=True)
class Databases:
    """Every database of the target.

    Attributes:
        missing: databases that were expected, each with the error.
        left_out: what was not read, and why.
    """

    found: tuple[Database, ...]
    missing: tuple[tuple[str, Unmeasured], ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def coverage(self) -> Coverage:
        """All databases, and everything that the API reports of each."""
        total = whole(plural(len(self.found), "database"))
        for name, problem in self.missing:
            total += lacking(
                f"{name} not read", expected=name, got=str(problem), hint=problem.hint, cause=away(problem)
            )
        return total + together(one.coverage for one in self.found)

    @property
    def statements(self) -> list[Statement]:
        """State and backups of each database, failing statements first."""
        statements = [state for one in self.found for state in one.states]
        statements += [one.has_backup for one in self.found if one.has_backup]
        return sorted(statements, key=lambda one: (one.holds, one.warn))

    @property
    def backup_ages(self) -> list[Row]:
        """Oldest first."""
        return self._rows(lambda one: one.backup_age)

    @property
    def backup_sizes(self) -> list[Row]:
        """Of each database with enough full backups, in percent of the usual size; largest first."""
        return self._rows(lambda one: one.backup_size)

    @property
    def storage(self) -> list[Row]:
        """Fullest first."""
        return self._rows(lambda one: one.storage)

    @property
    def connections(self) -> list[Row]:
        """Busiest first."""
        return self._rows(lambda one: one.connections)

    @property
    def cpu(self) -> list[Row]:
        """Busiest first."""
        return self._rows(lambda one: one.cpu)

    @property
    def memory(self) -> list[Row]:
        """Busiest first."""
        return self._rows(lambda one: one.memory)

    def evidence(self) -> list[Evidence]:
        """A row for each database, their pools, and what was not read."""
        columns = ["Database", "Engine", "Size", "State", "Newest backup", "Storage", "Connections"]
        shown: list[Evidence] = [Table("Managed databases", columns, [one.cells for one in self.found])]
        pools = [
            [one.name, pool.name, pool.mode, str(pool.size), pool.db] for one in self.found for pool in one.pools
        ]
        if pools:
            shown.append(Table("Connection pools", ["Database", "Pool", "Mode", "Size", "For"], pools))
        replicas = [[one.name, replica.name, replica.status] for one in self.found for replica in one.replicas]
        if replicas:
            shown.append(Table("Read-only replicas", ["Database", "Replica", "State"], replicas))
        facts = {f"Left out {number}": text for number, text in enumerate(self.left_out, 1)}
        facts |= {name: str(problem) for name, problem in self.missing}
        facts |= {one.name: "; ".join(map(str, one.problems)) for one in self.found if one.problems}
        without_metrics = [one.name for one in self.found if not one.is_mysql]
        without_backups = [one.name for one in self.found if one.cluster.engine in OTHERS]
        if without_backups:
            facts["Backups"] = f"not reported for {', '.join(without_backups)}"
        if without_metrics:
            facts["Storage, connections, CPU and memory"] = f"not reported for {', '.join(without_metrics)}"
        return [*shown, Facts("Not looked at", facts)] if facts else shown

    def _rows(self, row_of: Callable[[Database], Row | None]) -> list[Row]:
        rows = [row for row in map(row_of, self.found) if row is not None]
        return sorted(rows, key=lambda row: -row.reading.value)


def _state(of: str, status: str) -> Statement:
    """That it is online; an unrecognised state is neither healthy nor failing."""
    words = f"State of {of}"
    if status == "online" or status in _MOVING | _NOT_READY | _DOWN:
        return Statement(words, status == "online", "online", status, warn=status in _MOVING)
    unknown = understood(1, 1, "states", examples=[status or "no state"])
    return Statement(words, True, "online", status or "no state", coverage=unknown)


def _made(backup: Backup) -> datetime:
    return backup.created_at


def _percent(row: Row | None) -> str:
    return f"{row.reading.value:.1f} %" if row else ""
