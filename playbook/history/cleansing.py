"""Removes the team's data from a history that was written before, or for private places only.

A dry run by default. An unreadable line may hold anything, so it is removed too; of an unreadable drill record a
placeholder is kept, as the drill may have failed. Results of load tests are only numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from playbook.core import lines
from playbook.core.audience import Audience
from playbook.core.catalogue import Catalogue
from playbook.history import deliveries, handling
from playbook.history.deliveries import Delivery
from playbook.history.drill_records import DrillRecord, public_record
from playbook.history.handling import Handling
from playbook.history.public_lines import public_delivery, public_line
from playbook.history.runs import ATTRIBUTES, LONGEST_LINE, RUNS, SCHEMA, RunLine

DRILLS = "drills.jsonl"  # where the workflows keep them; see playbook/history/drill_records.py
# Public files: numbers, git's merge attributes, and the branch's README.
_OF_EVERYBODY = frozenset({"load", ATTRIBUTES, "README.md"})
_UNREADABLE = b'"a record that could not be read"'
# Rewritten lines remain in git's history; these commands remove them there too.
SQUASH = """\
The commits of the branch still hold the lines as they were. While no workflow runs, in a clone of its own:
  git clone --branch history URL cleansed && cd cleansed
  (here the files as they are now, or once more: python -m playbook history --cleanse --write --history=.)
  git add --all && git reset --soft "$(git rev-list --max-parents=0 HEAD)"
  git commit --message "The history, cleansed" && git push --force origin HEAD:history
The branch reports is one commit that the next `python -m playbook ci push` replaces, older reports in it included;
the site follows with its next build. GitHub keeps unreferenced commits for a while, readable
by id: its support removes them on request. Everybody who has read or fetched the lines still has them."""


class Cleansing(NamedTuple):
    """Result of cleansing one file.

    Attributes:
        lines: in the file.
        changed, removed: number of these lines.
        lost: what is removed, in words with its number, e.g. ``message of daily.alerts.none-pending``.
        content: afterwards.
    """

    file: Path
    lines: int
    changed: int
    removed: int
    lost: Counter[str]
    content: bytes


def cleansings(
    folder: Path, catalogue: Catalogue, measurements: Collection[str], private: Collection[str] = ()
) -> Iterator[Cleansing]:
    """Changes to each file, in order, including unchanged files.

    Args:
        private: targets whose lines are left unchanged.
    """
    for file in _files(folder):
        yield _cleansed(file, lines.read(file), catalogue, measurements, private)


def cleanse_file(
    file: Path, catalogue: Catalogue, measurements: Collection[str], private: Collection[str] = ()
) -> None:
    """Cleanse one file, including lines that were added meanwhile.

    Raises:
        UsageError: the file cannot be written; it is unchanged.
    """
    lines.rewrite(file, lambda now: _cleansed(file, now, catalogue, measurements, private).content)


def team_lines(content: bytes, kind: str) -> int:
    """Number of lines that hold the team's data, or cannot be read.

    Args:
        kind: see ``kind_of``.
    """
    if kind in _OF_EVERYBODY:
        return 0
    return sum(not _is_public(line, kind) for line in lines.numbered(content, LONGEST_LINE))


def count_team_lines(folder: Path) -> int:
    """Number of lines of a history that hold the team's data, or cannot be read."""
    return sum(team_lines(lines.read(file), kind_of(file.relative_to(folder))) for file in _files(folder))


def kind_of(name: Path) -> str:
    """Kind of a file of a history, by its path in there: the name of its folder, or its own."""
    return name.parts[0]


def _files(folder: Path) -> list[Path]:
    found = [
        file
        for kind in (RUNS, deliveries.FOLDER, handling.FOLDER)
        for file in sorted((folder / kind).glob("*.jsonl"))
    ]
    drills = folder / DRILLS
    return [*found, *([drills] if drills.is_file() else [])]


def _is_public(line: lines.Line, kind: str) -> bool:
    if line.problem == "is blank":
        return True
    known = None if line.problem else _decoded(line.text, kind)
    match known:
        case RunLine():
            return known.audience is Audience.PUBLIC
        case Delivery():
            return public_delivery(known) == known
        case DrillRecord():
            return public_record(known) == known
        case Handling():
            return not (known.who or known.note)
    return kind == DRILLS and line.text == _UNREADABLE


def _decoded(text: bytes, kind: str) -> RunLine | Delivery | DrillRecord | Handling | None:
    try:
        if kind == DRILLS:
            return msgspec.json.decode(text, type=DrillRecord)
        if kind == RUNS:
            run = msgspec.json.decode(text, type=RunLine)
            return run if run.schema == SCHEMA else None
        if kind == handling.FOLDER:
            return msgspec.json.decode(text, type=Handling)
        return msgspec.json.decode(text, type=Delivery) if kind == deliveries.FOLDER else None
    except lines.DAMAGE:
        return None


def _cleansed(
    file: Path, content: bytes, catalogue: Catalogue, measurements: Collection[str], private: Collection[str]
) -> Cleansing:
    kept: list[bytes] = []
    lost: Counter[str] = Counter()
    count = changed = removed = 0
    kind = DRILLS if file.name == DRILLS else file.parent.name
    for line in lines.numbered(content, LONGEST_LINE):
        count += 1
        known = None if line.problem else _decoded(line.text, kind)
        if _is_public(line, kind) or (known is not None and known.target in private):
            kept.append(line.text)
            continue
        match known:
            case RunLine():
                shown = public_line(known, catalogue, measurements)
                lost.update(_lost(known, shown))
                kept.append(msgspec.json.encode(shown))
            case Delivery():
                lost["error of a delivery"] += 1
                kept.append(msgspec.json.encode(public_delivery(known)))
            case Handling():
                lost["name and note of what was done about an incident"] += 1
                kept.append(handling.line_of(handling.for_everybody(known)))
            case DrillRecord():
                lost["place and words of a drill"] += 1
                kept.append(msgspec.json.encode(public_record(known)))
            case _:
                removed += 1
                kept += [_UNREADABLE] if kind == DRILLS else []
                continue
        changed += 1
    return Cleansing(file, count, changed, removed, lost, b"".join(line + b"\n" for line in kept))


def _lost(line: RunLine, shown: RunLine) -> Iterator[str]:
    for item, found in line.items.items():
        left = shown.items.get(item)
        if found.message and (left is None or left.message != found.message):
            yield f"message of {item}"
        if found.value is not None and (left is None or left.value is None):
            yield f"value of {item}"
        if found.cause and (left is None or not left.cause):
            yield f"cause of {item}"
        if found.title:
            yield f"title of {item}"
    if line.readings.keys() - shown.readings.keys():
        yield "readings"
