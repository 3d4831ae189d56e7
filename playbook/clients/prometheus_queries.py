"""The settings' queries as they are sent, whose series they select, and what to do with several of them."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from playbook.clients.prometheus_meaning import Query
from playbook.core import promql
from playbook.core.coverage import Coverage, lacking, whole
from playbook.core.promql import Selected
from playbook.readers.logs.probes import PROBED
from playbook.settings.model import Settings

if TYPE_CHECKING:
    from playbook.clients.prometheus import Answered, Prometheus, Sample, Series

# Labels that distinguish two Prometheus servers which scrape the same targets.
REPLICAS = ("prometheus_replica", "__replica__", "replica")
# Of a request's path, in the usual libraries: prom-client, Rails, Go, FastAPI, Micrometer, OpenTelemetry, Echo and
# Gin, Starlette.
_PATH_LABELS = ("route", "path", "handler", "endpoint", "uri", "http_route", "url", "path_template")
# Of what answers it: of django-prometheus ("health_check.views.HealthCheckView", "health_check:health_check_home",
# "prometheus-django-metrics") and of Rails' yabeda ("rails/health"); Flask's endpoints are names, too.
_VIEW_LABELS = ("view", "controller", "endpoint")
_WATCHING = r"prometheus[-_].*|(.*[.:/])?(healthz?|livez|readyz|metrics|health_?checks?)([.:].*)?"
# A matcher, its label perhaps in quotes; and what is left where one was taken out.
MATCHER = re.compile(
    r"""(?P<label>[a-zA-Z_]\w*|"(?:\\.|[^"\\])*")\s*(?P<how>=~|!~|!=|=)\s*"""
    r"""(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)"""
)
_GAPS = re.compile(r"([{,])\s*(?:,\s*)+")
_STATUSES = (
    *("200", "201", "301", "302", "400", "404", "500", "502", "503", "504"),
    *("2xx", "4xx", "5xx", "2", "4", "5"),
)
_OF_NO_STATUS = frozenset({"le", "quantile", "instance", "job", "namespace", "pod"})
_SHOWN = 3
_SETTINGS = {
    "selector": "selector",
    "probe": "probe_selector",
    "redis": "redis_selector",
    "containers": "container_selector",
}


def selectors(settings: Settings) -> dict[str, str]:
    """Matchers of the target's own series, by placeholder."""
    own = settings.target.prometheus
    host = urlsplit(settings.target.web.url or "").netloc
    # As blackbox_exporter's configuration names probed targets: with or without scheme and path.
    pattern = re.escape(host.rpartition("@")[2]).replace("\\", "\\\\")
    probe = f'instance=~"(https?://)?{pattern}(:443|:80)?(/.*)?"' if host else ""
    return {
        "selector": own.selector or "",
        "probe": own.probe_selector or probe,
        "redis": own.redis_selector or own.selector or "",
        "containers": own.container_selector or own.selector or "",
    }


def names(settings: Settings) -> dict[str, str]:
    """The product's own names, by placeholder: the matchers of its web component, and its metrics."""
    own, label = settings.target.prometheus, settings.target.prometheus.component_label
    web = f'{label}="{settings.target.components.web}"' if own.web_selector is None else own.web_selector
    own_metrics = msgspec.structs.asdict(settings.metrics)
    told = dict.fromkeys(match["label"] for match in MATCHER.finditer(settings.metrics.image_success))
    more = {"visitors": _visitors(settings), "image_labels": ", ".join(f'{label}!=""' for label in told)}
    return {"web": web, "component": label, **more, **own_metrics}


def _visitors(settings: Settings) -> str:
    """Matchers of requests that are not those of health probes, by the usual labels of its path or view."""
    own = settings.target.web
    paths = dict.fromkeys(path.rstrip("/") for path in (own.health_path, own.image_health_path, *PROBED))
    pattern = "|".join(re.escape(path).replace("\\", "\\\\") for path in paths if path)
    named = _WATCHING.replace("\\", "\\\\")
    each = [f'{label}!~"({pattern})/?"' for label in _PATH_LABELS]
    return ", ".join((*each, *(f'{label}!~"{named}"' for label in _VIEW_LABELS)))


def named(settings: Settings, key: str) -> str:
    """A query from the settings with the product's names filled in; its series selectors are still
    placeholders.
    """
    query: str = getattr(settings.queries, key)
    return promql.with_names(query, names(settings))


def query_of(settings: Settings, key: str, seconds: float, *, quantile: float | None = None) -> str:
    """A query from the settings over a window; empty where it is set to an empty text."""
    query, counted = named(settings, key), named(settings, "counted")
    text = promql.fill(query, seconds, selectors(settings), counted=counted, quantile=quantile)
    return Query.over(seconds, text)


def own_series(
    store: Prometheus, settings: Settings, keys: Iterable[str], seconds: float, at: datetime | None
) -> Coverage:
    """Whether these queries select only the target's own series, each once.

    They do if a selector says so, or if all series have the same job and instance.
    """
    filled = selectors(settings)
    chosen = list(dict.fromkeys(one for key in keys for one in promql.selected(named(settings, key), filled)))
    if not chosen:
        return Coverage()
    window = promql.duration(seconds)
    labels = ", ".join(("job", "instance", *REPLICAS))
    every = " or ".join(f"present_over_time({one.text}[{window}])" for one in chosen)
    answered = store.ask(f"count by ({labels}) ({every})", at, setting="")
    return answered.coverage + population(answered.samples, chosen, settings.target.name)


def looks_of_own(
    store: Prometheus, settings: Settings, key: str, seconds: float, at: datetime | None
) -> Answered | None:
    """In how many steps of the window a query of the operator's own had samples; None where others tell that.

    The query with ``_looks`` counts the steps of its own series. Where the figure comes from others, as from a
    recording rule, those may have ended long before.
    """
    own, counted = (promql.selected(named(settings, one), selectors(settings)) for one in (key, f"{key}_looks"))
    if not counted or {one.metric for one in own} & {one.metric for one in counted}:
        return None
    window, step = promql.duration(seconds), promql.duration(settings.kpis.look_minutes * 60)
    each = (
        f'label_replace(count_over_time(count({one.text})[{window}:{step}]), "of", "{number}", "", "")'
        for number, one in enumerate(own)
    )
    return store.ask(f"max({' or '.join(each)})", at) if own else None


def unknown_of_own(
    store: Prometheus, settings: Settings, key: str, seconds: float, at: datetime | None
) -> Answered | None:
    """Percent of requests in an operator's own query whose status is none, by the label that its failures have.

    None where others tell that, or where no label does.

    As the ``other`` of HAProxy, the 0 of a proxy whose visitor went away, or a total beside the classes of status.
    """
    own, counted = (promql.selected(named(settings, one), selectors(settings)) for one in (key, f"{key}_unknown"))
    if {one.metric for one in own} & {one.metric for one in counted}:
        return None
    found = next((one for text in own if (one := _failures(text.text))), None)
    if found is None:
        return None
    label, every, _ = found
    return _share_of(store, every, f'{label}!~"[1-5]([0-9][0-9]|xx)?"', seconds, at)


def uncounted_of_own(
    store: Prometheus, settings: Settings, key: str, seconds: float, at: datetime | None
) -> Answered | None:
    """Percent of requests that failed by their label, and that the operator's own pattern does not match.

    A pattern must match the whole value: "^5" matches no 500, and "500" no 5xx. None where there is no such label,
    or where others tell that, as of the shipped query.
    """
    own, counted = (promql.selected(named(settings, one), selectors(settings)) for one in (key, f"{key}_unknown"))
    found = [one for text in own if (one := _failures(text.text))]
    patterns = list(dict.fromkeys(pattern for _, _, pattern in found))
    of_counted = {one.metric for one in own} & {one.metric for one in counted}
    if not found or (of_counted and patterns == ['"5.."']):
        return None
    label, every, _ = found[0]
    others = ", ".join(f"{label}!~{pattern}" for pattern in patterns)
    return _share_of(store, every, f'{label}=~"5.*", {others}', seconds, at)


def _share_of(store: Prometheus, every: str, matchers: str, seconds: float, at: datetime | None) -> Answered:
    """Percent of all requests that these matchers select; ``every`` is their selector without its end."""
    window, join = promql.duration(seconds), "" if every.rstrip().endswith("{") else ", "
    part = f"sum(increase({every}{join}{matchers}}}[{window}]))"
    return store.ask(f"100 * {part} / sum(increase({every}}}[{window}]))", at)


def _failures(selector: str) -> tuple[str, str, str] | None:
    """The label of failed requests, the selector of all requests without its end, and the pattern of their status.

    None for other selectors.
    """
    for match in MATCHER.finditer(selector):
        if match["label"] in _OF_NO_STATUS or match["how"].startswith("!"):
            continue
        label, pattern = match["label"], match["text"][1:-1]
        try:
            codes = [code for code in _STATUSES if re.fullmatch(pattern, code)]
        except re.error:
            continue
        if codes and all(code.startswith("5") for code in codes):
            rest = selector[: match.start()] + selector[match.end() :]
            return label, _GAPS.sub(r"\1", rest).rstrip("}").rstrip(", "), match["text"]
    return None


def population(samples: Sequence[Sample], chosen: Iterable[Selected], target: str) -> Coverage:
    """As ``own_series``, from the numbers of series by job, instance and replica."""
    odd = next((one.value for one in samples if not 0 <= one.value < math.inf), None)
    if odd is not None:
        return lacking("", expected="the number of series of each instance", got=f"{odd:g} of one")
    counts: dict[tuple[str, str], float] = defaultdict(float)
    replicas: dict[tuple[str, str], set[str]] = defaultdict(set)
    for sample in samples:
        source = (sample.labels.get("job", ""), sample.labels.get("instance", ""))
        counts[source] += sample.value
        replicas[source].add("/".join(sample.labels.get(name, "") for name in REPLICAS))
    total = round(sum(counts.values()))
    twice = max((len(names) for names in replicas.values()), default=1)
    coverage = whole(f"{total:,} series of this target") if total else Coverage()
    loose = [one for one in chosen if not one.pinned]
    if loose and len(counts) > 1:
        jobs = len({job for job, _ in counts})
        setting = _SETTINGS[loose[0].placeholder or "selector"]
        coverage = lacking(
            f"{total:,} series of {len(counts)} instances",
            expected=f"only the target's own series of {loose[0].text}",
            got=f"{total:,} series of {len(counts)} instances and {jobs} {'job' if jobs == 1 else 'jobs'} "
            f"({_named_sources(counts)})",
            hint=f"Say which are the target's own. Add to playbook.toml:\n[targets.{target}.prometheus]\n"
            f"{setting} = 'job=\"…\"'",
        )
    if twice > 1:
        coverage += lacking(
            "every series twice",
            expected="each series once",
            got=f"each from {twice} servers that scrape the same",
            hint="Ask where they are deduplicated, or add one of them to the selector, e.g. "
            "'prometheus_replica=\"a\"'.",
        )
    return coverage


def highest(series: Iterable[Series]) -> tuple[tuple[float, float], ...]:
    """The highest finite value of all series at each time, in order of time."""
    found: dict[float, float] = {}
    for time, value in (point for one in series for point in one.points):
        if math.isfinite(value):
            found[time] = max(value, found.get(time, value))
    return tuple(sorted(found.items()))


def one_series(count: int, setting: str, of: str = "") -> Coverage:
    """Whether there is at most one series where only one can be judged."""
    if count <= 1:
        return Coverage()
    return lacking(
        f"{count} series{of}",
        expected=f"one series{of} for {setting}",
        got=str(count),
        hint="Put sum(…), avg(…) or max(…) around the query.",
    )


def _named_sources(counts: Mapping[tuple[str, str], float]) -> str:
    names = [instance or job or "without instance" for job, instance in sorted(counts)]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
