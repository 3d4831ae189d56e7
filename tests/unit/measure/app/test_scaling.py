"""Which sizes fit, what is proposed, and what it saves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_account import DigitalOceanAccount, InstanceSize
from playbook.clients.digitalocean_spec import ComponentSpec, Spec
from playbook.clients.digitalocean_types import App, Series
from playbook.core.clock import FixedClock
from playbook.core.errors import Denied
from playbook.measure.app.scaling import Fit, ScalingReview, scaling
from playbook.settings.loading import load
from tests.judged import check, judged

NOW = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
GIB = 2**30
SETTINGS = load("sandbox", environment={})
CHECK = check("test_scaling", "test_sizes_fit_their_use")


def size(slug: str, cpus: float, gib: float, usd: float, **more: Any) -> InstanceSize:
    return InstanceSize(
        slug=slug, cpu_type="SHARED", cpus=cpus, memory_bytes=int(gib * GIB), usd_per_month=usd, **more
    )


SIZES = [
    size("tiny", 1, 0.5, 5, single_instance_only=True),
    size("small", 1, 1, 12),
    size("medium", 1, 2, 25),
    size("large", 2, 4, 50),
    InstanceSize(slug="own", cpu_type="DEDICATED", cpus=1, memory_bytes=4 * GIB, usd_per_month=1),
    size("old", 8, 32, 1, deprecation_intent=True),
]


class Fake:
    """One component; ``cpu`` and ``memory`` are the constant values of each of its instances."""

    def __init__(self, spec: ComponentSpec, cpu: list[float], memory: list[float], hours: int, kind: str) -> None:
        self.spec = Spec(services=[spec]) if kind == "service" else Spec(workers=[spec])
        self.values = {"cpu_percentage": cpu, "memory_percentage": memory}
        self.hours = hours

    def app(self) -> App:
        return App(id="a", spec=self.spec)

    def instance_sizes(self) -> list[InstanceSize]:
        return SIZES

    def metric(self, metric: str, start: datetime, end: datetime) -> list[Series]:
        moments = [start.timestamp() // 3600 * 3600 + 3600 * hour for hour in range(1, self.hours + 1)]
        return [
            Series(component="web", instance=f"web-{n}", samples=[(at, value) for at in moments])
            for n, value in enumerate(self.values[metric])
            if moments
        ]


def review(
    slug: str, cpu: list[float], memory: list[float], *, hours: int = 168, kind: str = "service", **spec: Any
) -> ScalingReview:
    fake = Fake(ComponentSpec(name="web", instance_size_slug=slug, **spec), cpu, memory, hours, kind)
    return scaling(cast(DigitalOceanApi, fake), cast(DigitalOceanAccount, fake), SETTINGS, FixedClock(NOW))


def fit(*args: Any, **more: Any) -> Fit:
    (found,) = review(*args, **more).fits
    return found


def test_fitting_size_is_kept():
    found = fit("small", [40.0, 40.0], [60.0, 60.0], instance_count=2)
    assert (found.change, found.oversized) == ("keep", False)


def test_oversized_memory_is_proposed_smaller():
    found = fit("large", [10.0, 10.0], [15.0, 10.0], instance_count=2)
    assert found.oversized
    assert found.found == "2 × large at 10 % CPU and 15 % memory; 2 × small would save $76.00 a month"


def test_proposal_keeps_the_minimum_number_of_instances():
    found = fit("small", [5.0, 5.0], [20.0, 20.0], instance_count=2)
    assert not found.oversized  # one tiny instance would be enough, but without redundancy


def test_worker_may_have_one_instance():
    found = fit("large", [5.0], [5.0], kind="worker", instance_count=1)
    assert str(found.proposal) == "1 × tiny"


def test_unused_instances_are_removed():
    found = fit("small", [20.0] * 4, [50.0] * 4, instance_count=4)
    assert str(found.proposal) == "2 × small"
    assert found.saving == pytest.approx(24.0)


def test_too_little_cpu_is_proposed_larger():
    found = fit("small", [90.0, 90.0], [50.0, 50.0], instance_count=2)
    assert str(found.proposal) == "3 × small"
    assert found.cpu.value == pytest.approx(90.0)
    assert "3 × small would cost $12.00 a month more" in found.cpu.over


def test_too_little_memory_is_not_solved_by_more_instances():
    found = fit("small", [30.0, 30.0], [85.0, 85.0], instance_count=2)
    assert str(found.proposal) == "2 × medium"


def test_autoscaling_counts_from_its_minimum():
    found = fit(
        "large", [10.0, 10.0], [10.0, 10.0], autoscaling={"min_instance_count": 2, "max_instance_count": 4}
    )
    assert found.has == "2 to 4 × large"
    assert found.change == "at least 2 × small would save $76.00 a month"


def test_size_no_longer_offered_has_no_price():
    found = fit("basic-xs", [10.0], [10.0], instance_count=1)
    assert (found.proposal, found.oversized) == (None, False)
    assert found.change == "its size is not on offer any more, so it has no price"


def test_no_size_that_would_fit():
    found = fit("large", [10.0, 10.0], [99.0, 99.0], instance_count=2)
    assert found.change == "no size on offer would fit"


def test_cpu_peak_does_not_count_but_memory_peak_does():
    fake = Fake(ComponentSpec(name="web", instance_size_slug="small"), [30.0], [50.0], 168, "worker")
    original = fake.metric

    def with_a_peak(metric: str, start: datetime, end: datetime) -> list[Series]:
        (series,) = original(metric, start, end)
        return [
            Series(component="web", instance="web-0", samples=[(series.samples[0][0], 97.0), *series.samples[1:]])
        ]

    fake.metric = with_a_peak  # type: ignore[method-assign]
    found = scaling(cast(DigitalOceanApi, fake), cast(DigitalOceanAccount, fake), SETTINGS, FixedClock(NOW)).fits[
        0
    ]
    assert (found.use.cpu, found.use.memory, found.use.highest_memory) == (30.0, 50.0, 97.0)


@pytest.mark.parametrize("hours", [0, 1, 119, 150])
def test_too_few_hours_are_unknown(hours):
    found = review("small", [40.0], [40.0], hours=hours, instance_count=1)
    assert f"web {hours} h" in found.coverage.got
    assert str(judged(CHECK, scaling=found)[0]) == "UNKNOWN"


def test_instance_without_samples_is_unknown():
    found = review("small", [40.0], [40.0], instance_count=2)
    assert str(judged(CHECK, scaling=found)[0]) == "UNKNOWN"


def test_missing_price_is_unknown():
    found = review("basic-xs", [40.0], [40.0], instance_count=1)
    assert str(judged(CHECK, scaling=found)[0]) == "UNKNOWN"


def test_shortage_counts_with_few_samples():
    assert str(judged(CHECK, scaling=review("small", [97.0], [40.0], hours=5))[0]) == "CRITICAL"


def test_fitting_size_is_ok():
    found = review("small", [40.0, 40.0], [60.0, 60.0], instance_count=2)
    assert str(judged(CHECK, scaling=found)[0]) == "OK"


@pytest.mark.parametrize(("domain", "found"), [("portfolio.example", "OK"), ("shop.example", "UNKNOWN")])
def test_sizes_are_those_of_the_website_s_app(domain, found):
    """Another app may fit its use."""
    overlay = {"targets": {"production": {"web": {"url": "https://portfolio.example"}}}}
    settings = load("production", environment={}, overlay=overlay)
    fake = Fake(ComponentSpec(name="web", instance_size_slug="small"), [40.0], [40.0], 168, "service")
    known = App(id="a", spec=fake.spec, live_url=f"https://{domain}")
    fake.app = lambda: known  # type: ignore[method-assign]
    review = scaling(cast(DigitalOceanApi, fake), cast(DigitalOceanAccount, fake), settings, FixedClock(NOW))
    assert str(judged(CHECK, settings, scaling=review)[0]) == found


DENIED = Denied("DigitalOcean API: expected the metric, got HTTP 403", service="DigitalOcean API")


@pytest.mark.parametrize("unread", ["memory_percentage", "instance_sizes"])
@pytest.mark.parametrize(("cpu", "wanted"), [(95.0, "CRITICAL"), (40.0, "UNKNOWN")])
def test_busy_component_counts_without_memory_or_prices(cpu, wanted, unread):
    """A proposal needs both; that its CPU is short does not."""

    class Less(Fake):
        def metric(self, metric: str, start: datetime, end: datetime) -> list[Series]:
            if metric == unread:
                raise DENIED
            return super().metric(metric, start, end)

        def instance_sizes(self) -> list[InstanceSize]:
            if unread == "instance_sizes":
                raise DENIED
            return SIZES

    fake = Less(ComponentSpec(name="web", instance_size_slug="small"), [cpu], [50.0], 168, "service")
    found = scaling(cast(DigitalOceanApi, fake), cast(DigitalOceanAccount, fake), SETTINGS, FixedClock(NOW))
    verdict, message = judged(CHECK, scaling=found)
    assert str(verdict) == wanted, message
    assert "HTTP 403" in found.coverage.got
    assert found.evidence()
