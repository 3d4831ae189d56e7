"""What counts as failed, in progress and stuck."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import pytest

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_types import Deployment, Progress, Reason, Source, Step
from playbook.clock import FixedClock
from playbook.errors import TooLittleData
from playbook.evidence import Table
from playbook.measure.deployments import Releases, deployments
from playbook.settings import load

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


class FakeApi:
    def __init__(self, *found: Deployment) -> None:
        self.found = list(found)

    def deployments(self, newest: int | None = None) -> list[Deployment]:
        return self.found[:newest]


def measure(*found: Deployment, **over: Any) -> Releases:
    overlay = {"targets": {"sandbox": {"kind": "sandbox", **over}}}
    settings = load("sandbox", environment={}, overlay=overlay)
    return deployments(cast(DigitalOceanApi, FakeApi(*found)), settings, FixedClock(NOW))


def made(phase: str, minutes: float, **more: Any) -> Deployment:
    created = NOW - timedelta(minutes=minutes)
    return Deployment(id="d", phase=phase, cause="manual", created_at=created, **more)


@pytest.mark.parametrize(
    ("phase", "failed", "in_progress"),
    [
        ("ACTIVE", False, False),
        ("SUPERSEDED", False, False),
        ("ERROR", True, False),
        ("CANCELED", True, False),
        ("PENDING_BUILD", False, True),
        ("BUILDING", False, True),
        ("PENDING_DEPLOY", False, True),
        ("DEPLOYING", False, True),
        ("UNKNOWN", False, True),
        ("HIBERNATING", False, True),
    ],
)
def test_phases(phase, failed, in_progress):
    newest = measure(made(phase, 10)).newest
    assert (newest.failed, newest.in_progress, newest.stuck) == (failed, in_progress, False)


@pytest.mark.parametrize(("minutes", "stuck"), [(0, False), (30, False), (30.02, True), (600, True)])
def test_stuck_at_its_boundary(minutes, stuck):
    assert measure(made("DEPLOYING", minutes)).newest.stuck is stuck


def test_boundary_is_a_setting_of_the_target():
    assert measure(made("DEPLOYING", 12), deployments={"stuck_after_minutes": 10}).newest.stuck


@pytest.mark.parametrize("phase", ["ACTIVE", "ERROR"])
def test_what_is_done_is_not_stuck(phase):
    assert not measure(made(phase, 6000)).newest.stuck


def test_in_progress_since_nobody_knows_when():
    with pytest.raises(TooLittleData, match="expected when the deployment d began, got none"):
        assert measure(Deployment(id="d", phase="BUILDING")).newest.stuck


def test_no_deployments():
    with pytest.raises(TooLittleData, match="expected deployments of the app, got none"):
        measure()


def test_words():
    failed = Progress(steps=[Step(name="build", reason=Reason(code="BuildJobFailed", message="It failed."))])
    assert measure(made("ERROR", 25, progress=failed)).newest.found == (
        "ERROR, 25 min ago (manual): BuildJobFailed It failed."
    )
    assert measure(made("DEPLOYING", 120)).newest.found == "DEPLOYING for 2 h (manual)"
    assert measure(Deployment(id="d", phase="ACTIVE")).newest.found == "ACTIVE"


def test_duration_is_until_its_phase_and_only_when_done():
    ended = NOW - timedelta(minutes=57)
    assert measure(made("ACTIVE", 60, phase_last_updated_at=ended)).newest.duration == 180
    assert measure(made("BUILDING", 60, updated_at=ended)).newest.duration is None


def test_newest_three_are_shown():
    old = made("SUPERSEDED", 60, services=[Source(name="web", source_commit_hash="abcdef0123")])
    releases = measure(made("ACTIVE", 5), *[msgspec.structs.replace(old, id=str(i)) for i in range(5)])
    shown = releases.evidence()
    assert isinstance(shown, Table)
    assert [row[0] for row in shown.rows] == ["ACTIVE", "SUPERSEDED", "SUPERSEDED"]
    assert shown.rows[1][5] == "abcdef0"
