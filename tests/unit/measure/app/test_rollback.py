"""Target of a rollback."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_types import CauseDetails, Deployment, Rollback, RollbackCondition
from playbook.clients.listing import Listing
from playbook.core.clock import FixedClock
from playbook.core.coverage import whole
from playbook.core.errors import TooLittleData
from playbook.measure.app.app import OwnApp
from playbook.measure.app.rollback import RollbackPlan, rollback, rollback_asked
from tests.judged import check, judged

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
VALID = Rollback(valid=True)


class FakeApi:
    """Deployments newest first, named by their position in the list."""

    def __init__(self, phases: list[str], said: Rollback) -> None:
        self.phases, self.said = phases, said
        self.asked: list[str] = []

    def deployments(self, since: datetime | None = None) -> Listing[Deployment]:
        made = [
            Deployment(
                id=str(number),
                phase=phase.partition(" ")[0],
                cause="push",
                cause_details=CauseDetails(type=phase.partition(" ")[2] or "DEPLOY_ON_PUSH"),
                created_at=NOW - timedelta(hours=number + 1),
            )
            for number, phase in enumerate(self.phases)
        ]
        return Listing(reversed(made), whole(f"{len(made)} deployments"))

    def validate_rollback(self, deployment_id: str) -> Rollback:
        self.asked.append(deployment_id)
        return self.said


def plan(phases: list[str], said: Rollback = VALID) -> tuple[RollbackPlan, list[str]]:
    api = FakeApi(phases, said)
    return rollback(rollback_asked(cast(DigitalOceanApi, api), FixedClock(NOW), OwnApp())), api.asked


@pytest.mark.parametrize(
    ("phases", "target"),
    [
        (["ACTIVE", "SUPERSEDED", "SUPERSEDED"], "1"),
        (["ACTIVE", "ERROR", "CANCELED", "SUPERSEDED"], "3"),
        (["ERROR", "ACTIVE", "SUPERSEDED"], "2"),
        (["DEPLOYING", "ACTIVE", "SUPERSEDED"], "2"),
        (["ERROR", "SUPERSEDED"], "1"),
        # What the platform deployed again is the running release.
        (["ACTIVE AUTOSCALED", "SUPERSEDED", "SUPERSEDED"], "2"),
        (["ACTIVE AUTOSCALED", "SUPERSEDED MAINTENANCE", "ERROR", "SUPERSEDED", "SUPERSEDED"], "4"),
        (["ACTIVE", "SUPERSEDED AUTOSCALED", "SUPERSEDED"], "1"),
        (["ACTIVE MANUAL", "SUPERSEDED"], "1"),  # another spec
    ],
)
def test_target_is_the_newest_earlier_good_deployment(phases, target):
    found, asked = plan(phases)
    assert found.target is not None
    assert (found.target.id, asked) == (target, [target])
    assert found.valid
    assert found.found_target == f"push, 2026-03-02 0{6 - int(target)}:30 UTC ({int(target) + 1} h ago)"


@pytest.mark.parametrize("phases", [["ACTIVE"], ["ACTIVE", "ERROR"], ["ERROR", "CANCELED"]])
def test_missing_target_is_not_validated(phases):
    found, asked = plan(phases)
    assert (found.target, found.valid, asked) == (None, False, [])


def test_refusals_and_warnings_are_reported():
    refused, _ = plan(
        ["ACTIVE", "SUPERSEDED"],
        Rollback(valid=False, error=RollbackCondition(code="app_pinned", message="It is.")),
    )
    assert (refused.valid, refused.found) == (False, "app_pinned: It is")
    warned, _ = plan(
        ["ACTIVE", "SUPERSEDED"],
        Rollback(valid=True, warnings=[RollbackCondition(code="a", message="b."), RollbackCondition(code="c")]),
    )
    assert (warned.valid, warned.found_warnings) == (True, "a: b, and 1 more")


def test_refusal_without_a_reason_is_reported():
    assert plan(["ACTIVE", "SUPERSEDED"], Rollback())[0].found == "that it is not, without a reason"


def test_no_deployments_is_too_little_data():
    with pytest.raises(TooLittleData):
        plan([])


@pytest.mark.parametrize(
    ("phases", "said", "wanted"),
    [
        (["ACTIVE", "SUPERSEDED"], VALID, "OK"),
        (["SUPERSEDED", "SUPERSEDED"], VALID, "UNKNOWN"),
        (["ACTIVE AUTOSCALED", "SUPERSEDED AUTOSCALED"], VALID, "UNKNOWN"),
        (["ACTIVE AUTOSCALED", "SUPERSEDED"], VALID, "CRITICAL"),  # to the release that runs now
        (["ACTIVE AUTOSCALED", "SUPERSEDED", "SUPERSEDED"], VALID, "OK"),
        (["ACTIVE", "HIBERNATING"], VALID, "CRITICAL"),
        (["ACTIVE", "SUPERSEDED"], Rollback(valid=True, error=RollbackCondition(code="new_code")), "CRITICAL"),
        (["ACTIVE", "SUPERSEDED"], Rollback(valid=True, warnings=[RollbackCondition(code="new_code")]), "WARNING"),
    ],
)
def test_rollback_verdicts(phases, said, wanted):
    found, _ = plan(phases, said)
    assert str(judged(check("test_rollback", "test_rollback_is_possible"), rollback=found)[0]) == wanted
