"""Metrics as text, written by prometheus-client: Prometheus' own format, and OpenMetrics.

Prometheus' text is what node_exporter's textfile collector, Pushgateway and promtool read, and Prometheus itself
from a server that names no format: there what OpenMetrics calls ``info`` and ``stateset`` are gauges. What the
library would let pass is refused here: a family or a sample twice, and a label that is no name.

https://prometheus.io/docs/instrumenting/exposition_formats/, https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from prometheus_client.core import Metric

Kind = Literal["gauge", "stateset", "info"]

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_SUFFIX: dict[Kind, str] = {"gauge": "", "stateset": "", "info": "_info"}


class Sample(NamedTuple):
    """One number of a family; ``labels`` tell it from the others. Not at a time of its own: a scrape has one."""

    labels: Mapping[str, str]
    value: float


class Family(NamedTuple):
    """Numbers of one meaning.

    Attributes:
        name: without the suffix of its kind; ends with the unit where there is one: ``playbook_run_seconds``.
        samples: of a state set one for each state, see ``states``.
        unit: a whole word, e.g. ``seconds``.
    """

    name: str
    kind: Kind
    help: str
    samples: Iterable[Sample]
    unit: str = ""


def states(name: str, labels: Mapping[str, str], known: Iterable[str], is_now: str) -> list[Sample]:
    """The samples of a state set for one thing: a 1 at the state that it is in, a 0 at every other known one."""
    return [Sample({**labels, name: state}, float(state == is_now)) for state in known]


def prometheus_text(families: Iterable[Family]) -> str:
    """The document in Prometheus' text format, version 0.0.4. A family without samples is left out.

    Raises:
        ValueError: a name that the format does not allow, a family or a sample twice; a mistake of the caller.
    """
    from prometheus_client.exposition import generate_latest

    return generate_latest(_Families(families)).decode()


def openmetrics(families: Iterable[Family]) -> str:
    """The document in OpenMetrics' text format, version 1.0.0.

    Raises:
        ValueError: as above.
    """
    from prometheus_client.openmetrics.exposition import generate_latest

    text: bytes = generate_latest(_Families(families))  # type: ignore[no-untyped-call]
    return text.decode()


class _Families:
    """What the library collects in place of a registry."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """One metric for each family with samples."""
        from prometheus_client.core import Metric

        named: set[str] = set()
        for family in self._families:
            samples = list(family.samples)
            if not samples:
                continue
            _require_valid(family, samples, named)
            named.add(family.name)
            metric = Metric(family.name, _printable(family.help), family.kind, family.unit)
            for sample in samples:
                labels = {name: _printable(value) for name, value in sample.labels.items()}
                metric.add_sample(family.name + _SUFFIX[family.kind], labels, sample.value)
            yield metric


def _require_valid(family: Family, samples: list[Sample], named: set[str]) -> None:
    if not _NAME.fullmatch(family.name) or (family.unit and not family.name.endswith(f"_{family.unit}")):
        raise ValueError(f"{family.name!r} with unit {family.unit!r} is no name of OpenMetrics")
    if family.name in named:
        raise ValueError(f"{family.name} is there twice")
    seen = {tuple(sorted(sample.labels.items())) for sample in samples}
    if len(seen) < len(samples):
        raise ValueError(f"{family.name} has two samples with the same labels")
    wrong = [label for sample in samples for label in sample.labels if not _LABEL.fullmatch(label)]
    if wrong:
        raise ValueError(f"{family.name}: {wrong[0]!r} is no label of OpenMetrics")


def _printable(text: str) -> str:
    """Replace control characters, which end a line for some readers; the library escapes the line feed alone."""
    return text if text.isprintable() else "".join(c if c.isprintable() or c == "\n" else " " for c in text)
