"""However the process that holds a guard is killed: its children end, and its folder is removed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from playbook.core.guard import temporary_folder
from tests.waiting import soon

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys
from pathlib import Path
from playbook.core.guard import Guard, temporary_folder
guard = Guard(temporary_folder())
child = guard.spawn(["/bin/sleep", "60"], b"", guard.folder / "log")
print(child.pid, guard._shell.pid, guard.folder, flush=True)
sys.stdin.read()
guard.end()
"""


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not count."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(state.stdout.strip()) and not state.stdout.strip().startswith("Z")


class Held:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        child, shell, folder = self.process.stdout.readline().split()
        self.child, self.shell, self.folder = int(child), int(shell), Path(folder)

    def nothing_is_left(self) -> bool:
        return not alive(self.child) and not alive(self.shell) and not self.folder.exists()


@pytest.fixture
def held() -> Iterator[Held]:
    held = Held()
    assert alive(held.child)
    assert held.folder.is_dir()
    yield held
    if held.process.poll() is None:
        held.process.kill()
    held.process.communicate()


def test_ordinary_end_leaves_nothing(held):
    held.process.communicate("")
    assert held.process.returncode == 0
    assert soon(held.nothing_is_left)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_killed_holder_leaves_nothing(held, number):
    held.process.send_signal(number)
    held.process.wait()
    assert soon(held.nothing_is_left)


def test_killed_process_group_leaves_nothing(held):
    """The shell has its own session, so killing the holder's group does not reach it."""
    assert os.getpgid(held.shell) != os.getpgid(held.process.pid)
    held.process.kill()
    held.process.wait()
    assert soon(held.nothing_is_left)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills children with their parent")
def test_children_end_where_the_shell_was_killed_first(held):
    os.kill(held.shell, signal.SIGKILL)
    held.process.kill()
    held.process.wait()
    assert soon(lambda: not alive(held.child))
    subprocess.run(["rm", "-rf", held.folder], check=True)


def test_killed_shell_does_not_block_the_holders_end(held):
    os.kill(held.shell, signal.SIGKILL)
    held.process.communicate("")
    assert held.process.returncode == 0
    assert soon(held.nothing_is_left)


def test_folder_is_private_and_short_enough_for_a_unix_socket(monkeypatch, tmp_path):
    deep = tmp_path / ("x" * 90)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    folder = temporary_folder()
    try:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert len(str(folder / "valkey.sock")) < 104
    finally:
        folder.rmdir()
