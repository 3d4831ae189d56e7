"""Messages as text for a chat and as data for a machine. Pure; the result has passed the door."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

import msgspec

from playbook.core import door
from playbook.core.clock import Moment
from playbook.core.door.records import leaving
from playbook.core.durations import one_unit
from playbook.core.verdict import SEVERITY, Verdict
from playbook.core.wording import moment, plural, without_code_marks
from playbook.history.handling import Handled
from playbook.history.incidents import Incident, What
from playbook.history.runs import RunLine
from playbook.notify.due import News
from playbook.report.words import MARKS
from playbook.run.thread.guide import Guide

About = tuple[Guide, Handled]

Mood = Literal["failure", "warning", "success", "info"]

_LONGEST_TITLE = 250
_LONGEST_TEXT = 20_000
_MOST = 25  # events listed one by one
_ORDER: tuple[What, ...] = ("opened", "reopened", "escalated", "again", "recovered", "gone")
_ACTED_ON = frozenset({"opened", "reopened", "escalated", "again"})
SAID: dict[What, str] = {
    "opened": "OPENED",
    "joined": "JOINED",
    "reopened": "REOPENED",
    "escalated": "ESCALATED",
    "unseen": "NOT SEEN",
    "seen": "SEEN AGAIN",
    "again": "STILL OPEN",
    "recovered": "RECOVERED",
    "gone": "GONE",
}
_IN_TITLE: dict[What, str] = {"again": "still open"}
# Texts that a chat turns into a mention.
_MENTION = re.compile(r"@|<(?=[!@#])")
_ZERO_WIDTH_SPACE = "\u200b"
_NOTHING: About = (Guide(), Handled())
_DO = "  Do: "
_BACK = {"daily": 1, "weekly": 7, "monthly": 31}


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One event of an incident, as a webhook receives it.

    Attributes:
        bad_seconds, unmeasured_seconds: how long the incident was bad by now or by its end, summed over all its
            spells, and how long nobody measured it.
        spells: how often it was open: once, and once more for each time it came back.
    """

    event: str
    what: str
    at: Moment
    text: str
    fingerprint: str
    number: int
    kind: str
    cause: str
    title: str
    worst: Verdict
    opened: Moment
    closed: Moment | None
    items: tuple[str, ...]
    flapping: bool
    severity: str = ""
    todo: str = ""
    link: str = ""
    acknowledged: Moment | None = None
    bad_seconds: float = 0.0
    unmeasured_seconds: float = 0.0
    spells: int = 1


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message.

    Attributes:
        id: equal for equal contents, so that a duplicate can be recognised.
        text: commands stand between backticks in it (``as_plain_text`` removes them).
        ids: of the events, or of the digest.
    """

    schema: int = 1
    id: str
    what: Literal["events", "digest"]
    target: str
    kind: str
    set: str
    mood: Mood
    title: str
    text: str
    ids: list[str]
    incidents: list[Item] = []
    counts: dict[str, int] = {}


def of_news(
    news: Sequence[News],
    *,
    target: str,
    kind: str,
    set_name: str,
    link: str | None,
    now: datetime,
    about: Mapping[str, About] = MappingProxyType({}),
    zone: str = "UTC",
) -> Message:
    """What happened to incidents, as seen by one run of a set.

    Args:
        about: context of each incident, by its key.
        zone: IANA name of the time zone that is shown beside UTC.
    """
    news = sorted(
        news,
        key=lambda one: (
            _ORDER.index(one.event.what),
            not one.incident.down,
            one.event.at,
            one.incident.fingerprint,
        ),
    )
    counted = Counter(one.event.what for one in news)
    # Incidents that have recovered by now, e.g. after a failed delivery, alarm nobody.
    bad = [one for one in news if one.incident.is_open]
    # An incident whose check is gone has not recovered.
    mood: Mood = "info" if any(one.incident.gone for one in news) else "success"
    if bad:
        mood = "failure" if any(one.incident.down for one in bad) else "warning"
    mark = {"success": MARKS[Verdict.OK], "failure": MARKS[Verdict.CRITICAL]}.get(mood, MARKS[Verdict.UNKNOWN])
    words = ", ".join(f"{counted[what]} {_IN_TITLE.get(what, what)}" for what in _ORDER if counted[what])
    lines = [line for one in news[:_MOST] for line in _lines(one, about, now, zone)]
    if len(news) > _MOST:
        lines.append(f"… and {len(news) - _MOST} more")
    first = _one_line(_subject(news[0])) + (f", and {len(news) - 1} more" if len(news) > 1 else "")
    ids = [one.event.id for one in news]
    return Message(
        id=hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:32],
        what="events",
        target=target,
        kind=kind,
        set=set_name,
        mood=mood,
        title=_calm(door.line(f"{mark} {_name(target, kind)}: {words} ({set_name}) · {first}", _LONGEST_TITLE)),
        text=_calm(door.text("\n".join([*lines, *_link(link)]), _LONGEST_TEXT)),
        ids=ids,
        incidents=[leaving(_item(one, about, now)) for one in news],
    )


def _lines(news: News, about: Mapping[str, About], now: datetime, zone: str) -> Iterator[str]:
    """What and since when, what to do, and where to look."""
    incident, event = news
    yield f"{SAID[event.what]}: {_one_line(_subject(news))}"
    yield f"  {_one_line(event.text)}"
    notes = [_since(incident, now, zone), ", ".join(incident.down or incident.items)]
    unseen = [item for item in incident.items if item not in incident.down]
    if incident.down and unseen:
        notes.append(f"not measured because of it: {', '.join(unseen)}")
    if incident.flapping:
        notes.append("flapping")
    if event.quiet:
        notes.append("began during maintenance")
    yield f"  {' · '.join(notes)}"
    guide, handled = about.get(incident.key, _NOTHING)
    if incident.is_open and event.what in _ACTED_ON:
        if handled.acknowledged:
            yield f"  Acknowledged {moment(handled.acknowledged, zone)}"
        if guide.todo:
            yield f"{_DO}{_one_line(guide.todo)}"
        if guide.call:
            yield f"  {_one_line(guide.call)}"
    if guide.link:
        yield f"  {guide.link}"


def _since(incident: Incident, now: datetime, zone: str) -> str:
    """``since 2026-03-02 06:17 UTC (07:17 in Berlin)``, with the length where it is not that of one spell."""
    lasted = incident.lasted_until(incident.closed or now)
    length_of = f", bad for {lasted.words}" if lasted.spells > 1 else ""
    return f"since {moment(incident.opened, zone)}{length_of}"


def _subject(news: News) -> str:
    """The title states what is wrong, which is misleading once it has recovered or is no longer checked."""
    return news.incident.name if news.event.what in ("recovered", "gone") else news.incident.title


def _item(news: News, about: Mapping[str, About], now: datetime) -> Item:
    incident, event = news
    guide, handled = about.get(incident.key, _NOTHING)
    lasted = incident.lasted_until(incident.closed or now)
    return Item(
        event=event.id,
        what=event.what,
        at=event.at,
        text=event.text,
        fingerprint=incident.fingerprint,
        number=incident.number,
        kind=incident.kind,
        cause=incident.cause,
        title=incident.title,
        worst=incident.worst,
        opened=incident.opened,
        closed=incident.closed,
        items=incident.items,
        flapping=incident.flapping,
        severity=guide.severity,
        todo=without_code_marks(guide.todo),
        link=guide.link,
        acknowledged=handled.acknowledged,
        bad_seconds=lasted.bad_time.total_seconds(),
        unmeasured_seconds=lasted.unmeasured_time.total_seconds(),
        spells=lasted.spells,
    )


def of_digest(
    runs: Sequence[RunLine],
    incidents: Sequence[Incident],
    *,
    target: str,
    kind: str,
    set_name: str,
    since: datetime | None,
    now: datetime,
    link: str | None,
    about: Mapping[str, About] = MappingProxyType({}),
    zone: str = "UTC",
) -> Message:
    """State after the newest run of a set.

    Args:
        runs: of the target, oldest first.
        since: when the last digest was delivered; without one, one period of the set ago.
        about: context of each incident, by its key.
        zone: IANA name of the time zone that is shown beside UTC.
    """
    mine = [run for run in runs if run.set == set_name and not run.partial]
    newest = mine[-1] if mine else None
    since = since or now - timedelta(days=_BACK.get(set_name, 7))
    verdict = newest.verdict if newest else Verdict.UNKNOWN
    moods: dict[Verdict, Mood] = {Verdict.CRITICAL: "failure", Verdict.OK: "success"}
    still = sorted((one for one in incidents if one.is_open), key=lambda one: (not one.down, one.opened))
    lines = [*_of_run(newest, set_name, now, zone), "", *_of_open(still, now, about, zone), ""]
    lines += _of_changes(incidents, since, zone)
    identity = f"digest-{newest.id}" if newest else f"digest-{target}-{set_name}-none-{now:%Y%m%d}"
    title = f"{MARKS[verdict]} {_name(target, kind)}: {set_name} digest, {verdict}"
    title += f", {plural(len(still), 'open incident')}" if still else ""
    return Message(
        id=hashlib.sha256(identity.encode()).hexdigest()[:32],
        what="digest",
        target=target,
        kind=kind,
        set=set_name,
        mood=moods.get(verdict, "warning"),
        title=_calm(door.line(title, _LONGEST_TITLE)),
        text=_calm(door.text("\n".join([*lines, *_link(link)]), _LONGEST_TEXT)),
        ids=[identity],
        incidents=[leaving(_item(News(one, one.events[-1]), about, now)) for one in still],
        counts=dict(newest.counts) if newest else {},
    )


def _of_run(run: RunLine | None, set_name: str, now: datetime, zone: str) -> Iterator[str]:
    if run is None:
        yield f"No {set_name} run was found, so nothing is known."
        return
    counted = " · ".join(f"{run.counts[v]} {v}" for v in SEVERITY if run.counts.get(v))
    ago = one_unit(now - run.started)
    yield f"The newest {set_name} run began {moment(run.started, zone)}, {ago} ago: {run.verdict}."
    yield counted or "Nothing was measured."
    if run.ended != "finished":
        yield f"It ended early: {_one_line(run.ended)}"


def _of_open(still: Sequence[Incident], now: datetime, about: Mapping[str, About], zone: str) -> Iterator[str]:
    if not still:
        yield "No open incidents."
        return
    yield f"{plural(len(still), 'open incident')}:"
    for one in still[:_MOST]:
        flapping = ", flapping" if one.flapping else ""
        guide, handled = about.get(one.key, _NOTHING)
        known = f", acknowledged {moment(handled.acknowledged, zone)}" if handled.acknowledged else ""
        age = f"for {one.lasted_until(now).words}{flapping}{known}"
        yield f"- {_one_line(one.title)}, {age}: {_one_line(one.message)}"
        if guide.todo:
            yield f"{_DO}{_one_line(guide.todo)}"
        if guide.link:
            yield f"  {guide.link}"
    if len(still) > _MOST:
        yield f"- … and {len(still) - _MOST} more"


def _of_changes(incidents: Sequence[Incident], since: datetime, zone: str) -> Iterator[str]:
    found = [
        (event.at, f"- {moment(event.at, zone)} {event.what}: {_one_line(_subject(News(one, event)))}")
        for one in incidents
        for event in one.events
        if event.at > since and event.what in _ORDER
    ]
    yield f"Since {moment(since, zone)}: {plural(len(found), 'change')}{'.' if not found else ':'}"
    yield from (line for _, line in sorted(found)[-_MOST:])


def as_plain_text(text: str) -> str:
    """The text of a message without the marks of code, for channels that do not render them."""
    lines = text.split("\n")
    return "\n".join(without_code_marks(line) if line.startswith(_DO) else line for line in lines)


def _name(target: str, kind: str) -> str:
    return f"{target} (the embedded demo system)" if kind == "sandbox" else target


def _link(link: str | None) -> list[str]:
    return ["", link] if link else []


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _calm(text: str) -> str:
    """Text of a system with mentions disarmed."""
    return _MENTION.sub(lambda match: match[0] + _ZERO_WIDTH_SPACE, text)
