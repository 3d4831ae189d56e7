"""Audit of the packages installed for a run: the licence of each, and known vulnerabilities.

    python .ci/audit.py [requirements.lock]

Licences are read from the installed packages, without a network. Vulnerabilities come from pip-audit, which uv
fetches for this and which asks PyPI; where that is unreachable nothing is known, which is reported and is no
failure. Packages that it did not audit count as unknown too. Exit code: 1 for a licence that is not agreed to, or
a known vulnerability.
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
# Words of licences that permit use beside our own code under any licence.
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
# Packages that state their licence only in a file, which was reviewed by hand.
READ = {"cronsim": "BSD"}
_NAME = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;\\]+)", re.MULTILINE)


def locked(text: str) -> dict[str, str]:
    """Names and versions of a lock."""
    return {found["name"]: found["version"] for found in _NAME.finditer(text)}


def licence_of(name: str) -> str:
    """The licence that the package states; empty where it states none, or is not installed."""
    try:
        package = metadata(name)
    except PackageNotFoundError:
        return ""
    if "License-Expression" in package:
        return str(package["License-Expression"])
    classified = [
        line.rpartition(" :: ")[2]
        for line in package.get_all("Classifier") or []
        if line.startswith("License :: ") and not line.endswith(":: OSI Approved")
    ]
    first = (str(package["License"]) if "License" in package else "").strip().partition("\n")[0]
    return " / ".join(classified) or first[:80]


def not_agreed(licences: Mapping[str, str]) -> list[str]:
    """A sentence for each package whose licence is not agreed to."""
    return [
        f"{name}: the licence {licence!r} is not among those agreed to in .ci/audit.py"
        for name, licence in sorted(licences.items())
        if not any(word.lower() in licence.lower() for word in AGREED)
    ]


def vulnerabilities(output: str) -> list[str] | None:
    """A sentence for each vulnerability that pip-audit reports; None where its output lists no packages."""
    try:
        found: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, LookupError, TypeError):
        return None
    return list(_sentences(found))


def _sentences(found: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for package in found:
        for each in package.get("vulns", ()):
            fixed = ", ".join(each.get("fix_versions", ())) or "no version yet"
            yield f"{package['name']} {package['version']}: {each['id']}, fixed in {fixed}"


def not_checked(output: str) -> dict[str, str]:
    """Packages that pip-audit did not audit, with its reason."""
    found: list[dict[str, Any]] = json.loads(output)["dependencies"]
    return {package["name"]: package["skip_reason"] for package in found if "skip_reason" in package}


def summed_up(output: str, error: str, count: int) -> Iterator[str]:
    """A summary of known vulnerabilities, and the number of packages audited."""
    known = vulnerabilities(output)
    if known is None:
        yield f"vulnerabilities: not known, as pip-audit did not reach its data ({error})"
        return
    unseen = not_checked(output)
    checked = count - len(unseen)
    if checked <= 0:
        yield f"vulnerabilities: not known, as pip-audit checked none of {count} packages"
    else:
        yield f"vulnerabilities: {len(known)} known of {checked} of {count} packages"
    if unseen:
        name, reason = next(iter(unseen.items()))
        yield f"  not checked: {len(unseen)} packages, such as {name} ({reason})"


def ask_pip_audit(lock: Path) -> tuple[str, str]:
    """Its JSON output, and the last line of its error output."""
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
    """Print the audit; return the exit code."""
    lock = Path(arguments[0] if arguments else "requirements.lock")
    names = locked(lock.read_text(encoding="utf-8"))
    licences = {name: licence for name in names if (licence := READ.get(name) or licence_of(name))}
    absent = sorted(names.keys() - licences.keys())
    problems = not_agreed(licences)
    write = sys.stdout.write
    write(f"licences: {len(licences)} of {len(names)} packages have one that is known\n")
    if absent:  # for another system, or without a stated licence
        write(f"  without: {', '.join(absent)}\n")
    output, error = ask_pip_audit(lock)
    for line in summed_up(output, error, len(names)):
        write(f"{line}\n")
    known = vulnerabilities(output) or []
    for problem in [*problems, *known]:
        write(f"  {problem}\n")
    return 1 if problems or known else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
