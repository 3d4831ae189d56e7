"""Alerts: nothing fires, nothing is about to, and silences are known."""

import pytest

pytestmark = pytest.mark.alerts


@pytest.mark.daily
@pytest.mark.item("daily.alerts.none-pending")
def test_no_alert_is_firing_or_pending(alerts, judge):
    """No alert fires (critical) or is pending (warning); silenced alerts and silences are shown.

    A rule that cannot be evaluated counts as pending.
    """
    judge.that(not alerts.firing, "Alerts", expected="none firing", found=alerts.words(alerts.firing))
    judge.that(
        not alerts.waiting, "Alerts", expected="none pending", found=alerts.words(alerts.waiting), warn=True
    )
