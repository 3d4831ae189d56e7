"""``npm audit --json`` and ``npm outdated --json`` for machines without npm, as npm 11 answers.

It reads package-lock.json in the working folder, queries the registry in ``npm_config_registry``, and prints npm's
JSON, including errors; tests/real compares it with the real one. It only needs the standard library, so that it
starts fast.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import sys
from typing import Any
from urllib.parse import quote, urlsplit

Json = dict[str, Any]
NOT_FOUND = 404
LEVELS = ("info", "low", "moderate", "high", "critical")


class Failed(Exception):  # noqa: N818
    """npm's output for a failure."""

    def __init__(self, said: Json) -> None:
        super().__init__(said)
        self.said = said


def main(arguments: list[str]) -> int:
    """The exit code: 1 for a finding as well as for a failure, as in npm."""
    command = next((word for word in arguments if not word.startswith("-")), "")
    try:
        said, code = {"audit": audit, "outdated": outdated}[command]()
    except KeyError:
        sys.stderr.write(f"npm error: this stand-in only knows audit and outdated, got {command!r}\n")
        return 1
    except Failed as failed:
        said, code = failed.said, 1
    sys.stdout.write(json.dumps(said, indent=2) + "\n")
    return code


def audit() -> tuple[Json, int]:
    """Vulnerable packages by name."""
    lock = _lock()
    locked = {_name(path): entry for path, entry in lock["packages"].items() if path}
    direct = _wanted(lock["packages"][""])
    told = _ask(
        "POST", "/-/npm/v1/security/advisories/bulk", {name: [one["version"]] for name, one in locked.items()}
    )
    found: Json = {}
    for name, advisories in told.items():
        via = [
            {
                "source": one["id"],
                "name": name,
                "dependency": name,
                "title": one["title"],
                "url": one["url"],
                "severity": one["severity"],
                "cwe": one["cwe"],
                "cvss": one["cvss"],
                "range": one["vulnerable_versions"],
            }
            for one in advisories
            if name in locked and within(locked[name]["version"], one["vulnerable_versions"])
        ]
        if via:
            found[name] = _entry(name, via, name in direct)
    for name, entry in locked.items():  # users of a vulnerable package are vulnerable too
        for used in entry.get("dependencies", {}):
            if used in found and name not in found:
                found[name] = _entry(name, [used], name in direct, found[used]["severity"])
                found[used]["effects"].append(name)
    counts = dict.fromkeys(LEVELS, 0)
    for one in found.values():
        counts[one["severity"]] += 1
    developing = sum(bool(entry.get("dev")) for entry in locked.values())
    dependencies = {
        "prod": len(locked) - developing,
        "dev": developing,
        "optional": 0,
        "peer": 0,
        "peerOptional": 0,
    }
    report = {
        "auditReportVersion": 2,
        "vulnerabilities": found,
        "metadata": {
            "vulnerabilities": {**counts, "total": len(found)},
            "dependencies": {**dependencies, "total": len(locked)},
        },
    }
    return report, int(counts["high"] + counts["critical"] > 0)


def outdated() -> tuple[Json, int]:
    """Every installed dependency that is not up to date."""
    lock = _lock()
    found: Json = {}
    for name, wanted in _wanted(lock["packages"][""]).items():
        try:
            told = _ask("GET", f"/{quote(name, safe='@')}")
        except Failed as failed:
            if failed.said.get("statusCode") == NOT_FOUND:  # npm skips it
                continue
            raise
        allowed = [version for version in told["versions"] if _satisfies(version, wanted)]
        newest, latest = max(allowed, key=_parts, default=""), told["dist-tags"]["latest"]
        with open(f"node_modules/{name}/package.json", encoding="utf-8") as file:  # noqa: PTH123
            current = json.load(file)["version"]
        if current not in (newest, latest) or newest != latest:
            location = {"dependent": "project", "location": f"node_modules/{name}"}
            found[name] = {"current": current, "wanted": newest, "latest": latest, **location}
    return found, int(bool(found))


def within(version: str, wanted: str) -> bool:
    """Whether a version is in a range: ``>=1.0.0 <1.2.3 || <0.9.0``."""
    return any(
        all(_holds(_parts(version), *comparison) for comparison in re.findall(r"([<>]=?|=)?\s*(\d[\w.-]*)", part))
        for part in wanted.split("||")
    )


def _holds(version: tuple[int, ...], comparison: str, bound: str) -> bool:
    other = _parts(bound)
    return {
        "<": version < other,
        "<=": version <= other,
        ">": version > other,
        ">=": version >= other,
    }.get(comparison, version == other)


def _satisfies(version: str, wanted: str) -> bool:
    """A caret range, the only kind in the sandbox's project."""
    now, least = _parts(version), _parts(wanted.lstrip("^"))
    fixed = 1 if least[0] else 2
    return now >= least and now[:fixed] == least[:fixed]


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _entry(name: str, via: list[Any], direct: bool, severity: str = "") -> Json:
    worst = severity or max((one["severity"] for one in via), key=LEVELS.index)
    ranges = " || ".join(one["range"] for one in via if isinstance(one, dict)) or "*"
    return {
        "name": name,
        "severity": worst,
        "isDirect": direct,
        "via": via,
        "effects": [],
        "range": ranges,
        "nodes": [f"node_modules/{name}"],
        "fixAvailable": True,
    }


def _lock() -> Json:
    try:
        with open("package-lock.json", encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes time to load
            return json.load(file)  # type: ignore[no-any-return]
    except FileNotFoundError:
        summary = "This command requires an existing lockfile."
        raise Failed({"error": {"code": "ENOLOCK", "summary": summary, "detail": ""}}) from None


def _wanted(root: Json) -> dict[str, str]:
    return {**root.get("devDependencies", {}), **root.get("dependencies", {})}


def _name(path: str) -> str:
    return path.rpartition("node_modules/")[2]


def _ask(method: str, path: str, body: Any = None) -> Any:
    registry = os.environ.get("npm_config_registry", "")  # noqa: SIM112 - npm's name for it
    url = urlsplit(registry)
    whole = f"{registry.rstrip('/')}{path}"
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=10)
    try:
        sent = None if body is None else json.dumps(body)
        connection.request(method, path, sent, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
    except OSError as error:
        code = "ECONNREFUSED" if isinstance(error, ConnectionRefusedError) else "ETIMEDOUT"
        reason = f"request to {whole} failed, reason: connect {code} {url.hostname}:{url.port}"
        raise Failed(_failure(method, code, reason)) from None
    finally:
        connection.close()
    if answer.status >= 400:
        reason = f"{answer.status} {answer.reason} - {method} {whole}"
        raise Failed({**_failure(method, f"E{answer.status}", reason), "statusCode": answer.status})
    try:
        return json.loads(text)
    except ValueError:
        reason = f"invalid json response body at {whole} reason: Unexpected token"
        raise Failed(_failure(method, "FETCH_ERROR", reason)) from None


def _failure(method: str, code: str, reason: str) -> Json:
    """npm has two formats for this: one if the audit fails, and one for everything else."""
    if method == "POST":
        return {"message": reason, "error": {"summary": "", "detail": ""}}
    return {"error": {"code": code, "summary": f"FetchError: {reason}", "detail": ""}}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
