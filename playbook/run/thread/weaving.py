"""Adds context to a run's results from the history, the settings and the roster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from playbook.core.context import RELEASED, Link, Thread
from playbook.core.public import public_names
from playbook.core.record import Record, Results
from playbook.core.severity import severity_of_finding
from playbook.core.verdict import SEVERITY, Verdict
from playbook.history.runs import RunLine
from playbook.run.thread.calls import calls_of
from playbook.run.thread.links import Addresses
from playbook.run.thread.since import BAD, before_of, compared, last_good, since_of
from playbook.settings.model import Settings

# A longer failure is reported as lasting since then.
_BACK = timedelta(days=100)


def with_thread(results: Results, settings: Settings, runs: Sequence[RunLine], reports: Path) -> Results:
    """The results, and since when each finding is bad, what changed, whom to call and where to look.

    Args:
        runs: past ones of the target, oldest first.
        reports: folder of reports, for links to those that lie there.
    """
    started = datetime.fromisoformat(results.started)
    past = [run for run in runs if started - _BACK <= run.started < started]
    addresses = Addresses(settings)

    def links_of(run: RunLine) -> list[Link]:
        found = addresses.run(run)
        if run.report and (reports / run.report / "index.html").is_file():
            found.append(Link(name="Report", to=f"../{run.report}/index.html"))
        return found

    names = {record.check: _in_history(record, past) for record in results.records}
    verdicts = _verdicts(results.records, names)
    looked_up = {
        item: since
        for item, since in since_of(verdicts, started, past).items()
        if not (verdicts[item] is Verdict.UNKNOWN and results.ended != "finished")
    }
    bad = [record for record in results.records if record.verdict in BAD]
    comparison = compared(verdicts, past, results.set, links_of, partial=results.partial, ended=results.ended)
    good = last_good(past, results.set)
    released, release_links = _released(good, results, addresses)
    thread = Thread(
        since={record.item: looked_up[names[record.check]] for record in bad if names[record.check] in looked_up},
        compared=comparison,
        severity={record.item: record.severity or _severity(record, settings) for record in bad},
        calls=calls_of(settings, started) if bad else Thread().calls,
        links={
            record.item: list(_links(record, _on_site(record, settings), addresses, started)) for record in bad
        },
        last_good=before_of(good, links_of) if good else None,
        released=released,
        release_links=release_links,
    )
    return msgspec.structs.replace(results, thread=thread)


def _released(good: RunLine | None, results: Results, addresses: Addresses) -> tuple[str, list[Link]]:
    """What has been released since the last good run, in words, and links to it."""
    now = next((record.release for record in results.records if record.release), None)
    then = good.release if good else None
    if now is None or then is None or now.is_same(then):
        return "", []
    deployment = addresses.deployment(now.deployment)
    if not now.commit:
        return RELEASED, deployment
    if not then.commit:  # a history for everybody does not keep it
        links = [*addresses.commits_up_to(now.commit), *deployment]
        return f"{RELEASED} It is built from commit {now.commit[:7]}.", links
    words = f"{RELEASED} It is built from commit {now.commit[:7]}, the earlier one from {then.commit[:7]}."
    return words, [*addresses.commits(then.commit, now.commit), *deployment]


def _severity(record: Record, settings: Settings) -> str:
    return severity_of_finding(record.item, record.verdict, settings.incidents.severity)


def _in_history(record: Record, past: Sequence[RunLine]) -> str:
    """The item's name in the lines of past runs, which everybody may read unless the target is private."""
    if any(record.item in run.items for run in past[-1:]):
        return record.item
    public = public_names(record.item, record.check, "")[0]
    return public if any(public in run.items for run in past[-1:]) else record.item


def _verdicts(records: Sequence[Record], names: dict[str, str]) -> dict[str, Verdict]:
    found: dict[str, Verdict] = {}
    for record in records:
        name = names[record.check]
        found[name] = min(found.get(name, Verdict.OK), record.verdict, key=SEVERITY.index)
    return found


def _on_site(record: Record, settings: Settings) -> str:
    """The item's name on the site, which everybody may read unless the target is private."""
    return record.item if settings.target.private else public_names(record.item, record.check, "")[0]


def _links(record: Record, named: str, addresses: Addresses, started: datetime) -> Iterator[Link]:
    yield from addresses.runbook(record.runbook)
    yield from addresses.elsewhere(record.item, record.asked, started.astimezone(UTC))
    yield from addresses.item(named)
