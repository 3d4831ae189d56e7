"""Under load: capacity, bottlenecks, and changes since earlier tests. Runs with -m load only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.load.load import LoadTest
    from playbook.measure.load.load_answers import Group, LoadedServer, LoadFailures
    from playbook.measure.load.load_comparison import LoadComparison
    from playbook.settings.sections.limits import Limits


@pytest.mark.load
@pytest.mark.item("load.carried", runbook="high-response-times")
def test_load_was_sustained(load_test: LoadTest, limits: Limits, judge: Judge) -> None:
    """The test ran as planned, and its users reached most of the rate that immediate answers would allow.

    It is a warning where the cap on requests per second, or the load generator's own CPU, limited the rate. A
    breakpoint test is judged by its highest passed step. UNKNOWN: no requests, a lost worker, or an aborted run.
    """
    for share in load_test.throughput:
        judge(share, limits.load_throughput)
    for users in load_test.held:
        judge(users, limits.load_held)
    for busy in load_test.busy:
        judge(busy, limits.load_generator)
    judge.that(
        load_test.is_free,
        "Time that users were held back",
        expected="at most 5 % of it",
        found=load_test.freedom,
        warn=True,
    )
    judge.that(
        load_test.stayed_home,
        "Requests and users that the guard held back",
        expected="none",
        found=load_test.led_away,
        warn=True,
    )


@pytest.mark.load
@pytest.mark.item("load.homepage", runbook="high-response-times")
def test_the_homepage_answers_under_load(homepage_load: Group, limits: Limits, judge: Judge) -> None:
    """The homepage's 95th and 99th percentiles are within the limits. UNKNOWN: too few requests."""
    for p95 in homepage_load.p95:
        judge(p95.reading, limits.load_homepage_p95)
    for p99 in homepage_load.p99:
        judge(p99.reading, limits.load_homepage_p99)
    for one in homepage_load.statements:
        judge.that(**one.terms)


@pytest.mark.load
@pytest.mark.item("load.health", runbook="high-response-times")
def test_the_health_endpoints_answer_under_load(health_load: Group, limits: Limits, judge: Judge) -> None:
    """The health endpoints answer within their limits, so that a busy instance is not restarted as unhealthy."""
    for p95 in health_load.p95:
        judge(p95.reading, limits.load_health_p95)
    for p99 in health_load.p99:
        judge(p99.reading, limits.load_health_p99)
    for one in health_load.statements:
        judge.that(**one.terms)


@pytest.mark.load
@pytest.mark.item("load.images", runbook="high-response-times")
def test_images_are_optimised_under_load(image_load: Group, limits: Limits, judge: Judge) -> None:
    """Photographs of each size and format are optimised within the limits. UNKNOWN: too few requests."""
    for p95 in image_load.p95:
        judge(p95.reading, limits.load_images_p95)
    for p99 in image_load.p99:
        judge(p99.reading, limits.load_images_p99)
    for one in image_load.statements:
        judge.that(**one.terms)


@pytest.mark.load
@pytest.mark.item("load.errors", runbook="high-error-rates")
def test_hardly_any_request_fails_under_load(load_failures: LoadFailures, limits: Limits, judge: Judge) -> None:
    """At most 1 % of all requests, and of each endpoint's, fail (critical 5 %)."""
    for share in load_failures.shares:
        judge(share.reading, limits.load_errors, subject=share.name)
    for seen in load_failures.only_shown:
        judge.that(True, "Failed requests under load", expected="no verdict of a breakpoint test", found=seen)


@pytest.mark.load
@pytest.mark.item("load.server", runbook="resource-exhaustion")
def test_server_stays_within_limits_under_load(loaded_server: LoadedServer, limits: Limits, judge: Judge) -> None:
    """The image queue stays short and Redis fast. The evidence lists the bottlenecks in order of appearance."""
    for queue in loaded_server.queue:
        judge(queue, limits.queue_length, subject="Image queue under load")
    for latency in loaded_server.redis_latency:
        judge(latency, limits.redis_latency, subject="Redis latency under load")
    for seen in loaded_server.only_shown:
        judge.that(True, "Server under load", expected="no verdict of a breakpoint test", found=seen)


@pytest.mark.load
@pytest.mark.item("load.comparison", runbook="high-response-times")
def test_answers_take_no_longer_than_last_time(load_comparison: LoadComparison, judge: Judge) -> None:
    """No P95 exceeds 1.3 times that of the last test of this shape and target by 50 ms or more.

    UNKNOWN: a first test, or one with another plan, which has nothing to be compared with.
    """
    judge.that(
        not load_comparison.worse,
        "P95 under load",
        expected=load_comparison.allowed,
        found=load_comparison.summary,
        warn=True,
    )
