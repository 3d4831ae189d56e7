"""A known secret is found in whatever encoding it comes back."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest

from playbook.core import door
from playbook.core.secret import Secret

PASSWORD = 's3cr3t/with+odd&"signs"\\<q>'
ENCODINGS = {
    "as-it-is": lambda text: text,
    "json": json.dumps,
    "json-in-json": lambda text: json.dumps(json.dumps(text)),
    "json-slashes": lambda text: json.dumps(text).replace("/", "\\/"),
    "json-of-go": lambda text: json.dumps(text).replace("&", "\\u0026").replace("<", "\\u003c"),
    "json-all-escaped": lambda text: "".join(f"\\u{ord(c):04X}" for c in text),
    "repr": repr,
    "repr-of-bytes": lambda text: repr(text.encode()),
    "repr-of-repr": lambda text: repr(repr(text)),
    "percent": lambda text: quote(text, safe=""),
    "percent-small": lambda text: quote(text, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
    "percent-path": quote,
    "percent-many-safe": lambda text: quote(text, safe="/+&=<>"),
    "percent-form": quote_plus,
    "percent-twice": lambda text: quote(quote(text, safe=""), safe=""),
    "percent-all": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "html": html.escape,
    "html-numbers": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "html-hexadecimal": lambda text: "".join(f"&#X{ord(c):x};" for c in text),
    "html-in-json": lambda text: json.dumps(html.escape(text)),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64-of-user-and-password": lambda text: base64.b64encode(f"ada:{text}".encode()).decode(),
    "base64-for-urls": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64-within-more": lambda text: base64.b64encode(f"a{'?' * 40}{text}{'~' * 40}".encode()).decode(),
    "base64-in-lines": lambda text: base64.encodebytes(f"{'x' * 50}{text}{'y' * 50}".encode()).decode(),
    "base64-in-json": lambda text: json.dumps(base64.encodebytes(("x" * 50 + text).encode()).decode()),
    "base64-percent": lambda text: quote(base64.b64encode(text.encode()).decode(), safe=""),
    "upper-case": str.upper,
    "hexadecimal": lambda text: text.encode().hex(),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_secret_is_found_in_encoding(name):
    """The surrounding text is unchanged."""
    Secret(PASSWORD)
    shown = door.text(f"before {ENCODINGS[name](PASSWORD)} after")
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    kept = shown.removeprefix("before ").removesuffix(" after").replace(door.MASK, "").strip("\"'\\bn\n ")
    assert kept == ""


@pytest.mark.parametrize(
    "text",
    [
        "cannot connect to rediss://default:s3cr3t%2Fw%40rd@cache.example:25061",
        "AUTH failed for s3cr3t/w@rd",
        "password s3cr3t%2fw%40rd was refused",
        f"Basic {base64.b64encode(b'default:s3cr3t/w@rd').decode()}",
    ],
)
def test_password_of_an_address_is_found_alone(text):
    """A library's error contains only the password."""
    Secret("rediss://default:s3cr3t%2Fw%40rd@cache.example:25061")
    shown = door.text(text)
    assert door.MASK in shown
    assert "s3cr3t" not in shown


def test_multi_line_secret_is_found_line_by_line():
    """A key that a log has split into lines."""
    lines = ["MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04f", "SQ6tF/aEDPkZKw=="]
    Secret("\n".join(["-----BEGIN EC PRIVATE KEY-----", *lines, "-----END EC PRIVATE KEY-----"]))
    for line in lines:
        assert door.text(f"web: {line} (end)") == f"web: {door.MASK} (end)"


def test_control_characters_do_not_hide_a_secret():
    """They are removed first, in the text as in the secret."""
    Secret("top\u200bsecret42")
    assert door.text("a top\x1b[1msec\u00adret42 b") == f"a {door.MASK} b"


def test_short_text_is_not_a_secret():
    """Three letters would blank out ordinary words."""
    Secret("abc")
    assert door.text("abc abcd") == "abc abcd"


def test_short_secret_is_found_case_sensitively():
    """Seven letters in another case may be an ordinary word."""
    Secret("Harbour")
    assert door.text("the harbour of Harbour") == f"the harbour of {door.MASK}"
