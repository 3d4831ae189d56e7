"""One run: what it checks, where its results go, and what they add up to. Knows nothing of pytest."""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import msgspec

import playbook
import playbook.clients
import playbook.measure
from playbook.catalogue import Catalogue, Item, is_own, read_runbook
from playbook.clock import Clock, iso
from playbook.counters import Earlier
from playbook.engine import Measurements
from playbook.errors import Unmeasured, UsageError
from playbook.evidence import Lines
from playbook.history.readings import earlier_readings
from playbook.load.order import MARKER, PRODUCTION_OPTION, SHAPE_OPTION, LoadOrder
from playbook.look_again import filled_in
from playbook.own_catalogue import catalogue_of
from playbook.own_items import id_of_file
from playbook.people.files import waivers_of
from playbook.people.waivers import Waivers
from playbook.record import LeftOut, Record, Results, Timing
from playbook.recorder import INVESTIGATE, Notes, make_record, root_causes, with_runbook, with_waiver
from playbook.redact import Redactor
from playbook.settings import SANDBOX, Settings, load
from playbook.verdict import EXECUTED, Verdict, exit_code, overall

RUN_FILE_VARIABLE = "PLAYBOOK_RUN_FILE"


def load_providers() -> None:
    """Import every client and measurement, so that the registry knows them. Touches no network."""
    for package in (playbook.clients, playbook.measure):
        for module in iter_modules(package.__path__, package.__name__ + "."):
            import_module(module.name)
    _prepare_for_threads(msgspec.Struct)


def _prepare_for_threads(kind: type[msgspec.Struct]) -> None:
    """Let msgspec learn every message class while there is one thread.

    It learns a class when it first decodes one, and two threads in which it does so at once can crash the process
    (seen with msgspec 0.22 as a segmentation fault in one of some hundred runs).
    """
    for subclass in kind.__subclasses__():
        msgspec.json.Decoder(subclass)
        _prepare_for_threads(subclass)


class Run:
    """What the checks of one process share."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        *,
        allow_mutations: bool = False,
        load_order: LoadOrder | None = None,
        history: Path | None = None,
    ) -> None:
        """``allow_mutations`` and ``load_order`` are what the command line says; see ``playbook.gate``.

        ``history`` is the folder of past runs; None where there are none to compare with.
        """
        self.settings = settings
        self.clock = clock or Clock()
        self.catalogue: Catalogue = catalogue_of(settings)
        self.waivers = self._read_waivers()
        self.redactor = Redactor(settings.secrets())
        self.load_order = load_order or LoadOrder()
        self.left_out: dict[str, str] = {}  # by item, the part that is not there
        self.measurements = Measurements(
            {
                "settings": settings,
                "clock": self.clock,
                "allow_mutations": allow_mutations,
                "load_order": self.load_order,
                "earlier": Earlier(lambda: earlier_readings(history, settings, self.clock.now())),
            },
            absent=settings.nowhere,
        )

    def record(
        self,
        *,
        item: Item,
        check: str,
        subject: str,
        rule: str,
        runbook: str,
        notes: Notes,
        error: BaseException | None,
        started: datetime,
        seconds: float,
        worker: str = "",
    ) -> Record:
        """The finished record of a check: runbook followed, commands filled in, secrets removed."""
        record = make_record(
            item=item,
            check=check,
            subject=subject,
            rule=rule,
            notes=notes,
            error=error,
            started=iso(started),
            seconds=seconds,
            worker=worker,
        )
        record = with_waiver(record, self.waivers)
        if runbook and record.verdict in INVESTIGATE:
            record = with_runbook(record, read_runbook(runbook), self.measurements)
        again = f"pytest {record.check} --target {self.settings.target.name}"
        if item.set == MARKER:
            again += f" -m {MARKER} {SHAPE_OPTION} {self.load_order.shape}"
        if item.set == MARKER and self.load_order.production:
            again += f" {PRODUCTION_OPTION} {self.load_order.production}"
        record = msgspec.structs.replace(
            record,
            look_again="\n".join(filter(None, (filled_in(record.look_again, self.settings), again))),
            investigation=[
                msgspec.structs.replace(step, command=filled_in(step.command, self.settings))
                for step in record.investigation
            ],
        )
        return self.redactor.struct(record)

    def _read_waivers(self) -> Waivers:
        """What cannot be read waives nothing."""
        now = self.clock.now()
        try:
            return waivers_of(self.settings, self.catalogue, now)
        except Unmeasured as error:
            return Waivers({}, {"": [str(error)]}, now)

    def timings(self) -> list[Timing]:
        """How long each measurement took, slowest first."""
        outcomes = self.measurements.finished()
        return [Timing(o.name, round(o.seconds, 3), o.error is None) for o in outcomes]


class Told(msgspec.Struct, frozen=True):
    """What a run tells who started it, in the file that ``$PLAYBOOK_RUN_FILE`` names: its report and its id."""

    folder: str
    id: str


def tell_starter(folder: Path, run_id: str, environment: Mapping[str, str] = os.environ) -> None:
    """Write it, where somebody wants to know; who does not get it takes the run for one without results."""
    file = environment.get(RUN_FILE_VARIABLE)
    if file:
        with suppress(OSError):
            Path(file).write_bytes(msgspec.json.encode(Told(str(folder.absolute()), run_id)))


class RunFolder:
    """``reports/<target>-<set>-<time>/``: one folder a run, never shared by two.

    Records are kept line by line as they come, so that a run that is killed leaves what it had measured.
    """

    def __init__(self, reports: Path, target: str, set_name: str, now: datetime) -> None:
        name = f"{target}-{set_name}-{now:%Y%m%dT%H%M%SZ}"
        for suffix in ("", *(f"-{number}" for number in range(2, 1000))):
            self.path = reports / (name + suffix)
            try:
                self.path.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise UsageError(f"--reports: {reports} cannot be written ({error.strerror})") from None
            return
        raise FileExistsError(f"{reports / name} and 999 folders like it exist")

    @property
    def results_file(self) -> Path:
        """Where the results stand."""
        return self.path / "results.json"

    @property
    def _journal(self) -> Path:
        return self.path / "records.jsonl"

    def keep(self, record: Record) -> None:
        """Append one record, on disk when this returns."""
        with self._journal.open("ab") as journal:
            journal.write(msgspec.json.encode(record) + b"\n")

    def write(self, results: Results) -> None:
        """Write results.json, whole or not at all; the journal has then served."""
        part = self.path / "results.json.part"
        part.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
        part.replace(self.results_file)
        self._journal.unlink(missing_ok=True)

    def discard_if_empty(self) -> None:
        """Remove the folder of a run that never came to a record, e.g. after a usage error."""
        if not self.results_file.exists() and not self._journal.exists():
            shutil.rmtree(self.path, ignore_errors=True)


def floor_of(
    settings: Settings,
    catalogue: Catalogue,
    set_name: str,
    *,
    selected: int,
    partial: bool,
    left_out: Collection[str] = (),
) -> int:
    """The least number of executed checks for a verdict. On the sandbox everything must have been executed.

    What is not part of the product (``left_out``, by id) cannot be asked for.
    """
    if partial:
        return 1
    there = len([item for item in catalogue.ids_of(set_name) if item not in left_out])
    if settings.target.kind == SANDBOX:
        return max(selected, there, 1)
    floor = settings.floors.get(set_name, 1)
    return max(min(floor, there) if left_out else floor, 1)


def not_run(item: Item, check: str, subject: str, reason: str, now: datetime) -> Record:
    """The record of a check that was selected and never ran."""
    return Record(
        item=item.id,
        check=check,
        subject=subject,
        title=item.title,
        rule=item.holds,
        verdict=Verdict.UNKNOWN,
        message=f"{item.title}: not run, as {reason}",
        why=item.why,
        next_step="Run the set again.",
        started=iso(now),
        audience=item.audience,
    )


_PLACE = re.compile(r'^(?:E\s+File ")?(?P<file>[^\s"]+\.py)"?(?::|, line )(?P<line>\d+)', re.MULTILINE)
_MOST_LINES = 40


def not_collected(file: str, said: str, set_name: str, now: datetime) -> Record:
    """The record of a file of checks that Python could not read; ``said`` is what pytest said of it."""
    said_last = [line[1:].strip() for line in said.splitlines() if line.startswith("E ")]
    places = list(_PLACE.finditer(said))
    where = f" ({_short(places[-1]['file'], file)}:{places[-1]['line']})" if places else ""
    kind = "file" if Path(file).suffix else "folder"
    got = (said_last or [said.partition("\n")[0] or "one that cannot be read"])[-1]
    name = Path(file).stem.removeprefix("test_")
    return Record(
        item=id_of_file(file, set_name),
        check=file,
        subject=name,
        title=f"The {kind} {file}",
        rule="Every file of checks can be read.",
        verdict=Verdict.UNKNOWN,
        message=said
        if re.fullmatch(rf"{re.escape(file)}.*", said)
        else f"{file}: expected a {kind} of checks, got {got}{where}",
        evidence=[Lines("What pytest saw", said.splitlines()[-_MOST_LINES:])],
        why="None of the checks in it has looked at anything.",
        next_step="Mend the file at the line that is named, then run the set again.",
        started=iso(now),
    )


def _short(path: str, file: str) -> str:
    """The path from the root, where it is that of the file itself."""
    return file if path.endswith(f"/{file}") else path


def file_left_out(file: str, reason: str, set_name: str, now: datetime) -> Record:
    """The record of a file of checks that skips itself as a whole (``pytest.importorskip``, ``pytest.skip``)."""
    return Record(
        item=id_of_file(file, set_name),
        check=file,
        subject=Path(file).stem.removeprefix("test_"),
        title=f"The file {file}",
        rule="The checks in the file apply to this target.",
        verdict=Verdict.NOT_CONFIGURED,
        message=f"{file}: the file skips itself: {reason.removeprefix('Skipped: ')}",
        started=iso(now),
    )


def make_results(
    settings: Settings,
    *,
    set_name: str,
    records: Iterable[Record],
    timings: Iterable[Timing],
    floor: int,
    partial: bool,
    started: datetime,
    finished: datetime,
    command: str,
    ended: str = "finished",
    faults: Iterable[str] = (),
    left_out: Sequence[LeftOut] = (),
    unread: Iterable[str] = (),
) -> Results:
    """Add up a run."""
    records = sorted(records, key=lambda record: (record.subject, record.item))
    verdicts = [record.verdict for record in records]
    # What is excepted from judgement is excepted from being counted on.
    floor = max(floor - verdicts.count(Verdict.WAIVED) - _skip_themselves(settings, records), 1)
    verdict = overall(verdicts, floor=floor)
    if ended != "finished" and verdict not in {Verdict.CRITICAL, Verdict.UNKNOWN}:
        verdict = Verdict.UNKNOWN
    counted = Counter(verdicts)
    return Results(
        target=settings.target.name,
        kind=settings.target.kind,
        url=settings.target.web.url or "",
        set=set_name,
        command=command,
        started=iso(started),
        finished=iso(finished),
        seconds=round((finished - started).total_seconds(), 2),
        verdict=verdict,
        exit_code=exit_code(verdict),
        floor=floor,
        executed=sum(v in EXECUTED for v in verdicts),
        partial=partial,
        ended=ended,
        faults=list(faults),
        unread=sorted(unread),
        counts={str(v): counted[v] for v in Verdict},
        records=records,
        root_causes=root_causes(records),
        timings=list(timings),
        versions=versions(),
        private=settings.target.private,
        left_out=list(left_out),
    )


def _skip_themselves(settings: Settings, records: Iterable[Record]) -> int:
    """How many of somebody's own checks say that they do not apply to the sandbox."""
    if settings.target.kind != SANDBOX:
        return 0
    own = (record for record in records if is_own(record.item) and "::" in record.check)  # and not of a whole file
    return sum(record.verdict is Verdict.NOT_CONFIGURED for record in own)


def versions() -> dict[str, str]:
    """What ran: the suite, Python, the system, and the libraries a result may depend on."""
    libraries = ("pytest", "httpx", "redis", "pydo")
    return {
        "playbook": playbook.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        **{name: version(name) for name in libraries},
    }


def settings_for(
    target: str | None,
    root: Path,
    overlay: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Settings for a run; ``overlay`` are the addresses of the sandbox that was started for it."""
    return load(
        target, root=root, environment=environment, overlay={"targets": {SANDBOX: overlay}} if overlay else None
    )
