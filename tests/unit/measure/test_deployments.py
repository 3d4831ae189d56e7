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
from playbook.measure.deployments import Releases, Review, deployment_review, deployments
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


# ----------------------------------------------------------------------------------------------- the week's review


def review(*found: Deployment) -> Review:
    settings = load("sandbox", environment={}, overlay={"targets": {"sandbox": {"kind": "sandbox"}}})
    return deployment_review(cast(DigitalOceanApi, FakeApi(*found)), settings, FixedClock(NOW))


DAY = 24 * 60


@pytest.mark.parametrize(
    ("newest_first", "unrepaired"),
    [
        (["ACTIVE", "ERROR", "SUPERSEDED"], 0),
        (["ERROR", "ACTIVE", "SUPERSEDED"], 1),
        (["CANCELED", "ERROR", "ACTIVE"], 2),
        (["DEPLOYING", "ERROR", "ACTIVE"], 1),
        (["SUPERSEDED", "ERROR", "ACTIVE"], 0),
    ],
)
def test_a_failure_counts_until_a_later_success(newest_first, unrepaired):
    found = review(*(made(phase, 10 + number) for number, phase in enumerate(newest_first)))
    assert len(found.unrepaired) == unrepaired


def test_a_week_without_deployments_is_an_answer():
    found = review(made("ACTIVE", 9 * DAY))
    assert (found.newest_first, found.unrepaired, found.stuck, found.failure_share) == ((), (), (), None)
    assert found.found_unrepaired == "none of 0"


def test_a_failure_that_lasts_for_longer_than_a_week_is_still_one():
    found = review(made("ERROR", 8 * DAY), made("ACTIVE", 9 * DAY))
    assert [release.phase for release in found.unrepaired] == ["ERROR"]


def test_an_old_one_still_in_progress_is_stuck():
    found = review(made("ACTIVE", DAY), made("BUILDING", 9 * DAY), made("SUPERSEDED", 10 * DAY))
    assert [release.phase for release in found.stuck] == ["BUILDING"]
    assert found.last_before is not None
    assert found.last_before.phase == "SUPERSEDED"


def test_the_share_leaves_out_what_is_in_progress():
    failed = [made("ERROR", 100 + n) for n in range(2)]
    good = [made("SUPERSEDED", 200 + n) for n in range(3)]
    share = review(made("DEPLOYING", 5), made("ACTIVE", 20), *failed, *good).failure_share
    assert share is not None
    assert (round(share.value, 1), share.over) == (33.3, "7 d (2 of 6 deployments)")


def test_no_deployments_at_all_is_too_little():
    with pytest.raises(TooLittleData):
        review()
