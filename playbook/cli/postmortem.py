"""The form of a post-mortem, filled in from the history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playbook.core.durations import one_unit
from playbook.core.errors import UsageError
from playbook.core.wording import moment
from playbook.history import handling
from playbook.history.deliveries import Delivery
from playbook.history.handling import Handled, Handling
from playbook.history.incidents import Incident
from playbook.history.people.postmortems import TO_WRITE, mark, pages
from playbook.history.runs import Finding, RunLine
from playbook.history.severity import severity_of_incident
from playbook.report.summary import plain
from playbook.settings.model import Settings

_MOST_RUNS = 60
_QUESTIONS = (
    ("What visitors noticed", "What did not work for whom, and how many of them."),
    ("Why it happened", "Causes, not people: what made it possible, and what set it off."),
    ("What helped, and what was in the way", "Also what was luck."),
    ("What will be different", "Each with an owner and a date."),
)


@dataclass(frozen=True, slots=True)
class Story:
    """What the history knows about an incident.

    Attributes:
        told: deliveries and failed deliveries.
        runs: of the target, oldest first.
    """

    incident: Incident
    done: Handled
    told: tuple[Delivery, ...]
    runs: Sequence[RunLine]


def form(story: Story, settings: Settings, now: datetime) -> str:
    """The page, filled in: what, when, what was measured, who was notified when."""
    return "\n".join(_lines(story, settings, now)) + "\n"


def _lines(story: Story, settings: Settings, now: datetime) -> Iterator[str]:
    incident, done = story.incident, story.done
    severity = severity_of_incident(incident, settings)
    yield mark(incident.key, incident.target)
    yield f"# Post-mortem: {plain(incident.title)}"
    yield from ("", f"- Target: {plain(incident.target)}", f"- Severity: {severity}")
    ended = f"until {moment(incident.closed)}" if incident.closed else f"and open still at {moment(now)}"
    lasted = incident.lasted_until(incident.closed or now).words
    yield f"- When: since {moment(incident.opened)} {ended}, bad for {lasted}"
    if incident.reopened:
        yield f"- Came back: {incident.reopened} ×"
    took = handling.time_to_acknowledge(incident, done)
    minutes = settings.people.answer_minutes.get(severity)
    asked = f" ({severity} allows {one_unit(timedelta(minutes=minutes))})" if minutes else ""
    yield f"- Acknowledged: {f'after {one_unit(took)}' if took is not None else 'by nobody'}{asked}"
    yield f"- Items: {plain(', '.join(incident.items))}"
    yield f"- Written by: {TO_WRITE}"
    for title, hint in _QUESTIONS[:1]:
        yield from ("", f"## {title}", "", f"{TO_WRITE} {hint}")
    yield from ("", "## What happened, and what was done", "", "| when | what |", "|---|---|")
    happened = [(event.at, f"**{event.what}**: {plain(event.text)}") for event in incident.events]
    happened += [(each.when, _told(each)) for each in story.told]
    happened += [(act.when, _done(act)) for act in done.acts]
    yield from (f"| {moment(at)} | {words} |" for at, words in sorted(happened, key=lambda each: each[0]))
    yield from ("", "## What was measured", "", "| run | item | verdict | what was found |", "|---|---|---|---|")
    yield from _measured(incident, story.runs, now)
    for title, hint in _QUESTIONS[1:]:
        yield from ("", f"## {title}", "", f"{TO_WRITE} {hint}")


def _measured(incident: Incident, runs: Sequence[RunLine], now: datetime) -> Iterator[str]:
    until = incident.closed or now
    during = [run for run in runs if incident.opened <= run.started <= until]
    found = [(run, item, run.items[item]) for run in during for item in incident.items if item in run.items]
    for run, item, finding in found[:_MOST_RUNS]:
        yield f"| {moment(run.started)} | {plain(item)} | {finding.verdict} | {_found(finding)} |"
    if len(found) > _MOST_RUNS:
        yield f"| | | | and {len(found) - _MOST_RUNS:,} more, which the site shows |"


def _found(finding: Finding) -> str:
    if finding.message:
        return plain(finding.message)
    return f"{finding.value:,.6g}" if finding.value is not None else ""


def _done(act: Handling) -> str:
    by = f" by {plain(act.who)}" if act.who else ""
    return f"**{act.what}**{by}{f': {plain(act.note)}' if act.note else ''}"


def _told(delivery: Delivery) -> str:
    to = plain(delivery.to)
    return f"{to} was told" if delivery.delivered else f"{to} could not be notified ({plain(delivery.error)})"


def write(folder: Path, incident: Incident, text: str) -> Path:
    """Write the page into the folder; its path.

    Raises:
        UsageError: the page exists already, or cannot be written.
    """
    for file, key in pages(folder, incident.target):
        if key == incident.key:
            raise UsageError(f"incident postmortem: {file} is the page of {incident.key} already")
    file = folder / f"{incident.opened.astimezone(UTC):%Y-%m-%d}-{incident.key}.md"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as page:
            page.write(text)
    except OSError as error:
        raise UsageError(f"incident postmortem: {file} cannot be written: {error.strerror}") from None
    return file
