"""Which tests of the slow layer stay together, and which come last."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests import scheduling
from tests.project import ROOT
from tests.scheduling import APART, LAST, ByFile, matrix_last, may_hold_slow, require_found_by_text


def test_scheduling_names_refer_to_test_files():
    """A file that is renamed is not forgotten here."""
    assert {path.stem for path in (ROOT / "tests").rglob("test_*.py")} >= APART
    assert LAST in APART


def test_files_stay_on_one_worker_except_independent_tests():
    """Also where a parameter looks like a path."""
    split = ByFile._split_scope
    assert split(None, "tests/real/test_nginx.py::test_it[a/b::c]") == "tests/real/test_nginx.py"
    assert split(None, f"tests/checks/{LAST}.py::test_it[x]") == f"tests/checks/{LAST}.py::test_it[x]"


def test_fault_matrix_is_scheduled_last():
    """By the file's name."""
    names = [
        f"checks/{LAST}.py::test_b",
        "checks/test_z.py::test_x",
        f"checks/{LAST}.py::test_a",
        "unit/test_a.py::t",
    ]
    items = [type("Item", (), {"nodeid": name})() for name in names]
    assert [item.nodeid for item in matrix_last(items)] == [names[1], names[3], names[0], names[2]]


def test_slow_test_in_a_file_without_the_mark_is_an_error(tmp_path):
    """Else the slow layer would leave its file out."""
    said, unsaid = tmp_path / "test_said.py", tmp_path / "test_unsaid.py"
    said.write_text("pytestmark = pytest.mark.slow\n")
    unsaid.write_text("from other import marked as pytestmark\n")
    assert may_hold_slow(said)
    assert not may_hold_slow(unsaid)

    def item(path, name):
        return type("Item", (), {"path": path, "get_closest_marker": staticmethod({"slow": name}.get)})()

    require_found_by_text([item(said, "slow"), item(unsaid, None)])
    with pytest.raises(pytest.UsageError, match=r"test_unsaid\.py: expected the words mark\.slow"):
        require_found_by_text([item(said, "slow"), item(unsaid, "slow")])


CONFTEST = """
import os
import pathlib
import sys

sys.path.insert(0, {root!r})
from tests.scheduling import ByFile

def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log)

def pytest_runtest_logreport(report):
    if report.when == "call" and hasattr(report, "node"):
        print(f"{{report.nodeid}} on {{report.node.gateway.id}}", file=sys.stderr)
"""


@pytest.mark.slow
def test_scheduled_file_has_one_worker(tmp_path):
    """With a barrier that both tests of a file must reach, which one worker alone never does."""
    (tmp_path / "conftest.py").write_text(CONFTEST.format(root=str(ROOT)))
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:locust -p no:valkey -p no:anyio\n")
    together = "import pytest\n@pytest.mark.parametrize('n', range(2))\ndef test_it(n): pass\n"
    apart = (
        "import pathlib, time, pytest\n@pytest.mark.parametrize('n', range(2))\ndef test_it(n):\n"
        "    pathlib.Path(f'here-{n}').touch()\n    latest = time.monotonic() + 60\n"
        "    while not pathlib.Path(f'here-{1 - n}').exists():\n"
        "        assert time.monotonic() < latest\n        time.sleep(0.01)\n"
    )
    (tmp_path / "test_together.py").write_text(together)
    (tmp_path / f"{sorted(scheduling.APART)[0]}.py").write_text(apart)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "2", "--dist", "loadscope", "-s"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    workers = re.findall(r"test_together\.py::test_it\[\d\] on (gw\d)", ended.stderr)
    assert len(workers) == 2
    assert len(set(workers)) == 1
