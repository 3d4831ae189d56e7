"""Results to render: one run with all six verdicts, and one made to break a page."""

from __future__ import annotations

import math

from playbook.core.evidence import Chart, Curve, Evidence, Facts, Lines, Table
from playbook.core.limits import parse_limit
from playbook.core.record import Action, Record, Results, RootCause, Step, Timing
from playbook.core.verdict import Verdict

HOSTILE = "<script>alert(1)</script> \"'&|*_`[x](y) @someone \x1b[31m\u202e 🙂\x00" + "w" * 300

_HIT_RATE = parse_limit("Cache hit rate", {"target": "> 90 %", "warning": "< 80 %", "critical": "< 70 %"})
_LATENCY = parse_limit("P95 response time", {"target": "< 1 s", "warning": "> 2 s", "critical": "> 5 s"})


def record(verdict: Verdict = Verdict.OK, number: int = 0, **changes: object) -> Record:
    """A record of item ``daily.example.N``."""
    fields: dict[str, object] = {
        "item": f"daily.example.{number}",
        "check": f"checks/test_example.py::test_{number}",
        "subject": "example",
        "title": f"Example {number}",
        "rule": "The example holds.",
        "verdict": verdict,
        "message": "Example: expected at least 80 %, got 61.2 % over 24 h (1,204 reads)",
        "why": "It matters.",
        "next_step": "Do this first.",
        "look_again": "curl -s https://localhost/\npytest checks/test_example.py",
        "started": "2026-11-23T07:00:00Z",
        "seconds": 0.25,
        **changes,
    }
    return Record(**fields)  # type: ignore[arg-type]


def a_chart(title: str = "Memory, seven days") -> Chart:
    """Memory of three components in a week of hours: steady, with hours missing, leaking; and one moment."""
    monday = 1_795_392_000.0  # 2026-11-23
    hours = range(-168, 1)

    def curve(name: str, level: float, growth: float) -> Curve:
        wave = [level + growth * hour + 1.5 * math.sin(hour / 24 * math.tau) for hour in hours]
        return Curve(name, [(monday + 3600 * hour, value) for hour, value in zip(hours, wave, strict=True)])

    web = curve("portfolio-web", 55.0, 0.0)
    gap = Curve("image-optimizer", curve("", 58.0, 0.01).points[:60] + curve("", 58.0, 0.01).points[80:])
    unusual = Curve("unusual", [(monday - 86_400, 61.0)], dots=True)
    curves = [web, gap, curve("image-worker with a long name", 74.0, 0.12), unusual]
    return Chart(title, "%", curves, {"warning": 80.0, "critical": 90.0})


def six_verdicts() -> Results:
    """One run that has each verdict, a root cause, a followed runbook and judged numbers."""
    stats = Facts("Redis", {"Hits": "9,412", "Misses": "611", "Memory": "3.1 MiB"})
    steps = [
        Step("Where the time goes now", "curl -w '%{time_total}' $URL", [stats]),
        Step("Whether Redis is slow", "redis-cli ping", [], "Redis: connection refused"),
    ]
    records = [
        record(
            Verdict.OK,
            1,
            value=0.42,
            limit=_LATENCY,
            expected="under 1 s",
            found="0.42 s",
            subject="kpis",
            evidence=[Chart("One line", "s", a_chart().curves[:1]), Chart("Nothing", "", [])],
        ),
        record(Verdict.OK, 2, value=85.0, limit=_HIT_RATE, below_target=True, subject="redis", evidence=[stats]),
        record(
            Verdict.WARNING, 3, value=3.4, limit=_LATENCY, expected="at most 2 s", found="3.4 s", subject="kpis"
        ),
        record(
            Verdict.CRITICAL,
            4,
            value=61.2,
            limit=_HIT_RATE,
            expected="at least 80 %",
            found="61.2 %",
            subject="redis",
            runbook="high-response-times",
            investigation=steps,
            resolution=[Action("Immediate", "Scale up."), Action("Long-term", "Cache more.")],
            evidence=[
                stats,
                Table("Reads", ["Hour", "Reads"], [["07:00", "120"]]),
                Lines("Newest", ["a line"]),
                a_chart(),
            ],
        ),
        record(Verdict.UNKNOWN, 5, message="Redis: connection refused", cause="redis", subject="redis"),
        record(Verdict.UNKNOWN, 6, message="Example 6: the check ended without judging anything"),
        record(
            Verdict.NOT_CONFIGURED, 7, message="Grafana is not configured", add="GRAFANA_URL to the environment"
        ),
        record(
            Verdict.NOT_CONFIGURED,
            8,
            message="Backups are not configured",
            add='to playbook.toml:\n[targets.production.backups]\nlocation = "…"',
        ),
        record(Verdict.WAIVED, 9, message="Waived until 2026-12-01: the cache is being replaced"),
    ]
    causes = [
        RootCause(
            id="redis",
            message="Redis: connection refused",
            hint="Check that it runs.",
            attempts=["try 1: refused after 1 ms"],
            items=["daily.example.5"],
        )
    ]
    return results(records, root_causes=causes, verdict=Verdict.CRITICAL, exit_code=1)


def hostile() -> Results:
    """Every text is made to break out of its place."""
    evidence: list[Evidence] = [
        Facts(HOSTILE, {HOSTILE: HOSTILE}),
        Table(HOSTILE, [HOSTILE], [[HOSTILE], []]),
        Lines(HOSTILE, [HOSTILE, ""]),
        Table("Empty", [], []),
        Lines("Empty", []),
        Chart(
            HOSTILE,
            HOSTILE,
            [Curve(HOSTILE, [(0.0, 1e12), (1.0, -1e12)]), Curve(HOSTILE, [(0.5, 0.0)])],
            {HOSTILE: 1e15},
            marks={HOSTILE: 0.5},
        ),
        Chart(HOSTILE, HOSTILE, [Curve(HOSTILE, [(0.0, 3.0)]), Curve(HOSTILE, [(5.0, 9e9)])], bars=True),
    ]
    texts = ("title", "rule", "message", "expected", "found", "why", "next_step", "look_again", "add")
    records = [
        record(
            verdict,
            number,
            evidence=evidence,
            investigation=[Step(HOSTILE, HOSTILE, evidence, HOSTILE)],
            resolution=[Action(HOSTILE, HOSTILE)],
            runbook="high-error-rates",
            **dict.fromkeys(texts, HOSTILE),
        )
        for number, verdict in enumerate(Verdict)
    ]
    cause = RootCause(id="redis", message=HOSTILE, hint=HOSTILE, attempts=[HOSTILE], items=["daily.example.3"])
    return results(records, root_causes=[cause], verdict=Verdict.CRITICAL, ended=HOSTILE, command=HOSTILE)


def results(records: list[Record], **changes: object) -> Results:
    """A run of these records."""
    fields: dict[str, object] = {
        "target": "production",
        "kind": "production",
        "url": "https://portfolio.example",
        "set": "daily",
        "command": "pytest -m daily --target production",
        "started": "2026-11-23T07:00:00Z",
        "finished": "2026-11-23T07:00:04Z",
        "seconds": 4.2,
        "verdict": Verdict.OK,
        "exit_code": 0,
        "floor": 1,
        "executed": sum(r.verdict in {Verdict.OK, Verdict.WARNING, Verdict.CRITICAL} for r in records),
        "counts": {str(v): sum(r.verdict is v for r in records) for v in Verdict},
        "records": records,
        "timings": [Timing("homepage_timing", 1.204, True), Timing("redis", 0.01, False)],
        "versions": {"playbook": "0.1.0", "python": "3.11.7"},
        **changes,
    }
    return Results(**fields)  # type: ignore[arg-type]
