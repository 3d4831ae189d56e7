"""Failed sign-ins in access lines: how servers answer a wrong password, by method, path and status. Pure.

Most answer 401, or 400 and 422 at the address of a form. WordPress and Django's admin show the form again, with
200. A page that asks with GET who is signed in, or a session that has ended and is to be renewed, is no attempt.
"""

from __future__ import annotations

import re

from playbook.readers.logs.formats import METHOD

_FORM = (
    r"log[-_]?in(?:_check)?|sign[-_]?in|logon|authenticate|token|token[-_]auth|jwt/create|auth/local"
    r"|callback/credentials|(?:log[-_]?in|sign[-_]?in)/(?:email|username|password)"
)
# "sessions" are those of users only near the beginning; /checkout/sessions are others.
_SESSION = r"^(?:https?://[^/]{1,255})?(?:/(?:api|rest|v\d{1,2}|users?|auth|accounts?|admin|ghost)){0,5}/sessions?"
_LOGIN_PATH = re.compile(
    r"/(?:log[-_]?in(?:_check)?|sign[-_]?in|logon|auth|authenticat(?:e|ion(?:_token)?)|jwt|(?:api-)?token(?:-auth)?"
    rf"|oauth|wp-login\.php|(?:verify[-_])?(?:otp|2fa|mfa))(?:[/.?]|$)|{_SESSION}(?:[/.?]|$)",
    re.IGNORECASE,
)
_FORM_PATH = re.compile(rf"(?:/(?:api[-_])?(?:{_FORM})|{_SESSION})/?(?:\?|$)", re.IGNORECASE)
_NO_PASSWORD = re.compile(r"(?i)[/._-](?:refresh|renew|log[-_]?out|sign[-_]?out|revoke|introspect|userinfo)\b")
# Their addresses end so; /api/admin/login is of others.
_SHOWN_AGAIN = re.compile(
    r"(?i)/wp-login\.php(?:\?(?!(?:.{0,200}&)?action=(?!login\b))|$)|^(?!/api/).{0,200}/admin/login/(?:\?|$)"
)
_METHOD = re.compile(rf"(?<![\w/-])({METHOD})(?=[ \"'|,]|$)|(?i:\bmethod\"?[:=] ?\"?|^|\] )({METHOD.lower()})\b")
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_failed(status: int, path: str, line: str = "") -> bool:
    """Whether a request was a sign-in that failed.

    Args:
        line: of the log, which names the method; without one it may be any.
    """
    if status not in (200, 400, 401, 422):
        return False
    if status == 200:
        return "login" in path and bool(_SHOWN_AGAIN.search(path)) and _method(line) == "POST"
    found = (_LOGIN_PATH if status == 401 else _FORM_PATH).search(path)
    return bool(found) and not _NO_PASSWORD.search(path) and _method(line) not in _READS


def is_accepted(status: int, path: str, line: str) -> bool:
    """Whether a request may have signed somebody in: sent to where a wrong password has another answer.

    Frameworks that answer both alike, with a redirect or a page, never have any that failed.
    """
    if status not in (200, 201, 204, 302, 303) or not (_FORM_PATH.search(path) or _SHOWN_AGAIN.search(path)):
        return False
    return not _NO_PASSWORD.search(path) and sends(line) and not is_failed(status, path, line)


def sends(line: str) -> bool:
    """Whether a request sends something, as a sign-in does, by its method in the line."""
    return _method(line) not in _READS | {""}


def _method(line: str) -> str:
    match = _METHOD.search(line)
    return (match[1] or match[2]).upper() if match else ""
