"""What the faults of weeks and months make the checks say."""

from __future__ import annotations

from tests.checks.expectations.metrics import away

WEEK_KPIS = {
    "weekly.kpi.availability": "Availability",
    "weekly.kpi.response-time": "P95 response time",
    "weekly.kpi.error-rate": "Error rate",
    "weekly.kpi.image-success": "Image processing success",
    "weekly.kpi.cache-hit-rate": "Cache hit rate",
}
AWAY = away("Prometheus", r"api/v1/query\?…")

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
    "metrics-short": {
        item: (
            "UNKNOWN",
            rf"{name}: expected samples of at least 84 of the last 168 h, got samples of 4[78]\.\d h",
        )
        for item, name in WEEK_KPIS.items()
    },
    "prometheus-gone": dict.fromkeys(WEEK_KPIS, AWAY),
    "metrics-empty": {
        item: ("UNKNOWN", rf"{name}: expected samples of at least 84 of the last 168 h, got samples of 0\.0 h")
        for item, name in WEEK_KPIS.items()
    },
}
