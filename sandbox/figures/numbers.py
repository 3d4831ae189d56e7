"""Numbers in Prometheus' answers."""

from __future__ import annotations

import math
from decimal import Decimal


def number(value: float) -> str:
    """A sample as Prometheus writes it: the shortest digits that round-trip, without an exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = repr(float(value))
    if "e" in text:
        text = format(Decimal(text), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
