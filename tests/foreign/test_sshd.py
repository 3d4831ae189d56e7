"""Sign-ins in the words of sshd, dropbear, PAM, mail and FTP servers, in the frames of syslog and the journal."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from playbook.clients.log_files import FileLogs
from playbook.core.clock import FixedClock
from playbook.core.counters import Earlier
from playbook.core.errors import NotConfigured
from playbook.core.judge import Judge
from playbook.core.verdict import SEVERITY, Critical
from playbook.measure.security.security_log import LogsOfTheWeek
from playbook.measure.security.signins import failed_logins
from playbook.readers.logs.security import SecurityReviewer
from playbook.settings.loading import load

LINES = Path(__file__).with_name("sshd")
FAILED = (LINES / "turned-away.txt").read_text().splitlines()
HARMLESS = (LINES / "harmless.txt").read_text().splitlines()
# Several lines each about one attempt, by one process.
ONE_TRY = [lines.splitlines() for lines in (LINES / "one-try.txt").read_text().split("\n\n")]
OTHERS = [line.split("\t") for line in (LINES / "other-programs.tsv").read_text().splitlines()]
SPELLINGS = [
    ("203.0.113.66", "203.0.113.66"),
    ("::ffff:203.0.113.66", "203.0.113.66"),
    ("2001:DB8:0:0:0:0:0:66", "2001:db8::66"),
    ("fe80::1%eth0", "fe80::1%eth0"),
    ("Scanner.Example.", "scanner.example"),
    ("UNKNOWN", ""),
]
NOW = datetime(2026, 1, 3, 12, 30, tzinfo=UTC)  # a new year has begun within the week
CLOCK = FixedClock(NOW)
SOURCE = "203.0.113.66"
MINUTE = timedelta(minutes=1)


def rfc3164(at, program, pid, text):
    return f"{at:%b} {at.day:>2} {at:%H:%M:%S} jump {program}[{pid}]: {text}"


def journal_export(at, program, pid, text):
    micro = int(at.timestamp() * 1e6)
    return (
        f"__CURSOR=s=5f;i={micro:x}\n__REALTIME_TIMESTAMP={micro}\n__MONOTONIC_TIMESTAMP=1\nPRIORITY=6\n"
        f"SYSLOG_IDENTIFIER={program}\n_PID={pid}\nMESSAGE={text}\n"
    )


def journal_verbose(at, program, pid, text):
    return (
        f"{at:%a %Y-%m-%d %H:%M:%S.%f} UTC [s=5f0c;i=1a;b=77;m=1;t=2;x=3]\n"
        f"    PRIORITY=6\n    SYSLOG_IDENTIFIER={program}\n    _PID={pid}\n    MESSAGE={text}"
    )


def journal_json(at, program, pid, text):
    fields = {
        "__REALTIME_TIMESTAMP": str(int(at.timestamp() * 1e6)),
        "SYSLOG_IDENTIFIER": program,
        "_PID": str(pid),
    }
    return json.dumps(fields | {"MESSAGE": text})


def journal_json_bytes(at, program, pid, text):
    return journal_json(at, program, pid, list(text.encode()))


FRAMES = {
    "rfc3164": rfc3164,
    "short-precise": lambda at, p, n, t: f"{at:%b %d %H:%M:%S.%f} jump {p}[{n}]: {t}",
    "with-priority": lambda at, p, n, t: f"<38>{rfc3164(at, p, n, t)}",
    "rfc5424": lambda at, p, n, t: f"<38>1 {at:%Y-%m-%dT%H:%M:%S.%f}Z jump.example {p} {n} - - {t}",
    "rfc5424-data": lambda at, p, n, t: f'<38>1 {at:%Y-%m-%dT%H:%M:%SZ} jump {p} {n} ID1 [a@1 b="c"] \ufeff{t}',
    "rsyslog": lambda at, p, n, t: f"{at:%Y-%m-%dT%H:%M:%S.%f}+00:00 jump {p}[{n}]: {t}",
    "short-iso": lambda at, p, n, t: f"{at:%Y-%m-%dT%H:%M:%S}+0000 jump {p}[{n}]: {t}",
    "short-iso-elsewhere": lambda at, p, n, t: f"{at + 330 * MINUTE:%Y-%m-%dT%H:%M:%S}+0530 jump {p}[{n}]: {t}",
    "short-full": lambda at, p, n, t: f"{at:%a %Y-%m-%d %H:%M:%S} UTC jump {p}[{n}]: {t}",
    "short-full-winter": lambda at, p, n, t: f"{at + 60 * MINUTE:%a %Y-%m-%d %H:%M:%S} CET jump {p}[{n}]: {t}",
    "with-unit": lambda at, p, n, t: (
        f"{at:%a %Y-%m-%d %H:%M:%S} UTC jump {'ssh' if p == 'sshd' else p}.service[{n}]: {t}"
    ),
    "short-unix": lambda at, p, n, t: f"{at.timestamp():.6f} jump {p}[{n}]: {t}",
    "openwrt": lambda at, p, n, t: f"{at:%a %b} {at.day:>2} {at:%H:%M:%S %Y} authpriv.info {p}[{n}]: {t}",
    "busybox": lambda at, p, n, t: f"{at:%b} {at.day:>2} {at:%H:%M:%S} jump authpriv.info {p}[{n}]: {t}",
    "solaris": lambda at, p, n, t: rfc3164(at, p, n, f"[ID 800047 auth.info] {t}"),
    "macos": lambda at, p, n, t: f"{at:%Y-%m-%d %H:%M:%S.%f}+0000  localhost {p}[{n}]: {t}".replace("  ", " "),
    "json": journal_json,
    "json-sse": lambda at, p, n, t: f"data: {journal_json(at, p, n, t)}\n",
    "json-bytes": journal_json_bytes,
    "filebeat": lambda at, p, n, t: json.dumps(
        {"@timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.000Z", "message": rfc3164(at, p, n, t), "input": {"type": "log"}}
    ),
    "docker": lambda at, p, n, t: json.dumps(
        {"log": f"{rfc3164(at, p, n, t)}\n", "stream": "stdout", "time": f"{at:%Y-%m-%dT%H:%M:%S}.000000000Z"}
    ),
    "export": journal_export,
    "verbose": journal_verbose,
}


def ordinary(frame):
    """An ordinary week: cron every hour, a sign-in by key a day."""
    entries = []
    for hour in range(24 * 8):
        at = NOW - timedelta(hours=hour, minutes=3)
        entries.append((at, frame(at, "CRON", 900 + hour, "pam_unix(cron:session): session opened for user root")))
        if hour % 24 == 5:
            text = f"Accepted publickey for ada from 198.51.100.7 port {50_000 + hour} ssh2: RSA SHA256:Zk3mX0"
            entries.append((at, frame(at, "sshd", 2000 + hour, text)))
    return entries


def written(entries):
    return "".join(f"{text}\n" for _, text in sorted(entries, key=lambda entry: entry[0]))


def measured(tmp_path, text):
    """The measurement of a file with this text, without other logs."""
    file = tmp_path / "auth.log"
    file.write_text(text)
    own = {"targets": {"staging": {"security": {"auth_logs": [str(file)]}}}}
    settings = load("staging", root=tmp_path, environment={}, overlay=own)
    found = failed_logins(
        LogsOfTheWeek(None, NotConfigured("no logs", setting="", add="")), settings, CLOCK, Earlier()
    )
    return found, settings


def verdict(tmp_path, text):
    """The check's verdict; the target's own logs are not part of it."""
    found, settings = measured(tmp_path, text)
    judge = Judge()
    judge.add_coverage("failed_logins", found._files_coverage(found.files))
    try:
        judge.that(not found.guessed, "Passwords", expected="none guessed", found=found.guessed or "none")
        judge(found.by_source, settings.limits.failed_logins)
        judge(found.altogether, settings.limits.failed_logins_all)
    except Critical:
        pass
    worst = min(judge.judgements, key=lambda judged: SEVERITY.index(judged.verdict))
    return str(worst.verdict), worst.message


def burst(frame, lines, count=45):
    """The lines of one attempt, repeated within half an hour, each on a new connection."""
    entries = []
    for number in range(count):
        at = NOW - timedelta(days=2, minutes=30) + timedelta(minutes=25) * (number / count)
        entries += [(at, frame(at, p, 3000 + number, t.format(port=40_000 + number))) for p, t in lines]
    return entries


GUESS = [("sshd", "Failed password for root from 203.0.113.66 port {port} ssh2")]


@pytest.mark.parametrize("name", FRAMES)
def test_ordinary_week_is_ok_in_each_frame(tmp_path, name):
    """Every line is read and understood."""
    assert verdict(tmp_path, written(ordinary(FRAMES[name])))[0] == "OK"


@pytest.mark.parametrize("name", FRAMES)
def test_burst_is_found_in_each_frame(tmp_path, name):
    """Forty-five wrong passwords within half an hour."""
    frame = FRAMES[name]
    found, _ = measured(tmp_path, written(ordinary(frame) + burst(frame, GUESS)))
    assert found.by_source.value == 45
    assert f"from {SOURCE} at " in found.by_source.over


@pytest.mark.parametrize("name", FRAMES)
def test_guessed_password_is_found_in_each_frame(tmp_path, name):
    """Twenty wrong ones, then a correct one."""
    frame, at = FRAMES[name], NOW - timedelta(days=2, minutes=2)
    accepted = frame(at, "sshd", 4000, f"Accepted password for ada from {SOURCE} port 41999 ssh2")
    found, _ = measured(tmp_path, written([*ordinary(frame), *burst(frame, GUESS, 20), (at, accepted)]))
    assert found.guessed == f"{SOURCE} signed in at {at:%Y-%m-%d %H:%M:%S} UTC after 20 wrong passwords"


def review(*lines):
    """The review of today's lines."""
    reviewer = SecurityReviewer((NOW - timedelta(days=7)).timestamp(), NOW.timestamp(), strict=True)
    reviewer.extend(lines)
    return reviewer.result()


def failures(found):
    """Source → number of failures, of the log with the most."""
    counts = {}
    for (_, source), row in found.failed:
        if row.count:
            counts[source] = max(counts.get(source, 0), row.count)
    return counts


@pytest.mark.parametrize("text", FAILED)
def test_each_kind_of_rejection_counts(text):
    """Once, under its source, with sshd's current and former program names."""
    for program in ("sshd", "sshd-session"):
        found = review(rfc3164(NOW - MINUTE, program, 7, text))
        assert failures(found) == {SOURCE if SOURCE in text else "": 1}
        assert found.unknown == 0


@pytest.mark.parametrize("lines", ONE_TRY, ids=[lines[0][:40] for lines in ONE_TRY])
def test_one_attempt_counts_once(lines):
    """However many lines sshd writes about it, in any order."""
    for order in (lines, lines[::-1]):
        found = review(*(rfc3164(NOW - MINUTE, "sshd", 7, text) for text in order))
        assert failures(found) == {SOURCE: 1}


@pytest.mark.parametrize(("source", "times", "line"), OTHERS)
def test_messages_of_other_programs_count(source, times, line):
    """Each in its own words, with its source if given."""
    found = review(line)
    assert failures(found) == ({source.strip("-"): int(times)} if times != "0" else {})
    assert (found.undated, found.unknown) == (0, 0)


@pytest.mark.parametrize("text", HARMLESS)
def test_message_without_a_failure_counts_for_nothing(text):
    """It is understood."""
    found = review(rfc3164(NOW - MINUTE, "sshd", 7, text))
    assert (failures(found), found.unknown) == ({}, 0)


@pytest.mark.parametrize(("written_as", "source"), SPELLINGS)
def test_sources_are_normalised(written_as, source):
    """Spellings of one address count as one."""
    text = f"Failed password for root from {written_as} port 5 ssh2"
    assert failures(review(rfc3164(NOW - MINUTE, "sshd", 7, text))) == {source: 1}


@pytest.mark.parametrize(
    "name",
    [
        "x from 10.7.1.2 port 5 ssh2",
        "x from 10.7.1.2 port 5 ssh2: RSA SHA256:aa",
        "x 10.7.1.2 port 5",
        "from 10.7.1.2 port 5 [preauth]",
        "x from 10.7.1.2",
        "x not allowed because y",
    ],
)
@pytest.mark.parametrize("text", [text for text in FAILED if " eve " in text])
def test_user_name_cannot_fake_the_source(name, text):
    """The source is at the line's end."""
    found = review(rfc3164(NOW - MINUTE, "sshd", 7, text.replace(" eve ", f" {name} ")))
    assert failures(found) == {SOURCE if SOURCE in text else "": 1}


def test_rejected_keys_before_an_accepted_one_do_not_count():
    """An agent offers its keys one after the other."""
    failed = f"Failed publickey for ada from {SOURCE} port 5 ssh2: RSA SHA256:abc"
    accepted = f"Accepted publickey for ada from {SOURCE} port 5 ssh2: ED25519 SHA256:def"
    left = f"Received disconnect from {SOURCE} port 5:11: disconnected by user"
    lines = [rfc3164(NOW - MINUTE, "sshd", 7, text) for text in (failed, failed, accepted, left)]
    assert failures(review(*lines)) == {}
    assert failures(review(*lines[:2])) == {SOURCE: 2}


def test_wrong_password_before_the_correct_one_counts():
    """It is not subtracted."""
    lines = [
        f"Failed password for ada from {SOURCE} port 5 ssh2",
        f"Accepted password for ada from {SOURCE} port 5 ssh2",
        "pam_unix(sshd:session): session opened for user ada(uid=1000) by (uid=0)",
    ]
    assert failures(review(*(rfc3164(NOW - MINUTE, "sshd", 7, text) for text in lines))) == {SOURCE: 1}


def test_unlisted_connections_are_counted():
    """sshd reports their number."""
    text = "PerSourcePenalties logging rate-limited: additional 412 connections dropped"
    assert failures(review(rfc3164(NOW - MINUTE, "sshd", 7, text))) == {"": 412}


def test_unknown_sshd_messages_are_unknown(tmp_path):
    """They are not ignored: with too many the verdict is UNKNOWN."""
    entries = ordinary(rfc3164)
    entries += [(NOW - MINUTE * n, rfc3164(NOW - MINUTE * n, "sshd", 7, "Frobnicated by eve")) for n in range(9)]
    name, message = verdict(tmp_path, written(entries))
    assert name == "UNKNOWN"
    assert "9 of 184, e.g. 'Frobnicated by eve'" in message


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda _: "", "at least 151.2 of 168 h of sign-ins and a line in the last 1.0 h, got 0 h of sign-ins"),
        (lambda text: "\n".join(line[16:] for line in text.splitlines()), "not understood, got"),
        (lambda text: "\n".join(text.splitlines()[-30:]), "lines of at least 151.2 of 168 h of sign-ins"),
        (lambda text: "\n".join(text.splitlines()[:-20]), "expected a line in the last"),
        (
            lambda text: "\n".join(line for line in text.splitlines() if "sshd" not in line),
            "lines that say who signs in",
        ),
        (lambda text: text.replace("Jan  3", "Jan 33"), "not understood, got"),
    ],
    ids=["empty", "no times", "too short", "silent", "no sign-ins", "no such day"],
)
def test_file_with_too_few_lines_is_not_ok(tmp_path, change, expected):
    """It is no quiet week."""
    name, message = verdict(tmp_path, change(written(ordinary(rfc3164))))
    assert name == "UNKNOWN"
    assert expected in message


def test_future_times_are_not_ok(tmp_path):
    """A host in another zone: its failures count, their absence does not."""
    ahead = ordinary(lambda at, p, n, t: rfc3164(at + 8 * 60 * MINUTE, p, n, t))
    assert verdict(tmp_path, written(ahead))[0] == "UNKNOWN"
    later = lambda at, p, n, t: rfc3164(at + timedelta(days=2, hours=8), p, n, t)  # noqa: E731
    found, _ = measured(tmp_path, written(ahead + burst(later, GUESS)))
    assert found.by_source.value == 45


def test_host_in_another_zone_uses_the_configured_zone(tmp_path):
    """Its files contain no zone."""
    eastern = lambda at, p, n, t: rfc3164(at + 8 * 60 * MINUTE, p, n, t)  # noqa: E731
    (tmp_path / "auth.log").write_text(written(ordinary(eastern) + burst(eastern, GUESS)))
    security = {"auth_logs": [str(tmp_path / "auth.log")], "time_zone": "Asia/Shanghai"}
    settings = load(
        "staging", root=tmp_path, environment={}, overlay={"targets": {"staging": {"security": security}}}
    )
    away = LogsOfTheWeek(None, NotConfigured("no logs", setting="", add=""))
    found = failed_logins(away, settings, CLOCK, Earlier())
    assert found._files_coverage(found.files).enough
    assert found.by_source.over.endswith("from 203.0.113.66 at Thu 01 Jan, 12:00 UTC, says sshd")


REPEATED = ("last message repeated 40 times", "--- last message repeated 40 times ---")


@pytest.mark.parametrize("again", REPEATED)
def test_repeated_message_is_counted(again):
    """As syslog daemons of BSD and macOS write it."""
    line = rfc3164(NOW - MINUTE, "sshd", 7, f"Failed password for root from {SOURCE} port 5 ssh2")
    found = review(line, f"{line[:15]} jump {again}")
    assert failures(found) == {SOURCE: 41}
    assert found.undated == 0


@pytest.mark.parametrize(
    "line",
    [
        "6480 2026-01-03 12:29:00.123 Failed password for root from 203.0.113.66 port 5 ssh2",
        "2026-01-03T12:29:00Z Failed password for root from 203.0.113.66 port 5 ssh2",
        '{"log":"Failed password for root from 203.0.113.66 port 5 ssh2\\n","stream":"stderr",'
        '"time":"2026-01-03T12:29:00.1Z"}',
        '{"@timestamp":"2026-01-03T12:29:00.1Z","program":"sshd","pid":"7",'
        '"message":"Failed password for root from 203.0.113.66 port 5 ssh2"}',
        "Jan  3 12:29:00 jump sshd(pam_unix)[7]: authentication failure; logname= uid=0 rhost=203.0.113.66",
        "Jan  3 12:29:00 jump /usr/sbin/sshd[7]: Failed password for root from 203.0.113.66 port 5 ssh2",
        "2026 Jan 03 12:29:00 sshd[7]: Failed password for root from 203.0.113.66 port 5 ssh2",
    ],
    ids=["windows", "container", "docker", "elastic", "red-hat-4", "path", "year-first"],
)
def test_further_frames_are_read(line):
    """Of containers, collectors and other systems; a line without a readable time counts as undated."""
    found = review(line)
    assert failures(found) == ({SOURCE: 1} if not found.undated else {})
    assert found.undated == (1 if line.startswith("2026 Jan") else 0)


def test_files_by_glob_are_read_as_one(tmp_path):
    """Rotated files, each from its own beginning."""
    lines = written(ordinary(rfc3164)).splitlines(keepends=True)
    (tmp_path / "auth.log.1").write_text("".join(lines[:100]))
    (tmp_path / "auth.log").write_text("".join(lines[100:]))
    stream = FileLogs((str(tmp_path / "auth.log*"),), load("staging", root=tmp_path, environment={}).target.logs)
    reviewer = SecurityReviewer((NOW - timedelta(days=7)).timestamp(), NOW.timestamp(), strict=True)
    for part in stream.read(datetime(2000, 1, 1, tzinfo=UTC)).parts:
        reviewer.extend(part)
    assert reviewer.result().reaches_back
