"""What the faults of backups, restores and alert routes make the weekly and monthly checks say."""

from __future__ import annotations

ARCHIVE = r"portfolio-backup-\d{8}T\d{6}Z\.tar\.gz"
VERIFIED = rf"Backups: expected the newest 7 to hold what their manifests say, got {ARCHIVE}: %s"
GAPS = r"Nights without a backup: expected at most 0, got %s"
NO_STORE = (
    r"Backups: expected to read /\S+/backups \(targets\.sandbox\.backups\.location\), "
    r"got: no such file or directory"
)

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "backup-wrong-checksum": {
        "weekly.backups.verified": (
            "CRITICAL",
            VERIFIED % r"an archive whose images/\w+\.\w+ differs from its sum in manifest\.json",
        ),
    },
    "backup-broken-dump": {
        "weekly.backups.verified": (
            "CRITICAL",
            VERIFIED % r"an archive with a dump that does not begin with REDIS or VALKEY and a version, "
            r"but with b'VALKEY-DU'",
        ),
    },
    "backup-traversal": {
        "weekly.backups.verified": (
            "CRITICAL",
            VERIFIED % r"an archive whose \.\./\.\./\.\./\.\./tmp/outside-of-the-archive would be written outside "
            r"the folder that it is unpacked in",
        ),
    },
    "backup-gap": {
        "weekly.backups.retention": (
            "WARNING",
            GAPS % r"1 over 29 of 30 nights kept, none for \d{4}-\d\d-\d\d",
        ),
    },
    "backup-gaps": {
        "weekly.backups.retention": (
            "CRITICAL",
            GAPS % r"4 over 26 of 30 nights kept, none for (\d{4}-\d\d-\d\d(, )?){4} "
            r"\(critical > 2\)",
        ),
    },
    "backup-over-age": {
        "weekly.backups.retention": (
            "WARNING",
            rf"Archives: expected none older than 35 days, got 1 archive, the oldest {ARCHIVE}, 399 d \d+ h old",
        ),
    },
    "backups-gone": {
        "weekly.backups.verified": ("UNKNOWN", NO_STORE),
        "weekly.backups.retention": ("UNKNOWN", NO_STORE),
    },
}
