"""What the checks say where nothing that this machine asks is answered: it may be its own network."""

from __future__ import annotations

from tests.checks.expectations import alerts, redis, services
from tests.checks.expectations.phrases import REFUSED

_GONE = (services.EXPECTATIONS, alerts.EXPECTATIONS, redis.EXPECTATIONS)
_NAMES = ("digitalocean-gone", "prometheus-gone", "grafana-gone", "alertmanager-gone", "redis-gone")


def nothing_answers() -> dict[str, tuple[str, str]]:
    """Whatever is asked over the network; the fault may be on this machine's side.

    What a module states for itself under this fault is left to it.
    """
    found: dict[str, list[str]] = {}
    for known in _GONE:
        own = known.get("way-out-gone", {})
        for name in _NAMES:
            for item, (verdict, message) in known.get(name, {}).items():
                if verdict == "UNKNOWN" and item.startswith("daily.") and item not in own:
                    found.setdefault(item, []).append(message)
    silent = rf"Website: expected an answer from https://localhost:\d+\S*, got {REFUSED}"
    asked = "the DigitalOcean API, Grafana, Prometheus, Alertmanager, Redis, the GitHub API"
    for item in ("daily.health.api", "daily.health.image-service", "daily.probe.homepage"):
        found[item] = [rf"{silent}; nothing else answered either \({asked}\)"]
    found["daily.probe.optimize"] = [silent]
    found["daily.alerts.none-pending"] = [
        rf"Alertmanager: expected an answer from https://localhost:\d+/api/v2/alerts, got {REFUSED}"
    ]
    found["daily.databases.healthy"] = [rf"DigitalOcean API: expected .+ from localhost:\d+, got {REFUSED}"]
    found["daily.clock.skew"] = [
        r"Clock skew: expected all 3 clocks, got 0 clocks \(no answer from the website at .*"
    ]
    either = "|".join
    return {item: ("UNKNOWN", either(f"(?:{one})" for one in messages)) for item, messages in found.items()}


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "way-out-gone": {
        **nothing_answers(),
        "emergency.severity": (
            "UNKNOWN",
            r"Emergency: expected homepage(, .+)? and .+ to be known.*, got .+; partial result: none",
        ),
        "emergency.stable": (
            "UNKNOWN",
            r"Emergency: expected homepage(, .+)? and .+ to be known.*, got .+; partial result: "
            r"none in 3 of 3 observations, \S+ s apart",
        ),
        "emergency.stakeholders-notified": (
            "UNKNOWN",
            r"Sign-off of emergency\.stakeholders-notified: expected homepage(, .+)? and .+ to be "
            r"known.*, got .+; "
            r"partial result: no emergency, and nobody has to be notified at once",
        ),
    },
}
