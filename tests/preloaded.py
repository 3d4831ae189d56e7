"""pytest in a process of its own, without the seconds that loading its plugins and their libraries takes.

A server that has all of it loaded forks for each run. It has one thread and answers one request at a time. A run
is a session of its own, with the given folder, environment and arguments. In the end its threads are waited for
and what is registered for it runs, as in any Python process; only what is loaded is not taken apart.
Where forking is not safe (macOS: its system libraries do not survive it) a run is a plain ``python -m pytest``.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import inspect
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
CAN_FORK = sys.platform == "linux"
# Python reads its own variables once, when it starts. A run may set these; with another it is no fork.
_FOLLOWED = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
_LARGEST_REQUEST = 1 << 17


def run_pytest(
    *arguments: str, cwd: Path, env: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """What ``subprocess.run([python, "-m", "pytest", *arguments], capture_output=True, text=True, …)`` returns.

    Raises:
        subprocess.TimeoutExpired: it took longer than ``timeout`` seconds, and was killed with its process group.
    """
    if CAN_FORK and all(name in _FOLLOWED for name in env if name.startswith("PYTHON")):
        return _server().run(arguments, cwd, env, timeout)
    return run_plain(*arguments, cwd=cwd, env=env, timeout=timeout)


def run_plain(
    *arguments: str, cwd: Path, env: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """The same without a server: a new process that loads everything itself."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


class Server:
    """The process that forks, as its user sees it. It ends with us, however we end, and its run with it."""

    def __init__(self) -> None:
        self.here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.preloaded", str(there.fileno())],
                cwd=ROOT,
                env={
                    name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(there.fileno(),),
                start_new_session=True,  # Ctrl-C is for us
            )

    def run(
        self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """See ``run_pytest``."""
        request = {"arguments": arguments, "cwd": str(cwd), "env": dict(env), "timeout": timeout}
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            ask(self.here, request, [stdout.fileno(), stderr.fileno()])
            answer = self.here.recv(_LARGEST_REQUEST)
            if not answer:
                raise RuntimeError(f"the server of tests.preloaded ended with code {self.process.wait()}")
            texts = []
            for file in (stdout, stderr):
                file.seek(0)
                texts.append(file.read().decode())
        command = ["pytest", *arguments]
        if (code := json.loads(answer)) is None:
            raise subprocess.TimeoutExpired(command, timeout, *texts)
        return subprocess.CompletedProcess(command, code, *texts)

    def stop(self) -> None:
        """End it, and what it runs."""
        self.here.close()
        self.process.wait()


def ask(server: socket.socket, request: Mapping[str, object], files: Sequence[int]) -> None:
    """Hand over a request, and the files for standard output and error."""
    socket.send_fds(server, [json.dumps(request).encode()], files)


_servers: dict[int, Server] = {}


def _server() -> Server:
    """The one of this process; a fork of it has its own."""
    if os.getpid() not in _servers:
        server = _servers[os.getpid()] = Server()
        atexit.register(server.stop)
    return _servers[os.getpid()]


# ------------------------------------------------------------------------------------------- in the server


def _load() -> None:
    """Load what runs load, by collecting the checks as they do, and what they load later."""
    import pytest

    before = set(sys.modules)
    pytest.main(["--collect-only", "-q", "-m", "daily"])
    from playbook.engine import REGISTRY

    for name in (
        *("certifi", "loadtests.launch", "playbook.report.terminal", "websockets.utils", "encodings.idna"),
        *("sandbox.faults", "sandbox.launcher", "PIL.ImageDraw"),
    ):
        importlib.import_module(name)
    for provider in REGISTRY.values():
        for library in provider.libraries:
            importlib.import_module(library)
    _use()
    # A folder's own conftest and tests are loaded by each run: their names may stand for other files there.
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None)
        if file and Path(file).parent in {ROOT, ROOT / "checks"}:
            del sys.modules[name]
    # pytest warns of a library that has a plugin and was loaded before it. httpcore has what it needs of this one.
    for name in [name for name in sys.modules if name.partition(".")[0] == "anyio"]:
        del sys.modules[name]
    # Where a failed test is shown, Python looks for the module of each file, and notes it for all that are loaded.
    inspect.getmodule(_load.__code__)


def _use() -> None:
    """Have done what the libraries put off until they are used: nothing of it depends on a run."""
    import pydo
    from PIL import Image

    from playbook.clients.trust import context_for
    from playbook.report.page import environment

    Image.init()
    pydo.Client(token="nobody's").close()
    context_for(None, "nobody")  # the usual authorities
    for name in ("page", "parts"):
        environment().get_template(name)  # which compiles it


def _become(request: dict[str, object], stdout: int, stderr: int) -> None:
    """In the fork: be as a Python process that was started so."""
    os.setsid()
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.chdir(str(request["cwd"]))
    os.environ.clear()
    os.environ.update(request["env"])  # type: ignore[call-overload]
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    given = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:] = [str(Path.cwd()), *given, *_PATH]
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()
    sys.argv = ["pytest", *request["arguments"]]  # type: ignore[misc]


def _end(code: int) -> NoReturn:
    """As Python ends, but for taking apart what it shares with the server: that takes as long as a short run."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _wait(pid: int, requests: socket.socket, timeout: float) -> int | None:
    """The run's exit code as subprocess gives it; None where it was killed for its time. Ends with who asked."""
    ended = os.pidfd_open(pid)
    try:
        ready, _, _ = select.select([ended, requests], [], [], timeout)
    finally:
        os.close(ended)
    if ended not in ready:
        os.killpg(pid, signal.SIGKILL)  # not waited for yet, so the number is still its own
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) if ended in ready else None


def _serve(requests: socket.socket) -> bool:
    """Fork for each request; True in the fork, False in the server when nobody asks any more."""
    while True:
        message, files, _, _ = socket.recv_fds(requests, _LARGEST_REQUEST, 2)
        if not message:
            return False
        request = json.loads(message)
        pid = os.fork()
        if pid == 0:
            requests.close()
            _become(request, *files)
            for file in files:
                os.close(file)
            return True
        for file in files:
            os.close(file)
        code = _wait(pid, requests, request["timeout"])
        try:
            requests.send(json.dumps(code).encode())
        except BrokenPipeError:
            return False


if __name__ == "__main__":
    _PATH = [path for path in sys.path if path != str(Path.cwd())]
    _load()
    sys.stdout.flush()  # else the first fork would say it
    gc.collect()
    gc.freeze()  # the forks share it
    if _serve(socket.socket(fileno=int(sys.argv[1]))):
        try:
            runpy.run_module("pytest", run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            _end(int(ended.code or 0))
