"""A custom restore script, run in a staging place: bounded in time and output, and ended with all its child
processes.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from playbook.clients.recovery.place import SERVICE, Place
from playbook.core import door
from playbook.core.environment import for_program
from playbook.core.errors import Unmeasured

_KEPT_LINES = 60
_KEPT_BYTES = 64 * 1024
_LONGEST_LINE = 400
_SEARCHED_LINES = 200_000
# Errors of programs that go on after them and end with code 0, or whose code a script ignores.
_ERROR = re.compile(
    rb"(?:psql:[^:]+:\d+: )?(?:ERROR|FATAL|PANIC):  |pg_restore: (?:error:|warning: errors ignored on restore)"
    rb"|ERROR \d{4} \([0-9A-Z]{5}\)|tar: Exiting with failure status"
    rb"|[^:]+: (?:line )?\d+: [^:]+: (?:command )?not found"
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a script ended.

    Attributes:
        code: its exit code; None if it did not end in time.
        lines: its last lines; secrets are removed when the record is made.
        error: its first line in which a program that it runs reports an error; empty without one.
    """

    code: int | None
    words: str
    lines: tuple[str, ...]
    error: str = ""


def run_command(words: list[str], place: Place, *, within: float, variables: Sequence[str] = ()) -> Ended:
    """Run a program in the place's folder, without input, until it ends or its time is over.

    Args:
        variables: names of environment variables that are passed on besides the usual ones.

    Raises:
        Unmeasured: the program does not exist.
    """
    output = place.folder / "output.log"
    variables_of_script = {**for_program(*variables), "PLAYBOOK_DRILL": "1"}
    try:
        child = place.guard.spawn(words, b"", output, variables=variables_of_script, threaded=True)
    except OSError as error:
        raise Unmeasured(
            f"{SERVICE}: expected to run {words[0]} (recovery.restore_command or disaster_command), got an "
            f"error ({(error.strerror or type(error).__name__).lower()})",
            service=SERVICE,
        ) from error
    code: int | None = None
    with suppress(subprocess.TimeoutExpired):
        code = child.wait(max(within, 0.1))
    # Background processes too: a group id is not reused while the group has members.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    outcome = f"ended with code {code}" if code is not None else f"did not end within {within:.0f} s"
    return Ended(code, outcome, _tail(output), _first_error(output))


def _first_error(file: Path) -> str:
    with file.open("rb") as stream:
        for _ in range(_SEARCHED_LINES):
            line = stream.readline(_LONGEST_LINE)
            if not line:
                break
            if _ERROR.match(line):
                return door.line(line.decode(errors="replace"), _LONGEST_LINE)
    return ""


def _tail(file: Path) -> tuple[str, ...]:
    with file.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(size - _KEPT_BYTES, 0))
        text = stream.read().decode(errors="replace")
    lines = [door.line(line, _LONGEST_LINE) for line in door.text(text, _KEPT_BYTES).splitlines()]
    left_out = size > _KEPT_BYTES or len(lines) > _KEPT_LINES
    return (("…",) if left_out else ()) + tuple(lines[-_KEPT_LINES:])
