"""Failed and successful sign-ins in log lines: sshd, nginx's password files, PAM, and applications.

    Failed password for invalid user admin from 192.0.2.7 port 53211 ssh2
    user "admin": password mismatch, client: 192.0.2.7, server: portfolio.example
    {"level":40,"msg":"login failed","ip":"192.0.2.7"}

A user's name is never kept: people type passwords there.
"""

from __future__ import annotations

import ipaddress
import re
from collections import OrderedDict
from typing import Literal, NamedTuple

Kind = Literal["ssh", "nginx", "system", "application", "access"]

_SSH_FAILED = re.compile(
    r"(?:message repeated (\d{1,6}) times: \[ )?Failed (?:password|keyboard-interactive/pam) for "
    r"(?:invalid user )?.{0,256}? from (\S{1,64}) port (\d{1,5})"
)
# Servers that take no passwords say no more than this of each try.
_SSH_STRANGER = re.compile(
    r"(?:Invalid user .{0,256}? from|Connection (?:closed|reset) by (?:invalid|authenticating) user .{0,256}?)"
    r" (\S{1,64}) port (\d{1,5})"
)
_SSH_ACCEPTED = re.compile(r"Accepted (?:password|keyboard-interactive/pam) for .{1,256}? from (\S{1,64}) port \d")
_NGINX = re.compile(
    r'user "[^"]{0,256}"(?: was not found in "[^"]{0,512}"|: password mismatch), client: ([^,\s]{1,64})'
)
# sshd's own lines are counted above; of the others (sudo, login, su, web servers by PAM) there is only this.
_PAM = re.compile(r"pam_\w+\((?!sshd)[\w-]{1,64}:auth\): authentication failure;(?:.{0,256}?\brhost=(\S{1,64}))?")

_ABOUT = re.compile(
    r"\b(?:auth(?:entication|enticate|orization|orisation)?|log-?in|logon|sign-?in|password|credentials?"
    r"|passcode|otp|2fa|mfa|api[ _-]?key)\b",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"(?<!no )(?<!0 )(?<!without )\b(?:fail(?:ed|ure|s)?|denied|invalid|incorrect|wrong|rejected|mismatch|bad)\b"
    r"(?!\s?[=:]\s?(?:0|false|null|none|no)\b)",
    re.IGNORECASE,
)
_IP = r"(\[?(?:(?:::ffff:)?\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4})\]?)"
_FROM = re.compile(
    rf"(?:from|ip|client|client_?ip|remote|remote_?addr(?:ess)?|remote_?ip|rhost|addr|address|source)"
    rf"[\"']?(?:\s{{1,3}}|\s{{0,3}}[=:]\s{{0,3}})[\"']?{_IP}",
    re.IGNORECASE,
)
_ANY_IP = re.compile(rf"(?<![\w.:]){_IP}(?![\w.])")
_LOGIN_PATH = re.compile(
    r"/(?:log-?in|sign-?in|logon|sessions?|auth|token|oauth|wp-login\.php)(?:[/.?]|$)", re.IGNORECASE
)
_CONNECTIONS = 4096


class Attempt(NamedTuple):
    """One line's sign-ins.

    Attributes:
        kind: whose log says so; one attempt can stand in several, so kinds are never added up.
        source: address that it came from; empty where the line does not say.
        times: how many.
        succeeded: by a password; else they failed.
    """

    kind: Kind
    source: str
    times: int = 1
    succeeded: bool = False


class SignIns:
    """Reads sign-ins. sshd writes up to three lines about one try; it is counted once."""

    def __init__(self) -> None:
        # (source, port) of a connection → whether its try was counted already by a line that says less.
        self._connections: OrderedDict[tuple[str, str], bool] = OrderedDict()

    def read(self, text: str, line: str) -> Attempt | None:
        """What a line that is no access line says of sign-ins.

        Args:
            text: its message.
            line: all of it: in JSON the address stands beside the message.
        """
        if "user" in text or "password" in text or "keyboard" in text or "authentication failure" in text:
            known, attempt = self._ssh(text)
            if known:
                return attempt
            if match := _NGINX.search(text):
                return Attempt("nginx", match[1])
            if match := _PAM.search(text):
                return Attempt("system", match[1] or "")
        if _ABOUT.search(text) and _FAILED.search(text):
            return Attempt("application", source_in(text) or source_in(line))
        return None

    def _ssh(self, text: str) -> tuple[bool, Attempt | None]:
        """Whether sshd wrote it, and what it is worth."""
        if match := _SSH_FAILED.search(text):
            times, source, port = match.groups()
            counted = self._connections.pop((source, port), False)
            self._note(source, port, counted=False)
            count = int(times or 1) - counted
            return True, Attempt("ssh", source, count) if count else None
        if match := _SSH_STRANGER.search(text):
            source, port = match.groups()
            if (source, port) in self._connections:
                return True, None
            self._note(source, port, counted=True)
            return True, Attempt("ssh", source)
        if match := _SSH_ACCEPTED.search(text):
            return True, Attempt("ssh", match[1], succeeded=True)
        return "pam_unix(sshd" in text, None

    def _note(self, source: str, port: str, *, counted: bool) -> None:
        self._connections[source, port] = counted
        if len(self._connections) > _CONNECTIONS:
            self._connections.popitem(last=False)


def is_login_path(path: str) -> bool:
    """A path where people sign in: a 401 there is a failed sign-in."""
    return bool(_LOGIN_PATH.search(path))


def source_in(text: str) -> str:
    """The address that a line names as where something came from; empty where there is none."""
    match = _FROM.search(text) or _ANY_IP.search(text)
    if not match:
        return ""
    try:
        address = ipaddress.ip_address(match[1].strip("[]"))
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None  # as Node writes IPv4
    return str(mapped or address)
