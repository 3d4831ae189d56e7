"""What the steps of one job tell each other: one small file, so that a step that was cut off has told its part."""

from __future__ import annotations

from pathlib import Path

import msgspec

from playbook.errors import UsageError

DATA = Path("data")
HISTORY = DATA / "history"
REPORTS = DATA / "reports"
_FILE = DATA / "job.json"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job's run.

    Attributes:
        code: exit code of the run; None where it was cut off.
        note: see Choice.
    """

    set: str
    target: str
    note: str = ""
    code: int | None = None


def write_job(root: Path, job: Job) -> None:
    """Keep it for the steps that follow."""
    file = root / _FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.encode(job))


def read_job(root: Path) -> Job | None:
    """None where no run was begun.

    Raises:
        UsageError: the file is there and cannot be read.
    """
    file = root / _FILE
    try:
        return msgspec.json.decode(file.read_bytes(), type=Job)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None
