"""What the checks say under the faults of access, firewalls, dependencies, headers and sign-ins."""

from __future__ import annotations

from playbook.core.wording import clause_of
from tests.checks.expectations.phrases import ACCESS, HEADERS, LOGINS, NO_HSTS, SUSPICIOUS, TLS, unread


def no_github(message: str) -> dict[str, tuple[str, str]]:
    """Why GitHub could not be asked; what npm says alone is not enough."""
    audit = (
        rf"Vulnerabilities by npm audit: expected an answer of Dependabot, got {clause_of(message)}; "
        "partial result: .+"
    )
    return {**dict.fromkeys(ACCESS, ("UNKNOWN", message)), "monthly.vulnerabilities.audit": ("UNKNOWN", audit)}


def no_npm(message: str) -> dict[str, tuple[str, str]]:
    """Why npm could not be asked; Dependabot's answer alone is not enough."""
    return {
        "monthly.vulnerabilities.audit": (
            "UNKNOWN",
            rf"Vulnerabilities by Dependabot: expected an answer of npm audit, "
            rf"got {clause_of(message.replace('{}', 'audit'))}; "
            r"partial result: 0 of level high or critical in 7 dependencies of the repository",
        ),
        "monthly.vulnerabilities.outdated": ("UNKNOWN", message.replace("{}", "outdated")),
    }


SEEN = r"over 16[78] of 168 h \([\d,]+ lines\)"
FILES = SEEN + r" and [\d,]+ lines of files"
HOUR = r"\w{3} \d\d \w{3}, \d\d:00 UTC"
REFUSED_BURST = "Refused requests of one source in an hour: expected at most 60, got "
FAILED = "Failed sign-ins of one source in an hour: expected at most 30, got "


def score(points: int, least: str, grade: str, lost: str, remark: str = "") -> str:
    """The grade of the headers."""
    over = rf"in ten tests \(grade {grade}; {lost}\)"
    return f"Security headers: expected at least {least} points, got {points} points {over}{remark}"


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
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
    "database-open-to-world": {
        "monthly.config.firewall": (
            "CRITICAL",
            r"Trusted sources of \S+: expected a list of who may connect, "
            r"got an empty list, which lets the whole internet connect",
        ),
    },
    "database-trusts-too-many": {
        "monthly.config.firewall": (
            "WARNING",
            r"Trusted sources of \S+: expected narrow address ranges, got 10\.0\.0\.0/8",
        ),
    },
    "ssh-open-to-world": {
        "monthly.config.firewall": (
            "CRITICAL",
            r"Cloud firewalls: expected no management port open to the world, "
            r"got 22 open to 0\.0\.0\.0/0 in monitoring \(rule tcp 22\), and 1 more",
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
    "github-denied": {
        **no_github(
            r"GitHub: expected the \S.* from localhost:\d+, "
            r"got HTTP 403 \(Resource not accessible by personal access token\)"
        ),
        "monthly.access.permissions": (  # open invitations are told
            "UNKNOWN",
            r"DigitalOcean account: expected the organisation and the owners and the members and the outside "
            r"collaborators, got nothing from GitHub: HTTP 403 \(Resource not accessible by personal access "
            r"token\); partial result: active",
        ),
    },
    "github-throttled": no_github(
        r"GitHub: expected the \S.* from localhost:\d+, got HTTP 403 "
        r"\(API rate limit exceeded for user ID 1\); the next request may be sent in 1,[78]\d\d s"
    ),
    "github-not-owner": {
        "monthly.access.mfa": (
            "UNKNOWN",
            r"Second factor on GitHub: expected which members have no second factor and which others have no "
            r"second factor and who has an insecure second factor and whether example requires a second factor, "
            r"got nothing from GitHub: .+ and no statement about it; .+",
        ),
        "monthly.access.permissions": (
            "UNKNOWN",
            r"DigitalOcean account: expected read, write, admin or none for every member, got no "
            r"statement about it; partial result: active",
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
    "github-members-administer": {
        "monthly.access.permissions": (
            "WARNING",
            r"Members of the GitHub organisation: expected no rights to administer every repository,"
            r" got admin for every member",
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
    "github-2fa-insecure": {
        "monthly.access.mfa": (
            "WARNING",
            r"Second factor on GitHub: expected none by text message, got that of chiara-rossi",
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
            r"partial result: 0 of level high or critical in 7 dependencies",
        ),
    },
    "github-other-repository": {
        "monthly.vulnerabilities.audit": (
            "UNKNOWN",
            r"Vulnerabilities by npm audit: expected the repository that the app is built from \(example/shop\), "
            r"got example/portfolio; partial result: 0 of level high or critical in 7 dependencies",
        ),
        "monthly.access.unused-accounts": (
            "UNKNOWN",
            r"SSH keys of the DigitalOcean account: expected the repository that the app is built from "
            r"\(example/shop\), got example/portfolio; partial result: 2 keys",
        ),
    },
    "npm-blind": {
        "monthly.vulnerabilities.audit": (
            "UNKNOWN",
            r"Vulnerabilities by npm audit: expected an audit that finds a known vulnerability "
            r"\(minimist 0\.0\.8\), "
            r"got nothing found in it; partial result: 0 of level high or critical in 7 dependencies",
        ),
    },
    "npm-unlisted": {
        "monthly.vulnerabilities.outdated": (
            "UNKNOWN",
            r"Dependencies a major version behind: expected releases of all 6 dependencies, got releases of "
            r"5 dependencies \(none of sharp\); partial result: 1 of 6 dependencies of the project "
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
    "ssh-keys-cut": dict.fromkeys(
        ("monthly.access.permissions", "monthly.access.unused-accounts"),
        (
            "UNKNOWN",
            r"(DigitalOcean account|SSH keys of .+|Members on GitHub): expected both SSH keys, "
            r"got 1 SSH key; partial result: .+",
        ),
    ),
    "account-status-new": dict.fromkeys(
        ("monthly.access.permissions", "monthly.access.unused-accounts"),
        (
            "UNKNOWN",
            r"(DigitalOcean account|SSH keys of .+|Members on GitHub): expected active, warning or "
            r"locked as the account's status, got under_review(; partial result: .+)?",
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
            r"e\.g\. 'vpc 0b1e'; partial result: app \S+, vpc 0b1e",
        ),
    },
    "ssh-open-by-halves": {
        "monthly.config.firewall": (
            "CRITICAL",
            r"Cloud firewalls: expected no management port open to the world, got 21 open to "
            r"0\.0\.0\.0/2 and 128\.0\.0\.0/2 in monitoring \(rule tcp 20-25\), and 2 more",
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
            r"; partial result: .+",
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
            r"GitHub: HTTP 403 .+; partial result: active",
        ),
    },
    "github-collaborators-cut": dict.fromkeys(
        ("monthly.access.permissions", "monthly.access.mfa"),
        (
            "UNKNOWN",
            r"(DigitalOcean account|Second factor on GitHub): expected all outside collaborators.*, "
            r"got 0: page 1 of 2 has no link to the next page; partial result: .+",
        ),
    ),
    "npm-garbage": no_npm(r"npm: expected an answer to npm {}, got .*invalid json response body at .*"),
    "policy-missing": {
        HEADERS: ("WARNING", score(75, "80", "B", "Content-Security-Policy -25")),
    },
    "headers-missing": {
        TLS: ("CRITICAL", NO_HSTS),
        HEADERS: (
            "CRITICAL",
            score(
                30,
                "80",
                "D",
                "Content-Security-Policy -25, Strict-Transport-Security -20, Framing -20, "
                "X-Content-Type-Options -5",
                r" \(critical < 50 points\)",
            ),
        ),
    },
    "session-cookie-open": {
        HEADERS: ("WARNING", score(70, "80", "B", "Cookies -30")),
    },
    # One more where the visitor that is refused on every day (at random) is the same source in the same hour.
    "refused-burst": {
        SUSPICIOUS: ("WARNING", rf"{REFUSED_BURST}9[01] {SEEN}, by 203\.0\.113\.7 at {HOUR}"),
    },
    "refused-flood": {
        SUSPICIOUS: ("CRITICAL", rf"{REFUSED_BURST}90[01] {SEEN}, by 203\.0\.113\.7 at {HOUR} \(critical > 600\)"),
    },
    "refused-spread": {
        SUSPICIOUS: (
            "WARNING",
            rf"Refused requests by hour: expected no hour that stands out, got 8[01] from 4[01] sources at {HOUR}"
            r" \(usually 0\)",
        ),
    },
    "passwords-tried": {
        LOGINS: ("WARNING", rf"{FAILED}45 {FILES}, from 203\.0\.113\.66 at {HOUR}, says sshd"),
    },
    "passwords-tried-application": {
        LOGINS: (
            "CRITICAL",
            rf"{FAILED}400 {FILES}, from 203\.0\.113\.66 at {HOUR}, says (the application|access lines)"
            r" \(critical > 300\)",
        ),
        SUSPICIOUS: ("WARNING", rf"{REFUSED_BURST}40[01] {SEEN}, by 203\.0\.113\.66 at {HOUR}"),
    },
    "passwords-tried-spread": {
        LOGINS: (
            "WARNING",
            rf"Failed sign-ins of all sources in an hour: expected at most 100, got 15[0-2] {FILES}",
        ),
    },
    "password-guessed": {
        LOGINS: (
            "CRITICAL",
            r"Passwords: expected none accepted after many wrong ones, got 203\.0\.113\.66 signed in at .{19} UTC"
            r" after 20 wrong passwords",
        ),
    },
    "sign-ins-gone": {
        LOGINS: ("UNKNOWN", unread(r"Logs: expected files that match /\S+\*, got no file that matches")),
    },
    "sign-ins-silent": {
        LOGINS: (
            "UNKNOWN",
            r"Passwords: expected a line in the last 1\.5 h, got none for (9\.\d|10\.0) h from 1 of 1 file that"
            r" matches /\S+; partial result: none",
        ),
    },
    "sign-ins-undated": {
        LOGINS: (
            "UNKNOWN",
            r"Passwords: expected at least 151\.2 of 168 h of sign-ins and a line in the last 1\.0 h and at most"
            r" 1 % of lines not understood, got 0 h of sign-ins and none for 168\.0 h from 1 of 1 file"
            r" that matches /\S+ and (\d+) of \1, e\.g\. '- jump .+; partial result: none",
        ),
    },
    "policy-mistyped": {
        HEADERS: (
            "UNKNOWN",
            r"Security headers: expected all headers and directives to be understood, got 1 of \d that is not, "
            r"e\.g\. 'form-acton'; partial result: \d+ points in ten tests \(grade A\+?\)",
        ),
    },
}
