"""State shared by the steps of one job: one small file, so that a killed step has still left its part."""

from __future__ import annotations

from pathlib import Path

import msgspec

from playbook.cli.ci.github import Visibility
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
        code: exit code of the run; None if it was killed.
        note: see Choice.
        targets: all of them for a group, whose name is ``target``.
    """

    set: str
    target: str
    note: str = ""
    code: int | None = None
    targets: list[str] = []

    @property
    def names(self) -> list[str]:
        """Targets that it runs."""
        return self.targets or [self.target]


def write_visibility(root: Path, word: Visibility) -> None:
    """Store who can read the repository for steps that do not get the token."""
    file = root / _VISIBILITY
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(word, encoding="utf-8")


def is_private(root: Path) -> bool:
    """Whether only invited people can read the repository; False if unknown."""
    try:
        return (root / _VISIBILITY).read_text(encoding="utf-8") == "private"
    except (OSError, ValueError):
        return False


def write_job(root: Path, job: Job) -> None:
    """Store it for later steps."""
    file = root / _FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.encode(job))


def read_job(root: Path) -> Job | None:
    """None if no run was begun.

    Raises:
        UsageError: the file exists and cannot be read.
    """
    file = root / _FILE
    try:
        return msgspec.json.decode(file.read_bytes(), type=Job)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None
