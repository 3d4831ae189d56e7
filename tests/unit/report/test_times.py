"""Times in the reader's words."""

from datetime import UTC, datetime

import pytest

from playbook.core.zones import both, short_both

AT = datetime(2026, 11, 28, 23, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("UTC", "Sat 28 Nov 2026, 23:40 UTC"),
        ("Europe/London", "Sat 28 Nov 2026, 23:40 UTC"),  # the same at this time of the year
        ("America/New_York", "Sat 28 Nov 2026, 23:40 UTC (18:40 in New York)"),
        ("Europe/Berlin", "Sat 28 Nov 2026, 23:40 UTC (Sun 00:40 in Berlin)"),
        ("Mars/Olympus", "Sat 28 Nov 2026, 23:40 UTC"),
    ],
)
def test_time_is_shown_in_utc_and_target_zone(zone, told):
    """With the day where it is another one there; a zone that this machine does not know is left out."""
    assert both(AT, zone) == told
    assert short_both(AT, zone) == told.replace(" 2026", "")
