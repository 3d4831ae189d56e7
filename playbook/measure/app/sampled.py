"""What Prometheus must have samples of, by the app spec, and how recent they must be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from playbook.clients.digitalocean import digitalocean
from playbook.core.coverage import Coverage, lacking, unread
from playbook.core.durations import two_units
from playbook.core.errors import NotConfigured, Unmeasured
from playbook.core.wording import within
from playbook.readers.trend import Point
from playbook.settings.model import Settings

# A component that the app has no more has had no samples for longer.
GONE = timedelta(days=7)


class SpecNames(NamedTuple):
    """Components by the app spec.

    Attributes:
        awake: those that run all the time.
        every: of any kind; None where nobody names them.
        coverage: whether they are known; without DigitalOcean nobody names them, which is enough.
    """

    awake: tuple[str, ...] = ()
    every: frozenset[str] | None = None
    coverage: Coverage = Coverage()


def spec_names(settings: Settings) -> SpecNames:
    """Components by the app spec.

    Called and no parameter of a measurement: what Prometheus has counts although the API is unreachable.
    """
    try:
        spec = digitalocean(settings).app().spec_in_effect
    except NotConfigured:
        return SpecNames()
    except Unmeasured as error:
        return SpecNames(coverage=unread(error, "the app spec, which names every component"))
    every = frozenset(one.name for one in spec.components)
    return SpecNames(tuple(one.name for one in spec.running if one.least), every)


def departed(found: Iterable[Mapping[str, Sequence[Point]]], spec: SpecNames, now: datetime) -> set[str]:
    """Components that the app has no more, by its spec: without samples of late, as those that were renamed."""
    newest: dict[str, float] = {}
    for courses in found:
        for name, points in courses.items():
            newest[name] = max(newest.get(name, 0.0), points[-1][0] if points else 0.0)
    since = (now - GONE).timestamp()
    gone = {name for name, at in newest.items() if name and at < since}
    return gone - spec.every if spec.every else set()


def unseen(wanted: Iterable[str], seen: Collection[str]) -> list[str]:
    """Components without a series beside those that have one.

    A query of one's own without the label is of the whole app, and without any series one statement is enough.
    """
    return [name for name in wanted if any(seen) and name not in seen]


def fresh(courses: Mapping[str, Sequence[Point]], now: datetime, reach: timedelta) -> Coverage:
    """Whether each that has samples has one as recent as that."""
    ages = {name: now.timestamp() - points[-1][0] for name, points in courses.items() if points}
    late = {name: age for name, age in ages.items() if age > reach.total_seconds()}
    if not late:
        return Coverage()
    return lacking(
        "silent of late",
        expected=f"samples of each in the last {reach.total_seconds() / 3600:g} h",
        got=", ".join(f"none of {within(name)} for {two_units(age)}" for name, age in late.items()),
        hint="Look at Status → Targets in Prometheus: is everything being scraped?",
    )
