"""Badges of targets and sets: an image, and an endpoint for shields.io. Pure.

A badge may be displayed long after it was made, so it contains its date.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from importlib.resources import files

from jinja2 import Template

from playbook.core.verdict import Verdict
from playbook.report.page import make_environment, shown
from playbook.site.views import NO_DATA, NOT_YET, Site

_COLOURS = {
    Verdict.OK: "#12703d",
    Verdict.WARNING: "#8a5200",
    Verdict.CRITICAL: "#b3191e",
    NO_DATA: "#b3191e",
    Verdict.UNKNOWN: "#5b3a9e",
}
_GREY = "#50565e"
_MOST = 60
_SECONDS = 300


def badges(site: Site) -> Iterator[tuple[str, bytes]]:
    """Path and content of each badge."""
    for target in site.targets:
        runs = [run for run in site.runs if run.target == target.name]
        newest = runs[-1].started if runs else None
        yield from _both(target.badge, target.name, target.state, newest)
        for one in target.sets:
            newest = one.newest.started if one.newest else None
            yield from _both(one.badge, f"{target.name} {one.name}", one.state, newest)


def _both(path: str, label: str, state: str, at: datetime | None) -> Iterator[tuple[str, bytes]]:
    label = str(shown(" ".join(label.split())))
    label = label if len(label) <= _MOST else f"{label[: _MOST - 1]}…"
    since = "since " if state == NO_DATA else ""
    message = f"{state.lower() if state in {NO_DATA, NOT_YET} else state}"
    message += f", {since}{at:%-d %b %H:%M} UTC" if at else ""
    colour = _COLOURS.get(state, _GREY)
    endpoint = {
        "schemaVersion": 1,
        "label": label,
        "message": message,
        "color": colour,
        "isError": state in {Verdict.CRITICAL, NO_DATA},
        "cacheSeconds": _SECONDS,
    }
    yield f"{path}.json", json.dumps(endpoint).encode() + b"\n"
    drawn = _template().render(
        label=label, message=message, colour=colour, left=_width(label), right=_width(message)
    )
    yield f"{path}.svg", drawn.encode(errors="replace") + b"\n"


def _width(text: str) -> int:
    """Approximate width in Verdana; the SVG stretches the letters to fit."""
    narrow = sum(letter in "iljtfr.,:' |" for letter in text)
    return 12 + round(7.0 * (len(text) - narrow) + 4.2 * narrow)


@cache
def _template() -> Template:
    text = (files("playbook.site") / "templates" / "badge.svg.j2").read_text(encoding="utf-8")
    return make_environment({"badge": text}).get_template("badge")
