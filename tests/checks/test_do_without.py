"""Two faults at once: what one makes bad is told although the other leaves a further measurement unread."""

from __future__ import annotations

import pytest

from playbook.core.evidence import Facts
from tests.leisure import leisure

PAIRS = [
    ("homepage-very-slow", "prometheus-gone", "troubleshooting.high-response-times.symptoms", "response time now"),
    (
        "log-oom",
        "token-without-monitoring-read",
        "troubleshooting.resource-exhaustion.symptoms",
        "utilization now",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("bad", "away", "item", "unread"), PAIRS)
def test_bad_evidence_counts_beside_what_is_unread(run_checks, bad, away, item, unread):
    """CRITICAL, with what could not be read in the evidence."""
    results = run_checks(bad, away, set_name=item.partition(".")[0], settings=leisure(judged=("homepage_time",)))
    [record] = [one for one in results.records if one.item == item]
    assert str(record.verdict) == "CRITICAL", record.message
    [missing] = [one for one in record.evidence if isinstance(one, Facts) and one.title.startswith("Not read")]
    assert unread in missing.facts
