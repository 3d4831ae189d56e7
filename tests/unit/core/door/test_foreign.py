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
    "https://outlook.office.com/webhook/hunter2hunter2@x/IncomingWebhook/y",
    'Authorization: Digest username="ada", response="hunter2"',
    "X-Hub-Signature-256: sha256=hunter2",
    "Stripe-Signature: t=1,v1=hunter2",
    "HASHIDS_SALT=hunter2",
    "SECURITY_KEY = 'hunter2'",
    "'AUTH_SALT',        'hunter2'",
    "define( 'DB_PASSWORD', 'hunter2' );",
    "os.environ.get('DJANGO_SECRET_KEY', 'hunter2')",
    '<add key="Password" value="hunter2"/>',
    "client-key-data: hunter2hunter2",
    "mot de passe : hunter2",
    "contraseña: hunter2",
    "пароль: hunter2",
    "dbpw=hunter2",
    "export KEY=hunter2",
    "password | hunter2 |",
    "the password for ada is hunter2",
    "the password was changed to hunter2",
    "AUTH default hunter2",
    "AUTH hunter2",
    "user default on >hunter2 ~* +@all",
    "ACL SETUSER ada on #hunter2hunter2 ~*",
    "IDENTIFIED WITH mysql_native_password AS 'hunter2'",
    "SET PASSWORD FOR ada = 'hunter2'",
    "docker login -u ada -p hunter2 registry.example",
    "doctl auth init -t hunter2",
    "vault login hunter2",
    "openssl enc -aes-256-cbc -k hunter2 -in a",
    "7z x -phunter2 a.7z",
    "jdbc:oracle:thin:ada/hunter2@//db.example:1521/x",
]
# What was made by chance, where only its place or a weak name tells that it is a secret.
CHANCE = "Zb7Qx2Lw9Tn4Rk6Yp1Vd"
BESIDE = [
    f"NEWS_KEY={CHANCE}",
    f"fixer SECRET {CHANCE}",
    f"the token {CHANCE} was refused",
    f"linkedin key: {CHANCE}",
    f"Unseal Key 2: {CHANCE * 2}+/q=",
    f"GET /reset-password/{CHANCE}",
    f"GET /users/confirmation/{CHANCE} 404",
    f"GET /auth/magic-link/{CHANCE}?lang=en",
    f"GET /welcome?t={CHANCE}&lang=en",
    f"GET PHPREDIS_SESSION:{CHANCE}",
    f"GET sess:{CHANCE}",
    f"GET shop:session:{CHANCE}",
    f'"GET" ":1:django.contrib.sessions.cache{CHANCE}"',
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
    f"sbp_{HEX[:40]}",
    f"pscale_pw_{'Q7' * 20}",
    f"re_{'Q7' * 4}_{'Q7' * 12}",
    f"SK{HEX[:32]}",
    f"{HEX[:32]}-us13",
    f"4839574813:AA{'Qq7' * 11}",
    f"M{'Qq7' * 8}.{'Qq' * 3}.{'Qq7' * 9}",
    f"v1.0-{HEX[:24]}-{HEX}",
    f"s.{'Qq7' * 8}",
    f"squ_{HEX[:40]}",
    f"access_token$production${'q7' * 8}${HEX[:32]}",
    f"new-vendor_{'Qq7' * 11}",  # of nobody's list
    f"nv_live_{'Qq7' * 7}-{'q7Q' * 7}_{'7Qq' * 4}",
    f"$2y$10${'Qq7' * 17}Qq",
    f"$argon2id$v=19$m=65536,t=3,p=4${'Qq7' * 7}",
    f"pbkdf2_sha256$600000${'Qq7' * 7}",
    f"{{SSHA}}{'Qq7' * 9}=",
    f"SCRAM-SHA-256$4096:{'Qq7' * 7}",
    f"*{HEX[:40].upper()}",
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
    "image-optimizer-7d9f8b7c6d-x2x4z restarted, portfolio-web-5f7c9d8b6c4a3e2f1d0c",
    "key images-2026-11-28T05:17:00Z.webp of the cache",
    "cache_key=5d41402abc4b2a76b9719d911017c592",
    "the key 5d41402abc4b2a76b9719d911017c592 is 3 MB",
    "evt_1NG8Du2eZvKYlo2CI79vXurw was delivered twice",
    "/_next/static/QTxL7pXTlQ-7p_rKXxSfA/_buildManifest.js",
    "/assets/index-DiwrgTda.js?v=5d41402abc4b2a76b9719d911017c592",
    "/image?url=%2Fphotos%2FDSC00012.jpg&w=640&q=75",
    "GET /share/holidays-in-norway-2026 200",
    "user ada closed issue #12345 on Monday",
    "AUTH failures: 12, sessions: 1204",
    "KeyError: 'checkout_step_two_of_the_new_customer_journey'",
    "token_bucket_rate_limiter_of_the_optimizer: 12",
    "camelCaseKeyOfTheSettingsThatIsLongButAWord is missing",
    "secret-santa-greeting-cards-for-all-of-our-customers.html",
]


@pytest.mark.parametrize("text", SECRETS)
def test_named_secret_is_masked(text):
    """Named by a header, a variable, a statement or an address."""
    shown = door.text(text)
    assert "hunter2" not in shown
    assert door.MASK in shown


@pytest.mark.parametrize("text", BESIDE)
def test_chance_beside_weak_name_is_masked(text):
    """Where a name or a place alone is not enough, what was made by chance is."""
    shown = door.text(text)
    assert CHANCE not in shown
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


@pytest.mark.parametrize("text", [*SECRETS, *TOKENS, *BESIDE, *ORDINARY])
def test_masking_is_idempotent(text):
    """Masked text is unchanged by a second pass."""
    once = door.text(text)
    assert door.text(once) == once


def test_each_rule_matches_an_example():
    """No rule has words that never select it."""
    reached = {
        number
        for text in (*SECRETS, *TOKENS, *BESIDE)
        for number, rule in enumerate(RULES)
        if number in foreign._tried_on(text) and rule.pattern.compiled.search(text)
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


def test_half_of_a_character_beside_a_secret_is_no_error():
    """JSON may have an escape of half a character, which no encoding has."""
    assert "hunter2" not in door.line("\ud83d password=hunter2 \udc00")
    assert list(foreign.spans("\ud83d password=hunter2"))


def test_ordinary_text_is_tried_by_few_rules() -> None:
    """Words of one rule do not have another tried; without a word and a long run of letters none is."""
    assert foreign._tried_on("24 of 24 h, 12 requests") == set()
    assert foreign._tried_on("2f1c9d0e8b7a6f5e4d3c2b1a0f9e8d7c6b5a4f3e") == foreign._WITHOUT_WORDS != set()
    for number, rule in enumerate(RULES):
        for word in rule.words:
            assert number in foreign._tried_on(f"x{word}y"), word
