"""Events of autoscaling, in the words of DigitalOcean's API description."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from playbook.core.clock import FixedClock
from playbook.core.errors import Denied
from playbook.measure.app.autoscaling import Autoscaling, autoscaling
from playbook.measure.app.components import AppComponents, Component
from playbook.measure.app.jobs import AppJobs
from playbook.measure.app.restarts import KnownRestarts
from tests.canned import NOW, Canned
from tests.judged import check, judged

SCALED = {"autoscaling": {"min_instance_count": 1, "max_instance_count": 5, "metrics": {"cpu": {"percent": 75}}}}
SLEEPING = {"inactivity_sleep": {"after_seconds": 600}}
HEALTHY = AppComponents((Component("web", "HEALTHY", 2, 2),))


def event(
    phase: Any, hours: float, name: str = "web", *, before: int = 2, after: int = 4, by: str = "cpu"
) -> dict[str, Any]:
    at = NOW - timedelta(hours=hours)
    return {
        "id": f"{phase} {hours}",
        "type": "AUTOSCALING",
        "created_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "deployment_id": "d",
        "autoscaling": {
            "phase": phase,
            "components": {name: {"from": before, "to": after, "triggering_metric": by}},
        },
    }


def canned(events: Any, how: dict[str, Any] | None = None, status: int = 200) -> Canned:
    found = Canned()
    spec = {"name": "shop", "services": [{"name": "web", **(SCALED if how is None else how)}]}
    base = f"/v2/apps/{found.state.app_id}"
    found.answers = {
        base: (200, {"app": {"id": "x", "spec": spec, "active_deployment": {"id": "d", "phase": "ACTIVE"}}}),
        f"{base}/events": (
            status,
            {"events": events, "links": {}} if status == 200 else {"id": "x", "message": "y"},
        ),
    }
    return found


def measured(events: list[dict[str, Any]], how: dict[str, Any] | None = None) -> Autoscaling:
    return autoscaling(canned(events, how).api, FixedClock(NOW))


def verdict(found: Autoscaling) -> tuple[str, str]:
    said, message = judged(
        check("test_app", "test_every_component_is_healthy"),
        app_components=HEALTHY,
        app_jobs=AppJobs(()),
        known_restarts=KnownRestarts(()),
        autoscaling=found,
    )
    return str(said), message


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], "OK"),
        ([event("SUCCEEDED", 1)], "OK"),
        ([event("FAILED", 1)], "WARNING"),
        ([event("FAILED", 1), event("SUCCEEDED", 2)], "WARNING"),
        ([event("SUCCEEDED", 1), event("FAILED", 2)], "OK"),  # done since
        ([event("SUCCEEDED", 1, "worker"), event("FAILED", 2)], "WARNING"),  # of another component
        ([event("CANCELED", 1), event("FAILED", 2)], "WARNING"),  # by a deployment
        ([event("CANCELED", 1)], "OK"),
        ([event("FAILED", 30)], "OK"),  # the day before
        ([event("IN_PROGRESS", 0.1)], "OK"),
        ([event("IN_PROGRESS", 3)], "WARNING"),
        ([event("PENDING", 3)], "WARNING"),
        ([event("UNKNOWN", 1)], "UNKNOWN"),
        ([event("", 1)], "UNKNOWN"),
        ([event("ROLLED_BACK", 1)], "UNKNOWN"),
        # Nobody knows when that was, of what it tells, or whether it is one.
        ([event("FAILED", 1) | {"created_at": None}], "UNKNOWN"),
        ([event("FAILED", 1) | {"created_at": "0001-01-01T00:00:00Z"}], "UNKNOWN"),
        ([event("SUCCEEDED", 1), event("FAILED", 2) | {"autoscaling": None}], "UNKNOWN"),
        ([event("FAILED", 1) | {"type": ""}], "WARNING"),
        ([{}], "UNKNOWN"),
        (
            [{"type": "DEPLOYMENT", "created_at": f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "deployment": {"phase": "ERROR"}}],
            "OK",
        ),
    ],
)
def test_component_that_could_not_be_scaled_is_a_warning(events: list[dict[str, Any]], expected: str) -> None:
    """It is HEALTHY with all the replicas that it has."""
    said, message = verdict(measured(events))
    assert said == expected, message


def test_message_says_what_was_wanted() -> None:
    message = verdict(measured([event("FAILED", 1, before=2, after=5, by="requests_per_second")]))[1]
    assert "got web FAILED from 2 to 5 replicas (requests_per_second) on " in message
    assert (
        "got web FAILED from ? to ? replicas on "
        in verdict(
            measured([event("FAILED", 1) | {"autoscaling": {"phase": "FAILED", "components": {"web": {}}}}])
        )[1]
    )


def test_service_that_sleeps_and_does_not_wake_is_found() -> None:
    """It is scaled from zero when somebody comes."""
    found = measured([event("FAILED", 1, before=0, after=1, by="scale_from_zero")], SLEEPING)
    assert verdict(found)[0] == "WARNING"


def test_nothing_is_asked_where_nothing_is_scaled() -> None:
    api = canned([], {"instance_count": 2})
    found = autoscaling(api.api, FixedClock(NOW))
    assert (found.statements, verdict(found)[0]) == ([], "OK")
    assert not any("events" in path for path in api.asked)


def test_only_events_of_autoscaling_are_asked_for() -> None:
    api = canned([])
    autoscaling(api.api, FixedClock(NOW))
    [asked] = [path for path in api.asked if "events" in path]
    assert "event_types=AUTOSCALING" in asked


def test_platform_that_does_not_list_them_is_no_fault() -> None:
    found = autoscaling(canned([], status=404).api, FixedClock(NOW))
    assert verdict(found)[0] == "OK"
    assert "autoscaling not told" in found.coverage.words


def test_refusal_is_no_good_answer() -> None:
    with pytest.raises(Denied):
        autoscaling(canned([], status=403).api, FixedClock(NOW))
