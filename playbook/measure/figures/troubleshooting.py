"""Further measurements for investigations: parts of the response time, restarts, memory errors, the last
release.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from playbook.clients.prometheus import Prometheus
from playbook.clients.prometheus_aside import aside
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking, share, understood, whole
from playbook.core.durations import two_units
from playbook.core.engine import measurement
from playbook.core.errors import TooLittleData
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Limit, Reading
from playbook.core.verdict import Verdict
from playbook.core.wording import plural
from playbook.measure.app.deployments import Releases
from playbook.measure.app.release import GOOD, Release
from playbook.measure.figures.figure_names import ERROR_RATE
from playbook.measure.figures.recent import Recent, recent
from playbook.measure.logs.logs import LogReview
from playbook.measure.web.homepage import HomepageTiming
from playbook.settings.model import Settings

DAY = timedelta(days=1)
_OUT_OF_MEMORY = re.compile(
    r"out.?of.?memory|\boom\b|oom.?kill|heap (?:limit|space)|MemoryError|bad_alloc|enomem"
    r"|(?:cannot|could not|unable to|failed to) allocate\b"
    r"(?: \d|[^.\n]{0,40}(?:memory|buffer|array|\bbytes|\b[kmg]i?b\b))"
    r"|(?:memory|buffer|heap) allocation|failed to allocate$|allowed memory size|more memory than allowed"
    r"|(?:insufficient|not enough) memory|memory exhausted|exhausted (?:\w+ )?memory|cache resources exhausted"
    r"|memory (?:quota|limit|usage)\b[^.\n]{0,30}\bexceed|exceed\w*[^.\n]{0,20}\bmemory\b|max-memory-restart"
    r"|memory resource limit alarm|vm_memory_high_watermark set"
    # A worker that was killed, as its parent process tells it; of a whole component it may be a deployment.
    r"|(?:worker|child|process|work-horse)\b[^\n]{0,60}\bsignal 9\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """Parts of the homepage's response time, median of several fresh connections. Seconds.

    Attributes:
        network: DNS lookup, connect and TLS handshake.
        server: from the request to the first byte of the response.
        transfer: the rest of the response.
        samples, of: connections with a response, and all connections.
    """

    network: float
    server: float
    transfer: float
    samples: int
    of: int = 0

    @property
    def coverage(self) -> Coverage:
        """How many of the connections got a response."""
        return share(self.samples, max(self.of, self.samples), "connections", what="answers")

    @property
    def on_the_way(self) -> Reading:
        """Seconds until the connection is established."""
        return Reading(self.network, self._over)

    @property
    def in_the_server(self) -> Reading:
        """Seconds of processing in the application."""
        return Reading(self.server, self._over)

    @property
    def after_the_first_byte(self) -> Reading:
        """Seconds of the rest of the answer, for which an application that writes it bit by bit takes long."""
        return Reading(self.transfer, self._over)

    def evidence(self) -> Evidence:
        """Each part with its share."""
        total = (self.network + self.server + self.transfer) or 1.0
        parts = {
            "DNS, connect and TLS": self.network,
            "First byte (the application)": self.server,
            "Rest of the answer": self.transfer,
        }
        facts = {name: f"{took:.3f} s ({100 * took / total:.0f} %)" for name, took in parts.items()}
        return Facts("Where the time goes", facts)

    @property
    def _over(self) -> str:
        return plural(self.samples, "fresh connection")


@measurement
def time_split(homepage_timing: HomepageTiming) -> TimeSplit:
    """The homepage's response time, split into network, application and transfer.

    Raises:
        TooLittleData: the homepage did not respond.
    """
    timed = homepage_timing.timed
    if not timed:
        raise TooLittleData(
            f"Homepage: expected an answer whose time can be split, got {homepage_timing.summary}",
            service="Website",
        )
    return TimeSplit(
        network=median(p.dns + p.connect + p.tls for p in timed),
        server=median(p.first_byte for p in timed),
        transfer=median(max(p.total - p.dns - p.connect - p.tls - p.first_byte, 0.0) for p in timed),
        samples=len(timed),
        of=len(homepage_timing.samples),
    )


@dataclass(frozen=True, slots=True)
class MemoryErrors:
    """Lines of the last day's logs that report memory exhaustion.

    Attributes:
        kinds: component, kind, count; most frequent first.
        lines: number of lines read.
    """

    kinds: tuple[tuple[str, str, int], ...]
    lines: int
    coverage: Coverage

    @property
    def count(self) -> Reading:
        """How many there are."""
        return Reading(sum(count for *_, count in self.kinds), f"24 h ({self.lines:,} lines)")

    def evidence(self) -> Evidence:
        """A row for each kind."""
        rows = [[component or "–", kind, f"{count:,}"] for component, kind, count in self.kinds]
        return Table("Out of memory, in the logs of 24 h", ["Component", "Kind", "Count"], rows)


@measurement
def memory_errors(log_review: LogReview) -> MemoryErrors:
    """Errors in the logs that report memory exhaustion."""
    kinds = [
        (component, signature, row.count)
        for (component, signature), row in log_review.review.kinds
        if _OUT_OF_MEMORY.search(f"{signature} {row.example}")
    ]
    review = log_review.review
    coverage = log_review.coverage
    if review.kinds_left_out:
        coverage += understood(review.kinds_left_out, review.kinds_left_out + len(review.kinds), "kinds of errors")
    return MemoryErrors(tuple(sorted(kinds, key=lambda kind: -kind[2])), review.lines, coverage)


@dataclass(frozen=True, slots=True)
class ReleaseEffect:
    """The last good release, and its effect on the error rate.

    Attributes:
        release: None where none succeeded.
        recent_hours: an older release is not suspected.
        before, since: the error rate for equal periods before and since the release; None where it is not recent.
        limit: limit of the error rate.
    """

    release: Release | None
    recent_hours: float
    before: Recent | None
    since: Recent | None
    limit: Limit

    @property
    def coverage(self) -> Coverage:
        """Whether there is a release with a known time, and requests since then if it is recent."""
        if self.release is None or self.release.age is None:
            return lacking(
                "",
                expected="a release that succeeded, with its time",
                got="none",
                hint="Look at the deployments in the console; none among those listed has ended well.",
            )
        if self.since is None:
            return whole("no recent release")
        return self.since.coverage + self.since.reading.coverage

    @property
    def suspect(self) -> bool:
        """Whether requests have failed since the release but not before it."""
        if self.since is None:
            return False
        now = self.since.reading.value
        if not math.isfinite(now) or self.limit.verdict(now) is Verdict.OK:
            return False
        return not (self.before and self.before.enough) or now > 2 * self.before.reading.value

    @property
    def found(self) -> str:
        """Time of the release, and the error rates."""
        if self.release is None or self.release.age is None:
            return "no release with a time"
        when = f"one {two_units(self.release.age)} ago ({self.release.cause})"
        if self.since is None:
            return when
        since = self.limit.format(self.since.reading.value) if self.since.answered.samples else "unknown"
        before = self.limit.format(self.before.reading.value) if self.before and self.before.enough else "unknown"
        return f"{when}, with an error rate of {since} since and {before} before"

    def evidence(self) -> list[Evidence]:
        """The release, and the rates before and after."""
        facts = {"Last release": self.release.found if self.release else "none", "Judgement": self.found}
        facts["Suspected for"] = f"{self.recent_hours:g} h after it was made"
        rates = [rate.evidence() for rate in (self.before, self.since) if rate]
        return [Facts("Last release", facts), *rates]


@measurement
def release_effect(
    deployments: Releases, prometheus: Prometheus, settings: Settings, clock: Clock
) -> ReleaseEffect:
    """Whether requests began to fail with the last release, from the error rate before and after it."""
    hours, limit = settings.troubleshooting.recent_release_hours, settings.limits.error_rate
    release = next((one for one in deployments.newest_first if one.phase in GOOD), None)
    if release is None or release.age is None or release.age > hours * 3600:
        return ReleaseEffect(release, hours, None, None, limit)
    minutes = release.age / 60
    began: datetime = clock.now() - timedelta(seconds=release.age)
    return ReleaseEffect(
        release,
        hours,
        recent(aside(prometheus), settings, ERROR_RATE, minutes, began),
        recent(prometheus, settings, ERROR_RATE, minutes, clock.now()),
        limit,
    )
