"""What a load test did: written by the Locust process, read by the suite. Plain data, no pytest, no verdict.

Times are seconds. The file is written once a second and at the end, whole or not at all, so that a test that is
cut off leaves what it had measured, with ``ended`` telling.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from playbook.core.clock import Moment

SCHEMA = 1
RUNNING = "running"
FINISHED = "finished"
# How a test ended early begins with one of these; after a colon it may say more.
INTERRUPTED = "interrupted"
UNREACHABLE = "the host does not answer"
TIME_IS_UP = "the most seconds are over"
NO_WORKERS = "workers are missing"
STOPPED = "stopped"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Requests of one kind: ``homepage``, ``health``, ``image_health``, ``optimize_large_jpeg``, or ``all``.

    Attributes:
        p50, p95, p99: seconds within which so many percent of all requests were answered well; None where fewer
            ever were: a failure is an answer that never came.
        cut: requests without an answer yet when their user was stopped, after a second or more. They are among the
            requests as if that had been their time, and are not answered well.
        slowest: seconds, of failures too; None where there were no requests.
        per_second: requests a second over the time of the test.
    """

    name: str
    requests: int
    failures: int
    p50: float | None
    p95: float | None
    p99: float | None
    slowest: float | None
    per_second: float
    received_bytes: int = 0
    cut: int = 0


class Moments(msgspec.Struct, frozen=True, kw_only=True):
    """One second of the test.

    Attributes:
        at: Unix time.
        p50, p95, p99, slowest: seconds, of the requests that ended in it, as of Endpoint; None also in files of
            earlier versions, which hold P95 alone.
    """

    at: float
    users: int
    requests: int
    failures: int
    p95: float | None
    p50: float | None = None
    p99: float | None = None
    slowest: float | None = None


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of failure, and how often it happened."""

    name: str
    message: str
    times: int


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a breakpoint test; ``broke`` says which limit broke, empty where it held."""

    users: int
    requests: int
    per_second: float
    p95: float | None
    failed_percent: float
    broke: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One load test.

    Attributes:
        ended: ``running`` (cut off without a word), ``finished``, or why it ended early.
        most_users: that were running at once.
        all: every request together.
        endpoints: by kind, in order of their names.
        workers: processes that were to take part; 0 where there was one process alone.
        lost: workers that went away, in words.
        refused: requests that the guard held back, in words.
        throttled: requests that were delayed by the cap on requests a second.
        throttled_seconds: for so long, all together.
        busy_percent: the most that one process of the load was busy for five seconds, of one core.
        late_seconds: the most that one of them came too late to what it wanted to do.
        steps: only of a breakpoint test.
    """

    schema: int = SCHEMA
    target: str
    shape: str
    host: str
    started: Moment
    updated: Moment
    ended: str
    planned_seconds: float
    seconds: float
    most_users: int
    all: Endpoint
    endpoints: list[Endpoint] = []
    moments: list[Moments] = []
    errors: list[Error] = []
    workers: int = 0
    lost: list[str] = []
    refused: list[str] = []
    throttled: int = 0
    throttled_seconds: float = 0.0
    busy_percent: float = 0.0
    late_seconds: float = 0.0
    steps: list[Step] = []


def read_outcome(file: Path) -> Outcome:
    """The outcome in a file; raises msgspec.MsgspecError, OSError."""
    return msgspec.json.decode(file.read_bytes(), type=Outcome)
