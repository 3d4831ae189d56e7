"""What is said of a certificate that no trusted authority has signed."""

import pytest

from playbook.clients.http import HttpClient
from playbook.clients.trust import own_authority, untrusted_hint
from playbook.core.errors import Unreachable
from playbook.settings.model import TimeLimits
from tests.unit.certificates import Authority, context_of
from tests.unit.loopback import answer, serve


@pytest.mark.parametrize(
    ("service", "setting"),
    [("Website", "web.ca"), ("Redis", "redis.ca"), ("Prometheus", "prometheus.ca"), ("Live URL", "web.ca")],
)
def test_private_authority_hint_names_setting(service, setting):
    """The target's section and its line."""
    hint = untrusted_hint(
        service, "a certificate that cannot be trusted: self-signed certificate in certificate chain"
    )
    assert hint == (
        "The certificate is signed by a CA that this machine does not trust: if it is your own, set "
        f"targets.NAME.{setting} to its file."
    )


@pytest.mark.parametrize(
    "reason", ["connection refused", "a certificate that cannot be trusted: certificate has expired"]
)
def test_other_reasons_have_no_authority_hint(reason):
    """A file of authorities would not help."""
    assert untrusted_hint("Website", reason) == ""


def test_wrong_authority_hint_names_file():
    """The file is named."""
    assert own_authority("web.ca", "/etc/ca.pem") == (
        "the certificate is signed by a CA that is not in /etc/ca.pem, which targets.NAME.web.ca names"
    )


def test_website_with_private_authority_gets_hint(tmp_path):
    """From the handshake to the hint."""
    with serve(answer(), tls=context_of(tmp_path, Authority("Own").issue("localhost"))) as server:
        website = HttpClient(server.url, service="Website", time_limits=TimeLimits(connect=30, read=30))
        with pytest.raises(Unreachable) as caught:
            website.get(retry="none")
    assert caught.value.hint.endswith("if it is your own, set targets.NAME.web.ca to its file.")
