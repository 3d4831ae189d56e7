"""What faults make the reviews of deployments, scaling, costs, access, firewalls and dependencies say."""

from __future__ import annotations

from playbook.core.wording import clause_of

PUSHED = r"\(commit [0-9a-f]{7} pushed to github/example/portfolio\)"

THROUGH_DIGITALOCEAN = (
    "weekly.deployments.failed",
    "weekly.scaling.fits",
    "monthly.cost.balance",
    "monthly.cost.invoices",
    "monthly.cost.trend",
    "monthly.config.firewall",
    "monthly.dr.rollback",
    "monthly.dr.rollback-drill",
    "monthly.access.permissions",
    "monthly.access.unused-accounts",
)
ACCESS = ("monthly.access.permissions", "monthly.access.unused-accounts", "monthly.access.mfa")
# On the first days of a month the last one stands for it.
MONTH = r"\(\d{4}-\d\d: \$[\d.]+ of \$150\.00(, projected from \$[\d.]+ in [\d.]+ of \d\d days)?\)"
LAST = r"\(\d{4}-\d\d: \$%s of \$150\.00\)"
GROWTH = r"\(\d{4}-\d\d → \d{4}-\d\d: \$[\d.]+ → \$[\d.]+\)"


def away(got: str) -> dict[str, tuple[str, str]]:
    """The whole DigitalOcean API is away."""
    return dict.fromkeys(THROUGH_DIGITALOCEAN, ("UNKNOWN", rf"DigitalOcean API: expected the \S.*, got {got}"))


def no_github(message: str) -> dict[str, tuple[str, str]]:
    """Why GitHub could not be asked; what npm says alone is not enough."""
    audit = (
        rf"Vulnerabilities by npm audit: expected an answer of Dependabot, got {clause_of(message)}; what was .+"
    )
    return {**dict.fromkeys(ACCESS, ("UNKNOWN", message)), "monthly.vulnerabilities.audit": ("UNKNOWN", audit)}


def no_npm(message: str) -> dict[str, tuple[str, str]]:
    """Why npm could not be asked; Dependabot's answer alone is not enough."""
    return {
        "monthly.vulnerabilities.audit": (
            "UNKNOWN",
            rf"Vulnerabilities by Dependabot: expected an answer of npm audit, "
            rf"got {clause_of(message.replace('{}', 'audit'))}; "
            r"what was seen gives 0 of level high or critical in the repository's dependencies",
        ),
        "monthly.vulnerabilities.outdated": ("UNKNOWN", message.replace("{}", "outdated")),
    }


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "deployment-failed": {
        "weekly.deployments.failed": (
            "CRITICAL",
            r"Deployments of the week: expected none that failed without a later success, "
            rf"got ERROR, 2[5-9] min ago {PUSHED}: BuildJobFailed The build command exited with a non-zero "
            r"exit code",
        ),
    },
    "app-not-active": {
        "weekly.deployments.failed": (
            "CRITICAL",
            r"Deployments of the week: expected none that failed without a later success, "
            rf"got ERROR, 2[5-9] min ago {PUSHED}: DeployContainerExitNonZero .+",
        ),
    },
    "deployment-stuck": {
        "weekly.deployments.failed": (
            "CRITICAL",
            rf"Deployments of the week: expected none stuck in progress, got DEPLOYING for 2 h( \d min)? {PUSHED}",
        ),
    },
    "deployments-flaky": {
        "weekly.deployments.failed": (
            "WARNING",
            r"Failed deployments: expected at most 30 %, got 50 % over 7 days \(4 of 8 deployments\)",
        ),
    },
    "over-provisioned": {
        "weekly.scaling.fits": (
            "WARNING",
            r"image-optimizer: expected nothing cheaper that fits, got 2 to 4 × apps-d-2vcpu-8gb at 1\d % CPU and "
            r"1\d % memory; at least 2 × apps-d-1vcpu-2gb would save \$118\.00 a month",
        ),
    },
    "under-provisioned": {
        "weekly.scaling.fits": (
            "WARNING",
            r"Memory of portfolio-web: expected under 80 %, got 8\d\.\d % over 7 days \(95th percentile of "
            r"2 × apps-s-1vcpu-1gb; 2 × apps-s-1vcpu-2gb would cost \$26\.00 a month more\)",
        ),
    },
    "app-metrics-missing": {
        "weekly.scaling.fits": (
            "UNKNOWN",
            r"Use of the week: expected CPU samples of at least 151\.2 of 168 h and memory samples of at least "
            r"151\.2 of 168 h.*, got CPU samples of 0 h \(portfolio-web 0 h .+",
        ),
    },
    "cost-over-budget": {
        "monthly.cost.balance": (
            "CRITICAL",
            r"Cost of the month: expected at most 90 % of the budget, got 11\d\.?\d* % of the budget "
            rf"{MONTH} \(critical > 100 % of the budget\)",
        ),
        "monthly.cost.invoices": (
            "CRITICAL",
            r"Last invoice: expected at most 90 % of the budget, got 118\.4 % of the budget "
            rf"{LAST % r'177.60'} \(critical > 100 % of the budget\)",
        ),
        "monthly.cost.trend": (
            "CRITICAL",
            rf"Growth of App Platform: expected at most 20 %, got 60 % {GROWTH} \(critical > 50 %\)",
        ),
    },
    "cost-creeping": {
        "monthly.cost.balance": (
            "OK or WARNING",
            rf"Cost of the month: expected at most 90 % of the budget, got 92\.5 % of the budget {MONTH}",
        ),
        "monthly.cost.invoices": (
            "WARNING",
            r"Last invoice: expected at most 90 % of the budget, got 92\.5 % of the budget "
            rf"{LAST % r'138.75'}",
        ),
        "monthly.cost.trend": (
            "WARNING",
            rf"Growth of App Platform: expected at most 20 %, got 25 % {GROWTH}",
        ),
    },
    "redis-open-to-world": {
        "monthly.config.firewall": (
            "CRITICAL",
            r"Trusted sources of Redis: expected a list of who may connect, "
            r"got an empty list, which lets the whole internet connect",
        ),
    },
    "redis-open-by-range": {
        "monthly.config.firewall": (
            "CRITICAL",
            r"Trusted sources of Redis: expected a list of who may connect, "
            r"got 0\.0\.0\.0/0, which is the whole internet",
        ),
    },
    "redis-trusts-too-many": {
        "monthly.config.firewall": (
            "WARNING",
            r"Trusted sources of Redis: expected narrow address ranges, got 10\.0\.0\.0/8",
        ),
    },
    "ssh-open-to-world": {
        "monthly.config.firewall": (
            "CRITICAL",
            r"Cloud firewalls: expected no management port open to the world, "
            r"got 22 open to 0\.0\.0\.0/0 in monitoring \(rule tcp 22\), and 1 more",
        ),
    },
    "rollback-refused": {
        "monthly.dr.rollback": (
            "CRITICAL",
            r"Rollback: expected the platform to say that it is valid, "
            r"got app_pinned: the app is pinned to a previous deployment",
        ),
        "monthly.dr.rollback-drill": (
            "CRITICAL",
            r"Rollback drill: expected the release before to run, and then the newer one again, "
            r"got a platform that refuses it: app_pinned: the app is pinned to a previous deployment",
        ),
    },
    "rollback-with-warning": {
        "monthly.dr.rollback": (
            "WARNING",
            r"Rollback: expected no warnings of the platform, got image_source_missing_digest: one or more .+",
        ),
    },
    "rollback-nowhere": {
        "monthly.dr.rollback": (
            "CRITICAL",
            r"Rollback: expected an earlier good deployment to go back to, got no earlier good one",
        ),
        "monthly.dr.rollback-drill": (
            "UNKNOWN",
            r"Rollback drill: expected an earlier good deployment to go back to, got none",
        ),
    },
    "account-locked": {
        "monthly.access.permissions": (
            "CRITICAL",
            r"DigitalOcean account: expected active, got locked \(Payment failed\.\)",
        ),
    },
    "account-warned": {
        "monthly.access.permissions": ("WARNING", r"DigitalOcean account: expected active, got warning"),
    },
    "account-email-unverified": {
        "monthly.access.permissions": (
            "WARNING",
            r"DigitalOcean account: expected a verified e-mail address, got one that is not verified",
        ),
    },
    "ssh-keys-many": {
        "monthly.access.unused-accounts": (
            "WARNING",
            r"SSH keys of the DigitalOcean account: expected at most 10 keys, got 14 keys",
        ),
    },
    "github-gone": no_github(
        r"GitHub: expected an answer from https://localhost:\d+/\S+, "
        r"got connection refused \(connect, after \d\.\d+ s\)"
    ),
    "github-denied": no_github(
        r"GitHub: expected the \S.* from localhost:\d+, "
        r"got HTTP 403 \(Resource not accessible by personal access token\)"
    ),
    "github-throttled": no_github(
        r"GitHub: expected the \S.* from localhost:\d+, got HTTP 403 "
        r"\(API rate limit exceeded for user ID 1\); it asks to come back in 1,[78]\d\d s"
    ),
    "github-not-owner": {
        "monthly.access.mfa": (
            "UNKNOWN",
            r"Second factor on GitHub: expected who has no second factor and whether example requires a second "
            r"factor, got nothing from GitHub: .+ and no word of it; .+",
        ),
    },
    "github-owner-unknown": {
        "monthly.access.permissions": (
            "CRITICAL",
            r"Owners of the GitHub organisation: expected only those in the settings, got quick-helper-77",
        ),
    },
    "github-outsider": {
        "monthly.access.permissions": (
            "WARNING",
            r"Outside collaborators on GitHub: expected only those in the settings, got freelance-dan",
        ),
    },
    "github-member-idle": {
        "monthly.access.unused-accounts": (
            "WARNING",
            r"Members on GitHub: expected a push or merge of each in 90 days, got nothing from chiara-rossi",
        ),
    },
    "github-without-2fa": {
        "monthly.access.mfa": (
            "CRITICAL",
            r"Second factor on GitHub: expected everybody to have one, got none for chiara-rossi",
        ),
    },
    "github-2fa-optional": {
        "monthly.access.mfa": (
            "WARNING",
            r"Second factor on GitHub: expected an organisation that requires it, got one that does not",
        ),
    },
    "access-unsigned": {
        item: ("CRITICAL", rf"Sign-off of {item}: expected a valid one, got none") for item in ACCESS
    },
    "people-gone": dict.fromkeys(
        ACCESS, ("UNKNOWN", r"Sign-offs: expected the file attestations\.jsonl, which is not there")
    ),
    "dependabot-alert": {
        "monthly.vulnerabilities.audit": (
            "CRITICAL",
            r"Vulnerabilities by Dependabot: expected none of level high or critical, got 1 of level "
            r"high or critical in "
            r"the repository's dependencies \(sharp critical, fixed by sharp 0\.34\.5\) "
            r"\(critical > 0 of level high or critical\)",
        ),
    },
    "dependabot-denied": {
        "monthly.vulnerabilities.audit": (
            "UNKNOWN",
            r"Vulnerabilities by npm audit: expected an answer of Dependabot, "
            r"got nothing from GitHub: HTTP 403 \(Resource not accessible by personal access token\); "
            r"what was seen gives 0 of level high or critical in 7 dependencies",
        ),
    },
    "npm-blind": {
        "monthly.vulnerabilities.audit": (
            "UNKNOWN",
            r"Vulnerabilities by npm audit: expected an audit that finds what is known to be weak "
            r"\(minimist 0\.0\.8\), "
            r"got nothing found in it; what was seen gives 0 of level high or critical in 7 dependencies",
        ),
    },
    "npm-unlisted": {
        "monthly.vulnerabilities.outdated": (
            "UNKNOWN",
            r"Dependencies a major version behind: expected releases of all 6 dependencies, got releases of "
            r"5 dependencies \(none of sharp\); what was seen gives 1 of 6 dependencies of the project "
            r"\(express 4\.21\.2 → 5\.1\.0\)",
        ),
    },
    "npm-weak-dependency": {
        "monthly.vulnerabilities.audit": (
            "CRITICAL",
            r"Vulnerabilities by npm audit: expected none of level high or critical, got 2 of level "
            r"high or critical in "
            r"7 dependencies \(express high, fixed by npm audit fix; qs high, fixed by npm audit fix\) "
            r"\(critical > 0 of level high or critical\)",
        ),
    },
    "npm-outdated": {
        "monthly.vulnerabilities.outdated": (
            "WARNING",
            r"Dependencies a major version behind: expected at most 5, got 6 of 6 dependencies of the project "
            r"\(express 4\.21\.2 → 5\.0\.0, ioredis 5\.4\.1 → 6\.0\.0, pino 9\.6\.0 → 10\.0\.0, and 3 more\)",
        ),
    },
    "npm-gone": no_npm(r"npm: expected npm {} to reach localhost:\d+, got .*reason: connect ECONNREFUSED \S+"),
    "npm-missing": no_npm(r"npm: expected the program \S+/npm, got none of that name on this machine"),
    "npm-unlocked": no_npm(
        r"npm: expected a lock file \(package-lock\.json or npm-shrinkwrap\.json\) in \S+, got none"
    ),
    "npm-denied": no_npm(
        r"npm: expected npm's credentials to be accepted by localhost:\d+, got .*401 Unauthorized.*"
    ),
    "bandwidth-days-missing": {
        "weekly.resources.network": (
            "UNKNOWN",
            r"Traffic above the week before: expected traffic of at least 5\.6 of 7 days of both weeks, got "
            r"traffic of 4 days of both weeks \(none of (\w+ \d+ \w+(, )?){3}\); what was seen gives .+",
        ),
    },
    "invoices-without-items": {
        "monthly.cost.trend": (
            "UNKNOWN",
            r"Growth of everything: expected items of \d{4}-\d\d's \$[\d.]+ and .+, got no items; what was .+",
        ),
    },
    "balance-stale": dict.fromkeys(
        ("monthly.cost.balance", "monthly.cost.invoices", "monthly.cost.trend"),
        (
            "UNKNOWN",
            r"(Cost of the month|Last invoice|Growth of .+): expected a balance of the last 2 days(.*), "
            r"got one of .+ UTC.*; what was seen gives .+",
        ),
    ),
    "ssh-keys-cut": dict.fromkeys(
        ("monthly.access.permissions", "monthly.access.unused-accounts"),
        (
            "UNKNOWN",
            r"(DigitalOcean account|SSH keys of .+|Members on GitHub): expected both SSH keys, "
            r"got 1 SSH key; what was seen gives .+",
        ),
    ),
    "account-status-new": dict.fromkeys(
        ("monthly.access.permissions", "monthly.access.unused-accounts"),
        (
            "UNKNOWN",
            r"(DigitalOcean account|SSH keys of .+|Members on GitHub): expected active, warning or "
            r"locked as the account's status, got under_review(; what was seen gives .+)?",
        ),
    ),
    "redis-open-by-halves": {
        "monthly.config.firewall": (
            "CRITICAL",
            r"Trusted sources of Redis: expected a list of who may connect, "
            r"got 0\.0\.0\.0/2 and 128\.0\.0\.0/2, which is the whole internet",
        ),
    },
    "redis-source-new": {
        "monthly.config.firewall": (
            "UNKNOWN",
            r"Trusted sources of Redis: expected all trusted sources to be understood, got 1 of 2 that is not, "
            r"e\.g\. 'vpc 0b1e'; what was seen gives app \S+, vpc 0b1e",
        ),
    },
    "ssh-open-by-halves": {
        "monthly.config.firewall": (
            "CRITICAL",
            r"Cloud firewalls: expected no management port open to the world, got 22 open to "
            r"0\.0\.0\.0/2 and 128\.0\.0\.0/2 in monitoring \(rule tcp 20-25\), and 1 more",
        ),
    },
    "firewall-idle": {
        "monthly.config.firewall": (
            "WARNING",
            r"Cloud firewalls: expected each to cover a droplet or a tag, got monitoring covering none",
        ),
    },
    "firewall-waiting": {
        "monthly.config.firewall": (
            "UNKNOWN",
            r"Trusted sources of Redis: expected rules of monitoring that are in force \(succeeded\), got waiting"
            r"; what was seen gives .+",
        ),
    },
    "github-owner-invited": {
        "monthly.access.permissions": (
            "CRITICAL",
            r"Owners of the GitHub organisation: expected only those in the settings, "
            r"got quick-helper-77 \(invited\)",
        ),
    },
    "github-invitations-denied": {
        "monthly.access.permissions": (
            "UNKNOWN",
            r"DigitalOcean account: expected the open invitations, got nothing from "
            r"GitHub: HTTP 403 .+; what was seen gives active",
        ),
    },
    "github-collaborators-cut": dict.fromkeys(
        ("monthly.access.permissions", "monthly.access.mfa"),
        (
            "UNKNOWN",
            r"(DigitalOcean account|Second factor on GitHub): expected all outside collaborators.*, "
            r"got 0: page 1 of 2 names no next one; what was seen gives .+",
        ),
    ),
    "npm-garbage": no_npm(r"npm: expected an answer to npm {}, got .*invalid json response body at .*"),
    "digitalocean-gone": away(r"connection refused \(connect, after \d\.\d+ s\)"),
}
