"""Health endpoints that answer in plain text: a word, lines of checks, or a framework's known page."""

from __future__ import annotations

import re

from playbook.core import door
from playbook.measure.web import health_keys
from playbook.measure.web import health_words as words
from playbook.measure.web.health_report import OWN, Statements
from playbook.measure.web.health_values import (
    is_empty,
    short,
)
from playbook.measure.web.health_words import State, state_of

_MOST_LINES = 2000
_BODY_COLOUR = re.compile(r"<body style=\"background-color: (\w+)\"></body>")  # Rails' /up
_UP, _IN_TROUBLE = "Application up", "Application experiencing problems"  # Laravel's /up
_READY = re.compile(
    r"<html><body><h1>200 OK</h1>\s+(Service ready)\.\s+</body></html>\s*"
)  # HAProxy's monitor-uri
# Of HAProxy, Apache and nginx, with HTTP 200 where something on the way has replaced the status.
_FAILED = re.compile(r"<(?:title|h1)>\s*([45]\d\d [A-Z][\w -]{2,40})</(?:title|h1)>")
_METRICS = re.compile(
    r"^# (?:HELP|TYPE) [a-zA-Z_:]|^[a-zA-Z_:][\w:]*\{[^{}]*\} [-+\d.eENaInf]+(?: \d+)?$", re.MULTILINE
)
_SUMMARY = re.compile(r"^\s*(?:healthz|livez|readyz)? ?check (passed|failed)\s*$")
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,9})?")
LINE = re.compile(
    r"^\s*(?:\[(?P<sign>[+-])\])?\s*(?P<name>[A-Za-z_][\w.]*\((?:|\w+=.*?)\)(?=:\s)|[^:=]+?)\s*(?:[:=]\s*|\s+(?=(?:ok|failed|OK|FAILED)\b))(?P<word>.+)$"
)


def read_text(noted: Statements, text: str) -> None:
    """Text that is not JSON: a word, lines, or a known page."""
    if text.startswith("<"):
        _page(noted, text)
        return
    if _METRICS.search(text):
        noted.unclear.append("a page of Prometheus metrics")
        return
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > _MOST_LINES:
        noted.unclear.append(f"what follows after {_MOST_LINES:,} lines")
        lines = lines[:_MOST_LINES]
    if len(lines) == 1 and (state := state_of(text)) is not None:
        noted.own.append((short(text), state))
        return
    told = [match["word"].strip() for match in map(LINE.match, lines) if match]
    are_codes = all(100 <= float(word) < 600 for word in told if _NUMBER.fullmatch(word))
    for line in lines:
        _line(noted, line, are_codes=are_codes)


def _line(noted: Statements, line: str, *, are_codes: bool) -> None:
    """``[+]etcd ok``, ``redis: up``, ``readyz check passed``.

    Args:
        are_codes: numbers may be HTTP statuses; where others are none, they are amounts.
    """
    summary, match = _SUMMARY.match(line), LINE.match(line)
    state = state_of(line)
    if summary:
        noted.own.append((line.strip(), State.HEALTHY if summary[1] == "passed" else State.UNHEALTHY))
    elif match and match["sign"]:
        failed = match["sign"] == "-" or not match["word"].strip().startswith(("ok", "excluded"))
        noted.note(match["name"], match["word"].strip(), State.UNHEALTHY if failed else State.HEALTHY)
    elif match and words.is_doubtful(match["name"]):  # "not everything ok"
        noted.state(OWN, line.strip(), state or None)
    elif match and health_keys.is_status(match["name"]):
        noted.state(OWN, match["word"].strip(), state_of(match["word"]))
    elif match and health_keys.holds_errors(match["name"]):
        if not is_empty(match["word"]):
            noted.note(match["name"], match["word"].strip(), State.UNHEALTHY)
    elif match and not health_keys.is_data(match["name"]):
        word = match["word"].strip()
        is_amount = not are_codes and _NUMBER.fullmatch(word)
        noted.state(match["name"], word, None if is_amount else state_of(word))
    elif state is not None:
        noted.own.append((short(line), state))
    elif not match:
        noted.unclear.append(f"the status {door.quoted(line, 40)}")


def _page(noted: Statements, text: str) -> None:
    colour = _BODY_COLOUR.search(text)
    if colour and (state := state_of(colour[1])) is not None:
        noted.own.append((colour[1], state))
    elif ready := _READY.fullmatch(text):
        noted.own.append((ready[1], State.HEALTHY))
    elif failed := _FAILED.search(text):
        noted.own.append((failed[1], State.UNHEALTHY))
    elif _IN_TROUBLE in text:
        noted.own.append((_IN_TROUBLE, State.UNHEALTHY))
    elif _UP in text and "HTTP request received" in text:
        noted.own.append((_UP, State.HEALTHY))
    else:
        noted.unclear.append(f"the status {door.quoted(text, 40)}")
