"""The test alert in production, judged by the records, from the first day on."""

from datetime import UTC, datetime, timedelta

import pytest

from checks.backups import test_recovery as checks
from playbook.core.clock import FixedClock
from playbook.core.errors import NotConfigured
from playbook.core.verdict import Verdict
from playbook.history import drill_records as records
from playbook.measure.alerts.alert_test import ITEM, alert_delivery
from playbook.settings.gate import pass_gate
from playbook.settings.loading import load
from tests.judged import judged
from tests.unit.history.test_records import a_record

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def measured(tmp_path, since=NOW, **sections):
    overlay = {
        "targets": {
            "production": {
                "recovery": {"records": str(tmp_path / "drills.jsonl")},
                "first_days": {"known_since": since.isoformat()},
                "alertmanager": {"url": "https://alerts.example"},
                **sections,
            }
        }
    }
    known = load("production", environment={}, overlay=overlay)
    return alert_delivery(None, pass_gate(known, False), known, FixedClock(NOW)), known.limits


def verdict(found):
    delivery, limits = found
    return judged(checks.test_an_alert_reaches_its_receiver, limits=limits, alert_delivery=delivery)


@pytest.fixture(autouse=True)
def history(tmp_path, monkeypatch):
    """An empty history of the test's own."""
    monkeypatch.setenv("PLAYBOOK_HISTORY", str(tmp_path / "history"))


def test_missing_alertmanager_is_not_configured(tmp_path):
    """Nothing could send an alert."""
    with pytest.raises(NotConfigured, match=r"targets\.production\.alertmanager\.url is not set"):
        measured(tmp_path, alertmanager={})


@pytest.mark.parametrize(
    ("days", "expected"), [(0, Verdict.UNKNOWN), (31, Verdict.UNKNOWN), (32, Verdict.CRITICAL)]
)
def test_test_alert_never_sent_is_critical_after_a_month(tmp_path, days, expected):
    """Until then it is UNKNOWN."""
    found, message = verdict(measured(tmp_path, NOW - timedelta(days=days)))
    assert found is expected
    assert message.startswith("Test alert: expected ")


@pytest.mark.parametrize(
    ("days", "named", "expected"),
    [
        (5, {}, Verdict.UNKNOWN),
        (5, {"staging": ["staging"]}, Verdict.OK),
        (60, {}, Verdict.OK),  # a name that it had before
    ],
)
def test_alert_of_one_of_several_stagings_may_be_of_another_system(tmp_path, days, named, expected):
    """Two shops keep their drills in one file, and each has a staging of its own."""
    file = str(tmp_path / "drills.jsonl")
    records.add(file, a_record(2, item=ITEM, what="PlaybookTestAlert", result="it after 12.5 s", source=""))
    records.add(file, a_record(days, item=ITEM, target="staging-b", result="it after 9 s", source=""))
    found, message = verdict(measured(tmp_path, recovery={"records": file, **named}))
    assert found is expected
    assert expected is Verdict.OK or "got one of staging, beside those of staging-b" in message


def test_newest_record_decides(tmp_path):
    """Including one that did not arrive."""
    file = str(tmp_path / "drills.jsonl")
    records.add(file, a_record(20, item=ITEM, what="PlaybookTestAlert", result="it after 12.5 s"))
    assert verdict(measured(tmp_path))[0] is Verdict.OK
    records.add(file, a_record(2, item=ITEM, ok=False, result="nothing in 60 s"))
    assert verdict(measured(tmp_path)) == (
        Verdict.CRITICAL,
        "Test alert: expected the receiver to have it within 60 s, got nothing in 60 s",
    )


def test_unreadable_line_after_the_record_makes_it_unknown(tmp_path):
    """It may be an alert that did not arrive."""
    file = tmp_path / "drills.jsonl"
    records.add(str(file), a_record(2, item=ITEM, result="it after 12.5 s"))
    with file.open("a") as stream:
        stream.write("{\n")
    assert verdict(measured(tmp_path))[0] is Verdict.UNKNOWN
