"""Logs that earlier runs have found, and that are there no more although others still match."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from playbook.clients.log_reading import LogStream
from playbook.core.counters import Ages, Counted, Earlier, digest_of
from playbook.measure.roll_call import RollCall, roll_call
from playbook.settings.model import Settings

LOGS, SIGN_INS = "logs", "sign-in logs"


def call_logs(stream: LogStream, settings: Settings, now: datetime, earlier: Earlier) -> RollCall | None:
    """Which logs are missing; they are a problem of the stream. None where the logs are no files.

    With other files in the settings the comparison begins anew: so a log is given up.
    """
    found = _call(stream, settings.target.logs.files, now, earlier.of(LOGS), settings.coverage)
    return _told(found, "logs.files", stream)


def call_sign_ins(stream: LogStream, settings: Settings, now: datetime, earlier: Earlier) -> RollCall | None:
    """The same of the files with sign-ins, which are read once a week."""
    files, known = settings.target.security.auth_logs, earlier.of_the_month(SIGN_INS)
    return _told(_call(stream, files, now, known, settings.coverage), "security.auth_logs", stream)


def _call(
    stream: LogStream, files: Sequence[str], now: datetime, earlier: Sequence[Counted], ages: Ages
) -> RollCall | None:
    if not stream.found:
        return None
    return roll_call(stream.found, now, earlier, ages, of=digest_of("\0".join(files)))


def _told(found: RollCall | None, setting: str, stream: LogStream) -> RollCall | None:
    """With a problem of the stream where logs are missing."""
    if found and found.missing:
        stream.problems.append(
            f"logs that earlier runs have found are missing: {found.words} "
            f"(if they were removed on purpose, name only the others in {setting})"
        )
    return found
