"""The figures of the day by name, the windows they are taken over, and the buckets of a histogram."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from playbook.clients.prometheus import Answered, Sample
from playbook.clients.prometheus_meaning import in_bounds
from playbook.core.coverage import Coverage, lacking
from playbook.core.limits import Limit, format_value
from playbook.core.verdict import Verdict
from playbook.settings.model import Settings

# Share of a bucket's count by which a larger bucket may be lower, as each is extrapolated separately.
_BEHIND = 0.02
# A quantile within a bucket is a guess. The bounds of usual histograms are up to this many times the one before.
_WIDE = 4.0


@dataclass(frozen=True, slots=True)
class Window:
    """A period that ends now, with its name."""

    hours: int
    name: str

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.hours * 3600.0


@dataclass(frozen=True, slots=True)
class Figure:
    """A key figure.

    Attributes:
        key: of its query in the settings, and of its limit.
        counted: what is counted: probes, requests, images or reads; ``kpis.least_…`` is the minimum.
        scraped: it comes from the application's own counters, so a failed scrape loses some of them.
        part: the part of the product it belongs to; empty where every product has it.
    """

    key: str
    name: str
    unit: str
    counted: str
    scraped: bool = False
    part: str = ""

    def amount(self, count: float) -> str:
        """``1,204 requests``; NaN is a count that could not be read."""
        return f"{count:,.0f} {self.counted}" if math.isfinite(count) else f"an unknown number of {self.counted}"


TODAY = Window(24, "24 h")


AVAILABILITY = Figure("availability", "Availability", "%", "probes")


RESPONSE_TIME = Figure("response_time", "P95 response time", "s", "requests", scraped=True)


ERROR_RATE = Figure("error_rate", "Error rate", "%", "requests", scraped=True)


IMAGE_SUCCESS = Figure("image_success", "Image processing success", "%", "images", scraped=True, part="images")


CACHE_HIT_RATE = Figure("cache_hit_rate", "Cache hit rate", "%", "reads", part="cache")


FIGURES = (AVAILABILITY, RESPONSE_TIME, ERROR_RATE, IMAGE_SUCCESS, CACHE_HIT_RATE)


def figures_of(settings: Settings) -> tuple[Figure, ...]:
    """The key figures of this product."""
    return tuple(figure for figure in FIGURES if figure.part not in settings.absent)


@dataclass(frozen=True, slots=True)
class Buckets:
    """Range of a histogram's buckets.

    Attributes:
        largest: the largest finite bound; ``None`` where there is none, or no bucket ``+Inf``.
        beyond: percent of observations above it.
        odd: what is wrong with the buckets; empty where nothing is.
        bounds: the finite bounds, ascending.
    """

    largest: float | None
    beyond: float
    odd: str = ""
    bounds: tuple[float, ...] = ()

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Buckets:
        """From the cumulative counts by ``le``."""
        counts: dict[float, float] = {}
        for sample in samples:
            try:
                bound = float(sample.labels["le"])
            except (KeyError, ValueError):
                return cls(None, 0.0, f"one with the bound {sample.labels.get('le')!r}")
            counts[bound] = counts.get(bound, 0.0) + sample.value  # "1" and "1.0" are the same bound
        finite = [bound for bound in counts if math.isfinite(bound)]
        if not finite or not counts.get(math.inf, 0.0) > 0:
            return cls(None, 0.0)
        steps = sorted(counts.items())
        falls = [
            (before[0], after[0]) for before, after in pairwise(steps) if not before[1] * (1 - _BEHIND) <= after[1]
        ]
        odd = f"a lower count up to {falls[0][1]:g} than up to {falls[0][0]:g}" if falls else ""
        largest = max(finite)
        return cls(largest, 100 * (1 - counts[largest] / counts[math.inf]), odd, tuple(sorted(finite)))

    def unit_of(self, answered: Answered) -> Answered:
        """The quantile, whose unit the bounds may show to be smaller than seconds."""
        return replace(answered, unit=answered.unit + in_bounds(answered.setting, answered.query, self.bounds))

    def lack(self, figure: Figure, value: float, count: float, limit: Limit | None = None) -> tuple[str, Coverage]:
        """What remains unknown where a quantile is only known to exceed the largest bucket, or to lie in a wide
        one that reaches beyond the limit.
        """
        setting = f"queries.{figure.key}_buckets"
        if self.odd:
            return "", lacking(
                "buckets out of step",
                expected="bucket counts that grow with their bound",
                got=self.odd,
                hint=f"Look at what exposes the histogram, and at {setting}.",
            )
        if self.largest is None:
            return "", lacking(
                "no buckets",
                expected="the buckets that it was counted in",
                got="none",
                hint=f"Adapt {setting}.",
            )
        if not value >= self.largest:
            return self._between(figure, value, limit)
        found = f"beyond the largest bucket ({format_value(self.largest, figure.unit)})"
        return found, lacking(
            "",
            expected="a value within its buckets",
            got=f"one {found}, as were {self.beyond:.1f} % of {figure.amount(count)}",
            hint="Give the histogram larger buckets, up to twice the critical limit.",
        )

    def known(self, value: float, limit: Limit | None) -> float:
        """The quantile; NaN in a first bucket that reaches beyond the limit: the guess is always near its end."""
        return math.nan if limit and self._says_nothing(value, limit) else value

    def _says_nothing(self, value: float, limit: Limit) -> bool:
        below, above = self._ends(value)
        return below == 0 and _is_bad(above, limit) and not _is_bad(below, limit)

    def _ends(self, value: float) -> tuple[float, float]:
        """The bounds of the bucket that it lies in."""
        below = max((bound for bound in self.bounds if bound < value), default=0.0)
        return below, min((bound for bound in self.bounds if bound >= value), default=0.0)

    def _between(self, figure: Figure, value: float, limit: Limit | None) -> tuple[str, Coverage]:
        below, above = self._ends(value)
        wide = above > _WIDE * below * (1 + 1e-9)
        if limit is None or not wide or _is_bad(below, limit) or not _is_bad(above, limit):
            return "", Coverage()
        between = f"anywhere between {format_value(below, '')} and {format_value(above, figure.unit)}"
        if _is_bad(value, limit) and not self._says_nothing(value, limit):
            return f"{between}: there is no bucket between", Coverage()
        return "", lacking(
            "in a wide bucket",
            expected="buckets that tell good values from bad ones",
            got=f"a value {between}, as there is no bucket between them",
            hint="Give the histogram buckets near its limits; in OpenTelemetry by a view with explicit ones, as "
            "its own are made for milliseconds.",
        )


def _is_bad(value: float, limit: Limit) -> bool:
    return limit.verdict(value) is not Verdict.OK
