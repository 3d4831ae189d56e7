"""What the faults of certificates, TLS, headers and links, and of who tries to get in, make the checks say."""

from __future__ import annotations

from playbook.core.wording import clause_of

CERTIFICATE = "weekly.security.certificate"
SUSPICIOUS = "weekly.security.suspicious"
LOGINS = "weekly.security.failed-logins"
TLS = "monthly.config.tls"
HEADERS = "monthly.config.security-headers"
WEB = r"localhost:\d+"
APP = r"portfolio\.example at localhost:\d+"
INVALID = "Certificates: expected each to be valid, trusted and for its host, got "
DAYS = r"Days left of the certificates: expected at least 21 days, got %s \(%s, ends .{16} UTC as the first of 3\)"
NO_API = r"DigitalOcean API: expected the app from localhost:\d+, got connection refused \(connect, after \S+ s\)"
VERSIONS = "Protocol versions: expected TLS 1.2 and TLS 1.3 only, got "
WITHOUT = r"Requests without TLS: expected a redirect to https%s, got "
NO_WEBSITE = rf"Website: expected an answer from https://{WEB}/?, got connection refused \(connect, after \S+ s\)"
LINKS = {
    "links.grafana": ("Link to Grafana", "Grafana"),
    "links.console": ("Link to the console", "DigitalOcean console"),
    "links.status-page": ("Link to the status page", "Status page"),
    "links.documentation": ("Link to the documentation", "Documentation"),
}
REFUSED = r"connection refused \(connect, after \S+ s\)"
SEEN = r"over 16[78] of 168 h \([\d,]+ lines\)"
FILES = SEEN + r" and [\d,]+ lines of files"
HOUR = r"\w{3} \d\d \w{3}, \d\d:00 UTC"
SUBJECTS = {SUSPICIOUS: "Refused requests of one source in an hour", LOGINS: "Passwords"}
REFUSED_BURST = "Refused requests of one source in an hour: expected at most 60, got "
FAILED = "Failed sign-ins of one source in an hour: expected at most 30, got "
NO_LOGS = r"Logs: expected lines from DigitalOcean's live log stream, got none at all"
FOREIGN = r"; the certificate is signed by a CA that is not in /\S+/ca\.pem, which targets\.NAME\.web\.ca names"
NO_HSTS = r"HSTS: expected at least 180 days, got 0 days \(the answer has no such header\) \(critical ≤ 0 days\)"


def score(points: int, least: str, grade: str, lost: str, remark: str = "") -> str:
    """The grade of the headers."""
    over = rf"in ten tests \(grade {grade}; {lost}\)"
    return f"Security headers: expected at least {least} points, got {points} points {over}{remark}"


def dead_link(item: str, found: str = rf"{REFUSED} from \S+") -> dict[str, tuple[str, str]]:
    """A link that leads nowhere, while others do."""
    return {item: ("CRITICAL", f"{LINKS[item][0]}: expected a page or a login, got {found}")}


def unread(problem: str) -> str:
    """What the check of sign-ins says where something could not be read, and nothing bad was."""
    got = rf"{clause_of(problem)}( and .+)?; what was seen gives none"
    return rf"Passwords: expected everything to be read( and .+)?, got {got}"


def without_logs(error: str) -> dict[str, tuple[str, str]]:
    """The logs cannot be read: the one check has nothing, the other has the files with sign-ins."""
    return {SUSPICIOUS: ("UNKNOWN", error), LOGINS: ("UNKNOWN", unread(error))}


def both(fault: str) -> str:
    """The certificate's fault, at the website's address and at the app's domain."""
    return rf"{INVALID}{WEB}: {fault}; {APP}: {fault}"


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "certificate-expired": {CERTIFICATE: ("CRITICAL", both(r"expired on \d{4}-\d\d-\d\d"))},
    "certificate-too-early": {CERTIFICATE: ("CRITICAL", both(r"not valid before .{16} UTC"))},
    "certificate-wrong-host": {CERTIFICATE: ("CRITICAL", both(r"for old\.example, \*\.old\.example only"))},
    "certificate-untrusted": {
        CERTIFICATE: ("CRITICAL", both(r"not trusted \(self-signed certificate\)") + FOREIGN)
    },
    "certificate-chain-incomplete": {
        CERTIFICATE: (
            "CRITICAL",
            both(
                r"not trusted \(unable to get local issuer certificate: 'Sandbox intermediate 1', who signed "
                r"'localhost', is not sent along\)"
            )
            + FOREIGN,
        )
    },
    "certificate-chain-ends-first": {
        CERTIFICATE: (
            "CRITICAL",
            DAYS % ("4 days", rf"{WEB} as served, by 'Sandbox intermediate 1'") + r" \(critical < 7 days\)",
        )
    },
    "certificate-chain-disordered": {
        CERTIFICATE: (
            "WARNING",
            "Chains of the certificates: expected all that a client needs, in order, for a server and for a usual"
            rf" term, got {WEB}: sent in the wrong order; {APP}: sent in the wrong order",
        )
    },
    "app-domain-phase-new": {
        CERTIFICATE: (
            "UNKNOWN",
            r"Certificates: expected all phases of domains to be understood, got 1 of 1 that is not,"
            r" e\.g\. 'PARKED'; what was seen gives 2 of 2 valid",
        )
    },
    "app-domain-failed": {
        CERTIFICATE: (
            "WARNING",
            r"Domains at DigitalOcean: expected each in phase ACTIVE, got portfolio\.example ERROR",
        )
    },
    "certificate-weak-key": {
        CERTIFICATE: (
            "CRITICAL",
            "Keys and signatures of the certificates: expected RSA of at least 2048 bits, curves of "
            "at least 256 bits and no SHA-1,"
            rf" got {WEB}: RSA key of 1024 bits; {APP}: RSA key of 1024 bits",
        )
    },
    "certificate-expiring": {CERTIFICATE: ("WARNING", DAYS % ("12 days", rf"{WEB} as served"))},
    "certificate-expiring-soon": {
        CERTIFICATE: ("CRITICAL", DAYS % ("4 days", rf"{WEB} as served") + r" \(critical < 7 days\)")
    },
    "certificate-other-end": {
        CERTIFICATE: (
            "CRITICAL",
            DAYS % ("5 days", r"portfolio\.example at DigitalOcean") + r" \(critical < 7 days\)",
        )
    },
    "tls-outdated": {TLS: ("CRITICAL", VERSIONS + r"TLS 1\.0, TLS 1\.1, TLS 1\.2 and TLS 1\.3")},
    "tls-suite-without-encryption": {
        TLS: (
            "CRITICAL",
            "Cipher suites: expected encryption and authentication by each, got ECDHE-ECDSA-NULL-SHA",
        )
    },
    "tls-suites-old": {
        TLS: (
            "WARNING",
            "Cipher suites: expected those of Mozilla's intermediate profile, "
            "got ECDHE-ECDSA-AES128-SHA256, ECDHE-ECDSA-AES256-SHA384",
        )
    },
    "tls-without-newest": {TLS: ("WARNING", r"Protocol versions: expected TLS 1\.3 too, got TLS 1\.2")},
    "http-not-redirected": {
        TLS: ("CRITICAL", WITHOUT % "" + rf"HTTP 200 from http://{WEB} without TLS"),
    },
    "http-redirected-elsewhere": {
        TLS: ("WARNING", WITHOUT % " on the same host first" + rf"http://{WEB}/ → https://127\.0\.0\.1:\d+"),
    },
    "hsts-missing": {
        TLS: ("CRITICAL", NO_HSTS),
    },
    "hsts-unreadable": {
        TLS: (
            "CRITICAL",
            r"HSTS: expected at least 180 days, got 0 days \(max-age=63072000; max-age=63072000, which no"
            r" browser can read\) \(critical ≤ 0 days\)",
        ),
    },
    "hsts-short": {
        TLS: ("WARNING", r"HSTS: expected at least 180 days, got 30 days \(max-age=2592000\)"),
    },
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
            r" matches /\S+; what was seen gives none",
        ),
    },
    "sign-ins-undated": {
        LOGINS: (
            "UNKNOWN",
            r"Passwords: expected at least 151\.2 of 168 h of sign-ins and a line in the last 1\.0 h and at most"
            r" 1 % of lines not understood, got 0 h of sign-ins and none for 168\.0 h from 1 of 1 file"
            r" that matches /\S+ and (\d+) of \1, e\.g\. '- jump .+; what was seen gives none",
        ),
    },
    "app-not-active": without_logs("DigitalOcean API: expected a deployment that writes logs, got none"),
    "logs-gone": without_logs(NO_LOGS),
    "logs-silent": without_logs(NO_LOGS),
    "logs-short": {
        item: (
            "UNKNOWN",
            rf"{subject}: expected log lines of at least 151\.2 of 168 h, got log lines of [12] h;"
            r" what was seen gives .+",
        )
        for item, subject in SUBJECTS.items()
    },
    "logs-damaged": {
        item: (
            "UNKNOWN",
            rf"{subject}: expected (log lines of at least 151\.2 of 168 h and )?everything to be read, got .*"
            r"/\S+/portfolio\.log\.2\.gz is damaged, .+",
        )
        for item, subject in SUBJECTS.items()
    },
    "log-files-gone": without_logs(r"Logs: expected files that match /\S+\*, got no file that matches"),
    "link-documentation-moved": dead_link("links.documentation", rf"HTTP 404 from http://{WEB}/docs"),
    "link-status-page-broken": dead_link("links.status-page", rf"HTTP 500 from http://{WEB}/status"),
    "link-status-page-parked": dead_link(
        "links.status-page",
        rf"a parked or suspended domain, 'status\.example is for sale' from http://{WEB}/status",
    ),
    "policy-mistyped": {
        HEADERS: (
            "UNKNOWN",
            r"Security headers: expected all headers and directives to be understood, got 1 of \d that is not, "
            r"e\.g\. 'form-acton'; what was seen gives \d+ points in ten tests \(grade A\+?\)",
        ),
    },
    "link-console-gone": dead_link("links.console", rf"HTTP 410 from http://{WEB}/console"),
    "grafana-gone": dead_link("links.grafana"),
    "pages-gone": {
        **dead_link("links.console"),
        **dead_link("links.status-page"),
        **dead_link("links.documentation"),
    },
    "links-gone": {
        item: ("UNKNOWN", rf"{service}: expected an answer from \S+, got {REFUSED}")
        for item, (_, service) in LINKS.items()
    },
    "web-gone": {
        TLS: ("UNKNOWN", r"(Website|TLS): expected an answer from .+, got connection refused.*"),
        HEADERS: ("UNKNOWN", NO_WEBSITE),
        CERTIFICATE: (
            "UNKNOWN",
            r"Certificates: expected certificates of both addresses, got certificates of 0 addresses "
            rf"\(no answer from {WEB}: connection refused; no answer from {APP}: connection refused\); "
            rf"what was seen gives 0 of 0 valid",
        ),
    },
    "digitalocean-gone": {
        CERTIFICATE: (
            "UNKNOWN",
            rf"Certificates: expected the app's domains from DigitalOcean, got {clause_of(NO_API)}; "
            rf"what was seen gives .+",
        ),
        **without_logs(NO_API),
    },
}
