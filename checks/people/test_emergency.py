"""Emergencies: severity, whom to call and by when, who was informed, and whether it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.people.emergency import Look, Stability
    from playbook.measure.people.emergency_calls import EmergencyCalls, Notice
    from playbook.measure.people.people import Attestations

pytestmark = pytest.mark.maintenance


@pytest.mark.emergency
@pytest.mark.item("emergency.severity", runbook="emergency")
def test_there_is_no_emergency(emergency: Look, emergency_calls: EmergencyCalls, judge: Judge) -> None:
    """Nothing measured now is an emergency: P1 and P2 are critical, P3 and P4 warnings.

    P1: the service is down. P2: responses over 5 s or over 10 % errors. P3: over 2 s, over 1 %, or an unhealthy
    part. P4: an alert fires. What cannot be measured never lowers the severity: UNKNOWN where the rest shows less
    than P2.
    """
    if emergency:
        found = emergency.found + (emergency_calls.now if emergency_calls else "")
        judge.that(not emergency.urgent, "Emergency", expected="none", found=found)
        judge.that(not emergency.severity, "Emergency", expected="none", found=found, warn=True)


@pytest.mark.emergency
@pytest.mark.item("emergency.who-to-call", runbook="emergency")
def test_somebody_can_be_called(who_to_call: EmergencyCalls, judge: Judge) -> None:
    """For the current severity, or else for P1, the roster names somebody who can be reached, in order."""
    judge.that(
        who_to_call.first_can_be_reached,
        "Whom to call",
        expected="somebody who can be reached",
        found=who_to_call.found,
    )
    judge.that(
        who_to_call.all_can_be_reached,
        "Whom to call",
        expected="somebody who can be reached at each step",
        found=who_to_call.found,
        warn=True,
    )


@pytest.mark.emergency
@pytest.mark.item("emergency.stakeholders-notified", runbook="emergency")
def test_stakeholders_were_informed(notice: Notice, attestations: Attestations, judge: Judge) -> None:
    """In an emergency of P1 to P3 a message was delivered today, or somebody signed that stakeholders were
    informed.
    """
    if notice and attestations:
        judge.sign_off(attestations.of("emergency.stakeholders-notified"), instead=notice.settled)


@pytest.mark.emergency
@pytest.mark.item("emergency.stable", runbook="emergency")
def test_system_stays_healthy(stability: Stability, judge: Judge) -> None:
    """Several observations at short intervals show no emergency: any P1 or P2 is critical, P3 or P4 a warning."""
    expected, found = stability.expected, stability.found
    judge.that(not stability.urgent, "Emergency", expected=expected, found=found)
    judge.that(not stability.severity, "Emergency", expected=expected, found=found, warn=True)
