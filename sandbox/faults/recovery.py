"""What can go wrong with restoring, and with the records of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


@fault("restore-slow", "The last full restore took more than an hour and a half")
def _(world: World) -> None:
    world.recovery.drills[0].seconds = 5_820.0


@fault("restore-old-data", "A restore of this month had only data of two days before")
def _(world: World) -> None:
    world.recovery.drills[1].data_age_hours = 49.0


@fault("drill-record-cut-off", "The newest line of the drills' records broke off as it was written")
def _(world: World) -> None:
    world.recovery.cut_off = True


@fault("first-day", "The system is checked for the first time: nobody has signed or handed over anything yet")
def _(world: World) -> None:
    world.recovery.known_since = world.now
    world.people.signed = [one for one in world.people.signed if not one.item.startswith(("weekly.", "monthly."))]
    world.people.handoffs.clear()


@fault("rollback-fails", "A rollback of the app ends with an error of its deployment")
def _(world: World) -> None:
    world.digitalocean.rollback_ends = "ERROR"


@fault("rollback-stays", "A rollback of the app works, and the way back to the newer release fails")
def _(world: World) -> None:
    world.digitalocean.revert_ends = "ERROR"


@fault("recovery-gone", "The file with the records of drills can neither be read nor written")
def _(world: World) -> None:
    world.gone.add("recovery")


@fault("alert-undelivered", "Alertmanager's route leads to an address where nobody listens any more")
def _(world: World) -> None:
    world.alerts.routed = False


@fault("receiver-gone", "The receiver of alerts cannot be asked what came")
def _(world: World) -> None:
    world.gone.add("receiver")
