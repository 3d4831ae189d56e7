"""Outcome of a load test: written by the Locust process, read by the suite. Plain data, no pytest, no verdict.

Times are seconds. The file is written atomically once a second and at the end, so that an aborted test leaves what
it had measured, as ``ended`` shows.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from playbook.core.clock import Moment

SCHEMA = 1
RUNNING = "running"
FINISHED = "finished"
# ``ended`` of a test that ended early begins with one of these; details may follow after a colon.
INTERRUPTED = "interrupted"
UNREACHABLE = "the host does not answer"
TIME_IS_UP = "the most seconds are over"
NO_WORKERS = "workers are missing"
STOPPED = "stopped"


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Requests of one kind: ``homepage``, ``health``, ``image_health``, ``optimize_large_jpeg``, or ``all``.

    Attributes:
        p50, p95, p99: seconds within which that percentage of all requests succeeded; None where fewer did: a
            failure counts as a response that never came.
        cut: requests still without a response when their user was stopped, after a second or more. They count
            among the requests with that time, and not as successful.
        cached: successful requests that a cache before the website answered.
        slowest: seconds, including failures; None where there were no requests.
        per_second: requests a second over the duration of the test.
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
    cached: int = 0


class Moments(msgspec.Struct, frozen=True, kw_only=True):
    """One second of the test.

    Attributes:
        at: Unix time.
        p50, p95, p99, slowest: seconds, of the requests that ended in it, as in Endpoint; None also in files of
            earlier versions, which contain only P95.
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
    """A kind of failure, or of an answer that is not understood, and its number."""

    name: str
    message: str
    times: int


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a breakpoint test; ``broke`` names the limit that broke, empty where it held.

    ``cached`` of its requests were answered by a cache before the website.
    """

    users: int
    requests: int
    per_second: float
    p95: float | None
    failed_percent: float
    broke: str = ""
    cached: int = 0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One load test.

    Attributes:
        ended: ``running`` (aborted), ``finished``, or why it ended early.
        most_users: maximum number at once.
        all: every request together.
        endpoints: by kind, in order of their names.
        workers: planned worker processes; 0 where there was a single process.
        unclear: answers that are neither good nor bad, as no check understands them; counted as successful.
        lost: lost workers, in words.
        refused: requests that the guard refused, in words.
        throttled: requests delayed by the cap on requests a second.
        throttled_seconds: total of these delays.
        busy_percent: highest CPU use of one load process over five seconds, in percent of a core.
        late_seconds: longest delay of one of them behind its schedule.
        steps: only for a breakpoint test.
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
    unclear: list[Error] = []
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
