"""Who tries to get in, whether certificates hold, and what the headers protect from."""

import pytest

pytestmark = pytest.mark.security


@pytest.mark.weekly
@pytest.mark.item("weekly.security.certificate")
def test_certificates_are_valid(certificates, limits, judge):
    """Every domain's certificate is valid now, trusted, for its host name and strong, and none ends soon.

    Under 21 days left are a warning, under 7 critical, as served and as DigitalOcean says. A domain whose
    certificate cannot be read: UNKNOWN, once the others have been judged.
    """
    judge.that(
        not certificates.faults,
        "Certificates",
        expected="each valid, trusted and for its host",
        found=certificates.faults or certificates.summary,
    )
    judge.that(
        not certificates.weak,
        "Keys and signatures of the certificates",
        expected="RSA from 2048 bits, curves from 256 bits, no SHA-1",
        found=certificates.weak or "all strong",
    )
    judge(certificates.days_left, limits.certificate_days)
    certificates.demand_all()
