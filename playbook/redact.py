"""No secret leaves a run: every text of a record, summary and page passes here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import quote, unquote, urlsplit

import msgspec

MASK = "[redacted]"

# A shorter secret would blank out ordinary words; nothing issues credentials that short.
_SHORTEST = 4

_KNOWN_FORMS = re.compile(
    r"""
      (?P<userinfo>(?<=://)[^\s/@'"]*:[^\s@'"]+(?=@))          # scheme://user:password@host
    | \b do[opr]_v1_[0-9a-f]{16,} \b                            # DigitalOcean tokens
    | \b gl(?:sa|c)_[A-Za-z0-9_=+/-]{16,}                       # Grafana tokens
    | \b (?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{16,} \b         # GitHub tokens
    | \b (?:AKIA|DO00|DO80)[A-Z0-9]{12,} \b                     # S3 and Spaces keys
    | (?<=hooks\.slack\.com/services/)[A-Za-z0-9/_-]+           # Slack webhooks
    | (?i:(?<=bearer\ ))[A-Za-z0-9._~+/=-]{8,}                  # Authorization headers
    | (?i:(?<=basic\ ))[A-Za-z0-9+/=]{12,}
    | (?i:(?<=[?&]token=)|(?<=[?&]access_token=)|(?<=[?&]sig=)|(?<=[?&]x-amz-signature=))[^\s&'"]+
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----.*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)

T = TypeVar("T", bound=msgspec.Struct)


class Redactor:
    """Replaces the given secrets, their URL-quoted forms, and whatever looks like a credential."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms: set[str] = set()
        for secret in secrets:
            forms |= {secret, quote(secret, safe=""), *_password_of(secret)}
        longest_first = sorted((form for form in forms if len(form) >= _SHORTEST), key=len, reverse=True)
        self._given = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def text(self, text: str) -> str:
        """The text without secrets."""
        if self._given:
            text = self._given.sub(MASK, text)
        return _KNOWN_FORMS.sub(MASK, text)

    def struct(self, value: T) -> T:
        """The same record with every text in it redacted, keys of tables included."""
        plain = msgspec.to_builtins(value)
        return msgspec.convert(self._walk(plain), type(value))

    def _walk(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self._walk(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._walk(inner) for inner in value]
        return value


def _password_of(secret: str) -> set[str]:
    """The password inside a URL: it also shows up by itself, e.g. in an error of a library."""
    if "://" not in secret:
        return set()
    try:
        password = urlsplit(secret).password
    except ValueError:
        return set()
    return {password, unquote(password)} if password else set()
