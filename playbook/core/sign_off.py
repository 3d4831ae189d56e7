"""One sign-off of what only a person can know, and the state of its item. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from playbook.core.clock import Moment
from playbook.core.coverage import Coverage, lacking
from playbook.core.durations import hours_or_days

_BY_CADENCE = ("weekly.", "monthly.")


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reviewed file: its path from the folder of the ledger, and the SHA-256 of its content."""

    path: str
    sha256: str


class Attestation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of the ledger.

    Attributes:
        note: what was reviewed, and what was found.
        when, expires: ISO 8601 with their offset.
        targets: names or patterns of those that it is about; empty in older lines, which count for every target
            that has this ledger.
        window: beginning and end of the planned maintenance that it is about; empty where it is about none.
    """

    item: str
    who: str
    when: Moment
    note: str
    expires: Moment
    evidence: list[File] = []
    targets: list[str] = []
    window: str = ""
    digest: str


@dataclass(frozen=True, slots=True)
class Rule:
    """How long a sign-off is valid, and how long before its end it should be renewed."""

    valid: timedelta
    near: timedelta


@dataclass(frozen=True, slots=True)
class SignOff:
    """Current state of one item.

    Attributes:
        newest: the newest line that is not refused; None where there is none.
        refused: lines for this item that do not count, in words: ``line 3 was edited: …``.
        now: aware, in UTC.
        since: when the system was first checked; None where that does not matter.
        elsewhere: other targets that were signed for in the same ledger.
    """

    item: str
    newest: Attestation | None
    refused: tuple[str, ...]
    rule: Rule
    now: datetime
    since: datetime | None = None
    elsewhere: tuple[str, ...] = ()

    @property
    def pending(self) -> bool:
        """It was never signed, and has not been due since the system was first checked.

        What belongs to a single occasion, such as a maintenance, is due with that occasion.
        """
        if self.newest or self.refused or self.since is None or not self.item.startswith(_BY_CADENCE):
            return False
        return self.now - self.since <= self.rule.valid

    @property
    def coverage(self) -> Coverage:
        """Coverage for judging the sign-off: none while it is pending."""
        if not self.pending:
            return Coverage()
        assert self.since
        return lacking(
            "never signed",
            expected="a valid one",
            got=f"none yet on a system that was first checked on {self.since:%Y-%m-%d}",
            hint=f"Sign it with `python -m playbook attest {self.item} --by NAME --note TEXT`. "
            f"Without a sign-off it is critical from {self.since + self.rule.valid:%Y-%m-%d} on.",
        )

    @property
    def until(self) -> datetime | None:
        """End of validity of the newest: its own date, and never later than the rule allows."""
        return min(self.newest.expires, self.newest.when + self.rule.valid) if self.newest else None

    @property
    def left(self) -> timedelta | None:
        """Time until then; negative once it has passed."""
        return self.until - self.now if self.until else None

    @property
    def valid(self) -> bool:
        """There is one, and it has not expired."""
        return self.left is not None and self.left > timedelta()

    @property
    def near(self) -> bool:
        """It is valid and due for renewal."""
        return self.valid and self.left is not None and self.left < self.rule.near

    @property
    def found(self) -> str:
        """In words, for a message: ``one by Ada Novak on 2026-11-16, which expires in 2 days``."""
        refused = f" ({'; '.join(self.refused)})" if self.refused else ""
        if self.newest is None or self.left is None or self.until is None:
            others = f" (only for {', '.join(self.elsewhere)})" if self.elsewhere else ""
            return f"none{' that is valid' if self.refused else ''}{refused}{others}"
        about = f" for {self.newest.window}" if self.newest.window else ""
        when = f"one by {self.newest.who} on {self.newest.when:%Y-%m-%d}{about}"
        ends = (
            f"expires in {hours_or_days(self.left)}" if self.valid else f"expired {hours_or_days(-self.left)} ago"
        )
        return f"{when}, which {ends}{refused}"
