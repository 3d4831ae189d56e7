"""What sshd says of one connection, by its own words (OpenSSH 6 to 10: auth.c, auth-pam.c, packet.c, sshd.c, srclimit.c).

A user's name may hold anything, so each pattern is anchored: at the line's end where the source stands behind the
name, at its beginning where what the other side says stands behind the source.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

PROGRAMS = frozenset({"sshd", "sshd-session", "sshd-auth", "in.sshd"})

Outcome = Literal["failed", "accepted", "nothing"]
Voice = Literal[
    "method", "key", "none", "stranger", "refused", "left", "ended", "limit", "pam", "pam-error", "dropped", "late",
    "greeting", "penalty", "other",
]  # fmt: skip


class Said(NamedTuple):
    """One line about one connection.

    Attributes:
        voice: which of sshd's ways to say it; each tells of the same try once, so the loudest one counts.
        source, port: as they stand there; may be empty.
        process: of the connection, where the line names another one than its own.
    """

    outcome: Outcome
    voice: Voice
    source: str = ""
    port: str = ""
    times: int = 1
    process: str = ""
    method: str = ""


_REPEATED = re.compile(r"message repeated (\d{1,6}) times: \[ ?(.*?)\]?$")
_LEVEL = re.compile(r"(?:error|fatal|warning): |(?:[\w.-]{1,40}\.c:\d{1,5} )?(?=[A-Z])")
_PREAUTH = re.compile(r" \[(?:preauth|postauth)\]$")
_S = r"\[?([^\s\[\]]{1,64})\]?"
_AT = rf"{_S} port (\d{{1,5}})"
_KEY = r"(?:: (?:[\w.@-]{1,64} )?(?:(?:SHA\d{1,3}|MD5):)?\S{1,128}(?: ID .{0,1024} \(serial \d+\) CA \S+ \S+)?(?:, .{0,200})?)?"
_USER = r"(?:(?:authenticating|invalid) user .{0,256} )"
_KEYS = frozenset({"publickey", "hostbased", "gssapi-with-mic", "gssapi-keyex"})

_METHOD = re.compile(
    rf"(Failed|Accepted|Postponed|Partial) (\S{{1,64}}) for .{{0,300}} from {_AT}(?: ssh\d?)?{_KEY}$"
)
_NEGATIVE: tuple[tuple[Voice, re.Pattern[str]], ...] = (
    ("stranger", re.compile(rf"(?:Invalid|Illegal) user .{{0,256}} from {_S}(?: port (\d{{1,5}}))?$")),
    ("limit", re.compile(rf"maximum authentication attempts exceeded for .{{0,300}} from {_AT}(?: ssh\d?)?$")),
    ("refused", re.compile(rf"ROOT LOGIN REFUSED FROM {_S}(?: port (\d{{1,5}}))?$")),
    ("refused", re.compile(rf"User .{{0,256}} from {_S} not allowed because (?:(?:not )?listed in|none of|a group|not in)()\b.{{0,99}}$")),
    ("refused", re.compile(r"User .{0,256} not allowed because .{1,200}()()$")),
    ("refused", re.compile(r"(?:Account .{0,256} has expired|User .{0,256} password has expired \(.{1,60}\))()()$")),
    ("refused", re.compile(r"Access denied for user .{0,256} by PAM account configuration()()$")),
    ("refused", re.compile(rf"administratively prohibited connection for .{{0,300}} from {_AT}.{{0,200}}$")),
    ("refused", re.compile(rf"public key .{{1,300}} signature for .{{0,300}} from {_AT} rejected: .{{1,200}}$")),
    (
        "refused",
        re.compile(r"(?:.{0,300}: )?Authentication tried for .{0,256} with .{1,200} \(host=\S{0,255}, ip=(\S{1,64}?)(?:, .{0,256})?\)()\.?$"),
    ),
    ("refused", re.compile(r"(?:.{0,300}: )?Authentication tried for .{0,256} source address \((\S{1,64})\)()\.?$")),
    ("refused", re.compile(r"Authentication key .{1,300} revoked by file .{1,300}()()$")),
    ("refused", re.compile(r"Refus(?:ing|ed) [Cc]ertificate ID .{1,1500}()()$")),
    ("refused", re.compile(r"WARNING: revoked key for (\S{1,255}) attempted authentication()$")),
    ("refused", re.compile(r"refused connect from .{0,255} \((\S{1,64})\)()$")),
    ("refused", re.compile(r"refused connect from (\S{1,255})()$")),
    ("pam-error", re.compile(rf"PAM: .{{1,200}} for (?:illegal user )?.{{0,256}} from {_S}()$")),
    ("left", re.compile(rf"Disconnecting {_USER}{_AT}: .{{0,400}}$")),
    ("left", re.compile(rf"Disconnecting {_AT}: .{{0,400}}$")),
    ("left", re.compile(r"Disconnecting: Too many authentication failures.{0,300}()()$")),
    ("ended", re.compile(rf"(?:Connection (?:closed|reset) by|Disconnected from) {_USER}{_AT}$")),
    ("ended", re.compile(rf"Connection (?:closed|reset) by {_S}(?: port (\d{{1,5}}))?$")),
    ("ended", re.compile(rf"Connection from {_USER}?{_AT} timed out$")),
    ("greeting", re.compile(rf"(?:Bad protocol version identification|Protocol major versions differ).{{0,400}}? from {_AT}$")),
    ("greeting", re.compile(rf"Did not receive identification string from {_S}(?: port (\d{{1,5}}))?$")),
    ("greeting", re.compile(rf"(?:banner exchange|kex_exchange_identification|ssh_dispatch_run_fatal|\w+): Connection from {_USER}?{_AT}(?:: .{{0,400}})?$")),
    ("greeting", re.compile(rf"Connection from {_USER}?{_AT}: .{{1,400}}$")),
    ("greeting", re.compile(r"(?:banner exchange|kex_exchange_identification|kex_protocol_error): .{1,400}()()$")),
    ("greeting", re.compile(rf"Unable to negotiate with {_USER}?{_AT}: .{{0,2000}}$")),
    ("greeting", re.compile(rf"Unable to negotiate with {_S}: .{{0,2000}}()$")),
    ("dropped", re.compile(r"drop connection #?\d{1,6} from \[([^\]]{1,64})\]:(\d{1,5}) .{0,400}$")),
    ("other", re.compile(rf"Session process \d+ unpriv child crash for (?:connection from )?{_S}(?: port (\d{{1,5}}))?.{{0,200}}$")),
    ("late", re.compile(rf"Timeout before authentication for {_S}(?: port (\d{{1,5}}))?\.?$")),
    ("other", re.compile(rf"Username too long from {_AT}$")),
)  # fmt: skip
_LATE = re.compile(
    rf"Timeout before authentication for (?:connection from )?{_S}(?: port (\d{{1,5}}))?(?: to \S+)?, pid = (\d+)"
)
_RECEIVED = re.compile(rf"Received disconnect from {_S}(?: port (\d{{1,5}}))?: ?\d+:")
_MANY_DROPPED = re.compile(
    r".{1,60}, (\d{1,9}) connections dropped$|.{1,60}: additional (\d{1,9}) connections dropped$"
)
_PENALTY = re.compile(
    r"(?:srclimit_penalise: )?(?:ipv[46]: new ([0-9a-fA-F.:]+)/\d+ (?:active|deferred) penalty|([0-9a-fA-F.:]+)/\d+: activating ipv[46] penalty) of .{1,60} for (.{0,100})$"
)
# What says nothing of somebody who did not get in. Names and texts of the other side stand in these only where
# nothing of a source is read.
_HARMLESS = re.compile(
    "^(?:"
    + "|".join((
        r"debug\d: ", r"Server listening on ", r"Received (?:signal \d+|SIGHUP)", r"Exiting on signal", r"sshd: ",
        r"Connection from \S+ port \d+(?: on \S+ port \d+(?: rdomain .*)?)?$", r"Starting session: ", r"Close session: ",
        r"Accepted (?:key|certificate ID|[\w-]+ public key) ", r"User child is on pid ", r"Disconnected from user ",
        r"(?:Connection (?:closed|reset) by|Connection from|Disconnecting) user .{0,256} \S+ port \d+",
        r"Transferred: ", r"Closing connection to ", r"subsystem request for ", r"Received request from ",
        r"Changed root directory to ", r"Read error from remote host ", r"Timeout, client not responding from ",
        r"terminating inactive connection from ", r"refused (?:local|streamlocal) port forward", r"Environment: ",
        r"pam_\w+\(sshd?:(?:session|account|setcred|chauthtok)\)", r"pam_unix\(sshd:auth\): (?:check pass|conversation failed|auth could not|username \[)",
        r"pam_\w+\(sshd:auth\): (?:authentication success|received for user .*: \d+|error reading login count|pam_get_uid|Got user|unable to|Failed adding|conversation|.*no auth)",
        r"PAM service\(sshd\) ignoring max retries", r"PAM (?:unable to|adding faulty|\(sshd\)|pam_\w+)", r"input_userauth_(?:request|error)",
        r"(?:reverse mapping checking getaddrinfo for|Address \S+ maps to|Nasty PTR record)", r"Could not (?:load|get shadow)",
        r"Authentication refused(?: for .{1,256})?: ", r"(?:userauth_\w+|auth2?_\w+|mm_\w+|monitor_\w+|key_\w+|sshkey_\w+|process_\w+|kex_\w+|session_\w+|client_\w+|server_\w+|do_\w+|sshpam_\w+|srclimit_\w+|channel_\w+|match_\w+|get_\w+|record_\w+|ssh_\w+|sftp_\w+|rexec\w*|recv_\w+|set_\w+|temporarily_use_uid|match)\b.*: ",
        r"connect_to \S+", r"connect to ", r"bind(?: to| \[)", r"Bind to port", r"Address already in use", r"Cannot bind any address", r"channel \d+: ", r"chroot", r"Root login accepted for forced",
        r"\d+ active ipv\d penalties", r"client \S+ .*\((?:expired|[\d.]+ secs left)\)$", r"(?:beginning|exited) MaxStartups throttling",
        r"User '.{0,256}' .{1,300} is not a regular file", r"Could not open user ", r"(?:open|close|opendir|closedir|stat|lstat|remove|rename|mkdir|rmdir|set|sent status|session (?:opened|closed) for local user|readlink|symlink|posix-rename|statvfs|realpath|hardlink|forced close) ",
        r"lastlog_", r"login_\w+: ", r"syslogin_\w+", r"Deprecated option", r"Unsupported option", r"/etc/ssh/", r"Missing privilege separation",
        r"rsa_complete|RSA key|sshd\.service|Started |Starting |Stopp(?:ed|ing) |Reload|Deactivated|Main process exited|Failed with result|Consumed |Unit |Control process|Scheduled restart",
        r"Corrupted MAC on input|Bad packet length|padding error|Finished discarding|incoming seqnr|outgoing seqnr|RekeyLimit|dispatch_protocol|buffer_get|Read from socket failed|Write failed|Could not write ident string|mm_request_receive|Privilege separation|no matching (?:cipher|mac|hostkey|key exchange)|hash mismatch|hostkeys? |Disabling protocol|refusing (?:previously-used )?\S+ key|Postponed|session opened|session closed|Set /proc|oom_adjust|fork: |ulogin|audit|Writing login record",
    ))
    + ")"
)  # fmt: skip


def read(text: str) -> Said | None:
    """What one line says; None where sshd's words are not known. ``text`` is without the frame."""
    text, times = text.strip(), 1
    if repeated := _REPEATED.match(text):
        times, text = int(repeated[1]), repeated[2]
    before = bool(_PREAUTH.search(text))
    text = _PREAUTH.sub("", text)
    text = _LEVEL.sub("", text, count=1) if _LEVEL.match(text) else text
    if match := _METHOD.match(text):
        return _of_method(match, times)
    if match := _RECEIVED.match(text):
        if not before and text.endswith("disconnected by user"):
            return Said("nothing", "other", match[1].rstrip(":"), match[2] or "")
        return Said("failed", "left", match[1].rstrip(":"), match[2] or "", times)
    if match := _LATE.match(text):
        return Said("failed", "late", match[1], match[2] or "", times, match[3])
    if match := _MANY_DROPPED.match(text):
        return Said("failed", "dropped", times=int(match[1] or match[2]))
    if match := _PENALTY.match(text):
        return Said("failed", "penalty", match[1] or match[2], "", times)
    for voice, pattern in _NEGATIVE:
        if match := pattern.match(text):
            return Said("failed", voice, match[1], match[2] or "", times)
    return Said("nothing", "other") if not text or _HARMLESS.match(text) else None


def _of_method(match: re.Match[str], times: int) -> Said:
    outcome, method, source, port = match.groups()
    kind = method.partition("/")[0]
    if outcome in ("Postponed", "Partial"):
        return Said("nothing", "other", source, port)
    if outcome == "Accepted":
        return Said("accepted", "method", source, port, times, method=kind)
    voice: Voice = "key" if kind in _KEYS else "none" if kind == "none" else "method"
    return Said("failed", voice, source, port, times, method=kind)


def by_key(method: str) -> bool:
    """Whether this way to sign in cannot be guessed."""
    return method in _KEYS
