"""An emergency's report opens with how bad it is, whom to call by when, and what was measured."""

import re

import pytest

from playbook.core.context import Caller, Calls, Thread
from playbook.core.evidence import Table
from playbook.core.verdict import Verdict
from playbook.report.first_screen import opening_words
from playbook.report.page import page
from playbook.report.summary import summary
from playbook.report.terminal import lines
from tests.factories import record, results

ADA = Caller(
    duty="primary", who="Ada <Novak>", phone="+49 30 5550100", email="ada@example.com", by="Mon 22:45 CET"
)
SIGNS = Table(
    "What was looked at, 22:30:00 UTC", ["What", "Found"], [["Homepage", "HTTP 500"], ["Alerts", "none"]]
)


def emergency(verdict=Verdict.CRITICAL, severity="P1", calls=None, **changes):
    """A run of the set; nobody has signed that those concerned were told."""
    found = f"{severity}: Homepage HTTP 500; call Ada" if severity else "none"
    records = [
        record(
            verdict,
            1,
            item="emergency.severity",
            title="Severity",
            found=found,
            expected="none",
            severity=severity,
            evidence=[SIGNS],
            coverage="5 of 5 signs",
            **changes,
        ),
        record(Verdict.CRITICAL, 2, item="emergency.stakeholders-notified", title="Stakeholders notified"),
    ]
    thread = Thread(calls=Calls(first={"P1": ADA} if calls is None else calls))
    return results(records, set="emergency", verdict=Verdict.CRITICAL, thread=thread)


def test_opening_sentence_names_severity_caller_and_measurements():
    """The same in terminal and summary."""
    made = emergency()
    sentence = opening_words(made)
    assert sentence == (
        "P1: the service is down. Call Ada <Novak>, +49 30 5550100, to answer by Mon 22:45 CET. "
        "Measured: Homepage HTTP 500."
    )
    assert "P1: the service is down" in summary(made)
    assert "P1: the service is down" in "\n".join(text for text, _ in lines(made, "x"))


def test_page_opens_with_severity_and_tel_link():
    """Before any form that nobody has signed."""
    text = page(emergency())
    opened = text[text.index("</h1>") : text.index('id="do-next"')]
    assert re.search(r"<span>P1</span> The service is down", opened)
    assert 'href="tel:+49305550100"' in opened
    assert "to answer by Mon 22:45 CET" in opened
    assert "Ada &lt;Novak&gt;" in opened
    assert "<dt>Homepage</dt><dd>HTTP 500</dd>" in opened
    assert "Those concerned" not in opened


def test_missing_contact_is_stated():
    """Where the roster names nobody for it."""
    made = emergency(calls={})
    assert "Whom to call is not known." in opening_words(made)
    assert "Whom to call is not known" in page(made)


def test_mail_address_is_used_without_phone_number():
    """As a link that writes to it."""
    by_mail = Caller(duty="primary", who="Ben", email="ben@example.com", by="Mon 22:45 CET")
    assert 'href="mailto:ben@example.com"' in page(emergency(calls={"P1": by_mail}))


@pytest.mark.parametrize(
    ("verdict", "severity", "words"),
    [
        (Verdict.OK, "", "There is no emergency"),
        (Verdict.UNKNOWN, "", "It is not known whether there is an emergency"),
        (Verdict.CRITICAL, "P2", "The service is badly impaired"),
        (Verdict.WARNING, "P3", "The service is degraded"),
        (Verdict.WARNING, "P4", "Visitors notice nothing yet"),
    ],
)
def test_each_severity_has_its_description(verdict, severity, words):
    """Also none, and not known."""
    assert words in page(emergency(verdict, severity))


def test_emergency_item_in_other_set_is_ordinary_finding():
    """An item of the emergency set in another run is a finding like all others."""
    made = results([record(Verdict.CRITICAL, 1)], verdict=Verdict.CRITICAL)
    assert opening_words(made) == "1 check is out of bounds (Example 1): act on it now."
