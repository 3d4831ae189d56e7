"""Defects of an archive, each found by reading it."""

import gzip
import hashlib
import io
import json
import tarfile
from random import Random

import pytest

from playbook.readers.archives.inspection import inspect, inspect_ends

CONTENT = {"dump.rdb": b"VALKEY080\xff" + bytes(8), "images/a.webp": bytes(range(256)) * 40, "images/b.webp": b""}


def members_with_manifest(content=CONTENT, listed=None):
    files = [
        {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for path, data in (listed or content).items()
    ]
    return {"manifest.json": json.dumps({"files": files, "counts": {"images": 2}}).encode(), **content}


def tar(members, form=tarfile.PAX_FORMAT, time=0):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), time
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def look(data, manifest="manifest.json", seconds=50.0):
    return inspect(io.BytesIO(data), len(data), manifest=manifest, seconds=seconds)


def test_intact_archive_has_no_problem():
    """It is read to its end, and contains every file of its manifest."""
    found = look(gzip.compress(tar(members_with_manifest())))
    assert found.problem == ""
    assert found.how == "read to its end: 4 members, 3 of them listed in manifest.json"
    assert found.members == 4
    assert found.manifest.counts == {"images": 2}


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("where", ["", "./", "backup/"])
def test_every_tar_format_is_read(form, where):
    """Also with everything in one folder, and with a path too long for the header."""
    content = CONTENT if form == tarfile.USTAR_FORMAT else CONTENT | {"images/" + "é" * 120 + ".webp": b"x"}
    members = {where + name: data for name, data in members_with_manifest(content).items()}
    assert look(gzip.compress(tar(members, form))).problem == ""


def test_members_of_all_sizes_are_read():
    """Reading never seeks back, wherever a member ends within a buffer."""
    content = {f"images/{n}": bytes(n * 7 % 1500) for n in range(2000)} | {f"d{n}/": b"" for n in range(500)}
    assert look(gzip.compress(tar(members_with_manifest(content)), 1)).problem == ""


def test_several_gzip_members_are_one_archive():
    """As some parallel compressors write them."""
    data = tar(members_with_manifest())
    assert look(gzip.compress(data[:700]) + gzip.compress(data[700:])).problem == ""


def test_truncation_is_found_at_every_length():
    """Wherever it is cut off."""
    whole = gzip.compress(tar(members_with_manifest()))
    for length in range(len(whole)):
        assert look(whole[:length]).problem, length


def test_every_changed_byte_of_the_content_is_found():
    """By gzip's checksum at the latest. Unused bytes of the header do not matter."""
    whole = gzip.compress(tar(members_with_manifest()))
    for position in range(10, len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 0xFF
        assert look(bytes(changed)).problem, position


def test_tar_truncated_before_compression_is_found():
    """The gzip file is valid: the pipe from the job's tar was closed too early."""
    data = tar(members_with_manifest())
    data = data.rstrip(b"\0")
    border = -len(data) % 512
    assert look(gzip.compress(data + bytes(border))).problem == (
        "an archive that breaks off after member 4, without tar's end mark"
    )


def test_damaged_header_is_found():
    """tarfile takes it for the end of the archive."""
    data = bytearray(tar(members_with_manifest(), tarfile.USTAR_FORMAT))
    at = data.index(b"images/a.webp\0")
    data[at] ^= 1
    assert look(gzip.compress(bytes(data))).problem == (
        "an archive that breaks off after member 2, without tar's end mark"
    )


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "a file of 0 bytes"),
        (b"<!DOCTYPE html>", "an archive that is no sound gzip file: not a gzipped file (b'<!')"),
        (gzip.compress(b"no tar" * 200), "an archive that holds no tar: invalid header"),
        (gzip.compress(tar(CONTENT)), "an archive without manifest.json among its 3 members"),
        (
            gzip.compress(tar(members_with_manifest({"dump.rdb": b"x"}, {"dump.rdb": b"x", "images/a": b"y"}))),
            "an archive without images/a, which its manifest.json lists",
        ),
        (
            gzip.compress(tar(members_with_manifest({"dump.rdb": b"x"}, {"dump.rdb": b"xyz"}))),
            "an archive whose dump.rdb is 1 B long, not 3 B as listed",
        ),
    ],
    ids=["empty", "a page", "no tar", "no manifest", "member missing", "member of another size"],
)
def test_problem_is_a_sentence(data, problem):
    """To follow 'got'."""
    assert look(data).problem == problem


def test_manifest_of_another_format_is_not_compared():
    """The result says so."""
    found = look(gzip.compress(tar({"manifest.json": b'{"version": 3}', "dump.rdb": b"x"})))
    assert found.problem == ""
    assert found.how == "read to its end: 2 members, no list of them to compare with"


def test_unconfigured_manifest_is_not_required():
    """But the archive must not be empty."""
    assert look(gzip.compress(tar(CONTENT)), manifest="").problem == ""
    assert look(gzip.compress(tar({})), manifest="").problem == "an archive without members"


def test_reading_ends_at_its_time_limit():
    """The part read is in order, and the result says how much that is."""
    found = look(gzip.compress(tar(members_with_manifest())), seconds=-1)
    assert found.problem == ""
    assert found.members is None
    assert found.how == "read for -1 s: 0 % of it, in order that far"


def ends_of(data):
    return inspect_ends(lambda start, length: data[start : start + length], len(data))


def test_ends_of_an_intact_archive_are_in_order():
    """Only its beginning and its end are read."""
    assert ends_of(gzip.compress(tar(members_with_manifest()))).problem == ""


def test_nearly_every_truncation_is_found_by_its_ends():
    """One in 512 passes by chance; the content is as incompressible as images."""
    whole = gzip.compress(tar({"images/a.webp": Random(1).randbytes(8_000)}))
    missed = [length for length in range(len(whole)) if not ends_of(whole[:length]).problem]
    assert len(missed) < 3 * 8_000 / 512


def test_file_that_does_not_begin_as_a_tar_is_found():
    """The message shows its beginning."""
    assert ends_of(b"<!DOCTYPE html>").problem == (
        "a file beginning with 3c 21 44 4f that does not begin as a tar.gz"
    )
    assert ends_of(gzip.compress(b"no tar" * 200)).problem


@pytest.mark.parametrize("content", [b"", bytes(90), b"<html>502 Bad Gateway</html>"])
def test_pictures_that_are_none_are_found_every_day(content):
    """The manifest is made of what was written, so it agrees; after them the archive is read to its end."""
    pictures = {f"images/{n}.webp": content for n in range(12)}
    whole = {f"images/whole-{n}.webp": b"RIFF" + bytes(70_000) for n in range(11)}
    found = look(gzip.compress(tar(members_with_manifest({"dump.rdb": b"x", **pictures, **whole}))))
    assert found.problem.startswith("an archive in which 12 of 23 pictures are ")
    assert found.members == 25
    fewer = {f"images/{n}.webp": content for n in range(9)}
    assert look(gzip.compress(tar(members_with_manifest({"dump.rdb": b"x", **fewer})))).problem == ""
