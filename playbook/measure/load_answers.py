"""What a load test says of each group of endpoints, of what failed, of the server, and against the test before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playbook.engine import measurement
from playbook.errors import TooLittleData, Unmeasured
from playbook.evidence import Chart, Curve, Evidence, Facts, Lines, Table
from playbook.limits import Reading
from playbook.load import kept
from playbook.load.giving_way import points_of
from playbook.load.order import LoadOrder
from playbook.load.outcome import Endpoint, Error
from playbook.load.permission import SERVICE
from playbook.load.planning import history_of
from playbook.load.samples import QUEUE, REDIS_LATENCY, UNITS, Sample
from playbook.measure.load import LoadTest, endpoint_table, name_of, seconds
from playbook.measure.resources import Judged
from playbook.measure.words import moment
from playbook.settings import Settings

HOMEPAGE = ("homepage",)
HEALTH = ("health", "image_health")
IMAGES = "optimize_"
# The P95 of fewer is the slowest of them, which two tests rarely have in common.
LEAST_COMPARED = 20
_FAILED = "Failed requests under load"
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Group:
    """Endpoints that are judged by the same limits.

    Attributes:
        judged: with enough requests for a percentile.
        few: with fewer than ``least``.
        broken_on_purpose: a breakpoint test goes on until this is bad, so it is shown and not judged.
    """

    name: str
    judged: tuple[Endpoint, ...]
    few: tuple[Endpoint, ...]
    least: int
    broken_on_purpose: bool

    @property
    def p95(self) -> list[Judged]:
        """Seconds, slowest first; TooLittleData where no endpoint has enough requests."""
        return self._percentile("p95")

    @property
    def p99(self) -> list[Judged]:
        """As ``p95``."""
        return self._percentile("p99")

    def _percentile(self, which: str) -> list[Judged]:
        if not self.judged:
            found = ", ".join(f"{name_of(one.name)} {one.requests:,}" for one in self.few) or "none"
            raise TooLittleData(
                f"{self.name} under load: expected at least {self.least:,} requests, got {found}",
                service=SERVICE,
                hint="Make the test longer under [load.shapes], or raise the weight under [load.weights].",
            )
        if self.broken_on_purpose:
            return []
        figures = [(getattr(one, which), one) for one in self.judged]
        return [
            Judged(name_of(one.name), Reading(value, f"{one.requests:,} requests for {name_of(one.name)}"))
            for value, one in sorted(figures, key=lambda pair: -(pair[0] or 0))
            if value is not None
        ]

    @property
    def only_shown(self) -> list[str]:
        """What was found, where nothing is judged; else nothing."""
        found = ", ".join(f"P95 {seconds(one.p95)} for {name_of(one.name)}" for one in self.judged)
        return [found] if self.broken_on_purpose else []

    def evidence(self) -> Table:
        """A row for each endpoint."""
        few = f"; fewer than {self.least:,} requests are not judged" if self.few else ""
        return endpoint_table(f"{self.name} under load{few}", [*self.judged, *self.few])


@measurement
def homepage_load(whole_load_test: LoadTest, settings: Settings) -> Group:
    """How long the homepage took under load."""
    return _group("Homepage", whole_load_test, settings, lambda name: name in HOMEPAGE)


@measurement
def health_load(whole_load_test: LoadTest, settings: Settings) -> Group:
    """How long the health endpoints took under load."""
    return _group("Health endpoints", whole_load_test, settings, lambda name: name in HEALTH)


@measurement
def image_load(whole_load_test: LoadTest, settings: Settings) -> Group:
    """How long image optimisation took under load, by size and format of the photograph."""
    return _group("Image optimisation", whole_load_test, settings, lambda name: name.startswith(IMAGES))


def _group(name: str, test: LoadTest, settings: Settings, belongs: Callable[[str], bool]) -> Group:
    mine = [one for one in test.outcome.endpoints if belongs(one.name)]
    least = max(settings.load.least_of_endpoint, 1)
    judged = tuple(one for one in mine if one.requests >= least)
    few = tuple(one for one in mine if one.requests < least)
    return Group(name, judged, few, least, test.is_breakpoint)


@dataclass(frozen=True, slots=True)
class LoadFailures:
    """What failed under load.

    Attributes:
        shares: percent, worst first: of all requests, and of the endpoints that have enough; none of a breakpoint
            test, which goes on until requests fail.
    """

    test: LoadTest
    shares: tuple[Judged, ...]

    @property
    def only_shown(self) -> list[str]:
        """How many there were, where none are judged; else nothing."""
        total = self.test.outcome.all
        return [] if self.shares else [f"{total.failures:,} of {total.requests:,} requests"]

    def evidence(self) -> list[Evidence]:
        """Each kind of failure, and when they came."""
        errors: list[Error] = sorted(self.test.outcome.errors, key=lambda error: -error.times)
        rows = [[error.name, error.message, f"{error.times:,}"] for error in errors[:_SHOWN]]
        moments = self.test.outcome.moments
        share = [(one.at, 100 * one.failures / one.requests) for one in moments if one.requests]
        return [
            Table("Failures under load", ["Endpoint", "What", "Times"], rows),
            Chart("Failed requests of each second", "%", [Curve("failed", share)]),
        ]


@measurement
def load_failures(whole_load_test: LoadTest, settings: Settings) -> LoadFailures:
    """How many requests failed under load, and how."""
    outcome, least = whole_load_test.outcome, max(settings.load.least_of_endpoint, 1)
    if whole_load_test.is_breakpoint:
        return LoadFailures(whole_load_test, ())
    shares = [
        Judged(
            _FAILED if one is outcome.all else f"{_FAILED}, {name_of(one.name)}",
            Reading(100 * one.failures / one.requests, f"{one.requests:,} requests ({one.failures:,} failed)"),
        )
        for one in (outcome.all, *outcome.endpoints)
        if one.requests >= (1 if one is outcome.all else least)
    ]
    # All requests together lead, of equals.
    return LoadFailures(whole_load_test, tuple(shares))


@dataclass(frozen=True, slots=True)
class LoadedServer:
    """The server's own figures during the test."""

    samples: tuple[Sample, ...]
    unread: tuple[str, ...]
    gave_way: tuple[str, ...]

    @property
    def queue(self) -> Reading:
        """The longest that the queue of images was; TooLittleData where it was never read."""
        return self._highest(QUEUE)

    @property
    def redis_latency(self) -> list[Reading]:
        """Milliseconds, the median of the test; nothing where the target has no Redis of its own."""
        values = sorted(value for _, value in points_of(self.samples, REDIS_LATENCY))
        return [Reading(values[len(values) // 2], f"{len(values)} looks")] if values else []

    def _highest(self, name: str) -> Reading:
        values = [value for _, value in points_of(self.samples, name)]
        if not values:
            got = "; ".join(self.unread) or "none"
            raise TooLittleData(
                f"{name} under load: expected its length from Redis or the website's metrics, got {got}",
                service="Server under load",
                hint="Set redis.url, or load.metrics_path to where image_queue_length is shown.",
            )
        return Reading(max(values), f"{len(values)} looks")

    def evidence(self) -> list[Evidence]:
        """What gave way, a chart for each figure, and what could not be read."""
        order = list(self.gave_way) or ["Nothing left its usual range."]
        shown: list[Evidence] = [Lines("What gave way first", order)]
        for name, unit in UNITS.items():
            points = points_of(self.samples, name)
            if points:
                shown.append(Chart(f"{name} under load", unit, [Curve(name, points)]))
        if self.unread:
            shown.append(Lines("What could not be read", list(self.unread)))
        return shown


@measurement
def loaded_server(whole_load_test: LoadTest) -> LoadedServer:
    """What the server's own figures were during the test: the queue, Redis, the website's process."""
    test = whole_load_test
    return LoadedServer(test.samples, test.unread, tuple(one.text for one in test.gave_way))


@dataclass(frozen=True, slots=True)
class Compared:
    """One P95 against the last test's, in seconds.

    Attributes:
        most: the last that is not worse.
    """

    name: str
    now: float
    before: float
    most: float

    @property
    def is_worse(self) -> bool:
        """Beyond what two tests of the same system differ by."""
        return self.now > self.most

    @property
    def words(self) -> str:
        """``homepage 0.412 s after 0.201 s``."""
        return f"{self.name} {seconds(self.now)} after {seconds(self.before)}"


@dataclass(frozen=True, slots=True)
class LoadComparison:
    """The test against the last of the same shape and target.

    Attributes:
        before: the newest earlier one; None where there is none.
        unlike: what was different in it, so that it is not comparable.
    """

    before: kept.LoadLine | None
    unlike: tuple[str, ...]
    compared: tuple[Compared, ...]
    allowed: str
    problems: tuple[str, ...]

    @property
    def worse(self) -> list[Compared]:
        """What is worse, by how many times first."""
        found = [one for one in self.compared if one.is_worse]
        return sorted(found, key=lambda one: one.before / one.now)

    @property
    def summary(self) -> str:
        """To follow "got"."""
        if self.before is None:
            return "no earlier test to compare with"
        when = f"{self.before.started:%Y-%m-%d %H:%M}"
        if self.unlike:
            return f"not comparable with that of {when}: other {', '.join(self.unlike)}"
        if self.worse:
            return f"worse than on {when}: {'; '.join(one.words for one in self.worse)}"
        return f"none of {len(self.compared)} since {when}"

    def evidence(self) -> list[Evidence]:
        """Each P95 with the last one's; lines of history that cannot be read."""
        facts = {"The last of this shape and target": "none"}
        if self.before:
            facts = {
                "The last of this shape and target": moment(self.before.started),
                "Comparable": f"no: other {', '.join(self.unlike)}" if self.unlike else "yes",
            }
        rows = [
            [one.name, seconds(one.now), seconds(one.before), seconds(one.most), "yes" if one.is_worse else "no"]
            for one in self.compared
        ]
        shown: list[Evidence] = [Facts("Comparison", facts)]
        if rows:
            shown.append(Table("P95 under load", ["Endpoint", "Now", "Then", "At most", "Worse"], rows))
        if self.problems:
            shown.append(Lines("Lines of history that could not be read", list(self.problems[:_SHOWN])))
        return shown


@measurement
def load_comparison(whole_load_test: LoadTest, settings: Settings, load_order: LoadOrder) -> LoadComparison:
    """The P95 of each endpoint against the last test of the same shape and target; this one is then added."""
    load = settings.load
    folder = history_of(settings, load_order)
    line = line_of(whole_load_test)
    known = kept.recall(folder)
    kept.remember(folder, line)
    before = next(
        (one for one in known.tests if (one.target, one.shape) == (line.target, line.shape)
         and one.id != line.id and one.started < line.started),
        None,
    )  # fmt: skip
    unlike = () if before is None else differences(line, before)
    compared = () if before is None or unlike else compare(line, before, load.worse_times, load.worse_seconds)
    if before is not None and not unlike and not compared:
        raise Unmeasured(
            f"{SERVICE}: expected endpoints that the last test of {before.started:%Y-%m-%d} had as well, got none",
            service=SERVICE,
        )
    allowed = f"{load.worse_times:g} times the last P95, and at least {1000 * load.worse_seconds:g} ms over it"
    return LoadComparison(before, unlike, compared, allowed, known.problems)


def line_of(test: LoadTest) -> kept.LoadLine:
    """What is kept of a test to compare with."""
    outcome, total = test.outcome, test.outcome.all
    judged = [one for one in outcome.endpoints if one.requests >= LEAST_COMPARED]
    highest = test.highest
    return kept.LoadLine(
        id=kept.identity(outcome.target, outcome.shape, outcome.started),
        target=outcome.target,
        shape=outcome.shape,
        started=outcome.started,
        plan=kept.likeness(test.plan),
        p95={one.name: round(one.p95, 4) for one in (*judged, total) if one.p95 is not None},
        requests=total.requests,
        requests_per_second=round(test.carried_per_second, 3),
        failed_percent=round(100 * total.failures / total.requests, 3) if total.requests else 0.0,
        held=(highest.users if highest else 0) if test.is_breakpoint else None,
    )


def differences(one: kept.LoadLine, other: kept.LoadLine) -> tuple[str, ...]:
    """What two tests do not have in common, in words."""
    names = [*one.plan, *(name for name in other.plan if name not in one.plan)]
    return tuple(name for name in names if one.plan.get(name) != other.plan.get(name))


def compare(now: kept.LoadLine, before: kept.LoadLine, times: float, slack: float) -> tuple[Compared, ...]:
    """Each P95 that both have; it may be ``times`` the last, or ``slack`` seconds over it if that is more."""
    return tuple(
        Compared(name_of(name), value, before.p95[name], max(times * before.p95[name], before.p95[name] + slack))
        for name, value in now.p95.items()
        if name in before.p95
    )
