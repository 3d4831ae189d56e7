"""``python -m playbook incident``: what people do about an incident, as lines in the history."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from playbook.cli import postmortem
from playbook.core.clock import Clock
from playbook.core.command_line import USUAL_TARGET
from playbook.core.errors import UsageError
from playbook.core.verdict import EXIT_OK
from playbook.core.wording import moment
from playbook.history import deliveries, handling
from playbook.history import runs as history
from playbook.history.acts import DONE, acknowledged_words
from playbook.history.derive import incidents_of
from playbook.history.folder import history_to_read
from playbook.history.handling import Act, Handled, Handling
from playbook.history.incidents import Incident
from playbook.history.people.attest import plain_line
from playbook.history.people.postmortems import ASKED_FOR, TO_WRITE, folder_of
from playbook.history.severity import severity_of_incident
from playbook.run.everybody import runs_for_everybody
from playbook.settings.chosen import settings_for
from playbook.settings.model import Settings

Say = Callable[[str], None]

_SHORTEST = 4  # least number of characters to abbreviate a fingerprint


@dataclass(frozen=True, slots=True)
class Known:
    """Incidents of a target, and what was done about them."""

    settings: Settings
    folder: Path
    incidents: Sequence[Incident]
    handled: dict[str, Handled]
    problems: Sequence[str]

    def find(self, name: str) -> Incident:
        """The incident with this key or this prefix of its fingerprint; without a number the newest.

        Raises:
            UsageError: there is none, or there are several.
        """
        fingerprint, _, number = name.partition("-")
        found = {one.fingerprint for one in self.incidents if one.fingerprint.startswith(fingerprint)}
        if len(fingerprint) < _SHORTEST or not found:
            raise UsageError(f"incident: unknown incident {name!r} (`incident list` names them)")
        if len(found) > 1:
            raise UsageError(
                f"incident: {name!r} is the beginning of {len(found)} incidents: {', '.join(sorted(found))}"
            )
        same = [one for one in self.incidents if one.fingerprint in found and number in ("", str(one.number))]
        if not same:
            raise UsageError(f"incident: {found.pop()} has no number {number!r} (`incident list` names them)")
        return same[-1]


def known_of(options: argparse.Namespace, root: Path, now: datetime) -> Known:
    """Incidents from the history, in their public form unless the target is private."""
    settings = settings_for(options.target, root)
    folder = history_to_read(settings, root / options.reports, chosen=options.history)
    past = history.read(folder)
    runs = past.of(settings.target.name)
    if not settings.target.private:
        runs = runs_for_everybody(runs)
    incidents = incidents_of(settings, runs)
    acts, unread = handling.read(folder, settings.target.name)
    handled = dict(handling.handled(incidents, acts, now))
    return Known(settings, folder, incidents, handled, [*past.problems, *unread])


# ------------------------------------------------------------------------------------------------------------ list


def run_list(options: argparse.Namespace, root: Path, say: Say, clock: Clock | None = None) -> int:
    """Print open incidents, or all of them, newest last."""
    now = (clock or Clock()).now()
    known = known_of(options, root, now)
    shown = [one for one in known.incidents if one.is_open or options.all]
    for incident in shown:
        for line in _lines(incident, known, now):
            say(line)
    for problem in known.problems:
        say(f"not read: {problem}")
    if not shown:
        say(f"No incident of {known.settings.target.name} {'is known' if options.all else 'is open'}.")
    return EXIT_OK


def _lines(incident: Incident, known: Known, now: datetime) -> Iterator[str]:
    severity = severity_of_incident(incident, known.settings)
    state = f"open since {moment(incident.opened)}, bad for {incident.lasted_until(now).words}"
    if incident.closed:
        state = f"closed {moment(incident.closed)}, after {incident.lasted_until(now).words}"
    yield f"{incident.key}  {severity}  {incident.title}: {state}"
    done = known.handled[incident.key]
    yield f"    {acknowledged_words(incident, done, known.settings, now)}"
    for act in done.acts:
        by = f" by {act.who}" if act.who else ""
        via = f" ({act.via})" if act.via else ""
        yield f"    {moment(act.when)} {DONE[act.what]}{by}{via}{f': {act.note}' if act.note else ''}"


# ------------------------------------------------------------------------------------------------ ack, note, close


def run_act(what: Act, options: argparse.Namespace, root: Path, say: Say, clock: Clock | None = None) -> int:
    """Record what somebody did about an incident.

    Raises:
        UsageError: there is no such incident, it is closed, a text is missing, or the line cannot be written.
    """
    now = (clock or Clock()).now()
    known = known_of(options, root, now)
    incident = known.find(options.incident)
    if what == "ack" and not incident.is_open:
        raise UsageError(
            f"incident ack: {incident.key} has recovered already; say what was done with `incident note`"
        )
    act = Handling(
        when=now,
        target=known.settings.target.name,
        incident=incident.key,
        what=what,
        who=plain_line(options.by, "--by"),
        note=plain_line(options.note, "--note") if options.note or what != "ack" else "",
    )
    kept = act if known.settings.target.private else handling.for_everybody(act)
    handling.note(known.folder, kept)
    say(f"{incident.title}: {DONE[what]} by {act.who}")
    if kept != act:
        say("This history is public, so it keeps only the time, without the name and the note.")
    done = handling.handled([incident], [kept], now)[incident.key]
    if what == "ack":
        say(acknowledged_words(incident, done, known.settings, now))
    if what == "close" and incident.is_open:
        say("It is not reported again, and stays open until a run finds it healthy.")
    if severity_of_incident(incident, known.settings) in ASKED_FOR:
        say(f"A post-mortem is due once it has recovered: incident postmortem {incident.key}")
    return EXIT_OK


# ----------------------------------------------------------------------------------------------------- post-mortem


def run_postmortem(options: argparse.Namespace, root: Path, say: Say, clock: Clock | None = None) -> int:
    """Write the form of a post-mortem, filled in from the history.

    Raises:
        UsageError: there is no such incident, or its page exists already.
    """
    now = (clock or Clock()).now()
    known = known_of(options, root, now)
    incident = known.find(options.incident)
    folder = Path(options.to) if options.to else folder_of(known.settings)
    if folder is None:
        raise UsageError("incident postmortem: expected --to, or the folder in people.postmortems")
    told = [
        each
        for each in deliveries.read(known.folder)
        if each.target == incident.target and {event.id for event in incident.events} & set(each.ids)
    ]
    runs = history.read(known.folder).of(incident.target)
    story = postmortem.Story(incident, known.handled[incident.key], tuple(told), runs)
    text = postmortem.form(story, known.settings, now)
    file = postmortem.write(folder, incident, text)
    say(f"{file}: fill in what is still {TO_WRITE!r}; it counts as filed when nothing is")
    return EXIT_OK


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def add_parser(commands: Any, say: Say) -> None:
    """The command, added to what ``argparse`` calls subparsers."""
    parser = commands.add_parser(
        "incident",
        help="acknowledge, comment or close an incident, or write its post-mortem",
        description="What people do about an incident: lines in the history. An acknowledgement ends the "
        "reminders, shows on the site, and is measured against the minutes in which a call has to be answered.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    lists = "list the open incidents, and what was done about them"
    listing = actions.add_parser("list", help=lists, description=_sentence(lists))
    listing.add_argument("--all", action="store_true", help="also those that have recovered")
    listing.set_defaults(command=lambda options: run_list(options, Path.cwd(), say))
    helps: dict[Act, str] = {
        "ack": "acknowledge it: somebody is working on it",
        "note": "add what you found or did",
        "close": "mark it as handled; it recovers when a run finds it healthy",
    }
    for what, words in helps.items():
        acting = actions.add_parser(what, help=words, description=_sentence(words))
        acting.add_argument("incident", metavar="INCIDENT", help="its fingerprint, as `incident list` shows it")
        acting.add_argument("--by", metavar="NAME", required=True, help="who you are")
        acting.add_argument("--note", metavar="TEXT", default="", required=what != "ack", help="text of the note")
        acting.set_defaults(command=lambda options, what=what: run_act(what, options, Path.cwd(), say))
    writes = "write the form of its post-mortem, filled in from the history"
    writing = actions.add_parser("postmortem", help=writes, description=_sentence(writes))
    writing.add_argument("incident", metavar="INCIDENT", help="its fingerprint, as `incident list --all` shows it")
    writing.add_argument("--to", metavar="DIR", help="folder of the pages (default: people.postmortems)")
    writing.set_defaults(command=lambda options: run_postmortem(options, Path.cwd(), say))
    for each in (listing, writing, *(actions.choices[what] for what in helps)):
        each.add_argument("--target", metavar="NAME", help=USUAL_TARGET)
        each.add_argument("--history", metavar="DIR", help="folder of the history")
        each.add_argument(
            "--reports", default="reports", metavar="DIR", help="where the runs are (default: reports)"
        )
