"""Dumps of a real server, read as the server would: every kind of value, checksums, samples, damage."""

import hashlib
import io
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from playbook.core.guard import Guard, temporary_folder
from playbook.readers.archives.crc64 import Crc64, crc64
from playbook.readers.archives.dump import DumpError
from playbook.readers.archives.lzf import unpack
from playbook.readers.archives.rdb import read_dump

NOW = datetime.now(UTC)  # at collection; keys of ten minutes are created up to ten minutes later


@pytest.fixture(scope="module")
def server():
    """A Valkey without a port."""
    from sandbox.backups.archives import _connect, launch_valkey

    guard = Guard(temporary_folder())
    try:
        launch_valkey(guard)
        with _connect(guard.folder / "valkey.sock") as redis:
            yield redis, guard.folder
    finally:
        guard.end()


@pytest.fixture(scope="module")
def filled(server):
    """A dump with one key of every kind."""
    redis, folder = server
    for number, value in enumerate(["", 1, 12345, -7, 2**40, "x" * 5000, Random(1).randbytes(900)]):
        redis.set(f"text:{number}", value)
    for number in range(300):
        redis.set(f"key:{number}", f"value {number} " * (number % 40))
    redis.set("lasting", "v", ex=86_400)
    redis.set("passing", "v", ex=600)
    redis.rpush("list", *range(1000))
    redis.rpush("list:long", *["x" * 9000] * 5)
    redis.sadd("set:numbers", *range(10))
    redis.sadd("set", *[f"m{number}" for number in range(1000)])
    redis.zadd("zset", {f"m{number}": number * 0.5 for number in range(1000)})
    redis.zadd("zset:small", {"a": float("inf")})
    redis.hset("hash", mapping={f"f{number}": "v" * 70 for number in range(700)})
    redis.hset("hash:small", "a", "b")
    redis.execute_command("HSET", "hash:timed", "a", "b", "c", "d")
    redis.execute_command("HEXPIRE", "hash:timed", 10_000, "FIELDS", 1, "a")
    for number in range(300):
        redis.xadd("stream", {"a": number})
    redis.xgroup_create("stream", "group", 0)
    redis.xreadgroup("group", "consumer", {"stream": ">"}, count=10)
    redis.execute_command(
        "FUNCTION", "LOAD", "#!lua name=lib\nserver.register_function('f', function() return 1 end)"
    )
    redis.save()
    return redis, (folder / "dump.rdb").read_bytes()


def dump(data, **how):
    return read_dump(io.BytesIO(data), NOW, **how)


@pytest.mark.slow
def test_every_kind_is_counted(filled):
    """As the server counts them."""
    redis, data = filled
    found = dump(data)
    assert found.version == "VALKEY080"
    assert found.keys == {"string": 309, "list": 2, "set": 2, "zset": 2, "hash": 3, "stream": 1}
    assert found.total == redis.dbsize()
    assert found.passing == {"string": 1}
    assert not found.expired
    assert found.summed
    assert not found.uncounted


@pytest.mark.slow
def test_expired_keys_are_counted_separately(filled):
    """A server does not load it."""
    found = read_dump(io.BytesIO(filled[1]), NOW + timedelta(days=2))
    assert found.expired == {"string": 2}
    assert not found.passing


@pytest.mark.slow
def test_samples_match_the_server(filled):
    """Kind, length and content; keys that expire soon are not sampled."""
    redis, data = filled
    lengths = {
        "string": redis.strlen,
        "list": redis.llen,
        "set": redis.scard,
        "zset": redis.zcard,
        "hash": redis.hlen,
        "stream": redis.xlen,
    }
    samples = dump(data, samples=1000).samples
    assert len(samples) == redis.dbsize() - 1
    for sample in samples:
        assert redis.type(sample.key).decode() == sample.kind
        if sample.length is not None:
            assert lengths[sample.kind](sample.key) == sample.length
        if sample.kind == "string":
            assert hashlib.sha256(redis.get(sample.key)).hexdigest() == sample.sha256


@pytest.mark.slow
def test_sample_covers_all_keys_and_is_reproducible(filled):
    """Not the first ones only."""
    first, again = (dump(filled[1], samples=20).samples for _ in range(2))
    assert first == again
    assert len(first) == 20
    assert len({sample.key for sample in first}) == 20


@pytest.mark.slow
def test_truncated_dump_is_found_at_every_length(filled):
    """Wherever it is cut off."""
    data = filled[1]
    for length in range(0, len(data), 101):
        with pytest.raises(DumpError):
            dump(data[:length])


@pytest.mark.slow
def test_every_changed_byte_is_found(filled):
    """By its checksum at the latest."""
    data = filled[1]
    for position in range(9, len(data), 101):
        changed = bytearray(data)
        changed[position] ^= 1
        with pytest.raises(DumpError):
            dump(bytes(changed), samples=10)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: b"", "breaks off within its header"),
        (lambda data: b"GARBAGE!!" + data[9:], "does not begin with REDIS or VALKEY"),
        (lambda data: data + b"more", "goes on after its end mark"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "differs from its checksum"),
    ],
)
def test_damage_is_described(filled, change, message):
    """In words that follow 'a dump that'."""
    with pytest.raises(DumpError, match=message):
        dump(change(filled[1]))


@pytest.mark.slow
def test_dump_without_checksum_is_reported_as_such(filled):
    """``rdbchecksum no`` writes zeros."""
    assert not dump(filled[1][:-8] + bytes(8)).summed


@pytest.mark.slow
def test_unknown_types_are_not_counted_but_checksummed(filled):
    """For a type of a later version the checksum is still compared."""
    body = filled[1][:-9] + bytes([99, 1, 65, 1, 66]) + b"\xff"
    data = body + crc64(body).to_bytes(8, "little")
    assert dump(data).uncounted == "it holds a value of type 99, which is not known here"
    with pytest.raises(DumpError, match="differs from its checksum"):
        dump(body + bytes([1, *data[-7:]]))


STREAM = (
    b"\x01" + b"\x10" + bytes(16) + b"\x07listpack"[:1] + b"listpak"  # one node: an ID and a listpack
    + b"\x03\x09\x00" + b"\x01\x00\x00\x00\x03"  # length, last ID; first ID, last deleted ID, entries added
    + b"\x01\x05group\x09\x00\x03"  # one group: its name, last ID, entries read
    + b"\x02" + (bytes(16) + bytes(8) + b"\x01") * 2  # two pending entries
    + b"\x01\x02me" + bytes(16) + b"\x01" + bytes(16)  # one consumer: its name, times, pending entries
)  # fmt: skip
TEMPLATE = b"\xf2\x07\x03\x03age\x04name\x05email"
# What is before the key, the number of its type, its value, and its kind; empty where it is not known.
NEWER = {
    "redis-8.6": (b"", 26, STREAM + b"\x40\x64\x40\x64" + b"\x00" + b"\x00\x00", "stream"),
    "redis-8.8": (b"", 27, STREAM + b"\x01" + bytes(16) + b"\x40\x64\x40\x64" + b"\x00" + b"\x00\x00", "stream"),
    "with-producers": (
        b"",
        26,
        STREAM + b"\x40\x64\x40\x64" + b"\x01\x01p\x01\x01i\x09\x00" + b"\x01\x00",
        "stream",
    ),
    "array": (
        b"",
        28,
        b"\x04\x00"
        + b"\x00\x01"
        + bytes(8)
        + b"\x01\x02"
        + bytes(8)
        + b"\x02\x03\x02ab"
        + b"\x40\x64\x00\x0842345678",
        "array",
    ),
    "array-with-a-cursor": (b"", 28, b"\x01\x01\x31" + b"\x00\x03\x01a", "array"),
    "hash-of-a-template-packed": (TEMPLATE, 30, b"\x0b" + bytes(11), "hash"),
    "hash-of-a-template": (TEMPLATE, 32, b"\x07" + b"\xc0\x2a" + b"\x05Edijs" + b"\x0bedijs@e.com", "hash"),
    "hash-with-times": (b"", 24, bytes(8) + b"\x01" + b"\x00\x01f\x01v", "hash"),
    "string-with-a-modules-data": (b"\xf3\x01" + bytes(4) + b"\x02\x05\x05\x01x\x00", 0, b"\x01v", "string"),
    "rate-limit": (b"", 33, b"\x01", ""),
}


@pytest.mark.parametrize(("before", "code", "value", "kind"), NEWER.values(), ids=NEWER)
def test_values_of_newer_servers_are_counted(before, code, value, kind):
    """Redis 8.6 to 8.10: rdb.h, and the parsers of upstash/rdb."""
    body = b"REDIS0014\xfe\x00" + before + bytes((code,)) + b"\x06number" + value + b"\x00\x03key\x01v\xff"
    found = dump(body + crc64(body).to_bytes(8, "little"))
    assert bool(found.uncounted) == (not kind)
    if kind:
        assert found.keys[kind] == (2 if kind == "string" else 1)
        assert found.total == 2


def test_valkey_has_entries_and_types_of_its_own():
    """The import of a slot, and not Redis' numbers of types."""
    start = b"VALKEY090\xf3\x03job\x02\x00\x09\x10\x19\xfe\x00"
    for code, value, known in (
        (22, b"\x01\x01f\x01v" + bytes(8), True),
        (26, b"\x01", False),
        (28, b"\x01", False),
    ):
        body = start + bytes((code,)) + b"\x06number" + value + b"\xff"
        assert bool(dump(body + crc64(body).to_bytes(8, "little")).uncounted) != known


def test_crc64_matches_the_server():
    """The value in its own test, and a checksum computed in pieces."""
    assert crc64(b"123456789") == 0xE9C6D914C4B8D9CA
    data = Random(2).randbytes(2 * 1024 * 1024 + 77)
    running = Crc64()
    for start in range(0, len(data), 100_003):
        running.update(data[start : start + 100_003])
    assert running.value == crc64(data)


def test_crc64_matches_its_definition():
    """Bit by bit, by its polynomial."""
    data = Random(3).randbytes(3_000)
    register = 0
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0x95AC9329AC4BC9B5 if register & 1 else 0)
    assert crc64(data) == register


@pytest.mark.parametrize("data", [b"\xe0", b"\x1fabc", b"\x20\xff", b"\x05abcdef"])
def test_invalid_lzf_is_refused(data):
    """Instead of being read past its end."""
    with pytest.raises(ValueError, match=r"breaks off|before the beginning|expected"):
        unpack(data, 100)
