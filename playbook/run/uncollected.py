"""Records of files of checks without checks: unreadable ones, and those that skip themselves."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from playbook.core.clock import iso
from playbook.core.evidence import Lines
from playbook.core.own_items import id_of_file
from playbook.core.record import Record
from playbook.core.verdict import Verdict

_PLACE = re.compile(r'^(?:E\s+File ")?(?P<file>[^\s"]+\.py)"?(?::|, line )(?P<line>\d+)', re.MULTILINE)
_MOST_LINES = 40


def not_collected(file: str, said: str, set_name: str, now: datetime) -> Record:
    """Record of a file of checks that could not be imported; ``said`` is pytest's error."""
    said_last = [line[1:].strip() for line in said.splitlines() if line.startswith("E ")]
    places = list(_PLACE.finditer(said))
    where = f" ({_short(places[-1]['file'], file)}:{places[-1]['line']})" if places else ""
    kind = "file" if Path(file).suffix else "folder"
    got = (said_last or [said.partition("\n")[0] or "one that cannot be read"])[-1]
    name = Path(file).stem.removeprefix("test_")
    return Record(
        item=id_of_file(file, set_name),
        check=file,
        subject=name,
        title=f"The {kind} {file}",
        rule="Every file of checks can be read.",
        verdict=Verdict.UNKNOWN,
        message=said
        if re.fullmatch(rf"{re.escape(file)}.*", said)
        else f"{file}: expected a {kind} of checks, got {got}{where}",
        evidence=[Lines("What pytest saw", said.splitlines()[-_MOST_LINES:])],
        why="None of its checks has run.",
        next_step="Fix the file at the line that the message names, or what leaves it out, and run the set again.",
        started=iso(now),
    )


def _short(path: str, file: str) -> str:
    """The path from the root, if it is that of the file itself."""
    return file if path.endswith(f"/{file}") else path


def file_left_out(file: str, reason: str, set_name: str, now: datetime) -> Record:
    """Record of a file of checks that skips itself as a whole (``pytest.importorskip``, ``pytest.skip``)."""
    return Record(
        item=id_of_file(file, set_name),
        check=file,
        subject=Path(file).stem.removeprefix("test_"),
        title=f"The file {file}",
        rule="The checks in the file apply to this target.",
        verdict=Verdict.NOT_CONFIGURED,
        message=f"{file}: the file skips itself: {reason.removeprefix('Skipped: ')}",
        started=iso(now),
    )
