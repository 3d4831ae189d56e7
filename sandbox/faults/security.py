"""What can go wrong with certificates, TLS, headers and links, and who tries to get in."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox import log_incidents
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


# ------------------------------------------------------------------------------------------------ TLS and headers


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


@fault("policy-missing", "The website has no content security policy")
def _(world: World) -> None:
    del world.portfolio.headers["content-security-policy"]


@fault("policy-mistyped", "A directive of the content security policy is mistyped, so that browsers skip it")
def _(world: World) -> None:
    headers = world.portfolio.headers
    headers["content-security-policy"] = headers["content-security-policy"].replace("form-action", "form-acton")


@fault("headers-missing", "The website sends no security headers at all")
def _(world: World) -> None:
    world.portfolio.headers.clear()


@fault(
    "session-cookie-open", "The website sets a session cookie that scripts can read and that travels unencrypted"
)
def _(world: World) -> None:
    world.portfolio.headers["set-cookie"] = "session=4f1c; Path=/"


# ---------------------------------------------------------------------------------------------------------- links


@fault("link-documentation-moved", "The link to the documentation leads to a page that is not there any more")
def _(world: World) -> None:
    world.pages.statuses["docs"] = 404


@fault("link-status-page-broken", "The status page answers 500")
def _(world: World) -> None:
    world.pages.statuses["status"] = 500


@fault("link-status-page-parked", "At the address of the status page a domain trader offers the name for sale")
def _(world: World) -> None:
    world.pages.parked.add("status")


@fault("link-console-gone", "The console's page is not there any more")
def _(world: World) -> None:
    world.pages.statuses["console"] = 410


@fault("pages-gone", "Nobody listens where console, status page and documentation should be; Grafana answers")
def _(world: World) -> None:
    world.gone.add("pages")


@fault("links-gone", "Not one of the links is answered, as when this machine has no network")
def _(world: World) -> None:
    world.gone |= {"pages", "grafana"}


# ------------------------------------------------------------------------------------------- who tries to get in


@fault("refused-burst", "One source was answered 403 ninety times within an hour")
def _(world: World) -> None:
    log_incidents.refused(world.logs, 90)


@fault("refused-flood", "One source was answered 403 nine hundred times within an hour")
def _(world: World) -> None:
    log_incidents.refused(world.logs, 900)


@fault("refused-spread", "Forty sources were answered 403 twice each within an hour")
def _(world: World) -> None:
    log_incidents.refused(world.logs, 80, sources=40)


@fault("passwords-tried", "One source tried forty-five passwords at the jump host within an hour")
def _(world: World) -> None:
    world.sign_ins.guess("203.0.113.66", 45, ago=timedelta(days=2))


@fault("passwords-tried-application", "One source tried four hundred passwords at the application within an hour")
def _(world: World) -> None:
    log_incidents.wrong_passwords(world.logs, 400)


@fault("passwords-tried-spread", "A hundred and fifty sources tried one password each within an hour")
def _(world: World) -> None:
    for number in range(150):
        world.sign_ins.guess(f"198.51.100.{10 + number}", 1, ago=timedelta(days=1))


@fault("password-guessed", "A source that had tried twenty passwords at the jump host was let in by the next")
def _(world: World) -> None:
    world.sign_ins.guess("203.0.113.66", 20, ago=timedelta(days=1))
    at = world.sign_ins.extra[-1][0] + timedelta(seconds=30)
    world.sign_ins.extra.append((at, "Accepted password for ada from 203.0.113.66 port 41999 ssh2"))


@fault("sign-ins-gone", "The file with the jump host's sign-ins is not there")
def _(world: World) -> None:
    world.gone.add("sign-ins")


@fault("sign-ins-silent", "Nothing was written to the file with the jump host's sign-ins for nine hours")
def _(world: World) -> None:
    world.sign_ins.silent = timedelta(hours=9)


@fault("sign-ins-undated", "The lines of the file with the jump host's sign-ins have no times")
def _(world: World) -> None:
    world.sign_ins.timed = False
