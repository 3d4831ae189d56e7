"""Clock skew: readings of each clock, whose clock is off, and unreadable clocks."""

import math
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from playbook.core.clock import FixedClock
from playbook.core.errors import NotConfigured, Unreachable
from playbook.core.judge import Judge
from playbook.core.verdict import Critical, Verdict
from playbook.measure import clock as clocks
from playbook.measure.clock import ClockReading, ClockSkew, clock_skew
from playbook.settings.loading import load

NOW = datetime(2024, 5, 29, 21, 0, tzinfo=UTC)
SETTINGS = load("sandbox", environment={})
DATE = "Wed, 29 May 2024 21:00:00 GMT"


def not_configured(_):
    raise NotConfigured("web.url is not set", setting="web.url", add="it")


def gone(_):
    raise Unreachable("Redis: expected an answer, got connection refused", service="Redis")


def website(date=DATE, **more):
    answer = SimpleNamespace(headers={"date": date, **more} if date else more, url="https://x", service="Website")
    return lambda _: SimpleNamespace(get=lambda *_, **__: answer)


def redis(seconds):
    answer = [str(int(NOW.timestamp() + seconds)), "0"]
    return lambda _: SimpleNamespace(execute_command=lambda _: answer, close=lambda: None)


def prometheus(seconds):
    sample = SimpleNamespace(time=NOW.timestamp() + seconds)
    return lambda _: SimpleNamespace(query=lambda _: [sample])


@pytest.fixture
def read(monkeypatch):
    """Measures clock skew with these clients."""

    def measure(web, cache, metrics, clock=None):
        for name, client in (("website", web), ("redis", cache), ("prometheus", metrics)):
            monkeypatch.setattr(clocks, name, client)
        return clock_skew(SETTINGS, clock or FixedClock(NOW))

    return measure


def judged(found):
    judge = Judge()
    judge.add_coverage("clock_skew", found.coverage)
    try:
        judge(found.largest, SETTINGS.limits.clock_skew)
    except Critical as critical:
        return Verdict.CRITICAL, str(critical)
    return judge.judgements[-1].verdict, judge.judgements[-1].message


def test_clocks_that_agree_are_ok(read):
    """A Date header is accurate to half a second."""
    found = read(website(), redis(0), prometheus(1))
    assert judged(found) == (
        Verdict.OK,
        "Clock skew: expected under 2 s, got 1 s of 3 clocks (Prometheus 1 s ahead)",
    )
    assert found.coverage.words == "3 of 3 clocks"
    assert len(found.evidence()) == 2


@pytest.mark.parametrize(
    ("said", "verdict", "whose"),
    [
        (("Wed, 29 May 2024 21:10:00 GMT", 0, 0), Verdict.CRITICAL, "website 10 min ahead"),
        (("Wed, 29 May 2024 20:59:15 GMT", 0, 0), Verdict.WARNING, "website 44 s behind"),
        ((DATE, 45, 0), Verdict.WARNING, "Redis 45 s ahead"),
        ((DATE, 0, -3_600), Verdict.CRITICAL, "Prometheus 1 h behind"),
        (("Wed, 29 May 2024 22:10:00 +0100", 0, 0), Verdict.CRITICAL, "website 10 min ahead"),
    ],
)
def test_clock_that_is_off_is_named(read, said, verdict, whose):
    """Each of them, in either direction."""
    web, cache, metrics = said
    found = judged(read(website(web), redis(cache), prometheus(metrics)))
    assert found[0] is verdict
    assert whose in found[1]


def test_skewed_clock_counts_although_another_was_not_read(read):
    """Bad evidence counts even when partial; good evidence does not."""
    assert judged(read(website(), gone, prometheus(400)))[0] is Verdict.CRITICAL
    verdict, message = judged(read(website(), gone, prometheus(0)))
    assert verdict is Verdict.UNKNOWN
    assert "expected all 3 clocks, got 2 clocks (nothing from Redis: " in message


@pytest.mark.parametrize("date", ["", "yesterday", "Wed, 99 May 2024 21:00:00 GMT"])
def test_response_without_a_valid_date_is_unknown(read, date):
    """Neither without a Date header nor with an invalid one."""
    found = read(website(date), redis(0), prometheus(0))
    assert judged(found)[0] is Verdict.UNKNOWN
    assert "website: expected a date from https://x" in found.coverage.got


def test_cached_date_is_corrected_by_its_age(read):
    """The Date header is old, but the Age header accounts for that."""
    kept = website("Wed, 29 May 2024 20:00:00 GMT", age="3600")
    assert judged(read(kept, redis(0), prometheus(0)))[0] is Verdict.OK


def test_slow_response_does_not_make_a_clock_wrong():
    """The reading is from some time between request and response."""
    assert ClockReading("x", "Date", offset=40.0, uncertainty=39.0).least == 1.0
    assert ClockReading("x", "Date", offset=-5.0, uncertainty=39.0).least == 0.0


def test_clocks_not_configured_are_left_out(read):
    """One clock is enough to compare with; without any it is not configured."""
    found = read(not_configured, redis(0), not_configured)
    assert found.coverage.words == "1 of 1 clock"
    assert judged(found)[0] is Verdict.OK
    with pytest.raises(NotConfigured):
        read(not_configured, not_configured, not_configured)


def test_no_responding_clock_is_unknown(read):
    """All configured clocks fail."""
    found = read(gone, gone, gone)
    assert math.isnan(found.largest.value)
    assert judged(found)[0] is Verdict.UNKNOWN
    assert found.evidence()


def test_equal_skew_of_all_clocks_is_attributed_to_this_machine():
    """The evidence says so."""
    alike = ClockSkew(tuple(ClockReading(name, "x", -3_600.0 - n) for n, name in enumerate("abc")))
    assert any("it is this machine's clock" in str(shown) for shown in alike.evidence())
    other = ClockSkew((ClockReading("a", "x", -3_600.0), ClockReading("b", "x", 0.0)))
    assert not any("it is this machine's clock" in str(shown) for shown in other.evidence())
