"""Backup archives that mean harm: a few megabytes that stand for gigabytes, or for work without end."""

from __future__ import annotations

import bz2
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Any

from playbook.core.coverage import Coverage
from playbook.readers.archives.crc64 import crc64
from playbook.readers.archives.inspection import inspect
from playbook.readers.archives.verification import Wanted, verify
from tests.hostile.cases import case

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
_MIB = 1 << 20
_READING = 2.0  # seconds that each may be read for
_ENDLESS = 0.5  # where nothing else ends it
_AT_LEISURE = 60.0  # where another bound is to be met, also on a machine that is busy
_WITHIN = 8.0  # with what one step may take beyond them


class Pieces(io.RawIOBase):
    """A stream of bytes that are made as they are read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        piece, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same as gzip."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    for piece in pieces:
        if out := packer.compress(piece):
            yield out
    yield packer.flush()


def packed_zeros(before: bytes, mebibytes: int) -> Iterator[bytes]:
    """gzip of ``before`` and this many MiB of zeros, which are compressed only once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    yield packer.compress(before) + packer.flush(zlib.Z_FULL_FLUSH)
    again = zlib.compressobj(9, zlib.DEFLATED, -15)
    yield from repeat(again.compress(bytes(_MIB)) + again.flush(zlib.Z_FULL_FLUSH), mebibytes)


def header(name: str = "a", size: int = 0, kind: bytes = tarfile.REGTYPE, form: int = tarfile.GNU_FORMAT) -> bytes:
    """One header with these fields."""
    one = tarfile.TarInfo(name)
    one.type, one.size = kind, size
    return one.tobuf(form)


def with_size(block: bytes, size: bytes) -> bytes:
    """A header with another size field, and the sum that goes with it."""
    changed = block[:124] + size.ljust(12, b"\0") + block[136:148] + b" " * 8 + block[156:]
    return changed[:148] + b"%06o\0 " % sum(changed) + changed[156:]


def base256(number: int) -> bytes:
    """As GNU tar writes numbers that are too large, or below nought."""
    return (number % (1 << 96) | 1 << 95).to_bytes(12, "big")


def padded(data: bytes) -> bytes:
    """Up to a whole block."""
    return data + bytes(-len(data) % 512)


def pax(records: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    """A header of pax with these records."""
    return header("pax", len(records), kind, tarfile.USTAR_FORMAT) + padded(records)


def record(key: str, value: bytes) -> bytes:
    """One record, its length included."""
    text = f" {key}=".encode() + value + b"\n"
    length = len(text) + len(str(len(text)))
    length = len(text) + len(str(length))
    return str(length).encode() + text


def read(pieces: Iterable[bytes], *, manifest: str = "", dump: str = "", seconds: float = _READING) -> str:
    """What the verification of an archive, and the daily look at it, find."""
    wanted = Wanted(manifest=manifest, dump=dump, samples=50)
    found = verify(Pieces(pieces), 6 * _MIB, wanted, now=NOW, seconds=seconds)
    return f"{'; '.join(found.problems) or 'no problem'} [{found.how}] {_lacks(found.coverage)}"


def looked(pieces: Iterable[bytes], *, manifest: str = "") -> str:
    """What the daily look finds."""
    found = inspect(Pieces(pieces), 6 * _MIB, manifest=manifest, seconds=_READING)
    return f"{found.problem or 'no problem'} [{found.how}] {_lacks(found.coverage)}"


def _lacks(coverage: Coverage) -> str:
    return "" if coverage.enough else f"lacking: expected {coverage.expected}, got {coverage.got}"


END = bytes(1024)


@case("a GNU long name of 6 GB in 6 MB", "an archive that has a header of over 4,194,304 B", _WITHIN)
def _() -> str:
    return read(packed_zeros(header("././@LongLink", 6 << 30, tarfile.GNUTYPE_LONGNAME), 6 << 10))


@case("names of 60 kB by the ten thousand", "lacking: .*got an archive of over 67,108,864 B of names", _WITHIN)
def _() -> str:
    def members() -> Iterator[bytes]:
        for number in range(10_000):
            name = f"{number}/".encode() + b"n" * 60_000 + b"\0"
            yield header("././@LongLink", len(name), tarfile.GNUTYPE_LONGNAME) + padded(name) + header()
        yield END

    return read(packed(members()), seconds=_AT_LEISURE)


@case("members without end", "lacking: .*got (an archive of over 500,000 members|.* bytes)", _WITHIN)
def _() -> str:
    return looked(packed(header(f"{number}") for number in range(10_000_000)))


@case("long names that follow each other", "hundreds of headers in a row", _WITHIN)
def _() -> str:
    block = header("././@LongLink", 5, tarfile.GNUTYPE_LONGNAME) + padded(b"name\0")
    return read(chain(repeat(block, 5000), [header(), END]))


for _name, _size in {
    "-512": base256(-512),
    "-1024": base256(-1024),
    "-1": base256(-1),
    "of 2^63": base256(1 << 63),
    "of 2^80": base256(1 << 80),
}.items():

    @case(f"a header with a size {_name}", "an archive that has a member of -?[0-9,]+ B", _WITHIN)
    def _(size: bytes = _size) -> str:
        return read([with_size(header(), size), bytes(512), END])


@case("a header with a size of 2^62", "an archive that (is cut off|cannot be read|breaks off)", _WITHIN)
def _() -> str:
    return read([with_size(header(), base256(1 << 62)), bytes(512), END])


@case("a size of letters", "an archive that", _WITHIN)
def _() -> str:
    return read([with_size(header(), b"abc"), END])


@case("a pax header with a size of -512", "an archive that has a member of -512 B", _WITHIN)
def _() -> str:
    return read([pax(record("size", b"-512")), header(), END])


@case(
    "a pax header that says the size of the next one to be nan", "an archive with 1 file but no content", _WITHIN
)
def _() -> str:
    return read([pax(record("size", b"nan")), header(size=512), bytes(512), END])


@case("a pax header with a size of 100,000 digits", "over 255 digits in a row", _WITHIN)
def _() -> str:
    return read([pax(record("size", b"9" * 100_000)), header(), END])


@case("a pax header with 4 MB of digits that is no record", "malformed pax header", _WITHIN)
def _() -> str:
    return read([pax(b"1" * 4_000_000), header(), END])


@case(
    "a pax header with 4 MB of digits in a record that is not needed",
    "an archive with 1 file but no content",
    _WITHIN,
)
def _() -> str:
    return read([pax(record("comment", b"1" * 4_000_000)), header(), END])


@case(
    "a pax header with 4 MB of digits and slashes as its path",
    "an archive with 1 file but no content|read for 2 s",
    _WITHIN,
)
def _() -> str:
    return read([pax(record("path", (b"1" * 254 + b"/") * 15_000)), header(), END])


@case("a pax header of a million records", "an archive with 1 file but no content|read for 2 s", _WITHIN)
def _() -> str:
    return read([pax(b"".join(record(f"GNU.{number}", b"") for number in range(250_000))), header(), END])


@case("pax records for all, one thousand times", "records for all its members of over", _WITHIN)
def _() -> str:
    return read(
        chain(
            (pax(record(f"GNU.{n}", b"x" * 10_000), tarfile.XGLTYPE) + header(str(n)) for n in range(1000)), [END]
        )
    )


for _name, _records in {
    "without a length": b"path=name\n",
    "of the length 0": b"0 path=name\n",
    "of a negative length": b"-5 path=name\n",
    "that ends beyond the header": b"999 path=name\n",
    "without an equals sign": b"13 path name\n",
    "without a line end": b"13 path=name.",
    "behind a sound one": record("path", b"name") + b"xx path=other\n",
}.items():

    @case(f"a pax record {_name}", "an archive that has a malformed pax header", _WITHIN)
    def _(records: bytes = _records) -> str:
        return read([pax(records), header(), END])


def _sparse(entries: list[tuple[int, int]], real: int, *, extended: bool = False) -> bytes:
    """A header of the old GNU form with this map."""
    block = bytearray(header(kind=tarfile.GNUTYPE_SPARSE))
    for number, (offset, size) in enumerate(entries):
        at = 386 + 24 * number
        block[at : at + 24] = base256(offset) + base256(size)
    block[482] = extended
    block[483:495] = base256(real)
    return with_size(bytes(block), b"%011o" % sum(size for _, size in entries if 0 < size < 1 << 30))


for _name, _map, _real in (
    ("backwards", [(1024, 512), (0, 512)], 2048),
    ("over itself", [(0, 1024), (512, 512)], 2048),
    ("of negative places", [(-512, 512)], 2048),
    ("of negative sizes", [(512, -512)], 2048),
    ("beyond the end", [(0, 512), (1 << 40, 512)], 1024),
):

    @case(
        f"a map of holes {_name}",
        "an archive that has a sparse member whose map|an archive that has a mem",
        _WITHIN,
    )
    def _(places: list[tuple[int, int]] = _map, real: int = _real) -> str:
        return read([_sparse(places, real), bytes(1024), END])


@case("a hole of 2^60 bytes", "no problem .read for 0.5 s.*lacking", _WITHIN)
def _() -> str:
    return read([_sparse([(0, 512), ((1 << 60) - 512, 512)], 1 << 60), bytes(1024), END], seconds=_ENDLESS)


@case("a map of holes without end", "a header of over 4,194,304 B", _WITHIN)
def _() -> str:
    entries = bytes(11) + b"\x01"
    return read(
        packed(
            chain(
                [_sparse([(0, 512)], 1 << 40, extended=True)],
                repeat((base256(512) + b"\x80" + entries[1:]) * 21 + b"\x01" + bytes(7), 1 << 20),
            )
        ),
        seconds=_AT_LEISURE,
    )


for _name, _content in {
    "of 10^30 entries": b"1" + b"0" * 30 + b"\n" + b"5\n" * 300,
    "of letters": b"abc\n",
    "without a line end": b"9" * 600,
    "of an endless number": b"5\n" + b"9" * 5000,
    "of a negative number of entries": b"-5\n",
}.items():

    @case(f"a map of holes in the content {_name}", "an archive that has a", _WITHIN)
    def _(content: bytes = _content) -> str:
        records = record("GNU.sparse.major", b"1") + record("GNU.sparse.minor", b"0")
        records += record("GNU.sparse.realsize", b"1000000")
        return read([pax(records), header(size=len(content)), padded(content), END])


@case("a map of holes in a record of letters", "a header that cannot be read", _WITHIN)
def _() -> str:
    return read([pax(record("GNU.sparse.map", b"a,b,c") + record("GNU.sparse.size", b"5")), header(), END])


@case("a map of holes in a record of a million numbers", "an archive that|no content", _WITHIN)
def _() -> str:
    numbers = b",".join(b"%d" % number for number in range(500_000))
    return read([pax(record("GNU.sparse.map", numbers) + record("GNU.sparse.size", b"1")), header(), END])


@case("a real size that is no number", "a header that cannot be read", _WITHIN)
def _() -> str:
    return read([pax(record("GNU.sparse.realsize", b"many")), header(), END])


# -------------------------------------------------------------------------------------------- packed without end


@case("a gzip of zeros without end in a member", "no problem .read for 0.5 s.*lacking", _WITHIN)
def _() -> str:
    return read(packed_zeros(with_size(header(), base256(1 << 45)), 1 << 25), seconds=_ENDLESS)


@case("a gzip of zeros behind the end mark", "no problem .read for 0.5 s.*lacking", _WITHIN)
def _() -> str:
    return read(packed_zeros(header() + END, 1 << 25), seconds=_ENDLESS)


@case("a gzip of a hundred thousand empty gzips", "holds no tar|no problem", _WITHIN)
def _() -> str:
    return read(repeat(b"".join(packed([b""])), 100_000))


@case("a gzip with a name without end", "no problem .read for 0.5 s|is cut off", _WITHIN)
def _() -> str:
    return read(chain([b"\x1f\x8b\x08\x08" + bytes(6)], repeat(b"n" * _MIB, 1 << 20)), seconds=_ENDLESS)


@case("an xz that asks for 1.5 GB of memory", "lacking: .*over 128 MiB of memory", _WITHIN)
def _() -> str:
    small = lzma.compress(bytes(1000), filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}])
    # The size of the dictionary is one byte of the block's header, which ends with its own sum.
    at = small.index(b"\x21\x01") + 2
    body = bytearray(small[12 : 12 + (small[12] + 1) * 4])
    body[at - 12] = 37  # 1.5 GiB
    body[-4:] = zlib.crc32(bytes(body[:-4])).to_bytes(4, "little")
    return read([small[:12] + bytes(body) + small[12 + len(body) :]])


@case("an xz of zeros without end", "no problem .read for 0.5 s.*lacking", _WITHIN)
def _() -> str:
    zeros = lzma.compress(bytes(64 * _MIB))
    return read(chain([lzma.compress(with_size(header(), base256(1 << 45)))], repeat(zeros)), seconds=_ENDLESS)


@case("a bzip2 of zeros without end", "no problem .read for 0.5 s.*lacking", _WITHIN)
def _() -> str:
    zeros = bz2.compress(bytes(16 * _MIB))
    return read(chain([bz2.compress(with_size(header(), base256(1 << 45)))], repeat(zeros)), seconds=_ENDLESS)


@case("a Zstandard file", "lacking: .*got a Zstandard file", _WITHIN)
def _() -> str:
    return read(chain([b"\x28\xb5\x2f\xfd"], repeat(b"\xff" * _MIB, 1 << 20)))


# -------------------------------------------------------------------------------------------------- the manifest


def _with_manifest(content: bytes) -> list[bytes]:
    return [header("manifest.json", len(content)), padded(content), header("dump", 1), padded(b"x"), END]


for _name, _content, _words in (
    ("100,000 deep", b'{"files": ' + b"[" * 100_000, "nested too deeply"),
    ("900 deep", b'{"files": [' + b"[" * 900 + b"]" * 900 + b"]}", "nested too deeply|entries such as"),
    ("of five million empty lists", b'{"files": [' + b"[]," * 5_000_000 + b"[]]}", "over 3,000,000 values"),
    ("of 700,000 entries", b'{"files": [' + b"{}," * 700_000 + b"{}]}", "over 500,000 files"),
    ("of 16 MB of line ends", b"a" + b"\n" * (16 * _MIB - 2), "over 500,000 lines"),
    ("of 20 MB", b"[" * 20 * _MIB, "of over 16 MiB"),
    ("with NaN", b'{"files": [], "counts": {"images": NaN}}', "neither JSON"),
    ("with an infinite number", b'{"files": [], "counts": {"images": 1e999}}', "neither JSON"),
    (
        "with a number of 5,000 digits",
        b'{"files": [], "counts": {"images": ' + b"9" * 5000 + b"}}",
        "neither JSON",
    ),
):

    @case(f"a manifest {_name}", f"lacking: .*{_words}", _WITHIN)
    def _(content: bytes = _content) -> str:
        return read(_with_manifest(content), manifest="manifest.json")


# ------------------------------------------------------------------------------------------------------ the dump

_LONG = b"\x81" + (1 << 60).to_bytes(8, "big")


def _dumped(body: bytes) -> list[bytes]:
    data = b"REDIS0011" + body
    data += crc64(data).to_bytes(8, "little")
    return [header("dump.rdb", len(data)), padded(data), END]


for _name, _body, _words in (
    ("with a key of 2^60 bytes", b"\x00" + _LONG + b"x", "a dump that breaks off"),
    ("with a list of 2^60 items", b"\x01\x01k" + _LONG + b"\x01x" * 1000, "a dump that cannot be read"),
    ("with a hash of 2^60 fields", b"\x04\x01k" + _LONG + b"\x01x" * 1000, "a dump that cannot be read"),
    ("with a text that is packed of 2^60", b"\x00\x01k\xc3" + _LONG + _LONG, "a dump that breaks off"),
    (
        "with a text that unpacks to more than it says",
        b"\x00\x01k\xc3"
        + b"\x80"
        + (900_001).to_bytes(4, "big")
        + b"\x05\x00a"
        + b"\xe0\xff\x00" * 299_999
        + b"\x00a",
        "cannot be unpacked",
    ),
    ("with a database of 2^60", b"\xfe" + _LONG + b"\x00\x01k\x01v\xff", "a database of the number"),
    ("with a module without end", b"\xf7\x01" + b"\x02\x01" * 500_000, "a dump that cannot be read"),
    (
        "with consumers of 2^60",
        b"\x0f\x01k\x00\x00\x00\x00\x01\x01g\x00\x00\x00" + _LONG,
        "a dump that cannot be read",
    ),
    (
        "of 300,000 keys and no end",
        b"\x00\x02" + b"".join(b"%02d\x01v\x00\x02" % (n % 100) for n in range(300_000)),
        "a dump that (breaks off|cannot be read)",
    ),
    ("with times to live of 2^64", b"\xfc" + b"\xff" * 8 + b"\x00\x01k\x01v\xff", "no problem"),
):

    @case(f"a dump {_name}", _words, _WITHIN)
    def _(body: bytes = _body) -> str:
        return read(_dumped(body), dump="dump.rdb", seconds=_AT_LEISURE)


@case("a dump of keys of 1 MB, all of them wanted", "no problem", _WITHIN)
def _() -> str:
    one = b"\x00\x80" + (1 << 20).to_bytes(4, "big") + b"k" * (1 << 20) + b"\x01v"
    return read(_dumped(one * 24 + b"\xff"), dump="dump.rdb")
