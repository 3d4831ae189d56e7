"""Where the packages of package.json and of a lock file come from, and how many there are. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from playbook.clients.npm_messages import Lock

_GIT = r"git|github|gitlab|bitbucket|gist|git\+\w+"  # npm locks all of them as git+ssh
_REPOSITORY, _FOLDER = r"[\w.-]+/[\w.-]+(#|$)", r"\.{0,2}/|~/"
_ELSEWHERE = re.compile(rf"(?i)(file|link|portal|workspace|https?|{_GIT}):|{_REPOSITORY}|{_FOLDER}")
# Of these, what is somebody else's: repositories and addresses.
_FOREIGN = re.compile(rf"(?i)(https?|{_GIT}):|(?!{_FOLDER}){_REPOSITORY}")
_OF_GIT = re.compile(rf"(?i)({_GIT}):")
_ONE_MAJOR = re.compile(r"[~^=v]*(\d+)(?:\.(\d+|x|\*))?(?:\.(?:\d+|x|\*))?(?:[-+][\w.+-]+)?")


def of_registry(spec: str) -> bool:
    """Whether a dependency is a release in the registry; so is an alias such as ``npm:other@1``."""
    return not _ELSEWHERE.match(spec.strip())


def foreign(wanted: Mapping[str, str], lock: Lock) -> tuple[str, ...]:
    """Packages from a repository or an address; those that others need only where they are from a repository, as
    an address may be that of any registry.
    """
    own = {name for name, spec in wanted.items() if _FOREIGN.match(spec.strip())}
    locked = {**lock.dependencies, **lock.packages}
    others = {
        path.rpartition("node_modules/")[2]
        for path, one in locked.items()
        if _OF_GIT.match(str(one.resolved)) or _OF_GIT.match(one.version)
    }
    return tuple(sorted(own | others))


def is_other(spec: str, version: str) -> bool:
    """Whether a locked version is of another major release than package.json asks for; below 1.0 also minor."""
    asked, locked = _ONE_MAJOR.fullmatch(spec.strip()), _ONE_MAJOR.fullmatch(version)
    parts = 2 if asked and asked[1] == "0" and (asked[2] or "").isdecimal() else 1
    return bool(asked and locked and asked.groups()[:parts] != locked.groups()[:parts])


def counted(lock: Any) -> int:
    """Number of packages, at all depths, in a lock file of npm 6 or earlier."""
    below = lock.get("dependencies") if isinstance(lock, dict) else None
    return sum(1 + counted(one) for one in below.values()) if isinstance(below, dict) else 0
