"""The backup store, read-only: a folder, or a bucket of an S3-compatible service such as DigitalOcean Spaces.

A store lists files and reads parts of them; this module cannot write, move or delete.
"""

from __future__ import annotations

import io
import math
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from playbook.clients.breakage import RUNNER_HINT
from playbook.clients.http import BUSY, HttpClient
from playbook.clients.proxies import is_loopback
from playbook.clients.retries import tries
from playbook.clients.s3_listing import PAGE, Bucket, NoListingError, NoPartError, Refusal
from playbook.core.deadline import left
from playbook.core.engine import client
from playbook.core.errors import Denied, Malformed, PlaybookError, Unreachable, UsageError
from playbook.core.secret import Secret
from playbook.settings.model import Settings, TimeLimits
from playbook.settings.sections.target import Backups

SERVICE = "Backups"
MOST_FILES = 100_000
_PIECE = 4 * 1024 * 1024  # bytes of one range, and so the memory needed to read an archive
_PAGE = PAGE
_LEAST = 0.5  # least number of seconds for the last part of a file
_LISTING_SECONDS = 20.0  # for a listing with all its pages; callers have more time than that

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of the store.

    Attributes:
        name: path below the store's folder, separated by ``/``.
        size: bytes.
        modified: aware, in UTC.
        parts: the files that it is split into, in their order; empty for a file of its own.
    """

    name: str
    size: int
    modified: datetime
    parts: tuple[StoredFile, ...] = ()


class BackupStore(ABC):
    """Where the archives are.

    Attributes:
        location: as an operator writes it; holds no secret.
    """

    location: str

    @abstractmethod
    def files(self) -> list[StoredFile]:
        """Every file, including subfolders; in no particular order.

        Raises:
            Unreachable: the store does not exist or does not answer.
            Denied: listing is not permitted.
            Malformed: it holds more than ``MOST_FILES``, or the answer is not a listing.
        """

    @abstractmethod
    def read(self, name: str, start: int, length: int, *, within: float = math.inf) -> bytes:
        """At most ``length`` bytes from ``start``; fewer at the end of the file. Raises as ``files`` does.

        Args:
            within: limit in seconds, if lower than that of any request.
        """

    def part(self, file: StoredFile, start: int, length: int, *, within: float = math.inf) -> bytes:
        """As ``read``, also across the parts of a file.

        Raises:
            Malformed: the file ends before the size that the store lists, too.
        """
        due = max(min(length, file.size - start), 0)
        if not file.parts:
            found = self.read(file.name, start, due, within=within) if due else b""
            return self._whole(found, file, start, due)
        found, begins = b"", 0
        for one in file.parts:
            at = start + len(found) - begins
            if 0 <= at < one.size and len(found) < due:
                wanted = min(due - len(found), one.size - at)
                found += self._whole(self.read(one.name, at, wanted, within=within), one, at, wanted)
            begins += one.size
        return found

    def _whole(self, found: bytes, file: StoredFile, start: int, due: int) -> bytes:
        """What was read, if it is all: what is missing may be what matters, and is not the file's fault."""
        if len(found) >= due:
            return found
        raise Malformed(
            f"{SERVICE}: expected the {file.size:,} bytes that {self.location} lists for {file.name}, got "
            f"{start + len(found):,}",
            service=SERVICE,
            hint="Is it being written or replaced just now? Otherwise read it with another program.",
        )

    def open(self, file: StoredFile, *, within: float = math.inf) -> IO[bytes]:
        """The file as a stream, read in pieces in constant memory. Reading raises as ``read`` does.

        Args:
            within: limit in seconds for the whole file.
        """
        return io.BufferedReader(_Pieces(self, file, time.monotonic() + within), _PIECE)


class _Pieces(io.RawIOBase):
    def __init__(self, store: BackupStore, file: StoredFile, until: float) -> None:
        self._store = store
        self._file = file
        self._until = until
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), self._file.size - self._at)
        left = max(self._until - time.monotonic(), _LEAST)
        piece = self._store.part(self._file, self._at, length, within=left) if length > 0 else b""
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


@dataclass(frozen=True)
class FolderStore(BackupStore):
    """A folder and its subfolders. Links are not followed: ``latest`` links to an archive that is listed anyway.

    Attributes:
        setting: dotted path of the setting that names the folder.
    """

    location: str
    setting: str

    def files(self) -> list[StoredFile]:
        """See BackupStore."""
        return _at_most(self._walk(Path(self.location)), self.location)

    def read(self, name: str, start: int, length: int, *, within: float = math.inf) -> bytes:
        """See BackupStore; reading a local file has no time limit."""
        path = Path(self.location, name)
        try:
            with path.open("rb") as file:
                file.seek(start)
                return file.read(length)
        except OSError as error:
            raise self._failed(error, path) from error

    def _walk(self, folder: Path) -> Iterator[StoredFile]:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        yield from self._walk(Path(entry.path))
                    elif entry.is_file(follow_symlinks=False):
                        with suppress(FileNotFoundError):  # the job that removes old archives may be running
                            found = entry.stat(follow_symlinks=False)
                            name = Path(entry.path).relative_to(self.location).as_posix()
                            yield StoredFile(name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))
        except OSError as error:
            raise self._failed(error, folder) from error

    def _failed(self, error: OSError, path: Path) -> Denied | Unreachable:
        reason = (error.strerror or type(error).__name__).lower()
        message = f"{SERVICE}: expected to read {path} ({self.setting}), got an error ({reason})"
        if isinstance(error, PermissionError):
            hint = "The account that runs the playbook must be able to list and read the archives."
            return Denied(message, service=SERVICE, hint=hint)
        hint = "Is the volume mounted on this machine, and the path right?"
        return Unreachable(message, service=SERVICE, hint=hint)


@dataclass(frozen=True)
class BucketStore(BackupStore):
    """A bucket, or a prefix of it.

    Attributes:
        endpoint: host of the service, for messages.
        setting: dotted path of the setting that names the bucket.
        seconds: after which no further attempt is made.
    """

    location: str
    endpoint: str
    setting: str
    seconds: float
    bucket: Bucket = field(repr=False)

    def files(self) -> list[StoredFile]:
        """See BackupStore. Reads every page of the listing; an incomplete listing is Malformed."""
        until = time.monotonic() + left(_LISTING_SECONDS)
        return self._try("a listing", lambda: _at_most(self._list(until), self.location), _LISTING_SECONDS)

    def read(self, name: str, start: int, length: int, *, within: float = math.inf) -> bytes:
        """See BackupStore."""
        until = time.monotonic() + left(within)
        return self._try(name, lambda: self.bucket.part(name, start, length, until) if length else b"", within)

    def _list(self, until: float) -> Iterator[StoredFile]:
        for name, size, modified in self.bucket.all(_PAGE, until=until):
            yield StoredFile(name, size, modified)

    def _try(self, what: str, act: Callable[[], T], within: float) -> T:
        attempts: list[str] = []
        try:
            for attempt in tries(_worth_another, within=min(self.seconds, within)):
                with attempt:
                    try:
                        return act()
                    except Refusal as refusal:
                        attempts.append(f"try {len(attempts) + 1}: {refusal}")
                        raise
        except Refusal as refusal:
            raise self._failed(refusal, what, tuple(attempts)) from refusal
        except NoListingError as other:
            raise Malformed(
                f"{SERVICE}: expected a listing of {self.location} from {self.endpoint}, got {other}",
                service=SERVICE,
                hint="backups.endpoint is the address of the S3 service itself, without the bucket.",
                attempts=tuple(attempts),
            ) from other
        except NoPartError as other:
            raise Malformed(
                f"{SERVICE}: expected a part of {what} of {self.location} from {self.endpoint}, got {other}",
                service=SERVICE,
                hint="Check whether a proxy on the way does not support range requests.",
                attempts=tuple(attempts),
            ) from other
        raise AssertionError("stamina ends with a value or an exception")

    def _failed(self, refusal: Refusal, what: str, attempts: tuple[str, ...]) -> PlaybookError:
        if refusal.denied:
            return Denied(
                f"{SERVICE}: expected our keys to be accepted for {what} of {self.location} by {self.endpoint}, "
                f"got {refusal}",
                service=SERVICE,
                hint="The clock of this machine is wrong."
                if refusal.code == "RequestTimeTooSkewed"
                else "Check access_key and secret_key; they only need permission to list and read this bucket.",
                attempts=attempts,
            )
        if refusal.code == "NoSuchBucket":
            return Unreachable(
                f"{SERVICE}: expected the bucket of {self.location} ({self.setting}) at {self.endpoint}, "
                f"got {refusal}",
                service=SERVICE,
                hint="Check the bucket's name, and the endpoint: each region has its own.",
                attempts=attempts,
            )
        kind, hint = (Malformed, _hint(refusal)) if refusal.status else (Unreachable, RUNNER_HINT)
        return kind(
            f"{SERVICE}: expected {what} of {self.location} from {self.endpoint}, got {refusal}",
            service=SERVICE,
            hint=hint,
            attempts=attempts,
        )


_ELSEWHERE = {"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed"}


def _worth_another(error: Exception) -> bool:
    if not isinstance(error, Refusal) or "certificate" in error.reason:
        return False
    return not error.status or error.status in BUSY


def _hint(refusal: Refusal) -> str:
    """What to do about an error other than wrong credentials."""
    if refusal.archived:
        return (
            "It is in a storage class such as Glacier: keep the newest archives in one that can be read at once."
        )
    if refusal.elsewhere or refusal.code in _ELSEWHERE:
        there = f" It is in {refusal.elsewhere}." if refusal.elsewhere else ""
        return f"The bucket is in another region than backups.region and backups.endpoint say.{there}"
    if refusal.code == "NoSuchKey":
        return "Is the bucket's name in backups.endpoint? It belongs in backups.location alone."
    return ""


def _at_most(files: Iterator[StoredFile], location: str) -> list[StoredFile]:
    found: list[StoredFile] = []
    for file in files:
        if len(found) == MOST_FILES:
            raise Malformed(
                f"{SERVICE}: expected at most {MOST_FILES:,} files in {location}, got more",
                service=SERVICE,
                hint="Let the location be the folder or prefix that holds the archives and nothing else.",
            )
        found.append(file)
    return found


@client(libraries=("h11", "stamina"), parts=("backups",))
def backup_store(settings: Settings) -> BackupStore:
    """The target's backup store, read-only."""
    backups = settings.target.backups
    location = settings.require(backups.location, "backups.location", "The backup store")
    section = f"targets.{settings.target.name}.backups"
    scheme, separator, rest = location.partition("://")
    if not separator:
        return FolderStore(location, f"{section}.location")
    if scheme != "s3" or not rest.strip("/"):
        raise UsageError(f"{section}.location: expected a folder or s3://bucket/prefix, got {scheme}://…")
    keys = (
        settings.require(backups.access_key, "backups.access_key", "The backup store"),
        settings.require(backups.secret_key, "backups.secret_key", "The backup store"),
    )
    return _bucket_store(backups, location, keys, settings.time_limits, section)


def _bucket_store(
    backups: Backups, location: str, keys: tuple[Secret, Secret], limits: TimeLimits, section: str
) -> BucketStore:
    bucket, _, prefix = location.removeprefix("s3://").strip("/").partition("/")
    region = backups.region or "us-east-1"
    endpoint = backups.endpoint or f"https://s3.{region}.amazonaws.com"
    parts = _address(endpoint, f"{section}.endpoint")
    if backups.ca:
        _require_readable(Path(backups.ca), f"{section}.ca")
    service = HttpClient(
        endpoint.rstrip("/"),
        service=SERVICE,
        time_limits=limits,
        ca=backups.ca,
        setting=f"{section}.endpoint",
    )
    reading = Bucket(service, bucket, prefix, region, *keys)
    return BucketStore(location, parts.netloc, f"{section}.location", limits.connect + limits.read, reading)


def _address(endpoint: str, setting: str) -> SplitResult:
    """An https address, or http on this machine; otherwise UsageError, as credentials must not be sent
    unencrypted.
    """
    parts = urlsplit(endpoint)
    if parts.username or parts.password or not parts.hostname:
        raise UsageError(f"{setting}: expected an address such as https://fra1.digitaloceanspaces.com")
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname)):
        return parts
    raise UsageError(f"{setting}: expected https, got {parts.scheme}, which is for this machine's own ports only")


def _require_readable(file: Path, setting: str) -> None:
    try:
        file.read_bytes()
    except OSError as error:
        raise UsageError(f"{setting}: {file} cannot be read: {error.strerror}") from None
