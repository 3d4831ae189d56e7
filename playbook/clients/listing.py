"""A paged listing of an API, and whether it is complete."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from playbook.core.coverage import Coverage, lacking, share, unread, whole
from playbook.core.errors import Unmeasured

T = TypeVar("T")


class Listing(list[T]):
    """Items of all pages that were read, and how many there should be.

    A page that could not be read does not invalidate the others: problems found on them still count.

    Attributes:
        what: for messages, e.g. ``SSH keys``.
        coverage: whole if every page was read and the API's own total agrees.
    """

    def __init__(self, items: Iterable[T], coverage: Coverage) -> None:
        super().__init__(items)
        self.coverage = coverage


def listed(what: str, distinct: int, total: int | None, problem: str = "", *, counted: bool = True) -> Coverage:
    """Coverage of a listing.

    Args:
        what: in the plural, e.g. ``SSH keys``.
        distinct: number of distinct items that were read.
        total: the API's own total; None if it gives none.
        problem: why not every page was read; empty if all were.
        counted: False if this listing has no total, so that the last page has to be trusted.
    """
    if problem:
        shown = f"{distinct:,} of {'an unknown number of' if total is None else f'{total:,}'} {what}"
        return lacking(shown, expected=f"all {what}", got=f"{distinct:,}: {problem}")
    if total is None:
        return share(distinct, None, what, hint=_HINT) if counted else whole(f"{distinct:,} {what}")
    return share(distinct, max(total, distinct), what, hint=_HINT, may_be_empty=True)


def or_lacking(ask: Callable[[], Listing[T]], expected: str) -> Listing[T]:
    """The listing; where it cannot be read, an empty one that says so, as other findings must still be judged."""
    try:
        return ask()
    except Unmeasured as error:
        return Listing((), unread(error, expected))


def distinct(items: Iterable[dict[str, Any]], keys: tuple[str, ...] = ("id", "uuid", "invoice_uuid")) -> int:
    """Number of distinct items; an item without an id counts as distinct."""
    seen, without = set(), 0
    for item in items:
        name = next((str(item[key]) for key in keys if item.get(key)), None)
        if name is None:
            without += 1
        else:
            seen.add(name)
    return len(seen) + without


_HINT = "The listing ended before the API's own count; look at it in the control panel, and run again."
