"""Which deployments count as failed, in progress and stuck."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import pytest

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_types import CauseDetails, Deployment, Progress, Reason, Source, Step
from playbook.clients.listing import Listing, listed
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.coverage import whole
from playbook.core.errors import TooLittleData
from playbook.core.evidence import Facts, Table
from playbook.measure.app.app import OwnApp
from playbook.measure.app.deployments import Releases, Review, deployment_review, deployments
from playbook.settings.loading import load
from tests.judged import check, judged

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)


class FakeApi:
    def __init__(self, *found: Deployment) -> None:
        self.found = list(found)

    def deployments(self, since: datetime | None = None) -> Listing[Deployment]:
        return Listing(self.found, whole(f"{len(self.found)} deployments"))


def measure(*found: Deployment, **over: Any) -> Releases:
    overlay = {"targets": {"sandbox": {"kind": "sandbox", **over}}}
    settings = load("sandbox", environment={}, overlay=overlay)
    return deployments(cast(DigitalOceanApi, FakeApi(*found)), settings, FixedClock(NOW), Earlier(), OwnApp())


def made(phase: str, minutes: float, **more: Any) -> Deployment:
    created = NOW - timedelta(minutes=minutes)
    return Deployment(**{"id": f"{phase} {minutes}", "cause": "manual", **more}, phase=phase, created_at=created)


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
        ("UNKNOWN", False, False),
        ("HIBERNATING", False, False),
    ],
)
def test_state_by_phase(phase, failed, in_progress):
    newest = measure(made(phase, 10)).newest
    assert (newest.failed, newest.in_progress, newest.stuck) == (failed, in_progress, False)


@pytest.mark.parametrize(("minutes", "stuck"), [(0, False), (30, False), (30.02, True), (600, True)])
def test_stuck_at_its_limit(minutes, stuck):
    assert measure(made("DEPLOYING", minutes)).newest.stuck is stuck


def test_stuck_limit_is_a_setting_of_the_target():
    assert measure(made("DEPLOYING", 12), deployments={"stuck_after_minutes": 10}).newest.stuck


@pytest.mark.parametrize("phase", ["ACTIVE", "ERROR"])
def test_finished_deployment_is_not_stuck(phase):
    assert not measure(made(phase, 6000)).newest.stuck


def test_in_progress_without_a_start_time_is_unknown():
    found = measure(Deployment(id="d", phase="BUILDING"))
    assert not found.newest.stuck
    assert not found.coverage.enough
    assert "when deployment d began" in found.coverage.expected


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (None, "not known, as no earlier run is"),
        (1, "none since the run of 2026-03-02 06:30 UTC"),
        (4, "1 since the run of 2026-03-02 03:30 UTC: commit a pushed (ACTIVE)"),
        (24, "2 since the run of 2026-03-01 07:30 UTC: commit a pushed (ACTIVE); commit b pushed (ERROR)"),
        (
            99,
            "5 since the run of 2026-02-26 04:30 UTC: commit a pushed (ACTIVE); commit b pushed (ERROR); "
            "commit c pushed (SUPERSEDED); and 2 more",
        ),
    ],
)
def test_deployments_since_the_previous_run_are_named(hours, words):
    """By cause, newest first; without an earlier run they are unknown, not none."""
    found = [
        made(phase, ago, cause=f"commit {name} pushed")
        for phase, ago, name in (
            *(("ACTIVE", 120, "a"), ("ERROR", 300, "b"), ("SUPERSEDED", 2000, "c")),
            *(("SUPERSEDED", 3000, "d"), ("SUPERSEDED", 4000, "e"), ("SUPERSEDED", 9000, "f")),
        )
    ]
    before = None if hours is None else NOW - timedelta(hours=hours)
    earlier = Earlier(last_run=lambda: before)
    settings = load("sandbox", environment={})
    releases = deployments(cast(DigitalOceanApi, FakeApi(*found)), settings, FixedClock(NOW), earlier, OwnApp())
    assert releases.since == words
    assert releases.evidence()[-1] == Facts("Since the run before", {"Deployed": words})


def test_no_deployments_is_too_little_data():
    with pytest.raises(TooLittleData, match="expected deployments of the app, got none"):
        measure()


def test_messages_of_deployments():
    failed = Progress(steps=[Step(name="build", reason=Reason(code="BuildJobFailed", message="It failed."))])
    assert measure(made("ERROR", 25, progress=failed)).newest.found == (
        "ERROR, 25 min ago (manual): BuildJobFailed It failed."
    )
    assert measure(made("DEPLOYING", 120)).newest.found == "DEPLOYING for 2 h (manual)"
    assert measure(Deployment(id="d", phase="ACTIVE")).newest.found == "ACTIVE"


def test_duration_is_until_the_final_phase():
    ended = NOW - timedelta(minutes=57)
    assert measure(made("ACTIVE", 60, phase_last_updated_at=ended)).newest.duration == 180
    assert measure(made("BUILDING", 60, updated_at=ended)).newest.duration is None


def test_newest_three_are_shown():
    old = made("SUPERSEDED", 60, services=[Source(name="web", source_commit_hash="abcdef0123")])
    releases = measure(made("ACTIVE", 5), *[msgspec.structs.replace(old, id=str(i)) for i in range(5)])
    shown = releases.evidence()[0]
    assert isinstance(shown, Table)
    assert [row[0] for row in shown.rows] == ["ACTIVE", "SUPERSEDED", "SUPERSEDED"]
    assert shown.rows[1][5] == "abcdef0"


# ----------------------------------------------------------------------------------------------- the week's review


def review(*found: Deployment) -> Review:
    settings = load("sandbox", environment={}, overlay={"targets": {"sandbox": {"kind": "sandbox"}}})
    return deployment_review(cast(DigitalOceanApi, FakeApi(*found)), settings, FixedClock(NOW), OwnApp())


DAY = 24 * 60


@pytest.mark.parametrize(
    ("newest_first", "unrepaired"),
    [
        (["ACTIVE", "ERROR", "SUPERSEDED"], 0),
        (["ERROR", "ACTIVE", "SUPERSEDED"], 1),
        (["CANCELED", "ERROR", "ACTIVE"], 2),
        (["ACTIVE", "CANCELED", "ERROR", "SUPERSEDED"], 0),
        (["ERROR", "CANCELED", "ACTIVE"], 1),
        (["DEPLOYING", "ERROR", "ACTIVE"], 1),
        (["SUPERSEDED", "ERROR", "ACTIVE"], 0),
    ],
)
def test_failure_counts_until_a_later_success(newest_first, unrepaired):
    found = review(*(made(phase, 10 + number) for number, phase in enumerate(newest_first)))
    assert len(found.unrepaired) == unrepaired


def test_week_without_deployments_is_valid():
    found = review(made("ACTIVE", 9 * DAY))
    assert (found.newest_first, found.unrepaired, found.stuck, found.failure_share) == ((), (), (), None)
    assert found.coverage.enough
    assert found.found_unrepaired == "none of 0"


def test_failure_from_before_the_week_still_counts():
    found = review(made("ERROR", 8 * DAY), made("ACTIVE", 9 * DAY))
    assert [release.phase for release in found.unrepaired] == ["ERROR"]


def test_old_deployment_still_in_progress_is_stuck():
    found = review(made("ACTIVE", DAY), made("BUILDING", 9 * DAY), made("SUPERSEDED", 10 * DAY))
    assert [release.phase for release in found.stuck] == ["BUILDING"]
    assert found.before
    assert found.before[0].phase == "SUPERSEDED"


def test_failure_share_leaves_out_deployments_in_progress():
    failed = [made("ERROR", 100 + n) for n in range(2)]
    good = [made("SUPERSEDED", 200 + n) for n in range(3)]
    share = review(made("DEPLOYING", 5), made("ACTIVE", 20), *failed, *good).failure_share
    assert share is not None
    assert (round(share.value, 1), share.over) == (33.3, "7 days (2 of 6 deployments)")


def test_review_without_deployments_is_too_little_data():
    with pytest.raises(TooLittleData):
        review()


# ------------------------------------------------------------------------ order, rollbacks, words without meaning

RECENT = check("test_deployments", "test_newest_deployment_succeeded")
WEEKLY = check("test_deployments", "test_failed_deployments_were_repaired")


def verdict(*found: Deployment) -> str:
    return str(judged(RECENT, deployments=measure(*found))[0])


def test_newest_is_chosen_by_time_not_by_position():
    found = measure(made("ACTIVE", 60), made("SUPERSEDED", 90), made("ERROR", 5))
    assert found.newest.phase == "ERROR"
    assert verdict(made("ACTIVE", 60), made("ERROR", 5)) == "CRITICAL"


def test_worse_of_two_simultaneous_deployments_counts():
    assert verdict(made("ACTIVE", 60), made("ERROR", 60)) == "CRITICAL"
    assert verdict(made("ERROR", 60), made("ACTIVE", 60)) == "CRITICAL"


def test_missing_time_makes_the_order_unknown():
    undated = Deployment(id="u", phase="SUPERSEDED", cause="manual")
    assert verdict(made("ACTIVE", 60), undated) == "UNKNOWN"


def test_future_time_is_unknown():
    assert verdict(made("ACTIVE", -90), made("SUPERSEDED", 60)) == "UNKNOWN"


@pytest.mark.parametrize(
    ("newest", "wanted"),
    [
        ({"phase": "ACTIVE"}, "OK"),
        ({"phase": "SUPERSEDED"}, "UNKNOWN"),
        ({"phase": "UNKNOWN"}, "UNKNOWN"),
        ({"phase": "HIBERNATING"}, "UNKNOWN"),
        ({"phase": "active"}, "UNKNOWN"),
        ({"phase": "BUILDING"}, "UNKNOWN"),  # and nothing serves meanwhile
        ({"phase": "CANCELED"}, "CRITICAL"),
        ({"phase": "ACTIVE", "cause": "automatic rollback to deployment 1f2e"}, "CRITICAL"),
        ({"phase": "ACTIVE", "cause": "rolled back to 1f2e"}, "WARNING"),
        ({"phase": "ACTIVE", "cause": "commit 12345ab pushed to github/example/auto-rollback"}, "OK"),
        ({"phase": "ACTIVE", "cause_details": CauseDetails(type="AUTO_ROLLBACK")}, "CRITICAL"),
        ({"phase": "ACTIVE", "cause_details": CauseDetails(type="MANUAL_ROLLBACK")}, "WARNING"),
        ({"phase": "ACTIVE", "cause_details": CauseDetails(type="DEPLOY_ON_PUSH")}, "OK"),
        ({"phase": "ACTIVE", "cause_details": CauseDetails(type="CANARY")}, "UNKNOWN"),
        ({"phase": "ACTIVE", "progress": Progress(steps=[Step(name="a", status="SUCCESS")])}, "OK"),
        ({"phase": "ACTIVE", "progress": Progress(steps=[Step(name="a", status="SKIPPED")])}, "UNKNOWN"),
        ({"phase": "ACTIVE", "progress": Progress(steps=[Step(name="a")])}, "UNKNOWN"),
        ({"phase": "ACTIVE", "progress": Progress(steps=[Step(name="a", status="ERROR")])}, "WARNING"),
        ({"phase": "ACTIVE", "progress": Progress(error_steps=1)}, "WARNING"),
    ],
)
def test_verdict_by_the_newest_deployment(newest, wanted):
    assert verdict(made(minutes=30, **newest), made("SUPERSEDED", 90)) == wanted


def test_manual_rollback_after_a_failure_is_a_failed_release():
    """The rollback does not repair it, as the release is still not deployed."""
    back = made("ACTIVE", 30, cause="rolled back to 1f2e")
    assert verdict(back, made("ERROR", 60), made("SUPERSEDED", 90)) == "CRITICAL"
    assert len(review(back, made("ERROR", 60), made("SUPERSEDED", 90)).unrepaired) == 1


def by(cause: str, commit: str = "") -> dict[str, Any]:
    return {
        "cause_details": CauseDetails(type=cause),
        "services": [Source(name="web", source_commit_hash=commit)] if commit else [],
    }


@pytest.mark.parametrize(
    ("newest", "failed", "wanted"),
    [
        (by("AUTOSCALED"), by("DEPLOY_ON_PUSH"), "CRITICAL"),
        (by("MAINTENANCE", "aaa"), by("DEPLOY_ON_PUSH", "bbb"), "CRITICAL"),
        (by("UPDATE_DATABASE_TRUSTED_SOURCES", "aaa"), by("MANUAL"), "CRITICAL"),
        (by("AUTOSCALED", "bbb"), by("DEPLOY_ON_PUSH", "bbb"), "OK"),
        (by("MAINTENANCE"), by("MAINTENANCE"), "OK"),
        (by("DEPLOY_ON_PUSH", "ccc"), by("DEPLOY_ON_PUSH", "bbb"), "OK"),
        (by("MANUAL"), by("AUTOSCALED"), "OK"),
    ],
)
def test_deployment_of_the_platform_itself_repairs_no_failed_release(newest, failed, wanted):
    """Autoscaling and maintenance deploy again what was deployed; the same commit, or a release, repairs."""
    listed = (made("ACTIVE", 30, **newest), made("ERROR", 60, **failed), made("SUPERSEDED", 90))
    assert verdict(*listed) == wanted
    assert str(judged(WEEKLY, deployment_review=review(*listed))[0]) == wanted
    twice = (made("ACTIVE", 10, **newest), made("SUPERSEDED", 30, **newest), *listed[1:])
    assert verdict(*twice) == wanted


def of(cause: str, **commits: str) -> dict[str, Any]:
    built = [Source(name=name, source_commit_hash=commit) for name, commit in commits.items()]
    return {"cause_details": CauseDetails(type=cause), "services": built}


@pytest.mark.parametrize(
    ("newest", "failed", "wanted"),
    [
        # doctl apps update without --update-sources, or a variable that was changed in the console
        (of("MANUAL", web="aaa", api="111"), of("DEPLOY_ON_PUSH", web="bbb", api="111"), "CRITICAL"),
        (of("MANUAL", web="aaa", api="111"), of("DEPLOY_ON_PUSH", web="aaa", api="222"), "CRITICAL"),
        (of("AUTOSCALED", web="aaa", api="111"), of("DEPLOY_ON_PUSH", web="aaa", api="222"), "CRITICAL"),
        # a push to the repository of another component
        (of("DEPLOY_ON_PUSH", web="aaa", api="333"), of("DEPLOY_ON_PUSH", web="bbb", api="111"), "CRITICAL"),
        # the branch was set back to an earlier commit
        (of("DEPLOY_ON_PUSH", web="aaa", api="111"), of("DEPLOY_ON_PUSH", web="bbb", api="111"), "OK"),
        # a new spec failed, and was corrected
        (of("MANUAL", web="aaa", api="111"), of("MANUAL", web="aaa", api="111"), "OK"),
        (of("MANUAL", web="bbb", api="111"), of("DEPLOY_ON_PUSH", web="bbb", api="111"), "OK"),
        (of("MANUAL", web="ccc", api="111"), of("DEPLOY_ON_PUSH", web="bbb", api="111"), "OK"),
        # images of a registry have no commit
        (of("MANUAL"), of("MANUAL"), "OK"),
    ],
)
def test_deployment_of_the_sources_from_before_repairs_no_failed_release(newest, failed, wanted):
    """What was merged does not run, although a later deployment succeeded."""
    before = of("DEPLOY_ON_PUSH", web="aaa", api="111")
    listed = (made("ACTIVE", 30, **newest), made("ERROR", 60, **failed), made("SUPERSEDED", 90, **before))
    assert verdict(*listed) == wanted
    assert str(judged(WEEKLY, deployment_review=review(*listed))[0]) == wanted


def test_failure_from_before_the_week_counts_behind_what_the_platform_made():
    """Autoscaling made all of the week's deployments, and the newest from before it."""
    scaled = [
        made("ACTIVE" if not days else "SUPERSEDED", days * DAY + 5, **by("AUTOSCALED")) for days in (0, 3, 8)
    ]
    found = review(*scaled, made("ERROR", 9 * DAY), made("SUPERSEDED", 10 * DAY), made("ERROR", 11 * DAY))
    assert [one.age for one in found.unrepaired] == [9 * DAY * 60]


def test_failed_release_behind_autoscaling_is_named():
    listed = (made("ACTIVE", 30, cause="autoscaled", **by("AUTOSCALED")), made("ERROR", 60))
    assert measure(*listed).found == "ACTIVE, 30 min ago (autoscaled); before it ERROR, 1 h ago (manual)"


def test_superseded_deployment_that_never_served_repairs_nothing():
    """The newer one took its place while it was built; what was active before them still serves."""
    found = review(made("BUILDING", 5), made("SUPERSEDED", 15), made("ERROR", 60), made("ACTIVE", 90))
    assert [one.phase for one in found.unrepaired] == ["ERROR"]
    found = review(made("ACTIVE", 5), made("SUPERSEDED", 15), made("ERROR", 60), made("SUPERSEDED", 90))
    assert found.unrepaired == ()


@pytest.mark.parametrize("phase", ["UNKNOWN", "HIBERNATING"])
def test_unknown_phase_makes_the_week_unknown(phase):
    found = review(made("ACTIVE", 60), made(phase, 90), made("SUPERSEDED", 120))
    assert str(judged(WEEKLY, deployment_review=found)[0]) == "UNKNOWN"


def test_deployment_stopped_for_a_newer_one_is_no_failure():
    stopped = [made("CANCELED", 100 + n) for n in range(4)]
    found = review(made("ACTIVE", 60), *stopped, *(made("SUPERSEDED", 200 + n) for n in range(4)))
    assert found.failure_share is not None
    assert found.failure_share.value == 0


def test_incomplete_listing_is_not_the_whole_week():
    class Cut(FakeApi):
        def deployments(self, since: datetime | None = None) -> Listing[Deployment]:
            return Listing(self.found, listed("deployments", 2, 5))

    settings = load("sandbox", environment={})
    good = (made("ACTIVE", 60), made("SUPERSEDED", 90))
    found = deployments(cast(DigitalOceanApi, Cut(*good)), settings, FixedClock(NOW), Earlier(), OwnApp())
    verdict, message = judged(RECENT, deployments=found)
    assert (str(verdict), "expected all 5 deployments, got 2 deployments" in message) == ("UNKNOWN", True)
    bad = deployments(
        cast(DigitalOceanApi, Cut(made("ERROR", 5), *good)), settings, FixedClock(NOW), Earlier(), OwnApp()
    )
    assert str(judged(RECENT, deployments=bad)[0]) == "CRITICAL"
