"""What ends within the next period, from what can be measured now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from playbook.core.catalogue import Catalogue
from playbook.core.wording import plural
from playbook.history.handoff_page import Ending
from playbook.history.people.attest import SignOffs
from playbook.history.people.waivers import Waivers
from playbook.measure.backups.retention import BackupRetention
from playbook.measure.people.on_call import OnCall
from playbook.measure.tls.certificates import Certificates


def of_certificates(certificates: Certificates, until: datetime) -> Iterator[Ending]:
    """Certificates that expire, as served and as DigitalOcean obtained them."""
    for read in certificates.served:
        if read.not_after <= until:
            yield Ending("certificate", read.endpoint, read.not_after, f"issued by {read.issuer}")
    for domain, at in certificates.obtained:
        if at and at <= until:
            yield Ending("certificate", f"{domain} at DigitalOcean", at)


def of_backups(retention: BackupRetention, until: datetime) -> Iterator[Ending]:
    """Archives that reach the maximum age."""
    age = timedelta(days=retention.most_days)
    ending = [archive for archive in reversed(retention.archives) if archive.made + age <= until]
    if ending:
        first = ending[0]
        note = f"nothing may be kept for over {retention.most_days:g} days; the first is {first.file.name}"
        yield Ending("backup", plural(len(ending), "archive"), first.made + age, note)


def of_sign_offs(sign_offs: SignOffs, catalogue: Catalogue, until: datetime) -> Iterator[Ending]:
    """Sign-offs that expire, have expired, or were never given."""
    for item in catalogue.items.values():
        if item.sign_off:
            found = sign_offs.of(item.id)
            if found.until is None or found.until <= until:
                yield Ending("sign-off", item.id, found.until, found.found)


def of_waivers(waivers: Waivers, until: datetime) -> Iterator[Ending]:
    """Waivers that end, and those that have ended and are still the newest line of their item."""
    for waiver in waivers.newest.values():
        if waiver.ends <= until:
            over = "" if waiver.active(waivers.now) else "has ended and waives nothing: "
            yield Ending("waiver", waiver.item, waiver.ends, f"{over}{waiver.reason} ({waiver.who})")
    for item, problems in waivers.refused.items():
        for problem in problems:
            yield Ending("waiver", item or "of no item", None, f"refused: {problem}")


def of_on_call(on_call: OnCall, until: datetime) -> Iterator[Ending]:
    """Times with nobody on call, or with one person for both duties."""
    ahead = on_call.through(until)
    for words in (*ahead.gaps, *ahead.doubles):
        yield Ending("on-call", words, None)


def watch(on_call: OnCall) -> Iterator[str]:
    """Who has which duty now and how to reach them, and who takes it over when."""
    for duty, spans in on_call.spans.items():
        now = on_call.reached(on_call.roster.on_duty(duty, on_call.now))
        yield f"{duty}: {now}" + "".join(
            f"; from {on_call.local(span.start)} {on_call.reached(span.person)}" for span in spans[1:]
        )
