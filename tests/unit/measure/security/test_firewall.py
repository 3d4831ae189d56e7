"""Rules that are open to everybody, and rules that are not understood."""

from __future__ import annotations

from typing import Any, cast

import pytest

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_account import Change, DigitalOceanAccount, Firewall, InboundRule
from playbook.clients.listing import Listing
from playbook.core.coverage import whole
from playbook.core.errors import Unmeasured
from playbook.measure.security.firewall import (
    CloudFirewalls,
    DatabaseSources,
    TrustedSources,
    cloud_firewalls,
    trusted_sources,
)
from playbook.settings.loading import load
from tests.judged import check, judged

SETTINGS = load("sandbox", environment={})
CHECK = check("test_firewall", "test_nothing_is_open_to_everybody")
ALL = ("0.0.0.0/0", "::/0")


class Fake:
    def __init__(self, found: list[Any], named: str | Unmeasured = "portfolio-cache") -> None:
        self.found = found
        self.named = named

    def trusted_sources(self) -> list[Any]:
        return self.found

    def cluster(self) -> dict[str, Any]:
        if isinstance(self.named, Unmeasured):
            raise self.named
        return {"name": self.named}

    def firewalls(self) -> Listing[Any]:
        return Listing(self.found, whole(f"{len(self.found)} firewalls"))


def trusted(*sources: tuple[str, str]) -> TrustedSources:
    rules = [{"type": kind, "value": value, "uuid": "x"} for kind, value in sources]
    return trusted_sources(cast(DigitalOceanApi, Fake(rules)), SETTINGS)


def sources_of(url: str | None, named: str | Unmeasured) -> TrustedSources:
    overlay = {"targets": {"sandbox": {"redis": {"url": url} if url else {}}}}
    fake = Fake([{"type": "app", "value": "1f2e"}], named)
    return trusted_sources(cast(DigitalOceanApi, fake), load("sandbox", environment={}, overlay=overlay))


def rule(protocol: str = "tcp", ports: str = "22", *addresses: str, **others: Any) -> InboundRule:
    return InboundRule(protocol=protocol, ports=ports, sources={"addresses": list(addresses), **others})


def behind(*rules: InboundRule, **over: Any) -> CloudFirewalls:
    plain: dict[str, Any] = {"name": "wall", "status": "succeeded", "droplet_ids": [1], "tags": []}
    fake = Fake([Firewall(**{**plain, "inbound_rules": list(rules), **over})])
    return cloud_firewalls(cast(DigitalOceanAccount, fake), SETTINGS)


def walls(protocol: str, ports: str, *addresses: str) -> CloudFirewalls:
    return behind(rule(protocol, ports, *addresses))


def verdict(
    found: CloudFirewalls | None = None,
    sources: TrustedSources | None = None,
    databases: DatabaseSources | None = None,
) -> str:
    good = behind(rule("tcp", "22", "203.0.113.0/28"))
    values = {
        "cloud_firewalls": found or good,
        "trusted_sources": sources or trusted(("app", "1f2e")),
        "database_sources": databases or DatabaseSources(),
    }
    return str(judged(CHECK, **values)[0])


@pytest.mark.parametrize(
    ("sources", "restricted", "too_wide"),
    [
        ([], False, ()),
        ([("app", "1f2e")], True, ()),
        ([("ip_addr", "203.0.113.7")], True, ()),
        ([("ip_addr", "203.0.113.0/24"), ("tag", "web")], True, ()),
        ([("app", "1f2e"), ("ip_addr", "0.0.0.0/0")], False, ("0.0.0.0/0",)),
        ([("ip_addr", "::/0")], False, ("::/0",)),
        ([("ip_addr", "10.0.0.0/8"), ("ip_addr", "172.16.0.0/12")], True, ("10.0.0.0/8", "172.16.0.0/12")),
        ([("ip_addr", "10.0.0.0/16")], True, ()),
        ([("ip_addr", "2001:db8::/24")], True, ("2001:db8::/24",)),
        ([("ip_addr", "2001:db8::/32")], True, ()),
        ([("ip_addr", "not an address")], True, ()),
    ],
)
def test_trusted_sources_are_restricted_or_too_wide(sources, restricted, too_wide):
    found = trusted(*sources)
    assert (found.restricted, found.too_wide) == (restricted, too_wide)


@pytest.mark.parametrize(
    ("protocol", "ports", "addresses", "opened"),
    [
        ("tcp", "22", ["0.0.0.0/0"], (22,)),
        ("tcp", "22", ["::/0"], (22,)),
        ("tcp", "22", ["203.0.113.0/24"], None),
        ("tcp", "443", ["0.0.0.0/0", "::/0"], None),
        ("tcp", "20-30", ["0.0.0.0/0"], (21, 22, 23)),
        ("tcp", "1433", ["0.0.0.0/0"], (1433,)),
        ("tcp", "5672", ["::/0"], (5672,)),
        ("tcp", "9093-9121", ["0.0.0.0/0"], (9093, 9100, 9121)),
        ("udp", "3389", ["0.0.0.0/0"], (3389,)),
        ("icmp", "0", ["0.0.0.0/0"], None),
        ("icmp", "", ["0.0.0.0/0"], None),
        ("tcp", "22", ["0.0.0.0/2", "128.0.0.0/2"], (22,)),
        ("tcp", "22", [], None),
    ],
)
def test_open_management_ports_are_found(protocol, ports, addresses, opened):
    found = walls(protocol, ports, *addresses)
    assert [opening.ports for opening in found.openings] == ([opened] if opened else [])


@pytest.mark.parametrize("ports", ["0", "all", "", "ssh"])
def test_all_ports_or_an_unknown_port_opens_all(ports):
    (opening,) = walls("tcp", ports, "0.0.0.0/0").openings
    assert opening.ports == tuple(SETTINGS.firewall.management_ports)
    assert "21, 22, 23, 111, …" in str(opening)


def test_missing_firewall_opens_nothing():
    found = cloud_firewalls(cast(DigitalOceanAccount, Fake([])), SETTINGS)
    assert found.found == "none in 0 firewalls"
    assert found.openings == ()


@pytest.mark.parametrize(
    ("sources", "wanted"),
    [
        ([("app", "1f2e"), ("droplet", "163973392"), ("k8s", "ff2a"), ("tag", "web")], "OK"),
        ([("ip_addr", "203.0.113.7"), ("ip_addr", "2001:db8::1")], "OK"),
        ([], "CRITICAL"),
        ([("ip_addr", "0.0.0.0/0")], "CRITICAL"),
        ([("ip_addr", "0.0.0.0")], "OK"),  # one unassigned address
        ([("ip_addr", "0.0.0.0/1"), ("ip_addr", "128.0.0.0/1")], "CRITICAL"),
        ([("ip_addr", f"{n * 64}.0.0.0/2") for n in range(4)], "CRITICAL"),
        ([("ip_addr", "0.0.0.0/1")], "CRITICAL"),  # half of the internet
        ([("ip_addr", "::/1"), ("ip_addr", "8000::/1")], "CRITICAL"),
        ([("ip_addr", "2000::/3")], "CRITICAL"),
        ([("ip_addr", "::ffff:0.0.0.0/96")], "CRITICAL"),  # IPv4, written as IPv6
        ([("ip_addr", "10.0.0.0/8")], "WARNING"),
        ([("ip_addr", "not an address")], "UNKNOWN"),
        ([("ip_addr", "")], "UNKNOWN"),
        ([("ip_addr", "*")], "UNKNOWN"),
        ([("vpc", "1f2e")], "UNKNOWN"),
        ([("", "203.0.113.7")], "UNKNOWN"),
        ([("network", "0.0.0.0/0")], "CRITICAL"),  # an unknown kind with the address of the whole world
        ([("app", "")], "UNKNOWN"),
    ],
)
def test_trusted_sources_get_their_verdict(sources, wanted):
    assert verdict(sources=trusted(*sources)) == wanted


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        ([rule("tcp", "22", "203.0.113.0/28")], "OK"),
        ([rule("tcp", "22", tags=["bastion"])], "OK"),
        ([rule("tcp", "22", droplet_ids=[1]), rule("tcp", "80", load_balancer_uids=["x"])], "OK"),
        ([rule("tcp", "443", *ALL), rule("icmp", "0", *ALL)], "OK"),
        ([], "OK"),  # nobody is let in
        ([rule("tcp", "22", "0.0.0.0/0")], "CRITICAL"),
        ([rule("tcp", "22", "0.0.0.0/1", "128.0.0.0/1")], "CRITICAL"),
        ([rule("tcp", "22", "0.0.0.0/1"), rule("tcp", "1-100", "128.0.0.0/1")], "CRITICAL"),
        ([rule("tcp", "22", "0.0.0.0/2"), rule("tcp", "22", "64.0.0.0/2")], "CRITICAL"),
        ([rule("tcp", "22", "::/0")], "CRITICAL"),
        ([rule("tcp", "1-65535", "0.0.0.0/0")], "CRITICAL"),
        ([rule("tcp", "0", "0.0.0.0/0")], "CRITICAL"),
        ([rule("tcp", "all", "0.0.0.0/0")], "CRITICAL"),
        ([rule("tcp", "100-1", "0.0.0.0/0")], "CRITICAL"),  # not understood, and not assumed harmless
        ([rule("esp", "22", "0.0.0.0/0")], "CRITICAL"),
        ([rule("tcp", "100-1", "203.0.113.1")], "UNKNOWN"),
        ([rule("tcp", "80,443", "203.0.113.1")], "UNKNOWN"),
        ([rule("tcp", "70000", "203.0.113.1")], "UNKNOWN"),
        ([rule("tcp", "", "203.0.113.1")], "UNKNOWN"),
        ([rule("gre", "22", "203.0.113.1")], "UNKNOWN"),
        ([rule("tcp", "22", "any")], "UNKNOWN"),
        ([rule("tcp", "22")], "UNKNOWN"),  # without sources
        ([rule("tcp", "22", "203.0.113.1", countries=["de"])], "UNKNOWN"),
        ([InboundRule(protocol="tcp", ports="22")], "UNKNOWN"),
    ],
)
def test_rules_get_their_verdict(rules, wanted):
    assert verdict(behind(*rules)) == wanted


@pytest.mark.parametrize(
    ("over", "wanted"),
    [
        ({"status": "failed"}, "WARNING"),
        ({"status": "waiting"}, "UNKNOWN"),
        ({"status": "paused"}, "UNKNOWN"),
        ({"status": ""}, "UNKNOWN"),
        ({"pending_changes": [Change(status="waiting")]}, "UNKNOWN"),
        ({"droplet_ids": []}, "WARNING"),  # it protects nothing
        ({"droplet_ids": [], "tags": ["web"]}, "OK"),
        ({"droplet_ids": None, "tags": ["web"]}, "OK"),
        ({"droplet_ids": None}, "UNKNOWN"),
        ({"droplet_ids": [], "tags": None}, "UNKNOWN"),
        ({"inbound_rules": None}, "UNKNOWN"),
    ],
)
def test_firewalls_get_their_verdict(over, wanted):
    assert verdict(behind(rule("tcp", "22", "203.0.113.0/28"), **over)) == wanted


def test_firewall_without_droplets_opens_nothing():
    assert behind(rule("tcp", "22", "0.0.0.0/0"), droplet_ids=[]).openings == ()


HOST = "shop-cache-do-user-19081923-0"


@pytest.mark.parametrize(
    ("url", "named", "expected"),
    [
        (f"rediss://default:Xp93kfQ1@{HOST}.c.db.ondigitalocean.com:25061", "shop-cache", "OK"),
        (f"rediss://default:Xp93kfQ1@private-{HOST}.db.ondigitalocean.com:25061/0", "shop-cache", "OK"),
        (f"rediss://default:Xp93kfQ1@{HOST}.c.db.ondigitalocean.com:25061", "shop-cache-staging", "UNKNOWN"),
        (f"rediss://default:Xp93kfQ1@{HOST}.c.db.ondigitalocean.com:25061", "shop", "UNKNOWN"),
        (
            f"rediss://default:Xp93kfQ1@{HOST}.c.db.ondigitalocean.com:25061",
            Unmeasured("no answer", service="DigitalOcean"),
            "UNKNOWN",
        ),
        ("redis://127.0.0.1:6379", "shop-cache", "OK"),  # a tunnel: the name says nothing
        ("redis://cache.internal.example:6379", "shop-cache", "OK"),
        (None, "shop-cache", "OK"),
    ],
)
def test_sources_of_another_cluster_are_not_those_of_redis(url: str | None, named: Any, expected: str) -> None:
    """DigitalOcean's host names begin with the cluster's name."""
    found = sources_of(url, named)
    assert verdict(sources=found) == expected
    if expected != "OK" and isinstance(named, str):
        assert f"those of {named}" in found.coverage.got


def test_open_cluster_is_critical_whichever_it_is() -> None:
    """What is bad counts."""
    overlay = {"targets": {"sandbox": {"redis": {"url": f"rediss://{HOST}.db.ondigitalocean.com:25061"}}}}
    settings = load("sandbox", environment={}, overlay=overlay)
    assert verdict(sources=trusted_sources(cast(DigitalOceanApi, Fake([], "another")), settings)) == "CRITICAL"
