"""Vulnerabilities that Dependabot knows of, and of how many dependencies it would know."""

from __future__ import annotations

import re
from dataclasses import replace

from playbook.clients.github import DependabotAlert, GitHubApi
from playbook.clients.github_requests import SERVICE
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.errors import Denied, NotConfigured, Unmeasured
from playbook.core.wording import plural
from playbook.measure.security.weakness import Source, Weakness, worst_first

# GitHub's words for a repository without alerts, and for an archived one.
_OFF = re.compile(r"(?i)alerts are (disabled|not available)")
_CLOSED = {"fixed", "dismissed", "auto_dismissed"}


def of_another(github: GitHubApi, repository: str) -> Source:
    """Open alerts on another repository of the app, of which nobody else would know anything."""
    found = of_dependabot(github.of(repository), audited=False, name=f"Dependabot in {repository}")
    if not isinstance(found.error, NotConfigured):
        return found
    hint = f"Enable {found.error.add}, for {repository}." if found.error.add else ""
    return replace(found, error=Unmeasured(str(found.error), service=SERVICE, hint=hint))


def of_dependabot(github: GitHubApi, *, audited: bool, name: str = "Dependabot") -> Source:
    """Open alerts on the repository's dependencies.

    Args:
        audited: npm has examined all dependencies of the project, so that nothing depends on what GitHub knows.
    """
    try:
        alerts = github.dependabot_alerts()
    except Denied as error:
        return Source(name, error=_switched_off(error, github) if _OFF.search(str(error)) else error)
    except (NotConfigured, Unmeasured) as error:
        return Source(name, error=error)
    # Filtered here too: a service that ignores the query's filter may return closed alerts.
    found = [_alert(alert) for alert in alerts if alert.state not in _CLOSED]
    seen = whole(f"{len(found)} open alerts") + alerts.coverage
    looked_at = "the repository's dependencies"
    if not alerts:
        looked_at, known = _known(github, audited=audited)
        seen += known
    return Source(name, worst_first(found), looked_at, coverage=seen)


def _known(github: GitHubApi, *, audited: bool) -> tuple[str, Coverage]:
    """Of how many dependencies GitHub knows, in words. Of a repository whose manifests it does not read, it never
    has an alert.
    """
    try:
        known = github.known_dependencies()
    except Unmeasured as error:
        missing = lacking(
            "not known of how many dependencies",
            expected="the number of dependencies of which GitHub knows",
            got=error.got,
            hint=error.hint,
        )
        return "an unknown number of dependencies", Coverage() if audited else missing
    missing = lacking(
        "no dependency known",
        expected="a repository of which GitHub knows the dependencies",
        got="one of which it knows none",
        hint="Switch on the dependency graph in the repository's settings, and commit manifest and lock file to "
        "its default branch.",
    )
    words = plural(known, "dependency", "dependencies") + " of the repository"
    return words, Coverage() if known or audited else missing


def _switched_off(error: Denied, github: GitHubApi) -> NotConfigured:
    """GitHub responds 403 where alerts are not enabled."""
    return NotConfigured(
        f"Dependabot's alerts are not switched on: {error}",
        setting=f"targets.{github.settings.target.name}.github.repository",
        add="Dependabot alerts in the repository's settings, under code security",
    )


def _alert(alert: DependabotAlert) -> Weakness:
    about = alert.security_vulnerability
    patched = about.first_patched_version
    return Weakness(
        package=about.package.name,
        level={"medium": "moderate"}.get(about.severity, about.severity),
        title=alert.security_advisory.summary,
        fix=f"{about.package.name} {patched.identifier}" if patched else "",
        link=alert.html_url,
    )
