"""Check the report of a real run: the numbers agree, every item was measured, every file exists."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playbook.core.catalogue import read_catalogue  # noqa: E402
from playbook.core.record import Results  # noqa: E402

FILES = (
    *("results.json", "index.html", "pytest-html.html", "summary.md"),
    *("junit.xml", "ctrf.json", "metrics.txt", "openmetrics.txt", "playbook.sarif"),
)


def problems(folder: Path) -> list[str]:
    """What is wrong with a report; empty where nothing is."""
    found = [f"{name} is missing or empty" for name in FILES if not _size(folder / name)]
    if found:
        return found
    results = msgspec.json.decode((folder / "results.json").read_bytes(), type=Results)
    wanted = set(read_catalogue().ids_of(results.set))
    measured = {record.item for record in results.records}
    if measured != wanted:
        found.append(f"items differ from the catalogue: {sorted(measured ^ wanted)}")
    if results.verdict != "OK" or results.executed != len(wanted):
        found.append(f"expected OK with {len(wanted)} executed, got {results.verdict} with {results.executed}")
    suite = ElementTree.parse(folder / "junit.xml").getroot()  # noqa: S314 - our own file
    cases = len(list(suite.iter("testcase")))
    if cases != len(results.records):
        found.append(f"junit.xml has {cases} cases for {len(results.records)} records")
    page = (folder / "index.html").read_text(encoding="utf-8")
    found += [f"index.html does not show {item}" for item in sorted(wanted) if item not in page]
    return found


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    wrong = problems(folder)
    for line in wrong:
        sys.stderr.write(f"{folder}: {line}\n")
    sys.stdout.write(f"{folder}: {'not as expected' if wrong else 'complete'}\n")
    sys.exit(bool(wrong))
