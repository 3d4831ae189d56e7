"""The secrets of this process, found again in whatever form they come back.

A secret is looked for as it is, in other letters' case, in base64 at each of its alignments and as hexadecimal
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

# A shorter secret would blank out ordinary words; nothing issues credentials that short.
SHORTEST = 4
# From here on a secret is found in other letters' case too: tokens are often matched, and written, without case.
_ANY_CASE = 8
# Characters of base64 that stand for the middle of a secret; fewer would be found in anything.
_CORE = 6
_LINE = 12  # of a secret of several lines, such as a key, each line from here on is one itself

_RUN = "A-Za-z0-9+/_-"
_BREAK = re.compile(rf"(?<=[{_RUN}])\n[ \t]*(?=[{_RUN}])")


def lower(text: str) -> str:
    """In small letters, each character in its place."""
    small = text.lower()
    # The small form of a few letters is two characters.
    return small if len(small) == len(text) else "".join(low if len(low := c.lower()) == 1 else c for c in text)


class Known:
    """Some secrets. Thread-safe; one that was learned is never forgotten."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self.secrets: frozenset[str] = frozenset()
        self._exact = Finder()  # in this letters' case only
        self._lowered = Finder()
        self._cores = Finder()
        self.masked: dict[str, str] = {}  # what was looked through for these, as it came out: see masking
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Know these too."""
        with self._lock:
            new = {text for text in secrets if text} - self.secrets
            if new:
                self._become(self.secrets | new)

    def _become(self, secrets: frozenset[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret) if len(form) >= SHORTEST}
        self._exact = Finder(form for form in forms if len(form) < _ANY_CASE)
        long = {lower(form) for form in forms if len(form) >= _ANY_CASE}
        digits = {form.encode().hex() for form in forms if len(form) > SHORTEST}
        self._lowered = Finder(long | digits)
        self._cores = Finder(core for form in forms for core in _cores(form.encode()))
        self.secrets = secrets
        self.masked = {}

    def spans(self, view: View) -> Iterator[tuple[int, int]]:
        """Where in a view a secret stands; spans may overlap."""
        text = view.text
        yield from self._exact.places(text)
        if self._lowered.forms:
            yield from self._lowered.places(lower(text))
        for start, end in self._cores.places(text):
            yield _whole_run(text, start, end)
        if self._cores.forms and "\n" in text:
            yield from self._broken(text)

    def _broken(self, text: str) -> Iterator[tuple[int, int]]:
        """The same in base64 that is broken into lines."""
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
    """All the base64 that a core stands in: what is at its edges are parts of the secret too."""
    while start and (text[start - 1].isascii() and (text[start - 1].isalnum() or text[start - 1] in "+/_-")):
        start -= 1
    while end < len(text) and text[end].isascii() and (text[end].isalnum() or text[end] in "+/_-="):
        end += 1
    return start, end


def _forms(secret: str) -> set[str]:
    """The secret as it is after the door's first steps, and the parts of it that are secret too."""
    found = {secret, *_parts_of_address(secret)}
    lines = secret.splitlines()
    if len(lines) > 1:
        found |= {line.strip() for line in lines if len(line.strip()) >= _LINE and "PRIVATE KEY--" not in line}
        found.add(" ".join(secret.split()))
    found |= {plain(one) for one in found}
    found |= {one.replace(" ", "+") for one in found if " " in one}
    return {harmless(encodable(one)).strip() for one in found}


def _parts_of_address(secret: str) -> set[str]:
    """The password within an address: it also shows up by itself, e.g. in an error of a library."""
    if "://" not in secret:
        return set()
    try:
        parts = urlsplit(secret)
        password, user = parts.password, parts.username
    except ValueError:
        return set()
    if not password:
        # A token in the place of a user's name, as git's hosts have it; a name is shorter.
        return {user} if user and len(user) >= 16 else set()
    return {password, unquote(password)}


def _cores(secret: bytes) -> set[str]:
    """What base64 of anything with the secret in it has in common, at each of the three places it can begin."""
    found = set()
    for before in range(3):
        text = base64.b64encode(bytes(before) + secret).decode().rstrip("=")
        first = (8 * before + 5) // 6  # characters that what comes before has a part in
        last = 8 * (before + len(secret)) // 6
        core = text[first:last]
        if len(core) >= _CORE:
            found |= {core, core.translate(str.maketrans("+/", "-_"))}
    return found
