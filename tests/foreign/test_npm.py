"""Real answers of npm 6 to 11, their registries and Dependabot, with the checks' verdicts."""

import copy
import json
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from checks.security import test_vulnerabilities as checks
from playbook.cli import probes
from playbook.clients.github import DependabotAlert, GitHubApi
from playbook.clients.listing import Listing
from playbook.clients.npm import npm
from playbook.core.coverage import whole
from playbook.core.errors import NotConfigured, PlaybookError, TooLittleData
from playbook.core.verdict import Verdict
from playbook.measure.security.dependencies import outdated_dependencies, weaknesses
from playbook.measure.security.repositories import OwnRepository
from playbook.settings.loading import load
from tests.judged import judged

# Each starts a program that answers like npm.
pytestmark = pytest.mark.slow

OK, WARNING, CRITICAL, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL, Verdict.UNKNOWN
LEVELS = ("info", "low", "moderate", "high", "critical")
PACKAGE = {"dependencies": {"express": "^4.0.0", "@scope/a": "^1.0.0"}, "devDependencies": {"vitest": "^3.0.0"}}
LOCK = {
    "name": "portfolio",
    "lockfileVersion": 3,
    "packages": {
        "": PACKAGE,
        "node_modules/express": {"version": "4.21.2"},
        "node_modules/@scope/a": {"version": "1.2.3"},
        "node_modules/vitest": {"version": "3.2.4", "dev": True},
        "node_modules/express/node_modules/qs": {"version": "6.0.0"},
    },
}
LOCK_1 = {
    "name": "portfolio",
    "lockfileVersion": 1,
    "dependencies": {
        "express": {"version": "4.21.2", "dependencies": {"qs": {"version": "6.0.0"}}},
        "@scope/a": {"version": "1.2.3"},
        "vitest": {"version": "3.2.4", "dev": True},
    },
}


def weak(name, severity):
    return {
        "name": name,
        "severity": severity,
        "isDirect": True,
        "via": [
            {"source": 1, "name": name, "title": "Bad", "url": "https://x", "severity": severity, "range": "*"}
        ],
        "effects": [],
        "range": "*",
        "nodes": [f"node_modules/{name}"],
        "fixAvailable": False,
    }


def report(*found, total=4, **changes):
    fields = {
        "auditReportVersion": 2,
        "vulnerabilities": {one["name"]: one for one in found},
        "metadata": {
            "vulnerabilities": {**dict.fromkeys(LEVELS, 0), "total": len(found)},
            "dependencies": {"prod": 4, "dev": 1, "optional": 0, "peer": 0, "peerOptional": 0, "total": total},
        },
        **changes,
    }
    return {key: value for key, value in fields.items() if value is not None}


def failed(message, **more):
    """In the shape of a failed audit."""
    return {"message": message, "error": {"summary": "", "detail": ""}, **more}


@pytest.fixture
def project(tmp_path):
    return place(tmp_path)


def place(folder, package=None, lock=None, lock_name="package-lock.json"):
    (folder / "project").mkdir(exist_ok=True)
    (folder / "project" / "package.json").write_text(json.dumps(package or PACKAGE))
    (folder / "project" / lock_name).write_text(json.dumps(LOCK if lock is None else lock))
    return folder


def settings_of(folder, audit, outdated, knows):
    """With an npm that prints its canned answers; texts verbatim. A shell, as Python takes longer to start."""
    answers = {
        "audit": audit,
        "outdated": outdated,
        "canary": report(weak("minimist", "critical")) if knows else report(),
    }
    for name, one in answers.items():
        text = one if isinstance(one, str) else json.dumps(one)
        (folder / f"npm.{name}").write_text(f"{text}\n", encoding="utf-8")
    program = folder / "npm"
    program.write_text(
        f'''#!/bin/sh
case "$(cat package.json)" in
  *audit-of-the-audit*) exec cat "{folder}/npm.canary" ;;
  *) exec cat "{folder}/npm.$1" ;;
esac
'''
    )
    program.chmod(0o755)
    target = {"kind": "sandbox", "npm": {"project": str(folder / "project"), "command": str(program)}}
    return load("sandbox", environment={}, overlay={"targets": {"sandbox": target}})


class GitHub:
    """Answers with alerts, or is not configured."""

    def __init__(self, alerts=None, settings=None):
        self.alerts, self.settings = alerts, settings

    def dependabot_alerts(self):
        if self.alerts is None:
            raise NotConfigured("not configured", setting="x", add="x")
        return Listing(msgspec.convert(self.alerts, list[DependabotAlert]), whole("all alerts"))

    def known_dependencies(self):
        return 4


def audited(folder, audit, knows=True, alerts=None):
    settings = settings_of(folder, audit, {}, knows)
    try:
        found = weaknesses(cast(GitHubApi, GitHub(alerts, settings)), settings, OwnRepository())
    except PlaybookError as error:
        return UNKNOWN, str(error)
    return judged(checks.test_no_dependency_is_vulnerable, limits=settings.limits, weaknesses=found)


NPM_6 = {
    "actions": [],
    "advisories": {"1179": {"module_name": "minimist", "severity": "low", "title": "Prototype pollution"}},
    "muted": [],
    "metadata": {"vulnerabilities": {"low": 1}, "dependencies": 4, "totalDependencies": 4},
    "runId": "f0a8",
}
# npm's answer, whether the registry has any advisories, the verdict, and a part of the message.
AUDITS = {
    "npm-11-nothing-weak": (report(), True, OK, "in 4 dependencies"),
    "npm-8-with-lows": (report(weak("qs", "low"), weak("a", "moderate")), False, OK, ""),
    "info-only": (report(weak("qs", "info")), False, OK, ""),
    "high": (report(weak("qs", "high")), False, CRITICAL, "qs high"),
    "a-level-never-seen": (report(weak("qs", "extreme")), False, CRITICAL, "qs extreme"),
    "no-level": (report({**weak("qs", ""), "severity": ""}), False, CRITICAL, ""),
    "offline": (report(), False, UNKNOWN, "an audit that finds a known vulnerability"),
    "looked-at-nothing": (report(total=0), True, UNKNOWN, "expected all 4 locked packages, got 0 locked packages"),
    "looked-at-some": (report(total=3), True, UNKNOWN, "got 3 locked packages"),
    "no-metadata": (report(metadata=None), True, UNKNOWN, "got one of version 2 without"),
    "no-metadata-and-critical": (report(weak("qs", "critical"), metadata=None), True, CRITICAL, "qs critical"),
    "no-vulnerabilities": (report(vulnerabilities=None), True, UNKNOWN, "got one of version 2 without"),
    "metadata-without-dependencies": (
        report(metadata={"vulnerabilities": {"total": 0}}),
        True,
        UNKNOWN,
        "without",
    ),
    "fewer-listed-than-counted": (
        report(weak("qs", "low"), metadata={"vulnerabilities": {"total": 3}, "dependencies": {"total": 4}}),
        True,
        UNKNOWN,
        "expected all 3 weak packages, got 1 weak package;",
    ),
    "npm-6": (NPM_6, True, UNKNOWN, "JSON of another shape"),
    "lock-file-missing": (
        {"error": {"code": "ENOLOCK", "summary": "This command requires an existing lockfile.", "detail": "Try"}},
        True,
        UNKNOWN,
        "expected a lock file in",
    ),
    "verdaccio-without-audit": (
        failed(
            "404 Not Found - POST https://npm.example/-/npm/v1/security/audits/quick - Not found",
            method="POST",
            statusCode=404,
            body={"error": "resource not found"},
        ),
        True,
        UNKNOWN,
        "expected an answer to npm audit, got 404 Not Found",
    ),
    "github-packages": (
        failed("405 Method Not Allowed - POST https://npm.pkg.github.com/-/npm/v1/security/advisories/bulk"),
        True,
        UNKNOWN,
        "got 405 Method Not Allowed",
    ),
    "artifactory-without-xray": (
        failed("501 Not Implemented - POST https://a.jfrog.io/artifactory/api/npm/npm", statusCode=501),
        True,
        UNKNOWN,
        "npm: expected",
    ),
    "nexus-forbidden": (
        failed("403 Forbidden - POST https://nexus.example/-/npm/v1/security/audits/quick", statusCode=403),
        True,
        UNKNOWN,
        "credentials to be accepted",
    ),
    "endpoint-error": (
        {"error": {"code": "ENOAUDIT", "summary": "audit endpoint returned an error", "detail": ""}},
        True,
        UNKNOWN,
        "audit endpoint returned an error",
    ),
    "no-workspaces-folder": (
        {"error": {"code": "ENOWORKSPACES", "summary": "No workspaces found!", "detail": ""}},
        True,
        UNKNOWN,
        "No workspaces found",
    ),
    "error-beside-a-report": (
        {**report(), "error": {"code": "E503", "summary": "x"}},
        True,
        UNKNOWN,
        "npm: expected",
    ),
    "counts-by-level-alone": (
        report(metadata={"vulnerabilities": {"critical": 2}, "dependencies": {"total": 4}}),
        True,
        UNKNOWN,
        "expected both weak packages, got 0 weak packages",
    ),
    "a-report-to-come": (report(auditReportVersion=3), True, UNKNOWN, "of version 2, got one of version 3"),
    "nothing-at-all": ("", True, UNKNOWN, "npm: expected"),
    "empty-object": ({}, True, UNKNOWN, "JSON of another shape"),
    "a-list": ([], True, UNKNOWN, "expected JSON from npm audit"),
    "words": ("found 0 vulnerabilities", True, UNKNOWN, "expected JSON from npm audit"),
    "a-page": ("<!DOCTYPE html>", True, UNKNOWN, "expected JSON from npm audit"),
}


@pytest.mark.parametrize("case", AUDITS.values(), ids=AUDITS)
def test_audit_has_its_verdict(project, case):
    """OK only where everything in the lock file was audited by a source with advisories."""
    audit, knows, verdict, words = case
    found = audited(project, audit, knows)
    assert found[0] is verdict, found
    assert words in found[1]


LOCKS = {
    "version-1": (LOCK_1, OK, ""),
    "version-2": ({**LOCK, "lockfileVersion": 2, "dependencies": LOCK_1["dependencies"]}, OK, ""),
    "version-3": (LOCK, OK, ""),
    "version-4": ({**LOCK, "lockfileVersion": 4}, UNKNOWN, "got one of version 4, which is not known here"),
    "without-version": ({"packages": LOCK["packages"]}, UNKNOWN, "got one of version 0"),
    "with-nothing-in-it": ({"lockfileVersion": 3, "packages": {"": {}}}, UNKNOWN, "the lock file listing of 0"),
    "without-one": (
        {**LOCK, "packages": {key: one for key, one in LOCK["packages"].items() if "vitest" not in key}},
        UNKNOWN,
        "vitest is not listed",
    ),
}


@pytest.mark.parametrize(("lock", "verdict", "words"), LOCKS.values(), ids=LOCKS)
def test_lock_file_has_its_verdict(tmp_path, lock, verdict, words):
    """For each of npm's formats."""
    found = audited(place(tmp_path, lock=lock), report())
    assert found[0] is verdict, found
    assert words in found[1]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("yarn.lock", "got yarn.lock of Yarn"),
        ("pnpm-lock.yaml", "got pnpm-lock.yaml of pnpm"),
        ("bun.lock", "of Bun"),
    ],
)
def test_foreign_lock_files_are_named(tmp_path, name, words):
    """npm reads none of them, and finds nothing in them."""
    verdict, message = audited(place(tmp_path, lock_name=name), report())
    assert verdict is UNKNOWN
    assert words in message


@pytest.mark.parametrize(
    ("name", "manager", "verdict"),
    [
        ("yarn.lock", "", UNKNOWN),
        ("pnpm-lock.yaml", "", UNKNOWN),
        ("pnpm-lock.yaml", "pnpm@9.12.0+sha512.aa", UNKNOWN),
        ("notes.txt", "pnpm@9.12.0", UNKNOWN),
        ("yarn.lock", "npm@10.9.0", OK),
        ("notes.txt", "npm@10.9.0", OK),
    ],
)
def test_lock_file_of_npm_may_be_a_leftover(tmp_path, name, manager, verdict):
    """Of a project that is installed by another program, npm's lock file is what it once was."""
    folder = place(tmp_path, package={**PACKAGE, **({"packageManager": manager} if manager else {})})
    (folder / "project" / name).write_text("")
    assert audited(folder, report())[0] is verdict


@pytest.mark.parametrize(
    ("spec", "verdict"),
    [
        ("^5.0.0", UNKNOWN),
        ("~3.4.0", UNKNOWN),
        ("5", UNKNOWN),
        ("5.x", UNKNOWN),
        ("4.21.2", OK),
        ("v4.0.0-beta.1", OK),
        ("^4.1.0 || ^5.0.0", OK),
        (">=4", OK),
        ("latest", OK),
        ("*", OK),
        ("npm:express5@^5.0.0", OK),
    ],
)
def test_lock_file_is_of_this_package(tmp_path, spec, verdict):
    """Otherwise something else is installed than what was audited."""
    package = {**PACKAGE, "dependencies": {**PACKAGE["dependencies"], "express": spec}}
    assert audited(place(tmp_path, package=package), report())[0] is verdict


@pytest.mark.parametrize(
    ("spec", "verdict"),
    [
        ("^0.34.0", UNKNOWN),
        ("~0.32.6", UNKNOWN),
        ("^0.33.0", OK),
        ("0.33.x", OK),
        ("0", OK),
        ("0.x", OK),
        ("*", OK),
    ],
)
def test_lock_file_below_one_is_of_this_minor_release(tmp_path, spec, verdict):
    """As semver takes it: sharp 0.34 is another release than 0.33."""
    package = {"dependencies": {"sharp": spec}}
    lock = {"lockfileVersion": 3, "packages": {"": package, "node_modules/sharp": {"version": "0.33.5"}}}
    assert audited(place(tmp_path, package=package, lock=lock), report(total=1))[0] is verdict


@pytest.mark.parametrize("name", ["yarn.lock", "pnpm-lock.yaml", "bun.lock"])
@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ({"pnpm-workspace.yaml": "packages: [apps/*]"}, UNKNOWN),
        ({"package.json": '{"workspaces":["apps/*"]}'}, UNKNOWN),
        ({"package.json": "{}"}, OK),
        ({"pnpm-workspace.yaml": "", "project/.git/HEAD": ""}, OK),
    ],
)
def test_lock_file_of_the_workspaces_above_is_the_one_that_counts(tmp_path, name, more, verdict):
    """Of a monorepo, npm's lock file in one of its packages is a leftover."""
    folder = place(tmp_path)
    (folder / name).write_text("")
    for file, text in more.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(text)
    (folder / ".git").mkdir()
    assert audited(folder, report())[0] is verdict


@pytest.mark.parametrize(
    ("engines", "verdict"),
    [
        ({"packageManager": {"name": "pnpm", "version": "11.1.0", "onFail": "download"}}, UNKNOWN),
        ({"packageManager": [{"name": "yarn"}, {"name": "pnpm"}]}, UNKNOWN),
        ({"packageManager": {"name": "npm"}}, OK),
        ({"runtime": {"name": "node"}}, OK),
    ],
)
def test_program_may_be_named_among_the_engines(tmp_path, engines, verdict):
    """As ``pnpm init`` writes it."""
    assert audited(place(tmp_path, package={**PACKAGE, "devEngines": engines}), report())[0] is verdict


DJANGO = '[project]\nname = "shop"\ndependencies = ["django>=5.2"]\n'
FORMATTER = "[tool.ruff]\nline-length = 100\n"


@pytest.mark.parametrize(
    ("name", "text", "verdict"),
    [
        ("requirements/production.txt", "django", UNKNOWN),
        ("requirements-prod.txt", "django", UNKNOWN),
        ("pylock.toml", "", UNKNOWN),
        ("pyproject.toml", DJANGO, UNKNOWN),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.12"\ndjango = "^5.2"\n', UNKNOWN),
        ("pyproject.toml", '[dependency-groups]\ndev = ["pytest"]\n', UNKNOWN),
        ("pyproject.toml", '[project]\nname = "shop"\ndynamic = ["version", "dependencies"]\n', UNKNOWN),
        ("pyproject.toml", "[project\n", UNKNOWN),
        ("pyproject.toml", FORMATTER, OK),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.12"\n', OK),
        ("environment.yml", "", UNKNOWN),
        ("requirements/README.md", "", OK),
        ("requirements.md", "", OK),
    ],
)
def test_dependencies_of_python_are_found_by_whatever_name(project, name, text, verdict):
    """pip has no fixed name, and a pyproject.toml may hold the settings of a formatter alone."""
    file = project / "project" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    assert audited(project, report())[0] is verdict


@pytest.mark.parametrize("name", ["requirements.txt", "composer.lock", "Gemfile.lock", "Cargo.lock", "go.sum"])
def test_dependencies_of_other_languages_are_unknown_to_npm(project, name):
    """Dependabot examines them, where it is switched on; a vulnerability that npm knows counts all the same."""
    (project / "project" / name).write_text("")
    verdict, message = audited(project, report())
    assert verdict is UNKNOWN
    assert f"got one of npm's alone, and {name} beside its lock file" in message
    assert audited(project, report(), alerts=[])[0] is OK
    assert audited(project, report(weak("qs", "high")))[0] is CRITICAL


def test_shrinkwrap_goes_before_the_lock_file(tmp_path):
    """As npm itself does it."""
    folder = place(place(tmp_path), lock_name="npm-shrinkwrap.json")
    (folder / "project" / "package-lock.json").write_text("{}")
    assert audited(folder, report())[0] is OK


def test_byte_order_mark_is_no_fault(tmp_path):
    """npm reads files that begin with one, as editors on Windows write them."""
    folder = place(tmp_path)
    for file in (folder / "project").iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert audited(folder, report())[0] is OK


def alert(number, severity="low", **more):
    return {
        "number": number,
        "state": "open",
        "security_vulnerability": {"package": {"name": "qs", "ecosystem": "npm"}, "severity": severity},
        "security_advisory": {"ghsa_id": "GHSA-1", "summary": "Bad"},
        "html_url": "https://github.com/x",
        **more,
    }


ALERTS = {
    "none": ([], OK),
    "low-and-medium": ([alert(1), alert(2, "medium")], OK),
    "high": ([alert(1), alert(2, "high")], CRITICAL),
    "a-level-never-seen": ([alert(1, "urgent")], CRITICAL),
    "without-level": ([{"number": 1}], CRITICAL),
    "answers-with-fixed-ones-too": ([alert(1, "critical", state="fixed"), alert(2)], OK),
    "answers-with-dismissed-ones-too": ([alert(1, "critical", state="auto_dismissed")], OK),
    "a-state-never-seen": ([alert(1, "critical", state="reopened")], CRITICAL),
    "a-whole-page": ([alert(number) for number in range(100)], OK),
    "more-than-a-page": ([alert(number) for number in range(130)], OK),
}


@pytest.mark.parametrize(("alerts", "verdict"), ALERTS.values(), ids=ALERTS)
def test_dependabot_alerts_have_their_verdict(project, alerts, verdict):
    """Next to an audit without findings."""
    assert audited(project, report(), alerts=alerts)[0] is verdict


# ------------------------------------------------------------------------------------------------------- outdated


def release(name, wanted, latest):
    return {name: {"current": "0.0.0", "wanted": wanted, "latest": latest, "dependent": "p", "location": "x"}}


NEWEST = {
    **release("express", "4.21.2", "4.21.2"),
    **release("@scope/a", "1.2.3", "1.2.3"),
    **release("vitest", "3.2.4", "3.2.4"),
}


# Nine projects on a beta, or on a major release whose predecessor is still the recommended one.
AHEAD = {f"next-{number}": ("16.0.0-canary.12", "15.5.4") for number in range(4)}
AHEAD |= {f"vue-{number}": ("3.5.0", "2.7.16") for number in range(5)}


def test_newer_release_than_the_latest_is_not_behind(tmp_path):
    """Whatever tag it has in the registry."""
    package = {"dependencies": {name: current for name, (current, _) in AHEAD.items()}}
    packages = {f"node_modules/{name}": {"version": current} for name, (current, _) in AHEAD.items()}
    folder = place(tmp_path, package, {**LOCK, "packages": {"": package, **packages}})
    outdated: dict[str, object] = {}
    for name, (current, latest) in AHEAD.items():
        outdated |= release(name, current, latest)
    verdict, message = looked_up(folder, outdated)
    assert (verdict, "got 0 of 9 dependencies" in message) == (OK, True), message


def test_alias_is_looked_up_under_its_own_name(tmp_path):
    """npm names it with what it stands for."""
    package = {"dependencies": {"mini": "npm:minimist@0.0.8", "@scope/odd": "npm:is-odd@1.0.0"}}
    packages = {
        "node_modules/mini": {"name": "minimist", "version": "0.0.8"},
        "node_modules/@scope/odd": {"name": "is-odd", "version": "1.0.0"},
    }
    folder = place(tmp_path, package, {**LOCK, "packages": {"": package, **packages}})
    outdated = {
        **release("mini:minimist@0.0.8", "0.0.8", "1.2.8"),
        **release("@scope/odd:is-odd@1.0.0", "1.0.0", "1.0.0"),
    }
    verdict, message = looked_up(folder, outdated)
    assert (verdict, "got 1 of 2 dependencies of the project (mini 0.0.8" in message) == (OK, True), message


def looked_up(folder, outdated):
    settings = settings_of(folder, report(), outdated, True)
    try:
        found = outdated_dependencies(npm(settings))
    except PlaybookError as error:
        return UNKNOWN, str(error)
    return judged(checks.test_dependencies_are_not_far_behind, limits=settings.limits, outdated_dependencies=found)


def test_doctor_tells_of_a_registry_without_the_packages(project):
    """npm says nothing of them."""
    with pytest.raises(TooLittleData, match=r"got none of @scope/a: .* has 3 dependencies"):
        probes._npm(npm(settings_of(project, report(), {}, True)))
    found = probes._npm(npm(settings_of(project, report(), NEWEST, True)))
    assert found.endswith("has 3 dependencies, and the registry has their releases")


OUTDATED = {
    "all-at-their-newest": (NEWEST, OK, ""),
    "one-behind": ({**NEWEST, **release("express", "4.21.2", "5.1.0")}, OK, "express 4.21.2 → 5.1.0"),
    "nothing-said": ("", UNKNOWN, "expected JSON from npm outdated"),
    "empty-object": ({}, UNKNOWN, "expected releases of all 3 dependencies, got releases of 0 dependencies"),
    "one-left-out": (
        {name: one for name, one in NEWEST.items() if name != "@scope/a"},
        UNKNOWN,
        "got releases of 2 dependencies (none of @scope/a)",
    ),
    "without-latest": (
        {**NEWEST, "express": {"current": "0.0.0", "wanted": "4.21.2"}},
        UNKNOWN,
        "none of express",
    ),
    "lists": ({name: [one, {"current": "9.9.9"}] for name, one in NEWEST.items()}, OK, ""),
    "an-odd-version": ({**NEWEST, **release("express", "git", "git")}, UNKNOWN, "express 4.21.2 → git"),
    "an-error": ({"error": {"code": "E401", "summary": "Unable to authenticate"}}, UNKNOWN, "credentials"),
    "others-only": (release("left-pad", "1.0.0", "1.3.0"), UNKNOWN, "got releases of 0 dependencies"),
}


@pytest.mark.parametrize(("outdated", "verdict", "words"), OUTDATED.values(), ids=OUTDATED)
def test_outdated_dependencies_have_their_verdict(project, outdated, verdict, words):
    """OK only where the registry named the newest release of each."""
    found = looked_up(project, outdated)
    assert found[0] is verdict, found
    assert words in found[1]


def test_dependencies_outside_the_registry_are_counted_separately(tmp_path):
    """They have no releases to compare with."""
    others = {
        "g": "github:a/b",
        "h": "a/b#main",
        "i": "git+ssh://git@github.com/a/b.git",
        "j": "file:../j",
        "k": "https://x.example/k.tgz",
        "l": "./l",
        "m": "workspace:*",
    }
    package = {**PACKAGE, "dependencies": {**PACKAGE["dependencies"], **others}}
    assert looked_up(place(tmp_path, package), NEWEST)[0] is OK
    aliased = {**PACKAGE, "dependencies": {**PACKAGE["dependencies"], "b": "npm:@scope/b@^1.0.0"}}
    assert looked_up(place(tmp_path, aliased), NEWEST)[0] is UNKNOWN


def locked(name, **fields):
    """The project's lock file with one more package."""
    return {**LOCK, "packages": {**LOCK["packages"], f"node_modules/{name}": fields}}


GIT = "git+ssh://git@github.com/a/b.git#9c5d1f0e6a7b"
FOREIGN = {
    "github": ("github:a/b", locked("b", version="1.0.0", resolved=GIT)),
    "short": ("a/b#main", locked("b", version="1.0.0", resolved=GIT)),
    "git": ("git+https://git.example/a/b.git", locked("b", version="1.0.0", resolved=GIT)),
    "address": ("https://x.example/b.tgz", locked("b", version="1.0.0", resolved="https://x.example/b.tgz")),
    "of-another": (None, locked("express/node_modules/b", version="1.0.0", resolved=GIT)),
    "npm-6": (None, {**LOCK_1, "dependencies": {**LOCK_1["dependencies"], "b": {"version": GIT}}}),
}


@pytest.mark.parametrize(("spec", "lock"), FOREIGN.values(), ids=FOREIGN)
def test_packages_of_no_registry_are_unknown_to_the_audit(tmp_path, spec, lock):
    """npm counts them as audited, and asks for advisories by name and version, which no registry has."""
    package = PACKAGE if spec is None else {**PACKAGE, "dependencies": {**PACKAGE["dependencies"], "b": spec}}
    verdict, message = audited(place(tmp_path, package, lock), report(total=5))
    assert verdict is UNKNOWN
    assert "expected packages of a registry, which has advisories of them, got b from a repository" in message


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ("file:../b", {"resolved": "../b", "link": True}),
        ("workspace:*", {"resolved": "packages/b", "link": True}),
        ("^1.0.0", {"version": "1.0.0", "resolved": "https://npm.pkg.github.com/download/@a/b/1.0.0/9c5d1f"}),
        ("^1.0.0", {"version": "1.0.0", "resolved": "https://registry.npmjs.org/b/-/b-1.0.0.tgz"}),
    ],
)
def test_own_folders_and_other_registries_are_no_foreign_packages(tmp_path, spec, fields):
    package = {**PACKAGE, "dependencies": {**PACKAGE["dependencies"], "b": spec}}
    assert audited(place(tmp_path, package, locked("b", **fields)), report(total=5))[0] is OK


@pytest.mark.parametrize("workspaces", [["packages/*"], {"packages": ["a"]}])
def test_workspaces_are_not_checked(tmp_path, workspaces):
    """Their dependencies are in separate files."""
    verdict, message = looked_up(place(tmp_path, {**PACKAGE, "workspaces": workspaces}), NEWEST)
    assert verdict is UNKNOWN
    assert "expected the dependencies of all workspaces" in message


# ----------------------------------------------------------------------------------------------------- properties


@effort(max_examples=40)
@given(data=st.data())
def test_one_missing_part_of_a_report_is_not_ok(tmp_path_factory, data):
    """What npm should have reported, but did not."""
    folder = place(tmp_path_factory.mktemp("n"))
    audit = report()
    path = data.draw(
        st.sampled_from(
            [
                ("auditReportVersion",),
                ("vulnerabilities",),
                ("metadata",),
                ("metadata", "dependencies"),
                ("metadata", "dependencies", "total"),
            ]
        )
    )
    inner = audit
    for key in path[:-1]:
        inner = inner[key]
    instead = data.draw(st.sampled_from(["gone", None, "x", -1, []]))
    if instead == "gone":
        del inner[path[-1]]
    else:
        inner[path[-1]] = instead
    if path == ("auditReportVersion",) and instead == -1:
        return
    assert audited(folder, audit)[0] is not OK


@effort(max_examples=40)
@given(at=st.integers(0, 5), severity=st.text(max_size=12).filter(lambda text: text not in LEVELS[:3]))
def test_one_vulnerability_of_another_level_is_not_ok(tmp_path_factory, at, severity):
    """Also among those that do not matter."""
    folder = place(tmp_path_factory.mktemp("n"))
    found = [weak(f"p{number}", "low") for number in range(5)]
    found.insert(at, weak("worst", severity))
    assert audited(folder, report(*found))[0] is not OK


@effort(max_examples=20)
@given(name=st.sampled_from(list(NEWEST)), instead=st.sampled_from([None, {}, [], {"current": "0.0.0"}, "x", 7]))
def test_one_dependency_without_a_release_is_not_ok(tmp_path_factory, name, instead):
    """Whatever is in its place."""
    folder = place(tmp_path_factory.mktemp("n"))
    assert looked_up(folder, {**copy.deepcopy(NEWEST), name: instead})[0] is not OK
