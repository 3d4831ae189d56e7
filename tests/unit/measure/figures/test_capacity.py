"""Growth towards limits, headroom for spikes, and the scaling policy."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from playbook.clients.digitalocean_spec import ComponentSpec, Spec
from playbook.clients.digitalocean_types import App, Deployment
from playbook.clients.prometheus import Answered, Courses, Sample, Series
from playbook.core.clock import FixedClock
from playbook.core.coverage import Coverage
from playbook.core.errors import NotConfigured, Unreachable
from playbook.measure.app import sampled
from playbook.measure.app.scaling_policy import ScalingRule, scaling_policies
from playbook.measure.figures.capacity import capacity_growth, headroom
from playbook.readers.load.kept import LoadLine, remember
from playbook.readers.load.order import LoadOrder
from playbook.settings.loading import load
from playbook.settings.sections.trends import ScalingPolicy
from tests import spec_factory
from tests.judged import check, judged, judged_reading

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
DAY = 86_400.0
SETTINGS = load("production", environment={})
AUTO = {"min_instance_count": 2, "max_instance_count": 4, "metrics": {"cpu": {"percent": 70}}}


class Store:
    """Returns the given series by setting."""

    service = "Prometheus"

    def __init__(self, **answers):
        self.answers = answers

    def query_range(self, _expression, _start, _end, _step, *, setting):
        return Courses(self.answers.get(setting.removeprefix("queries."), []))

    def ask(self, expression, _at, *, setting):
        assert not setting
        sample = Sample({"job": "cadvisor", "instance": "web-0"}, 0.0, 2.0)
        return Answered("Prometheus", expression, setting, [sample], ())


def series(component, level, growth=0.0, count=60, step=DAY):
    at = NOW.timestamp()
    points = [(at - step * ago, level - growth * step * ago / DAY) for ago in range(count - 1, -1, -1)]
    return Series({"component": component}, tuple(points))


def instance(component, level, name, **more):
    """One of several series of a component."""
    one = series(component, level, **more)
    return Series({**one.labels, "instance": name}, one.points)


def growth(**answers):
    usual = {
        "component_cpu": [series("web", 40.0)],
        "component_memory": [series("web", 50.0)],
        "component_storage": [series("web", 10.0)],
    }
    return capacity_growth(cast(Any, Store(**usual | answers)), SETTINGS, FixedClock(NOW))


def test_steady_growth_reports_the_date_of_its_limit():
    """The warning limit of its kind; resources that do not grow are not listed."""
    found = growth(
        component_cpu=[series("web", 40.0), series("worker", 40.0)],
        component_memory=[series("web", 50.0), series("worker", 60.0, 0.25)],
        component_storage=[series("web", 10.0), series("worker", 10.0)],
    )
    (meeting,) = found.meeting
    assert (meeting.name, meeting.reading.value) == ("Memory of worker", 80)
    assert "80 % on 2027-02-11" in meeting.reading.over
    assert found.summary == "Memory of worker in 80 days"
    assert found.coverage.enough
    assert found.coverage.words == "1 answer · 2 series of this target · 60 of 60 days"


def daily(value):
    """Sixty days of a component; ``value`` is a function of the days relative to now, which are negative."""
    at = NOW.timestamp()
    return [Series({"component": "web"}, tuple((at - DAY * ago, value(-ago)) for ago in range(59, -1, -1)))]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (
            {"component_memory": daily(lambda day: 60 + 0.5 * (day + 59) if day < -30 else 42 + day + 30)},
            "CRITICAL",
        ),
        ({"component_storage": daily(lambda day: 70 if day < -30 else 35 + 1.2 * (day + 30))}, "CRITICAL"),
        ({"component_memory": daily(lambda day: 70 if day < -25 else 45)}, "OK"),
        ({"component_memory": daily(lambda day: 40 + 3 * (day % 7))}, "OK"),  # deployed every week
        ({"component_cpu": daily(lambda day: 40 - 20 * (day % 7 > 4) - 0.1 * day)}, "OK"),
    ],
)
def test_growth_since_a_resize_or_a_cleanup_is_not_hidden_by_the_time_before(answers, expected):
    """The days before it were of another size, or of files that are gone."""
    assert growth_verdict(**answers)[0] == expected


def test_no_growth_is_reported():
    """In the summary."""
    found = growth()
    assert found.meeting == []
    assert found.summary == "none of 3 that grows steadily towards its limit"


@pytest.mark.parametrize(
    ("answers", "short"),
    [
        ({"component_cpu": []}, "CPU of web (0)"),
        ({"component_storage": [series("web", 1.0, count=47)]}, "storage of web (47)"),
        ({"component_memory": [series("web", 50.0), series("a", 1.0)]}, "CPU of a (0), storage of a (0)"),
    ],
)
def test_most_of_two_months_must_be_known_for_every_resource(answers, short):
    """A missing kind is reported, and so is a component that only another kind has."""
    assert growth(**answers).coverage.got == f"fewer days of {short}"


def growth_verdict(**answers):
    found = growth(**answers)
    return [
        str(one) for one in judged(check("test_capacity", "test_no_limit_is_reached_soon"), capacity_growth=found)
    ]


@pytest.mark.parametrize(
    ("spec", "answers", "verdict", "message"),
    [
        (["web"], {}, "OK", ""),
        (["web", "worker"], {}, "UNKNOWN", "CPU of worker (0), memory of worker (0), storage of worker (0)"),
        (["web", "worker"], {"component_memory": [series("web", 79.0, 0.4)]}, "CRITICAL", "memory of web"),
        (["web", "nap"], {}, "OK", ""),
        (spec_factory.AWAY, {}, "UNKNOWN", "expected the app spec, which names every component"),
        (spec_factory.NO_PLATFORM, {}, "OK", ""),
    ],
)
def test_component_of_the_spec_that_was_never_seen_is_missed(spec, answers, verdict, message, monkeypatch):
    """No series of it at all; one that may sleep need not have any."""
    monkeypatch.setattr(sampled, "digitalocean", spec_factory.platform(spec))
    found = growth_verdict(**answers)
    assert found[0] == verdict, found
    assert message.casefold() in found[1].casefold()


@pytest.mark.parametrize(
    ("spec", "days", "expected"),
    [
        (["web"], 20, "OK"),  # renamed three weeks ago
        (["web"], 5, "UNKNOWN"),  # perhaps it only fell silent
        (["web", "old"], 20, "UNKNOWN"),
        (spec_factory.NO_PLATFORM, 20, "UNKNOWN"),
    ],
)
def test_component_that_the_app_has_no_more_is_left_out(spec, days, expected, monkeypatch):
    """Its samples of two months ago are still there."""
    monkeypatch.setattr(sampled, "digitalocean", spec_factory.platform(spec))
    old = series("old", 50.0, count=60)
    mine = [series("web", 50.0), Series(old.labels, old.points[:-days])]
    found = growth_verdict(component_cpu=mine, component_memory=mine, component_storage=mine)
    assert found[0] == expected, found


@pytest.mark.parametrize("order", [1, -1])
def test_highest_of_several_series_of_a_component_grows(order):
    """An operator's own query may have one for each instance; neither the first nor the last stands for all."""
    several = [series("web", 79.0, 0.4), instance("web", 5.0, "b")]
    assert growth_verdict(component_memory=several[::order])[0] == "CRITICAL"


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"component_memory": [series("web", 1.5e9)]}, "e.g. '1.5e+09'"),  # bytes
        ({"component_memory": [series("web", 1e-8)]}, "e.g. '1e-08'"),  # of a limit of 9.2e18 bytes, which is none
        ({"component_storage": [series("web", -3.0)]}, "e.g. '-3'"),
        ({"component_cpu": [series("web", -3.0)]}, "e.g. '-3'"),
    ],
)
def test_values_that_are_no_percentages_are_not_understood(answers, words):
    """They neither grow towards a limit nor stay away from it."""
    verdict, message = growth_verdict(**answers)
    assert verdict == "UNKNOWN"
    assert words in message


@pytest.mark.parametrize(
    ("days", "expected", "ago"), [(1, "OK", ""), (2, "OK", ""), (3, "UNKNOWN", "3 d"), (11, "UNKNOWN", "11 d")]
)
def test_resource_that_is_silent_of_late_is_unknown(days, expected, ago):
    """Most of two months are known, and what came since is not."""
    one = series("web", 50.0, count=60)
    verdict, message = growth_verdict(component_memory=[Series(one.labels, one.points[:-days])])
    assert verdict == expected
    assert not ago or f"none of memory of web for {ago}" in message


def test_steep_growth_over_a_few_days_is_not_extrapolated():
    """It is unknown, without a date."""
    assert growth(component_cpu=[series("web", 79.0, 5.0, count=10)]).meeting == []


def app(*services):
    return SimpleNamespace(app=lambda: App("a", spec=Spec("portfolio", services=list(services))))


def room(folder, cpu, rate=(), **policy):
    settings = msgspec.structs.replace(
        SETTINGS, capacity=msgspec.structs.replace(SETTINGS.capacity, load_tests=str(folder), **policy)
    )
    store = Store(component_cpu_total=cpu, request_rate=list(rate))
    services = (ComponentSpec("web", 2), ComponentSpec("optimizer", 2, autoscaling=AUTO))
    order = LoadOrder(history=folder / "history")
    return headroom(cast(Any, store), cast(Any, app(*services)), settings, FixedClock(NOW), order)


def quarters(component, level, count=2880):
    return series(component, level, count=count, step=900.0)


def test_spike_is_the_peak_times_the_multiple_over_the_maximum_instances(tmp_path):
    """All CPU of the busiest quarter of an hour, spread over the maximum number of instances."""
    found = room(tmp_path, [quarters("web", 100.0), quarters("optimizer", 120.0)])
    assert [(one.name, one.reading.value) for one in found.by_cpu] == [("web", 75.0), ("optimizer", 45.0)]
    assert found.by_cpu[0].reading.over == "of 2 instances at 1.5 × the peak of 30 days (100 % of one instance)"
    assert found.coverage.enough
    assert found.coverage.words == "1 answer · 2 series of this target · 720 of 720 h"
    assert found.by_requests == []
    assert found.evidence()[1].facts["Load test"] == "no breakpoint test yet"


@pytest.mark.parametrize(
    ("levels", "expected"), [((160.0, 5.0), "CRITICAL"), ((5.0, 160.0), "CRITICAL"), ((80.0, 80.0), "UNKNOWN")]
)
def test_several_series_of_a_component_are_a_part_of_its_cpu(tmp_path, levels, expected):
    """The highest counts if it is too high alone; otherwise their sum may be."""
    several = [instance("web", level, str(n), count=2880, step=900.0) for n, level in enumerate(levels)]
    found = room(tmp_path, [*several, quarters("optimizer", 1.0)])
    verdict, message = judged(check("test_capacity", "test_spike_fits_capacity"), headroom=found)
    assert str(verdict) == expected
    assert expected != "UNKNOWN" or "expected one series of web for queries.component_cpu_total, got 2" in message


@pytest.mark.parametrize(
    ("rates", "expected"), [((1.0, 90.0), "CRITICAL"), ((90.0, 1.0), "CRITICAL"), ((7.0, 7.0), "UNKNOWN")]
)
def test_several_series_are_a_part_of_the_requests(tmp_path, rates, expected):
    """For instance one for each route."""
    write(tmp_path, "a.json")
    cpu = [quarters("web", 1.0), quarters("optimizer", 1.0)]
    found = room(tmp_path, cpu, [quarters(f"/{n}", rate) for n, rate in enumerate(rates)])
    verdict, message = judged(check("test_capacity", "test_spike_fits_capacity"), headroom=found)
    assert str(verdict) == expected
    assert expected != "UNKNOWN" or "expected one series for queries.request_rate, got 2" in message


def test_component_that_is_silent_of_late_may_have_had_its_peak_since(tmp_path):
    """Nine tenths of the month are known, and not the last two days."""
    web = quarters("web", 100.0)
    found = room(tmp_path, [Series(web.labels, web.points[:-192]), quarters("optimizer", 1.0)])
    verdict, message = judged(check("test_capacity", "test_spike_fits_capacity"), headroom=found)
    assert str(verdict) == "UNKNOWN"
    assert "samples of each in the last 24 h, got none of CPU of web for 48 h" in message


def test_multiple_is_a_setting(tmp_path):
    """As configured."""
    assert room(tmp_path, [quarters("web", 100.0)], spike=3.0).by_cpu[0].reading.value == 150


def test_peak_may_be_in_the_unknown_part_of_the_month(tmp_path):
    """A value that is too high still counts."""
    found = room(tmp_path, [quarters("web", 100.0, count=2591)])
    assert found.coverage.got == "fewer hours of web (648 h), optimizer (0 h)"
    assert [(one.name, one.reading.value) for one in found.by_cpu] == [("web", 75.0)]
    assert found.evidence()


def test_load_test_without_a_request_rate_is_unknown(tmp_path):
    """It is not skipped."""
    write(tmp_path, "a.json")
    (load_test,) = room(tmp_path, [quarters("web", 1.0)]).by_requests
    assert judged_reading(Coverage(), load_test.reading, SETTINGS.limits.spike_requests) == (
        "UNKNOWN",
        "Requests at a spike: expected the requests a second of 30 days, got no samples",
    )


def test_rate_of_requests_known_of_a_few_days_only_is_no_good_peak(tmp_path):
    """The busiest hour may have been before; a peak that is too high counts nevertheless."""
    write(tmp_path, "a.json")
    cpu = [quarters("web", 1.0), quarters("optimizer", 1.0)]
    found = room(tmp_path, cpu, [quarters("", 1.0, count=192)])
    assert found.coverage.enough
    (few,) = found.by_requests
    verdict, message = judged_reading(found.coverage, few.reading, SETTINGS.limits.spike_requests)
    assert verdict == "UNKNOWN"
    assert "expected the rate of requests of at least 648 of 720 h, got the rate of requests of 48 h" in message
    (high,) = room(tmp_path, cpu, [quarters("", 90.0, count=192)]).by_requests
    assert judged_reading(Coverage(), high.reading, SETTINGS.limits.spike_requests)[0] == "CRITICAL"


def write(folder, name, **changes):
    told = {"target": "production", "shape": "breakpoint", "finished": "2026-11-01T10:00:00Z"}
    (folder / name).write_bytes(msgspec.json.encode({**told, "requests_per_second": 20.0, **changes}))


def test_newest_test_of_this_target_counts(tmp_path):
    """Compared with the spike in requests a second."""
    write(tmp_path, "a.json", requests_per_second=10.0)
    write(tmp_path, "b.json", finished="2026-11-02T10:00:00+01:00")
    write(tmp_path, "c.json", finished="2026-11-03T10:00:00Z", target="staging")
    write(tmp_path, "d.json", finished="2026-11-04T10:00:00Z", shape="smoke")
    write(tmp_path, "e.json", finished="2026-11-05T10:00:00Z", whole=False)
    found = room(tmp_path, [quarters("web", 1.0)], [quarters("", 12.0)])
    (load_test,) = found.by_requests
    assert load_test.reading.value == pytest.approx(90)
    assert load_test.reading.over == (
        "(1.5 × the peak is 18.0 requests/s; the breakpoint test on 2026-11-02 carried 20.0)"
    )


@pytest.mark.parametrize(
    ("finished", "rate", "expected"),
    [
        ("2026-06-01T10:00:00Z", 4.0, "OK"),
        ("2025-02-28T10:00:00Z", 4.0, "UNKNOWN"),
        ("2027-11-01T10:00:00Z", 4.0, "UNKNOWN"),
        ("2025-02-28T10:00:00Z", 90.0, "CRITICAL"),  # too much even for what it carried then
    ],
)
def test_load_test_of_long_ago_says_nothing_of_what_is_carried_now(tmp_path, finished, rate, expected):
    """Neither does one that is dated in the future."""
    write(tmp_path, "a.json", finished=finished)
    cpu = [quarters("web", 1.0), quarters("optimizer", 1.0)]
    found = room(tmp_path, cpu, [quarters("", rate)])
    verdict, message = judged(check("test_capacity", "test_spike_fits_capacity"), headroom=found)
    assert str(verdict) == expected
    assert expected != "UNKNOWN" or "expected a breakpoint test of the last 180 days, got one of 202" in message


def test_breakpoint_test_in_the_history_counts_without_its_result_file(tmp_path):
    """As in a workflow, where only the lines outlive a job."""
    write(tmp_path, "a.json")
    for shape, day in (("breakpoint", 2), ("smoke", 3)):
        line = LoadLine(
            id=shape,
            target="production",
            shape=shape,
            started=datetime(2026, 11, day, tzinfo=UTC),
            plan={},
            p95={},
            requests=900,
            requests_per_second=30.0,
            failed_percent=0.0,
        )
        remember(tmp_path / "history" / "load", line)
    (load_test,) = room(tmp_path, [quarters("web", 1.0)], [quarters("", 12.0)]).by_requests
    assert load_test.reading.over.endswith("the breakpoint test on 2026-11-02 carried 30.0)")


def test_breakpoint_test_without_a_held_step_is_unknown(tmp_path):
    """It is not replaced by an older, better one, and nothing is divided by zero."""
    write(tmp_path, "a.json")
    write(tmp_path, "b.json", finished="2026-11-02T10:00:00Z", requests_per_second=0.0)
    found = room(tmp_path, [quarters("web", 1.0)], [quarters("", 12.0)])
    (load_test,) = found.by_requests
    verdict, message = judged_reading(Coverage(), load_test.reading, SETTINGS.limits.spike_requests)
    assert verdict == "UNKNOWN"
    assert message.endswith("expected a step of the newest breakpoint test to have held, got none on 2026-11-02")


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("x.json", "{}", r"x\.json is damaged: "),
        # What git leaves of two runners that added a test at once, and a line that a full disk has cut.
        ("history/load/2026.jsonl", "<<<<<<< HEAD\n", r"2026\.jsonl, line 1 is damaged: a merge "),
        ("history/load/2026.jsonl", '{"schema":1,"id":"production-brea\n', r"2026\.jsonl, line 1 is damaged: "),
        ("history/load/2026.jsonl", '{"schema":2,"id":"a"}\n', r"2026\.jsonl, line 1 is written in form 2"),
    ],
)
def test_older_test_is_good_only_where_the_newest_can_be_read(tmp_path, file, content, told):
    """The one that cannot be read may be the newest, and have carried less; too much for the older one is bad."""
    write(tmp_path, "a.json")
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(content, encoding="utf-8")
    cpu = [quarters("web", 1.0), quarters("optimizer", 1.0)]
    fits = check("test_capacity", "test_spike_fits_capacity")
    verdict, message = judged(fits, headroom=room(tmp_path, cpu, [quarters("", 4.0)]))
    assert verdict == "UNKNOWN"
    assert re.search(f"expected every load test kept so far, got {told}", message)
    assert judged(fits, headroom=room(tmp_path, cpu, [quarters("", 90.0)]))[0] == "CRITICAL"


def test_blank_line_of_history_is_no_test(tmp_path):
    """An editor leaves one at the end."""
    write(tmp_path, "a.json")
    (tmp_path / "history" / "load").mkdir(parents=True)
    (tmp_path / "history" / "load" / "2026.jsonl").write_text("\n", encoding="utf-8")
    found = room(tmp_path, [quarters("web", 1.0), quarters("optimizer", 1.0)], [quarters("", 4.0)])
    assert found.coverage.enough


@pytest.mark.parametrize(
    ("policy", "spec", "off", "differs", "told"),
    [
        (ScalingPolicy(least=2), ComponentSpec("a", 2), False, False, "2 instances and no autoscaling"),
        (ScalingPolicy(least=2), ComponentSpec("a", 1), True, False, "1 instance and no autoscaling"),
        (ScalingPolicy(least=2), ComponentSpec("a", autoscaling=AUTO), False, False, "from 2 to 4 at 70 % CPU"),
        (ScalingPolicy(least=3), ComponentSpec("a", autoscaling=AUTO), True, False, "from 2 to 4 at 70 % CPU"),
        (ScalingPolicy(least=2, most=4), ComponentSpec("a", 4), True, True, "4 instances and no autoscaling"),
        (ScalingPolicy(least=2, most=4), ComponentSpec("a", autoscaling=AUTO), False, False, "from 2 to 4"),
        (ScalingPolicy(least=2, most=5), ComponentSpec("a", autoscaling=AUTO), False, True, "from 2 to 4"),
        (
            ScalingPolicy(least=2, most=4, cpu_percent=60),
            ComponentSpec("a", autoscaling=AUTO),
            False,
            True,
            "70 %",
        ),
        (ScalingPolicy(least=1), None, True, False, "no such component"),
        (
            ScalingPolicy(least=2),
            ComponentSpec("a", 2, inactivity_sleep={"after_seconds": 900}),
            True,
            False,
            "2 instances and no autoscaling, and none while it is idle (inactivity_sleep)",
        ),
        (
            ScalingPolicy(least=2, most=4),
            ComponentSpec("a", autoscaling=AUTO, inactivity_sleep={}),
            True,
            False,
            "none while it is idle",
        ),
        (ScalingPolicy(least=0), ComponentSpec("a", 1, inactivity_sleep={}), False, False, "1 instance"),
    ],
)
def test_policy_compared_with_the_spec(policy, spec, off, differs, told):
    """A missing requirement is critical, other numbers are a warning."""
    rule = ScalingRule("a", policy, spec)
    assert (rule.off, rule.differs) == (off, differs)
    assert told in rule.found


def test_components_without_a_policy_are_shown():
    """Policies without a component are judged."""
    policy = {"gone": ScalingPolicy(least=1), "web": ScalingPolicy(least=1)}
    settings = msgspec.structs.replace(
        SETTINGS, capacity=msgspec.structs.replace(SETTINGS.capacity, policy=policy)
    )
    found = scaling_policies(cast(Any, app(ComponentSpec("web", 2), ComponentSpec("other", 3))), settings)
    assert [rule.name for rule in found.worst_first] == ["gone", "web"]
    assert found.evidence().rows[2] == ["other", "no policy", "3 instances and no autoscaling"]


def test_policy_is_compared_with_the_spec_in_effect():
    """A spec whose deployment failed has no instances yet."""
    policy = {"web": ScalingPolicy(least=2)}
    settings = msgspec.structs.replace(
        SETTINGS, capacity=msgspec.structs.replace(SETTINGS.capacity, policy=policy)
    )
    active = Deployment(id="1", phase="ACTIVE", spec=Spec("portfolio", services=[ComponentSpec("web", 1)]))
    wanted = Spec("portfolio", services=[ComponentSpec("web", 2)])
    api = SimpleNamespace(app=lambda: App("a", spec=wanted, active_deployment=active))
    (rule,) = scaling_policies(cast(Any, api), settings).rules
    assert (rule.off, rule.found) == (True, "1 instance and no autoscaling")


@pytest.mark.parametrize(("domain", "enough"), [("portfolio.example", True), ("shop.example", False)])
def test_policy_is_about_the_app_of_the_website(domain, enough):
    """Another one may scale as it likes."""
    web = {"url": "https://portfolio.example"}
    capacity = {"policy": {"web": {"least": 1}}}
    overlay = {"targets": {"production": {"web": web, "capacity": capacity}}}
    settings = load("production", environment={}, overlay=overlay)
    spec = Spec("portfolio", services=[ComponentSpec("web", 2)])
    api = SimpleNamespace(app=lambda: App("a", spec=spec, live_url=f"https://{domain}"))
    assert scaling_policies(cast(Any, api), settings).coverage.enough is enough


def test_missing_policy_is_not_configured():
    """With the lines to add."""
    with pytest.raises(NotConfigured) as caught:
        scaling_policies(cast(Any, app()), SETTINGS)
    assert "[targets.production.capacity.policy]" in caught.value.add


class Less(Store):
    """A store that does not answer one of the queries."""

    def __init__(self, unread, **answers):
        super().__init__(**answers)
        self.unread = unread

    def query_range(self, expression, start, end, step, *, setting):
        if setting == f"queries.{self.unread}":
            raise Unreachable("Prometheus: expected an answer, got HTTP 503", service="Prometheus")
        return super().query_range(expression, start, end, step, setting=setting)

    def ask(self, expression, at, *, setting):
        if self.unread == "own series":
            raise Unreachable("Prometheus: expected an answer, got HTTP 503", service="Prometheus")
        return super().ask(expression, at, setting=setting)


@pytest.mark.parametrize("unread", ["component_cpu", "component_storage", "own series"])
@pytest.mark.parametrize(("rise", "wanted"), [(0.4, "CRITICAL"), (0.0, "UNKNOWN")])
def test_memory_that_runs_out_counts_without_the_other_resources(rise, wanted, unread):
    answers = {key: [series("web", 40.0)] for key in ("component_cpu", "component_storage")}
    answers["component_memory"] = [series("web", 79.0, rise)]
    found = capacity_growth(cast(Any, Less(unread, **answers)), SETTINGS, FixedClock(NOW))
    verdict, message = judged(check("test_capacity", "test_no_limit_is_reached_soon"), capacity_growth=found)
    assert str(verdict) == wanted, message
    assert "HTTP 503" in found.coverage.got


def test_spike_counts_without_the_rate_of_requests(tmp_path):
    """And nothing is good without the app, whose components the CPU is of."""
    cpu = [quarters("web", 180.0), quarters("optimizer", 120.0)]
    services = (ComponentSpec("web", 2), ComponentSpec("optimizer", 2, autoscaling=AUTO))
    order = LoadOrder(history=tmp_path / "history")
    store = cast(Any, Less("request_rate", component_cpu_total=cpu))
    judge = check("test_capacity", "test_spike_fits_capacity")
    found = headroom(store, cast(Any, app(*services)), SETTINGS, FixedClock(NOW), order)
    assert str(judged(judge, headroom=found)[0]) == "CRITICAL"

    def denied():
        raise Unreachable("DigitalOcean API: expected the app, got HTTP 503", service="DigitalOcean API")

    unread = cast(Any, SimpleNamespace(app=denied))
    found = headroom(cast(Any, Store(component_cpu_total=cpu)), unread, SETTINGS, FixedClock(NOW), order)
    assert found.by_cpu == []
    assert "HTTP 503" in found.coverage.got
