"""What is installed for a run: the licence of each package, and weaknesses that are known of it.

    python .ci/audit.py [requirements.lock]

Licences are read from what is installed, without a network. Weaknesses come from pip-audit, which uv fetches for
this and which asks PyPI; where that cannot be reached nothing is known, which is said and is no failure. What it
did not look at counts as not known too. Exit code: 1 for a licence that nobody has agreed to, or a known weakness.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

PIP_AUDIT = "pip-audit==2.10.1"
SECONDS = 120
# Words of licences that let us use a package beside our own code, whatever ours is.
AGREED = (
    *(
        "MIT",
        "BSD",
        "Apache",
        "ISC",
        "MPL",
        "Mozilla Public",
        "PSF",
        "Python Software Foundation",
        "HPND",
        "Unlicense",
    ),
    *("Historical Permission", "Zope Public", "ZPL", "0BSD", "CC0"),
)
# What says it in a file of its own only, looked at by hand.
READ = {"cronsim": "BSD"}
_NAME = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;\\]+)", re.MULTILINE)


def locked(text: str) -> dict[str, str]:
    """Names and versions of a lock."""
    return {found["name"]: found["version"] for found in _NAME.finditer(text)}


def licence_of(name: str) -> str:
    """As the package says it; empty where it does not, or is not installed."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return ""
    if "License-Expression" in told:
        return str(told["License-Expression"])
    classified = [
        line.rpartition(" :: ")[2]
        for line in told.get_all("Classifier") or []
        if line.startswith("License :: ") and not line.endswith(":: OSI Approved")
    ]
    first = (str(told["License"]) if "License" in told else "").strip().partition("\n")[0]
    return " / ".join(classified) or first[:80]


def not_agreed(licences: Mapping[str, str]) -> list[str]:
    """A sentence for each package whose licence nobody has agreed to."""
    return [
        f"{name}: the licence {licence!r} is not among those agreed to in .ci/audit.py"
        for name, licence in sorted(licences.items())
        if not any(word.lower() in licence.lower() for word in AGREED)
    ]


def weaknesses(told: str) -> list[str] | None:
    """What pip-audit said, a sentence for each weakness; None where it said nothing of the packages."""
    try:
        found: list[dict[str, Any]] = json.loads(told)["dependencies"]
    except (ValueError, LookupError, TypeError):
        return None
    return list(_sentences(found))


def _sentences(found: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for package in found:
        for each in package.get("vulns", ()):
            mended = ", ".join(each.get("fix_versions", ())) or "no version yet"
            yield f"{package['name']} {package['version']}: {each['id']}, mended in {mended}"


def not_looked_at(told: str) -> dict[str, str]:
    """Packages that pip-audit did not look at, with its reason."""
    found: list[dict[str, Any]] = json.loads(told)["dependencies"]
    return {package["name"]: package["skip_reason"] for package in found if "skip_reason" in package}


def summed_up(told: str, said: str, count: int) -> Iterator[str]:
    """What is known of weaknesses, and of how many packages."""
    known = weaknesses(told)
    if known is None:
        yield f"weaknesses: not known, as pip-audit did not reach its data ({said})"
        return
    unseen = not_looked_at(told)
    looked = count - len(unseen)
    if looked <= 0:
        yield f"weaknesses: not known, as pip-audit looked at none of {count} packages"
    else:
        yield f"weaknesses: {len(known)} known of {looked} of {count} packages"
    if unseen:
        name, reason = next(iter(unseen.items()))
        yield f"  not looked at: {len(unseen)} packages, such as {name} ({reason})"


def ask_pip_audit(lock: Path) -> tuple[str, str]:
    """Its JSON, and the last line of what else it said."""
    uvx = shutil.which("uvx", path=str(Path(sys.executable).parent)) or shutil.which("uvx")
    if uvx is None:
        return "", "uvx is not installed"
    command = [uvx, "--quiet", PIP_AUDIT, "--disable-pip", "--require-hashes", "--requirement", str(lock)]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", "15"]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return "", f"no end within {SECONDS} s"
    return ended.stdout, (ended.stderr.strip().splitlines() or ["nothing"])[-1][:200]


def main(arguments: list[str]) -> int:
    """Say it all; the exit code."""
    lock = Path(arguments[0] if arguments else "requirements.lock")
    names = locked(lock.read_text(encoding="utf-8"))
    licences = {name: licence for name in names if (licence := READ.get(name) or licence_of(name))}
    absent = sorted(names.keys() - licences.keys())
    problems = not_agreed(licences)
    say = sys.stdout.write
    say(f"licences: {len(licences)} of {len(names)} packages have one that is known\n")
    if absent:  # of another system, or without a word on it
        say(f"  without: {', '.join(absent)}\n")
    told, said = ask_pip_audit(lock)
    for line in summed_up(told, said, len(names)):
        say(f"{line}\n")
    known = weaknesses(told) or []
    for problem in [*problems, *known]:
        say(f"  {problem}\n")
    return 1 if problems or known else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
