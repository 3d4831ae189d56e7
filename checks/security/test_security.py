"""Intrusion attempts, certificates, and security headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.security.security_log import SecurityLog
    from playbook.measure.security.signins import FailedLogins
    from playbook.measure.tls.certificates import Certificates
    from playbook.measure.web.headers import SecurityHeaders
    from playbook.measure.web.sites import OtherHeaders
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.security


@pytest.mark.weekly
@pytest.mark.item("weekly.security.certificate")
def test_certificates_are_valid(certificates: Certificates, limits: Limits, judge: Judge) -> None:
    """Every domain's certificate is current, trusted, matches its host name, is strong, and does not expire soon.

    Under 21 days left are a warning, under 7 critical, both as served and as DigitalOcean reports, and in
    proportion fewer where the term is under 90 days; in a chain the first required certificate to expire counts.
    A chain in the wrong order and a domain that is not ACTIVE are warnings. Revocation is not looked at. UNKNOWN:
    an address whose certificate cannot be read, unless another one fails.
    """
    judge.that(
        not certificates.faults,
        "Certificates",
        expected="each to be valid, trusted and for its host",
        found=certificates.faults or certificates.summary,
    )
    judge.that(
        not certificates.weak,
        "Keys and signatures of the certificates",
        expected="RSA of at least 2048 bits, curves of at least 256 bits and no SHA-1",
        found=certificates.weak or "all strong",
    )
    judge(certificates.days_left, limits.certificate_days.times(certificates.term_share))
    judge.that(
        not certificates.odd,
        "Chains of the certificates",
        expected="all that a client needs, in order, for a server and for a usual term",
        found=certificates.odd or "nothing else",
        warn=True,
    )
    judge.that(
        not certificates.not_active,
        "Domains at DigitalOcean",
        expected="each in phase ACTIVE",
        found=certificates.not_active or "all of them",
        warn=True,
    )


@pytest.mark.weekly
@pytest.mark.item("weekly.security.suspicious")
def test_no_source_is_refused_unusually_often(security_log: SecurityLog, limits: Limits, judge: Judge) -> None:
    """No source was refused (401, 403, blocked) more than 60 times in an hour, and no hour of the week stands out.

    The week is read as far back as the logs reach, and the result says how far. UNKNOWN: lines in too few hours,
    no access lines, or parts that could not be read or understood.
    """
    judge(security_log.burst, limits.refused_burst)
    judge.that(
        not security_log.unusual,
        "Refused requests by hour",
        expected="no hour that stands out",
        found=security_log.unusual or "none",
        warn=True,
    )


@pytest.mark.weekly
@pytest.mark.item("weekly.security.failed-logins")
def test_nobody_guesses_passwords(failed_logins: FailedLogins, limits: Limits, judge: Judge) -> None:
    """No source failed to sign in more than 30 times in an hour of the week, all together at most 100 times.

    A password accepted after many failures is critical. The week is read as far back as the logs reach, and the
    result says how far. UNKNOWN: lines in too few hours, or parts that were not read or understood.
    """
    judge.that(
        not failed_logins.guessed,
        "Passwords",
        expected="none accepted after many wrong ones",
        found=failed_logins.guessed or "none",
    )
    judge(failed_logins.by_source, limits.failed_logins)
    judge(failed_logins.altogether, limits.failed_logins_all)


@pytest.mark.monthly
@pytest.mark.item("monthly.config.security-headers")
def test_security_headers_are_good(
    security_headers: SecurityHeaders, other_headers: OtherHeaders, limits: Limits, judge: Judge
) -> None:
    """The homepage scores 80 of Mozilla's HTTP Observatory's points (B+); under 50 is critical.

    Missing headers are listed with the attack that they prevent.
    """
    if security_headers:
        judge(security_headers.score, limits.header_score)
    if other_headers:
        for site in other_headers.seen:
            judge(site.value.score, site.limits.header_score, subject=f"Security headers of {site.name}")
