"""A file of checks that cannot be read costs its own checks, and is UNKNOWN with its name and line."""

from __future__ import annotations

import re
import traceback
from collections.abc import Generator
from datetime import datetime
from pathlib import Path

import pytest

from playbook import door
from playbook.catalogue import item_of_test
from playbook.clock import iso
from playbook.evidence import Lines
from playbook.record import Record
from playbook.verdict import Verdict


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A file of checks that calls sys.exit() costs its own checks too; what is said of a file passes the door."""
    try:
        report = yield
    except SystemExit as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{place.filename}:{place.lineno}: in {place.name}\nE   SystemExit: {error.code}"
        report = pytest.CollectReport(collector.nodeid, "failed", said, [])
    if report.failed:
        report.longrepr = door.text(report.longreprtext, _LONGEST)
        report.sections = []  # what the file has printed
    return report


def pytest_make_parametrize_id(val: object) -> str | None:
    """The name of a check must not be a secret: it stands in every output, those of other plugins included."""
    shown = door.line(val) if isinstance(val, str) else ""
    return shown if door.MASK in shown else None


_PLACE = re.compile(r'^(?:E\s+File ")?(?P<file>[^\s"]+\.py)"?(?::|, line )(?P<line>\d+)', re.MULTILINE)
_MOST_LINES = 40
_LONGEST = 100_000  # characters of a traceback


def not_collected(file: str, said: str, set_name: str, now: datetime) -> Record:
    """The record of a file of checks that Python could not read; ``said`` is what pytest said of it."""
    said_last = [line[1:].strip() for line in said.splitlines() if line.startswith("E ")]
    places = list(_PLACE.finditer(said))
    where = f" ({places[-1]['file']}:{places[-1]['line']})" if places else ""
    name = Path(file).stem.removeprefix("test_")
    return Record(
        item=item_of_test(path=file, name="file", parameters="", doc="", set_name=set_name).id,
        check=file,
        subject=name,
        title=f"The file {file}",
        rule="Every file of checks can be read.",
        verdict=Verdict.UNKNOWN,
        message=f"{file}: expected a file of checks, got {(said_last or ['one that cannot be read'])[-1]}{where}",
        evidence=[Lines("What pytest saw", said.splitlines()[-_MOST_LINES:])],
        why="None of the checks in it has looked at anything.",
        next_step="Mend the file at the line that is named, then run the set again.",
        started=iso(now),
    )
