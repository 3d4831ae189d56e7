"""Pages, summaries and files: pure functions of results.json. They read records and cannot change a verdict."""

from __future__ import annotations

from pathlib import Path

import msgspec

from playbook.catalogue import Catalogue
from playbook.public import public_results
from playbook.record import Results
from playbook.report.ctrf import ctrf
from playbook.report.junit import junit
from playbook.report.latest import point_latest_at
from playbook.report.metrics import metrics_openmetrics, metrics_text
from playbook.report.page import page
from playbook.report.sarif import sarif
from playbook.report.summary import summary

RESULTS = "results.json"


def write_all(results: Results, folder: Path) -> None:
    """Write every form of the results into the run's folder, and lead ``latest`` to it."""
    _write(results, folder)
    point_latest_at(folder)


def render_folder(folder: Path) -> Results:
    """Write the files of an earlier run anew from its results.json; ``latest`` stays where it leads."""
    results = read_results(folder)
    _write(results, folder)
    return results


def for_everybody(folder: Path, to: Path, catalogue: Catalogue) -> None:
    """Write the files of a run anew into another folder, with what everybody may read and nothing else.

    What lies in the run's folder beside them (load.json, pytest's page) is not taken along.
    """
    shown = public_results(read_results(folder), catalogue)
    to.mkdir(parents=True, exist_ok=True)
    (to / RESULTS).write_bytes(msgspec.json.format(msgspec.json.encode(shown), indent=1) + b"\n")
    _write(shown, to)


def _write(results: Results, folder: Path) -> None:
    (folder / "index.html").write_bytes(_utf8(page(results)))
    (folder / "junit.xml").write_bytes(junit(results))
    (folder / "summary.md").write_bytes(_utf8(summary(results)))
    (folder / "ctrf.json").write_bytes(ctrf(results))
    (folder / "metrics.txt").write_bytes(_utf8(metrics_text(results)))
    (folder / "openmetrics.txt").write_bytes(_utf8(metrics_openmetrics(results)))
    (folder / "playbook.sarif").write_bytes(sarif(results))


def _utf8(text: str) -> bytes:
    # A lone surrogate, from a file name or a broken answer, must not cost the report.
    return text.encode("utf-8", errors="replace")


def read_results(folder: Path) -> Results:
    """The results of a run's folder."""
    return msgspec.json.decode((folder / RESULTS).read_bytes(), type=Results)
