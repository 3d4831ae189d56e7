"""One call of ``python -m playbook run SET``, for one target.

    ping "start" → (handoff page) → pytest → (bad: the bad checks once more) → notifications
                 → ping "success" or "fail"

The exit code is that of the first run. A repeat confirms failing checks and never makes a bad run good; a failed
notification is reported and changes nothing.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from playbook.cli.run.channel import RunChannel
from playbook.core.clock import Clock
from playbook.core.guard import die_with_parent
from playbook.core.places import INSTALLED, is_checkout, is_shipped, path_of
from playbook.core.record import Results
from playbook.core.run_folder import RUN_FILE_VARIABLE, RunNotice
from playbook.core.signals import signals_to_end
from playbook.core.verdict import EXIT_OK, EXIT_UNKNOWN, Verdict
from playbook.core.wording import plural
from playbook.history.folder import history_folder
from playbook.notify import ping, tell
from playbook.report import read_results
from playbook.report.words import counted
from playbook.settings.model import SANDBOX, Settings
from playbook.settings.schedule import SCHEDULED_VARIABLE

Say = Callable[[str], None]

BAD = frozenset({Verdict.CRITICAL, Verdict.UNKNOWN})
MUTATIONS = "--allow-mutations"
# The handoff page that a scheduled set judges is written before it, where the settings say where pages are kept.
_PAGES = {"weekly": "--weekly", "monthly": "--monthly"}
_PAGE_SECONDS = 300.0
_FURTHER_PAGE_SECONDS = 60.0  # a target whose services hang takes no longer
_END_SECONDS = 30.0  # a terminated run writes its report within this time; then it is killed
POLL_SECONDS = 0.25
_SIGNALLED = 128  # as shells have it: this and the number of the signal


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of pytest ended.

    Attributes:
        code: its exit code, or its substitute if it was killed.
        id: of its line in the history; empty where there are no results.
    """

    code: int
    seconds: float
    id: str = ""
    results: Results | None = None
    folder: Path | None = None


class Runner:
    """One call of the command."""

    def __init__(
        self, options: argparse.Namespace, settings: Settings, root: Path, say: Say, clock: Clock
    ) -> None:
        self._options, self._settings, self._root, self._say, self._clock = options, settings, root, say, clock
        self._set: str = options.set
        self._reports = root / options.reports
        self._history = history_folder(settings, self._reports, chosen=options.history)
        self._limit = 60 * (options.limit or settings.running.limit_minutes)
        self._child: subprocess.Popen[bytes] | None = None
        self._signal = 0
        self._telling = False
        self._results: dict[str, Results] = {}

    def run(self) -> int:
        """All of it, in order."""
        self._say(f"{self._set} on {self._settings.target.name}, for {self._limit / 60:g} min at most")
        self._ping("start", "")
        how: Literal["success", "fail"] = "fail"
        words = f"{self._set} of {self._settings.target.name}: ended by a fault of the command itself"
        try:
            self._step("handoff page", self._write_handoff)
            first = self._pytest()
            words = self._words(first)
            self._say(f"{words}; {first.folder}" if first.folder else words)
            if self._is_to_be_confirmed(first):
                words = f"{words}{self._look_again(first)}"
            if self._signal:
                self._say("stopped: no notifications are sent now; the next run sends what is due")
            else:
                self._step(
                    "notifications",
                    lambda: tell(self._settings, self._history, self._say, self._clock, self._results),
                )
            how = "success" if first.code == EXIT_OK else "fail"
        finally:  # whatever happened: who was told of the start hears of the end
            self._ping(how, words)
        return first.code

    @contextmanager
    def passing_signals_on(self) -> Iterator[None]:
        """The first signal to end goes on to the run, once: a second one would cost it its report.

        While notifications are sent, a signal ends only these.
        """

        def pass_on(number: int, _: object) -> None:
            first, self._signal = not self._signal, self._signal or number
            if self._telling:
                raise KeyboardInterrupt
            if first and self._child:
                self._child.send_signal(number)

        with signals_to_end(pass_on):
            yield

    def _whose(self) -> Iterable[tuple[Settings, Path]]:
        """The settings and the history of each target."""
        return [(self._settings, self._history)]

    def _write_handoff(self) -> None:
        """The pages of the week or month that ends now, in processes of their own; a failure costs no run."""
        period = _PAGES.get(self._set)
        if not (period and self._options.scheduled):
            return
        alike: dict[tuple[Path, bool], list[str]] = {}
        for settings, history in self._whose():
            if settings.people.handoffs and settings.target.kind != SANDBOX:
                alike.setdefault((history, settings.target.private), []).append(settings.target.name)
        for (history, is_private), names in alike.items():
            command = [sys.executable, "-m", "playbook", "handoff", period, f"--history={history}"]
            command += [f"--target={name}" for name in names] + ([] if is_private else ["--public"])
            ended = subprocess.run(
                command,
                cwd=self._root,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_PAGE_SECONDS + _FURTHER_PAGE_SECONDS * (len(names) - 1),
                check=False,
            )
            for line in (ended.stdout + ended.stderr).splitlines():
                self._say(f"handoff: {line}")

    # ------------------------------------------------------------------------------------------------------ pytest

    def _pytest(
        self, checks: Sequence[str] = (), confirms: Sequence[str] = (), targets: Sequence[str] = ()
    ) -> Ended:
        """Run the set, or repeat some of its checks.

        Args:
            checks: node ids of the checks to repeat; the whole set by default.
            confirms: ids of the runs whose failing checks these are.
            targets: names of their targets; all targets of the command by default.
        """
        options = self._options
        command = [sys.executable, "-m", "pytest", "-m", self._set]
        command += ["-p", "pytest_playbook"] if INSTALLED and not is_checkout(self._root) else []
        command += [f"--target={name}" for name in targets] or self._target_options()
        command += [f"--reports={self._reports}", f"--history={self._history}"]
        command += [f"--fault={name}" for name in options.fault]
        if confirms:
            # What was handed on may choose checks, and these are chosen; only the sandbox's faults stay.
            command += [f"--fault={name}" for name in _faults_in(options.extra)]
            command += ["--pyargs"] if any(map(is_shipped, checks)) else []
            command += [*(f"--confirms={run}" for run in confirms), *checks]
        else:
            command += options.extra
        environment = {name: value for name, value in os.environ.items() if name != SCHEDULED_VARIABLE}
        if not confirms and (options.scheduled or os.environ.get(SCHEDULED_VARIABLE)):
            environment[SCHEDULED_VARIABLE] = "1"
        started = time.monotonic()
        try:
            with RunChannel() as channel:
                code = self._to_its_end(command, environment | {RUN_FILE_VARIABLE: channel.address}, channel)
                return self._ended(code, time.monotonic() - started, channel.received())
        except (OSError, subprocess.SubprocessError) as error:  # no memory for a process
            self._say(f"pytest could not be run: {type(error).__name__}: {error}")
            return Ended(EXIT_UNKNOWN, time.monotonic() - started)

    def _target_options(self) -> list[str]:
        shard = getattr(self._options, "shard", None)
        targets = [f"--target={name}" for name in self._options.target or ()]
        return targets + ([f"--shard={shard}"] if shard else [])

    def _to_its_end(self, command: Sequence[str], environment: Mapping[str, str], channel: RunChannel) -> int:
        if self._signal:
            return _SIGNALLED + self._signal
        # In a session of its own, so that Ctrl-C reaches it once, through us.
        with subprocess.Popen(
            command,
            cwd=self._root,
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(channel.writer,),
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one system call, and no other threads
        ) as child:
            self._child = child
            if self._signal:  # it came while the child was started
                child.send_signal(self._signal)
            try:
                return self._wait(child, channel)
            finally:
                self._child = None
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGKILL)

    def _wait(self, child: subprocess.Popen[bytes], channel: RunChannel) -> int:
        limit, ends = time.monotonic() + self._limit, 0.0
        while True:
            try:
                code = child.wait(POLL_SECONDS)
            except subprocess.TimeoutExpired:
                now = time.monotonic()
                channel.receive()
            else:
                break
            if not ends and self._signal:
                ends = now + _END_SECONDS
            elif not ends and now > limit:
                self._say(f"not finished after {self._limit / 60:g} min, so it is being terminated")
                child.terminate()
                ends = now + _END_SECONDS
            elif ends and now > ends:
                self._say(f"did not end within {_END_SECONDS:g} s, so it is killed")
                os.killpg(child.pid, signal.SIGKILL)
        if code < 0:
            return _SIGNALLED + self._signal if self._signal else EXIT_UNKNOWN
        return code

    def _ended(self, code: int, seconds: float, heard: bytes) -> Ended:
        try:
            notice = msgspec.json.decode(heard, type=RunNotice)
            folder = Path(notice.folder)
            results = self._results[notice.id] = read_results(folder)
            return Ended(code, seconds, notice.id, results, folder)
        except (OSError, msgspec.MsgspecError):
            # Nothing was measured, so nothing is well.
            return Ended(code or EXIT_UNKNOWN, seconds)

    def _words(self, ended: Ended) -> str:
        if ended.results is None:
            return f"{self._set} of {self._settings.target.name}: no results; code {ended.code}"
        early = "" if ended.results.ended == "finished" else f" ({ended.results.ended})"
        return (
            f"{self._set} of {self._settings.target.name}: {ended.results.verdict}{early}, code {ended.code}, "
            f"{counted(ended.results)}, {ended.seconds:.0f} s"
        )

    # ------------------------------------------------------------------------------------ repeat of failing checks

    def _is_to_be_confirmed(self, first: Ended) -> bool:
        if first.results is None or first.results.ended != "finished" or first.results.verdict not in BAD:
            return False
        if self._set not in self._settings.incidents.recheck or self._signal:
            return False
        return self._may_repeat()

    def _may_repeat(self) -> bool:
        if MUTATIONS in self._options.extra:
            self._say(f"not run again, as {MUTATIONS} was given: mutations are made once")
            return False
        return True

    def _wait_to_repeat(self, checks: str, seconds: float) -> bool:
        """Announce that these checks are repeated and wait for it; False if a signal ended the wait."""
        self._say(f"{checks} will be run again in {seconds:g} s")
        ends = self._clock.now().timestamp() + seconds
        while (left := ends - self._clock.now().timestamp()) > 0 and not self._signal:
            self._clock.sleep(min(left, POLL_SECONDS))
        return not self._signal

    def _look_again(self, first: Ended) -> str:
        """Once more exactly the bad checks, for the history; the first run's verdict stays as it is.

        What came of it, to follow the words of the first run.
        """
        assert first.results
        bad = bad_checks(first.results)
        if not bad:
            return ""  # too few checks were executed, and those were well
        if not self._wait_to_repeat(plural(len(bad), "bad check"), self._settings.incidents.recheck_after_seconds):
            return ""
        again = self._pytest(bad, confirms=[first.id])
        if again.results is None:
            self._say(f"repeated: no results; code {again.code}")
            return "; repeated: no results"
        still = sum(check in bad for check in bad_checks(again.results))
        words = f"repeated: {still} of {plural(len(bad), 'check')} still bad"
        self._say(f"{words}; {again.folder}")
        return f"; {words}"

    # ----------------------------------------------------------------------------------------------- notifications

    def _ping(self, how: Literal["start", "success", "fail"], body: str) -> None:
        self._step(
            f"ping {how}",
            lambda: ping(
                self._settings, self._set, how, self._say, body=body, history=self._history, clock=self._clock
            ),
        )

    def _step(self, name: str, step: Callable[[], object]) -> None:
        """What tells others may fail in any way; the run and its exit code stand."""
        try:
            self._telling = True
            step()
        except KeyboardInterrupt:
            self._say(f"{name}: stopped")
        except Exception as error:  # noqa: BLE001 - see above
            self._say(f"{name} failed: {type(error).__name__}: {error}")
        finally:
            self._telling = False


def bad_checks(results: Results) -> list[str]:
    """Node ids of the failing checks.

    A folder or a catalogue that cannot be read is no argument of pytest's, and is read in every run anyway.
    """
    return [
        record.check
        for record in results.records
        if record.verdict in BAD and path_of(record.check).endswith(".py")
    ]


def _faults_in(extra: Sequence[str]) -> list[str]:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--fault", action="append", default=[], nargs="?", const="")
    return [name for name in parser.parse_known_args(list(extra))[0].fault if name]
