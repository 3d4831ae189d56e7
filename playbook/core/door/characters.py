"""Text that can be written anywhere and controls no terminal: made encodable, then stripped of control
characters.
"""

from __future__ import annotations

import re

# Terminal control sequences with their arguments: CSI (colours, cursor), OSC (titles, links), DCS, SOS, PM, APC,
# charset choices and two-letter escapes; each also with the C1 character equivalent to ESC and a letter. An
# unterminated string ends with its line.
_SEQUENCE = re.compile(
    r"""
      (?:\x1b\[|\x9b) [0-?]{0,64} [ -/]{0,16} [@-~]?
    | (?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f]) [^\x07\x1b\x9c\n]{0,4096} (?:\x07|\x1b\\|\x9c)?
    | \x1b [ -/]{1,4} [0-~]?
    | \x1b [0-~]?
    """,
    re.VERBOSE,
)
# C0 and C1 except line feed and tab, soft hyphen, invisible characters (zero-width, fillers, tags), changes of
# writing direction, separators that some programs treat as line ends, and noncharacters.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


def encodable(text: str) -> str:
    r"""The text as UTF-8 can hold it.

    A byte of a file name that is none of UTF-8 (PEP 383) is shown as ``\xff``, two halves of one character are
    joined, and what is left of lone surrogates becomes U+FFFD.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        text = _ESCAPED_BYTE.sub(lambda match: f"\\x{ord(match[0]) - 0xDC00:02x}", text)
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def harmless(text: str) -> str:
    """The text without control characters; line feeds and tabs stay, and other line ends become line feeds."""
    if text.isprintable():
        return text
    if "\x1b" in text or not text.isascii():
        text = _SEQUENCE.sub("", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text)
