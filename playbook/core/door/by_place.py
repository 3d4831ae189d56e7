"""Secrets that are known by their place: in an address, a header, a command, a statement or a query."""

from __future__ import annotations

import re

from playbook.core.door.by_name import STRONG
from playbook.core.door.ordinary import is_hidden, is_not_random, is_one_kind, is_word
from playbook.core.door.rule import Rule, verbose

# User and password before the last @ of a possible authority, as a password may contain @. It may contain a slash
# too, unless a host and port precede the slash.
_USER_INFO = verbose(
    r"""(?<=://)(?P<s>[^\s/?\#@:"'<>`]{0,256}:(?!\d{1,5}(?:[/?\#]|$))[^\s"'<>`]{1,512}(?=@)
         | [^\s/?\#"'<>`]{1,512}(?=@))"""
)
_DSN = verbose(
    r"""(?<![\w.-])[\w.-]{1,64}:(?P<s>[^\s:@]{1,256})@(?:tcp|unix|udp)\(
      | jdbc:oracle:\w{1,10}:[^\s/@]{1,64}/(?P<oracle>[^\s@]{1,128})@"""
)

# The whole line: schemes differ in the position of their secret, and cookies in their names.
_HEADER = verbose(
    r"""(?<![\w-])(?:(?:proxy-|x-[\w-]{0,40})?authorization|set-cookie2?|cookie
          |x-(?:[\w-]{0,40}-)?(?:api-?)?(?:key|token|secret|signature|password|auth)(?:-\d{1,4})?|[\w-]{1,40}-signature
          |(?:private|job|deploy)-token|apikey)
        (?:\\*["'])?\s{0,3}:\s{0,3}
        (?:\\*"(?P<q>[^"\n]*)|\\*'(?P<p>[^'\n]*)|\[(?P<l>[^\]\n]*)
          |(?P<d>(?:digest|hawk|oauth|signature|aws4-[\w-]{1,20}|hmac[\w-]{0,20})\s[^\n]*)|(?P<r>[^\s"'\[][^\n"']*))""",
    re.IGNORECASE,
)
_SCHEME = verbose(r"\b(?:bearer|basic|negotiate|ntlm)[\s:=]{1,3}(?P<s>[A-Za-z0-9._~+/=-]{8,})", re.IGNORECASE)


_OPTION = verbose(
    rf"""(?<![\w-])--?(?:[a-z0-9-]{{1,40}}-)?(?:{STRONG}|token|secret|api-?key|access-?key|secret-?key)
         (?:\s+|=)["']?(?P<s>[^\s"'-][^\s"']{{2,}})
       |(?<![\w-])(?:-u|--user|--proxy-user)(?:\s+|=)["']?[^\s"':]{{1,64}}:(?P<user>[^\s"']{{2,}})
       |\b(?:(?:mysql|mariadb)[\w-]{{0,10}}(?:\s\S{{1,80}}){{0,9}}?\s-p|sshpass\s-p\s?
            |(?:docker|podman|helm|oc|az)\slogin(?:\s\S{{1,80}}){{0,9}}?\s-p\s|doctl(?:\s\S{{1,80}}){{0,9}}?\s-t\s
            |vault\slogin\s(?!-)|openssl(?:\s\S{{1,80}}){{0,9}}?\s-[kK]\s|7z[arz]?(?:\s\S{{1,80}}){{0,9}}?\s-p
            |zip(?:\s\S{{1,80}}){{0,9}}?\s-P\s|net\suser\s\S{{1,64}}\s
            |redis-cli(?:\s\S{{1,80}}){{0,9}}?\s-a\s)["']?(?P<flag>[^\s"']{{2,}})""",
    re.IGNORECASE,
)
_STATEMENT = verbose(
    r"""(?:\bidentified\s(?:with\s\w+\s)?by\s|\b(?:requirepass|masterauth|sentinel-pass)["']?(?:\s|:\s?|=)|\bpassword\s(?=['"])
         |\b(?:setuser\s\S{1,64}|user\s\S{1,64}\s(?:on|off))(?:\s\S{1,64}){0,40}?\s["']?(?=[>\#])
         |\bidentified\swith\s\w+\sas\s|\bset\spassword\s(?:for\s\S{1,64}\s)?(?:=|to)\s)["']?(?P<s>[^\s"',;]{2,})""",
    re.IGNORECASE,
)
_INPUT = verbose(r"""type=\\*["']?password\b[^<>\n]{0,300}?\bvalue=\\*["']?(?P<s>[^\s"'<>\\]+)""", re.IGNORECASE)
_MONITOR = verbose(r"""\\*"auth\\*"\s(?:\\*"[^"\n]{0,80}"\s)?\\*"(?P<s>[^"\n\\]+)""", re.IGNORECASE)
# Redis' own command, in capital letters as its logs and documents write it.
_AUTH = verbose(r"\bAUTH\s+(?:[\w.-]{1,64}\s+)?(?P<s>[^\s\"'<>=:;,]{5,}(?=[\s\"';,)]|$))")
_QUERY = verbose(r"[?&](?:key|code|ticket|assertion|access)=(?P<s>[^\s&\"'\#<>]{16,})", re.IGNORECASE)
# Any other parameter whose value was made by chance: invitations, links that sign in.
_PARAMETER = verbose(r"[?&](?P<sum>)[\w.\[\]-]{1,40}=(?P<s>[A-Za-z0-9_~-]{16,}=?=?)(?![^\s&\"'\#<>)\]])")
# A link that lets its reader do something: /reset-password/…, /magic-link/…; and the key of a session in a cache.
_LINK = verbose(
    r"""/(?:[\w-]{1,30}[_-])?(?:reset|recover|recovery|confirm|confirmation|verify|verification|activate|activation
          |invite|invitation|invitations|magic|magic-link|unsubscribe|opt-?out|sso|share|token|tokens)(?:[_-][\w-]{1,30})?
        /(?:[a-z-]{1,30}/)?(?P<s>[A-Za-z0-9_~.=-]{12,})(?![A-Za-z0-9_~.=/-])""",
    re.IGNORECASE,
)
_SESSION = verbose(
    r"""(?<![a-z])(?:php(?:redis)?_session|(?:[a-z0-9]{1,30}[_:.-]){0,4}sess(?:ion(?:s|_?id|-token)?)?)(?:[:_/]|\.cache)
        (?:\d{1,2}[:_-]{1,2}|s:|sessions:|cache)?:?(?P<s>[A-Za-z0-9_~.=-]{12,})""",
    re.IGNORECASE,
)

RULES = (
    Rule(("://",), _USER_INFO, is_word),
    Rule(("@tcp(", "@unix(", "@udp(", "jdbc:oracle"), _DSN, is_hidden, ("s", "oracle")),
    Rule(
        ("auth", "cookie", "x-", "-token", "-signature", "apikey"), _HEADER, is_hidden, ("q", "p", "l", "d", "r")
    ),
    Rule(("bearer", "basic", "negotiate", "ntlm"), _SCHEME, is_word),
    Rule(
        (
            *("-p", "-token", "-secret", "key", "-u", "-otp", "redis-cli -", "doctl", "vault login", "openssl"),
            "net user",
        ),
        _OPTION,
        is_hidden,
        ("s", "user", "flag"),
    ),
    Rule(("identified", "requirepass", "masterauth", "sentinel-pass", "user", "password"), _STATEMENT, is_hidden),
    Rule(("type=",), _INPUT, is_hidden),
    Rule(('auth"', 'auth\\"'), _MONITOR, is_hidden),
    Rule(("auth ",), _AUTH, is_one_kind),
    Rule(("key=", "code=", "ticket=", "assertion=", "access="), _QUERY, is_one_kind),
    Rule(("?", "&"), _PARAMETER, is_not_random),
    Rule(
        (
            *(
                "reset",
                "recover",
                "confirm",
                "verif",
                "activat",
                "invit",
                "magic",
                "unsubscribe",
                "opt-out",
                "optout",
            ),
            *("/sso", "/share", "token"),
        ),
        _LINK,
        is_not_random,
    ),
    Rule(("sess",), _SESSION, is_not_random),
)
