"""Unpacking into a folder of our own only, and within the available space."""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath
from typing import IO

from playbook.readers.archives.walk import OTHER_VOLUME, plain


class NoRoomError(Exception):
    """Not enough space; the message is the missing amount, ``3 GB``."""


def danger(member: tarfile.TarInfo) -> str:
    """Why a member must not be unpacked, to follow its name; empty where it is safe."""
    if _leaves(member.name):
        return "would be written outside the folder that it is unpacked in"
    if member.issym():
        beside = PurePosixPath(member.name).parent / member.linkname
        return "is a link that leads outside the folder" if _leaves(str(beside), member.linkname) else ""
    if member.islnk():
        return "is a link that leads outside the folder" if _leaves(member.linkname) else ""
    if member.isdev():
        return "is a device or pipe, which a backup of files cannot hold"
    if member.type == OTHER_VOLUME:
        return "is the rest of a file that began in another volume"
    return ""


def _leaves(path: str, given: str = "") -> bool:
    if any(text.startswith(("/", "\\", "~")) or "\0" in text for text in (path, given)):
        return True
    if len(path) > 1 and path[1] == ":":  # C:
        return True
    depth = 0
    for part in path.replace("\\", "/").split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return True
    return False


class Folder:
    """The folder that regular files are unpacked into.

    Links are not created, so that no later member can be written through one; owners and permissions are not kept.

    Attributes:
        most: maximum bytes of all files together.
    """

    def __init__(self, path: Path, most: float) -> None:
        self.path = path
        self.most = most
        self._written = 0

    def create(self, member: tarfile.TarInfo) -> IO[bytes]:
        """Create a file for a member without ``danger``; the caller writes its content.

        Raises:
            NoRoomError: there is not enough space for it.
        """
        self._written += member.size
        if self._written > self.most:
            raise NoRoomError(f"{self._written - self.most:,.0f} B")
        target = self.path / plain(member.name)
        if not target.resolve().is_relative_to(self.path.resolve()):
            raise AssertionError(f"{member.name!r} leaves the folder; danger() was not asked")
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.open("wb")
