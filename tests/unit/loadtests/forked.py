"""Locust in a process of its own, without the CPU time that loading it takes.

A server that has Locust and the visitors loaded forks for each process. It is run by its file, has one thread, and
uses no function that Locust has replaced: so each fork begins gevent's loop itself, as a new process does.
Only for tests of what a load measures; how a process starts and ends is tested with plain ones.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[3]
CAN_FORK = sys.platform == "linux"
_LARGEST_REQUEST = 1 << 17


class Server:
    """The process that forks, as its user sees it. It ends with us, however we end."""

    def __init__(self) -> None:
        self._here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(there.fileno())],
                cwd=ROOT,
                # Without buffers, as every load test is started.
                env={**_without_python(os.environ), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(there.fileno(),),
                start_new_session=True,  # Ctrl-C is for us
            )

    def ask(self, request: Mapping[str, object], files: Sequence[int] = ()) -> tuple[int, list[int]]:
        """Hand over a request; the number that answers it, and what descriptors come with that."""
        socket.send_fds(self._here, [json.dumps(request).encode()], files)
        answer, handles, _, _ = socket.recv_fds(self._here, _LARGEST_REQUEST, 1)
        if not answer:
            raise RuntimeError(f"the server of forked Locusts ended with code {self._process.wait()}")
        return json.loads(answer), handles

    def stop(self) -> None:
        """End it."""
        self._here.close()
        self._process.wait()

    def popen(self, command: Sequence[str], **options: Any) -> Forked:
        """What ``subprocess.Popen`` returns for ``python -m locust …``, as far as load tests need it."""
        assert command[:3] == [sys.executable, "-m", "locust"], command
        return Forked(self, command, **options)


class Forked:
    """A process as ``subprocess.Popen`` is one; what it says goes into a file.

    Attributes:
        returncode: None until it has been waited for.
    """

    def __init__(
        self,
        server: Server,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stdin: int,
        stdout: int | IO[str],
        stderr: int | IO[str],
        text: bool = False,
        start_new_session: bool = False,
    ) -> None:
        assert subprocess.PIPE not in {stdout, stderr}, "nobody would read it"
        del text  # nothing is read here
        self.args, self.returncode, self.stdin, self._server = command, None, None, server
        if stdin == subprocess.PIPE:
            reads, writes = os.pipe()
            self.stdin: IO[bytes] | None = os.fdopen(writes, "wb", buffering=0)
        else:
            assert stdin == subprocess.DEVNULL
            reads = os.open(os.devnull, os.O_RDONLY)
        says = stdout if isinstance(stdout, int) else stdout.fileno()
        request = {"arguments": command[3:], "cwd": str(cwd), "env": dict(env), "session": start_new_session}
        complains = says if stderr == subprocess.STDOUT else stderr
        try:
            files = [reads, says, complains if isinstance(complains, int) else complains.fileno()]
            self.pid, (self._handle,) = server.ask(request, files)
        finally:
            os.close(reads)

    def poll(self) -> int | None:
        """Its exit code; None as long as it goes on."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code; TimeoutExpired where it goes on for longer than that."""
        if self.returncode is None:
            ready, _, _ = select.select([self._handle], [], [], timeout)
            if not ready:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
            self.returncode, _ = self._server.ask({"ended": self.pid})
            os.close(self._handle)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[None, None]:
        """Wait for it."""
        self.wait(timeout)
        return None, None

    def send_signal(self, number: int) -> None:
        """To it alone; where it has ended nothing happens."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        """End it, as nothing can be done about."""
        self.send_signal(signal.SIGKILL)


def _without_python(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(("PYTHON", "LOCUST"))}


# ------------------------------------------------------------------------------------------- in the server


def _become(request: dict[str, Any], files: Sequence[int]) -> None:
    """In the fork: be as a Python process that was started so."""
    if request["session"]:
        os.setsid()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    given = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:] = [str(Path.cwd()), *given, *_PATH]
    sys.argv = ["locust", *request["arguments"]]


def _serve(requests: Any) -> bool:
    """Fork for each request; True in the fork, False in the server when nobody asks any more."""
    from gevent.monkey import get_original

    fork, waitpid = get_original("os", "fork"), get_original("os", "waitpid")
    while True:
        message, files, _, _ = socket.recv_fds(requests, _LARGEST_REQUEST, 3)
        if not message:
            return False
        request = json.loads(message)
        if "ended" in request:
            _, status = waitpid(request["ended"], 0)
            requests.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())
            continue
        pid = fork()
        if pid == 0:
            requests.close()
            _become(request, files)
            return True
        for file in files:
            os.close(file)
        handle = os.pidfd_open(pid)
        socket.send_fds(requests, [json.dumps(pid).encode()], [handle])
        os.close(handle)


if __name__ == "__main__":
    _PATH = [path for path in sys.path[1:] if path != str(ROOT)]
    for _name in ("locust.main", "loadtests.users", "loadtests.running", "loadtests.shapes"):
        importlib.import_module(_name)
    gc.collect()
    gc.freeze()  # the forks share it
    from gevent.monkey import get_original as _original

    if _serve(_original("socket", "socket")(fileno=int(sys.argv[1]))):
        runpy.run_module("locust", run_name="__main__", alter_sys=True)
        # It ends as any Python process does: what ZeroMQ has not sent by then, a worker's last report, goes out.
