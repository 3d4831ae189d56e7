"""Which collections an archive of mongodump holds, and with how many bytes, read as it comes.

The format is that of ``mongodump --archive`` (common/archive of MongoDB's tools): a mark, documents about the
archive and its collections, and then blocks, each of a document that names the collection and of documents of it.
"""

from __future__ import annotations

MAGIC = b"\x6d\xe2\x99\x81"
_END = 0xFFFFFFFF  # of a block
_TEXT, _LEAST, _MOST = 2, 5, 64 << 20  # type of a text; bytes of a document
_LONGEST_HEAD = 1 << 20  # bytes of a document about others
_MOST_COLLECTIONS = 5000
_SYSTEM = "system."


class MongoCollections:
    """Pass the bytes of an archive to ``write``, then read ``sizes``."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        self._rest = b""
        self._to_pass = len(MAGIC)
        self._is_about = True  # the first block is about the archive
        self._name: str | None = None
        self._is_odd = False

    def write(self, data: bytes) -> None:
        """The next bytes."""
        part, at = self._rest + data, 0
        while not self._is_odd:
            if self._to_pass:
                passed = min(self._to_pass, len(part) - at)
                at, self._to_pass = at + passed, self._to_pass - passed
            if len(part) - at < 4:
                break
            length = int.from_bytes(part[at : at + 4], "little")
            if length == _END:
                at, self._is_about, self._name = at + 4, False, None
            elif not _LEAST <= length <= _MOST:
                self._is_odd = True
            elif self._is_about or self._name is not None:
                self._add(length)
                self._to_pass = length
            elif length > _LONGEST_HEAD:
                self._is_odd = True
            elif len(part) - at < length:
                break
            else:
                self._name = _collection(part[at : at + length])
                at += length
        self._rest = b"" if self._is_odd else part[at:]

    def _add(self, length: int) -> None:
        name = self._name
        if name and (name in self._sizes or len(self._sizes) < _MOST_COLLECTIONS):
            self._sizes[name] = self._sizes.get(name, 0) + length

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of documents by ``database.collection``; empty where the archive is not understood."""
        return {} if self._is_odd else self._sizes


def _collection(document: bytes) -> str:
    """The collection that the document before a block names; empty for one of the server's own."""
    texts: dict[str, str] = {}
    at = 4
    while at < len(document) and document[at] == _TEXT:
        end = document.find(b"\0", at + 1)
        size = int.from_bytes(document[end + 1 : end + 5], "little")
        texts[document[at + 1 : end].decode(errors="replace")] = document[end + 5 : end + 4 + size].decode(
            errors="replace"
        )
        at = end + 5 + size
    name = texts.get("collection", "")
    return "" if not name or name.startswith(_SYSTEM) else f"{texts.get('db', '')}.{name}"
