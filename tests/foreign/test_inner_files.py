"""Dumps and archives within an archive, as pg_dump, mysqldump, redis-cli, tar, zip and packers leave them."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile

import pytest

from playbook.core.verdict import Verdict
from playbook.readers.archives.inner_files import MAX_PACKED, inner_file
from tests.foreign.test_backups import CONTENT, MYSQL, MYSQL_END, ROWS, both, manifest_of, with_manifest

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
# The beginning of pg_dump -Fc, and the end of its last block.
CUSTOM = b"PGDMP\x01\x0e\x00\x04\x08\x01" + bytes(range(1, 200)) + bytes(5)
NO_COMMENTS = b"\n/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;\n" + ROWS
XML = (
    b'<?xml version="1.0"?>\n<mysqldump xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
    + b"<row/>\n" * 900
)
RDB = b"REDIS0010\xfa\tredis-ver\x067.0.15\xfe\0\0\x01a\x01b"
MONGO = b"m\xe2\x99\x81" + bytes(range(200))
# zstd -c of nothing and of "abc", and a frame with a block of one repeated byte.
ZSTD_NOTHING = bytes.fromhex("28b52ffd24000100 0099e9d851")
ZSTD = bytes.fromhex("28b52ffd0458190000616263990977ad")
ZSTD_RLE = bytes.fromhex("28b52ffd0058 4b0600 61")
SKIPPED = bytes.fromhex("502a4d1804000000 00000000")

FILES = {
    "custom-format": ("db/shop.dump", CUSTOM, ""),
    "custom-format-cut-off": ("db/shop.dump", CUSTOM[:-50], CUT),
    "custom-format-under-another-name": ("db/shop.backup", CUSTOM[:-50], CUT),
    "custom-format-in-gzip": ("db/shop.dump.gz", gzip.compress(CUSTOM[:-50]), CUT),
    "schema-in-custom-format": ("shop.pgdump", CUSTOM[:-5] + b"\3" + bytes(8), ""),
    "mysqldump-skip-comments": ("shop.sql", NO_COMMENTS + MYSQL_END, ""),
    "mysqldump-skip-comments-cut-off": ("shop.sql", NO_COMMENTS, "breaks off"),
    "heidisql": ("shop.sql", NO_COMMENTS + b"/*!40111 SET SQL_NOTES=IFNULL(@OLD_SQL_NOTES, 1) */;\n", ""),
    "mysqldump-xml": ("shop.xml", XML + b"</mysqldump>\n", ""),
    "mysqldump-xml-cut-off": ("shop.xml", XML, "breaks off, without the line '</mysqldump>'"),
    "redis-cli-rdb": ("redis.rdb", RDB + b"\xff" + bytes(8), ""),
    "redis-cli-rdb-cut-off": ("redis.rdb", RDB, CUT),
    "redis-cli-rdb-empty": ("redis/redis.rdb", b"", "is empty"),
    "mongodump-archive": ("shop.archive", MONGO + b"\xff" * 4, ""),
    "mongodump-archive-cut-off": ("shop.archive.gz", gzip.compress(MONGO), CUT),
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


def _judge(store, name, data, words):
    content = {**CONTENT, name: data}
    archive = store / "store" / "portfolio-20261122T030000Z.tar.gz"
    archive.write_bytes(with_manifest(manifest_of(content), content))
    for verdict, message in both(store):
        assert verdict is (CRITICAL if words else OK), message
        assert words in message
