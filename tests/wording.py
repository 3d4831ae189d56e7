"""Rules of a message's wording that a machine can check; others need a reader of ``python -m tests.messages``."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
# Also settings, items and files: they are ids.
_ADDRESS = re.compile(r"[^\s,;()<>]+=[^\s,;()]*|[^\s,;()]*/[^\s,;()]*|\b\w+(?:\.\w+)+\b")
# Words that end like a plural and are none, or are a verb.
_NO_PLURALS = frozenset("always does has its less minus plus this was yes status address access".split())  # noqa: SIM905
_MISSPELT = ("Digitalocean", "Github", "Gitlab", "Postgresql", "Mysql", "Npm", "Api", "Cpu", "Tls", "Ssh", "Url")
_RULES = {
    "a comparison as programs write it": r"[<>]=",
    "a message within a message": r": expected .*: expected ",
    "nothing behind got": r"\bgot:|\bgot ?(?:[,;.]|$)",
    "a name not as its owner writes it": rf"\b(?:{'|'.join(_MISSPELT)})\b",
    "something that is no something": r"\b(?:that are|that is|it is) no [a-zA-Z]",
    "the same word twice": r"\b([a-z]{2,}) \1\b",
    "a blank too many": r" {2}| [,;:.)](?:\s|$)|\( ",
    "a bracket that opens a bracket": r"\(\(",
    "parts instead of a sentence": r"lost by|that counts|others complete|is out of bounds: act|over an answer",
}
_ONE_OF_MANY = re.compile(r"(?<![\w.,:/-])1 ([a-z]{3,}s)\b")


def mistakes_in(message: str) -> list[str]:
    """What is wrong with how a message is written; of what it quotes nothing is said."""
    text = _ADDRESS.sub("x", _QUOTED.sub("x", message.partition("Waived until")[0] or message.partition("): ")[2]))
    found = [rule for rule, pattern in _RULES.items() if re.search(pattern, text)]
    found += [f"one of many: 1 {word}" for word in _ONE_OF_MANY.findall(text) if word not in _NO_PLURALS]
    if "…" not in text and text.count("(") != text.count(")"):
        found.append("brackets that do not match")
    told = re.search(r", got |, which is not there|, which holds none|, which are not there|…", text)
    if ": expected " in text and not told:
        found.append("expected, and nothing got")
    return found
