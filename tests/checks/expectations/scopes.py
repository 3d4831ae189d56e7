"""What is UNKNOWN where the token for DigitalOcean lacks one scope: what SECURITY.md says, and nothing else."""

WITHOUT: dict[str, tuple[str, ...]] = {
    "account:read": (
        "monthly.access.permissions",
        "monthly.access.unused-accounts",
    ),
    "app:read": (
        "daily.app.active",
        "daily.app.components",
        "daily.app.profile",
        "daily.databases.healthy",
        "daily.deployments.recent",
        "daily.kpi.utilization",
        "daily.logs.errors",
        "daily.logs.http-errors",
        "monthly.capacity.growth",
        "monthly.capacity.scaling-policy",
        "monthly.capacity.spikes",
        "monthly.config.firewall",
        "monthly.dr.rollback",
        "monthly.dr.rollback-drill",
        "optimization.costs.instances",
        "optimization.costs.logs",
        "optimization.costs.off-peak",
        "post_maintenance.no-new-errors",
        "post_maintenance.services-healthy",
        "pre_maintenance.backup-verified",
        "pre_maintenance.rollback-plan",
        "troubleshooting.high-error-rates.dependencies",
        "troubleshooting.high-error-rates.error-patterns",
        "troubleshooting.high-error-rates.recent-release",
        "troubleshooting.high-error-rates.service-status",
        "troubleshooting.high-error-rates.symptoms",
        "troubleshooting.high-response-times.resources",
        "troubleshooting.resource-exhaustion.allocation",
        "troubleshooting.resource-exhaustion.heavy-component",
        "troubleshooting.resource-exhaustion.memory-leak",
        "troubleshooting.resource-exhaustion.symptoms",
        "troubleshooting.resource-exhaustion.trends",
        "weekly.databases.upkeep",
        "weekly.deployments.failed",
        "weekly.resources.cpu",
        "weekly.resources.memory-growth",
        "weekly.resources.network",
        "weekly.resources.storage",
        "weekly.scaling.fits",
        "weekly.security.certificate",
        "weekly.security.failed-logins",
        "weekly.security.suspicious",
    ),
    "app:update": (
        "monthly.dr.rollback",
        "monthly.dr.rollback-drill",
        "pre_maintenance.rollback-plan",
    ),
    "billing:read": (
        "monthly.cost.balance",
        "monthly.cost.invoices",
        "monthly.cost.trend",
    ),
    "database:read": (
        "daily.databases.healthy",
        "monthly.config.firewall",
        "post_maintenance.services-healthy",
        "pre_maintenance.backup-verified",
        "troubleshooting.high-error-rates.dependencies",
        "weekly.databases.upkeep",
    ),
    "firewall:read": ("monthly.config.firewall",),
    "monitoring:read": (
        "daily.kpi.utilization",
        "optimization.costs.instances",
        "optimization.costs.off-peak",
        "troubleshooting.high-response-times.resources",
        "troubleshooting.resource-exhaustion.allocation",
        "troubleshooting.resource-exhaustion.heavy-component",
        "troubleshooting.resource-exhaustion.memory-leak",
        "troubleshooting.resource-exhaustion.symptoms",
        "troubleshooting.resource-exhaustion.trends",
        "weekly.resources.cpu",
        "weekly.resources.memory-growth",
        "weekly.scaling.fits",
    ),
    "ssh_key:read": (
        "monthly.access.permissions",
        "monthly.access.unused-accounts",
    ),
}


def fault_of(scope: str) -> str:
    """The fault that takes a scope away."""
    return "databases-denied" if scope == "database:read" else f"token-without-{scope.translate(_DASHES)}"


_DASHES = str.maketrans(":_", "--")

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    fault_of(scope): dict.fromkeys(
        items,
        (
            "UNKNOWN",
            r"\S.*got (nothing from the DigitalOcean API: )?HTTP 403 forbidden "
            r"\(You are not authorized to perform this operation\): "
            rf"the token needs the scope {scope}(; partial result: .+)?",
        ),
    )
    for scope, items in WITHOUT.items()
}
