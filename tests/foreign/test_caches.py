"""What caches say of their own answers, in the words of real ones."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler

import pytest

from loadtests.contents import Contents, Unclear, from_cache
from playbook.clients.answer import cache_hit, not_renewed
from playbook.clients.http import monitoring_client
from playbook.clients.wire import Phases
from playbook.core.errors import Malformed
from playbook.core.judge import Judge
from playbook.measure.web.homepage import HomepageTiming, Sample
from playbook.settings.loading import load
from tests.http_server import serving
from tests.unit.readers.load.made import plan

HITS = [
    {"cf-cache-status": "HIT"},
    {"cf-cache-status": "STALE"},
    {"cf-cache-status": "UPDATING"},
    {"cf-cache-status": "REVALIDATED", "age": "0"},
    {"x-cache": "Hit from cloudfront"},
    {"x-cache": "RefreshHit from cloudfront"},
    {"x-cache": "MISS, HIT", "x-cache-hits": "0, 1"},
    {"x-cache": "TCP_MEM_HIT from a23-1-2-3.deploy.akamaitechnologies.com"},
    {"cdn-cache": "HIT"},
    {"x-cache-status": "HIT"},
    {"x-proxy-cache": "HIT"},
    {"x-vercel-cache": "STALE"},
    {"x-litespeed-cache": "hit,private"},
    {"cache-status": '"Netlify Edge"; hit'},
    {"cache-status": "OriginCache; hit; ttl=1100, ReverseProxy; fwd=uri-miss"},
    {"age": "37"},
    {"age": "0, 12"},
]
MISSES = [
    {},
    {"cf-cache-status": "DYNAMIC"},
    {"cf-cache-status": "MISS"},
    {"cf-cache-status": "EXPIRED"},
    {"cf-cache-status": "BYPASS", "age": "0"},
    {"x-cache": "Miss from cloudfront"},
    {"x-cache": "TCP_MISS from a23-1-2-3.deploy.akamaitechnologies.com", "x-cache-hits": "0"},
    {"x-cache": "Error from cloudfront"},
    {"cdn-cache": "MISS"},
    {"x-cache-status": "-"},
    {"x-vercel-cache": "PRERENDER"},
    {"x-litespeed-cache": "miss"},
    {"cache-status": '"Netlify Edge"; fwd=miss'},
    {"cache-status": "ExampleCache; hit=?0; fwd=request"},
    {"x-cache": "architecture"},
    {"age": ""},
    {"age": "soon"},
    {"age": "000"},
]


def health(headers: dict[str, str], body: bytes = b'{"status":"healthy"}') -> str:
    """What a load test says of a health endpoint's answer; a repeated header is a list there."""
    sent = {
        name: value.split(", ") if name == "age" and ", " in value else value for name, value in headers.items()
    }
    return Contents(plan()).health(pytest.fail, "application/json", body, from_cache(sent))


@pytest.mark.parametrize("headers", HITS, ids=str)
def test_answer_of_a_cache_is_known_by_its_header(headers: dict[str, str]) -> None:
    """To the daily check and to a load test; there, it is no answer of the instance."""
    assert cache_hit(headers)
    said = health(headers)
    assert isinstance(said, Unclear)
    assert said.startswith("expected an answer of the instance, got one from a cache (")


@pytest.mark.parametrize("headers", MISSES, ids=str)
def test_answer_of_the_website_is_not_taken_for_one(headers: dict[str, str]) -> None:
    """A cache that was asked, and asked the website."""
    assert cache_hit(headers) == health(headers) == ""


def test_bad_answer_of_a_cache_is_a_bad_one() -> None:
    """What it says of the website counts."""
    said = health({"age": "5"}, b'{"status":"down"}')
    assert said.startswith("expected to be healthy")
    assert not isinstance(said, Unclear)


# What Cloudflare, nginx, Squid, Akamai, Apache and a cache by RFC 9211 say while the website behind them fails.
NOT_RENEWED = [
    {"cf-cache-status": "STALE", "age": "5400"},
    {"x-cache-status": "STALE"},
    {"x-proxy-cache": "STALE"},
    {"x-cache": "TCP_REFRESH_FAIL_HIT from a23-1-2-3.deploy.akamaitechnologies.com"},
    {"x-cache": "TCP_REFRESH_FAIL_OLD from proxy.example"},
    {"warning": '111 shop.example "Revalidation Failed"'},
    {"warning": '110 - "Response is Stale", 112 - "Disconnected Operation"'},
    {"cache-status": "Edge; fwd=stale; fwd-status=503; detail=stale-if-error"},
]
RENEWED = [
    {},
    {"cf-cache-status": "UPDATING"},
    {"cf-cache-status": "HIT", "age": "5400"},
    {"x-vercel-cache": "STALE"},  # which it renews meanwhile
    {"cache-status": '"Netlify Edge"; fwd=stale; fwd-status=200'},
    {"warning": '214 proxy.example "Transformation Applied"'},
    {"x-cache": "RefreshHit from cloudfront"},
    {"x-cache": "HIT-STALE"},
]


def homepage(*headers: dict[str, str]) -> tuple[str, str]:
    """The verdict on a homepage that is answered with these, one after the other."""
    samples = tuple(Sample(200, Phases(total=0.1), old_copy=not_renewed(one)) for one in headers)
    judge = Judge()
    judge.add_coverage("homepage_timing", HomepageTiming(samples).coverage)
    for statement in HomepageTiming(samples).statements():
        judge.that(**statement.terms)
    assert judge.leading
    return str(judge.leading.verdict), judge.leading.message


@pytest.mark.parametrize("headers", NOT_RENEWED, ids=str)
def test_old_copies_of_a_cache_show_that_the_website_fails(headers: dict[str, str]) -> None:
    """Visitors have a page, and nobody would know of it otherwise."""
    said, message = homepage(*([headers] * 5))
    assert said == "WARNING"
    assert message.startswith(
        "Website behind its cache: expected copies that the cache can renew, got an old one each"
    )


@pytest.mark.parametrize("headers", RENEWED, ids=str)
def test_copies_that_are_renewed_are_ok(headers: dict[str, str]) -> None:
    assert homepage(*([headers] * 5))[0] == "OK"


def test_old_copy_while_a_new_one_is_made_is_ok() -> None:
    """As nginx gives with ``proxy_cache_background_update``."""
    stale, updating, hit = ({"x-cache-status": word} for word in ("STALE", "UPDATING", "HIT"))
    assert homepage(stale, updating, updating, hit, hit)[0] == "OK"


@pytest.mark.parametrize("part", ["alertmanager", "grafana", "prometheus"])
@pytest.mark.parametrize(
    ("headers", "copy"),
    [
        # Cloudflare with "Cache Everything", and Varnish; nginx with proxy_cache_use_stale.
        ({"Age": "14400", "CF-Cache-Status": "HIT"}, "age: 14400"),
        ({"Age": "86400", "X-Varnish": "32770 5"}, "age: 86400"),
        ({"X-Cache-Status": "STALE"}, "x-cache-status: STALE"),
        ({"Age": "0"}, ""),
        ({"Age": "12", "X-Varnish": "32770 5"}, ""),
        ({"CF-Cache-Status": "DYNAMIC"}, ""),
    ],
)
def test_old_copy_of_what_monitors_tell_is_no_answer(part, headers, copy):
    """That nothing fired four hours ago says nothing of now."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            for name, value in {"Content-Length": "2", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *_):
            """Nothing."""

    with serving(Handler) as url:
        overlay = {"targets": {"production": {part: {"url": url}}}}
        settings = load("production", environment={}, overlay=overlay)
        client = monitoring_client(settings, part, "Monitor")
        if not copy:
            assert client.get("api").json() == []
            return
        told = rf"expected an answer of now from {url}/api, got a copy that a cache kept \({copy}\)$"
        with pytest.raises(Malformed, match=told):
            client.get("api")
