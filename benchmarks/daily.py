"""Duration of the daily set compared with a shell that runs the playbook's commands one by one, near and far away.

    python -m benchmarks.daily [--latency 0 50 200] [--rounds N]

Elapsed seconds, as waiting is what is compared. The two take turns; the fastest round of each counts. CPU seconds
show the effect of other load on the machine. The run omits the plugin of hypothesis, which is only used to develop
the suite. The commands are those of docs/playbook.md, with curl in place of doctl; each that reads the log
downloads it. Needs curl, jq and redis-cli.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks._far_away import far_away
from benchmarks._measuring import ROOT, by_turns, cost_of, environment_of
from playbook.core.command_line import whole
from sandbox.launcher import RunningSandbox, start

WANTED = {0: 3.0, 50: 0.8, 200: 0.4}  # ratio to the shell, by milliseconds of latency
OWN, FACTOR = 0.4, 1.2  # limit of a run: seconds, plus the slowest measurement times the factor

SCRIPT = r"""
set -u
web() { curl -s --cacert $CA "$@"; }
ocean() { web -H "Authorization: Bearer $TOKEN" "$OCEAN/v2/$1" "${@:2}"; }
ask() { web -u "$ASK_USER" -G "$ASK/api/v1/query" --data-urlencode "query=$1"; }
logs() { web "$(ocean "apps/$APP/logs?type=RUN" | jq -r '.historic_urls[0]')"; }
cache() { redis-cli -u "$REDIS" --cacert $CA --no-auth-warning "$@"; }
web -u "$ALERTS_USER" "$ALERTS/api/v2/alerts?active=true" | jq '.[].labels'
ocean "apps/$APP" | jq '.app | {name: .spec.name, live_url, phase: .active_deployment.phase}'
ocean "apps/$APP/health" | jq '.app_health.components[]'
ocean "apps/$APP" | jq '.app.spec | {services, workers, static_sites, databases}'
ls -l "$BACKUPS" | tail -3
web -I "$WEB" | grep -i '^date:'
web -H "Authorization: Bearer $GRAFANA_TOKEN" "$GRAFANA/api/health"
ocean databases
ocean "databases/$DATABASE/backups"
ocean "apps/$APP/deployments" | head -4
web -X POST -F image=@playbook/data/sample.jpg "$WEB/api/image/optimize" -o /dev/null
ask 'avg_over_time(probe_success{instance="https://portfolio.example"}[24h])'
logs | grep -aE ' 5[0-9]{2} ' | tail -20
cache hgetall image-processing-stats
web -o /dev/null -w '%{time_total}s\n' "$WEB"
logs | grep -ai error | tail -20
logs | grep -aE ' (429|5[0-9]{2}) ' | tail -10
cache info stats | grep -E 'keyspace_(hits|misses)|evicted'
cache ping
ocean "monitoring/metrics/apps/cpu_percentage?app_id=$APP&start=$(($(date +%s) - 86400))&end=$(date +%s)" \
  | jq '.data.result[]'
web "$WEB/api/health" | jq .
web "$WEB/api/image/health" | jq .
web -o /dev/null -w 'dns %{time_namelookup} total %{time_total}\n' "$WEB"
"""


def variables(settings: dict[str, Any]) -> dict[str, str]:
    """Environment variables of the script."""
    ocean, ask, alerts = settings["digitalocean"], settings["prometheus"], settings["alertmanager"]
    return {
        "CA": settings["web"]["ca"],
        "WEB": settings["web"]["url"],
        "OCEAN": ocean["endpoint"],
        "TOKEN": ocean["token"],
        "APP": ocean["app_id"],
        "DATABASE": ocean["databases"][0]["id"],
        "ASK": ask["url"],
        "ASK_USER": f"{ask['username']}:{ask['password']}",
        "ALERTS": alerts["url"],
        "ALERTS_USER": f"{alerts['username']}:{alerts['password']}",
        "GRAFANA": settings["grafana"]["url"],
        "GRAFANA_TOKEN": settings["grafana"]["token"],
        "REDIS": settings["redis"]["url"],
        "BACKUPS": settings["backups"]["location"],
    }


def require_answers(sandbox: RunningSandbox) -> None:
    """Refuse a script whose requests get no answers: it would be compared as if it had measured."""
    result = subprocess.run(
        ["bash", "-c", SCRIPT],
        env={**os.environ, **variables(sandbox.settings)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    for word in (
        "PONG",
        "keyspace_hits",
        '"phase": "ACTIVE"',
        '"values"',
        '"status":"success"',
        "date: ",
        "dns 0",
    ):
        if word not in result.stdout:
            raise RuntimeError(f"the shell got no {word!r}: {result.stdout[-500:]}{result.stderr[-500:]}")


def compare(latency: int, rounds: int, sandbox: RunningSandbox, reports: Path) -> None:
    """Print one line of figures."""
    environment = environment_of(sandbox)
    shell = {**environment, **variables(sandbox.settings)}
    run = [sys.executable, "-m", "pytest", "-m", "daily", f"--reports={reports}"]
    slowest: list[tuple[float, float, str]] = []
    used: dict[str, list[float]] = {"shell": [], "daily": []}

    def by_hand() -> float:
        cost = cost_of(["bash", "-c", SCRIPT], shell)
        used["shell"].append(cost.cpu)
        return cost.wall

    def measured() -> float:
        cpu, wall = cost_of(run, environment)
        used["daily"].append(cpu)
        first = json.loads((reports / "latest" / "results.json").read_bytes())["timings"][0]
        slowest.append((wall, first["seconds"], first["name"]))
        return wall

    found = by_turns(rounds, {"shell": by_hand, "daily": measured})
    ratio = found["daily"] / found["shell"]
    wall, seconds, name = min(slowest)
    print(  # noqa: T201
        f"{latency:>3} ms: shell {found['shell']:.2f} s, daily set {found['daily']:.2f} s, {ratio:.2f} x "
        f"(at most {WANTED.get(latency, 1.0):g} x wanted); slowest measurement {name} {seconds:.2f} s, so at most "
        f"{OWN + FACTOR * seconds:.2f} s wanted, got {wall:.2f} s; CPU {min(used['shell']):.2f} and "
        f"{min(used['daily']):.2f} s"
    )


def main() -> None:
    """Print a line of figures for each latency."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.daily",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--latency", nargs="+", type=whole(0), default=[0, 50, 200], metavar="MS", help="round trips"
    )
    parser.add_argument("--rounds", type=whole(1), default=3, metavar="N", help="default: %(default)s")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, start() as sandbox:
        require_answers(sandbox)
        for latency in options.latency:
            with ExitStack() as stack:
                there = stack.enter_context(far_away(sandbox, latency / 1000)) if latency else sandbox
                compare(latency, options.rounds, there, Path(name))


if __name__ == "__main__":
    main()
