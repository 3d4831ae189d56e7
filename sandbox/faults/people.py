"""What can go wrong with what people sign and write."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


@fault("people-gone", "The folder with sign-offs, waivers, roster and handoff pages is not there")
def _(world: World) -> None:
    world.gone.add("people")


@fault("attestation-missing", "Nobody has signed that the team was told, nor what it wants to learn")
def _(world: World) -> None:
    unsigned = {"weekly.team.notified", "monthly.team.training"}
    world.people.signed = [line for line in world.people.signed if line.item not in unsigned]


@fault(
    "attestation-expired", "The documents were last signed as up to date two weeks ago, training two months ago"
)
def _(world: World) -> None:
    world.people.of("weekly.docs.updated").when = world.now - timedelta(days=14)
    world.people.of("monthly.team.training").when = world.now - timedelta(days=60)


@fault("attestation-near-expiry", "The sign-off of the documents ends tomorrow")
def _(world: World) -> None:
    world.people.of("weekly.docs.updated").when = world.now - timedelta(days=8)


@fault("attestation-edited", "In a sign-off the name of who signed was changed afterwards")
def _(world: World) -> None:
    world.people.of("weekly.team.notified").edited = True


@fault("attestation-evidence-edited", "The minutes that a sign-off names as evidence were changed afterwards")
def _(world: World) -> None:
    world.people.minutes = "Reviewed with the team: everything open.\n"


@fault("attestation-future", "A sign-off is dated in the week to come")
def _(world: World) -> None:
    world.people.of("weekly.docs.updated").when = world.now + timedelta(days=5)


@fault("attestation-renewed-badly", "A sign-off stands, and the newer line that should renew it was edited")
def _(world: World) -> None:
    renewed = world.people.of("weekly.docs.updated")
    world.people.signed.append(type(renewed)(renewed.item, renewed.who, world.now, renewed.note, edited=True))


@fault(
    "attestation-damaged", "A merge left its marks in the ledger of sign-offs, and one sign-off is lost to them"
)
def _(world: World) -> None:
    lost = world.people.of("weekly.docs.updated")
    world.people.signed.remove(lost)
    world.people.damaged = ["<<<<<<< HEAD", '{"item": "weekly.docs.updated", "who": "Ada']
