"""PromQL over the sandbox's samples: the answers that Prometheus gives, or an error that says why there is none.

Parsed by promql-parser. The expression becomes a function of the step; selectors are looked up for all steps at
once. Ranges and the look-back do not include their left edge, as in Prometheus 3; the samples lie so that
Prometheus 2 sees the same ones. What is not known here (native histograms, a few rare functions) is an
``ExecutionError``. Tests hold it to a real Prometheus.
"""

from sandbox.metrics.promql.evaluate import instant, matching, over, parse, value_type
from sandbox.metrics.promql.values import ExecutionError, ParseError, Rows

__all__ = ["ExecutionError", "ParseError", "Rows", "instant", "matching", "over", "parse", "value_type"]
