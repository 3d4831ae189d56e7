"""Refused requests and failed sign-ins of a week, and whether a password was guessed."""

from datetime import UTC, datetime, timedelta

import pytest

from playbook.clients.log_reading import LogStream
from playbook.clock import FixedClock
from playbook.errors import TooLittleData, Unreachable
from playbook.measure.signins import failed_logins, security_log
from playbook.settings import load

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
CLOCK = FixedClock(NOW)


class Log:
    """A log that holds these lines."""

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


ORDINARY = [line("all is well", hours) for hours in range(30)]


@pytest.fixture
def settings(tmp_path):
    """A target, with a file of sign-ins where a test wants one."""

    def make(*auth_lines):
        overlay = {}
        if auth_lines:
            file = tmp_path / "auth.log"
            file.write_text("".join(f"{text}\n" for text in auth_lines))
            overlay = {"targets": {"staging": {"security": {"auth_logs": [str(file)], "days": 36500}}}}
        return load("staging", root=tmp_path, environment={}, overlay=overlay)

    return make


def test_a_quiet_week(settings):
    """None refused, over what was seen."""
    found = security_log(Log(*ORDINARY), settings(), CLOCK)
    assert (found.burst.value, found.burst.over) == (0, "30 of 168 h (30 lines)")
    assert (found.unusual, found.problem_text) == ("", "")
    found.demand_coverage()
    assert shown(found, 0).facts["Hours with lines"] == "30 of 168"
    logins = failed_logins(found, settings(), CLOCK)
    assert (logins.by_source.value, logins.altogether.value, logins.guessed) == (0, 0, "")
    assert "security.auth_logs" in shown(logins, 1).facts["Files"]


def test_a_burst(settings):
    """Of the source that had most in an hour, not most in all."""
    slow = [refused(hours, "192.0.2.1") for hours in range(30)]
    found = security_log(Log(*ORDINARY, *slow, *[refused(2.1)] * 20), settings(), CLOCK)
    assert found.burst.value == 20
    assert found.burst.over.endswith(", by 192.0.2.7 at Fri 20 Nov, 10:00 UTC")
    assert found.unusual == "21 from 2 sources at Fri 20 Nov, 10:00 UTC (usually 1)"
    assert shown(found, 1).rows[0][:2] == ["192.0.2.1", "30"]
    assert shown(found, 2).rows == [["/admin", "50"]]


def test_too_few_hours(settings):
    """What was refused counts all the same; that nobody was does not."""
    found = security_log(
        Log(line("x"), *[refused(0.1)] * 70, problems=["half of it is missing"]), settings(), CLOCK
    )
    assert found.burst.value == 70
    assert found.problem_text == "half of it is missing"
    with pytest.raises(
        TooLittleData, match="expected lines in at least 20 hours, got 1: from 2026-11-20 12:24:00"
    ):
        found.demand_coverage()
    with pytest.raises(TooLittleData):
        failed_logins(found, settings(), CLOCK).demand_coverage()


def test_no_lines(settings):
    """One sentence with what went wrong."""
    with pytest.raises(TooLittleData, match="expected lines from a test, got none at all; it broke off"):
        security_log(Log(problems=["it broke off"]), settings(), CLOCK)


def ssh(text, minutes):
    return f"{(NOW - timedelta(minutes=minutes)).isoformat()} jump sshd[7]: {text}"


def guesses(count):
    return [ssh(f"Failed password for root from 192.0.2.7 port {n} ssh2", 25) for n in range(count)]


def test_files_with_sign_ins(settings):
    """Beside the target's logs."""
    log = security_log(Log(*ORDINARY), settings(), CLOCK)
    found = failed_logins(log, settings(*guesses(12)), FixedClock(NOW))
    assert found.by_source.value == 12
    assert found.by_source.over == (
        "30 of 168 h (30 lines) and 12 lines of files, from 192.0.2.7 at Fri 20 Nov, 12:00 UTC, says sshd"
    )
    assert found.altogether.value == 12
    assert shown(found, -1).rows[0][:3] == ["192.0.2.7", "sshd", "12"]


@pytest.mark.parametrize(
    ("tries", "accepted", "guessed"),
    [
        (12, "Accepted password for root from 192.0.2.7 port 99 ssh2", True),
        (3, "Accepted password for root from 192.0.2.7 port 99 ssh2", False),
        (12, "Accepted publickey for root from 192.0.2.7 port 99 ssh2: x", False),
        (12, "Accepted password for root from 192.0.2.8 port 99 ssh2", False),
    ],
)
def test_a_guessed_password(settings, tries, accepted, guessed):
    """Many wrong ones of a source, then one that is right; a key cannot be guessed."""
    log = security_log(Log(*ORDINARY), settings(), CLOCK)
    found = failed_logins(log, settings(*guesses(tries), ssh(accepted, 20)), CLOCK)
    expected = "192.0.2.7 signed in at 2026-11-20 12:10:00 UTC after 12 wrong passwords" if guessed else ""
    assert found.guessed == expected


def test_a_file_that_is_not_there(tmp_path, settings):
    """Set and missing is no quiet week."""
    log = security_log(Log(*ORDINARY), settings(), CLOCK)
    own = {"security": {"auth_logs": [str(tmp_path / "none*.log")]}}
    wanted = load("staging", root=tmp_path, environment={}, overlay={"targets": {"staging": own}})
    with pytest.raises(Unreachable, match="got no file that matches"):
        failed_logins(log, wanted, CLOCK)
