"""Faults of image optimisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


@fault("images-slow", "An AVIF image takes the workers almost three seconds in the mean")
def _(world: World) -> None:
    avif = world.redis.formats["avif"]
    before = world.redis.formats_before["avif"]
    avif.total_ms = before.total_ms + (avif.success - before.success) * 2_840


@fault("image-failures", "One image in fourteen has not been processed since yesterday, in AVIF most of all")
def _(world: World) -> None:
    world.redis.formats["avif"].failure = 920
    world.metrics.image_success = 92.8


@fault("optimize-broken", "Every image optimisation ends with 500")
def _(world: World) -> None:
    world.portfolio.optimization = "fails"


@fault(
    "optimize-one-of-two",
    "One of two instances answers every image with an error, and requests reach them in turn",
)
def _(world: World) -> None:
    world.portfolio.one_of_two_fails = True


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


@fault("optimize-as-stored", "The optimiser drops a photograph's metadata and does not turn it as they say")
def _(world: World) -> None:
    world.portfolio.optimization = "stored"


@fault("optimize-larger-output", "The optimiser makes images larger instead of smaller")
def _(world: World) -> None:
    world.portfolio.optimization = "larger"


@fault("optimize-slow", "Each image optimisation takes 6 s longer than it should")
def _(world: World) -> None:
    world.portfolio.optimization_delay = 6.0
