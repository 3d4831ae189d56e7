"""One load test in one Locust process: it starts, is monitored, and ends with its outcome written."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import gevent
import msgspec
from locust import events, runners
from locust.rpc import Message
from locust.runners import MasterRunner, WorkerRunner

from loadtests import options, recorder
from loadtests.answers import describe
from loadtests.guard import Guard
from loadtests.plans import find
from loadtests.recorder import Counts, Tally, decode, encode
from loadtests.report import Report
from loadtests.session import CACHED, UNCLEAR
from loadtests.shapes import PlannedShape
from loadtests.users import Script, Visitor
from loadtests.workers import SILENT_SECONDS, Workers
from playbook.core.errors import UsageError
from playbook.readers.load import outcome
from playbook.readers.load.plan import Plan

if TYPE_CHECKING:
    from types import FrameType

    from locust.env import Environment

_log = logging.getLogger("loadtests")

_FIELD, _LAST = "playbook", "playbook_last"  # fields of a worker's report
_GRACE_SECONDS = 5.0  # beyond the maximum duration, before the guard itself ends the test
_BUSY_SECONDS = 5  # period over which a process counts as busy or not
_NONE_LEFT = f"{outcome.NO_WORKERS}: none is left"
_LAST_SECONDS = 4.0  # for the workers' last reports; the load has stopped by then
_END_SECONDS = 8.0  # for an orderly end after our parent process is gone


class Test:
    """State of the test in one process: a worker's own share, or everything in a master or a single process."""

    __test__ = False  # not a test for pytest

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.counts = Counts()
        self.plan: Plan | None = None
        self.report: Report | None = None
        self._workers = Workers()
        self._noted = int(recorder.now())
        self._quitting = False
        self._over = False
        self._begun = False
        self._told = False
        self._limits = {"connect_seconds": 0.0, "read_seconds": 0.0}

    def connect(self) -> None:
        """Register Locust's event listeners, before it reads its command line."""
        # A killed worker is noticed within seconds, and so is a killed master.
        runners.WORKER_REPORT_INTERVAL = 1
        runners.MASTER_HEARTBEAT_TIMEOUT = SILENT_SECONDS
        runners.CONNECT_RETRY_COUNT = 6
        events.init_command_line_parser.add_listener(lambda parser, **_: options.hold(parser))
        events.init.add_listener(self._init)
        events.test_start.add_listener(self._start)
        events.request.add_listener(self._request)
        events.spawning_complete.add_listener(lambda **_: self._note_users())
        events.report_to_master.add_listener(self._send)
        events.worker_report.add_listener(self._receive)
        events.test_stop.add_listener(lambda **_: self._stop())
        events.quitting.add_listener(lambda **_: self._stop())

    # ------------------------------------------------------------------------------------------- begin and end

    def _init(self, environment: Environment, **_: Any) -> None:
        runner = environment.runner
        try:
            plan = find(alone=not isinstance(runner, (MasterRunner, WorkerRunner)))
            self._require_same_host(environment, plan)
            self.guard.open(plan)
            Visitor.script = Script(plan, self.guard)
            Visitor.script.cut = self._cut
            if not isinstance(runner, WorkerRunner):
                self.report = Report(plan)
                self.report.write()
        except UsageError as error:
            options.leave(f"the load test cannot start: {error}")
        except OSError as error:
            options.leave(f"the load test cannot start: {error.filename} cannot be written: {error.strerror}")
        self.plan = plan
        self._limits = {"connect_seconds": plan.connect_seconds, "read_seconds": plan.read_seconds}
        environment.host = plan.host
        self._environment = environment
        if self.report:
            atexit.register(self._at_exit)
            shape = environment.shape_class
            assert isinstance(shape, PlannedShape)
            shape.prepare(plan, self._between, self._report.end)
        if isinstance(runner, MasterRunner):
            self._hear_out(runner)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._interrupted)

    def _require_same_host(self, environment: Environment, plan: Plan) -> None:
        if environment.host and environment.host != plan.host:
            raise UsageError(
                f"the plan's host is {plan.host}; --host, $LOCUST_HOST or a locust.conf says another, "
                "and cannot change it"
            )

    @property
    def _report(self) -> Report:
        assert self.report
        return self.report

    def _start(self, **_: Any) -> None:
        self.counts = Counts()
        self._over = False
        self._noted = int(recorder.now()) - 1
        self._workers.begin()
        Visitor.script.reset(idle=self._is_spare())
        if self.report:
            self.report.begin()
            if not isinstance(self._environment.runner, MasterRunner):
                self.counts = self.report.counts
            self._begun = True
            self._told = False
        gevent.spawn(self._watch).link_exception(_fatal)

    def _is_spare(self) -> bool:
        """Whether this worker is not in the plan: the caps were shared without it, so it does nothing."""
        runner = self._environment.runner
        assert self.plan
        return isinstance(runner, WorkerRunner) and runner.worker_index >= max(self.plan.workers, 1)

    def _between(self, start: float, end: float) -> Tally:
        return self._report.counts.between(start, end)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        """Stop the load at once, then let Locust end as on Ctrl-C."""
        why = f"{outcome.INTERRUPTED}: {signal.Signals(number).name}"
        self.guard.close("the test was interrupted")
        if self.report:
            self.report.end(why)
        # Raised here it would hit whichever greenlet is running, which would print a traceback.
        hub = gevent.get_hub()
        hub.loop.run_callback_threadsafe(hub.parent.throw, KeyboardInterrupt)

    def _stop(self) -> None:
        self._over = True
        report = self.report
        if report and self._begun:
            runner = self._environment.runner
            alone = isinstance(runner, MasterRunner) and not runner.worker_count
            report.end(_NONE_LEFT if alone else outcome.STOPPED)
            self._count_own()
            report.write()
            if not self._told:
                self._told = True
                _log.info("%s", report.summary())

    def _at_exit(self) -> None:
        report = self._report
        if not self._begun:
            report.end(f"{outcome.NO_WORKERS}: {self._workers.count} of {self._report.plan.workers} came")
            report.write()

    # ---------------------------------------------------------------------------------------------- while it runs

    def _watch(self) -> None:
        """Once a second: check the workers and the end of the test, and write the outcome so far."""
        runner = self._environment.runner
        assert self.plan
        assert runner
        started = time.monotonic()
        meter = Meter()
        while runner.state not in (runners.STATE_STOPPED, runners.STATE_STOPPING, runners.STATE_CLEANUP):
            pause = 1 - (time.monotonic() - started) % 1
            due = time.monotonic() + pause
            gevent.sleep(pause)
            meter.read(self.report.counts if self.report else self.counts, time.monotonic() - due)
            if time.monotonic() - started > self.plan.most_seconds + _GRACE_SECONDS:
                self.guard.close(outcome.TIME_IS_UP)
                self._end_early(outcome.TIME_IS_UP)
                return
            if self.report and self.report.ended == outcome.RUNNING:
                self._look()

    def _look(self) -> None:
        report = self._report
        self._note_users()
        self._count_own()
        self._notice_lost()
        try:
            report.write()
        except OSError as error:  # retried in the next second, or at the end
            _log.warning("The outcome cannot be written: %s", error.strerror)
        if report.plan.workers and not self._workers.count:
            self._end_early(_NONE_LEFT)
        elif report.unanswered():
            self._end_early(f"{outcome.UNREACHABLE}: nothing in {report.plan.unreachable_seconds:g} s")

    def _note_users(self) -> None:
        runner = self._environment.runner
        if self.report and runner:
            self.report.note_users(runner.user_count)

    def _end_early(self, why: str) -> None:
        if self.report:
            self.report.end(why)
        _log.warning("The load test ends early: %s", why)
        runner = self._environment.runner
        assert runner
        gevent.spawn(runner.quit)

    def _count_own(self) -> None:
        """Counters of this process alone: the steps, and its guard's counts if no master asks for them."""
        shape = self._environment.shape_class
        if isinstance(shape, PlannedShape):
            self._report.steps = shape.steps
        if self.counts is self._report.counts:
            self.counts.refused = dict(self.guard.refused)
            self.counts.throttled = self.guard.throttled
            self.counts.throttled_seconds = self.guard.throttled_seconds
            self._note_overdue()

    def _note_overdue(self) -> None:
        """Number of requests waiting too long now: a breakpoint test's step is also judged by it."""
        if self.plan and self.plan.breaks:
            waiting = Visitor.script.overdue(self.plan.breaks.p95_seconds)
            # Each second once, as a master adds up its workers; also seconds that were slept through.
            latest = int(recorder.now())
            for second in range(self._noted + 1, latest + 1):
                self.counts.overdue[second] = waiting
            self._noted = latest

    def _cut(self, name: str, milliseconds: float) -> None:
        self.counts.cut(name, milliseconds)

    def _request(
        self,
        name: str,
        response_time: float,
        response_length: int,
        exception: BaseException | None = None,
        context: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        tallies = self.counts.record(name, response_time, response_length)
        if exception is not None:
            message, unreached = describe(exception, **self._limits)
            self.counts.fail(name, response_time, message, tallies, unreached=unreached)
        elif context and UNCLEAR in context:
            self.counts.doubt(name, str(context[UNCLEAR]))
        elif context and CACHED in context:
            for tally in tallies:
                tally.cached += 1

    # ---------------------------------------------------------------------------------------------------- workers

    def _hear_out(self, runner: MasterRunner) -> None:
        """Make a master wait for its workers' last reports: without them the outcome would be too small.

        Locust waits only half a second for the reports; a busy machine takes longer.
        """
        quit_now = runner.quit

        def quit_when_heard() -> None:
            if not self._quitting:
                self._quitting = True
                runner.stop(send_stop_to_client=False)
                for client in runner.clients.all:
                    runner.server.send_to_client(Message("quit", None, client.id))
                latest = time.monotonic() + _LAST_SECONDS
                while self._owe_reports(runner) and time.monotonic() < latest:
                    gevent.sleep(0.02)
                self._lose(self._workers.missing(client.id for client in runner.clients.all))
            quit_now()

        runner.quit = quit_when_heard  # type: ignore[method-assign]

    def _owe_reports(self, runner: MasterRunner) -> bool:
        return any(
            client.state != runners.STATE_MISSING and self._workers.owes(client.id)
            for client in runner.clients.all
        )

    def _send(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        self.counts.refused, self.guard.refused = self.guard.refused, {}
        self.counts.throttled, self.guard.throttled = self.guard.throttled, 0
        self.counts.throttled_seconds, self.guard.throttled_seconds = self.guard.throttled_seconds, 0.0
        self._note_overdue()
        data[_FIELD] = encode(self.counts.take())
        data[_LAST] = self._over

    def _receive(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        try:
            counts = decode(data[_FIELD])
        except (KeyError, TypeError, msgspec.MsgspecError):
            self._lose(self._workers.unreadable(client_id))
            return
        self._workers.hear(client_id, time.monotonic(), last=bool(data.get(_LAST)))
        if self.report:
            self.report.counts.add(counts)

    def _notice_lost(self) -> None:
        now = time.monotonic()
        self._lose(self._workers.silent(now, now - (recorder.now() - self._report.started)))

    def _lose(self, workers: list[str]) -> None:
        for worker in workers:
            if self.report:
                self.report.lost.append(worker)
            _log.warning("A worker was lost: %s", worker)


class Meter:
    """CPU usage and scheduling delay of this process: if both are high, the test measures the process itself."""

    def __init__(self) -> None:
        self._read = deque([(time.monotonic(), time.process_time())], maxlen=_BUSY_SECONDS + 1)

    def read(self, counts: Counts, late: float) -> None:
        """Record a reading; called once a second. One busy second does not count."""
        self._read.append((time.monotonic(), time.process_time()))
        (began, before), (ended, after) = self._read[0], self._read[-1]
        if len(self._read) == self._read.maxlen and ended > began:
            counts.busy_percent = max(counts.busy_percent, 100 * (after - before) / (ended - began))
        counts.late_seconds = max(counts.late_seconds, late)


def _fatal(greenlet: Any) -> None:
    """End the test if its monitor crashes: the load must not run unwatched."""
    _log.error("The watch over the load test broke: %r", greenlet.exception)
    os.kill(os.getpid(), signal.SIGTERM)


def follow_parent() -> None:
    """End with the process that holds the other end of our standard input, however that one ends."""

    def wait() -> None:
        pool = gevent.get_hub().threadpool
        while pool.apply(os.read, (0, 4096)):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        gevent.sleep(_END_SECONDS)
        os._exit(1)

    gevent.spawn(wait)
