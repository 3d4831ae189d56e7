"""The drawing of a chart: what stands where, and what is left out."""

import math
import re
from itertools import pairwise

import msgspec
import pytest

from playbook.core.evidence import Chart, Curve, Evidence
from playbook.report.chart import HEIGHT, MOST_CURVES, MOST_SPARKS, SPARK_HEIGHT, WIDTH, draw, sparkline
from tests.factories import a_chart

DAY = 86_400.0


def line(*values, name="a"):
    """One value a day."""
    return Curve(name, [(DAY * (20_000 + number), value) for number, value in enumerate(values)])


def chart(*curves, **limits):
    """A chart in percent."""
    return Chart("Use", "%", list(curves), limits)


def test_chart_without_values_is_none():
    """No curves, or none with values."""
    assert draw(chart()) is None
    assert draw(chart(Curve("a", []), Curve("b", [(0.0, math.nan)]))) is None
    assert chart().lines == ["none"]


def test_non_finite_values_are_dropped_and_json_is_valid():
    """JSON has no NaN: a chart with one could be written and never read."""
    made = chart(line(1.0, math.nan, math.inf, 2.0), warning=3.0)
    assert made.curves[0].values == [1.0, 2.0]
    again = msgspec.json.decode(msgspec.json.encode([made]), type=list[Evidence])
    assert again == [made]


def test_summary_states_lowest_median_highest_and_last():
    """With as many decimals as the difference needs: availability differs in the hundredths."""
    made = chart(line(99.96, 99.91, 99.99), warning=99.5)
    assert made.lines == [
        "a: lowest 99.910, median 99.960, highest 99.990, last 99.990 %",
        "Limits: warning 99.5 %",
    ]
    assert chart(line(40.0, 55.0, 61.0)).summary[0].median == "55"
    assert chart(line(7.0, 7.0)).summary[0].last == "7.00"


@pytest.mark.parametrize(
    "values", [(0.0,), (5.0, 5.0, 5.0), (-3.0, 4.0), (1e12, -1e12), (1e-9, 2e-9), (99.96, 99.99), (0.0, 0.0)]
)
def test_drawing_stays_within_frame(values):
    """Whatever the numbers are, also one alone and all the same."""
    drawing = draw(chart(line(*values)))
    places = [tick.place for tick in drawing.rows]
    assert 3 <= len(places) <= 8
    assert all(drawing.top - 1e-6 <= place <= drawing.bottom + 1e-6 for place in places)
    (curve,) = drawing.curves
    assert drawing.left <= curve.end[0] <= drawing.right <= WIDTH
    assert drawing.top <= curve.end[1] <= drawing.bottom <= HEIGHT
    assert len({tick.text for tick in drawing.rows}) == len(places)


def test_curve_labels_do_not_overlap():
    """Curves that end at one value have names one below the other, all within the plot."""
    drawing = draw(chart(*(line(1.0, 50.0, name=str(number)) for number in range(6))))
    labels = sorted(curve.label for curve in drawing.curves)
    assert all(after - before >= 11.9 for before, after in pairwise(labels))
    assert labels[0] >= drawing.top
    assert labels[-1] <= drawing.bottom + 1e-6


def test_missing_samples_break_the_line():
    """Nothing is drawn where nothing was measured."""
    assert draw(a_chart()).curves[1].path.count("M") == 2


def test_nearest_limit_is_drawn_and_distant_ones_are_named():
    """A limit of 5 s would press a curve at 0.4 s flat; the one at 2 s shows how much room there is."""
    drawing = draw(Chart("P95", "s", [line(0.4, 0.5)], {"warning": 2.0, "critical": 5.0}))
    assert [tick.text for tick in drawing.limits] == ["warning"]
    assert drawing.beyond == ("critical 5 s",)


def test_number_of_curves_is_bounded():
    """The table below holds all of them."""
    made = chart(*(line(float(number), 2.0, name=str(number)) for number in range(9)))
    assert len(draw(made).curves) == MOST_CURVES
    assert len(made.summary) == 9


def test_time_axis_has_few_ticks_within_plot():
    """Seconds of a load test, minutes of a soak, hours of a day, days of a week, weeks of two months."""
    for count, step in ((14, 1.0), (30, 60.0), (24, 3600.0), (7, DAY), (60, DAY)):
        curve = Curve("a", [(1_795_392_000 + step * number, float(number)) for number in range(count)])
        drawing = draw(chart(curve))
        assert 2 <= len(drawing.days) <= 6
        assert all(drawing.left <= tick.place <= drawing.right for tick in drawing.days)


def test_marks_of_short_chart_include_seconds():
    """All marks of a load test that takes half a minute would else read alike."""
    curve = Curve("a", [(1_795_392_000 + number, float(number)) for number in range(30)])
    assert [mark.text for mark in draw(chart(curve)).days] == [f"00:00:{second:02}" for second in (0, 10, 20)]


def test_equal_limits_share_one_line_and_label():
    """A target that begins where the warning does: two names over each other cannot be read."""
    chart = Chart(
        "Availability", "%", [Curve("web", [(0.0, 99.95), (60.0, 99.97)])], {"target": 99.9, "warning": 99.9}
    )
    drawing = draw(chart)
    assert [limit.text for limit in drawing.limits] == ["target, warning"]


@pytest.mark.parametrize(("years", "most"), [(1, 6), (5, 6), (10, 6)])
def test_time_axis_of_years_has_few_ticks_with_years(years, most):
    """Days of five years would run into each other."""
    day = 86_400.0
    points = [(1_600_000_000 + number * day, 1.0 + number % 3) for number in range(0, 365 * years, 7)]
    marks = draw(Chart("Long", "", [Curve("one", points)])).days
    assert 2 <= len(marks) <= most
    assert years == 1 or all(mark.text[-4:].isdigit() for mark in marks)


def test_bars_start_at_zero_with_integer_steps():
    """Of what is counted there are no halves; side by side within their hour, none where nothing was counted."""
    hours = [(3600.0 * n, float(n % 3)) for n in range(24)]
    drawing = draw(Chart("5xx", "", [Curve("5xx", hours), Curve("429", hours[:5])], bars=True))
    assert [tick.text for tick in drawing.rows] == ["0", "1", "2"]
    assert [curve.path.count("M") for curve in drawing.curves] == [16, 3]
    rights = [float(x) for curve in drawing.curves for x in re.findall(r"H([\d.]+)", curve.path)]
    assert max(rights) <= drawing.right
    assert not any(curve.label for curve in drawing.curves)


def test_marked_moments_have_labels_within_frame():
    """One that lies outside of what was measured is left out."""
    made = Chart(
        "Use", "%", [line(1.0, 2.0, 3.0)], marks={"early": DAY * 20_000.2, "since": DAY * 20_001.9, "no": 0}
    )
    marks = draw(made).marks
    assert [(mark.text, mark.leftward) for mark in marks] == [("early", False), ("since", True)]
    assert made.lines[-1] == "Marked: early, since, no"


def test_labels_of_close_limits_are_side_by_side():
    """Else they would be written over each other."""
    drawing = draw(Chart("Age", "h", [line(4.0, 49.0)], {"warning": 25.0, "critical": 26.0, "target": 5.0}))
    critical, warning, target = drawing.limits
    assert [tick.text for tick in drawing.limits] == ["critical", "warning", "target"]
    assert warning.left > critical.left + 40
    assert target.left == critical.left


LIMITS = {"warning": 80.0, "critical": 90.0}


def test_sparkline_needs_two_values():
    assert sparkline([(0.0, 5.0)], LIMITS, "%") is None
    assert sparkline([(0.0, 5.0), (1.0, math.nan)], LIMITS, "%") is None


def test_sparkline_scales_to_distance_from_limit():
    """Else noise would look like news; the limit shows where it is near."""
    calm = sparkline([(float(n), 50.0 + n % 2) for n in range(9)], LIMITS, "%")
    heights = [float(y) for y in re.findall(r" ([\d.]+)", calm.path)]
    assert max(heights) - min(heights) < SPARK_HEIGHT / 8
    assert calm.limit is None
    assert calm.words == "The last 9 runs: 50 to 51 %"
    near = sparkline([(0.0, 60.0), (1.0, 79.0)], LIMITS, "%")
    assert near.limit is not None
    assert near.limit < near.end[1]


def test_sparkline_shows_newest_runs():
    drawn = sparkline([(float(n), float(n)) for n in range(99)], {}, "")
    assert len(re.findall("[ML]", drawn.path)) == MOST_SPARKS
    assert drawn.words == "The last 30 runs: 69 to 98"
