"""The server's own figures: parsing, and read errors that stop nothing."""

from __future__ import annotations

import pytest

from playbook.core.coverage import lacking, whole
from playbook.measure.load import load_sampling
from playbook.measure.load.load_sampling import Sampler, sums
from playbook.measure.redis.job_queues import JobQueue, JobQueues
from playbook.measure.redis.queue_layouts import Figures
from playbook.readers.load.samples import QUEUE, QUEUE_IN_PART, WEB_CPU, WEB_QUEUE, WEB_REQUESTS
from playbook.settings.loading import load
from tests.unit.loopback import closed_port

UNKNOWN_QUEUE = lacking("no sign of the queue", expected="a trace of the queue", got="none of its keys")
PAGE = """# HELP http_requests_total Requests answered
# TYPE http_requests_total counter
http_requests_total{route="/",status="200"} 12
http_requests_total{route="/{id}",status="500"} 3 1795392000000
image_queue_length 7
process_cpu_seconds_total 1.5e1
broken{a="b"} NaN
other +Inf
"""


def test_metrics_are_summed_over_their_labels():
    """Timestamps after the value and metrics without a finite value are ignored."""
    assert sums(PAGE) == {"http_requests_total": 15, "image_queue_length": 7, "process_cpu_seconds_total": 15}


def test_metric_with_an_unreadable_value_has_no_sum():
    """A queue of 3 beside one of an unknown length is not a queue of 3."""
    assert sums('image_queue_length{queue="a"} 3\nimage_queue_length{queue="b"} NaN\n') == {}


def test_exemplar_is_not_taken_for_the_value():
    """OpenMetrics writes it behind the value."""
    page = 'http_requests_total{route="/{id}\\"}"} 12 # {trace_id="4bf9"} 0.67 1795392000.0\n'
    assert sums(page) == {"http_requests_total": 12}


class Clock:
    """Advances by a second for each new sample."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def sampler(monkeypatch, pages):
    """A sampler that reads these pages of metrics, a second apart."""
    clock = Clock()
    settings = load("staging", environment={"STAGING_URL": "https://staging.example"})
    made = Sampler(settings, now=clock)
    shown = iter(pages)

    class Website:
        def get(self, path, *, retry):
            assert (path, retry) == ("/metrics", "none")
            return self

        def expect_ok(self):
            self.text = next(shown)
            return self

    made._readers = [lambda at: made._of_website(Website(), at)]
    for _ in pages:
        made.read()
        clock.now += 1
    return made


def test_counters_become_rates_and_gauges_stay(monkeypatch):
    """The first value of a counter has no rate; nor has one that fell, as another instance responded."""
    pages = [
        "http_requests_total 10\nimage_queue_length 3\nprocess_cpu_seconds_total 1\n",
        "http_requests_total 30\nimage_queue_length 5\nprocess_cpu_seconds_total 1.25\n",
        "http_requests_total 4\nimage_queue_length 0\nprocess_cpu_seconds_total 1.5\n",
    ]
    first, second, third = (one.values for one in sampler(monkeypatch, pages).samples)
    assert first == {QUEUE: 3, WEB_QUEUE: 3}
    assert second == {QUEUE: 5, WEB_QUEUE: 5, WEB_REQUESTS: 20, WEB_CPU: pytest.approx(25)}
    assert third == {QUEUE: 0, WEB_QUEUE: 0, WEB_CPU: pytest.approx(25)}


def test_read_errors_are_counted_and_stop_nothing():
    """With website and Redis unreachable: samples without values, and a message for each."""
    port = closed_port()
    environment = {"STAGING_URL": f"http://127.0.0.1:{port}", "STAGING_REDIS_URL": f"redis://127.0.0.1:{port}"}
    made = Sampler(load("staging", environment=environment))
    made.read()
    made.read()
    assert [one.values for one in made.samples] == [{}, {}]
    assert sum("connection refused" in problem for problem in made.problems) >= 2


def test_target_without_either_source_is_not_sampled():
    """Nothing is read, and nothing fails."""
    made = Sampler(load("staging", environment={}))
    with made:
        pass
    assert not made.problems
    assert all(one.values == {} for one in made.samples)


class Server:
    """Redis that answers at once and says nothing of itself."""

    def ping(self):
        return 0.001

    def info(self):
        return {}


@pytest.mark.parametrize(
    ("queues", "length"),
    [
        ([Figures(waiting=3, coverage=whole("1 queue"))], {QUEUE: 3}),
        ([Figures(waiting=0, coverage=whole("1 queue"))], {QUEUE: 0}),
        ([Figures(waiting=0, coverage=UNKNOWN_QUEUE)], {}),
        ([Figures(waiting=3, coverage=UNKNOWN_QUEUE)], {QUEUE: 3}),
        (
            [Figures(waiting=3, coverage=whole("1 queue")), Figures(waiting=0, coverage=UNKNOWN_QUEUE)],
            {QUEUE_IN_PART: 3},
        ),
        ([Figures(waiting=None, coverage=whole("1 queue"))], {}),
    ],
)
def test_queue_that_shows_no_sign_of_itself_is_not_empty(monkeypatch, queues, length):
    """A misspelled name looks like an empty queue; jobs that are seen count whatever else is not."""
    found = JobQueues(tuple(JobQueue("images", "celery", figures) for figures in queues))
    monkeypatch.setattr(load_sampling, "read_queues", lambda *_: found)
    values = Sampler(load("staging", environment={}))._of_redis(Server(), 1.0)
    assert {name: value for name, value in values.items() if name in (QUEUE, QUEUE_IN_PART)} == length


@pytest.mark.parametrize(("told", "counted"), [(0, 80), (80, 0), (7, 7)])
def test_longer_of_two_lengths_counts(told, counted):
    """The website's metric and the list in Redis: one of the two may be another queue, or none."""
    made = Sampler(load("staging", environment={}))
    made._readers = [lambda at: {QUEUE: told, WEB_QUEUE: told}, lambda at: {QUEUE: counted}]
    made.read()
    assert made.samples[0].values == {QUEUE: max(told, counted), WEB_QUEUE: told}
