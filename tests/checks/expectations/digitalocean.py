"""What the faults of the DigitalOcean API make the checks say."""

from __future__ import annotations

from tests.checks.expectations.logs import LOG_ITEMS

DO_ITEMS = ("daily.app.active", "daily.app.components", "daily.deployments.recent", "daily.kpi.utilization")
PUSHED = r"\(commit [0-9a-f]{7} pushed to github/example/portfolio\)"


def no_digitalocean(found: str) -> dict[str, tuple[str, str]]:
    """The whole API is away: what is measured through it, and the logs, which it leads to."""
    message = rf"DigitalOcean API: expected the (app|deployments) \S.*, got {found}"
    return dict.fromkeys((*DO_ITEMS, *LOG_ITEMS), ("UNKNOWN", message))


def busy(verdict: str, what: str, found: str, limit: str = "") -> dict[str, tuple[str, str]]:
    """The busiest instance of two is over a limit for resources."""
    over = r"over 1 h \(busiest of 2 instances, highest \S+ %, \d\d samples\)"
    message = rf"{what}: expected under 80 %, got {found}\.\d+ % {over}{limit}"
    return {"daily.kpi.utilization": (verdict, message)}


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "app-not-active": {
        "daily.app.active": (
            "CRITICAL",
            r"App portfolio: expected an active deployment in phase ACTIVE, got no active deployment",
        ),
        "daily.deployments.recent": (
            "CRITICAL",
            rf"Newest deployment: expected one that did not fail, got ERROR, 2[5-9] min ago {PUSHED}: "
            r"DeployContainerExitNonZero The container exited with a non-zero exit code\.",
        ),
        **dict.fromkeys(
            LOG_ITEMS, ("UNKNOWN", r"DigitalOcean API: expected a deployment that writes logs, got none")
        ),
    },
    "app-url-dead": {
        "daily.app.active": (
            "CRITICAL",
            r"Live URL https://localhost:\d+: expected a page, "
            r"got connection refused \(connect, after \d\.\d+ s\)",
        ),
    },
    "component-unhealthy": {
        "daily.app.components": (
            "CRITICAL",
            r"image-worker: expected HEALTHY with 1 of 1 replica ready, got UNHEALTHY with 1 of 1 replica ready",
        ),
    },
    "component-unknown": {
        "daily.app.components": (
            "UNKNOWN",
            r"DigitalOcean API: expected the health of image-worker, got UNKNOWN with 1 of 1 replica ready",
        ),
    },
    "replicas-missing": {
        "daily.app.components": (
            "CRITICAL",
            r"image-optimizer: expected HEALTHY with 2 of 2 replicas ready, "
            r"got HEALTHY with 1 of 2 replicas ready",
        ),
    },
    "deployment-failed": {
        "daily.deployments.recent": (
            "CRITICAL",
            rf"Newest deployment: expected one that did not fail, got ERROR, 2[5-9] min ago {PUSHED}: "
            r"BuildJobFailed The build command exited with a non-zero exit code\.",
        ),
    },
    "deployment-stuck": {
        "daily.deployments.recent": (
            "CRITICAL",
            rf"Newest deployment: expected done within 30 min, got DEPLOYING for 2 h( \d min)? {PUSHED}",
        ),
    },
    "cpu-high": busy("WARNING", "CPU of image-optimizer", "8[0-8]"),
    "cpu-critical": busy("CRITICAL", "CPU of image-optimizer", r"9\d", r" \(critical >= 90 %\)"),
    "memory-high": busy("WARNING", "Memory of portfolio-web", "8[0-8]"),
    "memory-critical": busy("CRITICAL", "Memory of portfolio-web", r"9\d", r" \(critical >= 90 %\)"),
    "app-metrics-missing": {
        "daily.kpi.utilization": (
            "UNKNOWN",
            r"DigitalOcean API: expected CPU and memory samples of every component in the last hour, "
            r"got none of portfolio-web, image-optimizer, image-worker",
        ),
    },
    "digitalocean-gone": no_digitalocean(r"connection refused \(connect, after \d\.\d+ s\)"),
    "digitalocean-unauthorized": no_digitalocean(r"HTTP 401 unauthorized \(Unable to authenticate you\)"),
    "digitalocean-denied": no_digitalocean(
        r"HTTP 403 forbidden \(You are not authorized to perform this operation\)"
    ),
    "digitalocean-throttled": no_digitalocean(
        r"HTTP 429 too_many_requests \(API rate limit exceeded\); it asks to come back in 27 s"
    ),
    "digitalocean-broken": no_digitalocean(r"HTTP 500 server_error \(Unexpected server-side error\)"),
    "digitalocean-garbage": no_digitalocean(r"text/html; charset=utf-8: '<!doctype html><title>Just a moment.*"),
}
