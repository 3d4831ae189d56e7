"""Text that looks like an unknown secret, and ordinary text similar to one."""

import json
import time

import pytest

from playbook.core import door
from playbook.core.door import foreign
from playbook.core.door.foreign import RULES
from tests.effort import pace

HEX = "0123456789abcdef" * 4
SECRETS = [
    "password=hunter2",
    "password: hunter2",
    "Password = hunter2;",
    'password="hun ter2"',
    '{"password": "hunter2", "user": "ada"}',
    '{\\"password\\":\\"hunter2\\"}',
    json.dumps(json.dumps({"dbPassword": "hunter2"})),
    "{'db_password': 'hunter2'}",
    "password%3Dhunter2%26user%3Dada",
    "user=ada&password=hunter2&x=1",
    "passwd=hunter2 PGPASSWORD=hunter2&1 psql",
    "export MYSQL_PWD='hunter2'",
    "AWS_SECRET_ACCESS_KEY=hunter2/hunter2+hunter2",
    "aws_secret_access_key = hunter2hunter2hunter2",
    "api_key=hunter2",
    "apiKey: hunter2",
    "x-api-key: hunter2",
    "X-Auth-Token: hunter2",
    "PRIVATE-TOKEN: hunter2",
    "Authorization: Bearer hunter2hunter2",
    "authorization: hunter2",
    'curl -H "Authorization: Token hunter2" https://x.example',
    "Proxy-Authorization: Basic hunter2hunter2",
    "Authorization: Digest username=ada, response=hunter2",
    "{'authorization': 'Bearer hunter2', 'accept': '*/*'}",
    "Set-Cookie: sid=hunter2; Path=/; HttpOnly",
    "Cookie: a=1; session=hunter2",
    "session_id=hunter2; path=/",
    "sent with bearer hunter2.hunter2",
    "postgres://ada:hunter2@db.example/shop",
    "redis://:hunter2@localhost:6379/0",
    "amqp://ada:p@ss@hunter2@mq.example/",
    "postgres://ada:pa/hunter2@db.example/shop",
    "https://hunter2hunter2@github.com/o/r",
    "ada:hunter2@tcp(db:3306)/shop",
    "GET /logs?access_token=hunter2&follow=1",
    "https://b.example/x?X-Amz-Signature=hunter2&X-Amz-Date=1",
    "https://maps.example/js?key=hunter2hunter2hunter2",
    "CONFIG SET requirepass hunter2",
    "CREATE USER 'ada' IDENTIFIED BY 'hunter2'",
    "psql --password hunter2",
    "client --api-key=hunter2",
    "curl -u ada:hunter2 https://x.example",
    "mysql -u root -phunter2 shop",
    "redis-cli -h cache -a hunter2 ping",
    "<password>hunter2</password>",
    '{"key": "DB_PASSWORD", "value": "hunter2", "scope": "RUN_TIME"}',
    "SharedAccessKey=hunter2;EntityPath=x",
    "token=hunter2",
    "the password hunter2 was refused",
    "machine x.example login ada password hunter2",
    "password\thunter2",
    "Ocp-Apim-Subscription-Key: hunter2",
    '{"password": ["hunter2"]}',
    '<input type="password" name="p" value="hunter2">',
    'OK 1339518083.107412 [0 127.0.0.1:60866] "AUTH" "default" "hunter2"',
    "secret_key_base: hunter2hunter2",
    "password -> hunter2",
    "Password:     hunter2",
    "bearer: hunter2hunter2",
    "secret: hunter2hunter2",
    "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----\\nhunter2\\n",
    "https://hooks.slack.com/services/T0/B0/hunter2",
    "https://discord.com/api/webhooks/123/hunter2hunter2",
]
TOKENS = [
    f"dop_v1_{HEX}",
    f"DOO_V1_{HEX.upper()}",
    f"ghp_{'Q7' * 18}",
    f"github_pat_{'Q7' * 30}",
    f"glpat-{'Q7' * 10}",
    "xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
    f"sk_live_{'Q7' * 12}",
    f"rk_test_{'Q7' * 12}",
    f"whsec_{'Q7' * 16}",
    f"glsa_{'Q7' * 16}_1a2b3c4d",
    f"glc_{'Q7' * 20}=",
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAIOSFODNN7EXAMPLE",
    "DO00ABCDEFGHIJKLMNOP",
    f"npm_{'Q7' * 18}",
    f"SG.{'Q7' * 11}.{'Q7' * 21}q",
    f"AIza{'Q7' * 17}q",
    f"sk-ant-api03-{'Q7' * 40}",
    f"hvs.{'Q7' * 15}",
    f"shpat_{HEX[:32]}",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
]
ORDINARY = [
    "Reset your password",
    "Forgot your password? It is easy: follow the link.",
    "Password reset page: expected HTTP 200, got 404",
    "Password: expected at least 12 characters, got 8",
    "token bucket of 50 requests, refilled at 10 a second",
    "The token expires in 12 days (limits.token: warning < 14 d)",
    "token: expired",
    "invalid token: missing scope app:update",
    "max_tokens=500 tokens: 12",
    "Basic authentication is switched off",
    "Authentication required: bearer authentication",
    "Cookies: 3 of 3 with Secure and HttpOnly",
    "Signature: sha256WithRSAEncryption",
    "Session: ended after 30 min",
    "keys: 1,204 of 5,000 without expiry",
    "key=images:thumb:17 ttl=-1",
    "primary_key: id",
    "compass=north bypass=1",
    "author: Ada, authority: none",
    "https://localhost:8443/api?page=2 answered in 0.2 s at 2026-01-01T07:00:00Z (a:b, 3@4)",
    "https://localhost:8443/img/photo@2x.webp",
    "https://portfolio.example:8443/a/b?x=1#top, mail ops@portfolio.example",
    "https://ada@portfolio.example/",
    "commit 2f1c9d0e8b7a6f5e4d3c2b1a0f9e8d7c6b5a4f3e of main",
    f"sha256 {HEX} differs from {HEX}",
    "integrity sha512-" + "Q7" * 43 + "==",
    "/usr/lib/python3/dist-packages/very/long/path/that/goes/on/and/on/to/the/end/of/it.py",
    "P95 response time: expected under 2 s, got 3.4 s over 24 h (1,204 requests)",
    "95 % of 12 tests passed at 100%25 & 3 &amp; more",
    '[targets.production.redis]\nurl = "${REDIS_URL}"',
    'curl -H "Authorization: Bearer $GRAFANA_TOKEN" https://grafana.example',
    "password=${DB_PASSWORD} token=****** secret=<hidden>",
    "ssh://git@github.com/o/r",
    "Failed password for root from 203.0.113.7 port 4022 ssh2",
    "Accepted publickey for ada from 203.0.113.7 port 4022 ssh2: ED25519 SHA256:q7HJ5sXb0fD8e2Kc",
    "auth: expected sign-ins by key, got by password; 3 of 12",
    "Authorization: expected, got none",
    "access-control-allow-credentials: true",
    "www-authenticate: Basic realm=x",
    "image redis:7@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "hook(session=session, token=token, password=self._password, api_key=settings.api_key)",
    "Secret scanning: expected no open alerts, got 2",
    "auth: 3 failures, sign-ins: 12",
    "2026-11-28T06:17:00Z web-1 GET /login 401 12ms",
    "123e4567-e89b-12d3-a456-426614174000",
]


@pytest.mark.parametrize("text", SECRETS)
def test_named_secret_is_masked(text):
    """Named by a header, a variable, a statement or an address."""
    shown = door.text(text)
    assert "hunter2" not in shown
    assert door.MASK in shown


@pytest.mark.parametrize("token", TOKENS)
def test_token_is_masked_by_its_format(token):
    """Also in the middle of a sentence, and quoted."""
    for text in (f"the token {token} was refused", json.dumps({"t": token}), f"a={token},b"):
        shown = door.text(text)
        assert token not in shown
        assert token[-8:] not in shown


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_kept(text):
    """An operator needs the words that name secrets."""
    assert door.text(text) == text


@pytest.mark.parametrize("text", [*SECRETS, *TOKENS, *ORDINARY])
def test_masking_is_idempotent(text):
    """Masked text is unchanged by a second pass."""
    once = door.text(text)
    assert door.text(once) == once


def test_each_rule_matches_an_example():
    """No rule has words that never select it."""
    reached = {
        number
        for text in (*SECRETS, *TOKENS)
        for number, rule in enumerate(RULES)
        if any(word in text.lower() for word in rule.words) and rule.pattern.compiled.search(text)
    }
    assert reached == set(range(len(RULES)))


def test_hostile_text_is_masked_quickly():
    """No pattern backtracks without bound."""
    pieces = [
        "a",
        "password=",
        "://",
        "://a:",
        "@",
        "token: ",
        "eyJ",
        "-----BEGIN PRIVATE KEY-----",
        "mysql ",
        "&amp;",
    ]
    pieces += [
        "%41",
        "\\u0041",
        "\\\\",
        '"',
        "'",
        "x-",
        "-",
        "key_",
        "A",
        "setuser a ",
        "redis-cli x",
        "<a>",
        "Q7",
        "\x1b[",
    ]
    slowest = 0.0
    for piece in pieces:
        for head in ("", "password: ", "https://"):
            text = head + piece * (20_000 // len(piece))
            started = time.thread_time()
            door.text(text)
            slowest = max(slowest, time.thread_time() - started)
    assert slowest / pace() < 1.0


def test_text_without_shortest_words_has_no_word_of_a_rule() -> None:
    """So only rules without words are tried on it."""
    for rule in RULES:
        for word in rule.words:
            assert not word or foreign._has_any_word(f"x{word}y"), word
    assert not foreign._has_any_word("24 of 24 h, 12 requests")
    assert {rule for rule in RULES if "" in rule.words} == set(foreign._WITHOUT_WORDS) != set()
