"""JSON logs of which every tenth line is damaged: the errors in it are found, or the log is not understood."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from playbook.readers.logs.by_blocks import BlockReviewer
from playbook.readers.logs.reviewed import Review

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp()
LINES = 200
LOGGERS: dict[str, Callable[[str, str, int, bool], dict[str, object]]] = {
    "pino": lambda _, text, at, bad: {"level": 50 if bad else 30, "time": at * 1000, "pid": 7, "msg": text},
    "winston": lambda iso, text, _, bad: {"level": _level(bad), "message": text, "timestamp": iso},
    "zap": lambda _, text, at, bad: {"level": _level(bad), "ts": at, "caller": "cart/cart.go:7", "msg": text},
    "slog": lambda iso, text, _, bad: {"time": iso, "level": _level(bad).upper(), "msg": text},
    "structlog": lambda iso, text, _, bad: {"event": text, "level": _level(bad), "timestamp": iso},
    "logback": lambda iso, text, _, bad: {"@timestamp": iso, "message": text, "level": _level(bad).upper()},
    "serilog": lambda iso, text, _, bad: {"@t": iso, "@m": text} | ({"@l": "Error"} if bad else {}),
    "docker": lambda iso, text, _, bad: {
        "log": f"{_level(bad).upper()} {text}\n",
        "stream": "stderr",
        "time": iso,
    },
    "nginx": lambda iso, _, __, bad: {"time": iso, "method": "GET", "uri": "/cart", "status": 500 if bad else 200},
}
DAMAGES: dict[str, Callable[[str, str], str]] = {
    "end cut": lambda _, bad: bad[: len(bad) * 9 // 10],
    "half cut": lambda _, bad: bad[: len(bad) // 2],
    "only the beginning": lambda _, bad: bad[:12],
    "brace cut": lambda _, bad: bad[1:],
    "beginning cut": lambda _, bad: bad[20:],
    "only the second half": lambda _, bad: bad[len(bad) // 2 :],
    "only the end": lambda _, bad: bad[len(bad) * 4 // 5 :],
    "two merged": lambda good, bad: good + bad,
    "two merged, the error first": lambda good, bad: bad + good,
    "torn by another": lambda good, bad: good[: len(good) // 2] + bad,
    "written into each other": lambda good, bad: good[:30] + bad[:40] + good[30:] + bad[40:],
    "NUL bytes before": lambda _, bad: "\0" * 40 + bad,
    "NUL bytes inside": lambda _, bad: bad[: len(bad) // 2] + "\0\0\0" + bad[len(bad) // 2 :],
    "NUL bytes at the end": lambda _, bad: bad[: len(bad) // 2] + "\0" * 60,
    "NUL bytes alone": lambda _, bad: "\0" * len(bad),
    "not UTF-8": lambda _, bad: bad[: len(bad) // 2] + "\udcff" + bad[len(bad) // 2 :],
}
QUOTED: dict[str, Callable[[str, str], str]] = {
    "of a list": lambda _, bad: f"[{bad},",
    "in a text": lambda _, bad: json.dumps(bad),
    "escaped": lambda _, bad: bad.replace('"', '\\"'),
    "of Python": lambda _, bad: bad.replace('"', "'"),
}


def _level(bad: bool) -> str:
    return "error" if bad else "info"


def line(logger: str, at: float, *, bad: bool) -> str:
    text = "no stock service at 10.0.0.7" if bad else "cart saved"
    return json.dumps(LOGGERS[logger](iso(at), text, int(at), bad), separators=(",", ":"))


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def reviewed(logger: str, damage: Callable[[str, str], str], *, prefix: bool) -> Review:
    lines = []
    for minute in range(LINES):
        at = NOW - 60 * (LINES - minute)
        good = line(logger, at, bad=False)
        written = good if minute % 10 else damage(good, line(logger, at, bad=True))
        lines.append(f"web {iso(at)} {written}" if prefix and written.strip("\0") else written)
    reviewer = BlockReviewer(NOW - 86_400, NOW)
    reviewer.take("\n".join(lines).encode("utf-8", "surrogateescape"))
    return reviewer.result()


CASES = [(logger, damage) for logger in LOGGERS for damage in DAMAGES]
CASES += [(logger, damage) for logger in ("pino", "winston", "zap") for damage in QUOTED]


@pytest.mark.parametrize("prefix", [False, True], ids=["", "App Platform"])
@pytest.mark.parametrize(("logger", "damage"), CASES)
def test_errors_in_damaged_lines_are_found_or_missed(logger, damage, prefix):
    """Never neither: partly understood is not whole."""
    found = reviewed(logger, (DAMAGES | QUOTED)[damage], prefix=prefix)
    bad = found.errors + found.fatal + found.server_errors
    damaged = LINES // 10
    assert bad >= damaged or found.strange + found.undated >= 0.9 * damaged, (bad, found.strange, found.undated)


@pytest.mark.parametrize(
    "text",
    [
        "  code: 'ECONNREFUSED',",
        "}",
        "  }",
        '  "name": "cart"',
        "{ code: 'ENOENT', level: 3 }",
        'saved {"id": 7}',
        "GET {'a': 1}",
        "  errors: [ { message: 'no' } ] }",
        'render <a href="{{ url }}">',
    ],
)
def test_ordinary_text_with_braces_is_understood(text):
    """Objects that people print, and templates."""
    lines = [f"web 2026-11-29T11:{minute:02}:00Z {text}" for minute in range(60)]
    reviewer = BlockReviewer(NOW - 86_400, NOW)
    reviewer.take("\n".join(lines).encode())
    assert reviewer.result().strange == 0
