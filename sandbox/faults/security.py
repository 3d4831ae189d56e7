"""What can go wrong with certificates, TLS, headers and links, and who tries to get in."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.faults import fault

if TYPE_CHECKING:
    from sandbox.world import World


def _tls(world: World, **changes: Any) -> None:
    world.portfolio.tls = replace(world.portfolio.tls, **changes)


# -------------------------------------------------------------------------------------------------- certificates


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
