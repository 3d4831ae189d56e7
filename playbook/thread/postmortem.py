"""Post-mortems: a form that the history has filled in as far as it knows, and which of them are still due.

A page is a Markdown file in the folder ``people.postmortems``. A comment in it that does not show says whose it
is, so that it may be renamed; it is filed once nothing in it is still to be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playbook.emergency import URGENT
from playbook.errors import UsageError
from playbook.history import handling
from playbook.history.deliveries import Delivery
from playbook.history.handling import Handled, Handling
from playbook.history.incidents import Incident, length
from playbook.history.runs import Finding, RunLine
from playbook.people.files import path_of
from playbook.report.summary import plain
from playbook.settings import Settings
from playbook.site.words import slug
from playbook.thread.guide import severity_of_incident

ASKED_FOR = URGENT
TO_WRITE = "(to be written)"
_MARK = re.compile(r"<!-- playbook-post-mortem ([0-9a-f]{12}-\d+) target=(\S+) -->")
_MOST_RUNS = 60
_LONGEST_PAGE = 1024 * 1024  # bytes
_QUESTIONS = (
    ("What visitors noticed", "What did not work for whom, and how many of them."),
    ("Why it happened", "Causes, not people: what made it possible, and what set it off."),
    ("What helped, and what was in the way", "Also what was luck."),
    ("What will be different", "Each with an owner and a date."),
)


def folder_of(settings: Settings) -> Path | None:
    """Where the pages are; None where the settings do not say."""
    name = settings.people.postmortems
    return path_of(settings, name) if name else None


@dataclass(frozen=True, slots=True)
class Story:
    """What the history knows of an incident.

    Attributes:
        told: what was delivered, or could not be.
        runs: of the target, oldest first.
    """

    incident: Incident
    done: Handled
    told: tuple[Delivery, ...]
    runs: Sequence[RunLine]


def form(story: Story, settings: Settings, now: datetime) -> str:
    """The page, with what the history knows: what, when, what was measured, who was told when."""
    return "\n".join(_lines(story, settings, now)) + "\n"


def _lines(story: Story, settings: Settings, now: datetime) -> Iterator[str]:
    incident, done = story.incident, story.done
    severity = severity_of_incident(incident, settings)
    yield f"<!-- playbook-post-mortem {incident.key} target={slug(incident.target)} -->"
    yield f"# Post-mortem: {plain(incident.title)}"
    yield from ("", f"- Target: {plain(incident.target)}", f"- Severity: {severity}")
    ended = f"until {_when(incident.closed)}" if incident.closed else f"and open still at {_when(now)}"
    lasted = length((incident.closed or now) - incident.opened)
    yield f"- When: since {_when(incident.opened)} {ended}, {lasted}"
    if incident.reopened:
        yield f"- Came back: {incident.reopened} ×"
    took = handling.time_to_acknowledge(incident, done)
    minutes = settings.people.answer_minutes.get(severity)
    asked = f" ({severity} asks for {length(timedelta(minutes=minutes))})" if minutes else ""
    yield f"- Acknowledged: {f'after {length(took)}' if took is not None else 'by nobody'}{asked}"
    yield f"- Items: {plain(', '.join(incident.items))}"
    yield f"- Written by: {TO_WRITE}"
    for title, hint in _QUESTIONS[:1]:
        yield from ("", f"## {title}", "", f"{TO_WRITE} {hint}")
    yield from ("", "## What happened, and what was done", "", "| when | what |", "|---|---|")
    happened = [(event.at, f"**{event.what}**: {plain(event.text)}") for event in incident.events]
    happened += [(each.when, _told(each)) for each in story.told]
    happened += [(act.when, _done(act)) for act in done.acts]
    yield from (f"| {_when(at)} | {words} |" for at, words in sorted(happened, key=lambda each: each[0]))
    yield from ("", "## What was measured", "", "| run | item | verdict | what was found |", "|---|---|---|---|")
    yield from _measured(incident, story.runs, now)
    for title, hint in _QUESTIONS[1:]:
        yield from ("", f"## {title}", "", f"{TO_WRITE} {hint}")


def _measured(incident: Incident, runs: Sequence[RunLine], now: datetime) -> Iterator[str]:
    until = incident.closed or now
    during = [run for run in runs if incident.opened <= run.started <= until]
    found = [(run, item, run.items[item]) for run in during for item in incident.items if item in run.items]
    for run, item, finding in found[:_MOST_RUNS]:
        yield f"| {_when(run.started)} | {plain(item)} | {finding.verdict} | {_found(finding)} |"
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
    return f"{to} was told" if delivery.delivered else f"{to} could not be told ({plain(delivery.error)})"


def write(folder: Path, incident: Incident, text: str) -> Path:
    """Put the page into the folder; the file.

    Raises:
        UsageError: there is a page of this incident, or it cannot be written.
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


def pages(folder: Path, target: str) -> Iterator[tuple[Path, str]]:
    """Every page of a target, with the key of its incident. What cannot be read is none."""
    for file in sorted(folder.glob("*.md")):
        text = _read(file)
        mark = _MARK.search(text)
        if mark and mark[2] == slug(target):
            yield file, mark[1]


def filed(folder: Path, target: str) -> tuple[frozenset[str], dict[str, int]]:
    """Keys of the incidents whose page is filed, and of those with a page how much in it is still to be written.

    Raises:
        OSError: the folder is there and cannot be read.
    """
    done, begun = set(), {}
    if not folder.is_dir():
        list(folder.iterdir())  # says why not
    for file, key in pages(folder, target):
        left = _read(file).count(TO_WRITE)
        if left:
            begun[key] = left
        else:
            done.add(key)
    return frozenset(done), begun


def _read(file: Path) -> str:
    try:
        with file.open("rb") as page:
            return page.read(_LONGEST_PAGE).decode("utf-8", errors="replace")
    except OSError:
        return ""


def _when(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
