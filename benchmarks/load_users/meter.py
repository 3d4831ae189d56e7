"""Loaded by Locust beside a locustfile: writes the load's requests and CPU seconds to a file.

With $BENCHMARK_ENOUGH the load ends after that many requests instead of its time.
"""

import json
import os
import time
from pathlib import Path

import gevent
from locust import events

_began = [0.0]
_ENOUGH = int(os.environ.get("BENCHMARK_ENOUGH", "0"))


@events.test_start.add_listener
def _start(**_):
    _began[0] = time.process_time()


@events.init.add_listener
def _init(environment, **_):
    if _ENOUGH:
        gevent.spawn(_end, environment)


def _end(environment):
    while environment.stats.total.num_requests < _ENOUGH:
        gevent.sleep(0.05)
    environment.runner.quit()


@events.test_stop.add_listener
def _stop(environment, **_):
    seen = {"seconds": time.process_time() - _began[0], "requests": environment.stats.total.num_requests}
    if environment.stats.total.num_failures:
        raise SystemExit("the benchmark's requests failed")
    Path(os.environ["BENCHMARK_METER"]).write_text(json.dumps(seen))
