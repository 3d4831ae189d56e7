"""Child processes and a temporary folder that never outlive this process, however it is killed.

A process killed with SIGKILL cleans nothing up. So a small shell waits on a pipe whose other end only we hold:
when the pipe breaks, it kills the children and removes the folder. On Linux the kernel kills the children as well,
in case the shell was killed too. The sandbox lives in such a folder, and so does a restore drill.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from playbook.core.environment import for_program

_SCRIPT = """
trap '' INT TERM HUP
children=
while read -r word pid; do
    case $word in
        child) children="$children $pid" ;;
        done) exit 0 ;;
    esac
done
[ -z "$children" ] || kill -9 $children
rm -rf -- "$1"
"""
_PR_SET_PDEATHSIG = 1
# The path of a unix socket in the folder has at most 104 bytes on macOS and 108 on Linux.
_LONGEST_BASE = 70


def temporary_folder(prefix: str = "sandbox-", base: str | None = None) -> Path:
    """A new private folder with a random name and a path short enough for unix sockets.

    Args:
        base: parent folder, whatever its length; by default the system's temporary folder.
    """
    usual = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix=prefix, dir=base or (usual if len(usual) <= _LONGEST_BASE else "/tmp")))  # noqa: S108


class Guard:
    """Guards one folder and the children handed to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._children: list[subprocess.Popen[bytes]] = []
        # Its own session: neither Ctrl-C nor a kill of our process group reaches it.
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT, "playbook-guard", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=for_program(),
            start_new_session=True,
        )

    def spawn(
        self,
        command: list[str],
        text: bytes,
        output: Path,
        *,
        variables: Mapping[str, str] | None = None,
        threaded: bool = False,
    ) -> subprocess.Popen[bytes]:
        """Start a child that reads ``text`` as its input and writes to ``output``.

        Args:
            variables: the child's environment; the usual ones by default (``playbook.core.environment``).
            threaded: True where other threads run, as nothing may then be executed between fork and exec; the
                kernel is not asked to kill the child in that case.
        """
        with output.open("wb") as file:
            child = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=for_program() if variables is None else variables,
                start_new_session=True,
                # A single system call, looked up before the fork.
                preexec_fn=None if threaded else die_with_parent(),  # noqa: PLW1509
            )
        self._children.append(child)
        self._send(f"child -{child.pid}")  # its process group, including whatever it starts itself
        assert child.stdin
        with suppress(BrokenPipeError):  # it ended at once; its output says why
            child.stdin.write(text)
            child.stdin.close()
        return child

    def end(self) -> None:
        """Kill the children, remove the folder, and end the guard."""
        self.abandon()
        self._send("done")
        assert self._shell.stdin
        with suppress(BrokenPipeError):
            self._shell.stdin.close()
        self._shell.wait()

    def abandon(self) -> None:
        """The same, while another thread may still be writing: the shell cleans up once more when we are gone."""
        for child in self._children:
            if child.poll() is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _send(self, line: str) -> None:
        assert self._shell.stdin
        # The shell may have been killed; the kernel's signal remains.
        with suppress(BrokenPipeError):
            self._shell.stdin.write(f"{line}\n".encode())
            self._shell.stdin.flush()


def die_with_parent(number: int = signal.SIGKILL) -> Callable[[], None] | None:
    """A function for the child to run before its program, which makes the kernel signal it when we are gone.

    None where the system does not support that.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask_the_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, number)

    return ask_the_kernel
