"""What faults make the reviews of deployments, scaling, costs, access, firewalls and dependencies say."""

from __future__ import annotations

PUSHED = r"\(commit [0-9a-f]{7} pushed to github/example/portfolio\)"

THROUGH_DIGITALOCEAN = (
    "weekly.deployments.failed",
    "weekly.scaling.fits",
    "monthly.cost.balance",
    "monthly.cost.invoices",
    "monthly.cost.trend",
    "monthly.config.firewall",
    "monthly.dr.rollback",
)
# On the first days of a month the last one stands for it.
MONTH = r"over \d{4}-\d\d \(\$[\d.]+ of \$150\.00(, projected from \$[\d.]+ in [\d.]+ of \d\d days)?\)"
LAST = r"over \d{4}-\d\d \(\$%s of \$150\.00\)"
GROWTH = r"over \d{4}-\d\d → \d{4}-\d\d \(\$[\d.]+ → \$[\d.]+\)"


def away(got: str) -> dict[str, tuple[str, str]]:
    """The whole DigitalOcean API is away."""
    return dict.fromkeys(THROUGH_DIGITALOCEAN, ("UNKNOWN", rf"DigitalOcean API: expected the \S.*, got {got}"))


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "deployment-failed": {
        "weekly.deployments.failed": (
            "CRITICAL",
            r"Deployments of the week: expected none that failed without a later success, "
            rf"got ERROR, 25 min ago {PUSHED}: BuildJobFailed The build command exited with a non-zero exit code",
        ),
    },
    "app-not-active": {
        "weekly.deployments.failed": (
            "CRITICAL",
            r"Deployments of the week: expected none that failed without a later success, "
            rf"got ERROR, 25 min ago {PUSHED}: DeployContainerExitNonZero .+",
        ),
    },
    "deployment-stuck": {
        "weekly.deployments.failed": (
            "CRITICAL",
            rf"Deployments of the week: expected none stuck in progress, got DEPLOYING for 2 h {PUSHED}",
        ),
    },
    "deployments-flaky": {
        "weekly.deployments.failed": (
            "WARNING",
            r"Failed deployments: expected at most 30 %, got 50 % over 7 d \(4 of 8 deployments\)",
        ),
    },
    "over-provisioned": {
        "weekly.scaling.fits": (
            "WARNING",
            r"image-optimizer: expected nothing cheaper that fits, got 2 to 4 × apps-d-2vcpu-8gb at 1\d % CPU and "
            r"1\d % memory; 2 × apps-d-1vcpu-2gb at least would save \$118\.00 a month",
        ),
    },
    "under-provisioned": {
        "weekly.scaling.fits": (
            "WARNING",
            r"Memory of portfolio-web: expected under 80 %, got 8\d\.\d % over 7 d \(95th percentile of "
            r"2 × apps-s-1vcpu-1gb; 2 × apps-s-1vcpu-2gb would cost \$26\.00 a month more\)",
        ),
    },
    "app-metrics-missing": {
        "weekly.scaling.fits": (
            "UNKNOWN",
            r"DigitalOcean API: expected samples of every component in at least 120 of the last 168 hours, got fewer "
            r"of portfolio-web \(0 h\), image-optimizer \(0 h\), image-worker \(0 h\)",
        ),
    },
    "cost-over-budget": {
        "monthly.cost.balance": (
            "CRITICAL",
            r"Cost of the month: expected at most 90 % of the budget, got 11\d\.?\d* % of the budget "
            rf"{MONTH} \(critical > 100 % of the budget\)",
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
            rf"Cost of the month: expected at most 90 % of the budget, got 92\.5 % of the budget {MONTH}",
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
    "redis-open-to-world": {
        "monthly.config.firewall": (
            "CRITICAL",
            r"Trusted sources of Redis: expected a list of who may connect, "
            r"got an empty list, which lets the whole internet connect",
        ),
    },
    "redis-open-by-range": {
        "monthly.config.firewall": (
            "CRITICAL",
            r"Trusted sources of Redis: expected a list of who may connect, "
            r"got 0\.0\.0\.0/0, which is the whole internet",
        ),
    },
    "redis-trusts-too-many": {
        "monthly.config.firewall": (
            "WARNING",
            r"Trusted sources of Redis: expected narrow address ranges, got 10\.0\.0\.0/8",
        ),
    },
    "ssh-open-to-world": {
        "monthly.config.firewall": (
            "CRITICAL",
            r"Cloud firewalls: expected no management port open to the world, "
            r"got monitoring opens 22 to 0\.0\.0\.0/0 \(rule tcp 22\), and 1 more",
        ),
    },
    "rollback-refused": {
        "monthly.dr.rollback": (
            "CRITICAL",
            r"Rollback: expected the platform to say that it is valid, "
            r"got app_pinned: the app is pinned to a previous deployment",
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
    },
    "digitalocean-gone": away(r"connection refused \(connect, after \d\.\d+ s\)"),
}
