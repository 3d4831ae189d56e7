"""Files beside npm's lock file: dependencies npm knows nothing of, and other programs that install packages."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from playbook.core.budget import read_json

# Lock files of other programs that install Node packages.
OTHER_LOCKS = {
    "yarn.lock": "Yarn",
    "pnpm-lock.yaml": "pnpm",
    "bun.lock": "Bun",
    "bun.lockb": "Bun",
    "deno.lock": "Deno",
}
# What other languages' programs install dependencies by. Patterns of names, as pip has no fixed name.
_LANGUAGES = (
    *("requirements*.txt", "requirements*.in", "requirements/*.txt", "requirements/*.in", "pylock*.toml"),
    *("Pipfile.lock", "poetry.lock", "uv.lock", "pdm.lock", "pixi.lock", "conda-lock.y*ml", "environment.y*ml"),
    *(
        "Pipfile",
        "setup.py",
        "composer.lock",
        "composer.json",
        "Gemfile.lock",
        "Gemfile",
        "Cargo.lock",
        "Cargo.toml",
    ),
    *("go.sum", "go.mod", "mix.lock", "mix.exs", "gradle.lockfile", "build.gradle", "build.gradle.kts", "pom.xml"),
    *(
        "packages.lock.json",
        "*.csproj",
        "*.fsproj",
        "pubspec.lock",
        "Package.resolved",
        "Podfile.lock",
    ),
)
_PYTHON = "pyproject.toml"  # which many projects have for their formatter alone
_MOST_FOLDERS = 5  # above the project
_ROOT = ".git"


def other_languages(project: Path) -> tuple[str, ...]:
    """Names of files with dependencies of other languages, one of each pattern."""
    found = (next((one for one in sorted(project.glob(each)) if one.is_file()), None) for each in _LANGUAGES)
    names = [str(one.relative_to(project)) for one in found if one]
    return (*names, *([_PYTHON] if _has_dependencies(project / _PYTHON) else []))


def _has_dependencies(file: Path) -> bool:
    """Whether a pyproject.toml names dependencies, of the project or of a group; True if it cannot be read."""
    try:
        with file.open("rb") as opened:
            told = tomllib.load(opened)
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
    own = _table(told, "project")
    poetry = _table(_table(told, "tool"), "poetry")
    of_poetry = _table(poetry, "dependencies").keys() - {"python"}
    more = (own.get("optional-dependencies"), told.get("dependency-groups"), poetry.get("group"))
    return any((own.get("dependencies"), of_poetry, *more)) or "dependencies" in own.get("dynamic", ())


def _table(told: Any, name: str) -> dict[str, Any]:
    inner = told.get(name) if isinstance(told, dict) else None
    return inner if isinstance(inner, dict) else {}


def rivals(project: Path, manager: str, engines: Any) -> tuple[str, ...]:
    """Why npm's lock file may be a leftover: package.json names another program, or its lock file is there, or in
    the folder above whose workspaces the project is one of.

    Args:
        manager: ``packageManager`` of package.json.
        engines: its ``devEngines``.
    """
    if manager:
        return () if manager.startswith("npm@") else (f"packageManager {manager}",)
    told = engines.get("packageManager") if isinstance(engines, dict) else None
    programs = told if isinstance(told, list) else [told]
    named = [name for one in programs if isinstance(one, dict) and (name := one.get("name"))]
    if named:
        return () if "npm" in named else (f"packageManager {named[0]}",)
    here = tuple(name for name in OTHER_LOCKS if (project / name).is_file())
    return here or tuple(_above(project))


def _above(project: Path) -> Iterator[str]:
    """Lock files of other programs in the folder that holds the project as one of its workspaces."""
    folder, way = project.resolve(), ""
    for _ in range(_MOST_FOLDERS):
        if (folder / _ROOT).exists() or folder.parent == folder:
            return
        folder, way = folder.parent, f"../{way}"
        if (folder / "pnpm-workspace.yaml").is_file() or _has_workspaces(folder / "package.json"):
            yield from (f"{way}{name}" for name in OTHER_LOCKS if (folder / name).is_file())
            return


def _has_workspaces(file: Path) -> bool:
    told: Any = None
    with suppress(OSError, ValueError, msgspec.DecodeError):
        told = read_json(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    return isinstance(told, dict) and bool(told.get("workspaces"))
