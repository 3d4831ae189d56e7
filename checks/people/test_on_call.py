"""On call: a primary, a secondary, and contacts that reach them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.people.on_call import OnCall
    from playbook.measure.people.people import Attestations

pytestmark = pytest.mark.team


@pytest.mark.handoff
@pytest.mark.item("handoff.on-call")
def test_two_people_are_on_call(on_call: OnCall, judge: Judge) -> None:
    """A primary and a secondary are on call now and through the days ahead."""
    judge.that(not on_call.nobody_now, "On call", expected="a primary and a secondary", found=on_call.people_now)
    judge.that(not on_call.one_has_both, "On call", expected="two different people", found=on_call.people_now)
    judge.that(
        on_call.covered,
        "On call",
        expected=f"two people through the next {on_call.days:g} days",
        found=on_call.ahead,
        warn=True,
    )


@pytest.mark.handoff
@pytest.mark.item("handoff.contacts")
def test_everybody_on_call_can_be_reached(on_call: OnCall, judge: Judge) -> None:
    """Everybody on the roster has a name, a telephone number with its country code, and an address."""
    judge.that(
        not on_call.incomplete, "Contacts", expected="name, telephone and e-mail of all", found=on_call.contacts
    )


@pytest.mark.monthly
@pytest.mark.item("monthly.docs.contacts")
def test_contacts_were_tested(on_call: OnCall, attestations: Attestations, judge: Judge) -> None:
    """The roster's contacts are complete, and somebody signed this month that they were tested."""
    if on_call:
        judge.that(
            not on_call.incomplete,
            "Contacts",
            expected="name, telephone and e-mail of all",
            found=on_call.contacts,
        )
    if attestations:
        judge.sign_off(attestations.of("monthly.docs.contacts"))


@pytest.mark.monthly
@pytest.mark.item("monthly.docs.escalation")
def test_escalation_reaches_somebody(on_call: OnCall, attestations: Attestations, judge: Judge) -> None:
    """P1 to P4 state who is called and how soon, P1 and P2 beyond those on call; somebody signed that it works."""
    if on_call:
        judge.that(
            not on_call.escalation_problems,
            "Escalation",
            expected="somebody to call in time for P1 to P4",
            found=on_call.escalation,
        )
    if attestations:
        judge.sign_off(attestations.of("monthly.docs.escalation"))
