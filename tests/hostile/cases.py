"""How a hostile case is written: a function that asks one client, and what must come of it within how long."""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playbook.core.errors import PlaybookError
from tests.waiting import sharers

LIMIT = 1 << 30  # bytes of address space in which all of them run
_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class Case:
    """One hostile answer.

    Attributes:
        name: what is hostile about it.
        ask: gives what the client makes of it, in words; what it raises on purpose counts as its words.
        expected: expression that is found in those words, which begin with the error's name.
        within: seconds, the time limit of the client that is asked.
        module: where it is written.
    """

    name: str
    ask: Callable[[], object]
    expected: str
    within: float
    module: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case: words, seconds, the most memory meanwhile in bytes, and how busy the machine was."""

    name: str
    words: str
    seconds: float
    memory: int
    sharers: float


CASES: dict[str, Case] = {}


def case(name: str, expected: str, within: float) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Register a function as a case."""
    re.compile(expected)

    def register(ask: Callable[[], object]) -> Callable[[], object]:
        assert name not in CASES, name
        CASES[name] = Case(name, ask, expected, within, ask.__module__.rpartition(".")[2])
        return ask

    return register


def tried(one: Case) -> Outcome:
    """Ask, and note what came."""
    _forget_peak()
    started = time.monotonic()
    try:
        words = str(one.ask())
    except PlaybookError as error:
        kind = next(one for one in type(error).__mro__ if one.__module__ == PlaybookError.__module__)
        words = f"{kind.__name__}: {error}"
    except BaseException as error:  # noqa: BLE001 - an unhandled case is reported, and the next one runs
        words = f"NOT HANDLED: {type(error).__name__}: {str(error)[:300]}"
    return Outcome(one.name, words[:5000], time.monotonic() - started, _peak(), sharers())


def limit_memory() -> None:
    """From now on this process can have no more address space."""
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))


def _forget_peak() -> None:
    if _CLEAR.exists():
        _CLEAR.write_text("5")


def _peak() -> int:
    if _STATUS.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text())
        if found:
            return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
