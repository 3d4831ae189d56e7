"""Verdicts of pytest's own outcomes: assert, pytest.fail, pytest.skip, xfail. The only module that maps them.

    assert that holds                OK          a judgement; pytest's introspection is the value found
    failed assert, pytest.fail       CRITICAL    the same
    pytest.skip, skipif              NOT CONFIGURED  the check says that it does not apply here
    xfail                            WAIVED      an expected failure, with its reason
    XPASS                            WARNING     an expected failure did not occur: remove the mark
    anything else                    UNKNOWN     a crash says nothing about the system

An assert counts if the check's own code makes it, in its file or below its folder, or calls a function that is
there for it, such as unittest's. Any other assert of a library, and one of a fixture, is a crash.
"""

from __future__ import annotations

import inspect
import sysconfig
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from _pytest._code import Frame
from _pytest.assertion import rewrite

from playbook.core.engine import REGISTRY
from playbook.core.errors import ExpectedFailure, Skipped, Unmeasured
from playbook.core.evidence import Lines
from playbook.core.judge import Judgement
from playbook.core.places import CHECKS
from playbook.core.suggestions import did_you_mean
from playbook.core.verdict import Critical, Verdict, verdict_of
from playbook.run.notes import CheckTimeout, Notes

_MOST = 100  # passing asserts kept per check
_REWRITTEN = "@pytest_ar"  # a global of every module whose asserts pytest has rewritten
# pytest also rewrites asserts of libraries that come with a plugin, including ours.
_LIBRARIES = (
    *(Path(__file__).resolve().parents[2] / name for name in ("playbook", "sandbox", "loadtests")),
    *(Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")),
)


# What pytest only warns of, although the check has not judged what it seems to: an assert in a thread fails, one
# of a tuple always holds, and one of a coroutine too, as nothing was awaited. Nobody looks at a returned truth,
# and pytest collects no object that only behaves like a function.
_HIDDEN: tuple[tuple[str, type[Warning]], ...] = (
    ("", pytest.PytestUnhandledThreadExceptionWarning),
    ("assertion is always true", pytest.PytestAssertRewriteWarning),
    (r"coroutine .* was never awaited", RuntimeWarning),
    ("Exception ignored in. <coroutine", pytest.PytestUnraisableExceptionWarning),
    ("cannot collect .* because it is not a function", pytest.PytestCollectionWarning),
    ("Test functions should return None, .* returned <class 'bool'>", pytest.PytestReturnNotNoneWarning),
)
_PACKAGES = {"site-packages", "dist-packages"}  # also those of the user, and of Debian
# Beginnings of names of functions that raise AssertionError on behalf of their caller.
_ASSERTING = ("assert", "fail", "expect", "should", "to_", "not_to_")
# Functions of unittest that call what is around a test: its asserts are those of a fixture.
_AROUND_A_TEST = {"_callSetUp", "_callTearDown", "_callCleanup"}
Redact = Callable[[str], str]


def see_asserts(config: pytest.Config) -> None:
    """Make pytest report passing asserts and untruncated values, whatever the project's ini file says.

    Without passing asserts, a check whose asserts hold would have judged nothing. Truncated values could show part
    of a secret, as truncation happens before redaction.
    """
    config._inicache["enable_assertion_pass_hook"] = True
    config._inicache[f"verbosity_{config.VERBOSITY_ASSERTIONS}"] = "2"
    # Files compiled without this hook may lie beside the checks under pytest's usual name.
    usual, rewrite.PYC_TAIL = rewrite.PYC_TAIL, f".{rewrite.PYTEST_TAG}-playbook{rewrite.PYC_EXT}"
    config.add_cleanup(lambda: setattr(rewrite, "PYC_TAIL", usual))


def see_hidden() -> None:
    """Raise such warnings from now on, within pytest's filters: whatever -W, an ini file or a mark says."""
    for message, category in _HIDDEN:
        warnings.filterwarnings("error", message, category)


def note_pass(notes: Notes, title: str, source: str, explanation: str, redact: Redact) -> None:
    """Record a passing assert of the check. In a check that uses ``judge``, asserts are guards only.

    Call it from pytest's hook, whose caller shows whose assert it is: those of libraries are ignored.
    """
    if notes.asserts_count and len(notes.judge.judgements) < _MOST and not _is_by_a_library():
        notes.judge.note(_judgement(Verdict.OK, title, redact(source), redact(explanation)))


def note_method(notes: Notes, title: str, name: str) -> None:
    """Record a method of unittest that holds, as ``note_pass`` records an assert; its arguments are not shown."""
    if notes.asserts_count and len(notes.judge.judgements) < _MOST:
        notes.judge.note(_judgement(Verdict.OK, title, f"{name} to hold", "that it holds"))


def of_a_lost_task(error: BaseException, title: str, redact: Redact) -> Unmeasured:
    """What a check ends with where a task has failed that nothing awaited."""
    said = redact(str(error)).partition("\n")[0]
    return Unmeasured(
        f"{title}: expected tasks that end well, got one with {type(error).__name__}: {said}",
        service="",
        hint="Await each task, e.g. in an asyncio.TaskGroup; asyncio only logs the error of any other one.",
    )


def note_part(notes: Notes, title: str, error: BaseException, redact: Redact) -> None:
    """Record an error of a subtest: a part of the check that could not be judged prevents OK."""
    verdict = verdict_of(error)
    if verdict is Verdict.UNKNOWN:
        found = redact(str(error) if isinstance(error, Unmeasured) else f"{type(error).__name__}: {error}")
        message = f"{title}: expected subtests that end, got {found}"
        notes.judge.note(
            Judgement(subject=title, verdict=verdict, message=message, expected="subtests that end", found=found)
        )


def meaning(
    call: pytest.CallInfo[None],
    report: pytest.TestReport,
    notes: Notes,
    title: str,
    path: Path,
    *,
    redact: Redact,
) -> BaseException | None:
    """The error for a check's outcome; None if it ended normally.

    Args:
        title: of the check's item.
        path: of the check's file.
        redact: removes secrets from a text, which must be complete: a secret of several lines cannot be found line
            by line.
    """
    error = call.excinfo.value if call.excinfo else None
    expected = getattr(report, "wasxfail", None)
    if isinstance(error, pytest.skip.Exception) and expected is None:
        return Skipped(f"{title}: the check skips itself: {error.msg}")
    if isinstance(error, pytest.fail.Exception) and "pytest-timeout" in str(error):
        return CheckTimeout(
            "the check " + str(error).replace("Timeout (>", "did not finish within ").split(")")[0]
        )
    if isinstance(error, pytest.FixtureLookupError):
        return _no_fixture(error, title)
    judged = _judged(call.excinfo, path) if call.excinfo and call.when == "call" else None
    if judged:
        error = judged.value if isinstance(judged.value, Critical) else _failed(judged, notes, title, redact)
    if expected is not None and report.skipped:
        critical = verdict_of(error) is Verdict.CRITICAL
        text = str(error) if critical or error is None else f"{type(error).__name__}: {error}"
        return ExpectedFailure(f"{title}: this failure is expected ({expected or 'no reason is given'}): {text}")
    if isinstance(error, pytest.fail.Exception) and str(error.msg).startswith("Unexpected success"):  # of unittest
        error, expected = None, ""
    if error is None and (expected is not None or "[XPASS(strict)]" in str(report.longrepr)):
        subject, wanted = f"{title}, marked xfail", "the failure that the mark expects"
        notes.judge.that(False, subject, expected=wanted, found="a pass: take the mark away", warn=True)
    return error


def objection(report: pytest.TestReport, title: str, redact: Redact) -> Unmeasured | None:
    """Why another plugin fails a check that has raised nothing, as one that was too slow; None if none does."""
    if not report.failed or "[XPASS(strict)]" in str(report.longrepr):
        return None
    said = redact(report.longreprtext).strip().rpartition("\n")[2] or "a failure without a reason"
    return Unmeasured(
        f"{title}: expected no failure from a plugin or a conftest.py, got {said}",
        service="",
        hint="See what the plugin says of the check; pytest --trace-config lists those that are loaded.",
    )


def _judged(
    excinfo: pytest.ExceptionInfo[BaseException], path: Path
) -> pytest.ExceptionInfo[BaseException] | None:
    """The judgement that this is, or the first in a group of errors, as of tasks that ran at once; None for any
    other error. In a group others may have crashed, and what is bad counts.
    """
    if not isinstance(excinfo.value, BaseExceptionGroup):
        return excinfo if _is_judgement(excinfo, path) else None
    for error in leaves_of(excinfo.value):
        if error.__traceback__ is not None:
            one = pytest.ExceptionInfo.from_exception(error)
            if isinstance(error, Critical) or _is_judgement(one, path):
                return one
    return None


def leaves_of(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    """The errors of a group, and of those within it."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from leaves_of(error)
        else:
            yield error


def _is_judgement(excinfo: pytest.ExceptionInfo[BaseException], path: Path) -> bool:
    error = excinfo.value
    if isinstance(error, pytest.fail.Exception):
        by_check = any(_is_own(one.frame.f_globals, Path(one.path), path) for one in excinfo.traceback)
        # not raised by pytest on behalf of the check
        return by_check and not isinstance(error, pytest.xfail.Exception)
    if not isinstance(error, AssertionError) or isinstance(error, Critical):
        return False
    if any(one.frame.code.name in _AROUND_A_TEST and _is_of_unittest(one.frame) for one in excinfo.traceback):
        return False
    own = [_is_own(one.frame.f_globals, Path(one.path), path) for one in excinfo.traceback]
    if not any(own):
        return False
    called = excinfo.traceback[len(own) - own[::-1].index(True) :]
    return not called or _asserts(called[0].frame)


def _is_of_unittest(frame: Frame) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith("unittest.")


def _asserts(frame: Frame) -> bool:
    """Whether a library's function that the check calls is there to assert: unittest's, Mock's, NumPy's,
    Hamcrest's and Playwright's. Its AssertionError is the check's judgement; one of any other function is a crash.
    """
    function = frame.code.name.lstrip("_").lower()
    is_context = function == "exit__" and _is_of_unittest(frame)
    return is_context or function.startswith(_ASSERTING)


def _is_a_library(file: Path) -> bool:
    if file.is_relative_to(CHECKS):
        return False
    return not _PACKAGES.isdisjoint(file.parts) or any(map(file.is_relative_to, _LIBRARIES))


def _is_by_a_library() -> bool:
    """Whether the assert that pytest reports is not the check's, by the caller of pytest's function."""
    frame = inspect.currentframe()
    while frame and frame.f_code.co_name != "_call_assertion_pass":
        frame = frame.f_back
    return frame is None or frame.f_back is None or _is_a_library(Path(frame.f_back.f_code.co_filename))


def _is_own(names: Mapping[str, object], file: Path, check: Path) -> bool:
    """Whether code belongs to the check: its asserts are rewritten, or it is below the check's folder."""
    return (_REWRITTEN in names or file.is_relative_to(check.parent)) and not _is_a_library(file)


def _no_fixture(error: pytest.FixtureLookupError, title: str) -> BaseException:
    """pytest's own exception names the missing fixture only in its long form."""
    name = error.argname
    if name is None:
        return error
    close = did_you_mean(name, [*REGISTRY, "judge", "limits", "settings", "clock"])
    return Unmeasured(
        f"{title}: expected a fixture {name!r}, got none of that name{close} (a fault of the check)",
        service="",
        hint="Correct the name, or write the fixture; `pytest --fixtures` lists those that there are.",
    )


def end_at_the_check(excinfo: pytest.ExceptionInfo[BaseException], path: Path) -> None:
    """Remove the suite's frames from a traceback, so that a debugger starts in the check.

    Frames before the check's own code, and of libraries that it called, stay.
    """
    last: types.TracebackType | None = None
    frame = excinfo.value.__traceback__
    while frame:
        file = Path(frame.tb_frame.f_code.co_filename)
        if _is_own(frame.tb_frame.f_globals, file, path):
            last = frame
        elif last and _is_a_library(file):
            break
        frame = frame.tb_next
    if last and frame:
        last.tb_next = None


def _failed(excinfo: pytest.ExceptionInfo[BaseException], notes: Notes, title: str, redact: Redact) -> Critical:
    own = next(
        (one for one in reversed(excinfo.traceback) if _REWRITTEN in one.frame.f_globals), excinfo.traceback[-1]
    )
    line = redact(" ".join(str(own.statement).split()))
    source = line.partition("assert ")[2] or line
    text = redact(_as_written(str(excinfo.value))) or "that does not hold"
    judged = _judgement(Verdict.CRITICAL, title, source, text)
    notes.judge.note(judged)
    if "\n" in text:
        notes.evidence.append(Lines("What pytest saw", text.splitlines()))
    return Critical(judged.message)


def _as_written(text: str) -> str:
    """With the pass hook enabled, pytest doubles each % in an assert's message."""
    remark, line, rest = text.partition("\nassert ")
    return remark.replace("%%", "%") + line + rest if line else text


def _judgement(verdict: Verdict, title: str, source: str, text: str) -> Judgement:
    """``title: expected response.status_code == 200, got 503 == 200 (the shop is closed)``."""
    lines = text.splitlines()
    seen = next((line for line in lines if line.startswith("assert ")), lines[0] if lines else "")
    remark = lines[0] if lines and lines[0] != seen and verdict is Verdict.CRITICAL else ""
    for quoted in (f', "{remark}"', f", '{remark}'"):
        source = source.removesuffix(quoted)
    found = seen.removeprefix("assert ") + (f" ({remark})" if remark else "")
    message = f"{title}: expected {source}, got {found}"
    return Judgement(subject=source, verdict=verdict, message=message, expected=source, found=found)
