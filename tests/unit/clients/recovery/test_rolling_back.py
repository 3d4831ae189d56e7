"""A rollback drill comes back to the newer release whatever happens, and says so where it could not."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from playbook.clients.digitalocean_types import App, Deployment
from playbook.clients.recovery.rolling_back import RollbackRoute, RollbackTransport
from playbook.core.clock import FixedClock
from playbook.core.errors import Denied, Forbidden, Malformed, Unreachable
from playbook.core.secret import Secret
from playbook.settings.gate import pass_gate
from playbook.settings.loading import load
from playbook.settings.model import TimeLimits

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
OLDER, NEWER = (
    Deployment(id="older", cause="the one before"),
    Deployment(id="newer", cause="the newest", phase="ACTIVE"),
)
AWAY = Unreachable("DigitalOcean API: no answer", service="DigitalOcean API")
DENIED = Denied("DigitalOcean API: forbidden", service="DigitalOcean API")
NOT_UNDERSTOOD = Malformed("DigitalOcean API: no JSON", service="DigitalOcean API")


@pytest.fixture
def permit():
    """Of a staging target."""
    return pass_gate(load("staging", environment={}), True).permit


class Platform:
    """An app that is rolled back and reverted.

    Attributes:
        orders: what each order answers, in turn: an error, or None for a deployment.
        phases: of each deployment that is made, what each look sees, the last again and again.
        asked: what was asked, in order.
    """

    app_id = "4f6c71e2"

    def __init__(self, orders=(None, None), phases=(("DEPLOYING", "ACTIVE"), ("DEPLOYING", "ACTIVE"))):
        self.orders, self.phases = list(orders), [list(each) for each in phases]
        self.asked, self.pinned, self.made = [], False, 0

    def read(self, what, scope, operation, *, attempts):
        assert (scope, attempts) == ("app:update", 1), "an order is sent once"
        name = []
        operation(
            SimpleNamespace(
                apps=SimpleNamespace(
                    create_rollback=lambda *_, **__: name.append("roll back"),
                    revert_rollback=lambda *_: name.append("revert"),
                )
            )
        )
        self.asked += name
        answer = self.orders.pop(0) if self.orders else None
        if isinstance(answer, Exception):
            raise answer
        self.pinned = name == ["roll back"]
        if answer == "odd":
            return {}
        self.made += 1
        return {"deployment": {"id": f"made-{self.made}"}}

    def inside(self, body, key, _):
        if key not in body:
            raise NOT_UNDERSTOOD
        return body[key]

    def parse(self, kind, value, _):
        return kind(**value)

    def deployment(self, wanted):
        phases = self.phases[int(wanted.removeprefix("made-")) - 1]
        phase = phases.pop(0) if len(phases) > 1 else phases[0]
        if isinstance(phase, Exception):
            raise phase
        return Deployment(id=wanted, phase=phase)

    def app(self):
        return App(id=self.app_id, pinned_deployment=OLDER if self.pinned else None)


def drill(permit, platform, seconds=600.0):
    """How it went."""
    return RollbackRoute(permit, platform).try_out(NEWER, OLDER, seconds, FixedClock(NOW))


def test_drill_rolls_back_and_forward_again(permit):
    """Two orders, each seen to its end; the time is that of the way there."""
    platform = Platform(phases=[["PENDING_DEPLOY"] + ["DEPLOYING"] * 20 + ["ACTIVE"], ["ACTIVE"]])
    found = drill(permit, platform)
    assert platform.asked == ["roll back", "revert"]
    assert found.ok
    assert 60 < found.there.seconds < 200
    assert found.result == "the older release after 1.7 min, and the newer one again after 0.0 s"
    assert not platform.pinned


def test_failed_poll_is_repeated(permit):
    """The platform may be busy while it deploys."""
    found = drill(permit, Platform(phases=[["DEPLOYING", AWAY, AWAY, "ACTIVE"], [AWAY, "ACTIVE"]]))
    assert found.ok


@pytest.mark.parametrize(
    ("phases", "result"),
    [
        ([["ERROR"], ["ACTIVE"]], "a rollback with a deployment in phase ERROR after 0.0 s"),
        ([["DEPLOYING"], ["ACTIVE"]], "a rollback with a deployment still in phase DEPLOYING after 10.0 min"),
        ([[AWAY], ["ACTIVE"]], "a rollback with DigitalOcean API: no answer"),
        ([["NEWLY_NAMED"], ["ACTIVE"]], "a rollback with a deployment still in phase NEWLY_NAMED after 10.0 min"),
        (
            [["ACTIVE"], ["ERROR"]],
            "an app that may still run the older release (a deployment in phase ERROR after 0.0 s)",
        ),
        (
            [["CANCELED"], ["DEPLOYING"]],
            "an app that may still run the older release (a deployment still in phase DEPLOYING after 10.0 min), "
            "after a rollback with a deployment in phase CANCELED after 0.0 s",
        ),
    ],
)
def test_failed_direction_is_reported_and_reverted(permit, phases, result):
    """Both ways have an end in time."""
    platform = Platform(phases=phases)
    found = drill(permit, platform)
    assert platform.asked == ["roll back", "revert"]
    assert (found.ok, found.result) == (False, result)


def test_unanswered_revert_is_requested_three_times(permit):
    """Three times in all; where none is answered, that is said."""
    platform = Platform(orders=[None, AWAY, AWAY, None])
    assert drill(permit, platform).ok
    assert platform.asked == ["roll back", "revert", "revert", "revert"]
    platform = Platform(orders=[None, AWAY, AWAY, AWAY])
    assert drill(permit, platform).result == (
        "an app that may still run the older release (DigitalOcean API: no answer)"
    )


def test_app_that_stays_pinned_is_reported(permit):
    """The next release would not be deployed."""
    platform = Platform()
    platform.app = lambda: App(id="x", pinned_deployment=OLDER)
    assert drill(permit, platform).result == "an app that may still run the older release (it is still pinned)"


def test_refused_revert_of_an_unpinned_app_is_no_way_back(permit):
    """Somebody has committed the rollback in the meantime, so that the older release remains."""
    platform = Platform(orders=[None, NOT_UNDERSTOOD], phases=[["ACTIVE"]])
    platform.app = lambda: App(id="x", active_deployment=Deployment(id="made-1", phase="ACTIVE"))
    found = drill(permit, platform)
    assert (found.ok, found.result) == (
        False,
        "an app that may still run the older release (DigitalOcean API: no JSON)",
    )


def test_refused_revert_of_an_app_that_was_not_rolled_back_is_none(permit):
    """The order to roll back got no answer, and was not carried out."""
    platform = Platform(orders=[AWAY, NOT_UNDERSTOOD])
    platform.app = lambda: App(id="x", active_deployment=NEWER)
    with pytest.raises(Unreachable, match=r"no answer$"):
        drill(permit, platform)


@pytest.mark.parametrize("error", [DENIED, NOT_UNDERSTOOD], ids=["denied", "refused"])
def test_refused_rollback_is_unknown_without_revert(permit, error):
    """So nothing is reverted, and it is UNKNOWN."""
    platform = Platform(orders=[error])
    with pytest.raises(type(error)):
        drill(permit, platform)
    assert platform.asked == ["roll back"]


def test_rollback_with_lost_answer_is_reverted(permit):
    """The platform may have begun; where the way back is not known either, the error says so."""
    platform = Platform(orders=[AWAY, None], phases=[["ACTIVE"]])
    with pytest.raises(Unreachable, match=r"no answer$"):
        drill(permit, platform)
    assert platform.asked == ["roll back", "revert"]
    with pytest.raises(Unreachable, match="whether the app runs its older release is not known"):
        drill(permit, Platform(orders=[AWAY] * 4))


def test_rollback_with_unreadable_answer_is_reverted(permit):
    """It said that it was done, and not what."""
    platform = Platform(orders=["odd", None], phases=[["ACTIVE"]])
    found = drill(permit, platform)
    assert platform.asked == ["roll back", "revert"]
    assert found.result == "a rollback with an answer that is not understood (DigitalOcean API: no JSON)"


def test_interrupted_drill_is_reverted_at_end_of_run(permit):
    """Without waiting; where nothing was begun, nothing is asked."""
    platform = Platform()
    route = RollbackRoute(permit, platform)
    route.close()
    assert platform.asked == []

    class Interrupted(FixedClock):
        def sleep(self, _):
            route.close()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        route.try_out(NEWER, OLDER, 600.0, Interrupted(NOW))
    assert platform.asked == ["roll back", "revert"]


def test_rollback_requires_permit_and_one_app(permit):
    """Neither by the route nor by its transport, which lets the orders of one app through and no other's."""
    with pytest.raises(Forbidden):
        RollbackRoute(object(), Platform())
    given = {"endpoint": "https://api.example", "token": Secret("x"), "time_limits": TimeLimits(), "ca": None}
    with pytest.raises(Forbidden):
        RollbackTransport(**given, permit=object(), app_id="mine")
    transport = RollbackTransport(**given, permit=permit, app_id="mine")
    let = [
        f"{method} {path}"
        for method in ("GET", "POST", "PUT", "DELETE")
        for path in (
            *("/v2/apps/mine/rollback", "/v2/apps/mine/rollback/revert", "/v2/apps/mine/rollback/commit"),
            *("/v2/apps/other/rollback", "/v2/apps/mine", "/v2/apps/mine/rollback/validate"),
        )
        if transport.lets_through(method, path)
    ]
    assert [each for each in let if not each.startswith("GET")] == [
        "POST /v2/apps/mine/rollback",
        "POST /v2/apps/mine/rollback/revert",
        "POST /v2/apps/mine/rollback/validate",
    ]
