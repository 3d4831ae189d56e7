"""Refused requests and failed sign-ins by source and hour, in one pass."""

from datetime import UTC, datetime, timedelta

from playbook.readers.logs.security import SecurityReviewer

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def line(text, ago=timedelta(0), component="web"):
    return f"{component} {NOW - ago:%Y-%m-%dT%H:%M:%S.%f}000Z {text}"


def access(status, client="192.0.2.7", path="/admin", method="GET"):
    return f'{client} - - [20/Nov/2026:10:00:00 +0000] "{method} {path} HTTP/1.1" {status} 12 "-" "-"'


def review(*lines, days=7):
    reviewer = SecurityReviewer((NOW - timedelta(days=days)).timestamp(), NOW.timestamp())
    reviewer.extend(lines)
    return reviewer.result()


def test_refused_requests_by_source_hour_and_path():
    """401, 403 and blocked ones; other statuses are not counted here."""
    found = review(
        *(line(access(403), timedelta(hours=2, minutes=-n)) for n in range(5)),
        line(access(401, path="/img/812"), timedelta(hours=1)),
        line(access(404), timedelta(hours=1)),
        line("firewall: blocked request from 192.0.2.9", timedelta(hours=1)),
        line("0 requests unblocked; blocked=0", timedelta(hours=1)),
    )
    (source, row), (other, _) = found.refused
    assert (source, row.count, row.what) == ("192.0.2.7", 6, {"403": 5, "401": 1})
    assert row.paths == {"/admin": 5, "/img/:id": 1}
    assert row.worst_hour[0] == 5
    assert other == "192.0.2.9"
    assert sorted(found.hours.values()) == [2, 5]


def test_401_is_a_failed_sign_in_only_on_sign_in_paths():
    """A 403 means missing permission, and only counts as refused."""
    found = review(
        line(access(401, path="/api/login", method="POST")),
        line(access(403, path="/api/login")),
        line(access(401, path="/api/images")),
    )
    assert [(key, row.count) for key, row in found.failed] == [(("access", "192.0.2.7"), 1)]
    assert found.refused[0][1].count == 3


def test_attempt_in_two_logs_is_not_added_up():
    """Both the application and the access line report it."""
    found = review(
        line('{"level":40,"msg":"login failed","ip":"192.0.2.7"}'),
        line(access(401, path="/login", method="POST")),
    )
    assert {kind: sum(hours.values()) for kind, hours in found.failed_hours.items()} == {
        "application": 1,
        "access": 1,
    }


def test_only_lines_in_the_window_count():
    """Earlier lines are left out; future ones count, but not their hour.

    A line without a time has that of the one before it.
    """
    found = review(
        line(access(403), timedelta(days=8)),
        line(access(403), -timedelta(hours=1)),
        line("sshd says", timedelta(hours=3), "sshd"),
        "Failed password for root from 192.0.2.7 port 5 ssh2",
    )
    assert [(source, row.count) for source, row in found.refused] == [("192.0.2.7", 1)]
    assert [(key, row.count) for key, row in found.failed] == [(("ssh", "192.0.2.7"), 1)]
    assert (found.lines, found.ahead, found.reaches_back) == (3, 1, True)
    assert found.last == (NOW - timedelta(hours=3)).timestamp()


def test_empty_log_has_no_times():
    """No lines, no times."""
    found = review()
    assert (found.lines, found.first, found.last, found.hours) == (0, None, None, {})


def test_memory_is_bounded():
    """For any number of sources."""
    found = review(*(line(access(403, f"10.{n // 250}.{n % 250}.1")) for n in range(3000)))
    assert len(found.refused) == 500
    assert found.left_out > 0
    assert sum(found.hours.values()) == 3000


def test_first_lines_without_a_time_are_of_the_first_time_that_follows():
    """As HAProxy, Spring Boot and others write them at their start; a file without any time has none."""
    start = ["[NOTICE]   (1) : haproxy version is 2.6.12", "", "firewall: blocked request from 192.0.2.9"]
    found = review(*start, line(access(403), timedelta(hours=1)))
    assert (found.undated, found.lines) == (0, 4)
    assert [source for source, _ in found.refused] == ["192.0.2.9", "192.0.2.7"]
    assert review(*start).undated == 2
    assert review(*["banner"] * 500, line(access(403))).undated == 100


def test_port_makes_no_other_visitor():
    """Go names who connected with the port, which is another one each time."""
    written = "level=INFO msg=request method=GET path=/admin status=403 remote=203.0.113.66:{}"
    found = review(*(line(written.format(port)) for port in range(5000, 5070)))
    assert [(source, row.count) for source, row in found.refused] == [("203.0.113.66", 70)]


def test_caddy_tells_the_visitor_from_its_proxy():
    """By the proxies that it trusts; remote_ip is Cloudflare's."""
    request = '"request":{"remote_ip":"172.68.1.9","client_ip":"203.0.113.66","method":"GET","uri":"/a"}'
    found = review(line(f'{{"logger":"http.log.access","msg":"handled request",{request},"status":403}}'))
    assert [source for source, _ in found.refused] == ["203.0.113.66"]
