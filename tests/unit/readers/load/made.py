"""Plans and outcomes of load tests for tests."""

from __future__ import annotations

from datetime import UTC, datetime

from playbook.readers.load.outcome import FINISHED, Endpoint, Moments, Outcome, Step
from playbook.readers.load.plan import Plan, Stage

STARTED = datetime(2026, 11, 26, 10, tzinfo=UTC)


def plan(**changes):
    """Ten users for ten seconds."""
    fields = {
        "target": "staging",
        "shape": "smoke",
        "host": "https://staging.example:443",
        "allowed": ["staging.example:443"],
        "stages": [Stage(10, 10.0, 10.0)],
        "weights": {"homepage": 1.0, "health": 1.0},
        "paths": {},
        "wait_seconds": (0.5, 1.5),
        "most_users": 100,
        "most_seconds": 600.0,
        "most_requests_per_second": 100.0,
        "outcome": "load.json",
    }
    return Plan(**(fields | changes))


def endpoint(name, requests=100, failures=0, p95=0.2, p99=0.3):
    """One endpoint's figures."""
    some = bool(requests)
    return Endpoint(
        name=name,
        requests=requests,
        failures=failures,
        p50=0.1 if some else None,
        p95=p95 if some else None,
        p99=p99 if some else None,
        slowest=p99 if some else None,
        per_second=requests / 10,
    )


def step(users, broke="", per_second=20.0, failed_percent=0.0, p95=0.5):
    """One step of a breakpoint test."""
    return Step(
        users=users, requests=100, per_second=per_second, p95=p95, failed_percent=failed_percent, broke=broke
    )


def outcome(ended=FINISHED, endpoints=(), total=None, **changes):
    """Outcome of a test of ``plan()``."""
    endpoints = list(endpoints) or [endpoint("homepage", 60), endpoint("health", 40)]
    requests, failures = sum(one.requests for one in endpoints), sum(one.failures for one in endpoints)
    at = STARTED.timestamp()
    fields = {
        "target": "staging",
        "shape": "smoke",
        "host": "https://staging.example:443",
        "started": STARTED,
        "updated": STARTED,
        "ended": ended,
        "planned_seconds": 10.0,
        "seconds": 10.0,
        "most_users": 10,
        "all": total or endpoint("all", requests, failures),
        "endpoints": endpoints,
        "moments": [Moments(at=at + n, users=10, requests=10, failures=0, p95=0.2) for n in range(10)],
    }
    fields["most_users"] = max((step.users for step in changes.get("steps", ())), default=fields["most_users"])
    return Outcome(**(fields | changes))
