"""What an answer of HTTP 2xx says against a delivery. Pure.

Healthchecks.io answers 200 for a check that was deleted, Microsoft Teams for a channel that is gone, Slack's API,
Lark, DingTalk and WeCom for a message that they refuse, and a parked domain or a login page for everything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from playbook.core import door

LONGEST = 4096  # bytes of an answer that are read
_PAGE = re.compile(rb"\s*(?:<!doctype html|<html|<head|<body)", re.IGNORECASE)
_WORDS = re.compile(
    # https://healthchecks.io/docs/http_api/: "OK", and for a UUID "OK (not found)" or "OK (rate limited)"
    r"^OK \(.+\)|^(?:error|invalid|fail|unknown|no_|no such|false$|ko$|nok$|ng$|bad (?:request|payload)"
    r"|(?:access|permission) denied|denied|forbidden|too[ _]many|quota exceeded|payment required|expired|gone\b"
    r"|sorry\b|whoops\b|cannot (?:post|get)|internal server error|application error|service (?:is )?unavailable"
    r"|gateway time-?out|upstream connect error|default backend|[45]\d\d\b)"
    r"|delivery failed|failed with error|rate.?limit"
    r"|not[ _](?:found|allowed|active|accepted|delivered|authori[sz]ed|valid|configured|enabled)"
    r"|unauthori[sz]ed|forbidden|is_archived|prohibited"
    r"|(?:webhook|endpoint|channel|integration|account|request) (?:(?:is|was|has been) )?"
    r"(?:disabled|suspended|archived|deleted|removed|retired|blocked|rejected|expired)"
    r"|has been (?:disabled|suspended|retired)",
    re.IGNORECASE,
)
# What is no page and no JSON, but says so by its elements.
_XML = re.compile(
    r"^(?:<\?xml[^>]{0,99}\?>\s*)?<(?:\w+:)?(?:error|fault|exception)\b"
    r"|<(?:\w+:)?(?:status|state|result)>\s*(?:error|fail|denied|reject|invalid)",
    re.IGNORECASE,
)
_SENTENCE = 500  # characters; what is longer may repeat our own message
# Names in lower case and without marks between the words: Success, is_success, isSuccess.
_RESULTS = frozenset({"ok", "success", "successful", "issuccess", "delivered", "accepted", "sent"})
_NO = frozenset({"false", "0", "no"})
_STATES = frozenset({"status", "state", "result", "messagestatus", "statustext", "type", "code"})
_BAD_STATES = re.compile(
    r"(?<!no[ _])error|fail|denied|refus|reject|invalid|unauthori|forbid|expired|\bnot[ _]|undeliver|bounced"
    r"|blocked|dropped|suspended|disabled|exceeded|doesnotmatch|notmatch|limit_control|^(?:ng|ko|nok)$",
    re.IGNORECASE,
)
_CODES = frozenset(
    {"errcode", "code", "statuscode", "status", "retcode", "errno", "errorcode", "httpcode", "httpstatus"}
)
_ERRORS = frozenset({"error", "errors", "errormessage", "errmsg", "exception", "fault"})
_NO_ERROR = frozenset({"", "0", "ok", "success", "none", "no error", "false", "null"})
# Where an answer says more of itself; anything else may be our own message.
_INSIDE = ("data", "response", "status", "result")
_TO_PEOPLE = ("message", "detail", "title", "msg")
# The whole text; a part of one could be of our own message.
_SAID = re.compile(
    r"(?:internal server error|forbidden|unauthori[sz]ed|(?:access|permission) denied|(?:page )?not found"
    r"|bad request|service unavailable|gateway time-?out|too many requests|missing authentication token"
    r"|authentication credentials were not provided|invalid token|endpoint request timed out)[.!]?",
    re.IGNORECASE,
)


def refusal(content: bytes) -> str:
    """Why a message was not taken, in the words of the answer; empty where nothing says so.

    Args:
        content: the body of an answer of HTTP 2xx, of which the beginning is enough.
    """
    if _PAGE.match(content):
        return "a web page, as from a login or a parked domain"
    text = content.decode("utf-8-sig", "replace").strip()
    try:
        said = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = None
    if isinstance(said, dict):
        refused = _says_no(said)
    elif isinstance(said, list):
        refused = any(isinstance(one, dict) and _says_no(one) for one in said)
    else:
        words = said if isinstance(said, str) else text
        refused = len(words) <= _SENTENCE and bool(_WORDS.search(words) or _XML.search(words))
    return door.quoted(text, 160) if refused else ""


def _says_no(said: Mapping[str, object]) -> bool:
    inside = [one for name in _INSIDE if isinstance(one := said.get(name), dict)]
    return any(map(_says_no_itself, [said, *inside]))


def _says_no_itself(said: Mapping[str, object]) -> bool:
    named = {re.sub(r"[_\W]", "", name).casefold(): value for name, value in said.items()}
    if any(str(named[name]).casefold() in _NO for name in _RESULTS & named.keys()):
        return True
    if any(isinstance(state := named[name], str) and _BAD_STATES.search(state) for name in _STATES & named.keys()):
        return True
    if any(_is_bad_code(named[name]) for name in _CODES & named.keys()):
        return True
    if any(isinstance(text := named.get(name), str) and _SAID.fullmatch(text.strip()) for name in _TO_PEOPLE):
        return True
    return any(_is_error(named[name]) for name in _ERRORS & named.keys())


def _is_bad_code(code: object) -> bool:
    """0 and HTTP's 2xx are success, wherever they stand; a word is none of either."""
    if isinstance(code, str) and code.lstrip("-").isdigit():
        code = int(code)
    return isinstance(code, int) and not isinstance(code, bool) and code not in (0, 1) and not 200 <= code < 300


def _is_error(error: object) -> bool:
    if isinstance(error, str):
        return error.strip().casefold() not in _NO_ERROR
    return bool(error)
