"""Pages, summaries and files: pure functions of results.json. They read records and cannot change a verdict."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import msgspec

from playbook.core.catalogue import Catalogue
from playbook.core.public import public_results
from playbook.core.record import Results
from playbook.core.whole_file import reason_of, write_whole
from playbook.report.latest import point_latest_at

RESULTS = "results.json"


def write_all(results: Results, folder: Path, *, is_newest: bool = True) -> dict[str, str]:
    """Write every form of the results into the run's folder, and lead ``latest`` to it.

    What could not be written, by its name, and why; one that fails costs its own file only.

    Args:
        is_newest: whether ``latest`` is to lead to it; it leads to the page over all where a run has many targets.
    """
    problems = _write(results, folder)
    return problems | (lead_latest_to(folder) if is_newest else {})


def lead_latest_to(folder: Path) -> dict[str, str]:
    """Lead ``latest`` to a folder; where that fails, why."""
    try:
        point_latest_at(folder)
    except OSError as error:
        return {"latest": reason_of(error)}
    return {}


def render_folder(folder: Path) -> tuple[Results, dict[str, str]]:
    """Write the files of an earlier run anew from its results.json; ``latest`` stays where it leads.

    The results, and what could not be written, as ``write_all`` tells it.
    """
    results = read_results(folder)
    return results, _write(results, folder)


def for_everybody(folder: Path, to: Path, catalogue: Catalogue) -> None:
    """Write the files of a run anew into another folder, with what everybody may read and nothing else.

    What lies in the run's folder beside them (load.json, pytest's page) is not taken along.
    """
    shown = public_results(read_results(folder), catalogue)
    to.mkdir(parents=True, exist_ok=True)
    write_whole(to / RESULTS, msgspec.json.format(msgspec.json.encode(shown), indent=1) + b"\n")
    _write(shown, to)


def _form(module: str, name: str) -> Callable[[Results], str | bytes]:
    """A form of the report, loaded when it is written: that is after the checks."""

    def write(results: Results) -> str | bytes:
        made: str | bytes = getattr(import_module(f"{__name__}.{module}"), name)(results)
        return made

    return write


_WRITERS: dict[str, Callable[[Results], str | bytes]] = {
    "index.html": _form("page", "written_page"),
    "junit.xml": _form("junit", "junit"),
    "summary.md": _form("summary", "summary"),
    "ctrf.json": _form("ctrf", "ctrf"),
    "metrics.txt": _form("metrics", "metrics_text"),
    "openmetrics.txt": _form("metrics", "metrics_openmetrics"),
    "playbook.sarif": _form("sarif", "sarif"),
}


def _write(results: Results, folder: Path) -> dict[str, str]:
    problems = {}
    for name, writer in _WRITERS.items():
        try:
            made = writer(results)
            write_whole(folder / name, made if isinstance(made, bytes) else _utf8(made))
        except OSError as error:
            problems[name] = reason_of(error)
        except Exception as error:  # noqa: BLE001 - a fault in one form of a report must not cost the others
            problems[name] = f"a fault of the suite: {type(error).__name__}: {error}"
    return problems


def _utf8(text: str) -> bytes:
    # A lone surrogate, from a file name or a broken answer, must not cost the report.
    return text.encode("utf-8", errors="replace")


def read_results(folder: Path) -> Results:
    """The results of a run's folder."""
    return msgspec.json.decode((folder / RESULTS).read_bytes(), type=Results)
