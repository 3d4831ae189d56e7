"""Secrets that are known by their form, without a name beside them.

Prefixes and lengths of tokens are those that vendors publish and the rules of secret scanners list (gitleaks,
Nosey Parker, Kingfisher); see docs/decisions/030-one-door.md. A token of any other vendor is found as what it is:
a prefix and a long random part.
"""

from __future__ import annotations

import re

from playbook.core.door.rule import Rule, is_random, verbose

# Vendor, prefix, what follows it and how much at least. Hexadecimal ones are matched in any case.
_PREFIXED = verbose(
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
      | SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}                                        # SendGrid
      | x(?:keys|smtps)ib-[0-9a-f]{32,}[A-Za-z0-9-]*                                      # Brevo
      | AIza[A-Za-z0-9_-]{30,} | GOCSPX-[A-Za-z0-9_-]{20,} | ya29\.[A-Za-z0-9_-]{20,}     # Google
      | 1//0[A-Za-z0-9_-]{40,}                                                            # Google, to renew
      | sk-(?:ant-|proj-|svcacct-|or-|lf-)[A-Za-z0-9_-]{16,} | sk-[A-Za-z0-9]{32,}        # Anthropic, OpenAI …
      | hf_[A-Za-z0-9]{30,} | dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,} | dapi[0-9a-f]{32}      # Hugging Face, Docker …
      | hv[sbr]\.[A-Za-z0-9_-]{20,} | dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{30,}  # Vault, Doppler
      | shp(?:at|ca|pa|ss|ua)_[0-9a-fA-F]{32} | sq0[a-z]{3}-[A-Za-z0-9_-]{20,}            # Shopify, Square
      | NR(?:AK|AA|RA)-[A-Za-z0-9]{20,} | NRII-[A-Za-z0-9_-]{20,} | [0-9a-zA-Z]{36,}NRAL  # New Relic
      | sntry[su]_[A-Za-z0-9_+/=]{30,} | lin_(?:api|oauth)_[A-Za-z0-9]{30,}               # Sentry, Linear
      | ATATT3[A-Za-z0-9_=-]{60,} | PMAK-[0-9a-f]{20,}[0-9a-f-]*                          # Atlassian, Postman
      | pul-[0-9a-f]{40} | rubygems_[0-9a-f]{40,} | HRKU-[A-Za-z0-9_-]{30,}               # Pulumi, RubyGems …
      | fm[12][ar]?_[A-Za-z0-9+/=_-]{60,} | tskey-[a-z]+-[A-Za-z0-9-]{16,}                # Fly, Tailscale
      | AGE-SECRET-KEY-1[A-Z0-9]{20,} | key-[0-9a-f]{32} | EAA[A-Za-z0-9]{60,}            # age, Mailgun, Facebook
      | sbp_(?:v0_)?[0-9a-f]{32,} | pscale_(?:pw|tkn|oauth)_[A-Za-z0-9=._-]{30,}          # Supabase, PlanetScale
      | rnd_[A-Za-z0-9]{20,} | re_[A-Za-z0-9]{8}_[A-Za-z0-9]{16,} | mlsn\.[0-9a-f]{60,}   # Render, Resend …
      | \d{8,10}:AA[A-Za-z0-9_-]{30,} | mfa\.[A-Za-z0-9_-]{60,}                           # Telegram, Discord
      | (?:LTAI|AKID|SCW)[A-Za-z0-9]{16,}(?![A-Za-z0-9])                                  # Alibaba, Tencent …
      | pat-(?:na|eu)\d-[0-9a-f-]{36} | dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}          # HubSpot, Dynatrace
      | v1\.0-[0-9a-f]{24}-[0-9a-f]{64,} | cf(?:ut|at|k)_[A-Za-z0-9_-]{30,}               # Cloudflare
      | access_token\$production\$[0-9a-z]{16}\$[0-9a-f]{32}                              # PayPal
      | oy2[a-z0-9]{43}(?![a-z0-9]) | sq[apu]_[0-9a-f]{40}                                # NuGet, SonarQube
      | sgp_(?:[0-9a-z]{16}_)?[0-9a-fA-F]{40} | bkua_[0-9a-z]{40}                         # Sourcegraph, Buildkite
      | lsv2_[a-z]{2}_[0-9a-f]{32}_[0-9a-f]{10} | e2b_[0-9a-f]{40} | fc-[0-9a-f]{32}      # LangSmith, E2B …
      | sk_[0-9a-f]{32,} | waka_[0-9a-f-]{36} | signkey-[a-z]+-[0-9a-f]{60,}              # ElevenLabs, WakaTime …
      | tkn\.v1_[A-Za-z0-9_=-]{40,} | (?:aio|odt)_[A-Za-z0-9]{28,}                        # Teamwork, Adafruit …
      | E[AZ][AT]K[A-Za-z0-9]{54} | ur\d{5,9}-[0-9a-f]{24}                                # EasyPost, UptimeRobot
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
    *("do80", "npm_", "pypi-age", "sg.", "ib-", "aiza", "gocspx-", "ya29.", "sk-", "hf_", "dckr_", "dapi"),
    *("hvs.", "hvb.", "hvr.", "dp.", "shpat_", "shpca_", "shppa_", "shpss_", "shpua_", "sq0", "nrak-", "nraa-"),
    *("nrra-", "nrii-", "nral", "sntry", "lin_", "atatt3", "pmak-", "pul-", "rubygems_", "hrku-", "fm1", "fm2"),
    *(
        "tskey-",
        "age-secret",
        "key-",
        "eaa",
        "sbp_",
        "pscale_",
        "rnd_",
        "re_",
        "mlsn.",
        ":aa",
        "ltai",
        "akid",
        "scw",
    ),
    *(
        "pat-na",
        "pat-eu",
        "cfut_",
        "cfat_",
        "cfk_",
        "v1.0-",
        "1//0",
        "dt0",
        "$production$",
        "oy2",
        "sgp_",
        "bkua_",
    ),
    *(
        "lsv2_",
        "e2b_",
        "fc-",
        "sk_",
        "waka_",
        "mfa.",
        "signkey-",
        "aio_",
        "odt_",
        "sqa_",
        "sqp_",
        "squ_",
        "tkn.",
        "ezak",
        "ezat",
        "eztk",
        "eatk",
    ),
    *(f"ur{digit}" for digit in range(10)),
)
# Forms without a word by which a text could be chosen.
_WORDLESS = verbose(
    r"""
    (?<![A-Za-z0-9])(?P<s>
        [SA][KP][0-9a-f]{32}(?![A-Za-z0-9]) | [0-9a-f]{32}-us\d{1,2}\b                    # Twilio, Mailchimp
      | [MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}                   # Discord
      | pat[A-Za-z0-9]{14}\.[0-9a-f]{64} | v1\.[0-9a-f]{40}\b                             # Airtable, GitHub apps
      | s\.(?=[A-Za-z0-9]*\d)(?=[A-Za-z0-9]*[A-Z])[A-Za-z0-9]{24}(?![A-Za-z0-9])          # Vault before 1.10
      | sl\.[A-Za-z0-9_-]{100,} | \*[0-9A-F]{40}(?!\w)                                    # Dropbox, MySQL
    )
    """
)
_BY_CHANCE = 20  # characters of a token of an unlisted vendor
# Of a vendor that is not listed: a prefix, and at least 28 characters by chance.
_LONG_TOKEN = verbose(
    r"""(?<![A-Za-z0-9+/_.-])(?!sha\d)(?P<s>(?:[A-Za-z][A-Za-z0-9]{0,19}[_-]){1,3}(?=[A-Za-z0-9_-]{28})
        [A-Za-z0-9]{1,255}(?:[_-][A-Za-z0-9]{1,255}){0,9}={0,2})(?![A-Za-z0-9+/]|\.[A-Za-z])"""
)
# A header and claims, each a base64-encoded object; also Grafana's former keys, which are one object.
_JWT = verbose(r"(?<![A-Za-z0-9])(?P<s>ey[JI][A-Za-z0-9_=-]{16,}(?:\.[A-Za-z0-9_=+/-]*){0,4})")
_KEY = verbose(
    r"""(?P<s>-----BEGIN\ [A-Z0-9 ]{0,40}PRIVATE\ KEY(?:\ BLOCK)?-----
        .*?(?:-----END\ [A-Z0-9 ]{0,40}PRIVATE\ KEY(?:\ BLOCK)?-----|\Z)
      | PuTTY-User-Key-File-\d.*?(?:Private-MAC:[^\n]*|\Z))""",
    re.DOTALL,
)
# A line of a key without its header: base64 of the length at which keys are wrapped, using its whole alphabet. A
# value named sha512 is a checksum.
_KEY_LINE = verbose(r"(?<![A-Za-z0-9+/_.-])(?P<s>[A-Za-z0-9+/]{60,}={0,2})")
# What a password is stored as: crypt(3), Django, passlib, LDAP, PostgreSQL.
_HASHED = verbose(
    r"""(?P<s>\$(?:1|2[abxy]?|5|6|7|y|apr1|argon2(?:id?|d)|s?crypt|bcrypt[\w-]*|pbkdf2[\w-]*)\$[A-Za-z0-9./+=,$-]{16,}
      | (?<![\w$])(?:pbkdf2_\w{1,20}|bcrypt(?:_\w{1,20})?|argon2|scrypt|md5|sha1)\$[A-Za-z0-9./+=,$-]{16,}
      | \{S?(?:SHA\d{0,3}|MD5)\}[A-Za-z0-9+/]{16,}={0,2} | SCRAM-SHA-\d{1,3}\$\d+:[A-Za-z0-9+/=$:]{16,})"""
)
_HOOK = verbose(
    r"""(?:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/
         | discord(?:app)?\.com/api/webhooks/\d+/ | hc-ping\.com/
         | (?:webhook|outlook)\.office\.com/webhook(?:b2)?/
         | api\.telegram\.org/bot | events\.pagerduty\.com/integration/ | ping/(?=[0-9a-f]{8}-))
        (?P<s>[A-Za-z0-9_@:./-]{8,})"""
)


def _is_not_key(match: re.Match[str], group: str) -> bool:
    """Not using the whole base64 alphabet: a hexadecimal checksum, a long word."""
    text = match[group]
    return not (any(map(str.islower, text)) and any(map(str.isupper, text)) and any(map(str.isdigit, text)))


def _is_no_long_token(match: re.Match[str], group: str) -> bool:
    """A name of several words, or a hexadecimal checksum after one."""
    parts = [part for part in re.split(r"[_-]", match[group].rstrip("=")) if is_random(part, 8)]
    return sum(map(len, parts)) < _BY_CHANCE or re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", "".join(parts)) is not None


RULES = (
    Rule(_PREFIXES, _PREFIXED),
    Rule((), _WORDLESS),
    Rule((), _LONG_TOKEN, _is_no_long_token),
    Rule(("eyj", "eyi"), _JWT),
    Rule(("private key", "putty-user-key"), _KEY),
    Rule((), _KEY_LINE, _is_not_key),
    Rule(
        (
            "$1$",
            "$2",
            "$5$",
            "$6$",
            "$7$",
            "$y$",
            "$apr1",
            "$argon2",
            "crypt",
            "pbkdf2",
            "argon2$",
            "md5$",
            "sha1$",
            "{s",
            "{m",
            "scram-",
        ),
        _HASHED,
    ),
    Rule(("hooks.slack", "webhook", "hc-ping", "telegram", "pagerduty", "ping/"), _HOOK),
)
