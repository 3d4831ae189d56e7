"""Inbound connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.security.firewall import CloudFirewalls, DatabaseSources, TrustedSources

pytestmark = pytest.mark.security


@pytest.mark.monthly
@pytest.mark.item("monthly.config.firewall")
def test_nothing_is_open_to_everybody(
    cloud_firewalls: CloudFirewalls,
    trusted_sources: TrustedSources,
    database_sources: DatabaseSources,
    judge: Judge,
) -> None:
    """Redis and managed databases have trusted sources only; no cloud firewall opens a management port to all.

    An empty list of trusted sources means open to all. An excessively wide range is a warning, as is a cloud
    firewall that protects nothing or could not be applied. Droplets without any firewall are not looked for.
    """
    clusters = list(database_sources.clusters) if database_sources else []
    if trusted_sources:
        clusters.insert(0, trusted_sources)
    for cluster in clusters:
        judge.that(
            cluster.restricted,
            f"Trusted sources of {cluster.name}",
            expected="a list of who may connect",
            found=cluster.found,
        )
    if cloud_firewalls:
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
            found=", ".join(f"{name} covering none" for name in cloud_firewalls.idle)
            or "none that covers nothing",
            warn=True,
        )
    for cluster in clusters:
        judge.that(
            not cluster.too_wide,
            f"Trusted sources of {cluster.name}",
            expected="narrow address ranges",
            found=", ".join(cluster.too_wide) or "no wide ones",
            warn=True,
        )
