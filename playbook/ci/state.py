"""What the steps of one job tell each other: one small file, so that a step that was cut off has told its part."""

from __future__ import annotations

from pathlib import Path

import msgspec

from playbook.ci.github import Visibility
from playbook.core.errors import UsageError

DATA = Path("data")
HISTORY = DATA / "history"
REPORTS = DATA / "reports"
ARTIFACT = DATA / "artifact"
PUBLIC = DATA / "public"
_FILE = DATA / "job.json"
_VISIBILITY = DATA / "visibility"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job's run.

    Attributes:
        code: exit code of the run; None where it was cut off.
        note: see Choice.
        targets: all of them, where it runs a group; ``target`` is then what names that.
    """

    set: str
    target: str
    note: str = ""
    code: int | None = None
    targets: list[str] = []

    @property
    def names(self) -> list[str]:
        """The targets that it runs."""
        return self.targets or [self.target]


def write_visibility(root: Path, word: Visibility) -> None:
    """Keep who can read the repository for the steps that may not ask, as they are not handed the token."""
    file = root / _VISIBILITY
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(word, encoding="utf-8")


def is_private(root: Path) -> bool:
    """Only whom its owner let in can read the repository; what nobody knows is no."""
    try:
        return (root / _VISIBILITY).read_text(encoding="utf-8") == "private"
    except (OSError, ValueError):
        return False


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
