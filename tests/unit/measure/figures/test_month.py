"""The month: percentiles, comparison with the month before, and unusual days."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from playbook.clients.prometheus import Answered, Courses, Sample, Series
from playbook.core.clock import FixedClock
from playbook.core.errors import Unreachable
from playbook.measure.figures.anomalies import DailyFigure, month_days
from playbook.measure.figures.figure_names import AVAILABILITY, ERROR_RATE, IMAGE_SUCCESS, RESPONSE_TIME
from playbook.measure.figures.kpis import Kpi
from playbook.measure.figures.month import MONTH, compare, month_comparison, month_report
from playbook.measure.figures.performance import week_availability
from playbook.settings.loading import load
from playbook.settings.sections.trends import Trends
from tests.judged import check, judged, judged_reading

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
SETTINGS = load("production", environment={})
DAY = 86_400.0


class Store:
    """Answers every query with the same number, ranges with one a step; queries and times are recorded."""

    service = "Prometheus"
    warnings: tuple[str, ...] = ()

    def __init__(self, value=1.0, looks=12):
        self.value = value
        self.looks = looks  # in an hour
        self.asked = []

    def ask(self, expression, at=None, *, setting):
        self.asked.append((setting, expression, at))
        if not setting:
            sample = Sample({"job": "web", "instance": "web-0"}, 0.0, 4.0)
            return Answered("Prometheus", expression, setting, [sample], ())
        if setting.endswith(("_unknown", ".standing", ".standing_images", ".falling", ".untold", ".untimed")):
            return Answered("Prometheus", expression, setting, [], ())
        if setting.endswith("_buckets"):
            samples = [Sample({"le": le}, 0.0, 1e6) for le in ("1", "2.5", "5", "10", "+Inf")]
            return Answered("Prometheus", expression, setting, samples, ())
        window = float(expression.partition("[")[2].partition("h")[0])
        value = (
            self.looks * window
            if setting.endswith("_looks")
            else 1e6
            if setting.endswith("_count")
            else self.value
        )
        return Answered("Prometheus", expression, setting, [Sample({}, 0.0, value)], ())

    def query_range(self, expression, start, end, step, *, setting):
        self.asked.append((setting, expression, end))
        count = int((end - start).total_seconds() / step) + 1
        value = self.looks * 24 if setting.endswith("_looks") else self.value
        points = tuple((start.timestamp() + step * n, value) for n in range(count))
        return Courses([Series({}, points)], self.warnings)


def kpi(value, figure=AVAILABILITY, hours=720.0, count=100_000):
    answered = Answered("Prometheus", "q", "queries.q", [Sample({}, 0.0, value)], ())
    return Kpi(figure, MONTH, answered, count, hours * 12, SETTINGS.kpis, 90.0)


def changed(now, before, key="availability"):
    return compare(now, before, getattr(SETTINGS.limits, f"{key}_change"), SETTINGS.trends, 80.0)


def test_week_has_seven_days():
    """Of 24 hours each, the last one ending now, beside the whole week."""
    store = Store(99.95)
    found = week_availability(cast(Any, store), SETTINGS, FixedClock(NOW))
    assert found.reading.over == "7 days (1,000,000 probes)"
    assert [at for at, _ in found.days] == [NOW.timestamp() - DAY * n for n in range(6, -1, -1)]
    chart = found.evidence()[1]
    assert chart.limits == {"target": 99.9, "warning": 99.5, "critical": 99.0}


def test_report_shows_percentiles_of_times_and_days():
    """P50, P95 and P99 of requests and images; the worst day by its date; a chart for each figure."""
    report = month_report(cast(Any, Store(0.3)), SETTINGS, FixedClock(NOW))
    figures, times, days, *charts = report.evidence()
    assert times.rows == [["Requests", "0.3 s", "0.3 s", "0.3 s"], ["Images", "0.3 s", "0.3 s", "0.3 s"]]
    assert len(figures.rows) == len(days.rows) == len(charts) == 5
    assert days.rows[1] == ["P95 response time", *["0.3 s"] * 4, "2026-10-25"]


def test_failing_figures_come_first():
    """As CRITICAL ends the check."""
    report = month_report(cast(Any, Store(3.0)), SETTINGS, FixedClock(NOW))
    first = report.worst_first[0]
    assert str(first.limit.verdict(first.reading.value)) == "CRITICAL"


def test_two_months_are_queried():
    """The one before ends thirty days ago."""
    store = Store(9.9)
    clock = FixedClock(NOW)
    report = month_report(cast(Any, store), SETTINGS, clock)
    found = month_comparison(cast(Any, store), report, SETTINGS, clock)
    assert {at for _, _, at in store.asked} == {NOW, NOW - timedelta(days=30)}
    assert [change.word for change in found.changes] == ["alike"] * 5
    assert found.lacks.enough
    assert found.coverage.words == "5 of 5 figures"


@pytest.mark.parametrize(
    ("figure", "before", "now", "word", "bad"),
    [
        (AVAILABILITY, 99.95, 99.96, "alike", False),
        (AVAILABILITY, 99.95, 99.85, "worse", False),
        (AVAILABILITY, 99.95, 99.6, "worse", True),
        (AVAILABILITY, 99.0, 99.9, "better", False),
        (RESPONSE_TIME, 0.4, 0.43, "alike", False),
        (RESPONSE_TIME, 0.4, 0.49, "worse", False),
        (RESPONSE_TIME, 0.4, 0.6, "worse", True),
        (RESPONSE_TIME, 0.6, 0.4, "better", False),
        (ERROR_RATE, 0.0, 0.04, "alike", False),
        (ERROR_RATE, 0.1, 0.9, "worse", True),
        (ERROR_RATE, 0.9, 0.1, "better", False),
        (IMAGE_SUCCESS, 99.6, 98.0, "worse", True),
    ],
)
def test_change_is_better_worse_or_alike(figure, before, now, word, bad):
    """Within the tolerance two months are alike; only a deterioration beyond its limit is a warning."""
    change = changed(kpi(now, figure), kpi(before, figure), figure.key)
    assert change.word == word
    assert change.reading is not None
    assert (str(change.limit.verdict(change.reading.value)) == "WARNING") is bad
    assert change.reading.over.startswith(f"30 days ({word}: from ")


@pytest.mark.parametrize(
    ("now", "before", "why"),
    [
        (kpi(99.9), kpi(99.9, hours=240), "samples of 240 h in the 30 days before"),
        (kpi(99.9, count=3), kpi(99.9), "3 in the last 30 days"),
        (kpi(99.9), kpi(math.nan), "NaN in the 30 days before"),
        (kpi(99.9, hours=500), kpi(99.9), "samples of 500 h in the last 30 days"),
        (kpi(99.9, hours=600), kpi(99.9), "600 h against 720 h before"),
    ],
)
def test_incomparable_months_are_unknown(now, before, why):
    """Different coverage or too few samples: no change is reported."""
    change = changed(now, before)
    assert (change.reading, change.word, change.why) == (None, "not comparable", why)


def test_change_from_zero_is_not_comparable():
    """A response time of 0 before."""
    change = changed(kpi(0.4, RESPONSE_TIME), kpi(0.0, RESPONSE_TIME), "response_time")
    assert change.why == "0 before"


def test_incomparable_figure_is_named():
    """The others are still judged."""
    clock = FixedClock(NOW)
    report = month_report(cast(Any, Store(99.9)), SETTINGS, clock)
    found = month_comparison(cast(Any, Store(99.9, looks=1)), report, SETTINGS, clock)
    assert "too little of availability (samples of 60 h in the 30" in found.lacks.got
    assert found.coverage.enough
    assert found.evidence()[0].rows[0][1] == "not known"


def days(value, count=30, bad="both", floor=5.0, relative=True):
    """``value`` is a function of the day's date and number."""
    made = []
    for number in range(count):
        moment = MIDNIGHT - DAY * (count - number)
        made.append((moment, value(datetime.fromtimestamp(moment, UTC), number)))
    seen = frozenset(at for at, _ in made)
    return DailyFigure("Requests", "", tuple(made), seen, bad, floor, relative, Trends())


def test_weekends_are_not_unusual():
    """Half of the traffic on each of them, with noise."""
    chance = random.Random(3)
    found = days(lambda day, _: (500 if day.weekday() >= 5 else 1000) * chance.uniform(0.95, 1.05))
    assert found.unusual == []


def test_weekend_like_working_day_is_unusual():
    """Its date is reported."""
    found = days(lambda day, _: 500.0 if day.weekday() >= 5 or day.day == 18 else 1000.0)
    (one,) = found.unusual
    assert str(one) == "2026-11-18 (Requests 500, usual 1,000)"
    assert found.chart().curves[1].points == [one.day]


def test_small_deviation_on_a_steady_system_is_not_unusual():
    """Because of the floor: five times five percent."""
    assert days(lambda _, n: 1200.0 if n == 7 else 1000.0).unusual == []
    assert len(days(lambda _, n: 1300.0 if n == 7 else 1000.0).unusual) == 1


@pytest.mark.parametrize(("bad", "found"), [("low", 1), ("high", 0), ("both", 1)])
def test_only_the_failing_side_is_unusual(bad, found):
    """A day with fewer errors than usual needs no action."""
    figure = days(lambda _, n: 98.0 if n == 7 else 99.9, bad=bad, floor=0.05, relative=False)
    assert len(figure.unusual) == found


def test_fewer_than_twenty_days_have_no_usual_value():
    """Nothing is unusual then."""
    assert days(lambda _, n: float(n == 7), count=19).unusual == []
    assert not days(lambda _, n: float(n == 7), count=19).known


def test_trend_over_the_month_is_reported():
    """Each weekday is compared with itself."""
    found = days(lambda day, n: 1000.0 + 10 * n - 300 * (day.weekday() >= 5))
    assert found.trend.steady
    assert found.trend.slope == pytest.approx(10)


def test_month_has_whole_days_in_utc():
    """Up to yesterday, each under its own date."""
    found = month_days(cast(Any, Store(99.9)), SETTINGS, FixedClock(NOW))
    assert len(found.figures) == 6
    assert found.figures[0].days[-1][0] == MIDNIGHT - DAY
    assert len(found.figures[0].days) == 30
    assert found.summary == "none in 30 days"
    assert (found.coverage.enough, found.coverage.words) == (
        True,
        "1 answer · 4 series of this target · 30 of 30 days",
    )
    assert [figure.bad for figure in found.figures] == ["low", "high", "high", "low", "low", "both"]


def test_month_of_which_a_store_is_away_is_not_usual():
    """Its bad days may be in what did not answer."""
    store = Store(99.9)
    store.warnings = ("No StoreAPIs matched for this query",)
    found = month_days(cast(Any, store), SETTINGS, FixedClock(NOW))
    assert not found.coverage.enough
    assert "got one with the warning 'No StoreAPIs" in f"got {found.coverage.got}"


@pytest.mark.parametrize(("share", "enough"), [(0.81, True), (0.5, False)])
def test_half_covered_day_counts_only_if_it_failed(share, enough):
    """Its requests are half of a day's, which is not unusual; a usual value says nothing."""
    found = month_days(cast(Any, Store(99.9, looks=12 * share)), SETTINGS, FixedClock(NOW))
    assert found.coverage.enough is enough
    assert len(found.figures[0].days) == 30
    assert len(found.figures[-1].days) == (30 if enough else 0)


def test_half_empty_month_may_fail():
    """Each figure relies on its own samples."""
    report = month_report(cast(Any, Store(3.0, looks=6)), SETTINGS, FixedClock(NOW))
    verdicts = [judged_reading(report.coverage, one.by_itself, one.limit)[0] for one in report.worst_first]
    assert verdicts == ["CRITICAL", "CRITICAL", "CRITICAL", "WARNING", "WARNING"]
    good = month_report(cast(Any, Store(0.05, looks=6)), SETTINGS, FixedClock(NOW))
    error_rate = next(one for one in good.kpis if one.whole.figure is ERROR_RATE)
    assert judged_reading(good.coverage, error_rate.by_itself, error_rate.limit)[0] == "UNKNOWN"


@pytest.mark.parametrize("setting", ["error_rate", "availability", "error_rate_count", "response_time_looks"])
def test_unusual_days_of_several_series_are_unknown(setting):
    """An operator's own query may have one for each instance: the first says nothing about the others."""

    class Several(Store):
        def query_range(self, expression, start, end, step, *, setting):
            (one,) = found = super().query_range(expression, start, end, step, setting=setting)
            return Courses([*found, Series({"instance": "web-1"}, one.points)]) if setting == asked else found

    asked = f"queries.{setting}"
    found = month_days(cast(Any, Several(99.9)), SETTINGS, FixedClock(NOW))
    verdict, message = judged(check("test_performance", "test_no_day_was_unusual"), month_days=found)
    assert str(verdict) == "UNKNOWN"
    assert f"expected one series for {asked}, got 2" in message


class Less(Store):
    """A store that does not answer one of the queries."""

    def __init__(self, unread, value):
        super().__init__(value)
        self.unread = f"queries.{unread}"

    def ask(self, expression, at=None, *, setting):
        if setting == self.unread:
            raise Unreachable("Prometheus: expected an answer, got HTTP 503", service="Prometheus")
        return super().ask(expression, at, setting=setting)

    def query_range(self, expression, start, end, step, *, setting):
        if setting == self.unread:
            raise Unreachable("Prometheus: expected an answer, got HTTP 503", service="Prometheus")
        return super().query_range(expression, start, end, step, setting=setting)


@pytest.mark.parametrize("unread", ["response_time", "response_time_buckets", "availability_count", "scraped"])
def test_figure_of_the_month_that_cannot_be_read_hides_none_of_the_others(unread):
    """An error rate of 3 % is a warning whatever else was not answered."""
    report = month_report(cast(Any, Less(unread, 3.0)), SETTINGS, FixedClock(NOW))
    verdicts = {
        one.whole.figure: judged_reading(report.coverage, one.by_itself, one.limit) for one in report.worst_first
    }
    assert verdicts[ERROR_RATE][0] == "WARNING"
    assert report.evidence()
    if unread.startswith("response_time"):
        assert verdicts[RESPONSE_TIME][0] == "UNKNOWN"
        assert "HTTP 503" in verdicts[RESPONSE_TIME][1]


def test_unusual_days_count_without_another_figure():
    """A figure that cannot be read is no usual one, and the others are judged."""
    found = month_days(cast(Any, Less("response_time", 99.9)), SETTINGS, FixedClock(NOW))
    assert len(found.figures[0].days) == 30
    assert "HTTP 503" in found.coverage.got


def test_days_of_a_week_are_only_a_picture():
    found = week_availability(cast(Any, Pictureless()), SETTINGS, FixedClock(NOW))
    assert judged_reading(found.coverage, found.reading, found.limit)[0] == "CRITICAL"


class Pictureless(Store):
    """A store that answers no query over time."""

    def query_range(self, expression, start, end, step, *, setting):
        raise Unreachable("Prometheus: expected an answer, got HTTP 503", service="Prometheus")
