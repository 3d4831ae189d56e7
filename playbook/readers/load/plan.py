"""Plan of a load test: written by the suite as a file, read by the Locust process. Plain data, no pytest."""

from __future__ import annotations

from pathlib import Path

import msgspec

PLAN_VARIABLE = "PLAYBOOK_LOAD_PLAN"
SCHEMA = 1
BREAKPOINT = "breakpoint"
SHAPES = ("smoke", "steady", "ramp", "spike", "soak", BREAKPOINT)


class Stage(msgspec.Struct, frozen=True):
    """``users`` for ``seconds``; at its beginning, ``spawn_rate`` users a second are started or stopped."""

    users: int
    seconds: float
    spawn_rate: float


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """When a breakpoint test's step counts as broken: judged over the step without its first ``settle_seconds``.

    Attributes:
        p95_seconds: the 95th percentile of all requests exceeds this.
        failed_percent: more of them failed.
        least_requests: a step with fewer counts as broken: the load is not being carried.
        confirm: a broken step is repeated, and only the repetition counts, so that one bad moment does not decide.
    """

    p95_seconds: float
    failed_percent: float
    least_requests: int
    settle_seconds: float = 1.0
    confirm: bool = True


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One load test.

    Attributes:
        host: destination of the load: scheme, host and port.
        allowed: hosts with port that requests may go to, including redirects and absolute addresses.
        ca: file of the certificate authority to trust.
        stages: in order; the steps of a breakpoint test.
        weights: relative frequency of each task, by its name: ``homepage``, ``health``, ``image_health``,
            ``optimize_small_jpeg``, ``optimize_medium_jpeg``, ``optimize_large_jpeg``, ``optimize_small_png``, …
        paths: by endpoint: ``homepage``, ``health``, ``image_health``, ``optimize``.
        wait_seconds: range of a user's pause between two tasks, uniformly distributed.
        most_users, most_seconds, most_requests_per_second: caps that hold whatever the stages say.
        connect_seconds, read_seconds: of one request.
        seed: of weights and waits, so that two tests do the same.
        repeats_percent: share of posted photographs that were posted before, so that a cache may serve them.
        widths: of photographs in pixels, by the size's name in a task.
        unreachable_seconds: time without a single response after which the test ends early.
        workers: processes that share users and caps; 0 is a single process.
        health_by_status: any 2xx of a health endpoint counts as healthy, whatever its body says.
        expect, least_bytes, hosts: of the homepage, as in the settings of the website.
        outcome: file that the outcome is written to. Paths are relative to the plan's own folder.
        breaks: only for a breakpoint test.
    """

    schema: int = SCHEMA
    target: str
    shape: str
    host: str
    allowed: list[str]
    ca: str | None = None
    stages: list[Stage]
    weights: dict[str, float]
    paths: dict[str, str]
    wait_seconds: tuple[float, float]
    most_users: int
    most_seconds: float
    most_requests_per_second: float
    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    seed: int = 1
    repeats_percent: float = 30.0
    widths: dict[str, int] = msgspec.field(default_factory=lambda: {"small": 320, "medium": 1024, "large": 2048})
    unreachable_seconds: float = 10.0
    workers: int = 0
    health_by_status: bool = False
    expect: str = ""
    least_bytes: int = 0
    hosts: list[str] = []
    outcome: str
    breaks: Break | None = None


def read_plan(file: Path) -> Plan:
    """The plan in a file; raises msgspec.MsgspecError, OSError."""
    return msgspec.json.decode(file.read_bytes(), type=Plan)
