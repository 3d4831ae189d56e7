"""Where the target's logs are read from: the DigitalOcean API, or files."""

from __future__ import annotations

from playbook.clients.digitalocean import digitalocean
from playbook.clients.log_api import ApiLogs
from playbook.clients.log_files import FileLogs
from playbook.clients.log_reading import SERVICE, LogSource
from playbook.clients.restart_counts import RestartCounts
from playbook.core.engine import client
from playbook.settings.model import Settings


@client(
    libraries=("pydo", "playbook.clients.transport", "websockets.protocol", "stamina"),
    parts=("services",),
)
def logs(settings: Settings, restart_counts: RestartCounts) -> LogSource:
    """The target's logs, as ``logs.source`` says."""
    wanted = settings.target.logs
    if wanted.source == "files":
        files = settings.require(wanted.files or None, "logs.files", SERVICE)
        return FileLogs(tuple(files), wanted, zone=wanted.time_zone)
    # Called directly rather than requested as a parameter: log files need no DigitalOcean client.
    own = settings.target.digitalocean
    return ApiLogs(digitalocean(settings), wanted, settings.time_limits, own.ca, restart_counts)
