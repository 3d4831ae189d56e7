"""Defects of an archive's content; nothing is written outside its folder."""

import gzip
import io
import json
import tarfile
from datetime import UTC, datetime

import pytest

from playbook.readers.archives.crc64 import crc64
from playbook.readers.archives.unpacking import Folder, NoRoomError, danger
from playbook.readers.archives.verification import Wanted, verify
from tests.unit.readers.archives.test_inspection import members_with_manifest, tar

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
_BODY = b"VALKEY080\xfe\x00\x00\x03key\x05value\xff"
DUMP = _BODY + crc64(_BODY).to_bytes(8, "little")
CONTENT = {"dump.rdb": DUMP, "images/a.webp": bytes(range(256)) * 40, "images/b.webp": b""}


def look(members=None, *, data=None, into=None, dump="dump.rdb", seconds=50.0):
    data = (
        gzip.compress(tar(members_with_manifest(CONTENT) if members is None else members))
        if data is None
        else data
    )
    wanted = Wanted(manifest="manifest.json", dump=dump, samples=5)
    return verify(io.BytesIO(data), len(data), wanted, now=NOW, seconds=seconds, into=into)


def special(name="images/x", kind=tarfile.REGTYPE, linkname=""):
    """A member as in a hostile archive."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, linkname
    return info


def archive_with(*infos):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members_with_manifest(CONTENT).items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in infos:
            info.size = 4 if info.isreg() else 0
            archive.addfile(info, io.BytesIO(b"evil"))
    return gzip.compress(out.getvalue())


def test_intact_archive_has_no_problems():
    """Its content is listed by folder, its dump is counted."""
    found = look()
    assert found.problems == ()
    assert found.whole
    assert found.members == 4
    assert found.folders["images"] == (2, 256 * 40)
    assert found.dump.keys == {"string": 1}
    assert found.dump_path == "dump.rdb"
    assert found.dump.samples[0].key == b"key"


@pytest.mark.parametrize("where", ["", "./", "nightly/"])
def test_everything_may_be_in_one_folder(where):
    """Paths in the manifest are then relative to it."""
    assert look({where + name: data for name, data in members_with_manifest(CONTENT).items()}).problems == ()


@pytest.mark.parametrize(
    ("content", "listed", "problem"),
    [
        (
            CONTENT | {"images/a.webp": b"?" * 256 * 40},
            CONTENT,
            "images/a.webp differs from its sum in manifest.json",
        ),
        ({k: v for k, v in CONTENT.items() if "b.webp" not in k}, CONTENT, "without images/b.webp, which its"),
        (CONTENT | {"images/b.webp": b"1"}, CONTENT, "images/b.webp is 1 B long, not 0 B as listed"),
        (CONTENT | {"dump.rdb": b"nonsense"}, None, "a dump that breaks off within its header"),
        (CONTENT | {"dump.rdb": DUMP[:-1] + b"x"}, None, "a dump that differs from its checksum"),
        ({"images/a.webp": b"x"}, None, "an archive without dump.rdb"),
    ],
)
def test_differences_are_named(content, listed, problem):
    """A checksum, a size, a member, the dump."""
    assert problem in look(members_with_manifest(content, listed)).problems[0]


def test_empty_manifest_proves_nothing():
    """There is nothing to compare with."""
    members = members_with_manifest(CONTENT) | {"manifest.json": b"{"}
    found = look(members)
    assert found.problems == ()
    assert found.coverage.got == "one that is neither JSON nor lines of sums"
    assert found.coverage.expected.startswith('manifest.json as {"files": [{"path": "…", ')
    del members["manifest.json"]
    assert look(members).problems == ("an archive without manifest.json among its 3 members",)


@pytest.mark.parametrize(("empty", "whole", "bad"), [(12, 8, True), (12, 13, False), (9, 1, False), (30, 0, True)])
def test_pictures_that_are_mostly_empty_are_a_failed_backup(empty, whole, bad):
    """As on a full disk: each is there and has the sum that the manifest lists."""
    pictures = {f"images/{n}.JPG": b"" if n < empty else b"x" for n in range(empty + whole)}
    problems = look(members_with_manifest({"dump.rdb": DUMP, ".keep": b"", **pictures})).problems
    assert problems == ((f"an archive in which {empty} of {empty + whole} pictures are empty",) if bad else ())


@pytest.mark.parametrize(
    ("content", "bad"),
    [
        (b"<html><body>502 Bad Gateway</body></html>", True),
        (b'\n<?xml version="1.0"?><Error><Code>SlowDown</Code></Error>', True),
        (b'{"message":"Unauthorized"}', True),
        (bytes(900), True),
        (b"\xff\xd8\xff\xe0" + bytes(900), False),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", False),
        (b"\x00\x00\x00\x1cftypavif" + bytes(90), False),
    ],
)
def test_pictures_that_are_something_else_are_a_failed_backup(content, bad):
    """What the store answered to each download, or blocks that were never written."""
    pictures = {f"images/{n}.webp": content for n in range(12)}
    problems = look(members_with_manifest({"dump.rdb": DUMP, **pictures})).problems
    told = "an archive in which 12 of 12 pictures are no pictures by their first bytes"
    assert problems == ((told,) if bad else ())


@pytest.mark.parametrize(
    ("wanted", "member", "found"),
    [
        ("redis/dump.rdb", "redis/dump.rdb", True),
        ("redis/dump.rdb", "backup/redis/dump.rdb", True),
        ("./redis/dump.rdb", "redis/dump.rdb", True),
        ("dump.rdb", "var/lib/redis/dump.rdb", True),
        ("redis/dump.rdb", "dump.rdb", False),
        ("redis/dump.rdb", "old-redis/dump.rdb", False),
    ],
)
def test_dump_may_be_named_with_its_folders(wanted, member, found):
    """As ``tar -t`` lists it."""
    assert bool(look(members_with_manifest({member: DUMP}), dump=wanted).dump_path) is found


def test_archives_without_a_dump_are_verified_where_none_is_expected():
    """E.g. archives of an image store alone."""
    assert look(members_with_manifest({"images/a.webp": b"x"}), dump="").problems == ()


def test_damaged_archive_is_reported():
    """Truncated, empty, or another kind of file."""
    whole = gzip.compress(tar(members_with_manifest(CONTENT)))
    for length in range(20, len(whole) - 8):
        assert look(data=whole[:length]).problems[0].startswith("an archive that is cut off"), length
    assert look(data=b"").problems == ("a file of 0 bytes",)
    assert "no sound gzip file" in look(data=b"nothing of the kind").problems[0]


def test_time_limit_is_no_finding():
    """The archive was in order up to there."""
    found = look(seconds=-1.0)
    assert found.problems == ()
    assert not found.whole


HOSTILE = [
    special("../outside"),
    special("images/../../outside"),
    special("/etc/passwd"),
    special("~/x"),
    special("C:\\x"),
    special("..\\outside"),
    special("images/link", tarfile.SYMTYPE, "../../outside"),
    special("images/link", tarfile.SYMTYPE, "/etc/passwd"),
    special("images/hard", tarfile.LNKTYPE, "../outside"),
    special("images/device", tarfile.CHRTYPE),
    special("images/pipe", tarfile.FIFOTYPE),
]


@pytest.mark.parametrize("info", HOSTILE, ids=[f"{info.name}-{info.linkname}" for info in HOSTILE])
def test_member_outside_the_folder_is_found_and_not_unpacked(info, tmp_path):
    """By .., by an absolute path, by a link; devices are not created either."""
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    found = look(data=archive_with(info), into=Folder(inside, 1e6))
    assert "outside the folder" in found.problems[0] or "device or pipe" in found.problems[0]
    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if not path.is_dir())
    assert written == [f"a/b/{name}" for name in sorted(members_with_manifest(CONTENT))]


def test_member_is_not_written_through_a_link(tmp_path):
    """An archive may contain an inner link; it is not created, and a member 'through' it is an ordinary file."""
    inside = tmp_path / "in"
    inside.mkdir()
    link = special("images/link", tarfile.SYMTYPE, "../images")
    found = look(data=archive_with(link, special("images/link/x")), into=Folder(inside, 1e6))
    assert found.problems == ()
    assert not (inside / "images/link").is_symlink()
    assert (inside / "images/link/x").read_bytes() == b"evil"


def test_conflicting_members_are_a_problem(tmp_path):
    """A file and a folder of one name cannot both be unpacked."""
    found = look(data=archive_with(special("images/a.webp/x")), into=Folder(tmp_path, 1e6))
    assert "cannot be unpacked" in found.problems[0]


def test_unpacked_files_equal_the_packed_ones(tmp_path):
    """Byte for byte, without the original permissions."""
    look(into=Folder(tmp_path, 1e6))
    for name, data in members_with_manifest(CONTENT).items():
        assert (tmp_path / name).read_bytes() == data


def test_unpacking_stops_at_the_space_limit(tmp_path):
    """However small the archive itself is: zeros compress well."""
    members = members_with_manifest(CONTENT | {"images/zeros": bytes(5_000_000)})
    with pytest.raises(NoRoomError):
        look(members, into=Folder(tmp_path, 1_000_000))


def test_ordinary_members_are_safe():
    """Dots in names, deep folders, links to neighbours."""
    for name in ("a", "./a/b", "a/..b/c..", "a/b/../c", "..."):
        assert danger(special(name)) == ""
    assert danger(special("a/b/link", tarfile.SYMTYPE, "../c")) == ""


def test_manifest_entries_without_checksum_are_compared_by_size():
    """An old job may have written none."""
    members = members_with_manifest(CONTENT)
    manifest = json.loads(members["manifest.json"])
    for entry in manifest["files"]:
        del entry["sha256"]
    assert look(members | {"manifest.json": json.dumps(manifest).encode()}).problems == ()
