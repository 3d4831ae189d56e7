"""Location of the shipped files: beside this package in a checkout, inside of it where it is installed."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]

INSTALLED = (_PACKAGE / "checks").is_dir()
ROOT = _PACKAGE if INSTALLED else _PACKAGE.parent
CATALOGUE = ROOT / "docs" / "playbook.md"
RUNBOOKS = ROOT / "docs" / "runbooks"
CHECKS = ROOT / "checks"
INI = ROOT / "pytest.ini"
# Name of the shipped checks for pytest's --pyargs; a checkout has them in its own folder.
MODULE = "playbook.checks"
# Subfolder of the shipped checks for a project's own; no subject has this name.
OWN = "local"


def shipped_files(folder: Path = CHECKS) -> list[Path]:
    """The files of the shipped checks, one folder per subject, without the project's own."""
    return sorted(file for file in folder.glob("*/test_*.py") if file.parent.name != OWN)


def is_checkout(root: Path) -> bool:
    """Whether a folder is a checkout, with its own package, checks and pytest.ini."""
    return (root / "playbook" / "plugin.py").is_file()


def has_checks(root: Path) -> bool:
    """Whether pytest finds the plugin and the checks from a folder: of a checkout, or of an installed playbook.

    A subfolder of a checkout has the plugin, too, and not the checks.
    """
    if INSTALLED:
        return True
    files = [root / name for name in ("conftest.py", "pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")]
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file()]
    return any("playbook.plugin" in text or "pytest_playbook" in text for text in texts)


def name_of(file: Path) -> str:
    """The node id prefix of a shipped file: its module name, wherever it is installed."""
    return ".".join((MODULE, *file.relative_to(CHECKS).with_suffix("").parts))


def is_shipped(check: str) -> bool:
    """Whether a check is named by its module, as those of an installed suite are."""
    return check.startswith(f"{MODULE}.")


def path_of(check: str) -> str:
    """The path of a check's file, relative to the project or to the installation."""
    file = check.partition("::")[0]
    return f"{file.replace('.', '/')}.py" if is_shipped(check) else file


def file_of(check: str, root: Path) -> Path:
    """The file of a check of the project in ``root``."""
    return (_PACKAGE.parent if is_shipped(check) else root) / path_of(check)
