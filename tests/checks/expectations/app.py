"""What the checks say under the faults of the application."""

from __future__ import annotations

from tests.checks.expectations.phrases import (
    CERTIFICATE,
    EXHAUSTED,
    FAILING,
    LOG_ITEMS,
    SLOW,
    STORAGE,
    emergency,
    emergency_unknown,
    without_logs,
)

SKEW = r"Clock skew: expected at most 30 s, got %s s of 3 clocks \(website %s\)%s"
PUSHED = r"\(commit [0-9a-f]{7} pushed to github/example/portfolio\)"


def busy(verdict: str, what: str, found: str, limit: str = "") -> dict[str, tuple[str, str]]:
    """The busiest instance of two is over a limit for resources."""
    over = r"over 15 min of 24 h \(busiest of 2 instances, mean \S+ %\)"
    message = rf"{what}: expected under 80 %, got {found}\.\d+ % {over}{limit}"
    return {"daily.kpi.utilization": (verdict, message)}


BUSY_HOUR = r"over 15 min of 1 h \(busiest of 2 instances, mean \S+ %\)"
ROLLED_BACK = "Rollback drill: expected the release before to run, and then the newer one again, got %s"
# In the first minute of an hour the newest sample is still of the hour before, so that there are fewer to compare.
FULL_ON = (
    r"\(full on \d{4}-\d\d-\d\d by the last 7 days: \+%s points a day; \d+ %% of (49[89]|50\d) comparisons agree\)"
)
BYTES = r"over 7 days \([\d.]+ GiB after [\d.]+ GiB\)"

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "app-not-active": {
        **emergency("WARNING", "P3: App: no active deployment"),
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
        "weekly.deployments.failed": (
            "CRITICAL",
            r"Deployments of the week: expected none that failed without a later success, "
            rf"got ERROR, 2[5-9] min ago {PUSHED}: DeployContainerExitNonZero .+",
        ),
        **without_logs("DigitalOcean API: expected a deployment that writes logs, got none"),
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
            r"\(worker\) among portfolio-web, image-optimizer, image-processor, send-digest",
        ),
        **dict.fromkeys(
            LOG_ITEMS,
            (
                "UNKNOWN",
                r"(Crashes and fatal errors in the logs|HTTP 5xx in the logs): expected lines of all 3 "
                r"components, got lines of 2 components \(none of image-processor\); partial result: .+",
            ),
        ),
    },
    "component-unhealthy": {
        **emergency("WARNING", r"P3: Components: image-worker UNHEALTHY with 1 of 1 replica ready"),
        "daily.app.components": (
            "CRITICAL",
            r"image-worker: expected HEALTHY with 1 of 1 replica ready, got UNHEALTHY with 1 of 1 replica ready",
        ),
        "post_maintenance.services-healthy": (
            "CRITICAL",
            r"image-worker: expected HEALTHY with 1 of 1 replica ready, got UNHEALTHY with 1 of 1 replica ready",
        ),
        **dict.fromkeys(
            (f"{FAILING}.service-status", f"{EXHAUSTED}.allocation"),
            (
                "CRITICAL",
                r"image-worker: expected HEALTHY with 1 of 1 replica ready, got UNHEALTHY with 1 of 1 "
                r"replica ready",
            ),
        ),
    },
    "component-unknown": {
        "daily.app.components": (
            "UNKNOWN",
            r"image-worker: expected HEALTHY or UNHEALTHY, got UNKNOWN with 1 of 1 replica ready",
        ),
    },
    "replicas-missing": {
        **emergency("WARNING", r"P3: Components: image-optimizer HEALTHY with 1 of 2 replicas ready"),
        "daily.app.components": (
            "CRITICAL",
            r"image-optimizer: expected HEALTHY with 2 of 2 replicas ready, "
            r"got HEALTHY with 1 of 2 replicas ready",
        ),
    },
    "autoscaling-failed": dict.fromkeys(
        ("daily.app.components", f"{EXHAUSTED}.allocation"),
        (
            "WARNING",
            r"Autoscaling: expected no component whose last change of a day failed, got image-optimizer FAILED "
            r"from 2 to 4 replicas \(cpu\) on \S+ \S+ UTC",
        ),
    ),
    "job-failed": {
        "daily.app.components": (
            "WARNING",
            r"Jobs: expected the last run of each to have succeeded, and scheduled ones on time, got send-digest "
            r"FAILED in its last run, of \S+ \S+ UTC",
        ),
    },
    "job-missed": {
        "daily.app.components": (
            "WARNING",
            r"Jobs: expected the last run of each to have succeeded, and scheduled ones on time, got "
            r"send-digest has not succeeded since it was due on \S+ \S+ UTC, last on \S+ \S+ UTC",
        ),
    },
    "egress-address-removed": {
        "daily.app.active": (
            "WARNING",
            r"Dedicated egress addresses of portfolio: expected all ASSIGNED, got 203\.0\.113\.21 REMOVED",
        ),
    },
    "deployment-failed": {
        "daily.deployments.recent": (
            "CRITICAL",
            rf"Newest deployment: expected one that did not fail, got ERROR, 2[5-9] min ago {PUSHED}: "
            r"BuildJobFailed The build command exited with a non-zero exit code\.",
        ),
        "weekly.deployments.failed": (
            "CRITICAL",
            r"Deployments of the week: expected none that failed without a later success, "
            rf"got ERROR, 2[5-9] min ago {PUSHED}: BuildJobFailed The build command exited with a non-zero "
            r"exit code",
        ),
    },
    "deployment-stuck": {
        "daily.deployments.recent": (
            "CRITICAL",
            rf"Newest deployment: expected done within 30 min, got DEPLOYING for 2 h( \d min)? {PUSHED}",
        ),
        "weekly.deployments.failed": (
            "CRITICAL",
            rf"Deployments of the week: expected none stuck in progress, got DEPLOYING for 2 h( \d min)? {PUSHED}",
        ),
    },
    "cpu-high": {
        **busy("WARNING", "CPU of image-optimizer", "8[0-8]"),
        **dict.fromkeys(
            (f"{SLOW}.resources", f"{EXHAUSTED}.symptoms"),
            ("WARNING", rf"CPU of image-optimizer: expected under 80 %, got 8[0-8]\.\d+ % {BUSY_HOUR}"),
        ),
        f"{EXHAUSTED}.trends": (
            "WARNING",
            r"CPU of image-optimizer: expected under 80 %, got 8\d(\.\d+)? % over 7 days \(95th percentile of "
            r"16\d h, mean .+\)",
        ),
        f"{EXHAUSTED}.allocation": (
            "WARNING",
            r"CPU of image-optimizer: expected under 80 %, got 8\d(\.\d+)? % over 7 days \(95th "
            r"percentile of .+ a month more\)",
        ),
    },
    "cpu-critical": busy("CRITICAL", "CPU of image-optimizer", r"9\d", r" \(critical ≥ 90 %\)"),
    "memory-high": busy("WARNING", "Memory of portfolio-web", "8[0-8]"),
    "memory-critical": busy("CRITICAL", "Memory of portfolio-web", r"9\d", r" \(critical ≥ 90 %\)"),
    "app-metrics-missing": {
        "daily.kpi.utilization": (
            "UNKNOWN",
            r"CPU and memory: expected CPU samples of at least 21\.6 of 24 h and memory samples of at least "
            r"21\.6 of 24 h.*, got CPU samples of 0 h \(portfolio-web 0 h .*",
        ),
        "weekly.scaling.fits": (
            "UNKNOWN",
            r"Use of the week: expected CPU samples of at least 151\.2 of 168 h and memory samples of at least "
            r"151\.2 of 168 h.*, got CPU samples of 0 h \(portfolio-web 0 h .+",
        ),
        **{
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
    },
    "app-in-maintenance": {
        **emergency("WARNING", r"P3: App: in maintenance mode"),
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
        CERTIFICATE: (
            "WARNING",
            r"Domains at DigitalOcean: expected each in phase ACTIVE, got portfolio\.example ERROR",
        ),
    },
    "app-domain-phase-new": {
        "daily.app.active": (
            "UNKNOWN",
            r"App portfolio: expected all phases to be understood, got 1 of 2 that is not, e\.g\. 'PARKED'; "
            r"partial result: ACTIVE",
        ),
        CERTIFICATE: (
            "UNKNOWN",
            r"Certificates: expected all phases of domains to be understood, got 1 of 1 that is not,"
            r" e\.g\. 'PARKED'; partial result: 2 of 2 valid",
        ),
    },
    "component-not-reported": {
        **emergency_unknown(
            r"expected the health of all 3 components, got the health of 2 components \(not of image-worker\)"
        ),
        "daily.app.components": (
            "UNKNOWN",
            r"image-worker: expected the health of all 3 components, got the health of 2 components "
            r"\(not of image-worker\); partial result: not reported",
        ),
    },
    "component-state-new": {
        **emergency_unknown("expected the health of image-worker, got HIBERNATING with 1 of 1 replica ready"),
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
            r"got 1 of \d+ that is not, e\.g\. 'phase HIBERNATING'; partial result: .+",
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
                r"(among those listed, got only (ERROR, )?SUPERSEDED|to go back from, got none); "
                r"partial result: .+",
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
            r"got \d+ deployments; partial result: .+",
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
    "over-provisioned": {
        "optimization.costs.instances": (
            "WARNING",
            r"image-optimizer: expected nothing cheaper that fits, got 2 to 4 × \S+ at 1\d % CPU and "
            r"1\d % memory; "
            r"at least 2 × \S+ would save \$\d+\.\d\d a month",
        ),
        "weekly.scaling.fits": (
            "WARNING",
            r"image-optimizer: expected nothing cheaper that fits, got 2 to 4 × apps-d-2vcpu-8gb at 1\d % CPU and "
            r"1\d % memory; at least 2 × apps-d-1vcpu-2gb would save \$118\.00 a month",
        ),
    },
    "component-restarting": {
        "daily.app.components": (
            "CRITICAL",
            r"Restarts of image-worker: expected none, got 8 over 24 h \(critical > 5\)",
        ),
        **dict.fromkeys(
            (f"{EXHAUSTED}.heavy-component", f"{FAILING}.service-status"),
            ("CRITICAL", r"Restarts of image-worker: expected none, got 8 over 24 h \(critical > 5\)"),
        ),
    },
    "component-crashing": {
        "daily.app.components": ("WARNING", r"Restarts of image-worker: expected none, got 3 over 24 h"),
        **dict.fromkeys(
            (f"{EXHAUSTED}.heavy-component", f"{FAILING}.service-status"),
            ("WARNING", r"Restarts of image-worker: expected none, got 3 over 24 h"),
        ),
    },
    "crash-logs-lost": {
        "daily.app.components": ("WARNING", r"Restarts of image-worker: expected none, got 1 over 24 h"),
    },
    "cpu-risen": {
        f"{EXHAUSTED}.trends": (
            "WARNING",
            r"CPU of image-worker against the week before: expected at most 15 points, got "
            r"2[45](\.\d+)? points over 7 days "
            r"\(mean from 4\d\.\d % to 6\d\.\d %\)",
        ),
        "weekly.resources.cpu": (
            "WARNING",
            r"CPU of image-worker against the week before: expected at most 15 points, "
            r"got 2[45](\.\d+)? points over 7 days \(mean from 4\d\.\d % to 6\d\.\d %\)",
        ),
    },
    "memory-leak": {
        f"{EXHAUSTED}.memory-leak": (
            "WARNING",
            r"Memory of image-worker, time until full: expected at least 30 days, got 1[12](\.\d)? "
            r"days \(full on .+\)",
        ),
        "weekly.resources.memory-growth": (
            "WARNING",
            r"Memory of image-worker, time until full: expected at least 30 days, "
            rf"got 1[12](\.\d+)? days {FULL_ON % r'2.[34][0-9]*'}",
        ),
    },
    "rollback-refused": {
        "pre_maintenance.rollback-plan": (
            "CRITICAL",
            r"Rollback: expected the platform to say that it is valid, got app_pinned: .+",
        ),
        "monthly.dr.rollback": (
            "CRITICAL",
            r"Rollback: expected the platform to say that it is valid, "
            r"got app_pinned: the app is pinned to a previous deployment",
        ),
        "monthly.dr.rollback-drill": (
            "CRITICAL",
            r"Rollback drill: expected the release before to run, and then the newer one again, "
            r"got a platform that refuses it: app_pinned: the app is pinned to a previous deployment",
        ),
    },
    "deployments-flaky": {
        "weekly.deployments.failed": (
            "WARNING",
            r"Failed deployments: expected at most 30 %, got 50 % over 7 days \(4 of 8 deployments\)",
        ),
    },
    "under-provisioned": {
        "weekly.scaling.fits": (
            "WARNING",
            r"Memory of portfolio-web: expected under 80 %, got 8\d\.\d % over 7 days \(95th percentile of "
            r"2 × apps-s-1vcpu-1gb; 2 × apps-s-1vcpu-2gb would cost \$26\.00 a month more\)",
        ),
    },
    "rollback-with-warning": {
        "monthly.dr.rollback": (
            "WARNING",
            r"Rollback: expected no warnings of the platform, got image_source_missing_digest: one or more .+",
        ),
    },
    "rollback-nowhere": {
        "monthly.dr.rollback": (
            "CRITICAL",
            r"Rollback: expected an earlier good deployment to go back to, got no earlier good one",
        ),
        "monthly.dr.rollback-drill": (
            "UNKNOWN",
            r"Rollback drill: expected an earlier good deployment to go back to, got none",
        ),
    },
    "bandwidth-days-missing": {
        "weekly.resources.network": (
            "UNKNOWN",
            r"Traffic above the week before: expected traffic of at least 5\.6 of 7 days of both weeks, got "
            r"traffic of 4 days of both weeks \(none of (\w+ \d+ \w+(, )?){3}\); partial result: .+",
        ),
    },
    "rollback-fails": {
        "monthly.dr.rollback-drill": ("CRITICAL", ROLLED_BACK % r"a rollback with a deployment in phase ERROR .+"),
    },
    "rollback-stays": {
        "monthly.dr.rollback-drill": (
            "CRITICAL",
            ROLLED_BACK
            % r"an app that may still run the older release \(a deployment in phase ERROR after \d+\.\d s\)",
        ),
    },
    "memory-leak-fast": {
        "weekly.resources.memory-growth": (
            "CRITICAL",
            rf"Memory of image-worker, time until full: expected at least 30 days, got [45](\.\d+)? days "
            rf"{FULL_ON % r'(4.9|5.0)[0-9]*'} \(critical < 7 days\)",
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
    "clock-off": {
        "daily.clock.skew": (
            "CRITICAL",
            SKEW % (r"(?:59\d|60\d)(?:\.\d)?", "10 min ahead", r" \(critical > 300 s\)"),
        ),
    },
    "clock-drifts": {"daily.clock.skew": ("WARNING", SKEW % (r"4\d(?:\.\d)?", "4\\d s behind", ""))},
}
