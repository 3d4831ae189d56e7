"""Pages served in a homepage's place, in the words of the platforms that serve them, and real homepages."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.clients.answer import Answer
from playbook.clients.wire import Phases
from playbook.core.judge import Judge
from playbook.core.verdict import Critical
from playbook.measure.web.homepage import HomepageTiming, Sample
from playbook.measure.web.web_page import PageRules, fault_of

OK, CRITICAL, UNKNOWN = "OK", "CRITICAL", "UNKNOWN"
RULES = PageRules("https://portfolio.example", least_bytes=64)
FILLED = "<p>" + "Photographs of the sea, of the hills and of the towns between them. " * 3 + "</p>"


def page(title: str, body: str = FILLED) -> str:
    """A page with this title."""
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>"


def answered(
    body: str | bytes = "",
    status: int = 200,
    url: str = "https://portfolio.example",
    redirects: tuple[str, ...] = (),
    **headers: str,
) -> Answer:
    """An answer; header names with underscores for hyphens."""
    sent = {"content-type": "text/html; charset=utf-8"} | {k.replace("_", "-"): v for k, v in headers.items()}
    data = body.encode() if isinstance(body, str) else body
    return Answer("Website", status, sent, data, url, redirects=redirects)


def verdict(answer: Answer, rules: PageRules = RULES) -> str:
    """The check's verdict, where each sample returned this."""
    sample = Sample(answer.status, Phases(total=0.2), redirects=answer.redirects, fault=fault_of(answer, rules))
    timing = HomepageTiming((sample,) * 5)
    judge = Judge()
    judge.add_coverage("homepage_timing", timing.coverage)
    with suppress(Critical):
        judge.that(not timing.bad, "Homepage", expected="HTTP 200 each time", found=timing.summary)
    return str(judge.leading.verdict)


BAD_TITLES = [
    "Application Error",
    "Application error: a client-side exception has occurred",
    "500: Internal Server Error",
    "500 Internal Server Error",
    "Internal Server Error",
    "Server Error",
    "Server Error (500)",
    "502 Bad Gateway",
    "503 Service Temporarily Unavailable",
    "504 Gateway Time-out",
    "404 Not Found",
    "404: This page could not be found",
    "Page not found",
    "Error 404 (Not Found)!!1",
    "portfolio.example | 502: Bad gateway",
    "portfolio.example | 522: Connection timed out",
    "DNS resolution error | portfolio.example | Cloudflare",
    "We're sorry, but something went wrong (500)",
    "Action Controller: Exception caught",
    "ProgrammingError at /",
    "DisallowedHost at /",
    "ModuleNotFoundError: No module named 'x' // Werkzeug Debugger",
    "Whitelabel Error Page",
    "Runtime Error",
    "No such app",
    "Heroku | Welcome to your new app!",
    "Site not found · GitHub Pages",
    "Database Error",
    "Forbidden",
    "Access Denied",
    "Welcome to nginx!",
    "Welcome to OpenResty!",
    "Apache2 Ubuntu Default Page: It works",
    "Apache2 Debian Default Page: It works",
    "Test Page for the HTTP Server on Fedora",
    "HTTP Server Test Page powered by CentOS",
    "Caddy works!",
    "IIS Windows Server",
    "IIS Windows",
    "It works!",
    "Index of /",
    "Index of /public",
    "Directory listing for /",
    "Default Web Site Page",
    "Web Server's Default Page",
    "Welcome to XAMPP",
    "Apache Tomcat/10.1.19",
    "Microsoft Azure App Service - Welcome",
    "Maintenance",
    "Maintenance mode",
    "Site Under Maintenance",
    "Portfolio is under construction",
    "Coming Soon",
    "We'll be right back",
    "Offline for Maintenance",
    "portfolio.example is for sale | HugeDomains",
    "HugeDomains.com - portfolio.example is for sale",
    "Account Suspended",
    "This account has been suspended",
    "Website Expired",
    "This site is suspended",
    "Parked Domain name on Hostinger DNS system",
    "Domain parked by OVHcloud",
    "Service Suspended",
    "Seite nicht gefunden",
    "Wartungsarbeiten",
    "Page not found – Portfolio",
    "Portfolio | Under maintenance",
    "Portfolio - 500 Internal Server Error",
    "Origin DNS error | portfolio.example | Cloudflare",
    "Invalid SSL certificate | portfolio.example | Cloudflare",
    "Worker threw exception | portfolio.example | Cloudflare",
    "402: PAYMENT_REQUIRED",
    "503 Backend fetch failed",
    "Error: Server Error",
    "Error: Not Found",
    "An Error Occurred: Internal Server Error",
    "Connection refused (500 Internal Server Error)",
    "The page you're looking for could not be found (404)",
    "There has been an error processing your request",
    "Via Upstream error",
    "project not found",
    "Access to this page has been denied",
    "Sucuri WebSite Firewall - Access Denied",
    "ngrok - The endpoint shop is offline",
    "Sorry, this shop is currently unavailable.",
    "Welcome to Firebase Hosting",
    "Create Next App",
    "Ruby on Rails 7.1.3",
    "The install worked successfully! Congratulations!",
    "WordPress &rsaquo; Installation",
    "Azure Static Web Apps - Welcome",
    "PHP 8.2.1 - phpinfo()",
    "Site en maintenance",
    "Maintenance en cours",
    "Sitio en mantenimiento",
    "Sito in manutenzione",
    "Em manutenção",
    "Portfolio in Wartung",
    "Сайт на техническом обслуживании",
    "メンテナンス中",
    "网站维护中",
    "Private Site",
    "portfolio.example - Registered at Namecheap.com",
    "Domain registered at Gandi.net",
]
BAD_TEXTS = [
    "An error occurred in the application and your page could not be served.",
    "Application error: a server-side exception has occurred (see the server logs for more information).",
    "Application failed to respond",
    "The train has not arrived at the station.",
    "no healthy upstream",
    "upstream connect error or disconnect/reset before headers. reset reason: connection failure",
    "Internal Server Error",
    "Error establishing a database connection",
    "There has been a critical error on this website.",
    "Whoops, looks like something went wrong.",
    "This Serverless Function has crashed. 500: INTERNAL_SERVER_ERROR Code: FUNCTION_INVOCATION_FAILED",
    "The deployment could not be found on Vercel. DEPLOYMENT_NOT_FOUND",
    "Not Found - Request ID: 01JD",
    "Traceback (most recent call last): File app.py",
    "Fatal error: Uncaught PDOException: SQLSTATE[HY000] [2002] Connection refused",
    "SQLSTATE[HY000] [2002] Connection refused",
    "There isn't a GitHub Pages site here.",
    "Cannot GET /",
    "404 page not found",
    "Error 403 - This web app is stopped.",
    "Your web app is running and waiting for your content",
    "Briefly unavailable for scheduled maintenance. Check back in a minute.",
    "The site is down for maintenance.",
    "We are currently undergoing maintenance.",
    "This domain is parked free, courtesy of GoDaddy.com.",
    "This domain may be for sale!",
    "Buy this domain. The owner is offering it.",
    "Looks like this domain isn't connected to a website yet",
    "This account has been suspended. Contact your hosting provider for more information.",
    "Index of / ../ css/ js/ index.bak",
    "We encountered an error when trying to load your application and your page could not be served.",
    "Could not find a Fly.io app here",
    "Warning: mysqli_connect(): (HY000/2002): Connection refused in /srv/app/db.php on line 3",
    "Fatal error: Uncaught Error: Call to undefined function foo() in /srv/app/index.php:3",
    "Error: connect ECONNREFUSED 127.0.0.1:5432 at TCPConnectWrap.afterConnect",
    "An unhandled exception occurred while processing the request.",
    "Firebase Hosting Setup Complete",
    "You are seeing this page because DEBUG=True is in your settings file",
    "Get started by editing app/page.js",
    "Rails version: 7.1.3 Ruby version: ruby 3.3.0",
    "Welcome to the famous five-minute WordPress installation process!",
    "Welcome to your website! This is the default index page of your website.",
    "This site is currently private. If you're the owner or contributor log in.",
    "This site was paused as it reached its usage limits.",
    "portfolio.example - This website is for sale! - portfolio Resources and Information.",
    "The domain name portfolio.example is for sale!",
    "This domain is registered at Namecheap.",
    "Oops! An unexpected error occurred.",
    "App Platform failed to forward this request to the application.",
    "Fastly error: unknown domain: portfolio.example. Please check that this domain has been added to a service.",
    "Nothing is here yet. If you expect something to be here, it may take some time.",
    "Your Functions 4.0 app is up and running",
    "Sorry! If you are the owner of this website, please contact your hosting provider",
    "Welcome to your Strapi app. The server is running successfully (production)",
]
GOOD_PAGES = {
    "a portfolio": page("Portfolio: photographs that load fast", f"<h1>Hi</h1>{FILLED}"),
    "a single-page app": page("Portfolio", "<noscript>You need to enable JavaScript.</noscript><div id=root></div>"
                              "<script src=/app.js></script>"),
    "a page without a title": f"<html><body>{FILLED}</body></html>",
    "an article that speaks of errors": page(
        "How we survived an outage",
        FILLED * 40 + "<p>Application error: a client-side exception has occurred.</p>",
    ),
    "a shop with a login form": page("Garden tools", FILLED + "<form><input type=password name=p></form>"),
    "a page that names maintenance": page("Bicycle maintenance courses in Leeds"),
    "a number as a name": page("500px-like galleries for everybody"),
    "an error as a name": page("Error - third album - The Forbidden"),
    "a number of something": page("500 weddings later - Ana's photographs"),
    "a number of a house": page("403 Forest Avenue"),
    "a number of a studio": page("503 Design Studio"),
    "a band": page("Access Denied - live in London"),
    "a label": page("Coming Soon Records"),
    "a song": page("Oops! I did it again - cover band"),
    "a question": page("Home", "<p>Not found your style yet? Book me.</p>" + FILLED),
    "a gallery to come": page("Portfolio", "<p>The gallery is under construction, all else is here.</p>" + FILLED),
    "an account elsewhere": page("Blog", "<p>My Twitter account has been suspended: write to me.</p>" + FILLED),
    "an article on databases": page("MySQL error handling", "<p>What a MySQL error tells.</p>" + FILLED),
    "a page behind Imperva": page("Portfolio", "<script src='/_Incapsula_Resource?SWJIYLWA=7'></script>" + FILLED),
    "a house": page("A house by the sea is for sale"),
    "an error as a word": page("Trial and error: essays"),
    "a refresh of itself": page("Board", FILLED + "<meta http-equiv=refresh content='300'>"),
    "a page that sends on within the site": page(
        "Portfolio", FILLED + "<meta http-equiv=refresh content='0; url=https://www.portfolio.example/en'>"
    ),
}  # fmt: skip


@pytest.mark.parametrize("title", BAD_TITLES)
def test_page_with_a_platforms_title_is_failing(title):
    """With status 200, whatever else it contains."""
    assert verdict(answered(page(title))) == CRITICAL


@pytest.mark.parametrize("text", BAD_TEXTS)
def test_short_page_with_a_platforms_words_is_failing(text):
    """As HTML without a title, under the site's own title, and as plain text."""
    assert verdict(answered(f"<html><body><h1>{text}</h1><p>{' ' * 90}</p></body></html>")) == CRITICAL
    assert verdict(answered(page("Portfolio", f"<p>{text}</p>"))) == CRITICAL
    assert verdict(answered(text, content_type="text/plain")) == CRITICAL


@pytest.mark.parametrize("body", GOOD_PAGES.values(), ids=GOOD_PAGES.keys())
def test_homepage_is_ok(body):
    """Whatever its words."""
    assert verdict(answered(body)) == OK


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (answered(""), CRITICAL),
        (answered("   \n"), CRITICAL),
        (answered("<!DOCTYPE html><html><head></head><body></body></html>" + " " * 99), CRITICAL),
        (answered("<html><head><style>body{color:red}</style></head><body> </body></html>" + " " * 99), CRITICAL),
        (answered("<p>hello"), CRITICAL),
        (answered('{"error":"Internal Server Error"}', content_type="application/json"), CRITICAL),
        (
            answered('{"statusCode":500,"message":"Internal server error"}', content_type="application/json"),
            CRITICAL,
        ),
        (answered('{"status":"error"}', content_type="text/html"), CRITICAL),
        (answered('{"detail":"Not Found"}', content_type="application/json"), CRITICAL),
        (answered('{"message":"Internal Server Error"}', content_type="application/json"), CRITICAL),
        (answered('{"message":"Welcome to the portfolio"}', content_type="application/json"), OK),
        (answered('{"name":"portfolio","version":"1"}', content_type="application/json"), OK),
        (answered("<Error><Code>NoSuchBucket</Code></Error>", content_type="application/xml"), CRITICAL),
        (answered(page("Sign in", "<input type=password>" + FILLED)), CRITICAL),
        (answered(page("Log in | Grafana", "<input type=password>" + FILLED)), CRITICAL),
        (answered(page("P", FILLED + "<meta http-equiv=Refresh content='0;URL=/login'>")), CRITICAL),
        (answered(page("P", FILLED + "<meta http-equiv=refresh content='0; url=https://x.example'>")), CRITICAL),
        (answered(page("Portfolio", "<form><input type=password placeholder=Password></form>")), CRITICAL),
        (answered(page("Just a moment..."), 403, cf_mitigated="challenge"), UNKNOWN),
        (answered(page("Just a moment..."), 503), UNKNOWN),
        (answered(page("Attention Required! | Cloudflare"), 403), UNKNOWN),
        (answered(page("Human Verification"), 405, x_amzn_waf_action="captcha"), UNKNOWN),
        (answered(page("Vercel Security Checkpoint"), 403, x_vercel_mitigated="challenge"), UNKNOWN),
        (answered(page("ERROR: The requested URL could not be retrieved"), 503), UNKNOWN),
        (answered(page("Challenge Validation"), 428), UNKNOWN),
        (
            answered('{"sec-cp-challenge": "true", "provider": "crypto"}', 428, content_type="application/json"),
            UNKNOWN,
        ),
        (answered(page("Proxy"), 407), UNKNOWN),
        (answered(page("Hotel Wi-Fi"), 511), UNKNOWN),
        (answered(page("Portfolio"), 201), CRITICAL),
        (answered("", 204), CRITICAL),
        (answered(page("Portfolio"), 206), CRITICAL),
        (answered("", 304), CRITICAL),
        (answered("", 302, location="/on", redirects=("x",) * 5), CRITICAL),
        (answered("", 301), CRITICAL),
        (answered(page("P"), 404), CRITICAL),
        (answered(page("P"), 401), CRITICAL),
        (answered(page("P"), 429), CRITICAL),
        (answered(page("P"), 500), CRITICAL),
        (answered(page("P"), url="https://www.portfolio.example/en", redirects=("x",)), OK),
        (answered(page("P"), url="https://portfolio.example:8443/", redirects=("x",)), OK),
        (answered(page("P"), url="https://portal.example/", redirects=("x",)), CRITICAL),
        (answered(page("P"), url="https://evilportfolio.example/", redirects=("x",)), CRITICAL),
        (answered(page("P"), url="https://portfolio.example.evil.example/", redirects=("x",)), CRITICAL),
        (answered(page("P"), url="http://portfolio.example/", redirects=("x",)), CRITICAL),
        (answered(page("P"), url="https://portfolio.example/login", redirects=("x",)), CRITICAL),
        (answered(page("P"), url="https://portfolio.example/users/sign_in", redirects=("x",)), CRITICAL),
        (answered(page("P"), url="https://portfolio.example/wp-login.php", redirects=("x",)), CRITICAL),
        (answered(page("P"), url="https://portfolio.example/oauth2/start", redirects=("x",)), CRITICAL),
        (answered(page("P"), url="https://portfolio.example/blogs/loginess", redirects=("x",)), OK),
        (answered(page("P"), url="https://portfolio.example/maintenance.html", redirects=("x",)), CRITICAL),
        (
            answered(page("P"), url="https://portfolio.example/cgi-sys/defaultwebpage.cgi", redirects=("x",)),
            CRITICAL,
        ),
        (answered(page("P"), url="https://portfolio.example/lander", redirects=("x",)), CRITICAL),
        (answered("OK", content_type="text/plain"), CRITICAL),
        (answered(page("P"), content_type="application/octet-stream"), CRITICAL),
        (answered(b"\x89PNG" * 90, content_type="image/png"), CRITICAL),
        (answered("<?php require 'vendor/autoload.php'; " + page("P")), CRITICAL),
        (answered(gzip.compress(page("P").encode()), content_encoding="gzip"), OK),
        (answered(zlib.compress(page("Application Error").encode()), content_encoding="deflate"), CRITICAL),
        (answered(b"\x00\x01 what is this" * 9, content_encoding="br"), UNKNOWN),
        (answered(b"no gzip at all" * 9, content_encoding="gzip"), UNKNOWN),
    ],
)
def test_answer_has_its_verdict(answer, expected):
    """By status, by the target of redirects, and by content."""
    assert verdict(answer) == expected


@pytest.mark.parametrize(
    ("url", "hosts", "came"),
    [
        ("https://portfolio.example", ("photos.example",), "https://www.photos.example/"),
        ("https://portfolio.example", ("Photos.example.",), "https://photos.example/"),
        ("https://portfolio.example", ("münchen.example",), "https://xn--mnchen-3ya.example/"),
        ("https://münchen.example", (), "https://www.xn--mnchen-3ya.example/"),
        ("https://xn--mnchen-3ya.example", (), "https://www.münchen.example/"),
        ("https://portfolio.example", (), "https://portfolio.example.:443/"),
    ],
)
def test_further_host_is_allowed_by_the_settings(url, hosts, came):
    """With and without www, in any spelling."""
    rules = PageRules(url, hosts=hosts)
    assert verdict(answered(page("P"), url=came, redirects=("x",)), rules) == OK


def test_login_is_allowed_where_configured():
    """For a site that consists of one."""
    rules = PageRules("https://portfolio.example/login")
    assert verdict(answered(page("P"), url="https://portfolio.example/auth/login", redirects=("x",)), rules) == OK


def test_expected_text_ignores_case_and_spaces():
    """In the title, on the page or in its markup; without it the page is another one."""
    rules = PageRules("https://portfolio.example", expect="photographs of  THE sea")
    assert verdict(answered(page("P")), rules) == OK
    assert verdict(answered(page("P", "<p>" + "Spades and rakes. " * 20)), rules) == CRITICAL


@given(
    good=st.sampled_from(sorted(GOOD_PAGES.values())),
    title=st.sampled_from(BAD_TITLES),
    status=st.sampled_from([200, 201, 202, 404, 418, 500, 503, 599]),
)
def test_good_page_under_a_platforms_title_is_never_ok(good, title, status):
    """Whatever follows, with any status."""
    assert verdict(answered(f"<title>{title}</title>{good}", status)) != OK


@given(
    body=st.binary(max_size=400), kind=st.sampled_from(["text/html", "text/plain", "application/json", "x/y", ""])
)
def test_any_bytes_give_a_verdict(body, kind):
    """And never an exception."""
    assert verdict(answered(body, content_type=kind)) in (OK, CRITICAL, UNKNOWN)


SCRIPT = "<!doctype html><html><head>%s</head><body><div></div></body></html>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (SCRIPT % '<script>window.onload=function(){window.location.href="/lander"}</script>', CRITICAL),
        (
            '<!doctype html><html data-adblockkey="MFww"><body><script src="/b.js"></script></body></html>',
            CRITICAL,
        ),
        (SCRIPT % '<script>window.park = "eyJ1"</script><script src="/b.js"></script>', CRITICAL),
        (SCRIPT % '<script src="/_Incapsula_Resource?SWJIYLWA=719d34d31c8e3a6e"></script>', UNKNOWN),
        (SCRIPT % "<script src='https://ct.captcha-delivery.com/c.js'></script>", UNKNOWN),
        (page("Making sure you&#39;re not a bot!", "<p>Loading</p>"), UNKNOWN),
        (page("One moment, please...", "<p>Please wait while your request is being verified...</p>"), UNKNOWN),
        (page("Robot Challenge Screen", "<p>Checking the site connection security</p>"), UNKNOWN),
        ('<!DOCTYPE html><html id="__next_error__"><body><script src="/m.js"></script></body></html>', CRITICAL),
        (SCRIPT % '<script id="__NEXT_DATA__">{"props":{},"page":"/_error","query":{}}</script>', CRITICAL),
        (SCRIPT % '<iframe src="//www.herokucdn.com/error-pages/application-error.html"></iframe>', CRITICAL),
        (page("Challenge Validation", '<div id="sec-if-cpt-container"></div>Powered and protected by'), UNKNOWN),
        (SCRIPT % '<script src="/x?v=1"></script><div id="sec-if-cpt-container" class="crypto"></div>', UNKNOWN),
        (page("You are being redirected...", "<p>Javascript is required.</p>"), UNKNOWN),
        (SCRIPT % '<script type="module" src="/assets/index.js"></script>', OK),
    ],
)
def test_page_without_text_is_judged_by_its_markup(body, expected):
    """Domain parking and bot protection send only scripts, but so do client-side rendered pages."""
    assert verdict(answered(body)) == expected


def with_main(main: str) -> str:
    """A page of the site's own, with navigation and footer."""
    return page("Portfolio", f"<nav>Home Prints About</nav><main>{main}</main><footer>{FILLED * 2}</footer>")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (with_main("<h1>Something went wrong</h1><p>Please try again later.</p>"), CRITICAL),
        (with_main("<h1>Oops! Something went wrong.</h1>"), CRITICAL),
        (with_main("<h1>Internal Server Error</h1>"), CRITICAL),
        (with_main("<h1>The sea</h1><p>Error: connect ECONNREFUSED 10.0.0.5:6379</p>"), CRITICAL),
        (with_main("<h1>The sea</h1>{% block content %}"), CRITICAL),
        (with_main("<h1>500</h1><p>weddings</p>"), OK),
        (with_main("<h1>Forbidden</h1><p>A series about closed places.</p>"), OK),
        (with_main("<h1>Prints</h1><h1>Page not found</h1><p>A book.</p>"), OK),
        (with_main("<h1>Coming soon</h1><p>New prints in May.</p>"), OK),
        (with_main("<h1>The sea</h1><p>{{ title }}</p>"), UNKNOWN),
        # Next.js: a part that failed on the server with HTTP 200, a redirect, and a part for the browser alone
        (with_main('<h1>The sea</h1><!--$!--><template data-dgst="2338921347"></template><!--/$-->'), UNKNOWN),
        (
            with_main(
                '<h1>The sea</h1><script>self.__next_f.push([1,"1e:E{\\"digest\\":\\"3723604918\\"}\\n"])</script>'
            ),
            UNKNOWN,
        ),
        (
            with_main(
                '<script>self.__next_f.push([1,"4:E{\\"digest\\":\\"NEXT_REDIRECT;replace;/en;307;\\"}"])</script>'
            ),
            OK,
        ),
        (with_main('<template data-dgst="BAILOUT_TO_CLIENT_SIDE_RENDERING"></template>'), OK),
        (
            page("Vite + React", '<div id="root"></div><script type="module" src="/src/main.jsx"></script>'),
            UNKNOWN,
        ),
        (with_main('<h1>The sea</h1><script type="module" src="src/main.js"></script>'), OK),
        (
            page("The studio", '<div id="root"></div><script type="module" src="/assets/index-4f2.js"></script>'),
            OK,
        ),
    ],
)
def test_page_in_the_sites_own_layout_is_judged_by_its_main_part(body, expected):
    """The only heading of the first level, the notes of a framework, and what a program says."""
    assert verdict(answered(body)) == expected
