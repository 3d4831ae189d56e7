"""sshd's sentences: those about a rejected sign-in, and those unrelated to one.

Templates of regular expressions; ``sshd`` fills the blanks: {SOURCE}, {PORT}, {AT} for both, {WHO} for a user that
is not yet accepted, {NAME} and {ANY} for text that the peer may choose, {NUMBER} of a process, {TIMES}.
"""

from __future__ import annotations

from typing import Literal

Voice = Literal[
    "method",  # a wrong password or similar
    "key",
    "none",  # a request for the available sign-in methods
    "stranger",
    "refused",
    "limit",
    "left",
    "received",
    "ended",
    "greeting",
    "exchange",
    "late",
    "pam",
    "pam-error",
    "dropped",
    "penalty",
    "other",
]

_TRIED = r"(?:{NAME}: )?Authentication tried for {NAME} "

REJECTED: tuple[tuple[Voice, str], ...] = (
    ("received", r"Received disconnect from {SOURCE}(?: port {PORT})?: ?\d+:"),
    ("late", r"Timeout before authentication for (?:connection from )?{SOURCE}(?: to \S+)?, pid = {NUMBER}"),
    ("late", r"Timeout before authentication for {SOURCE}(?: port {PORT})?\.?$"),
    ("dropped", r".{1,60}, {TIMES} connections dropped$"),
    ("dropped", r".{1,60}: additional {TIMES} connections dropped$"),
    ("dropped", r"drop connection #?\d{1,6} from \[(?P<source>[^\]]{1,64})\]:{PORT} {ANY}$"),
    (
        "penalty",
        r"(?:srclimit_penalise: )?ipv[46]: new (?P<source>[0-9a-fA-F.:]+)/\d+ (?:active|deferred) penalty of ",
    ),
    ("penalty", r"(?:srclimit_penalise: )?(?P<source>[0-9a-fA-F.:]+)/\d+: activating ipv[46] penalty of "),
    (
        "penalty",
        r"(?:srclimit_penalise: )?ipv[46] penalty table full, cannot penalise (?P<source>[0-9a-fA-F.:]+)/\d+ ",
    ),
    ("stranger", r"(?:Invalid|Illegal) user {NAME} from {SOURCE}(?: port {PORT})?$"),
    ("limit", r"maximum authentication attempts exceeded for {NAME} from {AT}(?: ssh\d?)?$"),
    ("refused", r"ROOT LOGIN REFUSED FROM {SOURCE}(?: port {PORT})?$"),
    (
        "refused",
        r"User {NAME} from {SOURCE} not allowed because (?:(?:not )?listed in|none of|a group|not in)\b.{0,99}$",
    ),
    ("refused", r"User {NAME} not allowed because .{1,200}$"),
    ("refused", r"Account {NAME} has expired$"),
    ("refused", r"User {NAME} password has expired \(.{1,60}\)$"),
    ("refused", r"Access denied for user {NAME} by PAM account configuration$"),
    ("refused", r"administratively prohibited connection for {NAME} from {AT}"),
    ("refused", r"public key .{1,300} signature for {NAME} from {AT} rejected: "),
    (
        "refused",
        _TRIED + r"with correct key but not from a permitted host \(host=\S{0,255}, ip=(?P<source>[^\s,)]{1,64})",
    ),
    ("refused", _TRIED + r"with valid certificate but not from a permitted \w+ ?\w* \((?P<source>\S{1,64})\)\.?$"),
    ("refused", r"Authentication key .{1,300} revoked by file "),
    ("refused", r"Certificate invalid: "),
    ("refused", r"Failed Duo login for {NAME} from {SOURCE}$"),
    ("refused", r"pam_listfile\(sshd?:auth\): Refused user {NAME} for service "),
    ("refused", r"Refus(?:ing|ed) [Cc]ertificate ID "),
    ("refused", r"WARNING: revoked key for {SOURCE} attempted authentication$"),
    ("refused", r"refused connect from .{0,255} \((?P<source>[^\s()]{1,64})\)$"),
    ("refused", r"refused connect from {SOURCE}$"),
    ("refused", r"pam_(?:faillock|tally2?)\(sshd?:auth\): (?:Consecutive login failures|user .* (?:tally|has))"),
    ("pam-error", r"PAM: .{1,200} for (?:illegal user )?{NAME} from (?:\S{1,255} via )?{SOURCE}$"),
    ("left", r"Disconnecting {WHO} {AT}: Too many authentication failures.{0,60}$"),
    ("left", r"Disconnecting (?:(?:authenticating|invalid) user .{0,256}? )?{AT}: {ANY}$"),
    ("left", r"Disconnecting: Too many authentication failures"),
    ("ended", r"(?:Connection (?:closed|reset) by|Disconnected from) {WHO} {AT}$"),
    ("ended", r"Disconnected from {AT}$"),
    ("ended", r"Connection (?:closed|reset) by {SOURCE}(?: port {PORT})?$"),
    ("ended", r"Connection from (?:{WHO} )?{AT} timed out$"),
    ("greeting", r"Bad protocol version identification .{0,400} from {SOURCE}(?: port {PORT})?$"),
    ("greeting", r"Protocol major versions differ for {SOURCE}(?: port {PORT})?: {ANY}$"),
    ("greeting", r"Did not receive identification string from {SOURCE}(?: port {PORT})?$"),
    ("greeting", r"(?:[\w ]{1,60}: )?Connection from (?:{WHO} )?{AT}: .{1,400}$"),
    (
        "exchange",
        r"(?:banner exchange|(?:kex|ssh)_exchange_identification|(?:Hm, )?kex[ _]protocol[ _]error): ",
    ),
    ("greeting", r"Unable to negotiate with (?:{WHO} )?{AT}: {ANY}$"),
    ("greeting", r"Unable to negotiate with {SOURCE}: {ANY}$"),
    ("greeting", r"Unable to negotiate a key exchange method"),
    ("other", r"Session process \d+ unpriv child crash for (?:connection from )?{SOURCE}(?: port {PORT})?"),
    ("other", r"Username too long from {AT}$"),
)

HARMLESS: tuple[str, ...] = (
    r"debug\d: ",
    r"Server listening on ",
    r"Received (?:signal \d+|SIGHUP)",
    r"Exiting on signal",
    r"Connection from \S+ port \d+(?: on \S+ port \d+(?: rdomain .*)?)?$",
    r"(?:Starting|Close) session: ",
    r"Accepted (?:key|certificate ID|[\w-]+ public key) ",
    r"User child is on pid ",
    r"(?:Disconnected from|Disconnecting|Connection (?:closed|reset) by|Connection from) user ",
    r"Transferred: |Closing connection to |subsystem request for |Received request (?:from|to connect) ",
    r"Changed root directory to |Root login accepted for forced command",
    r"Read error from remote host |Timeout, client not responding from |terminating inactive connection from ",
    r"refused (?:local|streamlocal) port forward",
    r"pam_\w+\(sshd?:(?:session|account|setcred|chauthtok)\)",
    r"Disconnecting: (?!Too many)",
    r"pam_\w+\(sshd:auth\): (?:requirement \"|getting password|user '.{0,256}' granted|user \S+ authenticated as)",
    r"pam_unix\(sshd:auth\): (?:check pass|conversation failed|auth could not identify|username \[)",
    r"pam_\w+\(sshd:auth\): (?:authentication success|received for user|Got user|pam_get_uid|unable to)",
    r"PAM service\(sshd\) ignoring max retries",
    r"PAM (?:unable to|adding faulty|pam_\w+)|PAM: pam_\w+\(\): ",
    r"input_userauth_(?:request|error)",
    r"reverse mapping checking getaddrinfo for |Address \S+ maps to |Nasty PTR record",
    r"Could not (?:load|get shadow|open user|open authorized|write ident string)|User '.*' is not a regular file",
    # such as those of EC2 Instance Connect and SSSD, once for each offered key
    r"(?:Unsafe )?Authorized(?:Keys|Principals)Command \S+",
    r"(?:Successful|Skipped) Duo login for ",
    r"Authorized to \S+, krb5 principal |Kerberos password authentication failed: ",
    # of Fedora and Red Hat, once for each connection
    r"main: sshd: ssh-rsa algorithm is disabled",
    r"(?:privsep_preauth: )?preauth child (?:terminated|exited)|fork of unprivileged child failed",
    r"no more sessions|Failed to allocate internet-domain X11 display socket|setlogin failed: ",
    # about one of a user's files; the attempt itself has its own line
    r"Authentication refused(?: for .{1,256})?: ",
    r"(?:userauth|auth2?|mm|monitor|key|sshkey|process|kex|session|client|server|do|sshpam|channel)_\w+\b.*: ",
    r"(?:get|record|ssh|sftp|recv|set|login|syslogin|lastlog|temporarily)_\w+\b",
    r"rexec|connect_to |connect to |bind to |bind \[|Bind to port|Cannot bind any address|Address already in use",
    r"channel \d+: |chroot |fork: |fcntl\(|setsockopt |getpeername|getsockname|listen: |accept: ",
    r"\d+ active ipv\d penalties|client \S+ .*\((?:expired|[\d.]+ secs left)\)$|(?:beginning|exited) MaxStartups",
    r"(?:open|close|opendir|closedir|stat|lstat|remove|rename|mkdir|rmdir|set|readlink|symlink|hardlink) ",
    r"(?:posix-rename|statvfs|forced close|sent status|session (?:opened|closed) for local user) ",
    r"Deprecated option|Unsupported option|/etc/ssh/|Missing privilege separation|Privilege separation user",
    r"Corrupted MAC on input|Bad packet length|padding error|Finished discarding|(?:incoming|outgoing) seqnr",
    r"RekeyLimit|dispatch_protocol_error|buffer_get|Read from socket failed|Write failed|ssh_dispatch",
    r"no matching (?:cipher|mac|hostkey|key exchange|host key)|hash mismatch|no hostkey alg|Disabling protocol",
    r"[Rr]efusing (?:previously-used )?\S+ key|Set /proc|oom_adjust|Writing login record|Attempt to write login",
    r"(?:Started|Starting|Stopped|Stopping|Reloading|Reloaded|Deactivated|Main process|Failed with|Consumed) ?",
)
