"""What can go wrong with the website and its API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


@fault("web-gone", "Nobody listens where the website should be")
def _(world: World) -> None:
    world.gone.add("web")


@fault("clock-off", "The clock of the website's server is ten minutes ahead")
def _(world: World) -> None:
    world.portfolio.clock_ahead = 600


@fault("clock-drifts", "The clock of the website's server is 45 s behind")
def _(world: World) -> None:
    world.portfolio.clock_ahead = -45


@fault("health-degraded", "The website reports itself degraded: the worker lags, but everything answers")
def _(world: World) -> None:
    world.portfolio.statuses["image-worker"] = "degraded"


@fault("health-dependency-down", "The website answers 503 for its health, as its image worker is unhealthy")
def _(world: World) -> None:
    world.portfolio.statuses["image-worker"] = "unhealthy"


@fault("image-service-unhealthy", "The image service reports itself unhealthy, and the website does so for it")
def _(world: World) -> None:
    world.portfolio.statuses["image-optimizer"] = "unhealthy"


@fault("homepage-slow", "The homepage takes 2.5 s longer than it should")
def _(world: World) -> None:
    world.portfolio.homepage_delay = 2.5


@fault("homepage-very-slow", "The homepage takes 5.5 s longer than it should")
def _(world: World) -> None:
    world.portfolio.homepage_delay = 5.5


@fault("homepage-error", "The homepage answers 500")
def _(world: World) -> None:
    world.portfolio.homepage_status = 500


@fault("optimize-broken", "Every image optimisation ends with 500")
def _(world: World) -> None:
    world.portfolio.optimization = "fails"


@fault("optimize-corrupt", "The optimiser answers 200 with images that are cut off")
def _(world: World) -> None:
    world.portfolio.optimization = "corrupt"


@fault("optimize-larger-output", "The optimiser makes images larger instead of smaller")
def _(world: World) -> None:
    world.portfolio.optimization = "larger"


@fault("optimize-slow", "Each image optimisation takes 6 s longer than it should")
def _(world: World) -> None:
    world.portfolio.optimization_delay = 6.0
