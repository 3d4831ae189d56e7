"""Dumps of databases that are no members of an archive, as pg_dump, mysqldump, redis-cli and others leave them."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import re
import sqlite3
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from playbook.readers.archives.bare_dump import read_bare_dump
from playbook.readers.archives.crc64 import crc64
from playbook.readers.archives.packed import zstd
from playbook.readers.archives.unpacked_content import Content
from tests.foreign.test_backup_jobs import NIGHTS, at, put
from tests.foreign.test_backups import CRITICAL, NOW, OK, UNKNOWN, daily_and_weekly
from tests.unit.measure.backups.test_backup_review import an_rdb
from tests.unit.measure.backups.test_dumps_inside import DATA, mongodump_of, pg_custom

NEWEST, BEFORE = NIGHTS[-1], NIGHTS[-2]
ROWS = b"".join(b"%d\tuser%d@example.org\t0.37\n" % (n, n) for n in range(900))


def pg_dump(hours):
    """Of PostgreSQL 15.18, shortened; each run has a key of its own."""
    key = hashlib.sha256(str(hours).encode()).hexdigest().encode()
    return (
        b"--\n-- PostgreSQL database dump\n--\n\n\\restrict %s\n\n"
        b"-- Dumped from database version 15.18\n\nSET statement_timeout = 0;\nSET client_encoding = 'UTF8';\n\n"
        b"CREATE TABLE public.users (\n    id integer\n);\n\n\n"
        b"COPY public.users (id, email, total) FROM stdin;\n%s\\.\n\n\n"
        b"CREATE TABLE public.notes (\n    t text\n);\n\nCOPY public.notes (t) FROM stdin;\n"
        b"-- PostgreSQL database dump complete\n\\\\restrict abc\n-- PostgreSQL database dump\n\\.\n\n\n"
        b"--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict %s\n\n" % (key, ROWS, key)
    )


def pg_dump_of_2024(hours):
    return re.sub(rb"\\(?:un)?restrict \w{9,}\n\n", b"", pg_dump(hours))


def pg_dumpall(hours):
    return (
        b"--\n-- PostgreSQL database cluster dump\n--\n\nSET default_transaction_read_only = off;\n\n"
        b"CREATE ROLE app;\n\n"
        + pg_dump(hours)
        + pg_dump(hours + 0.1)
        + b"--\n-- PostgreSQL database cluster dump complete\n--\n\n"
    )


MYSQL_ROWS = b"".join(b"INSERT INTO `users` VALUES (%d,'user%d@example.org');\n" % (n, n) for n in range(900))
MYSQL = (
    b"/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\n"
    b"/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;\n\nDROP TABLE IF EXISTS `users`;\n"
    b"CREATE TABLE `users` (\n  `id` int(11) NOT NULL\n) ENGINE=InnoDB;\n%s"
    b"/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;\n"
    b"/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;\n\n" % MYSQL_ROWS
)
MARIADB = b"/*M!999999\\- enable the sandbox mode */ \n"


def mysqldump(hours):
    head = b"-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n-- Host: db    Database: shop\n"
    return head + MYSQL + f"-- Dump completed on {at(hours):%Y-%m-%d %H:%M:%S}\n".encode()


def mariadb_dump(hours):
    head = b"-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)\n--\n"
    return MARIADB + head + MYSQL + f"-- Dump completed on {at(hours):%Y-%m-%d %H:%M:%S}\n".encode()


def xml(hours):
    rows = b'\t<row>\n\t\t<field name="id">1</field>\n\t</row>\n' * 90
    return (
        b'<?xml version="1.0"?>\n<mysqldump xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        b'<database name="shop">\n\t<table_structure name="users">\n\t</table_structure>\n'
        b'\t<table_data name="users">\n%s\t</table_data>\n</database>\n</mysqldump>\n' % rows
    )


def sqlite_dump(hours):
    rows = b"".join(b"INSERT INTO users VALUES(%d,'x');\n" % n for n in range(900))
    return b"PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE users(id, name);\n" + rows + b"COMMIT;\n"


def custom(hours):
    return pg_custom(None, (hours - 5) / 24)


def redis(hours):
    return an_rdb(20, int(at(hours).timestamp()))


def redis_without_sum(hours):
    return redis(hours)[:-8] + bytes(8)


def mongodump(hours):
    return mongodump_of(None, 0)


def sqlite(hours):
    with sqlite3.connect(":memory:") as made:
        made.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")
        made.executemany("INSERT INTO users(name) VALUES (?)", [(f"user {n}",) for n in range(900)])
        return made.serialize()


def stated(data):
    """zstd writes a sum of its own accord, its libraries do not."""
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


PLAIN = {
    "pg_dump": ("sql", pg_dump),
    "pg_dump-of-2024": ("sql", pg_dump_of_2024),
    "pg_dumpall": ("sql", pg_dumpall),
    "pg_dump-one-behind-the-other": ("sql", lambda hours: pg_dump(hours) + pg_dump(hours + 0.1)),
    "pg_dump-on-windows": ("sql", lambda hours: pg_dump(hours).replace(b"\n", b"\r\n")),
    "pg_dump-under-another-name": ("backup", pg_dump),
    "mysqldump": ("sql", mysqldump),
    "mysqldump-with-a-remark": ("sql", lambda hours: mysqldump(hours) + b"-- done\n"),
    "mysqldump-skip-dump-date": ("sql", lambda hours: mysqldump(hours)[:-24] + b"\n"),
    "mysqldump-skip-comments": ("sql", lambda hours: b"\n" + MYSQL),
    "mariadb-dump": ("sql", mariadb_dump),
    "mariadb-dump-skip-comments": ("sql", lambda hours: MARIADB + b"\n" + MYSQL),
    "mysqldump-xml": ("xml", xml),
    "sqlite-dump": ("sql", sqlite_dump),
    "sqlite-dump-of-python": ("sql", lambda hours: sqlite_dump(hours).partition(b"\n")[2]),
    "pg_dump-custom": ("dump", custom),
    "redis-without-a-sum": ("rdb", redis_without_sum),
    "mongodump": ("archive", mongodump),
    "sqlite": ("db", sqlite),
}
PACKED = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": stated,
    "gz-in-two": lambda data: gzip.compress(data[:999]) + gzip.compress(data[999:]),
}
UNSUMMED = {
    "zst": zstd.compress,
    "xz": lambda data: lzma.compress(data, check=lzma.CHECK_NONE),
}


def judge(folder, ending, made, change=lambda data: data, beside=None):
    """Daily and weekly, of some nights of which the newest is changed."""
    for hours in NIGHTS:
        name, data = f"shop-{at(hours):%Y%m%dT%H%M%SZ}.{ending}", made(hours)
        data = change(data) if hours == NEWEST else data
        put(folder, name, data, hours)
        if beside:
            put(folder, f"{name}.sha256", f"{hashlib.sha256(beside(data)).hexdigest()}  {name}\n", hours)
    return daily_and_weekly(folder, pattern=f"*.{ending}", manifest="manifest.json")


@pytest.mark.parametrize(("ending", "made"), PLAIN.values(), ids=PLAIN)
def test_whole_dump_without_a_sum_is_complete_and_not_verified(tmp_path, ending, made):
    """A changed byte would not be seen; a sum beside it shows that there is none."""
    daily, weekly = judge(tmp_path, ending, made)
    assert (daily[0], weekly[0]) == (OK, UNKNOWN), (daily, weekly)
    assert "expected a sum of each byte, in the dump or beside it, got" in weekly[1]


@pytest.mark.parametrize(("ending", "made"), PLAIN.values(), ids=PLAIN)
def test_whole_dump_with_its_sum_beside_it_is_verified(tmp_path, ending, made):
    """As by ``sha256sum FILE > FILE.sha256``."""
    daily, weekly = judge(tmp_path, ending, made, beside=lambda data: data)
    assert daily[0] is OK, daily
    assert weekly[0] is OK or "of the archive of" in weekly[1], weekly  # the same one every night


@pytest.mark.parametrize("form", PACKED)
@pytest.mark.parametrize(("ending", "made"), [PLAIN[name] for name in ("pg_dump", "mysqldump", "pg_dump-custom")])
def test_whole_packed_dump_is_verified(tmp_path, ending, made, form):
    """Each way of packing has a sum of the content."""
    name = f"{ending}.{form.partition('-')[0]}"
    daily, weekly = judge(tmp_path, name, lambda hours: PACKED[form](made(hours)))
    assert (daily[0], weekly[0]) == (OK, OK), (daily, weekly)


@pytest.mark.parametrize("form", UNSUMMED)
def test_packing_without_a_sum_verifies_nothing(tmp_path, form):
    """As most libraries of Zstandard leave it, and ``xz --check=none``."""
    daily, weekly = judge(tmp_path, f"sql.{form}", lambda hours: UNSUMMED[form](pg_dump(hours)))
    assert (daily[0], weekly[0]) == (OK, UNKNOWN), (daily, weekly)


def test_dump_of_redis_has_a_sum_of_its_own(tmp_path):
    """Behind it redis-cli --rdb - leaves the mark of 40 characters by which the server ended it."""
    for change in (lambda data: data, lambda data: data + b"0123456789abcdef01230123456789abcdef0123"):
        daily, weekly = judge(tmp_path, "rdb", redis, change)
        assert (daily[0], weekly[0]) == (OK, OK), (daily, weekly)


def half(data):
    return data[: len(data) // 2]


def emptied(data):
    """Zeros in the middle, as of a disk that was full for a while."""
    return half(data) + bytes(3000) + data[len(data) // 2 + 3000 :]


PAGE = (
    b"<!DOCTYPE html>\n<html><head><style>a{b:c;}</style></head>" + b"<p>Sign in; please.</p>\n" * 300 + b"</html>"
)
REFUSED = b'pg_dump: error: connection to server at "db" (10.0.0.3), port 5432 failed: FATAL:  too many clients\n'
# The ending, what the job makes, what is wrong with the newest, and the words of it.
DAMAGED = {
    "pg_dump-cut": ("sql", pg_dump, half, "breaks off"),
    "pg_dump-cut-behind-its-last-line": ("sql", pg_dump, lambda data: data[:-70], "'\\unrestrict'"),
    "pg_dump-with-zeros": ("sql", pg_dump, emptied, "holds zeros, as a crash or a full disk leaves them"),
    "pg_dumpall-that-ended-with-a-database": ("sql", pg_dumpall, lambda data: data[:-60], "cluster dump complete"),
    "pg_dump-before-another-one-broke-off": (
        "sql.gz",
        lambda hours: gzip.compress(pg_dump(hours) * 2),
        lambda data: gzip.compress(pg_dump(NEWEST)[:9000] + pg_dump(NEWEST)),
        "holds 2 dumps one behind the other, of which 1 broke off",
    ),
    "mysqldump-cut": ("sql", mysqldump, half, "breaks off"),
    "mysqldump-with-zeros": ("sql", mysqldump, emptied, "holds zeros"),
    "mysqldump-skip-comments-cut": ("sql", lambda hours: b"\n" + MYSQL, lambda data: data[:-60], "breaks off"),
    "xml-cut": ("xml", xml, half, "breaks off"),
    "sqlite-dump-cut": ("sql", sqlite_dump, half, "breaks off"),
    "sqlite-dump-with-errors": (
        "sql",
        sqlite_dump,
        lambda data: data.replace(b"COMMIT;", b"ROLLBACK; -- due to errors"),
        "breaks off, without the line 'COMMIT;'",
    ),
    "message-of-its-program": (
        "sql",
        pg_dump,
        lambda data: data + b"pg_dump: error: Dumping the contents of table failed: PQgetResult() failed.\n",
        "holds a message of its program",
    ),
    "privilege-that-mysqldump-force-lacked": (
        "sql",
        mysqldump,
        lambda data: data.replace(
            MYSQL_ROWS, MYSQL_ROWS + b"\n-- insufficient privileges to SHOW CREATE FUNCTION `f`\n"
        ),
        "holds a message of its program (-- insufficient privileges to SHOW CREATE FUNCTION",
    ),
    "error-instead-of-a-dump": ("sql", pg_dump, lambda data: REFUSED, "is an error instead of a dump"),
    "error-instead-of-a-packed-dump": (
        "sql.gz",
        lambda h: gzip.compress(REFUSED),
        bytes,
        "is an error instead of",
    ),
    "page": ("sql", pg_dump, lambda data: PAGE, "is a web page instead of a dump"),
    "page-named-gz": (
        "sql.gz",
        lambda hours: gzip.compress(pg_dump(hours)),
        lambda data: PAGE,
        "does not begin as gz",
    ),
    "page-in-gz": ("sql.gz", lambda hours: gzip.compress(PAGE), bytes, "is a web page instead of a dump"),
    "page-named-dump": ("dump", custom, lambda data: PAGE, "is a web page instead of a dump"),
    "gz-of-nothing": (
        "sql.gz",
        lambda hours: gzip.compress(pg_dump(hours)),
        lambda data: gzip.compress(b"", mtime=0),
        "a file that is empty",
    ),
    "gz-cut": ("sql.gz", lambda hours: gzip.compress(pg_dump(hours)), lambda data: data[:-1], "is cut off"),
    "gz-of-a-cut-dump": (
        "sql.gz",
        lambda hours: gzip.compress(pg_dump(hours)),
        lambda data: gzip.compress(half(pg_dump(NEWEST))),
        "breaks off",
    ),
    "gz-with-garbage": (
        "sql.gz",
        lambda hours: gzip.compress(pg_dump(hours)),
        lambda data: data + b"x" * 9,
        "no sound",
    ),
    "gz-without-its-last-member": (
        "sql.gz",
        lambda hours: PACKED["gz-in-two"](pg_dump(hours)),
        lambda data: gzip.compress(pg_dump(NEWEST)[:9000]),
        "breaks off",
    ),
    "gz-with-a-changed-byte": (
        "sql.gz",
        lambda hours: gzip.compress(pg_dump(hours)),
        lambda data: half(data) + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :],
        "is no sound gzip file",
    ),
    "zst-cut": ("sql.zst", lambda hours: stated(pg_dump(hours)), lambda data: data[:-1], "is cut off"),
    "zst-with-another-sum": (
        "sql.zst",
        lambda h: stated(pg_dump(h)),
        lambda data: data[:-4] + b"0000",
        "no sound",
    ),
    "zst-of-a-cut-dump": (
        "sql.zst",
        lambda hours: stated(pg_dump(hours)),
        lambda data: stated(half(pg_dump(NEWEST))),
        "breaks off",
    ),
    "custom-cut": ("dump", custom, half, "is cut off after"),
    "custom-cut-between-two-tables": (
        "dump",
        custom,
        lambda data: data[: data.rindex(b"\x01\0") if b"\x01\0" in data else 0],
        "",
    ),
    "custom-with-zeros": ("dump", custom, emptied, "has rows of public."),
    "custom-of-an-empty-database": (
        "dump",
        custom,
        lambda data: (DATA / "pg_dump-15-empty.dump").read_bytes(),
        "a dump in which no table has a row",
    ),
    "mysqldump-of-an-empty-database": (
        "sql",
        mysqldump,
        lambda data: data.replace(MYSQL_ROWS, b""),
        "no table has a row",
    ),
    "redis-cut": ("rdb", redis, half, "breaks off after 8 keys"),
    "redis-with-a-changed-byte": (
        "rdb",
        redis,
        lambda data: data.replace(b"\1d\1x", b"\1d\1y"),
        "differs from its checksum",
    ),
    "redis-with-messages": ("rdb", redis, lambda data: b"SYNC sent to master\n" + data, "does not begin as rdb"),
    "redis-with-more": ("rdb", redis, lambda data: data + b"x" * 40, "goes on after its end mark"),
    "mongodump-cut": ("archive", mongodump, half, "is cut off, without 2 collections"),
    "mongodump-with-a-changed-byte": (
        "archive",
        mongodump,
        lambda data: data.replace(b"photo 77\0", b"photo 78\0", 1),
        "has documents of shop.photos that differ from their sum",
    ),
    "mongodump-with-zeros": ("archive", mongodump, emptied, "holds what no archive of mongodump does"),
    "sqlite-cut": ("db", sqlite, lambda data: data[:-4096], "is cut off after"),
    "sqlite-with-zeros": ("db", sqlite, lambda data: data[:8192] + bytes(8192) + data[16384:], "cannot be read"),
    "sqlite-without-its-list": (
        "db",
        sqlite,
        lambda data: data[:100] + bytes(3996) + data[4096:],
        "cannot be read",
    ),
}


@pytest.mark.parametrize(("ending", "made", "change", "words"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_dump_is_critical(tmp_path, ending, made, change, words):
    """By what each program and each way of packing leaves behind."""
    for told in judge(tmp_path, ending, made, (lambda data: data) if change is bytes else change):
        assert (told[0], words in told[1]) == (CRITICAL, True), told


# What is neither wrong nor proven.
UNPROVEN = {
    "compact": (
        "sql.gz",
        lambda hours: gzip.compress(MARIADB + MYSQL_ROWS),
        "a gzip file of a dump of MariaDB, which shows in no way",
    ),
    "adminer": (
        "sql",
        lambda hours: b"-- Adminer 4.8.1 MySQL dump\n" + MYSQL_ROWS,
        "got a dump of a database, which shows in no way known here whether it is whole",
    ),
    "xtrabackup": (
        "xbstream.gz",
        lambda hours: gzip.compress(b"XBSTCK01\0P" + bytes(range(200)) * 9),
        "got a gzip file of a backup of MySQL by xtrabackup or mariabackup, which shows",
    ),
    "more-behind-its-end": (
        "sql",
        lambda h: pg_dump(h) + b"SELECT 1;\n",
        "behind whose end there is more (SELECT 1;)",
    ),
    "warning-within-it": (
        "sql.gz",
        lambda hours: gzip.compress(
            b"mysqldump: [Warning] Using a password can be insecure.\n" + mysqldump(hours)
        ),
        "with a message of its program in it",
    ),
    "message-before-it": (
        "sql.gz",
        lambda hours: gzip.compress(b'Defaulted container "db" out of: db, exporter\n' + mysqldump(hours)),
        "before whose beginning there is more (Defaulted container",
    ),
    "named-gz-and-not-packed": ("sql.gz", pg_dump, "does not begin as gz"),
    "named-tar": ("tar.gz", lambda hours: gzip.compress(pg_dump(hours)), "a gzip file of a dump of PostgreSQL"),
    "packed-twice": (
        "sql.gz",
        lambda hours: gzip.compress(gzip.compress(pg_dump(hours))),
        "which shows in no way",
    ),
    "custom-of-a-newer-version": (
        "dump",
        lambda hours: custom(hours).replace(b"PGDMP\1\x0e", b"PGDMP\1\x1e", 1),
        "table of contents is not understood",
    ),
    "sqlite-with-more": ("db", lambda hours: sqlite(hours) + b"x", "whose header says"),
    "window-too-large": (
        "sql.zst",
        lambda hours: b"\x28\xb5\x2f\xfd\x00\xa8" + stated(pg_dump(hours))[6:],
        "in a way that is not unpacked here",
    ),
    "encrypted": (
        "sql.gz.age",
        lambda hours: b"age-encryption.org/v1\n-> scrypt x 18\nx\n--- y\n" + bytes(range(200)) * 2,
        "a file that age has encrypted",
    ),
}


@pytest.mark.parametrize(("ending", "made", "words"), UNPROVEN.values(), ids=UNPROVEN)
def test_dump_that_proves_nothing_is_unknown(tmp_path, ending, made, words):
    """Only a restore shows what is in it."""
    for told in judge(tmp_path, ending, made):
        assert (told[0], words in told[1]) == (UNKNOWN, True), told


@pytest.mark.parametrize("ending", ["sql", "sql.gz.age", "zip"])
def test_file_that_differs_from_its_sum_is_critical_whatever_it_is(tmp_path, ending):
    """Encrypted ones too, of which nothing else is known."""
    sealed = b"age-encryption.org/v1\n-> scrypt x 18\nx\n--- y\n" + bytes(range(200)) * 2
    zipped = b"PK\x03\x04" + bytes(range(200)) * 9 + b"PK\x05\x06" + bytes(18)
    made = {"sql": pg_dump, "zip": lambda hours: zipped}.get(ending, lambda hours: sealed)
    daily, weekly = judge(tmp_path, ending, made, beside=lambda data: data + b"x")
    assert weekly[0] is CRITICAL, weekly
    assert "an archive that differs from its sum in" in weekly[1]
    assert daily[0] is not CRITICAL


def test_dump_that_lost_a_table_is_a_warning_of_the_weekly_check(tmp_path):
    """It is whole, and about as large as ever."""
    lost = re.compile(rb"(COPY public.notes [^\n]+\n).*?(\\\.\n)", re.DOTALL)

    def made(hours):
        rows = pg_dump(hours).replace(b"-- PostgreSQL database dump complete\n\\\\", ROWS[:9000] + b"\\\\", 1)
        return gzip.compress(lost.sub(rb"\1\2", rows) if hours == NEWEST else rows, 1)

    daily, weekly = judge(tmp_path, "sql.gz", made)
    assert daily[0] is not CRITICAL
    assert "none of public.notes in shop-#T#Z.sql.gz" in weekly[1], weekly


def test_dump_of_a_cache_that_lost_every_key_is_critical(tmp_path):
    """One that never had any is none of a cache in use."""
    judged = judge(tmp_path, "rdb", redis, lambda data: an_rdb(0, int(at(NEWEST).timestamp())))
    assert "a dump without any key, where one before it has 20" in judged[1][1]


def test_old_dump_under_a_new_name_is_a_warning(tmp_path):
    """As of a job that copies what another one no longer writes."""
    daily, _ = judge(tmp_path, "sql.gz", lambda hours: gzip.compress(mysqldump(max(hours, 77))))
    assert "expected each to be made for it, got shop-" in daily[1]


def test_dump_that_is_too_large_for_every_day_is_unknown_then(tmp_path):
    """The weekly check reads it whole."""
    for hours in NIGHTS:
        put(tmp_path, f"shop-{at(hours):%Y%m%dT%H%M%SZ}.sql.gz", gzip.compress(pg_dump(hours)), hours)
    daily, weekly = daily_and_weekly(tmp_path, pattern="*.sql.gz", read_whole_mb=0.001)
    assert (daily[0], weekly[0]) == (UNKNOWN, OK), (daily, weekly)
    assert "bytes" in daily[1]


def test_dump_that_takes_longer_than_there_is_time_is_unknown(tmp_path):
    """What was read until then was in order."""
    for hours in NIGHTS:
        put(tmp_path, f"shop-{at(hours):%Y%m%dT%H%M%SZ}.sql.gz", gzip.compress(pg_dump(hours)), hours)
    daily, _ = daily_and_weekly(tmp_path, pattern="*.sql.gz", read_seconds=1e-9)
    assert daily[0] is UNKNOWN, daily


def read(name, data):
    return read_bare_dump(io.BytesIO(data), name, NOW, lambda: None)


FORMS = ("pg_dump", "pg_dumpall", "mysqldump", "pg_dump-custom", "redis-without-a-sum", "mongodump", "sqlite")


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
@effort(max_examples=60, deadline=None)
def test_dump_that_is_cut_anywhere_is_never_whole(form, data):
    """Wherever it ends; the last bytes of a text may be ends of lines."""
    ending, made = PLAIN[form]
    content = made(NEWEST)
    lasts = {"mysqldump": b" completed", "pg_dumpall": b" complete\n"}  # what is behind it matters to nobody
    at_most = (content.rindex(lasts[form]) if form in lasts else len(content.rstrip())) - 1
    cut = data.draw(st.integers(1, at_most))
    assert not read(f"shop.{ending}", content[:cut]).is_whole


@pytest.mark.parametrize("form", ["gz", "bz2", "xz", "zst"])
@given(data=st.data())
@effort(max_examples=60, deadline=None)
def test_changed_byte_of_a_dump_with_a_sum_is_never_whole(form, data):
    """Of gzip's header, which is not summed, the bytes do not matter."""
    content = PACKED[form](pg_dump(NEWEST))
    place = data.draw(st.integers(10 if form == "gz" else 0, len(content) - 1))
    changed = bytearray(content)
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    found = read(f"shop.sql.{form}", bytes(changed))
    assert not (found.is_whole and not found.unsummed) or found == read(f"shop.sql.{form}", content)


def test_sum_of_redis_is_that_of_all_of_it():
    """Any other byte gives another one."""
    content = redis(NEWEST)
    assert int.from_bytes(content[-8:], "little") == crc64(content[:-8])
    for place in range(len(content) - 8):
        changed = bytearray(content)
        changed[place] ^= 1
        found = read("shop.rdb", bytes(changed))
        assert found.wholeness.problem or found.wholeness.doubt, place


@pytest.mark.parametrize("form", ["gz", "zst", "xz", "bz2"])
def test_few_bytes_that_stand_for_many_come_in_pieces(form):
    """Of a million times as much, no more than a piece is held at once."""
    content = Content(io.BytesIO(PACKED[form](bytes(64 << 20))), lambda: None)
    total = 0
    while piece := content.read(1 << 18):
        total += len(piece)
        assert len(content._held) <= 1 << 20
    assert (total, content.damage) == (64 << 20, "")


def test_nights_are_of_the_clock_of_the_tests():
    """The newest is of last night."""
    assert NOW - at(NEWEST) < timedelta(hours=25)
