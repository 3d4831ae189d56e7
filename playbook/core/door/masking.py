"""One masker for API answers, log lines and evidence: known secrets, and text that looks like one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from playbook.core.door import foreign
from playbook.core.door.decoding import views
from playbook.core.door.known import Known

MASK = "[redacted]"
# Most texts recur: the rules, reasons and next steps of each target's checks.
_KEPT_LENGTH = 400
_MAX_KEPT = 20_000


def masked(text: str, known: Known) -> str:
    """The text without secrets, in whatever encoding they occur."""
    if len(text) > _KEPT_LENGTH:
        return _masked(text, known)
    kept = known.masked  # valid for the secrets known now
    found = kept.get(text)
    if found is None:
        if len(kept) >= _MAX_KEPT:
            kept.clear()
        found = kept[text] = _masked(text, known)
    return found


def _masked(text: str, known: Known) -> str:
    spans = sorted(_spans(text, known))
    if not spans:
        return text
    pieces: list[str] = []
    at = 0
    for start, end in _merged(spans):
        pieces += [text[at:start], MASK]
        at = end
    return "".join([*pieces, text[at:]])


def _spans(text: str, known: Known) -> Iterator[tuple[int, int]]:
    for view in views(text):
        for start, end in (*known.spans(view), *foreign.spans(view.text)):
            yield view.span(start, end)


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Sorted spans; those that touch are merged."""
    first, last = -1, -1
    for start, end in spans:
        if start <= last:
            last = max(last, end)
            continue
        if last >= 0:
            yield first, last
        first, last = start, end
    if last >= 0:
        yield first, last
