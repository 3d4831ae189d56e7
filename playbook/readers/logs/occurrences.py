"""What is counted by kind: a bounded table of occurrences, and its rows as they are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from playbook.core import door
from playbook.readers.logs.reviewed import Occurrences, Rows
from playbook.readers.logs.tables import BoundedTable

SHOWN = 400  # characters of a shown line


def table_of(limit: int) -> BoundedTable[tuple[str, ...], Occurrences]:
    return BoundedTable(limit, Occurrences, _weight)


def _weight(row: Occurrences) -> float:
    return row.count + row.fatal * 1e15


def rows_of(
    table: BoundedTable[tuple[str, ...], Occurrences], what: Callable[[Occurrences], str], *, examples: bool
) -> Rows:
    """Rows prepared for output: secrets are only searched for here, in the little that is kept of a log.

    ``what`` names a row, by its newest example; rows with the same name are merged.
    """
    rows: dict[tuple[str, ...], Occurrences] = {}
    for (first, *_), row in table.heaviest():
        shown = replace(row, example=door.line(row.example, SHOWN) if examples else "")
        known = rows.setdefault((first, what(row)), shown)
        if known is not shown:
            known.count, known.fatal = known.count + shown.count, known.fatal or shown.fatal
            known.first, known.last = min(known.first, shown.first), max(known.last, shown.last)
    return sorted(rows.items(), key=lambda item: -_weight(item[1]))
