"""Faults of logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.faults import fault
from sandbox.world import log_incidents

if TYPE_CHECKING:
    from sandbox.world import World


@fault("log-errors", "The worker logged the same error three times, each with a stack trace")
def _(world: World) -> None:
    log_incidents.errors(world.logs)


@fault("log-error-flood", "The worker logged eighty errors of one kind")
def _(world: World) -> None:
    log_incidents.errors(world.logs, count=80)


@fault("log-fatal", "The web component ended by an exception that nobody caught")
def _(world: World) -> None:
    log_incidents.fatal(world.logs)


@fault("log-oom", "The optimiser ran out of memory")
def _(world: World) -> None:
    log_incidents.out_of_memory(world.logs)


@fault("log-hostile", "An error's text tries to write HTML, colours and a token into the report")
def _(world: World) -> None:
    log_incidents.hostile_text(world.logs)


@fault("log-5xx-burst", "Hundreds of requests were answered 502 and 503 within the last hour")
def _(world: World) -> None:
    log_incidents.server_errors(world.logs)


@fault("log-5xx-hour", "One hour had far more 5xx than usual, too few to matter over the day")
def _(world: World) -> None:
    log_incidents.one_bad_hour(world.logs)


@fault("log-429-burst", "One visitor was answered 429 many hundred times, three hours ago")
def _(world: World) -> None:
    log_incidents.throttled(world.logs)


@fault("logs-silent", "No component has written a line")
def _(world: World) -> None:
    world.logs.silent = True


@fault("logs-short", "The logs reach back ten minutes only, as App Platform does not keep them")
def _(world: World) -> None:
    world.logs.hours = 10 / 60
    world.logs.flawless = True  # a single failed request would be many percent of ten minutes


@fault("logs-damaged", "A compressed log file ends in the middle")
def _(world: World) -> None:
    world.logs.source = "files"
    world.logs.damaged = True


@fault("log-source-silent", "The image worker has not written a line for five hours; the others went on")
def _(world: World) -> None:
    world.logs.muted["image-worker"] = 5


@fault("log-component-mute", "The logs hold no line of the optimiser, which the app has")
def _(world: World) -> None:
    world.logs.muted["image-optimizer"] = 24 * 365


@fault("log-file-silent", "One log file of two was written to all day, and not since yesterday")
def _(world: World) -> None:
    world.logs.source = "files"
    world.logs.stale = True


@fault("log-clock-off", "The clock of a host that writes logs is ten minutes ahead")
def _(world: World) -> None:
    world.logs.source = "files"
    world.logs.ahead = 600


@fault("log-strange-format", "The optimiser writes its requests in a format that nobody knows")
def _(world: World) -> None:
    log_incidents.strange_format(world.logs)


@fault("log-5xx-behind-bound", "The last 60,000 lines of the newest file are 503, and no more than that is read")
def _(world: World) -> None:
    world.logs.source = "files"
    world.logs.flood = 60_000
    world.logs.most_lines = 61_000


@fault("logs-gone", "The place where the logs are kept is not there")
def _(world: World) -> None:
    world.gone.add("logs")
    world.logs.silent = True


@fault("log-files-gone", "The logs are read from files, and there is not one")
def _(world: World) -> None:
    world.logs.source = "files"
    world.gone.add("logs")


@fault("log-files-old", "Log files of the last months lie about, as nobody deletes them")
def _(world: World) -> None:
    world.logs.source = "files"
    world.logs.old_files = 3
