"""What faults make the reviews of deployments, scaling, costs, access, firewalls and dependencies say."""

from __future__ import annotations

PUSHED = r"\(commit [0-9a-f]{7} pushed to github/example/portfolio\)"

WEEKLY = ("weekly.deployments.failed",)


def away(got: str) -> dict[str, tuple[str, str]]:
    """The whole DigitalOcean API is away."""
    return dict.fromkeys(WEEKLY, ("UNKNOWN", rf"DigitalOcean API: expected the \S.*, got {got}"))


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
    "digitalocean-gone": away(r"connection refused \(connect, after \d\.\d+ s\)"),
}
