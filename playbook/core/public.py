"""The public part of a run: verdicts, figures of public items, and sentences without private details.
Pure.

Built from what is known to be public and never by removing what is known to be secret: an item's words are those
of the catalogue, commands keep their variables, and findings come from ``Record.public`` alone, which is made only
of public text (``playbook.core.audience``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from playbook.core.audience import Audience, Public, say
from playbook.core.catalogue import Catalogue, Item
from playbook.core.context import GROUPS, RELEASED, Before, Link, Thread
from playbook.core.errors import (
    Denied,
    Malformed,
    NotConfigured,
    Refused,
    TooLittleData,
    Unmeasured,
    Unreachable,
)
from playbook.core.own_items import is_made_of_test, slug
from playbook.core.record import KILLED, Record, Results, RootCause
from playbook.core.verdict import Verdict

# Names of services in our clients and measurements: the only ones that everybody may read.
SERVICES = frozenset(
    {
        *("Website", "Website without TLS", "Live URL", "Website's metrics", "TLS", "Image API"),
        *("DigitalOcean API", "Redis", "Prometheus", "Grafana", "Alertmanager", "Alerts", "Logs", "Backups"),
        *("GitHub", "npm", "Load test", "Staging place", "Valkey of the drill", "Drill records", "Runbooks"),
        *("Sign-offs", "Waivers", "On-call roster", "Handoff pages", "Post-mortems", "Emergency", "Maintenance"),
        *("Rollback drill", "Playbook"),
    }
)
_VERDICTS = {
    Verdict.OK: "within limits",
    Verdict.WARNING: "past the warning limit",
    Verdict.CRITICAL: "out of bounds",
    Verdict.UNKNOWN: "could not be measured",
    Verdict.NOT_CONFIGURED: "not configured",
    Verdict.WAIVED: "waived",
}
_ELSEWHERE = "details are in the team's report"
_REASONS = {
    Unreachable: "no answer from {}",
    Denied: "our credentials were not accepted by {}",
    Malformed: "an answer that is not understood from {}",
    Refused: "{} says that it cannot do its work",
    TooLittleData: "too little to judge by from {}",
}
_ENDINGS = frozenset(
    {
        *("finished", "interrupted", "interrupted by SIGTERM", "interrupted by SIGHUP"),
        *("pytest had an internal error", KILLED),
    }
)
_ENDED_EARLY = "ended early"


def sentence(title: str, verdict: Verdict) -> str:
    """The public sentence where no other is allowed."""
    elsewhere = f" ({_ELSEWHERE})" if verdict not in {Verdict.OK, Verdict.NOT_CONFIGURED} else ""
    return f"{title}: {_VERDICTS[verdict]}{elsewhere}"


def of_error(title: str, error: BaseException) -> str:
    """The public reason why a check could not judge; empty where no service is the reason."""
    if isinstance(error, NotConfigured) or not isinstance(error, Unmeasured):
        return ""
    reason = next((words for kind, words in _REASONS.items() if isinstance(error, kind)), "")
    service = error.service if error.service in SERVICES else "what was asked"
    return f"{title}: {_VERDICTS[Verdict.UNKNOWN]}: {say(reason, Public(service))}" if reason else ""


def is_public_cause(cause: str, measurements: Collection[str]) -> bool:
    """Whether a cause is one of our own names: a service, or a measurement of the suite."""
    return cause in SERVICES or cause in measurements


def public_results(results: Results, catalogue: Catalogue) -> Results:
    """The public version of a run; applied again it changes nothing."""
    if results.audience is Audience.PUBLIC:
        return results
    records = [public_record(record, catalogue.items.get(record.item)) for record in results.records]
    return msgspec.structs.replace(
        results,
        url="",
        command=f"pytest -m {results.set} --target {results.target}",
        ended=public_ending(results.ended),
        records=records,
        root_causes=_root_causes(results, records),
        timings=[],
        unread=[public_file(file) for file in results.unread],
        left_out=[
            msgspec.structs.replace(part, items=[each for each in part.items if each in catalogue.items])
            for part in results.left_out
        ],
        past={record.item: results.past[record.item] for record in records if _has_public_past(record, results)},
        due=[],
        audience=Audience.PUBLIC,
        thread=public_thread(results.thread, [record.item for record in results.records], records),
    )


def public_thread(thread: Thread | None, items: Sequence[str], shown: Sequence[Record]) -> Thread | None:
    """Times and verdicts, and public addresses; never the people who are called.

    Args:
        items: ids of the team's records.
        shown: the public versions of the same records.
    """
    if thread is None:
        return None
    named = dict(zip(items, (record.item for record in shown), strict=True))
    shown_items = set(named.values())

    def names(those: Sequence[str]) -> list[str]:
        found = [named.get(item, item) for item in those]
        return list(dict.fromkeys(item for item in found if item in shown_items or not is_made_of_test(item)))

    compared = msgspec.structs.replace(
        thread.compared,
        before=_public_before(thread.compared.before),
        **{group: names(getattr(thread.compared, group)) for group in GROUPS},
    )
    return Thread(
        since={named[item]: since for item, since in thread.since.items() if item in named},
        compared=compared,
        severity={named[item]: severity for item, severity in thread.severity.items() if item in named},
        links={named[item]: _public_links(links) for item, links in thread.links.items() if item in named},
        last_good=_public_before(thread.last_good),
        released=RELEASED if thread.released else "",
        release_links=_public_links(thread.release_links),
    )


def _public_before(before: Before | None) -> Before | None:
    return before and msgspec.structs.replace(before, links=_public_links(before.links))


def _public_links(links: Sequence[Link]) -> list[Link]:
    return [link for link in links if link.audience is Audience.PUBLIC]


def _has_public_past(record: Record, results: Results) -> bool:
    """Whether earlier values may be shown: if the current one may."""
    return record.value is not None and record.item in results.past


def public_record(record: Record, item: Item | None) -> Record:
    """The public version of a record.

    Args:
        item: from the catalogue; None for a project's own check, whose words are not shown.
    """
    name, check, title = public_names(record.item, record.check, item.title if item else record.title)
    shown = Record(
        item=name if record.audience is Audience.TEAM else record.item,
        check=check if record.audience is Audience.TEAM else record.check,
        subject=record.subject,
        title=title if record.audience is Audience.TEAM else (item.title if item else record.title),
        rule=item.holds if item else "",
        verdict=record.verdict,
        message=sentence(title, record.verdict),
        why=item.why if item else "",
        next_step=item.next_step if item else "",
        look_again=item.look_again if item else "",
        runbook=record.runbook if item else "",
        resolution=record.resolution if item else [],
        cause=record.public_cause,
        public_cause=record.public_cause,
        started=record.started,
        seconds=record.seconds,
        readings={name: one.for_everybody for name, one in record.readings.items()},
        audience=record.audience,
        release=record.release and record.release.for_everybody,
    )
    if record.audience is Audience.TEAM:
        return shown
    return msgspec.structs.replace(
        shown,
        message=record.public or sentence(shown.title, record.verdict),
        public=record.public,
        value=record.value,
        limit=record.limit,
        below_target=record.below_target,
        evidence=[each for each in record.evidence if each.audience is Audience.PUBLIC],
    )


def public_names(item: str, check: str, title: str) -> tuple[str, str, str]:
    """Item, check and title without the parameters of a project's own check.

    Parameters may be names of people or machines; in public the cases are one item with the worst of their
    verdicts. The names of such a check and its file are shown.
    """
    if not is_made_of_test(item):
        return item, check, title
    node, _, parameters = check.partition("[")
    file, colons, test = node.partition("::")
    parameters = parameters.removesuffix("]")
    if parameters:
        item = re.sub(rf"\.{re.escape(slug(parameters))}(-?[0-9a-f]{{6}})?$", "", item)
    inside = public_file(file)
    if inside != file:
        folders = (slug(part.removeprefix("test_")) for part in Path(file).parts[:-1])
        item = item.replace(f".{'.'.join(filter(None, folders))}.", ".", 1)
    return item, f"{inside}{colons}{test}", title.removesuffix(f" ({parameters})")


def public_file(file: str) -> str:
    """A file of checks; outside of the project its path would reveal folders of a machine."""
    return Path(file).name if file.startswith(("..", "/")) else file


def public_ending(ended: str) -> str:
    """How a run ended, in a fixed text of ours."""
    return ended if ended in _ENDINGS else _ENDED_EARLY


def _root_causes(results: Results, shown: list[Record]) -> list[RootCause]:
    """Root causes with a public name, with the items that they leave unjudged."""
    unjudged: dict[str, list[str]] = {}
    bad: dict[str, list[str]] = {}
    for record in shown:
        if record.verdict is Verdict.UNKNOWN and record.public_cause:
            unjudged.setdefault(record.public_cause, []).append(record.item)
        elif record.verdict in {Verdict.CRITICAL, Verdict.WARNING} and record.public_cause:
            bad.setdefault(record.public_cause, []).append(record.item)
    names = [cause.id for cause in results.root_causes if cause.id in unjudged]
    return [
        RootCause(
            id=name,
            message=f"{_normalised(name)}: {_VERDICTS[Verdict.UNKNOWN]} ({_ELSEWHERE})",
            items=unjudged[name],
            symptoms=bad.get(name, []),
        )
        for name in names
    ]


def _normalised(name: str) -> str:
    return name if name in SERVICES else f"The measurement {name}"
