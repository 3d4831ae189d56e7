"""Files of checks that pytest does not collect: a conftest.py or a plugin leaves them out (``collect_ignore`` and
its hook), or they have another name than it looks for.

What the command line leaves out was not asked for, and makes the run a partial one. Anything else is missed.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from playbook.hooks import collecting
from playbook.hooks.shared import only_shows, runs_by_target

_TOLD = pytest.StashKey[set[str]]()
_TEST = re.compile(r"^(?:async )?def test", re.MULTILINE)
_VIRTUAL = ("pyvenv.cfg", "conda-meta")  # in the folder of an environment


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_ignore_collect(
    collection_path: Path, config: pytest.Config
) -> Generator[None, bool | None, bool | None]:
    """Report each file that is left out and has a check of the set as one that was not collected."""
    ignored = yield
    if (
        ignored
        and runs_by_target(config)
        and not only_shows(config)
        and not _is_of_pytest(collection_path, config)
    ):
        for file in _files(collection_path, config):
            _tell(file, "a file that is collected, got one that a conftest.py or a plugin leaves out", config)
    return ignored


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Report a file with checks of the set whose name pytest does not look into."""
    collectors = yield
    config = parent.config
    is_code = file_path.suffix == ".py" and file_path.name != "conftest.py"
    if is_code and not collectors and runs_by_target(config) and not only_shows(config):
        patterns = config.getini("python_files")
        if _is_among_checks(file_path, config) and _has_checks(file_path, config, at_its_top=True):
            _tell(
                file_path, f"a file of checks to be named as {' or '.join(patterns)}, got {file_path.name}", config
            )
    return collectors


def _tell(file: Path, what: str, config: pytest.Config) -> None:
    """Report a file as one that was not collected, once."""
    name = file.relative_to(config.rootpath).as_posix()
    told = config.stash.setdefault(_TOLD, set())
    if name not in told:
        told.add(name)
        report = collecting.report_of_mistake(name, f"{name}: expected {what}")
        config.hook.pytest_collectreport(report=report)


def _is_of_pytest(path: Path, config: pytest.Config) -> bool:
    """Whether pytest itself leaves it out: by its command line, or as no folder of tests."""
    base = config.invocation_params.dir
    options = config.option
    if any((base / one).resolve() == path for one in getattr(options, "ignore", None) or ()):
        return True
    if any(fnmatch(str(path), str(base / one)) for one in getattr(options, "ignore_glob", None) or ()):
        return True
    if not path.is_dir():
        return False
    patterns = ("__pycache__", *config.getini("norecursedirs"))
    is_virtual = any((path / name).exists() for name in _VIRTUAL)
    return is_virtual or any(fnmatch(path.name, pattern) for pattern in patterns)


def _files(path: Path, config: pytest.Config) -> Iterator[Path]:
    """Files of checks of the set, in the folders of checks."""
    if not _is_among_checks(path, config):
        return
    found = [path] if path.is_file() else sorted(path.rglob("*.py"))
    for file in found:
        if any(fnmatch(file.name, pattern) for pattern in config.getini("python_files")) and _has_checks(
            file, config
        ):
            yield file


def _is_among_checks(path: Path, config: pytest.Config) -> bool:
    folders = [config.rootpath / one for one in config.getini("testpaths")] or [config.rootpath]
    return any(path.is_relative_to(folder) for folder in folders)


def _has_checks(file: Path, config: pytest.Config, *, at_its_top: bool = False) -> bool:
    """Whether a file names a marker of the set, or has any test where no set is chosen.

    Args:
        at_its_top: one of its functions has to be a test as well: classes may be bases of others.
    """
    try:
        text = file.read_text("utf-8", "replace")
    except OSError:
        return True
    if at_its_top and not _TEST.search(text):
        return False
    names = re.findall(r"[a-z_]\w*", config.option.markexpr or "")
    return any(f"mark.{name}" in text for name in names) if names else "def test" in text
