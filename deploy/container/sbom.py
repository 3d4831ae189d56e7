"""What is in the image, as a CycloneDX bill of materials: Python packages and Debian's.

    python deploy/container/sbom.py > sbom.cdx.json

Made from what is installed where it runs, so that it is true of the image that it is made in.
https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
_DPKG = ("dpkg-query", "--show", "--showformat", "${Package}\t${Version}\t${Architecture}\t${db:Status-Status}\n")


def python_packages() -> list[dict[str, Any]]:
    """Every installed distribution."""
    found = {}
    for each in metadata.distributions():
        name = re.sub(r"[-_.]+", "-", each.metadata["Name"]).lower()
        component = {"type": "library", "name": name, "version": each.version}
        licence = each.metadata.get("License-Expression")
        if licence:
            component["licenses"] = [{"expression": licence}]
        found[name] = {**component, "purl": f"pkg:pypi/{quote(name)}@{quote(each.version)}"}
    return [found[name] for name in sorted(found)]


def debian_packages(listed: str) -> list[dict[str, Any]]:
    """Every installed package of Debian, from what ``dpkg-query`` says."""
    found = []
    for line in listed.splitlines():
        name, version, architecture, status = line.split("\t")
        if status == "installed":
            purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={architecture}"
            found.append({"type": "library", "name": name, "version": version, "purl": purl})
    return found


def bill(version: str, components: list[dict[str, Any]]) -> dict[str, Any]:
    """The document."""
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": "operations-playbook", "version": version}},
        "components": [{**each, "bom-ref": each["purl"]} for each in components],
    }


def main() -> int:
    """Print it; without dpkg it holds Python's packages alone."""
    text = (Path(__file__).resolve().parents[2] / "playbook" / "__init__.py").read_text(encoding="utf-8")
    version = _VERSION.search(text)
    assert version
    try:
        listed = subprocess.run(_DPKG, capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"Debian's packages are not in it: {error}\n")
        listed = ""
    json.dump(bill(version[1], python_packages() + debian_packages(listed)), sys.stdout, indent=1)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
