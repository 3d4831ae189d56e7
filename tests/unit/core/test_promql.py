"""Queries of the settings: placeholders, and the series that they name."""

import pytest

from playbook.core.promql import Selected, duration, fill, selected

OWN = {"selector": 'job="web"', "probe": 'instance="x"', "redis": "", "containers": ""}
COUNTED = "\n(increase($series[$window]) or up($all[$before] offset $step))\n"


@pytest.mark.parametrize(
    ("query", "seconds", "filled"),
    [
        ("rate(a{$selector}[$window])", 86_400, 'rate(a{job="web"}[24h])'),
        ("rate(a{b='c', $selector}[$window])", 900, "rate(a{b='c', job=\"web\"}[900s])"),
        ("a{$redis}", 900, "a{}"),
        ("a{b='c', $redis}", 900, "a{b='c'}"),
        ("a{$redis, b='c'}", 900, "a{b='c'}"),
        ("a{b=~'x{2,}', $redis}", 900, "a{b=~'x{2,}'}"),
        ("histogram_quantile($quantile, a)", 900, "histogram_quantile(0.5, a)"),
        (
            "sum($counted(a{b='('})) / 2",
            86_400,
            "sum((increase(a{b='('}[24h]) or up(a{b='('}[24h] offset 1h))) / 2",
        ),
        (
            "sum($counted(a{b='c', $selector} among a{$selector}))",
            604_800,
            'sum((increase(a{b=\'c\', job="web"}[168h]) or up(a{job="web"}[168h] offset 7h)))',
        ),
        (
            "$counted(a) + $counted(b)",
            900,
            "(increase(a[900s]) or up(a[24h] offset 300s)) + (increase(b[900s]) or up(b[24h] offset 300s))",
        ),
    ],
)
def test_placeholders_are_filled_in(query, seconds, filled):
    """Unset matchers leave no comma behind, and string literals are unchanged."""
    assert fill(query, seconds, OWN, counted=COUNTED, quantile=0.5) == filled


@pytest.mark.parametrize(("seconds", "text"), [(86_400, "24h"), (3600.0, "1h"), (90.4, "90s"), (5400, "5400s")])
def test_duration_in_promql(seconds, text):
    """Whole hours in hours."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("up", ["up"]),
        ("sum by (le) (rate(a_bucket{le='+Inf'}[5m])) / on (job) group_left (x) b", ["a_bucket{le='+Inf'}", "b"]),
        ("sum(a) without (instance) and on() b unless c or vector(0) > bool 1e3", ["a", "b", "c"]),
        ('{__name__=~"a|b", job="x"}', ['{__name__=~"a|b", job="x"}']),
        ("max_over_time(rate(a:b:rate5m[5m])[1h:5m] offset 1d) @ end()", ["a:b:rate5m"]),
        ('a{b="with } and \' in it"} # and a comment with c', ['a{b="with } and \' in it"}']),
        ("topk(3, Inf * a) + NaN", ["a"]),
        ("$counted(a{$selector} among b)", ['a{job="web"}', "b"]),
        ("time() - 1.5e3 * 5m", []),
    ],
)
def test_series_of_an_expression_are_found(query, names):
    """Not functions, labels, durations and numbers."""
    assert [one.text for one in selected(query, OWN)] == names


@pytest.mark.parametrize(
    ("text", "pinned"),
    [
        ("a{$selector}", True),
        ("a{$redis}", False),
        ("a{component='web'}", False),
        ("a{job='web'}", True),
        ("a{x='y',instance=~'web-.*'}", True),
        ("a{job=~'.+'}", False),
        ("a{job!='web'}", False),
        ("a{myjob='web'}", False),
        ("a{job=''}", False),
    ],
)
def test_selector_is_pinned_by_placeholder_job_or_instance(text, pinned):
    """By a placeholder that is set, or by a literal job or instance."""
    (one,) = selected(text, OWN)
    assert one.pinned is pinned
    assert isinstance(one, Selected)
