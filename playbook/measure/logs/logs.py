"""Review of the logs of the last 24 hours in one pass."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from playbook.clients.log_reading import KEPT_HINT, SERVICE, LogSource, LogStream
from playbook.core.clock import Clock
from playbook.core.counters import Counted, Earlier
from playbook.core.coverage import Coverage
from playbook.core.engine import measurement
from playbook.core.errors import TooLittleData
from playbook.core.evidence import Chart, Curve, Evidence, Facts, Lines, Table
from playbook.core.limits import Reading
from playbook.measure.logs.log_blocks import review_of
from playbook.measure.logs.log_coverage import TIME_HINT, hours_seen, of_lines, of_requests
from playbook.measure.logs.logs_of_before import LOGS, call_logs
from playbook.measure.roll_call import RollCall
from playbook.readers.logs.probes import Probes
from playbook.readers.logs.reviewed import HOUR, Hour, Review
from playbook.readers.logs.tracks import Track
from playbook.readers.logs.usual import Level, usual_level
from playbook.settings.model import Settings
from playbook.settings.sections.coverage import CoverageRules
from playbook.settings.sections.target import Logs

WINDOW = timedelta(hours=24)
# A share of failed requests is meaningful from about this many requests: one in 500 is 0.2 %.
RECENT_REQUESTS = 500
# One or two failures among a few visitors' requests are no share.
LEAST_OF_VISITORS = 3
_ONLY_FAILED = re.compile(r"(?i)(?:^|[^a-z])(?:err|errors?|fail|failed|failures?|[45]xx|50\d)(?:[^a-z0-9]|$)")
_ROWS = 15


@dataclass(frozen=True, slots=True)
class LogReview:
    """Review of the logs of the last 24 hours.

    Attributes:
        stream: source, and problems with reading it.
        coverage: hours, sources and understanding of the lines.
        requests_coverage: further coverage of statements about requests.
        skew: seconds by which the newest line was ahead of this machine's clock when it was read.
        roll: the logs beside those of earlier runs; None where they are no files.
    """

    review: Review
    stream: LogStream
    wanted: Logs
    rules: CoverageRules
    coverage: Coverage
    requests_coverage: Coverage
    skew: float = 0.0
    roll: RollCall | None = None

    @property
    def readings(self) -> dict[str, Counted]:
        """The logs that there are, for later runs."""
        return {LOGS: self.roll.read} if self.roll else {}

    @property
    def source(self) -> str:
        """Where the logs were read from."""
        return self.stream.source

    @property
    def problems(self) -> list[str]:
        """What could not be read."""
        return self.stream.problems

    @property
    def ahead(self) -> Reading:
        """Seconds by which the newest line is ahead of this machine's clock; a clock that is behind is not
        detected.
        """
        return Reading(round(self.skew, 1), "(the newest line is that far ahead)" if self.skew else "")

    @property
    def fatal(self) -> Reading:
        """Crashes, uncaught exceptions, and lines of level fatal."""
        return Reading(self.review.fatal, self._over)

    @property
    def errors(self) -> Reading:
        """All errors, including fatal ones; a stack trace counts as one."""
        return Reading(self.review.errors, self._over)

    @property
    def server_errors(self) -> Reading:
        """Share of requests that returned 5xx, in percent; NaN without any request.

        If it is larger without the requests of probes, it is the share without them; if it is larger in one
        component or file, it is theirs: a proxy and the application behind it log each request twice, but what the
        proxy alone answers with 502 once.
        """
        return _larger(self._share("server_errors"), *self._shares_by_source("server_errors", RECENT_REQUESTS))

    @property
    def throttled(self) -> Reading:
        """Share of requests that returned 429, like ``server_errors``, but only of components and files that carry
        the traffic: that the sign-in of a site refuses programs is what it is for.
        """
        busiest = max((track.requests for _, track in self._sources), default=0)
        least = max(RECENT_REQUESTS, busiest // 2)
        return _larger(self._share("throttled"), *self._shares_by_source("throttled", least))

    @property
    def server_errors_lately(self) -> Reading:
        """Share of all requests that returned 5xx, over the newest hours with ``RECENT_REQUESTS`` together."""
        lately: list[Hour] = []
        for hour in reversed(self.review.hours):
            lately.insert(0, hour)
            if sum(taken.requests for taken in lately) >= RECENT_REQUESTS:
                break
        since = f"the time since {_clock(max(lately[0].start, self.review.since))} UTC" if lately else ""
        return self._share_of_all("server_errors", lately, since)

    @property
    def usual(self) -> str:
        """The limits that hours are compared with, in words."""
        texts = []
        for name, counts in self._hourly().items():
            level = self._level(counts)
            texts.append(f"at most {level.bound:,.0f} × {name}" if level else f"any number of {name}")
        return f"{' and '.join(texts)} in an hour"

    @property
    def unusual(self) -> str:
        """The unusual hours, worst first, e.g. ``120 × 5xx at 14:00–15:00 (usually 3)``; may be empty."""
        found = []
        for name, counts in self._hourly().items():
            level = self._level(counts)
            for hour, count in zip(self.review.hours, counts, strict=True):
                if level and count > level.bound:
                    text = f"{count:,} × {name} at {_clock(hour.start)}–{_clock(hour.start + HOUR)} UTC"
                    found.append((count / level.bound, f"{text} (usually {level.usual:,.0f})"))
        return "; ".join(text for _, text in sorted(found, reverse=True)[:3])

    @property
    def hours_seen(self) -> int:
        """Number of hours with lines; full clock hours count once, the two partial ones at the ends as one."""
        return hours_seen(self.review)

    def evidence(self) -> list[Evidence]:
        """Counts; errors by kind and the newest of them; 429 and 5xx by path, by hour and the newest."""
        review = self.review
        shown: list[Evidence] = [Facts("Logs of the last 24 hours", self._facts())]
        if review.examples:
            shown.append(Lines("Lines that were not understood, some of them", review.examples))
        if review.kinds:
            shown.append(
                Table(
                    "Errors by kind",
                    ["Count", "Component", "Kind", "First (UTC)", "Last (UTC)", "Newest example"],
                    [
                        [
                            f"{row.count:,}",
                            component or "–",
                            f"{'FATAL: ' if row.fatal else ''}{signature}",
                            _time(row.first),
                            _time(row.last),
                            row.example,
                        ]
                        for (component, signature), row in review.kinds[:_ROWS]
                    ],
                )
            )
            shown.append(Lines("Newest errors", [f"{_time(at)} {line}" for at, line in review.newest_errors]))
        if review.answers:
            shown.append(
                Table(
                    "429 and 5xx by path",
                    ["Count", "Status", "Path", "First (UTC)", "Last (UTC)"],
                    [
                        [f"{row.count:,}", status, path, _time(row.first), _time(row.last)]
                        for (status, path), row in review.answers[:_ROWS]
                    ],
                )
            )
            shown += self._by_hour()
            shown.append(
                Lines("Newest 429 and 5xx", [f"{_time(at)} {line}" for at, line in review.newest_answers])
            )
        return shown

    @property
    def _over(self) -> str:
        enough = self.hours_seen * 100 >= 24 * self.rules.window_percent
        hours = "24 h" if enough else f"{self.hours_seen} of 24 h"
        return f"{hours} ({self.review.lines:,} lines)"

    def _share(self, name: str) -> Reading:
        """The larger share, with or without the requests of probes."""
        return _larger(self._share_of_all(name, self.review.hours, "24 h"), self._share_of_visitors(name))

    def _share_of_all(self, name: str, hours: list[Hour], over: str) -> Reading:
        requests = sum(hour.requests for hour in hours)
        if not requests:
            return Reading(math.nan, over, self.requests_coverage)
        failed = sum(getattr(hour, name) for hour in hours)
        return Reading(
            100 * failed / requests, f"{over} ({failed:,} of {requests:,} requests)", self.requests_coverage
        )

    def _share_of_visitors(self, name: str) -> Reading:
        """NaN where there are no probes, or too few failures."""
        hours = self.review.hours
        requests = self.review.requests - self.review.probes
        failed = sum(getattr(hour, name) - getattr(hour, f"probes_{name}") for hour in hours)
        if not self.review.probes or failed < LEAST_OF_VISITORS:
            return Reading(math.nan, "24 h", self.requests_coverage)
        over = f"24 h ({failed:,} of {requests:,} requests, without {self.review.probes:,} of health probes)"
        return Reading(100 * failed / requests, over, self.requests_coverage)

    @property
    def _sources(self) -> list[tuple[str, Track]]:
        """Each component and file, unless it logs failed requests alone."""
        sources = (*self.review.components, *self.review.files)
        return [(name, track) for name, track in sources if name and not _ONLY_FAILED.search(name)]

    def _shares_by_source(self, of: str, least: int) -> Iterator[Reading]:
        """Of each source with at least so many requests of visitors."""
        for name, track in self._sources:
            failed = getattr(track, of)
            if track.requests >= least and failed >= LEAST_OF_VISITORS:
                over = f"24 h ({failed:,} of {track.requests:,} requests that {name} logged)"
                yield Reading(100 * failed / track.requests, over, self.requests_coverage)

    def _hourly(self) -> dict[str, list[int]]:
        hours = self.review.hours
        return {"5xx": [hour.server_errors for hour in hours], "429": [hour.throttled for hour in hours]}

    def _level(self, counts: list[int]) -> Level | None:
        return usual_level(counts, least=self.wanted.unusual_count, spread=self.wanted.unusual_spread)

    def _facts(self) -> dict[str, str]:
        review = self.review
        components = ", ".join(f"{name or 'no name'} {row.lines:,}" for name, row in review.components[:_ROWS])
        facts = {
            "Source": self.source,
            "Lines": f"{review.lines:,}",
            "From": _time(review.first),
            "To": _time(review.last),
            "Hours with lines": f"{self.hours_seen} of 24 (at least {self.rules.window_percent:g} % wanted)",
            "Lines by component": components,
            "Errors": f"{review.errors:,}, of them {review.fatal:,} fatal",
            "Requests": f"{review.requests:,}, {review.probes:,} of them by health probes and other monitors",
            "Answered 5xx": f"{review.server_errors:,}",
            "Answered 429": f"{review.throttled:,}",
        }
        optional = {
            "Earlier lines, left out": review.outside,
            "Lines without a time, left out": review.undated,
            "Lines from the future, taken as of now": review.ahead,
            "Lines that were not understood": review.strange,
            "Rare kinds and paths, left out of the tables": review.left_out,
        }
        facts |= {name: f"{count:,}" for name, count in optional.items() if count}
        facts["Ages and hours"] = "by the clock of the machine that runs the checks"
        if review.ahead_by > 1:
            facts["Ahead of that clock"] = f"the newest line, by {review.ahead_by:,.0f} s"
        facts |= {f"Left out {number}": text for number, text in enumerate(self.stream.notes, start=1)}
        return facts | {f"Problem {number}": text for number, text in enumerate(self.problems, start=1)}

    def _by_hour(self) -> list[Evidence]:
        """Two charts, as the few failed requests would not be visible beside all requests."""
        counted = self._hourly()
        return [
            Chart(
                "Requests by hour",
                "",
                [self._curve("requests", [hour.requests for hour in self.review.hours])],
                bars=True,
            ),
            Chart(
                "429 and 5xx by hour",
                "",
                [self._curve(name, counts) for name, counts in counted.items()],
                bars=True,
            ),
        ]

    def _curve(self, name: str, counts: list[int]) -> Curve:
        return Curve(name, [(hour.start, float(n)) for hour, n in zip(self.review.hours, counts, strict=True)])


def _larger(*readings: Reading) -> Reading:
    return max(readings, key=lambda reading: -1.0 if math.isnan(reading.value) else reading.value)


@measurement(time_limit=55.0)
def log_review(logs: LogSource, settings: Settings, clock: Clock, earlier: Earlier) -> LogReview:
    """Errors by kind, and 429 and 5xx by path and hour, of the last 24 hours.

    Raises:
        TooLittleData: there is not a single line of that time.
    """
    now = clock.now()
    since = now - WINDOW
    stream = logs.read(since)
    review = review_of(stream, since, now, Probes(_health_paths(settings)))
    if not review.lines:
        hint = TIME_HINT if review.undated and not review.outside else KEPT_HINT
        raise TooLittleData(_nothing(review, stream.source, stream.problems), service=SERVICE, hint=hint)
    # Lines written during reading are later than its start, but not ahead of the clock.
    skew = max(0.0, review.ahead_by - (clock.now() - now).total_seconds())
    rules, roll = settings.coverage, call_logs(stream, settings, now, earlier)
    lines, requests = of_lines(review, stream, rules), of_requests(review, stream, rules)
    return LogReview(review, stream, settings.target.logs, rules, lines, requests, skew, roll)


def _health_paths(settings: Settings) -> list[str]:
    web = settings.target.web
    return [web.health_path, web.image_health_path, *(site.health_path for site in web.also)]


def _nothing(review: Review, source: str, problems: list[str]) -> str:
    others = {"earlier": review.outside, "without a time": review.undated}
    came = ", ".join(f"{count:,} {name}" for name, count in others.items() if count) or "none at all"
    return "; ".join([f"{SERVICE}: expected lines of the last 24 hours from {source}, got {came}", *problems])


def _time(seconds: float | None) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}" if seconds is not None else "never"


def _clock(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M}"
