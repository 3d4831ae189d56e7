"""What the faults of the DigitalOcean API make the checks say."""

from __future__ import annotations

from tests.checks.expectations.logs import LOG_ITEMS

DO_ITEMS = (
    "daily.app.active",
    "daily.app.components",
    "daily.app.profile",
    "daily.deployments.recent",
    "daily.kpi.utilization",
)
PUSHED = r"\(commit [0-9a-f]{7} pushed to github/example/portfolio\)"


def no_digitalocean(found: str) -> dict[str, tuple[str, str]]:
    """The whole API is away: what is measured through it, and the logs, which it leads to."""
    message = rf"DigitalOcean API: expected the (app|deployments) \S.*, got {found}"
    return dict.fromkeys((*DO_ITEMS, *LOG_ITEMS), ("UNKNOWN", message))


def busy(verdict: str, what: str, found: str, limit: str = "") -> dict[str, tuple[str, str]]:
    """The busiest instance of two is over a limit for resources."""
    over = r"over 15 min of 24 h \(busiest of 2 instances, mean \S+ %\)"
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
    "component-renamed": {
        "daily.app.profile": (
            "WARNING",
            r"Components of portfolio: expected those that the settings name, got no image-worker "
            r"\(worker\) among portfolio-web, image-optimizer, image-processor",
        ),
        **dict.fromkeys(
            LOG_ITEMS,
            (
                "UNKNOWN",
                r"(Crashes and fatal errors in the logs|HTTP 5xx in the logs): expected lines of all 3 "
                r"components, got lines of 2 components \(none of image-processor\); what was seen gives .+",
            ),
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
            r"image-worker: expected HEALTHY or UNHEALTHY, got UNKNOWN with 1 of 1 replica ready",
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
    "cpu-critical": busy("CRITICAL", "CPU of image-optimizer", r"9\d", r" \(critical ≥ 90 %\)"),
    "memory-high": busy("WARNING", "Memory of portfolio-web", "8[0-8]"),
    "memory-critical": busy("CRITICAL", "Memory of portfolio-web", r"9\d", r" \(critical ≥ 90 %\)"),
    "app-metrics-missing": {
        "daily.kpi.utilization": (
            "UNKNOWN",
            r"CPU and memory: expected CPU samples of at least 21\.6 of 24 h and memory samples of at least "
            r"21\.6 of 24 h.*, got CPU samples of 0 h \(portfolio-web 0 h .*",
        ),
    },
    "app-in-maintenance": {
        "daily.app.active": (
            "CRITICAL",
            r"App portfolio: expected an active deployment in phase ACTIVE, got one that is in maintenance mode",
        ),
    },
    "app-archived": {
        "daily.app.active": (
            "CRITICAL",
            r"App portfolio: expected an active deployment in phase ACTIVE, got one that is archived",
        ),
    },
    "app-pinned": {
        "daily.app.active": (
            "WARNING",
            r"App portfolio: expected not to be pinned to a deployment, "
            r"got pinned to \S+ by a rollback that is neither committed nor reverted",
        ),
    },
    "app-domain-failed": {
        "daily.app.active": (
            "WARNING",
            r"Domains of portfolio: expected all in phase ACTIVE, got portfolio\.example in phase ERROR",
        ),
    },
    "app-domain-phase-new": {
        "daily.app.active": (
            "UNKNOWN",
            r"App portfolio: expected all phases to be understood, got 1 of 2 that is not, e\.g\. 'PARKED'; "
            r"what was seen gives ACTIVE",
        ),
    },
    "component-not-reported": {
        "daily.app.components": (
            "UNKNOWN",
            r"image-worker: expected the health of all 3 components, got the health of 2 components "
            r"\(not of image-worker\); what was seen gives not reported",
        ),
    },
    "component-state-new": {
        "daily.app.components": (
            "UNKNOWN",
            r"image-worker: expected HEALTHY or UNHEALTHY, got HIBERNATING with 1 of 1 replica ready",
        ),
    },
    "deployment-rolled-back": {
        "daily.deployments.recent": (
            "CRITICAL",
            r"Newest deployment: expected one that did not fail, got ACTIVE, 4\d min ago \(automatic rollback to "
            rf"deployment \S+\); before it ERROR, 5\d min ago {PUSHED}: DeployContainerHealthChecksFailed .+",
        ),
        "weekly.deployments.failed": (
            "CRITICAL",
            r"Deployments of the week: expected none that failed without a later success, "
            rf"got ERROR, 5\d min ago {PUSHED}: DeployContainerHealthChecksFailed .+",
        ),
    },
    "deployment-rolled-back-by-hand": {
        "daily.deployments.recent": (
            "WARNING",
            r"Newest deployment: expected a release, not a rollback to an earlier one, "
            r"got ACTIVE, 4\d min ago \(rollback to deployment \S+\)",
        ),
    },
    "deployment-phase-new": dict.fromkeys(
        ("daily.deployments.recent", "weekly.deployments.failed"),
        (
            "UNKNOWN",
            r"(Newest deployment|Deployments of the week): expected all words of deployment \w+ to be understood, "
            r"got 1 of \d+ that is not, e\.g\. 'phase HIBERNATING'; what was seen gives .+",
        ),
    ),
    "deployments-superseded": {
        "daily.app.active": (
            "CRITICAL",
            r"App portfolio: expected an active deployment in phase ACTIVE, got no active deployment",
        ),
        **dict.fromkeys(
            ("daily.deployments.recent", "weekly.deployments.failed", "monthly.dr.rollback"),
            (
                "UNKNOWN",
                r"(Newest deployment|Deployments of the week|Rollback): expected a deployment in phase ACTIVE "
                r"(among those listed, got only (ERROR, )?SUPERSEDED|to go back from, got none); what was seen .+",
            ),
        ),
        "monthly.dr.rollback-drill": (
            "UNKNOWN",
            r"Rollback drill: expected a deployment in phase ACTIVE, got none",
        ),
        **dict.fromkeys(
            LOG_ITEMS, ("UNKNOWN", r"DigitalOcean API: expected a deployment that writes logs, got none")
        ),
    },
    "deployments-cut": dict.fromkeys(
        ("daily.deployments.recent", "weekly.deployments.failed", "monthly.dr.rollback"),
        (
            "UNKNOWN",
            r"(Newest deployment|Deployments of the week|Rollback): expected all \d+ deployments, "
            r"got \d+ deployments; what was seen gives .+",
        ),
    ),
    "cpu-night": {
        "daily.kpi.utilization": (
            "CRITICAL",
            r"CPU of image-worker: expected under 80 %, got 99 % over 15 min of 24 h \(mean 5\d\.\d %\) "
            r"\(critical ≥ 90 %\)",
        ),
    },
    "app-metrics-gap": {
        "daily.kpi.utilization": (
            "UNKNOWN",
            r"CPU of image-optimizer: expected CPU samples of at least 21\.6 of 24 h and memory samples of at "
            r"least 21\.6 of 24 h, got CPU samples of 19(\.\d)? h \(portfolio-web 19(\.\d)? h of 2 instances, .*",
        ),
    },
    "instance-silent": dict.fromkeys(
        ("daily.kpi.utilization", "weekly.resources.cpu", "weekly.resources.memory-growth", "weekly.scaling.fits"),
        (
            "UNKNOWN",
            r"(CPU of image-optimizer|Growth into the limit): expected (CPU|memory) samples of at least .+, "
            r"got (CPU|memory) samples of \d+(\.\d)? h \(portfolio-web \d+(\.\d)? h of 2 instances\).*",
        ),
    ),
    "digitalocean-gone": no_digitalocean(r"connection refused \(connect, after \d\.\d+ s\)"),
    "digitalocean-unauthorized": no_digitalocean(r"HTTP 401 unauthorized \(Unable to authenticate you\)"),
    "digitalocean-denied": no_digitalocean(
        r"HTTP 403 forbidden \(You are not authorized to perform this operation\): "
        r"the token needs the scope [a-z_]+:[a-z]+"
    ),
    "digitalocean-throttled": no_digitalocean(
        r"HTTP 429 too_many_requests \(API rate limit exceeded\); it asks to come back in 27 s"
    ),
    "digitalocean-broken": no_digitalocean(r"HTTP 500 server_error \(Unexpected server-side error\)"),
    "digitalocean-garbage": no_digitalocean(r"text/html; charset=utf-8: '<!doctype html><title>Just a moment.*"),
}
