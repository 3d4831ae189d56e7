"""Finds the secrets of this process in whatever form they come back.

A secret is searched for verbatim, in any letter case, in base64 at each of its alignments and as hexadecimal
digits, each of these also behind escapes.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urlsplit

from playbook.core.door.characters import encodable, harmless
from playbook.core.door.decoding import View, plain
from playbook.core.door.finding import Finder

# A shorter secret would blank out ordinary words; no service issues credentials that short.
SHORTEST = 4
# From this length on a secret is found in any letter case: tokens are often compared and written
# case-insensitively.
_ANY_CASE = 8
# Base64 characters that identify the middle of a secret; fewer would match anything.
_CORE = 6
_LINE = 12  # in a multi-line secret, such as a key, each line of at least this length is a secret itself

_RUN = "A-Za-z0-9+/_-"
_BREAK = re.compile(rf"(?<=[{_RUN}])\n[ \t]*(?=[{_RUN}])")


def lower(text: str) -> str:
    """The text in lower case, with every character in its place."""
    small = text.lower()
    # The lower-case form of a few letters has two characters.
    return small if len(small) == len(text) else "".join(low if len(low := c.lower()) == 1 else c for c in text)


class Known:
    """A set of secrets. Thread-safe; a learned secret is never forgotten."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self.secrets: frozenset[str] = frozenset()
        self._exact = Finder()  # in this letter case only
        self._lowered = Finder()
        self._cores = Finder()
        self.masked: dict[str, str] = {}  # texts already searched for these secrets, with the result: see masking
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Add secrets."""
        with self._lock:
            new = {text for text in secrets if text} - self.secrets
            if new:
                self._replace(self.secrets | new)

    def _replace(self, secrets: frozenset[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST}
        self._exact = Finder(form for form in forms if len(form) < _ANY_CASE)
        long = {lower(form) for form in forms if len(form) >= _ANY_CASE}
        digits = {form.encode().hex() for form in forms if len(form) > SHORTEST}
        self._lowered = Finder(long | digits)
        self._cores = Finder(core for form in forms for core in _cores(form.encode()))
        self.secrets = secrets
        self.masked = {}

    def spans(self, view: View) -> Iterator[tuple[int, int]]:
        """Spans of secrets in a view; they may overlap."""
        text = view.text
        yield from self._exact.places(text)
        if self._lowered.forms:
            yield from self._lowered.places(lower(text))
        for start, end in self._cores.places(text):
            yield _whole_run(text, start, end)
        if self._cores.forms and "\n" in text:
            yield from self._broken(text)

    def _broken(self, text: str) -> Iterator[tuple[int, int]]:
        """The same in base64 that is wrapped into lines."""
        breaks = list(_BREAK.finditer(text))
        if not breaks:
            return
        joined = _BREAK.sub("", text)
        places: list[int] | None = None
        for start, end in self._cores.places(joined):
            if places is None:
                left_out = {at for found in breaks for at in range(*found.span())}
                places = [at for at in range(len(text)) if at not in left_out]
            first, last = _whole_run(joined, start, end)
            yield places[first], places[last - 1] + 1


def _whole_run(text: str, start: int, end: int) -> tuple[int, int]:
    """The whole run of base64 around a core: its edges contain parts of the secret too."""
    while start and (text[start - 1].isascii() and (text[start - 1].isalnum() or text[start - 1] in "+/_-")):
        start -= 1
    while end < len(text) and text[end].isascii() and (text[end].isalnum() or text[end] in "+/_-="):
        end += 1
    return start, end


def _forms(secret: str) -> set[str]:
    """The secret after the first steps of the exit, and those parts of it that are secret too."""
    found = {secret, *_parts_of_address(secret)}
    lines = secret.splitlines()
    if len(lines) > 1:
        found |= {line.strip() for line in lines if len(line.strip()) >= _LINE and "PRIVATE KEY--" not in line}
        found.add(" ".join(secret.split()))
    found |= {plain(one) for one in found}
    found |= {one.replace(" ", "+") for one in found if " " in one}
    return {harmless(encodable(one)).strip() for one in found}


def _parts_of_address(secret: str) -> set[str]:
    """The password in an address: it also appears alone, e.g. in a library's error."""
    if "://" not in secret:
        return set()
    try:
        parts = urlsplit(secret)
        password, user = parts.password, parts.username
    except ValueError:
        return set()
    if not password:
        # A token in place of the user name, as git hosts use it; a name is shorter.
        return {user} if user and len(user) >= 16 else set()
    return {password, unquote(password)}


def _cores(secret: bytes) -> set[str]:
    """The common part of the base64 of any text with the secret in it, at each of the three alignments."""
    found = set()
    for before in range(3):
        text = base64.b64encode(bytes(before) + secret).decode().rstrip("=")
        first = (8 * before + 5) // 6  # characters that the preceding bytes share in
        last = 8 * (before + len(secret)) // 6
        core = text[first:last]
        if len(core) >= _CORE:
            found |= {core, core.translate(str.maketrans("+/", "-_"))}
    return found
