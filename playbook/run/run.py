"""One run: what it checks, where its results go, and its overall verdict. Independent of pytest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

import msgspec

import playbook
import playbook.clients
import playbook.measure
from playbook.core import door
from playbook.core.catalogue import Catalogue, Item, is_own, read_runbook
from playbook.core.clock import Clock, iso
from playbook.core.door.records import leaving
from playbook.core.engine import REGISTRY, Measurements
from playbook.core.errors import Unmeasured
from playbook.core.places import is_shipped, path_of
from playbook.core.record import KILLED, LeftOut, Record, Results, Timing
from playbook.core.run_folder import Begun, what_was_left
from playbook.core.verdict import EXECUTED, Verdict, exit_code, overall
from playbook.history.by_target import RunsByTarget
from playbook.history.people.files import waivers_of
from playbook.history.people.waivers import Waivers, limited
from playbook.history.readings import earlier_of
from playbook.readers.load.order import MARKER, PRODUCTION_OPTION, SHAPE_OPTION, LoadOrder
from playbook.run.look_again import filled_in
from playbook.run.recorder import (
    INVESTIGATE,
    Execution,
    make_record,
    root_causes,
    under_their_causes,
    with_runbook,
    with_wait,
    with_waiver,
)
from playbook.settings.model import SANDBOX, Settings
from playbook.settings.own_catalogue import catalogue_of


@cache
def load_providers() -> None:
    """Register every client and measurement, once. Imports none of them, and needs no network."""
    for package in (playbook.clients, playbook.measure):
        REGISTRY.find(package)


class Run:
    """State shared by the checks of one process."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        *,
        allow_mutations: bool = False,
        load_order: LoadOrder | None = None,
        history: Path | None = None,
        known: RunsByTarget | None = None,
    ) -> None:
        """``allow_mutations`` and ``load_order`` come from the command line; see ``playbook.settings.gate``.

        ``history`` is the folder of past runs; None if there is nothing to compare with. ``known`` are the past
        runs by target, if many targets share them.
        """
        self.settings = settings
        self.clock = clock or Clock()
        self.catalogue: Catalogue = catalogue_of(settings)
        known = known or RunsByTarget()
        self.waivers = self._read_waivers(history, known)
        self.load_order = load_order or LoadOrder()
        self.left_out: dict[str, str] = {}  # missing part of the product, by item
        self.measurements = Measurements(
            {
                "settings": settings,
                "clock": self.clock,
                "allow_mutations": allow_mutations,
                "load_order": self.load_order,
                "earlier": earlier_of(settings, history, self.clock, known),
            },
            absent=settings.nowhere,
        )

    def record(self, execution: Execution) -> Record:
        """The finished record of a check: runbook followed, commands filled in, secrets removed."""
        record = with_waiver(make_record(execution), self.waivers)
        record = with_wait(record, self.settings.target.name, execution.notes)
        if execution.runbook and record.verdict in INVESTIGATE:
            record = with_runbook(record, read_runbook(execution.runbook), self.measurements)
        named = f"--pyargs {record.check}" if is_shipped(record.check) else record.check
        again = f"pytest {named} --target {self.settings.target.name}"
        if execution.item.set == MARKER:
            again += f" -m {MARKER} {SHAPE_OPTION} {self.load_order.shape}"
        if execution.item.set == MARKER and self.load_order.production:
            again += f" {PRODUCTION_OPTION} {self.load_order.production}"
        record = msgspec.structs.replace(
            record,
            look_again="\n".join(filter(None, (filled_in(record.look_again, self.settings), again))),
            investigation=[
                msgspec.structs.replace(step, command=filled_in(step.command, self.settings))
                for step in record.investigation
            ],
        )
        return leaving(record)

    def _read_waivers(self, history: Path | None, known: RunsByTarget) -> Waivers:
        """Waivers; an unreadable file waives nothing."""
        now = self.clock.now()
        try:
            found = waivers_of(self.settings, self.catalogue, now)
        except Unmeasured as error:
            return Waivers({}, {"": [str(error)]}, now)
        if history is None or self.settings.target.kind == SANDBOX:
            return found  # the history of a sandbox is that of earlier ones
        return limited(found, lambda since: known.of(history, self.settings.target.name, since))

    def timings(self) -> list[Timing]:
        """Duration of each measurement, slowest first."""
        outcomes = self.measurements.finished()
        return [Timing(o.name, round(o.seconds, 3), o.error is None) for o in outcomes]


def floor_of(
    settings: Settings,
    catalogue: Catalogue,
    set_name: str,
    *,
    selected: int,
    partial: bool,
    left_out: Collection[str] = (),
) -> int:
    """Least number of executed checks for a verdict. On the sandbox every check must be executed.

    Items that are not part of the product (``left_out``, by id) are not required.
    """
    if partial:
        return 1
    there = len([item for item in catalogue.ids_of(set_name) if item not in left_out])
    if settings.target.kind == SANDBOX:
        return max(selected, there, 1)
    floor = settings.floors.get(set_name, 1)
    return max(min(floor, there) if left_out else floor, 1)


def subject_of(nodeid: str) -> str:
    """``checks/figures/test_kpis.py::test_x`` → ``kpis``."""
    return Path(path_of(nodeid)).stem.removeprefix("test_")


def never_ran(begun: Begun, records: Iterable[Record], reason: str, now: datetime) -> list[Record]:
    """Records of the selected checks without a result; with xdist their items are unknown."""
    known = {record.check for record in records}
    return [
        leaving(not_run(item, check, reason, now))
        for check, item in begun.planned.items()
        if door.text(check) not in known
    ]


def not_selected(
    catalogue: Catalogue, set_name: str, records: Iterable[Record], left_out: Collection[str], now: datetime
) -> list[Record]:
    """Records of the set's items of which pytest has not even collected a check, as one whose file is gone."""
    there = {record.item for record in records} | set(left_out)
    return [
        leaving(not_run(catalogue.items[item], item, _NO_CHECK, now, next_step=_FIND_CHECK))
        for item in catalogue.ids_of(set_name)
        if item not in there
    ]


_NO_CHECK = "no check of it was collected, and the command line does not leave it out"
_FIND_CHECK = (
    "See with pytest --collect-only what is there: a plugin or a conftest.py may remove checks. If you deleted "
    "the check, delete its item from docs/playbook.md, too."
)


def not_run(item: Item, check: str, reason: str, now: datetime, next_step: str = "Run the set again.") -> Record:
    """Record of a check that never ran."""
    return Record(
        item=item.id,
        check=check,
        subject=subject_of(check),
        title=item.title,
        rule=item.holds,
        verdict=Verdict.UNKNOWN,
        message=f"{item.title}: not run, as {reason}",
        why=item.why,
        next_step=next_step,
        started=iso(now),
        audience=item.audience,
    )


def begun_now(
    settings: Settings,
    *,
    set_name: str,
    command: str,
    started: datetime,
    floor: int,
    partial: bool,
    faults: Iterable[str] = (),
    left_out: Sequence[LeftOut] = (),
    planned: Mapping[str, Item] | None = None,
) -> Begun:
    """Start data of a run of this target."""
    return Begun(
        target=settings.target.name,
        kind=settings.target.kind,
        url=settings.target.web.url or "",
        time_zone=settings.target.time_zone,
        private=settings.target.private,
        set=set_name,
        command=command,
        started=iso(started),
        floor=floor,
        partial=partial,
        faults=list(faults),
        left_out=list(left_out),
        planned=dict(planned or {}),
    )


def add_up(
    begun: Begun,
    records: Iterable[Record],
    *,
    finished: datetime,
    timings: Iterable[Timing] = (),
    ended: str = "finished",
    unread: Iterable[str] = (),
) -> Results:
    """Results of a run, from its start data and its records."""
    records = under_their_causes(sorted(records, key=lambda record: (record.subject, record.item)))
    verdicts = [record.verdict for record in records]
    # Waived checks do not count towards the floor.
    floor = max(begun.floor - verdicts.count(Verdict.WAIVED) - _skip_themselves(begun, records), 1)
    verdict = overall(verdicts, floor=floor)
    if ended != "finished" and verdict not in {Verdict.CRITICAL, Verdict.UNKNOWN}:
        verdict = Verdict.UNKNOWN
    counted = Counter(verdicts)
    return Results(
        target=begun.target,
        kind=begun.kind,
        url=begun.url,
        set=begun.set,
        command=begun.command,
        started=begun.started,
        finished=iso(finished),
        seconds=round((finished - datetime.fromisoformat(begun.started)).total_seconds(), 2),
        verdict=verdict,
        exit_code=exit_code(verdict),
        floor=floor,
        executed=sum(v in EXECUTED for v in verdicts),
        partial=begun.partial,
        ended=ended,
        faults=begun.faults,
        unread=sorted(unread),
        counts={str(v): counted[v] for v in Verdict},
        records=records,
        root_causes=root_causes(records),
        timings=list(timings),
        versions=versions(),
        private=begun.private,
        left_out=begun.left_out,
        time_zone=begun.time_zone,
    )


def _skip_themselves(begun: Begun, records: Iterable[Record]) -> int:
    """Number of own checks that skip themselves on the sandbox."""
    if begun.kind != SANDBOX:
        return 0
    own = (record for record in records if is_own(record.item) and "::" in record.check)  # not a whole file
    return sum(record.verdict is Verdict.NOT_CONFIGURED for record in own)


def make_from_records(folder: Path) -> Results | None:
    """Results of a killed run, from the records that it had written; None if there are none.

    Raises:
        OSError: the folder cannot be read.
    """
    left = what_was_left(folder)
    if left is None:
        return None
    begun, records, newest = left
    records += never_ran(begun, records, "the run was killed before", newest)
    return add_up(begun, records, finished=newest, ended=KILLED) if records else None


def versions() -> dict[str, str]:
    """Versions of the suite, Python, the system, and the libraries that a result may depend on."""
    import platform
    from importlib.metadata import version

    from playbook.clients.wire import LIBRARY

    libraries = ("pytest", LIBRARY, "redis", "pydo")
    return {
        "playbook": playbook.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        **{name: version(name) for name in libraries},
    }
