"""Expressions of GitHub Actions, as far as the workflows use them. Unknown syntax is refused, not guessed.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)"
    r"|(?P<sign>==|!=|&&|\|\||!|\(|\)))"
)
_EMBEDDED = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
STATUS = ("always", "success", "failure", "cancelled")

Values = Mapping[str, Any]


class UnknownExpressionError(Exception):
    """Something unsupported, or not declared in the workflow."""


class Declared(dict[str, Any]):
    """A context in which an unknown name is an error, and not null as at GitHub."""


def evaluate(text: str, values: Values, status: Mapping[str, bool] | None = None) -> Any:
    """The value of an expression without its ``${{ }}``; ``status``: results of the status functions, if
    allowed.
    """
    return _Reader(text, values, status).whole()


def interpolate(text: Any, values: Values, status: Mapping[str, bool] | None = None) -> Any:
    """A value of the file with each ``${{ }}`` replaced; a value that is a single expression keeps its type."""
    if isinstance(text, dict):
        return {key: interpolate(value, values, status) for key, value in text.items()}
    if isinstance(text, list):
        return [interpolate(value, values, status) for value in text]
    if not isinstance(text, str):
        return text
    whole = _EMBEDDED.fullmatch(text.strip())
    if whole and "${{" not in whole[1]:
        return evaluate(whole[1], values, status)
    return _EMBEDDED.sub(lambda found: as_text(evaluate(found[1], values, status)), text)


def condition(text: Any, values: Values, status: Mapping[str, bool]) -> bool:
    """An ``if``, with or without ``${{ }}``; without a status function it also requires that nothing failed."""
    if text is None:
        return status["success"]
    text = str(text).strip()
    whole = _EMBEDDED.fullmatch(text)
    inner = whole[1] if whole else text
    if "${{" in inner:
        raise UnknownExpressionError(f"an if of several parts: {text}")
    asked = any(re.search(rf"\b{name}\s*\(\s*\)", inner) for name in STATUS)
    return bool(truth(evaluate(inner, values, status))) and (asked or status["success"])


def as_text(value: Any) -> str:
    """As GitHub writes a value into text or into a variable."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | str):
        return str(value)
    raise UnknownExpressionError(f"{type(value).__name__} as text")


def truth(value: Any) -> bool:
    """False for null, false, 0 and the empty text."""
    return not (value is None or value is False or value in (0, ""))


class _Reader:
    def __init__(self, text: str, values: Values, status: Mapping[str, bool] | None) -> None:
        self._text, self._values, self._status = text, values, status
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if not found:
                raise UnknownExpressionError(f"{text[at:].strip()!r} in {text!r}")
            self._tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            at = found.end()
        self._at = 0

    def whole(self) -> Any:
        value = self._either()
        if self._at < len(self._tokens):
            raise UnknownExpressionError(f"{self._tokens[self._at][1]!r} in {self._text!r}")
        return value

    def _either(self) -> Any:
        return self._joined("||", self._both, keep=truth)

    def _both(self) -> Any:
        return self._joined("&&", self._equal, keep=lambda value: not truth(value))

    def _joined(self, sign: str, part: Callable[[], Any], keep: Callable[[Any], bool]) -> Any:
        value = part()
        while self._take(sign):
            other = part()
            value = value if keep(value) else other
        return value

    def _equal(self) -> Any:
        value = self._single()
        for sign in ("==", "!="):
            if self._take(sign):
                same = _same(value, self._single())
                return same if sign == "==" else not same
        return value

    def _single(self) -> Any:
        if self._take("!"):
            return not truth(self._single())
        if self._take("("):
            value = self._either()
            self._require(")")
            return value
        if self._at >= len(self._tokens):
            raise UnknownExpressionError(f"{self._text!r} ends too early")
        kind, text = self._tokens[self._at]
        self._at += 1
        match kind:
            case "text":
                return text[1:-1].replace("''", "'")
            case "number":
                return float(text) if "." in text else int(text)
            case "name":
                return self._named(text)
        raise UnknownExpressionError(f"{text!r} in {self._text!r}")

    def _named(self, name: str) -> Any:
        if self._take("("):
            self._require(")")
            if self._status is None or name not in STATUS:
                raise UnknownExpressionError(f"{name}() in {self._text!r}")
            return True if name == "always" else self._status[name]
        if name in {"true", "false", "null"}:
            return {"true": True, "false": False, "null": None}[name]
        value: Any = self._values
        for number, part in enumerate(name.split(".")):
            if value is None:
                return None
            if not isinstance(value, Mapping):
                raise UnknownExpressionError(f"{name} goes into a value")
            if part not in value and (number == 0 or isinstance(value, Declared)):
                raise UnknownExpressionError(f"{name} is not known here")
            value = value.get(part)
        return value

    def _take(self, sign: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == ("sign", sign):
            self._at += 1
            return True
        return False

    def _require(self, sign: str) -> None:
        if not self._take(sign):
            raise UnknownExpressionError(f"{sign!r} is missing in {self._text!r}")


def _same(one: Any, other: Any) -> bool:
    """Texts are compared case-insensitively; null equals the empty text; other types are not mixed here."""
    one, other = ("" if value is None else value for value in (one, other))
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    if type(one) is not type(other):
        raise UnknownExpressionError(f"comparing {one!r} with {other!r}")
    return bool(one == other)
