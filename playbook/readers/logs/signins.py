"""Failed and successful sign-ins in log lines: sshd, dropbear, nginx's password files, PAM, applications.

    Failed password for invalid user admin from 192.0.2.7 port 53211 ssh2
    user "admin": password mismatch, client: 192.0.2.7, server: portfolio.example
    {"level":40,"msg":"login failed","ip":"192.0.2.7"}

A user name is never kept: people type passwords there.

sshd writes up to six lines about one attempt. They are grouped by connection (source and port, or the process);
within one connection each kind of message counts its own lines, and the largest count is used, at least one. Keys
and other attempts without a password are subtracted where the same connection is accepted.
"""

from __future__ import annotations

import ipaddress
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

from playbook.readers.logs import signin_words, sshd
from playbook.readers.logs.other_signins import PROGRAM_LINES, Kind

_ABOUT = re.compile(
    r"\b(?:auth(?:enticat(?:ion|ed?)|ori[sz]ation (?:header|required|failed))?|log[- ]?ins?|logon|sign[- ]?ins?"
    r"|passwords?|credentials?|passcode|passphrase|t?otp|2fa|mfa|two[- ]factor|api[ _-]?key|lock(?:ed|ing)[- ]out"
    r"|(?:verification|one[- ]time|backup|recovery) codes?"
    r"|account (?:is |was |has been )?locked)\b",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"(?<!no )(?<!0 )(?<!without )\b(?:fail(?:ed|ures?|s)?(?! to (?!log|sign|auth|verif|valid|provide the))"
    r"(?! (?:log|sign)[- ]?ins? (?:attempts? )?count)|denied|invalid"
    r"|incorrect|wrong|rejected|mismatch|bad(?! (?:gateway|request))|unsuccessful"
    r"|unauthori[sz]ed (?:log|sign)[- ]?in|no such user|unknown user|user[ -]not[ -]found"
    r"|(?:do|does|did)(?: not|n't) (?:match|exist|verify)|is not the hash"
    r"|(?:unable to|could not(?: be)?|cannot) (?:authenticated?|log[- ]?in|sign[- ]?in)"
    r"|no (?:active account|matching user)|enter (?:a correct|valid)"
    r"|too many (?:\S{1,20} attempts|failed \S{1,20})|locked[- ]out|account (?:is |was |has been )?locked)\b"
    r"(?!\s?[=:]\s?(?:0|false|null|none|no)\b)",
    re.IGNORECASE,
)
# What this application was refused by a service that it uses itself: OpenAI, Stripe, a mail server, npm's
# registry; payments, and new passwords that the rules refuse; and addresses, which may contain the words. Nor is
# one who signs in refused by these.
_OUTBOUND = re.compile(
    r"(?i)\bapi key provided\b|\binvalid login: \d{3}\b|\bEAUTH\b|^npm (?:ERR!|error)"
    r"|\b(?:payment|card|charge) authori[sz]ation\b|\bvalidation failed: |\bpasswords? (?:is|are) too \w+\b"
    r"|\b(?:3ds2?|3-?d[- ]secure|payment|card|smtp|imap|redis|registry) (?:auth(?:entication)?|log-?in)\b"
    r"|\bauth\w{0,13} (?:service|server|provider) (?:connection|request)\b"
    # What forms and links carry along, and what is done with those that failed before
    r"|\bcsrf\b(?!.{0,400}\b(?:passwords?|credentials?)\b)|\bpassword reset (?:token|link)\b"
    r"|\bpassword and (?:password )?confirmation\b"
    r"|\b(?:clear(?:ed|ing|s)?|reset(?:s|ting)?|prun(?:ed?|ing)|purg(?:ed?|ing)|delet(?:ed?|ing)|migrating"
    r"|create table) (?:\w{1,20} ){0,4}failed[_ -](?:log|sign)[_ -]?ins?\b"
)
_ADDRESSES = re.compile(r"https?://\S{1,2048}|\b(?:auth|login|oauth|sso|signin)(?:\.[\w-]{1,63}){2,8}\b")
# How many failed, where none did: "failed_logins":0, loginFailures=0.
_NONE_FAILED = re.compile(
    r"(?i)\b(?:failed|invalid|rejected|denied|bad)[_ -]?(?:log[-_ ]?ins?|log[-_ ]?ons?|sign[-_ ]?ins?|auth\w{0,13}"
    r"|passwords?|attempts)(?:[_ ](?:count|total))?[\"']?\s?[=:]\s?[\"']?0\b"
)
# The words of identifiers: loginFailed, login_failed, AuthenticationFailureBadCredentialsEvent.
_BETWEEN_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=\w)[_.](?=[a-zA-Z])")
# The result beside a message in JSON and in logfmt.
_UNSUCCESSFUL = re.compile(
    r'(?:"|\b)(?:success|succeeded|successful|authenticated|ok|valid)"?(?: ?: ?|=)"?false\b'
    r'|(?:"|\b)(?:outcome|result|status|event\.outcome)"?(?: ?: ?|=)"?'
    r"(?:fail|denied|reject|unsuccess|invalid|incorrect|wrong)"
    r'|"(?:outcome|result|event\.outcome)" ?: ?"error',
    re.IGNORECASE,
)
_OBJECT = re.compile(r'\{\s?"')
# What a line of JSON is about, and why, beside its message.
_BESIDE = re.compile(
    r'"(?:action|event(?:\.action|[._]?(?:type|name))?|type|operation|error|err|reason|detail|cause|message)" ?: ?'
    r'"([^"]{1,300})"',
    re.IGNORECASE,
)
_BESIDE_LOGFMT = re.compile(r'(?:^| )(?:err|error|reason|msg|message)="([^"]{1,300})"')
_ABOUT_IT = (
    "auth",
    "login",
    "log-in",
    "log in",
    "logon",
    "sign",
    "passw",
    "passcode",
    "passphrase",
    "credential",
    "otp",
    "mfa",
    "2fa",
    "api key",
    "api_key",
)
_IP = r"(\[?(?:(?:::ffff:)?\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4})\]?)"
_FROM = re.compile(
    rf"(?:from|von|depuis|desde|ip|client|client_?ip|remote|remote_?addr(?:ess)?|(?:remote|user)_?ip|rhost|addr|address|source)"
    rf"[\"']?(?:\s{{1,3}}|\s{{0,3}}[=:]\s{{0,3}})[\"']?{_IP}",
    re.IGNORECASE,
)
_ANY_IP = re.compile(rf"(?<![\w.:]){_IP}(?![\w.])")
# Beginnings of sshd's lines, which identify them where the frame does not name the program.
_SSH_WORDS = re.compile(
    r"(?:message repeated \d+ times: \[ ?)?(?:error: |fatal: )?(?:(?:Failed|Accepted) \S+ for .* port \d"
    r"|Invalid user .* from |Connection (?:closed|reset) by (?:invalid|authenticating) user "
    r"|Disconnect(?:ed from|ing) (?:invalid|authenticating) user |ROOT LOGIN REFUSED FROM "
    r"|maximum authentication attempts exceeded|User .* not allowed because |Received "
    r"disconnect from .*\[preauth\]"
    r"|PAM: .* for .* from )"
)
_SSH_PAM = re.compile(
    r"(?:error: )?(?:pam_\w{1,32}\(sshd?:auth\): authentication failure;"
    r"|PAM (?P<more>\d{1,3}) more authentication failures?;)(?:.*\brhost=(?P<source>\S{0,255}))?"
)
# Every line of ``PROGRAM_LINES``, and every match of ``_ABOUT``, contains one of these: most lines contain none.
_HINT = re.compile(
    r"(?i)auth|log-?in|logon|sign-?in|passw|passcode|credential|otp|2fa|mfa|api[ _-]?key|"
    r"verification code|one-time|backup code|recovery code|"
    r"fail|denied|\bban|found|user|locked|\bsu\b|pg_hba|passphrase|two[- ]factor|err=49|code 49|admin token|brute"
)
_CONNECTIONS = 4096
_PASSWORD_VOICES = frozenset({"method", "pam", "pam-error"})
# Written by the listening process: about connections that it never accepted, or that were reported already.
_LISTENER = frozenset({"dropped", "penalty"})
_EXAMPLES = 3
# As Go writes who connected: each connection has another port.
_WITH_PORT = re.compile(r"((?:\d{1,3}\.){3}\d{1,3}|\[[\da-fA-F:.%\w]{2,64}\]):\d{1,5}")
_NOBODY = frozenset({"", "-", "?", "unknown", "(null)"})


class Attempt(NamedTuple):
    """Sign-ins of one line.

    Attributes:
        kind: the log that reports it; one attempt can be in several, so kinds are never added up.
        source: address of origin; empty where the line has none.
        times: how many; negative to correct that many counted before.
        succeeded: with a password; otherwise they failed.
    """

    kind: Kind
    source: str
    times: int = 1
    succeeded: bool = False


@dataclass(slots=True)
class _Connection:
    """Messages about one connection, and the counts made of them: source → count."""

    source: str = ""
    port: str = ""
    accepted: bool = False
    voices: dict[str, int] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)

    def may_be(self, source: str, port: str) -> bool:
        """Whether a line of the same process with this source can be about it: process ids are reused."""
        if port:
            return not self.port and not self.accepted
        if self.accepted:
            return False
        # The same source once as an address and once as a host name.
        return source in ("", self.source) or not self.source or _is_address(source) != _is_address(self.source)

    def settle(self) -> list[Attempt]:
        """The counts to add now, beyond or instead of earlier ones."""
        voices = self.voices
        if self.accepted:
            voices = {voice: count for voice, count in voices.items() if voice in _PASSWORD_VOICES}
        total = max(voices.values(), default=0)
        changes = [
            Attempt("ssh", source, -count)
            for source, count in self.counted.items()
            if source != self.source and count
        ]
        more = total - self.counted.get(self.source, 0)
        self.counted = {self.source: total}
        return [*changes, Attempt("ssh", self.source, more)] if more else changes


class SignIns:
    """Reads sign-ins, line by line.

    Attributes:
        about: lines about sign-ins, including successful ones.
        unknown: number of sshd's lines with unknown words, and ``examples`` of them.
    """

    def __init__(self) -> None:
        self.about = 0
        self.unknown = 0
        self.examples: list[str] = []
        self._connections: OrderedDict[tuple[str, str], _Connection] = OrderedDict()

    def read(self, text: str, line: str, program: str = "", process: str = "") -> list[Attempt]:
        """Sign-ins in a line that is no access line.

        Args:
            text: its message.
            line: the whole line: in JSON the address is beside the message.
            program, process: the writer, where the line names it.
        """
        if " authentication failure" in text and program not in ("login", "su", "sudo"):
            found = self._pam(text, process)
            if found is not None:
                return found
        if program in sshd.PROGRAMS or (not program and _SSH_WORDS.match(text)):
            return self._ssh(text, process)
        # Behind App Platform's or a collector's prefix as well.
        beside = _said_beside(line) if _OBJECT.search(line) else ""
        said = f"{text} {beside}" if beside else text
        in_other_words = signin_words.is_failed(said)
        if not in_other_words and not _HINT.search(said):
            return []
        for kind, pattern, times in PROGRAM_LINES if text else ():
            if match := pattern.search(text):
                self.about += 1
                groups = match.groupdict()
                count = int(groups.get("times") or times)
                source = source_of(groups.get("source") or "")
                if not source and kind == "application":
                    source = source_in(text) or source_in(line)
                return (
                    [Attempt(kind, source, max(count, 1), succeeded=bool(groups.get("accepted")))] if count else []
                )
        if not _OUTBOUND.search(said) and (in_other_words or _is_failed(said, line)):
            self.about += 1
            return [Attempt("application", source_in(text) or source_in(line))]
        return []

    def failed_beside(self, line: str) -> bool:
        """Whether an access line in JSON or logfmt says beside its request that a sign-in failed."""
        said = _said_beside(line) if _OBJECT.search(line) else " ".join(_BESIDE_LOGFMT.findall(line))
        if not said or _OUTBOUND.search(said) or not (signin_words.is_failed(said) or _is_failed(said, said)):
            return False
        self.about += 1
        return True

    def _ssh(self, text: str, process: str) -> list[Attempt]:
        message = sshd.read(text)
        if message is None:
            self.unknown += 1
            if len(self.examples) < _EXAMPLES:
                self.examples.append(text)
        if message is None or message.outcome == "nothing":
            return []
        self.about += 1
        source = source_of(message.source)
        if message.voice in _LISTENER:
            kind: Kind = "penalty" if message.voice == "penalty" else "ssh"
            return [Attempt(kind, source, message.times)]
        found = self._connection(source, message.port, message.process or process)
        if message.outcome == "accepted":
            found.accepted = True
            signed_in = [] if sshd.by_key(message.method) else [Attempt("ssh", source, succeeded=True)]
            return [*found.settle(), *signed_in]
        if not found.accepted or message.voice in _PASSWORD_VOICES:
            found.voices[message.voice] = found.voices.get(message.voice, 0) + message.times
        return found.settle()

    def _pam(self, text: str, process: str) -> list[Attempt] | None:
        """PAM's message about one of sshd's attempts; None where it is none."""
        match = _SSH_PAM.match(text)
        if not match:
            return None
        self.about += 1
        source, times = source_of(match["source"] or ""), int(match["more"] or 1)
        if not process:
            return [Attempt("system", source, times)]
        found = self._connection(source, "", process)
        found.voices["pam"] = found.voices.get("pam", 0) + times
        return found.settle()

    def _connection(self, source: str, port: str, process: str) -> _Connection:
        """The connection that a line is about; created if new."""
        at, by = (source, port), ("", process)
        found = self._connections.get(at) if source and port else None
        if found is None and process:
            found = self._connections.get(by)
            if found and not found.may_be(source, port):
                found = None
        if found is None:
            found = _Connection()
        if port or not found.source:
            found.source, found.port = source, port
        for key in ([at] if source and port else []) + ([by] if process else []):
            self._connections[key] = found
            self._connections.move_to_end(key)
        while len(self._connections) > _CONNECTIONS:
            self._connections.popitem(last=False)
        return found


def _is_failed(said: str, line: str) -> bool:
    """Whether the words of an application, and of a JSON line beside its message, tell of a failed sign-in."""
    said = _NONE_FAILED.sub("", said)
    if not said.startswith("at "):
        said = _BETWEEN_WORDS.sub(" ", _ADDRESSES.sub("", said))
    return bool(_ABOUT.search(said) and (_FAILED.search(said) or _UNSUCCESSFUL.search(line)))


def _said_beside(line: str) -> str:
    """What a line of JSON says beside its message, where it may be about a sign-in."""
    lowered = line.lower()
    return " ".join(_BESIDE.findall(line)) if any(word in lowered for word in _ABOUT_IT) else ""


def source_of(text: str) -> str:
    """A normalised address or host name, without a port; empty where it is neither."""
    text = text.partition("}")[0]  # of a span of Rust's tracing
    text = (with_port[1] if (with_port := _WITH_PORT.fullmatch(text)) else text).strip("[]<>\"',;").lower()
    if text in _NOBODY:
        return ""
    address, percent, zone = text.partition("%")
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return text.rstrip(".")
    mapped = known.ipv4_mapped if isinstance(known, ipaddress.IPv6Address) else None  # as Node writes IPv4
    return f"{mapped or known}{percent}{zone}"


def _is_address(source: str) -> bool:
    try:
        ipaddress.ip_address(source)
    except ValueError:
        return False
    return True


def source_in(text: str) -> str:
    """The address that a line names as an origin; empty where there is none."""
    match = _FROM.search(text) or _ANY_IP.search(text)
    if not match:
        return ""
    try:
        ipaddress.ip_address(match[1].strip("[]"))
    except ValueError:
        return ""
    return source_of(match[1])
