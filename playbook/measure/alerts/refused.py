"""Channels that refuse Alertmanager's notifications, by its own counters in Prometheus.

A key that was revoked changes nothing in the list of alerts: they fire, arrive at Alertmanager, and reach nobody.
"""

from __future__ import annotations

from datetime import datetime

from playbook.clients.alertmanager import Alertmanager, RuleAlerts
from playbook.clients.prometheus import Prometheus
from playbook.core.errors import Unmeasured

# Alertmanager counts a notification as failed when all its attempts were. The newest window with any decides.
_SHARE = (
    "(sum by (integration) (increase(alertmanager_notifications_failed_total[{0}]))"
    " / sum by (integration) (increase(alertmanager_notifications_total[{0}])) >= 0.5)"
)
_QUERY = f"max by (integration) (100 * ({' or '.join(map(_SHARE.format, ('1h', '6h', '24h')))}))"


def refused(alerting: Alertmanager | RuleAlerts, at: datetime) -> tuple[str, ...]:
    """Kinds of channels that lately refused at least half of the notifications, with the share: ``slack (100 %)``.

    None where Prometheus does not scrape Alertmanager, or cannot be asked, which the key figures report.
    """
    rules = alerting.rules if isinstance(alerting, Alertmanager) else alerting
    store = rules.source if isinstance(rules, RuleAlerts) else None
    if not isinstance(store, Prometheus):
        return ()
    try:
        found = store.query(_QUERY, at)
    except Unmeasured:
        return ()
    shares = {one.labels["integration"]: one.value for one in found if one.labels.get("integration")}
    return tuple(f"{channel} ({share:.0f} %)" for channel, share in sorted(shares.items()))
