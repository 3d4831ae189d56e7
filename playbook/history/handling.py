"""Record of people's actions on incidents: one line each, in files that git merges by keeping both sides' lines.

<history>/handled/2026.jsonl     what was acknowledged, noted and closed in 2026 (UTC)

Each line is sealed, like sign-offs: one that was changed by hand or by a merge does not count. In a public history
a line says what was done and when, but neither by whom nor their note.
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
    """One action on an incident. Default values are not written.

    Attributes:
        incident: key of the incident: fingerprint and number.
        when: time of the action.
        who, note: empty in a public history.
        via: where it was done, if not with the command, e.g. ``GitHub issue 12``.
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
    """Actions on one incident.

    Attributes:
        acts: oldest first.
        acknowledged: when somebody first acknowledged it since it last opened; None where nobody has. A note or
            closing it also acknowledges it.
        closed: when somebody first closed it since then.
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
    """The public form, without the person and their note."""
    return msgspec.structs.replace(handling, who="", note="", digest="")


def read(history: Path, target: str) -> tuple[list[Handling], list[str]]:
    """Actions on the incidents of a target, oldest first; and what cannot be read, a sentence each.

    A line that was changed by hand does not count.
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
    """Actions on each incident, by its key; future ones do not count yet."""
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
    """When it last opened or reopened, by the start of the run that showed it."""
    return max((event.at for event in incident.events if event.what in _OPENINGS), default=incident.opened)


def time_to_acknowledge(incident: Incident, what: Handled) -> timedelta | None:
    """Time from its last opening until it was acknowledged; None where nobody has."""
    return what.acknowledged - opened_last(incident) if what.acknowledged else None
