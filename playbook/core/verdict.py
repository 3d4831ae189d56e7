"""The six verdicts, and how the outcome of a check becomes one. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from playbook.core.errors import ExpectedFailure, Forbidden, NotConfigured, Unmeasured


class Verdict(StrEnum):
    """The same six words in the terminal, JSON, JUnit, HTML, summary and exit code."""

    OK = "OK"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"
    UNKNOWN = "UNKNOWN"
    NOT_CONFIGURED = "NOT CONFIGURED"
    WAIVED = "WAIVED"


# Worst first: the order in which an operator reads them.
SEVERITY = (
    Verdict.CRITICAL,
    Verdict.UNKNOWN,
    Verdict.WARNING,
    Verdict.WAIVED,
    Verdict.NOT_CONFIGURED,
    Verdict.OK,
)
EXECUTED = frozenset({Verdict.OK, Verdict.WARNING, Verdict.CRITICAL})

EXIT_OK = 0
EXIT_CRITICAL = 1
EXIT_USAGE = 4
EXIT_UNKNOWN = 10
# Nothing critical or unknown, but results.json could not be written, e.g. on a full disk.
EXIT_NOT_KEPT = 11


class Critical(AssertionError):  # noqa: N818 - named as the verdict it becomes
    """A check measured the system and found it out of bounds. Raised by ``judge``, or an assert that failed."""


def verdict_of(error: BaseException | None) -> Verdict:
    """Verdict for what a check raised; ``None`` is a check that ended normally (OK or WARNING).

    Anything that is not a judgement is UNKNOWN: a crash in a check says nothing about the system.
    """
    match error:
        case None:
            return Verdict.OK
        case Critical():
            return Verdict.CRITICAL
        case NotConfigured():
            return Verdict.NOT_CONFIGURED
        case ExpectedFailure():
            return Verdict.WAIVED
        case Unmeasured() | Forbidden():
            return Verdict.UNKNOWN
        case _:
            return Verdict.UNKNOWN


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The most severe of some verdicts; UNKNOWN when there are none, as nothing was measured."""
    return min(verdicts, key=SEVERITY.index, default=Verdict.UNKNOWN)


def overall(verdicts: Iterable[Verdict], *, floor: int) -> Verdict:
    """Verdict of a whole run: UNKNOWN as well when fewer than ``floor`` checks were executed."""
    seen = list(verdicts)
    counted = [v for v in seen if v in EXECUTED or v is Verdict.UNKNOWN]
    result = worst(counted)
    executed = sum(v in EXECUTED for v in seen)
    if result is not Verdict.CRITICAL and executed < max(floor, 1):
        return Verdict.UNKNOWN
    return result


def exit_code(verdict: Verdict) -> int:
    """0 nothing critical or unknown, 1 something critical, 10 nothing critical but something unknown."""
    return {Verdict.CRITICAL: EXIT_CRITICAL, Verdict.UNKNOWN: EXIT_UNKNOWN}.get(verdict, EXIT_OK)
