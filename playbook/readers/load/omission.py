"""What a load test's percentiles cover: requests of visitors, who wait for each response. Pure.

A generator of constant rate continues to send requests to a stalled server, and each of those waits. Visitors do
not ("coordinated omission"), so their percentiles show less of a stall: docs/decisions/019-load-tests.md.
"""

from __future__ import annotations

from playbook.readers.load.outcome import Outcome

# A wait of this many times the usual interval between requests has left out some that would have waited too.
_STALLED = 3.0


def kind_of_percentiles(outcome: Outcome) -> str:
    """What the percentiles cover, and whether a constant rate would have shown more."""
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
