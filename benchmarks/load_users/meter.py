"""Given to Locust beside a locustfile: writes requests and processor seconds of the load to a file."""

import json
import os
import time
from pathlib import Path

from locust import events

_began = [0.0]


@events.test_start.add_listener
def _start(**_):
    _began[0] = time.process_time()


@events.test_stop.add_listener
def _stop(environment, **_):
    seen = {"seconds": time.process_time() - _began[0], "requests": environment.stats.total.num_requests}
    if environment.stats.total.num_failures:
        raise SystemExit("the benchmark's requests failed")
    Path(os.environ["BENCHMARK_METER"]).write_text(json.dumps(seen))
