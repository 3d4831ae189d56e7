"""Real pages to look at, print and examine: runs of the sandbox with a past, a handoff page and a site.

with_past(folder)                                    # a quarter of a year of runs, for the small curves
report(folder, "daily", "redis-gone")                # the folder of a run's report
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playbook.history.runs import RunLine
from playbook.report.units import units_kept
from playbook.site.pages import render
from playbook.site.writing import write_folder
from tests.history_factory import write, years
from tests.site_factory import every_item, site

ROOT = Path(__file__).resolve().parents[1]
# As it comes when a shop goes through a bad week.
BAD_WEEK = ("week-failing", "week-slow", "certificate-expiring", "backup-gap", "deployments-flaky")
_SECONDS = 280.0  # for one run, where the machine is busy


def with_past(folder: Path, now: datetime | None = None) -> Path:
    """A history of the sandbox in ``folder``: a quarter of a year of the daily, weekly and monthly sets."""
    until = (now or datetime.now(UTC)) - timedelta(hours=1)
    write(folder, years(0.25, until=until, target="sandbox", failing=0.03))
    return folder


def report(folder: Path, set_name: str, *faults: str, history: Path, limits: str = "") -> Path:
    """The folder of the report of one run of a set on the sandbox, with faults switched on.

    Args:
        limits: settings, such as those of ``tests.leisure``.

    Raises:
        RuntimeError: it left no report.
    """
    reports = folder / "-".join((set_name, *faults))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-m",
        set_name,
        f"--reports={reports}",
        f"--history={history}",
    ]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PLAYBOOK_"))
    }
    if limits:
        settings = folder / "playbook.toml"
        settings.write_text(limits, encoding="utf-8")
        environment["PLAYBOOK_CONFIG"] = str(settings)
    ended = subprocess.run(
        [*command, *(part for fault in faults for part in ("--fault", fault))],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    made = reports / "latest"
    if not (made / "index.html").is_file():
        raise RuntimeError(f"{' '.join(command)} left no report and ended with {ended.returncode}: {ended.stdout}")
    return made.resolve()


def handoff(folder: Path, history: Path) -> Path:
    """The HTML of a weekly handoff page of the sandbox."""
    command = [sys.executable, "-m", "playbook", "handoff", "--weekly", f"--history={history}", f"--to={folder}"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=_SECONDS)
    (page,) = folder.glob("*.html")
    return page


def built_site(folder: Path, runs: list[RunLine] | None = None, now: datetime | None = None) -> Path:
    """A site of a quarter of a year with an open incident; its first page."""
    now = now or datetime.now(UTC).replace(microsecond=0)
    pages = render(site(runs or every_item(now), now, time_zone="Europe/Berlin"))
    kept = {
        path: units_kept(content.decode()).encode() if path.endswith(".html") else content
        for path, content in pages
    }
    write_folder(folder, kept)
    return folder / "index.html"
