"""Limits that leave out how quick this machine is, which does other things beside."""

from collections.abc import Collection

_TIMES = {
    "homepage_time": "s",
    "optimize_time": "s",
    "network_time": "s",
    "server_time": "s",
    "load_homepage_p95": "s",
    "load_homepage_p99": "s",
    "load_health_p95": "s",
    "load_health_p99": "s",
    "load_images_p95": "s",
    "load_images_p99": "s",
    "redis_latency": "ms",
}
_WARNING = {"s": "> 40 s", "ms": "> 40000 ms"}  # only what hangs is over it
_CRITICAL = {"s": "> 50 s", "ms": "> 50000 ms"}
_THROUGHPUT = "load_throughput"  # users who wait longer send less
COMPARISON = "worse_times"


def leisure(warned: Collection[str] = (), judged: Collection[str] = ()) -> str:
    """Settings in which nothing that is measured by the clock is over its limits, however slow the machine is.

    Args:
        warned: names of limits that keep their warning; ``COMPARISON`` for that of load tests with each other.
        judged: names of limits that stay as they are.
    """
    lines = []
    for name, unit in _TIMES.items():
        if name not in {*warned, *judged}:
            lines.append(f'{name}.warning = "{_WARNING[unit]}"')
        if name not in judged:
            lines.append(f'{name}.critical = "{_CRITICAL[unit]}"')
    if _THROUGHPUT not in {*warned, *judged}:
        lines.append(f'{_THROUGHPUT}.warning = "< 0.2 % of the demand"')
    if _THROUGHPUT not in judged:
        lines.append(f'{_THROUGHPUT}.critical = "< 0.1 % of the demand"')
    # The sandbox has shipped limits of its own, which win over those of all targets.
    sections = ["[limits]", *lines, "[targets.sandbox.limits]", *lines]
    if COMPARISON not in warned:
        sections += ["[load]", f"{COMPARISON} = 1000.0"]
    return "\n".join(sections) + "\n"


AT_LEISURE = leisure()
