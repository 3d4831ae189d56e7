"""Failed sign-ins as sshd, nginx, PAM and applications write them, and lines that only look like one."""

import pytest

from playbook.readers.logs.signin_requests import is_failed
from playbook.readers.logs.signins import Attempt, SignIns, source_in


def read(*texts):
    sign_ins = SignIns()
    return [attempt for text in texts for attempt in sign_ins.read(text, text)]


@pytest.mark.parametrize(
    ("text", "attempt"),
    [
        ("Failed password for root from 192.0.2.7 port 53211 ssh2", Attempt("ssh", "192.0.2.7")),
        ("Failed password for invalid user ad min from 2001:db8::7 port 5 ssh2", Attempt("ssh", "2001:db8::7")),
        ("Failed keyboard-interactive/pam for ada from 192.0.2.7 port 5 ssh2", Attempt("ssh", "192.0.2.7")),
        ("Invalid user admin from 192.0.2.7 port 53211", Attempt("ssh", "192.0.2.7")),
        ("Invalid user from from 192.0.2.7 port 53211", Attempt("ssh", "192.0.2.7")),
        (
            "Connection closed by authenticating user root 192.0.2.7 port 53211 [preauth]",
            Attempt("ssh", "192.0.2.7"),
        ),
        (
            "message repeated 4 times: [ Failed password for root from 192.0.2.7 port 5 ssh2]",
            Attempt("ssh", "192.0.2.7", 4),
        ),
        ("Accepted password for ada from 192.0.2.7 port 5 ssh2", Attempt("ssh", "192.0.2.7", succeeded=True)),
        (
            '2026/11/20 10:00:00 [error] 7#7: *1 user "bob": password mismatch, client: 192.0.2.7, server: x',
            Attempt("nginx", "192.0.2.7"),
        ),
        ('user "bob" was not found in "/etc/nginx/.htpasswd", client: 192.0.2.7', Attempt("nginx", "192.0.2.7")),
        (
            "pam_unix(sudo:auth): authentication failure; logname=ada uid=1000 rhost=  user=ada",
            Attempt("system", ""),
        ),
        ("Failed publickey for ada from 198.51.100.7 port 50000 ssh2", Attempt("ssh", "198.51.100.7")),
        ("pam_unix(sshd:auth): authentication failure; rhost=192.0.2.7 user=root", Attempt("system", "192.0.2.7")),
        (
            "pam_unix(login:auth): authentication failure; logname= uid=0 rhost=192.0.2.7  user=root",
            Attempt("system", "192.0.2.7"),
        ),
        ('{"level":40,"msg":"login failed","ip":"192.0.2.7"}', Attempt("application", "192.0.2.7")),
        ("authentication failed for ada from ::ffff:192.0.2.7", Attempt("application", "192.0.2.7")),
        ('level=warn msg="invalid password" remote_addr=192.0.2.7:5123', Attempt("application", "192.0.2.7")),
        ("sign-in denied: wrong credentials", Attempt("application", "")),
        ('{"event":"user_login_failed","ip":"192.0.2.7"}', Attempt("application", "192.0.2.7")),
        ('{"msg":"loginFailed","ip":"192.0.2.7"}', Attempt("application", "192.0.2.7")),
        ('{"msg":"login","success":false,"ip":"192.0.2.7"}', Attempt("application", "192.0.2.7")),
        ('{"msg":"sign-in","outcome":"failure","ip":"192.0.2.7"}', Attempt("application", "192.0.2.7")),
        (
            "Authentication event AuthenticationFailureBadCredentialsEvent: ada; RemoteIpAddress=192.0.2.7",
            Attempt("application", "192.0.2.7"),
        ),
        ("Failed to log in user ada from 192.0.2.7", Attempt("application", "192.0.2.7")),
        ("Unable to authenticate ada from 192.0.2.7", Attempt("application", "192.0.2.7")),
        ("Too many login attempts from 192.0.2.7", Attempt("application", "192.0.2.7")),
        ("login: unknown user ada from 192.0.2.7", Attempt("application", "192.0.2.7")),
        ("password does not match, ip 192.0.2.7", Attempt("application", "192.0.2.7")),
        ("[auth][error] CredentialsSignin: Read more at https://errors.authjs.dev", Attempt("application", "")),
    ],
)
def test_sign_in_line_has_kind_and_source(text, attempt):
    """Never a user name, as people type passwords there."""
    assert read(text) == [attempt]


@pytest.mark.parametrize(
    "text",
    [
        "Accepted publickey for deploy from 198.51.100.7 port 50000 ssh2: ED25519 SHA256:x",
        "author page failed to render",
        "login page rendered, 0 failed",
        "authentication: no failures since start",
        "auth check failed=0",
        "job failed after 3 tries",
        "login succeeded",
        '{"msg":"login","success":true,"ip":"192.0.2.7"}',
        "failed to load login.css",
        "auth service failed to start",
        "at AuthService.validateFailed (auth.js:1)",
        "user ada signed out",
    ],
)
def test_line_that_resembles_a_sign_in_is_none(text):
    """The words may occur anywhere."""
    assert read(text) == []


def test_one_attempt_is_counted_once():
    """sshd writes up to three lines about it; a connection may make several attempts."""
    one = [
        "Invalid user admin from 192.0.2.7 port 5",
        "Failed password for invalid user admin from 192.0.2.7 port 5 ssh2",
        "Connection closed by invalid user admin 192.0.2.7 port 5 [preauth]",
    ]
    assert sum(attempt.times for attempt in read(*one)) == 1
    assert sum(attempt.times for attempt in read(one[0], one[1], one[1], one[2])) == 2
    assert sum(attempt.times for attempt in read(*one, *(line.replace("port 5", "port 6") for line in one))) == 2


def test_memory_is_bounded():
    """For any number of connections."""
    sign_ins = SignIns()
    for port in range(10_000):
        line = f"Invalid user a from 192.0.2.{port % 250} port {port}"
        sign_ins.read(line, line)
    assert len(sign_ins._connections) == 4096


@pytest.mark.parametrize(
    "path",
    [
        *("/login", "/api/login?next=/", "/sign-in", "/auth/token", "/wp-login.php", "/users/sign_in"),
        *("/api/authenticate", "/api/login_check", "/authentication_token", "/verify-otp"),
    ],
)
def test_sign_in_paths_are_recognised(path):
    """By their words."""
    assert is_failed(401, path)
    assert not is_failed(401, "/blog/authors")
    assert not is_failed(404, path)


@pytest.mark.parametrize(
    ("status", "path", "failed"),
    [
        (422, "/users/sign_in", True),
        (422, "/login", True),
        (400, "/auth/v1/token?grant_type=password", True),
        (422, "/auth/register", False),
        (400, "/blog/authors", False),
        (200, "/login", False),
    ],
)
def test_form_that_is_refused_is_a_failed_sign_in(status, path, failed):
    """Devise, Laravel and OAuth answer a wrong password with 422 or 400."""
    assert is_failed(status, path) == failed


COMBINED = '198.51.100.7 - - [18/Nov/2026:07:30:00 +0000] "{} {} HTTP/1.1" {} 12 "-" "curl/8.5"'


@pytest.mark.parametrize(
    ("method", "path", "status", "failed"),
    [
        ("POST", "/wp-login.php", 200, True),  # WordPress and Django show the form again
        ("POST", "/wp-login.php?action=lostpassword", 200, False),
        ("GET", "/wp-login.php", 200, False),
        ("POST", "/wp-login.php", 302, False),
        ("POST", "/admin/login/?next=/admin/", 200, True),
        ("GET", "/admin/login/?next=/admin/", 200, False),
        ("POST", "/api/admin/login/", 200, False),
        ("POST", "/accounts/login/", 200, False),  # an API's, perhaps, where 200 is a success
        ("POST", "/login", 200, False),
        ("POST", "/api-token-auth/", 400, True),  # Django REST framework, djoser, Strapi
        ("POST", "/api/jwt/create/", 401, True),
        ("POST", "/api/auth/local", 400, True),
        ("POST", "/api/auth/callback/credentials", 401, True),
        ("GET", "/api/auth/me", 401, False),  # a page that asks who is signed in
        ("GET", "/api/auth/session", 401, False),
        ("HEAD", "/login", 401, False),
        ("POST", "/api/auth/refresh", 401, False),  # a session that has ended
        ("POST", "/oauth/token/revoke", 401, False),
        ("POST", "/checkout/sessions", 400, False),
        ("POST", "/api/v1/sessions", 422, True),
        ("POST", "/ghost/api/admin/session", 422, True),
    ],
)
def test_method_and_address_tell_an_attempt(method, path, status, failed):
    """In the words of servers and frameworks."""
    assert is_failed(status, path, COMBINED.format(method, path, status)) == failed


def test_method_in_json_may_be_small():
    """As hapi writes it."""
    assert not is_failed(401, "/auth/me", '{"method":"get","path":"/auth/me","statusCode":401}')
    assert is_failed(401, "/login", '{"method":"post","path":"/login","statusCode":401}')


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("blocked 192.0.2.7", "192.0.2.7"),
        ("version 1.2.3.4.5 from 192.0.2.7", "192.0.2.7"),
        ("999.1.1.1", ""),
        ("at 10:20:30 nothing", ""),
        ('"remoteAddress":"2001:db8::1"', "2001:db8::1"),
    ],
)
def test_named_source_takes_precedence(text, source):
    """Over any other address in the line."""
    assert source_in(text) == source
