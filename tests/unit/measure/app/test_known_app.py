"""An app that cannot be read hides nothing of what is measured of its components."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from playbook.clients.digitalocean_types import AppHealth, ComponentHealth
from playbook.core.clock import FixedClock
from playbook.core.engine import Outcome
from playbook.core.errors import Malformed, NotConfigured
from playbook.measure.app.components import app_components
from playbook.measure.app.known_app import known_app
from playbook.measure.app.restarts import KnownRestarts
from playbook.measure.app.utilization import utilization
from tests.judged import check, judged
from tests.unit.measure.app.test_utilization import NOW, SETTINGS, FakeApi, day

ODD = Malformed("DigitalOcean API: expected an app, got no field 'app'", service="DigitalOcean API")
UNREAD = known_app(Outcome("app", None, ODD, 0.0))


@pytest.mark.parametrize(("cpu", "wanted"), [(97.0, "CRITICAL"), (30.0, "UNKNOWN")])
def test_busy_component_counts_without_the_app(cpu, wanted):
    """The samples name the components; whether that is all of them is unknown."""
    api = cast(Any, FakeApi([day("web", cpu)]))
    found = utilization(api, UNREAD, SETTINGS, FixedClock(NOW))
    utilised = check("test_utilization", "test_resource_use_is_below_its_limits")
    verdict, message = judged(utilised, utilization=found, known_app=UNREAD)
    assert str(verdict) == wanted, message


@pytest.mark.parametrize(("state", "wanted"), [("UNHEALTHY", "CRITICAL"), ("HEALTHY", "UNKNOWN")])
def test_unhealthy_component_counts_without_the_app(state, wanted):
    health = AppHealth(components=[ComponentHealth(name="web", state=state, replicas_ready=1, replicas_desired=1)])
    found = app_components(cast(Any, SimpleNamespace(health=lambda: health)), UNREAD, SETTINGS)
    jobs = SimpleNamespace(coverage=found.coverage, statements=[])
    values = {"app_components": found, "known_restarts": KnownRestarts(()), "app_jobs": jobs, "known_app": UNREAD}
    verdict, message = judged(check("test_app", "test_every_component_is_healthy"), **values)
    assert str(verdict) == wanted, message


def test_unknown_components_are_never_enough():
    """Every check relies on it, and says why."""
    assert not UNREAD.coverage.enough
    assert UNREAD.coverage.got == "nothing from the DigitalOcean API: no field 'app'"


def test_app_that_is_not_configured_is_not_unread():
    with pytest.raises(NotConfigured):
        known_app(Outcome("app", None, NotConfigured("no app", setting="digitalocean.app_id", add=""), 0.0))
