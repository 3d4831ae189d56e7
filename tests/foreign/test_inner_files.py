"""Dumps and archives within an archive, as pg_dump, mysqldump, redis-cli, tar, zip and packers leave them."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from playbook.core.verdict import Verdict
from playbook.readers.archives.inner_files import MAX_PACKED, inner_file
from tests.foreign.test_backups import (
    CONTENT,
    ENCRYPTED,
    MYSQL,
    MYSQL_END,
    REFUSED,
    ROWS,
    both,
    manifest_of,
    with_manifest,
)
from tests.unit.measure.backups.test_dumps_inside import mongodump_of

OK, CRITICAL = Verdict.OK, Verdict.CRITICAL
CUT = "is cut off"
NO_DUMP = "is an error instead of a dump"


@pytest.fixture
def store(tmp_path):
    """A folder for archives, as ``both`` expects it."""
    (tmp_path / "store").mkdir()
    return tmp_path


def _tarred():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo("uploads/a.webp")
        info.size = 3000
        archive.addfile(info, io.BytesIO(os.urandom(3000)))
    return out.getvalue()


def _zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("uploads/a.webp", os.urandom(3000))
    return out.getvalue()


WHOLE = MYSQL + ROWS + MYSQL_END
TAR = _tarred()
ZIP = _zipped()
DATA = Path(__file__).parent / "data/backups"
CUSTOM = (DATA / "pg_dump-15-full.dump").read_bytes()
# Of a version that is not known: the end of its last block.
NEWER = b"PGDMP\x01\x1e\x00\x04\x08\x01" + bytes(range(1, 200)) + bytes(5)
NO_COMMENTS = b"\n/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;\n" + ROWS
XML = (
    b'<?xml version="1.0"?>\n<mysqldump xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
    + b"<row/>\n" * 900
)
RDB = b"REDIS0010\xfa\tredis-ver\x067.0.15\xfe\0\0\x01a\x01b"
MONGO = mongodump_of(None, 0)
# zstd -c of nothing and of "abc", and a frame with a block of one repeated byte.
ZSTD_NOTHING = bytes.fromhex("28b52ffd24000100 0099e9d851")
ZSTD = bytes.fromhex("28b52ffd0458190000616263990977ad")
ZSTD_RLE = bytes.fromhex("28b52ffd0058 4b0600 61")
SKIPPED = bytes.fromhex("502a4d1804000000 00000000")


def _lz4(data):
    """A frame with one block, stored as it is."""
    size = (len(data) | 1 << 31).to_bytes(4, "little")
    return bytes.fromhex("04224d186440a7") + size + data + bytes(8)


def _zstd(data):
    return bytes.fromhex("28b52ffd0058") + (len(data) << 3 | 1).to_bytes(3, "little") + data


# lz4 -c of a hundred rows, whole and without the last six bytes; and of the old form, lz4 -l -c.
LZ4 = bytes.fromhex(
    "04224d186440a731000000ff0d494e5345525420494e544f206061602056414c554553202831293b0a1c00ffffffffffffffffffffc6502831293b0a00000000bd6d2093"
)
LZ4_OF_A_CUT_DUMP = bytes.fromhex(
    "04224d186440a731000000ff0d494e5345525420494e544f206061602056414c554553202831293b0a1c00ffffffffffffffffffffc050414c55455300000000d393c3ad"
)
LZ4_OLD = bytes.fromhex(
    "02214c1831000000ff0d494e5345525420494e544f206061602056414c554553202831293b0a1c00ffffffffffffffffffffc6502831293b0a"
)
# mysqldump --compact
COMPACT = b"/*!40101 SET @saved_cs_client     = @@character_set_client */;\n" + ROWS
MANY_ROWS = b"/*M!999999\\- enable the sandbox mode */ \nINSERT INTO `a` VALUES\n" + b"(1,'a'),\n" * 400
# 7z: the place and the length of the header at the end, which is written into the first one last.
SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c\0\4" + bytes(4) + (90).to_bytes(8, "little") + (30).to_bytes(8, "little")
SEVEN_ZIP += bytes(4 + 120)
# age: a header, a number of 16 bytes, a chunk.
AGE = b"age-encryption.org/v1\n-> X25519 x\nkey\n--- mac\n" + bytes(16 + 900)
# gpg --symmetric of much: parts of 512 bytes, and a last one.
OPENPGP = ENCRYPTED[:15] + b"\xd2" + (b"\xe9" + bytes(512)) * 3 + b"\x16" + bytes(22)
# gpg --sign -z 0: a mark, the text, the signature.
SIGNED = b"\x90\x0d" + bytes(13) + b"\xcb\xff\0\0\3\xe8" + bytes(1000) + b"\x88\x75" + bytes(117)
ARMOURED = b"-----BEGIN PGP MESSAGE-----\n\njA0ECQMC\n-----END PGP MESSAGE-----\n"
DOCUMENTS = (b"\x10\0\0\0\x02a\0\4\0\0\0abc\0\0") * 300

FILES = {
    "lz4": ("shop.sql.lz4", LZ4, ""),
    "lz4-cut-off": ("shop.sql.lz4", LZ4[:-9], CUT),
    "lz4-without-its-end-mark": ("shop.sql.lz4", LZ4[:-8], CUT),
    "lz4-in-two-of-which-one-is-cut-off": ("shop.sql.lz4", LZ4 + LZ4[:30], CUT),
    "lz4-of-a-dump-cut-off": ("shop.sql.lz4", LZ4_OF_A_CUT_DUMP, "breaks off within a statement"),
    "lz4-of-an-error": ("shop.sql.lz4", _lz4(REFUSED), NO_DUMP),
    "lz4-of-a-dump": ("shop.sql.lz4", _lz4(WHOLE), ""),
    "lz4-of-the-old-form": ("shop.sql.lz4", LZ4_OLD, ""),
    "lz4-that-is-none": ("shop.sql.lz4", b"pg_dump: command not found\n", "is no sound LZ4 file"),
    "lz4-damaged": ("shop.sql.lz4", LZ4[:11] + bytes(20) + LZ4[31:], "is no sound LZ4 file"),
    "tar-in-lz4": ("files.tar.lz4", _lz4(TAR), ""),
    "tar-cut-off-in-lz4": ("files.tar.lz4", _lz4(TAR[:2000]), CUT),
    "zstd-of-an-error": ("shop.sql.zst", _zstd(REFUSED), NO_DUMP),
    "mysqldump-compact": ("shop.sql", COMPACT, ""),
    "mysqldump-compact-cut-off": ("shop.sql", COMPACT[:-30], "breaks off within a statement"),
    "mysqldump-compact-cut-off-in-gzip": ("shop.sql.gz", gzip.compress(COMPACT[:-30]), "within a statement"),
    "mariadb-dump-compact": ("shop.sql", MANY_ROWS + b"(2,'b');\n", ""),
    "mariadb-dump-compact-cut-off": ("shop.sql", MANY_ROWS, "breaks off within a statement"),
    "mysqldump-compact-of-one-table-cut-off": ("shop.sql", ROWS[:39] + ROWS[:39] * 99, "within a statement"),
    "rows-before-a-remark": ("shop.sql", ROWS + b"-- the end\n", ""),
    "rows-of-sql-server": ("shop.sql", ROWS + b"GO\r\n", ""),
    "7z": ("files.7z", SEVEN_ZIP, ""),
    "7z-cut-off": ("files.7z", SEVEN_ZIP[:-9], "is cut off after 143 of 152 B"),
    "7z-not-finished": ("files.7z", SEVEN_ZIP[:8] + bytes(24 + 99), "is not finished"),
    "7z-empty": ("files.7z", b"", "is empty"),
    "gpg": ("shop.sql.gz.gpg", OPENPGP, ""),
    "gpg-cut-off": ("shop.sql.gz.gpg", OPENPGP[:-9], CUT),
    "gpg-cut-off-between-its-parts": ("shop.sql.gz.gpg", OPENPGP[:-23], CUT),
    "gpg-without-data": ("shop.sql.gz.gpg", ENCRYPTED[:15], CUT),
    "gpg-of-nothing": ("shop.sql.gz.gpg", ENCRYPTED[:15] + b"\xd2\x3b" + bytes(59), "is empty"),
    "gpg-that-is-none": ("shop.sql.gpg", b"gpg: x: skipped: No public key\n", "is no sound OpenPGP file"),
    "gpg-signed-only": ("shop.sql.gpg", SIGNED, ""),
    "gpg-signed-only-cut-off": ("shop.sql.gpg", SIGNED[:-9], CUT),
    "gpg-armoured": ("shop.sql.gpg", ARMOURED, ""),
    "gpg-armoured-cut-off": ("shop.sql.gpg", ARMOURED[:-28], CUT),
    "age": ("shop.sql.gz.age", AGE, ""),
    "age-cut-off-in-its-header": ("shop.sql.gz.age", AGE[:40], CUT),
    "age-cut-off-in-its-number": ("shop.sql.gz.age", AGE[:-905], CUT),
    "age-of-nothing": ("shop.sql.gz.age", AGE[:-884], "is empty"),
    "age-that-is-none": ("shop.sql.age", b"age: error: no recipients specified\n", "is no sound age file"),
    "mongodump-folder": ("dump/shop/users.bson", DOCUMENTS, ""),
    "mongodump-folder-without-documents": ("dump/shop/users.bson", b"", ""),
    "mongodump-folder-cut-off": ("dump/shop/users.bson", DOCUMENTS[:-7], CUT),
    "mongodump-folder-cut-off-in-gzip": ("dump/shop/users.bson.gz", gzip.compress(DOCUMENTS[:-7]), CUT),
    "custom-format": ("db/shop.dump", CUSTOM, ""),
    "custom-format-cut-off": ("db/shop.dump", CUSTOM[:-50], CUT),
    "custom-format-under-another-name": ("db/shop.backup", CUSTOM[:-50], CUT),
    "custom-format-in-gzip": ("db/shop.dump.gz", gzip.compress(CUSTOM[:-50]), CUT),
    "custom-format-without-a-table": ("db/shop.dump", CUSTOM[: CUSTOM.rfind(b"\x01\0")], CUT),
    "custom-format-with-rows-damaged": (
        "db/shop.dump",
        CUSTOM[:-900] + bytes(90) + CUSTOM[-810:],
        "has rows of public.",
    ),
    "custom-format-of-a-newer-version": ("db/shop.dump", NEWER, ""),
    "custom-format-of-a-newer-version-cut-off": ("db/shop.dump", NEWER[:-50], CUT),
    "schema-in-a-newer-version": ("shop.pgdump", NEWER[:-5] + b"\3" + bytes(8), ""),
    "mysqldump-skip-comments": ("shop.sql", NO_COMMENTS + MYSQL_END, ""),
    "mysqldump-skip-comments-cut-off": ("shop.sql", NO_COMMENTS, "breaks off"),
    "heidisql": ("shop.sql", NO_COMMENTS + b"/*!40111 SET SQL_NOTES=IFNULL(@OLD_SQL_NOTES, 1) */;\n", ""),
    "mysqldump-xml": ("shop.xml", XML + b"</mysqldump>\n", ""),
    "mysqldump-xml-cut-off": ("shop.xml", XML, "breaks off, without the line '</mysqldump>'"),
    "redis-cli-rdb": ("redis.rdb", RDB + b"\xff" + bytes(8), ""),
    "redis-cli-rdb-cut-off": ("redis.rdb", RDB, CUT),
    "redis-cli-rdb-empty": ("redis/redis.rdb", b"", "is empty"),
    "mongodump-archive": ("shop.archive", MONGO, ""),
    "mongodump-archive-without-a-collection": ("shop.archive", MONGO[: MONGO.rfind(b"\x02db") - 4], CUT),
    "mongodump-archive-with-documents-damaged": (
        "shop.archive",
        MONGO.replace(b"photo 77\0", b"photo 78\0", 1),
        "has documents of shop.photos that differ from their sum",
    ),
    "mongodump-archive-cut-off": ("shop.archive.gz", gzip.compress(MONGO[:-4]), CUT),
    "bzip2": ("shop.sql.bz2", bz2.compress(WHOLE), ""),
    "pbzip2": ("shop.sql.bz2", bz2.compress(WHOLE[:999]) + bz2.compress(WHOLE[999:]), ""),
    "bzip2-cut-off": ("shop.sql.bz2", bz2.compress(WHOLE)[:-20], CUT),
    "bzip2-of-a-dump-cut-off": ("shop.sql.bz2", bz2.compress(MYSQL + ROWS), "breaks off"),
    "bzip2-of-nothing": ("shop.sql.bz2", bz2.compress(b""), "is empty"),
    "bzip2-that-is-none": ("shop.sql.bz2", b"bash: mysqldump: command not found\n", "is no sound bzip2 file"),
    "xz-cut-off": ("shop.sql.xz", lzma.compress(WHOLE)[:-40], CUT),
    "xz-of-a-dump-cut-off": ("shop.sql.xz", lzma.compress(MYSQL + ROWS), "breaks off"),
    "xz-of-nothing": ("shop.sql.xz", lzma.compress(b""), "is empty"),
    "zstd": ("shop.sql.zst", ZSTD, ""),
    "zstd-of-several-threads": ("shop.sql.zst", SKIPPED + ZSTD + ZSTD_RLE * 3, ""),
    "zstd-cut-off": ("shop.sql.zst", (ZSTD * 3)[:-1], CUT),
    "zstd-that-ended-within-a-block": ("shop.sql.zst", (ZSTD_RLE * 4)[:-1], CUT),
    "zstd-of-nothing": ("shop.sql.zst", ZSTD_NOTHING, "is empty"),
    "zstd-that-is-none": ("shop.sql.zst", b"pg_dump: command not found\n", "is no sound Zstandard file"),
    "tar": ("files.tar", TAR, ""),
    "tar-of-nothing": ("files.tar", bytes(10240), ""),
    "tar-cut-off": ("files.tar", TAR[:2000], CUT),
    "tar-of-0-bytes": ("files.tar", b"", "is empty"),
    "pg_dump-tar-cut-off": ("shop.dump", TAR[:2000], CUT),
    "tar-in-gzip": ("files.tar.gz", gzip.compress(TAR), ""),
    "tar-in-gzip-cut-off": ("files.tgz", gzip.compress(TAR)[:-900], CUT),
    "tar-in-gzip-of-0-bytes": ("files.tar.gz", b"", "is empty"),
    "tar-cut-off-in-gzip": ("files.tar.gz", gzip.compress(TAR[:2000]), CUT),
    "tar-in-bzip2-cut-off": ("files.tbz2", bz2.compress(TAR)[:-90], CUT),
    "tar-in-xz": ("files.txz", lzma.compress(TAR), ""),
    "zip": ("files.zip", ZIP, ""),
    "zip-cut-off": ("files.zip", ZIP[:-400], CUT),
    "sqlite-whose-beginning-is-lost": (
        "shop.db",
        bytes(40_000) + b"user1@example.org" * 99,
        "begins with 2,048 zeros",
    ),
    "sqlite-of-zeros-in-gzip": ("shop.sqlite3.gz", gzip.compress(bytes(40_000)), "begins with 2,048 zeros"),
    "bolt": ("shop.db", bytes(8) + b"\4" + bytes(7) + b"\xed\xda\x0c\xed" + bytes(40_000), ""),
    "powershell": ("shop.sql", b"\xff\xfe" + WHOLE.decode().encode("utf-16-le"), "is in UTF-16"),
    "samples-of-a-program": ("html/tests/data/broken.tar.gz", b"", ""),
    "list-of-packages": ("packages.dump", b"bash install\ncoreutils install\n", ""),
    "table-of-a-person": ("rows.sql", b"1\t2\n3\t4\n", ""),
    "one-statement": ("ask.sql", b"SELECT * FROM unknown\n", ""),
    "old-settings": ("settings.bak", b"", ""),
}


@pytest.mark.parametrize(("name", "data", "words"), FILES.values(), ids=FILES)
def test_inner_file_is_whole(store, name, data, words):
    """Its sum is right also where the program that wrote it has died."""
    _judge(store, name, data, words)


@pytest.mark.parametrize(
    "text",
    [
        "bash: pg_dump: command not found",
        "/bin/sh: 1: mysqldump: not found",
        "Error response from daemon: No such container: shop-db-1",
        'service "db" is not running',
        'error: unable to upgrade connection: container not found ("db")',
        'OCI runtime exec failed: exec failed: exec: "pg_dump": executable file not found in $PATH: unknown',
        "mysqldump: [Warning] Using a password on the command line interface can be insecure.\n"
        "mysqldump: Got error: 1045: Access denied for user 'shop'@'172.18.0.1' when trying to connect",
        'FATAL:  password authentication failed for user "shop"',
        "ssh: connect to host db.example port 22: Connection refused",
        "the input device is not a TTY",
        "Usage: mysqldump [OPTIONS] database [tables]",
        "<html><head><title>502 Bad Gateway</title></head></html>",
        "Unable to find image 'postgres:15' locally",
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_error_of_any_program_is_no_dump(store, text, packed):
    """In place of the dump, as ``docker exec db pg_dump shop > shop.sql 2>&1`` leaves it."""
    data = text.encode() + b"\n"
    _judge(store, "db/shop.sql" + ".gz" * packed, gzip.compress(data) if packed else data, NO_DUMP)


def test_unpacking_has_an_end():
    """Of many large files those are unpacked whole that the time suffices for; bzip2 takes the most."""

    def effort(name: str, size: int, most: int) -> int:
        return inner_file(name, size, most, lambda: None)[1]

    assert effort("a.sql.gz", MAX_PACKED, MAX_PACKED) == MAX_PACKED
    assert effort("a.sql.gz", 9, 8) == 0
    assert effort("a.sql.bz2", 9, 54) == 54
    assert effort("a.sql.bz2", 9, 53) == 0
    assert effort("a.sql", MAX_PACKED, 0) == 0
    assert effort("a.sql.zst", 9, 8) == 0


@pytest.mark.parametrize("packed", [ZSTD * 3, SKIPPED + ZSTD + ZSTD_RLE * 3])
def test_zstandard_that_takes_too_long_is_read_by_its_lengths(packed):
    """Of a large one it is still seen that it is cut off."""
    for content, problem in ((packed, ""), (packed[:-1], CUT)):
        dump, _ = inner_file("a.sql.zst", len(content), 1, lambda: None)
        dump.write(content)
        assert dump.problem == problem


PARTS = {"db/shop/3001.dat.gz": gzip.compress(b"1\t2\n"), "db/shop/3002.dat.gz": gzip.compress(b"\\.\n\n\n")}
APPENDED = {
    "redis/appendonly.aof.manifest": b"file appendonly.aof.1.base.rdb seq 1 type b\n"
    b"file appendonly.aof.1.incr.aof seq 1 type i\n",
    "redis/appendonly.aof.1.incr.aof": b"*1\r\n",
}
BASE = {"redis/appendonly.aof.1.base.rdb": RDB + b"\xff" + bytes(8)}
# Two entries of pg_dump's list of contents, each behind its length.
TOC = b"PGDMP\x01\x0e\0\x04\x08\x03" + bytes(99) + b"\0\x08\0\0\x003348.dat\0\x09\0\0\0blobs.toc\0SELECT '9.dat'"
MYDUMPER = b"Started dump at: 2026-11-22 03:00:02\nFinished dump at: 2026-11-22 03:00:09\n"
STOPPED = {
    "pg/data/PG_VERSION": b"15\n",
    "pg/data/base/1/PG_VERSION": b"15\n",
    "pg/data/base/1/1259": b"rows",
    "pg/data/global/pg_control": b"x",
}
CLUSTER = {**STOPPED, "pg/data/backup_label": b"START TIME: 2026-11-22 03:00:02 UTC\n"}


def _without(files, name):
    return {path: data for path, data in files.items() if name not in path}


FOLDERS = {
    "pg_dump": ({**PARTS, "db/shop/toc.dat": b"PGDMP"}, ""),
    "pg_dump-not-finished": (PARTS, "a dump of pg_dump in db/shop that is not finished, without toc.dat"),
    "pg_dump-part-cut-off": ({"db/3001.dat.gz": gzip.compress(ROWS)[:-9], "db/toc.dat": b"PGDMP"}, CUT),
    "pg_dump-large-object-cut-off": (
        {"db/blob_16393.dat.gz": gzip.compress(ROWS)[:-9], "db/toc.dat": b"PGDMP"},
        CUT,
    ),
    "pg_dump-part-empty": ({"db/3001.dat.gz": b"", "db/toc.dat": b"PGDMP"}, "is empty"),
    "mysql-shell": ({"db/@.json": b"{}", "db/@.done.json": b"{}"}, ""),
    "mysql-shell-not-finished": ({"db/@.json": b"{}"}, "without @.done.json"),
    "pg_dump-plain-parts": ({"db/toc.dat": TOC, "db/3348.dat": ROWS, "db/blobs.toc": b"1 x\n"}, ""),
    "pg_dump-packed-parts": ({"db/toc.dat": TOC, "db/3348.dat.gz": gzip.compress(ROWS), "db/blobs.toc": b"1"}, ""),
    "pg_dump-without-a-part": ({"db/toc.dat": TOC, "db/blobs.toc": b"1"}, "lists db/3348.dat, which is not in it"),
    "pg_dump-without-blobs": ({"db/toc.dat": TOC, "db/3348.dat": ROWS}, "lists db/blobs.toc, which is not in it"),
    "pg_dump-list-empty": ({"db/toc.dat": b""}, "is empty"),
    "mydumper": ({"db/metadata": MYDUMPER, "db/shop-schema-create.sql": ROWS}, ""),
    "mydumper-0.12": ({"db/metadata": b"# " + MYDUMPER.replace(b"\nF", b"\n[config]\n# F")}, ""),
    "mydumper-killed": ({"db/metadata": MYDUMPER[:38]}, "without the line 'Finished dump at: '"),
    "mydumper-without-metadata": ({"db/shop-schema-create.sql.gz": gzip.compress(ROWS)}, "without metadata"),
    "metadata-of-others": ({"db/metadata": b"any: thing\n", "metadata": b""}, ""),
    "postgresql": (CLUSTER, ""),
    "postgresql-packed": ({f"{name}.gz": gzip.compress(data) for name, data in CLUSTER.items()}, ""),
    "postgresql-stopped": (STOPPED, ""),
    "postgresql-without-control-file": (_without(CLUSTER, "pg_control"), "pg/data, which lacks global/pg_control"),
    "postgresql-while-it-ran": ({**STOPPED, "pg/data/postmaster.pid": b"1\n"}, "and without backup_label"),
    "mydumper-not-finished": ({"metadata.partial": b"# Started"}, "in its first folder that is not finished"),
    "xtrabackup": ({"xtrabackup_logfile.zst": b"x", "xtrabackup_checkpoints": b"backup_type = full"}, ""),
    "xtrabackup-not-finished": ({"xtrabackup_logfile": b"x"}, "without xtrabackup_checkpoints"),
    "append-only-file": ({**APPENDED, **BASE}, ""),
    "append-only-file-without-its-base": (APPENDED, "lists redis/appendonly.aof.1.base.rdb, which is not in it"),
    "append-only-file-with-an-empty-list": ({**BASE, "redis/appendonly.aof.manifest": b""}, "is empty"),
}


@pytest.mark.parametrize(("files", "words"), FOLDERS.values(), ids=FOLDERS)
def test_dump_that_is_a_folder_is_finished(store, files, words):
    """Its program writes one file last."""
    _judge_all(store, files, words)


def _judge(store, name, data, words):
    _judge_all(store, {name: data}, words)


def _judge_all(store, files, words):
    content = {**CONTENT, **files}
    archive = store / "store" / "portfolio-20261122T030000Z.tar.gz"
    archive.write_bytes(with_manifest(manifest_of(content), content))
    for verdict, message in both(store):
        assert verdict is (CRITICAL if words else OK), message
        assert words in message


# pg_dump 15.18 and mysqldump 8.0, shortened.
PG = (
    b"--\n-- PostgreSQL database dump\n--\n\n\\restrict XbsvUNRTVgwYPBAJVahrn2pGKbWz7aO6SOTN3AbahOak13J9JEm2\n\n"
    b"-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)\n-- Dumped by pg_dump version 15.18\n\n"
    b"SET statement_timeout = 0;\nSET lock_timeout = 0;\nSET client_encoding = 'UTF8';\n%s\n\n"
    b"--\n-- PostgreSQL database dump complete\n--\n\n"
    b"\\unrestrict XbsvUNRTVgwYPBAJVahrn2pGKbWz7aO6SOTN3AbahOak13J9JEm2\n\n"
)
PG_TABLE = b"CREATE TABLE public.photos (\n    i integer,\n    title text\n);\n\n"
PG_COPY = b"COPY public.photos (i, title) FROM stdin;\n%s\\.\n"
MY = (
    b"-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n-- Host: db    Database: shop\n\n"
    b"/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\nCREATE TABLE `photos` (`i` int);\n%s"
    b"-- Dump completed on 2026-11-22  3:00:02\n"
)
NO_ROW = "in which no table has a row"
DUMPS = {
    "empty-database": ({"db/lind.sql": PG % b""}, "db/lind.sql, which holds no table"),
    "schema-only": ({"db/lind.sql.gz": gzip.compress(PG % PG_TABLE)}, NO_ROW),
    "tables-are-empty": (
        {"lind.sql": PG % (PG_TABLE + PG_COPY % b"" + b"SELECT setval('x', 1, false);\n")},
        NO_ROW,
    ),
    "no-data": ({"lind.sql": MY % b""}, NO_ROW),
    "each-of-several": ({"a.sql": PG % PG_TABLE, "b.sql": MY % b""}, f"a.sql and b.sql, {NO_ROW}"),
    "beside-redis": ({"a.sql": PG % PG_TABLE, "cache.rdb": b"REDIS0011" + bytes(90) + b"\xff" + bytes(8)}, NO_ROW),
    "rows": ({"lind.sql": PG % (PG_TABLE + PG_COPY % b"1\tHarbour\n")}, ""),
    "rows-behind-much": ({"lind.sql": PG % (PG_TABLE * 90_000 + PG_COPY % b"\\N\tHarbour\n")}, ""),
    "rows-of-nothing-but-an-empty-text": ({"lind.sql": PG % (PG_TABLE + PG_COPY % b"\n")}, ""),
    "rows-as-statements": ({"lind.sql": PG % (PG_TABLE + b"INSERT INTO public.photos VALUES (1);\n")}, ""),
    "rows-of-mysql": ({"lind.sql": MY % b"INSERT  IGNORE INTO `photos` VALUES (1);\n"}, ""),
    "large-objects": ({"lind.sql": PG % b"SELECT pg_catalog.lowrite(0, '\\x00');\n"}, ""),
    "tables-beside-rows": ({"schema.sql": PG % PG_TABLE, "rows.sql": PG % (PG_COPY % b"1\ta\n")}, ""),
    "tables-beside-another-form": ({"schema.sql": PG % PG_TABLE, "rows.dump": CUSTOM}, ""),
    "a-person's-own": ({"setup.sql": PG_TABLE * 40}, ""),
}


@pytest.mark.parametrize(("members", "words"), DUMPS.values(), ids=DUMPS)
def test_dumps_without_any_row_restore_nothing(store, members, words):
    """As ``pg_dump --schema-only`` leaves them, or a job that dumps the empty database beside the right one."""
    _judge_all(store, members, words)
