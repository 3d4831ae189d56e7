"""A rollback drill: a staging app is rolled back to its previous release by the platform, and forward again.

The platform keeps a rolled-back app pinned until the rollback is reverted; the revert deploys the newest spec
again. https://docs.digitalocean.com/reference/api/reference/apps/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_transport import ReadOnlyTransport
from playbook.clients.digitalocean_types import Deployment
from playbook.core.clock import Clock
from playbook.core.errors import Denied, Unmeasured, Unreachable
from playbook.settings.gate import Permit, require_permit

_REVERTS = 3  # attempts to request the revert if the platform does not answer
_BETWEEN = 2.0  # seconds between them
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 10.0  # seconds between two polls
_OVER = frozenset({"ACTIVE", "ERROR", "CANCELED", "SUPERSEDED"})
_ORDER = "an order to roll back"


@dataclass(frozen=True, kw_only=True)
class RollbackTransport(ReadOnlyTransport):
    """Also permits the two requests of a drill, for one app."""

    permit: Permit
    app_id: str

    def __post_init__(self) -> None:
        require_permit(self.permit)

    def lets_through(self, method: str, path: str) -> bool:
        """Whether such a request may be sent."""
        orders = {f"/v2/apps/{self.app_id}/rollback", f"/v2/apps/{self.app_id}/rollback/revert"}
        return ReadOnlyTransport.lets_through(self, method, path) or (method == "POST" and path in orders)


@dataclass(frozen=True, slots=True)
class Leg:
    """One direction of the drill.

    Attributes:
        seconds: from the request until the final phase, or until the time was over.
        phase: final phase of the deployment; empty if unknown.
        problem: what is wrong, to follow "got"; empty if nothing is.
    """

    seconds: float
    phase: str
    problem: str = ""

    @property
    def words(self) -> str:
        """``ACTIVE after 2.4 min``."""
        return f"{self.phase or 'no phase'} after {_spell(self.seconds)}"


@dataclass(slots=True)
class RollbackDrill:
    """Result of a drill.

    Attributes:
        before: the release that ran before, and runs again.
        target: the release that was rolled back to.
        began: aware.
    """

    before: Deployment
    target: Deployment
    began: datetime
    there: Leg = field(default_factory=lambda: Leg(0.0, "", "no answer"))
    back: Leg = field(default_factory=lambda: Leg(0.0, "", "no answer"))

    @property
    def ok(self) -> bool:
        """Whether the older release ran, and the newer one runs again."""
        return not (self.there.problem or self.back.problem)

    @property
    def result(self) -> str:
        """The result in words, to follow "got". That the older release is still running is the worst case, and
        comes first.
        """
        parts = []
        if self.back.problem:
            parts.append(f"an app that may still run the older release ({self.back.problem})")
        if self.there.problem:
            parts.append(f"a rollback with {self.there.problem}")
        if parts:
            return ", after ".join(parts)
        there, back = _spell(self.there.seconds), _spell(self.back.seconds)
        return f"the older release after {there}, and the newer one again after {back}"


class RollbackRoute:
    """Rolls the staging app back and forward again, and nothing else."""

    def __init__(self, permit: Permit, api: DigitalOceanApi) -> None:
        require_permit(permit)
        self._api = api
        self._begun = False
        self._before = ""
        self._lock = Lock()

    def try_out(self, before: Deployment, target: Deployment, seconds: float, clock: Clock) -> RollbackDrill:
        """Roll back to ``target``, wait until it runs, and revert, whatever happened in between.

        Args:
            before: the deployment that runs.
            seconds: time limit for each direction.

        Raises:
            Denied, Malformed: the platform refused the request, so nothing was changed.
            Unreachable: it did not answer the request; anything it may have begun was reverted, or the error says
                that the revert failed.
        """
        drill = RollbackDrill(before, target, clock.now())
        self._before = before.id
        try:
            drill.there = self._go(target, seconds, clock)
        finally:
            if self._begun:
                drill.back = self._come_back(seconds, clock)
        return drill

    def close(self) -> None:
        """Request the revert of an interrupted drill, without waiting for it."""
        with self._lock:
            begun, self._begun = self._begun, False
        if begun:
            self._revert()

    def _go(self, target: Deployment, seconds: float, clock: Clock) -> Leg:
        self._begun = True  # also if the answer was lost: the platform may have begun anyway
        try:
            body = self._api.read(
                _ORDER,
                "app:update",
                lambda api: api.apps.create_rollback(
                    self._api.app_id, body={"deployment_id": target.id, "skip_pin": False}
                ),
                attempts=1,
            )
        except Unreachable as error:
            back = self._come_back(seconds, clock)
            self._begun = False
            if back.problem:
                raise Unreachable(
                    f"{error}; whether the app runs its older release is not known ({back.problem})",
                    service=error.service,
                    hint="Look at the app's activity, and revert the rollback there where it is pinned.",
                ) from None
            raise
        except Denied:
            self._begun = False
            raise
        except Unmeasured as error:
            if not self._is_pinned():
                self._begun = False
                raise
            return Leg(0.0, "", f"an answer that is not understood ({error})")
        try:
            made = self._api.parse(Deployment, self._api.inside(body, "deployment", _ORDER), _ORDER)
        except Unmeasured as error:
            return Leg(0.0, "", f"an answer that is not understood ({error})")
        return self._wait(made.id, seconds, clock)

    def _come_back(self, seconds: float, clock: Clock) -> Leg:
        """Request the revert until the platform answers, and wait until the newer release runs again."""
        began = clock.now()
        for number in range(_REVERTS):
            try:
                made = self._revert()
                break
            except Unreachable as error:
                problem = str(error)
                clock.sleep(_BETWEEN * (number + 1))
            except Unmeasured as error:
                if self._was_not_left():  # there was nothing to revert
                    self._begun = False
                    return Leg((clock.now() - began).total_seconds(), "ACTIVE")
                return Leg((clock.now() - began).total_seconds(), "", str(error))
        else:
            return Leg((clock.now() - began).total_seconds(), "", problem)
        self._begun = False
        leg = self._wait(made, seconds, clock)
        if not leg.problem and self._is_pinned():
            return Leg(leg.seconds, leg.phase, "it is still pinned")
        return leg

    def _revert(self) -> str:
        """Request the revert once; id of the deployment that it creates."""
        what = "an order to revert the rollback"
        body = self._api.read(
            what, "app:update", lambda api: api.apps.revert_rollback(self._api.app_id), attempts=1
        )
        return self._api.parse(Deployment, self._api.inside(body, "deployment", what), what).id

    def _is_pinned(self) -> bool:
        """Whether the app is pinned; True if unknown."""
        try:
            return self._api.app().pinned_deployment is not None
        except Unmeasured:
            return True

    def _was_not_left(self) -> bool:
        """Whether the deployment from before the drill is the active one, and not pinned; False if unknown."""
        try:
            app = self._api.app()
        except Unmeasured:
            return False
        active = app.active_deployment
        return app.pinned_deployment is None and active is not None and active.id == self._before

    def _wait(self, deployment: str, seconds: float, clock: Clock) -> Leg:
        """Poll a deployment until it has ended; failed polls are repeated while there is time."""
        began, pause, phase, trouble = clock.now(), _FIRST_PAUSE, "", ""
        until = began + timedelta(seconds=seconds)
        while True:
            try:
                phase, trouble = self._api.deployment(deployment).phase, ""
            except Unmeasured as error:
                trouble = str(error)
            now = clock.now()
            took = (now - began).total_seconds()
            if phase in _OVER and not trouble:
                problem = "" if phase == "ACTIVE" else f"a deployment in phase {phase} after {_spell(took)}"
                return Leg(took, phase, problem)
            if now >= until:
                return Leg(
                    took,
                    phase,
                    trouble or f"a deployment still in phase {phase or 'unknown'} after {_spell(took)}",
                )
            clock.sleep(min(pause, max((until - now).total_seconds(), 0.01)))
            pause = min(pause * 1.5, _LONGEST_PAUSE)


def _spell(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"
