"""Backups of managed databases, for checks that are about other backups as well."""

from __future__ import annotations

from dataclasses import dataclass

from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import Outcome, measurement
from playbook.core.errors import NotConfigured, Unmeasured, away
from playbook.core.evidence import Evidence, Facts, evidence_of
from playbook.core.wording import plural
from playbook.measure.databases.database_values import OTHERS, Database, Databases, Row
from playbook.measure.statements import Statement

_NONE = Databases(())


@dataclass(frozen=True, slots=True)
class DatabaseBackups:
    """What DigitalOcean tells of the backups of the target's databases; nothing where it has none.

    Attributes:
        problem: why nothing could be read.
    """

    databases: Databases = _NONE
    problem: Unmeasured | None = None

    @property
    def coverage(self) -> Coverage:
        """The backups of each database of an engine whose backups are told."""
        backed_up = [one for one in self.databases.found if one.cluster.engine not in OTHERS]
        total = whole(plural(len(backed_up), "database") if backed_up else "")
        for name, problem in (*self.databases.missing, *self._unread(backed_up)):
            hint, cause = problem.hint, away(problem)
            total += lacking("", expected=f"the backups of {name}", got=problem.got, hint=hint, cause=cause)
        return total

    @property
    def statements(self) -> list[Statement]:
        """That each has a backup."""
        return [one.has_backup for one in self.databases.found if one.has_backup]

    @property
    def ages(self) -> list[Row]:
        """Oldest first."""
        return self.databases.backup_ages

    @property
    def sizes(self) -> list[Row]:
        """In percent of the usual size."""
        return self.databases.backup_sizes

    def evidence(self) -> list[Evidence]:
        """The databases, or why they are not known."""
        if self.problem:
            return [Facts("Managed databases", {"Not read": str(self.problem)})]
        return evidence_of(self.databases) if self.databases.found else []

    def _unread(self, backed_up: list[Database]) -> list[tuple[str, Unmeasured]]:
        unread = [(one.name, one.problems[0]) for one in backed_up if one.backups is None and one.problems]
        return [*unread, *([("the managed databases", self.problem)] if self.problem else [])]


# For what is about backups: without databases it is empty.
@measurement(parts=("backups",), outcomes=("databases",))
def database_backups(databases: Outcome) -> DatabaseBackups:
    """The backups of the target's managed databases, where it has any."""
    if databases.absent or isinstance(databases.error, NotConfigured):
        return DatabaseBackups()
    if isinstance(databases.error, Unmeasured):
        return DatabaseBackups(problem=databases.error)
    if databases.error is not None:
        raise databases.error
    return DatabaseBackups(databases.value)
