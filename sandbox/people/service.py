"""Documents of the sandbox's team: sign-offs, waivers, roster, handoff pages, in files as a team would keep them.

``world.people`` describes their contents and faults; the files follow it.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from playbook.core import ledger
from playbook.history.people.attest import moment, sha256
from sandbox.serving.service import Context, Service
from sandbox.world.people import MINUTES, MINUTES_TEXT, HandoffState, IncidentState, SignedState, WaivedState
from sandbox.world.rosters import toml

if TYPE_CHECKING:
    from sandbox.world import World


class PeopleService(Service):
    """Keeps the files in sync with the world. If ``people`` is gone, so is their folder."""

    name: ClassVar[str] = "people"

    async def start(self, context: Context) -> None:
        """Write the files."""
        self.context = context
        self._folder: Path = context.folder / "people"
        await self.apply(context.world)

    async def apply(self, world: World) -> None:
        """Rewrite every file: they are small."""
        await asyncio.to_thread(self._write, world)

    async def stop(self) -> None:
        """Nothing to stop: the folder is removed with the sandbox's own."""

    def settings(self) -> dict[str, Any]:
        """The files."""
        return {
            "people": {
                "attestations": str(self._folder / "attestations.jsonl"),
                "waivers": str(self._folder / "waivers.jsonl"),
                "roster": str(self._folder / "roster.toml"),
                "handoffs": str(self._folder / "handoffs"),
                "runbooks": str(self._folder / "runbooks"),
                "postmortems": str(self._folder / "postmortems"),
                "deliveries": str(self._folder / "history"),
                "playbook": str(self._folder / "playbook.md"),
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
        self._write_handoffs(people.handoffs)
        if people.incident:
            self._write_incident(people.incident)
        (self._folder / "runbooks").mkdir()
        for name, text in people.runbooks.items():
            (self._folder / "runbooks" / name).write_text(text, encoding="utf-8")
        if people.playbook is not None:
            (self._folder / "playbook.md").write_text(people.playbook, encoding="utf-8")
        (self._folder / "waivers.jsonl").write_bytes(b"".join(map(_waived, people.waived)))

    def _write_incident(self, incident: IncidentState) -> None:
        runs, pages = self._folder / "history" / "runs", self._folder / "postmortems"
        runs.mkdir(parents=True)
        pages.mkdir()
        for line in incident.runs if incident.known else ():
            with (runs / f"{line['started'][:4]}.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        if incident.page:
            (pages / "homepage.md").write_text(incident.text, encoding="utf-8")

    def _write_handoffs(self, handoffs: list[HandoffState]) -> None:
        folder = self._folder / "handoffs"
        folder.mkdir()
        for handoff in handoffs:
            file = folder / f"sandbox-{handoff.period}-{handoff.made:%Y%m%dT%H%M%SZ}.json"
            file.write_text(json.dumps(handoff.told, indent=1), encoding="utf-8")
            file.with_suffix(".md").write_text("# Nothing open\n", encoding="utf-8")
            if handoff.readable:
                file.with_suffix(".html").write_text(
                    "<!doctype html><title>Nothing open</title></html>", encoding="utf-8"
                )

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
            **({"covers": state.covers} if state.covers else {}),
        }
    )
