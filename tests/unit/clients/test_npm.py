"""npm as a program: what it may see and write, and what its answers mean."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from playbook.clients.npm import Npm, npm
from playbook.core.errors import Denied, Malformed, NotConfigured, TooLittleData, Unmeasured, Unreachable
from playbook.settings.loading import load
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

PACKAGE = {"dependencies": {"express": "^4.0.0", "@scope/a": "^1.0.0"}, "devDependencies": {"vitest": "^3.0.0"}}
LOCK = {
    "lockfileVersion": 3,
    "packages": {
        "": {},
        "node_modules/express": {"version": "4.21.2"},
        "node_modules/@scope/a": {"version": "1.2.3"},
        "node_modules/vitest": {"version": "3.2.4"},
        "node_modules/express/node_modules/qs": {"version": "6.0.0"},
    },
}
AUDIT = {
    "auditReportVersion": 2,
    "vulnerabilities": {
        "qs": {
            "name": "qs",
            "severity": "high",
            "via": [{"title": "Bad", "severity": "high"}],
            "fixAvailable": True,
        },
        "express": {
            "name": "express",
            "severity": "high",
            "isDirect": True,
            "via": ["qs"],
            "fixAvailable": {"name": "express", "version": "5.0.0", "isSemVerMajor": True},
        },
    },
    "metadata": {"dependencies": {"total": 4}},
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "package.json").write_text(json.dumps(PACKAGE), encoding="utf-8")
    (folder / "package-lock.json").write_text(json.dumps(LOCK), encoding="utf-8")
    return folder


def program(tmp_path: Path, body: str) -> Path:
    """An npm that does what ``body`` says in Python."""
    source = tmp_path / "npm.py"
    source.write_text(f"import json, os, sys, time\n{body}\n", encoding="utf-8")
    file = tmp_path / "npm"
    file.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{source}" "$@"\n', encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def client(project: Path, command: Path, *, time_limit: float = 50.0, **more: Any) -> Npm:
    target = {"kind": "sandbox", "npm": {"project": str(project), "command": str(command), **more}}
    overlay = {"targets": {"sandbox": target}, "dependencies": {"time_limit": time_limit}}
    return npm(load("sandbox", environment={}, overlay=overlay))


def saying(tmp_path: Path, project: Path, said: Any, **more: Any) -> Npm:
    return client(project, program(tmp_path, f"print({json.dumps(said)!r})\nsys.exit(1)"), **more)


def test_audit_report_is_read(tmp_path, project):
    report = saying(tmp_path, project, AUDIT).audit()
    assert report.looked_at == 4
    assert report.vulnerabilities["qs"].fixAvailable is True
    assert report.vulnerabilities["express"].via == ["qs"]
    assert report.vulnerabilities["qs"].advisories[0].title == "Bad"


@pytest.mark.parametrize(
    "said",
    [
        {"express": {"current": "4.21.2", "wanted": "4.21.2", "latest": "5.1.0", "location": "x"}},
        {"express": [{"current": "4.21.2", "wanted": "4.21.2", "latest": "5.1.0"}, {"current": "3.0.0"}]},
    ],
)
def test_both_formats_of_outdated_are_read(tmp_path, project, said):
    found = saying(tmp_path, project, said).outdated()
    assert (found["express"].current, found["express"].latest) == ("4.21.2", "5.1.0")


def test_nothing_outdated_is_empty(tmp_path, project):
    assert saying(tmp_path, project, {}).outdated() == {}
    assert client(project, program(tmp_path, "")).outdated() == {}  # some versions then print nothing


def test_every_dependency_is_shown_as_outdated_to_npm(tmp_path, project):
    body = """
found = {}
for folder, _, files in os.walk("node_modules"):
    if "package.json" in files:
        with open(os.path.join(folder, "package.json")) as file:
            one = json.load(file)
        found[one["name"]] = {"current": one["version"], "latest": one["version"]}
print(json.dumps(found))"""
    found = client(project, program(tmp_path, body)).outdated()
    assert {name: one.current for name, one in found.items()} == {
        "express": "0.0.0",
        "@scope/a": "0.0.0",
        "vitest": "0.0.0",
    }


def test_package_name_with_path_is_ignored(tmp_path, project):
    hostile = {"dependencies": {"../../../escaped": "1.0.0", "..": "1.0.0"}}
    (project / "package.json").write_text(json.dumps(hostile), encoding="utf-8")
    lock = {"packages": {f"node_modules/{name}": {"version": "1.0.0"} for name in hostile["dependencies"]}}
    (project / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    body = "print(json.dumps({name: {} for _, _, names in os.walk('..') for name in names}))"
    found = client(project, program(tmp_path, body)).outdated()
    assert set(found) == {"package.json", "package-lock.json"}


def test_project_is_unchanged_and_copy_removed(tmp_path, project):
    before = {file.name: file.read_bytes() for file in project.iterdir()}
    body = f"""
open("package-lock.json", "w").write("{{}}")
open("left-behind", "w").write("x")
open({str(tmp_path / "where")!r}, "w").write(os.getcwd())
print(json.dumps({{"auditReportVersion": 2}}))"""
    client(project, program(tmp_path, body)).audit()
    assert {file.name: file.read_bytes() for file in project.iterdir()} == before
    assert not Path((tmp_path / "where").read_text(encoding="utf-8")).exists()


def test_npm_gets_no_variables_of_ours(tmp_path, project, monkeypatch):
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", "secret")
    monkeypatch.setenv("npm_config_registry", "https://elsewhere.example")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    body = """
print(json.dumps({"auditReportVersion": 2, "vulnerabilities": {
    name: {"name": value} for name, value in os.environ.items()}}))"""
    seen = client(project, program(tmp_path, body)).audit().vulnerabilities
    assert "DIGITALOCEAN_TOKEN" not in seen
    assert "npm_config_registry" not in seen
    assert seen["HTTPS_PROXY"].name == "http://proxy.example:3128"
    assert seen["HOME"].name == os.environ["HOME"]
    assert seen["npm_config_git"].name == "git"


def test_configured_registry_overrides_everything(tmp_path, project, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    body = """
print(json.dumps({"auditReportVersion": 2, "vulnerabilities": {
    name: {"name": value} for name, value in os.environ.items()}}))"""
    mine = client(project, program(tmp_path, body), registry="https://npm.example/", ca="/etc/ca.pem")
    seen = mine.audit().vulnerabilities
    assert seen["npm_config_registry"].name == "https://npm.example/"
    assert seen["npm_config_cafile"].name == "/etc/ca.pem"
    assert "HTTPS_PROXY" not in seen
    assert seen["HOME"].name != os.environ["HOME"]


def test_only_registries_of_npmrc_are_used(tmp_path, project):
    lines = ["@mine:registry=https://npm.example/", "//npm.example/:_authToken=${NPM_TOKEN}", "strict-ssl=true"]
    others = ["workspaces=false", "git=./evil", "node-options=--require ./evil.js", "; registry=x", "registry-x=y"]
    (project / ".npmrc").write_text("\n".join([*others, *lines]), encoding="utf-8")
    body = """
print(json.dumps({"auditReportVersion": 2, "vulnerabilities": {line.strip(): {} for line in open(".npmrc")}}))"""
    seen = client(project, program(tmp_path, body)).audit().vulnerabilities
    assert list(seen) == lines


def test_scripts_are_never_run(tmp_path, project):
    body = 'print(json.dumps({"auditReportVersion": 2, "vulnerabilities": {word: {} for word in sys.argv[1:]}}))'
    said = client(project, program(tmp_path, body)).audit().vulnerabilities
    assert {"audit", "--json", "--ignore-scripts", "--audit-level", "high"} <= said.keys()


REFUSED = "connect ECONNREFUSED 127.0.0.1:9"


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        ({"message": f"request to x failed, reason: {REFUSED}", "error": {"summary": ""}}, Unreachable, REFUSED),
        ({"error": {"code": "ECONNREFUSED", "summary": f"FetchError: {REFUSED}"}}, Unreachable, REFUSED),
        ({"error": {"code": "ENOTFOUND", "summary": "getaddrinfo ENOTFOUND npm.x"}}, Unreachable, "ENOTFOUND"),
        ({"error": {"code": "SELF_SIGNED_CERT_IN_CHAIN", "summary": "self-signed"}}, Unreachable, "self-signed"),
        ({"message": "503 Service Unavailable", "statusCode": 503, "error": {}}, Unreachable, "503"),
        ({"message": "401 Unauthorized", "statusCode": 401, "error": {}}, Denied, "401"),
        ({"error": {"code": "E403", "summary": "403 Forbidden"}}, Denied, "403"),
        (
            {"error": {"code": "ENOLOCK", "summary": "This command requires a lockfile."}},
            TooLittleData,
            "lockfile",
        ),
        ({"error": {"code": "E404", "summary": "404 Not Found"}}, Malformed, "404"),
        ({"error": {}}, Malformed, "an error without words"),
        ([], Malformed, "JSON from npm audit"),
        ({"advisories": {}}, Malformed, "auditReportVersion"),
        ({"auditReportVersion": 2, "vulnerabilities": []}, Malformed, "another shape"),
    ],
)
def test_npm_refusal_is_mapped_to_its_meaning(tmp_path, project, said, kind, text):
    with pytest.raises(Unmeasured) as caught:
        saying(tmp_path, project, said).audit()
    assert type(caught.value) is kind
    assert text in str(caught.value)


def test_text_instead_of_json_is_malformed(tmp_path, project):
    with pytest.raises(Malformed, match="Segmentation fault"):
        client(project, program(tmp_path, "print('Segmentation fault')")).audit()
    with pytest.raises(Malformed, match="node: not found"):
        client(project, program(tmp_path, "sys.stderr.write('node: not found')")).audit()


def test_hanging_npm_is_killed_with_children(tmp_path, project):
    pid = tmp_path / "pid"
    file = tmp_path / "npm"
    file.write_text(f'#!/bin/sh\nsleep 60 &\necho $! > "{pid}"\nwait\n', encoding="utf-8")
    file.chmod(0o700)
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"expected the end of npm audit within 3 s"):
        client(project, file, time_limit=3.0).audit()
    assert time.monotonic() - started < 30
    child = int(pid.read_text(encoding="utf-8"))
    wait_for(lambda: not _alive(child), "an end of npm's child")


def _alive(pid: int) -> bool:
    """Neither gone nor a zombie that nobody has collected."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(state.stdout.strip()) and not state.stdout.strip().startswith("Z")


def test_each_missing_prerequisite_has_its_sentence(tmp_path, project):
    with pytest.raises(Unmeasured, match=r"expected the program \S+/nowhere, got none") as caught:
        client(project, tmp_path / "nowhere").audit()
    assert "Install Node.js" in caught.value.hint
    file = program(tmp_path, "")
    (project / "package-lock.json").unlink()
    with pytest.raises(TooLittleData, match=r"expected a lock file .+, got none"):
        client(project, file).audit()
    (project / "package.json").unlink()
    with pytest.raises(TooLittleData, match=r"expected package.json in .+, got none"):
        client(project, file).outdated()
    with pytest.raises(NotConfigured):
        npm(load("sandbox", environment={}))


def test_damaged_lock_file_is_malformed(tmp_path, project):
    (project / "package-lock.json").write_text('{"packages": ', encoding="utf-8")
    with pytest.raises(Malformed, match=r"expected package-lock\.json, got a file that is not JSON"):
        client(project, program(tmp_path, "")).read()


def test_lock_file_of_npm_6_is_counted(tmp_path, project):
    old = {"lockfileVersion": 1, "dependencies": {"express": {"version": "4.17.1"}}}
    (project / "package-lock.json").write_text(json.dumps(old), encoding="utf-8")
    found = client(project, program(tmp_path, "")).read()
    assert found.locked["express"] == "4.17.1"
    assert found.direct == {"express": False, "@scope/a": False, "vitest": True}
