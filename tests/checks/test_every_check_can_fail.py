"""Three runs for each check: healthy → OK, its fault → WARNING or CRITICAL, what it measures away → UNKNOWN.

Under each fault alone, every check of the same sets in the same files must stay as it is on a healthy system but
those that ``expectations`` names, so a fault that spreads further than stated, or a message that changes, fails
here too. That none spreads over the daily set is shown for many at a time.
"""

from __future__ import annotations

import re

import pytest

from playbook.core.catalogue import read_catalogue
from playbook.core.places import CHECKS
from playbook.core.verdict import Verdict
from sandbox.faults import FAULTS
from tests.checks.expectations import EXPECTATIONS
from tests.leisure import COMPARISON, leisure
from tests.wording import mistakes_in
from tests.written import written_checks

BUILT = sorted(read_catalogue().items)
FILES = {item: f"checks/{file.relative_to(CHECKS)}" for file, _, item, _, _ in written_checks()}
BAD = {"WARNING", "CRITICAL"}
# Faults that are found by the clock, with the limits whose shipped warning finds them. No busy machine is over any
# other limit of a time, so that its own slowness is not taken for what a fault does.
TIMED = {
    "homepage-slow": ("homepage_time", "server_time"),
    "optimize-slow": ("optimize_time",),
    "redis-slow": ("redis_latency",),
    "load-health-slow": ("load_health_p95",),
    "load-homepage-slow": ("load_homepage_p95",),
    "load-images-slow": ("load_images_p95",),
    "load-not-carried": ("load_health_p95", "load_homepage_p95", "load_images_p95", "load_throughput"),
    "load-slower-than-before": (COMPARISON,),
}
CRITICALLY_TIMED = {
    "homepage-very-slow": ("homepage_time",)
}  # the same for faults that are over the critical limit

# Of two faults whose names begin so, one takes away what the other is about or what is measured in its place.
OPPOSED = (
    ("component-renamed", "component-"),
    ("app-metrics-missing", "component-"),
    ("app-metrics-missing", "crash-logs-lost"),
    ("metrics-empty", "redis-password-changed"),
    ("metrics-empty", "redis-first-run"),
    ("metrics-empty", "image-failures"),
    ("redis-unsaved", "shop-"),
    ("redis-unread-cache", "alert-rule-deleted"),  # of a Redis that was restarted, no earlier run is known
    ("redis-first-run", "alert-rule-deleted"),
)


def limits_under(faults):
    """Settings in which only these faults are over limits of time."""
    return leisure(
        warned={name for fault in faults for name in TIMED.get(fault, ())},
        judged={name for fault in faults for name in CRITICALLY_TIMED.get(fault, ())},
    )


def opposed(one, other):
    """Whether both cannot be seen in one run."""
    return any(
        first.startswith(a) and second.startswith(b)
        for a, b in OPPOSED
        for first, second in ((one, other), (other, one))
    )


def daily_part(fault):
    """What it makes the daily items say."""
    return {item: said for item, said in EXPECTATIONS[fault].items() if item.startswith("daily.")}


def groups():
    """Every fault that the daily set finds, in groups in which no two are about the same item."""
    made = []
    for fault in sorted(EXPECTATIONS, key=lambda fault: (-len(daily_part(fault)), fault)):
        about = daily_part(fault).keys()
        if not about:
            continue
        for group, taken in made:
            if not taken & about and not any(opposed(fault, other) for other in group):
                break
        else:
            group, taken = [], set()
            made.append((group, taken))
        group.append(fault)
        taken.update(about)
    return [group for group, _ in made]


TOGETHER = groups()


@pytest.mark.slow
@pytest.mark.parametrize("set_name", sorted({item.set for item in read_catalogue().items.values()}))
def test_healthy_system_is_ok(run_checks, set_name):
    """Every item is executed and OK, and its number or finding stands in the record.

    How quick it is by the shipped limits is tried by CI's own daily run, alone on its machine.
    """
    results = run_checks(set_name=set_name)
    assert {r.item: (str(r.verdict), r.message) for r in results.records if r.verdict is not Verdict.OK} == {}
    assert sorted(record.item for record in results.records) == [i for i in BUILT if i.startswith(f"{set_name}.")]
    assert results.exit_code == 0
    assert {r.message: m for r in results.records if (m := mistakes_in(r.message))} == {}
    assert all(record.found and record.expected for record in results.records)
    assert all(record.evidence for record in results.records)


@pytest.mark.slow
@pytest.mark.parametrize("fault", sorted(EXPECTATIONS))
def test_fault_is_found_and_reported(run_checks, fault):
    """The checks that the fault is about say so with the exact message; others in their files stay OK."""
    expected = EXPECTATIONS[fault]
    sets = sorted({item.partition(".")[0] for item in expected})
    files = tuple(sorted({FILES[item] for item in expected}))
    results = run_checks(fault, set_name=" or ".join(sets), arguments=files, settings=limits_under([fault]))
    assert_found(results, expected)
    assert results.faults == [fault]


@pytest.mark.slow
@pytest.mark.parametrize("faults", TOGETHER, ids=[faults[0] for faults in TOGETHER])
def test_faults_do_not_spread_or_hide_each_other(run_checks, faults):
    """The whole daily set under many faults: each is found as when it is alone, and every other check stays OK."""
    expected = {item: said for fault in faults for item, said in daily_part(fault).items()}
    results = run_checks(*faults, settings=limits_under(faults))
    assert_found(results, expected)
    assert sorted(results.faults) == sorted(faults)


def assert_found(results, expected):
    """What is not OK is what is expected, with its message and everything that an operator needs with it."""
    assert {r.message: m for r in results.records if (m := mistakes_in(r.message))} == {}
    found = {r.item: (str(r.verdict), r.message) for r in results.records if r.verdict is not Verdict.OK}
    certain = {item for item, (verdict, _) in expected.items() if not verdict.startswith("OK or ")}
    assert {item: expected[item] for item in certain - found.keys()} == {}, "expected, and not found"
    assert {item: found[item] for item in found.keys() - expected.keys()} == {}, "found, and not expected"
    for item, (verdict, message) in found.items():
        assert verdict == expected[item][0].removeprefix("OK or "), found[item]
        assert re.fullmatch(expected[item][1], message), f"{item}: {message}"
    for record in results.records:
        if str(record.verdict) in BAD:
            assert record.expected
            assert record.found
            assert record.why
            assert record.next_step
            assert record.look_again


@pytest.mark.parametrize("item", BUILT)
def test_check_has_failing_and_unknown_proofs(item):
    """A fault makes it WARNING or CRITICAL, and losing what it measures makes it UNKNOWN."""
    verdicts = {expected[item][0] for expected in EXPECTATIONS.values() if item in expected}
    assert verdicts & BAD, f"no fault makes {item} fail"
    assert "UNKNOWN" in verdicts, f"nothing shows that {item} is UNKNOWN when what it measures is away"


def test_every_fault_has_an_expectation():
    """A fault that nothing notices proves nothing, but for what only makes the product another one."""
    assert sorted(name for name, fault in FAULTS.items() if not fault.harmless) == sorted(EXPECTATIONS)


@pytest.mark.slow
@pytest.mark.parametrize("set_name", ["daily", "weekly", "monthly", "troubleshooting", "post_maintenance"])
@pytest.mark.parametrize("product", sorted(name for name, fault in FAULTS.items() if fault.harmless))
def test_other_product_is_ok(run_checks, product, set_name):
    """Everything that only it has is executed and OK, with all that it shares with the usual one."""
    results = run_checks(product, set_name=set_name)
    assert {r.item: (str(r.verdict), r.message) for r in results.records if r.verdict is not Verdict.OK} == {}
