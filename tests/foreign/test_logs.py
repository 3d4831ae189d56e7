"""Log lines in the words of real systems, with their time, level, request and source."""

import tomllib
from pathlib import Path

import pytest

from playbook.readers.logs import levels, traces
from playbook.readers.logs.parse import Parser
from playbook.readers.logs.text import clean

NOW = 1717016400.0  # 29 May 2024, 21:00 UTC
PREFIX = "portfolio-web 2024-05-29T20:30:00.000000000Z "
WRAPPED_AT = 1717014600.0
LEVELS = {
    levels.NONE: "none",
    levels.TRACE: "trace",
    levels.DEBUG: "debug",
    levels.INFO: "info",
    levels.WARNING: "warning",
    levels.ERROR: "error",
    levels.FATAL: "fatal",
}
KINDS = tomllib.loads(Path(__file__).with_name("log_lines.toml").read_text(encoding="utf-8"))
LINES = [(f"{kind}-{number}", case) for kind, cases in KINDS.items() for number, case in enumerate(cases["lines"])]


def parsed(parser, line):
    """Entry of a line, and its level where no error precedes it."""
    entry = parser.parse(clean(line))
    level = entry.level or (traces.begins(entry.text) if entry.bare else levels.NONE)
    return entry, LEVELS[level]


@pytest.mark.parametrize("case", [case for _, case in LINES], ids=[name for name, _ in LINES])
def test_line_is_parsed(case):
    """Time, level, status, source; and whether it is understood."""
    entry, level = parsed(Parser(NOW), case["line"])
    assert level == case["level"]
    assert (entry.access.status if entry.access else None) == case.get("status")
    assert entry.time == (pytest.approx(case["time"].timestamp(), abs=0.001) if "time" in case else None)
    assert entry.component == case.get("source", "")
    assert entry.strange == case.get("strange", False)


@pytest.mark.parametrize(
    "case", [c for _, c in LINES if "source" not in c], ids=[n for n, c in LINES if "source" not in c]
)
def test_line_after_app_platforms_prefix_is_parsed_equally(case):
    """The platform's time and component count, the line's own level and status."""
    parser = Parser(NOW)
    for _ in range(2):  # the second time the prefix is cached
        entry, level = parsed(parser, PREFIX + case["line"])
        assert level == case["level"]
        assert (entry.access.status if entry.access else None) == case.get("status")
        assert (entry.time, entry.component) == (WRAPPED_AT, "portfolio-web")
        assert entry.strange == case.get("strange", False)
