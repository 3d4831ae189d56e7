"""Runs of the app's jobs, in the words of DigitalOcean's API description."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from playbook.clients.digitalocean_pages import PER_PAGE
from playbook.core.clock import FixedClock
from playbook.core.errors import Denied, Malformed
from playbook.measure.app.components import AppComponents, Component
from playbook.measure.app.jobs import AppJobs, app_jobs
from playbook.measure.app.restarts import KnownRestarts
from tests.canned import NOW, Canned
from tests.judged import check, judged

HOURLY = {"cron": "17 * * * *", "time_zone": "Europe/Berlin"}
NIGHTLY = {"cron": "30 2 * * *", "time_zone": "America/New_York"}
AT = NOW.replace(hour=12, minute=0, second=0, microsecond=0)  # 07:00 in New York
HEALTHY = AppComponents((Component("web", "HEALTHY", 1, 1),))


def measured(
    runs: list[dict[str, Any]],
    *,
    schedule: dict[str, str] | None = None,
    kind: str = "SCHEDULED",
    deployed: timedelta = timedelta(days=9),
    pages: dict[str, Any] | None = None,
) -> AppJobs:
    canned = Canned()
    job = {"name": "backup", "kind": kind, **({"schedule": schedule} if schedule else {})}
    spec = {"name": "shop", "jobs": [job]}
    active = {"id": "d", "phase": "ACTIVE", "created_at": stamp(deployed), "spec": spec}
    base = f"/v2/apps/{canned.state.app_id}"
    listing = {"job_invocations": runs, "links": {}, **(pages or {})}
    canned.answers = {
        base: (200, {"app": {"id": "x", "spec": spec, "active_deployment": active}}),
        f"{base}/job-invocations": (200, listing),
    }
    return app_jobs(canned.api, FixedClock(AT))


def stamp(ago: timedelta) -> str:
    return f"{AT - ago:%Y-%m-%dT%H:%M:%SZ}"


def run(phase: str, hours: float) -> dict[str, Any]:
    at = stamp(timedelta(hours=hours))
    return {"id": f"{phase} {at}", "job_name": "backup", "phase": phase, "created_at": at}


def verdict(found: AppJobs) -> tuple[str, str]:
    the_check = check("test_app", "test_every_component_is_healthy")
    said, message = judged(the_check, app_components=HEALTHY, app_jobs=found, known_restarts=KnownRestarts(()))
    return str(said), message


HOURS = [run("SUCCEEDED", 0.7 + hour) for hour in range(30)]
NIGHTS = [run("SUCCEEDED", 4.5 + 24 * night) for night in range(9)]


@pytest.mark.parametrize(
    ("schedule", "runs", "said"),
    [
        (HOURLY, HOURS, "OK"),
        (HOURLY, [run("RUNNING", 0.7), *HOURS[1:]], "OK"),
        (HOURLY, [run("PENDING", 0.1), *HOURS], "OK"),
        (HOURLY, [run("SKIPPED", 0.7), *HOURS[1:]], "OK"),  # the one before is the one that was due
        (HOURLY, [run("CANCELED", 0.7), *HOURS[1:]], "OK"),
        (HOURLY, [run("FAILED", 0.7), *HOURS[1:]], "WARNING"),
        (HOURLY, [run("RUNNING", 0.1), run("FAILED", 0.7), *HOURS[1:]], "WARNING"),
        (HOURLY, [run("SUCCEEDED", 0.2), run("FAILED", 0.7), *HOURS[1:]], "OK"),  # by hand, after it
        (HOURLY, [run("CANCELED", 0.7), run("FAILED", 1.7), *HOURS[2:]], "WARNING"),
        (HOURLY, HOURS[3:], "WARNING"),
        (HOURLY, [run("SKIPPED", 0.7), run("SKIPPED", 1.7), run("SKIPPED", 2.7), *HOURS[3:]], "WARNING"),
        (HOURLY, [run("RUNNING", 30), *HOURS[30:]], "WARNING"),  # stuck
        (HOURLY, list(reversed(HOURS)), "OK"),
        (HOURLY, [*reversed(HOURS[1:]), run("FAILED", 0.7)], "WARNING"),
        (HOURLY, [], "WARNING"),
        (HOURLY, [{**HOURS[0], "phase": "UNKNOWN"}, *HOURS[1:]], "UNKNOWN"),
        (HOURLY, [{**HOURS[0], "phase": "TIMED_OUT"}, *HOURS[1:]], "UNKNOWN"),
        (HOURLY, [{"id": "r", "job_name": "backup", "phase": "SUCCEEDED"}], "UNKNOWN"),
        ({"cron": "@hourly"}, HOURS, "UNKNOWN"),
        ({"cron": "17 * * * *", "time_zone": "Mars"}, HOURS, "UNKNOWN"),
        ({}, HOURS, "UNKNOWN"),
        (NIGHTLY, NIGHTS, "OK"),
        (NIGHTLY, NIGHTS[1:], "WARNING"),
        (NIGHTLY, [run("RUNNING", 4.5), *NIGHTS[1:]], "OK"),
        (NIGHTLY, [{**NIGHTS[0], "job_name": "other"}, *NIGHTS[1:]], "WARNING"),
    ],
)
def test_scheduled_job_is_on_time(schedule: dict[str, str], runs: list[dict[str, Any]], said: str) -> None:
    assert verdict(measured(runs, schedule={"cron": "", **schedule}))[0] == said


SECONDS = timedelta(seconds=40)


def done(hours: float, took: timedelta) -> dict[str, Any]:
    """A run that succeeded, with its end."""
    ended = stamp(timedelta(hours=hours) - took)
    return {**run("SUCCEEDED", hours), "completed_at": ended}


SHORT, LONG = ([done(4.5 + 24 * night, took) for night in (1, 2, 3)] for took in (SECONDS, timedelta(hours=1)))
ENDLESS = [{**one, "completed_at": "0001-01-01T00:00:00Z"} for one in NIGHTS[1:]]


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([run("RUNNING", 4.5), *SHORT], "WARNING"),
        ([run("PENDING", 4.5), *SHORT], "WARNING"),
        ([run("RUNNING", 4.5), *LONG], "OK"),
        ([run("RUNNING", 0.9), done(4.5, SECONDS), *SHORT], "OK"),
        ([done(4.0, SECONDS), run("RUNNING", 4.5), *SHORT], "OK"),  # it hung, and was repeated by hand
        ([run("RUNNING", 4.5), *ENDLESS], "OK"),  # nobody tells how long they took
        ([run("RUNNING", 4.5), *({**one, "completed_at": "soon"} for one in ENDLESS)], "OK"),
    ],
)
def test_job_that_hangs_is_found(runs: list[dict[str, Any]], said: str) -> None:
    found = measured(runs, schedule=NIGHTLY)
    assert verdict(found)[0] == said
    assert all("where none that succeeded took more than 40 s" in fault for fault in found.faults)


def test_message_names_the_job_and_its_run() -> None:
    _, message = verdict(measured([run("FAILED", 0.7), *HOURS[1:]], schedule=HOURLY))
    expected = "Jobs: expected the last run of each to have succeeded, and scheduled ones on time"
    assert message.startswith(f"{expected}, got backup FAILED in its last run, of ")


def test_new_job_is_not_late() -> None:
    assert verdict(measured([], schedule=NIGHTLY, deployed=timedelta(hours=2)))[0] == "OK"
    # One that was there before the deployment is.
    assert verdict(measured(NIGHTS[1:], schedule=NIGHTLY, deployed=timedelta(hours=2)))[0] == "WARNING"


@pytest.mark.parametrize(
    ("kind", "runs", "said"),
    [
        ("PRE_DEPLOY", [run("SUCCEEDED", 24)], "OK"),
        ("PRE_DEPLOY", [], "OK"),
        ("PRE_DEPLOY", [run("FAILED", 24)], "WARNING"),  # of a newer deployment than the active one
        ("POST_DEPLOY", [run("FAILED", 24), run("SUCCEEDED", 48)], "WARNING"),
        ("FAILED_DEPLOY", [run("FAILED", 24 * 200)], "OK"),  # of a deployment long ago
        ("", [run("RUNNING", 1)], "OK"),
    ],
)
def test_job_of_a_deployment_counts_until_the_next(kind: str, runs: list[dict[str, Any]], said: str) -> None:
    assert verdict(measured(runs, kind=kind))[0] == said


def test_listing_that_is_cut_is_not_good() -> None:
    same = {"links": {"pages": {"next": "https://api.digitalocean.com/x?page=1"}}}
    assert verdict(measured(HOURS, schedule=HOURLY, pages=same))[0] == "UNKNOWN"
    assert measured([run("FAILED", 0.7)], schedule=HOURLY, pages=same).faults
    # A full page in order is enough: a job that runs every minute has thousands of runs.
    minutes = [run("SUCCEEDED", minute / 60) for minute in range(PER_PAGE)]
    many = {"links": {"pages": {"next": "https://api.digitalocean.com/x?page=2"}}}
    assert verdict(measured(minutes, schedule={"cron": "* * * * *"}, pages=many))[0] == "OK"


def test_token_without_the_right_is_denied() -> None:
    canned = Canned()
    path = f"/v2/apps/{canned.state.app_id}/job-invocations"
    canned.answers[path] = (403, {"id": "forbidden", "message": "You are not authorized"})
    with pytest.raises(Denied, match="the runs of the job send-digest"):
        app_jobs(canned.api, FixedClock(NOW))


def test_platform_that_lists_no_runs_leaves_jobs_without_health() -> None:
    canned = Canned()
    path = f"/v2/apps/{canned.state.app_id}/job-invocations"
    canned.answers[path] = (404, {"id": "not_found", "message": "The resource you requested could not be found."})
    found = app_jobs(canned.api, FixedClock(NOW))
    assert verdict(found)[0] == "OK"
    assert "runs of the job send-digest not told" in found.coverage.words
    canned.answers[path] = (200, {"message": "no such route"})
    with pytest.raises(Malformed, match="an error in an HTTP 2xx answer"):
        app_jobs(canned.api, FixedClock(NOW))


def test_app_without_jobs_asks_nothing() -> None:
    assert verdict(AppJobs(()))[0] == "OK"
