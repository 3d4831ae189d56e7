"""Log lines of incidents. Each function adds one kind of trouble to a LogsState."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from sandbox.products import OPTIMIZER, WEB, WORKER
from sandbox.world.log_history import LogLine, combined, floor_hour, morgan, pino, visitor

if TYPE_CHECKING:
    from sandbox.world.logs import LogsState

_NODE_TRACE = (
    "    at Redis.onClose (/app/node_modules/ioredis/built/redis/event_handler.js:189:25)",
    "    at Object.onceWrapper (node:events:633:28)",
    "    at process.processTicksAndRejections (node:internal/process/task_queues:82:21)",
)


def errors(state: LogsState, count: int = 3) -> None:
    """The same handled error several times, with different numbers; each a stack trace over several lines."""
    for number in range(count):
        at = state.now - timedelta(minutes=7 + 17 * number)
        job = 481_516 + 2342 * number
        stamp = f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03d}"
        for text in (
            f"{stamp} ERROR worker: job {job} failed after {300 + number} ms",
            "Traceback (most recent call last):",
            '  File "/app/worker/jobs.py", line 88, in run',
            "    image = decode(job.payload)",
            '  File "/app/worker/decode.py", line 31, in decode',
            "    raise DecodeError(f'truncated file {name}')",
            f"worker.decode.DecodeError: truncated file 'upload-{job}.jpg'",
        ):
            state.extra.append(LogLine(at, WORKER, text))


def fatal(state: LogsState) -> None:
    """The web component is terminated by an uncaught exception."""
    at = state.now - timedelta(minutes=12)
    for text in (
        "/app/server.js:214",
        "    throw new Error(`cannot reach ${host}`)",
        "    ^",
        "",
        "Error: cannot reach redis.internal:25061",
        *_NODE_TRACE,
        "",
        "Node.js v22.11.0",
    ):
        state.extra.append(LogLine(at, WEB, text))


def out_of_memory(state: LogsState) -> None:
    """The optimiser is killed for exceeding its memory limit."""
    at = state.now - timedelta(minutes=41)
    for text in (
        pino(at, 40, "heap is nearly full", used_mb=498),
        "<--- Last few GCs --->",
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    ):
        state.extra.append(LogLine(at, OPTIMIZER, text))


def server_errors(state: LogsState, count: int = 160, until: datetime | None = None) -> None:
    """The optimiser behind the website fails for half an hour, by default the last: many 502 and 503."""
    random = Random(5)
    for _ in range(count):
        at = (until or state.now) - timedelta(seconds=random.uniform(1, 1800))
        status = random.choice((502, 502, 502, 503))
        request = f"GET /gallery/{random.randint(100, 999)}?w={random.choice((320, 640))}"
        state.extra.append(LogLine(at, WEB, combined(at, visitor(random), request, status)))


def one_bad_hour(state: LogsState) -> None:
    """Half a day ago one clock hour had far more of them than usual, but too few to matter over the day.

    With the at most three of a healthy day and a part of an hour they are under 1 % of its requests.
    """
    server_errors(state, count=13, until=floor_hour(state.now - timedelta(hours=12)) + timedelta(minutes=45))


def strange_format(state: LogsState) -> None:
    """The optimiser writes its requests in an unknown format for three hours; some of them failed."""
    random = Random(6)
    for number in range(400):
        at = state.now - timedelta(hours=2, seconds=27 * number)
        status = 503 if number % 20 == 0 else 200
        text = f"GET /api/image/{random.randint(1, 999)} => {status} [{random.randint(90, 800)} ms]"
        state.extra.append(LogLine(at, OPTIMIZER, text))


def throttled(state: LogsState, count: int = 540, hours_ago: float = 3) -> None:
    """One visitor exceeded the rate limit some hours ago: a burst of 429."""
    random = Random(4)
    for _ in range(count):
        at = state.now - timedelta(hours=hours_ago, seconds=random.uniform(0, 1200))
        state.extra.append(LogLine(at, OPTIMIZER, morgan("POST", "/api/image/optimize", 429, 0.7, 62)))


def hostile_text(state: LogsState) -> None:
    """An error whose text tries to inject into the report: HTML, terminal colours, a forged line."""
    at = state.now - timedelta(minutes=3)
    message = "upload \x1b[31mfailed\x1b[0m for <script>alert(1)</script> | **bold** \u202e token=abcdef123456"
    text = json.dumps({"level": "error", "time": at.isoformat(), "msg": message}, ensure_ascii=False)
    state.extra.append(LogLine(at, WEB, text))


def refused(state: LogsState, count: int, sources: int = 1) -> None:
    """A scan within twenty minutes of one hour: 403 for one source, or for many."""
    random = Random(403)
    begin = floor_hour(state.now - timedelta(hours=5)) + timedelta(minutes=10)
    paths = ("/admin", "/.git/config", "/wp-login.php", "/backup.zip", "/api/internal/users")
    for number in range(count):
        at = begin + timedelta(minutes=20) * (number / count)
        source = f"203.0.113.{7 + number % sources}"
        state.extra.append(LogLine(at, WEB, combined(at, source, f"GET {random.choice(paths)}", 403)))


def wrong_passwords(state: LogsState, count: int) -> None:
    """One source tries passwords at the application, which logs it and answers 401."""
    begin = floor_hour(state.now - timedelta(hours=3)) + timedelta(minutes=10)
    for number in range(count):
        at = begin + timedelta(minutes=30) * (number / count)
        text = pino(at, 40, "login failed: wrong password", ip="203.0.113.66", user="admin")
        state.extra.append(LogLine(at, WEB, text))
        state.extra.append(LogLine(at, WEB, combined(at, "203.0.113.66", "POST /api/login", 401)))
