"""From the lines of past runs to the contents of the site. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import msgspec

from playbook.core.catalogue import Catalogue
from playbook.core.page_words import when
from playbook.history.due import Due
from playbook.history.incidents import Incident
from playbook.history.runs import History, RunLine
from playbook.site.observations import Observation, Observations
from playbook.site.strips import Unit, first_day, strip, unit_of
from playbook.site.views import Done, ItemView, SetView, Site, TargetView

_CADENCES = ("daily", "weekly", "monthly")
_KINDS = ("production", "staging", "sandbox")


# Two machines' clocks differ by less.
_AHEAD = timedelta(minutes=5)


def known_by(history: History, now: datetime) -> History:
    """History without runs from the future: a wrong clock would hide that today's run is missing.

    All its times are in UTC.
    """
    runs, problems = [], list(history.problems)
    for run in history.runs:
        try:
            run = _in_utc(run)  # noqa: PLW2901
        except OverflowError:
            problems.append(f"the run {run.id} is omitted: its times are not valid in UTC")
            continue
        if run.started > now + _AHEAD:
            problems.append(f"the run {run.id} is omitted: its start is {when(run.started)}, in the future")
        else:
            runs.append(run)
    return History(tuple(runs), tuple(problems))


def _in_utc(run: RunLine) -> RunLine:
    times = {name: getattr(run, name) for name in ("started", "finished", "slot")}
    away = {name: at.astimezone(UTC) for name, at in times.items() if at and at.tzinfo is not UTC}
    return msgspec.structs.replace(run, **away) if away else run


def make_site(
    history: History,
    incidents: Sequence[Incident],
    due: Mapping[tuple[str, str], Due],
    catalogue: Catalogue,
    now: datetime,
    *,
    kept: frozenset[str] = frozenset(),
    retired: frozenset[str] = frozenset(),
    done: Mapping[str, Done] = MappingProxyType({}),
    time_zone: str = "UTC",
) -> Site:
    """Contents of the site for a history at a given time.

    Args:
        incidents: of all targets.
        due: by target and set.
        kept: names of the reports on the site.
        retired: targets that the settings no longer contain.
        done: what people did about incidents, by key.
        time_zone: IANA name of the zone that is shown beside UTC.
    """
    kinds = {run.target: run.kind for run in history.runs}
    seen = _by_item(history.runs)
    return Site(
        now=now,
        runs=history.runs,
        problems=history.problems,
        targets=tuple(
            TargetView(
                name,
                kinds[name],
                _Target(name, history.of(name), due, catalogue, now).sets(seen.get(name, {})),
                tuple(incident for incident in incidents if incident.target == name),
                retired=name in retired,
            )
            for name in sorted(kinds, key=lambda name: (_place(kinds[name], _KINDS), name))
        ),
        kept=kept,
        done=done,
        time_zone=time_zone,
    )


def _by_item(runs: Iterable[RunLine]) -> dict[str, dict[str, Observations]]:
    seen: dict[str, dict[str, list[RunLine]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        for item in run.items:
            seen[run.target][item].append(run)
    return {
        target: {item: Observations(item, those) for item, those in items.items()}
        for target, items in seen.items()
    }


class _Target:
    """Builds the sets of one target."""

    def __init__(
        self,
        name: str,
        runs: Sequence[RunLine],
        due: Mapping[tuple[str, str], Due],
        catalogue: Catalogue,
        now: datetime,
    ) -> None:
        self._name, self._runs, self._catalogue, self._today = name, runs, catalogue, now.date()
        self._due = {set_name: one for (target, set_name), one in due.items() if target == name}

    def sets(self, seen: Mapping[str, Sequence[Observation]]) -> tuple[SetView, ...]:
        """Every set that has run or is due; an item belongs to the set in its id, if that has run."""
        names = {run.set for run in self._runs} | self._due.keys()
        grouped: dict[str, list[str]] = {name: [] for name in names}
        for item, observations in seen.items():
            own = item.partition(".")[0]
            grouped[own if own in names else observations[-1].run.set].append(item)
        order = {item: number for number, item in enumerate(self._catalogue.items)}
        return tuple(
            self._set(
                name,
                {item: seen[item] for item in sorted(grouped[name], key=lambda i: (order.get(i, len(order)), i))},
            )
            for name in sorted(names, key=lambda name: (_place(name, _CADENCES), name))
        )

    def _set(self, name: str, seen: Mapping[str, Sequence[Observation]]) -> SetView:
        runs = [run for run in self._runs if run.set == name]
        whole = [run for run in runs if not run.partial and not run.confirms]
        newest = next(reversed(whole or runs), None)
        due = self._due.get(name)
        unit = unit_of(name)
        last = self._last_day(runs, unit, due)
        since = first_day(unit, last)
        return SetView(
            target=self._name,
            name=name,
            runs=tuple(runs),
            newest=newest,
            due=due,
            strip=strip(((run.started.date(), run.verdict) for run in whole), unit, last),
            items=tuple(
                ItemView(
                    self._name,
                    name,
                    item,
                    self._catalogue.items.get(item),
                    observations,
                    strip(((s.day, s.finding.verdict) for s in _since(since, observations)), unit, last),
                    overlooked=bool(newest and observations[-1].run.started < newest.started),
                    missing=bool(due and due.missed),
                    absent=bool(newest and item in newest.gone and observations[-1].run.started <= newest.started),
                    unread=bool(newest and newest.unread),
                )
                for item, observations in seen.items()
            ),
            rechecks=tuple(run for run in runs if newest and run.confirms == newest.id),
        )

    def _last_day(self, runs: Sequence[RunLine], unit: Unit, due: Due | None) -> date:
        """End of a strip: a period not yet checked is a gap only if the check is overdue."""
        today = self._today
        if not runs or (due and due.missed) or (unit != "day" and not due):
            return today
        newest = runs[-1].started.date()
        if unit == "month":
            return today if newest >= today.replace(day=1) else today.replace(day=1) - timedelta(days=1)
        if unit == "week":
            return min(today, newest + timedelta(days=6))
        return today if newest >= today else today - timedelta(days=1)


def _since(first: date, observations: Sequence[Observation]) -> Iterable[Observation]:
    for observation in reversed(observations):
        if observation.day < first:
            return
        yield observation


def _place(name: str, order: Sequence[str]) -> int:
    return order.index(name) if name in order else len(order)
