"""Files whose times have no zone, as many programs write their machine's local time."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from playbook.clients import log_files
from playbook.clients.log_files import FileLogs
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.measure.logs.logs import LogReview, log_review
from playbook.readers.logs.parse import Parser
from playbook.settings.loading import load
from playbook.settings.sections.target import Logs

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SETTINGS = load("sandbox", environment={})
FORMATS = {
    "nginx": "%Y/%m/%d %H:%M:%S [error] 31#31: *7 connect() failed (111: Connection refused)",
    "log4j": "%Y-%m-%d %H:%M:%S,123 ERROR [main] shop.Cart - no connection",
    "python": "%Y-%m-%d %H:%M:%S,123 ERROR shop.cart no connection",
    "apache": "[%a %b %d %H:%M:%S.000001 %Y] [core:error] [pid 7] [client 192.0.2.1] AH00124: Request exceeded",
    "syslog": "%b %d %H:%M:%S web shop[7]: ERROR no connection",
    "winston": '{"level":"error","message":"no connection","timestamp":"%Y-%m-%d %H:%M:%S"}',
    "nest": "[Nest] 7  - %m/%d/%Y, %I:%M:%S %p   ERROR [Cart] no connection",
    "klog": "E%m%d %H:%M:%S.000001       7 cart.go:7] no connection",
    "monolog": "[%Y-%m-%d %H:%M:%S] production.ERROR: no connection",
    "gunicorn": "[%Y-%m-%d %H:%M:%S] [7] [ERROR] no connection",
}


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Pacific/Auckland"])
@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_time_without_a_zone_is_in_the_configured_one(form, zone):
    """In every format, also those without a year or with AM and PM."""
    local = (NOW - timedelta(hours=3)).astimezone(ZoneInfo(zone))
    entry = Parser(NOW.timestamp(), ZoneInfo(zone)).parse(local.strftime(form))
    assert entry.time == pytest.approx(NOW.timestamp() - 3 * 3600, abs=1)


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-29T09:00:00Z ERROR x",
        "2026-11-29 09:00:00 +0000 ERROR x",
        "web 2026-11-29T09:00:00Z ERROR x",
        '192.0.2.1 - - [29/Nov/2026:10:00:00 +0100] "GET / HTTP/1.1" 500 1',
        '{"level":50,"time":1795942800000,"msg":"x"}',
        '{"level":"error","ts":"2026-11-29T10:00:00+01:00","msg":"x"}',
    ],
)
def test_time_with_a_zone_keeps_it(line):
    """Whatever is configured."""
    assert Parser(NOW.timestamp(), ZoneInfo("Asia/Kolkata")).parse(line).time == NOW.timestamp() - 3 * 3600


def reviewed(tmp_path, zone: str | None, written_in: str, error_hours_ago: float) -> LogReview:
    """An access log with a zone that goes on, and a log of errors with a line now and then."""
    local = ZoneInfo(written_in)
    access = [
        f'192.0.2.1 - - [{NOW - timedelta(minutes=ago):%d/%b/%Y:%H:%M:%S} +0000] "GET / HTTP/1.1" 200 1'
        for ago in range(1500, 0, -1)
    ]
    error = (NOW - timedelta(hours=error_hours_ago)).astimezone(local).strftime(FORMATS["nginx"])
    for name, lines in (("access.log", access), ("error.log", [error])):
        file = tmp_path / name
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        os.utime(file, (NOW.timestamp(), NOW.timestamp()))
    logs = FileLogs((f"{tmp_path}/*.log",), Logs(), zone=zone)
    return log_review(logs, SETTINGS, FixedClock(NOW), Earlier())


@pytest.mark.parametrize("hours", [0.5, 4, 20, 23.5])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "UTC"])
def test_errors_of_the_whole_window_are_found(tmp_path, zone, hours):
    """Also those of its first and last hours, which another zone would move out of it."""
    found = reviewed(tmp_path, zone, zone, hours)
    assert (found.errors.value, found.coverage.enough) == (1, True)


@pytest.mark.parametrize(
    ("machine", "enough"), [("America/New_York", False), ("Asia/Kolkata", False), ("UTC", True)]
)
def test_zone_that_nobody_says_is_unknown_on_a_machine_with_another(tmp_path, monkeypatch, machine, enough):
    """An error of 20 hours ago is taken for one of yesterday: a review that would have found nothing."""
    monkeypatch.setenv("TZ", machine)
    time.tzset()
    try:
        found = reviewed(tmp_path, None, machine, 20)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert found.coverage.enough is enough
    doubt = "has times without a zone, and this machine is not in UTC"
    said = f"{tmp_path}/error.log {doubt}: set logs.time_zone to theirs"
    assert enough or said in found.coverage.got


def test_times_with_a_zone_need_no_setting(tmp_path, monkeypatch):
    """On any machine."""
    monkeypatch.setattr(log_files, "is_elsewhere", lambda _: True)
    (tmp_path / "web.log").write_text(
        "".join(f"{NOW - timedelta(minutes=ago):%Y-%m-%dT%H:%M:%SZ} INFO x\n" for ago in range(1440, 0, -1)),
        encoding="utf-8",
    )
    found = log_review(FileLogs((f"{tmp_path}/*.log",), Logs()), SETTINGS, FixedClock(NOW), Earlier())
    assert found.coverage.enough, found.coverage
