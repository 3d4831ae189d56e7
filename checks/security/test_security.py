"""Who tries to get in, whether certificates hold, and what the headers protect from."""

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
    """Every domain's certificate is valid now, trusted, for its host name and strong, and none ends soon.

    Under 21 days left are a warning, under 7 critical, as served and as DigitalOcean says; of a chain the first to
    end of what a client needs counts. A chain in the wrong order and a domain that is not ACTIVE are warnings. An
    address whose certificate cannot be read: UNKNOWN, unless one of the others is bad.
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
    judge(certificates.days_left, limits.certificate_days)
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
def test_nobody_is_refused_unusually_often(security_log: SecurityLog, limits: Limits, judge: Judge) -> None:
    """No source was refused (401, 403, blocked) more than 60 times in an hour, and no hour of the week stands out.

    The week is looked at as far as the logs reach back, which is said. With lines in too few hours, without access
    lines, or where a part could not be read or understood: UNKNOWN.
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
    """No source failed to sign in more than 30 times in an hour of the week, all together no more than 100 times.

    A password that is accepted after many that were not is critical. The week is looked at as far as the logs
    reach back, which is said. With lines in too few hours, or parts that were not read or understood: UNKNOWN.
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
    """The homepage has 80 of Mozilla's HTTP Observatory's points (B+); under 50 is critical.

    What is missing is listed with what it protects from.
    """
    judge(security_headers.score, limits.header_score)
    if other_headers:
        for site in other_headers.seen:
            judge(site.value.score, site.limits.header_score, subject=f"Security headers of {site.name}")
