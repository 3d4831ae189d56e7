"""TLS versions and suites of the website, and its answer to plain HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.tls.tls import TlsConfiguration
    from playbook.measure.web.sites import OtherTls
    from playbook.measure.web.without_tls import Hsts, PlainHttp
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.security


@pytest.mark.monthly
@pytest.mark.item("monthly.config.tls")
def test_tls_configuration_is_strong(
    tls_configuration: TlsConfiguration,
    plain_http: PlainHttp,
    hsts: Hsts,
    other_tls: OtherTls,
    limits: Limits,
    judge: Judge,
) -> None:
    """Only TLS 1.2 and 1.3 with the suites of Mozilla's intermediate profile, HSTS, and http redirects to https.

    Critical: an outdated version, a suite without protection, a page over plain HTTP, no HSTS. Warnings: other
    suites outside the profile, no TLS 1.3, a redirect through another host, a homepage that redirects to http on
    its way to https, a host that only redirects and sends no HSTS. UNKNOWN: a version or suite that could not be
    offered, or an address that does not answer, unless something else fails.
    """
    statements = [
        *(tls_configuration.statements() if tls_configuration else ()),
        *(plain_http.statements() if plain_http else ()),
        *(hsts.statements() if hsts else ()),
    ]
    for one in statements:
        if not one.warn:
            judge.that(**one.terms)
    if hsts:
        judge(hsts.days, limits.hsts_days)
    for one in statements:
        if one.warn:
            judge.that(**one.terms)
    if other_tls:
        for one in other_tls.statements:
            judge.that(**one.terms)
        for site in other_tls.seen:
            judge(site.value.hsts.days, site.limits.hsts_days, subject=f"HSTS of {site.name}")
