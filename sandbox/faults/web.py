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


@fault("way-out-gone", "Nothing that this machine asks over the network is answered")
def _(world: World) -> None:
    world.gone |= {
        "web",
        "digitalocean",
        "grafana",
        "prometheus",
        "alertmanager",
        "redis",
        "github",
        "npm",
        "pages",
    }


@fault("health-not-understood", "The image service reports itself in words that nobody knows")
def _(world: World) -> None:
    world.portfolio.statuses["image-optimizer"] = "recalibrating"


@fault("health-hides-dependency", "The website calls itself healthy with 200, and lists its worker as unhealthy")
def _(world: World) -> None:
    world.portfolio.statuses["image-worker"] = "unhealthy"
    world.portfolio.hides_dependencies = True


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


@fault("homepage-error-page", "The homepage answers 200 with the platform's error page")
def _(world: World) -> None:
    world.portfolio.homepage = "error page"


@fault("homepage-login", "The homepage sends visitors to a login")
def _(world: World) -> None:
    world.portfolio.homepage = "login"


@fault("homepage-empty", "The homepage answers 200 with nothing on it")
def _(world: World) -> None:
    world.portfolio.homepage = "nothing"


@fault("homepage-replaced", "At the homepage's address stands the page of somebody else")
def _(world: World) -> None:
    world.portfolio.homepage = "another page"


@fault("homepage-challenge", "In place of the homepage programs get a challenge, which browsers pass")
def _(world: World) -> None:
    world.portfolio.homepage = "challenge"


@fault("optimize-broken", "Every image optimisation ends with 500")
def _(world: World) -> None:
    world.portfolio.optimization = "fails"


@fault("optimize-corrupt", "The optimiser answers 200 with images that are cut off")
def _(world: World) -> None:
    world.portfolio.optimization = "corrupt"


@fault("optimize-grey", "The optimiser answers every image with a grey one of the same size")
def _(world: World) -> None:
    world.portfolio.optimization = "grey"


@fault("optimize-dot", "The optimiser answers every image with a single pixel")
def _(world: World) -> None:
    world.portfolio.optimization = "dot"


@fault("optimize-another", "The optimiser mixes up its images and gives back somebody else's")
def _(world: World) -> None:
    world.portfolio.optimization = "another"


@fault("optimize-blue", "The optimiser exchanges red and blue")
def _(world: World) -> None:
    world.portfolio.optimization = "blue"


@fault("optimize-covered", "The optimiser leaves the lower right corner of every image black")
def _(world: World) -> None:
    world.portfolio.optimization = "covered"


@fault("optimize-larger-output", "The optimiser makes images larger instead of smaller")
def _(world: World) -> None:
    world.portfolio.optimization = "larger"


@fault("optimize-slow", "Each image optimisation takes 6 s longer than it should")
def _(world: World) -> None:
    world.portfolio.optimization_delay = 6.0
