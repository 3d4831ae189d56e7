"""Clock skew: offset between the clocks of the operated services and the clock of the machine that runs the
checks.

Every age, window and schedule of the playbook compares this machine's clock with timestamps written by others.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import partial

from playbook.clients.http import HttpClient
from playbook.clients.prometheus import prometheus
from playbook.clients.redis import redis
from playbook.clients.web import website
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, share
from playbook.core.durations import two_units
from playbook.core.engine import measurement
from playbook.core.errors import NotConfigured, Unmeasured, away
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Reading
from playbook.core.side_by_side import side_by_side
from playbook.settings.model import Settings

_WHOLE_SECOND = 0.5  # a Date header is truncated to the second, so its middle is accurate to half a second
_OWN = 30.0  # seconds; from this offset on, the evidence says whose clock is off


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Reading of one clock.

    Attributes:
        offset: seconds ahead of this machine (negative: behind); None if the clock was not read.
        uncertainty: seconds either way, from the response time and the precision of the reading.
        problem: why the clock was not read; empty if it was.
        away: the service that was unreachable, if that is the reason.
    """

    name: str
    said_by: str
    offset: float | None = None
    uncertainty: float = 0.0
    problem: str = ""
    away: str = ""

    @property
    def least(self) -> float:
        """Minimum skew in seconds; 0 where the clock may be right."""
        return 0.0 if self.offset is None else max(0.0, abs(self.offset) - self.uncertainty)

    @property
    def words(self) -> str:
        """``website 10 min ahead``."""
        assert self.offset is not None
        return f"{self.name} {two_units(abs(self.offset))} {'ahead' if self.offset > 0 else 'behind'}"


@dataclass(frozen=True, slots=True)
class ClockSkew:
    """Every readable clock of the configured services. At least one is configured."""

    clocks: tuple[ClockReading, ...]

    @property
    def coverage(self) -> Coverage:
        """All configured clocks."""
        read = [clock for clock in self.clocks if clock.offset is not None]
        note = "; ".join(clock.problem for clock in self.clocks if clock.problem)
        causes = {clock.away for clock in self.clocks if clock.problem}
        cause = causes.pop() if len(causes) == 1 else ""
        unit = "clock" if len(self.clocks) == 1 else "clocks"
        return share(len(read), len(self.clocks), unit, note=note, cause=cause)

    @property
    def largest(self) -> Reading:
        """Seconds by which the most skewed clock differs from this machine; NaN if none was read."""
        read = [clock for clock in self.clocks if clock.offset is not None]
        if not read:
            return Reading(float("nan"), coverage=self.coverage)
        worst = max(read, key=lambda clock: clock.least)
        over = f"of {len(read)} clocks" if len(read) > 1 else ""
        return Reading(round(worst.least, 1), f"{over} ({worst.words})".strip() if worst.least >= 1 else over)

    def evidence(self) -> list[Evidence]:
        """A row for each clock, and whose clock is off."""
        rows = [
            [
                clock.name,
                clock.said_by,
                "not read" if clock.offset is None else f"{clock.offset:+.1f} s",
                "" if clock.offset is None else f"± {clock.uncertainty:.1f} s",
                clock.problem,
            ]
            for clock in self.clocks
        ]
        facts = {"Compared with": "the clock of the machine that runs the checks"}
        off = [clock.offset for clock in self.clocks if clock.offset is not None and clock.least >= _OWN]
        if off and len(off) == len(self.clocks) > 1 and max(off) - min(off) < _OWN:
            facts["Whose"] = "all of them agree with each other, so it is this machine's clock that is off"
        table = Table("Clocks", ["Clock", "Said by", "Ahead of ours", "Uncertain by", "Problem"], rows)
        return [table, Facts("Clock skew", facts)]


@measurement(libraries=("playbook.clients.transport", "redis", "stamina"))
def clock_skew(settings: Settings, clock: Clock) -> ClockSkew:
    """The website's Date header, Redis TIME, and Prometheus' evaluation time.

    Raises:
        NotConfigured: none of them is configured.
    """
    page = "/" if "api" in settings.absent else settings.target.web.health_path
    asked: list[tuple[str, str, Callable[[], tuple[float, float]]]] = [
        ("website", "Date header", lambda: _date(website(settings), page)),
        ("Redis", "TIME", lambda: _redis(settings)),
        ("Prometheus", "time of evaluation", lambda: (prometheus(settings).query("1")[0].time, 0.0)),
    ]
    if "prometheus" in settings.absent:  # it would be queried through Grafana
        asked.pop()
    read = side_by_side([partial(_read, name, said_by, ask, clock) for name, said_by, ask in asked])
    found = [one for one in read if isinstance(one, ClockReading)]
    missing = [one for one in read if isinstance(one, NotConfigured)]
    if not found:
        raise missing[0]
    return ClockSkew(tuple(found))


def _read(
    name: str, said_by: str, ask: Callable[[], tuple[float, float]], clock: Clock
) -> ClockReading | NotConfigured:
    before = clock.now().timestamp()
    try:
        time, precision = ask()
    except NotConfigured as error:
        return error
    except (Unmeasured, IndexError) as error:
        return ClockReading(name, said_by, problem=_problem(name, error), away=away(error))
    after = clock.now().timestamp()
    offset = time - (before + after) / 2
    return ClockReading(name, said_by, offset, precision + (after - before) / 2)


def _date(http: HttpClient, path: str) -> tuple[float, float]:
    """Unix time of a Date header in seconds; for a cached response, plus the Age header."""
    answer = http.get(path, retry="connection", redirects=5)
    text = answer.headers.get("date", "")
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        actual = f"the Date header {text!r}" if text else "an answer without a Date header"
        raise Unmeasured(f"expected a date from {answer.url}, got {actual}", service=answer.service) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    age = answer.headers.get("age", "")
    return moment.timestamp() + _WHOLE_SECOND + (int(age) if age.isdecimal() else 0), _WHOLE_SECOND


def _redis(settings: Settings) -> tuple[float, float]:
    with closing(redis(settings)) as server:
        seconds, micros = server.execute_command("TIME")
    return int(seconds) + int(micros) / 1e6, 0.0


def _problem(name: str, error: Unmeasured | IndexError) -> str:
    """Why a clock was not read: ``nothing from Prometheus: connection refused``."""
    if isinstance(error, IndexError):
        return f"{name}: no time in its answer"
    clause = error.clause
    return clause if clause.startswith(("nothing from", "no answer from")) else f"{name}: {clause}"
