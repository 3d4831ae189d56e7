"""What a check used and found while it runs. Independent of pytest."""

from __future__ import annotations

from dataclasses import dataclass, field
from inspect import getattr_static

from playbook.core.context import Asked, Release
from playbook.core.counters import Counted
from playbook.core.coverage import Coverage, lacking
from playbook.core.engine import Outcome
from playbook.core.errors import NotConfigured, PlaybookError, Skipped
from playbook.core.evidence import Evidence, evidence_of
from playbook.core.judge import Judge
from playbook.core.severity import SEVERITIES
from playbook.core.verdict import Verdict

_OURS = "This is a fault of the suite, not of the system."


class CheckTimeout(Exception):  # noqa: N818
    """The check as a whole exceeded its time limit."""


@dataclass
class Notes:
    """What a check used and how it judged, collected while it runs.

    Attributes:
        seen: names of the providers it used.
        cause: the failed outcome that stopped it, if one did.
        unread: measurements that could not be read while the check judges the others, with the reason.
        readings: counters that its measurements have read.
        points_at: services that its measurements report as failing.
        asked: queries sent to the metrics store.
        severity: severity of an emergency, if measured.
        release: the release that serves visitors, if measured.
        asserts_count: a passing assert is a judgement: the check is running, and does not use ``judge``.
        runs: the check's own code is being executed.
        raised: by the check's own function.
    """

    judge: Judge = field(default_factory=Judge)
    evidence: list[Evidence] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    cause: Outcome | None = None
    unread: dict[str, PlaybookError] = field(default_factory=dict)
    readings: dict[str, Counted] = field(default_factory=dict)
    points_at: set[str] = field(default_factory=set)
    asked: list[Asked] = field(default_factory=list)
    severity: str = ""
    release: Release | None = None
    asserts_count: bool = False
    runs: bool = False
    raised: BaseException | None = None

    def look(self, outcome: Outcome) -> None:
        """Record a provider that the check used."""
        self.seen.append(outcome.name)
        if outcome.error is not None:
            self.cause = self.cause or outcome
        else:
            self.evidence += evidence_of(outcome.value)
            self._add_coverage(outcome)
            self.readings |= getattr(outcome.value, "readings", {})
            self.points_at.update(filter(None, [getattr(outcome.value, "points_at", "")]))
            self.asked += getattr(outcome.value, "asked_metrics", ())
            release = getattr(outcome.value, "serving_release", None)
            self.release = release if isinstance(release, Release) else self.release
            severity = getattr(outcome.value, "severity", "")
            self.severity = self.severity or (severity if severity in SEVERITIES else "")

    def without(self, name: str, error: PlaybookError) -> None:
        """Record a measurement that the check has to do without; the others are judged all the same."""
        self.unread[name] = error

    def end_of(self, error: BaseException | None, *, is_judged: bool) -> BaseException | None:
        """What the check ends with. If it did without a measurement, only what ``judge`` found bad counts.

        Everything else that comes of it, such as a pass or a crash, ends with why the first one could not be read.
        A warning counts beside what is not configured; beside what could not be measured it is UNKNOWN, as it is
        with too little coverage.

        Args:
            error: what it would have ended with.
            is_judged: ``judge`` has raised it.
        """
        ends_itself = error is not None and not isinstance(error, Exception)
        if not self.unread or is_judged or ends_itself or isinstance(error, CheckTimeout | Skipped):
            return error
        first = next(iter(self.unread.values()))
        leading = self.judge.leading
        warns = error is None and leading is not None and leading.verdict is Verdict.WARNING
        if warns and all(isinstance(one, NotConfigured) for one in self.unread.values()):
            return None
        return first

    def _add_coverage(self, outcome: Outcome) -> None:
        """Its own coverage, and gaps of the measurements that it was made of."""
        coverage = coverage_of(outcome)
        if coverage is not None:
            self.judge.add_coverage(outcome.name, coverage)
        for one in outcome.made_of:
            self._add_missing_coverage(one)

    def _add_missing_coverage(self, outcome: Outcome) -> None:
        coverage = coverage_of(outcome)
        if coverage is not None and not (coverage.parts and coverage.enough):
            self.judge.add_coverage(outcome.name, Coverage(tuple(p for p in coverage.parts if not p.enough)))
        for one in outcome.made_of:
            self._add_missing_coverage(one)


def coverage_of(outcome: Outcome) -> Coverage | None:
    """Coverage of a measurement; None for clients and plain values.

    If the coverage itself cannot be computed it is empty; failing values still count.
    """
    if getattr_static(outcome.value, "coverage", None) is None and not outcome.is_measurement:
        return None
    try:
        coverage = outcome.value.coverage
    except Exception as error:  # noqa: BLE001 - a fault in it must neither pass for whole nor hide what is bad
        return lacking(
            "", expected=f"the coverage of {outcome.name}", got=f"{type(error).__name__}: {error}", hint=_OURS
        )
    if isinstance(coverage, Coverage):
        return coverage
    got = f"{type(coverage).__name__} in its place"
    return (
        lacking("", expected=f"the coverage of {outcome.name}", got=got, hint=_OURS)
        if outcome.is_measurement
        else None
    )
