"""What a listing of an API gave, page by page, and whether that is all of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from playbook.core.coverage import Coverage, lacking, share, whole

T = TypeVar("T")


class Listing(list[T]):
    """The items of all pages that were read, and how many there should be.

    A page that could not be read does not make the others unread: what is bad on them still counts.

    Attributes:
        what: for messages, e.g. ``SSH keys``.
        coverage: whole where every page was read and the API's own count agrees.
    """

    def __init__(self, items: Iterable[T], coverage: Coverage) -> None:
        super().__init__(items)
        self.coverage = coverage


def listed(what: str, distinct: int, total: int | None, problem: str = "", *, counted: bool = True) -> Coverage:
    """What a listing stands on.

    Args:
        what: in the plural, e.g. ``SSH keys``.
        distinct: how many different ones were read.
        total: how many there are by the API's own count; None where it gives none.
        problem: why not every page was read; empty where every one was.
        counted: False where this listing has no count of its own, so that its last page must be believed.
    """
    if problem:
        shown = f"{distinct:,} of {'an unknown number of' if total is None else f'{total:,}'} {what}"
        return lacking(shown, expected=f"all {what}", got=f"{distinct:,}: {problem}")
    if total is None:
        return share(distinct, None, what, hint=_HINT) if counted else whole(f"{distinct:,} {what}")
    return share(distinct, max(total, distinct), what, hint=_HINT, may_be_empty=True)


def distinct(items: Iterable[dict[str, Any]], keys: tuple[str, ...] = ("id", "uuid", "invoice_uuid")) -> int:
    """How many different ones there are; one without an id counts by itself."""
    seen, without = set(), 0
    for item in items:
        name = next((str(item[key]) for key in keys if item.get(key)), None)
        if name is None:
            without += 1
        else:
            seen.add(name)
    return len(seen) + without


_HINT = "The listing ended before the API's own count; look at it in the control panel, and run again."
