"""An issue for each incident: opened, updated and closed with it.

Every run derives everything again from the incidents and the open issues, which contain the fingerprint in a
hidden comment. So the next run does what one run could not, and two concurrent runs reach the same state: if two
open issues have one fingerprint, the lower number stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from urllib.parse import quote

from playbook.core import door
from playbook.core.wording import moment
from playbook.history.handling import Handled
from playbook.history.incidents import Event, Incident, fingerprint_of_item
from playbook.notify.due import TOLD, is_held, newest_opening
from playbook.notify.github_api import Comment, Issue, IssuesApi, NotKept, Stopped
from playbook.notify.messages import About
from playbook.report.summary import plain, plain_with_code
from playbook.run.thread.guide import Guide

CHANNEL = "github"
_MARK = re.compile(r"<!-- playbook-incident ([0-9a-f]{12}) target=(\S+) -->")
_LONGEST_TITLE = 200
_LONGEST_BODY = 60_000  # GitHub's limit is 65,536 characters
_MOST_EVENTS = 40
_FOOTER = "*Kept by the operations playbook: it writes this text anew, and closes the issue with the recovery.*"

Note = Callable[[str, Sequence[str]], None]
Say = Callable[[str], None]
Acknowledge = Callable[[Incident, Issue, Comment], About]

# Events of an incident that has ended.
_ENDINGS = ("escalated", "recovered", "gone")


class IssueKeeper:
    """Synchronises the issues of one target with its incidents.

    Args:
        told: ids of events that the issues already contain.
        ignored: items of ``incidents.ignore``, whose incidents no longer exist and never recover.
        note: called with the issue's name and the ids that it contains from now on.
        about: context of each incident, and what was done about it, by its key.
        acknowledge: called with an unacknowledged incident and a person's comment on its issue; its result is the
            incident's context from then on.
        zone: IANA name of the time zone that is shown beside UTC.
    """

    def __init__(
        self,
        api: IssuesApi,
        *,
        target: str,
        told: Collection[str],
        ignored: Collection[str],
        now: datetime,
        note: Note,
        say: Say,
        about: Mapping[str, About] = MappingProxyType({}),
        acknowledge: Acknowledge | None = None,
        zone: str = "UTC",
    ) -> None:
        self._zone = zone
        self._about, self._acknowledge = dict(about), acknowledge
        self._api, self._target, self._told, self._now = api, target, told, now
        self._note, self._say = note, say
        self._ignored = {fingerprint_of_item(target, item) for item in ignored}
        self._issues: dict[str, Issue] = {}
        self._created = False

    def keep(self, incidents: Sequence[Incident]) -> None:
        """Open, change and close issues; NotKept if something is left to the next run."""
        self._look()
        problems = []
        for incident in {incident.fingerprint: incident for incident in incidents}.values():  # the newest of each
            try:
                self._keep_one(incident)
            except Stopped:
                raise
            except NotKept as error:
                problems.append(str(error))
        # Never just because an incident is missing: without its history a run knows of none.
        for fingerprint in self._ignored - {incident.fingerprint for incident in incidents}:
            if issue := self._issues.get(fingerprint):
                self._api.comment(issue.number, "Its items are in `incidents.ignore` now, so it will not recover.")
                self._api.update(issue.number, state="closed", state_reason="not_planned")
                self._say(f"GitHub: issue {issue.number} is closed, as its items are ignored")
        if self._created:
            self._look()  # a concurrent run may have done the same
        if problems:
            raise NotKept("; ".join(problems))

    def _keep_one(self, incident: Incident) -> None:
        issue = self._issues.get(incident.fingerprint)
        if incident.is_open:
            self._keep_open(incident, issue)
        elif issue and not is_held(incident.events[-1], self._now):
            self._close(incident, issue)

    def _look(self) -> None:
        """Open issues of this target, one for each fingerprint; duplicates are closed."""
        self._issues = {}
        for issue in self._api.open_issues():  # lowest number first
            mark = _MARK.search(issue.body or "")
            if not mark or mark[2] != quote(self._target, safe=""):
                continue
            kept = self._issues.setdefault(mark[1], issue)
            if kept is not issue:
                # Link and closing are one change, so that two concurrent runs do it once.
                body = f"Duplicate of #{kept.number}: two runs saw this at once."
                self._api.update(issue.number, body=body, state="closed", state_reason="not_planned")
                self._say(f"GitHub: issue {issue.number} is closed as a duplicate of {kept.number}")

    def _keep_open(self, incident: Incident, issue: Issue | None) -> None:
        if issue is not None:
            self._hear(incident, issue)
        title, body = self._title(incident), self._body(incident)
        if issue is None:
            opening = newest_opening(incident)
            # If it was delivered and the issue is gone, somebody closed it on purpose.
            if opening.id not in self._told and not is_held(opening, self._now):
                self._create(incident, title, body)
            return
        self._comment(
            issue, [event for event in incident.events[-_MOST_EVENTS:] if event.what in ("escalated", "reopened")]
        )
        if (issue.title, _normal(issue.body)) != (title, _normal(body)):
            self._api.update(issue.number, title=title, body=body)
            self._say(f"GitHub: issue {issue.number} is brought up to date")
        self._noted(incident, issue)

    def _hear(self, incident: Incident, issue: Issue) -> None:
        """A person's comment after the opening acknowledges the incident."""
        known = self._about.get(incident.key)
        if self._acknowledge is None or not issue.comments or known is None or known[1].acknowledged:
            return
        since = newest_opening(incident).at
        for comment in self._api.comments(issue.number):
            if comment.is_by_a_person and comment.created_at and comment.created_at >= since:
                self._about[incident.key] = self._acknowledge(incident, issue, comment)
                return

    def _create(self, incident: Incident, title: str, body: str) -> None:
        issue = self._api.create(title, body)
        self._created = True
        self._say(f"GitHub: issue {issue.number} is opened for {incident.title}")
        self._noted(incident, issue)
        if not issue.is_labelled:
            raise NotKept(f"issue {issue.number} did not get its label, which the token may not set")

    def _close(self, incident: Incident, issue: Issue) -> None:
        self._comment(
            issue,
            [event for event in incident.events[-_MOST_EVENTS:] if event.what in _ENDINGS],
        )
        fields = {"title": self._title(incident), "body": self._body(incident)}
        reason = "not_planned" if incident.gone else "completed"
        self._api.update(issue.number, state="closed", state_reason=reason, **fields)
        self._say(f"GitHub: issue {issue.number} is closed: {incident.events[-1].text}")
        self._noted(incident, issue)

    def _comment(self, issue: Issue, events: Sequence[Event]) -> None:
        """One comment on events that the issue's text does not list yet, with their ids, so that nothing is posted
        twice.

        The comment is posted before the text is changed: if only that succeeded, the comment is found.
        """
        fresh = [e for e in events if _event_mark(e) not in (issue.body or "") and not is_held(e, self._now)]
        if not fresh:
            return
        posted = "\n".join(comment.body or "" for comment in self._api.comments(issue.number))
        lines = [f"{_event_mark(event)}{self._line(event)}" for event in fresh if _event_mark(event) not in posted]
        if lines:
            self._api.comment(issue.number, "\n\n".join(lines))

    def _noted(self, incident: Incident, issue: Issue) -> None:
        ids = [
            event.id
            for event in incident.events
            if event.what in TOLD and event.id not in self._told and not is_held(event, self._now)
        ]
        if ids:
            self._note(f"GitHub issue {issue.number}", ids)

    # ---------------------------------------------------------------------------------------------------- the text

    def _title(self, incident: Incident) -> str:
        text = door.line(f"{self._target}: {incident.title}", _LONGEST_TITLE)
        return text.replace("@", "@\u200b")[:_LONGEST_TITLE]

    def _body(self, incident: Incident) -> str:
        mark = f"<!-- playbook-incident {incident.fingerprint} target={quote(self._target, safe='')} -->"
        return "\n".join([mark, *self._lines(incident)])[:_LONGEST_BODY]

    def _lines(self, incident: Incident) -> Iterator[str]:
        since = f"since {moment(incident.opened, self._zone)}"
        until = f" until {moment(incident.closed, self._zone)}" if incident.closed else ""
        yield f"**{incident.worst}** {since}{until}, on {self._plain(self._target)}."
        yield from ("", self._plain(incident.message), "")
        guide, handled = self._about.get(incident.key, (Guide(), Handled()))
        if incident.is_open and guide.todo:
            yield f"- Do: {plain_with_code(door.line(guide.todo))}"
        # Up to the newest look, so that the text changes with what is measured and not with the clock.
        if incident.lasted and (incident.closed or incident.lasted.spells > 1):
            yield f"- Bad for: {incident.lasted.words}"
        if guide.severity:
            yield f"- Severity: {guide.severity}"
        if handled.acknowledged:
            yield f"- Acknowledged: {moment(handled.acknowledged, self._zone)}"
        elif incident.is_open and self._acknowledge:
            yield "- Not acknowledged yet: comment here to acknowledge it"
        if guide.link:
            yield f"- Incident: {guide.link}"
        yield f"- Items: {self._plain(', '.join(incident.items))}"
        yield f"- Cause: {self._plain(incident.cause)}"
        if incident.reopened:
            yield f"- Came back: {incident.reopened} ×{', so it is flapping' if incident.flapping else ''}"
        if incident.number > 1:
            yield f"- Had it before: {incident.number - 1} ×"
        yield from ("", "### What happened", "")
        for event in incident.events[-_MOST_EVENTS:]:
            yield f"- {_event_mark(event)}{self._line(event)}"
        yield from ("", _FOOTER)

    def _line(self, event: Event) -> str:
        return f"{moment(event.at, self._zone)} **{event.what}**: {self._plain(event.text)}"

    def _plain(self, text: str) -> str:
        """Redacted, on one line, with GitHub's markup escaped."""
        return plain(door.line(text))


def _event_mark(event: Event) -> str:
    return f"<!-- {event.id} -->"


def _normal(body: str | None) -> str:
    return (body or "").replace("\r\n", "\n").strip()
