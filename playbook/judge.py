"""``judge``: compares what was measured with what was expected, and records it before it decides."""

from __future__ import annotations

import math

import msgspec

from playbook.errors import TooLittleData
from playbook.limits import Limit, Reading
from playbook.people.attest import SignOff, days
from playbook.verdict import SEVERITY, Critical, Verdict


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison.

    Attributes:
        message: a sentence with subject, expected, found and unit.
        value, limit: where a number was judged.
        below_target: good enough, but short of what is aimed for.
    """

    subject: str
    verdict: Verdict
    message: str
    expected: str
    found: str
    value: float | None = None
    limit: Limit | None = None
    below_target: bool = False


class Judge:
    """What a check calls to judge. Keeps every judgement, also the good ones, as trends come from passes."""

    def __init__(self) -> None:
        self.judgements: list[Judgement] = []

    def __call__(self, measured: Reading | float, limit: Limit, subject: str = "") -> None:
        """Judge a number by a ladder.

        Args:
            measured: in the unit of the limit.
            subject: what was measured, where the limit's own name does not say it.

        Raises:
            Critical: the critical limit is crossed.
            TooLittleData: the number is NaN or infinite.
        """
        reading = measured if isinstance(measured, Reading) else Reading(float(measured))
        subject = subject or limit.name
        if not math.isfinite(reading.value):
            raise TooLittleData(f"{subject}: expected a number, got {reading.value}", service=subject)
        verdict = limit.verdict(reading.value)
        below_target = verdict is Verdict.OK and not limit.meets_target(reading.value)
        expected = limit.expected(verdict)
        found = limit.format(reading.value) + (f" over {reading.over}" if reading.over else "")
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
            )
        )

    def that(self, holds: bool, subject: str, *, expected: str, found: str, warn: bool = False) -> None:
        """Judge a statement.

        Args:
            expected, found: continue the sentence ``subject: expected …, got …``.
            warn: what does not hold is a warning only.

        Raises:
            Critical: it does not hold.
        """
        bad = Verdict.WARNING if warn else Verdict.CRITICAL
        self._note(
            Judgement(
                subject=subject,
                verdict=Verdict.OK if holds else bad,
                message=f"{subject}: expected {expected}, got {found}",
                expected=expected,
                found=found,
            )
        )

    def sign_off(self, sign_off: SignOff, *, instead: str = "") -> None:
        """Judge what a person signed: none that counts is CRITICAL, one near its end or a refused line WARNING.

        Args:
            instead: what makes a sign-off unnecessary, in words, e.g. a message that was delivered.

        Raises:
            Critical: there is none that counts, and nothing instead.
        """
        subject = f"Sign-off of {sign_off.item}"
        if instead:
            self.that(True, subject, expected="one that counts, or what stands for it", found=instead)
            return
        self.that(sign_off.valid, subject, expected="one that counts", found=sign_off.found)
        left = days(sign_off.rule.near)
        self.that(not sign_off.near, subject, expected=f"more than {left} left", found=sign_off.found, warn=True)
        self.that(not sign_off.refused, subject, expected="no refused line", found=sign_off.found, warn=True)

    @property
    def leading(self) -> Judgement | None:
        """The judgement that stands for the check: the worst; of equals, what is short of target, or a number."""
        return min(
            self.judgements,
            key=lambda judged: (SEVERITY.index(judged.verdict), not judged.below_target, judged.value is None),
            default=None,
        )

    def _note(self, judgement: Judgement) -> None:
        self.judgements.append(judgement)
        if judgement.verdict is Verdict.CRITICAL:
            raise Critical(judgement.message)


def _remark(verdict: Verdict, below_target: bool, limit: Limit) -> str:
    if below_target:
        return " (below target)"
    if verdict is Verdict.CRITICAL and limit.critical:
        return f" (critical {limit.critical})"
    return ""
