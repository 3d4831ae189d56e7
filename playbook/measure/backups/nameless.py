"""What the names of one job's archives, or of files in them, have in common from night to night. Pure."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\d+")
# Whole words in seven languages, and their usual short forms: "mars" is a month, "marketing" is none. Short forms
# that are also words for folders are not listed: "set", "out".
_MONTHS = (
    r"jan(?:uary?|uari|vier|eiro)?|gennaio|enero|feb(?:ruary?|ruari|rero|braio)?|f[ée]v(?:rier|ereiro)?"
    r"|mar(?:ch|s|zo|ço)?|märz?|maart|mrt|apr(?:il|ile)?|avr(?:il)?|abr(?:il)?|may|ma[ij]|mayo|maio|maggio|june?|jun[ih]o?"
    r"|juin|giugno|july?|jul[ih]o?|juil(?:let)?|luglio|aug(?:ust|ustus)?|ao[ûu]t|agosto|sept?(?:ember|embre)?"
    r"|septiembre|setembro|settembre|o[ck]t(?:ober|obre)?|outubro|ottobre|nov(?:ember|embre|iembre|embro)?"
    r"|dec(?:ember|embre)?|déc(?:embre)?|dic(?:iembre|embre)?|dez(?:ember|embro)?"
)
_MONTH = re.compile(rf"(?i)(?<![^\W\d_])(?:{_MONTHS})(?![^\W\d_])")


def nameless(name: str) -> str:
    """The name without dates and numbers."""
    return _NUMBER.sub("#", _MONTH.sub("#", name))
