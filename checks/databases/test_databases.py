"""Managed databases: state, room, backups, and maintenance."""

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
def test_managed_databases_are_healthy(databases: Databases, limits: Limits, judge: Judge) -> None:
    """Each database is online with its replicas, was backed up in the last day, and has room as far as known.

    A much smaller backup than usual is bad. Resizing and migrating are warnings, other known states critical,
    unknown states UNKNOWN. For PostgreSQL the API reports neither storage nor connections, and for Valkey,
    MongoDB, Kafka and OpenSearch no backups either: they are not judged, and the result says so.
    """
    for one in databases.statements:
        judge.that(**one.terms)
    for row in databases.backup_ages:
        judge(row.reading, limits.database_backup_age, subject=row.subject)
    for row in databases.backup_sizes:
        judge(row.reading, limits.backup_size, subject=row.subject)
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
def test_managed_databases_are_maintained(database_upkeep: DatabaseUpkeep, limits: Limits, judge: Judge) -> None:
    """Each database has a maintenance window, no pending update, and a version that is supported for long enough.

    A pending update, and under 90 days of support left, are warnings; a version past its end of life is critical.
    UNKNOWN: no maintenance window. Where the API gives no end of life, it is not judged.
    """
    for one in database_upkeep.statements:
        judge.that(**one.terms)
    for row in database_upkeep.versions:
        judge(row.reading, limits.database_end_of_life, subject=row.subject)
