"""What counts as open to everybody."""

from __future__ import annotations

from typing import Any, cast

import pytest

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_account import DigitalOceanAccount, Firewall, InboundRule, Sources
from playbook.measure.firewall import CloudFirewalls, TrustedSources, cloud_firewalls, trusted_sources
from playbook.settings import load

SETTINGS = load("sandbox", environment={})


class Fake:
    def __init__(self, found: list[Any]) -> None:
        self.found = found

    def trusted_sources(self) -> list[Any]:
        return self.found

    firewalls = trusted_sources


def trusted(*sources: tuple[str, str]) -> TrustedSources:
    rules = [{"type": kind, "value": value, "uuid": "x"} for kind, value in sources]
    return trusted_sources(cast(DigitalOceanApi, Fake(rules)), SETTINGS)


def walls(protocol: str, ports: str, *addresses: str) -> CloudFirewalls:
    rule = InboundRule(protocol=protocol, ports=ports, sources=Sources(addresses=list(addresses)))
    fake = Fake([Firewall(name="wall", inbound_rules=[rule])])
    return cloud_firewalls(cast(DigitalOceanAccount, fake), SETTINGS)


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
def test_trusted_sources(sources, restricted, too_wide):
    found = trusted(*sources)
    assert (found.restricted, found.too_wide) == (restricted, too_wide)


@pytest.mark.parametrize(
    ("protocol", "ports", "addresses", "opened"),
    [
        ("tcp", "22", ["0.0.0.0/0"], (22,)),
        ("tcp", "22", ["::/0"], (22,)),
        ("tcp", "22", ["203.0.113.0/24"], None),
        ("tcp", "443", ["0.0.0.0/0", "::/0"], None),
        ("tcp", "20-30", ["0.0.0.0/0"], (22, 23)),
        ("tcp", "9000-9100", ["0.0.0.0/0"], (9090, 9093, 9100)),
        ("udp", "3389", ["0.0.0.0/0"], (3389,)),
        ("icmp", "0", ["0.0.0.0/0"], None),
        ("icmp", "", ["0.0.0.0/0"], None),
        ("tcp", "22", [], None),
    ],
)
def test_management_ports(protocol, ports, addresses, opened):
    found = walls(protocol, ports, *addresses)
    assert [opening.ports for opening in found.openings] == ([opened] if opened else [])


@pytest.mark.parametrize("ports", ["0", "all", "", "ssh"])
def test_every_port_and_what_is_not_understood_opens_all(ports):
    (opening,) = walls("tcp", ports, "0.0.0.0/0").openings
    assert opening.ports == tuple(SETTINGS.firewall.management_ports)
    assert "22, 23, 2375, 2376, …" in str(opening)


def test_no_firewall_opens_nothing():
    found = cloud_firewalls(cast(DigitalOceanAccount, Fake([])), SETTINGS)
    assert found.found == "none in 0 firewalls"
    assert found.openings == ()
