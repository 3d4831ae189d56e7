"""Faults of the website, its health endpoints, its pages and links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault
from sandbox.world.shop import with_shop

if TYPE_CHECKING:
    from sandbox.world import World


@fault("link-documentation-moved", "The link to the documentation leads to a page that is not there any more")
def _(world: World) -> None:
    world.pages.statuses["docs"] = 404


@fault("link-status-page-broken", "The status page answers 500")
def _(world: World) -> None:
    world.pages.statuses["status"] = 500


@fault("link-status-page-parked", "At the address of the status page a domain trader offers the name for sale")
def _(world: World) -> None:
    world.pages.parked.add("status")


@fault("link-console-gone", "The console's page is not there any more")
def _(world: World) -> None:
    world.pages.statuses["console"] = 410


@fault("pages-gone", "Nobody listens where console, status page and documentation should be; Grafana answers")
def _(world: World) -> None:
    world.gone.add("pages")


@fault("links-gone", "Not one of the links is answered, as when this machine has no network")
def _(world: World) -> None:
    world.gone |= {"pages", "grafana"}


@fault("with-shop", "Nothing is wrong: the product has a shop too, with MySQL and four queues", harmless=True)
def _(world: World) -> None:
    with_shop(world)


@fault("shop-down", "The shop, a further website, answers 503")
def _(world: World) -> None:
    with_shop(world).status = 503


@fault("shop-unhealthy", "The shop's health endpoint says that it is unhealthy")
def _(world: World) -> None:
    with_shop(world).health = "unhealthy"


@fault("web-gone", "Nobody listens where the website should be")
def _(world: World) -> None:
    world.gone.add("web")


@fault("health-not-understood", "The image service reports itself in words that nobody knows")
def _(world: World) -> None:
    world.portfolio.statuses["image-optimizer"] = "recalibrating"


@fault("health-hides-dependency", "The website calls itself healthy with 200, and lists its worker as unhealthy")
def _(world: World) -> None:
    world.portfolio.statuses["image-worker"] = "unhealthy"
    world.portfolio.hides_dependencies = True


@fault("health-pool-taken", "All connections of the website's pool are taken, and it calls itself healthy")
def _(world: World) -> None:
    world.portfolio.waiting = 7


@fault("health-unlisted", "The website's health report does not list its mailer any more")
def _(world: World) -> None:
    world.portfolio.listed_before = ("redis", "mailer")


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
