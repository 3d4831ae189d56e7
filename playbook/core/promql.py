"""PromQL from the settings: placeholders filled in, and the series that an expression names. Pure.

$window              the time window, e.g. ``24h`` $quantile            e.g. ``0.95`` $web, $component     matchers
of the web component's own series, and the label that names the component $visitors   matchers of requests that are
not those of health probes $requests and so on  names of the
application's own metrics: the settings ``metrics`` $selector, $probe, $redis, $containers    label matchers of the
target's own series; empty where not set $counted(SERIES)     increase of each counter of SERIES in the window: the
setting ``queries.counted``;
                         with ``$counted(SERIES among MORE)`` MORE shows whether they were scraped at all before
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

HOUR = 3600
DAY = 24 * HOUR
PLACEHOLDERS = ("selector", "probe", "redis", "containers")
_COUNTED = "$counted("
_AMONG = "among "
_STEPS = 24  # parts of the window in which a counter's first value is looked for
_MIN_STEP = 300
_TOKEN = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)|(?P<comment>\#[^\n]*)"""
    r"|(?P<number>(?:\d+(?:ms|[smhdwy])|\d[\d.]*(?:[eE][+-]?\d+)?)+)|(?P<name>[$a-zA-Z_:][\w:$.]*)|(?P<other>\S)",
    re.VERBOSE,
)
_TEXT = r"""(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)"""
_GAP = re.compile(_TEXT + r"|,\s*(?=[,}])|(?<=\{)\s*,\s*")
# Words that look like metric names.
# The last ones are of MetricsQL, and of range selectors in Prometheus 3.
_WORDS = frozenset(
    {
        *("among", "and", "or", "unless", "offset", "bool", "start", "end", "inf", "nan", "atan2"),
        *("default", "if", "ifnot", "keep_metric_names", "limit", "anchored", "smoothed"),
    }
)
_TAKES_LABELS = frozenset(("by", "without", "on", "ignoring", "group_left", "group_right"))
_NO_METRIC = frozenset(("(", "by", "without"))  # a name before these is a function
_NAMES_ITSELF = re.compile(
    r"""(?:^|[{,\s])(?:job|instance)\s*(?:=\s*["'`][^"'`]|=~\s*["'`](?!\.[*+]["'`])[^"'`])"""
)


@dataclass(frozen=True, slots=True)
class Selected:
    """A selector of series in an expression.

    Attributes:
        text: the metric and its matchers, filled in.
        pinned: it is restricted to the target's series: by a placeholder that is set, or by ``job`` or
            ``instance``.
        placeholder: the one it contains, e.g. ``selector``; empty where there is none.
    """

    text: str
    pinned: bool
    placeholder: str

    @property
    def metric(self) -> str:
        """Its name; the matchers where it is named there."""
        return self.text.partition("{")[0].strip() or self.text


def with_names(text: str, names: Mapping[str, str]) -> str:
    """Texts from the settings with the product's own names filled in, by placeholder."""
    for name, value in names.items():
        text = re.sub(rf"\${name}\b", lambda _, value=value: value, text)  # type: ignore[misc]
    return text


def fill(
    query: str, seconds: float, selectors: Mapping[str, str], *, counted: str = "", quantile: float | None = None
) -> str:
    """The expression as it is sent.

    Args:
        query: from the settings.
        seconds: the window.
        selectors: matchers by placeholder.
        counted: expansion of ``$counted(…)``, with ``$series`` and ``$all`` in it.
    """
    before, found, rest = query.partition(_COUNTED)
    while found:
        end = _closing(rest)
        series, _, every = rest[:end].partition(_AMONG)
        filled = counted.strip().replace("$series", series.strip()).replace("$all", (every or series).strip())
        query = before + filled + rest[end + 1 :]
        before, found, rest = query.partition(_COUNTED)
    step = max(round(seconds / _STEPS), _MIN_STEP)
    values = {
        "window": duration(seconds),
        "step": duration(min(step, seconds)),
        "before": duration(max(seconds, DAY)),
        "quantile": "" if quantile is None else f"{quantile:g}",
        **selectors,
    }
    return _without_gaps(with_names(query, values))


def duration(seconds: float) -> str:
    """A duration in PromQL: ``24h``, or ``900s``."""
    whole = round(seconds)
    return f"{whole // HOUR}h" if whole and whole % HOUR == 0 else f"{whole}s"


def selected(query: str, selectors: Mapping[str, str]) -> list[Selected]:
    """The distinct selectors of series in an expression from the settings."""
    found: dict[str, Selected] = {}
    for text in _selectors(query):
        names = [name for name in PLACEHOLDERS if re.search(rf"\${name}\b", text)]
        filled = _without_gaps(with_names(text, {name: selectors.get(name, "") for name in names}))
        pinned = any(selectors.get(name, "").strip() for name in names) or bool(_NAMES_ITSELF.search(filled))
        found.setdefault(filled, Selected(filled, pinned, names[0] if names else ""))
    return list(found.values())


def _selectors(query: str) -> Iterator[str]:
    """Each metric with its matchers, and matchers without a metric."""
    tokens = [match for match in _TOKEN.finditer(query) if match.lastgroup != "comment"]
    texts = [match.group() for match in tokens]
    position = 0
    while position < len(tokens):
        token, text = tokens[position], texts[position]
        after = texts[position + 1] if position + 1 < len(texts) else ""
        if token.lastgroup == "name" and text.lower() in _TAKES_LABELS and after == "(":
            position = texts.index(")", position)
        elif text == "[" and "]" in texts[position:]:
            position = texts.index("]", position)
        elif text == "{" or (token.lastgroup == "name" and after == "{"):
            end = texts.index("}", position) if "}" in texts[position:] else len(texts) - 1
            yield query[token.start() : tokens[end].end()]
            position = end
        elif (
            token.lastgroup == "name"
            and after not in _NO_METRIC
            and text.lower() not in _WORDS
            and "$" not in text
        ):
            yield text
        position += 1


def _closing(text: str) -> int:
    """Position of the parenthesis that closes the one at the beginning."""
    depth = 1
    for match in _TOKEN.finditer(text):
        depth += {"(": 1, ")": -1}.get(match.group(), 0)
        if not depth:
            return match.start()
    return len(text)


def _without_gaps(query: str) -> str:
    """The query without the commas left by unset matchers; string literals are unchanged."""
    return _GAP.sub(lambda match: match["text"] or "", query)
