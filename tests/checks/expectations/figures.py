"""What the checks say under the faults of figures over days, weeks and months."""

from __future__ import annotations

from playbook.core.wording import within
from tests.checks.expectations.phrases import CAPACITY, FAILING, KPIS, MONTH_ITEMS, STORAGE, WEEK_KPIS, emergency

LEAST = dict.fromkeys(KPIS, r"21\.6") | {"daily.kpi.availability": r"22\.8"}
PROBES = r"over 24 h \(2,\d\d\d probes\)"
REQUESTS_OF_DAY = r"over 24 h \([\d,]+ requests\)"
PARTIAL = (
    r"expected a whole answer, got one with the warning 'remote_read: error sending request: 10\.0\.0\.7:9201: "
    r"connection refused'; partial result: .+"
)
# On the first days of a month the last one stands for it.
COST_OF_MONTH = r"\(\d{4}-\d\d: \$[\d.]+ of \$150\.00(, projected from \$[\d.]+ in [\d.]+ of \d\d days)?\)"
LAST = r"\(\d{4}-\d\d: \$%s of \$150\.00\)"
GROWTH = r"\(\d{4}-\d\d → \d{4}-\d\d: \$[\d.]+ → \$[\d.]+\)"
LEAST_OF_WEEK = {"weekly.kpi.availability": "159.6"}


def unknown_week(hours: str) -> dict[str, tuple[str, str]]:
    """Too few samples for any key figure of the week."""
    found = rf"got samples of {hours} h"
    return {
        item: (
            "UNKNOWN",
            rf"{name}: expected samples of at least {LEAST_OF_WEEK.get(item, '151.2')} of 168 h, {found}(; .+)?",
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
        MONTH_ITEMS[0]: (
            "UNKNOWN",
            rf"Availability: expected samples of at least 684 of 720 h, got samples of {exact} h(; .+)?",
        ),
        MONTH_ITEMS[1]: (
            "UNKNOWN",
            rf"Months: expected two months of each figure to compare, got too little of {apart}; "
            "partial result: 5 not comparable",
        ),
        MONTH_ITEMS[2]: (
            "UNKNOWN",
            r"Days out of the usual: expected at least 24 of the last 30 whole days of every figure, "
            rf"got fewer days of {few}; partial result: none in 30 days",
        ),
    }


def no_growth(got: str) -> tuple[str, str]:
    """Too few days for growth."""
    return (
        "UNKNOWN",
        r"Growth into a limit: expected at least 48 of the last 60 days of CPU, memory and storage of every "
        rf"component, got {got}; partial result: none of \d that grows steadily "
        rf"towards its limit",
    )


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "availability-low": {
        "daily.kpi.availability": (
            "CRITICAL",
            rf"Availability: expected at least 99\.5 %, got (96|97)\.?\d* % {PROBES} \(critical < 99 %\)",
        ),
    },
    "availability-dip": {
        "daily.kpi.availability": (
            "WARNING",
            rf"Availability: expected at least 99\.5 %, got 99\.[23]\d* % {PROBES}",
        ),
    },
    "response-slow": {
        "daily.kpi.response-time": (
            "WARNING",
            rf"P95 response time: expected at most 2 s, got 3\.[345]\d* s {REQUESTS_OF_DAY}",
        ),
    },
    "response-very-slow": {
        "daily.kpi.response-time": (
            "CRITICAL",
            rf"P95 response time: expected at most 2 s, got 7\.\d+ s {REQUESTS_OF_DAY} \(critical > 5 s\)",
        ),
        **emergency("CRITICAL", r"P2: P95 response time: [678]\.\d\d s over 30 min \([\d,]+ requests\)"),
    },
    "response-beyond-buckets": {
        "daily.kpi.response-time": (
            "CRITICAL",
            r"P95 response time: expected at most 2 s, got 10 s over 24 h \([\d,]+ requests, beyond the largest "
            r"bucket \(10 s\)\) \(critical > 5 s\)",
        ),
    },
    "buckets-short": {
        "daily.kpi.response-time": (
            "UNKNOWN",
            r"P95 response time: expected a value within its buckets, got one beyond the largest bucket \(1 s\), "
            r"as were [34]\d\.\d % of [\d,]+ requests; partial result: 1 s over 24 h \([\d,]+ requests, "
            r"beyond the largest bucket \(1 s\)\)",
        ),
    },
    "errors-high": {
        "daily.kpi.error-rate": (
            "CRITICAL",
            rf"Error rate: expected at most 1 %, got 8\.[23]\d* % {REQUESTS_OF_DAY} \(critical > 5 %\)",
        ),
        f"{FAILING}.symptoms": (
            "CRITICAL",
            r"Error rate: expected at most 1 %, got \d+(\.\d+)? % over 1 h \([\d,]+ requests\) \(critical > 5 %\)",
        ),
    },
    "errors-some": {
        "daily.kpi.error-rate": (
            "WARNING",
            rf"Error rate: expected at most 1 %, got 2\.[45]\d* % {REQUESTS_OF_DAY}",
        ),
    },
    "metrics-stale": {
        "daily.dashboard.available": (
            "CRITICAL",
            r"Age of the newest sample: expected at most 5 min, got 4[4-9]\.?\d* min \(critical > 15 min\)",
        ),
    },
    "metrics-late": {
        "daily.dashboard.available": (
            "WARNING",
            r"Age of the newest sample: expected at most 5 min, got ([789]|1\d)\.?\d* min",
        ),
    },
    "metrics-silent": {
        "daily.dashboard.available": (
            "CRITICAL",
            r"Age of the newest sample: expected at most 5 min, got 4[4-9]\.?\d* min \(critical > 15 min\)",
        ),
    },
    "image-metrics-missing": {
        "daily.kpi.image-success": (
            "CRITICAL",
            r"Image processing success: expected at least 98 %, got 9[23]\.\d+ % over 24 h \([\d,]+ images\) "
            r"\(critical < 95 %\)",
        ),
        "weekly.kpi.image-success": (
            "UNKNOWN",
            r"Image processing success: expected samples of at least 151\.2 of 168 h, got samples of 0 h",
        ),
    },
    "metrics-empty": {
        "daily.dashboard.available": (
            "CRITICAL",
            r"Data source: expected samples of the last day, got none of http_request_duration_seconds_bucket",
        ),
        **{
            item: ("UNKNOWN", rf"{name}: expected samples of at least {LEAST[item]} of 24 h, got samples of 0 h")
            for item, name in KPIS.items()
            if item != "daily.kpi.image-success"  # which Redis' counts stand in for
        },
        **unknown_week("0"),
        **unknown_month("0", "0"),
        CAPACITY[0]: no_growth("none"),
        CAPACITY[1]: ("UNKNOWN", "Requests at a spike: expected the requests a second of 30 days, got no samples"),
        STORAGE: ("UNKNOWN", no_storage("File systems", "samples of every file system", "none")),
    },
    "dashboard-missing": {
        "daily.dashboard.available": (
            "CRITICAL",
            r"Dashboard: expected Portfolio Overview in Grafana, got no dashboard of that title",
        ),
    },
    "datasource-missing": {
        "daily.dashboard.available": (
            "CRITICAL",
            r"Data source: expected an answer to Grafana, got HTTP 404: Unable to find datasource",
        ),
    },
    "log-store-away": {
        "daily.dashboard.available": (
            "CRITICAL",
            r"Data source: expected an answer to Grafana, got ERROR: Unable to connect with Loki from loki",
        ),
    },
    "website-down": {
        "daily.kpi.availability": (
            "CRITICAL",
            rf"Availability: expected at least 99\.5 %, got 9[67](\.\d+)? % {PROBES} \(critical < 99 %\)",
        ),
    },
    "probe-missing": {
        "daily.kpi.availability": (
            "UNKNOWN",
            r"Availability: expected samples of at least 22\.8 of 24 h, got samples of 0 h",
        ),
    },
    "metrics-gap": {
        item: (
            "UNKNOWN",
            rf"{name}: expected samples of at least {LEAST[item]} of 24 h, got samples of 13(\.\d)? h; "
            r"partial result: .+ over 24 h \([\d,]+ [a-z]+\)",
        )
        for item, name in KPIS.items()
    },
    "metrics-standing": {
        item: (
            "UNKNOWN",
            rf"{name}: expected requests to be counted by whatever counted some at these hours a day and a week "
            r"before, got none in 3 h by \d instances?; partial result: .+",
        )
        for item, name in {
            "daily.kpi.error-rate": "Error rate",
            "daily.kpi.response-time": "P95 response time",
            "weekly.kpi.error-rate": "Error rate",
            "weekly.kpi.response-time": "P95 response time",
        }.items()
    },
    "errors-born": {
        "daily.kpi.error-rate": (
            "CRITICAL",
            rf"Error rate: expected at most 1 %, got 1[0-3]\.\d+ % {REQUESTS_OF_DAY} \(critical > 5 %\)",
        ),
    },
    "metrics-partial": {
        **{item: ("UNKNOWN", f"{name}: {PARTIAL}") for item, name in KPIS.items()},
        "daily.dashboard.available": ("UNKNOWN", f"Grafana: {PARTIAL}"),
        **{item: ("UNKNOWN", f"{name}: {PARTIAL}") for item, name in WEEK_KPIS.items()},
        MONTH_ITEMS[0]: ("UNKNOWN", f"Availability: {PARTIAL}"),
        MONTH_ITEMS[1]: (
            "UNKNOWN",
            "Months: expected two months of each figure to compare, got too little of availability .+; .+ "
            "partial result: 5 not comparable",
        ),
        MONTH_ITEMS[2]: ("UNKNOWN", f"Days out of the usual: {PARTIAL}"),
        CAPACITY[0]: ("UNKNOWN", f"Storage of image-worker, time until its limit: {PARTIAL}"),
        CAPACITY[1]: ("UNKNOWN", f"CPU of image-worker at a spike: {PARTIAL}"),
    },
    "dashboard-twice": {
        "daily.dashboard.available": (
            "UNKNOWN",
            r"Grafana: expected one dashboard Portfolio Overview, got 2 of that title; partial result: "
            r"12\.3\.0, database ok",
        ),
    },
    "off-peak-idle": {
        "optimization.costs.off-peak": (
            "WARNING",
            r"portfolio-web: expected no instance that only the peak needs, got 6 × apps-s-1vcpu-1gb day and "
            r"night, at 5\d % CPU at the peak \(\d\d–\d\d UTC\) and [23]\d % at most off it \(\d\d–\d\d UTC\); "
            r"autoscaling from 3 would save about \$18\.00 a month",
        ),
    },
    "release-broke-requests": {
        f"{FAILING}.recent-release": (
            "CRITICAL",
            r"Last release: expected none with which requests began to fail, got one 4\d min ago "
            r"\(commit [0-9a-f]{7} pushed to github/example/portfolio\), with an error rate of "
            r"[2-8](\.\d+)? % since and "
            r"0(\.\d+)? % before",
        ),
        f"{FAILING}.symptoms": (
            "WARNING",
            r"Error rate: expected at most 1 %, got [1-4](\.\d+)? % over 1 h \([\d,]+ requests\)",
        ),
    },
    "cost-over-budget": {
        "monthly.cost.balance": (
            "CRITICAL",
            r"Cost of the month: expected at most 90 % of the budget, got 11\d\.?\d* % of the budget "
            rf"{COST_OF_MONTH} \(critical > 100 % of the budget\)",
        ),
        "monthly.cost.invoices": (
            "CRITICAL",
            r"Last invoice: expected at most 90 % of the budget, got 118\.4 % of the budget "
            rf"{LAST % r'177.60'} \(critical > 100 % of the budget\)",
        ),
        "monthly.cost.trend": (
            "CRITICAL",
            rf"Growth of App Platform: expected at most 20 %, got 60 % {GROWTH} \(critical > 50 %\)",
        ),
    },
    "cost-creeping": {
        "monthly.cost.balance": (
            "OK or WARNING",
            rf"Cost of the month: expected at most 90 % of the budget, got 92\.5 % of the budget {COST_OF_MONTH}",
        ),
        "monthly.cost.invoices": (
            "WARNING",
            r"Last invoice: expected at most 90 % of the budget, got 92\.5 % of the budget "
            rf"{LAST % r'138.75'}",
        ),
        "monthly.cost.trend": (
            "WARNING",
            rf"Growth of App Platform: expected at most 20 %, got 25 % {GROWTH}",
        ),
    },
    "invoices-without-items": {
        "monthly.cost.trend": (
            "UNKNOWN",
            r"Growth of everything: expected items of \d{4}-\d\d's \$[\d.]+ and .+, got no items; "
            r"partial result: .+",
        ),
    },
    "balance-stale": dict.fromkeys(
        ("monthly.cost.balance", "monthly.cost.invoices", "monthly.cost.trend"),
        (
            "UNKNOWN",
            r"(Cost of the month|Last invoice|Growth of .+): expected a balance of the last 2 days(.*), "
            r"got one of .+ UTC.*; partial result: .+",
        ),
    ),
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
    "metrics-short": {  # two days are one, two or three whole ones in part, by the distance from midnight
        **unknown_week(r"4[78](\.\d)?"),
        **unknown_month(r"4[78](\.\d)?", "[12]"),
        CAPACITY[0]: no_growth(r"fewer days of ((CPU|memory|storage) of [a-z-]+ \([23]\)(, )?){9}"),
        CAPACITY[1]: (
            "UNKNOWN",
            r"CPU of image-worker at a spike: expected CPU samples of at least 648 of the last 720 h of every "
            r"component, got fewer hours of ([a-z-]+ \(4\d h\)(, )?){3}; partial result: .+",
        ),
        STORAGE: (
            "UNKNOWN",
            no_storage(
                r"Files of [a-z-]+",
                r"(samples of at least 134\.4 of 168 h of files of [a-z-]+( and )?){3}",
                r"(samples of 4\d h of files of [a-z-]+( and )?){3}; partial result: .+",
            ),
        ),
    },
    "month-worse": {
        MONTH_ITEMS[0]: (
            "WARNING",
            r"Error rate: expected at most 1 %, got 1\.4\d* % over 30 days \([\d,]+ requests\)",
        ),
        MONTH_ITEMS[1]: (
            "WARNING",
            r"P95 response time against the month before: expected at most 25 %, "
            r"got 5\d\.\d+ % over 30 days \(worse: from 0\.4\d* s to 0\.6\d* s\)",
        ),
    },
    "metrics-forty-days": {
        MONTH_ITEMS[1]: (
            "UNKNOWN",
            r"Months: expected two months of each figure to compare, got too little of "
            + "; ".join(
                rf"{name} \(samples of 2[34]\d(\.\d)? h in the 30 days before\)"
                for name in map(within, WEEK_KPIS.values())
            )
            + "; partial result: 5 not comparable",
        ),
        CAPACITY[0]: no_growth(r"fewer days of ((CPU|memory|storage) of [a-z-]+ \(4[01]\)(, )?){9}"),
    },
    "traffic-anomaly": {
        MONTH_ITEMS[2]: (
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
