"""Phrases that the checks of several subjects say."""

from __future__ import annotations

from playbook.core.wording import clause_of

LOG_ITEMS = ("daily.logs.errors", "daily.logs.http-errors")
DAY_OF_LOGS = r"24 h \([\d,]+ lines\)"
ERROR_ON_THE_SIDE = {
    "daily.logs.errors": (
        "OK or WARNING",
        rf"Errors in the logs: expected none, got \d{{1,2}} over {DAY_OF_LOGS}",
    )
}
API_HEALTH = "API health: expected all healthy, got %s"
OPTIMISED = "Optimised image: expected the picture that was sent, got %s"
LIVE_URL = r"Live URL https://localhost:\d+: expected a page, got %s"
NO_PAGE = "Homepage: expected HTTP 200 each time, got %s"


def no_website(found: str) -> dict[str, tuple[str, str]]:
    """Visitors get no answer of the website, and others do answer."""
    return {
        "daily.health.api": ("CRITICAL", API_HEALTH % f"no answer: {found}"),
        "daily.health.image-service": ("CRITICAL", f"Image service: expected healthy, got no answer: {found}"),
        "daily.probe.homepage": ("CRITICAL", NO_PAGE % f"no answer: {found}"),
        **no_clock("website"),
    }


def no_image(found: str) -> dict[str, tuple[str, str]]:
    """What is posted does not arrive."""
    message = rf"Website: expected an answer from https://localhost:\d+/api/image/optimize, got {found}"
    return {"daily.probe.optimize": ("UNKNOWN", message)}


def no_clock(name: str) -> dict[str, tuple[str, str]]:
    """One clock of three cannot be read."""
    return {
        "daily.clock.skew": (
            "UNKNOWN",
            rf"Clock skew: expected all 3 clocks, got 2 clocks \(no.* from (the )?{name}\b.*: .+\); "
            rf"partial result: .*",
        )
    }


KPIS = {
    "daily.kpi.availability": "Availability",
    "daily.kpi.response-time": "P95 response time",
    "daily.kpi.error-rate": "Error rate",
    "daily.kpi.image-success": "Image processing success",
}
GOT_REFUSED = r"got connection refused \(connect, after \S+ s\)"


def away(service: str, path: str) -> tuple[str, str]:
    """Nobody listens."""
    return "UNKNOWN", rf"{service}: expected an answer from https://localhost:\d+/{path}, {GOT_REFUSED}"


SLOW, FAILING, EXHAUSTED = (
    f"troubleshooting.{section}" for section in ("high-response-times", "high-error-rates", "resource-exhaustion")
)
API_UNHEALTHY = r"API health: expected all healthy, got HTTP 503, degraded; %s unhealthy \([^)]+\)"
CALL = r"; call [A-Z]\w+ [A-Z]\w+ \(\+[\d ]+\) at once, to answer by [A-Z][a-z]{2} \d\d:\d\d"


def emergency(verdict: str, found: str, call: str = CALL) -> dict[str, tuple[str, str]]:
    """An emergency of P1 to P3, which nobody has told anybody of."""
    return {
        "emergency.severity": (verdict, f"Emergency: expected none, got {found}{call}"),
        "emergency.stable": (
            verdict,
            rf"Emergency: expected none in 3 observations, got {found[:2]} in the first",
        ),
        "emergency.stakeholders-notified": (
            "CRITICAL",
            r"Sign-off of emergency\.stakeholders-notified: expected a valid one, got none",
        ),
    }


def emergency_unknown(why: str, later: str = "") -> dict[str, tuple[str, str]]:
    """What is known is no emergency; what is not known may be one."""
    notified = "partial result: no emergency, and nobody has to be notified at once"
    return {
        "emergency.severity": ("UNKNOWN", f"Emergency: {why}; partial result: none"),
        "emergency.stable": (
            "UNKNOWN",
            rf"Emergency: {why}{later}; partial result: none in 3 of 3 observations, \S+ s apart",
        ),
        "emergency.stakeholders-notified": (
            "UNKNOWN",
            rf"Sign-off of emergency\.stakeholders-notified: {why}; {notified}",
        ),
    }


ACCESS = ("monthly.access.permissions", "monthly.access.unused-accounts", "monthly.access.mfa")
CERTIFICATE = "weekly.security.certificate"
SUSPICIOUS = "weekly.security.suspicious"
LOGINS = "weekly.security.failed-logins"
TLS = "monthly.config.tls"
HEADERS = "monthly.config.security-headers"
WEB = r"localhost:\d+"
APP = r"portfolio\.example at localhost:\d+"
LINKS = {
    "links.grafana": ("Link to Grafana", "Grafana"),
    "links.console": ("Link to the console", "DigitalOcean console"),
    "links.status-page": ("Link to the status page", "Status page"),
    "links.documentation": ("Link to the documentation", "Documentation"),
}
REFUSED = r"connection refused \(connect, after \S+ s\)"
NO_HSTS = r"HSTS: expected at least 180 days, got 0 days \(the answer has no such header\) \(critical ≤ 0 days\)"


def dead_link(item: str, found: str = rf"{REFUSED} from \S+") -> dict[str, tuple[str, str]]:
    """A link that leads nowhere, while others do."""
    return {item: ("CRITICAL", f"{LINKS[item][0]}: expected a page or a login, got {found}")}


def unread(problem: str) -> str:
    """What the check of sign-ins says where something could not be read, and nothing bad was."""
    got = rf"{clause_of(problem)}( and .+)?; partial result: none"
    return rf"Passwords: expected everything to be read( and .+)?, got {got}"


def without_logs(error: str) -> dict[str, tuple[str, str]]:
    """The logs cannot be read: the one check has nothing, the other has the files with sign-ins."""
    return {SUSPICIOUS: ("UNKNOWN", error), LOGINS: ("UNKNOWN", unread(error))}


WEEK_KPIS = {
    "weekly.kpi.availability": "Availability",
    "weekly.kpi.response-time": "P95 response time",
    "weekly.kpi.error-rate": "Error rate",
    "weekly.kpi.image-success": "Image processing success",
    "weekly.kpi.cache-hit-rate": "Cache hit rate",
}
MONTH_ITEMS = ("monthly.performance.report", "monthly.performance.comparison", "monthly.performance.anomalies")
CAPACITY = ("monthly.capacity.growth", "monthly.capacity.spikes", "monthly.capacity.scaling-policy")
STORAGE = "weekly.resources.storage"
