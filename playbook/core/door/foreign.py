"""Text that looks like a secret although it was not configured: logs and answers of a system may contain any.

A rule has lower-case words, one of which must occur in the text before its pattern is tried: most texts contain
none. Prefixes and lengths of tokens are those that vendors publish and gitleaks' rules list
(https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml); see docs/decisions/030-one-door.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple

from playbook.core.door.known import lower


class Pattern:
    """A pattern compiled on first use: most runs need few of them."""

    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled pattern."""
        return re.compile(self._text, re.VERBOSE | self._flags)


class Rule(NamedTuple):
    """A kind of secret.

    Attributes:
        words: one of them must occur.
        pattern: the first of its groups ``groups`` that matched is masked.
        is_ordinary: whether a match and its group are no secret after all.
    """

    words: tuple[str, ...]
    pattern: Pattern
    is_ordinary: Callable[[re.Match[str], str], bool] | None = None
    groups: tuple[str, ...] = ("s",)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Spans of text that looks like a secret; they may overlap."""
    small = lower(text)
    for rule in RULES if _has_any_word(small) else _WITHOUT_WORDS:
        if not any(word in small for word in rule.words):
            continue
        for match in rule.pattern.compiled.finditer(text):
            group = next((name for name in rule.groups if match[name] is not None), "")
            if group and match[group] and (rule.is_ordinary is None or not rule.is_ordinary(match, group)):
                yield match.span(group)


def _has_any_word(small: str) -> bool:
    """Whether the lower-case text has a word of any rule: about five in a hundred texts do."""
    for word in _WORDS:  # noqa: SIM110 - any() takes three times as long, for every text that is output
        if word in small:
            return True
    return False


def may_name_secret(name: str) -> bool:
    """Whether a name may denote a secret; fast, and with false positives rather than misses."""
    small = lower(name)
    return any(word in small for word in _NAMES)


def _verbose(pattern: str, flags: int = 0) -> Pattern:
    return Pattern(pattern, flags)


# ----------------------------------------------------------------------------------------- tokens by their look
# Vendor, prefix, what follows it and how much at least. Hexadecimal ones are matched in any case.
_PREFIXED = _verbose(
    r"""
    (?<![A-Za-z0-9])(?P<s>
        (?i:do[opr]_v1_[0-9a-f]{16,})                                                     # DigitalOcean
      | (?i:gl(?:sa|c)_[a-z0-9_+/=-]{16,})                                                # Grafana
      | (?i:gh[pousr]_[a-z0-9_]{16,} | github_pat_[a-z0-9_]{16,})                         # GitHub
      | (?i:gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-[a-z0-9_.-]{16,})               # GitLab
      | (?i:xox[a-z](?:\.xox[a-z])?-[a-z0-9-]{8,} | xapp-\d-[a-z0-9-]{8,})                # Slack
      | (?:[srp]k_(?:live|test|prod)_|whsec_)[A-Za-z0-9+/=]{10,}                          # Stripe
      | (?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|ANPA|ANVA)[A-Z0-9]{16}(?![A-Za-z0-9])  # AWS
      | (?:DO00|DO80)[A-Z0-9]{12,}                                                        # Spaces
      | npm_[A-Za-z0-9]{30,} | pypi-AgE[A-Za-z0-9_-]{40,}                                 # npm, PyPI
      | SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,} | xkeysib-[0-9a-f]{32,}[a-z0-9-]*      # SendGrid, Brevo
      | AIza[A-Za-z0-9_-]{30,} | GOCSPX-[A-Za-z0-9_-]{20,} | ya29\.[A-Za-z0-9_-]{20,}     # Google
      | sk-(?:ant-|proj-|svcacct-|or-)[A-Za-z0-9_-]{16,} | sk-[A-Za-z0-9]{32,}            # Anthropic, OpenAI
      | hf_[A-Za-z0-9]{30,} | dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,} | dapi[0-9a-f]{32}      # Hugging Face, Docker …
      | hv[sbr]\.[A-Za-z0-9_-]{20,} | dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{30,}  # Vault, Doppler
      | shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32} | sq0[a-z]{3}-[A-Za-z0-9_-]{20,}               # Shopify, Square
      | NRAK-[A-Z0-9]{20,} | NRII-[A-Za-z0-9_-]{20,} | sntry[su]_[A-Za-z0-9_+/=]{30,}     # New Relic, Sentry
      | lin_api_[A-Za-z0-9]{30,} | ATATT3[A-Za-z0-9_=-]{60,} | PMAK-[0-9a-f]{20,}[0-9a-f-]*  # Linear, Atlassian …
      | pul-[0-9a-f]{40} | rubygems_[0-9a-f]{40,} | HRKU-[A-Za-z0-9_-]{30,} | fm[12][ar]?_[A-Za-z0-9+/=_-]{60,}
      | tskey-[a-z]+-[A-Za-z0-9-]{16,} | AGE-SECRET-KEY-1[A-Z0-9]{20,} | key-[0-9a-f]{32} | EAA[A-Za-z0-9]{60,}
    )
    """
)
_PREFIXES = (
    *("_v1_", "glsa_", "glc_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glft-"),
    *(
        "glsoat-",
        "glrt-",
        "glcbt-",
        "glimt-",
        "glptt-",
        "glagent-",
        "gloas-",
        "xox",
        "xapp-",
        "k_live_",
        "k_test_",
    ),
    *("k_prod_", "whsec_", "a3t", "akia", "asia", "abia", "acca", "agpa", "aida", "aroa", "anpa", "anva", "do00"),
    *("do80", "npm_", "pypi-age", "sg.", "xkeysib-", "aiza", "gocspx-", "ya29.", "sk-", "hf_", "dckr_", "dapi"),
    *("hvs.", "hvb.", "hvr.", "dp.", "shpat_", "shpca_", "shppa_", "shpss_", "sq0", "nrak-", "nrii-", "sntry"),
    *("lin_api_", "atatt3", "pmak-", "pul-", "rubygems_", "hrku-", "fm1", "fm2", "tskey-", "age-secret", "key-"),
    "eaa",
)
# A header and claims, each a base64-encoded object; also Grafana's former keys, which are one object.
_JWT = _verbose(r"(?<![A-Za-z0-9])(?P<s>ey[JI][A-Za-z0-9_=-]{16,}(?:\.[A-Za-z0-9_=+/-]*){0,4})")
_KEY = _verbose(
    r"""(?P<s>-----BEGIN\ [A-Z0-9 ]{0,40}PRIVATE\ KEY(?:\ BLOCK)?-----
        .*?(?:-----END\ [A-Z0-9 ]{0,40}PRIVATE\ KEY(?:\ BLOCK)?-----|\Z)
      | PuTTY-User-Key-File-\d.*?(?:Private-MAC:[^\n]*|\Z))""",
    re.DOTALL,
)
# A line of a key without its header: base64 of the length at which keys are wrapped, using its whole alphabet. A
# value named sha512 is a checksum.
_KEY_LINE = _verbose(r"(?<![A-Za-z0-9+/_.-])(?P<s>[A-Za-z0-9+/]{60,}={0,2})")
_HOOK = _verbose(
    r"""(?:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/
         | discord(?:app)?\.com/api/webhooks/\d+/ | hc-ping\.com/ | webhook\.office\.com/webhookb2/
         | api\.telegram\.org/bot | events\.pagerduty\.com/integration/ | ping/(?=[0-9a-f]{8}-))
        (?P<s>[A-Za-z0-9_@:./-]{8,})"""
)

# ---------------------------------------------------------------------------------------- addresses and headers

# User and password before the last @ of a possible authority, as a password may contain @. It may contain a slash
# too, unless a host and port precede the slash.
_USER_INFO = _verbose(
    r"""(?<=://)(?P<s>[^\s/?\#@:"'<>`]{0,256}:(?!\d{1,5}(?:[/?\#]|$))[^\s"'<>`]{1,512}(?=@)
         | [^\s/?\#"'<>`]{1,512}(?=@))"""
)
_DSN = _verbose(r"(?<![\w.-])[\w.-]{1,64}:(?P<s>[^\s:@]{1,256})@(?:tcp|unix|udp)\(")

# The whole line: schemes differ in the position of their secret, and cookies in their names.
_HEADER = _verbose(
    r"""(?<![\w-])(?:(?:proxy-|x-[\w-]{0,40})?authorization|set-cookie2?|cookie
          |x-(?:[\w-]{0,40}-)?(?:api-?)?(?:key|token|secret|signature|password|auth)|(?:private|job|deploy)-token|apikey)
        (?:\\*["'])?\s{0,3}:\s{0,3}
        (?:\\*"(?P<q>[^"\n]*)|\\*'(?P<p>[^'\n]*)|\[(?P<l>[^\]\n]*)|(?P<r>[^\s"'\[][^\n"']*))""",
    re.IGNORECASE,
)
_SCHEME = _verbose(r"\b(?:bearer|basic|negotiate|ntlm)[\s:=]{1,3}(?P<s>[A-Za-z0-9._~+/=-]{8,})", re.IGNORECASE)

# --------------------------------------------------------------------------------------------- names and values

_STRONG = r"pass(?:wor[dt]|phrase|code)|passwd|pwd|(?<![a-z])(?:pass|pw|otp)"
_WEAK = (
    r"secret(?:[_.-]?(?:access)?[_.-]?key)?|(?:api|access|account|auth|client|encryption|hmac|license|master|private"
    r"|root|secret|service|shared|signing|storage|subscription|webhook)[_.-]?key(?:[_.-]?id)?|token|jwt|connection[_.-]?string"
)
# Names that also have harmless values after a colon: ``Signature: sha256``, ``session: ended``.
_SHY = (
    r"credentials?|cookie|signature|phpsessid|jsessionid|access[_.-]?code|auth[_.-]?code"
    r"|(?<![a-z])(?:o?auth|authorization|session(?:[_.-]?id)?|sess(?:id)?|sid|sig|csrf|xsrf)"
)
_NAME = rf"(?:(?P<strong>{_STRONG})|(?P<shy>{_SHY})|{_WEAK})"
_NAMED = _verbose(
    rf"""(?<![a-z0-9_.-])[a-z0-9_.-]{{0,80}}?{_NAME}(?:[_.-]?(?:b64|base64|base|hash|value|\d{{1,3}}))?(?:\[\w{{0,40}}\])?
        (?:\\*["'`\]])?\s{{0,3}}(?P<is>=>|->|:=|={{1,3}}|:)[ \t]{{0,8}}
        (?:\[\s{{0,3}}(?=\\*["']))?(?:[@bur](?=\\*["']))?
        (?:\\*"(?P<q>(?:[^"\\]|\\[^"]|\\"(?=\w)){{1,4096}})|\\*'(?P<p>(?:[^'\\]|\\[^']|\\'(?=\w)){{1,4096}})
          |(?P<r>(?:[^\s"'&,;)}}\]<>|`\\]|\\(?!["'nrt]))+))""",
    re.IGNORECASE,
)
# An environment variable, whose value extends to the next space.
_VARIABLE = _verbose(
    r"""(?<![A-Za-z0-9_])[A-Z0-9_]{0,80}(?:PASSWORD|PASSWD|PWD|PASS|SECRET|TOKEN|_KEY|CREDENTIALS?|_AUTH|_DSN)(?:_ID)?
        =(?:"(?P<q>[^"\n]+)|'(?P<p>[^'\n]+)|(?P<r>[^\s"']+))"""
)
_ELEMENT = _verbose(rf"<[a-z0-9_.:-]{{0,80}}?{_NAME}>(?P<s>[^<\n]{{1,512}})<", re.IGNORECASE)
# {"key": "DB_PASSWORD", "value": "…"}, as in lists of variables.
_PAIR = _verbose(
    rf"""["'](?:key|name)["']\s{{0,3}}:\s{{0,3}}["'][a-z0-9_.-]{{0,80}}?{_NAME}["']\s{{0,3}},\s{{0,8}}["']value["']
         \s{{0,3}}:\s{{0,3}}["'](?P<s>[^"'\n]+)""",
    re.IGNORECASE,
)
_OPTION = _verbose(
    rf"""(?<![\w-])--?(?:[a-z0-9-]{{1,40}}-)?(?:{_STRONG}|token|secret|api-?key|access-?key|secret-?key)
         (?:\s+|=)["']?(?P<s>[^\s"'-][^\s"']{{2,}})
       |(?<![\w-])(?:-u|--user|--proxy-user)(?:\s+|=)["']?[^\s"':]{{1,64}}:(?P<user>[^\s"']{{2,}})
       |\b(?:(?:mysql|mariadb)[\w-]{{0,10}}(?:\s\S{{1,80}}){{0,9}}?\s-p|sshpass\s-p\s?
            |redis-cli(?:\s\S{{1,80}}){{0,9}}?\s-a\s)["']?(?P<flag>[^\s"']{{2,}})""",
    re.IGNORECASE,
)
_STATEMENT = _verbose(
    r"""(?:\bidentified\s(?:with\s\w+\s)?by\s|\b(?:requirepass|masterauth|sentinel-pass)["']?(?:\s|:\s?|=)|\bpassword\s(?=['"])
         |\bsetuser\s\S{1,64}(?:\s\S{1,64}){0,40}?\s["']?(?=>))["']?(?P<s>[^\s"',;]{2,})""",
    re.IGNORECASE,
)
# "password hunter2", as in a sentence, a netrc or a table: what follows is neither a word nor a number.
_BESIDE = _verbose(
    r"""(?<![a-z0-9_.-])(?:pass(?:wor[dt]|phrase|code|wd)|pwd)(?:\s+(?:is|was|of|to)\b)?\s{1,8}
        (?P<s>[^\s"'<>=:;,]{5,}(?=[\s"';,)]|$))""",
    re.IGNORECASE,
)
_INPUT = _verbose(r"""type=\\*["']?password\b[^<>\n]{0,300}?\bvalue=\\*["']?(?P<s>[^\s"'<>\\]+)""", re.IGNORECASE)
_MONITOR = _verbose(r"""\\*"auth\\*"\s(?:\\*"[^"\n]{0,80}"\s)?\\*"(?P<s>[^"\n\\]+)""", re.IGNORECASE)
_QUERY = _verbose(r"[?&](?:key|code|ticket|assertion|access)=(?P<s>[^\s&\"'\#<>]{16,})", re.IGNORECASE)

_ORDINARY = frozenset(
    """
    true false null none nil undefined yes no on off empty unset set missing required optional invalid valid
    expired expires wrong incorrect correct unknown expected rejected accepted denied refused changed reset
    disabled enabled forbidden unauthorized failed failure success successful ok error hidden masked
    redacted secret password token not-set n/a new old too not is was must does string str text bytes int
    object
    """.split()  # noqa: SIM905 - a list of quoted words is harder to read
)
_HIDDEN = re.compile(
    r"\[?redacted\]?|\[?filtered\]?|[*•·x.…-]{2,}|<[^>]*>?|\$[\w{(].*|%\(\w+\)s|\{\{.*|secret\(…\)?", re.IGNORECASE
)
_SCHEME_WORDS = ("token", "secret", "password")
_SCHEME_NAME = re.compile(r"(?:bearer|basic|token)\s+", re.IGNORECASE)
_AMOUNT = re.compile(r"[+-]?\d{1,7}(?:[.,]\d{1,7})?(?:%|[a-z]{1,3})?[.:]?", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]?[a-z]{0,24}(?:[-_/][a-z]{1,24}){0,3}(?:\(s\))?[.:!?…]?")


def _is_harmless(match: re.Match[str], group: str) -> bool:
    """Whether the text after a name is a state, an amount or the next word of a sentence, and no secret."""
    value, named = match[group], match.groupdict()
    if len(value) < 2 or _HIDDEN.fullmatch(value) or value.lower().rstrip(".:!?") in _ORDINARY:
        return True
    if not named.get("strong") and _AMOUNT.fullmatch(value):
        return True
    name = match.string[match.start() : match.start("is")].strip("\\\"'`] \t").lower() if "is" in named else ""
    if (
        name
        and name.endswith(value.lower().rpartition(".")[2].lstrip("_"))
        and value.replace(".", "").isidentifier()
    ):
        return True  # Python source: token=token, password=self.password
    if group != "r" or named.get("is") != ":":
        return False
    if named.get("shy"):
        return True
    rest = match.string[match.end(group) :][:2]
    goes_on = rest[:1] == " " and rest[1:].isalpha()
    return _WORD.fullmatch(value) is not None and (goes_on or not named.get("strong"))


def _is_hidden(match: re.Match[str], group: str) -> bool:
    """``******``, ``${TOKEN}``; in a header also after the name of a scheme."""
    value = match[group].strip()
    bare = _SCHEME_NAME.sub("", value)
    first = re.split(r"[\s,]", value.lower(), maxsplit=1)[0]
    return _HIDDEN.fullmatch(bare) is not None or (first in _ORDINARY and first not in _SCHEME_WORDS)


def _is_word(match: re.Match[str], group: str) -> bool:
    """``Basic authentication``, ``https://ada@…``."""
    return _WORD.fullmatch(match[group]) is not None


def _is_not_key(match: re.Match[str], group: str) -> bool:
    """Not using the whole base64 alphabet: a hexadecimal checksum, a long word."""
    text = match[group]
    return not (any(map(str.islower, text)) and any(map(str.isupper, text)) and any(map(str.isdigit, text)))


def _is_one_kind(match: re.Match[str], group: str) -> bool:
    """Only letters, or only digits."""
    return not (any(c.isdigit() for c in match[group]) and any(c.isalpha() for c in match[group]))


_VALUES = ("q", "p", "r")
_PASS = ("pass", "pwd", "pw", "otp")
_NAMES = (
    *(*_PASS, "secret", "key", "token", "jwt", "connection", "credential", "cookie", "signature", "sess"),
    *("access", "auth", "sid", "sig", "csrf", "xsrf"),
)

RULES = (
    Rule(_PREFIXES, _PREFIXED),
    Rule(("eyj", "eyi"), _JWT),
    Rule(("private key", "putty-user-key"), _KEY),
    Rule(("",), _KEY_LINE, _is_not_key),
    Rule(("hooks.slack", "webhook", "hc-ping", "telegram", "pagerduty", "ping/"), _HOOK),
    Rule(("://",), _USER_INFO, _is_word),
    Rule(("@tcp(", "@unix(", "@udp("), _DSN, _is_hidden),
    Rule(("auth", "cookie", "x-", "-token", "apikey"), _HEADER, _is_hidden, ("q", "p", "l", "r")),
    Rule(("bearer", "basic", "negotiate", "ntlm"), _SCHEME, _is_word),
    Rule(_NAMES, _NAMED, _is_harmless, _VALUES),
    Rule((*_PASS, "secret", "token", "key", "credential", "auth", "dsn"), _VARIABLE, _is_harmless, _VALUES),
    Rule(("</",), _ELEMENT, _is_hidden),
    Rule(("value",), _PAIR, _is_hidden),
    Rule(
        ("-p", "-token", "-secret", "key", "-u", "-otp", "redis-cli -"), _OPTION, _is_hidden, ("s", "user", "flag")
    ),
    Rule(
        ("identified", "requirepass", "masterauth", "sentinel-pass", "setuser", "password"), _STATEMENT, _is_hidden
    ),
    Rule(("password", "passwort", "passphrase", "passcode", "passwd", "pwd"), _BESIDE, _is_one_kind),
    Rule(("type=",), _INPUT, _is_hidden),
    Rule(('auth"', 'auth\\"'), _MONITOR, _is_hidden),
    Rule(("key=", "code=", "ticket=", "assertion=", "access="), _QUERY, _is_one_kind),
)
_WITHOUT_WORDS = tuple(rule for rule in RULES if "" in rule.words)


def _shortest(words: set[str]) -> tuple[str, ...]:
    """Words that contain no other: where none of these occurs, none of all does."""
    kept: list[str] = []
    for word in sorted(words, key=len):
        if not any([other in word for other in kept]):  # noqa: C419 - runs at each start: a generator takes longer
            kept.append(word)
    return tuple(sorted(kept))


_WORDS = _shortest({word for rule in RULES for word in rule.words if word})
