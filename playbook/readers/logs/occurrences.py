"""What is counted by kind: a bounded table of occurrences, and its rows as they are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from playbook.core import door
from playbook.readers.logs.access import Access
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
        new = replace(row, example=door.line(row.example, SHOWN) if examples else "")
        known = rows.setdefault((first, what(row)), new)
        if known is not new:
            known.count, known.fatal = known.count + new.count, known.fatal or new.fatal
            known.first, known.last = min(known.first, new.first), max(known.last, new.last)
    return sorted(rows.items(), key=lambda item: -_weight(item[1]))


def shown(text: str) -> str:
    """A line as it is shown."""
    return door.line(text.strip(), SHOWN)


def answer_text(text: str, access: Access) -> str:
    """The text of an access line; for a JSON one, whose message says little, its content."""
    return text if str(access.status) in text else f"{access.status} {access.path} {text}"
