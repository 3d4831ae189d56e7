"""Logs of the sandbox's components: a week of history, and lines appended by running parts.

``world.logs`` describes the logs; ``world.logs.store`` holds them. The portfolio app appends to it, the
DigitalOcean simulator reads from it, and ``LogsService`` writes rotated files of it if a fault asks for files.
"""

from __future__ import annotations

import gzip
import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.products import WEB
from sandbox.serving.service import FileService
from sandbox.world.log_history import LogLine, combined
from sandbox.world.logs import LogsState

if TYPE_CHECKING:
    from sandbox.world import World

_HOURS_LOST = 1.5  # in a file that is damaged


class LogsService(FileService):
    """Log files as log rotation leaves them, for targets that read files; the API reads the store itself.

    The files contain the store as of when the world was applied. They exist only if the source is ``files`` and
    ``logs`` is not gone.
    """

    name = "logs"

    def settings(self) -> dict[str, Any]:
        """The source, and the glob of the files if they are used."""
        state = self.world.logs
        bound = {"most_lines": state.most_lines} if state.most_lines else {}
        return {
            "logs": {
                "source": state.source,
                "files": [str(self._folder / "portfolio*.log*")],
                "time_zone": "UTC",
                **bound,
            }
        }

    @property
    def _folder(self) -> Path:
        return self.context.folder / "logs"

    def _write(self, world: World) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        if world.logs.source == "files" and "logs" not in world.gone:
            self._folder.mkdir(parents=True)
            write_files(world.logs, self._folder)


def write_files(state: LogsState, folder: Path) -> None:
    """Write ``portfolio.log``, ``.log.1``, ``.log.2.gz`` and one that is too old, dated by their last lines."""
    entries = list(state.store.entries())
    now = state.store.now()
    for name, newest, oldest in (
        ("portfolio.log", 0, 4),
        ("portfolio.log.1", 4, 12),
        ("portfolio.log.2.gz", 12, 999),
    ):
        lines = [line for line in entries if timedelta(hours=newest) <= now - line.at < timedelta(hours=oldest)]
        data = _text(lines)
        if name == "portfolio.log" and state.ahead:
            data += _text([LogLine(now + timedelta(seconds=state.ahead), WEB, "level=info msg=ready")])
        if name == "portfolio.log" and state.flood:
            last = combined(now, "192.0.2.7", "GET /gallery/7", 503)
            data += _text([LogLine(now - timedelta(seconds=1), WEB, last)]) * state.flood
        if name.endswith(".gz"):
            data = gzip.compress(data)
            if state.damaged:  # truncated by time, whatever the number of lines
                kept = [line for line in lines if now - line.at >= timedelta(hours=newest + _HOURS_LOST)]
                data = data[: len(gzip.compress(_text(kept)))]
        _write_dated(folder / name, data, lines[-1].at if lines else now - timedelta(hours=newest))
    last_week = now - timedelta(days=8)
    old = LogLine(last_week, WEB, f"{last_week:%Y-%m-%d %H:%M:%S} FATAL this was put right a week ago")
    data = gzip.compress(_text([old]))
    _write_dated(folder / "portfolio.log.3.gz", data, last_week)
    if state.stale:
        _write_stale(folder / "portfolio-jobs.log", now)
    for number in range(4, 4 + state.old_files):
        _write_dated(folder / f"portfolio.log.{number}.gz", data, now - timedelta(days=20 * number))


def _write_stale(file: Path, now: datetime) -> None:
    """A separate log with a line per minute until yesterday."""
    end = now - timedelta(hours=26)
    moments = [end - timedelta(minutes=minute) for minute in range(24 * 60, -1, -1)]
    lines = [f"{moment:%Y-%m-%d %H:%M:%S} INFO job done\n" for moment in moments]
    _write_dated(file, "".join(lines).encode(), end)


def _text(lines: list[LogLine]) -> bytes:
    return "".join(f"{line.render()}\n" for line in lines).encode()


def _write_dated(file: Path, data: bytes, at: datetime) -> None:
    file.write_bytes(data)
    os.utime(file, (at.timestamp(), at.timestamp()))
