"""The sandbox as a process: it is ready soon, and nothing of it is left however it or its parent ends."""

import os
import resource
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox.launcher import RunningSandbox, start
from tests.waiting import soon

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
PARENT = """
import sys
from sandbox.launcher import start
sandbox = start()
print(sandbox.process.pid, sandbox.settings["web"]["ca"], flush=True)
sys.stdin.read()
sandbox.stop()
"""


def processes() -> dict[int, tuple[int, str]]:
    """Every process that runs: its parent and its command line."""
    listing = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True
    )
    rows = (line.split(None, 3) for line in listing.stdout.splitlines())
    return {int(pid): (int(parent), args) for pid, parent, state, args in rows if not state.startswith("Z")}


def family(pid: int) -> set[int]:
    """A process and all that come from it."""
    found, everything = {pid}, processes()
    while True:
        more = {child for child, (parent, _) in everything.items() if parent in found} - found
        if not more:
            return found
        found |= more


def folder_of(sandbox: RunningSandbox) -> Path:
    return Path(sandbox.settings["web"]["ca"]).parent


def nothing_is_left(members: set[int], folder: Path) -> bool:
    return not folder.exists() and not members & processes().keys()


def pid_of(sandbox: RunningSandbox) -> int:
    return int(sandbox.process.pid)  # type: ignore[attr-defined]


def spent() -> float:
    """Processor seconds of all children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_passwords_are_not_in_process_list():
    before = spent()
    with start(time_limit=45) as sandbox:
        members = family(pid_of(sandbox))
        lines = " ".join(args for pid, (_, args) in processes().items() if pid in members)
        assert "valkey-server" in lines
        target = sandbox.settings
        assert target["redis"]["url"].split("@")[0].removeprefix("rediss://playbook:") not in lines
        assert sandbox.token not in lines
        folder = folder_of(sandbox)
        assert folder.stat().st_mode & 0o077 == 0
    assert nothing_is_left(members, folder)
    # It is to be ready within 3 s. Tests share the processor with others, so that its own time is counted.
    assert spent() - before < 3


def test_stopping_twice_is_harmless():
    sandbox = start()
    sandbox.stop()
    sandbox.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_no_signal_leaves_anything_behind(number):
    sandbox = start()
    members, folder = family(pid_of(sandbox)), folder_of(sandbox)
    assert len(members) == 3  # the sandbox, Valkey and the guard
    os.kill(pid_of(sandbox), number)
    code = sandbox.process.wait(30)  # type: ignore[attr-defined]
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    assert soon(lambda: nothing_is_left(members, folder))
    sandbox.stop()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_sandbox_ends_with_its_parent(number):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    pid, certificate = parent.stdout.readline().split()
    members, folder = family(int(pid)), Path(certificate).parent
    assert folder.is_dir()
    os.kill(parent.pid, number)
    parent.communicate()
    assert soon(lambda: nothing_is_left(members, folder))


def test_sandbox_ends_during_start():
    """Nobody waits for it to be ready: whatever it has made by then goes."""
    for moment in (0.05, 0.25, 0.5, 0.7):
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--json"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moment)
        members = family(process.pid)
        process.terminate()
        process.communicate()
        assert soon(lambda members=members: not members & processes().keys())  # type: ignore[misc]


def test_slow_visitor_does_not_delay_end():
    """A client that waits for an answer at its end gets none."""
    sandbox = start(["homepage-very-slow"])
    web = sandbox.settings["web"]
    trust = ssl.create_default_context(cafile=web["ca"])
    with (
        socket.create_connection(("127.0.0.1", urlsplit(web["url"]).port), 30) as raw,
        trust.wrap_socket(raw, server_hostname="localhost") as visitor,
    ):
        visitor.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.3)  # so that it is answered by somebody who waits, not by nobody
        sandbox.stop()
        with suppress(ConnectionError, ssl.SSLError):
            assert visitor.recv(1) == b""
