"""Plans for tests: short, quick, and of a server on loopback."""

from __future__ import annotations

from typing import Any

from playbook.readers.load.plan import Plan, Stage

PATHS = {
    "homepage": "/",
    "health": "/api/health",
    "image_health": "/api/image/health",
    "optimize": "/api/image/optimize",
}


def plan_of(port: int, **other: Any) -> Plan:
    """A plan for a server on this port: four users for two seconds who read the homepage."""
    values: dict[str, Any] = {
        "target": "test",
        "shape": "smoke",
        "host": f"http://localhost:{port}",
        "allowed": [f"localhost:{port}"],
        "stages": [Stage(users=4, seconds=2.0, spawn_rate=50.0)],
        "weights": {"homepage": 1.0},
        "paths": PATHS,
        "wait_seconds": (0.02, 0.05),
        "most_users": 20,
        "most_seconds": 30.0,
        "most_requests_per_second": 1000.0,
        # Far more than an answer here takes: on a busy machine nothing fails that is not meant to.
        "connect_seconds": 10.0,
        "read_seconds": 20.0,
        "outcome": "",
    }
    return Plan(**{**values, **other})
