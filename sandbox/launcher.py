"""Starts the sandbox as a separate process, or attaches to a running one.

The process ends when the pipe to its standard input is closed, so it ends with us, however we end.
"""

from __future__ import annotations

import http.client
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import urlsplit

from playbook.core.environment import OF_PYTHON, for_program
from playbook.core.errors import UsageError
from sandbox.products import PORTFOLIO, product_of

ATTACH_VARIABLE = "PLAYBOOK_SANDBOX"
_ROOT = Path(__file__).resolve().parent.parent
_START_LIMIT = 60.0  # seconds; usually one, but longer on a busy machine
_END_LIMIT = 15.0  # seconds
_SWITCH_LIMIT = 60.0  # seconds


class SandboxError(UsageError):
    """The sandbox could not be started or does not answer; the message contains its last output."""


class RunningSandbox:
    """A running sandbox.

    Attributes:
        settings: contents of ``[targets.sandbox]`` in playbook.toml: ``{"web": {"url": …}, …}``.
        control: address of its control endpoint.
        token: bearer token of that endpoint.
    """

    def __init__(self, control: str, token: str, settings: dict[str, Any]) -> None:
        self.control = control
        self.token = token
        self.settings = settings

    def set_faults(self, names: Iterable[str]) -> None:
        """Show a healthy world with these faults; in effect on return.

        Raises:
            UsageError: a fault is unknown.
        """
        self.settings = self._ask("PUT", "/faults", {"faults": list(names)})["settings"]

    def faults(self) -> list[str]:
        """Active faults."""
        return list(self._ask("GET", "/faults")["faults"])

    def seen(self) -> dict[str, list[str]]:
        """Requests to each of its services since it started: ``{"redis": ["PING", …], …}``."""
        return dict(self._ask("GET", "/seen"))

    def stop(self) -> None:
        """Release it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.control).netloc, timeout=_SWITCH_LIMIT)
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise SandboxError(f"the sandbox at {self.control} does not answer: {error}") from None
        finally:
            connection.close()
        if response.status == http.client.INTERNAL_SERVER_ERROR:
            raise SandboxError(f"the sandbox at {self.control} could not do it: {method} {path} answered HTTP 500")
        answer = json.loads(text)
        if response.status != http.client.OK:
            raise UsageError(answer["error"])
        return answer


class _Started(RunningSandbox):
    def __init__(self, process: subprocess.Popen[bytes], handshake: dict[str, Any]) -> None:
        super().__init__(handshake["control"], handshake["token"], handshake["settings"])
        self.process = process

    def stop(self) -> None:
        """End the process and wait for it. A second call does nothing."""
        _end(self.process)


class _Attached(RunningSandbox):
    """A sandbox of another process; on stop its faults are restored."""

    def __init__(self, control: str, token: str) -> None:
        super().__init__(control, token, {})
        self._before = self.faults()
        self.settings = self._ask("GET", "/settings")

    def stop(self) -> None:
        """Restore its faults."""
        with suppress(SandboxError):
            if self.faults() != self._before:
                self.set_faults(self._before)


def start(
    faults: Iterable[str] = (), *, product: str = PORTFOLIO.name, time_limit: float = _START_LIMIT
) -> RunningSandbox:
    """Start a sandbox and wait until it serves; a context manager that stops it.

    Args:
        product: kind of product.

    Raises:
        UsageError: a fault or the product is unknown.
        SandboxError: it exited, or was not ready within ``time_limit`` seconds.
    """
    names = list(faults)
    if names:  # the registry of faults takes as long to load as the sandbox itself
        from sandbox.faults import require_known

        require_known(names)
    product_of(product)
    ready, ready_there = os.pipe()
    try:
        with tempfile.TemporaryFile() as said:
            command = [sys.executable, "-m", "sandbox", "--ready-fd", str(ready_there), "--product", product]
            process = subprocess.Popen(
                [*command, *(part for name in names for part in ("--fault", name))],
                cwd=_ROOT,
                env=for_program(*OF_PYTHON),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=said,
                pass_fds=(ready_there,),
                start_new_session=True,  # Ctrl-C is for us; the sandbox is needed until the report is written
            )
            os.close(ready_there)
            ready_there = -1
            try:
                line = _read_line(ready, time_limit)
            except TimeoutError:
                _end(process)
                raise SandboxError(_why(f"not ready within {time_limit:g} s", said)) from None
            except BaseException:
                _end(process)
                raise
            if not line:
                _end(process)
                raise SandboxError(_why(f"it ended with code {process.returncode}", said))
            return _Started(process, json.loads(line))
    finally:
        os.close(ready)
        if ready_there >= 0:
            os.close(ready_there)


def attach_address(control: str, token: str) -> str:
    """Value of ``$PLAYBOOK_SANDBOX`` with which runs use this sandbox."""
    return f"{control}/#{token}"


def attach_or_start(faults: Iterable[str] = ()) -> RunningSandbox:
    """The running sandbox that ``$PLAYBOOK_SANDBOX`` names, else a new one; with these faults.

    An attached sandbox keeps its own faults if none are given, and gets them back on ``stop``.

    Raises:
        UsageError: a fault is unknown, or the variable does not name a sandbox.
    """
    names = list(faults)
    address = os.environ.get(ATTACH_VARIABLE, "").strip()
    if not address:
        return start(names)
    parts = urlsplit(address)
    if parts.scheme != "http" or not parts.netloc or not parts.fragment:
        raise UsageError(
            f"${ATTACH_VARIABLE} must be the address that `python -m sandbox` prints, got {address!r}"
        )
    sandbox = _Attached(f"{parts.scheme}://{parts.netloc}", parts.fragment)
    if names:
        sandbox.set_faults(names)
    return sandbox


def _read_line(pipe: int, time_limit: float) -> str:
    """The first line from the pipe; empty if it ends before.

    Raises:
        TimeoutError: the time is over.
    """
    deadline = time.monotonic() + time_limit
    text = b""
    while not text.endswith(b"\n"):
        readable, _, _ = select.select([pipe], [], [], max(deadline - time.monotonic(), 0))
        if not readable:
            raise TimeoutError
        chunk = os.read(pipe, 65536)
        if not chunk:
            return ""
        text += chunk
    return text.decode()


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    process.stdin.close()
    try:
        process.wait(_END_LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()  # its guard cleans up after it
        process.wait()


def _why(what: str, said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode(errors="replace").strip().splitlines()
    return f"the sandbox did not start: {what}" + (f": {lines[-1]}" if lines else "")
