"""Capacity: when growth reaches the limit, and headroom for a spike."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.prometheus import Courses, Prometheus, Series
from playbook.clients.prometheus_aside import aside
from playbook.clients.prometheus_queries import highest, one_series, own_series, query_of
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, share, together, unread, whole
from playbook.core.engine import measurement
from playbook.core.errors import Unmeasured
from playbook.core.evidence import Chart, Curve, Evidence, Facts, Table
from playbook.core.limits import Limit, Reading
from playbook.core.wording import within
from playbook.measure.app.app import identity_of
from playbook.measure.app.percentages import LEAST_MEMORY, MOST, percentages
from playbook.measure.app.resources import Judged
from playbook.measure.app.sampled import departed, fresh, spec_names, unseen
from playbook.measure.app.scaling_policy import instances
from playbook.measure.figures.breakpoint_tests import BreakpointTest, newest_test, recent_enough
from playbook.measure.known import or_unread
from playbook.readers.load.order import LoadOrder
from playbook.readers.load.planning import history_of
from playbook.readers.trend import DAY, Point, Trend, fit_days
from playbook.settings.model import Settings

HISTORY_DAYS = 60
# With fewer whole days there are not four weeks of weekdays to compare.
LEAST_DAYS = 28
NEWEST = timedelta(days=2)
PEAK_DAYS = 30
QUARTER = 900.0  # seconds
QUARTERS = 2880  # in 30 days
COMPONENTS = ("component_cpu", "component_memory", "component_storage")


@dataclass(frozen=True, slots=True)
class Course:
    """One resource of one component, day by day: 95th percentile of the day, in percent.

    Attributes:
        ceiling: the percentage that counts as its limit.
    """

    name: str
    days: tuple[Point, ...]
    trend: Trend
    ceiling: float


@dataclass(frozen=True, slots=True)
class CapacityGrowth:
    """Two months of every component's CPU, memory and storage."""

    service: str
    courses: tuple[Course, ...]
    measured: datetime
    least_percent: float
    answers: Coverage = field(default_factory=Coverage)

    @property
    def coverage(self) -> Coverage:
        """Whether enough days of every component's CPU, memory and storage are known."""
        least = max(math.ceil(HISTORY_DAYS * self.least_percent / 100), LEAST_DAYS)
        short = [
            f"{within(course.name)} ({len(course.days)})" for course in self.courses if len(course.days) < least
        ]
        fewest = min((len(course.days) for course in self.courses), default=0)
        if self.courses and not short:
            return self.answers + whole(f"{fewest} of {HISTORY_DAYS} days") + self._newest
        return self.answers + lacking(
            f"{fewest} of {HISTORY_DAYS} days",
            expected=f"at least {least} of the last {HISTORY_DAYS} days of CPU, memory and storage of every "
            "component",
            got=f"fewer days of {', '.join(short)}" if any(course.days for course in self.courses) else "none",
            hint="The queries stand in the settings as queries.component_….",
        )

    @property
    def _newest(self) -> Coverage:
        """Whether the newest day of each is one of the last: it may grow since."""
        return fresh({course.name: course.days for course in self.courses}, self.measured, NEWEST)

    @property
    def meeting(self) -> list[Judged]:
        """Days until the limit is reached, soonest first, for resources that grow steadily."""
        found = []
        for course in self.courses:
            days = course.trend.days_until(course.ceiling)
            if days is not None and len(course.days) >= LEAST_DAYS:
                when = self.measured + timedelta(days=days)
                over = f"({course.ceiling:g} % on {when:%Y-%m-%d} by the last {len(course.days)} days: "
                over += f"{course.trend.describe('points')})"
                found.append(Judged(course.name, Reading(math.floor(days), over)))
        return sorted(found, key=lambda judged: judged.reading.value)

    @property
    def summary(self) -> str:
        """The result in a few words."""
        found = [f"{one.name} in {one.reading.value:.0f} days" for one in self.meeting]
        return ", ".join(found) or f"none of {len(self.courses)} that grows steadily towards its limit"

    def evidence(self) -> list[Evidence]:
        """A row for each resource, and a chart for each kind."""
        rows = [
            [
                course.name,
                f"{course.trend.level:.1f} %" if course.days else "no samples",
                f"{course.ceiling:g} %",
                course.trend.describe("points"),
                self._outlook(course),
                str(len(course.days)),
            ]
            for course in self.courses
        ]
        columns = ["Resource", "Highest of the week", "Limit", "Growth", "Meets it on", "Days"]
        charts = []
        for kind in ("CPU", "Memory", "Storage"):
            mine = [course for course in self.courses if course.name.startswith(kind)]
            curves = [Curve(course.name.partition(" of ")[2] or kind, list(course.days)) for course in mine]
            limits = {"limit": mine[0].ceiling} if mine else {}
            charts.append(Chart(f"{kind}, in 95 % of each day at most", "%", curves, limits))
        return [Table(f"Growth over {HISTORY_DAYS} days", columns, rows), *charts]

    def _outlook(self, course: Course) -> str:
        days = course.trend.days_until(course.ceiling)
        if days is not None:
            return f"{self.measured + timedelta(days=days):%Y-%m-%d}"
        return "no such trend"


@dataclass(frozen=True, slots=True)
class Spike:
    """A component at its spike.

    Attributes:
        peak: CPU of all instances together in the busiest quarter of an hour, percent of one instance.
        quarters: number of quarters of an hour with samples.
        most: maximum number of instances.
    """

    name: str
    peak: float
    quarters: int
    most: int


@dataclass(frozen=True, slots=True)
class Headroom:
    """Whether a multiple of the month's highest traffic could be carried. CPU is assumed to grow with traffic.

    Attributes:
        rate_quarters: number of quarters of an hour whose rate of requests is known.
        measured: when this was read.
        test_days: maximum age of the load test.
        is_known: whether the app and the CPU of its components were read; otherwise ``answers`` says why not.
    """

    service: str
    multiple: float
    spikes: tuple[Spike, ...]
    busiest_rate: float | None
    load_test: BreakpointTest | None
    days: tuple[Point, ...]
    least_percent: float
    answers: Coverage = field(default_factory=Coverage)
    rate_quarters: int = 0
    is_known: bool = True
    measured: datetime | None = None
    test_days: float = math.inf

    @property
    def coverage(self) -> Coverage:
        """Whether enough of the month is known of every component: the peak may be where there are no samples."""
        least = QUARTERS * self.least_percent / 100
        short = [f"{one.name} ({one.quarters / 4:.0f} h)" for one in self.spikes if one.quarters < least]
        fewest = min((spike.quarters for spike in self.spikes), default=0)
        words = f"{fewest / 4:.0f} of {QUARTERS // 4} h"
        if (self.spikes and not short) or not self.is_known:
            return self.answers + whole(words if self.is_known else "")
        return self.answers + lacking(
            words,
            expected=f"CPU samples of at least {least / 4:g} of the last {QUARTERS // 4} h of every component",
            got=f"fewer hours of {', '.join(short) or 'all'}",
            hint="The query is set by queries.component_cpu_total.",
        )

    @property
    def by_cpu(self) -> list[Judged]:
        """Percent CPU of every instance at the spike, highest first."""
        found = []
        for spike in self.spikes:
            if spike.quarters:
                peak = f"{self.multiple:g} × the peak of 30 days ({spike.peak:.0f} % of one instance)"
                over = f"of {instances(spike.most)} at {peak}"
                found.append(Judged(spike.name, Reading(spike.peak * self.multiple / spike.most, over)))
        return sorted(found, key=lambda judged: -judged.reading.value)

    @property
    def by_requests(self) -> list[Judged]:
        """Percent of the tested load at the spike; empty where there is no breakpoint test.

        NaN where the number of requests is unknown, or where not even the first step of the newest test held,
        which says nothing about the system.
        """
        if self.load_test is None:
            return []
        if self.busiest_rate is None:
            hint, expected = "Correct queries.request_rate.", "the requests a second of 30 days"
            lacks = lacking("no rate of requests", expected=expected, got="no samples", hint=hint)
            return [Judged("Requests", Reading(math.nan, coverage=lacks))]
        wanted = self.busiest_rate * self.multiple
        test = self.load_test
        if not test.requests_per_second > 0:
            lacks = lacking(
                "no step held",
                expected="a step of the newest breakpoint test to have held",
                got=f"none on {test.finished:%Y-%m-%d}",
                hint="See what broke the first step, or whether a cache answered for the website, then test "
                "again: pytest -m load --shape breakpoint.",
            )
            return [Judged("Requests", Reading(math.nan, coverage=lacks))]
        over = f"({self.multiple:g} × the peak is {wanted:,.1f} requests/s; the {test.shape} test on "
        over += f"{test.finished:%Y-%m-%d} carried {test.requests_per_second:,.1f})"
        age = recent_enough(test, self.measured, self.test_days) if self.measured else Coverage()
        # CPU may be known of a month in which requests were not yet counted.
        known = share(
            self.rate_quarters // 4,
            QUARTERS // 4,
            "h",
            least_percent=self.least_percent,
            what="the rate of requests",
            hint="The query is set by queries.request_rate.",
        )
        return [Judged("Requests", Reading(100 * wanted / test.requests_per_second, over, known + age))]

    def evidence(self) -> list[Evidence]:
        """A row for each component, the load test, and a chart of the traffic."""
        rows = [
            [
                spike.name,
                f"{spike.peak:.0f} %" if spike.quarters else "no samples",
                str(spike.most),
                f"{spike.peak * self.multiple / spike.most:.0f} %" if spike.quarters else "",
                f"{spike.quarters / 4:.0f} of 720",
            ]
            for spike in self.spikes
        ]
        test = self.load_test
        rate = "no samples" if self.busiest_rate is None else f"{self.busiest_rate:,.1f} requests/s"
        facts = {
            "A spike is": f"{self.multiple:g} × the busiest quarter of an hour of 30 days",
            "Busiest quarter of an hour": rate,
            "Load test": f"{test.requests_per_second:,.1f} requests/s carried by {test.target}, {test.shape}, "
            f"{test.finished:%Y-%m-%d}"
            if test
            else "no breakpoint test yet",
        }
        columns = ["Component", "CPU at the peak, of one instance", "Most instances", "Each at the spike", "Hours"]
        course = Chart(
            "Requests a second, busiest quarter of each day", "/s", [Curve("requests", list(self.days))]
        )
        return [Table("CPU at a spike", columns, rows), Facts("Traffic", facts), course]


@measurement(parts=("services",))
def capacity_growth(prometheus: Prometheus, settings: Settings, clock: Clock) -> CapacityGrowth:
    """CPU, memory and storage of every component, day by day over two months, and when they reach their limits."""
    now = clock.now()
    kinds = (
        ("CPU", "component_cpu", settings.limits.cpu),
        ("Memory", "component_memory", settings.limits.memory),
        ("Storage", "component_storage", settings.limits.storage),
    )
    first, label = now - timedelta(days=HISTORY_DAYS - 1), settings.target.prometheus.component_label
    found, answers, read = [], Coverage(), []
    errors: list[Unmeasured] = []
    for kind, key, limit in kinds:
        query, setting, is_memory = query_of(settings, key, DAY), f"queries.{key}", kind == "Memory"
        try:
            series = prometheus.query_range(query, first, now, DAY, setting=setting)
        except Unmeasured as error:  # it hides nothing of the others
            errors.append(error)
            answers += unread(error, f"an answer to {setting}")
            continue
        answers += series.coverage
        read.append((kind, limit))
        mine = {}
        for name, several in _by_component(series, label).items():
            least = LEAST_MEMORY if is_memory else 0.0
            # CPU may be counted in percent of one core of several.
            most = math.inf if kind == "CPU" else MOST
            mine[name], odd = percentages(highest(several), setting, least=least, most=most)
            answers += odd
        found.append(mine)
    if not read:
        raise errors[0]
    # A component with memory but no CPU samples is reported as missing, not skipped.
    spec = spec_names(settings)
    gone = departed(found, spec, now)
    seen = {name for one in found for name in one} - gone
    answers += spec.coverage + whole(
        f"without {', '.join(sorted(gone))}, of which the app has none" if gone else ""
    )
    names = sorted(seen.union(unseen(spec.awake, seen))) or [""]
    courses = []
    for (kind, limit), points_of in zip(read, found, strict=True):
        for name in names:
            points = points_of.get(name, ())
            trend = fit_days(points, settings.trends, restarts=kind != "CPU")
            courses.append(Course(f"{kind} of {name}" if name else kind, points, trend, ceiling(limit)))
    answers += own_series(aside(prometheus), settings, COMPONENTS, DAY, now)
    return CapacityGrowth(prometheus.service, tuple(courses), now, settings.coverage.trend_percent, answers)


@measurement(parts=("services",))
def headroom(
    prometheus: Prometheus, digitalocean: DigitalOceanApi, settings: Settings, clock: Clock, load_order: LoadOrder
) -> Headroom:
    """CPU of every component in the busiest quarter of an hour of 30 days, and its CPU at a spike."""
    now = clock.now()
    app, unread_app = or_unread(digitalocean.app, "the app's spec")
    kept, name = Path(settings.capacity.load_tests), settings.target.name
    load_test, unread_tests = newest_test(kept, name, history_of(settings, load_order))
    first = now - timedelta(days=PEAK_DAYS) + timedelta(seconds=QUARTER)
    label = settings.target.prometheus.component_label

    answers = [identity_of(app, settings) if app else unread_app, unread_tests]
    errors: list[Unmeasured] = []

    def quarters(key: str) -> Courses:
        query = query_of(settings, key, QUARTER)
        try:
            series = prometheus.query_range(query, first, now, QUARTER, setting=f"queries.{key}")
        except Unmeasured as error:  # the other one may show enough
            errors.append(error)
            answers.append(unread(error, f"an answer to queries.{key}"))
            return Courses()
        answers.append(series.coverage)
        return series

    # Of several series that belong together the highest is only a part of their sum.
    setting = "queries.component_cpu_total"
    cpu = _by_component(quarters("component_cpu_total"), label)
    cpu_unread = bool(errors)
    components = (*app.spec_in_effect.services, *app.spec_in_effect.workers) if app and not cpu_unread else ()
    answers += [one_series(len(mine), setting, f" of {name}") for name, mine in cpu.items()]
    counted = quarters("request_rate")
    if len(errors) > 1:
        raise errors[0]
    answers.append(one_series(len(counted), "queries.request_rate"))
    rates = highest(counted)
    spikes = []
    for component in components:
        points = highest(cpu.get(component.name, ()))
        answers.append(fresh({f"CPU of {component.name}": points}, now, timedelta(days=1)))
        values = [value for _, value in points]
        spikes.append(Spike(component.name, max(values, default=0.0), len(values), max(component.most, 1)))
    busiest: dict[float, float] = {}
    for moment, rate in rates:
        day = moment // DAY * DAY
        busiest[day] = max(rate, busiest.get(day, 0.0))
    return Headroom(
        prometheus.service,
        settings.capacity.spike,
        tuple(spikes),
        max((rate for _, rate in rates), default=None),
        load_test,
        tuple(sorted(busiest.items())),
        settings.coverage.window_percent,
        together(answers)
        + own_series(aside(prometheus), settings, ["component_cpu_total", "request_rate"], DAY, now),
        len(rates),
        is_known=bool(app) and not cpu_unread,
        measured=now,
        test_days=settings.capacity.load_test_days,
    )


def _by_component(series: Iterable[Series], label: str) -> dict[str, list[Series]]:
    found: dict[str, list[Series]] = {}
    for one in series:
        found.setdefault(one.labels.get(label, ""), []).append(one)
    return found


def ceiling(limit: Limit) -> float:
    """The warning limit, or the critical one where there is none."""
    bound = limit.warning or limit.critical
    return bound.number if bound else 100.0
