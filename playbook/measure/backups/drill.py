"""One restore drill: restore the newest archive into an empty place, start it, compare it, time it.

The source is read through the backup store, which is read-only.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from playbook.clients.backups import BackupStore
from playbook.clients.recovery.command import Ended, run_command
from playbook.clients.recovery.place import SERVICE, Place, Staging, require_room
from playbook.clients.recovery.server import RefusedError, Server, loaded, program_of, require_known_form
from playbook.core import progress
from playbook.core.coverage import Coverage, lacking, share, whole
from playbook.core.durations import two_units
from playbook.core.errors import Unmeasured
from playbook.core.evidence import Evidence, Facts, Lines, Table
from playbook.core.progress import Task
from playbook.core.wording import moment
from playbook.measure.backups.series import Archive
from playbook.readers.archives.dump import Dump
from playbook.readers.archives.streams import CHUNK
from playbook.readers.archives.unpacking import Folder, NoRoomError
from playbook.readers.archives.verification import Verification, Wanted, verify
from playbook.settings.model import Settings

_SHOWN = 8
_READING = 0.9  # share of a drill's progress that reading the archive accounts for
_USABLE = 0.8  # share of the free space; the machine needs the rest
_LEAST_ROOM = 50e6  # bytes


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a drill, with its duration in seconds."""

    name: str
    seconds: float
    what: str


@dataclass(slots=True)
class Drill:
    """Progress and result of a drill.

    Attributes:
        full: everything was compared, not a sample.
        started: aware.
        seconds: from the start until the restored parts responded.
        problems: what is wrong, each to follow "got"; the first is the root cause of the others.
        compared: subject, expected, found.
        coverage: what had to be compared, and what of it could not be.
        output: of the custom restore script, if one was run.
        task: progress display while the drill runs.
        by: ``playbook``, or the name of the script.
    """

    archive: Archive
    source: str
    started: datetime
    full: bool
    seconds: float = 0.0
    steps: list[Step] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    compared: list[tuple[str, str, str]] = field(default_factory=list)
    output: Ended | None = None
    coverage: Coverage = field(default_factory=lambda: whole("1 drill"))
    by: str = "playbook"
    task: Task | None = None

    @property
    def age(self) -> timedelta:
        """Age of the data at the time of the restore."""
        return max(self.started - self.archive.made, timedelta(0))

    @property
    def result(self) -> str:
        """The result, to follow "got"."""
        if not self.problems:
            took = two_units(self.seconds) if self.seconds >= 60 else f"{self.seconds:.1f} s"
            return f"a restore of {self.archive.file.name} in {took}"
        rest = len(self.problems) - 1
        return self.problems[0] + (f" (and {rest:,} more)" if rest else "")

    def evidence(self) -> list[Evidence]:
        """Times, steps, comparisons and problems."""
        facts = {
            "Archive": self.archive.file.name,
            "Source": f"{self.source}, only read",
            "Begun": moment(self.started),
            "Until the restored parts answered": f"{self.seconds:.2f} s",
            "Age of the data": two_units(self.age.total_seconds()),
            "Carried out by": self.by,
        }
        shown: list[Evidence] = [Facts("Full restore" if self.full else "Restore drill", facts)]
        if self.steps:
            rows = [[step.name, f"{step.seconds:.2f} s", step.what] for step in self.steps]
            shown.append(Table("Steps", ["Step", "Took", "What"], rows))
        if self.compared:
            shown.append(Table("Compared", ["What", "Expected", "Restored"], [list(one) for one in self.compared]))
        if self.problems:
            shown.append(Lines("What was wrong", self.problems[:_SHOWN]))
        if self.output:
            shown.append(Lines(f"Output of {self.by}", list(self.output.lines)))
        return shown

    def tell(self, doing: str = "", *, share: float | None = None) -> None:
        """Show the progress."""
        if self.task:
            self.task.at(doing, share=share)

    @contextmanager
    def step(self, name: str, *, shown: str = "") -> Iterator[list[str]]:
        """Time a step; notes on its result are appended to the list. ``shown`` is its name while it runs."""
        notes: list[str] = []
        started = time.monotonic()
        self.tell(shown or name.lower())
        try:
            yield notes
        finally:
            self.steps.append(Step(name, time.monotonic() - started, ", ".join(notes)))


def carry_out(
    staging: Staging, store: BackupStore, archive: Archive, settings: Settings, now: datetime, *, full: bool
) -> Drill:
    """Restore ``archive`` into an empty place, verify that it is complete, and clear the place.

    Args:
        full: compare every key's type and every image, and test that the server accepts writes.

    Raises:
        Unmeasured: the drill could not be carried out, which says nothing about the backup: no room, no time.
        Forbidden: the gate gives no permit.
    """
    recovery = settings.target.recovery
    drill = Drill(archive, store.location, now, full)
    deadline = time.monotonic() + recovery.seconds
    name = "Full restore" if full else "Restore drill"
    with staging.place() as place, progress.work(name, most=recovery.seconds) as drill.task:
        require_room(place, max(_LEAST_ROOM, archive.file.size * recovery.space_factor))
        command = recovery.disaster_command if full else recovery.restore_command
        if command:
            _run_restore_script(drill, command, store, place, deadline, variables=recovery.restore_variables)
        else:
            _restore_and_compare(drill, store, place, settings, deadline)
    return drill


def _restore_and_compare(
    drill: Drill, store: BackupStore, place: Place, settings: Settings, deadline: float
) -> None:
    program_of(settings)  # raised before anything is unpacked
    recovery, started = settings.target.recovery, time.monotonic()
    files = place.folder / "files"
    files.mkdir()
    with drill.step("Read, check and unpack") as notes:
        found = _unpack(drill, store, files, place, settings)
        notes.append(found.how)
    drill.problems += found.problems
    if not found.whole and not found.problems:
        got = found.coverage.got if found.unreadable else f"{found.how} ({found.coverage.got})"
        raise Unmeasured(
            f"{SERVICE}: expected {drill.archive.file.name} to be unpacked within {recovery.seconds:g} s, "
            f"got {got}",
            service=SERVICE,
            hint=found.coverage.hint or "Give the drill more time in targets.NAME.recovery.seconds.",
        )
    drill.coverage += found.coverage
    drill.seconds = time.monotonic() - started
    if drill.problems:
        return
    if found.dump:
        program = program_of(settings, found.dump.version)
        _bring_up(drill, found, _Setup(place, program, recovery.valkey is not None, files, started, deadline))
    _compare_counts(drill, found, recovery.images, recovery.count_tolerance_percent)
    with drill.step("Read images back") as notes:
        notes.append(_read_back(drill, found, files, recovery.images, None if drill.full else recovery.samples))


def _unpack(drill: Drill, store: BackupStore, files: Path, place: Place, settings: Settings) -> Verification:
    recovery = settings.target.recovery
    wanted = Wanted(
        manifest=settings.target.backups.manifest,
        dump=recovery.dump,
        samples=recovery.samples,
        soon=recovery.seconds + 60,
    )
    size = drill.archive.file.size
    try:
        with store.open(drill.archive.file, within=recovery.seconds) as stream:
            into = Folder(files, place.free * _USABLE)
            return verify(
                stream,
                size,
                wanted,
                now=drill.started,
                seconds=recovery.seconds,
                into=into,
                on_progress=lambda count: drill.tell(share=_READING * count / max(size, 1)),
            )
    except NoRoomError as error:
        raise Unmeasured(
            f"{SERVICE}: expected room for {drill.archive.file.name} in {place.folder.parent}, "
            f"got {error} too little",
            service=SERVICE,
            hint="Free some space there, or name another folder in targets.NAME.recovery.folder.",
        ) from error


@dataclass(frozen=True, slots=True)
class _Setup:
    """Where and with which program a drill is carried out.

    Attributes:
        by_choice: the program is named in the settings.
        started, deadline: of ``time.monotonic``.
    """

    place: Place
    program: str
    by_choice: bool
    files: Path
    started: float
    deadline: float


def _bring_up(drill: Drill, found: Verification, way: _Setup) -> None:
    from redis.exceptions import RedisError

    dump = found.dump
    assert dump
    with ExitStack() as stack:
        try:
            with drill.step("Load the dump") as notes:
                file = way.files / found.dump_path
                server = stack.enter_context(loaded(way.place, way.program, file, dump.highest, way.deadline))
                notes.append(server.version)
            drill.seconds = time.monotonic() - way.started  # the server responds, and the files are in place
            with drill.step("Count and read keys") as notes:
                _compare_keys(drill, dump, server)
                notes.append(f"{len(dump.samples):,} keys read and compared")
        except RefusedError as refusal:
            require_known_form(way.program, dump.version, str(refusal), by_choice=way.by_choice)
            drill.problems.append(f"a dump ({dump.version}) that the server does not load: {refusal}")
        except RedisError as error:
            drill.problems.append(f"a server that stopped answering: {error}")


def _compare_keys(drill: Drill, dump: Dump, server: Server) -> None:
    if dump.uncounted:
        drill.compared.append(("Keys", f"not counted, as {dump.uncounted}", f"{server.total():,}"))
    elif drill.full:
        kinds = server.kinds()
        for kind in sorted(dump.keys.keys() | kinds.keys()):
            _compare_number(drill, f"Keys of type {kind}", dump, kind, kinds[kind])
    else:
        _compare_number(drill, "Keys", dump, None, server.total())
    differing = server.differing(dump.samples)
    drill.compared.append(
        ("Keys read", f"{len(dump.samples):,} as in the dump", f"{len(dump.samples) - len(differing):,}")
    )
    drill.problems += [f"a server in which {one}" for one in differing]
    if drill.full:
        takes = server.takes_writes()
        drill.compared.append(("Writing a key", "read again and removed", "yes" if takes else "no"))
        if not takes:
            drill.problems.append("a server that does not keep what is written")


def _compare_number(drill: Drill, what: str, dump: Dump, kind: str | None, found: int) -> None:
    def number(counts: Counter[str]) -> int:
        return counts.total() if kind is None else counts[kind]

    most = number(dump.keys) - number(dump.expired)
    least = most - number(dump.passing)
    expected = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    over = number(dump.expired)
    drill.compared.append(
        (what, expected + (f" ({over:,} more are past their time)" if over else ""), f"{found:,}")
    )
    if not least <= found <= most:
        drill.problems.append(f"{found:,} {what[:1].lower()}{what[1:]} instead of {expected}")


def _compare_counts(drill: Drill, found: Verification, images: str, tolerance: float) -> None:
    """Compare with the counts of the manifest, which were taken from a live system slightly earlier or later."""
    counts = found.manifest.counts if found.manifest else {}
    have = {
        "images": _image_count(found, images),
        "redis_keys": found.dump.total if found.dump and not found.dump.uncounted else None,
    }
    for name, number in have.items():
        if name not in counts or number is None:
            continue
        drill.compared.append((f"{name} by the manifest", f"{counts[name]:,}", f"{number:,}"))
        if abs(number - counts[name]) > counts[name] * tolerance / 100:
            drill.problems.append(f"{number:,} {name} where the manifest counts {counts[name]:,}")


def _image_count(found: Verification, images: str) -> int:
    """Number of files in the folder of images, those of its subfolders included."""
    return sum(count for folder, (count, _) in found.folders.items() if _is_in(folder, images))


def _read_back(drill: Drill, found: Verification, files: Path, images: str, samples: int | None) -> str:
    """Read restored images from the disk and compare them with their checksums."""
    listed = [
        one
        for one in (found.manifest.files if found.manifest else [])
        if one.digest and _is_in(one.path.rpartition("/")[0], images)
    ]
    there = _image_count(found, images)
    if there:
        drill.coverage += share(min(len(listed), there), there, "images", what="sums")
    elif not found.dump:
        hint = "Name in backups what the archive holds."
        drill.coverage += lacking("", expected="a dump or images to compare", got="neither", hint=hint)
    if samples is not None and len(listed) > samples:
        listed = Random(drill.archive.file.name).sample(listed, samples)  # noqa: S311 - which ones is no secret
    wrong = [one.path for one in listed if _sum(files / found.located[one.path], one.algorithm) != one.digest]
    drill.compared.append(("Images read", f"{len(listed):,} as listed", f"{len(listed) - len(wrong):,}"))
    drill.problems += [f"a restored {path} that differs from its sum" for path in wrong]
    return f"{len(listed):,} images read and compared"


def _run_restore_script(
    drill: Drill,
    command: tuple[str, ...],
    store: BackupStore,
    place: Place,
    deadline: float,
    *,
    variables: tuple[str, ...],
) -> None:
    copy = place.folder / Path(drill.archive.file.name).name
    left = deadline - time.monotonic()
    with (
        drill.step("Copy the archive"),
        store.open(drill.archive.file, within=left) as source,
        copy.open("wb") as target,
    ):
        while piece := source.read(CHUNK):
            target.write(piece)
            if time.monotonic() > deadline:
                raise Unmeasured(
                    f"{SERVICE}: expected {drill.archive.file.name} to be copied in the time of the drill, got "
                    f"{target.tell():,} of {drill.archive.file.size:,} B",
                    service=SERVICE,
                    hint="Give the drill more time in targets.NAME.recovery.seconds.",
                )
    empty = place.folder / "empty"
    empty.mkdir()
    words = [word.replace("{archive}", str(copy)).replace("{folder}", str(empty)) for word in command]
    drill.by = Path(words[0]).name
    started = time.monotonic()
    with drill.step(drill.by, shown="the restore script") as notes:
        ended = run_command(words, place, within=deadline - started, variables=variables)
        notes.append(ended.words)
    drill.seconds = time.monotonic() - started
    drill.output = ended
    if ended.code != 0:
        drill.problems.append(f"{drill.by} that {ended.words}")
    elif ended.error:
        drill.coverage += lacking(
            "errors in its output",
            expected=f"{drill.by} to restore without an error",
            got=f"code 0, and {ended.error!r}",
            hint="Let it end at the first error: set -e -o pipefail, psql -v ON_ERROR_STOP=1, pg_restore -e.",
        )
    elif any("{folder}" in word for word in command) and not any(empty.iterdir()):
        drill.coverage += lacking(
            "nothing restored",
            expected=f"{drill.by} to restore something into its folder",
            got="nothing in it",
            hint="Leave {folder} out of the command where the script restores to elsewhere.",
        )


def _is_in(folder: str, images: str) -> bool:
    parts = folder.removeprefix("./").split("/")
    return images.strip("/") in parts


def _sum(file: Path, algorithm: str) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
    except OSError:
        return ""
