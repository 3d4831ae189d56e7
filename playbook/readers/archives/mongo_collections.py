"""Which collections an archive of mongodump holds, with how many bytes, and whether it is whole, read as it comes.

The format is that of ``mongodump --archive`` (common/archive of MongoDB's tools): a mark, documents about the
archive and its collections, and then blocks, each of a document that names the collection and of documents of it.
The last block of a collection is empty, says that it ends, and states the CRC-64 of its documents. Documents about
others have no sum. A collection of a time series may be stored under the name of its buckets.
"""

from __future__ import annotations

import struct
from typing import Any

from crcmod import Crc

from playbook.core.wording import plural
from playbook.readers.archives.wholeness import Wholeness

MAGIC = b"\x6d\xe2\x99\x81"
_END = 0xFFFFFFFF  # of a block
_LEAST, _MOST = 5, 64 << 20  # bytes of a document
_TEXT, _YES, _LONG = 2, 8, 18  # types of values
_BYTES = {16: 4, 1: 8, 9: 8, _LONG: 8, _YES: 1, 10: 0, 17: 8}  # of others, by their type
_POLYNOMIAL, _ALL = 0x1_42F0_E1EB_A9EA_3693, (1 << 64) - 1  # of ECMA-182, as Go's hash/crc64 makes it
_BUCKETS = "system.buckets."
_LONGEST_HEAD = 1 << 20  # bytes of a document about others
_MOST_COLLECTIONS = 5000
_SYSTEM = "system."


class MongoCollections:
    """Pass the bytes of an archive to ``write``, then read ``sizes`` and ``wholeness``.

    Attributes:
        unsummed: what of it no sum covers, to follow "got".
        is_understood: its form is known; what differs from it is damage.
    """

    is_understood = True

    unsummed = "an archive of mongodump whose documents about its collections have none"

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._listed: set[tuple[str, str]] = set()
        self._ended: set[tuple[str, str]] = set()
        self._sums: dict[tuple[str, str], Any] = {}
        self._rest = b""
        self._to_pass = len(MAGIC)
        self._is_about = True  # the first block is about the archive
        self._name: tuple[str, str] | None = None
        self._is_odd = self._is_known = False
        self._problem = ""

    def write(self, data: bytes) -> None:
        """The next bytes."""
        part, at = self._rest + data, 0
        while not self._is_odd:
            if self._to_pass:
                passed = min(self._to_pass, len(part) - at)
                if self._name is not None:
                    self._add(part[at : at + passed])
                at, self._to_pass = at + passed, self._to_pass - passed
            if len(part) - at < 4:
                break
            length = int.from_bytes(part[at : at + 4], "little")
            if length == _END:
                at, self._is_about, self._name, self._is_known = at + 4, False, None, True
            elif not _LEAST <= length <= _MOST:
                self._is_odd = True
            elif self._name is not None:
                self._to_pass = length
            elif length > _LONGEST_HEAD:
                self._is_odd = True
            elif len(part) - at < length:
                break
            else:
                self._head(_values(part[at : at + length]))
                at += length
        self._rest = b"" if self._is_odd else part[at:]

    def _head(self, values: dict[str, object]) -> None:
        """A document about a collection, or about the archive."""
        name = str(values.get("db", "")), str(values.get("collection", ""))
        if self._is_about:
            self._listed |= {name} if name[1] and len(self._listed) < _MOST_COLLECTIONS else set()
            return
        self._name = name
        if values.get("EOF"):
            self._ended.add(name)
            summed = self._sums.pop(name, None)
            found = int(summed.crcValue) if summed else 0
            if values.get("CRC") != found:
                self._problem = self._problem or f"has documents of {'.'.join(name)} that differ from their sum"

    def _add(self, data: bytes) -> None:
        assert self._name is not None
        if self._name not in self._sums:
            self._sums[self._name] = Crc(_POLYNOMIAL, initCrc=0, rev=True, xorOut=_ALL)
        self._sums[self._name].update(data)
        database, collection = self._name
        name = f"{database}.{collection}"
        if not collection or (collection.startswith(_SYSTEM) and not collection.startswith(_BUCKETS)):
            return
        if name in self._sizes or len(self._sizes) < _MOST_COLLECTIONS:
            self._sizes[name] = self._sizes.get(name, 0) + len(data)

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of documents by ``database.collection``; empty where the archive is not understood."""
        return {} if self._is_odd else self._sizes

    @property
    def has_rows(self) -> bool | None:
        """Whether it holds documents; None where that is not known."""
        return None if self._is_odd or not self._is_known else bool(self._sizes)

    @property
    def wholeness(self) -> Wholeness:
        """Whether each of its collections has its end, and the documents that were written."""
        if self._problem:
            return Wholeness(self._problem)
        if self._is_odd:
            return Wholeness("holds what no archive of mongodump does")
        missing = [
            (place, name)
            for place, name in self._listed
            if not self._ended & {(place, name), (place, _BUCKETS + name)}
        ]
        if self._rest or self._to_pass or self._name is not None or not self._is_known or self._sums or missing:
            return Wholeness("is cut off" + (f", without {plural(len(missing), 'collection')}" if missing else ""))
        return Wholeness(doubt="" if self._listed else "an archive of mongodump that lists no collection")


def _values(document: bytes) -> dict[str, object]:
    """The texts and numbers of a document up to the first value of another type."""
    found: dict[str, object] = {}
    at = 4
    while at < len(document) - 1:
        kind, end = document[at], document.find(b"\0", at + 1)
        key = document[at + 1 : end].decode(errors="replace")
        at = end + 1
        if kind == _TEXT:
            size = int.from_bytes(document[at : at + 4], "little")
            found[key] = document[at + 4 : at + 3 + size].decode(errors="replace")
            at += 4 + size
        elif end > 0 and kind in _BYTES:
            value = document[at : at + _BYTES[kind]]
            if kind == _LONG and len(value) == 8:
                found[key] = struct.unpack("<Q", value)[0]
            elif kind == _YES:
                found[key] = value == b"\1"
            at += _BYTES[kind]
        else:
            break
    return found
