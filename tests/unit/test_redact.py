"""No secret leaves a run."""

import pytest

from playbook.evidence import Facts, Lines, Table
from playbook.record import Record
from playbook.redact import MASK, Redactor
from playbook.verdict import Verdict

PASSWORD = "s3cr3t/with+odd&signs"
URL = (
    f"rediss://default:{PASSWORD.replace('/', '%2F').replace('+', '%2B').replace('&', '%26')}@cache.example:25061"
)


@pytest.mark.parametrize(
    "text",
    [
        f"cannot connect to {URL}",
        f"AUTH failed for {PASSWORD}",
        "password s3cr3t%2Fwith%2Bodd%26signs was refused",
    ],
)
def test_a_given_secret_is_hidden_in_every_form(text):
    """As a URL, by itself, and URL-quoted."""
    clean = Redactor([URL]).text(text)
    assert MASK in clean
    assert "s3cr3t" not in clean


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("https://admin:hunter2@grafana.example/x", "hunter2"),
        ("token dop_v1_" + "ab12" * 16, "ab12ab12"),
        ("GITHUB ghp_" + "Q" * 36, "QQQQ"),
        ("glsa_" + "Z" * 32 + " was refused", "ZZZZ"),
        ("Authorization: Bearer abcdefgh.ijkl", "abcdefgh"),
        ("wss://logs.example/x?token=verysecret&follow=1", "verysecret"),
        ("https://hooks.slack.com/services/T0/B0/abc", "T0/B0/abc"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
    ],
)
def test_what_looks_like_a_credential_is_hidden_though_nobody_named_it(text, secret):
    """A log line may hold one that is not in our settings."""
    assert secret not in Redactor().text(text)


def test_ordinary_text_stays():
    """Addresses without credentials, times and ratios are left alone."""
    text = "https://localhost:8443/api?page=2 answered in 0.2 s at 2026-01-01T07:00:00Z (a:b, 3@4)"
    assert Redactor(["xyz"]).text(text) == text


def test_every_text_of_a_record_is_reached():
    """Also column heads, keys and nested evidence."""
    secret = "topsecretvalue"
    record = Record(
        item="daily.x",
        check="c",
        subject="s",
        title="t",
        rule="r",
        verdict=Verdict.UNKNOWN,
        message=f"m {secret}",
        evidence=[
            Facts("f", {secret: secret}),
            Table("t", [secret], [[secret]]),
            Lines(secret, [secret]),
        ],
    )
    clean = Redactor([secret]).struct(record)
    assert secret not in repr(clean)
    assert repr(clean).count(MASK) == 7
