"""Dumps within the archives: when they were made, and how large they are against those before."""

import gzip
import sqlite3
import struct
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from crcmod import Crc

from checks.backups import test_backups as checks
from playbook.clients.backups import FolderStore
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.verdict import Verdict
from playbook.measure.backups.backup_review import backup_verification
from playbook.measure.backups.backups import backup_listing, backups
from playbook.settings.loading import load
from tests.judged import judged
from tests.unit.measure.backups.test_backup_review import NOW, an_rdb, measured, verdict, write
from tests.unit.readers.archives.test_inspection import members_with_manifest, tar

__all__ = ["write"]

DATA = Path(__file__).parents[3] / "foreign/data/backups"


def of_last_night(tmp_path):
    """Verdict of the daily check."""
    return judged(checks.test_last_nights_backup_is_complete, settings_of(tmp_path), backups=seen(tmp_path))


def settings_of(tmp_path, **more):
    place = {"location": str(tmp_path), **more}
    return load("sandbox", environment={}, overlay={"targets": {"sandbox": {"backups": place}}})


def seen(tmp_path, before=None, **more):
    """What the daily check looks at, by the readings of a run before it."""
    settings, store = settings_of(tmp_path, **more), FolderStore(str(tmp_path), "backups.location")
    earlier = Earlier(lambda: [before] if before else [])
    return backups(store, backup_listing(store, settings, FixedClock(NOW)), settings, earlier)


def pg_dump(made, version=14):
    """The header of pg_dump's custom format: from version 1.15 how it is packed is one byte."""
    packed = b"\x01" if version >= 15 else (b"\x01" + b"\xff" * 4)
    numbers = (made.second, made.minute, made.hour, made.day, made.month - 1, made.year - 1900, 0)
    return (
        b"PGDMP\x01%c\0\x04\x08\x01" % version
        + packed
        + b"".join(b"\0" + number.to_bytes(4, "little") for number in numbers)
    )


STATED = {
    "shop.dump": lambda made: pg_dump(made) + bytes(99),
    "shop16.dump": lambda made: pg_dump(made, 15) + bytes(99),
    "toc.dat": lambda made: pg_dump(made) + b"x",
    "other.rdb": lambda made: an_rdb(3, int(made.timestamp())),
    "pg/backup_label": lambda made: f"LABEL: x\nSTART TIME: {made:%Y-%m-%d %H:%M:%S} UTC\n".encode(),
    "my/metadata": lambda made: f"Started dump at: {made:%Y-%m-%d %H:%M:%S}\nFinished dump at: x\n".encode(),
    "xtrabackup_info": lambda made: f"uuid = 1\nstart_time = {made:%Y-%m-%d %H:%M:%S}\n".encode(),
    "all.sql": lambda made: (
        f"-- PostgreSQL database cluster dump\n\n-- Started on {made:%Y-%m-%d %H:%M:%S} UTC\n"
        "-- PostgreSQL database cluster dump complete\n".encode()
    ),
}


@pytest.mark.parametrize(("hours", "wanted"), [(0.0, Verdict.OK), (60.0, Verdict.WARNING)])
@pytest.mark.parametrize("name", STATED)
def test_dump_says_itself_when_it_was_made(tmp_path, write, name, hours, wanted):
    """Each program in its own words; the daily check reads them as well."""
    for before in (5, 29, 53):
        content = STATED[name](NOW - timedelta(hours=before + hours))
        write(before, gzip.compress(tar(members_with_manifest({name: content, "images/a.webp": b"x" * 900}))))
    said, message = verdict(measured(tmp_path, backup_verification, dump=""))
    assert said is wanted, message
    if wanted is Verdict.WARNING:
        assert f"expected each to be made for it, got {name} of 2026-11-19 15:20" in message
    daily, message = of_last_night(tmp_path)
    assert daily is wanted, message


@pytest.mark.parametrize(
    ("name", "hours", "wanted"),
    [
        ("db/shop.sql", 0, Verdict.OK),
        ("db/shop.sql", 47, Verdict.OK),
        ("db/shop.sql", 60, Verdict.WARNING),
        ("a.webp", 60, Verdict.OK),  # nobody uploaded anything
        ("db/shop.sql", 24 * 365 * 60, Verdict.OK),  # a tar without times
    ],
)
def test_archive_with_a_dump_and_nothing_new_is_a_warning(tmp_path, write, name, hours, wanted):
    """The dump does not say when it was made; it was not made after all other files."""
    for before in (5, 29, 53):
        time = max(0, int((NOW - timedelta(hours=before + hours)).timestamp()))
        write(before, gzip.compress(tar(members_with_manifest({name: b"SELECT 1;\n" * 900}), time=time)))
    for said, message in (
        verdict(measured(tmp_path, backup_verification, dump="")),
        of_last_night(tmp_path),
    ):
        assert said is wanted, message
        assert wanted is Verdict.OK or "got nothing newer than 2026-11-19 15:20" in message


@pytest.mark.parametrize(
    ("name", "now", "wanted"),
    [
        ("shop.sql", 9000, Verdict.OK),
        ("shop.sql", 6500, Verdict.WARNING),
        ("shop-2026-11-22.sql", 400, Verdict.CRITICAL),
        ("shop.dump", 400, Verdict.CRITICAL),
        ("cache.rdb", 400, Verdict.OK),  # a cache may be emptied
    ],
)
def test_dump_is_about_as_large_as_before(tmp_path, write, name, now, wanted):
    """Large files beside it hide that a table is gone."""
    for before, size in ((5, now), (29, 10_000), (53, 10_000)):
        content = pg_dump(NOW - timedelta(hours=before)) if name.endswith("dump") else b""
        filled = content + b"-- x;\n" * (size // 6) + bytes(5) * name.endswith("dump")
        filled = filled if "rdb" not in name else b"REDIS0011" + b"x" * size + b"\xff" + bytes(8)
        files = {name: filled, "images/a.webp": bytes(range(256)) * 400}
        write(before, gzip.compress(tar(members_with_manifest(files))))
    said, message = verdict(measured(tmp_path, backup_verification, dump=""))
    assert said is wanted, message
    assert wanted is Verdict.OK or f"Size of {name.replace('2026-11-22', '#-#-#')} in the newest backup" in message


@pytest.mark.parametrize(
    ("name", "content", "same"),
    [
        (
            "shop.sql",
            b"-- PostgreSQL database dump\n\\restrict %s\n" % (b"k" * 63) + b"CREATE TABLE a (b int);\n",
            True,
        ),
        ("shop.dump", pg_dump(NOW - timedelta(hours=29)) + bytes(99), True),
        (
            "dump.rdb",
            an_rdb(3, int((NOW - timedelta(hours=29)).timestamp())),
            False,
        ),  # an idle Redis saves no new one
        ("a.sql", b"CREATE TABLE a (b int);\nINSERT INTO a VALUES (1);\n", False),
    ],
)
def test_dump_that_a_run_before_has_seen_is_a_warning_of_the_daily_check(tmp_path, write, name, content, same):
    """The dump failed, and the job packs what lies there. The same archive is no other one."""
    packed = gzip.compress(tar(members_with_manifest({name: content})))
    write(28, packed)
    first = seen(tmp_path)
    assert first.packed_before == ""
    before = {key: msgspec.structs.replace(one, at=NOW - timedelta(days=1)) for key, one in first.readings.items()}
    assert seen(tmp_path, before).packed_before == ""
    write(4, packed)
    second = seen(tmp_path, before)
    assert (name in second.stale) is same
    assert ("of the archive of" in second.stale) is same


def test_dump_that_earlier_runs_have_seen_is_missed_by_the_daily_check(tmp_path, write):
    """Until somebody says that it was given up; an archive that cannot be read whole tells nothing."""

    def night(hours, *dumps):
        content = dict.fromkeys(dumps, b"CREATE TABLE a (b int);\nINSERT INTO a VALUES (1);\n" * 40)
        write(hours, gzip.compress(tar(members_with_manifest(content))))

    night(52, "db/users-2026-11-20.sql", "db/orders-2026-11-20.sql")
    night(28, "db/users-2026-11-21.sql", "db/orders-2026-11-21.sql")
    first = seen(tmp_path)
    assert first.dumped.holds
    before = {"backup dumps": msgspec.structs.replace(first.readings["backup dumps"], at=NOW - timedelta(days=1))}
    assert seen(tmp_path, before).dumped.holds
    night(4, "db/orders-2026-11-22.sql")
    missed = seen(tmp_path, before)
    assert (missed.dumped.holds, missed.dumped.found) == (False, "none like db-users-sql")
    assert judged(checks.test_last_nights_backup_is_complete, settings_of(tmp_path), backups=missed)[0] == (
        Verdict.WARNING
    )
    given_up = seen(tmp_path, before, dumps_gone=["db/users.sql"])
    assert given_up.dumped.holds
    assert given_up.evidence()[0].facts["Dumps that need not be there"] == "db/users.sql"
    unread = seen(tmp_path, before, read_whole_mb=0.0001)
    assert unread.dumped.holds
    kept = unread.readings["backup dumps"]
    assert seen(tmp_path, {"backup dumps": msgspec.structs.replace(kept, at=NOW - timedelta(days=1))}).dumped.found


ROWS = b"".join(b"%d\tuser%d@example.org\t0.37\n" % (n, n) for n in range(400))


def pg_dump_of(**tables):
    """What pg_dump 15 writes of these tables with their rows."""
    lines = [b"--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n\n"]
    lines += [b"CREATE TABLE public.%s (\n    id integer NOT NULL\n);\n\n" % name.encode() for name in tables]
    lines += [
        b"COPY public.%s (id, email, total) FROM stdin;\n%s\\.\n\n\n" % (name.encode(), rows)
        for name, rows in tables.items()
    ]
    end = b"ALTER TABLE ONLY public.photos ADD CONSTRAINT photos_pkey PRIMARY KEY (id);\n" * 90
    return b"".join([*lines, end, b"--\n-- PostgreSQL database dump complete\n--\n\n"])


@pytest.mark.parametrize(
    ("before", "newest", "found"),
    [
        ({"orders": ROWS}, {}, "none of public.orders in shop.sql"),  # --exclude-table, or another schema
        ({"orders": ROWS}, {"orders": b""}, "none of public.orders in shop.sql"),  # --exclude-table-data
        ({"orders": ROWS}, {"orders": ROWS}, ""),
        ({"sessions": ROWS[:75]}, {"sessions": b""}, ""),  # of a night without visitors
        ({"sessions": b""}, {}, ""),
    ],
)
def test_table_that_lost_its_rows_is_a_warning(tmp_path, write, before, newest, found):
    """The dump has its end, and is about as large as ever: most of it is of another table."""
    photos = {"photos": ROWS * 9}
    for night in range(6):
        dump = pg_dump_of(**photos, **(newest if night < 2 else before))
        write(5 + 24 * night, gzip.compress(tar(members_with_manifest({"shop.sql": dump}))))
    said, message = verdict(measured(tmp_path, backup_verification, dump=""))
    assert said is (Verdict.WARNING if found else Verdict.OK), message
    assert found in message


def sqlite_of(tmp_path, night, *, emptied=False):
    """A copy of SQLite's: a file does not shrink when rows are deleted."""
    file = tmp_path / f"{night}.made"
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA synchronous=OFF")
        for table in ("photos", "orders"):
            database.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, name TEXT)")
            database.executemany(f"INSERT INTO {table}(name) VALUES (?)", [(f"photo {n}",) for n in range(900)])
        if emptied:
            database.execute("DELETE FROM orders")
    database.close()
    made = file.read_bytes()
    file.unlink()
    return made


def mongodump_of(tmp_path, night, *, emptied=False):
    """What mongodump --archive writes: a document about the archive, one of each collection, and blocks."""
    listed = [document(db="shop", collection=name, metadata="{}") for name in ("photos", "orders")]
    archive = struct.pack("<I", 0x8199E26D) + document(version="0.1") + b"".join(listed) + END_OF_BLOCK
    for collection in ("photos", "orders"):
        most = 900 if collection == "orders" else 9000
        rows = [document(name=f"photo {n}") for n in range(0 if emptied and collection == "orders" else most)]
        head = document(db="shop", collection=collection, EOF=False, CRC=0)
        end = document(db="shop", collection=collection, EOF=True, CRC=crc64_of_go(b"".join(rows)))
        archive += (b"".join([head, *rows, END_OF_BLOCK]) if rows else b"") + end + END_OF_BLOCK
    return archive


END_OF_BLOCK = b"\xff" * 4


def crc64_of_go(data):
    """CRC-64 of ECMA-182, reflected, as hash/crc64 makes it; of ``123456789`` it is 0x995dc9bbdf1939fa."""
    return Crc(0x1_42F0_E1EB_A9EA_3693, initCrc=0, rev=True, xorOut=2**64 - 1).new(data).crcValue


def document(**fields):
    """A document of MongoDB with texts, numbers and booleans (https://bsonspec.org)."""
    parts = [
        b"\x08%s\0%c" % (name.encode(), value)
        if isinstance(value, bool)
        else b"\x12%s\0%s" % (name.encode(), struct.pack("<Q", value))
        if isinstance(value, int)
        else b"\x02%s\0%s%s\0" % (name.encode(), struct.pack("<I", len(value) + 1), value.encode())
        for name, value in fields.items()
    ]
    return struct.pack("<I", 5 + sum(map(len, parts))) + b"".join(parts) + b"\0"


def pg_custom(tmp_path, night, *, emptied=False):
    """What pg_dump -Fc of PostgreSQL 15 has written, with the time of a night in its header."""
    made = NOW - timedelta(hours=5 + 24 * night)
    written = (DATA / f"pg_dump-15-{'emptied' if emptied else 'full'}.dump").read_bytes()
    numbers = (made.second, made.minute, made.hour, made.day, made.month - 1, made.year - 1900)
    times = b"".join(b"\0" + number.to_bytes(4, "little") for number in numbers)
    return written[:16] + times + written[16 + len(times) :]


@pytest.mark.parametrize(
    ("name", "dump", "table"),
    [
        ("db/app.sqlite", sqlite_of, "orders"),
        ("db/app.sqlite.gz", sqlite_of, "orders"),
        ("shop.archive", mongodump_of, "shop.orders"),
        ("shop.archive.gz", mongodump_of, "shop.orders"),
        ("shop.dump", pg_custom, "public.orders"),
        ("shop.dump.gz", pg_custom, "public.orders"),
    ],
)
def test_table_of_a_binary_dump_that_lost_its_rows_is_a_warning(tmp_path, write, name, dump, table):
    """As one of a dump in SQL."""
    for lost in (False, True):
        for night in range(6):
            content = dump(tmp_path, night, emptied=lost and night < 2)
            member = {name: gzip.compress(content) if name.endswith(".gz") else content}
            write(5 + 24 * night, gzip.compress(tar(members_with_manifest(member))))
        said, message = verdict(measured(tmp_path, backup_verification, dump=""))
        assert said is (Verdict.WARNING if lost else Verdict.OK), message
        assert not lost or f"none of {table} in {name}" in message
