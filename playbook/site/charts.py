"""An item's values over time with their limits, as charts for the report's drawing code. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from playbook.core.evidence import Chart, Curve
from playbook.core.page_words import short
from playbook.history.incidents import Incident
from playbook.readers.streaks import since_when
from playbook.readers.trend import by_grid
from playbook.site.strips import Unit, unit_of
from playbook.site.views import ItemView

# Range of the recent chart: that of the strip.
_NEAR: dict[Unit, tuple[str, timedelta]] = {
    "day": ("90 days", timedelta(days=90)),
    "week": ("One year", timedelta(days=366)),
    "month": ("Three years", timedelta(days=3 * 366)),
}
_WEEK = 7 * 86_400.0
_AROUND = timedelta(days=7)  # least time shown before and after an incident


def item_charts(item: ItemView, now: datetime) -> list[Chart]:
    """A recent chart, and one of everything by week if that is much longer; none without values."""
    values = item.values
    if not values:
        return []
    near = recent_chart(item, now)
    charts = [near] if near.curves[0].points else []
    since = (now - 1.5 * _NEAR[unit_of(item.set)][1]).timestamp()
    if values[0][0] < since or not charts:
        weeks = by_grid(values, _WEEK)
        charts.append(_chart("All time, median of each week", item, weeks))
    return charts


def recent_chart(item: ItemView, now: datetime) -> Chart:
    """The recent chart."""
    words, span = _NEAR[unit_of(item.set)]
    since = (now - span).timestamp()
    points = [point for point in item.values if point[0] >= since]
    return _chart(words, item, points)


def incident_chart(item: ItemView, incident: Incident, now: datetime) -> Chart | None:
    """An item around an incident, with marks at its opening and closing; None with fewer than two values."""
    over = incident.closed or now
    room = max((over - incident.opened) / 2, _AROUND)
    begin, end = (incident.opened - room).timestamp(), (over + room).timestamp()
    points = [point for point in item.values if begin <= point[0] <= end]
    if len(points) < 2:
        return None
    marks = {f"opened {short(incident.opened)}": incident.opened.timestamp()}
    if incident.closed:
        marks[f"closed {short(incident.closed)}"] = incident.closed.timestamp()
    return _chart(item.title, item, points, marks)


def _chart(
    title: str, item: ItemView, points: list[tuple[float, float]], marks: dict[str, float] | None = None
) -> Chart:
    limit = item.limit
    return Chart(
        title,
        limit.unit if limit else "",
        [Curve(item.title, points)],
        limit.lines if limit else {},
        marks=since_when(points, limit) if marks is None and limit else marks or {},
    )
