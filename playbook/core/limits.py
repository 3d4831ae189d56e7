"""Limits of key figures: a target to aim for, a warning and a critical limit, in the playbook's notation.

    target = "> 90 %"      aim; short of it is still OK, and reported
    warning = "< 80 %"     passes, but is shown in yellow
    critical = "< 70 %"    fails
    possible = "0 .. 100"  possible range; anything else is a measurement error, and is not judged

Comparisons are exactly the ones written: with ``< 80 %``, 80 is not a warning.
"""

from __future__ import annotations

import math
import operator
import re
from functools import lru_cache
from typing import Literal

import msgspec

from playbook.core.coverage import Coverage
from playbook.core.verdict import Verdict
from playbook.core.wording import counted

_COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_SIGNS = {"<=": "≤", ">=": "≥"}
_WRITTEN = {sign: comparison for comparison, sign in _SIGNS.items()}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_BOUND = re.compile(
    r"^\s*(?P<comparison><=|>=|<|>|≤|≥)\s*(?P<number>-?\d[\d,_]*(?:\.\d+)?)\s*(?P<unit>[A-Za-zµ%].*?)?\s*$"
)
_DECIMALS = 3
_MAX_DECIMALS = 15
_ROUNDING = 1e-9  # relative: rounding error of floating-point arithmetic
_COUNTED = re.compile(r"(?!of )[A-Za-z]{3,}[A-Za-z ]*$")  # things, not measures such as "ms" or "requests/s"
_POSSIBLE = re.compile(r"^\s*(?P<low>-?[\d.]+)?\s*\.\.\s*(?P<high>-?[\d.]+)?\s*$")
_WORDS = {"<": "under", "<=": "at most", ">": "over", ">=": "at least"}


class Reading(msgspec.Struct, frozen=True):
    """A measured number with what a reader needs to weigh it.

    Attributes:
        value: in the unit of the limit it is judged by; NaN where unknown, as ``coverage`` explains.
        over: what it was measured over, e.g. ``24 h (1,204 requests)``; may be empty.
        coverage: coverage of this figure in addition to that of its measurement.
        words: the number in words where a bare one reads badly, e.g. ``none`` for something that has ended.
            Without particulars, as the public reads it too.
    """

    value: float
    over: str = ""
    coverage: Coverage = Coverage()
    words: str = ""


class Bound(msgspec.Struct, frozen=True):
    """One comparison with a number, e.g. ``< 80 %``."""

    comparison: Literal["<", "<=", ">", ">="]
    number: float
    unit: str = ""

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> Bound:
        """Read ``< 80 %``; raises ValueError with what was expected."""
        match = _BOUND.match(text)
        if not match:
            raise ValueError(f"expected a comparison and a number such as '< 80 %', got {text!r}")
        number = float(match["number"].replace(",", "").replace("_", ""))
        comparison = _WRITTEN.get(match["comparison"], match["comparison"])
        return cls(comparison, number, match["unit"] or "")  # type: ignore[arg-type]

    def holds(self, value: float) -> bool:
        """True where ``value`` satisfies the comparison."""
        return bool(_COMPARISONS[self.comparison](value, self.number))

    def times(self, factor: float) -> Bound:
        """The same comparison with a multiple of the number."""
        return msgspec.structs.replace(self, number=self.number * factor)

    def __str__(self) -> str:
        """As the settings write it, for programs that parse it again."""
        return f"{self.comparison} {format_value(self.number, self.unit)}"

    @property
    def shown(self) -> str:
        """The same for people: ``≥ 26 h``."""
        return f"{_SIGNS.get(self.comparison, self.comparison)} {format_value(self.number, self.unit)}"


class Limit(msgspec.Struct, frozen=True):
    """The named limits of a figure. ``target`` is the aim; ``warning`` and ``critical`` are failing values.

    Attributes:
        lowest, highest: possible range; a value outside of it is a measurement error.
    """

    name: str
    unit: str
    target: Bound | None = None
    warning: Bound | None = None
    critical: Bound | None = None
    lowest: float | None = None
    highest: float | None = None

    def verdict(self, value: float) -> Verdict:
        """OK, WARNING or CRITICAL for a finite number; a NaN cannot be judged (ValueError)."""
        if not math.isfinite(value):
            raise ValueError(f"{self.name}: {value} cannot be judged")
        if self.critical and self.critical.holds(value):
            return Verdict.CRITICAL
        if self.warning and self.warning.holds(value):
            return Verdict.WARNING
        return Verdict.OK

    def times(self, factor: float) -> Limit:
        """The limit with a multiple of its target, warning and critical numbers."""
        bounds = {"target": self.target, "warning": self.warning, "critical": self.critical}
        return msgspec.structs.replace(
            self, **{name: bound.times(factor) for name, bound in bounds.items() if bound}
        )

    def meets_target(self, value: float) -> bool:
        """True where the value reaches the target, or where no target is set."""
        return self.target is None or self.target.holds(value)

    def possible(self, value: float) -> bool:
        """Whether the value is in the possible range, within rounding error (a share may compute to just over 100
        %).
        """
        low, high = (-math.inf if self.lowest is None else self.lowest), self.highest
        trifle = _ROUNDING * max(abs(value), 1.0)
        return low - trifle <= value and (high is None or value <= high + trifle)

    @property
    def lines(self) -> dict[str, float]:
        """Positions of the bounds in a chart, by name."""
        bounds = {"target": self.target, "warning": self.warning, "critical": self.critical}
        return {name: bound.number for name, bound in bounds.items() if bound}

    @property
    def range(self) -> str:
        """The possible range in words: ``from 0 to 100 %`` or ``at least 0 s``."""
        if self.lowest is not None and self.highest is not None:
            return f"from {format_value(self.lowest, '')} to {format_value(self.highest, self.unit)}"
        if self.lowest is not None:
            return f"at least {format_value(self.lowest, self.unit)}"
        return "any value" if self.highest is None else f"at most {format_value(self.highest, self.unit)}"

    def expected(self, verdict: Verdict) -> str:
        """What would have been good enough, in words: ``at least 80 %``."""
        bound = self.warning or self.critical
        if self.target and (verdict is Verdict.OK or bound is None):
            return self._in_words(self.target.comparison, self.target.number)
        if bound is None:
            return "any value"
        return self._in_words(_OPPOSITE[bound.comparison], bound.number)

    def _in_words(self, comparison: str, number: float) -> str:
        """``at least 80 %``; ``none`` for counted things that may not occur at all."""
        if (comparison, number) == ("<=", 0) and (not self.unit or self.unit.startswith("of ")):
            return f"none {self.unit}".strip()
        return f"{_WORDS[comparison]} {format_value(number, self.unit)}"

    def format(self, value: float) -> str:
        """The value with the limit's unit, with enough decimals not to contradict its verdict."""
        for decimals in range(_DECIMALS, _MAX_DECIMALS):
            if self._has_same_verdict(value, round(value, decimals)):
                return format_value(value, self.unit, decimals)
        return f"{value!r} {self.unit}".strip()

    def _has_same_verdict(self, value: float, shown: float) -> bool:
        if not math.isfinite(value):
            return True
        return self.verdict(shown) == self.verdict(value) and self.meets_target(shown) == self.meets_target(value)


def format_value(value: float, unit: str, decimals: int = _DECIMALS) -> str:
    """A number for people: thousands separated, at most three decimals, a space before the unit."""
    text = f"{value:,.{decimals}f}".rstrip("0").rstrip(".") if math.isfinite(value) else str(value)
    text = "0" if text == "-0" else text
    return f"{text} {counted(1, unit) if text == '1' and _COUNTED.match(unit) else unit}".strip()


def parse_limit(name: str, spec: dict[str, str]) -> Limit:
    """Build a limit from its three texts; raises ValueError where they contradict each other."""
    bounds = {key: Bound.parse(spec[key]) for key in ("target", "warning", "critical") if spec.get(key)}
    if not bounds.keys() & {"warning", "critical"}:
        raise ValueError("expected a warning or a critical limit, as a limit without both can never fail")
    units = {bound.unit for bound in bounds.values()}
    if len(units) > 1:
        raise ValueError(f"expected one unit, got {' and '.join(sorted(map(repr, units)))}")
    lowest, highest = _parse_possible(spec.get("possible", ".."))
    limit = Limit(name, units.pop(), **bounds, lowest=lowest, highest=highest)
    _require_order(limit)
    _require_reach(limit)
    return limit


def _parse_possible(text: str) -> tuple[float | None, float | None]:
    match = _POSSIBLE.match(text)
    if not match:
        raise ValueError(f"expected what is possible as '0 .. 100' or '0 ..', got {text!r}")
    low, high = (float(number) if number else None for number in match.groups())
    return low, high


def _require_order(limit: Limit) -> None:
    bad = [b for b in (limit.warning, limit.critical) if b]
    upward = {b.comparison[0] == ">" for b in bad}
    if len(upward) > 1 or (limit.target and (limit.target.comparison[0] == ">") in upward):
        raise ValueError("expected warning and critical on the same side and the target on the other")
    if limit.warning and limit.critical:
        worse = operator.ge if upward == {True} else operator.le
        if not worse(limit.critical.number, limit.warning.number):
            raise ValueError(f"expected critical ({limit.critical}) to be worse than warning ({limit.warning})")
    if limit.target and limit.warning:
        between = operator.le if upward == {True} else operator.ge
        if not between(limit.target.number, limit.warning.number):
            raise ValueError(f"expected the target ({limit.target}) to be stricter than warning ({limit.warning})")


def _require_reach(limit: Limit) -> None:
    """What no possible value is beyond could never fail, as ``< 0 %`` of a share."""
    for bound in filter(None, (limit.warning, limit.critical)):
        upward = bound.comparison[0] == ">"
        end = limit.highest if upward else limit.lowest
        if end is not None and not bound.holds(end):
            raise ValueError(
                f"expected a limit that a value can be beyond, got {bound} where {end:g} {limit.unit}".rstrip()
                + f" is the {'most' if upward else 'least'} that is possible"
            )
