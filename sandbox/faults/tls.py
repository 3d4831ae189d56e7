"""Faults of certificates, TLS and transport headers."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.faults import fault
from sandbox.world.shop import with_shop

if TYPE_CHECKING:
    from sandbox.world import World


def _tls(world: World, **changes: Any) -> None:
    world.portfolio.tls = replace(world.portfolio.tls, **changes)


@fault("certificate-expired", "The website's certificate ended three days ago")
def _(world: World) -> None:
    _tls(world, begins=timedelta(days=-93), ends=timedelta(days=-3))


@fault("certificate-expiring", "The website's certificate has 12 days left, as it was not renewed")
def _(world: World) -> None:
    _tls(world, begins=timedelta(days=-78), ends=timedelta(days=12))
    world.digitalocean.certificate_expires_at = world.now + timedelta(days=12)


@fault("certificate-expiring-soon", "The website's certificate has four days left")
def _(world: World) -> None:
    _tls(world, begins=timedelta(days=-86), ends=timedelta(days=4))
    world.digitalocean.certificate_expires_at = world.now + timedelta(days=4)


@fault("certificate-other-end", "DigitalOcean's own certificate has five days left; what is served is another one")
def _(world: World) -> None:
    world.digitalocean.certificate_expires_at = world.now + timedelta(days=5)


@fault("certificate-too-early", "The website's certificate is valid from tomorrow on only")
def _(world: World) -> None:
    _tls(world, begins=timedelta(days=1), ends=timedelta(days=91))


@fault("certificate-wrong-host", "The website's certificate is for another host")
def _(world: World) -> None:
    _tls(world, names=("old.example", "*.old.example"))


@fault("certificate-untrusted", "The website's certificate is signed by itself")
def _(world: World) -> None:
    _tls(world, trusted=False)


@fault("certificate-weak-key", "The website's certificate has an RSA key of 1024 bits")
def _(world: World) -> None:
    _tls(world, key="rsa-1024")


@fault("certificate-chain-ends-first", "The authority above the website's certificate has four days left")
def _(world: World) -> None:
    _tls(world, between=(timedelta(days=4),), sent=(0,))


@fault("certificate-chain-incomplete", "The website does not send the authority above its certificate")
def _(world: World) -> None:
    _tls(world, between=(timedelta(days=900),))


@fault(
    "certificate-chain-disordered", "The website sends the authorities above its certificate in the wrong order"
)
def _(world: World) -> None:
    _tls(world, between=(timedelta(days=900), timedelta(days=900)), sent=(0, 1))


@fault("tls-outdated", "The website accepts TLS 1.0 and 1.1 too")
def _(world: World) -> None:
    _tls(world, oldest=ssl.TLSVersion.TLSv1, suites=f"{world.portfolio.tls.suites}:ECDHE-ECDSA-AES128-SHA")


@fault("tls-suite-without-encryption", "The website accepts a cipher suite that does not encrypt")
def _(world: World) -> None:
    _tls(world, suites=f"{world.portfolio.tls.suites}:ECDHE-ECDSA-NULL-SHA")


@fault("tls-suites-old", "The website accepts cipher suites with CBC, which Mozilla's profile does not have")
def _(world: World) -> None:
    _tls(world, suites=f"{world.portfolio.tls.suites}:ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384")


@fault("tls-without-newest", "The website does not accept TLS 1.3")
def _(world: World) -> None:
    _tls(world, newest=ssl.TLSVersion.TLSv1_2)


@fault("http-not-redirected", "The website answers without TLS instead of leading to https")
def _(world: World) -> None:
    world.portfolio.plain_http = "answered"


@fault("http-redirected-elsewhere", "Without TLS, the website leads to another host first")
def _(world: World) -> None:
    world.portfolio.plain_http = "to another host"


@fault("hsts-missing", "The website does not promise to come by TLS only")
def _(world: World) -> None:
    del world.portfolio.headers["strict-transport-security"]


@fault("hsts-short", "The website promises to come by TLS only for thirty days")
def _(world: World) -> None:
    world.portfolio.headers["strict-transport-security"] = "max-age=2592000"


@fault("hsts-unreadable", "The website's promise to come by TLS only has two ages, so that browsers pass it over")
def _(world: World) -> None:
    world.portfolio.headers["strict-transport-security"] = "max-age=63072000; max-age=63072000"


@fault("shop-bare", "The shop's answers have no security header")
def _(world: World) -> None:
    with_shop(world).headers = {}
