"""Whole load tests of a small website: what is measured, what is said of failures, and which caps hold."""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import trustme

from loadtests.launch import HTML, LOG, PLAN, run
from playbook.core.errors import Unmeasured
from playbook.readers.load.outcome import FINISHED, INTERRUPTED, TIME_IS_UP, UNREACHABLE, Outcome
from playbook.readers.load.plan import Break, Stage
from tests.unit.loadtests.locusts import run_until
from tests.unit.loadtests.plans import plan_of
from tests.unit.loadtests.website import HEALTHY, PAGE, WEBP, Website, website
from tests.unit.loopback import closed_port

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("forked")]

SMALL = {"small": 64, "medium": 96, "large": 128}
EVERYTHING = {
    "homepage": 4.0,
    "health": 1.0,
    "image_health": 1.0,
    "optimize_small_jpeg": 2.0,
    "optimize_large_png": 2.0,
}
STOPPED = f"{INTERRUPTED}: SIGINT"  # by run_until


def _long(users: int, rate: float = 50.0) -> dict[str, Any]:
    """Of a plan: users who stay until enough was seen."""
    return {"stages": [Stage(users, 90.0, rate)], "most_seconds": 90.0}


def _messages(outcome: Outcome) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for error in outcome.errors:
        found.setdefault(error.name, set()).add(error.message)
    return found


@pytest.mark.parametrize("workers", [0, 2])
def test_answers_of_a_cache_are_counted(tmp_path: Path, workers: int) -> None:
    """By endpoint and in all: of a homepage they are good, of a health endpoint they tell nothing."""

    def act(handler: Any) -> bool:
        if handler.path.endswith("health"):
            handler.say(200, "application/json", HEALTHY, Age="9")
        else:
            handler.say(200, "text/html; charset=utf-8", PAGE, **{"CF-Cache-Status": "HIT"})
        return True

    with website() as site:
        site.act = act
        plan = plan_of(site.port, weights={"homepage": 2.0, "health": 1.0}, workers=workers, **_long(4))
        outcome = run_until(plan, tmp_path, lambda: len(site.times) > 60, workers=workers)
    health, homepage = outcome.endpoints
    assert outcome.all.cached == homepage.cached == homepage.requests > 0
    assert (health.cached, outcome.all.failures) == (0, 0)
    assert {(one.name, one.message) for one in outcome.unclear} == {
        ("health", "expected an answer of the instance, got one from a cache (age: N)")
    }


def test_every_request_is_counted_by_endpoint_and_second(tmp_path: Path) -> None:
    """As many as the website saw, by endpoint and by second; Locust's own page and log lie beside it."""
    with website() as site:
        plan = plan_of(site.port, weights=EVERYTHING, widths=SMALL, repeats_percent=0.0, **_long(4))
        outcome = run_until(plan, tmp_path, lambda: len(site.times) > 150)
    assert outcome.ended == STOPPED
    # Requests in work at the end are cut off: at most one for each user.
    assert 0 <= len(site.times) - outcome.all.requests <= 4
    assert [endpoint.name for endpoint in outcome.endpoints] == sorted(EVERYTHING)
    assert sum(endpoint.requests for endpoint in outcome.endpoints) == outcome.all.requests
    assert sum(moment.requests for moment in outcome.moments) == outcome.all.requests
    assert (outcome.all.failures, outcome.errors, outcome.refused, outcome.throttled) == (0, [], [], 0)
    assert outcome.most_users == 4
    assert outcome.all.p50 is not None
    assert 0 < outcome.all.p50 < 1
    assert len(site.bodies) == len(set(site.bodies))
    assert "User-Agent: operations-playbook-load-test" in site.heads[0]
    assert {HTML, LOG, PLAN} <= {file.name for file in tmp_path.iterdir()}


def test_failures_are_described_by_endpoint(tmp_path: Path) -> None:
    """By endpoint, with no number that makes it one of a kind."""
    counted = Counter[str]()

    def act(handler: Any) -> bool:
        counted[handler.path] += 1
        match handler.path:
            case "/":
                handler.say(503, "text/html", b"request 7a81f0 failed")
            case "/api/health":
                handler.say(200, "application/json", b'{"status":"ok","redis":{"status":"down"}}')
            case "/api/image/health":
                return bool(handler.hang_up())
            case _ if counted[handler.path] % 3 == 0:
                handler.say(200, "image/webp", b"\xff\xd8\xff")
            case _ if counted[handler.path] % 3 == 1:
                handler.say(200, "image/webp", WEBP + bytes(50_000))
            case _:
                handler.say(200, "text/html", b"<html>sorry")
        return True

    with website() as site:
        site.act = act
        weights = {"homepage": 1.0, "health": 1.0, "image_health": 1.0, "optimize_small_jpeg": 2.0}
        plan = plan_of(site.port, weights=weights, widths=SMALL, **_long(4))
        # The last four, one of each user, may not have been read any more.
        outcome = run_until(plan, tmp_path, lambda: len(counted) == 4 and min(counted.values()) > 7)
    assert outcome.ended == STOPPED
    assert outcome.all.failures == outcome.all.requests - outcome.all.cut > 20
    assert _messages(outcome) == {
        "homepage": {"HTTP 503"},
        "health": {"expected to be healthy, got ok, redis down"},
        "image_health": {"connection closed before the answer was whole"},
        "optimize_small_jpeg": {
            "expected image/webp, got bytes that do not begin as it does",
            "expected an image smaller than the original, got one that is not",
            "expected an image, got text/html",
        },
    }


def test_invalid_page_or_json_fails(tmp_path: Path) -> None:
    """Status 200 is not enough."""

    counted = Counter[str]()

    def act(handler: Any) -> bool:
        counted[handler.path] += 1
        if handler.path == "/":
            handler.say(200, "text/html", b"Bad gateway")
        else:
            handler.say(200, "application/json", b"", **{"Content-Encoding": "br"})
        return True

    with website() as site:
        site.act = act
        plan = plan_of(site.port, weights={"homepage": 1.0, "health": 1.0}, **_long(3))
        outcome = run_until(plan, tmp_path, lambda: len(counted) == 2 and min(counted.values()) > 5)
    assert _messages(outcome) == {
        "homepage": {"expected the page, got an error page that says 'bad gateway'"},
        "health": {"a compressed answer that is damaged or cut off"},
    }


def test_answer_that_is_not_understood_is_counted_apart(tmp_path: Path) -> None:
    """It is no failure, and no proof of health."""

    with website() as site:
        site.act = lambda handler: bool(handler.say(200, "application/json", b'{"status":"pending"}')) or True
        plan = plan_of(site.port, weights={"health": 1.0}, **_long(3))
        outcome = run_until(plan, tmp_path, lambda: len(site.times) > 20)
    (odd,) = outcome.unclear
    assert (outcome.errors, odd.name, odd.times) == ([], "health", outcome.all.requests - outcome.all.cut)
    assert odd.message.startswith("expected a health report, got the status 'pending'")


def test_slow_answer_is_cut_off(tmp_path: Path) -> None:
    """Also one that comes byte by byte, each within the limit of one reading."""

    def act(handler: Any) -> bool:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 500\r\n\r\n")
        for _ in range(480):
            handler.wfile.write(b".")
            time.sleep(0.05)
        return True

    with website() as site:
        site.act = act
        plan = plan_of(site.port, connect_seconds=0.3, read_seconds=0.4, **_long(3))
        outcome = run_until(plan, tmp_path, lambda: len(site.times) > 6)
    assert _messages(outcome) == {"homepage": {"no whole answer within the time limits (0.3 s + 0.4 s)"}}
    assert outcome.all.requests >= 3
    assert outcome.all.slowest is not None
    assert 0.69 < outcome.all.slowest < 20  # of the 24 s that the whole answer would take


def test_unreachable_host_ends_test_early(tmp_path: Path) -> None:
    """Early, and with what was tried."""
    outcome = run(plan_of(closed_port(), unreachable_seconds=1.0, stages=[Stage(3, 20.0, 9.0)]), tmp_path)
    assert outcome.ended == f"{UNREACHABLE}: nothing in 1 s"
    assert outcome.seconds < outcome.planned_seconds
    assert _messages(outcome) == {"homepage": {"connection refused"}}


def test_dying_host_ends_test_with_outcome(tmp_path: Path) -> None:
    """What it did before is kept."""

    def act(handler: Any) -> bool:
        if len(site.times) < 60:
            return False
        handler.server.socket.close()  # connections are refused from now on
        return bool(handler.hang_up())

    with website() as site:
        site.act = act
        outcome = run(plan_of(site.port, unreachable_seconds=1.0, stages=[Stage(4, 20.0, 9.0)]), tmp_path)
    assert outcome.ended == f"{UNREACHABLE}: nothing in 1 s"
    assert outcome.all.requests - outcome.all.failures >= 40
    assert outcome.all.failures > 0


def test_cap_on_requests_per_second_holds(tmp_path: Path) -> None:
    """Whatever twenty users without a pause would like."""
    with website() as site:
        plan = plan_of(site.port, wait_seconds=(0.0, 0.0), most_requests_per_second=30.0, **_long(20))
        outcome = run_until(plan, tmp_path, lambda: len(site.times) > 70)
    assert len(site.times) <= 30 * (max(site.times) - outcome.started.timestamp() + 0.2)
    assert outcome.throttled > 30
    assert outcome.all.p50 is not None
    # The wait for a turn, two thirds of a second here, is no part of a response.
    assert outcome.all.p50 < outcome.throttled_seconds / outcome.throttled / 2


def test_cap_on_users_holds(tmp_path: Path) -> None:
    """Whatever the stages say; the outcome says how many there were."""

    def act(_: Any) -> bool:
        time.sleep(0.05)
        return False

    with website() as site:
        site.act = act
        plan = plan_of(site.port, most_users=3, wait_seconds=(0.0, 0.0), **_long(40, 100.0))
        outcome = run_until(plan, tmp_path, lambda: site.most_at_once > 2 and len(site.times) > 60)
    assert (outcome.most_users, site.most_at_once) == (3, 3)


def test_cap_on_seconds_holds(tmp_path: Path) -> None:
    """And the outcome says that it was the cap."""
    with website() as site:
        outcome = run(plan_of(site.port, stages=[Stage(2, 600.0, 9.0)], most_seconds=1.0), tmp_path)
    assert outcome.ended == TIME_IS_UP
    assert 0.9 < outcome.seconds < 300  # of the 600 that the stage would take, by another clock
    assert outcome.planned_seconds == 1.0


def test_breakpoint_is_found(tmp_path: Path) -> None:
    """A website that is slow for good once twenty visitors were there at once, however fast the machine is."""
    inside, crowded = 0, False
    counting = threading.Lock()

    def act(_: Any) -> bool:
        nonlocal inside, crowded
        with counting:
            inside += 1
            crowded = crowded or inside > 20
        time.sleep(1.3 if crowded else 0.02)
        with counting:
            inside -= 1
        return False

    with website() as site:
        site.act = act
        plan = plan_of(
            site.port,
            shape="breakpoint",
            stages=[Stage(users, 2.5 if users < 100 else 4.0, 200.0) for users in (4, 12, 120, 140)],
            wait_seconds=(0.0, 0.0),
            most_users=150,
            breaks=Break(
                p95_seconds=1.0, failed_percent=1.0, least_requests=20, settle_seconds=0.5, confirm=False
            ),
        )
        outcome = run(plan, tmp_path)
    assert outcome.ended == FINISHED
    assert [(step.users, bool(step.broke)) for step in outcome.steps] == [(4, False), (12, False), (120, True)]
    # The latter if so many requests wait at once that most answers come after the step.
    assert re.match(
        r"P95 \d+\.\d\d s, at most 1 s|\d+ of \d+ requests waited for over 1 s", outcome.steps[-1].broke
    )
    assert outcome.steps[1].per_second > 0


def _tls(site_authority: trustme.CA) -> Any:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    site_authority.issue_cert("localhost").configure_cert(context)
    return context


def test_only_plan_authority_is_trusted(tmp_path: Path) -> None:
    """With the right file all is well; with another's nothing is asked, and it is said why."""
    right, wrong = trustme.CA(), trustme.CA()
    for name, authority in (("right", right), ("wrong", wrong)):
        authority.cert_pem.write_to_path(tmp_path / f"{name}.pem")
    seen: dict[str, tuple[Outcome, Website]] = {}
    for name in ("right", "wrong"):
        with website(_tls(right)) as site:
            plan = plan_of(
                site.port,
                host=f"https://localhost:{site.port}",
                ca=str(tmp_path / f"{name}.pem"),
                **_long(2),
            )
            enough = lambda site=site: max(len(site.times), site.connections) > 5  # noqa: E731
            seen[name] = run_until(plan, tmp_path / name, enough), site
    assert seen["right"][0].all.failures == 0 < seen["right"][0].all.requests
    wrong_ones = seen["wrong"][0].all
    assert wrong_ones.failures == wrong_ones.requests - wrong_ones.cut > 0
    [message] = _messages(seen["wrong"][0])["homepage"]
    assert message.startswith("TLS: ")
    assert seen["wrong"][1].times == []


def test_locust_start_failure_shows_its_output(tmp_path: Path) -> None:
    """The last that it said stands in the message, and where the rest is."""
    with pytest.raises(
        Unmeasured, match=r"the load test cannot start: paths\.homepage: expected a path"
    ) as caught:
        run(plan_of(80, paths={"homepage": "//elsewhere/"}), tmp_path)
    assert str(tmp_path / LOG) in caught.value.hint
