"""pytest's own output: what it prints passes the door, and a plugin that cannot write its file costs no
verdict.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from playbook.core import door
from playbook.core.whole_file import reason_of

_LONGEST = 100_000  # characters written at once: pytest writes line by line


# Plugins whose errors must propagate: pytest itself, its terminal, and xdist, which ends its workers there.
_NEEDED = ("session", "main", "runner", "terminalreporter", "dsession", "capturemanager", "logging-plugin")


def redact(text: str) -> str:
    """Redact a text of pytest before it becomes part of a record or is shown by pytest itself."""
    return door.text(text, _LONGEST)


def guard(config: pytest.Config) -> None:
    """Pass everything that pytest writes to its terminal through the door.

    A closed terminal, or a file on a full disk in its place, ends nothing.
    """
    writer: Any = config.get_terminal_writer()
    if hasattr(writer, "playbook_write"):
        return
    write_on, flush_on = writer.write, writer.flush
    writer.playbook_write = write_on
    with suppress(AttributeError, ValueError, OSError):  # a stream of another kind
        writer._file.reconfigure(errors="backslashreplace")

    def write(msg: str, *, flush: bool = False, **markup: bool) -> None:
        text = msg.lstrip("\r")  # used to overwrite a line; other control characters are removed
        try:
            write_on(msg[: len(msg) - len(text)] + redact(text), flush=flush, **markup)
        except OSError:
            _give_up(config, writer)

    def flush() -> None:
        try:
            flush_on()
        except OSError:
            _give_up(config, writer)

    writer.write, writer.flush = write, flush


def _give_up(config: pytest.Config, writer: Any) -> None:
    """Write nowhere from now on: pytest and Python would flush again, and exit with their own codes."""
    nobody = os.open(os.devnull, os.O_WRONLY)
    capture: Any = getattr(config.pluginmanager.get_plugin("capturemanager"), "_global_capturing", None)
    kept = getattr(getattr(capture, "out", None), "targetfd_save", None)  # what pytest's capture will restore
    with suppress(OSError, ValueError):
        for descriptor in {writer._file.fileno(), *([kept] if kept is not None else [])}:
            os.dup2(nobody, descriptor)
    os.close(nobody)


class InternalErrorForEverybody:
    """In a public log an internal error is reduced to type and place: its message may quote anything."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Shorten what pytest is about to print."""
        at = excinfo.traceback[-1]
        summary = (
            f"{excinfo.typename} at {Path(str(at.path)).name}:{at.lineno + 1}; the team's report holds the rest"
        )
        excrepr.toterminal = lambda writer: writer.line(summary)


def hold_the_end(config: pytest.Config, failed: Callable[[str, str], None]) -> None:
    """Catch errors of other plugins at the end of a session; ``failed`` gets the plugin and the error."""
    for hook in config.hook.pytest_sessionfinish.get_hookimpls():
        if hook.wrapper or hook.hookwrapper or hook.plugin_name in _NEEDED:
            continue
        setattr(hook, "function", _held(hook.function, _name_of(hook.plugin), failed))  # noqa: B010 - pluggy: Final


def _held(function: Callable[..., Any], name: str, failed: Callable[[str, str], None]) -> Callable[..., Any]:
    def held(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except OSError as error:
            failed(str(error.filename or name), reason_of(error))
        except Exception as error:  # noqa: BLE001 - any of whatever plugins are installed
            failed(name, f"{type(error).__name__}: {error}")
        return None

    return held


def _name_of(plugin: Any) -> str:
    return str(getattr(plugin, "__name__", type(plugin).__name__))
