"""``judge``: compares measured with expected values, and records the result before it decides.

Bad evidence counts even when it is partial: WARNING and CRITICAL are given on whatever was seen. Good evidence
counts only when it is whole and understood: OK needs enough coverage by every measurement the check has requested.
"""

from __future__ import annotations

import math
from contextlib import suppress

import msgspec

from playbook.core.audience import Public
from playbook.core.coverage import Coverage, lacking, together
from playbook.core.durations import hours_or_days
from playbook.core.limits import Limit, Reading
from playbook.core.sign_off import SignOff
from playbook.core.verdict import SEVERITY, Critical, Verdict

# Texts that begin like this continue a number directly; any other names the window.
_AS_IT_IS = ("(", "in ", "of ", "for ", "from ")


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison.

    Attributes:
        message: a sentence with subject, expected, found and unit.
        value, limit: where a number was judged.
        below_target: OK, but short of the target.
        coverage: its basis, in a few words.
        hint: what to do about the missing part, where that makes it UNKNOWN; may be empty.
        cause: the root cause, where several checks fail for one thing: the service that is down, or for which too
            little was seen.
        public: what everybody may read of it, as a sentence without its subject; may be empty.
    """

    subject: str
    verdict: Verdict
    message: str
    expected: str
    found: str
    value: float | None = None
    limit: Limit | None = None
    below_target: bool = False
    coverage: str = ""
    hint: str = ""
    cause: str = ""
    public: str = ""


class Judge:
    """What a check calls to judge. Keeps every judgement, also OK ones, as trends need passing values."""

    def __init__(self) -> None:
        self.judgements: list[Judgement] = []
        self._coverages: dict[str, Coverage] = {}

    def add_coverage(self, name: str, coverage: Coverage) -> None:
        """Add the coverage of a measurement that the check has requested; every judgement relies on all of them.

        This includes earlier judgements: a check may request a measurement after it has judged another. A
        measurement that does not state its coverage has seen nothing.
        """
        if not coverage.parts:
            coverage = lacking("", expected=f"the coverage of {name}", got="none stated")
        self._coverages[name] = coverage
        if not coverage.enough:
            self.judgements = [
                _not_enough(judged, coverage) if judged.verdict is Verdict.OK else judged
                for judged in self.judgements
            ]

    def __call__(self, measured: Reading | float, limit: Limit, subject: str = "") -> None:
        """Judge a number by its limit.

        A number that is not finite, or outside of the possible range, is UNKNOWN.

        Args:
            measured: in the unit of the limit.
            subject: what was measured, where the limit's own name does not say it.

        Raises:
            Critical: the critical limit is crossed.
        """
        reading = measured if isinstance(measured, Reading) else Reading(float(measured))
        subject = subject or limit.name
        if not math.isfinite(reading.value):
            self._unknown(subject, _no_number(reading))
            return
        found = (reading.words or limit.format(reading.value)) + _over(reading.over)
        if not limit.possible(reading.value):
            self._unknown(subject, _impossible(limit, found))
            return
        verdict = limit.verdict(reading.value)
        below_target = verdict is Verdict.OK and not limit.meets_target(reading.value)
        expected = limit.expected(verdict)
        self._note(
            Judgement(
                subject=subject,
                verdict=verdict,
                message=f"{subject}: expected {expected}, got {found}{_remark(verdict, below_target, limit)}",
                expected=expected,
                found=found,
                value=reading.value,
                limit=limit,
                below_target=below_target,
                public=_public_number(subject, limit, reading, _remark(verdict, below_target, limit)),
            ),
            reading.coverage,
        )

    def that(
        self,
        holds: bool,
        subject: str,
        *,
        expected: str,
        found: str,
        warn: bool = False,
        coverage: Coverage = Coverage(),  # noqa: B008 - frozen
        cause: str = "",
        public: Public = Public(""),  # noqa: B008 - a text
    ) -> None:
        """Judge a statement.

        Args:
            expected, found: continue the sentence ``subject: expected …, got …``; ``found`` is empty where nothing
                was seen, which the coverage then explains.
            warn: a false statement is only a warning.
            coverage: coverage of this statement in addition to that of the measurements.
            cause: the service that is down, where that makes the statement false; empty otherwise.
            public: what everybody may read of the finding, from ``core.audience.say``, for a public item; by
                default only whether the statement holds.

        Raises:
            TypeError: ``public`` is a plain text.
            Critical: the statement is false.
        """
        if not isinstance(public, Public):
            raise TypeError(f"expected a text that say() made for the public, got {type(public).__name__}")
        bad = Verdict.WARNING if warn else Verdict.CRITICAL
        self._note(
            Judgement(
                subject=subject,
                verdict=Verdict.OK if holds else bad,
                message=f"{subject}: expected {expected}, got {found}",
                expected=expected,
                found=found,
                cause="" if holds else cause,
                public=str(public),
            ),
            coverage,
        )

    def sign_off(self, sign_off: SignOff, *, instead: str = "") -> None:
        """Judge a sign-off: no valid one is CRITICAL, one near its end or a refused line WARNING.

        One that was never signed and has not been due yet is UNKNOWN.

        Args:
            instead: what makes a sign-off unnecessary, in words, e.g. a message that was delivered.

        Raises:
            Critical: no valid sign-off, and nothing instead.
        """
        subject = f"Sign-off of {sign_off.item}"
        if instead:
            self.that(True, subject, expected="a valid one, or a substitute", found=instead)
            return
        known = sign_off.valid or sign_off.pending
        found = "" if sign_off.pending and not sign_off.valid else sign_off.found
        self.that(known, subject, expected="a valid one", found=found, coverage=sign_off.coverage)
        left = hours_or_days(sign_off.rule.near)
        self.that(not sign_off.near, subject, expected=f"more than {left} left", found=sign_off.found, warn=True)
        self.that(not sign_off.refused, subject, expected="no refused line", found=sign_off.found, warn=True)

    @property
    def coverage(self) -> str:
        """Coverage of the whole check in a few words: all its measurements and figures."""
        words = [together(self._coverages.values()).words, *(judged.coverage for judged in self.judgements)]
        return " · ".join(dict.fromkeys(part for text in words for part in text.split(" · ") if part))

    @property
    def gaps(self) -> dict[str, str]:
        """What the measurements should have seen for OK and have not, with what there was instead."""
        missing = (part for one in self._coverages.values() for part in one.parts if not part.enough)
        return {part.expected: part.got for part in missing}

    @property
    def leading(self) -> Judgement | None:
        """The judgement that represents the check: the worst; among equals, one short of its target, or a
        number.
        """
        return min(
            self.judgements,
            key=lambda judged: (SEVERITY.index(judged.verdict), not judged.below_target, judged.value is None),
            default=None,
        )

    def note(self, judgement: Judgement) -> None:
        """Add a judgement made elsewhere, by an assert: an OK relies on the same coverage as all others.

        A CRITICAL one is recorded and not raised.
        """
        with suppress(Critical):
            self._note(judgement, Coverage())

    def _note(self, judgement: Judgement, own: Coverage) -> None:
        coverage = together(self._coverages.values()) + own
        judgement = msgspec.structs.replace(judgement, coverage=coverage.words)
        if judgement.verdict is Verdict.OK and not coverage.enough:
            judgement = _not_enough(judgement, coverage)
        self.judgements.append(judgement)
        if judgement.verdict is Verdict.CRITICAL:
            raise Critical(judgement.message)

    def _unknown(self, subject: str, coverage: Coverage) -> None:
        """Note that there is nothing to judge."""
        self.judgements.append(
            Judgement(
                subject=subject,
                verdict=Verdict.UNKNOWN,
                message=f"{subject}: expected {coverage.expected}, got {coverage.got}",
                expected=coverage.expected,
                found=coverage.got,
                coverage=(together(self._coverages.values()) + coverage).words,
                hint=coverage.hint,
                cause=coverage.cause,
            )
        )


def _not_enough(judgement: Judgement, coverage: Coverage) -> Judgement:
    """A passing judgement without enough coverage, as UNKNOWN; its value is only in the text, not for trends."""
    has_value = judgement.found and judgement.found != coverage.got
    seen = f"{coverage.got}; partial result: {judgement.found}" if has_value else coverage.got
    return msgspec.structs.replace(
        judgement,
        verdict=Verdict.UNKNOWN,
        message=f"{judgement.subject}: expected {coverage.expected}, got {seen}",
        expected=coverage.expected,
        found=seen,
        value=None,
        limit=None,
        below_target=False,
        hint=coverage.hint,
        cause=coverage.cause,
        public="",
    )


def _public_number(subject: str, limit: Limit, reading: Reading, remark: str) -> str:
    """Number and limit, and only public texts; for another subject the limit's own name is used."""
    name = subject if isinstance(subject, Public) else limit.name
    over = _over(reading.over) if isinstance(reading.over, Public) else ""
    expected = limit.expected(limit.verdict(reading.value))
    return f"{name}: expected {expected}, got {reading.words or limit.format(reading.value)}{over}{remark}"


def _over(over: str) -> str:
    """The basis of a number: a window follows "over", amounts are in brackets, a clause continues directly."""
    return f" {over}" if over.startswith(_AS_IT_IS) else f" over {over}" if over else ""


def _no_number(reading: Reading) -> Coverage:
    if reading.coverage.parts and not reading.coverage.enough:
        return reading.coverage
    return lacking("", expected="a number", got=str(reading.value))


def _impossible(limit: Limit, found: str) -> Coverage:
    return lacking(
        "",
        expected=f"a value {limit.range}".replace("a value at", "at"),
        got=f"{found}, which is impossible",
        hint="The figure is measured wrongly: look at its query or source in the evidence.",
    )


def _remark(verdict: Verdict, below_target: bool, limit: Limit) -> str:
    if below_target:
        return " (short of the target)"
    if verdict is Verdict.CRITICAL and limit.critical:
        return f" (critical {limit.critical.shown})"
    return ""
