"""Samples of component instances, and how much of a window they cover. Pure.

One instance cannot stand in for another: for a component that wants two, samples of one alone cover nothing.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from playbook.clients.digitalocean_samples import HOUR, Samples, step, usable
from playbook.clients.digitalocean_types import Series
from playbook.core.coverage import Coverage, lacking, share, whole
from playbook.settings.sections.coverage import CoverageRules

# Share of its expected samples that a span needs for its mean to count.
_HALF = 0.5
_DAY = 24


def of_memory(series: Iterable[Series]) -> list[Series]:
    """Samples of memory use without zeros: every program takes some, so that nothing was measured there."""
    return [
        msgspec.structs.replace(one, samples=[(at, value) for at, value in one.samples if value != 0])
        for one in series
    ]


def by_component(series: Iterable[Series], but: Collection[str] = ()) -> dict[str, list[Samples]]:
    """Samples of each instance, by component; instances without any are left out.

    Args:
        but: components to leave out as well: the load of a job does not matter.
    """
    instances: defaultdict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for one in series:
        if one.component not in but:
            instances[one.component][one.instance] += usable(one)
    return {
        name: [sorted(samples) for samples in found.values() if samples]
        for name, found in instances.items()
        if any(found.values())
    }


def sustained(samples: Samples, seconds: float) -> float:
    """The highest mean over ``seconds``.

    The mean of a span with less than half of its samples is ignored, unless no span has more. Samples further
    apart than ``seconds`` each count on their own.
    """
    every = step(samples)
    wanted = max(math.floor(_HALF * seconds / every), 1) if every > 0 and math.isfinite(every) else 1
    times = [at for at, _ in samples]
    total = [0.0]
    for _, value in samples:
        total.append(total[-1] + value)
    means = []
    for first, at in enumerate(times):
        last = bisect_left(times, at + seconds)
        means.append((last - first >= wanted, (total[last] - total[first]) / (last - first)))
    return max(mean for enough, mean in means if enough or not any(one for one, _ in means))


@dataclass(frozen=True, slots=True)
class Window:
    """A requested period, in epoch seconds.

    Attributes:
        bucket: seconds covered by a single sample; not longer than the period of interest.
        deployed: when the current instances were requested. There may have been fewer before, so for that time one
            instance of a component is enough.
    """

    begin: float
    end: float
    bucket: float = HOUR
    deployed: float = 0.0

    @classmethod
    def before(
        cls, end: datetime, length: timedelta, bucket: float = HOUR, deployed: datetime | None = None
    ) -> Window:
        """The period up to ``end``."""
        since = deployed.timestamp() if deployed else 0.0
        return cls((end - length).timestamp(), end.timestamp(), bucket, since)

    @property
    def hours(self) -> int:
        """Length in hours."""
        return round((self.end - self.begin) / HOUR)

    def seen(self, instances: Sequence[Samples], wanted: int) -> float:
        """Hours covered by the expected number of instances, counted by the least-covered one of them."""
        filled: defaultdict[int, list[float]] = defaultdict(list)
        for samples in instances:
            every = min(step(samples), self.bucket)
            counts: defaultdict[int, int] = defaultdict(int)
            for at, _ in samples:
                if self.begin <= at <= self.end:
                    counts[int((at - self.begin) // self.bucket)] += 1
            for number, count in counts.items():
                # Samples are not aligned with buckets: one that seems to be missing may be in the next.
                filled[number].append(self.bucket if (count + 1) * every >= self.bucket else count * every)
        seconds = 0.0
        for number, shares in filled.items():
            there = wanted if self.begin + number * self.bucket >= self.deployed else 1
            if len(shares) >= there:
                seconds += sorted(shares, reverse=True)[there - 1]
        return min(round(seconds / HOUR, 1), float(self.hours))

    def coverage(
        self,
        what: str,
        found: Mapping[str, Sequence[Samples]],
        least: Mapping[str, int] | None,
        rules: CoverageRules,
        *,
        least_percent: float | None = None,
    ) -> Coverage:
        """Coverage of the window by the least-covered component, and the age of the newest samples.

        Args:
            what: e.g. ``CPU samples``.
            least: expected number of instances by component; those with 0 may be scaled to zero. None where the
                app's spec is not known, which its own coverage says.
            least_percent: in place of ``coverage.window_percent``.
        """
        percent = rules.window_percent if least_percent is None else least_percent
        is_known, least = least is not None, least or {}
        awake = {name: wanted for name, wanted in least.items() if wanted}
        hours = {name: self.seen(found.get(name, []), wanted) for name, wanted in awake.items()}
        short = {name: seen for name, seen in hours.items() if seen * 100 < self.hours * percent * (1 - 1e-9)}
        named = ", ".join(f"{name} {seen:g} h{_of(awake[name])}" for name, seen in short.items())
        total = whole("no component that is awake all the time" if is_known else "")
        if hours:
            seen = min(hours.values())
            total = share(seen, self.hours, "h", least_percent=percent, what=what, note=named, hint=_HINT)
        for name, wanted in awake.items():
            if name in found and name not in short:
                total += self._freshness(f"{what} of {name}", found[name], wanted, rules)
        if "" in found:
            total += lacking(
                "",
                expected=f"a component for all {what}",
                got=f"{len(found[''])} series without one",
                hint="Look at the label that names the component in [metrics].",
            )
        if not awake and not found and not (least and self.hours < _DAY):
            # What may sleep has samples after anybody asked it, which this suite does every day.
            total += lacking("", expected=f"{what} of any component", got="none", hint=_HINT)
        elif is_known and not least and (now := self._with_recent(found, rules)):
            got = f"none, and {what} of {', '.join(now)}"
            total += lacking("", expected="an app spec that names every component", got=got)
        silent = sorted(name for name, wanted in least.items() if not wanted and name not in found)
        return total + whole(f"none of {', '.join(silent)}, which may sleep" if silent and found else "")

    def _with_recent(self, found: Mapping[str, Sequence[Samples]], rules: CoverageRules) -> list[str]:
        """Components with recent samples, so that they are no former ones."""
        oldest = self.end - 60 * rules.newest_minutes
        return sorted(name for name, instances in found.items() if any(one[-1][0] >= oldest for one in instances))

    def _freshness(self, what: str, instances: Sequence[Samples], wanted: int, rules: CoverageRules) -> Coverage:
        newest = sorted((samples[-1][0] for samples in instances), reverse=True)[:wanted]
        minutes = (self.end - newest[-1]) / 60
        if minutes <= rules.newest_minutes:
            return Coverage()
        return lacking(
            f"none for {minutes / 60:.1f} h",
            expected=f"{what} no older than {rules.newest_minutes:g} min",
            got=f"none for {minutes:,.0f} min",
            hint=_HINT,
        )


def _of(wanted: int) -> str:
    return f" of {wanted} instances" if wanted > 1 else ""


_HINT = "A newly deployed or scaled component has no earlier samples; otherwise look at the app's Insights."
