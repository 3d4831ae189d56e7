"""Secrets that are known by the name beside them."""

from __future__ import annotations

import re

from playbook.core.door.ordinary import is_harmless, is_hidden, is_not_random, is_one_kind
from playbook.core.door.rule import Rule, verbose

STRONG = (
    r"pass(?:wor[dt]|phrase|code)|passwd|pwd|(?<![a-z])(?:pass|(?:db|app|user|admin|root)?pw|otp)"
    r"|mot\ de\ passe|contrase[nñ]a|senha|wachtwoord|kennwort|lösenord|salasana|has[lł]o|heslo|jelszó"
    r"|пароль|密码|密碼|パスワード"
)
_WEAK = (
    r"secret(?:[_.-]?(?:access)?[_.-]?key)?|(?:api|access|account|admin|app|auth|client|cookie|crypt|deploy|encryption"
    r"|hmac|jwt|license|logged[_.-]?in|master|nonce|private|root|secret|secure|security|service|session|shared|signing"
    r"|ssh|storage|subscription|webhook)[_.-]?key(?:[_.-]?(?:id|data))?|token|jwt|hmac|schlüssel|(?<![a-z])salt"
    r"|connection[_.-]?string"
)
# Names that also have harmless values after a colon: ``Signature: sha256``, ``session: ended``.
_SHY = (
    r"credentials?|cookie|signature|phpsessid|jsessionid|access[_.-]?code|auth[_.-]?code"
    r"|(?<![a-z])(?:o?auth|authorization|session(?:[_.-]?id)?|sess(?:id)?|sid|sig|csrf|xsrf)"
)
_NAME = rf"(?:(?P<strong>{STRONG})|(?P<shy>{_SHY})|{_WEAK})"
_NAMED = verbose(
    rf"""(?<![a-z0-9_.-])[a-z0-9_.-]{{0,80}}?{_NAME}(?:[_.-]?(?:b64|base64|base|hash|value|\d{{1,3}}))?(?:\[\w{{0,40}}\])?
        (?:\\*["'`\]])?\s{{0,3}}(?P<is>=>|->|→|:=|={{1,3}}|:|(?<=["'])\s{{0,3}},(?=\s{{0,8}}["']))[ \t]{{0,8}}
        (?:\[\s{{0,3}}(?=\\*["']))?(?:[@bur](?=\\*["']))?
        (?:\\*"(?P<q>(?:[^"\\]|\\[^"]|\\"(?=\w)){{1,4096}})|\\*'(?P<p>(?:[^'\\]|\\[^']|\\'(?=\w)){{1,4096}})
          |(?P<r>(?:[^\s"'&,;)}}\]<>|`\\]|\\(?!["'nrt]))+))""",
    re.IGNORECASE,
)
# An environment variable, whose value extends to the next space.
_VARIABLE = verbose(
    r"""(?<![A-Za-z0-9_])[A-Z0-9_]{0,80}(?:PASSWORD|PASSWD|PWD|PASS|SECRET|TOKEN|_?KEY|CREDENTIALS?|_AUTH|_DSN|_SALT)(?:_ID)?
        =(?:"(?P<q>[^"\n]+)|'(?P<p>[^'\n]+)|(?P<r>[^\s"']+))"""
)
_ELEMENT = verbose(rf"<[a-z0-9_.:-]{{0,80}}?{_NAME}>(?P<s>[^<\n]{{1,512}})<", re.IGNORECASE)
# {"key": "DB_PASSWORD", "value": "…"}, as in lists of variables; <add key="DB_PASSWORD" value="…"/>.
_PAIR = verbose(
    rf"""(?:key|name)["']?\s{{0,3}}[:=]\s{{0,3}}["'][a-z0-9_.-]{{0,80}}?{_NAME}["']\s{{0,3}},?\s{{0,8}}["']?value["']?
         \s{{0,3}}[:=]\s{{0,3}}["'](?P<s>[^"'\n]+)""",
    re.IGNORECASE,
)
# "password hunter2", as in a sentence, a netrc or a table: what follows is neither a word nor a number.
_BESIDE = verbose(
    r"""(?<![a-z0-9_.-])(?:pass(?:wor[dt]|phrase|code|wd)|pwd)(?:\s+for\s+\S{1,64})?
        (?:\s+(?:is|was|of|has\ been))?(?:\s+(?:changed|set|reset|updated))?(?:\s+to)?
        (?:\s{1,8}|\s{0,3}[|~]\s{0,3})
        (?P<s>[^\s"'<>=:;,]{5,}(?=[\s"';,)]|$))""",
    re.IGNORECASE,
)
# "NEWS_KEY=…", "fixer SECRET …", "the token … was refused": after any such name what was made by chance.
_RANDOM_BESIDE = verbose(
    r"""(?:(?P<sum>(?<![A-Za-z_-])keys?\s+)|(?<!cache[_-])(?<!primary[_-])(?<!public[_-])(?<!object[_-])
          (?i:key|token|secret|credential|private|psk)s?(?:[_\ -]?(?i:key|token|code|id|\d{1,2}))?["'`\])]{0,3}
          (?:[\s:=>|~→(,"'`-]|\\(?=["'])){1,6})
        (?P<s>[A-Za-z0-9_~+=.-]{12,}(?![A-Za-z0-9_~+=.:/-])|[A-Za-z0-9+/]{40,}={0,2}(?![A-Za-z0-9+/=.]))"""
)

_VALUES = ("q", "p", "r")
_PASS = ("pass", "pwd", "pw", "otp")
NAMES = (
    *(*_PASS, "secret", "key", "token", "jwt", "connection", "credential", "cookie", "signature", "sess"),
    *("access", "auth", "sid", "sig", "csrf", "xsrf", "salt", "hmac", "schlüssel"),
    *("contrase", "senha", "wachtwoord", "kennwort", "lösenord", "salasana", "hasło", "haslo", "heslo", "jelszó"),
    *("пароль", "密码", "密碼", "パスワード"),
)

RULES = (
    Rule(NAMES, _NAMED, is_harmless, _VALUES),
    Rule((*_PASS, "secret", "token", "key", "credential", "auth", "dsn", "salt"), _VARIABLE, is_harmless, _VALUES),
    Rule(("</",), _ELEMENT, is_hidden),
    Rule(("value",), _PAIR, is_hidden),
    Rule(("password", "passwort", "passphrase", "passcode", "passwd", "pwd"), _BESIDE, is_one_kind),
    Rule(("key", "token", "secret", "credential", "private", "psk"), _RANDOM_BESIDE, is_not_random),
)
