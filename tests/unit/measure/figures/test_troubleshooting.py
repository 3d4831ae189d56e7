"""Measurements of investigations: recent figures, parts of the response time, restarts, memory, the last
release.
"""

import math
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from playbook.clients.digitalocean_types import Series
from playbook.clients.restart_counts import RestartCounts
from playbook.clients.wire import Phases
from playbook.core.clock import FixedClock
from playbook.core.counters import Counted, Earlier
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.engine import Outcome
from playbook.core.errors import Denied, NotConfigured, TooLittleData
from playbook.core.limits import Reading
from playbook.measure.app.app import AppStatus
from playbook.measure.app.components import AppComponents, Component
from playbook.measure.app.deployments import Releases
from playbook.measure.app.jobs import AppJobs
from playbook.measure.app.known_storage import known_storage
from playbook.measure.app.release import Release
from playbook.measure.app.restarts import component_restarts, known_restarts
from playbook.measure.figures import recent_images
from playbook.measure.figures.figure_names import ERROR_RATE
from playbook.measure.figures.recent import Recent, error_rate_now, recent, response_time_now
from playbook.measure.figures.recent_images import CountedLately, image_success_now
from playbook.measure.figures.troubleshooting import (
    memory_errors,
    release_effect,
    time_split,
)
from playbook.measure.statements import Statement
from playbook.measure.web.homepage import HomepageTiming, Sample
from playbook.measure.web.web_page import Fault
from playbook.readers.logs.reviewed import Occurrences
from playbook.settings.loading import load
from tests.judged import check, judged, judged_reading
from tests.unit.measure.figures.test_kpis import BUCKETS, Store

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CLOCK = FixedClock(NOW)


@pytest.fixture
def settings(tmp_path):
    """The default settings."""
    return load("production", root=tmp_path, environment={})


def images_now(store, settings, clock):
    """Without an earlier reading of Redis' counts."""
    return image_success_now(store, settings, clock, Earlier())


@pytest.mark.parametrize(
    ("measure", "key", "counted", "least"),
    [
        (response_time_now, "response_time", "requests", 100),
        (error_rate_now, "error_rate", "requests", 100),
        (images_now, "image_success", "images", 20),
    ],
)
def test_figures_of_the_last_hour(settings, measure, key, counted, least):
    """With the number they are based on; with too few there is no verdict."""
    usual = {key: 1.5, f"{key}_looks": 12.0, f"{key}_buckets": BUCKETS}
    store = Store(**usual | {f"{key}_count": float(least)})
    found = measure(store, settings, CLOCK)
    assert (found.reading.value, found.reading.over) == (1.5, f"1 h ({least} {counted})")
    assert found.enough
    assert "[1h]" in store.asked[f"queries.{key}"]
    assert found.evidence()
    few = measure(Store(**usual | {f"{key}_count": least - 1.0}), settings, CLOCK)
    assert not few.enough
    assert few.reading.coverage.expected == f"at least {least} {counted} in 1 h"
    assert few.reading.coverage.got == str(least - 1)
    gap = measure(Store(**usual | {f"{key}_count": least + 1.0, f"{key}_looks": 10.0}), settings, CLOCK)
    assert gap.coverage.got == "samples of 50 min"
    nothing = measure(Store(), settings, CLOCK).reading
    assert nothing.coverage.got == "samples of 0 min"
    assert math.isnan(nothing.value)


@pytest.mark.parametrize(("scraped", "enough"), [(100.0, True), (91.0, True), (66.7, False), (None, True)])
def test_failed_scrapes_of_the_last_hour_mean_uncounted_requests(tmp_path, scraped, enough):
    """One of three instances was not scraped; a store with remote writes does not know."""
    (tmp_path / "playbook.toml").write_text("[targets.production.prometheus]\nselector = 'job=\"web\"'\n")
    settings = load("production", root=tmp_path, environment={})
    usual = {"error_rate": 0.0, "error_rate_count": 900.0, "error_rate_looks": 12.0}
    store = Store(**usual, scraped=scraped)
    found = error_rate_now(store, settings, CLOCK)
    assert found.enough is enough
    assert "[1h" in store.asked["queries.scraped"]
    assert enough or found.coverage.got == "answers of 66.7 % of scrapes"


def test_recent_quantile_beyond_the_buckets_is_unknown(settings):
    """With buckets up to one second, every quantile is at most a second."""
    buckets = {"0.5": 40.0, "1": 60.0, "+Inf": 100.0}
    store = Store(
        response_time=1.0, response_time_count=500.0, response_time_looks=12.0, response_time_buckets=buckets
    )
    found = response_time_now(store, settings, CLOCK)
    assert not found.enough
    assert found.reading.coverage.expected == "a value within its buckets"


class Counts:
    """A Redis in which the workers have counted 100 images since each reading below."""

    def hgetall(self, key):
        return {"success": "990", "failure": "10"}

    def close(self):
        pass


@pytest.mark.parametrize(
    ("hours", "failed", "verdict"),
    [
        ([1.2], 0, "OK"),
        ([1.2], 10, "WARNING"),
        ([24, 1.2], 0, "OK"),  # the newer one is of the hour
        ([24], 0, "UNKNOWN"),  # what failed in this hour may be little of the day
        ([24], 10, "WARNING"),
        ([], 0, "UNKNOWN"),
        ([0.2], 0, "UNKNOWN"),
    ],
)
def test_images_counted_in_redis_alone_are_known_from_the_second_run(
    monkeypatch, tmp_path, hours, failed, verdict
):
    """The first run stores their counts, and a run an hour later compares them."""
    monkeypatch.setattr(recent_images, "redis", lambda _: Counts())
    readings = [
        {"images": Counted(at=NOW - timedelta(hours=ago), origin="image-processing-stats", counts=before)}
        for ago in hours
        for before in ({"success": 890.0 + failed, "failure": 10.0 - failed},)
    ]
    settings = load("production", root=tmp_path, environment={"REDIS_URL": "redis://localhost"})
    found = image_success_now(Store(), settings, CLOCK, Earlier(lambda: readings))
    assert isinstance(found, CountedLately)
    assert found.readings["images"].counts == {"success": 990.0, "failure": 10.0}
    assert math.isnan(found.reading.value) or found.reading.value == 100 - failed
    limit = settings.limits.image_success_recent
    assert judged_reading(found.coverage, found.reading, limit)[0] == verdict
    assert found.evidence()


def test_images_that_prometheus_counts_are_not_taken_from_redis(tmp_path):
    """A quiet hour is one, whatever was counted before."""
    settings = load("production", root=tmp_path, environment={"REDIS_URL": "redis://localhost"})
    for store in (Store(image_success_looks=288.0), Store(image_success=99.0, image_success_count=30.0)):
        assert isinstance(image_success_now(store, settings, CLOCK, Earlier()), Recent)


def test_window_is_at_least_a_minute(settings):
    """A window of length zero would be an invalid query."""
    assert recent(Store(), settings, ERROR_RATE, 0.0, NOW).minutes == 1.0


def test_response_time_by_its_parts():
    """Median of the samples with a response."""
    phases = [Phases(0.01, 0.02, 0.03, first, first + 0.1) for first in (0.5, 0.7, 3.0)]
    split = time_split(HomepageTiming((*(Sample(200, phase) for phase in phases), Sample(None, problem="cut"))))
    assert split.on_the_way.value == pytest.approx(0.06)
    assert split.in_the_server.value == pytest.approx(0.7)
    assert split.transfer == pytest.approx(0.04)
    assert split.in_the_server.over == "3 fresh connections"
    assert split.evidence().facts["First byte (the application)"].startswith("0.700 s (")


def test_time_is_split_by_the_samples_read_to_their_end():
    """A body that does not match its Content-Encoding has no time; alone, it leaves nothing to split."""
    broken = Sample(200, fault=Fault("a body that is not gzip", uncertain=True))
    split = time_split(HomepageTiming((broken, broken, Sample(200, Phases(0.01, 0.02, 0.03, 5.0, 9.0)))))
    assert split.in_the_server.value == 5.0
    assert split.coverage.words == "1 of 3 connections"
    assert not split.coverage.enough
    with pytest.raises(TooLittleData, match="expected an answer whose time can be split"):
        time_split(HomepageTiming((broken,) * 5))


class Api:
    """Restart counts of instances whose values change over a day."""

    refusal = None

    def __init__(self, *, hours=24, **instances):
        begin = NOW.timestamp() - 3600 * hours
        self._series = [
            Series(
                component=component,
                instance=f"{component}-{number}",
                samples=[(begin + 300 * n, values[n * len(values) // (12 * hours)]) for n in range(12 * hours)],
            )
            for component, many in instances.items()
            for number, values in enumerate(many)
            if values
        ]

    def metric(self, name, start, end):
        """As the client does."""
        assert (name, end - start) == ("restart_count", timedelta(days=1))
        if self.refusal:
            raise self.refusal
        return self._series


def restarts(api, settings, **wanted):
    """Restarts of an app with this number of instances of each component."""
    status = AppStatus(
        "a", "x", "", "", "", "ACTIVE", "d", None, "", None, tuple(wanted), NOW, least=tuple(wanted.items())
    )
    return component_restarts(api, status, settings, FixedClock(NOW), RestartCounts())


RESTARTS = check("test_troubleshooting", "test_no_component_is_restarted")


def test_restarts_are_counted_over_instances_and_counter_resets(settings):
    """A counter that falls was reset and counts from there."""
    found = restarts(Api(web=[(0, 0, 1), (2, 2, 2)], worker=[(5, 6, 1, 2)]), settings, web=2, worker=1)
    assert [(one.name, one.reading.value) for one in found.most_first] == [("worker", 3), ("web", 1)]
    assert found.coverage.enough


HEALTHY = check("test_app", "test_every_component_is_healthy")
ALL_WELL = AppComponents((Component("web", "HEALTHY", 1, 1),))


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ([(0, 0)], "OK"),
        ([(7, 7)], "OK"),  # restarts of an earlier day
        ([(7, 8)], "WARNING"),
        ([(0, 0), (0, 6)], "CRITICAL"),
        ([(5, 0, 0)], "OK"),  # another instance
        ([], "OK"),
        (Denied("DigitalOcean API: expected restarts, got HTTP 403", service="DigitalOcean API"), "OK"),
    ],
)
def test_healthy_component_that_was_restarted_is_not_ok(counts, verdict):
    """What the platform counts is bad evidence; that it does not tell is no gap, as its health is known."""
    api = Api(web=[] if isinstance(counts, Denied) else counts)
    if isinstance(counts, Denied):
        api.refusal = counts
    status = AppStatus("a", "x", "", "", "", "ACTIVE", "d", None, "", None, ("web",), NOW, least=(("web", 1),))
    found = known_restarts(api, status, CLOCK, RestartCounts())
    assert str(judged(HEALTHY, app_components=ALL_WELL, known_restarts=found, app_jobs=AppJobs(()))[0]) == verdict
    assert ("403" in str(found.evidence())) is isinstance(counts, Denied)
    assert ("web: no samples" in str(found.evidence())) is (counts == [])


def test_first_count_of_a_new_instance_belongs_to_this_day(settings):
    """It did not exist before."""
    found = restarts(Api(web=[(4, 4)], hours=2), settings, web=1)
    assert found.most_first[0].reading.value == 4
    assert str(judged(RESTARTS, component_restarts=found, utilization_now=found)[0]) == "UNKNOWN"


@pytest.mark.parametrize(
    ("api", "message"),
    [
        (Api(), "0 h (web 0 h"),
        (Api(other=[(0, 0)]), "0 h (web 0 h"),
        (Api(web=[(0, 0)]), "0 h (web 0 h of 2 instances"),
        (Api(web=[(0, 0), (0, 0)], hours=20), "20 h (web 20 h"),
    ],
)
def test_component_without_samples_is_unknown(settings, api, message):
    """It is named."""
    found = restarts(api, settings, web=2)
    assert found.evidence()
    assert message in found.coverage.got
    assert str(judged(RESTARTS, component_restarts=found, utilization_now=found)[0]) == "UNKNOWN"


def test_no_restarts_of_all_instances_are_ok(settings):
    """With all samples."""
    found = restarts(Api(web=[(0, 0), (3, 3)]), settings, web=2)
    assert str(judged(RESTARTS, component_restarts=found, utilization_now=found)[0]) == "OK"


@pytest.mark.parametrize(
    ("signature", "counts"),
    [
        ("FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory", True),
        ("Out of memory: Killed process #", True),
        ("oom-kill: constraint", True),
        ("MemoryError", True),
        ("PHP Fatal error:  Allowed memory size of # bytes exhausted (tried to allocate # bytes)", True),
        ("memory allocation of # bytes failed", True),
        ("terminate called after throwing an instance of 'std::bad_alloc'", True),
        ("Error R# (Memory quota exceeded)", True),
        ("java.lang.OutOfMemoryError: Java heap space", True),
        ("System.OutOfMemoryException: Exception of type 'System.OutOfMemoryException' was thrown.", True),
        ("RangeError: Array buffer allocation failed", True),
        ("RangeError: WebAssembly.Memory(): could not allocate memory", True),
        ("_ArrayMemoryError: Unable to allocate 1.20 GiB for an array with shape (40000, 4000)", True),
        ("convert: cache resources exhausted `big.png' @ error/cache.c/OpenPixelCache/4119", True),
        ("WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: 4.", True),
        ("DAMN ! worker 1 (pid: 12) died, killed by signal 9 :( trying respawn ...", True),
        ("Work-horse terminated unexpectedly; waitpid returned 9 (signal 9);", True),
        ("Error R15 (Memory quota vastly exceeded)", True),
        ("Process 0 restarted because it exceeds --max-memory-restart value", True),
        ("Function exceeded memory limit of 256 MB", True),
        ("instance was terminated because it exceeded its memory limit", True),
        ("memory resource limit alarm set on node rabbit@app", True),
        ("eheap_alloc: Cannot allocate 1234567 bytes of memory (of type heap).", True),
        ("room for improvement", False),
        ("failed to allocate seat", False),
        ("allocation of seats failed", False),
        ("component terminated with exit code 137", False),  # a deployment that it did not heed ends so as well
        ("worker was sent SIGTERM", False),
        ("cannot reach redis", False),
    ],
)
def test_messages_of_memory_exhaustion(signature, counts):
    """And texts that only sound similar."""
    row = Occurrences(count=3, example=signature)
    review = SimpleNamespace(kinds=[(("web", signature), row)], lines=1_000, kinds_left_out=0)
    found = memory_errors(SimpleNamespace(review=review, coverage=whole("24 of 24 h")))
    assert found.coverage.words == "24 of 24 h"
    assert found.count.value == (3 if counts else 0)
    assert found.count.over == "24 h (1,000 lines)"
    assert found.evidence()


def test_discarded_error_kinds_may_report_memory_exhaustion():
    """So the count is incomplete."""
    review = SimpleNamespace(kinds=[], lines=1_000, kinds_left_out=7)
    found = memory_errors(SimpleNamespace(review=review, coverage=whole("24 of 24 h")))
    assert not found.coverage.enough
    assert found.coverage.got == "7 of 7 that are not"


def release(hours, phase="ACTIVE"):
    return Release("id", phase, "push", "c", NOW, None if hours is None else hours * 3600.0, 60.0, "", 1800.0)


class Rates(Store):
    """The error rate since the release, and before it (queried at a time)."""

    def __init__(self, since, before, since_count=500.0, before_count=500.0):
        super().__init__()
        self._now = (since, since_count)
        self._then = (before, before_count)
        self.moments = set()

    def ask(self, expression, at=None, *, setting):
        self.moments.add(at)
        value, count = self._now if at == NOW else self._then
        self._answers = {"error_rate": value, "error_rate_count": count, "error_rate_looks": 24.0}
        return super().ask(expression, at, setting=setting)


@pytest.mark.parametrize(
    ("releases", "rates", "suspect", "found"),
    [
        ([release(30)], Rates(9.0, 0.0), False, "one 30 h ago (push)"),
        ([release(None)], Rates(9.0, 0.0), False, "no release with a time"),
        ([release(1, "ERROR")], Rates(9.0, 0.0), False, "no release with a time"),
        (
            [release(1)],
            Rates(0.5, 0.0),
            False,
            "one 1 h ago (push), with an error rate of 0.5 % since and 0 % before",
        ),
        (
            [release(1)],
            Rates(6.0, 0.1),
            True,
            "one 1 h ago (push), with an error rate of 6 % since and 0.1 % before",
        ),
        (
            [release(1)],
            Rates(6.0, 5.5),
            False,
            "one 1 h ago (push), with an error rate of 6 % since and 5.5 % before",
        ),
        (
            [release(1)],
            Rates(6.0, 0.0, before_count=3.0),
            True,
            "one 1 h ago (push), with an error rate of 6 % since",
        ),
        (
            [release(1, "ERROR"), release(2)],
            Rates(6.0, 0.0),
            True,
            "one 2 h ago (push), with an error rate of 6 %",
        ),
    ],
)
def test_release_is_suspected_if_errors_began_with_it(settings, releases, rates, suspect, found):
    """Recent, failing since, and not as bad before."""
    effect = release_effect(Releases(tuple(releases)), rates, settings, FixedClock(NOW))
    assert effect.suspect is suspect
    assert effect.found.startswith(found)
    assert effect.evidence()
    if effect.since:
        age = next(one for one in releases if one.succeeded).age
        assert rates.moments == {NOW, NOW - timedelta(seconds=age)}


def test_new_release_cannot_be_judged_yet(settings):
    """Too few requests since then."""
    effect = release_effect(
        Releases((release(0.01),)), Rates(0.0, 0.0, since_count=9.0), settings, FixedClock(NOW)
    )
    assert not effect.suspect
    assert (effect.coverage.expected, effect.coverage.got) == ("at least 100 requests in 1 min", "9")


def test_new_release_may_be_suspected(settings):
    """If nearly all of its few requests failed."""
    rates = Rates(90.0, 0.0, since_count=9.0)
    assert release_effect(Releases((release(0.01),)), rates, settings, FixedClock(NOW)).suspect


HOLDS = Statement("Something", True, "this", "this", warn=True)
WARNS = Statement("Something", False, "this", "that", warn=True)
FAILS = Statement("Something", False, "this", "that")
UNSEEN = lacking("", expected="Redis", got="connection refused")
HEALTHY_NOW = {
    "test_no_part_of_a_response_takes_long": {
        "time_split": {
            "in_the_server": Reading(0.2),
            "on_the_way": Reading(0.1),
            "after_the_first_byte": Reading(0.3),
        }
    },
    "test_services_are_up": {
        "app": {"serving": HOLDS, "domains_served": HOLDS},
        "live_url_answer": {"statement": HOLDS},
        "app_components": {"worst_first": (), "functions": ()},
        "known_restarts": {"most_first": ()},
        "api_health": {
            "is_unhealthy": False,
            "is_degraded": False,
            "summary": "healthy",
            "listing": lambda _: HOLDS,
        },
    },
    "test_dependencies_answer": {
        "homepage_timing": {"bad": [], "summary": "5 of 5"},
        "image_health": {
            "is_unhealthy": False,
            "is_degraded": False,
            "summary": "healthy",
            "listing": lambda _: HOLDS,
        },
        "services_beside": {
            "statements": (),
            "latency": Reading(0.5),
            "optimising": Reading(0.4),
            "found": "Redis",
        },
    },
    "test_no_pattern_of_errors": {
        "log_review": {
            "fatal": Reading(0),
            "errors": Reading(0),
            "server_errors": Reading(0.1),
            "throttled": Reading(0.1),
            "unusual": "",
            "usual": "few",
            "requests_coverage": Coverage(),
        }
    },
    "test_cpu_use_does_not_rise": {
        "cpu_week": {"highest": [], "changes": [], "found": "samples of 3 of 3 components"},
        "known_storage": {"fullest": (), "filling": ()},
    },
    "test_images_do_not_queue_up": {
        "job_queues": {"statements": [HOLDS], "images": [], "waiting": [], "oldest": [], "failed": []}
    },
    "test_the_last_release_broke_nothing": {
        "deployments": {"statements": [HOLDS]},
        "release_effect": {"suspect": False, "found": "one 3 d ago"},
    },
}
RESTARTED = SimpleNamespace(name="web", reading=Reading(3.0, "24 h"))
FULL = SimpleNamespace(name="Files of image-worker", reading=Reading(93.0))
FILLS = SimpleNamespace(name="Files of image-worker", reading=Reading(22.0))
DEAD = SimpleNamespace(subject="Jobs that Sidekiq has given up", reading=Reading(150.0))


@pytest.mark.parametrize(
    ("name", "changed", "verdict"),
    [
        *((name, {}, "OK") for name in HEALTHY_NOW),
        (
            "test_no_part_of_a_response_takes_long",
            {"time_split": {"after_the_first_byte": Reading(9.0)}},
            "CRITICAL",
        ),
        ("test_services_are_up", {"live_url_answer": {"statement": FAILS}}, "CRITICAL"),
        ("test_services_are_up", {"app": {"domains_served": WARNS}}, "WARNING"),
        ("test_services_are_up", {"known_restarts": {"most_first": (RESTARTED,)}}, "WARNING"),
        ("test_services_are_up", {"api_health": {"listing": lambda _: WARNS}}, "WARNING"),
        (
            "test_services_are_up",
            {"app_components": {"functions": (SimpleNamespace(statement=WARNS),)}},
            "WARNING",
        ),
        ("test_dependencies_answer", {"services_beside": {"statements": (FAILS,)}}, "CRITICAL"),
        ("test_dependencies_answer", {"services_beside": {"latency": Reading(900.0)}}, "WARNING"),
        ("test_dependencies_answer", {"services_beside": {"optimising": Reading(90.0)}}, "CRITICAL"),
        ("test_dependencies_answer", {"services_beside": {"optimising": None, "latency": None}}, "OK"),
        (
            "test_dependencies_answer",
            {"services_beside": {"latency": None, "coverage": UNSEEN}, "homepage_timing": {"bad": [1]}},
            "CRITICAL",
        ),
        ("test_dependencies_answer", {"services_beside": {"latency": None, "coverage": UNSEEN}}, "UNKNOWN"),
        ("test_dependencies_answer", {"image_health": {"listing": lambda _: WARNS}}, "WARNING"),
        ("test_no_pattern_of_errors", {"log_review": {"server_errors": Reading(8.0)}}, "CRITICAL"),
        ("test_no_pattern_of_errors", {"log_review": {"throttled": Reading(9.0)}}, "WARNING"),
        ("test_cpu_use_does_not_rise", {"known_storage": {"fullest": (FULL,)}}, "CRITICAL"),
        ("test_cpu_use_does_not_rise", {"known_storage": {"filling": (FILLS,)}}, "WARNING"),
        ("test_images_do_not_queue_up", {"job_queues": {"failed": [DEAD]}}, "WARNING"),
        ("test_the_last_release_broke_nothing", {"deployments": {"statements": [HOLDS, FAILS]}}, "CRITICAL"),
        ("test_the_last_release_broke_nothing", {"deployments": {"statements": [HOLDS, WARNS]}}, "WARNING"),
    ],
)
def test_whatever_a_daily_check_finds_bad_is_bad_in_an_investigation(settings, name, changed, verdict):
    """Of the same measurements."""
    values = {
        key: SimpleNamespace(**{"coverage": whole("seen"), **known, **changed.get(key, {})})
        for key, known in HEALTHY_NOW[name].items()
    }
    found = judged(check("test_troubleshooting", name), settings, **values)
    assert found[0] == verdict, found


def test_further_website_that_is_down_or_slow_is_found_in_an_investigation(settings):
    """As the website itself is."""
    answers = {
        name: SimpleNamespace(coverage=whole("seen"), **known)
        for name, known in HEALTHY_NOW["test_dependencies_answer"].items()
    }
    shop = SimpleNamespace(coverage=whole("1 more site"), statements=[FAILS])
    the_check = check("test_troubleshooting", "test_dependencies_answer")
    assert judged(the_check, settings, **answers, other_homepages=shop)[0] == "CRITICAL"
    seen = SimpleNamespace(name="shop", limits=settings.limits, value=SimpleNamespace(median=Reading(9.0)))
    now = {
        "response_time_now": SimpleNamespace(coverage=whole("1 h"), reading=Reading(0.4)),
        "homepage_timing": SimpleNamespace(coverage=whole("3"), median=Reading(0.4)),
        "alerts": SimpleNamespace(coverage=whole("6 rules"), firing=(), words=lambda _: "none"),
        "other_homepages": SimpleNamespace(coverage=whole("1 more site"), seen=[seen]),
    }
    the_check = check("test_troubleshooting", "test_responses_are_fast_now")
    assert judged(the_check, settings, **now)[0] == "CRITICAL"


@pytest.mark.parametrize(
    ("found", "fullest", "filling"),
    [
        ((93.0, 22.0), ["Files"], ["Files"]),
        ((60.0, 400.0), [], []),
        ((math.nan, math.nan), [], []),
        ((-1.0, 400.0), [], []),
        (Denied("Prometheus: expected an answer, got HTTP 403", service="Prometheus"), [], []),
        (NotConfigured("no", setting="x", add="x"), [], []),
        (None, [], []),
    ],
)
def test_storage_counts_as_far_as_it_is_known(settings, found, fullest, filling):
    """And where it is not, nothing else of the investigation suffers."""
    outcome = Outcome("storage_week", None, None, 0.0, absent=found is None)
    if isinstance(found, Exception):
        outcome = Outcome("storage_week", None, found, 0.0)
    elif found:
        percent, days = (SimpleNamespace(name="Files", reading=Reading(value)) for value in found)
        outcome = Outcome("storage_week", SimpleNamespace(fullest=[percent], filling=[days]), None, 0.0)
    known = known_storage(outcome, settings)
    assert [one.name for one in known.fullest] == fullest
    assert [one.name for one in known.filling] == filling
    assert known.coverage.enough
