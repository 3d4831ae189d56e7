"""The app's metrics in Prometheus' text format."""

from sandbox.web.counters import Counter, Histogram, gauge


def test_counter_adds_up_by_labels():
    counter = Counter("requests_total", "Requests answered", "method", "status")
    counter.add("GET", "200")
    counter.add("GET", "200", amount=2)
    counter.add("POST", "503")
    assert counter.text().splitlines() == [
        "# HELP requests_total Requests answered",
        "# TYPE requests_total counter",
        'requests_total{method="GET",status="200"} 3',
        'requests_total{method="POST",status="503"} 1',
    ]


def test_histogram_buckets_are_cumulative():
    histogram = Histogram("duration_seconds", "How long", "route")
    for seconds in (0.005, 0.006, 1.0, 60.0):
        histogram.observe(seconds, "/")
    lines = dict(line.rsplit(" ", 1) for line in histogram.text().splitlines()[2:])
    assert lines['duration_seconds_bucket{route="/",le="0.005"}'] == "1"
    assert lines['duration_seconds_bucket{route="/",le="0.01"}'] == "2"
    assert lines['duration_seconds_bucket{route="/",le="0.5"}'] == "2"
    assert lines['duration_seconds_bucket{route="/",le="1.0"}'] == "3"
    assert lines['duration_seconds_bucket{route="/",le="10.0"}'] == "3"
    assert lines['duration_seconds_bucket{route="/",le="+Inf"}'] == "4"
    assert lines['duration_seconds_count{route="/"}'] == "4"
    assert lines['duration_seconds_sum{route="/"}'] == "61.011000"


def test_gauge_supports_optional_labels():
    assert gauge("queue", "Jobs that wait", 3).splitlines()[-1] == "queue 3"
    assert gauge("info", "What runs", 1, version="2.8.1").splitlines()[-1] == 'info{version="2.8.1"} 1'
