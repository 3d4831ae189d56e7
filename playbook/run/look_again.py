"""Commands that show an operator what a check has measured, with the target's own names. Pure.

The catalogue and the runbooks contain placeholders, as the place of a measurement is a setting:

    $URL, $APP_ID, …      the settings of that name; secrets stay environment variables
    $READ_LOGS            the logs: doctl for the API, cat or zcat for files
    $READ_SIGN_INS        the files with sign-ins, if any; else the logs
    $LIST_BACKUPS         the archives: ls for a folder, the AWS command line for object storage
    $ASK_PROMETHEUS       a query: curl at Prometheus itself, or through Grafana's data source
    {$probe}, {$selector}, {$containers}    in a query: the matchers of the target's own series
    $requests, $status, …   in a query: the application's own metric names

A line about a part that the product does not have is omitted.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence

from playbook.clients.prometheus_queries import names, selectors
from playbook.core import promql
from playbook.settings.model import Settings
from playbook.settings.sections.target import Backups, Logs, Target

_S3 = "s3://"
# Parts that a command is about, by a text in it.
_ABOUT = {
    "$REDIS_URL": ("redis",),
    "$DO_REDIS_CLUSTER_ID": ("redis",),
    "$QUEUE_KEY": ("images", "queue"),
    "$STATS_KEY": ("images", "worker"),
    "$HEALTH_PATH": ("api",),
    "$IMAGE_HEALTH_PATH": ("images",),
    "$OPTIMIZE_PATH": ("images",),
    "$READ_LOGS": ("services",),
    "$LIST_BACKUPS": ("backups",),
    "$BACKUP_LOCATION": ("backups",),
    "$ARCHIVE": ("backups",),
    "$DRILL_RECORDS": ("staging",),
    "$ASK_PROMETHEUS": ("prometheus",),
    "$PROMETHEUS_URL": ("prometheus",),
    "$GRAFANA_URL": ("grafana",),
    "$ALERTMANAGER_URL": ("alertmanager",),
    "$GITHUB_ORG": ("github",),
    "npm ": ("npm",),
}


def filled_in(command: str, settings: Settings) -> str:
    """A command with this target's names; placeholders without a setting stay variables."""
    target, command = settings.target, _of_the_product(command, settings.absent)
    written = {
        "$READ_LOGS": _read_logs(target.logs),
        "$READ_SIGN_INS": _read_files(target.security.auth_logs) or _read_logs(target.logs),
        "$LIST_BACKUPS": _list_backups(target.backups),
        "$ASK_PROMETHEUS": _ask_prometheus(target),
        "llen $QUEUE_KEY": f"{_queue_command(target)} $QUEUE_KEY",
    }
    for name, text in selectors(settings).items():
        command = command.replace(f"{{${name}}}", f"{{{text}}}" if text else "")
    for name, text in written.items():
        command = command.replace(name, text)
    command = promql.with_names(command, names(settings))
    known = {
        "$APP_ID": target.digitalocean.app_id,
        "$DO_API": target.digitalocean.endpoint,
        "$URL": target.web.url,
        "$GITHUB_ORG": target.github.organisation,
        "$GRAFANA_URL": target.grafana.url,
        "$PROMETHEUS_URL": target.prometheus.url,
        "$ALERTMANAGER_URL": target.alertmanager.url,
        "$QUEUE_KEY": _queue_key(target),
        "$DATABASE_ID": next((one.id for one in target.digitalocean.databases if one.id), None),
        "$HEALTH_PATH": target.web.health_path,
        "$IMAGE_HEALTH_PATH": target.web.image_health_path,
        "$OPTIMIZE_PATH": target.web.optimize_path,
        "$STATS_KEY": target.redis.stats_key,
        "$DRILL_RECORDS": target.recovery.records,
        "$STATUS_PAGE_URL": target.links.status_page,
        "$DOCUMENTATION_URL": target.links.documentation,
    }
    for name, value in known.items():
        if value:
            command = command.replace(name, value.rstrip("/"))
    return command


def _queue_command(target: Target) -> str:
    """The command that tells how long the first queue is, by the kind of its key."""
    preset = target.redis.queues[0].preset if target.redis.queues else ""
    return {"arq": "zcard", "redis-stream": "xinfo groups"}.get(preset, "llen")


def _queue_key(target: Target) -> str:
    """Key of the first queue of another library, if there is one."""
    if not target.redis.queues:
        return target.redis.queue_key
    queue = target.redis.queues[0]
    prefix, name = queue.prefix, queue.key_name
    own = {
        "rq": f"{prefix}rq:queue:{name}",
        "sidekiq": f"{prefix}queue:{name}",
        "bull": f"{prefix or 'bull'}:{name}:wait",
        "bullmq": f"{prefix or 'bull'}:{name}:wait",
        "asynq": f"{prefix}asynq:{{{name}}}:pending",
        "bee-queue": f"{prefix or 'bq'}:{name}:waiting",
        "resque": f"{prefix or 'resque:'}queue:{name}",
        "gocraft": f"{prefix}jobs:{name}",
        "hangfire": f"{prefix or '{hangfire}:'}queue:{name}",
        "dramatiq": f"{prefix or 'dramatiq'}:{name}",
        "huey": f"{prefix}huey.redis.{name}",
        "laravel": f"{prefix}queues:{name}",
        "saq": f"{prefix}saq:{name}:queued",
    }
    return own.get(queue.preset, f"{prefix}{name}")


def _of_the_product(command: str, absent: Collection[str]) -> str:
    """The command without lines, and commands of a line, about parts that the product does not have."""

    def is_there(text: str) -> bool:
        return not any(name in text and set(parts) & set(absent) for name, parts in _ABOUT.items())

    lines = (
        line if is_there(line) else "; ".join(filter(is_there, line.split("; "))) for line in command.splitlines()
    )
    return "\n".join(filter(None, lines)) if absent else command


def _read_logs(logs: Logs) -> str:
    if logs.source == "api":
        return "doctl apps logs $APP_ID --type run"
    return _read_files(logs.files)


def _read_files(globs: Sequence[str]) -> str:
    """Unquoted, as they are globs; empty if there are none."""
    packed = any(glob.endswith((".gz", "*")) for glob in globs)
    return f"{'zcat -f' if packed else 'cat'} {' '.join(globs)}" if globs else ""


def _list_backups(backups: Backups) -> str:
    location = backups.location or "$BACKUP_LOCATION"
    if not location.startswith(_S3):
        return f"ls -l {shlex.quote(location) if backups.location else location}"
    endpoint = f" --endpoint-url {backups.endpoint}" if backups.endpoint else ""
    return f"aws s3 ls {shlex.quote(location.rstrip('/') + '/')}{endpoint}"


def _ask_prometheus(target: Target) -> str:
    if target.prometheus.url is None and target.grafana.url:
        source = target.grafana.datasource_uid or "$DATASOURCE_UID"
        token = '-H "Authorization: Bearer $GRAFANA_TOKEN" ' if target.grafana.token else ""
        return f"curl -sG {token}$GRAFANA_URL/api/datasources/proxy/uid/{source}/api/v1/query"
    token = '-H "Authorization: Bearer $PROMETHEUS_TOKEN" ' if target.prometheus.token else ""
    return f"curl -sG {token}$PROMETHEUS_URL/api/v1/query"
