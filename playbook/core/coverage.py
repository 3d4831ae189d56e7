"""The basis of a judgement: how much was asked for, how much of it was seen, and what was not understood. Pure.

The one rule under every check:

    Bad evidence counts even when it is partial. Good evidence counts only when it is whole and understood.

Each measured value states its coverage as an attribute ``coverage``; a number or a statement that needs more than
that brings its own. ``judge`` gives OK only where the coverage is enough. A coverage is made of parts:

    whole("1 answer")                                     cannot be seen in part
    share(13.0, 24, "h", least_percent=95, what="samples")    "13 of 24 h", not enough
    understood(3, 1204, "lines", examples=[…], most_percent=1)    "3 of 1,204 lines not understood"
    lacking("api.log silent for 26 h", expected=…, got=…)    a gap that is no share of an amount

    whole("2 files") + understood(…)                      all of it must be enough
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from playbook.core import door
from playbook.core.errors import Unmeasured, away
from playbook.core.wording import clause_of, counted, told_once

_EXAMPLES = 3
_EXAMPLE_LENGTH = 120
_ROUNDING = 1e-9
# Steps counted whole at both ends make an hour of samples 1 h 5 min long.
_OVERHANG = 0.1


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that had to be looked at.

    Attributes:
        words: a few words for the report, e.g. ``24 of 24 h``; empty where there is nothing to report.
        expected, got: continue the sentence ``subject: expected …, got …``; empty where the part is enough.
        hint: what to do where it is not enough.
        cause: the service that was unreachable or refused us, if that is the reason; empty otherwise.
    """

    words: str
    expected: str = ""
    got: str = ""
    hint: str = ""
    cause: str = ""

    @property
    def enough(self) -> bool:
        """Whether it is sufficient for a verdict of OK."""
        return not self.expected


class Coverage(msgspec.Struct, frozen=True):
    """The whole basis of a judgement; enough where every part is. Without parts it adds nothing."""

    parts: tuple[Part, ...] = ()

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage((*self.parts, *(part for part in other.parts if part not in self.parts)))

    @property
    def enough(self) -> bool:
        """Whether it is sufficient for a verdict of OK."""
        return all(part.enough for part in self.parts)

    @property
    def words(self) -> str:
        """Short text for the report: ``24 of 24 h · 2 of 1,204 lines not understood``."""
        return " · ".join(dict.fromkeys(part.words for part in self.parts if part.words))

    @property
    def expected(self) -> str:
        """What would have been enough; empty where it was."""
        return " and ".join(dict.fromkeys(part.expected for part in self.parts if not part.enough))

    @property
    def got(self) -> str:
        """What was seen instead; empty where it was enough. What differs only in how long it took is told once."""
        return " and ".join(told_once(part.got for part in self.parts if not part.enough))

    @property
    def hint(self) -> str:
        """What to do about the missing part; may be empty."""
        return " ".join(dict.fromkeys(part.hint for part in self.parts if not part.enough and part.hint))

    @property
    def cause(self) -> str:
        """The one service that made it insufficient; empty where there is none, or another reason as well."""
        causes = {part.cause for part in self.parts if not part.enough}
        return causes.pop() if len(causes) == 1 else ""


def whole(words: str) -> Coverage:
    """Coverage of something that cannot be seen in part, e.g. one answer of an API: ``1 answer``."""
    return Coverage((Part(words=words),))


def share(
    seen: float,
    of: float | None,
    unit: str,
    *,
    least_percent: float = 100.0,
    what: str = "",
    note: str = "",
    hint: str = "",
    cause: str = "",
    may_be_empty: bool = False,
) -> Coverage:
    """Coverage of a window or a population. Contradictory amounts, such as 5 of 3, are never enough.

    Args:
        seen, of: amounts in ``unit``; ``of`` is None where the total is unknown, which is never enough.
        least_percent: the share of ``of`` that must have been seen.
        what: what was looked for, e.g. ``samples``: ``samples of at least 22.8 of 24 h``.
        note: further words, e.g. ``api.log silent for 26 h``.
        hint, cause: what to do where it is not enough, and the service that is the reason.
        may_be_empty: zero of zero is enough, e.g. of links that a document need not have. By default it is not:
            a check that saw nothing must not pass.
    """
    if of is not None and isinstance(seen, float) and of < seen <= of * (1 + _OVERHANG):
        seen = float(of)
    subject = f"{what} of " if what else ""
    seen_text = _amount(seen)
    all_text = "an unknown number of" if of is None else f"{_amount(of)}"
    words = f"{seen_text} of {all_text} {counted(of, unit)}" + (f", {note}" if note else "")
    if of == 0 and seen == 0 and not may_be_empty:
        none = Part(words=words, expected=f"{subject}some {unit}", got=f"{subject}none", hint=hint, cause=cause)
        return Coverage((none,))
    if of is not None and _is_enough(seen, of, least_percent):
        return Coverage((Part(words=words),))
    if of is None or not least_percent < 100 or not 0 <= seen <= of:
        expected = f"{subject}{_all(of)} {counted(of, unit)}"
    else:
        expected = f"{subject}at least {_amount(of * least_percent / 100)} of {all_text} {unit}"
    got = f"{subject}{seen_text} {counted(seen, unit)}" + (f" ({note})" if note else "")
    return Coverage((Part(words=words, expected=expected, got=got, hint=hint, cause=cause),))


def understood(
    unknown: int, of: int, unit: str, *, examples: Iterable[str] = (), most_percent: float = 0.0, hint: str = ""
) -> Coverage:
    """Coverage of input that was read: the part that could not be understood.

    Args:
        unknown, of: numbers of ``unit``, e.g. ``lines``.
        examples: a few of them verbatim.
        most_percent: share of ``of`` that may be not understood before good evidence no longer counts.
    """
    if not unknown:
        return Coverage((Part(words=""),))
    of = max(of, unknown)
    shown = "; ".join(door.quoted(text, _EXAMPLE_LENGTH) for text in _few(examples))
    words = f"{unknown:,} of {of:,} {counted(of, unit)} not understood"
    if 0 <= unknown * 100 <= of * most_percent:
        return Coverage((Part(words=words),))
    expected = f"all {unit} to be understood"
    got = f"{unknown:,} of {of:,} that {'is' if unknown == 1 else 'are'} not"
    if most_percent:
        expected, got = f"at most {most_percent:g} % of {unit} not understood", f"{unknown:,} of {of:,}"
    got += f", e.g. {shown}" if shown else ""
    return Coverage((Part(words=words, expected=expected, got=got, hint=hint),))


def lacking(words: str, *, expected: str, got: str, hint: str = "", cause: str = "") -> Coverage:
    """Coverage of something that was not seen and has no share; never enough, even without a stated reason."""
    got = clause_of(got) or "less"
    part = Part(words=words, expected=expected or "all of it to be seen", got=got, hint=hint, cause=cause)
    return Coverage((part,))


def unread(error: Unmeasured, expected: str) -> Coverage:
    """Why something could not be read; ``expected`` is what it would have told."""
    return lacking("", expected=expected, got=str(error), hint=error.hint, cause=away(error))


def together(coverages: Iterable[Coverage]) -> Coverage:
    """The sum; all must be enough."""
    total = Coverage()
    for coverage in coverages:
        total += coverage
    return total


def _is_enough(seen: float, of: float, least_percent: float) -> bool:
    """False also where an amount is not a number, or more was seen than exists."""
    if not (math.isfinite(of) and 0 <= seen <= of * (1 + _ROUNDING)):
        return False
    return seen * 100 >= of * least_percent * (1 - _ROUNDING)


def _all(of: float | None) -> str:
    """``all 12``, ``both``, ``the only``; for an unknown number ``all the``."""
    if of is None:
        return "all the"
    return "the only" if of == 1 else "both" if of == 2 and isinstance(of, int) else f"all {_amount(of)}"


def _amount(value: float) -> str:
    """Hours and the like with one decimal, counts as they are."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}".removesuffix(".0")


def _few(examples: Iterable[str]) -> Sequence[str]:
    return list(dict.fromkeys(examples))[:_EXAMPLES]
