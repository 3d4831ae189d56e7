"""Channels that refuse notifications, and settings of alerting that could not be loaded.

Channels are known by Alertmanager's counters in Prometheus, and by Grafana's contact points. A key that was
revoked changes nothing in the list of alerts: they fire, arrive at Alertmanager, and reach nobody. A file with a
mistake changes nothing either: the program goes on with what it has loaded before, and does not start again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from playbook.clients.alertmanager import Alertmanager, RuleAlerts
from playbook.clients.grafana import Grafana
from playbook.clients.prometheus import Prometheus, Sample
from playbook.core.coverage import Coverage, unread
from playbook.core.errors import Denied, Unmeasured

# Alertmanager counts a notification as failed when all its attempts were. The newest window with any decides.
_SHARE = (
    "(sum by (integration) (increase(alertmanager_notifications_failed_total[{0}]))"
    " / sum by (integration) (increase(alertmanager_notifications_total[{0}])) >= 0.5)"
)
_QUERY = f"max by (integration) (100 * ({' or '.join(map(_SHARE.format, ('1h', '6h', '24h')))}))"
# Each program that reads its settings again exposes 1 or 0, e.g. cmd/prometheus/main.go of Prometheus; so do those
# of VictoriaMetrics, Thanos and Mimir that evaluate rules, scrape or send.
_LAST_RELOAD = "_config_last_reload_successful"
_NOT_LOADED = " or ".join(
    [
        f"{program}{_LAST_RELOAD} == 0"
        for program in (
            *("prometheus", "alertmanager", "blackbox_exporter", "vmalert", "thanos_rule"),
            *("cortex_ruler", "cortex_alertmanager"),
        )
    ]
    # VictoriaMetrics before 1.89 exposes 0 where it has nothing to scrape, and so nothing to load:
    # https://github.com/VictoriaMetrics/VictoriaMetrics/pull/3876
    + [f"(vm_promscrape{_LAST_RELOAD} == 0 and vm_promscrape_config_reloads_errors_total > 0)"]
)


def refused(alerting: Alertmanager | RuleAlerts, at: datetime) -> tuple[str, ...]:
    """Kinds of channels that lately refused at least half of the notifications, with the share: ``slack (100 %)``.

    None where Prometheus does not scrape Alertmanager, or cannot be asked, which the key figures report.
    """
    found = _answers(alerting, _QUERY, at)
    shares = {one.labels["integration"]: one.value for one in found if one.labels.get("integration")}
    return tuple(f"{channel} ({share:.0f} %)" for channel, share in sorted(shares.items()))


def not_loaded(alerting: Alertmanager | RuleAlerts, at: datetime) -> tuple[str, ...]:
    """Programs of alerting that could not load their newest settings: ``prometheus at 10.0.0.5:9090``.

    None where Prometheus does not scrape them, or cannot be asked, which the key figures report.
    """
    found = _answers(alerting, _NOT_LOADED, at)
    programs = ((one.labels.get("__name__", "").removesuffix(_LAST_RELOAD), one.labels) for one in found)
    return tuple(sorted({f"{program} at {labels.get('instance', 'no instance')}" for program, labels in programs}))


def _answers(alerting: Alertmanager | RuleAlerts, query: str, at: datetime) -> Sequence[Sample]:
    rules = _rules(alerting)
    store = rules.source if rules else None
    if not isinstance(store, Prometheus):
        return ()
    try:
        return store.query(query, at)
    except Unmeasured:
        return ()


def refused_by_contact_points(alerting: Alertmanager | RuleAlerts) -> tuple[tuple[str, ...], Coverage]:
    """Grafana's contact points whose last notification failed, and whether all that it tells of them is known.

    A token that may not see them, and a Grafana that does not list them, tell nothing.
    """
    rules = _rules(alerting)
    boards = [one for one in (rules.source, rules.also) if isinstance(one, Grafana)] if rules else []
    try:
        return tuple(name for board in boards for name in board.refusing_contact_points()), Coverage()
    except Denied:
        return (), Coverage()
    except Unmeasured as error:
        return (), unread(error, "what became of the last notification of each contact point")


def _rules(alerting: Alertmanager | RuleAlerts) -> RuleAlerts | None:
    return alerting.rules if isinstance(alerting, Alertmanager) else alerting
