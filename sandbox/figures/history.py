"""Time grid of all series, and the effects that many of them share."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cached_property, lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from sandbox.world.figures import HISTORY_DAYS, MetricsState

T = TypeVar("T")
Number = TypeVar("Number", bound=np.generic)
P = ParamSpec("P")

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

INTERVAL = 60  # seconds
DAY = 86_400 // INTERVAL  # samples
GAP_DAYS_AGO, GAP_SAMPLES = 20, 40
DEPLOYED_DAYS_AGO = 9
ODD_DAYS_AGO = 3
LATE_GAP_ENDED = 3  # hours ago
DOWN_ENDED = 120  # samples ago
BORN_AGO = 240  # samples
GROWTH = 0.15  # of traffic, over the history

INSTANCES = {
    "portfolio-web": ("portfolio-web-0:3000", "portfolio-web-1:3000"),
    "image-optimizer": ("image-optimizer-0:3001", "image-optimizer-1:3001"),
    "image-worker": ("image-worker-0:3002",),
}
# component, route: requests a minute over all instances, median seconds
ROUTES = {
    ("portfolio-web", "/"): (6.0, 0.15),
    ("portfolio-web", "/gallery"): (8.0, 0.18),
    ("portfolio-web", "/static"): (14.0, 0.06),
    ("portfolio-web", "/api/health"): (2.0, 0.04),
    ("portfolio-web", "/api/image/optimize"): (1.5, 0.45),
    ("image-optimizer", "/optimize"): (1.5, 0.38),
}
FORMATS = {"webp": 2.6, "avif": 1.1, "jpeg": 0.7}  # images a minute


def _remembered(method: Callable[Concatenate[History, P], T]) -> Callable[Concatenate[History, P], T]:
    """Cache per history, freed with it: a cache of the function would keep every history alive."""

    @wraps(method)
    def remembered(history: History, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (method.__name__, *args)
        if key not in history.made:
            history.made[key] = method(history, *args, **kwargs)
        return cast("T", history.made[key])

    return remembered  # type: ignore[return-value]  # mypy loses the method's own signature


def odd_milliseconds(instance: str) -> int:
    """How far into each minute the target is scraped."""
    rest, second = divmod(zlib.crc32(instance.encode()), 50)
    return 1000 * second + 100 + rest % 800


# What is the same in every world, or in those of one minute: these take most of the time that samples take.


def _random(names: tuple[str, ...]) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32("/".join(names).encode()))


@lru_cache(maxsize=64)
def _noise(names: tuple[str, ...], samples: int) -> Floats:
    white = _random(names).standard_normal(samples)
    kernel = np.exp(np.arange(60) / -15.0)
    return _constant(np.convolve(white, kernel / np.sqrt((kernel**2).sum()))[:samples])


@lru_cache(maxsize=2)
def _busy(start: int, samples: int, odd_day: float) -> Floats:
    seconds = _grid(start, samples)
    days = seconds / 86_400
    daily = 1 + 0.45 * np.sin(2 * np.pi * (days % 1) - 0.75 * np.pi)
    weekend = np.where((np.floor(days) + 4) % 7 % 6 == 0, 0.75, 1.0)  # 1 January 1970 was a Thursday
    grown = 1 + GROWTH * (np.arange(samples) / (HISTORY_DAYS * DAY) - 1)
    today = int(seconds[HISTORY_DAYS * DAY]) // 86_400
    odd = np.where(np.floor(days) == today - ODD_DAYS_AGO, odd_day, 1.0)
    return _constant(daily * weekend * grown * odd)


@lru_cache(maxsize=32)
def _events(names: tuple[str, ...], a_minute: float, start: int, samples: int, odd_day: float) -> Floats:
    events = _random(names).poisson(a_minute * _busy(start, samples, odd_day))
    return _constant(np.cumsum(events, dtype=np.float64))


def _grid(start: int, samples: int) -> Times:
    return start + INTERVAL * np.arange(samples, dtype=np.int64)


def _constant(values: Floats) -> Floats:
    values.flags.writeable = False
    return values


class History:
    """Time grid of all series, and the effects that many of them share."""

    def __init__(self, state: MetricsState, start: int, samples: int) -> None:
        self.state = state
        self.samples = samples
        self.made: dict[tuple[object, ...], Any] = {}
        self._start = start
        self.seconds = _grid(start, samples)
        now = HISTORY_DAYS * DAY
        self.deployed = now - DEPLOYED_DAYS_AGO * DAY
        self.incident = now - round(state.incident_hours * 60)
        self.down = slice(now - DOWN_ENDED - round(state.down_minutes), now - DOWN_ENDED)
        self.born = now - BORN_AGO
        gap = now - GAP_DAYS_AGO * DAY
        end = samples if state.stale_minutes is None else now - round(state.stale_minutes)
        begun = now - round(state.history_days * DAY)
        scraped = np.r_[:gap, gap + GAP_SAMPLES : end]
        until = now - LATE_GAP_ENDED * 60
        scraped = scraped[(scraped < until - round(state.gap_hours * 60)) | (scraped >= until)]
        self.scraped: Times = scraped[scraped >= begun]
        self.answered: Times = self.scraped[self.scraped != self.deployed]  # instances were being replaced then
        self.standing = now - round(state.standing_hours * 60) if state.standing_hours else samples
        self.silent = samples if state.silent_minutes is None else now - round(state.silent_minutes)

    @cached_property
    def end(self) -> int:
        """End of the samples in milliseconds since 1970."""
        return int(self.seconds[-1]) * 1000

    @_remembered
    def times(self, job: str, instance: str, always: bool) -> Times:
        """Scrape times of the target in milliseconds; ``always`` includes failed scrapes."""
        return self.scraped_of(self.seconds, job, always=always) * 1000 + odd_milliseconds(instance)

    def scraped_of(self, values: NDArray[Number], job: str, *, always: bool) -> NDArray[Number]:
        """Those of the grid's values that the job's targets have answered; ``always`` includes failed scrapes."""
        return np.concatenate([values[run] for run in self._runs(job, always)])

    @_remembered
    def _runs(self, job: str, always: bool) -> list[slice]:
        """Answered scrapes, as the few runs of points in the grid that they are."""
        kept = self.scraped if always else self.answered
        if job == "portfolio" and not always:
            kept = kept[kept < self.silent]
        ends = np.flatnonzero(np.diff(kept) > 1) + 1
        return [slice(int(run[0]), int(run[-1]) + 1) for run in np.split(kept, ends) if len(run)] or [slice(0)]

    def random(self, *names: str) -> np.random.Generator:
        """A random generator per name."""
        return _random(names)

    def noise(self, *names: str) -> Floats:
        """Slow noise around 0, with a standard deviation of about 1."""
        return _noise(names, self.samples)

    def events(self, a_minute: float, *names: str) -> Floats:
        """Total number so far of something that happens more often while there is more traffic."""
        return _events(names, a_minute, self._start, self.samples, self.state.odd_day)

    @property
    def days_to_now(self) -> Floats:
        """Days since the state's time; negative before it."""
        return np.asarray(np.arange(self.samples) / DAY - HISTORY_DAYS, dtype=np.float64)

    @property
    def busy(self) -> Floats:
        """Traffic relative to its mean: afternoons and working days above 1, nights below, growing slowly."""
        return _busy(self._start, self.samples, self.state.odd_day)

    def requests(self, component: str, instance: str, route: str) -> Floats:
        """Total number of requests so far."""
        level = ROUTES[component, route][0] / len(INSTANCES[component])
        return self.events(level, "requests", instance, route)

    def images(self, format_: str) -> Floats:
        """Total number of attempted images so far."""
        return self.events(FORMATS[format_], "images", format_)

    def counter(self, events: Floats, usual: float = 1.0, lever: float | None = None) -> Floats:
        """A share of events as an integer counter, which is reset by the deployment.

        Args:
            events: total number so far.
            lever: the share during the incident.
        """
        total = events * usual
        if lever is not None and lever != usual:
            total[self.incident :] += (events[self.incident :] - events[self.incident - 1]) * (lever - usual)
        total[self.deployed :] -= total[self.deployed - 1]
        # Rounding errors must not decrease whole numbers.
        total += 1e-6
        return np.floor(total, out=total)

    def level(self, usual: float, lever: float) -> Floats:
        """``lever`` during the incident, ``usual`` before."""
        values = np.full(self.samples, usual)
        values[self.incident :] = lever
        return values
