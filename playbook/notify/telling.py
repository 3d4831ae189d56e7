"""Delivers what is due: on every channel what it has not got yet, and updates each issue."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from playbook.core import door, lines
from playbook.core.audience import Audience, of_terminal
from playbook.core.clock import Clock
from playbook.core.door.records import leaving
from playbook.core.errors import UsageError
from playbook.core.record import Results
from playbook.history import deliveries, handling
from playbook.history import runs as history
from playbook.history.deliveries import Delivery, Told, ids_told, known_since
from playbook.history.derive import incidents_of
from playbook.history.handling import Handling
from playbook.history.incidents import Incident
from playbook.history.public_lines import public_delivery
from playbook.notify.channels import Channel, channels_of
from playbook.notify.due import News, due, reminders
from playbook.notify.messages import About, Message, of_digest, of_news
from playbook.notify.tries import Outcome, Try, deliver
from playbook.run.everybody import runs_for_everybody, with_particulars
from playbook.run.thread.guide import Guides
from playbook.settings.model import Settings

if TYPE_CHECKING:
    from playbook.notify.github_api import Comment, Issue

Say = Callable[[str], None]

# Two concurrent runs would deliver everything twice. One that hangs longer is not waited for: better twice than
# never.
PATIENCE = 120.0  # seconds
NO_CHANNEL = (
    "nobody is notified: set $SLACK_WEBHOOK_URL, $PLAYBOOK_WEBHOOK_URL or $PLAYBOOK_ISSUES_TOKEN, "
    "or name others under [notifications]"
)


def tell(
    settings: Settings,
    history_folder: Path,
    say: Say,
    clock: Clock | None = None,
    results: Mapping[str, Results] = MappingProxyType({}),
    *,
    found: history.History | None = None,
) -> None:
    """Deliver what the history shows and was not delivered yet; errors are printed and recorded, never raised.

    Args:
        results: of the runs that have just ended, by the id of their line, for channels that only the team reads.
        found: the history, if it was read already; with many targets it is read once.
    """
    try:
        with lines.alone(history_folder, PATIENCE):
            Telling(settings, history_folder, say, clock or Clock(), results=results, found=found).tell()
    except Exception as error:  # noqa: BLE001 - a run's verdict must not depend on who hears of it
        words = str(error) if isinstance(error, UsageError) else f"{type(error).__name__}: {error}"
        say(f"notifications: not delivered: {door.text(words)}")


class Telling:
    """Notifications that follow from a target's history.

    Attributes:
        problems: errors of the history and of deliveries, one sentence each.
    """

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        say: Say,
        clock: Clock,
        *,
        dry_run: bool = False,
        results: Mapping[str, Results] = MappingProxyType({}),
        found: history.History | None = None,
    ) -> None:
        self._settings, self._folder, self._clock, self._dry_run = settings, folder, clock, dry_run
        self._say: Say = lambda line: say(door.text(line))
        self._target = settings.target.name
        found = found or history.read(folder)
        self.problems = list(found.problems)
        self._runs = found.of(self._target)
        if not settings.target.private:
            self._runs = runs_for_everybody(self._runs)
        self._of_everybody = incidents_of(settings, self._runs)
        if results and settings.notifications.private and not settings.target.private:
            self._runs = tuple(with_particulars(run, results.get(run.id)) for run in self._runs)
        self._incidents = incidents_of(settings, self._runs)
        self._deliveries = deliveries.read(folder)
        self._acts, unread = handling.read(folder, self._target)
        self.problems += unread
        self._handled = handling.handled(self._incidents, self._acts, clock.now())
        self._silent: set[str] = set()
        self._channels, wrong = channels_of(settings)
        self.problems += wrong

    def tell(self, digest: str | None = None) -> None:
        """Deliver what is due: events, digests of the configured sets, and the digest of a requested set."""
        for problem in self.problems:
            self._say(f"notifications: {problem}")
        self._keep_issues()  # first: a person who commented on an issue is not reminded of it
        for channel in self._channels:
            for message in self._messages(channel, digest):
                self._send(channel, message)
        if not self._channels and not self._keeps_issues:
            self._say(f"notifications: {NO_CHANNEL}")

    def _messages(self, channel: Channel, digest: str | None) -> list[Message]:
        delivered = ids_told(self._deliveries, self._target, channel.name)
        within = timedelta(hours=self._settings.notifications.tell_within_hours)
        sets = {run.id: run.set for run in self._runs}
        by_set: dict[str, list[News]] = {}
        known = known_since(self._deliveries, self._target, channel.name)
        fresh = list(due(self._incidents, delivered, self._clock.now(), within, known))
        with_news = {news.incident.key for news in fresh}
        every = timedelta(hours=self._settings.notifications.remind_hours)
        again = reminders(self._incidents, self._handled, delivered, self._clock.now(), every)
        for news in (*fresh, *(one for one in again if one.incident.key not in with_news)):
            by_set.setdefault(sets.get(news.event.run, ""), []).append(news)
        target = self._settings.target
        link = self._settings.notifications.link
        found = [
            of_news(
                news,
                target=target.name,
                kind=target.kind,
                set_name=name,
                link=link,
                now=self._clock.now(),
                about=self._about,
                zone=target.time_zone,
            )
            for name, news in by_set.items()
        ]
        asked = [digest] if digest is not None else []
        for set_name in dict.fromkeys([*asked, *self._fresh(within)]):
            made = self._digest(set_name, channel)
            found += [made] if made.ids[0] not in delivered else []
        return found

    def _fresh(self, within: timedelta) -> list[str]:
        """Sets of ``notifications.digests`` that ran recently."""
        recent = {run.set for run in self._runs if not run.partial and self._clock.now() - run.started <= within}
        return [name for name in self._settings.notifications.digests if name in recent]

    def _digest(self, set_name: str, channel: Channel) -> Message:
        target = self._settings.target
        before = [
            each.when
            for each in self._deliveries
            if each.what == "digest" and each.delivered and each.target == target.name and each.set == set_name
            # Deliveries on other channels do not count for this one.
            if each.channel == channel.name
        ]
        return of_digest(
            self._runs,
            self._incidents,
            target=target.name,
            kind=target.kind,
            set_name=set_name,
            since=max(before, default=None),
            now=self._clock.now(),
            link=self._settings.notifications.link,
            about=self._about,
            zone=target.time_zone,
        )

    @cached_property
    def _about(self) -> dict[str, About]:
        """Context of each incident, for readers of the channels."""
        for_the_team = self._settings.target.private or self._settings.notifications.private
        guides = Guides(self._settings, self._clock.now(), for_the_team)
        return {one.key: (guides.of(one), self._handled[one.key]) for one in self._incidents}

    def _send(self, channel: Channel, message: Message) -> None:
        if self._dry_run:
            self._say(f"{channel.to} would be sent:\n{message.title}\n{message.text}\n")
            return
        mine = self._settings.notifications
        outcome = deliver(
            lambda: _sent(channel, message, mine.time_limit_seconds),
            # If a channel does not answer, each further message would wait as long again.
            tries=1 if channel.name in self._silent else mine.tries,
            pause=mine.try_again_seconds,
            clock=self._clock,
        )
        if not outcome.delivered:
            self._silent.add(channel.name)
        if outcome.delivered:
            self._say(f"notifications: sent to {channel.to}: {message.title}")
        else:
            tries = f"in {outcome.attempts} tries" if outcome.attempts > 1 else "in 1 try"
            why = outcome.error if self._is_for_the_team else "the reason is only in the team's report"
            self._fail(f"not delivered to {channel.to} {tries}: {why}. Not sent: {message.title}")
        self._note(message.what, (channel.name, channel.to), message.ids, outcome, message.set)

    @property
    def _is_for_the_team(self) -> bool:
        """Whether only the team reads what is printed now."""
        return of_terminal(os.environ) is Audience.TEAM

    def _fail(self, problem: str) -> None:
        self.problems.append(problem)
        self._say(f"notifications: {problem}")

    def _note(
        self, what: Told, channel: tuple[str, str], ids: Sequence[str], outcome: Outcome, of: str = ""
    ) -> None:
        name, to = channel
        delivery = Delivery(
            when=self._clock.now(),
            target=self._target,
            set=of,
            what=what,
            channel=name,
            to=to,
            ids=list(ids),
            delivered=outcome.delivered,
            attempts=outcome.attempts,
            error=outcome.error,
        )
        if not self._settings.target.private:
            delivery = public_delivery(delivery)
        try:
            deliveries.note(self._folder, leaving(delivery))
        except UsageError as error:
            self._fail(f"the delivery to {to} could not be recorded, so it may be sent again: {error}")

    @property
    def _keeps_issues(self) -> bool:
        tracker = self._settings.notifications.github
        return tracker.token is not None and tracker.repository is not None

    def _keep_issues(self) -> None:
        tracker = self._settings.notifications.github
        if tracker.token is None or tracker.repository is None:
            return
        still = [incident for incident in self._of_everybody if incident.is_open]
        if self._dry_run:
            self._say(f"GitHub: {tracker.repository} would have an open issue for each of: {_titles(still)}")
            return
        from playbook.notify.github_api import IssuesApi, NotKept
        from playbook.notify.github_issues import CHANNEL, IssueKeeper

        try:
            api = IssuesApi(tracker, tracker.token, self._settings.notifications.time_limit_seconds, self._clock)
            incidents = self._of_everybody
            if self._settings.target.private and not api.is_private():
                self._say(
                    f"GitHub: {tracker.repository} is not known to be private, so its issues omit private details"
                )
                incidents = incidents_of(self._settings, runs_for_everybody(self._runs))
            IssueKeeper(
                api,
                target=self._target,
                told=ids_told(self._deliveries, self._target, CHANNEL),
                ignored=self._settings.incidents.ignore,
                now=self._clock.now(),
                note=lambda to, ids: self._note("issue", (CHANNEL, to), ids, Outcome(True, 1, "")),
                say=self._say,
                about=self._about_in_public(incidents),
                acknowledge=self._note_acknowledged,
                zone=self._settings.target.time_zone,
            ).keep(incidents)
        except NotKept as error:
            self._fail(f"GitHub: {error}")
            self._note("issue", (CHANNEL, "GitHub issues"), [], Outcome(False, 1, str(error)))

    def _about_in_public(self, incidents: Sequence[Incident]) -> dict[str, About]:
        guides = Guides(self._settings, self._clock.now(), for_the_team=False)
        done = handling.handled(incidents, self._acts, self._clock.now())
        return {one.key: (guides.of(one), done[one.key]) for one in incidents}

    def _note_acknowledged(self, incident: Incident, issue: Issue, comment: Comment) -> About:
        """A comment on the issue acknowledges the incident, at the time of the comment."""
        act = Handling(
            when=comment.created_at or self._clock.now(),
            target=self._target,
            incident=incident.key,
            what="ack",
            who=door.line(comment.user.login if comment.user else "", 80),
            note=door.line(comment.body or "", 400),
            via=f"GitHub issue {issue.number}",
        )
        kept = act if self._settings.target.private else handling.for_everybody(act)
        try:
            handling.note(self._folder, kept)
        except UsageError as error:
            self._fail(f"the acknowledgement in GitHub issue {issue.number} could not be noted: {error}")
        else:
            self._say(f"GitHub: a comment on issue {issue.number} acknowledges {incident.title}")
        self._acts.append(kept)
        self._handled = handling.handled(self._incidents, self._acts, self._clock.now())
        return self._about_in_public([incident])[incident.key]


def _sent(channel: Channel, message: Message, seconds: float) -> Try:
    """Any exception of a channel is its own failure; its message may contain an address, so only its type is
    reported.
    """
    try:
        return channel.send(message, seconds)
    except Exception as error:  # noqa: BLE001 - the other channels still get the message
        return Try(f"it failed with {type(error).__name__}")


def _titles(incidents: Sequence[Incident]) -> str:
    return "; ".join(incident.title for incident in incidents) or "nothing, as no incident is open"
