"""One target of a run: its checks, records, folder, results and history line.

Targets are independent, so a problem with one does not affect the others. Independent of pytest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import msgspec

from playbook.clients.pace import waited_for
from playbook.core import door
from playbook.core.catalogue import Item, shipped
from playbook.core.door.records import leaving
from playbook.core.errors import UsageError
from playbook.core.public import public_results
from playbook.core.record import LeftOut, Record, Results, Timing
from playbook.core.run_folder import Begun, RunFolder, notify_starter
from playbook.history.by_target import RunsByTarget
from playbook.history.past import past_of
from playbook.history.runs import RunLine, append, line_of
from playbook.readers.load.order import LoadOrder
from playbook.run.coming_due import coming_due
from playbook.run.run import Run, add_up, begun_now, floor_of, never_ran, not_selected
from playbook.run.uncollected import file_left_out, not_collected
from playbook.settings.model import Settings
from playbook.settings.profile import left_out
from playbook.settings.schedule import slot_of

FINISHED = "finished"
_LOST = "no process reported it: a plugin or a conftest.py removed it, or its worker process died"
# Range of the sparklines beside the figures: a year of a monthly set.
_LOOK_BACK = timedelta(days=400)


@dataclass(frozen=True)
class Order:
    """The order for all targets.

    Attributes:
        partial: only part of the set is requested.
        whole: each item of the set must have a check, as the shipped checks are all requested.
        confirms: by target, id of the run whose failing checks are repeated.
        uncollected: pytest's error for each file that could not be read.
        left_out: files that skip themselves, with their reason.
        is_only: the only target, to whose report ``latest`` links.
    """

    set_name: str
    command: str
    partial: bool
    reports: Path
    allow_mutations: bool = False
    whole: bool = False
    confirms: Mapping[str, str] = field(default_factory=dict)
    uncollected: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    is_only: bool = True


class ToldByWorker(msgspec.Struct, frozen=True):
    """What an xdist worker reports about a target besides its records, with the last of them.

    Attributes:
        left_out: see ``Run.left_out``.
        waited: seconds of waiting for the rate limit, see ``playbook.clients.pace``.
        expected: its checks, with those that a plugin or a conftest.py has removed.
    """

    timings: list[Timing]
    left_out: dict[str, str]
    waited: float
    expected: dict[str, Item | None]


class TargetRun:
    """The checks of one target and their results.

    Attributes:
        selected: its checks by node id, without the target's name.
        faults: faults of the sandbox that are on.
        folder: of its report, once it has begun.
        results: once it has ended; None without any record.
        not_kept: why it is not in the history; empty if it is.
    """

    def __init__(
        self,
        settings: Settings,
        order: Order,
        *,
        history: Path,
        load: LoadOrder | None = None,
        known: RunsByTarget | None = None,
    ) -> None:
        self.settings, self.order, self.history, self.load = settings, order, history, load
        self._known = known or RunsByTarget()
        self.selected: dict[str, Item | None] = {}
        self.records: dict[str, Record] = {}
        self.timings: list[Timing] = []
        self.faults: list[str] = []
        self.folder: RunFolder | None = None
        self.results: Results | None = None
        self.not_kept = ""
        self.has_ended = False
        self._waited = 0.0
        self.run = self._new_run()
        self.started = self.run.clock.now()

    @property
    def name(self) -> str:
        """Name of the target."""
        return self.settings.target.name

    def now_with(self, settings: Settings) -> None:
        """Restart with other settings; collected checks are kept."""
        self.settings = settings
        known = self.run.left_out
        self.run = self._new_run()
        self.run.left_out = known

    def _new_run(self) -> Run:
        return Run(
            self.settings,
            allow_mutations=self.order.allow_mutations,
            load_order=self.load or LoadOrder(history=self.history),
            history=self.history,
            known=self._known,
        )

    def begin(self) -> RunFolder:
        """Create the folder, once; from now on every record is reported."""
        if self.folder is None:
            if not self.order.is_only:
                self.started = self.run.clock.now()
            self.folder = RunFolder(self.order.reports, self.name, self.order.set_name, self.started)
            self.folder.begin(leaving(self._begun()))
            if self.load and self.folder.is_there:
                self.load.folder = self.folder.path
        return self.folder

    def _begun(self) -> Begun:
        return begun_now(
            self.settings,
            set_name=self.order.set_name,
            command=self.order.command,
            started=self.started,
            floor=floor_of(
                self.settings,
                self.run.catalogue,
                self.order.set_name,
                selected=len(self.selected),
                partial=self.order.partial,
                left_out=self.run.left_out,
            ),
            partial=self.order.partial,
            faults=self.faults,
            left_out=self.parts_left_out(),
            planned={check: item or _unknown(check) for check, item in self.selected.items()},
        )

    def parts_left_out(self) -> list[LeftOut]:
        """What is not part of the product."""
        return left_out(self.run.left_out, self.settings.target.without)

    def about_its_history(self) -> Iterator[tuple[str, dict[str, bool]]]:
        """What to say of the history on a terminal: what could not be read, and that the run is not in it."""
        if unread := self._known.problems:
            yield f"  {unread} of the history cannot be read: python -m playbook history", {"yellow": True}
        if self.not_kept:
            yield f"  not in the history: {self.not_kept}", {"red": True}

    def not_written(self, name: str, why: str) -> None:
        """Record a file that could not be written; reported at the end."""
        if self.folder:
            self.folder.problems[name] = door.line(why, 400)

    def keep(self, record: Record) -> None:
        """Add a record; a later one for the same check (a failing teardown) replaces it."""
        assert self.folder  # records come from checks, and the first check begins the run
        self.records[record.check] = record
        self.folder.keep(record)

    def hear(self, told: ToldByWorker) -> None:
        """Add what a worker reports."""
        self.timings += told.timings
        self.run.left_out |= told.left_out
        self._waited = told.waited
        for check, item in () if self.order.partial else told.expected.items():
            self.selected[check] = self.selected.get(check) or item

    @property
    def waited(self) -> float:
        """Seconds spent waiting for the rate limit."""
        return self._waited or waited_for(self.name)

    def added_up(self, ended: str, code: int | None = None) -> Results | None:
        """Results of every check that has a record, or should have; None if there is no record.

        Args:
            ended: ``finished``, or why it ended early.
            code: pytest's exit code if it is more specific than the verdict (interrupted, internal error).
        """
        now = self.run.clock.now()
        unread = {**self.order.uncollected, **self.run.catalogue.unread}
        self._add_files(unread)
        begun = leaving(self._begun())
        reason = _LOST if ended == FINISHED else f"the run ended early ({ended})"
        records = [*self.records.values()]
        records += never_ran(begun, records, reason, now)
        if not records:
            return None
        if self.order.whole and ended == FINISHED and not unread and self.name not in self.order.confirms:
            records += not_selected(self.run.catalogue, self.order.set_name, records, self.run.left_out, now)
        made = add_up(
            begun,
            records,
            timings=self.timings or self.run.timings(),
            finished=now,
            ended=door.line(ended),
            unread=map(door.line, unread),
        )
        runs = self._known.of(self.history, self.name, now - _LOOK_BACK)
        due = coming_due(self.settings, self.run.catalogue, self.run.waivers, runs, now)
        results = msgspec.structs.replace(made, past=past_of(made, runs), due=[leaving(one) for one in due])
        results = self._with_thread(results, runs)
        return results if code is None else msgspec.structs.replace(results, exit_code=code)

    def _with_thread(self, results: Results, past: Sequence[RunLine]) -> Results:
        """Add what history and roster know; an error there affects neither the report nor the verdict."""
        from playbook.run.thread.weaving import with_thread

        try:
            return leaving(with_thread(results, self.settings, past, self.order.reports))
        except Exception as error:  # noqa: BLE001 - see above
            self.not_written("what changed since the last run", f"{type(error).__name__}: {error}")
            return results

    def _add_files(self, unread: Mapping[str, str]) -> None:
        """Records of files that cannot be read, and of those that skip themselves."""
        now = self.run.clock.now()
        for file, mistake in unread.items():
            self.records[door.text(file)] = leaving(not_collected(file, mistake, self.order.set_name, now))
        for file, reason in self.order.left_out.items():
            self.records[door.text(file)] = leaving(file_left_out(file, reason, self.order.set_name, now))

    def write_down(self, results: Results) -> bool:
        """Write the results, each form of the report and the history line; whether the results were kept.

        An error affects its own file only, and is reported at the end.
        """
        from playbook.report import write_all

        folder = self.begin()
        self.results = results
        is_kept = folder.write(results)
        self._keep_line(results, folder)
        if is_kept:
            for name, why in write_all(results, folder.path, is_newest=self.order.is_only).items():
                self.not_written(name, why)
        return is_kept

    def _keep_line(self, results: Results, folder: RunFolder) -> None:
        """Add the run to the history; a write error affects neither the report nor the verdict."""
        slot = slot_of(self.settings.schedule, self.order.set_name, self.started, os.environ)
        kept = results if results.private else public_results(results, shipped())
        confirms = self.order.confirms.get(self.name, "")
        line = line_of(kept, report=folder.path.name, slot=slot, confirms=confirms)
        try:
            append(self.history, line)
        except UsageError as error:
            self.not_kept = door.line(str(error))
        notify_starter(folder.path, line.id)

    def let_go(self) -> None:
        """Close everything, and keep only what the end of the whole run reports of this target."""
        self.run.measurements.close()
        self.has_ended = True
        if not self.order.is_only:
            self.run.measurements.forget()
            self.records.clear()


def _unknown(check: str) -> Item:
    """An item for a check of which an xdist worker has reported only the name."""
    return Item(check, check.rpartition("::")[2], "", "", "", "")
