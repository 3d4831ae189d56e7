"""The text of a first playbook.toml. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from playbook.cli.init.answers import Answers
from playbook.settings.sections.parts import PARTS


@dataclass(frozen=True, slots=True)
class _Line:
    """A setting: its key, its value in TOML, and a comment."""

    key: str
    value: str
    remark: str = ""


# Tables of parts: name and settings. Secrets are named, never written.
_TABLES: Mapping[str, tuple[str, tuple[_Line, ...]]] = {
    "redis": ("redis", (_Line("url", '"${REDIS_URL}"', "rediss://user:password@host:port"),)),
    "prometheus": (
        "prometheus",
        (
            _Line("url", '"${PROMETHEUS_URL}"'),
            _Line("token", '"${PROMETHEUS_TOKEN}"', "a token, or"),
            _Line("username", '"${PROMETHEUS_USERNAME}"'),
            _Line("password", '"${PROMETHEUS_PASSWORD}"'),
        ),
    ),
    "grafana": (
        "grafana",
        (
            _Line("url", '"${GRAFANA_URL}"'),
            _Line("token", '"${GRAFANA_TOKEN}"', "a service account with the role Viewer"),
        ),
    ),
    "alertmanager": (
        "alertmanager",
        (
            _Line("url", '"${ALERTMANAGER_URL}"'),
            _Line("token", '"${ALERTMANAGER_TOKEN}"', "a token, or"),
            _Line("username", '"${ALERTMANAGER_USERNAME}"'),
            _Line("password", '"${ALERTMANAGER_PASSWORD}"'),
        ),
    ),
    "backups": (
        "backups",
        (
            _Line("location", '"${BACKUP_LOCATION}"', "a folder, or s3://bucket/prefix with:"),
            _Line("access_key", '"${SPACES_ACCESS_KEY_ID}"'),
            _Line("secret_key", '"${SPACES_SECRET_ACCESS_KEY}"'),
        ),
    ),
    "github": (
        "github",
        (
            _Line("token", '"${GITHUB_TOKEN}"'),
            _Line("organisation", '"${GITHUB_ORGANISATION}"'),
            _Line("repository", '"${GITHUB_REPOSITORY_NAME}"', "owner/name"),
        ),
    ),
    "npm": ("npm", (_Line("project", '"${NPM_PROJECT}"', "folder of a checkout of the code"),)),
}
_WITH_CA = frozenset({"redis", "prometheus", "grafana", "alertmanager", "backups"})
_PEOPLE = (
    _Line("attestations", '"people/attestations.jsonl"', "playbook attest ITEM --by NAME --note TEXT"),
    _Line("waivers", '"people/waivers.jsonl"', "playbook waive ITEM --until DATE --reason TEXT --by NAME"),
    _Line("handoffs", '"people/handoffs"', "playbook handoff --weekly"),
)


def playbook_toml(answers: Answers, floors: Mapping[str, int], today: date) -> str:
    """The file.

    Args:
        floors: least number of executed checks by set.
    """
    blocks = [_head(answers, today), *_target(answers), *_parts(answers), *_rest(answers, floors)]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _head(answers: Answers, today: date) -> list[str]:
    name = answers.target
    return [
        _comment(f"Settings of the playbook for {answers.app or name}; created by `playbook init` on {today}."),
        "#",
        _comment(f"  playbook doctor --target {name}      what is configured, reachable and permitted"),
        _comment(f"  playbook run daily --target {name}   the morning check"),
        "#",
        "# ${NAME} comes from the environment. Secrets are only accepted in that form, so this file can be",
        "# committed. What is not set is NOT CONFIGURED, listed with the line to add; what the product does not",
        "# have is named in `without`. Every setting, with its default, is in the package's defaults.toml.",
        "",
        f"default_target = {_text(name)}",
    ]


def _target(answers: Answers) -> Iterator[list[str]]:
    at = f"targets.{answers.target}"
    without = _shortest(answers)
    head = [f"[{at}]", f"kind = {_text(answers.kind)}"]
    if without:
        head.append("# Not part of this product: left out of every set, and listed once in each report.")
        head += [f"#   {name}: {PARTS[name].what}" for name in without]
        head.append(f"without = [{', '.join(map(_text, without))}]")
    yield head
    web = [f"[{at}.web]"]
    web += [f"url = {_text(answers.url)}"] if answers.url else ['# url = "https://…"']
    if answers.health_path and "api" not in answers.absent:
        web.append(f"health_path = {_text(answers.health_path)}")
        web.append('# health = "status"   # if it only returns an HTTP status')
    if answers.domains:
        web.append(f"hosts = [{', '.join(map(_text, answers.domains))}]")
    yield [*web, *_ca(answers), '# expect = "…"   # a text on the homepage, to distinguish it from any other page']
    if "sites" not in answers.absent:
        yield [
            "# Further websites, each a row of the same items, with a health of its own where it has one:",
            f"# [[{at}.web.also]]",
            '# name = "…"',
            '# url = "https://…"',
            '# health_path = "/health"',
        ]
    roles = {
        role: name for role, name in answers.components.items() if role == "web" or "images" not in answers.absent
    }
    if roles:
        yield [f"[{at}.components]", *(f"{role} = {_text(name)}" for role, name in roles.items())]
    if answers.app_id:
        yield [
            f"[{at}.digitalocean]",
            'token = "${DIGITALOCEAN_TOKEN|DIGITALOCEAN_ACCESS_TOKEN}"   # one that may read is enough',
            f"app_id = {_text(answers.app_id)}",
            *([f"redis_cluster_id = {_text(answers.redis_cluster)}"] if answers.redis_cluster else []),
            *_databases(answers),
            *([f"endpoint = {_text(answers.endpoint)}"] if answers.endpoint else []),
            *(_ca(answers) if answers.endpoint else []),
            *(_comment(line) for line in answers.known),
        ]


def _parts(answers: Answers) -> Iterator[list[str]]:
    """Tables of existing parts, and commented-out ones of unknown parts."""
    for part, (table, lines) in _TABLES.items():
        if part in answers.absent:
            continue
        known = part in answers.parts
        block = (
            []
            if known
            else [
                _comment(f"Does the product have {PARTS[part].what}? Remove the #, or add {part!r} to `without`.")
            ]
        )
        block.append(f"[targets.{answers.target}.{table}]")
        block += [f"{line.key} = {line.value}{_remark(line)}" for line in lines]
        block += _selector(answers) if part == "prometheus" else []
        block += _queues(answers) if part == "redis" else []
        block += _ca(answers) if part in _WITH_CA else []
        yield block if known else [line if line.startswith("#") else f"# {line}" for line in block]


def _rest(answers: Answers, floors: Mapping[str, int]) -> Iterator[list[str]]:
    at = f"targets.{answers.target}"
    if answers.domains:
        yield [
            "# Further names whose certificate is read.",
            f"[{at}.security]",
            f"domains = [{', '.join(map(_text, answers.domains))}]",
        ]
    yield [
        "# What people sign and write: files in git. `playbook attest --open` lists what is due.",
        f"[{at}.people]",
        *(f"{line.key} = {line.value}{_remark(line)}" for line in _PEOPLE),
        '# roster = "people/roster.toml"   # who is on call; the playbook has a people/roster.example.toml',
    ]
    if answers.app_id:
        yield [
            "# What the whole DigitalOcean account may cost a month, in dollars.",
            f"# [{at}.costs]",
            "# monthly_budget_usd = 150.0",
        ]
    yield [
        "# This many checks of a set are executed with the settings above; with fewer a run is UNKNOWN, so that",
        "# nothing goes unwatched unnoticed. Raise them with what you add.",
        f"[{at}.floors]",
        *(f"{name} = {least}" for name, least in floors.items()),
    ]


def _shortest(answers: Answers) -> tuple[str, ...]:
    """Absent parts without those implied by another absent part."""
    implied = {inner for name in answers.without for inner in PARTS[name].holds}
    return tuple(name for name in answers.without if name not in implied)


def _databases(answers: Answers) -> list[str]:
    """Databases in the app's spec need no setting."""
    if answers.databases:
        named = (f"{{ id = {_text(each)}, engine = {_text(engine)} }}" for each, engine in answers.databases)
        return [f"databases = [{', '.join(named)}]"]
    if "databases" in answers.open:
        return ['# databases = [{ name = "…", engine = "pg" }]   # beside those in the app\'s spec']
    return []


def _queues(answers: Answers) -> list[str]:
    if answers.queues:
        named = (f"{{ preset = {_text(preset)}, name = {_text(name)} }}" for preset, name in answers.queues)
        return [f"queues = [{', '.join(named)}]"]
    if "queue" in answers.open:
        return ['# queues = [{ preset = "celery", name = "celery" }]   # or rq, sidekiq, bullmq, dramatiq, …']
    return []


def _selector(answers: Answers) -> list[str]:
    if answers.selector:
        return [f"selector = {_text(answers.selector)}"]
    return [
        "# Which series are yours. Without it, a good figure of several jobs or instances is UNKNOWN.",
        "# selector = 'job=\"…\"'",
        "# redis_selector = 'job=\"…\"'   # of redis_exporter; else as selector",
        "# probe_selector = 'instance=\"https://…\"'   # of the blackbox exporter; else of the website's host",
    ]


def _ca(answers: Answers) -> list[str]:
    return [f"ca = {_text(answers.ca)}"] if answers.ca else []


def _remark(line: _Line) -> str:
    return f"   # {line.remark}" if line.remark else ""


def _comment(text: str) -> str:
    """A comment; line ends in foreign text are removed."""
    return "# " + "".join(sign if sign.isprintable() else " " for sign in text)


def _text(text: str) -> str:
    """A TOML string; JSON's form is valid TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
