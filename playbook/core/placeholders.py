"""Texts that stand in a place where something is still to be written. Pure."""

from __future__ import annotations

import re

_NOTHING = re.compile(
    r"[\W_]*(?:tb[acd]|to be (?:announced|confirmed|decided|defined|determined|done|filled in|hired|named|written)"
    r"|to ?do|fix ?me|wip|x{2,}|n/a|n\.a\.?|none|nobody|no ?one|unknown|unassigned|vacant|place ?holder|change ?me"
    r"|some(?:body|one)|(?:insert |enter |your |full |first |last |first and last )?(?:name|owner)(?: here)?"
    r"|(?:insert|enter|your|write) [\w -]{1,30}|(?:jane|john) doe|(?:max|erika) mustermann|lorem ipsum.*"
    r"|(?:open|vacant) position|position open|vacancy|new hire|(?:former|ex)[ -]employee|left the company"
    r"|null|nil|undefined|example|test(?: user)?|person \d*|foo(?: ?bar)?|asdf|qwerty"
    r"|noch (?:offen|zu klären)|offen|niemand)?[\W_]*",
    re.IGNORECASE,
)
# Digits of a number that reaches nobody: one digit alone, a row of them, or those set aside for films in North
# America (555-0100 to 555-0199), Britain (07700 900…, 020 7946 0…, 0113 496 0…), France, Germany, Australia and
# Ireland.
_PHONE = re.compile(
    r"\d{0,3}?(\d)\1{6,}|\d{0,4}1234567(?:8(?:9(?:0\d?)?)?)?|1(?:\d{3})?55501\d\d|1555\d{7}|\d{1,4}0{5,}\d?"
    r"|440?(?:7700900\d{3}|2079460\d{3}|1\d{2}4960\d{3})"
    r"|330?(?:19900|26191|35301|46571|53649|63998)\d{4}"
    r"|490?(?:3023125|6990009|4066969|2214710|8999998)\d{3}|490?17139200\d{2}|490?176040690\d{2}"
    r"|610?(?:491570\d{3}|1900654321)|3530?2091\d{5}"
)
_MAIL = re.compile(
    r"(?:tb[acd]|to-?do|x{2,}|no-?reply|do-?not-?reply|nobody|change-?me|your[\w.-]*|first(?:name)?\.last(?:name)?"
    r"|vorname\.nachname|(?:user-?)?name|user|e-?mail|(?:jane|john)\.?doe|(?:max|erika)\.mustermann)@.*"
    r"|.*@(?:[\w-]+\.)*(?:example\.(?:com|net|org)|(?:(?:your|my)-?)(?:company|domain|team)\.\w+|domain\.(?:com|tld)|(?:test|company|foo|bar)\.com)"
    r"|.*\.(?:invalid|test|localhost|tld)",
    re.IGNORECASE,
)


def is_placeholder(text: str) -> bool:
    """Whether it says nothing yet: ``TBD``, ``xxx``, ``Your name``, ``-``, or an empty text."""
    return bool(_NOTHING.fullmatch(text))


def is_no_number(phone: str) -> bool:
    """Whether a telephone number is one of those that people write as an example."""
    return bool(_PHONE.fullmatch(re.sub(r"\D", "", phone)))


def is_no_mailbox(address: str) -> bool:
    """Whether an e-mail address is one of those that people write as an example, or that nobody reads."""
    return bool(_MAIL.fullmatch(address))
