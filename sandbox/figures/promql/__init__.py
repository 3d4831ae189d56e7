"""PromQL over the sandbox's samples: Prometheus' answers, or an error that says why there is none.

Parsed by promql-parser. The expression becomes a function of the step; selectors are evaluated for all steps at
once. Ranges and the look-back exclude their left edge, as in Prometheus 3; samples are placed so that Prometheus 2
sees the same ones. Unsupported features (native histograms, a few rare functions) raise ``ExecutionError``. Tests
compare it with a real Prometheus.
"""

from sandbox.figures.promql.evaluate import instant, matching, over, parse, value_type
from sandbox.figures.promql.values import ExecutionError, ParseError, Rows

__all__ = ["ExecutionError", "ParseError", "Rows", "instant", "matching", "over", "parse", "value_type"]
