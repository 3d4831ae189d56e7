"""What the checks say under the faults of managed databases."""

from __future__ import annotations

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "database-creating": {
        "daily.databases.healthy": (
            "CRITICAL",
            r"State of the database portfolio-orders: expected online, got creating",
        ),
    },
    "database-migrating": {
        "daily.databases.healthy": (
            "WARNING",
            r"State of the database portfolio-orders: expected online, got migrating",
        ),
    },
    "database-replica-offline": {
        "daily.databases.healthy": (
            "CRITICAL",
            r"State of the replica reports of portfolio-orders: expected online, got offline",
        )
    },
    "database-state-new": {
        "daily.databases.healthy": (
            "UNKNOWN",
            r"State of the database portfolio-orders: expected all states to be understood, "
            r"got 1 of 1 that is not, e\.g\. 'rebalancing'; partial result: rebalancing",
        ),
    },
    "database-unsaved": {
        "daily.databases.healthy": (
            "CRITICAL",
            r"Age of the newest backup of portfolio-orders: expected under 26 h, got 76 h \(critical ≥ 50 h\)",
        ),
    },
    "database-never-saved": {
        "daily.databases.healthy": (
            "CRITICAL",
            r"Backups of the database portfolio-orders: expected at least one, got none",
        ),
    },
    "database-updates-due": {
        "weekly.databases.upkeep": (
            "WARNING",
            r"Updates of the database portfolio-orders: expected none that is due, "
            r"got 1 due on Saturday 03:00:00 UTC: Upgrade to PostgreSQL 17\.6 bugfix release",
        ),
    },
    "database-version-ended": {
        "weekly.databases.upkeep": (
            "CRITICAL",
            r"Support left for the version of the database portfolio-orders: expected at least 90 days, "
            r"got none for 12 d( \d h)? \(PostgreSQL 17\.5, support ended .+ UTC\) \(critical ≤ 0 days\)",
        ),
    },
    "database-unplanned": {
        "weekly.databases.upkeep": (
            "UNKNOWN",
            r"Maintenance window of the database portfolio-orders: expected a day and an hour, got none",
        ),
    },
    "database-full": {
        "daily.databases.healthy": (
            "CRITICAL",
            r"Storage of portfolio-shop: expected at most 80 %, got 9\d\.\d+ % over 24 h \(critical > 90 %\)",
        ),
    },
    "database-crowded": {
        "daily.databases.healthy": (
            "WARNING",
            r"Connections of portfolio-shop: expected at most 80 %, got 8\d\.\d+ % \(6\d of 75 at most in 24 h\)",
        ),
    },
}
