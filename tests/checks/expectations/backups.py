"""What the checks say under the faults of backups, restores and drills."""

from __future__ import annotations

BACKUP = r"portfolio-backup-\d{8}T\d{6}Z\.tar\.gz"
BACKUP_AGE = r"Age of the newest backup: expected under 25 h, got %s h \(critical ≥ 26 h\)"
BACKUP_DAMAGE = rf"Newest backup: expected {BACKUP} to be complete, got %s"
NOT_SEEN = r"Newest backup: expected %s, got %s; partial result: an archive .+"
OTHER_SHAPE = r"manifest\.json as \{\"files\": .+\} or the lines of sha256sum"
ARCHIVE = r"portfolio-backup-\d{8}T\d{6}Z\.tar\.gz"
VERIFIED = rf"Backups: expected the newest 7 to hold what their manifests say, got {ARCHIVE}: %s"
GAPS = r"Nights without a backup: expected none, got %s"
NO_STORE = (
    r"Backups: expected to read /\S+/backups \(targets\.sandbox\.backups\.location\), "
    r"got an error \(no such file or directory\)"
)
RESTORED = "Restore drill: expected everything of the newest backup to be restored, got %s"
TESTED = "Disaster recovery test: expected every key and image of the newest backup to be restored, got %s"
WRONG_SUM = r"an archive whose images/\w+\.\w+ differs from its sum in manifest\.json"
DUMP_REFUSED = r"a dump \(VALKEY999\) that the server does not load: Can't handle RDB format version 999"
NO_RECORDS = (
    r"Drill records: expected to add the drill to /\S+/drills\.jsonl \(recovery\.records\), "
    r"got an error \(is a directory\)"
)
UNSEEN = r"%s: expected .+, got %s; partial result: .+"
UNLISTED = r"the listing in manifest\.json of \d+ files \(images/unlisted\.webp is not listed\).*"


def newest_is(problem: str) -> dict[str, tuple[str, str]]:
    """What the checks say of a newest archive that cannot be restored for this reason."""
    return {
        "weekly.backups.verified": ("CRITICAL", VERIFIED % problem),
        "weekly.backups.restores": ("CRITICAL", RESTORED % problem),
    }


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "backup-missing": {"daily.backups.completed": ("CRITICAL", BACKUP_AGE % r"(29|30)[\d.]*")},
    "backup-unfinished": {"daily.backups.completed": ("CRITICAL", BACKUP_AGE % r"(29|30)[\d.]*")},
    "backup-old": {"daily.backups.completed": ("CRITICAL", BACKUP_AGE % r"(77|78)[\d.]*")},
    "backup-incomplete": {
        "daily.backups.completed": ("CRITICAL", BACKUP_DAMAGE % r"an archive that is cut off after member \d+"),
        **newest_is(r"an archive that is cut off after member \d+"),
    },
    "backup-empty": {
        "daily.backups.completed": ("CRITICAL", BACKUP_DAMAGE % "a file of 0 bytes"),
        **newest_is("a file of 0 bytes"),
        "weekly.backups.retention": (
            "WARNING",
            r"Nights without a backup: expected none, got 1 \(29 of 30 nights kept; none for \S+\)",
        ),
    },
    "backup-no-manifest": {
        "daily.backups.completed": (
            "CRITICAL",
            BACKUP_DAMAGE % r"an archive without manifest\.json among its \d+ members",
        ),
        **newest_is(r"an archive without manifest\.json among its \d+ members"),
    },
    "backup-missing-image": {
        "daily.backups.completed": (
            "CRITICAL",
            BACKUP_DAMAGE % r"an archive without images/\w+\.\w+, which its manifest\.json lists",
        ),
        **newest_is(r"an archive without images/\w+\.\w+, which its manifest\.json lists"),
    },
    "backup-tiny": {
        "daily.backups.completed": (
            "CRITICAL",
            r"Size of the newest backup: expected at least 70 % of usual, got [\d.]+ % of usual over "
            r"14 archives before it \(median [\d.]+ KB\) \(critical < 50 % of usual\)",
        ),
        "pre_maintenance.backup-verified": (
            "CRITICAL",
            r"Newest backup: expected what its manifest says, got \S+: an archive with a dump without any key, "
            r"where one before it has \d+",
        ),
    },
    "backup-other-manifest": {
        "daily.backups.completed": ("UNKNOWN", NOT_SEEN % (OTHER_SHAPE, r"JSON with 'contents' .+")),
        "weekly.backups.verified": (
            "UNKNOWN",
            UNSEEN % ("Backups", r"JSON with 'contents' and no list of files .+"),
        ),
        "weekly.backups.restores": ("UNKNOWN", UNSEEN % ("Restore drill", "JSON with 'contents' .+")),
        "monthly.dr.restore": ("UNKNOWN", UNSEEN % ("Disaster recovery test", "JSON with 'contents' .+")),
        "monthly.dr.recovery-time": ("UNKNOWN", UNSEEN % ("Recovery", "JSON with 'contents' .+")),
    },
    "backup-unlisted-image": {
        "daily.backups.completed": (
            "UNKNOWN",
            NOT_SEEN
            % (
                r"the listing in manifest\.json of all \d+ files",
                r"the listing in manifest\.json of \d+ files \(images/unlisted\.webp is not listed\)",
            ),
        ),
        "weekly.backups.verified": ("UNKNOWN", UNSEEN % ("Backups", UNLISTED)),
        "weekly.backups.restores": ("CRITICAL", RESTORED % r"\d+ images where the manifest counts \d+"),
        "monthly.dr.restore": ("CRITICAL", TESTED % r"\d+ images where the manifest counts \d+"),
        "monthly.dr.recovery-time": ("UNKNOWN", UNSEEN % ("Recovery", ".+")),
    },
    "backup-encrypted": {
        "daily.backups.completed": (
            "UNKNOWN",
            NOT_SEEN % (r"an archive that can be read here \(.+\)", "a file that age has encrypted"),
        ),
        "weekly.backups.verified": ("UNKNOWN", UNSEEN % ("Backups", "a file that age has encrypted .+")),
        **dict.fromkeys(
            ("weekly.backups.restores", "monthly.dr.restore", "monthly.dr.recovery-time"),
            (
                "UNKNOWN",
                rf"Staging place: expected {ARCHIVE} to be unpacked within 480 s, "
                r"got a file that age has encrypted",
            ),
        ),
    },
    "backup-none": {
        "daily.backups.completed": (
            "CRITICAL",
            r"Backups: expected an archive, got 0 archives and 0 other files",
        ),
    },
    "backups-gone": {
        "daily.backups.completed": (
            "UNKNOWN",
            r"Backups: expected to read /\S+/backups \(targets\.sandbox\.backups\.location\), "
            r"got an error \(no such file or directory\)",
        ),
        **dict.fromkeys(
            ("optimization.costs.backups", "pre_maintenance.backup-verified"),
            (
                "UNKNOWN",
                r"Backups: expected to read /\S+/backups \(targets\.sandbox\.backups\.location\), "
                r"got an error \(no such file or directory\)",
            ),
        ),
        "weekly.backups.verified": ("UNKNOWN", NO_STORE),
        "weekly.backups.retention": ("UNKNOWN", NO_STORE),
        "weekly.backups.restores": ("UNKNOWN", NO_STORE),
        "monthly.dr.restore": ("UNKNOWN", NO_STORE),
        "monthly.dr.recovery-time": ("UNKNOWN", NO_STORE),
    },
    "backup-over-age": {
        "optimization.costs.backups": (
            "WARNING",
            r"Backups over age: expected none older than 35 days, got 1 archive, the oldest \S+, 399 d \d+ h old",
        ),
        "weekly.backups.retention": (
            "WARNING",
            rf"Archives: expected none older than 35 days, got 1 archive, the oldest {ARCHIVE}, 399 d \d+ h old",
        ),
    },
    "backup-wrong-checksum": {
        "pre_maintenance.backup-verified": (
            "CRITICAL",
            r"Newest backup: expected what its manifest says, got \S+: an archive whose \S+ differs "
            r"from its sum in "
            r"manifest\.json",
        ),
        **newest_is(WRONG_SUM),
        "monthly.dr.restore": ("CRITICAL", TESTED % WRONG_SUM),
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
            GAPS % r"1 \(29 of 30 nights kept; none for \d{4}-\d\d-\d\d\)",
        ),
    },
    "backup-gaps": {
        "weekly.backups.retention": (
            "CRITICAL",
            GAPS % r"4 \(26 of 30 nights kept; none for (\d{4}-\d\d-\d\d(, )?){4}\) "
            r"\(critical > 2\)",
        ),
    },
    "restore-fails": {
        "weekly.backups.restores": ("CRITICAL", RESTORED % DUMP_REFUSED),
        "monthly.dr.restore": ("CRITICAL", TESTED % DUMP_REFUSED),
    },
    "restore-slow": {
        "monthly.dr.recovery-time": (
            "CRITICAL",
            r"Recovery time: expected at most 30 min, got 97 min over \d restores in 35 days, the slowest on "
            r"\d{4}-\d\d-\d\d \(critical > 60 min\)",
        ),
    },
    "restore-old-data": {
        "monthly.dr.recovery-time": (
            "CRITICAL",
            r"Age of the restored data: expected under 25 h, got 49 h over \d restores in 35 days, the oldest on "
            r"\d{4}-\d\d-\d\d \(critical ≥ 26 h\)",
        ),
    },
    "alert-undelivered": {
        "monthly.dr.alerts": (
            "CRITICAL",
            "Test alert: expected the receiver to have it within 4 s, got nothing in \\d+ s",
        ),
    },
    "receiver-gone": {
        "monthly.dr.alerts": (
            "UNKNOWN",
            r"Alert receiver: expected an answer from https://localhost:\d+/received, got connection refused .*",
        ),
    },
    "drill-record-cut-off": {
        "monthly.dr.recovery-time": (
            "UNKNOWN",
            r"Recovery: expected all lines of the records to be understood, got 1 of \d+ that is not, e\.g\. "
            r"'line \d+: .+'; partial result: \d+ on record",
        ),
    },
    "recovery-gone": {
        "monthly.dr.rollback-drill": ("UNKNOWN", NO_RECORDS),
        "monthly.dr.alerts": ("UNKNOWN", NO_RECORDS),
        "weekly.backups.restores": ("UNKNOWN", NO_RECORDS),
        "monthly.dr.restore": ("UNKNOWN", NO_RECORDS),
        "monthly.dr.recovery-time": ("UNKNOWN", NO_RECORDS),
    },
}
