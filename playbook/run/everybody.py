"""Past runs in their public form, with our own names resolved."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

import msgspec

from playbook.core.audience import Audience
from playbook.core.catalogue import Catalogue, shipped
from playbook.core.public import public_names
from playbook.core.record import Record, Results
from playbook.core.verdict import SEVERITY
from playbook.history.public_lines import public_line
from playbook.history.runs import MOST_CHARACTERS, RunLine
from playbook.run.recorder import measurements_of_the_suite
from playbook.run.run import load_providers


def runs_for_everybody(runs: Iterable[RunLine], private: Collection[str] = ()) -> tuple[RunLine, ...]:
    """The lines without what is reserved to the team, including old ones; unchanged for a private target."""
    return tuple(
        run if run.target in private or run.audience is Audience.PUBLIC else public_line(run, *known_as_ours())
        for run in runs
    )


def with_particulars(run: RunLine, results: Results | None) -> RunLine:
    """The line of a run with the messages of its checks, for the team; unchanged without results."""
    if results is None:
        return run
    by_item: dict[str, Record] = {}
    for record in sorted(results.records, key=lambda record: SEVERITY.index(record.verdict)):
        by_item.setdefault(public_names(record.item, record.check, "")[0], record)
    items = {
        name: msgspec.structs.replace(found, message=by_item[name].message[:MOST_CHARACTERS])
        if name in by_item and found.message
        else found
        for name, found in run.items.items()
    }
    return msgspec.structs.replace(run, items=items)


@cache
def known_as_ours() -> tuple[Catalogue, frozenset[str]]:
    """The catalogue, and the names of our clients and measurements; loading them takes a moment."""
    load_providers()
    return shipped(), measurements_of_the_suite()
