"""Pages that links lead to: status pages, documentation, logins, and what is left of those that are gone."""

from __future__ import annotations

import pytest

from playbook.clients.answer import Answer
from playbook.measure.web.link_faults import Name, fault_of_link
from tests.foreign.test_homepage import CRITICAL, FILLED, OK, UNKNOWN, answered, page

STATUS = "https://status.portfolio.example"
LONG = FILLED * 4


def verdict(answer: Answer, name: Name = "status_page", url: str = "") -> str:
    """Whether the link is dead, or what it leads to is not known."""
    fault = fault_of_link(name, url or (STATUS if answer.redirects else answer.url), answer)
    return OK if fault is None else UNKNOWN if fault.uncertain else CRITICAL


def led(to: str, body: str = "") -> Answer:
    """A page at the end of a redirect."""
    return answered(body or page("Portfolio", LONG), url=to, redirects=("HTTP 302",))


def feed(kind: str, text: str) -> Answer:
    """A feed of incidents."""
    body = f"<?xml version='1.0'?><{kind}><title>Portfolio Status - History</title><item>{text}</item></{kind}>"
    return answered(body, content_type="application/rss+xml" if kind == "rss" else "application/atom+xml")


@pytest.mark.parametrize(
    "answer",
    [
        answered(page("Portfolio Status", "<h1>All Systems Operational</h1><p>Past Incidents</p>")),
        answered(page("Portfolio Status", "<b>Service Under Maintenance</b><p>Website Under Maintenance</p>")),
        answered(page("Portfolio Status", "<p>We will be performing scheduled maintenance.</p>")),
        answered(page("Portfolio - Status", "<h1>Under maintenance</h1><p>Database undergoing maintenance</p>")),
        answered(page("Portfolio status", "<p>We're currently undergoing maintenance</p>")),
        answered(page("DigitalOcean Status", "<p>Scheduled maintenance: Core Infrastructure in NYC3</p>")),
        answered(page("Portfolio", "<p>All systems are operational</p><p>Site is down: bad gateway error</p>")),
        answered(page("Under maintenance | Portfolio Status", "<p>Website: maintenance</p>")),
        answered(page("Uptime Kuma", "<div id=app></div><script src=/a.js></script>")),
        led("https://portfolio.statuspage.io/", page("Portfolio Status", "<h2>Major System Outage</h2>" + LONG)),
        led("https://stats.uptimerobot.com/Xk3vT", page("Portfolio Status", "<p>Some systems down</p>" + LONG)),
        led("https://betterstack.com/users/sign-in", page("Sign in | Better Stack", LONG)),
        feed("rss", "Database incident: we are performing scheduled maintenance"),
        feed("feed", "Incident: 503 Service Unavailable during scheduled maintenance"),
        answered('{"page":{"id":"x"},"status":{"indicator":"major","description":"Major outage"}}',
                 content_type="application/json"),
        answered('{"page":{"name":"Portfolio","status":"HASISSUES"}}', content_type="application/json"),
    ],
)  # fmt: skip
def test_status_page_may_tell_of_outages_and_maintenance(answer: Answer) -> None:
    """In the words of Statuspage, Instatus, incident.io, Upptime and DigitalOcean."""
    assert verdict(answer) == OK


@pytest.mark.parametrize(
    "answer",
    [
        answered(page("Status page not found", LONG)),
        answered(page("Better Stack", "<h1>Status page not found</h1>")),
        answered(page("Maintenance", "<p>The site is down for maintenance.</p>")),
        answered(page("500 Internal Server Error - Portfolio Status", LONG)),
        answered(page("Portfolio Status", "<p>Application error: a client-side exception has occurred</p>")),
        answered(page("Welcome to nginx!", "<p>status</p>")),
        answered(page("The domain name portfolio.example is for sale | Dan.com", LONG)),
        answered(page("portfolio.example - Afternic Domain Listing", LONG)),
        led("https://www.statuspage.io/"),
        led("https://www.atlassian.com/software/statuspage"),
        led("https://betterstack.com/status-page"),
        led("https://uptimerobot.com/status-page/"),
        led("https://kuma.portfolio.example/page-not-found", page("Uptime Kuma", "<script src=/a.js></script>")),
        led("https://status.portfolio.example/error"),
        led("https://status.portfolio.example/404.html"),
        led("https://status.portfolio.example/cgi-sys/suspendedpage.cgi"),
        led("https://status.portfolio.example/lander"),
        led("https://www.hugedomains.com/domain_profile.cfm?d=portfolio"),
        led("https://www.godaddy.com/forsale/portfolio.example"),
        led("https://www.dynadot.com/market/user-listings/portfolio.example"),
    ],
)
def test_status_page_that_is_gone_is_dead(answer: Answer) -> None:
    """With status 200, and mostly with a page of somebody else."""
    assert verdict(answer) == CRITICAL


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (answered(page("Operations", "<p>Maintenance mode. What a bad gateway error means.</p>" + LONG)), OK),
        (answered(page("Operations", "<p>We are undergoing maintenance.</p>")), CRITICAL),
        (answered(page("Page not found", LONG)), CRITICAL),
        (answered(page("GitBook", "<h1>This page doesn't exist</h1>")), CRITICAL),
        (answered(page("GitBook", "<h1>The organization has been suspended</h1>")), CRITICAL),
        (answered(page("Google Docs", "<p>Sorry, the file you have requested does not exist.</p>")), CRITICAL),
        (answered(page("Page not found · GitHub"), 404, url="https://github.com/acme/ops/wiki"), UNKNOWN),
        (answered(page("Page not found"), 404, url="https://docs.portfolio.example"), CRITICAL),
        (answered(page("Google Sheets", "<p>Sorry, the file you have requested has been deleted.</p>")), CRITICAL),
        (led("http://10.0.0.1/portal", page("Hotel Wi-Fi")), UNKNOWN),
        (led("https://id.atlassian.com/login?continue=x", page("Log in with Atlassian account", LONG)), OK),
        (answered(page("Operations", "<form><input type=password placeholder=Password></form>")), OK),
        (answered(page("Password Protected", "<form><input type=password></form>Enter the password")), OK),
    ],
)  # fmt: skip
def test_documentation_has_its_verdict(answer: Answer, expected: str) -> None:
    """It explains errors and maintenance, may be private, and may be gone."""
    assert verdict(answer, "documentation") == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (answered("", 401), OK),
        (answered(page("403 Forbidden", "<h1>403 Forbidden</h1><hr>nginx"), 403), OK),
        (answered(page("Authentication Required – Vercel"), 401), OK),
        (answered(page("Access denied | portfolio.example used Cloudflare to restrict access"), 403), OK),
        (answered("<Error><Code>AccessDenied</Code></Error>", 403, content_type="application/xml"), CRITICAL),
        (answered("<Error><Code>NoSuchKey</Code></Error>", 403, content_type="application/xml"), CRITICAL),
        (answered(page("Account Suspended"), 403), CRITICAL),
        (
            answered(page("Azure Web App - Error 403", "<p>Error 403 - This web app is stopped.</p>"), 403),
            CRITICAL,
        ),
        (answered(page("Error", "Host not configured to serve web traffic on this domain"), 403), CRITICAL),
        (answered(page("portfolio.example", "<p>This domain is for sale</p>"), 403), CRITICAL),
    ],
)
def test_refusal_counts_as_a_login_unless_nobody_is_let_in(answer: Answer, expected: str) -> None:
    """A bucket, a stopped app and a suspended site refuse everybody."""
    assert verdict(answer, "documentation") == expected
