"""sshd's messages about one connection (OpenSSH 6 to 10: auth.c, packet.c, sshd.c …).

A user name may contain anything, so each pattern is anchored at the line's end, and long parts are greedy: where a
name looks like a source, the real one follows it.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from playbook.readers.logs.sshd_words import HARMLESS, REJECTED, Voice

PROGRAMS = frozenset({"sshd", "sshd-session", "sshd-auth", "in.sshd"})

Outcome = Literal["failed", "accepted", "nothing"]


class Message(NamedTuple):
    """One line about one connection.

    Attributes:
        voice: kind of sshd's message; each kind reports an attempt once, so the largest count is used.
        source, port: verbatim; may be empty.
        process: of the connection, where the line names another one than its own.
        method: ``password``, ``publickey`` …
    """

    outcome: Outcome
    voice: Voice
    source: str = ""
    port: str = ""
    times: int = 1
    process: str = ""
    method: str = ""


_REPEATED = re.compile(r"message repeated (\d{1,6}) times: \[ ?(.*?)\]?$")
_LEVEL = re.compile(r"^(?:error|fatal|warning): ")
_BEFORE = re.compile(r" \[preauth\]$")
_BLANKS = {
    "{SOURCE}": r"\[?(?P<source>[^\s\[\]]{1,64})\]?",
    "{PORT}": r"(?P<port>\d{1,5})",
    "{AT}": r"\[?(?P<source>[^\s\[\]]{1,64})\]? port (?P<port>\d{1,5})",
    "{WHO}": r"(?:authenticating|invalid) user .{0,256}",
    "{NAME}": r".{0,300}",
    "{ANY}": r".{0,2000}",
    "{NUMBER}": r"(?P<process>\d{1,10})",
    "{TIMES}": r"(?P<times>\d{1,9})",
}
# A key's attempt ends with its kind and fingerprint, a certificate's with a freely chosen name too.
_KEY = (
    r": (?:[\w.@-]{1,64} )?(?:(?:SHA\d{1,3}|MD5):)?\S{1,128}"
    r"(?: ID .{0,1024} \(serial \d+\) CA \S+ \S+)?(?:, .{0,200})?"
)
_KEYS = frozenset({"publickey", "hostbased", "gssapi-with-mic", "gssapi-keyex"})


def _compiled(template: str) -> re.Pattern[str]:
    for blank, pattern in _BLANKS.items():
        template = template.replace(blank, pattern)
    return re.compile(template)


_METHOD = _compiled(
    r"(?P<outcome>Failed|Accepted|Postponed|Partial) (?P<method>\S{1,64}) for {NAME} from {AT}(?: ssh\d?)?"
    rf"(?:{_KEY})?$"
)
_PATTERNS = tuple((voice, _compiled(template)) for voice, template in REJECTED)
_NOTHING = re.compile("|".join(f"(?:{template})" for template in HARMLESS))


def read(text: str) -> Message | None:
    """Parse one line; None where sshd's words are unknown. ``text`` is without the frame."""
    text, times = text.strip(), 1
    if repeated := _REPEATED.match(text):
        times, text = int(repeated[1]), repeated[2]
    before = bool(_BEFORE.search(text))
    text = _LEVEL.sub("", _BEFORE.sub("", text), count=1)
    if match := _METHOD.match(text):
        return _of_method(match, times)
    if not text or (not before and text.endswith("disconnected by user")):
        return Message("nothing", "other")
    for voice, pattern in _PATTERNS:
        if match := pattern.match(text):
            found = match.groupdict()
            times *= int(found.get("times") or 1)
            source, port, process = (found.get(key) or "" for key in ("source", "port", "process"))
            return Message("failed", voice, source, port, times, process)
    return Message("nothing", "other") if _NOTHING.match(text) else None


def _of_method(match: re.Match[str], times: int) -> Message:
    kind = match["method"].partition("/")[0]
    if match["outcome"] in ("Postponed", "Partial"):
        return Message("nothing", "other", match["source"], match["port"])
    if match["outcome"] == "Accepted":
        return Message("accepted", "method", match["source"], match["port"], times, method=kind)
    voice: Voice = "key" if kind in _KEYS else "none" if kind == "none" else "method"
    return Message("failed", voice, match["source"], match["port"], times, method=kind)


def by_key(method: str) -> bool:
    """Whether this sign-in method cannot be guessed."""
    return method in _KEYS
