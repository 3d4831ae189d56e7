"""The sentences of the site: what an operator must know, in words. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby

from playbook.core.durations import one_whole_unit
from playbook.core.page_words import short, when
from playbook.core.verdict import SEVERITY, Verdict
from playbook.core.wording import enumerated, plural
from playbook.core.zones import beside
from playbook.history.incidents import Incident
from playbook.history.runs import RunLine
from playbook.report.words import clip
from playbook.site.strips import Strip
from playbook.site.views import BAD, NO_DATA, STATES, ItemView, SetView, Site, worst_of

# A schedule that is late by less is on time: schedulers are late by minutes.
_LATE_MINUTES = 15
_MOST_NAMED = 3
_WORDS = {
    Verdict.CRITICAL: "Out of bounds",
    Verdict.UNKNOWN: "Not measured",
    Verdict.WARNING: "Past a warning limit",
}


def _at(moment: datetime, site: Site) -> str:
    return when(moment, site.time_zone)


def _soon(moment: datetime, site: Site) -> str:
    """A time within a few weeks: ``Mon 23 Nov 06:17 UTC (07:17 in Berlin)``."""
    return f"{short(moment)} UTC{beside(moment, site.time_zone)}"


def headline(site: Site) -> str:
    """Under the big word on the first page."""
    if not site.runs:
        return "Nothing is known: the history holds no runs yet."
    sentences = []
    if site.open:
        sentences.append(f"{plural(len(site.open), 'incident is', 'incidents are')} open.")
    if site.missing:
        names = _listed([f"{set_name(one.name)} checks of {one.target}" for one in site.missing])
        sentences.append(f"No data: the {names} did not run when they should have, so nothing is known of them.")
    sentences += _judged(site)
    if not sentences:
        sentences.append("Every set that is due has run, and all is within limits. Nothing to do.")
    if not any(target.scheduled for target in site.current):
        newest = one_whole_unit(site.now - site.runs[-1].started)
        sentences.append(f"These sets are not scheduled. The newest is {newest} old.")
    return " ".join(sentences)


def _judged(site: Site) -> Iterator[str]:
    """What is not well in the newest runs, by name while a glance takes that in."""
    for target in site.current:
        sets = [one for one in target.scheduled or target.sets if not one.missing and one.newest]
        of = f" ({target.name})" if len(site.current) > 1 else ""
        for verdict, what in _WORDS.items():
            titles = [item.title for one in sets for item in one.current if item.state == verdict]
            if titles:
                yield f"{what}{of}: {_listed(titles)}."
        short_of = [one for one in sets if one.state in BAD and one.newest and not worst_of(one.newest)]
        if short_of:
            names = _listed([set_name(one.name) for one in short_of])
            yield f"Too little was executed for a verdict{of}: {names}."


def _listed(names: list[str]) -> str:
    """``A, B, C and 4 more``."""
    more = len(names) - _MOST_NAMED
    shown = [clip(name, 80) for name in names[:_MOST_NAMED]]
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return enumerated(shown)


def set_name(name: str) -> str:
    """A set's name for people: ``post maintenance``."""
    return name.replace("_", " ")


def next_words(site: Site) -> str:
    """When the next run should have appeared, and from when on a page without it says nothing of now."""
    one = site.next
    if one is None or one.due is None:
        return "No run is scheduled"
    ahead = f"in {one_whole_unit(one.due.next - site.now)}, {_soon(one.due.next, site)}"
    due = f"Next run due {ahead} ({set_name(one.name)}, {one.target})"
    return f"{due}. If it is not here by {_soon(one.due.missing_after, site)}, this page is out of date"


def stale_words(site: Site) -> str:
    """How a reader recognises that this page is old."""
    one = site.next
    if one is None or one.due is None:
        return "No run is scheduled, so the page changes when somebody runs a set and builds it again."
    return (
        f"The next run ({set_name(one.name)}, {one.target}) is due {_at(one.due.next, site)}; if it is after "
        f"{_at(one.due.missing_after, site)} and this page has not changed, the runs or the building of this page "
        f"have stopped, and nothing here says anything about now."
    )


def missing_words(one: SetView, site: Site) -> str:
    """``Expected Mon 23 Nov 06:17 UTC and not seen. Nothing is known for 2 days; before that it was OK.``"""
    due = one.due
    expected = f"A run was due {_at(due.missed, site)} and there is none." if due and due.missed else ""
    if not one.newest:
        return f"{expected} It has never run."
    return (
        f"{expected} Nothing is known since {_at(one.newest.started, site)}, {one.silence(site.now)} ago; "
        f"then it was {one.newest.verdict}."
    )


def set_words(one: SetView, site: Site) -> str:
    """Under the big word on a set's page."""
    if one.missing:
        return missing_words(one, site)
    due = f" Next due {_soon(one.due.next, site)}." if one.due else " It has no schedule and is run by hand."
    if not one.newest:
        return f"It has not run yet.{due}"
    rechecked = "".join(f" Looked at again {_at(run.started, site)}: {run.verdict}." for run in one.rechecks)
    before = one_whole_unit(site.now - one.newest.started)
    last_run = f"Last run {_at(one.newest.started, site)}, {before} before this page was built"
    return f"{last_run}: {tally_of(one.newest)}.{rechecked}{due}"


def item_words(item: ItemView, one: SetView, site: Site) -> str:
    """Under the title on an item's page."""
    run, finding = item.newest
    value = ""
    if finding.value is not None and item.limit:
        value = f" ({item.limit.format(finding.value)})"
    if item.state == NO_DATA:
        why = (
            missing_words(one, site)
            if one.missing
            else f"The newest run of the {set_name(one.name)} set left it out."
        )
        return f"{why} This item was {finding.verdict}{value} {_at(run.started, site)}."
    message = finding.message or _well(value, below_target=finding.below_target)
    stop = "" if message.endswith((".", "…")) else "."
    seen = f"Seen {_at(run.started, site)}, {one_whole_unit(site.now - run.started)} before this page was built."
    return f"{message}{stop} {seen}"


def _well(value: str, *, below_target: bool) -> str:
    if not value:
        return "All is well."
    return f"{value.strip(' ()')}: within its limits{', though short of the target' if below_target else ''}."


def incident_words(incident: Incident, site: Site) -> str:
    """``Open since 23 Nov 2026 06:17 UTC, bad for 3 h in 2 spells, 3 items, came back 1 time, flapping``."""
    if incident.closed:
        parts = [f"Closed {_at(incident.closed, site)} after {incident.lasted_until(site.now).words}"]
        if incident.gone:
            parts.append("as its check is gone")
    else:
        how = "bad" if incident.down else "not seen"
        parts = [f"Open since {_at(incident.opened, site)}, {how} for {incident.lasted_until(site.now).words}"]
    parts.append(plural(len(incident.items), "item"))
    if incident.reopened:
        parts.append(f"came back {plural(incident.reopened, 'time')}")
    if incident.flapping:
        parts.append("flapping")
    return ", ".join(parts)


def incidents_words(site: Site) -> str:
    """Under the heading of the list of incidents."""
    closed = [incident.closed for incident in site.incidents if incident.closed]
    if not site.incidents:
        return f"None was ever opened, in {plural(len(site.runs), 'run')}."
    last = f" The last one closed {_at(max(closed), site)}." if closed else ""
    return f"{plural(len(site.incidents), 'incident')} in {plural(len(site.runs), 'run')}.{last}"


def runs_words(site: Site) -> str:
    """Under the heading of the list of runs."""
    if not site.runs:
        return "The history holds no runs yet."
    return f"Since {_at(site.runs[0].started, site)}: {tally(site.runs)}."


def tally(runs: Iterable[RunLine]) -> str:
    """``358 OK, 5 WARNING``: runs by verdict, worst last."""
    counts = Counter(run.verdict for run in runs)
    return ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in reversed(SEVERITY) if counts[verdict])


def tally_of(run: RunLine) -> str:
    """``1 CRITICAL · 18 OK``: checks by verdict, worst first."""
    counts = [f"{run.counts[verdict]:,} {verdict}" for verdict in SEVERITY if run.counts.get(verdict)]
    return " · ".join(counts) or f"{run.executed:,} executed"


def note(run: RunLine) -> str:
    """What is special about a run."""
    notes = []
    if run.ended != "finished":
        notes.append(f"ended early ({run.ended})")
    if run.partial:
        notes.append("a part of the set")
    if run.confirms:
        notes.append("repeated failing items")
    if run.executed < run.floor:
        notes.append(f"{run.executed} executed, {run.floor} needed")
    if run.faults:
        notes.append(f"faults: {', '.join(run.faults)}")
    if run.slot is None:
        notes.append("by hand")
    elif (late := (run.started - run.slot).total_seconds() / 60) >= _LATE_MINUTES:
        notes.append(f"{one_whole_unit(run.started - run.slot)} late" if late > 0 else "")
    return ", ".join(notes)


def states_in_words(sets: Iterable[SetView]) -> str:
    """``6 OK, 1 WARNING``: sets by state, worst last."""
    counts = Counter(one.state for one in sets)
    return ", ".join(f"{counts[state]} {state}" for state in reversed(STATES) if counts[state])


def in_words(strip: Strip) -> list[tuple[str, str, str, int]]:
    """Neighbouring cells that say the same: first and last day, what they say, how many they are; newest first."""
    found = []
    for verdict, group in groupby(strip.cells, lambda cell: cell.verdict):
        cells = list(group)
        many = len(cells) if strip.unit == "day" else 2
        found.append((_day(cells[0].first), _day(cells[-1].last), str(verdict or "no data"), many))
    return found[::-1]


def _day(day: date) -> str:
    return f"{day:%-d %b %Y}"
