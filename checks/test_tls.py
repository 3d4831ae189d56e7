"""What the website accepts of TLS, and what becomes of a visitor who comes without it."""

import pytest

pytestmark = pytest.mark.security


@pytest.mark.monthly
@pytest.mark.item("monthly.config.tls")
def test_tls_is_configured_well(tls_configuration, plain_http, hsts, limits, judge):
    """Only TLS 1.2 and 1.3 with the suites of Mozilla's intermediate profile, HSTS, and http leads to https.

    An outdated version, a suite that protects nothing, a page without TLS and no HSTS are critical. Other suites
    outside the profile, no TLS 1.3, a redirect by way of another host are warnings. A version or suite that could
    not be offered, or an address that does not answer: UNKNOWN, unless something is bad.
    """
    judge.that(
        not tls_configuration.outdated,
        "Protocol versions",
        expected="TLS 1.2 and TLS 1.3 only",
        found=tls_configuration.accepted,
    )
    judge.that(
        not tls_configuration.broken,
        "Cipher suites",
        expected="encryption and authentication by each",
        found=tls_configuration.broken or "both by each",
    )
    judge.that(plain_http.is_safe, "Visitors without TLS", expected="led to https", found=plain_http.summary)
    judge(hsts.days, limits.hsts_days)
    judge.that(
        tls_configuration.has_newest,
        "Protocol versions",
        expected="TLS 1.3 too",
        found=tls_configuration.accepted,
        warn=True,
    )
    judge.that(
        not tls_configuration.outside,
        "Cipher suites",
        expected="those of Mozilla's intermediate profile",
        found=tls_configuration.outside_text or "no others",
        warn=True,
    )
    judge.that(
        plain_http.is_direct,
        "Visitors without TLS",
        expected="led to https on the same host first",
        found=plain_http.summary,
        warn=True,
    )
