"""PostgreSQL and MySQL that DigitalOcean manages: they serve, have room and backups, and are kept up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.databases.database_upkeep import DatabaseUpkeep
    from playbook.measure.databases.database_values import Databases
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.databases


@pytest.mark.daily
@pytest.mark.item("daily.databases.healthy")
def test_managed_databases_are_well(databases: Databases, limits: Limits, judge: Judge) -> None:
    """Each database is online, was backed up in the last day, and has room where the API tells what it uses.

    Resizing and migrating are warnings, another state that is known is critical, and one that is not UNKNOWN. Of
    PostgreSQL the API tells neither storage nor connections: nothing is judged of them, which is said.
    """
    for one in databases.statements:
        judge.that(**one.terms)
    for row in databases.backup_ages:
        judge(row.reading, limits.database_backup_age, subject=row.subject)
    for row in databases.storage:
        judge(row.reading, limits.storage, subject=row.subject)
    for row in databases.connections:
        judge(row.reading, limits.database_connections, subject=row.subject)
    for row in databases.cpu:
        judge(row.reading, limits.cpu, subject=row.subject)
    for row in databases.memory:
        judge(row.reading, limits.memory, subject=row.subject)


@pytest.mark.weekly
@pytest.mark.item("weekly.databases.upkeep")
def test_managed_databases_are_kept_up(database_upkeep: DatabaseUpkeep, limits: Limits, judge: Judge) -> None:
    """Each database has a maintenance window, no update is due, and its version does not end soon.

    An update that is due and under 90 days left are warnings, a version that has ended is critical, and without a
    window: UNKNOWN. Where the API does not say when a version ends, nothing is judged of it.
    """
    for one in database_upkeep.statements:
        judge.that(**one.terms)
    for row in database_upkeep.versions:
        judge(row.reading, limits.database_end_of_life, subject=row.subject)
