"""Collections of bounded size, however hostile the log."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from heapq import heappush, heappushpop
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedTable(Generic[K, V]):
    """Rows by key. At twice ``limit`` of them, the half with the lowest weight is dropped, and counted.

    A row that was dropped and comes again counts from zero, so a row's number is a lower bound once ``left_out``
    is not zero. Sums over everything must be kept elsewhere.

    Args:
        weight: importance of a row, usually its count.
    """

    def __init__(self, limit: int, new: Callable[[], V], weight: Callable[[V], float]) -> None:
        self._limit = limit
        self._new = new
        self._weight = weight
        self._rows: dict[K, V] = {}
        self._dropped = 0

    def row(self, key: K) -> V:
        """The row of ``key``, created if new."""
        row = self._rows.get(key)
        if row is None:
            if len(self._rows) >= 2 * self._limit:
                self._prune()
            row = self._rows[key] = self._new()
        return row

    @property
    def left_out(self) -> int:
        """Number of rows that were dropped, or that ``heaviest`` leaves out."""
        return self._dropped + max(len(self._rows) - self._limit, 0)

    def rows(self) -> Iterable[V]:
        """All rows kept, in order of arrival."""
        return self._rows.values()

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def heaviest(self) -> Iterator[tuple[K, V]]:
        """Rows and keys, the most important first, at most ``limit``."""
        ordered = sorted(self._rows.items(), key=lambda item: -self._weight(item[1]))
        return iter(ordered[: self._limit])

    def _prune(self) -> None:
        kept = dict(self.heaviest())
        self._dropped += len(self._rows) - len(kept)
        self._rows = kept


class Newest(Generic[V]):
    """The newest few lines, or values for them, in any order of arrival."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._heap: list[tuple[float, int, V]] = []
        self._sequence = 0

    def add(self, time: float, line: V) -> None:
        """Offer a line; it is kept while it is among the newest."""
        self._sequence += 1
        item = (time, self._sequence, line)
        if len(self._heap) < self._limit:
            heappush(self._heap, item)
        elif time >= self._heap[0][0]:
            heappushpop(self._heap, item)

    def wants(self, time: float) -> bool:
        """False where a line of this time would not be kept, so that it need not be prepared."""
        return len(self._heap) < self._limit or time >= self._heap[0][0]

    def lines(self) -> list[tuple[float, V]]:
        """Times and lines, oldest first."""
        return [(time, line) for time, _, line in sorted(self._heap, key=_place)]


def _place(item: tuple[float, int, object]) -> tuple[float, int]:
    return item[:2]
