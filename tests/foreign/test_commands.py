"""Every command in the instructions for operators exists in the program that it names."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from playbook.core.catalogue import RUNBOOKS, read_catalogue
from playbook.run.look_again import filled_in
from playbook.settings.loading import load
from tests.foreign import tools

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = """
[targets.shop]
kind = "production"
[targets.shop.web]
url = "https://shop.example"
[targets.shop.digitalocean]
app_id = "4f6c71e2"
"""
FROM_FILES = """
[targets.shop.logs]
source = "files"
files = ["/var/log/shop/*.log", "/var/log/shop/*.log.gz"]
[targets.shop.backups]
location = "s3://backups/shop"
endpoint = "https://fra1.digitaloceanspaces.com"
[targets.shop.grafana]
url = "https://grafana.example"
token = "${GRAFANA_TOKEN}"
datasource_uid = "prom"
[targets.shop.security]
auth_logs = ["/var/log/auth.log*"]
[targets.shop.recovery]
records = "shop-drills.jsonl"
"""
BY_API = """
[targets.shop.prometheus]
url = "https://prometheus.example"
[targets.shop.backups]
location = "/var/backups/shop"
"""


def written() -> list[str]:
    """Every distinct command of the catalogue and of the runbooks."""
    found = [item.look_again for item in read_catalogue().items.values()]
    for file in sorted(RUNBOOKS.glob("*.md")):
        for block in re.findall(r"```(?:bash|sh|console)\n(.*?)```", file.read_text(encoding="utf-8"), re.DOTALL):
            found += [line.strip() for line in block.splitlines() if line.strip()]
    return list(dict.fromkeys(line for text in found for line in text.splitlines() if line))


@pytest.fixture(scope="module", params=[FROM_FILES, BY_API], ids=["files-and-object-storage", "api-and-folder"])
def target(request, tmp_path_factory):
    """Settings of targets that store their data in different places."""
    root = tmp_path_factory.mktemp("target")
    (root / "playbook.toml").write_text(SECTIONS + request.param, encoding="utf-8")
    return load("shop", root=root, environment={"GRAFANA_TOKEN": "x"})


@pytest.mark.parametrize(
    ("queue", "key"),
    [
        ("{ preset = 'celery', name = 'mail', prefix = 'shop:' }", "shop:mail"),
        ("{ preset = 'rq', name = 'default' }", "rq:queue:default"),
        ("{ preset = 'sidekiq', name = 'default' }", "queue:default"),
        ("{ preset = 'bullmq', name = 'images' }", "bull:images:wait"),
        ("{ preset = 'asynq', name = 'low' }", "asynq:{low}:pending"),
        ("{ preset = 'bee-queue', name = 'images' }", "bq:images:waiting"),
        ("{ preset = 'resque', name = 'mail' }", "resque:queue:mail"),
        ("{ preset = 'dramatiq', name = 'default' }", "dramatiq:default"),
        ("{ preset = 'huey', name = 'shop' }", "huey.redis.shop"),
        ("{ preset = 'huey', name = 'lind-shop.jobs_2' }", "huey.redis.lindshopjobs_2"),
        ("{ preset = 'laravel', name = 'default', prefix = 'shop_database_' }", "shop_database_queues:default"),
        ("{ preset = 'arq', name = 'arq:queue' }", "zcard arq:queue"),
        ("{ preset = 'saq', name = 'default' }", "saq:default:queued"),
        ("{ preset = 'redis-list', name = 'taskiq' }", "llen taskiq"),
        ("{ preset = 'redis-stream', name = 'lind:jobs' }", "xinfo groups lind:jobs"),
    ],
)
def test_queue_of_another_library_has_its_own_key(tmp_path, queue, key):
    """And a database its id."""
    named = f"[targets.shop.redis]\nqueues = [{queue}]\n[[targets.shop.digitalocean.databases]]\nid = '9cc1'"
    (tmp_path / "playbook.toml").write_text(f"{SECTIONS}{named}", encoding="utf-8")
    settings = load("shop", root=tmp_path, environment={})
    asked = key if " " in key else f"llen {key}"
    assert filled_in("redis-cli llen $QUEUE_KEY", settings) == f"redis-cli {asked}"
    assert filled_in("doctl databases backups $DATABASE_ID", settings) == "doctl databases backups 9cc1"


def simple_commands(text: str) -> list[list[str]]:
    """A pipeline's programs with their arguments, including those in $(…)."""
    text = text.replace("2>&1", "")
    inner = re.findall(r"\$\(([^()]+)\)", text)
    outer = re.sub(r"\$\(\([^()]*(\([^()]*\)[^()]*)*\)\)|\$\([^()]+\)", "X", text)
    words: list[list[str]] = [[]]
    lexer = shlex.shlex(outer, posix=True, punctuation_chars="|;&")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    for word in lexer:
        if set(word) <= set("|;&"):
            words.append([])
        else:
            words[-1].append(word)
    return [part for part in words if part] + [each for one in inner for each in simple_commands(one)]


def options(words: list[str]) -> list[str]:
    """The options among some words, without their values."""
    return [word.partition("=")[0] for word in words if re.match(r"-{1,2}[A-Za-z]", word)]


def doctl(words: list[str]) -> str:
    """What is wrong with a doctl command; empty where it exists."""
    names = " ".join(words).partition(" -")[0].split()
    known = next((" ".join(names[:n]) for n in (3, 2) if " ".join(names[:n]) in tools.DOCTL), None)
    if known is None:
        return f"doctl has no command {' '.join(names)}"
    wrong = set(options(words)) - tools.DOCTL[known] - tools.DOCTL_GLOBAL
    columns = {name for value in re.findall(r"--format[ =](\S+)", " ".join(words)) for name in value.split(",")}
    wrong |= columns - tools.DOCTL_COLUMNS.get(known, columns)
    return f"doctl {known} has no {', '.join(sorted(wrong))}" if wrong else ""


def curl(words: list[str]) -> str:
    """Short options may be combined."""
    letters = {f"-{letter}" for word in words if re.fullmatch(r"-[A-Za-z]+", word) for letter in word[1:]}
    wrong = (letters | {word for word in options(words) if word.startswith("--")}) - tools.CURL
    return f"curl has no {', '.join(sorted(wrong))}" if wrong else ""


def redis_cli(words: list[str]) -> str:
    """Its own options come before the server's command."""
    used = options(words)
    takes = {"-u", "-h", "-p", "-n", "-i", "--cacert", "--memkeys-samples"}
    rest = [word for n, word in enumerate(words) if word not in used and (n == 0 or words[n - 1] not in takes)]
    command = " ".join(rest[:2]).lower()
    wrong = sorted(set(used) - tools.REDIS_CLI)
    if wrong:
        return f"redis-cli has no {', '.join(wrong)}"
    reads = not rest or command in tools.REDIS or rest[0].lower() in tools.REDIS
    return (
        "" if reads or {"--memkeys", "--bigkeys", "--scan"} & set(used) else f"{command} is no command that reads"
    )


def aws(words: list[str]) -> str:
    """Only listings of object storage."""
    known = words[:2] == ["s3", "ls"] and not set(options(words)) - tools.AWS_S3_LS
    return "" if known else f"aws {' '.join(words)} is not known"


def amtool(words: list[str]) -> str:
    """By the words before the options."""
    command = " ".join(words[:3])
    return "" if command in tools.AMTOOL else f"amtool has no {command}"


def npm(words: list[str]) -> str:
    """Only read-only commands."""
    return "" if words[0] in tools.NPM else f"npm has no {words[0]}"


def of_files(words: list[str]) -> str:
    """Programs that read files cannot read object storage."""
    return "it cannot read object storage" if any("s3://" in word for word in words) else ""


def carried_out(words: list[str]) -> str:
    """Commands of pytest and of the suite are tested elsewhere."""
    return ""


PROGRAMS = {
    **dict.fromkeys(tools.SHELL, of_files),
    "doctl": doctl,
    "curl": curl,
    "redis-cli": redis_cli,
    "aws": aws,
    "amtool": amtool,
    "npm": npm,
    **dict.fromkeys(("pytest", "python"), carried_out),
}


def problem(words: list[str]) -> str:
    """What is wrong with one program's call; empty where nothing is."""
    program, *rest = words
    if program not in PROGRAMS:
        return f"{program} is not a program that an operator is known to have"
    return PROGRAMS[program](rest)


@pytest.mark.parametrize("command", written())
def test_command_exists_and_fits_the_target(target, command):
    """For targets that store logs, archives and metrics in different places."""
    text = filled_in(command, target)
    written = "READ_LOGS|READ_SIGN_INS|LIST_BACKUPS|ASK_PROMETHEUS|URL|APP_ID|probe|selector|containers"
    assert not re.search(rf"\$({written})\b", text)
    assert [found for found in map(problem, simple_commands(text)) if found] == []


@pytest.mark.parametrize(
    "command",
    [
        "doctl apps get-health 4f6c",
        "doctl apps logs 4f6c --types=run",
        "doctl apps list-deployments 4f6c --format ID,Name",
        "ls -l s3://backups/shop",
        "curl -sZQ https://shop.example",
        "redis-cli -u $REDIS_URL flushall",
        "amtool config routes try",
        "kubectl get pods | head",
        "echo $(doctl apps health 4f6c)",
    ],
)
def test_nonexistent_command_is_found(command):
    """The test above can fail."""
    assert any(map(problem, simple_commands(command)))


@pytest.mark.slow
@pytest.mark.parametrize(("program", "known"), [("curl", tools.CURL), ("redis-cli", tools.REDIS_CLI)])
def test_options_match_the_installed_program(program, known):
    """By its own help."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed")
    arguments = ["--help", "all"] if program == "curl" else ["--help"]
    ended = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=60, check=False)
    listed = set(re.findall(r"(?<![\w-])-{1,2}[A-Za-z][\w-]*", ended.stdout + ended.stderr))
    assert known <= listed


def test_commands_contain_the_targets_names(target):
    """Logs, archives and metrics are read from the configured places."""
    read, archives, ask = (
        filled_in(f"${name}", target) for name in ("READ_LOGS", "LIST_BACKUPS", "ASK_PROMETHEUS")
    )
    if target.target.logs.source == "files":
        assert read == "zcat -f /var/log/shop/*.log /var/log/shop/*.log.gz"
        assert archives == "aws s3 ls s3://backups/shop/ --endpoint-url https://fra1.digitaloceanspaces.com"
        assert ask == (
            'curl -sG -H "Authorization: Bearer $GRAFANA_TOKEN" '
            "https://grafana.example/api/datasources/proxy/uid/prom/api/v1/query"
        )
        assert filled_in("$READ_SIGN_INS", target) == "zcat -f /var/log/auth.log*"
    else:
        assert read == filled_in("$READ_SIGN_INS", target) == "doctl apps logs 4f6c71e2 --type run"
        assert archives == "ls -l /var/backups/shop"
        assert ask == "curl -sG https://prometheus.example/api/v1/query"
    own = filled_in("avg_over_time(probe_success{$probe}[24h]) + sum(http_requests_total{$selector})", target)
    assert own.startswith('avg_over_time(probe_success{instance=~"')
    assert own.endswith("[24h]) + sum(http_requests_total)")
