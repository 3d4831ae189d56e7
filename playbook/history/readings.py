"""Counter values that earlier runs of a target read, from their lines in the history.

If ``history.readings`` names a file, that is used instead: the sandbox is a new system each time, without a past
in the history, and writes yesterday's values itself. Each line of the file is a JSON object that maps names of
sets of counters to their values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from playbook.core import lines
from playbook.core.clock import Clock
from playbook.core.counters import Counted, Earlier
from playbook.history.by_target import RunsByTarget
from playbook.history.runs import LONGEST_LINE
from playbook.settings.model import SANDBOX, Settings

_MONTH = timedelta(days=31)
_READINGS = msgspec.json.Decoder(dict[str, Counted])


def earlier_of(settings: Settings, history: Path | None, clock: Clock, known: RunsByTarget) -> Earlier:
    """What earlier runs of the target have read, and when the last of them began.

    Args:
        history: folder of past runs; None where there are none to compare with.
        known: the runs by target, which all targets of a run share.
    """
    return Earlier(
        lambda: earlier_readings(history, settings, clock.now(), known),
        lambda: last_run(history, settings, clock.now(), known),
        lambda: earlier_readings(history, settings, clock.now(), known, within=_MONTH),
    )


def earlier_readings(
    history: Path | None,
    settings: Settings,
    now: datetime,
    known: RunsByTarget,
    *,
    within: timedelta | None = None,
) -> Iterator[Mapping[str, Counted]]:
    """Readings recent enough to be compared with: within ``coverage.counter_most_hours`` if nothing else is said.

    Unreadable ones are skipped; ``python -m playbook history`` reports what of the history cannot be read.
    """
    since = now - (within or timedelta(hours=settings.coverage.counter_most_hours))
    if settings.history.readings:
        yield from lines.decoded(Path(settings.history.readings), LONGEST_LINE, _READINGS.decode)
    elif history is not None:
        for run in known.of(history, settings.target.name, since - timedelta(days=1)):
            if run.readings:
                yield run.readings


def last_run(history: Path | None, settings: Settings, now: datetime, known: RunsByTarget) -> datetime | None:
    """When the newest run of the target began, within a month; None where there is none.

    The history of an embedded sandbox is that of earlier sandboxes, which no longer exist.
    """
    if history is None or settings.target.kind == SANDBOX:
        return None
    return max((run.started for run in known.of(history, settings.target.name, now - _MONTH)), default=None)
