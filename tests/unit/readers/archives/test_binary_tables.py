"""Tables of SQLite's copies, of pg_dump's custom format and of mongodump's archives, in pieces of any size."""

import sqlite3
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.readers.archives.mongo_collections import MongoCollections
from playbook.readers.archives.packed import zstd
from playbook.readers.archives.pg_dump_tables import PgDumpTables
from playbook.readers.archives.sqlite_tables import SqliteTables
from playbook.readers.archives.wholeness import Wholeness

DATA = Path(__file__).parents[3] / "foreign/data/backups"
CUSTOM = (DATA / "pg_dump-15-full.dump").read_bytes()


def sizes(reader, content, piece=4096):
    """Of a file that comes in pieces."""
    for at in range(0, len(content), piece):
        reader.write(content[at : at + piece])
    return reader.sizes


def database(path, *, page=4096, encoding="UTF-8", vacuum=0, tables=3, rows=500):
    """A database of so many tables, with one that is empty and one without a rowid."""
    with sqlite3.connect(path) as made:
        made.execute("PRAGMA synchronous=OFF")
        made.execute("PRAGMA journal_mode=MEMORY")
        made.execute(f"PRAGMA encoding='{encoding}'")
        made.execute(f"PRAGMA page_size={page}")
        made.execute(f"PRAGMA auto_vacuum={vacuum}")
        columns = ", ".join(f"column_{number} TEXT" for number in range(20))
        for number in range(tables):
            made.execute(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY AUTOINCREMENT, {columns})")
            made.execute(f"CREATE INDEX i{number} ON t{number}(column_0)")
        made.execute("CREATE TABLE keyed (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")
        made.execute("CREATE TABLE blank (a)")
        for number in range(tables):
            texts = [(f"text {n}" * (n % 9),) for n in range(rows)]
            made.executemany(f"INSERT INTO t{number}(column_0) VALUES (?)", texts)
        made.executemany("INSERT INTO keyed VALUES (?, ?)", [(f"k{n}", "v" * 40) for n in range(rows)])
        made.execute("INSERT INTO t0(column_0) VALUES (?)", ("z" * 100_000,))
    made.close()
    return path.read_bytes()


@pytest.mark.parametrize("tables", [3, 90])
@pytest.mark.parametrize("vacuum", [0, 1])
@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
@pytest.mark.parametrize("page", [512, 4096, 65_536])
def test_every_table_of_sqlite_is_known(tmp_path, page, encoding, vacuum, tables):
    """Whatever the size of its pages, and however deep its lists are."""
    content = database(tmp_path / "a.db", page=page, encoding=encoding, vacuum=vacuum, tables=tables, rows=120)
    found = sizes(SqliteTables(), content)
    assert found.keys() == {*(f"t{number}" for number in range(tables)), "keyed", "blank"}
    assert {name for name, size in found.items() if not size} == {"blank"}


@pytest.mark.parametrize("piece", [1, 100, 1000, 1 << 20])
def test_pieces_of_any_size_tell_the_same(tmp_path, piece):
    for reader, content in ((SqliteTables, database(tmp_path / "a.db", rows=30)), (PgDumpTables, CUSTOM)):
        assert sizes(reader(), content, piece) == sizes(reader(), content) != {}


def test_tables_of_postgresql_by_their_schemas():
    """Also one without rows; large objects are none."""
    found = sizes(PgDumpTables(), CUSTOM)
    assert found.keys() == {"public.photos", "public.orders", "crm.notes"}
    assert found["crm.notes"] == 0 < found["public.orders"] < found["public.photos"]
    assert sizes(PgDumpTables(), (DATA / "pg_dump-15-emptied.dump").read_bytes())["public.orders"] == 0


def test_versions_that_are_not_known_tell_nothing():
    assert sizes(PgDumpTables(), CUSTOM[:6] + b"\x63" + CUSTOM[7:]) == {}
    assert sizes(MongoCollections(), b"\x6d\xe2\x99\x81" + struct.pack("<I", 3) + bytes(99)) == {}
    assert sizes(SqliteTables(), b"SQLite format 3\0" + bytes(2000)) == {}


@given(st.sampled_from([SqliteTables, PgDumpTables, MongoCollections]), st.data())
def test_damaged_files_raise_nothing(reader, data):
    """Bytes that are changed, cut off or repeated."""
    content = bytearray(CUSTOM[:6000] if reader is PgDumpTables else SMALL[reader])
    for _ in range(data.draw(st.integers(0, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    assert isinstance(sizes(reader(), bytes(content[:cut]) * 2, data.draw(st.integers(1, 999))), dict)


def _small() -> bytes:
    """A database of SQLite in memory."""
    made = sqlite3.connect(":memory:")
    made.execute("PRAGMA page_size=512")
    made.execute("CREATE TABLE a (b)")
    made.executemany("INSERT INTO a VALUES (?)", [("c" * 90,)] * 60)
    made.commit()
    return made.serialize()


_DOCUMENT = struct.pack("<I", 12) + b"\x10n\0" + bytes(4) + b"\0"
_HEAD = b"\x02db\0\x05\0\0\0shop\0\x02collection\0\x02\0\0\0a\0\0"
SMALL = {
    SqliteTables: _small(),
    MongoCollections: b"\x6d\xe2\x99\x81" + _DOCUMENT + b"\xff" * 4 + struct.pack("<I", 4 + len(_HEAD)) + _HEAD
    + _DOCUMENT * 20 + b"\xff" * 4,
}  # fmt: skip


def test_small_files_are_understood():
    """Those that are damaged above."""
    assert {reader: [*sizes(reader(), content)] for reader, content in SMALL.items()} == {
        SqliteTables: ["a"],
        MongoCollections: ["shop.a"],
    }


def number(value):
    """As WriteInt writes it: a sign, and four bytes."""
    return bytes((value < 0,)) + abs(value).to_bytes(4, "little")


def text(value):
    """As WriteStr: its length, or -1 without one."""
    return number(-1) if value is None else number(len(value)) + value.encode()


COPIED = b"1\tHarbour\n2\tStorm\n" * 400 + b"\\.\n\n\n"
PACKERS = {
    0: lambda data: data,
    1: zlib.compress,
    3: lambda data: zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}),
}


def custom(minor, packing, *, places=True, pack=None):
    """What pg_dump -Fc of this version of the format writes of two tables, one of them without rows."""
    blocks, entries = [], []
    for entry, rows in ((7, COPIED), (8, b"\\.\n\n\n")):
        packed = (pack or PACKERS[packing])(rows)
        blocks.append(b"\1" + number(entry) + number(len(packed)) + packed + number(0))
        texts = [text("1259"), text("16390"), text(f"t{entry}"), text("TABLE DATA"), number(3)]
        texts += [text(""), text(""), text(f"COPY public.t{entry} (a, b) FROM stdin;\n"), text("public"), text("")]
        texts += [text("heap")] * (minor >= 14) + [number(114)] * (minor >= 16)
        texts += [text("shop"), text("false"), text("6"), text(None)]
        entries.append(number(entry) + number(1) + b"".join(texts))
    head = b"PGDMP\1" + bytes((minor, 0, 4, 8, 1)) + (bytes((packing,)) if minor >= 15 else number(packing and -1))
    head += (
        b"".join(map(number, (2, 0, 3, 22, 10, 126, 0))) + text("shop") + text("18.0") + text("18.0") + number(3)
    )
    schema = [
        text("1259"),
        text("16390"),
        text("t7"),
        text("TABLE"),
        number(2),
        text("CREATE TABLE t7;"),
        text(""),
    ]
    schema += (
        [text(None), text("public"), text("")] + [text("heap")] * (minor >= 14) + [number(114)] * (minor >= 16)
    )
    head += number(6) + number(0) + b"".join([*schema, text("shop"), text("false"), text(None)]) + b"\3" + bytes(8)
    at = len(head) + sum(map(len, entries)) + 9 * len(entries)
    for entry, block in zip(entries, blocks, strict=True):
        head += entry + (b"\2" + at.to_bytes(8, "little") if places else b"\1" + bytes(8))
        at += len(block)
    return head + b"".join(blocks)


def whole(reader, content, piece=4096):
    """Whether a file that comes in pieces is whole."""
    for at in range(0, len(content), piece):
        reader.write(content[at : at + piece])
    return reader.wholeness


@pytest.mark.parametrize("places", [True, False])
@pytest.mark.parametrize(
    ("minor", "packing"), [(12, 1), (13, 0), (14, 1), (15, 0), (15, 1), (16, 0), (16, 1), (16, 3)]
)
def test_custom_format_of_each_version_is_whole_with_all_its_rows(minor, packing, places):
    """Written into a file, whose table of contents says where they are, or into a pipe."""
    content = custom(minor, packing, places=places)
    for piece in (1, 4096):
        assert whole(PgDumpTables(), content, piece) == Wholeness()
    assert sizes(PgDumpTables(), content).keys() == {"public.t7", "public.t8"}
    for cut in range(1, len(content), 7):
        assert whole(PgDumpTables(), content[:cut]) != Wholeness(), cut
    assert (
        whole(PgDumpTables(), content + b"\n").doubt == "a dump of PostgreSQL behind whose last rows there is more"
    )


@pytest.mark.parametrize(
    ("minor", "packing", "pack", "problem", "doubt"),
    [
        (16, 1, lambda rows: zlib.compress(rows)[:-1], "has rows of public.t7 that break off", ""),
        (16, 1, lambda rows: zlib.compress(rows)[:-1] + b"x", "has rows of public.t7 that cannot be unpacked", ""),
        (16, 0, lambda rows: rows.replace(b"Storm", bytes(5)), "that hold zeros, as a crash or a full disk", ""),
        (16, 0, lambda rows: rows.replace(b"\\.\n\n\n", b"\n"), "", "rows of public.t7 that are not understood"),
        (16, 3, lambda rows: PACKERS[3](rows)[:-1], "has rows of public.t7 that break off", ""),
        (16, 2, lambda rows: b"x" + rows, "has rows of public.t7 that cannot be unpacked", ""),
        (16, 9, lambda rows: rows, "", "rows of public.t7 that are not understood"),
    ],
)
def test_rows_of_the_custom_format_are_read_to_their_ends(minor, packing, pack, problem, doubt):
    """Those of each table have their own."""
    found = whole(PgDumpTables(), custom(minor, packing, pack=pack))
    assert problem in found.problem
    assert doubt in found.doubt
    assert bool(problem) is bool(found.problem)


def test_rows_at_another_place_than_stated_are_damage():
    """As where a part in the middle was left out."""
    content = custom(16, 1)
    at = content.index(b"\1" + number(8) + number(len(zlib.compress(b"\\.\n\n\n"))))
    begin = content.index(b"\1" + number(7) + number(len(zlib.compress(COPIED))))
    assert "in another place than it says" in whole(PgDumpTables(), content[:begin] + content[at:]).problem
