"""Results of a load test, and when they are unknown."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace

import msgspec
import pytest

from playbook.core import progress
from playbook.core.clock import FixedClock
from playbook.core.errors import Forbidden, NotConfigured, Unmeasured, Unreachable, UsageError
from playbook.core.judge import Judge
from playbook.core.verdict import Critical, Verdict
from playbook.measure.load.load import LoadTest, carry_out
from playbook.measure.load.load_answers import (
    health_load,
    homepage_load,
    image_load,
    load_failures,
    loaded_server,
)
from playbook.measure.load.load_comparison import compare, line_of, load_comparison
from playbook.readers.load.kept import Result
from playbook.readers.load.order import LoadOrder
from playbook.readers.load.outcome import INTERRUPTED, RUNNING, TIME_IS_UP, Error
from playbook.readers.load.samples import (
    QUEUE,
    QUEUE_IN_PART,
    REDIS_BLOCKED,
    REDIS_LATENCY,
    WEB_QUEUE,
    Sample,
)
from playbook.settings.loading import load
from tests.judged import check, judged
from tests.unit.readers.load.made import STARTED, endpoint, outcome, plan, step

SETTINGS = load("staging", environment={"STAGING_URL": "https://staging.example"})


def made(left=None, least=50, workers=0, shape="smoke", **changes):
    """A load test with this outcome."""
    return LoadTest(plan(workers=workers, shape=shape), left or outcome(**changes), least, 1.0, 2.0)


def verdict(measured, limit, source=None):
    """Verdict by the limit, with the coverage of ``source``."""
    judge = Judge()
    if source is not None:
        judge.add_coverage("source", source.coverage)
    try:
        judge(measured, limit)
    except Critical:
        return Verdict.CRITICAL
    return judge.leading.verdict


# ------------------------------------------------------------------------------------------------ did it run


def test_test_that_ran_as_planned_counts():
    """Nothing is missing."""
    assert made().shortfall == ""
    assert made().coverage.enough
    assert made().coverage.words == "100 requests in 10 s"


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"ended": RUNNING, "seconds": 4.0}, "one that was cut off without a final report after 4.0 of 10 s"),
        ({"ended": INTERRUPTED, "seconds": 4.0}, r"one that was ended early \(interrupted\) after 4.0 of 10 s"),
        ({"ended": TIME_IS_UP, "seconds": 4.0}, "the most seconds are over"),
        ({"ended": "the host does not answer: refused"}, r"ended early \(the host does not answer: refused\)"),
        ({"seconds": 8.0}, "one of 8.0 of 10 s"),
        ({"endpoints": [endpoint("homepage", 0)]}, "0 requests, where 50 are the least"),
        ({"endpoints": [endpoint("homepage", 49)]}, "49 requests, where 50 are the least"),
        ({"most_users": 8}, "one of 8 users at most, where 10 were to come"),
        ({"workers": 1}, "workers that did not stay: 1 of 2 workers"),
        ({"workers": 2, "lost": ["worker b went away after 3 s"]}, "did not stay: worker b went away after 3 s"),
    ],
)
def test_test_that_did_not_run_as_planned_is_unknown(changes, missing):
    """However good its measurements until then."""
    test = made(outcome(**changes), workers=2 if "workers" in changes else 0)
    assert test.coverage.expected == "a test that ran as planned"
    assert re.search(missing, test.coverage.got)
    assert test.evidence()


def test_throughput_of_an_aborted_test_is_unknown():
    """The load may have been missing, not the responses."""
    assert math.isnan(made(outcome(ended=RUNNING, seconds=4.0)).throughput[0].value)
    assert math.isnan(made(endpoints=[endpoint("homepage", 0)]).throughput[0].value)


def test_failures_count_in_an_aborted_test():
    """Bad evidence counts even when partial; the good P95 beside it is unknown."""
    left = outcome(ended=RUNNING, seconds=4.0, endpoints=[endpoint("homepage", 100, 9)])
    failures = load_failures(made(left), SETTINGS)
    assert verdict(failures.shares[0].reading, SETTINGS.limits.load_errors, failures) is Verdict.CRITICAL
    homepage = homepage_load(made(outcome(ended=RUNNING, seconds=4.0)), SETTINGS)
    assert verdict(homepage.p95[0].reading, SETTINGS.limits.load_homepage_p95, homepage) is Verdict.UNKNOWN


def test_no_requests_are_never_enough():
    """Whatever minimum is configured."""
    assert made(least=0, endpoints=[endpoint("homepage", 0)]).shortfall == "0 requests, where 1 are the least"


def test_step_needs_its_planned_users():
    """The plan alone does not prove that they were present."""
    left = outcome(steps=[step(10), step(40, "P95")], shape="breakpoint", most_users=30)
    assert made(left, shape="breakpoint").shortfall == "one of 30 users at most, where 40 were to come"


def test_requests_without_a_response_are_not_successful():
    """Throughput counts responses."""
    total = msgspec.structs.replace(endpoint("all", 95), cut=40)
    (found,) = made(outcome(endpoints=[endpoint("homepage", 95)], total=total)).throughput
    assert found.value == 55.0


@pytest.mark.parametrize(("seconds", "free"), [(0.0, True), (4.9, True), (5.1, False), (90.0, False)])
def test_cap_that_limits_the_load_is_reported(seconds, free):
    """Share of the hundred seconds of ten users; without the cap the system would have received more requests."""
    test = made(throttled=50, throttled_seconds=seconds)
    assert test.is_free is free
    assert ("load.most_requests_per_second = 100: the system was not asked for more" in test.freedom) is not free


@pytest.mark.parametrize(("percent", "expected"), [(40.0, Verdict.OK), (91.0, Verdict.WARNING)])
def test_load_generator_without_free_cpu_is_a_warning(percent, expected):
    """With its delay in the evidence."""
    test = made(busy_percent=percent, late_seconds=0.25)
    (busy,) = test.busy
    assert verdict(busy, SETTINGS.limits.load_generator) is expected
    fact = test.evidence()[0].facts["Its busiest process"]
    assert (
        fact == f"{percent:.0f} % of a core, at most 250 ms late; answers may seem that much slower than they were"
    )


def test_no_worker_is_missing_if_all_stayed():
    """A single process has none."""
    assert made(workers=2, left=outcome(workers=2)).shortfall == ""


def test_time_cap_may_be_as_long_as_the_plan():
    """The test then ends by the cap, and is complete."""
    assert made(ended=TIME_IS_UP, seconds=10.0).shortfall == ""


# ------------------------------------------------------------------------------------------ what was carried


@pytest.mark.parametrize(
    ("requests", "failures", "percent", "expected"),
    [
        (95, 0, 95.0, Verdict.OK),
        (60, 0, 60.0, Verdict.OK),
        (45, 0, 45.0, Verdict.WARNING),
        (20, 0, 20.0, Verdict.CRITICAL),
        (95, 80, 15.0, Verdict.CRITICAL),  # failed responses carry nothing
    ],
)
def test_throughput_is_a_share_of_the_users_demand(requests, failures, percent, expected):
    """Ten users who pause a second send a hundred requests in ten seconds."""
    (found,) = made(endpoints=[endpoint("homepage", requests, failures)]).throughput
    assert found.value == percent
    assert verdict(found, SETTINGS.limits.load_throughput) is expected


def test_what_a_cache_answered_was_not_carried_by_the_website():
    """Visitors got their answers; but the review of capacity compares with requests that reached the website."""
    total = msgspec.structs.replace(endpoint("all", 90, 10), cached=60)
    page = msgspec.structs.replace(endpoint("homepage", 90, 10), cached=60)
    test = made(left=outcome(endpoints=[page], total=total))
    assert test.throughput[0].value == 80.0
    assert (test.answered_per_second, test.carried_per_second) == (8.0, pytest.approx(2.0))
    (facts,) = (one.facts for one in test.evidence() if one.title == "Load test")
    assert facts["Answered by a cache"] == "60 for homepage; the website itself carried the others"
    (p95,) = homepage_load(test, SETTINGS).p95
    assert p95.reading.over == "90 requests for homepage, 60 of them answered by a cache"


def test_step_is_carried_without_what_a_cache_answered():
    """Of the highest that held: 20 requests/s, of which nine in ten were cached."""
    cached = msgspec.structs.replace(step(10), cached=90)
    test = made(left=outcome(steps=[cached, step(20, "P95 3.10 s")], shape="breakpoint"), shape="breakpoint")
    assert test.answered_per_second == 20.0
    assert test.carried_per_second == pytest.approx(2.0)
    assert "Answered by a cache" not in str([one.facts for one in test.evidence() if one.title == "Load test"])


def test_requests_held_back_by_the_cap_are_not_missing():
    """The demand is what may be sent."""
    capped = msgspec.structs.replace(plan(), most_requests_per_second=5.0)
    test = LoadTest(capped, outcome(endpoints=[endpoint("homepage", 50)]), 10, 1.0, 2.0)
    assert test.throughput[0].value == pytest.approx(100)


def test_planned_users_count_without_recorded_seconds():
    """For a test of less than a second."""
    assert made(moments=[]).throughput[0].value == pytest.approx(100)


@pytest.mark.parametrize(
    ("steps", "users", "per_second", "expected"),
    [
        ([step(10), step(20), step(40, per_second=33.0), step(60, "P95 3.10 s")], 40, 33.0, Verdict.OK),
        ([step(10), step(20, failed_percent=10.0), step(40, "P95")], 20, 18.0, Verdict.OK),
        ([step(10), step(20, "P95 3.10 s")], 10, 20.0, Verdict.WARNING),
        ([step(5), step(10, "P95"), step(20)], 5, 20.0, Verdict.CRITICAL),
        ([step(5, "P95 9.00 s")], 0, 0.0, Verdict.CRITICAL),
    ],
)
def test_breakpoint_test_is_judged_by_the_highest_held_step(steps, users, per_second, expected):
    """Of those before the first that broke; and by nothing else."""
    test = made(left=outcome(steps=steps, shape="breakpoint"), shape="breakpoint")
    (held,) = test.held
    assert held.value == users
    assert test.carried_per_second == pytest.approx(per_second)
    assert verdict(held, SETTINGS.limits.load_held) is expected
    assert test.throughput == []
    for group in (homepage_load(test, SETTINGS), health_load(test, SETTINGS)):
        assert (group.p95, group.p99) == ([], [])
        assert group.only_shown
    assert load_failures(test, SETTINGS).shares == ()
    assert load_failures(test, SETTINGS).only_shown == ["0 of 100 requests"]
    assert any(one.title == "Steps" for one in test.evidence())


def test_breakpoint_test_may_end_before_its_plan():
    """A broken limit is its purpose."""
    assert made(left=outcome(steps=[step(5)], seconds=3.0), shape="breakpoint").shortfall == ""


def test_requests_to_other_hosts_are_named():
    """They are a warning of the check; the guard refused them."""
    test = made(refused=["http://other.example:80 is not allowed (3 times)"])
    assert not test.stayed_home
    assert test.led_away == "http://other.example:80 is not allowed (3 times)"
    assert made().stayed_home


# ------------------------------------------------------------------------------------------------- endpoints


@pytest.mark.parametrize(
    ("p95", "p99", "expected"),
    [
        (0.5, 1.0, [Verdict.OK, Verdict.OK]),
        (2.5, 3.0, [Verdict.WARNING, Verdict.OK]),
        (5.5, 5.6, [Verdict.CRITICAL, Verdict.WARNING]),
        (1.0, 12.0, [Verdict.OK, Verdict.CRITICAL]),
    ],
)
def test_percentiles_against_their_limits(p95, p99, expected):
    """P95 and P99 have thresholds of their own."""
    group = homepage_load(made(endpoints=[endpoint("homepage", 60, p95=p95, p99=p99)]), SETTINGS)
    limits = SETTINGS.limits
    assert [
        verdict(group.p95[0].reading, limits.load_homepage_p95),
        verdict(group.p99[0].reading, limits.load_homepage_p99),
    ] == expected


def test_groups_hold_their_endpoints_slowest_first():
    """With the number of requests beside the figure."""
    left = outcome(
        endpoints=[
            endpoint("homepage"),
            endpoint("health", p95=0.1),
            endpoint("image_health", p95=0.4),
            endpoint("optimize_small_jpeg", p95=0.3),
            endpoint("optimize_large_png", p95=2.0),
            endpoint("optimize_medium_png", 9),
        ]
    )
    assert [one.name for one in homepage_load(made(left), SETTINGS).p95] == ["homepage"]
    assert [one.name for one in health_load(made(left), SETTINGS).p95] == ["image health", "health"]
    images = image_load(made(left), SETTINGS)
    assert [(one.name, one.reading.over) for one in images.p95] == [
        ("large PNG", "100 requests for large PNG"),
        ("small JPEG", "100 requests for small JPEG"),
    ]
    assert [row[0] for row in images.evidence().rows] == ["small JPEG", "large PNG", "medium PNG"]


@pytest.mark.parametrize("requests", [0, 9])
def test_too_few_requests_of_an_endpoint_are_unknown(requests):
    """Also with a weight of 0."""
    endpoints = [endpoint("homepage", 100), *([endpoint("health", requests)] if requests else [])]
    group = health_load(made(endpoints=endpoints), SETTINGS)
    assert verdict(group.p95[0].reading, SETTINGS.limits.load_health_p95, group) is Verdict.UNKNOWN
    assert group.coverage.expected == "at least 10 requests"


def test_endpoint_never_requested_is_unknown():
    """If requests are expected by the weights; other endpoints of its group do not replace it."""
    left = outcome(endpoints=[endpoint("homepage", 100), endpoint("health", 40)])
    weights = {"homepage": 5.0, "health": 2.0, "image_health": 2.0}
    test = LoadTest(plan(weights=weights), left, 1, 1.0, 2.0)
    group = health_load(test, SETTINGS)
    assert (group.coverage.expected, group.coverage.got) == ("requests of each endpoint", "none for image health")
    assert verdict(group.p95[0].reading, SETTINGS.limits.load_health_p95, group) is Verdict.UNKNOWN
    assert [row[:2] for row in health_load(test, SETTINGS).evidence().rows] == [
        ["health", "40"],
        ["image health", "0"],
    ]


def test_endpoint_with_too_few_requests_is_named_beside_the_others():
    """Its group is judged by the others, and says so."""
    left = outcome(endpoints=[endpoint("health", 40), endpoint("image_health", 9)])
    weights = {"health": 40.0, "image_health": 9.0}
    test = LoadTest(plan(weights=weights), left, 1, 1.0, 2.0)
    assert health_load(test, SETTINGS).unjudged == ["too few to be judged: 9 for image health"]
    assert homepage_load(test, SETTINGS).unjudged == []


@pytest.mark.parametrize(
    ("failures", "expected"), [(0, Verdict.OK), (1, Verdict.OK), (2, Verdict.WARNING), (6, Verdict.CRITICAL)]
)
def test_share_of_failures(failures, expected):
    """Of all requests, over 1 % is a warning and over 5 % critical."""
    found = load_failures(made(endpoints=[endpoint("homepage", 100, failures)]), SETTINGS)
    assert found.shares[0].name == "Failed requests under load"
    assert verdict(found.shares[0].reading, SETTINGS.limits.load_errors) is expected


def test_failing_endpoint_is_not_hidden_by_the_others():
    """Each is judged by itself, if it has enough requests."""
    left = outcome(
        endpoints=[endpoint("homepage", 1000), endpoint("health", 20, 4), endpoint("image_health", 2, 2)],
        errors=[Error(name="health", message="HTTP 503", times=4)],
    )
    found = load_failures(made(left), SETTINGS)
    assert [(one.name, round(one.reading.value, 1)) for one in found.shares] == [
        ("Failed requests under load", 0.6),
        ("Failed requests under load, homepage", 0.0),
        ("Failed requests under load, health", 20.0),
    ]
    assert found.evidence()[0].rows == [["health", "HTTP 503", "4"]]


def test_answers_that_are_not_understood_are_no_good_evidence():
    """They may be failures. What was good without them stays good, and what was bad stays bad."""
    odd = [Error(name="health", message="expected a health report, got an empty body", times=3)]
    endpoints = [endpoint("homepage", 100), endpoint("health", 40)]
    test = made(outcome(endpoints=endpoints, unclear=odd))
    failures, health = load_failures(test, SETTINGS), health_load(test, SETTINGS)
    limits = SETTINGS.limits
    assert verdict(failures.shares[0].reading, limits.load_errors, failures) is Verdict.UNKNOWN
    assert verdict(health.p95[0].reading, limits.load_health_p95, health) is Verdict.UNKNOWN
    assert "3 of 40 that are not, e.g. 'health: expected a health report" in health.coverage.got
    homepage = homepage_load(test, SETTINGS)
    assert verdict(homepage.p95[0].reading, limits.load_homepage_p95, homepage) is Verdict.OK
    assert verdict(test.throughput[0], limits.load_throughput, test) is Verdict.UNKNOWN
    worse = load_failures(made(outcome(endpoints=[endpoint("health", 40, 20)], unclear=odd)), SETTINGS)
    assert verdict(worse.shares[0].reading, limits.load_errors, worse) is Verdict.CRITICAL
    assert failures.evidence()[0].rows == [["health", f"{odd[0].message} (not understood)", "3"]]
    steps = outcome(steps=[step(40), step(60, "P95")], shape="breakpoint", unclear=odd)
    assert verdict(made(steps, shape="breakpoint").held[0], limits.load_held) is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("requests", "failures", "expected"),
    [
        (9, 9, Verdict.CRITICAL),
        (3, 3, Verdict.CRITICAL),
        (9, 5, Verdict.CRITICAL),
        (9, 4, Verdict.OK),
        (4, 3, Verdict.CRITICAL),
        (2, 2, Verdict.OK),
        (9, 0, Verdict.OK),
    ],
)
def test_endpoint_that_mostly_fails_counts_however_rarely_it_is_asked(requests, failures, expected):
    """Among two thousand requests it would be less than one percent of all."""
    rare = endpoint("image_health", requests, failures)
    found = load_failures(made(outcome(endpoints=[endpoint("homepage", 2000), rare])), SETTINGS)
    assert (
        str(judged(check("test_load", "test_hardly_any_request_fails_under_load"), load_failures=found)[0])
        == expected
    )


@pytest.mark.parametrize(
    ("requests", "p50", "expected"),
    [(5, 30.0, Verdict.CRITICAL), (5, 6.0, Verdict.WARNING), (5, 0.3, Verdict.OK), (2, 30.0, Verdict.OK)],
)
def test_endpoint_that_is_too_slow_to_be_asked_often_counts(requests, p50, expected):
    """Each of its users waited half a minute, so that there are five requests in all."""
    large = msgspec.structs.replace(endpoint("optimize_large", requests), p50=p50)
    group = image_load(made(outcome(endpoints=[endpoint("optimize_small", 90), large])), SETTINGS)
    assert judged(check("test_load", "test_images_are_optimised_under_load"), image_load=group)[0] is expected


@pytest.mark.parametrize(
    ("slow", "expected"),
    [
        (range(0), Verdict.OK),
        ({7, 13, 21}, Verdict.OK),
        (range(34, 41), Verdict.CRITICAL),
        (range(6), Verdict.CRITICAL),
    ],
)
def test_redis_that_is_slow_in_a_part_of_the_test_is_slow(slow, expected):
    """Its median over the whole test was that of the fast part. Single slow looks are chance."""
    taken = tuple(Sample(float(n), {QUEUE: 1.0, REDIS_LATENCY: 3000.0 if n in slow else 1.0}) for n in range(41))
    server = replace(loaded_server(replace(made(), samples=taken), SETTINGS), has_redis=True)
    [latency] = server.redis_latency
    assert verdict(latency, SETTINGS.limits.redis_latency) is expected


# --------------------------------------------------------------------------------------------------- server


def test_server_is_judged_by_its_longest_queue_and_median_latency():
    """One slow sample of Redis does not count."""
    values = [(3.0, 1.0), (70.0, 2.0), (4.0, 900.0)]
    samples = tuple(Sample(float(n), {QUEUE: q, REDIS_LATENCY: ms}) for n, (q, ms) in enumerate(values))
    server = replace(loaded_server(LoadTest(plan(), outcome(), 1, 1.0, 2.0, samples), SETTINGS), has_redis=True)
    (queue,) = server.queue
    assert queue.value == 70
    assert verdict(queue, SETTINGS.limits.queue_length) is Verdict.WARNING
    assert [one.value for one in server.redis_latency] == [2.0]


def test_server_without_figures_is_unknown():
    """With the reasons why it could not be read."""
    server = loaded_server(
        LoadTest(plan(), outcome(), 1, 1.0, 2.0, unread=("Redis: refused (6 of 6 times)",)), SETTINGS
    )
    (queue,) = server.queue
    assert math.isnan(queue.value)
    assert queue.coverage.got == "0 of 0 looks (Redis: refused (6 of 6 times))"
    assert server.redis_latency == []


@pytest.mark.parametrize(("read", "known"), [(0, False), (2, False), (3, True), (6, True)])
def test_server_read_less_than_every_other_time_is_unknown(read, known):
    """Unread values under load may differ from the others; also for Redis."""
    samples = tuple(Sample(float(n), {QUEUE: 1.0, REDIS_LATENCY: 1.0} if n < read else {}) for n in range(6))
    test = LoadTest(plan(), outcome(), 1, 1.0, 2.0, samples, unread=("Redis: timed out (often)",))
    server = replace(loaded_server(test, SETTINGS), has_redis=True)
    for figure in ("queue", "redis_latency"):
        (reading,) = getattr(server, figure)
        assert reading.coverage.enough == known
        assert reading.coverage.words == f"{read} of 6 looks"


@pytest.mark.parametrize(("looks", "known"), [(60, True), (12, True), (11, False), (2, False)])
def test_few_looks_at_the_server_do_not_cover_a_test(looks, known):
    """Each of them may have taken long: most of the minute was not seen."""
    samples = tuple(Sample(float(n), {QUEUE: 1.0}) for n in range(looks))
    server = loaded_server(LoadTest(plan(), outcome(seconds=60.0), 1, 1.0, 2.0, samples), SETTINGS)
    assert server.queue[0].coverage.enough is known


def test_long_queue_counts_however_rarely_it_was_seen():
    """Bad evidence counts even when partial."""
    samples = tuple(Sample(float(n), {QUEUE: 170.0} if n == 3 else {}) for n in range(6))
    server = loaded_server(LoadTest(plan(), outcome(), 1, 1.0, 2.0, samples), SETTINGS)
    assert verdict(server.queue[0], SETTINGS.limits.queue_length, server) is Verdict.CRITICAL


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({QUEUE: 0.0}, Verdict.UNKNOWN),  # as a list of another name would look
        ({QUEUE: 0.0, REDIS_BLOCKED: 0.0}, Verdict.UNKNOWN),
        ({QUEUE: 0.0, REDIS_BLOCKED: 2.0}, Verdict.OK),
        ({QUEUE: 0.0, WEB_QUEUE: 0.0}, Verdict.OK),
        ({QUEUE: 1.0}, Verdict.OK),
        ({QUEUE: 180.0}, Verdict.CRITICAL),
        ({QUEUE_IN_PART: 180.0}, Verdict.CRITICAL),
        ({QUEUE_IN_PART: 3.0}, Verdict.UNKNOWN),
    ],
)
def test_list_without_a_sign_of_itself_is_no_empty_queue(values, expected):
    """An image in it, a worker that waits for one, or the website's own figure: in one look of the test."""
    usual = {} if QUEUE_IN_PART in values else {QUEUE: 0.0}
    samples = tuple(Sample(float(n), values if n == 3 else usual) for n in range(6))
    test = LoadTest(plan(), outcome(), 1, 1.0, 2.0, samples)
    server = replace(loaded_server(test, SETTINGS), queue_key="image-queue")
    assert verdict(server.queue[0], SETTINGS.limits.queue_length, server) is expected
    assert replace(server, queue_key="").queue[0].coverage.enough == (QUEUE_IN_PART not in values)


def test_server_without_redis_and_metrics_is_not_configured(tmp_path):
    """Neither is set."""
    with pytest.raises(NotConfigured, match=r"targets\.staging\.redis\.url is not set"):
        loaded_server(made(), settings(tmp_path))


# ----------------------------------------------------------------------------------------------- comparison


def order(folder):
    """An order with its history in this folder."""
    return LoadOrder(folder=folder, history=folder)


def later(left, seconds=60):
    """The same test some time later."""
    from datetime import timedelta

    return msgspec.structs.replace(left, started=STARTED + timedelta(seconds=seconds))


def test_first_test_has_nothing_to_compare_with(tmp_path):
    """The message says so, and the verdict is OK; it is kept for the next."""
    found = load_comparison(made(), SETTINGS, order(tmp_path))
    assert (found.worse, found.summary) == ([], "no earlier test to compare with")
    again = load_comparison(made(later(outcome())), SETTINGS, order(tmp_path))
    assert again.before.started == STARTED
    assert again.summary == "none of 3 since 2026-11-26 10:00"


@pytest.mark.parametrize(
    ("before", "now", "worse"),
    [
        (1.0, 1.29, False),
        (1.0, 1.31, True),
        (0.02, 0.069, False),  # 3.5 times, but only 49 ms
        (0.02, 0.071, True),
        (0.1, 0.149, False),
        (0.1, 0.151, True),
        (2.0, 0.5, False),
    ],
)
def test_worse_must_exceed_both_limits(tmp_path, before, now, worse):
    """1.3 times the last P95, and at least 50 ms more."""
    mine, other = (line_of(made(endpoints=[endpoint("homepage", p95=p95)])) for p95 in (now, before))
    compared = {one.name: one.is_worse for one in compare(mine, other, 1.3, 0.05)}
    assert compared["homepage"] is worse


def test_worse_endpoints_are_named_with_both_figures(tmp_path):
    """Worst first."""
    load_comparison(made(endpoints=[endpoint("homepage"), endpoint("health")]), SETTINGS, order(tmp_path))
    slower = outcome(endpoints=[endpoint("homepage", p95=0.3), endpoint("health", p95=0.9)])
    found = load_comparison(made(later(slower)), SETTINGS, order(tmp_path))
    assert found.summary.startswith(
        "worse than on 2026-11-26 10:00: health 0.900 s after 0.200 s; homepage 0.300 s"
    )
    assert found.evidence()[1].rows[0] == ["homepage", "0.300 s", "0.200 s", "0.260 s", "yes"]


def test_endpoint_of_which_too_much_fails_is_worse(tmp_path):
    """It has no P95 to be compared, and is not left out of the comparison."""
    load_comparison(made(endpoints=[endpoint("homepage"), endpoint("health")]), SETTINGS, order(tmp_path))
    failed = outcome(endpoints=[endpoint("homepage"), endpoint("health", p95=None)])
    found = load_comparison(made(later(failed)), SETTINGS, order(tmp_path))
    assert found.worse == ["health without a P95, as too much failed, after 0.200 s"]
    assert found.evidence()[1].rows[-1] == [
        "health",
        "without a P95, as too much failed",
        "0.200 s",
        "0.200 s",
        "yes",
    ]


@pytest.mark.parametrize(
    ("changes", "summary"),
    [
        ({"target": "production"}, "no earlier test to compare with"),
        ({"shape": "soak"}, "no earlier test to compare with"),
    ],
)
def test_only_tests_of_the_same_shape_and_target_are_compared(tmp_path, changes, summary):
    """Others are different tests."""
    load_comparison(made(outcome(**changes)), SETTINGS, order(tmp_path))
    assert load_comparison(made(later(outcome())), SETTINGS, order(tmp_path)).summary == summary


def test_earlier_test_that_cannot_be_read_may_be_the_last(tmp_path):
    """A comparison with an older one is good only where no line is damaged; what is worse counts all the same."""
    load_comparison(made(endpoints=[endpoint("homepage")]), SETTINGS, order(tmp_path))
    assert load_comparison(made(later(outcome())), SETTINGS, order(tmp_path)).coverage.enough
    with (tmp_path / "load" / "2026.jsonl").open("ab") as file:
        file.write(b'{"schema":1,"id":"staging-smo\n')
    found = load_comparison(made(later(outcome(), 120)), SETTINGS, order(tmp_path))
    assert not found.coverage.enough
    assert found.coverage.got.startswith("2026.jsonl, line 3 is damaged")
    slower = outcome(endpoints=[endpoint("homepage", p95=30.0)])
    assert load_comparison(made(later(slower, 180)), SETTINGS, order(tmp_path)).worse


def test_different_plans_are_not_comparable_and_named(tmp_path):
    """It is OK, like a first test: there is nothing to compare with."""
    load_comparison(made(), SETTINGS, order(tmp_path))
    other = LoadTest(plan(weights={"homepage": 9.0}), later(outcome()), 1, 1.0, 2.0)
    found = load_comparison(other, SETTINGS, order(tmp_path))
    assert found.worse == []
    assert found.summary == "not comparable with that of 2026-11-26 10:00: other weights"


def broken(*steps, at=0):
    """A breakpoint test with these steps, ``at`` seconds after the first."""
    left = later(outcome(steps=list(steps), shape="breakpoint"), at)
    return LoadTest(plan(shape="breakpoint"), left, 50, 1.0, 2.0)


@pytest.mark.parametrize(
    ("steps", "worse"),
    [
        ([step(10), step(20), step(40, "P95")], []),
        ([step(10), step(20), step(40), step(60, "P95")], []),
        ([step(10, p95=0.8), step(20), step(40, "P95")], ["10 users 0.800 s after 0.500 s"]),
        ([step(10), step(20, "P95", p95=9.0)], ["10 users held after 20"]),
        ([step(10, "P95")], ["0 users held after 20"]),
    ],
)
def test_breakpoint_tests_are_compared_step_by_step(tmp_path, steps, worse):
    """Its total P95 is higher for a system that carries more; and it must not hold much less."""
    load_comparison(broken(step(10), step(20), step(40, "P95")), SETTINGS, order(tmp_path))
    found = load_comparison(broken(*steps, at=60), SETTINGS, order(tmp_path))
    assert found.worse == worse
    assert found.allowed.startswith("no step slower than 1.3 times its last P95")


def test_bottleneck_of_the_server_in_a_breakpoint_test_is_not_judged():
    """Finding it is the purpose; without any figures it is still unknown."""
    sample = Sample(1.0, {QUEUE: 170.0, REDIS_LATENCY: 3000.0})
    server = loaded_server(LoadTest(plan(shape="breakpoint"), outcome(), 1, 1.0, 2.0, (sample,)), SETTINGS)
    assert (server.queue, server.redis_latency) == ([], [])
    assert server.only_shown == ["170 images in the queue at most"]
    unseen = loaded_server(LoadTest(plan(shape="breakpoint"), outcome(), 1, 1.0, 2.0), SETTINGS)
    assert not unseen.coverage.enough


@pytest.mark.parametrize(
    "changes",
    [
        {"ended": f"{INTERRUPTED}: SIGINT", "seconds": 4.0},
        {"ended": RUNNING, "seconds": 4.0},
        {"workers": 2, "lost": ["runner after 3 s"]},
    ],
)
def test_test_that_did_not_run_as_planned_is_no_measure_for_later_ones(tmp_path, changes):
    """It is compared with the last that did, which remains the last."""
    load_comparison(made(endpoints=[endpoint("homepage", p95=0.1)]), SETTINGS, order(tmp_path))
    slow = outcome(endpoints=[endpoint("homepage", p95=9.0)], **changes)
    partial = load_comparison(made(later(slow)), SETTINGS, order(tmp_path))
    assert partial.worse
    assert not partial.coverage.enough
    after = later(outcome(endpoints=[endpoint("homepage", p95=8.0)]), 120)
    assert load_comparison(made(after), SETTINGS, order(tmp_path)).worse == ["homepage 8.000 s after 0.100 s"]


def test_p95_of_few_requests_is_not_compared(tmp_path):
    """It is the slowest of them."""
    assert line_of(made(endpoints=[endpoint("homepage", 81), endpoint("health", 19)])).p95.keys() == {
        "homepage",
        "all",
    }


# ---------------------------------------------------------------------------------------------- carrying out


def settings(tmp_path, text=""):
    """A staging target that may be loaded, with its results below a folder."""
    file = tmp_path / "playbook.toml"
    file.write_text(
        '[targets.staging.web]\nurl = "https://staging.example"\n'
        f'[targets.staging.load]\nhosts = ["staging.example"]\nmetrics_path = ""\n'
        f'[targets.staging.capacity]\nload_tests = "{tmp_path / "kept"}"\n{text}'
    )
    return load("staging", environment={"PLAYBOOK_CONFIG": str(file)})


class Website:
    """A website that responds, or raises."""

    def __init__(self, error=None):
        self.error = error

    def get(self, *, retry):
        if self.error:
            raise self.error


def test_plan_is_passed_to_locust_and_the_outcome_kept(tmp_path):
    """With the order's options and stop event; the order is marked as running meanwhile."""
    ordered = LoadOrder(workers=2, folder=tmp_path)
    seen = []

    def run(told, folder, *, workers, stop):
        seen.append((told.workers, folder, workers, stop, ordered.running))
        (folder / "locust.html").touch()
        return outcome(workers=2)

    test = carry_out(run, Website(), settings(tmp_path), FixedClock(STARTED), ordered)
    assert seen == [(2, tmp_path, 2, ordered.stop, True)]
    assert not ordered.running
    assert test.html.endswith("locust.html")
    (file,) = (tmp_path / "kept").glob("staging-smoke-20261126T100000Z.json")
    result = msgspec.json.decode(file.read_bytes(), type=Result)
    assert (result.whole, result.requests_per_second) == (True, 10.0)
    assert result.outcome == test.outcome


@pytest.mark.parametrize(
    ("shape", "line"),
    [
        ("smoke", "Load test, smoke: 0 s of 30 s, about 30 s left; up to 10 users"),
        ("soak", r"Load test, soak: 0 s of [\d hmin]+, about [\d hmin]+ left; up to [\d,]+ users"),
        ("breakpoint", r"Load test, breakpoint: 0 s, at most [\d hmin]+; up to [\d,]+ users"),
    ],
)
def test_load_test_shows_its_progress(tmp_path, shape, line):
    """By its plan; for a breakpoint test only the time limit is known."""
    screen = progress.Screen(io.StringIO(), False, lambda: 1000.0)
    progress.show_on(screen)
    lines = []

    def run(*_, **__):
        lines.extend(task.line(1000.0) for task in screen.tasks)
        return outcome()

    try:
        carry_out(run, Website(), settings(tmp_path), FixedClock(STARTED), LoadOrder(shape, folder=tmp_path))
    finally:
        progress.show_on(None)
    assert len(lines) == 1
    assert re.fullmatch(line, lines[0]), lines[0]
    assert screen.tasks == []


def test_aborted_test_is_kept_as_incomplete(tmp_path):
    """The monthly check skips it."""
    left = outcome(ended=INTERRUPTED, seconds=2.0)
    carry_out(lambda *_, **__: left, Website(), settings(tmp_path), FixedClock(STARTED), order(tmp_path))
    (file,) = (tmp_path / "kept").glob("*.json")
    assert msgspec.json.decode(file.read_bytes(), type=Result).whole is False


def test_test_with_answers_that_are_not_understood_is_no_standard_for_later_ones(tmp_path):
    """What it carried may have been errors: neither the comparison nor the review of capacity relies on it."""
    odd = [Error(name="health", message="expected a health report, got an empty body", times=3)]
    test = made(outcome(unclear=odd))
    assert not test.may_be_kept
    assert not load_comparison(test, SETTINGS, order(tmp_path)).coverage.enough
    assert load_comparison(made(later(outcome())), SETTINGS, order(tmp_path)).before is None


def never(*_, **__):
    """Fails if load is made."""
    raise AssertionError("load was made")


@pytest.mark.parametrize(
    ("text", "ordered", "website", "error"),
    [
        ("", {"production": "staging"}, Website(), Forbidden),
        ("", {"shape": "nonsense"}, Website(), UsageError),
        ("[load]\nmost_users = 1\n", {}, Website(), UsageError),
        ("", {}, Website(Unreachable("Website: refused", service="Website")), Unreachable),
        ("", {}, Website(NotConfigured("no", setting="web.url", add="x")), NotConfigured),
    ],
)
def test_refused_order_makes_no_load(tmp_path, text, ordered, website, error):
    """Not allowed, too much, or an unreachable website."""
    with pytest.raises(error):
        carry_out(
            never, website, settings(tmp_path, text), FixedClock(STARTED), LoadOrder(folder=tmp_path, **ordered)
        )


def test_order_stopped_before_it_began(tmp_path):
    """Ctrl-C while the website is being tested."""
    stopped = order(tmp_path)
    stopped.stop.set()
    with pytest.raises(Unmeasured, match="got an order to stop"):
        carry_out(never, Website(), settings(tmp_path), FixedClock(STARTED), stopped)


def test_failure_of_locust_ends_the_order(tmp_path):
    """The run that waits for its end does not hang."""
    ordered = order(tmp_path)

    def run(*_, **__):
        raise Unmeasured("Locust left no outcome", service="Load test")

    with pytest.raises(Unmeasured):
        carry_out(run, Website(), settings(tmp_path), FixedClock(STARTED), ordered)
    assert not ordered.running


def test_evidence_can_be_shown_in_reports():
    """It survives encoding as JSON, with charts over time."""
    from playbook.core.evidence import Evidence

    shown = made(lost=["w"], refused=["r"]).evidence()
    assert msgspec.json.decode(msgspec.json.encode(shown), type=list[Evidence]) == shown
    assert [one.title for one in shown if hasattr(one, "curves")] == [
        "Users",
        "Requests and failures of each second",
        "Response times of each second",
    ]


def test_unbroken_breakpoint_test_claims_no_limit():
    """More may be carried than was tested."""
    (held,) = made(left=outcome(steps=[step(40)], shape="breakpoint"), shape="breakpoint").held
    assert held.over.endswith("no step broke it, so that it may carry more)")
