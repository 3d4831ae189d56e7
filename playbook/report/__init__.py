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
    """Write every form of the results into the run's folder, and point ``latest`` to it.

    Returns errors by file name; an error affects its own file only.

    Args:
        is_newest: whether to update ``latest``; with many targets it points to the page over all.
    """
    problems = _write(results, folder)
    return problems | (lead_latest_to(folder) if is_newest else {})


def lead_latest_to(folder: Path) -> dict[str, str]:
    """Point ``latest`` to a folder; errors by name."""
    try:
        point_latest_at(folder)
    except OSError as error:
        return {"latest": reason_of(error)}
    return {}


def render_folder(folder: Path) -> tuple[Results, dict[str, str]]:
    """Rewrite the files of an earlier run from its results.json; ``latest`` is unchanged.

    Returns the results, and errors as ``write_all`` does.
    """
    results = read_results(folder)
    return results, _write(results, folder)


def for_everybody(folder: Path, to: Path, catalogue: Catalogue) -> None:
    """Write the public files of a run into another folder.

    Other files of the run's folder (load.json, pytest's page) are not copied.
    """
    shown = public_results(read_results(folder), catalogue)
    to.mkdir(parents=True, exist_ok=True)
    write_whole(to / RESULTS, msgspec.json.format(msgspec.json.encode(shown), indent=1) + b"\n")
    _write(shown, to)


def _form(module: str, name: str) -> Callable[[Results], str | bytes]:
    """A form of the report, imported when it is written, which is after the checks."""

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
    # A lone surrogate, from a file name or a broken answer, must not lose the report.
    return text.encode("utf-8", errors="replace")


def read_results(folder: Path) -> Results:
    """The results of a run's folder."""
    return msgspec.json.decode((folder / RESULTS).read_bytes(), type=Results)
