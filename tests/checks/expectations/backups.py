"""What the faults of the backups make the checks say."""

from __future__ import annotations

BACKUP = r"portfolio-backup-\d{8}T\d{6}Z\.tar\.gz"
BACKUP_AGE = r"Age of the newest backup: expected under 25 h, got %s h \(critical ≥ 26 h\)"
BACKUP_DAMAGE = rf"Newest backup: expected {BACKUP} to be complete, got %s"
NOT_SEEN = r"Newest backup: expected %s, got %s; what was seen gives an archive .+"
OTHER_SHAPE = r"manifest\.json as \{\"files\": .+\} or the lines of sha256sum"

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "backup-missing": {"daily.backups.completed": ("CRITICAL", BACKUP_AGE % r"(29|30)[\d.]*")},
    "backup-unfinished": {"daily.backups.completed": ("CRITICAL", BACKUP_AGE % r"(29|30)[\d.]*")},
    "backup-old": {"daily.backups.completed": ("CRITICAL", BACKUP_AGE % r"(77|78)[\d.]*")},
    "backup-incomplete": {
        "daily.backups.completed": ("CRITICAL", BACKUP_DAMAGE % r"an archive that is cut off after member \d+"),
    },
    "backup-empty": {"daily.backups.completed": ("CRITICAL", BACKUP_DAMAGE % "a file of 0 bytes")},
    "backup-no-manifest": {
        "daily.backups.completed": (
            "CRITICAL",
            BACKUP_DAMAGE % r"an archive without manifest\.json among its \d+ members",
        ),
    },
    "backup-missing-image": {
        "daily.backups.completed": (
            "CRITICAL",
            BACKUP_DAMAGE % r"an archive without images/\w+\.\w+, which its manifest\.json lists",
        ),
    },
    "backup-tiny": {
        "daily.backups.completed": (
            "CRITICAL",
            r"Size of the newest backup: expected at least 70 % of usual, got [\d.]+ % of usual over "
            r"14 archives before it \(median [\d.]+ KB\) \(critical < 50 % of usual\)",
        ),
    },
    "backup-other-manifest": {
        "daily.backups.completed": ("UNKNOWN", NOT_SEEN % (OTHER_SHAPE, r"JSON with 'contents' .+"))
    },
    "backup-unlisted-image": {
        "daily.backups.completed": (
            "UNKNOWN",
            NOT_SEEN
            % (
                r"manifest\.json listing of all \d+ files",
                r"manifest\.json listing of \d+ files \(images/unlisted\.webp is not listed\)",
            ),
        ),
    },
    "backup-encrypted": {
        "daily.backups.completed": (
            "UNKNOWN",
            NOT_SEEN % (r"an archive that can be read here \(.+\)", "a file that age has encrypted"),
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
    },
}
