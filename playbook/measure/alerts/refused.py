"""Channels that refuse notifications: by Alertmanager's counters in Prometheus, and by Grafana's contact points.

A key that was revoked changes nothing in the list of alerts: they fire, arrive at Alertmanager, and reach nobody.
"""

from __future__ import annotations

from datetime import datetime

from playbook.clients.alertmanager import Alertmanager, RuleAlerts
from playbook.clients.grafana import Grafana
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
    rules = _rules(alerting)
    store = rules.source if rules else None
    if not isinstance(store, Prometheus):
        return ()
    try:
        found = store.query(_QUERY, at)
    except Unmeasured:
        return ()
    shares = {one.labels["integration"]: one.value for one in found if one.labels.get("integration")}
    return tuple(f"{channel} ({share:.0f} %)" for channel, share in sorted(shares.items()))


def refused_by_contact_points(alerting: Alertmanager | RuleAlerts) -> tuple[str, ...]:
    """Grafana's contact points whose last notification failed; none where Grafana cannot be asked."""
    rules = _rules(alerting)
    boards = [one for one in (rules.source, rules.also) if isinstance(one, Grafana)] if rules else []
    try:
        return tuple(name for board in boards for name in board.refusing_contact_points())
    except Unmeasured:
        return ()


def _rules(alerting: Alertmanager | RuleAlerts) -> RuleAlerts | None:
    return alerting.rules if isinstance(alerting, Alertmanager) else alerting
