"""Coverage of a log review: sources, silences, understanding, and unreadable parts."""

import os
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from playbook.clients.log_files import FileLogs
from playbook.clients.log_reading import LogStream, Part
from playbook.core.clock import FixedClock
from playbook.core.counters import Counted, Earlier
from playbook.measure.logs.logs import log_review
from playbook.measure.roll_call import kept
from playbook.settings.loading import load

NOW = datetime(2024, 5, 29, 21, 0, tzinfo=UTC)
SETTINGS = load("sandbox", environment={})
ACCESS = "GET /a 200 1.0 ms - 5"


def lines(component, text, start=24 * 60, end=0, every=5):
    moments = (NOW - timedelta(minutes=minute) for minute in range(start, end - 1, -every))
    return [f"{component} {moment:%Y-%m-%dT%H:%M:%S}Z {text}" for moment in moments]


def review(*parts, **stream):
    """Review of parts given as name and lines."""

    class Source:
        def read(self, since):
            return LogStream("a list", iter([Part(name, iter(part)) for name, part in parts]), **stream)

    return log_review(Source(), SETTINGS, FixedClock(NOW), Earlier())


def test_all_expected_lines_are_enough():
    """Components with lines, serving ones with access lines."""
    parts = [("", [*lines("web", ACCESS), *lines("worker", "INFO done")])]
    found = review(*parts, expected=("web", "worker"), serving=("web",))
    assert found.coverage.words == "24 of 24 h · 2 of 2 components"
    assert found.coverage.enough
    assert found.requests_coverage.enough


def test_component_without_lines_is_named():
    """It may be down, or its logs go elsewhere."""
    found = review(("", lines("web", ACCESS)), expected=("web", "worker"))
    assert found.coverage.got == "lines of 1 component (none of worker)"


def test_components_of_lines_that_name_none_are_explained():
    """As of gunicorn in a file ``api.log``, whose name is no component: the operator reads what to leave out."""
    access = [line.partition(" ")[2] for line in lines("web", ACCESS)]
    found = review(("api.log", access), expected=("api",), serving=("api",))
    assert found.coverage.got == "lines of 0 components (none of api)"
    assert "the name of a file is none" in found.coverage.hint
    assert "leave out logs.components and logs.serving" in found.requests_coverage.hint
    assert review(("api.log", access)).requests_coverage.enough


def test_serving_component_without_access_lines_is_named():
    """Nothing is known about its requests, whatever another component logs."""
    parts = [("", [*lines("web", ACCESS), *lines("api", "INFO done")])]
    found = review(*parts, expected=("web", "api"), serving=("web", "api"))
    assert found.coverage.enough
    assert found.requests_coverage.got == "none of api"


def test_access_lines_that_stop_are_a_gap():
    """The component still writes, but its responses are unknown."""
    parts = [("", [*lines("web", ACCESS, end=180), *lines("web", "INFO fine")])]
    found = review(*parts)
    assert found.coverage.enough
    assert found.requests_coverage.got == "none in the access lines of web since 29 May 18:00 UTC (3 h)"


def test_access_lines_of_one_file_that_stop_are_a_gap():
    """Of gunicorn and pino, whose lines name no component: after an upgrade the API still writes, but no access
    lines, while those of the website beside it go on."""
    gunicorn = [
        f'10.244.0.3 - - [{moment:%d/%b/%Y:%H:%M:%S} +0000] "GET /api/photos HTTP/1.1" 200 512 "-" "curl/8"'
        for moment in (NOW - timedelta(minutes=minute) for minute in range(24 * 60, 0, -5))
    ]
    since = [
        f"[{NOW - timedelta(minutes=minute):%Y-%m-%d %H:%M:%S} +0000] [7] [INFO] served"
        for minute in range(180, 0, -5)
    ]
    pino = [
        f'{{"level":30,"time":{int((NOW - timedelta(minutes=minute)).timestamp() * 1000)},"pid":18,'
        '"req":{"method":"GET","url":"/"},"res":{"statusCode":200},"responseTime":12,"msg":"request completed"}'
        for minute in range(24 * 60, 0, -5)
    ]
    found = review(("api.log", gunicorn[:-36] + since), ("web.log", pino))
    assert found.coverage.enough
    assert found.requests_coverage.got == "none in the access lines of api.log since 29 May 17:55 UTC (3 h 5 min)"
    assert review(("api.log", gunicorn), ("web.log", pino)).requests_coverage.enough


@pytest.mark.parametrize("silent", ["api.log", "web.log"])
def test_silent_file_is_named_beside_an_active_one(silent):
    """Also where both files are of the same component."""
    both = {"api.log": lines("app", "INFO x"), "web.log": lines("app", ACCESS)}
    both[silent] = both[silent][:-36]
    found = review(*both.items())
    assert found.coverage.got == f"no line of {silent} since 29 May 18:00 UTC (3 h) while others went on"


def test_file_that_was_busy_on_earlier_days_is_silent():
    """Its end is read for that; a file with few lines is not reported."""
    old = [line.replace("2024-05-29", "2024-05-28") for line in lines("jobs", "INFO x", start=1200, end=600)]
    rare = ["cron 2024-05-27T03:00:00Z INFO nightly", "cron 2024-05-28T03:00:00Z INFO nightly"]
    found = review(("web.log", lines("web", ACCESS)), ("jobs.log", old), ("cron.log", rare))
    assert found.coverage.got == "no line of jobs since 28 May 11:00 UTC (34 h) while others went on"
    assert "jobs silent for 34 h" in found.coverage.words


def test_silence_of_everything_is_reported_once():
    """Not for each of the sources again."""
    parts = [("", [*lines("web", ACCESS, end=120), *lines("worker", "INFO done", end=120)])]
    found = review(*parts)
    assert found.coverage.got == "no line of any component since 29 May 19:00 UTC (2 h)"


@pytest.mark.parametrize(("earlier", "later"), [(20, 0), (0, 20), (25, 25)])
def test_component_resuming_slightly_after_the_others_is_not_reported(earlier, later):
    """A worker with little to do wrote its last line before the common gap and resumes after it."""
    web = [*lines("web", ACCESS, end=420), *lines("web", ACCESS, start=300)]
    worker = [
        *lines("worker", "INFO done", end=420 + earlier),
        *lines("worker", "INFO done", start=300 - later),
    ]
    found = review(("", [*web, *worker]))
    assert found.coverage.got == "no line of any component from 29 May 14:00 to 16:00 UTC (2 h)"


@pytest.mark.parametrize(("earlier", "later"), [(70, 0), (0, 70)])
def test_component_silent_an_hour_longer_than_the_others_is_reported(earlier, later):
    """That hour is a silence of its own."""
    web = [*lines("web", ACCESS, end=420), *lines("web", ACCESS, start=300)]
    worker = [
        *lines("worker", "INFO done", end=420 + earlier),
        *lines("worker", "INFO done", start=300 - later),
    ]
    found = review(("", [*web, *worker]))
    assert "no line of worker from" in found.coverage.got
    assert "no line of any component from 29 May 14:00 to 16:00 UTC (2 h)" in found.coverage.got


def test_small_source_not_understood_is_not_hidden_by_a_large_one():
    """One percent of all lines, but all of its own."""
    strange = lines("api", "GET /x => 503 in a word", every=120)
    found = review(("", [*lines("web", ACCESS, every=1), *strange]))
    assert "13 of 13 lines of api not understood" in found.coverage.words
    assert "13 of 13, e.g. 'api 2024-05-2" in found.coverage.got


def test_few_lines_not_understood_are_reported_and_enough():
    """As coverage.not_understood_percent allows."""
    found = review(("", [*lines("web", ACCESS, every=1), *lines("web", "level=odd msg=x", every=300)]))
    assert found.coverage.enough
    assert "5 of 1,446 lines not understood" in found.coverage.words


def test_unreadable_part_is_reported():
    """Whatever was seen of the rest."""
    found = review(("", lines("web", ACCESS)), problems=["b.log is damaged"])
    assert found.coverage.expected == "all of the logs to be read"
    assert found.coverage.got == "b.log is damaged"


def test_lines_ahead_of_our_clock_are_seen_and_reported():
    """By this machine's clock, minus the time of reading."""
    ahead = f"web {NOW + timedelta(minutes=20):%Y-%m-%dT%H:%M:%S}Z {ACCESS}"
    found = review(("", [*lines("web", ACCESS), ahead]))
    assert found.coverage.enough
    assert found.skew == found.ahead.value == 1200
    facts = found.evidence()[0].facts
    assert facts["Ahead of that clock"] == "the newest line, by 1,200 s"
    assert facts["Ages and hours"] == "by the clock of the machine that runs the checks"


def test_lines_of_unknown_format_are_not_one_endless_entry():
    """A multi-line entry, such as a query or a stack trace, is one entry; a format without known times is not."""
    began = [f"{NOW - timedelta(minutes=2):%Y-%m-%d %H:%M:%S},120 INFO shop.web: {ACCESS}"]
    usual = [
        f"{NOW - timedelta(minutes=m):%Y-%m-%d %H:%M:%S},120 INFO shop.web: {ACCESS}" for m in range(1440, 2, -1)
    ]
    query = review(("", [*usual, *began, *["SELECT name FROM maps"] * 150]))
    assert query.coverage.enough
    trace = review(
        ("", [*usual, *began, "Error: no answer", *["    at Redis.onClose (/app/redis.js:189:25)"] * 900])
    )
    assert trace.coverage.enough
    foreign = review(("", [*usual, *began, *["%%% :: of nobody's format ::"] * 900]))
    assert not foreign.coverage.enough
    assert "700 of 2,339 lines not understood" in foreign.coverage.words


def test_log_that_earlier_runs_have_found_is_missed(tmp_path):
    """Also where its pattern matches others; with other patterns the comparison begins anew."""

    def reviewed(*patterns: str, known: tuple[Counted, ...] = ()):
        logs = {"files": [f"{tmp_path}/{one}" for one in patterns]}
        overlay = {"targets": {"sandbox": {"kind": "sandbox", "logs": logs}}}
        settings = load("sandbox", environment={}, overlay=overlay)
        source = FileLogs(tuple(settings.target.logs.files), settings.target.logs, zone="UTC")
        return log_review(source, settings, FixedClock(NOW), Earlier(lambda: [{"logs": one} for one in known]))

    for name in ("web.log", "web.log.1", "api.log", "error.log"):
        (tmp_path / name).write_text(f"{NOW:%Y-%m-%dT%H:%M:%SZ} INFO well\n")
        os.utime(tmp_path / name, (NOW.timestamp(), NOW.timestamp()))
    first = reviewed("*.log*")
    before = msgspec.structs.replace(first.readings["logs"], at=NOW - timedelta(days=1))
    for name in ("web.log.1", "error.log"):  # rotated away, and one that only holds errors
        (tmp_path / name).unlink()
    again = reviewed("*.log*", known=(before,))
    assert (first.problems, again.problems) == ([], [])
    (tmp_path / "api.log").unlink()
    (problem,) = reviewed("*.log*", known=(before,)).problems
    assert problem.startswith(
        f"logs that earlier runs have found are missing: {kept(tmp_path.name + '/api.log')} "
    )
    assert reviewed("web*.log", known=(before,)).problems == []


# A Go program that prints plain text: its runtime writes no time.
PANIC = """panic: assignment to entry in nil map

goroutine 51 [running]:
main.optimise({0xa3b7a8, 0xc0000a8000}, 0xc0001b2000)
\t/app/worker/main.go:29 +0x1f4
created by github.com/hibiken/asynq.(*processor).exec
exit status 2""".splitlines()


def test_error_without_a_time_is_not_left_out_beside_many_other_lines():
    """It may be of any day, so it does not count, and the log is not good either."""
    found = review(("web.log", lines("web", ACCESS, every=1)), ("worker.log", PANIC)).coverage
    assert "errors without a time" in found.words
    assert found.expected == "a time with each error"
    assert found.got.startswith("1 without one, e.g. 'panic: assignment to entry in nil map'")
