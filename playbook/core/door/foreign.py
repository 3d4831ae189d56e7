"""Text that looks like a secret although it was not configured: logs and answers of a system may contain any.

A rule has lower-case words, one of which must occur in the text before its pattern is tried: most texts contain
none. The words of all rules are looked for in one pass. Rules without words are tried where a text has a long run
of the characters of tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ahocorasick_rs import BytesAhoCorasick, MatchKind

from playbook.core.door import by_form, by_name, by_place
from playbook.core.door.known import lower

RULES = (*by_form.RULES, *by_place.RULES, *by_name.RULES)
_WITHOUT_WORDS = frozenset(number for number, rule in enumerate(RULES) if not rule.words)
_ASKED_BY = [(word, number) for number, rule in enumerate(RULES) for word in rule.words]
_WORDS = BytesAhoCorasick([word.encode() for word, _ in _ASKED_BY], matchkind=MatchKind.Standard)
_LONG_RUN = re.compile(r"[A-Za-z0-9+/_-]{24}")


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Spans of text that looks like a secret; they may overlap."""
    for number in sorted(_tried_on(text)):
        rule = RULES[number]
        for match in rule.pattern.compiled.finditer(text):
            group = next((name for name in rule.groups if match[name] is not None), "")
            if group and match[group] and (rule.is_ordinary is None or not rule.is_ordinary(match, group)):
                yield match.span(group)


def _tried_on(text: str) -> set[int]:
    """Which rules may find something in it."""
    small = lower(text).encode("utf-8", "surrogatepass")  # also half of a character
    found = _WORDS.find_matches_as_indexes(small, overlapping=True)
    asked = {_ASKED_BY[word][1] for word, _, _ in found}
    return asked | _WITHOUT_WORDS if _LONG_RUN.search(text) else asked


def may_name_secret(name: str) -> bool:
    """Whether a name may denote a secret; fast, and with false positives rather than misses."""
    small = lower(name)
    return any(word in small for word in by_name.NAMES)
