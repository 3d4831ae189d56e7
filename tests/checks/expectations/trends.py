"""What the faults of weeks and months make the checks say."""

from __future__ import annotations

from playbook.core.wording import within
from tests.checks.expectations.metrics import PARTIAL, away

WEEK_KPIS = {
    "weekly.kpi.availability": "Availability",
    "weekly.kpi.response-time": "P95 response time",
    "weekly.kpi.error-rate": "Error rate",
    "weekly.kpi.image-success": "Image processing success",
    "weekly.kpi.cache-hit-rate": "Cache hit rate",
}
LEAST = {"weekly.kpi.availability": "159.6"}
WEEK_USE = ("weekly.resources.cpu", "weekly.resources.memory-growth", "weekly.resources.network")
MONTH = ("monthly.performance.report", "monthly.performance.comparison", "monthly.performance.anomalies")
CAPACITY = ("monthly.capacity.growth", "monthly.capacity.spikes", "monthly.capacity.scaling-policy")
STORAGE = "weekly.resources.storage"
# In the first minute of an hour the newest sample is still of the hour before, so that there are fewer to compare.
FULL_ON = (
    r"\(full on \d{4}-\d\d-\d\d by the last 7 days: \+%s points a day; \d+ %% of (49[89]|50\d) comparisons agree\)"
)
BYTES = r"over 7 days \([\d.]+ GiB after [\d.]+ GiB\)"
REFUSED = r"connection refused \(connect, after \d\.\d+ s\)"
AWAY = away("Prometheus", r"api/v1/query\?…")


def unknown_week(hours: str) -> dict[str, tuple[str, str]]:
    """Too few samples for any key figure of the week."""
    found = rf"got samples of {hours} h"
    return {
        item: (
            "UNKNOWN",
            rf"{name}: expected samples of at least {LEAST.get(item, '151.2')} of 168 h, {found}(; .+)?",
        )
        for item, name in WEEK_KPIS.items()
    }


def no_storage(area: str, expected: str, got: str) -> str:
    """Too few samples of file systems."""
    return rf"{area}: expected {expected}, got {got}"


def unknown_month(exact: str, days: str) -> dict[str, tuple[str, str]]:
    """Too few samples for anything of the month."""
    few = ", ".join(rf"{name} \({days}\)" for name in (*map(within, WEEK_KPIS.values()), "requests"))
    apart = "; ".join(
        rf"{name} \(samples of {exact} h in the last 30 days\)" for name in map(within, WEEK_KPIS.values())
    )
    return {
        MONTH[0]: (
            "UNKNOWN",
            rf"Availability: expected samples of at least 684 of 720 h, got samples of {exact} h(; .+)?",
        ),
        MONTH[1]: (
            "UNKNOWN",
            rf"Months: expected two months of each figure to compare, got too little of {apart}; "
            "what was seen gives 5 not comparable",
        ),
        MONTH[2]: (
            "UNKNOWN",
            r"Days out of the usual: expected at least 24 of the last 30 whole days of every figure, "
            rf"got fewer days of {few}; what was seen gives none in 30 days",
        ),
    }


def no_growth(days: str) -> tuple[str, str]:
    """Too few days for growth."""
    return (
        "UNKNOWN",
        r"Growth into a limit: expected at least 48 of the last 60 days of CPU, memory and storage of every "
        rf"component, got fewer days of {days}; what was seen gives none of \d that grows steadily "
        rf"towards its limit",
    )


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "week-slow": {
        "weekly.kpi.response-time": (
            "WARNING",
            r"P95 response time: expected at most 2 s, got 3\.\d+ s over 7 days \([\d,]+ requests\)",
        ),
    },
    "week-failing": {
        "weekly.kpi.availability": (
            "WARNING",
            r"Availability: expected at least 99\.5 %, got 99\.[34]\d* % over 7 days \([\d,]+ probes\)",
        ),
        "weekly.kpi.error-rate": (
            "WARNING",
            r"Error rate: expected at most 1 %, got 2\.\d+ % over 7 days \([\d,]+ requests\)",
        ),
        "weekly.kpi.image-success": (
            "WARNING",
            r"Image processing success: expected at least 98 %, got 97\.\d+ % over 7 days \([\d,]+ images\)",
        ),
        "weekly.kpi.cache-hit-rate": (
            "WARNING",
            r"Cache hit rate: expected at least 80 %, got 7[4-6]\.\d+ % over 7 days \([\d,]+ reads\)",
        ),
    },
    "metrics-partial": {
        **{item: ("UNKNOWN", f"{name}: {PARTIAL}") for item, name in WEEK_KPIS.items()},
        MONTH[0]: ("UNKNOWN", f"Availability: {PARTIAL}"),
        MONTH[1]: (
            "UNKNOWN",
            "Months: expected two months of each figure to compare, got too little of availability .+; .+ "
            "what was seen gives 5 not comparable",
        ),
        MONTH[2]: ("UNKNOWN", f"Days out of the usual: {PARTIAL}"),
        CAPACITY[0]: ("UNKNOWN", f"Storage of image-worker, time until its limit: {PARTIAL}"),
        CAPACITY[1]: ("UNKNOWN", f"CPU of image-worker at a spike: {PARTIAL}"),
    },
    "metrics-short": {  # two days are one, two or three whole ones in part, by the distance from midnight
        **unknown_week(r"4[78](\.\d)?"),
        **unknown_month(r"4[78](\.\d)?", "[12]"),
        CAPACITY[0]: no_growth(r"((CPU|memory|storage) of [a-z-]+ \([23]\)(, )?){9}"),
        CAPACITY[1]: (
            "UNKNOWN",
            r"CPU of image-worker at a spike: expected CPU samples of at least 648 of the last 720 h of every "
            r"component, got fewer hours of ([a-z-]+ \(4\d h\)(, )?){3}; what was seen gives .+",
        ),
        STORAGE: (
            "UNKNOWN",
            no_storage(
                r"Files of [a-z-]+",
                r"(samples of at least 134\.4 of 168 h of files of [a-z-]+( and )?){3}",
                r"(samples of 4\d h of files of [a-z-]+( and )?){3}; what was seen gives .+",
            ),
        ),
    },
    "metrics-empty": {
        **unknown_week("0"),
        **unknown_month("0", "0"),
        CAPACITY[0]: no_growth(r"CPU \(0\), memory \(0\), storage \(0\)"),
        CAPACITY[1]: ("UNKNOWN", "Requests at a spike: expected the requests a second of 30 days, got no samples"),
        STORAGE: ("UNKNOWN", no_storage("File systems", "samples of every file system", "none")),
    },
    "prometheus-gone": {
        **dict.fromkeys((*WEEK_KPIS, *MONTH[:2]), AWAY),
        **dict.fromkeys((MONTH[2], *CAPACITY[:2]), away("Prometheus", r"api/v1/query_range\?…")),
        STORAGE: away("Prometheus", r"api/v1/query_range\?…"),
    },
    "redis-gone": {
        STORAGE: (
            "UNKNOWN",
            r"Redis: expected an answer to INFO from 127\.0\.0\.1:\d+, got connection refused",
        ),
    },
    "digitalocean-gone": dict.fromkeys(
        (*WEEK_USE, *CAPACITY[1:]),
        ("UNKNOWN", rf"DigitalOcean API: expected the (app|bandwidth) \S.*, got {REFUSED}"),
    ),
    "app-metrics-missing": {
        item: (
            "UNKNOWN",
            rf"{subject}: expected {what} samples of at least 151\.2 of 168 h.*, got {what} samples of 0 h "
            r"\(portfolio-web 0 h of 2 instances, image-optimizer 0 h of 2 instances, image-worker 0 h\).*",
        )
        for item, what, subject in (
            ("weekly.resources.cpu", "CPU", "CPU of the week"),
            ("weekly.resources.memory-growth", "memory", "Growth into the limit"),
        )
    },
    "memory-leak": {
        "weekly.resources.memory-growth": (
            "WARNING",
            r"Memory of image-worker, time until full: expected at least 30 days, "
            rf"got 1[12](\.\d+)? days {FULL_ON % r'2.[34][0-9]*'}",
        ),
    },
    "memory-leak-fast": {
        "weekly.resources.memory-growth": (
            "CRITICAL",
            rf"Memory of image-worker, time until full: expected at least 30 days, got [45](\.\d+)? days "
            rf"{FULL_ON % r'(4.9|5.0)[0-9]*'} \(critical < 7 days\)",
        ),
    },
    "cpu-risen": {
        "weekly.resources.cpu": (
            "WARNING",
            r"CPU of image-worker against the week before: expected at most 15 points, "
            r"got 2[45](\.\d+)? points over 7 days \(mean from 4\d\.\d % to 6\d\.\d %\)",
        ),
    },
    "storage-filling": {
        STORAGE: (
            "WARNING",
            r"Files of image-worker, time until full: expected at least 30 days, "
            rf"got 2[23](\.\d+)? days {FULL_ON % r'1.0[0-9]*'}",
        ),
    },
    "storage-full": {
        STORAGE: (
            "CRITICAL",
            r"Files of image-worker: expected at most 80 %, got 93\.\d+ % over the last day \(critical > 90 %\)",
        ),
    },
    "traffic-surge": {
        "weekly.resources.network": (
            "WARNING",
            rf"Traffic above the week before: expected at most 50 %, got (8|9|10)\d(\.\d+)? % {BYTES}",
        ),
    },
    "traffic-drop": {
        "weekly.resources.network": (
            "WARNING",
            rf"Traffic below the week before: expected at most 40 %, got (4|5)\d(\.\d+)? % {BYTES}",
        ),
    },
    "month-worse": {
        MONTH[0]: (
            "WARNING",
            r"Error rate: expected at most 1 %, got 1\.4\d* % over 30 days \([\d,]+ requests\)",
        ),
        MONTH[1]: (
            "WARNING",
            r"P95 response time against the month before: expected at most 25 %, "
            r"got 5\d\.\d+ % over 30 days \(worse: from 0\.4\d* s to 0\.6\d* s\)",
        ),
    },
    "metrics-forty-days": {
        MONTH[1]: (
            "UNKNOWN",
            r"Months: expected two months of each figure to compare, got too little of "
            + "; ".join(
                rf"{name} \(samples of 2[34]\d(\.\d)? h in the 30 days before\)"
                for name in map(within, WEEK_KPIS.values())
            )
            + "; what was seen gives 5 not comparable",
        ),
        CAPACITY[0]: no_growth(r"((CPU|memory|storage) of [a-z-]+ \(4[01]\)(, )?){9}"),
    },
    "traffic-anomaly": {
        MONTH[2]: (
            "WARNING",
            r"Days out of the usual: expected none, got 1: \d{4}-\d\d-\d\d \(Requests [\d,]+, usual [\d,]+\)",
        ),
    },
    "capacity-growing": {
        CAPACITY[0]: (
            "WARNING",
            r"Memory of image-worker, time until its limit: expected at least 90 days, got [78]\d days "
            r"\(80 % on \d{4}-\d\d-\d\d by the last 60 days: \+0\.3\d* points a day; "
            r"\d+ % of \d+ comparisons agree\)",
        ),
    },
    "no-headroom": {
        CAPACITY[1]: (
            "CRITICAL",
            r"CPU of portfolio-web at a spike: expected at most 90 %, got 10\d(\.\d+)? % of 2 instances at "
            r"1\.5 × the peak of 30 days \(1\d\d % of one instance\) \(critical > 100 %\)",
        ),
    },
    "autoscaling-off": {
        CAPACITY[2]: (
            "CRITICAL",
            r"image-optimizer: expected autoscaling from 2 to 4 at 70 % CPU, got 2 instances and no autoscaling",
        ),
    },
    "autoscaling-other": {
        CAPACITY[2]: (
            "WARNING",
            r"image-optimizer: expected autoscaling from 2 to 4 at 70 % CPU, "
            r"got autoscaling from 2 to 3 at 70 % CPU",
        ),
    },
}
