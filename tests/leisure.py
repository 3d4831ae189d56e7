"""Limits of the sandbox that leave out how quick this machine is, which does other things beside."""

# What is measured by the clock has limits that only what hangs is over.
AT_LEISURE = "[targets.sandbox.limits]\n" + "".join(
    f'{name}.warning = "> {40 * scale} {unit}"\n{name}.critical = "> {50 * scale} {unit}"\n'
    for unit, scale, names in (
        ("s", 1, ("homepage_time", "optimize_time", "network_time", "server_time")),
        ("s", 1, ("load_homepage_p95", "load_homepage_p99", "load_health_p95", "load_health_p99")),
        ("s", 1, ("load_images_p95", "load_images_p99")),
        ("ms", 1000, ("redis_latency",)),
    )
    for name in names
)
