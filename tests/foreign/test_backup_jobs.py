"""What backup jobs write beside their archives, in the words of Velero, Barman, Percona and home-made scripts."""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import json
import os
import tarfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from checks.backups import test_backups as checks
from playbook.clients.backups import BackupStore, FolderStore
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.errors import Unmeasured
from playbook.measure.backups.backup_review import backup_verification
from playbook.measure.backups.backups import backups
from playbook.measure.backups.sums import verify_with_sums
from playbook.readers.archives import job_log
from playbook.readers.archives.verification import Wanted
from tests.foreign.test_backups import CRITICAL, NOW, OK, UNKNOWN, daily_and_weekly, listed_in
from tests.judged import judged

NIGHTS = (101, 77, 53, 29, 5)  # hours


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, data in (members or {"a.txt": os.urandom(3000)}).items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def at(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def put(folder: Path, name: str, data: bytes | str, hours: float) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    os.utime(file, (at(hours).timestamp(),) * 2)


def velero(folder: Path, hours: float, phase: str = "Completed", **status: object) -> None:
    """A folder for each backup, as in the documentation of its output."""
    name = f"shop-daily-{at(hours):%Y%m%d%H%M%S}"
    told = {
        "kind": "Backup",
        "apiVersion": "velero.io/v1",
        "metadata": {"name": name, "namespace": "velero"},
        "spec": {"includedNamespaces": ["*"], "ttl": "720h0m0s"},
        "status": {"version": 1, "formatVersion": "1.1.0", "phase": phase, **status},
    }
    put(folder, f"backups/{name}/velero-backup.json", json.dumps(told), hours)
    put(folder, f"backups/{name}/{name}.tar.gz", archive(), hours)
    for more in ("csi-volumesnapshots.json", "itemoperations.json", "logs", "podvolumebackups.json", "results"):
        put(folder, f"backups/{name}/{name}-{more}.gz", archive(), hours)


@pytest.mark.parametrize(
    ("phase", "verdict", "words"),
    [
        ("Completed", OK, ""),
        (
            "PartiallyFailed",
            CRITICAL,
            'velero-backup.json beside it, in which its job says "phase": "PartiallyFailed"',
        ),
        ("Failed", CRITICAL, '"phase": "Failed"'),
        ("FailedValidation", CRITICAL, '"phase": "FailedValidation"'),
        ("InProgress", CRITICAL, '"phase": "InProgress"'),
        ("Deleting", UNKNOWN, 'say that the backup has ended well, got "phase": "Deleting"'),
        ("", UNKNOWN, "expected a file like velero-backup.json beside it, as beside those before, got none"),
    ],
)
def test_phase_of_velero_counts(tmp_path, phase, verdict, words):
    """Its archive can be read although volumes or hooks failed."""
    for hours in NIGHTS:
        velero(tmp_path, hours, phase if hours == NIGHTS[-1] and phase else "Completed")
    if not phase:
        max(tmp_path.glob("backups/*/velero-backup.json")).unlink()
    for told in daily_and_weekly(tmp_path, pattern="*.tar.gz", manifest=""):
        assert (told[0], words in told[1]) == (verdict, True), told


def barman(folder: Path, hours: float, status: str = "DONE", error: str = "None") -> None:
    """As barman-cloud-backup writes it, which ends with backup.info."""
    place = f"main/base/{at(hours):%Y%m%dT%H%M%S}"
    lines = (
        "begin_time=2026-11-22 03:00:00.1+00:00",
        f"error={error}",
        "mode=None",
        f"status={status}",
        "version=150004",
    )
    put(folder, f"{place}/backup.info", "\n".join(lines), hours)
    data = {
        "PG_VERSION": b"15\n",
        "global/pg_control": os.urandom(900),
        "base/1/PG_VERSION": b"15\n",
        "backup_label": b"",
    }
    put(folder, f"{place}/data.tar.gz", archive(**data), hours)


@pytest.mark.parametrize(
    ("status", "error", "verdict", "words"),
    [
        ("DONE", "None", OK, ""),
        ("FAILED", "failure uploading data (Connection reset)", CRITICAL, "in which its job says"),
        ("STARTED", "None", CRITICAL, '"status": "STARTED"'),
        ("WAITING_FOR_WALS", "None", UNKNOWN, '"status": "WAITING_FOR_WALS"'),
    ],
)
def test_status_of_barman_counts(tmp_path, status, error, verdict, words):
    """Of a base backup that barman-cloud-backup has uploaded."""
    for hours in NIGHTS:
        barman(tmp_path, hours, *((status, error) if hours == NIGHTS[-1] else ()))
    told = daily_and_weekly(tmp_path, pattern="*.tar.gz", manifest="")[0]
    assert (told[0], words in told[1]) == (verdict, True), told


BESIDE = {
    "success": ("{}.tar.gz.json", '{"status": "success", "errors": 0}', OK, ""),
    "failed": ("{}.tar.gz.json", '{"status": "failed", "error": "no space left on device"}', CRITICAL, "failed"),
    "exit-code": ("{}.json", '{"exit_code": 2}', CRITICAL, '"exit_code": 2'),
    "exit-code-of-0": ("{}.json", '{"exit_code": 0}', OK, ""),
    "mark": ("{}.tar.gz.failed", "", CRITICAL, "that it failed, by this file"),
    "errors": ("{}.err", "mysqldump: Got error: 1045: Access denied", CRITICAL, "failed"),
    "no-errors": ("{}.err", "", OK, ""),
    "state": ("{}.status", "FAILED\n", CRITICAL, '"status": "FAILED"'),
    "good-state": ("{}.status", "OK\n", OK, ""),
    "exit": ("{}.exit", "1\n", CRITICAL, '"exit code": 1'),
    "good-exit": ("{}.exit", "0\n", OK, ""),
    "exits": ("{}.exit", "0\n2\n", CRITICAL, '"exit code": 2'),
    "good-exits": ("{}.exit", "0\n0\n", OK, ""),
    "exit-in-words": ("{}.status", "exit 1\n", CRITICAL, '"exit code": 1'),
    "good-exit-in-words": ("{}.status", "exit 0\n", OK, ""),
    "pass": ("{}.status", "PASS\n", OK, ""),
    "available": ("{}.json", '{"Status": "available", "PercentProgress": 100}', OK, ""),
    "not-available": ("{}.json", '{"Status": "unavailable"}', UNKNOWN, "unavailable"),
    "xtrabackup": ("{}.info", "tool_name = xtrabackup\npartial = N\nincremental = N\n", OK, ""),
    "partial-xtrabackup": ("{}.info", "tool_name = xtrabackup\npartial = Y\n", CRITICAL, '"partial": "Y"'),
    "running": ("{}.status", "running", CRITICAL, '"running"'),
    "unclear": ("{}.status", "smouldering", UNKNOWN, "smouldering"),
    "other-json": ("{}.json", '[{"id": 1}]', OK, ""),
    "documents-of-mongoexport": ("{}.json", '{"_id": 1}\n{"_id": 2}\n', OK, ""),
    "cut-off": ("{}.json", '{"status": "succ', UNKNOWN, "got 16 bytes that are no whole JSON"),
    "cut-off-of-lines": ("{}.json", '{\n  "status": "succ', UNKNOWN, "that are no whole JSON"),
    "empty-json": ("{}.tar.gz.json", "", UNKNOWN, "got 0 bytes that are no whole JSON"),
    "of-another-archive": ("other-{}.json", '{"status": "failed"}', OK, ""),
}


def told_of_newest(folder, name, content):
    """What the daily and the weekly check say of archives of which the newest has this file beside it."""
    for hours in NIGHTS:
        own = f"shop-{at(hours):%Y%m%dT%H%M%SZ}"
        put(folder, f"{own}.tar.gz", archive(), hours)
        if hours == NIGHTS[-1]:
            put(folder, name.format(own), content, hours)
    return daily_and_weekly(folder, pattern="*.tar.gz", manifest="")


@pytest.mark.parametrize(("name", "content", "verdict", "words"), BESIDE.values(), ids=BESIDE)
def test_report_under_the_name_of_an_archive_counts(tmp_path, name, content, verdict, words):
    """In JSON, as a state, as an exit code or as a mark."""
    for told in told_of_newest(tmp_path, name, content):
        assert (told[0], words in told[1]) == (verdict, True), told


TAR_FAILED = (
    "tar: missing: Cannot stat: No such file or directory\n"
    "tar: Exiting with failure status due to previous errors\n"
)
PG_DUMP_FAILED = 'pg_dump: error: connection to server at "127.0.0.1", port 5432 failed: Connection refused\n'
LOGS = {
    "tar": (TAR_FAILED, CRITICAL, "tar: Exiting with failure status"),
    "tar-to-a-full-disk": (
        "tar (child): /backups/shop.tar.gz: Cannot write: No space left on device\n",
        CRITICAL,
        "Cannot write",
    ),
    "script-that-goes-on": (PG_DUMP_FAILED + "Backup finished\n", CRITICAL, "pg_dump: error: connection"),
    "mysqldump": (
        "mysqldump: Got error: 1045: Access denied for user 'x'@'localhost' when trying to connect\n",
        CRITICAL,
        "mysqldump: Got error",
    ),
    "mongodump": (
        "2026-11-22T03:00:01.923+0000\tFailed: error writing data for collection `shop.users` to disk\n",
        CRITICAL,
        "Failed: error writing data",
    ),
    "gzip": ("gzip: stdout: No space left on device\nBackup done\n", CRITICAL, "gzip: stdout: No space left"),
    "not-installed": ("/opt/backup.sh: line 12: pg_dump: command not found\n", CRITICAL, "command not found"),
    "aws": ("upload failed: ./a to s3://x/a Unable to locate credentials\n", CRITICAL, "upload failed: ./a"),
    "restic": ("Fatal: unable to open config file: stat /nope/config: no such file\n", CRITICAL, "Fatal: unable"),
    "python": (
        'Traceback (most recent call last):\n  File "/opt/backup.py", line 12, in <module>\nOSError: [Errno 5]\n',
        CRITICAL,
        "OSError: [Errno 5]",
    ),
    "logger": ("2026-11-22 03:00:05,123 - backup - ERROR - Upload failed\n", CRITICAL, "Upload failed"),
    "exit-code": ("Backup job exited with code 2\n", CRITICAL, "exited with code 2"),
    "failed-in-the-end": ("Dump completed\nBackup FAILED!\n", CRITICAL, "Backup FAILED!"),
    "error-behind-the-end": (
        "Backup completed\nscp: /backups/: Permission denied\n",
        UNKNOWN,
        "scp: /backups/: Permission denied",
    ),
    "single-word": ("tar czf shop.tar.gz /var/www\nFAILED\n", CRITICAL, "FAILED"),
    "german": ("Sicherung fehlgeschlagen\n", CRITICAL, "fehlgeschlagen"),
    "step-that-failed": ("Dumping database... failed\n", CRITICAL, "Dumping database"),
    "tidying-up": ("rm: cannot remove '/backups/old.tar.gz': No such file or directory\n", OK, ""),
    "steps": ("Exporting collection errors... 12 records\nDumping table `exceptions`\n", OK, ""),
    "retried": ("curl: (56) Recv failure: Connection reset by peer\nretrying\nBackup completed\n", OK, ""),
    "rclone-retried": (
        "2026/11/22 03:00:05 ERROR : Attempt 1/3 failed with 1 errors and: RequestTimeout\n"
        "2026/11/22 03:00:09 ERROR : Attempt 2/3 succeeded\n",
        OK,
        "",
    ),
    "rclone": (
        "2026/11/22 03:00:09 ERROR : Attempt 3/3 failed with 1 errors and: RequestTimeout\n",
        CRITICAL,
        "Attempt 3/3 failed",
    ),
    "aws-retried": (
        "upload failed: ./a.gz to s3://x/a.gz An error occurred (SlowDown)\nRetrying (2/3)\n"
        "upload: ./a.gz to s3://x/a.gz\nBackup completed\n",
        OK,
        "",
    ),
    "aws-of-another-file": (
        "upload failed: ./a.gz to s3://x/a.gz An error occurred (SlowDown)\nupload: ./b.gz to s3://x/b.gz\n",
        CRITICAL,
        "upload failed: ./a.gz",
    ),
    "warnings": (
        "mysqldump: [Warning] Using a password on the command line interface can be insecure.\n"
        "tar: Removing leading `/' from member names\ntar: ./log/app.log: file changed as we read it\n",
        OK,
        "",
    ),
    "circular-constraints": (
        "pg_dump: warning: there are circular foreign-key constraints on this table:\npg_dump: detail: a\n",
        OK,
        "",
    ),
    "list-of-files": ("./errors/404.html\nuploads/my error file.jpg\n./var/log/error.log\n", OK, ""),
    "counts": ("Errors:                 0\n0 files failed\nBackup finished with no errors\n", OK, ""),
    "exit-code-of-0": ("uploaded shop.tar.gz, exit code 0\n", OK, ""),
    "empty": ("", OK, ""),
}


@pytest.mark.parametrize(("text", "verdict", "words"), LOGS.values(), ids=LOGS)
@pytest.mark.parametrize("name", ["{}.log", "{}.tar.gz.log", "{}.out"])
def test_log_of_the_job_beside_its_archive_counts(tmp_path, text, verdict, words, name):
    """In the words of the programs that pack and dump, and of scripts that go on after them."""
    for hours in NIGHTS:
        own = f"shop-{at(hours):%Y%m%dT%H%M%SZ}"
        put(tmp_path, f"{own}.tar.gz", archive(), hours)
        put(tmp_path, name.format(own), text if hours == NIGHTS[-1] else "Backup completed\n", hours)
    for told in daily_and_weekly(tmp_path, pattern="*.tar.gz", manifest=""):
        assert (told[0], words in told[1]) == (verdict, True), told


@pytest.mark.parametrize("line", sorted({line for text, *_ in LOGS.values() for line in text.splitlines()}))
def test_lines_that_are_passed_over_tell_nothing(line):
    """The words for which lines are chosen quickly are in each line that a pattern would find."""
    found = job_log._BROKEN.search(line) or job_log._ENDED_WELL.search(line)
    assert not found or job_log.may_tell(line)


LISTED = "".join(f"./uploads/2026/11/{number:08}.jpg\n" for number in range(5000))  # as tar -v writes it
DONE = "Backup completed\n"


@pytest.mark.parametrize(
    ("name", "content", "verdict", "words"),
    [
        # Behind it tar names each file that it packs.
        ("{}.log", PG_DUMP_FAILED + LISTED + DONE, CRITICAL, "pg_dump: error: connection"),
        ("{}.log", LISTED + DONE, OK, ""),
        (
            "{}.log",
            "tar: Removing leading `/' from member names\n" + LISTED * 30 + DONE,
            OK,
            "",
        ),
        ("{}.log", DONE + LISTED * 120 + DONE, UNKNOWN, "of which the last 16,777,216 were read"),
        # Of Windows PowerShell, with and without a mark, in either order, and where a log was emptied meanwhile.
        ("{}.log", (PG_DUMP_FAILED + DONE).encode("utf-16"), CRITICAL, "pg_dump: error: connection"),
        ("{}.log", (PG_DUMP_FAILED + DONE).encode("utf-16-le"), CRITICAL, "pg_dump: error: connection"),
        ("{}.out", (PG_DUMP_FAILED + DONE).encode("utf-16-be")[1:], CRITICAL, "pg_dump: error: connection"),
        ("{}.log", DONE.encode("utf-16"), OK, ""),
        ("{}.json", json.dumps({"status": "Failed"}).encode("utf-16"), CRITICAL, '"status": "Failed"'),
        ("{}.json", json.dumps({"status": "Completed"}).encode("utf-16"), OK, ""),
        ("{}.status", "FAILED\r\n".encode("utf-16"), CRITICAL, '"status": "FAILED"'),
        ("{}.log", bytes(4096) + DONE.encode(), OK, ""),
        # Of a machine that lost its power.
        ("{}.log", b"pg_dump: saving search_path\n" + bytes(4096), UNKNOWN, "NUL bytes in its text"),
        ("{}.json", '{"status": "failed", "status": "completed"}', UNKNOWN, "JSON"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_whole_text_of_a_report_counts(tmp_path, name, content, verdict, words):
    """However long it is, and in the encoding of its program."""
    for told in told_of_newest(tmp_path, name, content):
        assert (told[0], words in told[1]) == (verdict, True), told


@pytest.mark.parametrize(
    ("name", "text", "verdict"),
    [
        ("backup.log", TAR_FAILED + "Backup completed\nBackup completed\n", OK),
        ("backup.log", TAR_FAILED + "Backup completed\n", UNKNOWN),
        ("backup.log", "Backup completed\n" + TAR_FAILED, CRITICAL),
        ("error.log", "[error] upstream timed out\n", OK),
    ],
)
def test_log_of_all_nights_counts_by_its_end(tmp_path, name, text, verdict):
    """Where it lies alone with the only archive; logs of others, as of a web server, are no job's."""
    for hours in NIGHTS:
        folder = "latest" if hours == NIGHTS[-1] else f"{at(hours):%Y-%m-%d}"
        put(tmp_path, f"{folder}/shop.tar.gz", archive(), hours)
    put(tmp_path, f"latest/{name}", text, 5)
    told = daily_and_weekly(tmp_path, pattern="*.tar.gz", manifest="")[0]
    assert told[0] is verdict, told


@pytest.mark.parametrize(("count", "verdict"), [(20, OK), (21, UNKNOWN)])
def test_reports_that_are_not_read_are_told(tmp_path, count, verdict):
    """In a folder with one archive."""
    for hours in NIGHTS:
        put(tmp_path, f"{at(hours):%Y-%m-%d}/shop.tar.gz", archive(), hours)
    for number in range(count):
        put(tmp_path, f"{at(NIGHTS[-1]):%Y-%m-%d}/table-{number:03}.json", '{"rows": 3}', 5)
    told = daily_and_weekly(tmp_path, pattern="*.tar.gz", manifest="")[0]
    assert told[0] is verdict, told
    assert ("got 21 of them, of which 20 were read" in told[1]) is (verdict is UNKNOWN)


@pytest.mark.parametrize(("mark", "verdict"), [("done", UNKNOWN), ("json", UNKNOWN), ("log", OK), ("sha256", OK)])
def test_file_by_which_a_job_ends_is_missed(tmp_path, mark, verdict):
    """Each archive before has it. Logs are begun before, and sums may be made by others."""
    for hours in NIGHTS:
        own = f"shop-{at(hours):%Y%m%dT%H%M%SZ}.tar.gz"
        put(tmp_path, own, archive(), hours)
        if hours != NIGHTS[-1]:
            put(tmp_path, f"{own}.{mark}", "{}", hours)
    told = daily_and_weekly(tmp_path, pattern="*.tar.gz", manifest="")[0]
    assert (told[0], "beside it, as beside those before, got none" in told[1]) == (verdict, verdict is UNKNOWN), (
        told
    )


VOLUMES = {
    "gpg-by-split": ("shop-{}.tar.gz.gpg.{}", ("aa", "ab", "ac", "ad"), b"\x8c\x0d\x04\x09\x03\x02"),
    "zstandard": ("shop-{}.tar.zst.part{}", ("001", "002", "003", "004"), b"\x28\xb5\x2f\xfd"),
    "7-zip": ("shop-{}.7z.{}", ("001", "002", "003", "004"), b"7z\xbc\xaf\x27\x1c"),
    "winrar": ("shop-{}.{}.rar", ("part1", "part2", "part3", "part4"), b"Rar!\x1a\x07\x01\x00"),
    "zip": ("shop-{}.{}", ("z01", "z02", "z03", "zip"), b"PK\x07\x08PK\x03\x04"),
    "split-without-a-dot": ("shop-{}.tar.gz.gpg{}", ("aa", "ab", "ac", "ad"), b"\x8c\x0d\x04\x09\x03\x02"),
    "in-chunks": ("shop-{}.tar.zst.chunk{}", ("1", "2", "3", "4"), b"\x28\xb5\x2f\xfd"),
}


@pytest.mark.parametrize(("form", "numbers", "begin"), VOLUMES.values(), ids=VOLUMES)
@pytest.mark.parametrize(
    ("broken", "words"), [("", ""), ("missing", "without the part before"), ("empty", "of 0 bytes")]
)
def test_missing_volume_is_found_by_its_number(tmp_path, form, numbers, begin, broken, words):  # noqa: PLR0917
    """Also of what cannot be read here, which a volume missing in the middle makes worthless."""
    for hours in NIGHTS:
        for place, number in enumerate(numbers):
            is_broken = broken and hours == NIGHTS[-1] and place == 1
            if not is_broken or broken == "empty":
                data = b"" if is_broken else (begin if not place else b"") + bytes(range(1, 201)) * 10
                put(tmp_path, form.format(f"{at(hours):%Y%m%dT%H%M%SZ}", number), data, hours)
    told = daily_and_weekly(tmp_path, pattern="shop-*", manifest="")[0]
    if broken:
        assert (told[0], words in told[1]) == (CRITICAL, True), told
    else:
        assert "volume" not in told[1] + told[1].partition("part ")[2], told
        assert "no sound gzip" not in told[1], told


ROWS = b"".join(b"INSERT INTO `a` VALUES (%d,'x');\n" % number for number in range(900))
MYSQL = b"-- MySQL dump 10.13  Distrib 8.0.36\n--\nCREATE TABLE `a` (`i` int);\n" + ROWS
MYSQL_END = b"-- Dump completed on 2026-11-22  3:00:01\n"
POSTGRESQL = (
    b"--\n-- PostgreSQL database dump\n--\nCREATE TABLE a (i int);\nCOPY a (i) FROM stdin;\n" + b"1\n" * 999
)
STORED = b"\x28\xb5\x2f\xfd\x00\x58" + (900 << 3 | 1).to_bytes(3, "little")
ALONE = {
    "mysqldump-broke-off": ("sql.gz", gzip.compress(MYSQL), "breaks off, without the line '-- Dump completed'"),
    "mysqldump-cut": (
        "sql.gz",
        gzip.compress(MYSQL + os.urandom(9000) + MYSQL_END)[:-4000],
        "a file that is cut off",
    ),
    "mysqldump-without-rows": (
        "sql.gz",
        gzip.compress(MYSQL.replace(ROWS, b"") + MYSQL_END),
        "a dump in which no table has a row",
    ),
    "pg_dump-broke-off": ("sql", POSTGRESQL, "breaks off"),
    "redis-cut": ("rdb", b"REDIS0011" + bytes(90), "a file that breaks off after 30 keys"),
    "zstandard": ("tar.zst", STORED + os.urandom(900), ""),
    "zstandard-cut": ("tar.zst", STORED + os.urandom(800), "a file that is cut off"),
    "age": ("tar.gz.age", b"age-encryption.org/v1\n-> scrypt x 18\nx\n--- y\n" + os.urandom(400), ""),
    "age-of-nothing": (
        "tar.gz.age",
        b"age-encryption.org/v1\n-> scrypt x 18\nx\n--- y\n" + os.urandom(50),
        "empty",
    ),
    "zip-cut": ("zip", b"PK\x03\x04" + bytes(range(200)) * 9, "a file that is cut off"),
    "wordpress": ("db.gz", gzip.compress(b"# WordPress MySQL database backup\n" + ROWS), ""),
    "wordpress-cut": (
        "db.gz",
        gzip.compress(b"# WordPress MySQL database backup\n" + os.urandom(900))[:-300],
        "cut off",
    ),
    "gzip-of-an-error": (
        "sql.gz",
        gzip.compress(b"mysqldump: Got error: 1045: Access denied for user\n"),
        "is an error",
    ),
    "gzip-of-nothing": ("sql.gz", gzip.compress(b""), "is empty"),
    "error-in-place-of-gzip": ("sql.gz", b"mysqldump: Got error: 1045\n" * 9, "does not begin as gz"),
    "etcd": ("snapshot", bytes(8) + b"\x04\0" + bytes(range(200)) * 9, ""),
    "bolt-of-zeros": ("db", bytes(9000), "begins with 2,048 zeros"),
    "tar-that-is-none": ("tar.gz", bytes(range(7, 200)) * 9, "no sound gzip"),
    "zip-that-is-none": ("zip", b"<html>not found</html>" * 9, "does not begin as zip"),
    "zstandard-by-another-name": ("tar.gz", b"\x28\xb5\x2f\xfd" + bytes(range(200)), ""),
}


@pytest.mark.parametrize(("ending", "newest", "words"), ALONE.values(), ids=ALONE)
def test_file_that_is_no_tar_shows_by_its_own_end_that_it_is_cut(tmp_path, ending, newest, words):
    """Nothing more is known of it, so that a whole one is UNKNOWN."""
    for hours in NIGHTS:
        put(tmp_path, f"shop-{at(hours):%Y%m%dT%H%M%SZ}.{ending}", newest, hours)
    for told in daily_and_weekly(tmp_path, pattern="*", manifest=""):
        assert (told[0], words in told[1]) == (CRITICAL if words else UNKNOWN, True), told


@pytest.mark.parametrize("pattern", ["*", "*.sql.gz"])
@pytest.mark.parametrize(
    ("status", "ago", "verdict", "words"),
    [
        ("DONE", 3, UNKNOWN, "got a repository of Barman"),
        ("WAITING_FOR_WALS", 3, UNKNOWN, "got a repository of Barman"),
        ("FAILED", 3, CRITICAL, 'backup.info, in which its job says "status": "FAILED"'),
        ("STARTED", 3, UNKNOWN, "got a repository of Barman; partial result: 13 h"),
        ("STARTED", 20, CRITICAL, "got 53 h"),
    ],
)
def test_repository_of_barman_says_how_each_backup_ended(  # noqa: PLR0917
    tmp_path, pattern, status, ago, verdict, words
):
    """The age is that of the newest one that has ended; WAL goes on in any case."""
    for hours in (53, 13, 3) if ago == 3 else (53, ago):
        place = f"main/base/{at(hours):%Y%m%dT%H%M%S}"
        put(tmp_path, f"{place}/backup.info", f"mode=rsync\nstatus={status if hours == ago else 'DONE'}\n", hours)
        put(tmp_path, f"{place}/data/base/1/1259", os.urandom(900), hours)
    put(tmp_path, "main/wals/0000000100000000/000000010000000000000005", os.urandom(400), 0.1)
    listing, store, known = listed_in(tmp_path, pattern=pattern)
    found = backups(store, listing, known, Earlier())
    told = judged(checks.test_last_nights_backup_is_complete, limits=known.limits, backups=found)
    assert (told[0], words in told[1]) == (verdict, True), told


def test_files_of_velero_are_no_archives(tmp_path):
    """Whatever the pattern is."""
    for hours in NIGHTS:
        velero(tmp_path, hours)
    assert [told[0] for told in daily_and_weekly(tmp_path, pattern="*", manifest="")] == [OK, OK]


@pytest.mark.parametrize("missing", ["", "pg_wal.tar.gz"])
def test_archive_of_the_same_night_is_missed(tmp_path, missing):
    """As pg_basebackup writes two, in a folder for each night."""
    for hours in NIGHTS:
        for name in ("base.tar.gz", "pg_wal.tar.gz"):
            if hours != NIGHTS[-1] or name != missing:
                put(tmp_path, f"{at(hours):%Y-%m-%d}/{name}", archive(), hours)
    told = daily_and_weekly(tmp_path, pattern="*.tar.gz", manifest="")[0]
    words = f"expected a file like {missing} beside it, as beside those before"
    assert (told[0], words in told[1]) == (UNKNOWN if missing else OK, bool(missing)), told


@pytest.mark.parametrize("pattern", ["*", "*.tar.gz"])
@pytest.mark.parametrize(
    "form", ["latest/var/www/{}.jpg", "2026-11-22-030000/www/{}.jpg", "shop/uploads/2026/{}.webp"]
)
def test_tree_of_files_is_none_of_archives(tmp_path, pattern, form):
    """Of rsync or rclone, with the times of the files, so that nothing tells when it was copied."""
    for number in range(30):
        put(tmp_path, form.format(number), bytes(range(7, 99)), 900 - number)
    put(tmp_path, "latest/usr/share/doc/changelog.gz", b"", 900)
    listing, store, known = listed_in(tmp_path, pattern=pattern)
    with pytest.raises(Unmeasured, match="got a tree of files as they are"):
        backups(store, listing, known, Earlier())


@pytest.mark.parametrize("sums", ["blake2b", "sha3_256", "blake2s", "sha512", "sha256"])
@pytest.mark.parametrize(
    ("wrong", "verdict"), [((), OK), (NIGHTS[-1:], CRITICAL), (NIGHTS[-2:], CRITICAL), (NIGHTS, UNKNOWN)]
)
@pytest.mark.parametrize("place", ["", "{}/"])
def test_sums_of_another_kind_are_no_damage(tmp_path, sums, wrong, verdict, place):
    """A list with a name such as CHECKSUMS may be of any kind, and of BLAKE3 where not one of them matches."""
    lines = {}
    for hours in NIGHTS:
        name, data = f"shop-{at(hours):%Y%m%dT%H%M%SZ}.tar.gz", archive()
        folder = place.format(f"{at(hours):%Y-%m-%d}")
        put(tmp_path, folder + name, data, hours)
        summed = hashlib.new(sums, name.encode() if hours in wrong else data).hexdigest()
        lines[folder] = f"{lines.get(folder, '')}{summed}  {name}\n"
    for folder, text in lines.items():
        put(tmp_path, f"{folder}CHECKSUMS", text, 5)
    told = daily_and_weekly(tmp_path, pattern="*.tar.gz", manifest="")[1]
    assert told[0] is verdict, told
    assert ("another one, or one of a kind that is not known here, as BLAKE3 is" in told[1]) is (
        verdict is UNKNOWN
    )


B2 = hashlib.blake2b
B2_256 = functools.partial(hashlib.blake2b, digest_size=32)
STATED = {
    "b2sum": ("{}.b2", B2, "{} *{}\n", OK, ""),
    "b2sum-l-256": ("{}.b2sum", B2_256, "{}  {}\n", OK, ""),
    "b2sum-tag": ("B2SUMS", B2, "BLAKE2b ({1}) = {0}\n", OK, ""),
    "b2sum-tag-256": ("checksums.txt", B2_256, "BLAKE2b-256 ({1}) = {0}\n", OK, ""),
    "sha512sum-tag": ("checksums.txt", hashlib.sha512, "SHA512 ({1}) = {0}\n", OK, ""),
    "openssl-sha3": ("{}.sha3-256", hashlib.sha3_256, "SHA3-256({1})= {0}\n", OK, ""),
    "rhash": ("SHA3SUMS", hashlib.sha3_512, "{}  {}\n", OK, ""),
    "b3sum": ("{}.b3", hashlib.sha1, "{0}aaaaaaaaaaaaaaaaaaaaaaaa  {1}\n", OK, "not compared with"),
    "b3sum-tag": (
        "checksums.txt",
        hashlib.sha1,
        "BLAKE3 ({1}) = {0}aaaaaaaaaaaaaaaaaaaaaaaa\n",
        OK,
        "not compared",
    ),
    "crc32": ("{}.crc32", hashlib.shake_128, "{0}\n", OK, "not compared with"),
    "cksum": ("checksums.txt", hashlib.shake_128, "{0} 4711 {1}\n", OK, "not compared with"),
    "of-a-temporary-name": ("{}.sha256", hashlib.sha256, "{}  /tmp/backup.x7Jq\n", OK, ""),
    "of-what-was-packed": ("{}.sha256", lambda data: hashlib.sha256(b"x"), "{}  shop.tar\n", UNKNOWN, ""),
    "of-the-stem": ("{stem}.sha256", hashlib.sha256, "{}  {}\n", OK, ""),
    "wrong-of-the-stem": ("{stem}.sha256", lambda data: hashlib.sha256(b"x"), "{}  {}\n", CRITICAL, ""),
    "wrong-b2sum": ("{}.b2", lambda data: B2(data + b"x"), "{} *{}\n", CRITICAL, ""),
    "wrong-tag": ("checksums.txt", lambda data: B2_256(b"x"), "BLAKE2b-256 ({1}) = {0}\n", CRITICAL, ""),
    "wrong-sha3": ("SHA3SUMS", lambda data: hashlib.sha3_512(b"x"), "{}  {}\n", CRITICAL, ""),
    "empty": ("{}.sha256", hashlib.sha256, "", UNKNOWN, ""),
    "error": ("{}.sha256", hashlib.sha256, "sha256sum: {1}.new: No such file or directory\n", UNKNOWN, ""),
}


@pytest.mark.parametrize(("name", "kind", "form", "verdict", "words"), STATED.values(), ids=STATED)
def test_sums_are_compared_or_it_is_told_that_they_are_not(tmp_path, name, kind, form, verdict, words):  # noqa: PLR0917
    """As b2sum, sha512sum --tag, openssl, RHash, b3sum and cksum write them."""
    for hours in NIGHTS:
        own, data = f"shop-{at(hours):%Y%m%dT%H%M%SZ}.tar.gz", archive()
        put(tmp_path, own, data, hours)
    summed = kind(data)
    digest = summed.hexdigest(4) if summed.name.startswith("shake") else summed.hexdigest()
    put(tmp_path, name.format(own, stem=own.removesuffix(".tar.gz")), form.format(digest, own), 5)
    files, place, known = listed_in(tmp_path, pattern="*.tar.gz", manifest="")
    verified = backup_verification(place, files, known, FixedClock(NOW))
    weekly = checks.test_newest_backups_match_their_manifests
    told = judged(weekly, limits=known.limits, backup_verification=verified)
    assert told[0] is verdict, told
    assert words in verified.verified[0].verification.how
    assert bool(words) is ("whose kind of sum is not known here" in verified.verified[0].verification.how)


def test_other_archives_are_read_within_the_time_that_is_left(tmp_path, monkeypatch):
    """Each reading takes 20 s here; two of them are of the archive and its list."""
    clock, opened = [0.0], []

    def opens(self, file, *, within):
        clock[0] += 20.0
        opened.append((file.name, within))
        return BackupStore.open(self, file, within=within)

    lines = ""
    for hours in NIGHTS:
        name = f"shop-{at(hours):%Y%m%dT%H%M%SZ}.tar.gz"
        put(tmp_path, name, archive(), hours)
        lines += f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n"
    put(tmp_path, "CHECKSUMS", lines, 5)
    files, place, _ = listed_in(tmp_path, pattern="*.tar.gz", manifest="")
    monkeypatch.setattr(FolderStore, "open", opens)
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    found = verify_with_sums(
        place,
        files.archives[0].file,
        [*files.others, *(one.file for one in files.archives)],
        Wanted(manifest="", dump=""),
        now=NOW,
        seconds=50.0,
    )
    assert [within for _, within in opened] == [50.0, 30.0, 10.0]
    assert "another one, or one of a kind that is not known here" in found.coverage.got


@pytest.mark.parametrize(
    ("name", "sums", "verdict"), [("SHA3SUMS", "sha3_256", UNKNOWN), ("SHA256SUMS", "sha256", OK)]
)
def test_manifest_of_another_kind_of_sums_is_not_understood(tmp_path, name, sums, verdict):
    """By its name."""
    content = {"a.txt": b"a" * 900, "b.txt": b"b"}
    lines = "".join(f"{hashlib.new(sums, data).hexdigest()}  {path}\n" for path, data in content.items())
    for hours in NIGHTS:
        put(
            tmp_path,
            f"shop-{at(hours):%Y%m%dT%H%M%SZ}.tar.gz",
            archive(**content, **{name: lines.encode()}),
            hours,
        )
    told = daily_and_weekly(tmp_path, pattern="*.tar.gz", manifest=name)[1]
    assert told[0] is verdict, told


@pytest.mark.parametrize(
    ("full", "newest", "verdict"),
    [
        ("shop-full-{}.tar.gz", "shop-inc-{}.tar.gz", UNKNOWN),
        ("shop-{}.F.tar.gz", "shop-{}.D.tar.gz", UNKNOWN),
        ("shop-{}-L0.tar.gz", "shop-{}-L1.tar.gz", UNKNOWN),
        ("shop_{}_base.tar.gz", "shop_{}_delta.tar.gz", UNKNOWN),
        ("shop-{}-diff.tar.gz", "shop-{}-diff.tar.gz", UNKNOWN),
        ("shop-{}-level1.tar.gz", "shop-{}-level1.tar.gz", UNKNOWN),
        ("shop-{}-partial.tar.gz", "shop-{}-partial.tar.gz", UNKNOWN),
        ("acme-inc-{}.tar.gz", "acme-inc-{}.tar.gz", OK),
        ("delta-{}.tar.gz", "delta-{}.tar.gz", OK),
        ("shop-full-{}.tar.gz", "shop-full-{}.tar.gz", OK),
        ("l1-shop-{}.tar.gz", "l1-shop-{}.tar.gz", OK),
    ],
)
def test_incremental_archive_is_known_by_its_name(tmp_path, full, newest, verdict):
    """Short words count where there are full ones of the same name beside."""
    for hours in NIGHTS:
        name = (newest if hours == NIGHTS[-1] else full).format(f"{at(hours):%Y-%m-%d}")
        put(tmp_path, name, archive(), hours)
    daily, weekly = daily_and_weekly(tmp_path, pattern="*.tar.gz", manifest="")
    assert (daily[0], weekly[0]) == (verdict, verdict), (daily, weekly)
