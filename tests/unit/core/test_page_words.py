"""Times as the site writes them."""

from datetime import datetime

from playbook.core.page_words import short, when

IN_BERLIN = datetime.fromisoformat("2026-11-23T00:17:00+01:00")


def test_time_with_an_offset_is_told_in_utc():
    assert when(IN_BERLIN) == "22 Nov 2026 23:17 UTC"
    assert when(IN_BERLIN, "Europe/Berlin") == "22 Nov 2026 23:17 UTC (Mon 00:17 in Berlin)"
    assert short(IN_BERLIN) == "Sun 22 Nov 23:17"
