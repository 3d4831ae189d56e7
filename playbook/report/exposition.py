"""Text formats of metrics, and nothing of what is told in them: Prometheus' own, and OpenMetrics.

Families stand together, each name once, labels in a fixed order. Prometheus' text is what node_exporter's text
file collector, Pushgateway and promtool read, and Prometheus itself from a server that names no format: there what
OpenMetrics calls ``info`` and ``stateset`` are gauges.

https://prometheus.io/docs/instrumenting/exposition_formats/, https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

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
    lines: list[str] = []
    for family, samples in _valid(families):
        name = family.name + _SUFFIX[family.kind]
        lines += [f"# HELP {name} {_help(family.help)}", f"# TYPE {name} gauge", *_lines(name, samples)]
    return "".join(f"{line}\n" for line in lines)


def openmetrics(families: Iterable[Family]) -> str:
    """The document in OpenMetrics' text format, version 1.0.0.

    Raises:
        ValueError: as above.
    """
    lines: list[str] = []
    for family, samples in _valid(families):
        lines.append(f"# TYPE {family.name} {family.kind}")
        if family.unit:
            lines.append(f"# UNIT {family.name} {family.unit}")
        lines.append(f"# HELP {family.name} {_escaped(family.help)}")
        lines += _lines(family.name + _SUFFIX[family.kind], samples)
    return "".join(f"{line}\n" for line in [*lines, "# EOF"])


def _valid(families: Iterable[Family]) -> Iterator[tuple[Family, list[Sample]]]:
    named: set[str] = set()
    for family in families:
        samples = list(family.samples)
        if samples:
            _require_valid(family, samples, named)
            named.add(family.name)
            yield family, samples


def _lines(name: str, samples: Iterable[Sample]) -> list[str]:
    return [f"{name}{_labels(sample.labels)} {_number(sample.value)}" for sample in samples]


def _require_valid(family: Family, samples: list[Sample], named: set[str]) -> None:
    if not _NAME.fullmatch(family.name) or (family.unit and not family.name.endswith(f"_{family.unit}")):
        raise ValueError(f"{family.name!r} with unit {family.unit!r} is no name of OpenMetrics")
    if family.name in named:
        raise ValueError(f"{family.name} stands there twice")
    seen = {tuple(sorted(sample.labels.items())) for sample in samples}
    if len(seen) < len(samples):
        raise ValueError(f"{family.name} has two samples with the same labels")
    wrong = [label for sample in samples for label in sample.labels if not _LABEL.fullmatch(label)]
    if wrong:
        raise ValueError(f"{family.name}: {wrong[0]!r} is no label of OpenMetrics")


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    """Backslash, quote and line end are escaped; any other control character would end a line for some readers."""
    text = text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return "".join(c if c.isprintable() else " " for c in text)


def _help(text: str) -> str:
    """As above, but that a quote is no special character there."""
    return _escaped(text).replace('\\"', '"')


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
