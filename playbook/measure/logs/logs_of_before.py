"""Logs that earlier runs have found, and that are there no more although others still match."""

from __future__ import annotations

from datetime import datetime

from playbook.clients.log_reading import LogStream
from playbook.core.counters import Earlier, digest_of
from playbook.measure.roll_call import RollCall, roll_call
from playbook.settings.model import Settings

LOGS = "logs"


def call_logs(stream: LogStream, settings: Settings, now: datetime, earlier: Earlier) -> RollCall | None:
    """Which logs are missing; they are a problem of the stream. None where the logs are no files.

    With other files in the settings the comparison begins anew: so a log is given up.
    """
    if not stream.found:
        return None
    of = digest_of("\0".join(settings.target.logs.files))
    found = roll_call(stream.found, now, earlier.of(LOGS), settings.coverage, of=of)
    if found.missing:
        stream.problems.append(
            f"logs that earlier runs have found are missing: {found.words} "
            "(if they were removed on purpose, name only the others in logs.files)"
        )
    return found
