"""Failed sign-ins in the words of frameworks, identity services and loggers, in an application's log."""

from datetime import UTC, datetime, timedelta

import pytest

from playbook.readers.logs.security import SecurityReviewer

NOW = datetime(2026, 1, 3, 12, 30, tzinfo=UTC)
AT = "2026-01-03T12:29:00Z"
SOURCE = "203.0.113.66"

FAILED = {
    "django-axes": f"WARNING AXES: Locking out {{ip_address: '{SOURCE}'}} after repeated login failures.",
    "aspnet": "warn: Microsoft.AspNetCore.Identity.SignInManager[2] User failed to provide the correct password.",
    "aspnet-lockout": "warn: SignInManager[15] User account locked out.",
    "aspnet-locked-out": "info: SignInManager[3] User is currently locked out.",
    "account-locked": f"WARN Account locked after 5 failed attempts: eve from {SOURCE}",
    "firebase": "FirebaseError: Firebase: Error (auth/user-not-found).",
    "lighttpd": f"(mod_auth.c.828) password doesn't match for /admin username: eve, IP: {SOURCE}",
    "phpmyadmin": f"phpMyAdmin[5]: user denied: root (mysql-denied) from {SOURCE}",
    "joomla": f"INFO {SOURCE} joomlafailure Username and password do not match or you do not have an account yet.",
    "openldap": "slapd[7]: conn=1000 op=0 RESULT tag=97 err=49 text=",
    "metabase": "WARN metabase.server Password did not match stored password",
    "bcrypt": "crypto/bcrypt: hashedPassword is not the hash of the given password",
    "argon2": f"argon2: the encoded password does not verify; ip={SOURCE}",
    "passphrase": f"WARN could not log in eve: wrong passphrase from {SOURCE}",
    "no-such-user": f"WARN Login error for eve: user does not exist ip={SOURCE}",
    "csrf-and-password": f"WARN login for eve from {SOURCE}: CSRF ok, password invalid",
    "smtp-server": f"postfix/smtpd[7]: warning: unknown[{SOURCE}]: SASL LOGIN authentication failed: x",
    "too-many": f"WARN Too many failed logins from {SOURCE}",
    "totp": f"WARN TOTP code invalid for eve ip={SOURCE}",
    "german": f"WARN Anmeldung fehlgeschlagen für eve von {SOURCE}",
    "french": f"WARN Échec de connexion pour eve depuis {SOURCE}",
    "spanish": f"WARN Inicio de sesión fallido para eve desde {SOURCE}",
    "german-password": f"WARN Falsches Passwort für Benutzer eve von {SOURCE}",
    "german-credentials": f"WARN Ungültige Zugangsdaten, IP {SOURCE}",
    "french-password": f"WARN Mot de passe incorrect pour eve depuis {SOURCE}",
    "french-credentials": f"WARN Identifiants invalides pour eve ({SOURCE})",
    "spanish-password": f"WARN Contraseña incorrecta para eve desde {SOURCE}",
    "portuguese": f"WARN Falha no login do usuário eve ip={SOURCE}",
    "portuguese-password": f"WARN Senha incorreta para eve ip={SOURCE}",
    "italian": f"WARN Password errata per eve ip={SOURCE}",
    "dutch": f"WARN Inloggen mislukt voor eve ip={SOURCE}",
    "polish": f"WARN Nieprawidłowe hasło dla eve ip={SOURCE}",
    "swedish": f"WARN Inloggningen misslyckades för eve ip={SOURCE}",
    "turkish": f"WARN Giriş başarısız: hatalı şifre ip={SOURCE}",
    "russian": f"WARN Неверный пароль для eve ip={SOURCE}",
    "chinese": f"WARN 登录失败 用户 eve ip={SOURCE}",
    "japanese": f"WARN ログインに失敗しました ip={SOURCE}",
    "korean": f"WARN 로그인 실패 ip={SOURCE}",
    "german-without-umlauts": f"WARN Ungueltiges Passwort fuer eve ({SOURCE})",
    "spanish-error": f"WARN Error de autenticación para eve desde {SOURCE}",
    "czech": f"WARN Neplatné přihlašovací údaje pro eve ip={SOURCE}",
    "hungarian": f"WARN Hibás jelszó: eve ip={SOURCE}",
    "finnish": f"WARN Kirjautuminen epäonnistui: eve ip={SOURCE}",
    "romanian": f"WARN Autentificare eșuată pentru eve ip={SOURCE}",
    "greek": f"WARN Αποτυχία σύνδεσης eve ip={SOURCE}",
    "vietnamese": f"WARN Đăng nhập thất bại: eve ip={SOURCE}",
    "indonesian": f"WARN Login gagal: kata sandi salah untuk eve ip={SOURCE}",
    "arabic": f"WARN فشل تسجيل الدخول eve ip={SOURCE}",
    "hebrew": f"WARN ההתחברות נכשלה eve ip={SOURCE}",
    "hindi": f"WARN लॉगिन विफल eve ip={SOURCE}",
    "limiter": f"WARN Login rate limit exceeded for {SOURCE}",
    "limiter-of-mailu": f"WARNING in limiter: Authentication attempt from {SOURCE} has been rate-limited.",
    "brute-force": f"WARN brute force detected on /login from {SOURCE}",
    "vaultwarden": f"[vaultwarden::api::admin][ERROR] Invalid admin token. IP: {SOURCE}",
    "active-directory": "LDAP: error code 49 - 80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext",
    "apache-digest": f"[auth_digest:error] [client {SOURCE}:5] AH01790: user `eve' in realm `x' not found: /admin",
    "opnsense": f"/index.php: Web GUI authentication error for 'eve' from {SOURCE}",
    "logfmt": f"level=INFO msg=login status=failed src_ip={SOURCE}",
    "simplejwt": "WARNING No active account found with the given credentials",
    "django-form": "WARNING Please enter a correct username and password. Both fields may be case-sensitive.",
    "saleor": "ERROR Please, enter valid credentials",
    "second-factor": f"WARN Invalid verification code for eve from {SOURCE}",
    "tomcat": "WARNING LockOutRealm.filterLockedAccounts An attempt was made to authenticate the locked user [a]",
    "spring-audit": "WARN AuditEvent [principal=eve, type=AUTHENTICATION_FAILURE, data={message=Bad credentials}]",
    "pocketbase": "INFO POST /api/collections/users/auth-with-password status=400 "
    f'error="Failed to authenticate." userIP={SOURCE}',
}
# Fields beside the time in JSON.
JSON_FAILED = {
    "kratos": '"msg":"Encountered self-service login error.","error":{"message":"the credentials are invalid"}',
    "status": f'"event":"user_login","status":"failed","ip":"{SOURCE}"',
    "no-message": f'"action":"login","result":"denied","ip":"{SOURCE}"',
    "ecs": f'"event.action":"user-login","event.outcome":"failure","source.ip":"{SOURCE}"',
    "ecs-nested": f'"event":{{"action":"user-login","outcome":"failure"}},"source":{{"ip":"{SOURCE}"}}',
    "success-as-text": f'"type":"auth","success":"false","ip":"{SOURCE}"',
    "valid": f'"msg":"login attempt","valid":false,"ip":"{SOURCE}"',
    "reason": f'"msg":"login attempt","error":"user not found","ip":"{SOURCE}"',
    "sftpgo": f'"level":"debug","sender":"connection_failed","client_ip":"{SOURCE}","error":"invalid credentials"',
    "express": f'"level":"warn","msg":"login","error":"invalid password","ip":"{SOURCE}"',
    "http-200": f'"level":"info","method":"POST","path":"/graphql","status":200,"ip":"{SOURCE}",'
    '"error":"Invalid email or password"',
    "go": f'"msg":"signin","err":"bcrypt: hashedPassword is not the hash of the given password","ip":"{SOURCE}"',
}
HARMLESS = {
    "cleared": "INFO Cleared failed login attempts for user 14",
    "pruned": "INFO Pruned 12 rows from failed_logins",
    "migrated": "INFO Migrating table failed_logins: done",
    "3ds": "WARN 3DS authentication failed for payment pi_123",
    "mail": "WARN SMTP authentication failed, retrying with PLAIN",
    "registry": "INFO registry login failed: retrying",
    "auth-service": "WARN Auth service connection failed, retrying",
    "csrf": "WARN CSRF token invalid for POST /login",
    "reset-token": "INFO Invalid password reset token: expired",
    "confirmation": "INFO Registration: password and confirmation do not match",
    "counter": "INFO Reset of failed login counter for user 7",
    "other-failure": "ERROR failed to send login mail: SMTP timeout",
    "reset": "INFO user 7 changed password",
    "unlocked": "INFO account unlocked for user 7",
    "locked-row": "INFO row locked by transaction 7",
    "translated": "INFO Anmeldung erfolgreich für Ada",
    "limit-of-a-configuration": "INFO login rate limit: 5 per minute",
    "translated-too": "INFO Passwort geändert, mot de passe changé, パスワードを変更しました",
    "rights": "INFO authorization denied: user 7 may not delete image 9",
    "own-key": "ERROR AuthenticationError: 401 Incorrect API key provided: sk-proj-***",
    "own-mail": "ERROR Error: Invalid login: 535-5.7.8 Username and Password not accepted. code: 'EAUTH'",
    "gateway": "ERROR 502 Bad Gateway from auth.example.com",
    "metadata": "ERROR saml metadata fetch failed for https://login.microsoftonline.com/common",
    "payment": "ERROR payment authorization failed: card declined",
    "rules": "INFO Validation failed: Password is too short (minimum is 8 characters)",
    "none-failed": 'INFO stats {"failed_logins":0,"logins":17}',
    "none-failed-logfmt": "INFO auth failed_logins=0 sign_ins=18",
    "session-check": 'GET /api/me status=401 error="Authentication failed: no credentials"',
    "nobody-tried": f"imap-login: Disconnected: SSL_accept() failed (no auth attempts in 0 secs): rip={SOURCE}",
}
JSON_HARMLESS = {
    "success": '"action":"login","outcome":"success","ip":"198.51.100.7"',
    "no-error": '"msg":"login","error":"","ip":"198.51.100.7"',
    "other-failure": '"msg":"thumbnail","status":"failed","error":"invalid image"',
    "service-away": '"msg":"auth service unavailable","status":"error","error":"ECONNREFUSED"',
    "other-action": '"action":"resize","outcome":"failure"',
}


def _failed(line):
    reviewer = SecurityReviewer((NOW - timedelta(days=7)).timestamp(), NOW.timestamp())
    reviewer.extend([line])
    found = reviewer.result()
    assert not found.undated
    return {source: row.count for (_, source), row in found.failed}


@pytest.mark.parametrize("text", FAILED.values(), ids=FAILED)
def test_failed_sign_in_counts(text):
    """Once, under its source, if it has one."""
    assert _failed(f"{AT} {text}") == {SOURCE if SOURCE in text else "": 1}


@pytest.mark.parametrize("fields", JSON_FAILED.values(), ids=JSON_FAILED)
def test_failed_sign_in_in_json_counts(fields):
    """By its message, its other fields, or both."""
    line = f'{{"time":"{AT}",{fields}}}'
    assert _failed(line) == {SOURCE if SOURCE in line else "": 1}
    # As App Platform writes it, and as a collector forwards it.
    assert _failed(f"web 2026-01-03T12:29:00.123456789Z {line}") == _failed(line)
    assert _failed(f"2026-01-03 12:29:00 {line}") == _failed(line)


def test_request_of_rails_is_read_from_its_two_lines():
    """The first names path and visitor, the second the status; they belong together by their tags."""
    reviewer = SecurityReviewer((NOW - timedelta(days=7)).timestamp(), NOW.timestamp())
    reviewer.extend(
        [
            f'{AT} [aa-1] Started POST "/users/sign_in" for {SOURCE} at 2026-01-03 12:29:00 +0000',
            f'{AT} [bb-2] Started GET "/" for 198.51.100.7 at 2026-01-03 12:29:00 +0000',
            f"{AT} [aa-1] Processing by Devise::SessionsController#create as TURBO_STREAM",
            f"{AT} [bb-2] Completed 200 OK in 12ms (Views: 7.1ms)",
            f"{AT} [aa-1] Completed 422 Unprocessable Content in 210ms (ActiveRecord: 1.2ms)",
            f'I, [2026-01-03T12:29:01.1 #7]  INFO -- : Started POST "/users/sign_in" for {SOURCE} at 2026-01-03',
            "I, [2026-01-03T12:29:01.2 #7]  INFO -- : Completed 401 Unauthorized in 210ms (ActiveRecord: 1.2ms)",
            f"{AT} [cc-3] Completed 401 Unauthorized in 3ms (ActiveRecord: 0.0ms)",  # began before the log does
        ]
    )
    found = reviewer.result()
    assert {source: row.count for (_, source), row in found.failed} == {SOURCE: 2}
    assert {source: row.paths for source, row in found.refused} == {
        SOURCE: {"/users/sign_in": 1},
        "": {"(not stated)": 1},
    }


def test_request_of_fastify_is_read_from_its_two_lines():
    """As pino writes them, here behind App Platform's prefix; they belong together by their ids."""
    asked = '"req":{{"method":"POST","url":"/login","host":"x","remoteAddress":"{}","remotePort":5}}'
    lines = [
        f'"reqId":"req-1",{asked.format(SOURCE)},"msg":"incoming request"',
        f'"reqId":"req-2",{asked.format("198.51.100.7")},"msg":"incoming request"',
        '"reqId":"req-2","res":{"statusCode":200},"responseTime":1.2,"msg":"request completed"',
        '"reqId":"req-1","res":{"statusCode":401},"responseTime":210.3,"msg":"request completed"',
    ]
    reviewer = SecurityReviewer((NOW - timedelta(days=7)).timestamp(), NOW.timestamp())
    at = int(NOW.timestamp() * 1000) - 60_000
    reviewer.extend(f'web 2026-01-03T12:29:00.1Z {{"level":30,"time":{at},"pid":7,{line}}}' for line in lines)
    found = reviewer.result()
    assert {source: row.count for (_, source), row in found.failed} == {SOURCE: 1}
    assert {source: row.paths for source, row in found.refused} == {SOURCE: {"/login": 1}}


@pytest.mark.parametrize("text", HARMLESS.values(), ids=HARMLESS)
def test_other_line_does_not_count(text):
    assert _failed(f"{AT} {text}") == {}


@pytest.mark.parametrize("fields", JSON_HARMLESS.values(), ids=JSON_HARMLESS)
def test_other_line_in_json_does_not_count(fields):
    assert _failed(f'{{"time":"{AT}",{fields}}}') == {}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (f"BLOCKED request from {SOURCE}", 1),
        (f"IP {SOURCE} has been blocked for 1 hour", 1),
        ("[ActionDispatch::HostAuthorization::DefaultResponseApp] Blocked hosts: evil.example", 1),
        ("0 visitors, 3 bots blocked", 1),
        (f'{{"timestamp":1767443340000,"action":"BLOCK","httpRequest":{{"clientIp":"{SOURCE}","uri":"/x"}}}}', 1),
        (f'{{"Action":"block","ClientIP":"{SOURCE}"}}', 1),
        ('{"action":"allow","rule":"block"}', 0),
        ("0 requests blocked", 0),
        ("no bots were blocked", 0),
        ("event loop is blocked for 1200 ms", 0),
        ("INFO: task node:12 blocked for more than 120 seconds.", 0),
        ("goroutine 1 [chan receive, blocked]:", 0),
        ("query blocked by process 12", 0),
        ("worker 3 blocked on mutex", 0),
        ("non-blocked queue", 0),
    ],
)
def test_what_waits_is_not_blocked_as_a_visitor_is(text, count):
    """A blocked request, in any case of letters."""
    reviewer = SecurityReviewer((NOW - timedelta(days=7)).timestamp(), NOW.timestamp())
    reviewer.extend([f"{AT} {text}"])
    assert sum(row.count for _, row in reviewer.result().refused) == count
