"""Faults of the sandbox, by name. A fault edits a healthy world; several can be active at once.

Each subject has its faults in a module of this package; new modules are found automatically.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, NamedTuple

from playbook.core.errors import UsageError
from playbook.core.suggestions import did_you_mean

if TYPE_CHECKING:
    from sandbox.products import Product
    from sandbox.world import World

Edit = Callable[["World"], None]


class Fault(NamedTuple):
    """A named fault; ``summary`` says what an operator would see, in one sentence without a full stop.

    Attributes:
        harmless: nothing is wrong: it only turns the product into a different one.
    """

    name: str
    summary: str
    edit: Edit
    harmless: bool = False


FAULTS: dict[str, Fault] = {}


def fault(name: str, summary: str, *, harmless: bool = False) -> Callable[[Edit], Edit]:
    """Register a fault: ``@fault("redis-cold-cache", "The cache answers only 60 % of reads")``."""

    def register(edit: Edit) -> Edit:
        if name in FAULTS:
            raise ValueError(f"the fault {name} is registered twice")
        FAULTS[name] = Fault(name, summary, edit, harmless)
        return edit

    return register


def require_known(names: Iterable[str]) -> None:
    """Raise UsageError with one sentence for the first unknown name."""
    for name in names:
        if name not in FAULTS:
            raise UsageError(f"unknown fault {name!r}{did_you_mean(name, FAULTS)} (--list-faults lists them)")


def describe() -> str:
    """Every fault with its summary, one per line."""
    width = max(map(len, FAULTS))
    return "\n".join(f"{name:<{width}}  {FAULTS[name].summary}" for name in sorted(FAULTS))


def world_with(names: Iterable[str], now: datetime, product: Product | None = None) -> World:
    """A healthy world at ``now`` (aware) with these faults; of the portfolio if no product is given.

    Raises:
        UsageError: a fault is unknown, or has still to be written.
    """
    from sandbox.world import World

    names = list(dict.fromkeys(names))
    require_known(names)
    world = World.healthy(now, product) if product else World.healthy(now)
    for name in names:
        try:
            FAULTS[name].edit(world)
        except NotImplementedError as gap:  # of a skeleton that `python -m playbook new` wrote
            raise UsageError(f"fault {name}: {gap}") from None
    return world


for _module in iter_modules(__path__, __name__ + "."):
    import_module(_module.name)
