"""What the sandbox's people wrote: sign-offs, waivers and the on-call roster, in files as a team would keep them.

``world.people`` says what stands in them and what is wrong with it; the files follow it.
"""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from playbook import ledger
from playbook.attest import moment, sha256
from sandbox.rosters import Roster, healthy_roster, toml
from sandbox.service import Context, Service

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.world import World

ADA, BEN, CHIARA = "Ada Novak", "Ben Okafor", "Chiara Rossi"

# What is signed on a healthy morning: item → who, how many days ago, what was looked at.
SIGNED: dict[str, tuple[str, float, str]] = {
    "weekly.docs.updated": (ADA, 2, "Went through the week's changes; one runbook names the new cluster"),
    "weekly.team.notified": (BEN, 2, "Posted the week's findings and the planned work in the team channel"),
    "monthly.docs.contacts": (CHIARA, 9, "Called every number of the roster and wrote to every address"),
    "monthly.docs.escalation": (CHIARA, 9, "Paged the secondary and the manager in a drill; both answered"),
    "monthly.team.training": (CHIARA, 9, "Asked everybody; two want to practise a restore, booked for next week"),
}
DAYS = {"weekly": 9, "monthly": 36}
MINUTES = "minutes.md"
MINUTES_TEXT = "Reviewed with the team: nothing open.\n"


@dataclass
class SignedState:
    """One line of the ledger of sign-offs.

    Attributes:
        when: aware, in UTC.
        edited: the line was changed after it was written.
        looked_at: the line names the minutes of the review as evidence.
    """

    item: str
    who: str
    when: datetime
    note: str
    edited: bool = False
    looked_at: bool = False

    @property
    def line(self) -> dict[str, Any]:
        """As it is written, without evidence."""
        expires = self.when + timedelta(days=DAYS.get(self.item.partition(".")[0], 2))
        return {
            "item": self.item,
            "who": self.who,
            "when": moment(self.when),
            "note": self.note,
            "expires": moment(expires),
        }


@dataclass
class WaivedState:
    """One line of the ledger of waivers.

    Attributes:
        until: the last day on which it counts.
    """

    item: str
    who: str
    when: datetime
    until: datetime
    reason: str


@dataclass
class PeopleState:
    """What people wrote; healthy by default, edited by faults.

    Attributes:
        damaged: texts that stand between the lines of the ledger of sign-offs and are none.
        minutes: what the minutes of the review say now; sign-offs that name them were made on ``MINUTES_TEXT``.
    """

    roster: Roster
    signed: list[SignedState] = field(default_factory=list)
    waived: list[WaivedState] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    minutes: str = MINUTES_TEXT

    @classmethod
    def healthy(cls, now: datetime) -> PeopleState:
        """Everything signed in time."""
        signed = [
            SignedState(item, who, now - timedelta(days=ago), note, looked_at=item == "weekly.docs.updated")
            for item, (who, ago, note) in SIGNED.items()
        ]
        return cls(healthy_roster(now), signed)

    def of(self, item: str) -> SignedState:
        """The sign-off of an item."""
        return next(line for line in self.signed if line.item == item)


class PeopleService(Service):
    """Keeps the files as the world says. Where ``people`` is gone, so is their folder."""

    name: ClassVar[str] = "people"

    async def start(self, context: Context) -> None:
        """Write the files."""
        self.context = context
        self._folder: Path = context.folder / "people"
        await self.apply(context.world)

    async def apply(self, world: World) -> None:
        """Write every file anew: they are small."""
        await asyncio.to_thread(self._write, world)

    async def stop(self) -> None:
        """Nothing to end: the folder goes with the sandbox's own."""

    def settings(self) -> dict[str, Any]:
        """The files."""
        return {
            "people": {
                "attestations": str(self._folder / "attestations.jsonl"),
                "waivers": str(self._folder / "waivers.jsonl"),
                "roster": str(self._folder / "roster.toml"),
            }
        }

    def _write(self, world: World) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        if "people" in world.gone:
            return
        self._folder.mkdir()
        people = world.people
        minutes = self._folder / MINUTES
        minutes.write_text(MINUTES_TEXT, encoding="utf-8")
        lines = [self._signed(line) for line in people.signed]
        minutes.write_text(people.minutes, encoding="utf-8")
        lines += [text.encode() + b"\n" for text in people.damaged]
        (self._folder / "attestations.jsonl").write_bytes(b"".join(lines))
        (self._folder / "roster.toml").write_text(toml(people.roster), encoding="utf-8")
        (self._folder / "waivers.jsonl").write_bytes(b"".join(map(_waived, people.waived)))

    def _signed(self, state: SignedState) -> bytes:
        fields = state.line
        if state.looked_at:
            fields["evidence"] = [{"path": MINUTES, "sha256": sha256(self._folder / MINUTES)}]
        line = ledger.sealed(fields)
        return line.replace(state.who.encode(), b"Somebody Else", 1) if state.edited else line


def _waived(state: WaivedState) -> bytes:
    return ledger.sealed(
        {
            "item": state.item,
            "who": state.who,
            "when": moment(state.when),
            "until": f"{state.until:%Y-%m-%d}",
            "reason": state.reason,
        }
    )
