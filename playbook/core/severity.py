"""Severity P1 to P4, derived from measurements. Pure.

P1  the service is down                                   answered within 15 minutes P2  answers take over 5 s, or
over 10 % of requests fail   1 hour P3  degraded: 2 to 5 s, 1 to 10 %, or a part is unhealthy  4 hours P4  anything
else, such as an alert that fires             the next business day
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from playbook.core.limits import Limit
from playbook.core.verdict import Verdict

P1, P2, P3, P4 = "P1", "P2", "P3", "P4"
SEVERITIES = (P1, P2, P3, P4)
URGENT = frozenset({P1, P2})
NONE = ""
OTHERS = "others"  # key of the settings for items that no line names


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the system at one moment; None means unknown.

    Attributes:
        down: no answer at all, or every answer is a server error.
        seconds: response time.
        error_percent: of the requests.
        unhealthy: the service reports that one of its parts does not work, or works badly.
        alerts: number of firing alerts.
    """

    down: bool | None = None
    seconds: float | None = None
    error_percent: float | None = None
    unhealthy: bool | None = None
    alerts: int | None = None


def severity_of(known: Known, response: Limit, errors: Limit) -> str:
    """``P1`` to ``P4``; empty where nothing known is an emergency.

    Args:
        response, errors: over the critical limit is P2, over the warning limit P3.
    """
    if known.down:
        return P1
    measured = [
        limit.verdict(value)
        for limit, value in ((response, known.seconds), (errors, known.error_percent))
        if value is not None
    ]
    if Verdict.CRITICAL in measured:
        return P2
    if Verdict.WARNING in measured or known.unhealthy:
        return P3
    return P4 if known.alerts else NONE


def severity_of_finding(item: str, verdict: Verdict, levels: Mapping[str, str]) -> str:
    """``P1`` to ``P4`` of a failing item; empty where it does not fail.

    CRITICAL has the severity that the settings assign to the item, by its id or the longest matching prefix.
    UNKNOWN may be as severe but is not known to be: P3 at most. A warning can wait: P4.
    """
    match verdict:
        case Verdict.CRITICAL:
            parts = item.split(".")
            names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
            return next((levels[name] for name in names if name in levels), levels.get(OTHERS, P3))
        case Verdict.UNKNOWN:
            return P3
        case Verdict.WARNING:
            return P4
        case _:
            return ""
