"""Redis, its queues, the managed databases and the optimise endpoint, each by itself.

Where a check asks for them one by one, the one that does not answer hides what the others show.
"""

from __future__ import annotations

from dataclasses import dataclass

from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import Outcome, measurement
from playbook.core.errors import NotConfigured, Unmeasured, away
from playbook.core.evidence import Evidence, Facts
from playbook.core.limits import Reading
from playbook.measure.databases.database_values import Databases
from playbook.measure.images.images import Optimization
from playbook.measure.redis.job_queues import JobQueues
from playbook.measure.redis.redis import RedisPing, RedisStats
from playbook.measure.statements import Statement

_ASKED = {
    "redis_ping": "Redis",
    "redis_stats": "Redis",
    "job_queues": "the queues",
    "databases": "the managed databases",
    "optimization": "the optimise endpoint",
}


@dataclass(frozen=True, slots=True)
class ServicesBeside:
    """What they say of themselves, and whether the endpoint does its work.

    Attributes:
        statements: those that do not hold, or of which too little is known; failing ones first.
        works: names of what was measured.
        missing: names of what is configured and could not be measured, with the reason.
        latency: of Redis, in milliseconds; None where it did not answer PING.
        optimising: seconds for one photograph; None where none came back.
        seen: coverage of what was measured.
    """

    statements: tuple[Statement, ...]
    works: tuple[str, ...]
    missing: tuple[tuple[str, Unmeasured], ...] = ()
    latency: Reading | None = None
    optimising: Reading | None = None
    seen: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def coverage(self) -> Coverage:
        """All that is configured."""
        total = whole(", ".join(self.works)) + self.seen
        for name, problem in self.missing:
            total += lacking(
                f"{name} not seen", expected=name, got=problem.clause, hint=problem.hint, cause=away(problem)
            )
        return total

    @property
    def found(self) -> str:
        """What works, in words."""
        return ", ".join(self.works) or "none is configured"

    def evidence(self) -> Evidence:
        """What was measured, and what does not hold."""
        facts = {"Measured": self.found, **{name: str(problem) for name, problem in self.missing}}
        facts |= {one.subject: f"expected {one.expected}, got {one.found}" for one in self.statements}
        return Facts("Services beside the app", facts)


@measurement(outcomes=tuple(_ASKED))
def services_beside(
    redis_ping: Outcome, redis_stats: Outcome, job_queues: Outcome, databases: Outcome, optimization: Outcome
) -> ServicesBeside:
    """Redis, its queues, the managed databases and the optimise endpoint, as far as the target has them."""
    asked = (redis_ping, redis_stats, job_queues, databases, optimization)
    return services_of({outcome.name: outcome for outcome in asked})


def services_of(outcomes: dict[str, Outcome]) -> ServicesBeside:
    """From the outcomes of the single measurements."""
    found: list[Statement] = []
    works: dict[str, None] = {}
    missing: dict[str, Unmeasured] = {}
    seen = Coverage()
    for name, outcome in outcomes.items():
        if outcome.absent or isinstance(outcome.error, NotConfigured):
            continue
        if isinstance(outcome.error, Unmeasured):
            missing.setdefault(_ASKED[name], outcome.error)
        elif outcome.error is not None:
            raise outcome.error
        else:
            works[_ASKED[name]] = None
            found += _statements(outcome.value)
            seen += outcome.value.coverage
    found.sort(key=lambda one: (one.holds, one.warn))
    ping = outcomes["redis_ping"].value if "redis_ping" in outcomes else None
    latency = ping.latency if isinstance(ping, RedisPing) and ping.pings else None
    measured = tuple(name for name in works if name not in missing)
    doubtful = tuple(one for one in found if not one.holds or not one.coverage.enough)
    sent = outcomes["optimization"].value if "optimization" in outcomes else None
    optimising = sent.time if isinstance(sent, Optimization) and sent.is_valid else None
    return ServicesBeside(doubtful, measured, tuple(missing.items()), latency, optimising, seen)


def _statements(value: object) -> list[Statement]:
    match value:
        case RedisPing():
            return [value.answer]
        case RedisStats():
            return value.work
        case JobQueues() | Databases():
            return value.statements
        case Optimization():
            return [Statement("Optimised image", value.is_valid, "the picture that was sent", value.summary)]
    return []
