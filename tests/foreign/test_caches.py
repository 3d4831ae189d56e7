"""What caches say of their own answers, in the words of real ones."""

from __future__ import annotations

import pytest

from loadtests.contents import Contents, Unclear, from_cache
from playbook.clients.answer import cache_hit
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
