"""Append-only files of lines: atomic, concurrent appends, and reading that tolerates damage.

The content of the lines belongs to the users of this module: ``playbook.core.ledger`` and
``playbook.history.runs``.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from playbook.core.errors import UsageError

# Exceptions of decoding a line; deep nesting exhausts the stack.
DAMAGE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_CONFLICT = (b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>")
_PATIENCE = 10.0  # seconds; the lock is held for at most one write
_PAUSE = 0.01  # seconds


T = TypeVar("T")


class Line(NamedTuple):
    """One line.

    Attributes:
        number: from 1.
        text: without its line feed.
        problem: why it need not be decoded, continuing the words ``line 3``; empty where it may be.
    """

    number: int
    text: bytes
    problem: str


def append(file: Path, line: bytes) -> None:
    """Append one line, which ends in a line feed, and sync it to disk. Safe for concurrent use.

    Raises:
        UsageError: the file cannot be written; it is left unchanged.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _locked(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, fcntl.LOCK_EX) as descriptor:
            size = os.fstat(descriptor).st_size
            unfinished = size and os.pread(descriptor, 1, size - 1) != b"\n"
            try:
                _write(descriptor, (b"\n" if unfinished else b"") + line)
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, size)
                raise
            if not size:
                _sync_folder(file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None


def read(file: Path) -> bytes:
    """The content, with no line half written; raises OSError."""
    with locked_for_reading(file) as descriptor, open(descriptor, "rb", closefd=False) as stream:
        return stream.read()


def locked_for_reading(file: Path) -> AbstractContextManager[int]:
    """The open file, in which no line is half written meanwhile; raises OSError."""
    return _locked(file, os.O_RDONLY, fcntl.LOCK_SH)


def rewrite(file: Path, change: Callable[[bytes], bytes]) -> None:
    """Replace the content by the result of ``change``, atomically; concurrent appends wait.

    Raises:
        UsageError: the file cannot be read or written; it is left unchanged.
    """
    part = file.with_name(f"{file.name}.part")
    try:
        with _locked(file, os.O_RDWR, fcntl.LOCK_EX) as descriptor:
            with open(descriptor, "rb", closefd=False) as stream:
                content = stream.read()
            with part.open("wb") as fresh:
                fresh.write(change(content))
                fresh.flush()
                os.fsync(fresh.fileno())
            part.replace(file)
            _sync_folder(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None


@contextmanager
def alone(folder: Path, patience: float) -> Iterator[bool]:
    """Whether this process holds the folder's lock; waits at most ``patience`` seconds for another holder.

    False also where the folder does not exist, or its file system does not support locks.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        yield False
        return
    try:
        try:
            _lock(descriptor, fcntl.LOCK_EX, time.monotonic() + patience)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)  # releases the lock too


def numbered(content: bytes, longest: int) -> Iterator[Line]:
    """The lines of a file; lines over ``longest`` bytes, blank ones and merge markers carry their problem."""
    for number, text in enumerate(_split(content), 1):
        if not text.strip():
            yield Line(number, text, "is blank")
        elif len(text) > longest:
            yield Line(number, text, f"is damaged: {len(text):,} bytes long")
        elif text.startswith(_CONFLICT):
            yield Line(number, text, "is damaged: a merge that git could not finish left it")
        else:
            yield Line(number, text, "")


def decoded(file: Path, longest: int, decode: Callable[[bytes], T]) -> Iterator[T]:
    """Decode the lines of a file. Damaged lines are left out, and a file that cannot be read has none."""
    try:
        content = read(file)
    except OSError:
        return
    for line in numbered(content, longest):
        if line.problem:
            continue
        try:
            yield decode(line.text)
        except DAMAGE:
            continue


def _split(content: bytes) -> Iterator[bytes]:
    """One line at a time, as splitting the whole would hold the file in memory twice."""
    at = 0
    while at < len(content):  # text after the last line feed is not a complete line
        end = content.find(b"\n", at)
        end = len(content) if end < 0 else end
        yield content[at:end]
        at = end + 1


def damage(error: BaseException) -> str:
    """A decoding error as the problem of a line."""
    if isinstance(error, RecursionError):
        return "is damaged: nested too deeply"
    return f"is damaged: {str(error).replace('`', '')}"


@contextmanager
def _locked(file: Path, flags: int, lock: int) -> Iterator[int]:
    """The file, opened and locked; raises OSError, also where another process keeps it locked."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        descriptor = os.open(file, flags | os.O_CLOEXEC, 0o644)
        try:
            _lock(descriptor, lock, deadline)
            if _is_current(file, descriptor):
                yield descriptor
                return
        finally:
            os.close(descriptor)  # releases the lock too


def _lock(descriptor: int, lock: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, lock | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TimeoutError(0, f"another process has held it for {_PATIENCE:g} s") from None
            time.sleep(_PAUSE)
        else:
            return


def _is_current(file: Path, descriptor: int) -> bool:
    """Whether the path still names the opened file: git replaces files, and a line appended to the old one would
    be lost.
    """
    try:
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _sync_folder(file: Path) -> None:
    """Sync the folder, which makes a new file's name durable; not every file system supports it."""
    with suppress(OSError):
        descriptor = os.open(file.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
