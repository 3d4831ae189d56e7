"""Sites to look at: a quarter of a year of all sets with an open incident, and one made to break every page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from playbook.core.catalogue import read_catalogue
from playbook.core.verdict import Verdict
from playbook.history.derive import incidents_of
from playbook.history.due import due_sets
from playbook.history.incidents import Event, Incident
from playbook.history.runs import Finding, History, RunLine
from playbook.settings.loading import load
from playbook.settings.model import Settings
from playbook.site.done import done_about
from playbook.site.making import make_site
from playbook.site.views import Site
from tests.factories import HOSTILE
from tests.history_factory import NOW, finding, run_line, years

SCHEDULE = load("sandbox", environment={}).schedule
_BROKEN = "daily.kpi.cache-hit-rate"
_LOW = Finding(
    verdict=Verdict.CRITICAL,
    value=61.2,
    limit={"target": "> 90 %", "warning": "< 80 %", "critical": "< 70 %"},
    message="Cache hit rate: expected at least 80 %, got 61.2 % over 24 h (1,204 reads)",
)


def every_item(now: datetime = NOW, *, span: float = 0.26) -> list[RunLine]:
    """So much of a year in which every set has run, on demand ones too; the cache is cold since yesterday."""
    runs = years(span, until=now, failing=0.09, missing=0.03, seed=5)
    cold = [run for run in runs if run.set == "daily" and not run.partial][-2:]
    runs = [run for run in runs if run not in cold and run.confirms not in {each.id for each in cold}]
    for run in cold:
        items = {**run.items, _BROKEN: _LOW}
        runs.append(run_line(items, started=run.started, slot=run.slot, id=run.id, floor=run.floor))
    items = read_catalogue().items
    others = sorted({item.set for item in items.values()} - {"daily", "weekly", "monthly"})
    for number, name in enumerate(others):
        for back in (3, 12, 31, 60):
            at = now - timedelta(days=back + number % 3, hours=2, minutes=number)
            found = {item.id: Verdict.OK for item in items.values() if item.set == name}
            if back == 12:
                found[next(iter(found))] = Verdict.WARNING
            runs.append(run_line(found, started=at, set_name=name))
    return sorted(runs, key=lambda run: run.started)


def site(
    runs: Sequence[RunLine],
    now: datetime = NOW,
    *,
    problems: Sequence[str] = (),
    kept: frozenset[str] = frozenset(),
    found: Sequence[Incident] | None = None,
    retired: frozenset[str] = frozenset(),
    time_zone: str = "UTC",
) -> Site:
    """The site of some runs, by the default settings and schedule."""
    targets = {run.target for run in runs}
    done = {}
    if found is None:
        settings = load("sandbox", environment={})
        by_name = {name: incidents_of(_named(settings, name), runs) for name in sorted(targets)}
        found = [one for each in by_name.values() for one in each]
        for name, each in by_name.items():
            done |= done_about(each, _named(settings, name), Path("no-such-history"), now)
    return make_site(
        History(tuple(runs), tuple(problems)),
        found,
        due_sets(runs, dict.fromkeys(targets - retired, SCHEDULE), now),
        read_catalogue(),
        now,
        kept=kept,
        retired=retired,
        done=done,
        time_zone=time_zone,
    )


def _named(settings: Settings, name: str) -> Settings:
    return msgspec.structs.replace(settings, target=msgspec.structs.replace(settings.target, name=name))


# Names that would break out of their folder, or be the same file somewhere.
NAMES = (HOSTILE, "../../etc/passwd", "a b", "A B", "a.svg", "a", "", "ä", ".", "sets")


def hostile_site() -> Site:
    """Every text is made to break out of its place, and every name to break out of its folder."""
    runs = []
    for number, name in enumerate(NAMES):
        bad = finding(
            Verdict.CRITICAL,
            value=1e300,
            limit={"target": HOSTILE, "critical": "> 0 " + HOSTILE[:3]},
            message=HOSTILE,
            cause=HOSTILE,
        )
        runs.append(
            run_line(
                {name: bad, HOSTILE: bad, "daily.kpi.availability": bad},
                started=NOW - timedelta(days=number, hours=1),
                target=name,
                set_name=name,
                id=name + str(number),
                ended=HOSTILE,
                faults=[HOSTILE],
                report=name,
            )
        )
    at = NOW - timedelta(days=1)
    found = [
        Incident(
            fingerprint=name,
            number=1,
            target=name,
            kind="cannot see",
            cause=HOSTILE,
            title=HOSTILE,
            message=HOSTILE,
            worst=Verdict.CRITICAL,
            opened=at,
            closed=None if number % 2 else NOW,
            items=(HOSTILE, name),
            events=(Event(id=HOSTILE + name, what="opened", at=at, run=HOSTILE, text=HOSTILE + "\ufffe\ud800"),),
        )
        for number, name in enumerate(NAMES)
    ]
    return site(sorted(runs, key=lambda run: run.started), found=found, problems=[HOSTILE] * 30)
