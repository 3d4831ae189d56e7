"""What an answer of HTTP 2xx says against a delivery. Pure.

Healthchecks.io answers 200 for a check that was deleted, Microsoft Teams for a channel that is gone, Slack's API,
Lark, DingTalk and WeCom for a message that they refuse, and a parked domain or a login page for everything.
"""

from __future__ import annotations

import re

import msgspec

from playbook.core import door

LONGEST = 4096  # bytes of an answer that are read
_PAGE = re.compile(rb"\s*(?:<!doctype html|<html|<head|<body)", re.IGNORECASE)
_WORDS = re.compile(
    # https://healthchecks.io/docs/http_api/: "OK", and for a UUID "OK (not found)" or "OK (rate limited)"
    r"^OK \(.+\)|^(?:error|invalid|fail|unknown|no_)|delivery failed|failed with error|rate.?limit"
    r"|not[ _](?:found|allowed|active|accepted|delivered|authori[sz]ed)|unauthori[sz]ed|forbidden",
    re.IGNORECASE,
)
_SENTENCE = 500  # characters; what is longer may repeat our own message
_RESULTS = ("ok", "success", "successful", "delivered", "accepted")
_STATES = ("status", "state", "result", "message_status")
_BAD_STATES = re.compile(r"error|fail|denied|refus|reject|invalid|unauthori|forbid|expired|not[ _]", re.IGNORECASE)
_CODES = ("errcode", "code", "StatusCode", "statusCode", "status", "retcode", "errno", "error_code", "ErrorCode")
_ERRORS = ("error", "errors", "error_message", "errorMessage", "errmsg", "exception")
_NO_ERROR = frozenset({"", "0", "ok", "success", "none", "no error", "false", "null"})


def refusal(content: bytes) -> str:
    """Why a message was not taken, in the words of the answer; empty where nothing says so.

    Args:
        content: the body of an answer of HTTP 2xx, of which the beginning is enough.
    """
    if _PAGE.match(content):
        return "a web page, as from a login or a parked domain"
    text = content.decode("utf-8", "replace").strip()
    try:
        said = msgspec.json.decode(content) if content.lstrip()[:1] == b"{" else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = None
    is_refused = len(text) <= _SENTENCE and bool(_WORDS.search(text))
    refused = _says_no(said) if isinstance(said, dict) else is_refused
    return door.quoted(text, 160) if refused else ""


def _says_no(said: dict[str, object]) -> bool:
    if any(said.get(name) in (False, 0, "false", "no") for name in _RESULTS if name in said):
        return True
    if any(isinstance(state := said.get(name), str) and _BAD_STATES.search(state) for name in _STATES):
        return True
    if any(_is_bad_code(said.get(name)) for name in _CODES):
        return True
    return any(_is_error(said.get(name)) for name in _ERRORS)


def _is_bad_code(code: object) -> bool:
    """0 and HTTP's 2xx are success, wherever they stand; a word is none of either."""
    if isinstance(code, str) and code.lstrip("-").isdigit():
        code = int(code)
    return isinstance(code, int) and not isinstance(code, bool) and code not in (0, 1) and not 200 <= code < 300


def _is_error(error: object) -> bool:
    if isinstance(error, str):
        return error.strip().casefold() not in _NO_ERROR
    return bool(error)
