"""What people did about incidents: one line each, in files that git merges by keeping the lines of both sides.

<history>/handled/2026.jsonl     what was acknowledged, noted and closed in 2026 (UTC)

Each line is sealed, as sign-offs are: one that was changed by hand or by a merge does not count.
Where everybody reads the history, a line says what was done and when, and neither who did it nor what they said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from playbook.core import ledger, lines
from playbook.core.clock import AHEAD, Moment
from playbook.history.incidents import Incident
from playbook.history.runs import make_folder

FOLDER = "handled"
_OPENINGS = frozenset({"opened", "reopened"})

Act = Literal["ack", "note", "close"]


class Handling(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that somebody did about an incident. What is as its default is not written.

    Attributes:
        incident: key of the incident: fingerprint and number.
        when: it was done.
        who, note: empty where everybody reads the history.
        via: where it was done, where that was not the command, e.g. ``GitHub issue 12``.
    """

    schema: int = 1
    when: Moment
    target: str
    incident: str
    what: Act
    who: str = ""
    note: str = ""
    via: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Handled:
    """What was done about one incident.

    Attributes:
        acts: oldest first.
        acknowledged: when somebody first said that they know of it, since it opened for the last time; None where
            nobody has. A note says so too, and so does who closes it.
        closed: when somebody said that it is dealt with, likewise.
    """

    acts: tuple[Handling, ...] = field(default=())
    acknowledged: datetime | None = None
    closed: datetime | None = None


def note(history: Path, handling: Handling) -> None:
    """Add a line, on disk when this returns; UsageError where it cannot be written."""
    make_folder(history)
    lines.append(history / FOLDER / f"{handling.when.astimezone(UTC):%Y}.jsonl", line_of(handling) + b"\n")


def line_of(handling: Handling) -> bytes:
    """The sealed line, without its line feed."""
    fields: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(handling, digest=""))
    return ledger.sealed(fields).rstrip(b"\n")


def for_everybody(handling: Handling) -> Handling:
    """The same without the person and what they said."""
    return msgspec.structs.replace(handling, who="", note="", digest="")


def read(history: Path, target: str) -> tuple[list[Handling], list[str]]:
    """What was done about the incidents of a target, oldest first; and what cannot be read, a sentence each.

    A line that was changed by hand counts for nothing.
    """
    found: dict[tuple[str, str, str], Handling] = {}
    problems: list[str] = []
    for file in sorted((history / FOLDER).glob("[0-9][0-9][0-9][0-9].jsonl")):
        where = f"{FOLDER}/{file.name}"
        try:
            content = lines.read(file)
        except OSError as error:
            problems.append(f"{where} cannot be read: {error.strerror}")
            continue
        for entry in ledger.entries(content, Handling):
            if entry.problem:
                problems.append(f"{where} line {entry.number} {entry.problem}")
            elif entry.value.target == target:
                found.setdefault((entry.value.incident, entry.value.what, entry.value.digest), entry.value)
    return sorted(found.values(), key=lambda each: each.when), problems


def handled(incidents: Iterable[Incident], acts: Sequence[Handling], now: datetime) -> Mapping[str, Handled]:
    """What was done about each incident, by its key; what is dated in the future was not done yet."""
    mine: dict[str, list[Handling]] = {}
    for act in acts:
        if act.when <= now + AHEAD:
            mine.setdefault(act.incident, []).append(act)
    return {incident.key: _handled(incident, mine.get(incident.key, [])) for incident in incidents}


def _handled(incident: Incident, acts: Sequence[Handling]) -> Handled:
    since = opened_last(incident)
    current = [act for act in acts if act.when >= since]
    return Handled(
        acts=tuple(acts),
        acknowledged=min((act.when for act in current), default=None),
        closed=min((act.when for act in current if act.what == "close"), default=None),
    )


def opened_last(incident: Incident) -> datetime:
    """When it opened, or came back, for the last time: by the start of the run that showed it."""
    return max((event.at for event in incident.events if event.what in _OPENINGS), default=incident.opened)


def time_to_acknowledge(incident: Incident, what: Handled) -> timedelta | None:
    """From its last opening until somebody said that they know of it; None where nobody has."""
    return what.acknowledged - opened_last(incident) if what.acknowledged else None
