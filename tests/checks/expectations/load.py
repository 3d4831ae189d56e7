"""What the checks say under the faults of the system under load."""

from __future__ import annotations

SECONDS = r"\d+(\.\d+)?"
REQUESTS = r"[\d,]+ requests"


def slow(group: str, limit: str, endpoint: str) -> str:
    """A P95 over its warning limit."""
    return rf"{group} under load, P95: expected at most {limit} s, got {SECONDS} s over {REQUESTS} for {endpoint}"


def failed(percent: str) -> tuple[str, str]:
    """More of the requests than may."""
    return (
        "CRITICAL",
        rf"Failed requests under load: expected at most 1 %, got {percent}(\.\d+)? % over {REQUESTS} "
        r"\([\d,]+ failed\) \(critical > 5 %\)",
    )


def unanswered(group: str) -> str:
    """Latency is not reported if too many requests get no answer."""
    found = rf"[\d,]+ of [\d,]+ that failed for {ENDPOINT}(, [\d,]+ of [\d,]+ that failed for {ENDPOINT})*"
    seen = "(; partial result: .+)?"
    return rf"{group} under load, P95: expected 95 % of the requests to be answered well, got {found}{seen}"


ENDPOINT = r"(homepage|(image )?health|(small|medium) (JPEG|PNG))"
NO_IMAGES = unanswered("Image optimisation")
# Which requests are those that fail is chance: of a group that was seldom asked, too few may be among them.
NOT_TOLD = {
    "load.homepage": ("OK or UNKNOWN", unanswered("Homepage")),
    "load.health": ("OK or UNKNOWN", unanswered("Health endpoint")),
    "load.images": ("OK or UNKNOWN", NO_IMAGES),
    "load.comparison": (
        "UNKNOWN",
        r"P95 under load: expected 95 % of the requests to be answered well, got [\d,]+ of [\d,]+ that failed",
    ),
}
HOMEPAGE = slow("Homepage", r"1\.5", "homepage")
HEALTH = slow("Health endpoint", r"1\.5", "(image )?health")
IMAGES = slow("Image optimisation", r"2\.5", r"(small|medium) (JPEG|PNG)")
THROUGHPUT = (
    rf"Throughput: expected at least 25 % of the demand, got {SECONDS} % of the demand over \d+ s "
    rf"\({SECONDS} requests/s answered well, up to 10 users\)"
)
WORSE = (
    r"P95 under load: expected no endpoint slower than 1\.3 times its last P95, and by 50 ms, "
    r"got worse than on \d{4}-\d\d-\d\d \d\d:\d\d: .+"
)

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "load-homepage-slow": {"load.homepage": ("WARNING", HOMEPAGE)},
    "load-health-slow": {"load.health": ("WARNING", HEALTH)},
    "load-images-slow": {"load.images": ("WARNING", IMAGES)},
    "load-not-carried": {
        "load.carried": ("WARNING", THROUGHPUT),
        "load.homepage": ("WARNING", HOMEPAGE),
        "load.health": ("WARNING", HEALTH),
        "load.images": ("OK or WARNING", IMAGES),
    },
    "load-failing": {"load.errors": failed("[12][0-9]"), **NOT_TOLD},
    "load-dropping": {"load.errors": failed("[12][0-9]"), **NOT_TOLD},
    "load-dying": {"load.errors": failed("[1-9][0-9]"), **NOT_TOLD},
    "load-queue-stuck": {
        "load.errors": failed("[1-9][0-9]"),
        "load.health": ("UNKNOWN", unanswered("Health endpoint")),
        "load.images": ("UNKNOWN", NO_IMAGES),
        "load.comparison": NOT_TOLD["load.comparison"],
        "load.server": (
            "CRITICAL",
            r"Image queue under load: expected at most 50 images, got 1[1-3]\d images over \d+ looks "
            r"\(critical > 100 images\)",
        ),
    },
    "load-slower-than-before": {
        "load.comparison": (
            "WARNING",
            WORSE.removesuffix(".+") + r".*(homepage|all requests) \S+ s after 0\.010 s.*",
        )
    },
    "load-test-outgrown": {
        "monthly.capacity.spikes": (
            "CRITICAL",
            r"Requests at a spike: expected at most 90 % of the tested load, got [\d,.]+ % of the tested load "
            r"\(1\.5 × the peak is \d+(\.\d+)? requests/s; the breakpoint test on \d{4}-\d\d-\d\d carried 0\.8\) "
            r"\(critical > 100 % of the tested load\)",
        ),
    },
}
