"""Waivers: dated exceptions, with who accepted a finding, until when, and why. Pure."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from playbook.core import ledger
from playbook.core.clock import AHEAD, Moment
from playbook.core.errors import UsageError
from playbook.core.verdict import Verdict
from playbook.history.people.attest import moment, plain_line
from playbook.history.runs import RunLine

SERVICE = "Waivers"
HINT = (
    "Begin it with `python -m playbook waive ITEM --until DATE --reason TEXT --by NAME`, or mend people.waivers."
)
Accepted = Literal["WARNING", "UNKNOWN", "CRITICAL"]
# By the accepted verdict: a waiver of the worst one covers all, as nothing can be worse than what was accepted.
_COVERED: Mapping[str, frozenset[Verdict]] = {
    "WARNING": frozenset({Verdict.WARNING}),
    "UNKNOWN": frozenset({Verdict.UNKNOWN}),
    "CRITICAL": frozenset({Verdict.WARNING, Verdict.UNKNOWN, Verdict.CRITICAL}),
}
# Items of a monthly set were last judged up to a month before their waiver; one missed run more.
LOOK_BACK = timedelta(days=62)


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of the ledger.

    Attributes:
        when: of the decision; ISO 8601 with its offset.
        until: the last day on which it counts, to its end in UTC.
        covers: the verdict that was accepted; None where an older line does not say it, and nobody can
            know.
        targets: names or patterns of those whose findings are accepted; empty in older lines, which count for
            every target that has this ledger.
    """

    item: str
    who: str
    when: Moment
    until: date
    reason: str
    digest: str
    covers: Accepted | None = None
    targets: list[str] = []

    @property
    def ends(self) -> datetime:
        """The moment from which it no longer counts."""
        return datetime.combine(self.until + timedelta(days=1), time(), UTC)

    def active(self, now: datetime) -> bool:
        """Whether it counts at ``now``."""
        return now < self.ends

    def accepts(self, verdict: Verdict) -> bool:
        """Whether a finding of this verdict is no worse than what was accepted, as far as that is known."""
        return self.covers is None or verdict in _COVERED[self.covers]


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


def accepted_in(runs: Sequence[RunLine], item: str, when: datetime) -> Accepted | None:
    """What was found about an item when it was waived; None if that was nothing bad, or is not known.

    Args:
        runs: of the target, oldest first. Those in which the item was waived already do not say what was found.
    """
    for run in reversed(runs):
        found = run.items.get(item)
        if found is None or run.finished > when or found.verdict is Verdict.WAIVED:
            continue
        match found.verdict:
            case Verdict.WARNING:
                return "WARNING"
            case Verdict.UNKNOWN:
                return "UNKNOWN"
            case Verdict.CRITICAL:
                return "CRITICAL"
            case _:
                return None
    return None


def limited(waivers: Waivers, runs: Callable[[datetime], Sequence[RunLine]]) -> Waivers:
    """The waivers, of which those that do not say what was accepted cover what was found at that time.

    Args:
        runs: the target's runs since a moment, oldest first; asked for only if there is such a waiver.
    """
    open_ended = [each for each in waivers.newest.values() if each.covers is None and each.active(waivers.now)]
    if not open_ended:
        return waivers
    past = runs(min(each.when for each in open_ended) - LOOK_BACK)
    learned = {
        each.item: msgspec.structs.replace(each, covers=accepted_in(past, each.item, each.when))
        for each in open_ended
    }
    return replace(waivers, newest={**waivers.newest, **learned})


def read(file: Path, *, known: Container[str], most_days: int, now: datetime, target: str = "") -> Waivers:
    """The waivers in a ledger. A line that is damaged, edited, in the future, too long or of no known item is
    refused.

    Args:
        target: whose; lines about others are left out, as several targets may have the same ledger.

    Raises:
        Unreachable, Denied: the file does not exist or may not be read.
    """
    newest: dict[str, Waiver] = {}
    refused: dict[str, list[str]] = {}
    for entry in ledger.read(file, Waiver, SERVICE, HINT):
        line: Waiver | None = entry.value
        if line and not ledger.is_about(line.targets, target):
            continue
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


def waive(
    file: Path,
    item: str,
    *,
    until: date,
    reason: str,
    who: str,
    most_days: int,
    now: datetime,
    covers: Accepted,
    targets: Sequence[str] = (),
) -> Waiver:
    """Add a waiver to the ledger.

    Args:
        targets: names or patterns of those whose findings are accepted.

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
        "covers": covers,
        **({"targets": list(targets)} if targets else {}),
    }
    ledger.append(file, fields)
    return msgspec.convert({**fields, ledger.DIGEST: ledger.digest_of(fields)}, Waiver)
