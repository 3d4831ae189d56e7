"""One run: where its results go, and what they add up to."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from playbook.core.catalogue import read_catalogue
from playbook.core.record import Record, Results
from playbook.core.run_folder import RunFolder
from playbook.core.verdict import Verdict
from playbook.run.run import add_up, begun_now, floor_of, not_selected
from playbook.settings.loading import load

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def record(verdict, check="checks/test_x.py::test_x"):
    """A record with a verdict."""
    return Record(item="daily.x", check=check, subject="x", title="t", rule="r", verdict=verdict, message="m")


def results(*verdicts, floor=1, ended="finished"):
    """The results of a run with these verdicts."""
    begun = begun_now(
        load("production", environment={}),
        set_name="daily",
        command="pytest -m daily",
        started=NOW,
        floor=floor,
        partial=False,
    )
    return add_up(begun, [record(v) for v in verdicts], finished=NOW, ended=ended)


def test_counts_include_all_six_verdicts():
    """Also those that did not occur."""
    made = results(Verdict.OK, Verdict.OK, Verdict.NOT_CONFIGURED)
    assert made.counts == {
        "OK": 2,
        "WARNING": 0,
        "CRITICAL": 0,
        "UNKNOWN": 0,
        "NOT CONFIGURED": 1,
        "WAIVED": 0,
    }
    assert (made.executed, made.verdict, made.exit_code) == (2, Verdict.OK, 0)


def test_run_that_ended_early_is_never_ok():
    """What was not measured could be anything."""
    assert results(Verdict.OK, ended="interrupted").verdict is Verdict.UNKNOWN
    assert results(Verdict.CRITICAL, ended="interrupted").verdict is Verdict.CRITICAL


@pytest.mark.parametrize(
    ("target", "selected", "partial", "floor"),
    [
        ("sandbox", 22, False, 22),
        ("sandbox", 1, False, 22),  # a file of checks that vanished is noticed
        ("sandbox", 25, False, 25),
        ("sandbox", 1, True, 1),
        ("production", 19, False, 10),
        ("production", 19, True, 1),
    ],
)
def test_floor_depends_on_target_and_partial_run(target, selected, partial, floor):
    """On the sandbox everything must be executed; elsewhere the setting counts; a part of a set needs one."""
    settings = load(target, environment={})
    assert floor_of(settings, read_catalogue(), "daily", selected=selected, partial=partial) == floor


@pytest.mark.parametrize(
    ("set_name", "floor"),
    [
        ("troubleshooting", 15),
        ("high_response_times", 5),
        ("high_error_rates", 5),
        ("resource_exhaustion", 5),
        ("redis", 1),
    ],
)
def test_section_has_its_own_floor(set_name, floor):
    """What runs by itself is counted by itself; a subject has no floor."""
    settings = load("sandbox", environment={})
    assert floor_of(settings, read_catalogue(), set_name, selected=1, partial=False) == floor


def test_two_runs_in_the_same_second_have_separate_folders(tmp_path):
    """Neither overwrites the other."""
    paths = {RunFolder(tmp_path, "sandbox", "daily", NOW).path.name for _ in range(3)}
    assert paths == {
        "sandbox-daily-20261123T070000Z",
        "sandbox-daily-20261123T070000Z-2",
        "sandbox-daily-20261123T070000Z-3",
    }


def test_killed_run_leaves_its_records(tmp_path):
    """Line by line; a finished run replaces the lines by its results."""
    folder = RunFolder(tmp_path, "sandbox", "daily", NOW)
    folder.keep(record(Verdict.OK))
    folder.keep(record(Verdict.CRITICAL))
    lines = (folder.path / "records.jsonl").read_bytes().splitlines()
    assert [msgspec.json.decode(line, type=Record).verdict for line in lines] == [Verdict.OK, Verdict.CRITICAL]
    made = results(Verdict.OK)
    folder.write(made)
    assert msgspec.json.decode(folder.results_file.read_bytes(), type=Results) == made
    assert [path.name for path in folder.path.iterdir()] == ["results.json"]


def test_run_without_results_leaves_no_folder(tmp_path):
    """After a usage error there is nothing to read."""
    folder = RunFolder(tmp_path, "sandbox", "daily", NOW)
    (folder.path / "pytest-html.html").write_text("x")
    folder.discard_if_empty()
    assert not folder.path.exists()


@pytest.mark.slow
def test_message_classes_are_prepared_for_concurrent_decoding():
    """msgspec crashes where two threads decode a class for the first time at once, so it learns them before."""
    program = """
import sys
import threading
from playbook.core.engine import REGISTRY
from playbook.run.run import load_providers

load_providers()
assert list(REGISTRY.values())  # which imports them
import msgspec

def subclasses(kind):
    for subclass in kind.__subclasses__():
        yield subclass
        yield from subclasses(subclass)

kinds = [kind for kind in subclasses(msgspec.Struct) if kind.__module__.startswith("playbook.clients")]
assert len(kinds) > 20
sys.setswitchinterval(1e-6)
start = threading.Barrier(8)

def decode():
    start.wait()
    for kind in kinds:
        try:
            msgspec.convert({}, kind)
        except msgspec.ValidationError:
            pass

threads = [threading.Thread(target=decode) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
    root = Path(__file__).resolve().parents[3]
    ended = [subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode for _ in range(2)]
    assert ended == [0] * 2


@pytest.mark.parametrize(
    ("target", "floor", "left_out", "expected"),
    [
        ("sandbox", None, {"daily.redis.alive", "daily.kpi.cache-hit-rate"}, 20),
        ("production", 22, {"daily.redis.alive"}, 21),
        ("production", 12, {"daily.redis.alive"}, 12),
        ("production", 22, set(), 22),
    ],
)
def test_floor_excludes_parts_missing_from_product(target, floor, left_out, expected):
    """What is there must be measured, as before."""
    settings = load(target, environment={})
    if floor:
        settings = msgspec.structs.replace(settings, floors={"daily": floor})
    found = floor_of(settings, read_catalogue(), "daily", selected=1, partial=False, left_out=left_out)
    assert found == expected


def test_items_without_a_check_are_unknown_but_for_absent_parts():
    """Whatever removed their checks; own items are required by no set."""
    catalogue = read_catalogue()
    ids = catalogue.ids_of("daily")
    there = [msgspec.structs.replace(record(Verdict.OK), item=item) for item in ids[3:]]
    found = not_selected(catalogue, "daily", there, {ids[0]}, NOW)
    assert [(one.item, one.verdict) for one in found] == [(item, Verdict.UNKNOWN) for item in ids[1:3]]
    assert not not_selected(catalogue, "daily-and-not-redis", there, (), NOW)
