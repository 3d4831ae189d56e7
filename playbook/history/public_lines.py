"""The public form of a run's line in the history. Pure.

New lines are made from public results and pass unchanged. This is for lines that were written before, or of a
target that is no longer private: they keep each item's verdict, a public item's number, and a newly made sentence.
Everything else is removed, as it may quote anything.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

import msgspec

from playbook.core.audience import Audience
from playbook.core.catalogue import Catalogue, Item
from playbook.core.counters import Counted
from playbook.core.limits import Bound
from playbook.core.own_items import is_made_of_test
from playbook.core.public import is_public_cause, public_ending, public_file, sentence
from playbook.core.verdict import Verdict
from playbook.history.deliveries import Delivery
from playbook.history.runs import Finding, RunLine, worst_first

NOT_DELIVERED = "not delivered"
_STATUS = re.compile(r"HTTP \d{3}\b")
_NAMED = re.compile(r"[a-z0-9_.-]{1,60}(?: [a-z0-9_.:-]{1,60})?")


def public_line(line: RunLine, catalogue: Catalogue, measurements: Collection[str]) -> RunLine:
    """The public form of a line; one that is marked as public is unchanged.

    Args:
        measurements: names of our own measurements, which a cause may have.
    """
    if line.audience is Audience.PUBLIC:
        return line
    items: dict[str, list[Finding]] = {}
    for name, found in line.items.items():
        shown = _finding(name, found, catalogue.items.get(name), measurements)
        items.setdefault(_without_parameters(name), []).append(shown)
    return msgspec.structs.replace(
        line,
        ended=public_ending(line.ended),
        items={name: worst_first(found)[0] for name, found in sorted(items.items())},
        readings=_readings(line.readings),
        unread=[public_file(file) for file in line.unread],
        left_out={
            part: [each for each in those if each in catalogue.items] for part, those in line.left_out.items()
        },
        audience=Audience.PUBLIC,
        release=line.release and line.release.for_everybody,
    )


def public_delivery(delivery: Delivery) -> Delivery:
    """The delivery without the channel's error text, except an HTTP status."""
    status = _STATUS.match(delivery.error)
    error = status[0] if status else NOT_DELIVERED if delivery.error else ""
    return msgspec.structs.replace(delivery, error=error)


def _finding(name: str, found: Finding, item: Item | None, measurements: Collection[str]) -> Finding:
    title = item.title if item else _without_parameters(name)
    shown = Finding(
        verdict=found.verdict,
        message="" if found.verdict is Verdict.OK else sentence(title, found.verdict),
        cause=found.cause if is_public_cause(found.cause, measurements) else "",
        seconds=found.seconds,
    )
    if item is None or item.audience is Audience.TEAM:
        return shown
    limit = _limit(tuple(found.limit.items()))
    value = found.value if limit else None
    return msgspec.structs.replace(shown, value=value, limit=limit, below_target=found.below_target)


@lru_cache(maxsize=1024)
def _limit(thresholds: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """The thresholds, where they are valid; otherwise empty. Many runs have the same ones."""
    limit = dict(thresholds)
    try:
        return {name: str(Bound.parse(limit[name])) for name in ("target", "warning", "critical") if name in limit}
    except ValueError:
        return {}


def _without_parameters(name: str) -> str:
    """Set, ``local`` and the first part of the name of a custom check.

    An old line does not show which of the remaining parts are parameters.
    """
    return ".".join(name.split(".")[:3]) if is_made_of_test(name) else name


def _readings(readings: Mapping[str, Counted]) -> dict[str, Counted]:
    """Counters with names like ours; without the others, the next run only loses a comparison."""
    shown = {name: one.for_everybody for name, one in readings.items()}
    return {
        name: one for name, one in shown.items() if all(_NAMED.fullmatch(each) for each in (name, *one.counts))
    }
