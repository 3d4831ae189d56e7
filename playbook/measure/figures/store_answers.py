"""What answers of the metrics store are worth: a number or none, and whether what counts is alive and whole."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime

from playbook.clients.prometheus import Answered, Prometheus, Sample
from playbook.clients.prometheus_aside import aside
from playbook.clients.prometheus_part import of_percentiles, of_the_worst, without_fallback
from playbook.clients.prometheus_queries import query_of, selectors, uncounted_of_own, unknown_of_own
from playbook.core.coverage import Coverage, lacking, share, together, understood
from playbook.core.errors import Malformed, TooLittleData
from playbook.core.limits import Limit, format_value
from playbook.core.verdict import Verdict
from playbook.core.wording import plural
from playbook.measure.figures.figure_names import Figure
from playbook.measure.figures.good_values import good_by_default
from playbook.settings.model import Settings


def first_lack(*coverages: Coverage) -> Coverage:
    """The best reason why there is no number: without samples there are no requests either."""
    return next(coverage for coverage in coverages if not coverage.enough)


def number_of(answered: Answered) -> tuple[float, Coverage]:
    """The only value; otherwise NaN, and what was returned instead: also a value in another unit."""
    try:
        return answered.number, Coverage()
    except (TooLittleData, Malformed) as error:
        # Messages are "Service: expected …, got …".
        expected, _, got = str(error).partition(": expected ")[2].partition(", got ")
        return math.nan, lacking("", expected=expected, got=got, hint=error.hint)


def still(store: Prometheus, settings: Settings, key: str, at: datetime) -> Coverage:
    """Whether there are samples of late: what has stopped counts as well as ever until its window is over."""
    minutes = settings.coverage.newest_minutes
    answered = store.ask(query_of(settings, f"{key}_looks", minutes * 60), at, setting=f"queries.{key}_looks")
    if count_of(answered) > 0:
        return answered.coverage
    return answered.coverage + lacking(
        f"silent for {minutes:g} min",
        expected=f"samples of the last {minutes:g} min",
        got="none",
        hint="Look at Status → Targets in Prometheus: what has stopped?",
    )


def of_own_query(
    store: Prometheus, settings: Settings, figure: Figure, value: Answered, *, seconds: float, at: datetime
) -> Coverage:
    """Whether a good figure of the operator's own query is one of all series, all requests and all failures."""
    limit: Limit = getattr(settings.limits, figure.key)
    seen = _of_all(store, value, limit, at)
    if figure.key in ("availability", "image_success"):
        told, _ = number_of(value)
        seen += good_by_default(aside(store), settings, figure, told, seconds=seconds, at=at)
    if getattr(settings.queries, f"{figure.key}_unknown", ""):
        beside = aside(store)
        seen += _with_status(beside, settings, figure, seconds, at)
        seen += _uncounted(beside, settings, value, seconds, at)
    return seen


def _with_status(store: Prometheus, settings: Settings, figure: Figure, seconds: float, at: datetime) -> Coverage:
    """Whether nearly all requests have a status, by the label that the failures have in the query."""
    answered = unknown_of_own(store, settings, figure.key, seconds, at)
    if answered is None:
        return Coverage()
    percent, unclear = unknown_of(answered)
    return (
        answered.coverage
        + unclear
        + understood(
            math.ceil(percent),
            100,
            f"% of {figure.counted}",
            most_percent=settings.coverage.not_understood_percent,
            hint=f"Adapt queries.{figure.key} to the states that these series have.",
        )
    )


def _of_all(store: Prometheus, value: Answered, limit: Limit, at: datetime) -> Coverage:
    """Whether a good figure of the operator's own query is one of all its series, and no constant."""
    setting = value.setting
    if is_bad(value, limit):
        return Coverage()
    if (bare := without_fallback(setting, value.query)) and not store.ask(bare, at, setting="").samples:
        hint = f"Leave the constant out of {setting}: where there are no samples, nothing is known."
        return lacking("a constant", expected=f"samples for {setting}", got="none but its own constant", hint=hint)
    if found := _bad(store, of_the_worst(setting, value.query), limit, at):
        return lacking(
            "the best of several",
            expected=f"a figure of all series from {setting}",
            got=f"the best one; the worst is {found}",
            hint=f"Write avg(…), or the worst of them, in {setting}.",
        )
    if found := _bad(store, of_percentiles(setting, value.query), limit, at):
        return lacking(
            "a mean of percentiles",
            expected=f"the 95th percentile of all requests from {setting}",
            got=f"a mean of several ones, of which {found} is the highest, or the 95th in time",
            hint=f"Write histogram_quantile(0.95, sum by (le) (…)) in {setting}; of summaries, which cannot be "
            'added up, max(quantile_over_time(0.95, …{quantile="0.95"}[$window])).',
        )
    return Coverage()


def _bad(store: Prometheus, query: str, limit: Limit, at: datetime) -> str:
    """The value of this query, where it is beyond its limits; empty where it is not, or there is no query."""
    answered = store.ask(query, at, setting="") if query else None
    if answered is None or not is_bad(answered, limit):
        return ""
    return format_value(number_of(answered)[0], limit.unit)


def _uncounted(store: Prometheus, settings: Settings, value: Answered, seconds: float, at: datetime) -> Coverage:
    """Whether a good share of failed requests has left none out whose status does not match its own pattern."""
    key = value.setting.removeprefix("queries.")
    answered = uncounted_of_own(store, settings, key, seconds, at)
    limit: Limit = getattr(settings.limits, key)
    told, _ = number_of(value)
    if answered is None or not math.isfinite(told) or is_bad(value, limit):
        return Coverage()
    percent, why = unknown_of(answered)
    if limit.verdict(told + percent) is Verdict.OK:
        return answered.coverage + why
    return lacking(
        "failures left out",
        expected=f"all failed requests from {value.setting}",
        got=f"a pattern that does not match those of {format_value(percent, limit.unit)} of the requests",
        hint=f"Adapt {value.setting} to the values that the label has; a pattern must match all of a value.",
    )


def is_bad(answered: Answered, limit: Limit) -> bool:
    """Whether it is a number beyond its limits."""
    value, _ = number_of(answered)
    return math.isfinite(value) and limit.verdict(value) is not Verdict.OK


def scrapes(store: Prometheus, settings: Settings, seconds: float, at: datetime | None) -> Coverage:
    """Share of successful scrapes of the application; empty where no selector identifies its series."""
    if not settings.queries.scraped or not selectors(settings)["selector"]:
        return Coverage()
    for key in ("scraped", "scraped_series"):
        answered = store.ask(query_of(settings, key, seconds), at, setting=f"queries.{key}")
        if answered.samples or not (answered.unread.enough and settings.queries.scraped_series):
            break
    if not answered.samples:
        return answered.coverage  # a store that receives remote writes has no ``up``
    fewer = [one for one in answered.samples if one.labels.get("of")]
    percent, why = number_of(replace(answered, samples=[one for one in answered.samples if one not in fewer]))
    if why.parts:
        return answered.coverage + why
    seen = answered.coverage + share(
        round(percent, 1),
        100,
        "% of scrapes",
        least_percent=settings.coverage.window_percent,
        what="answers",
        hint="Look at Status → Targets in Prometheus: which of them are down?",
    )
    return seen + together(_of_usual(one, settings) for one in fewer)


def _of_usual(sample: Sample, settings: Settings) -> Coverage:
    """Whether there are nearly as many instances of a job or component as usual."""
    names = [sample.labels.get("job", ""), sample.labels.get(settings.target.prometheus.component_label, "")]
    return share(
        round(sample.value, 1),
        100,
        f"% of the usual instances of {'/'.join(filter(None, names)) or 'a job'}",
        least_percent=settings.coverage.window_percent,
        what="scrapes",
        hint="Look at Status → Targets in Prometheus, and at its service discovery: which ones are gone? Where "
        "fewer are wanted, this number is the usual one in two days.",
    )


def rising(store: Prometheus, settings: Settings, figure: Figure, at: datetime | None) -> Coverage:
    """Whether the counters of requests rise, and every instance has them; of a time also whether each is timed.

    Old ones, which something goes on to expose, look like a good day, and those of several processes that answer
    in turn like millions of requests.
    """
    seen = Coverage()
    if figure.unit == "s":
        seen += _none(
            store,
            settings,
            "untimed",
            at,
            "times of some only",
            expected="the times of requests from every instance that counts some",
            got="none from {}",
            hint="Has its histogram become a native one? Then let it expose its buckets as well, or write queries."
            "response_time for both.",
        )
    seen += _none(
        store,
        settings,
        "untold",
        at,
        "requests of some only",
        expected="requests from every instance that counted some at this hour of the day before",
        got="none from {}, although scraped",
        hint="Have its metrics other names now, or has its histogram become a native one? See [metrics].",
    )
    seen += _none(
        store,
        settings,
        "standing",
        at,
        "counters stand still",
        expected="requests to be counted by whatever counted some at these hours a day and a week before",
        got="none in 3 h by {}",
        hint="Does it expose an old copy, as a Pushgateway or a cache does? Or do visitors no longer reach it?",
    )
    return seen + _none(
        store,
        settings,
        "falling",
        at,
        "counters fall",
        expected="counters of requests that fall only when a process is restarted",
        got="those of {} falling more than 12 times in 3 h",
        hint="Let the processes of a cluster count together, as prom-client's AggregatorRegistry does.",
    )


def images_rising(store: Prometheus, settings: Settings, at: datetime | None) -> Coverage:
    """Whether images are still counted: good ones of the morning say nothing of a service that stands still."""
    return _none(
        store,
        settings,
        "standing_images",
        at,
        "images stand still",
        expected="images to be counted, as some were at these hours a day and a week before",
        got="none in 3 h",
        hint="Does the image service get its requests and its jobs? Or is what it exposes an old copy?",
    )


def _none(
    store: Prometheus,
    settings: Settings,
    key: str,
    at: datetime | None,
    words: str,
    *,
    expected: str,
    got: str,
    hint: str,
) -> Coverage:
    """What is lacking where a query counts instances; ``{}`` in ``got`` is their number."""
    if not getattr(settings.queries, key):
        return Coverage()
    answered = store.ask(query_of(settings, key, 0.0), at, setting=f"queries.{key}")
    found = count_of(answered) if answered.samples else 0.0
    if not found:
        return answered.coverage
    got = got.format(plural(round(found), "instance"))
    return answered.coverage + lacking(words, expected=expected, got=got, hint=hint)


def asks_for_unknown(settings: Settings, key: str) -> bool:
    """Whether to ask how many are not understood: not beside an own query of the operator that finds the processed
    images by something else than the matcher in ``[metrics]``.
    """
    asked = bool(getattr(settings.queries, f"{key}_unknown", ""))
    return asked and (key != "image_success" or "$image_success" in settings.queries.image_success)


def unknown_of(answered: Answered) -> tuple[float, Coverage]:
    """How many were counted that are not understood; an answer that is no number is not none of them."""
    value, why = number_of(answered) if answered.samples else (0.0, Coverage())
    return (value, why) if math.isfinite(value) else (0.0, why)


def known_count_of(answered: Answered) -> float:
    """A count as ``count_of``, and NaN where the answer could not be read: that is not a count of none."""
    return count_of(answered) if answered.unread.enough else math.nan


def count_of(answered: Answered) -> float:
    """A count; 0 where Prometheus has no series because nothing was counted, or where the value is not a
    number.
    """
    value, _ = number_of(answered)
    return value if math.isfinite(value) else 0.0
