"""Waivers: dated exceptions, with who accepted a finding, until when, and why. Pure."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec

from playbook.core import ledger
from playbook.core.clock import AHEAD, Moment
from playbook.core.errors import UsageError
from playbook.history.people.attest import moment, plain_line

SERVICE = "Waivers"
HINT = (
    "Begin it with `python -m playbook waive ITEM --until DATE --reason TEXT --by NAME`, or mend people.waivers."
)


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of the ledger.

    Attributes:
        when: of the decision; ISO 8601 with its offset.
        until: the last day on which it counts, to its end in UTC.
    """

    item: str
    who: str
    when: Moment
    until: date
    reason: str
    digest: str

    @property
    def ends(self) -> datetime:
        """The moment from which it no longer counts."""
        return datetime.combine(self.until + timedelta(days=1), time(), UTC)

    def active(self, now: datetime) -> bool:
        """Whether it counts at ``now``."""
        return now < self.ends


@dataclass(frozen=True, slots=True)
class Waivers:
    """The ledger as it counts now.

    Attributes:
        newest: by item; a newer decision replaces an older one, so a new line can end an exception early.
        refused: lines that do not count, in words, by item; those that name no item are under the empty text.
        now: aware, in UTC.
    """

    newest: Mapping[str, Waiver]
    refused: Mapping[str, Sequence[str]]
    now: datetime

    def active(self, item: str) -> Waiver | None:
        """The waiver that counts for an item now."""
        waiver = self.newest.get(item)
        return waiver if waiver and waiver.active(self.now) else None

    def expired(self, item: str) -> Waiver | None:
        """The item's newest waiver, if it has expired."""
        waiver = self.newest.get(item)
        return None if waiver is None or waiver.active(self.now) else waiver


def none(now: datetime) -> Waivers:
    """No exceptions."""
    return Waivers({}, {}, now)


def read(file: Path, *, known: Container[str], most_days: int, now: datetime) -> Waivers:
    """The waivers in a ledger. A line that is damaged, edited, in the future, too long or of no known item is
    refused.

    Raises:
        Unreachable, Denied: the file does not exist or may not be read.
    """
    newest: dict[str, Waiver] = {}
    refused: dict[str, list[str]] = {}
    for entry in ledger.read(file, Waiver, SERVICE, HINT):
        line: Waiver | None = entry.value
        problem = entry.problem or _problem(line, known, most_days, now)
        if problem:
            item = line.item if line and line.item in known else ""
            refused.setdefault(item, []).append(f"line {entry.number} {problem}")
        elif line and (line.item not in newest or newest[line.item].when <= line.when):
            newest[line.item] = line
    return Waivers(newest, refused, now)


def _problem(line: Waiver | None, known: Container[str], most_days: int, now: datetime) -> str:
    assert line  # a line without value has a problem
    if line.item not in known:
        return f"names {line.item}, which is not an item of the playbook"
    if line.when > now + AHEAD:
        return f"is dated {line.when:%Y-%m-%d %H:%M}, in the future"
    ahead = (line.until - line.when.astimezone(UTC).date()).days
    if ahead > most_days:
        return f"reaches {ahead} days ahead, and {most_days} is the most"
    return ""


def waive(file: Path, item: str, *, until: date, reason: str, who: str, most_days: int, now: datetime) -> Waiver:
    """Add a waiver to the ledger.

    Raises:
        UsageError: the day has passed or is too far ahead, a text is empty, or the ledger cannot be written.
    """
    today = now.astimezone(UTC).date()
    if until < today:
        raise UsageError(f"--until {until} has passed; today is {today} (UTC)")
    latest = today + timedelta(days=most_days)
    if until > latest:
        raise UsageError(f"--until {until} is too far ahead: {latest} is the latest (people.waiver_days)")
    fields: dict[str, Any] = {
        "item": item,
        "who": plain_line(who, "--by"),
        "when": moment(now),
        "until": until.isoformat(),
        "reason": plain_line(reason, "--reason"),
    }
    ledger.append(file, fields)
    return msgspec.convert({**fields, ledger.DIGEST: ledger.digest_of(fields)}, Waiver)
