"""Sign-in messages of programs other than sshd: one pattern per message.

In each, ``source`` is the origin, ``times`` the number of attempts the line represents, and ``accepted`` is a
group of those with a correct password. From the programs' sources: dropbear's svr-auth*.c, util-linux login,
shadow su, sudo, vsftpd, ProFTPD, Pure-FTPd, Postfix, Dovecot, Exim, fail2ban's filter.py and actions.py.
"""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal[
    "ssh",
    "penalty",
    "nginx",
    "system",
    "login",
    "ftp",
    "mail",
    "database",
    "fail2ban",
    "bans",
    "application",
    "access",
]

_SOURCE = r"(?P<source>\S{1,255}?)"
_BRACKET = r"\[(?P<source>[^\]\s]{1,64})\]"

# Kind, pattern, and the number of attempts if the line does not give it; 0 for a line that reports no failure.
_LINES: tuple[tuple[Kind, str, int], ...] = (
    # dropbear: "port" after a colon, for IPv6 too.
    ("ssh", rf"^Bad (?:PAM )?password attempt for '.{{0,256}}' from {_SOURCE}:\d{{1,5}}$", 1),
    ("ssh", rf"^Login attempt for nonexistent user.{{0,300}} from {_SOURCE}:\d{{1,5}}$", 1),
    ("ssh", rf"^Login attempt with wrong user .{{0,600}} from {_SOURCE}:\d{{1,5}}$", 1),
    ("ssh", rf"^(?P<accepted>(?:PAM )?[Pp]assword) auth succeeded for '.{{0,256}}' from {_SOURCE}:\d{{1,5}}$", 1),
    ("ssh", r"^Pubkey auth succeeded for ", 0),
    (
        "login",
        r"^Exit before auth(?: from <(?P<source>[^>]{1,64}):\d{1,5}>)?: (?:\(user '.{0,256}',"
        r" (?P<times>\d{1,4}) fails\): )?",
        1,
    ),
    # nginx's password files
    (
        "nginx",
        r'user "[^"]{0,256}"(?: was not found in "[^"]{0,512}"|: password mismatch), client:'
        r" (?P<source>[^,\s]{1,64})",
        1,
    ),
    ("nginx", r"no user/password was provided for basic authentication, client: (?P<source>[^,\s]{1,64})", 1),
    # PAM, of other programs than sshd
    (
        "system",
        r"pam_\w{1,32}\((?!sshd?:)[\w-]{1,64}:auth\): authentication failure;(?:.*\brhost=(?"
        r"P<source>\S{0,255}))?",
        1,
    ),
    (
        "system",
        r"pam_(?:faillock|tally2?)\([\w-]{1,64}:auth\): (?:Consecutive login failures|user "
        r".{0,256} (?:\(\d+\) )?(?:tally|has))",
        1,
    ),
    ("system", r"pam_unix\([\w-]{1,64}:auth\): (?:check pass; user unknown|auth could not identify password)", 0),
    # sudo, su, login
    ("login", r"\b(?P<times>\d{1,3}) incorrect password attempts? ; (?:TTY|PWD|USER|COMMAND)=", 1),
    (
        "login",
        r" : (?:user NOT in sudoers|command not allowed|user NOT authorized on host|a password "
        r"is required|conversation failed) ; ",
        1,
    ),
    ("login", r"^(?:FAILED SU|BAD SU|FAILED su for)\b", 1),
    (
        "login",
        r"^(?:FAILED LOGIN|TOO MANY LOGIN TRIES) ?\(?(?P<times>\d{1,4})?\)?.{0,80}? FROM (?"
        r"P<source>\S{1,255}) FOR ",
        1,
    ),
    ("login", r"^(?:FAILED LOGIN|TOO MANY LOGIN TRIES|LOGIN FAILURE|ROOT LOGIN REFUSED)\b", 1),
    ("login", r"^(?:pam_authenticate: |authentication failure(?:; rhost=(?P<source>\S{1,64}))?)", 1),
    # FTP
    ("ftp", r'\[[^\]]{0,256}\] FAIL LOGIN: Client "(?P<source>[^"]{1,64})"', 1),
    ("ftp", r'\[[^\]]{0,256}\] (?P<accepted>OK LOGIN): Client "(?P<source>[^"]{1,64})"', 1),
    (
        "ftp",
        r"\((?P<source>[^()\s\[]{1,255})\[[^\]\s]{1,64}\]\)(?:: | - )(?:USER .{0,256}(?:\(Login "
        r"failed\)|: no such user|: Login failed)|SECURITY VIOLATION|Maximum login attempts)",
        1,
    ),
    (
        "ftp",
        r"^USER .{0,256}(?:\(Login failed\)|: no such user found from \S{1,255} \[(?P<source>[^\]\s]{1,"
        r"64})\])",
        1,
    ),
    ("ftp", r"^\([^()]{0,256}@(?P<source>[^()\s]{1,255})\) \[WARNING\] Authentication failed for user ", 1),
    # mail
    ("mail", rf"warning: [-.\w]{{1,255}}{_BRACKET}(?::\d{{1,5}})?: SASL (?:\S{{1,32}} )?authentication failed", 1),
    (
        "mail",
        r"(?:Disconnected|Login aborted|Aborted login|Connection closed).{0,200}\(auth failed,"
        r" (?P<times>\d{1,4}) attempts.{0,200}\).*\brip=(?P<source>[^,\s]{1,64})",
        1,
    ),
    (
        "mail",
        r"(?:auth|auth-worker(?:\(\d+\))?): (?:Info: |Error: )?(?:conn unix:\S+ (?:\(.{0,99}\))"
        r"?: (?:auth-worker<\d+>: )?)?[\w-]{1,32}\([^,]{0,256},(?P<source>[^,)]{1,64})[^)]{0,"
        r"256}\): .{0,80}(?:[Pp]assword mismatch|unknown user|pam_authenticate\(\) failed)",
        1,
    ),
    (
        "mail",
        r"\b(?P<accepted>Login): user=<.{0,256}>, method=(?!EXTERNAL)\S{1,32}, rip=(?P<source>[^,"
        r"\s]{1,64})",
        1,
    ),
    ("mail", rf"authenticator failed for .{{0,300}}{_BRACKET}(?::\d{{1,5}})?.{{0,99}}: 535 ", 1),
    # databases
    ("database", r"Access denied for user '.{0,256}'@'(?P<source>[^']{1,255})' \(using password: ", 1),
    ("database", r"FATAL:  (?:password|LDAP|PAM|Ident|peer|GSSAPI|RADIUS) authentication failed for user ", 1),
    (
        "database",
        r"FATAL:  (?:no pg_hba\.conf entry|pg_hba\.conf rejects connection) for host \"(?P<source>[^\"]{1,64})\"",
        1,
    ),
    # fail2ban counts what others have logged, and reports whom it has banned
    ("fail2ban", r"\[[\w.-]{1,64}\] Found (?P<source>\S{1,64})", 1),
    ("bans", r"\[[\w.-]{1,64}\] (?:Ban|Increase Ban) (?P<source>\S{1,64})", 1),
    ("bans", r"\[[\w.-]{1,64}\] (?:Unban|Restore Ban|Flush|Ignore|(?P<source>\S{1,64}) already banned)\b", 0),
    # others
    (
        "application",
        r"^(?:(?:\S{1,64}/)?(?P<source>\S{1,64}):\d{1,5} )?TLS Auth Error: Auth Username/Password verification",
        1,
    ),
    ("application", r"AUTH_FAILED", 1),
    ("application", r"\bAUTHFAIL: user=.{0,256} ip=(?P<source>\S{1,64})", 1),
    ("application", r"(?:\[client (?P<source>\S{1,64}?)(?::\d{1,5})?\] )?AH01618: user .{0,256} not found: ", 1),
    ("application", r'\btype="?LOGIN_ERROR"?, .*\bipAddress="?(?P<source>[^",\s]{1,64})', 1),
    ("application", r"\bCredentialsSignin\b", 1),
    ("application", r"\bUser account locked out\b", 1),
    # Tomcat's LockOutRealm; Windows' event 4625
    ("application", r"\battempt was made to authenticate the locked user\b|\baccount failed to log on\b", 1),
    ("application", r"\buser denied: .{0,256} \([\w-]{1,64}\) from (?P<source>\S{1,64})", 1),
    ("application", r"\bRESULT tag=97 err=49 |\bLDAP: error code 49\b", 1),
    # Apache's digests; Vaultwarden's panel; the web interfaces of pfSense and OPNsense.
    (
        "application",
        r"\[client (?P<source>\S{1,64}?)(?::\d{1,5})?\] (?:AH\d{5}: |Digest: )?user .{0,256} not found(?:: |$)",
        1,
    ),
    ("application", r"\bInvalid admin token\b", 1),
    # Of limiters: what they turn away are further attempts.
    (
        "application",
        r"(?i)\b(?:log|sign)[- ]?ins? (?:attempts? )?rate[- ]limit(?:ed\b| (?:exceeded|reached|hit)\b)",
        1,
    ),
    ("application", r"(?i)\bauthentication attempt from (?P<source>\S{1,64}) has been rate-limited", 1),
    ("application", r"(?i)\bbrute[- ]?force (?:attack |attempt |login )?detected\b", 1),
    ("application", r"(?i)\bauthentication error for .{0,256} from:? (?P<source>\S{1,64})", 1),
    # A connection that ended before anybody tried.
    ("mail", r"\(no auth attempts in \d+ secs\)", 0),
    (
        "application",
        r"^Authentication attempt for unknown user .{0,256} from (?P<source>\S{1,64})$",
        1,
    ),
    (
        "application",
        r"(?:Login failed: .{0,256} \(Remote IP: '?|Invalid login as .{0,256} from )(?P<source>[^'\s)"
        r"]{1,64})",
        1,
    ),
)
PROGRAM_LINES = tuple((kind, re.compile(pattern), times) for kind, pattern, times in _LINES)
