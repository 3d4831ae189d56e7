"""Pages, summaries and files: pure functions of results.json. They read records and cannot change a verdict."""

from __future__ import annotations

from pathlib import Path

import msgspec

from playbook.record import Results
from playbook.report.junit import junit
from playbook.report.latest import point_latest_at
from playbook.report.page import page
from playbook.report.summary import summary

RESULTS = "results.json"


def write_all(results: Results, folder: Path) -> None:
    """Write index.html, junit.xml and summary.md into the run's folder, and lead ``latest`` to it."""
    (folder / "index.html").write_text(page(results), encoding="utf-8")
    (folder / "junit.xml").write_bytes(junit(results))
    (folder / "summary.md").write_text(summary(results), encoding="utf-8")
    point_latest_at(folder)


def read_results(folder: Path) -> Results:
    """The results of a run's folder."""
    return msgspec.json.decode((folder / RESULTS).read_bytes(), type=Results)
