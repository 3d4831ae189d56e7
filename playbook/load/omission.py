"""Of which requests a load test's percentiles are: of those that visitors sent, who wait for each answer. Pure.

A generator of constant rate goes on asking a server that stalls, and each of those requests waits. Visitors do not
("coordinated omission"), so that their percentiles tell less of a stall: docs/decisions/019-load-tests.md.
"""

from __future__ import annotations

from playbook.load.outcome import Outcome

# Who waited so many times as long as from one request to the next has left out some that would have waited too.
_STALLED = 3.0


def kind_of_percentiles(outcome: Outcome) -> str:
    """What the percentiles stand for, and whether a constant rate would have found more."""
    kind = "of the requests of visitors, each of whom waits for its answer before it asks again"
    requests, slowest = outcome.all.requests, outcome.all.slowest
    if not requests or slowest is None or not outcome.most_users:
        return kind
    between = outcome.most_users * outcome.seconds / requests
    if slowest <= _STALLED * between:
        return kind
    return (
        f"{kind}; the slowest took {slowest:.1f} s, in which a visitor otherwise asks {slowest / between:,.0f} "
        "times: at a constant rate more requests would have waited (coordinated omission)"
    )
