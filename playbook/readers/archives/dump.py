"""What is known of a Redis dump that was read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime


class DumpError(Exception):
    """A damaged dump; the message follows "a dump that"."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One key of a dump, to be compared with a server that has loaded it.

    Attributes:
        kind: as TYPE reports it.
        length: as STRLEN, LLEN, HLEN and similar commands report it; None where the dump does not contain it.
        sha256: of a text's bytes; empty for other kinds and long texts.
    """

    database: int
    key: bytes
    kind: str
    length: int | None = None
    sha256: str = ""


@dataclass(slots=True)
class Dump:
    """Content of a dump.

    Attributes:
        version: ``VALKEY080``.
        made: when the server wrote it, in UTC; None where it does not say.
        keys: by kind.
        expired: of those, by kind, keys that no server loads any more as they have expired.
        passing: of those, by kind, keys that expire within the hour and may be gone when counted.
        highest: number of the highest database.
        summed: whether the checksum was compared; a server can be configured to write none.
        uncounted: why the keys could not be counted, e.g. data of a module; empty where they were.
    """

    version: str
    made: datetime | None = None
    keys: Counter[str] = field(default_factory=Counter)
    expired: Counter[str] = field(default_factory=Counter)
    passing: Counter[str] = field(default_factory=Counter)
    highest: int = 0
    samples: list[Sample] = field(default_factory=list)
    summed: bool = True
    uncounted: str = ""

    @property
    def total(self) -> int:
        """Number of keys, including expired ones."""
        return self.keys.total()
