"""Inbound connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.security.firewall import CloudFirewalls, TrustedSources

pytestmark = pytest.mark.security


@pytest.mark.monthly
@pytest.mark.item("monthly.config.firewall")
def test_nothing_is_open_to_everybody(
    cloud_firewalls: CloudFirewalls, trusted_sources: TrustedSources, judge: Judge
) -> None:
    """Redis accepts connections from trusted sources only; no cloud firewall opens a management port to the world.

    An empty list of trusted sources means open to all. An excessively wide range is a warning, as is a cloud
    firewall that protects nothing or could not be applied.
    """
    if trusted_sources:
        judge.that(
            trusted_sources.restricted,
            "Trusted sources of Redis",
            expected="a list of who may connect",
            found=trusted_sources.found,
        )
    judge.that(
        not cloud_firewalls.openings,
        "Cloud firewalls",
        expected="no management port open to the world",
        found=cloud_firewalls.found,
    )
    judge.that(
        not cloud_firewalls.failed,
        "Cloud firewalls",
        expected="rules that are in force",
        found=", ".join(f"{name} failed" for name in cloud_firewalls.failed) or "all in force",
        warn=True,
    )
    judge.that(
        not cloud_firewalls.idle,
        "Cloud firewalls",
        expected="each to cover a droplet or a tag",
        found=", ".join(f"{name} covering none" for name in cloud_firewalls.idle) or "none that covers nothing",
        warn=True,
    )
    if trusted_sources:
        judge.that(
            not trusted_sources.too_wide,
            "Trusted sources of Redis",
            expected="narrow address ranges",
            found=", ".join(trusted_sources.too_wide) or "no wide ones",
            warn=True,
        )
