"""Pages of development servers and of builds with a developer's settings, as these programs write them."""

from datetime import UTC, datetime

import pytest

from checks.web import test_web as checks
from playbook.clients.http import HttpClient
from playbook.clients.network import Network
from playbook.clients.wire import Phases
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.verdict import Verdict
from playbook.measure.web import homepage
from playbook.measure.web.homepage import homepage_timing
from playbook.measure.web.page_loads import loads_of
from playbook.settings.loading import load
from playbook.settings.model import TimeLimits
from tests.foreign.test_homepage import OK, UNKNOWN, answered, verdict
from tests.judged import judged
from tests.redis_factory import settings_of
from tests.unit.loopback import answer, hang_up, serve

PAGE = (
    "<!DOCTYPE html><html><head><title>Lind</title>{}</head><body><h1>Photographs of the sea</h1>"
    "<p>Landscapes and towns, printed in small editions since 2014.</p>{}</body></html>"
)
# What is in the head or the body, and the verdict.
PAGES = {
    "astro-5-dev": ('<script type="module" src="/@vite/client"></script>', "", UNKNOWN),
    "nuxt-3-dev": ('<script type="module" src="/_nuxt/@vite/client" crossorigin></script>', "", UNKNOWN),
    "sveltekit-2-dev": ("", '<script>{ __sveltekit_dev = { base: "" }; }</script>', UNKNOWN),
    "sveltekit-2": ("", '<script>{ __sveltekit_b2i21g = { base: "" }; }</script>', OK),
    "vite-react-dev": (
        '<script type="module">import { injectIntoGlobalHook } from "/@react-refresh"; import("/@id/a")</script>',
        "",
        UNKNOWN,
    ),
    "eleventy-3-serve": ('<script type="module" src="/.11ty/reload-client.js"></script>', "", UNKNOWN),
    "hugo-server": (
        '<script src="/livereload.js?mindelay=10&amp;v=2&amp;port=7054&amp;path=livereload" defer></script>',
        "",
        UNKNOWN,
    ),
    "gatsby-develop": ('<meta name="note" content="environment=development"/>', "", UNKNOWN),
    "hugo-without-a-base": ('<link rel="stylesheet" href="http://localhost:1313/css/a.css">', "", UNKNOWN),
    "laravel-hot-file": ('<link rel="stylesheet" href="http://[::1]:5173/resources/css/app.css" />', "", UNKNOWN),
    "django-vite-dev-mode": (
        '<script type="module" src="http://localhost:5173/static/src/main.ts"></script>',
        "",
        UNKNOWN,
    ),
    "media-of-runserver": ("", '<img src="http://127.0.0.1:8000/media/sea.jpg">', UNKNOWN),
    "django-debug-toolbar": ("", '<div id="djDebug" class="djdt-hidden" dir="ltr"></div>', UNKNOWN),
    "symfony-profiler": ("", '<div id="sfwdt3f2a1b" class="sf-toolbar sf-display-none"></div>', UNKNOWN),
    "django-behind-a-proxy": ('<link rel="stylesheet" href="http://portfolio.example/static/a.css">', "", UNKNOWN),
    "the-same-upgraded": (
        '<meta http-equiv="Content-Security-Policy" content="upgrade-insecure-requests">'
        '<link rel="stylesheet" href="http://portfolio.example/static/a.css">',
        "",
        OK,
    ),
    "whitenoise": (
        '<link rel="stylesheet" href="/static/a.6f3c1b.css"><script src="/static/a.js"></script>',
        "",
        OK,
    ),
    "package-of-a-scope": ('<script src="https://unpkg.com/@id/signature@2/dist/a.js"></script>', "", OK),
    "script-of-another-host": ('<script src="http://counter.example/a.js"></script>', "", OK),
    "an-article-about-vite": ("", '<p>Put <code>&lt;script src="/@vite/client"&gt;</code> there.</p>', OK),
    "a-link-to-a-demo": ("", '<a href="http://localhost:3000/">Try it</a>', OK),
}


@pytest.mark.parametrize("name", PAGES)
def test_page_as_for_developers_is_unknown(name):
    """Its text is right, but visitors get neither its styles nor its scripts."""
    head, body, expected = PAGES[name]
    assert verdict(answered(PAGE.format(head, body))) == expected


def test_site_at_home_may_load_from_its_own_machine():
    head = '<script type="module" src="/@vite/client"></script><script src="http://localhost:5173/a.js"></script>'
    rules = homepage.PageRules("http://localhost:3000", least_bytes=64)
    assert verdict(answered(PAGE.format(head, ""), url="http://localhost:3000"), rules) == OK


ROBOTS = '<meta name="robots" content="noindex, nofollow">'
OWN = '<link rel="canonical" href="https://portfolio.example/">'
STAGING = '<link rel="canonical" href="https://staging.portfolio.example/">'


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        (["", ROBOTS], "one that asks them to leave it out (noindex)"),
        (["", ROBOTS, ROBOTS], "one that asks them to leave it out (noindex)"),  # until it is mended
        (["", ROBOTS, ""], ""),
        ([ROBOTS, ROBOTS], ""),  # a site for a few people
        (["", "X-Robots-Tag"], "one that asks them to leave it out (noindex)"),
        ([OWN, STAGING], "one that tells them its address is https://staging.portfolio.example/"),
        ([STAGING, STAGING], ""),  # its copy elsewhere is the one to be listed
        ([OWN, '<link rel="canonical" href="https://www.portfolio.example/">'], ""),
        ([OWN, '<meta name="robots" content="max-image-preview:large">'], ""),
        ([OWN, OWN + '<meta name="robots" content="index, follow, max-image-preview:none">'], ""),
    ],
)
def test_page_that_leads_search_engines_away_is_a_warning(heads, expected, monkeypatch, tmp_path):
    """As a release with the settings of staging does, compared with the last good run."""
    monkeypatch.setattr(homepage, "is_internal", lambda host: False)  # as if this were no machine of ours
    monkeypatch.setattr(homepage, "_PAUSE", 0.0)
    history = []
    for head in heads:
        header = {"X_Robots_Tag": "noindex"} if head == "X-Robots-Tag" else {}
        body = PAGE.format("" if header else head, "").encode()
        environment = {"PRODUCTION_URL": "http://localhost"}
        overlay = {"targets": {"production": {"web": {"hosts": ["portfolio.example"]}}}}
        settings = load("production", root=tmp_path, environment=environment, overlay=overlay)
        clock = FixedClock(datetime(2026, 3, 2 + len(history), 8, 0, tzinfo=UTC))
        with serve(answer(body=body, Content_Type="text/html", **header)) as server:
            client = HttpClient(server.url, service="Website", time_limits=TimeLimits(connect=30, read=30))
            timing = homepage_timing(client, Network(()), settings, clock, Earlier(lambda: list(history)))
        history.append(timing.readings)
    found, message = judged(checks.test_homepage_answers_fast, homepage_timing=timing)
    assert (found, timing.astray) == (Verdict.WARNING if expected else Verdict.OK, expected)
    assert expected in message


@pytest.mark.parametrize(
    ("header", "unlisted"),
    [
        ("noindex", True),
        ("nofollow, noindex", True),
        ("googlebot: noindex", True),
        ("none", True),
        ("unlistedbot: noindex, nofollow", False),
        ("max-snippet: -1, max-image-preview: large", False),
        ("noarchive", False),
        ("", False),
    ],
)
def test_header_for_crawlers_may_be_about_one_of_them(header, unlisted):
    """https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag"""
    assert loads_of("<h1>Photographs</h1>", {"x-robots-tag": header}).unlisted is unlisted


@pytest.mark.parametrize("address", ["http://localhost:4321/", "http://web:8000/", "https://10.0.0.5/"])
def test_address_at_home_for_search_engines_is_a_warning(address):
    """Of Astro without ``site``, and of a container; it needs no run before."""
    rules = homepage.PageRules("https://portfolio.example")
    elsewhere = homepage._elsewhere(address, rules)
    sample = homepage.Sample(200, Phases(total=0.2), elsewhere=elsewhere)
    timing = homepage.HomepageTiming((sample,) * 5)
    found, message = judged(checks.test_homepage_answers_fast, homepage_timing=timing)
    assert (found, address in message) == (Verdict.WARNING, True)
    assert not homepage._elsewhere("https://www.portfolio.example/", rules)


NUXT = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"><script type="module" src="/_nuxt/Co8Krq47.js" crossorigin>'
    '</script><link rel="stylesheet" href="/_nuxt/entry.DL_4WIao.css"></head><body><div id="__nuxt"></div></body>'
    "</html>"
)
STATIC = PAGE.format('<base href="/portfolio/"><link rel="stylesheet" href="_astro/a.css">', "")
GONE = answer("404 Not Found", b"<h1>404</h1>", Content_Type="text/html")
SCRIPT = answer(body=b"export{}", Content_Type="text/javascript")
STYLE = answer(body=b"a{}", Content_Type="text/css")


@pytest.mark.parametrize(
    ("page", "answers", "expected", "words"),
    [
        (NUXT, [SCRIPT, STYLE], Verdict.OK, ""),
        (NUXT, [GONE, GONE], Verdict.CRITICAL, "got /_nuxt/Co8Krq47.js (HTTP 404) and 1 more"),  # another baseURL
        (
            NUXT,
            [{"/_nuxt/Co8Krq47.js": SCRIPT, "/_nuxt/entry.DL_4WIao.css": GONE}],
            Verdict.WARNING,
            "got /_nuxt/entry.DL_4WIao.css (HTTP 404)",
        ),
        # A catch-all of the platform, which answers each path with the homepage.
        (NUXT, [answer(body=NUXT.encode(), Content_Type="text/html")], Verdict.CRITICAL, "(a page in its place)"),
        (STATIC, [GONE], Verdict.WARNING, "got /portfolio/_astro/a.css (HTTP 404)"),  # static files not collected
        (STATIC, [STYLE], Verdict.OK, ""),
        (STATIC, [answer("502 Bad Gateway")], Verdict.WARNING, "got /portfolio/_astro/a.css (HTTP 502)"),
        (STATIC, [hang_up], Verdict.UNKNOWN, "got none to /portfolio/_astro/a.css ("),
        (STATIC, [answer("429 Too Many Requests")], Verdict.OK, ""),  # which says nothing about visitors
        (PAGE.format('<script src="/cdn-cgi/scripts/email-decode.min.js"></script>', ""), [GONE], Verdict.OK, ""),
        (PAGE.format('<script src="https://cdn.example/a.js"></script>', ""), [GONE], Verdict.OK, ""),
    ],
)
def test_styles_and_scripts_that_are_not_served_are_found(page, answers, expected, words, monkeypatch):
    """The page itself is as it should be."""
    monkeypatch.setattr(homepage, "_PAUSE", 0.0)
    monkeypatch.setattr(homepage, "_ENOUGH_FOR_THEM", 100.0)
    settings = settings_of(web={"url": "http://localhost"})
    good = answer(body=page.encode(), Content_Type="text/html")
    clock = FixedClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    with serve(*[good] * homepage.SAMPLES, *answers) as server:
        client = HttpClient(server.url, service="Website", time_limits=TimeLimits(connect=30, read=30))
        timing = homepage_timing(client, Network(()), settings, clock, Earlier())
    found, message = judged(checks.test_homepage_answers_fast, homepage_timing=timing)
    assert (found, words in message) == (expected, True), message


ASTRO = PAGE.format(
    '<link rel="stylesheet" href="/_astro/a.css"><script type="module" src="/_astro/a.js"></script>', ""
)
# The body of SvelteKit's page without rendering on the server; the policy has the hash of its script.
KIT = (
    '<!doctype html><html><head><link href="/_app/start.js" rel="modulepreload"></head><body><div>'
    '<script>import("/_app/start.js")</script></div></body></html>'
)
KIT_HASH = "'sha256-GvmBko8LMFz12VecPywdddsCCAJydQZbrBooJ7/Bokc='"
KIT_HASH_OF_LINES = "'sha256-XYApprMJdYFeez6O5RQ5xjfPh2QMpO8g9cWzVxQv6rw='"
POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src https://cdn.example">'
NUXT_BARE = (
    '<!doctype html><html><head><link rel="modulepreload" href="/_nuxt/a.js"></head><body><div id="__nuxt"></div>'
    "<template><script>start()</script></template>"
    '<noscript><link rel="stylesheet" href="http://localhost:3000/plain.css"></noscript></body></html>'
)
ALL = [answer(body=b"a{}", Content_Type="text/css")]
REFUSED = "(refused by the page's own Content-Security-Policy)"


@pytest.mark.parametrize(
    ("page", "policy", "expected"),
    [
        (ASTRO, "", Verdict.OK),
        (ASTRO, "default-src 'self'", Verdict.OK),
        (ASTRO, "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'", Verdict.OK),
        (ASTRO, "default-src https: http: data:", Verdict.OK),
        (ASTRO, "script-src 'nonce-abc'; style-src *", Verdict.WARNING),
        (ASTRO, "default-src 'none'", Verdict.WARNING),
        (ASTRO, "default-src 'self'; style-src https://fonts.example", Verdict.WARNING),
        (ASTRO, "default-src 'self', script-src 'none'", Verdict.WARNING),  # each of two applies
        (ASTRO, "script-src 'strict-dynamic' 'nonce-abc' 'self'; style-src 'self'", Verdict.WARNING),
        (
            ASTRO.replace('type="module"', 'type="module" nonce="aBc"'),
            "script-src 'strict-dynamic' 'nonce-aBc'; style-src 'self'",
            Verdict.OK,
        ),
        (ASTRO, "default-src localhost:*", Verdict.OK),
        (ASTRO, "default-src http://localhost:*/_astro/", Verdict.OK),
        (ASTRO, "default-src http://localhost:*/assets/", Verdict.WARNING),
        (ASTRO, "frame-ancestors 'none'", Verdict.OK),
        (KIT, "script-src 'self'", Verdict.CRITICAL),  # it shows nothing without its script
        (KIT, f"script-src 'self' {KIT_HASH}", Verdict.OK),
        (KIT, "script-src 'self' 'unsafe-inline'", Verdict.OK),
        (KIT, f"script-src 'unsafe-inline' 'self' {KIT_HASH[:-4]}a='", Verdict.CRITICAL),
        # A counter of visits within a page that has scripts of its own.
        (ASTRO.replace("</body>", "<script>count()</script></body>"), "default-src 'self'", Verdict.OK),
        (PAGE.format("", "<script>window.__CF$cv$params={r:'8'}</script>"), "default-src 'self'", Verdict.OK),
        # As Cloudflare adds it, without the nonce that each script needs.
        (
            PAGE.format("", '<script src="/cdn-cgi/scripts/5c5dd728/email-decode.min.js"></script>'),
            "script-src 'nonce-abc'",
            Verdict.OK,
        ),
        # A hash is one of the text as browsers read it, whatever ends its lines.
        (KIT.replace("import(", "\r\nimport("), f"script-src 'self' {KIT_HASH_OF_LINES}", Verdict.OK),
        # What browsers with scripts do not use.
        (NUXT_BARE, "script-src 'self'", Verdict.OK),
        # A policy within the page applies to what follows.
        (ASTRO.replace("</head>", f"{POLICY}</head>"), "", Verdict.OK),
        (ASTRO.replace("<head>", f"<head>{POLICY}"), "", Verdict.WARNING),
        (PAGE.format("", '<script type="application/ld+json">{}</script>'), "default-src 'self'", Verdict.OK),
    ],
)
def test_policy_that_refuses_the_pages_own_scripts_is_found(page, policy, expected, monkeypatch):
    """The page and all that it names are served, and browsers use none of it."""
    monkeypatch.setattr(homepage, "_PAUSE", 0.0)
    monkeypatch.setattr(homepage, "_ENOUGH_FOR_THEM", 100.0)
    header = {"Content_Security_Policy": policy} if policy else {}
    good = answer(body=page.encode(), Content_Type="text/html", **header)
    clock = FixedClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    with serve(*[good] * homepage.SAMPLES, *ALL) as server:
        client = HttpClient(server.url, service="Website", time_limits=TimeLimits(connect=30, read=30))
        settings = settings_of(web={"url": "http://localhost"})
        timing = homepage_timing(client, Network(()), settings, clock, Earlier())
    found, message = judged(checks.test_homepage_answers_fast, homepage_timing=timing)
    assert (found, REFUSED in message) == (expected, expected is not Verdict.OK), message


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        (r"css\site.css", "/css/site.css"),
        ("/css/\n  site.css", "/css/  site.css"),
        ("css/site.css?v=a\\b", "/css/site.css?v=a\\b"),
        ("../site.css", "/site.css"),
    ],
)
def test_address_is_the_one_that_browsers_ask_for(written, asked):
    """As programs under Windows write paths: https://url.spec.whatwg.org/#relative-slash-state"""
    loads = loads_of(PAGE.format(f'<link rel="stylesheet" href="{written}">', ""), {})
    assert loads.named("https://portfolio.example/").addresses == (f"https://portfolio.example{asked}",)
