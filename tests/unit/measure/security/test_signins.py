"""Refused requests and failed sign-ins of a week, and guessed passwords."""

import contextlib
import dataclasses
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as settled
from hypothesis import strategies as st

from checks.security import test_security as checks
from playbook.clients.log_reading import LogStream
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.errors import TooLittleData, Unreachable
from playbook.core.judge import Judge
from playbook.core.verdict import Critical
from playbook.measure.logs.logs_of_before import call_logs
from playbook.measure.security.security_log import LogsOfTheWeek, logs_of_the_week, security_log
from playbook.measure.security.signins import failed_logins
from playbook.settings.loading import load
from tests.judged import judged

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
CLOCK = FixedClock(NOW)


class Log:
    """A log with these lines."""

    def __init__(self, *lines, problems=()):
        self.lines, self.problems = lines, list(problems)

    def read(self, since):
        return LogStream("a test", iter([iter(self.lines)]), self.problems)


def line(text, hours=0.0):
    return f"web {NOW - timedelta(hours=hours):%Y-%m-%dT%H:%M:%S.%f}000Z {text}"


def refused(hours, client="192.0.2.7"):
    return line(f'{client} - - [20/Nov/2026:10:00:00 +0000] "GET /admin HTTP/1.1" 403 12 "-" "-"', hours)


def shown(value, number):
    return value.evidence()[number]


ORDINARY = [
    line('192.0.2.8 - - [20/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "-"', hours)
    for hours in range(169)
]
SETTINGS = load("staging", environment={})
QUIET = security_log(logs_of_the_week(Log(*ORDINARY), SETTINGS, CLOCK, Earlier()))


@pytest.fixture
def settings(tmp_path):
    """A target, with a file of sign-ins if a test needs one."""

    def make(*auth_lines):
        overlay = {}
        if auth_lines:
            file = tmp_path / "auth.log"
            file.write_text("".join(f"{text}\n" for text in auth_lines))
            overlay = {"targets": {"staging": {"security": {"auth_logs": [str(file)], "days": 36500}}}}
        return load("staging", root=tmp_path, environment={}, overlay=overlay)

    return make


def week(*lines, problems=()):
    """The result of both measurements from the logs."""
    kept = logs_of_the_week(Log(*lines, problems=problems), SETTINGS, CLOCK, Earlier())
    return security_log(kept)


def standing_on(value, holds=True):
    """The verdict of a good statement that depends on this value."""
    judge = Judge()
    judge.add_coverage("value", value.coverage)
    judge.that(holds, "It", expected="well", found="well")
    return str(judge.judgements[0].verdict), judge.judgements[0].message


def test_week_without_refusals_is_good(settings):
    """Of the observed time."""
    found = week(*ORDINARY)
    assert (found.burst.value, found.burst.over) == (0, "168 of 168 h (169 lines)")
    assert found.unusual == ""
    assert standing_on(found)[0] == "OK"
    assert found.coverage.words == "168 of 168 h"
    assert shown(found, 0).facts["Hours with lines"] == "168 of 168"
    logins = failed_logins(LogsOfTheWeek(found), settings(), CLOCK, Earlier())
    assert (logins.by_source.value, logins.altogether.value, logins.guessed) == (0, 0, "")
    assert standing_on(logins)[0] == "OK"
    assert "security.auth_logs" in shown(logins, 1).facts["Files"]


def test_burst_is_found():
    """Of the source with most in an hour, not most in all."""
    slow = [refused(hours, "192.0.2.1") for hours in range(168)]
    found = week(*ORDINARY, *slow, *[refused(2.1)] * 20)
    assert found.burst.value == 20
    assert found.burst.over.endswith(", by 192.0.2.7 at Fri 20 Nov, 10:00 UTC")
    assert found.unusual == "21 from 2 sources at Fri 20 Nov, 10:00 UTC (usually 1)"
    assert shown(found, 1).rows[0][:2] == ["192.0.2.1", "168"]
    assert shown(found, 2).rows == [["/admin", "188"]]


PROXY = "10.244.0.7"


@pytest.mark.parametrize(
    ("sources", "verdict", "words"),
    [
        ([PROXY] * 60, "OK", f"by {PROXY}"),
        ([PROXY] * 700, "UNKNOWN", f"got 700 refused at Fri 20 Nov, 10:00 UTC from {PROXY}"),
        ([PROXY] * 700 + ["192.0.2.7"] * 70, "WARNING", ""),
        ([PROXY] * 70 + ["192.0.2.7"] * 30, "UNKNOWN", "the address of each visitor who was refused"),
        (["192.0.2.7"] * 700, "CRITICAL", "by 192.0.2.7"),
    ],
)
def test_proxy_is_many_visitors(sources, verdict, words):
    """As in an application that logs who connects, and not on whose behalf."""
    found = week(*ORDINARY, *[refused(2.1, source) for source in sources])
    judge = Judge()
    judge.add_coverage("security_log", found.coverage)
    with contextlib.suppress(Critical):
        judge(found.burst, SETTINGS.limits.refused_burst)
    assert str(judge.judgements[0].verdict) == verdict
    assert words in judge.judgements[0].message


@pytest.mark.parametrize(
    ("lines", "problems", "words"),
    [
        (ORDINARY[:140], (), "expected log lines of at least 151.2 of 168 h, got log lines of 140 h"),
        (ORDINARY[2:], (), "expected a line in the last 1.0 h, got none for 2.0 h from a test"),
        (ORDINARY, ("half of it is missing",), "expected everything to be read, got half of it is missing"),
        (
            [line("all is well", hours) for hours in range(169)],
            (),
            "expected access lines, as they say who was refused",
        ),
        ([*ORDINARY, *[line("x", -30)] * 9], (), "9 of 178, e.g. 'web 2026-11-21T18:30:00"),
        (["no time", *ORDINARY], (), ""),
    ],
    ids=["too short", "silent", "problem", "no access lines", "ahead", "one line without a time"],
)
def test_partly_observed_week_proves_only_refusals(lines, problems, words):
    """It cannot prove that nobody was refused."""
    found = week(*lines, problems=problems)
    verdict, message = standing_on(found)
    assert verdict == ("UNKNOWN" if words else "OK")
    assert words in message
    assert week(*lines, *[refused(0.1)] * 70, problems=problems).burst.value == 70


def test_missing_lines_are_unknown():
    """One sentence with the reason."""
    with pytest.raises(TooLittleData, match="expected lines from a test, got none at all; it broke off"):
        week(problems=["it broke off"])
    with pytest.raises(TooLittleData, match=r"got 2 without a time that can be read, e\.g\. 'one'"):
        week("one", "two")


def ssh(text, minutes):
    return f"{(NOW - timedelta(minutes=minutes)).isoformat()} jump sshd[7]: {text}"


def guesses(count):
    return [ssh(f"Failed password for root from 192.0.2.7 port {n} ssh2", 25) for n in range(count)]


def test_files_with_sign_ins_are_read(settings):
    """Together with the logs of the target."""
    found = failed_logins(LogsOfTheWeek(week(*ORDINARY)), settings(*guesses(12)), CLOCK, Earlier())
    assert found.by_source.value == 12
    assert found.by_source.over == (
        "168 of 168 h (169 lines) and 12 lines of files, from 192.0.2.7 at Fri 20 Nov, 12:00 UTC, says sshd"
    )
    assert found.altogether.value == 12
    assert shown(found, -1).rows[0][:3] == ["192.0.2.7", "sshd", "12"]
    assert ", got lines of 0.4 h of sign-ins; partial result: well" in standing_on(found)[1]


def test_files_count_while_the_logs_are_unavailable(settings):
    """And the reverse: bad results are reported, good ones are not claimed."""
    away = LogsOfTheWeek(None, Unreachable("Logs: gone", service="Logs"))
    found = failed_logins(away, settings(*guesses(12)), CLOCK, Earlier())
    assert found.by_source.value == 12
    assert "Logs: gone" in standing_on(found)[1]
    with pytest.raises(Unreachable, match="Logs: gone"):
        failed_logins(away, settings(), CLOCK, Earlier())
    with pytest.raises(Unreachable, match="Logs: gone"):
        security_log(away)


@pytest.mark.parametrize(
    ("tries", "accepted", "guessed"),
    [
        (12, "Accepted password for root from 192.0.2.7 port 99 ssh2", True),
        (3, "Accepted password for root from 192.0.2.7 port 99 ssh2", False),
        (12, "Accepted publickey for root from 192.0.2.7 port 99 ssh2: x", False),
        (12, "Accepted password for root from 192.0.2.8 port 99 ssh2", False),
    ],
)
def test_guessed_password_is_found(settings, tries, accepted, guessed):
    """Many wrong ones of a source, then a right one; a key cannot be guessed."""
    found = failed_logins(
        LogsOfTheWeek(week(*ORDINARY)), settings(*guesses(tries), ssh(accepted, 20)), CLOCK, Earlier()
    )
    expected = "192.0.2.7 signed in at 2026-11-20 12:10:00 UTC after 12 wrong passwords" if guessed else ""
    assert found.guessed == expected


def test_missing_file_is_reported(tmp_path):
    """A configured but missing file does not count as quiet, and hides nothing of the logs."""
    own = {"security": {"auth_logs": [str(tmp_path / "none*.log")]}}
    wanted = load("staging", root=tmp_path, environment={}, overlay={"targets": {"staging": own}})
    failed = [line('{"level":40,"msg":"login failed","ip":"192.0.2.7"}', 0.1)] * 40
    found = failed_logins(LogsOfTheWeek(week(*ORDINARY, *failed)), wanted, CLOCK, Earlier())
    assert found.by_source.value == 40
    verdict, message = standing_on(found)
    assert verdict == "UNKNOWN"
    assert "expected everything to be read, got nothing from the logs: " in message


def test_file_that_earlier_weeks_have_read_is_missed(tmp_path):
    """Beside others that still match, until the settings name the others only."""

    def read(files, before=None):
        own = {"security": {"auth_logs": [str(tmp_path / one) for one in files]}}
        wanted = load("staging", root=tmp_path, environment={}, overlay={"targets": {"staging": own}})
        earlier = Earlier(read_month=lambda: [before] if before else [])
        return failed_logins(LogsOfTheWeek(QUIET), wanted, CLOCK, earlier)

    for name in ("jump.log", "db.log"):
        (tmp_path / name).write_text("".join(f"{text}\n" for text in GOOD))
    first = read(["*.log"])
    assert first.coverage.enough
    before = {
        name: msgspec.structs.replace(one, at=NOW - timedelta(days=7)) for name, one in first.readings.items()
    }
    (tmp_path / "db.log").unlink()
    missed = read(["*.log"], before).coverage
    assert not missed.enough
    assert "logs that earlier runs have found are missing: " in missed.got
    assert "name only the others in security.auth_logs" in missed.got
    assert read(["jump.log"], before).coverage.enough


def good_file(texts):
    """The lines of a week of a jump host, an hour apart."""
    return [
        f"{(NOW - timedelta(hours=hours)).isoformat()} jump {program}[{7 + hours}]: {text}"
        for hours, (program, text) in zip(range(len(texts) - 1, -1, -1), texts, strict=True)
    ]


GOOD = good_file([
    ("sshd", f"Accepted publickey for ada from 198.51.100.7 port {n} ssh2: RSA SHA256:aa")
    if n % 9 == 0
    else ("CRON", "pam_unix(cron:session): session opened for user root")
    for n in range(180)
])  # fmt: skip


def verdict_on(lines, tmp_path):
    """The verdict of the check on a file with these lines and quiet logs."""
    file = tmp_path / "auth.log"
    file.write_text("".join(f"{text}\n" for text in lines))
    overlay = {"targets": {"staging": {"security": {"auth_logs": [str(file)]}}}}
    settings = load("staging", root=tmp_path, environment={}, overlay=overlay)
    found = failed_logins(LogsOfTheWeek(QUIET), settings, CLOCK, Earlier())
    return str(judged(checks.test_nobody_guesses_passwords, limits=settings.limits, failed_logins=found)[0])


def test_good_file_is_good(tmp_path):
    """The next test damages it."""
    assert verdict_on(GOOD, tmp_path) == "OK"


@settled(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(at=st.integers(13, 170), kind=st.sampled_from(["burst", "garbled", "undated", "unknown", "gap", "cut"]))
def test_one_bad_part_anywhere_is_not_ok(tmp_path, at, kind):
    """A burst, unreadable lines, a gap of a day and a half."""
    stamp, _, _ = GOOD[at].partition(" ")
    bad = {
        "burst": [f"{stamp} jump sshd[9]: Failed password for x from 192.0.2.9 port {n} ssh2" for n in range(40)],
        "garbled": ["\ufffd\ufffd garbled \ufffd"] * 3,
        "undated": ["jump sshd[9]: Failed password for x from 192.0.2.9 port 5 ssh2"] * 3,
        "unknown": [f"{stamp} jump sshd[9]: Phail for x"] * 3,
    }
    if kind in bad:
        lines = [*GOOD[:at], *bad[kind], *GOOD[at:]]
    else:
        end = at + 45 if kind == "gap" else len(GOOD)
        lines = [text for number, text in enumerate(GOOD) if not at <= number < end]
    assert verdict_on(lines, tmp_path) != "OK"


def test_log_that_earlier_runs_have_found_is_missed():
    """The refused requests may have been in it."""

    class Files(Log):
        def read(self, since):
            stream = super().read(since)
            stream.found = ("shop/app.log",)
            return stream

    both = LogStream("", iter(()), found=("shop/app.log", "shop/proxy.log"))
    before = call_logs(both, SETTINGS, NOW - timedelta(days=1), Earlier())
    kept = logs_of_the_week(Files(*ORDINARY), SETTINGS, CLOCK, Earlier(lambda: [{"logs": before.read}]))
    assert "logs that earlier runs have found are missing: shop-proxy " in kept.coverage.got


@pytest.mark.parametrize(
    ("of_api", "suspicious", "sign_ins"),
    [
        ([], "UNKNOWN", "UNKNOWN"),
        (["ready on 8080"], "UNKNOWN", "UNKNOWN"),  # Express without a request log
        (["WARN login failed for eve from 192.0.2.9"], "UNKNOWN", "OK"),
        (['192.0.2.9 - - [20/Nov/2026:10:00:00 +0000] "GET /api HTTP/1.1" 200 1 "-" "-"'], "OK", "OK"),
    ],
)
def test_component_that_answers_requests_and_does_not_log_them_is_unknown(of_api, suspicious, sign_ins, settings):
    """Every sign-in goes to the API, and only the website logs its requests."""

    class Platform(Log):
        def read(self, since):
            stream = super().read(since)
            return dataclasses.replace(stream, expected=("web", "api"), serving=("web", "api"))

    said = [line(text, hours).replace("web ", "api ", 1) for hours in range(169) for text in of_api]
    ours = settings()
    kept = logs_of_the_week(Platform(*ORDINARY, *said), ours, CLOCK, Earlier())
    refusals, failures = security_log(kept), failed_logins(kept, ours, CLOCK, Earlier())
    found = judged(checks.test_no_source_is_refused_unusually_often, security_log=refusals)
    assert str(found[0]) == suspicious, found
    found = judged(checks.test_nobody_guesses_passwords, failed_logins=failures)
    assert str(found[0]) == sign_ins, found


def test_components_of_lines_that_name_none_are_explained(settings):
    """As of gunicorn in a file ``api.log``, whose name is no component."""

    class Nameless(Log):
        def read(self, since):
            stream = super().read(since)
            return dataclasses.replace(stream, expected=("api",), serving=("api",))

    ours = settings()
    kept = logs_of_the_week(Nameless(*(text.partition(" ")[2] for text in ORDINARY)), ours, CLOCK, Earlier())
    coverage = security_log(kept).coverage
    assert "none of api" in coverage.got
    assert "leave out logs.components and logs.serving" in coverage.hint
    assert "DigitalOcean" not in coverage.hint


def signing_in(client, status, minutes, path="/api/login", method="POST"):
    return line(
        f'{client} - - [20/Nov/2026:10:00:00 +0000] "{method} {path} HTTP/1.1" {status} 12 "-" "-"', minutes / 60
    )


@pytest.mark.parametrize(
    ("statuses", "path", "expected"),
    [
        ([401] * 20 + [200], "/api/login", "CRITICAL"),
        ([422] * 20 + [303], "/users/sign_in", "CRITICAL"),
        ([200] * 20 + [302], "/wp-login.php", "CRITICAL"),
        ([200] + [401] * 20, "/api/login", "OK"),  # signed in before
        ([401] * 9 + [200], "/api/login", "OK"),
        ([401, 200] * 15, "/api/login", "OK"),  # an office of many people
        ([302] * 21, "/login", "OK"),  # Laravel answers both alike
        ([401] * 20 + [200], "/api/auth/refresh", "OK"),
    ],
)
def test_password_guessed_at_a_form_is_found(statuses, path, expected, settings):
    """By the answers to sign-ins, in access lines."""
    tries = [signing_in("203.0.113.66", status, 50 - n, path) for n, status in enumerate(statuses)]
    kept = logs_of_the_week(Log(*ORDINARY, *tries), SETTINGS, CLOCK, Earlier())
    found = judged(
        checks.test_nobody_guesses_passwords, failed_logins=failed_logins(kept, settings(), CLOCK, Earlier())
    )
    assert str(found[0]) == expected, found
    proxied = [signing_in("10.244.0.7", status, 50 - n, path) for n, status in enumerate(statuses)]
    kept = logs_of_the_week(Log(*ORDINARY, *proxied), SETTINGS, CLOCK, Earlier())
    assert failed_logins(kept, settings(), CLOCK, Earlier()).guessed == ""  # all visitors together


def test_sign_ins_of_a_large_site_are_no_lines_that_are_not_understood(settings, monkeypatch):
    """Of those without a failure nothing is kept beyond the bound."""
    monkeypatch.setattr("playbook.readers.logs.security._ACCEPTED", 10)
    tries = [signing_in("203.0.113.66", status, 50 - n) for n, status in enumerate([401] * 20 + [200])]
    many = [signing_in(f"198.51.100.{n}", 200, 20 - n / 10) for n in range(100)]
    kept = logs_of_the_week(Log(*ORDINARY, *tries, *many), SETTINGS, CLOCK, Earlier())
    assert kept.log.coverage.enough
    assert "203.0.113.66 was let in" in failed_logins(kept, settings(), CLOCK, Earlier()).guessed


@pytest.mark.parametrize(
    ("client", "count", "expected"),
    [("10.244.0.7", 35, "UNKNOWN"), ("203.0.113.66", 35, "WARNING"), ("10.244.0.7", 20, "OK")],
)
def test_proxy_is_many_visitors_who_fail_to_sign_in(client, count, expected, settings):
    """App Platform's: whether one visitor failed that often is not known."""
    tries = [signing_in(client, 401, 29 - n / 2) for n in range(count)]
    kept = logs_of_the_week(Log(*ORDINARY, *tries), SETTINGS, CLOCK, Earlier())
    found = judged(
        checks.test_nobody_guesses_passwords, failed_logins=failed_logins(kept, settings(), CLOCK, Earlier())
    )
    assert str(found[0]) == expected, found
