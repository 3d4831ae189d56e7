"""What Prometheus must have samples of, by the app spec, and how recent they must be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from playbook.clients.digitalocean import digitalocean
from playbook.core.coverage import Coverage, lacking, unread
from playbook.core.durations import two_units
from playbook.core.errors import NotConfigured, Unmeasured
from playbook.core.wording import within
from playbook.readers.trend import Point
from playbook.settings.model import Settings


def awake(settings: Settings) -> tuple[tuple[str, ...], Coverage]:
    """Components that run all the time, and whether they are known; without DigitalOcean nobody names them.

    Called and no parameter of a measurement: what Prometheus has counts although the API is unreachable.
    """
    try:
        spec = digitalocean(settings).app().spec_in_effect
    except NotConfigured:
        return (), Coverage()
    except Unmeasured as error:
        return (), unread(error, "the app spec, which names every component")
    return tuple(one.name for one in spec.running if one.least), Coverage()


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
