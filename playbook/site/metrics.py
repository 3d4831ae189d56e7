"""metrics.txt: newest state of each set and item in Prometheus' text format. Pure; names as in one run's
metrics.
"""

from __future__ import annotations

from collections.abc import Iterator

from playbook.core.verdict import Verdict
from playbook.history.incidents import Incident
from playbook.report.exposition import Family, Sample, prometheus_text, states
from playbook.site.views import NO_DATA, NOT_YET, ItemView, SetView, Site

_STATES = (*map(str, Verdict), NO_DATA, NOT_YET)


def metrics(site: Site) -> str:
    """The document. An overdue set or item is in the state NO DATA."""
    return prometheus_text(_families(site))


def _families(site: Site) -> Iterator[Family]:
    sets = [one for target in site.targets for one in target.sets]
    items = [item for one in sets for item in one.items]
    yield Family(
        "playbook_site_built_timestamp_seconds",
        "gauge",
        "When these numbers were written, in Unix time.",
        [Sample({}, site.now.timestamp())],
        "seconds",
    )
    yield Family(
        "playbook_set_state",
        "stateset",
        "Newest verdict of a set; NO DATA where it has not run when it should have.",
        [s for one in sets for s in states("playbook_set_state", _of_set(one), _STATES, one.state)],
    )
    yield Family(
        "playbook_set_last_run_timestamp_seconds",
        "gauge",
        "When the newest run of a set began, in Unix time.",
        [Sample(_of_set(one), one.newest.started.timestamp()) for one in sets if one.newest],
        "seconds",
    )
    yield Family(
        "playbook_set_next_due_timestamp_seconds",
        "gauge",
        "When a set is due next, in Unix time.",
        [Sample(_of_set(one), one.due.next.timestamp()) for one in sets if one.due],
        "seconds",
    )
    yield Family(
        "playbook_item_state",
        "stateset",
        "Newest verdict of an item; NO DATA where its set has not run when it should have.",
        [s for item in items for s in states("playbook_item_state", _of_item(item), _STATES, item.state)],
    )
    yield Family(
        "playbook_item_last_value",
        "gauge",
        "The newest number that was judged, in the unit of its limit.",
        [
            Sample({**_of_item(item), "unit": item.limit.unit if item.limit else ""}, item.newest.finding.value)
            for item in items
            if item.newest.finding.value is not None
        ],
    )
    yield Family(
        "playbook_item_last_seen_timestamp_seconds",
        "gauge",
        "When the newest run that looked at an item began, in Unix time.",
        [Sample(_of_item(item), item.newest.run.started.timestamp()) for item in items],
        "seconds",
    )
    yield Family(
        "playbook_open_incidents",
        "gauge",
        "Incidents that are open, by what is known of them.",
        [
            Sample(
                {"target": target.name, "kind": kind},
                sum(incident.is_open and incident.kind == kind for incident in target.incidents),
            )
            for target in site.targets
            for kind in ("down", "cannot see")
        ],
    )
    still = [incident for target in site.targets for incident in target.incidents if incident.is_open]
    yield Family(
        "playbook_open_incident_bad_seconds",
        "gauge",
        "How long an open incident has been bad in all its spells, without what was well or not measured.",
        [Sample(_of_incident(one), one.lasted_until(site.now).bad_time.total_seconds()) for one in still],
        "seconds",
    )
    yield Family(
        "playbook_open_incident_unmeasured_seconds",
        "gauge",
        "How long nobody measured an open incident, so that it counts as neither bad nor well.",
        [Sample(_of_incident(one), one.lasted_until(site.now).unmeasured_time.total_seconds()) for one in still],
        "seconds",
    )


def _of_incident(one: Incident) -> dict[str, str]:
    return {"target": one.target, "incident": one.fingerprint, "kind": one.kind, "cause": one.cause}


def _of_set(one: SetView) -> dict[str, str]:
    return {"target": one.target, "set": one.name}


def _of_item(item: ItemView) -> dict[str, str]:
    return {"target": item.target, "set": item.set, "item": item.id}
