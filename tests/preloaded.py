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
import pkgutil
import resource
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
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


@dataclass(frozen=True)
class Begin:
    """What a shell, a terminal or a disk has done to a run before it begins; to be called in it.

    Attributes:
        ignored: numbers of signals that are ignored.
        heard: numbers of signals that do what they usually do, also where the tests themselves ignore them.
        largest_file: bytes over which no file may grow: what a full disk is, and no root is needed for it.
    """

    ignored: tuple[int, ...] = ()
    heard: tuple[int, ...] = ()
    largest_file: int | None = None

    def __call__(self) -> None:
        """Have it so, in this process."""
        for numbers, handler in ((self.ignored, signal.SIG_IGN), (self.heard, signal.SIG_DFL)):
            for number in numbers:
                signal.signal(number, handler)
        if self.largest_file is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.largest_file, self.largest_file))


def start_pytest(
    *arguments: str, cwd: Path, env: Mapping[str, str], begin: Begin = Begin()
) -> Run | subprocess.Popen[str]:
    """A run that goes on beside the test; one at a time. Its errors are among its output."""
    if CAN_FORK and all(name in _FOLLOWED for name in env if name.startswith("PYTHON")):
        return Run(_server(), arguments, cwd, env, begin)
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=begin,  # noqa: PLW1509 - there is one thread here
    )


class Run:
    """A run that goes on, as ``subprocess.Popen`` is one, as far as tests need it.

    Attributes:
        returncode: None until it has been waited for.
    """

    def __init__(
        self, server: Server, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], begin: Begin
    ) -> None:
        self.returncode: int | None = None
        self._command = ["pytest", *arguments]
        self._server = server
        reads, writes = os.pipe()
        try:
            self.pid, self._handle = server.begin(arguments, cwd, env, [writes, writes], begin=begin)
        finally:
            os.close(writes)
        server.current = self
        self._pieces: list[bytes] = []
        self._reader = threading.Thread(target=self._read, args=(reads,), daemon=True)
        self._reader.start()

    def send_signal(self, number: int) -> None:
        """To it alone; where it has ended nothing happens."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        """End it, as nothing can be done about."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        """Its exit code; TimeoutExpired where it goes on for longer than that, which leaves it as it is."""
        if self.returncode is None:
            ready, _, _ = select.select([self._server.here], [], [], timeout)
            if not ready:
                raise subprocess.TimeoutExpired(self._command, timeout)
            self.returncode = int(self._server.answer())
            self._server.current = None
            os.close(self._handle)
        return self.returncode

    def communicate(self, timeout: float) -> tuple[str, None]:
        """Wait for it, and for all that it and what it started say."""
        self.wait(timeout)
        self._reader.join(timeout)
        return b"".join(self._pieces).decode(), None

    def _read(self, reads: int) -> None:
        with os.fdopen(reads, "rb", buffering=0) as pipe:
            while piece := pipe.read(65536):
                self._pieces.append(piece)


class Server:
    """The process that forks, as its user sees it. It ends with us, however we end, and its run with it.

    Args:
        python: which Python it is; what that has installed is loaded.
        folder: where it collects the checks for that.
    """

    def __init__(self, python: Path = Path(sys.executable), folder: Path = ROOT) -> None:
        self.current: Run | None = None
        self.here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there:
            self.process = subprocess.Popen(
                [python, __file__, str(there.fileno())],
                cwd=folder,
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
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            _, handle = self.begin(arguments, cwd, env, [stdout.fileno(), stderr.fileno()], timeout=timeout)
            os.close(handle)
            code = self.answer()
            texts = []
            for file in (stdout, stderr):
                file.seek(0)
                texts.append(file.read().decode())
        command = ["pytest", *arguments]
        if code is None:
            raise subprocess.TimeoutExpired(command, timeout, *texts)
        return subprocess.CompletedProcess(command, code, *texts)

    def begin(
        self,
        arguments: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        files: Sequence[int],
        *,
        timeout: float | None = None,
        begin: Begin = Begin(),
    ) -> tuple[int, int]:
        """Begin a run; its number, and a descriptor that stands for it."""
        if self.current:
            self.current.kill()  # which a test has left that failed
            self.current.wait(60)
        request = {"arguments": arguments, "cwd": str(cwd), "env": dict(env), "timeout": timeout}
        ask(self.here, {**request, "begin": asdict(begin)}, files)
        number, handles, _, _ = socket.recv_fds(self.here, _LARGEST_REQUEST, 1)
        if not number:
            raise RuntimeError(f"the server of tests.preloaded ended with code {self.process.wait()}")
        return json.loads(number), handles[0]

    def answer(self) -> int | None:
        """The exit code of the run, once it has ended; None where its time was over."""
        answer = self.here.recv(_LARGEST_REQUEST)
        if not answer:
            raise RuntimeError(f"the server of tests.preloaded ended with code {self.process.wait()}")
        code: int | None = json.loads(answer)
        return code

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

    import playbook.report

    before = set(sys.modules)
    pytest.main(["--collect-only", "-q", "-m", "daily"])
    from playbook.core.engine import REGISTRY

    for name in (
        *("certifi", "loadtests.launch", "playbook.report.terminal", "websockets.utils", "encodings.idna"),
        *("sandbox.faults", "sandbox.launcher", "PIL.ImageDraw", "prometheus_client.core"),
        *("playbook.run.thread.weaving", "cryptography.hazmat.backends.openssl.backend"),
    ):
        importlib.import_module(name)
    for provider in REGISTRY.values():
        for library in provider.libraries:
            importlib.import_module(library)
    for form in pkgutil.iter_modules(playbook.report.__path__, "playbook.report."):
        importlib.import_module(form.name)
    _use()
    # A folder's own conftest and checks are loaded by each run: their names may stand for other files there.
    for name in set(sys.modules) - before:
        if name == "conftest" or "checks" in name.split(".")[:2]:
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
    from playbook.core.catalogue import shipped
    from playbook.core.door.foreign import RULES
    from playbook.report import pytest_html
    from playbook.report.page import environment
    from playbook.settings.loading import load

    Image.init()
    pydo.Client(token="nobody's").close()
    context_for(None, "nobody")  # the usual authorities
    for name in environment().list_templates():
        environment().get_template(name)  # which compiles it
    pytest_html.template()
    for rule in RULES:
        assert rule.pattern.compiled
    assert shipped()
    load("sandbox", root=ROOT / "checks", environment={})  # where nobody has own settings: what is shipped


def _become(request: dict[str, object], stdout: int, stderr: int) -> None:
    """In the fork: be as a Python process that was started so."""
    os.setsid()
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    Begin(**request["begin"])()  # type: ignore[arg-type]
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


def _wait(pid: int, ended: int, requests: socket.socket, timeout: float | None) -> int | None:
    """The run's exit code as subprocess gives it; None where it was killed for its time. Ends with who asked."""
    ready, _, _ = select.select([ended, requests], [], [], timeout)
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
        ended = os.pidfd_open(pid)
        try:
            socket.send_fds(requests, [json.dumps(pid).encode()], [ended])
            code = _wait(pid, ended, requests, request["timeout"])
            requests.send(json.dumps(code).encode())
        except BrokenPipeError:
            return False
        finally:
            os.close(ended)


if __name__ == "__main__":
    sys.path[0] = str(Path.cwd())  # as with -m, and not the folder of this file
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
