"""The rollback drill, judged for each kind of target."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import msgspec
import pytest

from checks.backups import test_recovery as checks
from playbook.clients.digitalocean_types import Deployment, Rollback
from playbook.clients.recovery.rolling_back import Leg, RollbackDrill
from playbook.core.clock import FixedClock
from playbook.core.errors import NotConfigured
from playbook.core.verdict import Verdict
from playbook.history import drill_records as records
from playbook.measure.app.rollback import Asked, RollbackPlan
from playbook.measure.app.rollback_drill import ITEM, rollback_drill
from playbook.settings.gate import pass_gate
from playbook.settings.loading import load
from tests.judged import judged
from tests.unit.history.test_records import a_record

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NEWER, OLDER = Deployment(id="newer", phase="ACTIVE"), Deployment(id="older", phase="SUPERSEDED")
VALID = RollbackPlan(NEWER, OLDER, Rollback(valid=True), NOW)


@pytest.fixture(autouse=True)
def history(tmp_path, monkeypatch):
    """An empty history of the test's own."""
    monkeypatch.setenv("PLAYBOOK_HISTORY", str(tmp_path / "history"))


def settings(tmp_path, target="production", since=NOW, **recovery):
    own = {"records": str(tmp_path / "drills.jsonl"), "rollback_within_days": 31.5, **recovery}
    overlay = {"targets": {target: {"recovery": own, "first_days": {"known_since": since.isoformat()}}}}
    return load(target, environment={}, overlay=overlay)


def verdict(known, route=None, asked=VALID):
    gate = pass_gate(known, True)
    found = rollback_drill(route, gate, Asked(asked), known, FixedClock(NOW))
    return judged(checks.test_a_rollback_works, limits=known.limits, rollback_drill=found)


def test_drill_is_not_configured_by_default(tmp_path):
    """Staging may be no app; and an update of the suite must not begin to roll back somebody's staging."""
    with pytest.raises(NotConfigured, match=r"targets\.production\.recovery\.rollback_within_days is not set"):
        verdict(load("production", environment={}))


@pytest.mark.parametrize(
    ("days", "expected"), [(0, Verdict.UNKNOWN), (31, Verdict.UNKNOWN), (32, Verdict.CRITICAL)]
)
def test_drill_never_tried_is_critical_after_a_month(tmp_path, days, expected):
    """Until then it is UNKNOWN."""
    found, message = verdict(settings(tmp_path, since=NOW - timedelta(days=days)))
    assert found is expected
    assert message.startswith("Rollback drill: expected ")


@pytest.mark.parametrize(
    ("changes", "expected", "words"),
    [
        ({}, Verdict.OK, ""),
        ({"seconds": 660.0}, Verdict.WARNING, "Rollback time: expected at most 10 min, got 11 min"),
        (
            {"seconds": 960.0},
            Verdict.CRITICAL,
            "Rollback time: expected at most 10 min, got 16 min (critical > 15 min)",
        ),
        ({"ok": False, "result": "an app that stays"}, Verdict.CRITICAL, "got an app that stays"),
        ({"when": NOW - timedelta(days=32)}, Verdict.CRITICAL, "expected one within 31.5 days"),
        ({"kind": "production", "target": "another"}, Verdict.UNKNOWN, "none yet"),
    ],
)
def test_production_is_judged_by_the_newest_record(tmp_path, changes, expected, words):
    """Of any staging target."""
    known = settings(tmp_path)
    of_staging = {
        "item": ITEM,
        "when": NOW - timedelta(days=2),
        "kind": "staging",
        "target": "staging",
        "ok": True,
    }
    record = msgspec.structs.replace(a_record(), **{**of_staging, "seconds": 180.0, **changes})
    records.add(known.target.recovery.records, record)
    found, message = verdict(known)
    assert (found, words in message) == (expected, True), message


@pytest.mark.parametrize(
    ("named", "target", "expected"),
    [
        ([], "shop-staging", Verdict.OK),
        (["shop-staging"], "shop-staging", Verdict.OK),
        (["shop-staging"], "office-staging", Verdict.UNKNOWN),
        (["shop-staging"], "production", Verdict.OK),
    ],
)
def test_drill_of_another_products_staging_does_not_count(tmp_path, named, target, expected):
    """Where the settings name the staging targets of this one: one file of records may be of several products."""
    known = settings(tmp_path, staging=named)
    at = NOW - timedelta(days=2)
    of_staging = {"item": ITEM, "when": at, "kind": "staging", "target": target, "ok": True, "seconds": 180.0}
    records.add(known.target.recovery.records, msgspec.structs.replace(a_record(), **of_staging))
    assert verdict(known)[0] is expected


@pytest.mark.parametrize(
    ("back", "expected"),
    [(Leg(90.0, "ACTIVE"), Verdict.OK), (Leg(9.0, "ERROR", "a deployment in phase ERROR"), Verdict.CRITICAL)],
)
def test_staging_is_tried_and_recorded(tmp_path, back, expected):
    """Production uses the record."""
    drill = RollbackDrill(NEWER, OLDER, NOW, Leg(120.0, "ACTIVE"), back)
    asked = []
    route = SimpleNamespace(try_out=lambda *given: asked.append(given) or drill)
    known = settings(tmp_path, "staging", rollback_seconds=77.0)
    found, _ = verdict(known, route)
    assert found is expected
    assert asked[0][:3] == (NEWER, OLDER, 77.0)
    (record,) = records.read(known.target.recovery.records, NOW).found
    assert (record.item, record.kind, record.ok, record.seconds) == (ITEM, "staging", drill.ok, 120.0)
    production, _ = verdict(settings(tmp_path))
    assert production is expected


def test_rollback_refused_by_the_platform_is_not_ordered(tmp_path):
    """The refusal is quoted, and recorded as a failed drill."""
    plan = msgspec.convert({"valid": False, "error": {"code": "app_pinned", "message": "it is pinned"}}, Rollback)
    known = settings(tmp_path, "staging")
    found, message = verdict(known, SimpleNamespace(), RollbackPlan(NEWER, OLDER, plan, NOW))
    assert found is Verdict.CRITICAL
    assert message.endswith("got a platform that refuses it: app_pinned: it is pinned")
    assert not records.read(known.target.recovery.records, NOW).found[0].ok
