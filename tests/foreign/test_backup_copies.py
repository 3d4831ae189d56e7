"""Copies of databases within archives, as xtrabackup, mariadb-backup, MySQL Shell and Redis leave them."""

from __future__ import annotations

import json
import os
import struct

import pytest

from playbook.readers.archives.crc64 import crc64
from tests.foreign.test_backup_jobs import NIGHTS, archive, at, put
from tests.foreign.test_backups import CRITICAL, NOW, OK, UNKNOWN, daily_and_weekly

OWN = {"xtrabackup": "xtrabackup", "mariadb-backup-11": "mariadb_backup"}


def verdicts(folder, members, before=None):
    """Daily and weekly, with four nights of sound archives before."""
    for hours in NIGHTS:
        name = f"shop-{at(hours):%Y%m%dT%H%M%SZ}.tar.gz"
        put(folder, name, archive(**(members if hours == NIGHTS[-1] else before or members)), hours)
    return daily_and_weekly(folder, pattern="*.tar.gz", manifest="")


def copied(program="xtrabackup", kind="full-backuped", info="incremental = N\npartial = N", start=0):
    """The files of a backup that is not prepared."""
    checkpoints = f"backup_type = {kind}\nfrom_lsn = {start}\nto_lsn = 28193\nlast_lsn = 28193\nflushed_lsn = 0\n"
    return {
        "backup-my.cnf": b"[mysqld]\ninnodb_data_file_path=ibdata1:12M:autoextend\n",
        "ibdata1": os.urandom(5000),
        f"{program}_checkpoints": checkpoints.encode(),
        f"{program}_info": f"uuid = 1\ntool_name = {program}\n{info}\n".encode(),
        "xtrabackup_logfile" if program == "xtrabackup" else "ib_logfile0": os.urandom(3000),
    }


@pytest.mark.parametrize("program", OWN.values(), ids=OWN)
@pytest.mark.parametrize(
    ("changes", "without", "verdict", "words"),
    [
        ({}, "", OK, ""),
        ({"kind": "full-prepared"}, "", OK, ""),
        (
            {"kind": "incremental", "start": 19000},
            "",
            UNKNOWN,
            "an incremental one, by 'backup_type = incremental' in",
        ),
        ({"info": "incremental = Y\npartial = N"}, "", UNKNOWN, "an incremental one, by 'incremental = Y' in"),
        ({"info": "incremental = N\npartial = Y"}, "", UNKNOWN, "one of some tables, by 'partial = Y' in"),
        ({}, "_checkpoints", CRITICAL, "not finished, without xtrabackup_checkpoints"),
    ],
)
def test_copy_of_mysql_says_what_it_is(tmp_path, program, changes, without, verdict, words):  # noqa: PLR0917
    """An incremental copy restores nothing alone, though its archive is as sound as any."""
    members = copied(program, **changes)
    members = {name: data for name, data in members.items() if not without or without not in name}
    told = verdicts(tmp_path, members, copied(program))[0]
    assert (told[0], words in told[1]) == (verdict, True), told


def test_empty_checkpoints_are_found(tmp_path):
    """As of a disk that became full."""
    told = verdicts(tmp_path, copied() | {"xtrabackup_checkpoints": b""}, copied())[0]
    assert (told[0], "xtrabackup_checkpoints, which is empty" in told[1]) == (CRITICAL, True), told


def zstd(data):
    """As zstd writes what it cannot make smaller: a frame with one block as it is, here without a sum."""
    return b"\x28\xb5\x2f\xfd\x00\x58" + (len(data) << 3 | 1).to_bytes(3, "little") + data


def shell(**changes):
    """The folder of util.dumpInstance()."""
    chunks = {"shop@images@0.tsv.zst": 900, "shop@images@@1.tsv.zst": 800, "shop@users@@0.tsv.zst": 90}
    done = {
        "end": f"{NOW:%F %T}",
        "dataBytes": 1790,
        "tableDataBytes": {"shop": {"images": 1700}},
        "chunkFileBytes": chunks,
    }
    members = {
        "dump/@.json": b'{"dumper":"mysqlsh"}',
        "dump/@.sql": b"-- MySQLShell dump 2.0.1\n",
        "dump/shop.json": b'{"schema":"shop"}',
        "dump/shop@images.sql": b"CREATE TABLE `images` (`id` int);\n",
        **{f"dump/{name}": zstd(os.urandom(size)) for name, size in chunks.items()},
        **{f"dump/{name}.idx": struct.pack(">Q", size) for name, size in chunks.items()},
        "dump/shop@empty@@0.tsv.zst": zstd(b""),
        "dump/@.done.json": json.dumps(done).encode(),
    }
    return {name: data for name, data in (members | changes).items() if data is not None}


CHUNK = "dump/shop@images@0.tsv.zst"


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({}, OK, ""),
        ({CHUNK: None}, CRITICAL, f"@.done.json, which lists {CHUNK}, which is not in it"),
        ({CHUNK: b""}, CRITICAL, f"{CHUNK}, which is empty"),
        ({CHUNK: zstd(os.urandom(900))[:500]}, CRITICAL, f"{CHUNK}, which is cut off"),
        ({"dump/@.done.json": None}, CRITICAL, "a dump of MySQL Shell in dump that is not finished"),
    ],
)
def test_dump_of_mysql_shell_has_all_its_chunks(tmp_path, changes, verdict, words):
    """It lists them when it has finished. A table without rows has an empty one."""
    for told in verdicts(tmp_path, shell(**changes), shell()):
        assert (told[0], words in told[1]) == (verdict, True), told


RDB = b"REDIS0011\xfa\x09redis-ver\x057.2.4\xfe\x00\xfb\x01\x00\x00\x01a\x01b\xff"
RDB += struct.pack("<Q", crc64(RDB))
SET = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n"
BASE, INCR, MANIFEST = (f"appendonly.aof{end}" for end in (".1.base.rdb", ".1.incr.aof", ".manifest"))
LISTED = f"file {BASE} seq 1 type b\nfile {INCR} seq 1 type i\n".encode()


@pytest.mark.parametrize("place", ["redis/appendonlydir", "var/lib/redis/appendonlydir"])
@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({}, OK, ""),
        ({INCR: b""}, OK, ""),
        ({INCR: b"#TS:1795316400\r\n" + SET}, OK, ""),
        ({MANIFEST: None}, CRITICAL, "without its manifest, so that Redis would begin empty"),
        ({MANIFEST: b""}, CRITICAL, "appendonly.aof.manifest, which is empty"),
        ({MANIFEST: b"file appendonly.aof.1.incr.aof seq 1 type i\n"}, CRITICAL, "lists no base file"),
        ({BASE: None}, CRITICAL, "which lists"),
        ({BASE: RDB[:20]}, CRITICAL, "appendonly.aof.1.base.rdb, which is cut off"),
        ({INCR: None}, CRITICAL, "which is not in it"),
        ({INCR: bytes(4000)}, CRITICAL, "begins with 2,048 zeros"),
        ({INCR: b"\x17\x03\x03" + os.urandom(4000)}, CRITICAL, "is no append-only file by its first bytes"),
    ],
)
def test_append_only_file_of_redis_is_whole(tmp_path, place, changes, verdict, words):
    """Of Redis 7, in a folder with a manifest; the archive may hold the paths of the whole system."""
    files = {BASE: RDB, INCR: SET, MANIFEST: LISTED}
    members = {f"{place}/{name}": data for name, data in (files | changes).items() if data is not None}
    told = verdicts(tmp_path, members, {f"{place}/{name}": data for name, data in files.items()})[0]
    assert (told[0], words in told[1]) == (verdict, True), told


BROKEN = b"-- MySQL dump 10.13\n--\nCREATE TABLE `a` (`i` int);\nINSERT INTO `a` VALUES (1);\n"
DUMP = BROKEN + b"-- Dump completed on 2026-11-22  3:00:01\n"


@pytest.mark.parametrize(
    ("path", "is_read"),
    [
        ("db/shop.sql", True),
        ("var/backups/mysql/shop/shop.sql", True),
        ("opt/app/current/db/backup/shop.sql", True),
        ("mnt/volume/backups/daily/pg/shop.sql", True),
        ("app/storage/app/backups/shop.sql", True),
        ("home/forge/db/shop.sql", True),
        ("tmp/backup.Xy12/db/shop.sql", True),
        ("opt/app/node_modules/sql-dump/tests/cut.sql", False),
        ("opt/app/src/lib/sql/samples/cut.sql", False),
    ],
)
def test_dump_is_read_wherever_backups_are_kept(tmp_path, path, is_read):
    """The archive may hold the paths of a whole system; programs have samples that are cut."""
    rest = {"images/a.txt": os.urandom(900)}
    for told in verdicts(tmp_path, rest | {path: BROKEN}, rest | {path: DUMP}):
        assert (told[0], "breaks off" in told[1]) == (CRITICAL if is_read else OK, is_read), told


def test_incremental_copy_of_postgresql_is_no_whole_one(tmp_path):
    """Of pg_basebackup --incremental, since PostgreSQL 17."""
    label = b"START WAL LOCATION: 0/5000028 (file 000000010000000000000005)\nSTART TIME: 2026-11-22 03:20:00 UTC\n"
    whole = {
        "PG_VERSION": b"17\n",
        "base/1/PG_VERSION": b"17\n",
        "global/pg_control": b"x" * 900,
        "backup_label": label,
    }
    part = whole | {"backup_label": label + b"INCREMENTAL FROM LSN: 0/4000028\nINCREMENTAL FROM TLI: 1\n"}
    told = verdicts(tmp_path, part, whole)[0]
    assert (told[0], "'INCREMENTAL FROM LSN: 0/4000028' in backup_label" in told[1]) == (UNKNOWN, True), told
