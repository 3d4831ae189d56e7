"""Licences and vulnerabilities of what is installed, as CI says them: what was not looked at is not known."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def audit():
    """The script."""
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LOCK = """# made by make lock
httpx==0.28.1 \\
    --hash=sha256:abc
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:def
"""


def told(*packages):
    """What pip-audit says."""
    return json.dumps({"dependencies": list(packages), "fixes": []})


SOUND = {"name": "httpx", "version": "0.28.1", "vulns": []}
WEAK = {"name": "jinja2", "version": "2.0", "vulns": [{"id": "CVE-1", "fix_versions": ["2.1"]}]}
UNSEEN = {"name": "pydo", "skip_reason": "Dependency not found on PyPI"}


def test_lock_file_gives_packages_and_versions(audit):
    """With markers, and without the hashes."""
    assert audit.locked(LOCK) == {"httpx": "0.28.1", "colorama": "0.4.6"}
    assert len(audit.locked((ROOT / "requirements.lock").read_text())) > 50


def test_every_locked_licence_is_accepted(audit):
    """Of what is installed here."""
    names = audit.locked((ROOT / "requirements.lock").read_text())
    licences = {name: audit.READ.get(name) or audit.licence_of(name) for name in names}
    known = {name: licence for name, licence in licences.items() if licence}
    assert len(known) > 50
    assert audit.not_agreed(known) == []


def test_unaccepted_licence_is_named(audit):
    """A new package, or another licence of an old one."""
    assert audit.not_agreed({"a": "MIT", "b": "GNU Affero General Public License v3"}) == [
        "b: the licence 'GNU Affero General Public License v3' is not among those agreed to in .ci/audit.py"
    ]


def test_package_that_is_not_installed_has_no_licence(audit):
    """As those of other systems."""
    assert audit.licence_of("no-such-package-at-all") == ""


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "vulnerabilities: not known, as pip-audit did not reach its data (offline)"),
        ("[]", "vulnerabilities: not known, as pip-audit did not reach its data (offline)"),
        (
            told(UNSEEN, {**UNSEEN, "name": "b"}),
            "vulnerabilities: not known, as pip-audit checked none of 2 packages",
        ),
        (told(SOUND, UNSEEN), "vulnerabilities: 0 known of 1 of 2 packages"),
        (told(SOUND, WEAK), "vulnerabilities: 1 known of 2 of 2 packages"),
    ],
    ids=["nothing", "another-form", "none-seen", "one-seen", "weak"],
)
def test_audit_states_only_what_was_examined(audit, answer, said):
    """Not one word of good is said of the rest."""
    assert next(audit.summed_up(answer, "offline", 2)) == said


def test_vulnerability_names_fixed_version_and_fails(audit):
    """And fails the run."""
    assert audit.vulnerabilities(told(SOUND, WEAK)) == ["jinja2 2.0: CVE-1, fixed in 2.1"]
    assert audit.vulnerabilities(told(SOUND)) == []


@pytest.mark.parametrize(("answer", "code"), [(told(WEAK), 1), (told(SOUND), 0), ("", 0)])
def test_audit_exit_code_reflects_findings(audit, answer, code, monkeypatch, capsys):
    """Being offline is said and is no failure."""
    lock = ROOT / "requirements.lock"
    monkeypatch.setattr(audit, "ask_pip_audit", lambda _: (answer, "offline"))
    assert audit.main([str(lock)]) == code
    assert "vulnerabilities: " in capsys.readouterr().out
