"""What the website accepts of TLS, and what becomes of a visitor who comes without it."""

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
def test_tls_is_configured_well(
    tls_configuration: TlsConfiguration,
    plain_http: PlainHttp,
    hsts: Hsts,
    other_tls: OtherTls,
    limits: Limits,
    judge: Judge,
) -> None:
    """Only TLS 1.2 and 1.3 with the suites of Mozilla's intermediate profile, HSTS, and http leads to https.

    An outdated version, a suite that protects nothing, a page without TLS and no HSTS are critical. Other suites
    outside the profile, no TLS 1.3, a redirect by way of another host are warnings. A version or suite that could
    not be offered, or an address that does not answer: UNKNOWN, unless something is bad.
    """
    told = [*tls_configuration.statements(), *plain_http.statements()]
    for one in told:
        if not one.warn:
            judge.that(**one.terms)
    judge(hsts.days, limits.hsts_days)
    for one in told:
        if one.warn:
            judge.that(**one.terms)
    if other_tls:
        for one in other_tls.statements:
            judge.that(**one.terms)
        for site in other_tls.seen:
            judge(site.value.hsts.days, site.limits.hsts_days, subject=f"HSTS of {site.name}")
