"""Contacts as people write them into rosters: what reaches somebody, and what only fills the place."""

from __future__ import annotations

import pytest

from playbook.history.people.roster import Contact

NUMBERS = """
+49 (0) 30 901820
+1 415 867 5309
+44 20 7219 3000
+33 1 42 34 56 78
+81 3-3581-5111
+49 30 901820 ext. 12
+41 44 668 18 00
+7 495 697-03-49
+1.415.867.5309
+46-8-786 40 00
+390669811
+61 491 571 900
"""
NO_NUMBERS = """
112
tel:+491512345678
0049 151 2345678
+0 123 456 7890
+1 000 000 0000
+49 151 ???????
+49-151-XXXXXXX
+49 151 2345678 until Friday
+49 151 2345678 / +49 30 98765432
+1 212 555 0123
+1 (555) 010-0199
+44 7700 900123
+44 20 7946 0123
+33 1 99 00 12 34
+33 6 39 98 12 34
+49 30 23125 123
+49 171 39200 12
+61 491 570 156
+61 1900 654 321
+353 20 910 1234
"""
MAILBOXES = """
ben@shop.com
b.o+oncall@shop.co.uk
ops@münchen.de
ben@xn--mnchen-3ya.de
почта@пример.рф
ben@xn--e1afmkfd.xn--p1ai
ben_o@mail.shop.io
BEN@SHOP.COM
o'neil@shop.ie
ben@mail.com
ben@contest.com
"""
NO_MAILBOXES = """
ben
ben@
@shop.com
ben@localhost
ben@shop
ben@shop.c
ben@shop..com
ben@shop.com.
ben@-shop.com
ben@shop,com
ben at shop.com
ben@shop.com, ada@shop.com
<ben@shop.com>
mailto:ben@shop.com
n/a@n/a.n
name@company.com
username@shop.com
user@shop.com
email@shop.com
ben@test.com
ben@company.com
no-reply@shop.com
ben@shop.test
"""
NAMES = [
    "Ada Novak",
    "李雷",
    "Björk",
    "O’Neil",
    "Nguyễn Văn An",
    "Test Okafor",
    "Noah None",
    "J. Doe",
    "Nil Aydın",
]
NO_NAMES = """
TBD
(vacant)
open position
Vacancy
New Hire
former employee
left the company
null
undefined
Person 1
Example
Test User
foo bar
asdf
Your Name
John Doe
"""


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


@pytest.mark.parametrize("number", lines(NUMBERS))
def test_number_can_be_called(number: str) -> None:
    assert Contact(phone=number).has_number


@pytest.mark.parametrize("number", lines(NO_NUMBERS))
def test_number_of_nobody_is_none(number: str) -> None:
    """Without a country, of a film, or of a text beside it."""
    assert not Contact(phone=number).has_number


@pytest.mark.parametrize("address", lines(MAILBOXES))
def test_address_has_a_mailbox(address: str) -> None:
    assert Contact(email=address).has_mailbox


@pytest.mark.parametrize("address", lines(NO_MAILBOXES))
def test_address_of_nobody_is_none(address: str) -> None:
    """No address, more than one, or one from an example."""
    assert not Contact(email=address).has_mailbox


@pytest.mark.parametrize(("name", "missing"), [(n, False) for n in NAMES] + [(n, True) for n in lines(NO_NAMES)])
def test_place_holder_is_no_name(name: str, missing: bool) -> None:
    """A name may contain such a word."""
    contact = Contact(name=name, phone="+49 30 901820", email="ben@shop.com")
    assert contact.missing(outside=False) == (["name"] if missing else [])
