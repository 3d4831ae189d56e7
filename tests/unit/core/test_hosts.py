"""Which hosts belong to a site, as people, browsers and platforms write them."""

from __future__ import annotations

import pytest

from playbook.core.hosts import Hosts, host_in


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://Shop.Example/de?x=1", "shop.example"),
        ("shop.example", "shop.example"),
        ("shop.example.", "shop.example"),
        ("https://shop.example.:8443", "shop.example"),
        ("shop.example:8443/health", "shop.example"),
        ("//shop.example/x", "shop.example"),
        ("shop.example/?from=https://other.example", "shop.example"),
        ("https://user:secret@shop.example", "shop.example"),
        ("https://münchen.example", "xn--mnchen-3ya.example"),
        ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("shop。example", "shop.example"),
        ("*.shop.example", "*.shop.example"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8:0::1]", "2001:db8::1"),
        ("https://[2001:db8::1]:8443/", "2001:db8::1"),
        ("192.0.2.7:80", "192.0.2.7"),
        ("", ""),
        ("/only/a/path", ""),
        ("https://", ""),
        ("https://[::1", ""),
    ],
)
def test_host_of_an_address(text, host):
    """With and without a scheme, in one spelling."""
    assert host_in(text) == host


@pytest.mark.parametrize(
    ("names", "host", "is_own"),
    [
        (["https://shop.example"], "shop.example", True),
        (["https://shop.example"], "WWW.Shop.Example.", True),
        (["https://www.shop.example"], "shop.example", True),
        (["https://shop.example:8443"], "https://shop.example/", True),
        (["https://münchen.example"], "xn--mnchen-3ya.example", True),
        (["https://www.xn--mnchen-3ya.example"], "münchen.example", True),
        (["shop.example", "*.shop.example"], "eu.shop.example", True),
        (["*.shop.example"], "a.b.shop.example", True),
        (["*.shop.example"], "shop.example", True),  # as its www is
        (["*.münchen.example"], "eu.xn--mnchen-3ya.example", True),
        (["https://[2001:db8::1]"], "2001:db8:0::1", True),
        (["https://shop.example"], "eu.shop.example", False),
        (["https://shop.example"], "notshop.example", False),
        (["https://shop.example"], "shop.example.evil.example", False),
        (["*.shop.example"], "notshop.example", False),
        (["*.shop.example"], "example", False),
        (["https://shop.example"], "wwwshop.example", False),
        (["https://shop.example"], "shop.example@evil.example", False),
        (["https://münchen.example"], "munchen.example", False),
        (["https://[2001:db8::1]"], "2001:db8::2", False),
        (["https://shop.example"], "", False),
        ([], "shop.example", False),
        ([""], "", False),
    ],
)
def test_host_of_a_site(names, host, is_own):
    """With and without ``www.``; what merely looks like it is another's."""
    assert (host in Hosts.of(names)) is is_own
