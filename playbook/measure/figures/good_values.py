"""What counts as good only because a query leaves one bad value out: ``result!="failure"`` beside ``timeout``."""

from __future__ import annotations

import re
from datetime import datetime

from playbook.clients.prometheus import Answered, Prometheus
from playbook.clients.prometheus_queries import MATCHER, named, selectors
from playbook.core import door, promql
from playbook.core.coverage import Coverage, lacking
from playbook.core.limits import Limit, format_value
from playbook.core.verdict import Verdict
from playbook.measure.figures.figure_names import Figure
from playbook.settings.model import Settings

_STATES = re.compile(r"result|status|outcome|state|code|success", re.IGNORECASE)
_BAD = re.compile(
    r"fail|err(?!and)|time.?out|reject|invalid|cancel|abort|dead|drop|unsupported|expire|exception|denied|corrupt|oom"
    r"|kill|crash|lost|exceeded|unavailable|exhausted|^5(?:\d\d|xx)$",
    re.IGNORECASE,
)


def good_by_default(
    store: Prometheus, settings: Settings, figure: Figure, value: float, *, seconds: float, at: datetime
) -> Coverage:
    """Whether a good share is good without what its query counts as good and what fails by its own word, too."""
    limit: Limit = getattr(settings.limits, figure.key)
    if not value >= 0 or limit.verdict(value) is not Verdict.OK:
        return Coverage()
    for one in promql.selected(named(settings, figure.key), selectors(settings)):
        label = next((match["label"] for match in MATCHER.finditer(one.text) if _leaves_out(match)), "")
        if not label:
            continue
        window = promql.duration(seconds)
        told = store.ask(f"sum by ({label}) (increase({one.text}[{window}])) > 0", at)
        return told.coverage + _without_bad(told, label, value, limit)
    return Coverage()


def _leaves_out(match: re.Match[str]) -> bool:
    return match["how"].startswith("!") and bool(match["text"][1:-1]) and bool(_STATES.search(match["label"]))


def _without_bad(told: Answered, label: str, value: float, limit: Limit) -> Coverage:
    amounts = {sample.labels.get(label, ""): sample.value for sample in told.samples if sample.value > 0}
    bad = {name: amount for name, amount in amounts.items() if _BAD.search(name)}
    share = sum(bad.values()) / sum(amounts.values()) if bad else 0.0
    without = value * (1 - share)
    if limit.verdict(without) is Verdict.OK:
        return Coverage()
    names = ", ".join(door.quoted(name, 40) for name in sorted(bad)[:3])
    return lacking(
        "failures counted as good",
        expected=f"no {label} that fails among the good ones",
        got=f"{names}, and {format_value(without, limit.unit)} without",
        hint=f'Name the good values in the query or in [metrics], as in {label}="success", in place of a bad one.',
    )
