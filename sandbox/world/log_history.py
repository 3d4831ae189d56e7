"""An ordinary day in the portfolio's logs: each component's lines of an hour, deterministic per hour.

Formats are mixed as in a real App Platform stream: nginx's combined format and pino's JSON from the web component,
morgan's ``dev`` format and pino from the optimiser, plain lines from the worker. Some lines look like errors but
are not.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple

from sandbox.products import OPTIMIZER, WEB, WORKER

HOURS_KEPT = 400  # two worlds of a week and a day each, which are read sequentially
LINES_KEPT = 100_000  # rendered lines of those weeks

_PAGES = ("/", "/about", "/projects", "/projects/lighthouse", "/gallery", "/contact", "/errors/404.html")
_ASSETS = (
    "/assets/app-5f3c1a9e.js",
    "/assets/app-5f3c1a9e.css",
    "/assets/error-500-icon.svg",
    "/favicon.ico",
)
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36",
    "ErrorBot/5.0 (+https://bot.example/errors)",
)


class LogLine(NamedTuple):
    """One line as a component wrote it; ``at`` is the platform's timestamp."""

    at: datetime
    component: str
    text: str

    @lru_cache(maxsize=LINES_KEPT)  # noqa: B019 - a line is a value, and every reading renders the whole week
    def render(self) -> str:
        """As App Platform shows it: component, time in nanoseconds, text."""
        return f"{self.component} {self.at:%Y-%m-%dT%H:%M:%S.%f}{self.at.microsecond % 1000:03d}Z {self.text}"


def visitor(random: Random) -> str:
    """An address from the ranges reserved for documentation."""
    return f"{random.choice(('192.0.2', '198.51.100', '203.0.113'))}.{random.randint(1, 254)}"


def combined(
    at: datetime, client: str, request: str, status: int, *, size: int = 157, agent: str = _AGENTS[0]
) -> str:
    """An access line in nginx's combined format."""
    stamp = f"{at:%d/%b/%Y:%H:%M:%S} +0000"
    return f'{client} - - [{stamp}] "{request} HTTP/1.1" {status} {size} "-" "{agent}"'


def morgan(method: str, path: str, status: int, milliseconds: float, size: int | str = "-") -> str:
    """An access line in morgan's ``dev`` format, without its colours."""
    return f"{method} {path} {status} {milliseconds:.3f} ms - {size}"


def pino(at: datetime, level: int, message: str, **more: object) -> str:
    """A JSON line as the pino logger writes it: numeric level, time in epoch milliseconds."""
    head = {"level": level, "time": round(at.timestamp() * 1000), "pid": 17, "hostname": "portfolio-7c9d"}
    return json.dumps({**head, **more, "msg": message}, separators=(",", ":"))


@lru_cache(maxsize=HOURS_KEPT)
def hour(start: datetime, seed: int = 0, *, flawless: bool = False) -> tuple[LogLine, ...]:
    """All lines of the hour that begins at ``start``, in order of time.

    The same in every world with this seed.
    """
    random = Random(f"{seed}:{start:%Y%m%d%H}")
    requests = _visits(start.hour)
    lines = [_visit(random, start) for _ in range(requests)]
    lines += [_optimisation(random, start) for _ in range(requests // 8)]
    for write in (_web_notice, _optimizer_notice):
        lines += [write(random, start) for _ in range(6)]
    lines += [_job(random, start) for _ in range(requests // 10 + 4)]
    lines += _health_probes(start)
    lines += [] if flawless else _imperfections(random, start)
    return tuple(sorted(lines))


def _visits(hour_of_day: int) -> int:
    """Visits in an hour (UTC): about 20 at three at night, 110 at three in the afternoon."""
    return round(65 - 45 * math.cos((hour_of_day - 3) / 24 * math.tau))


def _moment(random: Random, start: datetime) -> datetime:
    return start + timedelta(microseconds=random.randrange(3_600_000_000))


def _visit(random: Random, start: datetime) -> LogLine:
    at = _moment(random, start)
    path = random.choice(_ASSETS if random.random() < 0.55 else _PAGES)
    status = random.choices((200, 304, 301, 404), (86, 11, 1, 2))[0]
    if status == 404:
        path = random.choice(("/wp-login.php", "/errors/500", "/.env", f"/gallery/{random.randint(100, 999)}"))
    # Sizes between 429 and 599 are common and must not be taken for a status.
    size = random.choice((503, 500, 429)) if random.random() < 0.1 else random.randint(600, 48_000)
    size = 0 if status == 304 else size
    agent = random.choice(_AGENTS)
    return LogLine(at, WEB, combined(at, visitor(random), f"GET {path}", status, size=size, agent=agent))


def _optimisation(random: Random, start: datetime) -> LogLine:
    size = random.randint(9_000, 240_000)
    text = morgan("POST", "/api/image/optimize", 200, random.uniform(120, 900), size)
    return LogLine(_moment(random, start), OPTIMIZER, text)


def _web_notice(random: Random, start: datetime) -> LogLine:
    at = _moment(random, start)
    text = random.choice(
        (
            lambda: pino(at, 30, "cache refreshed", keys=random.randint(20, 90), errors=[]),
            lambda: pino(at, 30, "sitemap built, 0 errors", ms=random.randint(80, 500)),
            lambda: pino(at, 20, "upstream image-optimizer on port 5003 answered", status="ok"),
            lambda: pino(at, 40, "slow response, will retry on error", ms=random.randint(900, 1400)),
        )
    )()
    return LogLine(at, WEB, text)


def _optimizer_notice(random: Random, start: datetime) -> LogLine:
    at = _moment(random, start)
    image = random.randint(10_000, 99_999)
    text = random.choice(
        (
            lambda: pino(at, 30, "image optimised", image=image, format="webp", error=None),
            lambda: pino(at, 30, "error handler registered", route="/errors/:code"),
            lambda: f"sharp: image {image} done, error=0 warnings=0 bytes={random.randint(500, 599)}",
        )
    )()
    return LogLine(at, OPTIMIZER, text)


def _job(random: Random, start: datetime) -> LogLine:
    at = _moment(random, start)
    job = random.randint(100_000, 999_999)
    text = random.choice(
        (
            f"INFO worker: job {job} done in {random.randint(90, 800)} ms",
            f"INFO worker: batch of {random.randint(2, 9)} finished: 0 errors, 0 failed",
            f"WARNING worker: job {job} retried after error: upstream slow, now done",
            f"INFO worker: no error since {random.randint(5, 500)} jobs",
        )
    )
    return LogLine(at, WORKER, f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03d} {text}")


def _health_probes(start: datetime) -> list[LogLine]:
    """The platform polls every component's health; in the log every five minutes is enough."""
    lines: list[LogLine] = []
    for minute in range(0, 60, 5):
        at = start + timedelta(minutes=minute, seconds=7, microseconds=250_000)
        probe = combined(at, "10.244.0.1", "GET /api/health", 200, size=512, agent="kube-probe/1.31")
        lines.append(LogLine(at, WEB, probe))
        lines.append(LogLine(at, OPTIMIZER, morgan("GET", "/api/image/health", 200, 3.182, 503)))
    return lines


def _imperfections(random: Random, start: datetime) -> list[LogLine]:
    """Imperfections of a healthy day: two failed requests (0.04 %), some throttled, some refused."""
    lines: list[LogLine] = []
    at = _moment(random, start)
    if start.hour % 12 == 5:
        text = combined(at, visitor(random), f"GET /gallery/{random.randint(100, 999)}?page=2", 502)
        lines.append(LogLine(at, WEB, text))
    if start.hour % 6 == 2:
        lines.append(LogLine(at, OPTIMIZER, morgan("POST", "/api/image/optimize", 429, 0.812, 62)))
    if start.hour % 8 == 3:
        lines.append(LogLine(at, WEB, combined(at, visitor(random), "GET /admin", 403)))
    return lines


def floor_hour(moment: datetime) -> datetime:
    """The full hour that contains ``moment``, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
