"""``python -m playbook init``: what it writes, what it refuses, and that doctor accepts it."""

import os
import re
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from playbook.__main__ import main
from playbook.cli import doctor
from playbook.cli.init.command import run_init
from playbook.core.errors import UsageError
from playbook.core.places import ROOT
from playbook.core.verdict import EXIT_OK, EXIT_UNKNOWN, EXIT_USAGE
from playbook.settings.loading import load
from playbook.settings.sections.parts import PARTS
from sandbox.app import apps, specs
from sandbox.launcher import start
from tests.unit.digitalocean import running
from tests.unit.loopback import closed_port

TODAY = date(2026, 11, 28)
SHOP = ("--url", "https://shop.example")


@pytest.fixture(scope="module")
def simulator(tmp_path_factory):
    """DigitalOcean's API."""
    with running(tmp_path_factory.mktemp("digitalocean")) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def healthy(request):
    """An ordinary account for each test that looks at one."""
    if "simulator" in request.fixturenames:
        request.getfixturevalue("simulator").reset()


@pytest.fixture
def init(tmp_path, monkeypatch):
    """Run the command; what it said, and its code."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments, answers=None, environment=None):
        said = []
        given = iter(answers or ())

        def ask(question):
            said.append(question)
            try:
                return next(given)
            except StopIteration:
                raise EOFError from None

        from playbook.__main__ import _parser

        options = _parser("init").parse_args(["init", *arguments])
        asked = ask if answers is not None else None
        code = run_init(options, tmp_path, said.append, asked, environment=environment or {}, today=TODAY)
        return code, said

    return run


@pytest.fixture
def from_app(init, simulator):
    """Run it on the app of the simulated account."""
    told = simulator.service.settings()["digitalocean"]
    where = ("--endpoint", told["endpoint"], "--ca", str(simulator.context.ca.pem))

    def run(*arguments, app=told["app_id"], token=told["token"], **named):
        environment = {"DIGITALOCEAN_TOKEN": token} if token else {}
        return init("--from-app", app, *where, *arguments, environment=environment, **named)

    return run


def settings(target="production", **environment):
    """As a run reads what was written."""
    return load(target, root=Path.cwd(), environment=environment)


def text():
    """What was written."""
    return Path("playbook.toml").read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------------------------- from options


def test_options_alone_write_a_loadable_file(init):
    """A static site: its address, and what it has none of."""
    code, said = init(*SHOP, "--without", "services", "--without", "redis", "--without", "staging")
    assert code == EXIT_OK
    found = settings()
    assert found.target.web.url == "https://shop.example"
    assert found.target.without == ("services", "redis", "staging")
    assert {"images", "worker", "queue", "cache"} < found.absent
    assert text().startswith(
        "# Settings of the playbook for production; created by `playbook init` on 2026-11-28.\n"
    )
    assert any(
        line.startswith("not known yet, so commented out: sites, databases, backups, prometheus") for line in said
    )


def test_each_part_has_table_with_variable_names_for_secrets(init):
    """And what is secret stands there by the name of a variable only."""
    named = [argument for part in PARTS for argument in ("--with", part)]
    assert init(*SHOP, *named)[0] == EXIT_OK
    secrets = {name: f"secret-{name}" for name in ("PROMETHEUS_TOKEN", "GRAFANA_TOKEN", "GITHUB_TOKEN")}
    found = settings(**secrets, REDIS_URL="rediss://:word@redis.example")
    assert found.target.redis.url.reveal() == "rediss://:word@redis.example"
    assert found.target.github.token.reveal() == "secret-GITHUB_TOKEN"
    assert "Remove the #" not in text()


def test_commented_settings_are_valid_when_uncommented(init):
    """Every line that is offered is one that may be set."""
    init(*SHOP)
    lines = text().splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("# Does the product have "))
    end = next(number for number, line in enumerate(lines) if line.startswith("# What people sign"))
    uncovered = [found[1] for line in lines[begin:end] if (found := re.match(r"# (\[.*|\w+ = .*)$", line))]
    Path("playbook.toml").write_text("\n".join([*lines[:begin], *uncovered, *lines[end:]]))
    found = settings(GRAFANA_URL="https://grafana.example", BACKUP_LOCATION="/backup")
    assert (found.target.grafana.url, found.target.backups.location) == ("https://grafana.example", "/backup")


def test_floors_match_the_parts_of_the_product(init):
    """Those of a website alone, and those of a product with everything."""
    init(*SHOP, "--without", "services", "--without", "redis", "--without", "prometheus", "--to", "less.toml")
    init(*SHOP, *(argument for part in PARTS for argument in ("--with", part)), "--to", "more.toml")
    floors = []
    for name in ("less.toml", "more.toml"):
        Path(name).rename("playbook.toml")
        floors.append(settings().floors)
    assert all(floors[0][name] < floors[1][name] for name in ("daily", "weekly", "monthly"))
    assert floors[0]["daily"] >= 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "init: expected --from-app ID or --url ADDRESS, as there is no terminal to ask on"),
        (("--url", "shop.example"), "init: expected an address such as https://shop.example, got 'shop.example'"),
        (("--url", "ftp://shop.example"), "init: expected an address such as https://shop.example, got"),
        (("--url", "https://shop.example:99999"), "init: expected an address such as https://shop.example, got"),
        (("--url", "https://ada:word@shop.example"), "init: expected an address without a name, a password"),
        ((*SHOP, "--without", "radis"), "init: --without: expected some of images, .*; did you mean 'redis'"),
        (
            (*SHOP, "--with", "images", "--without", "services"),
            "init: expected each part to be there or not, got 'im",
        ),
        ((*SHOP, "--queue", "celry:mails"), "init: expected a queue as LIBRARY:NAME, .*; did you mean 'celery'"),
        (
            (*SHOP, "--queue", "celery"),
            "init: expected a queue as LIBRARY:NAME, with arq, asynq, .*, got 'celery'",
        ),
        ((*SHOP, "--target", "sandbox"), "init: expected a name for the target, got 'sandbox', which is the emb"),
        (
            (*SHOP, "--target", "a b"),
            "init: expected a name of letters, digits, _ and - for the target, got 'a b'",
        ),
        ((*SHOP, "--to", "no/where.toml"), "init: .*where.toml cannot be written: No such file or directory"),
        (("--from-app", "x"), r"init --from-app: expected a token in \$DIGITALOCEAN_TOKEN or \$DIGITALOCEAN_ACC"),
    ],
)
def test_init_mistake_is_one_sentence(init, arguments, sentence, tmp_path):
    """And nothing is written."""
    with pytest.raises(UsageError, match=sentence) as error:
        init(*arguments)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_password_in_address_is_not_repeated(init):
    """Neither the name nor the word."""
    with pytest.raises(UsageError) as error:
        init("--url", "https://ada:word@shop.example")
    assert "ada" not in str(error.value)
    assert "word@" not in str(error.value)


def test_existing_file_is_kept_unless_replacement_is_confirmed(init):
    """Unless it is said, by an option or when asked."""
    Path("playbook.toml").write_text("# mine\n")
    with pytest.raises(UsageError, match=r"playbook.toml is there already: expected --force"):
        init(*SHOP)
    with pytest.raises(UsageError, match=r"playbook.toml is there already"):
        init(answers=["no"])
    assert text() == "# mine\n"
    assert init(*SHOP, "--force")[0] == EXIT_OK
    assert settings().target.web.url == "https://shop.example"


def test_init_mistake_exits_with_code_4(tmp_path, monkeypatch, capsys):
    """From the command line, where nobody is asked."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", None)
    assert main(["init"]) == EXIT_USAGE
    assert main(["init", "--kind", "sandbox"]) == EXIT_USAGE
    assert capsys.readouterr().err.startswith("init: expected --from-app ID or --url ADDRESS")


# -------------------------------------------------------------------------------------------------- from questions


def test_invalid_answer_is_asked_again(init):
    """And Enter leaves a part open."""
    yes_or_no = {"images": "n", "redis": "y", "prometheus": "maybe"}
    answers = ["shop", "", "shop.example", "https://shop.example/"]
    for name in PARTS:
        if name not in yes_or_no:
            answers.append("")
        else:
            answers += [yes_or_no[name]] if name != "prometheus" else ["maybe", "yes"]
    code, said = init(answers=[*answers, 'job="shop"'])
    assert code == EXIT_OK
    found = settings("shop", REDIS_URL="redis://redis.example")
    assert found.target.web.url == "https://shop.example"
    assert found.target.without == ("images",)
    assert found.target.prometheus.selector == 'job="shop"'
    assert "init: expected y, n or Enter, got 'maybe'" in said
    assert "init: expected an address such as https://shop.example, got 'shop.example'" in said


def test_early_end_of_answers_writes_nothing(init, tmp_path):
    """Ctrl-D, or a file of answers that is too short."""
    with pytest.raises(UsageError, match="the answers ended before the last question; nothing was written"):
        init(answers=["shop", ""])
    assert list(tmp_path.iterdir()) == []


def test_data_from_app_is_not_asked(init, simulator):
    """Only what DigitalOcean cannot know is."""
    told = simulator.service.settings()["digitalocean"]
    environment = {"DIGITALOCEAN_TOKEN": told["token"]}
    where = ("--endpoint", told["endpoint"], "--ca", str(simulator.context.ca.pem))
    code, said = init(*where, answers=["", told["app_id"], "", *[""] * len(PARTS)], environment=environment)
    assert code == EXIT_OK
    asked = "".join(said)
    assert "Address of its website [https://portfolio.example]: " in said
    assert "  images: " not in asked
    assert "  redis: " not in asked
    assert "  grafana: " in asked


# ----------------------------------------------------------------------------------------------- from DigitalOcean


def test_components_domains_databases_and_alerts_are_read_from_app(from_app, simulator):
    """With their names; what it is not made of is named as absent."""
    state = simulator.state
    assert from_app()[0] == EXIT_OK
    found = settings(DIGITALOCEAN_TOKEN="t").target
    assert found.web.url == "https://portfolio.example"
    assert found.web.health_path == "/api/health"
    assert (found.components.web, found.components.worker) == ("portfolio-web", "image-worker")
    assert found.digitalocean.app_id == state.app_id
    assert found.digitalocean.redis_cluster_id == state.cluster.id
    assert found.without == ()
    assert "# Components: portfolio-web, image-optimizer, image-worker, send-digest\n" in text()
    assert "# Alerts that DigitalOcean sends by itself: deployment failed, domain failed" in text()


def test_databases_in_spec_need_no_setting(from_app, simulator):
    """As the checks do that by themselves."""
    from_app()
    assert settings(DIGITALOCEAN_TOKEN="t").target.digitalocean.databases == ()
    assert "# Databases of the app: orders (PG)\n" in text()
    assert "databases = [" not in text()


def test_database_that_admits_app_is_named(from_app, simulator, monkeypatch):
    """Where the app's spec does not name it."""
    spec = specs.spec_of
    monkeypatch.setattr(apps, "spec_of", lambda state: {k: v for k, v in spec(state).items() if k != "databases"})
    from_app()
    (found,) = settings(DIGITALOCEAN_TOKEN="t").target.digitalocean.databases
    (database,) = simulator.state.databases
    assert (found.id, found.engine) == (database.id, database.engine)


def test_queue_option_implies_redis(init):
    """Which says that there is Redis."""
    init(*SHOP, "--queue", "celery:celery", "--queue", "rq:mails")
    found = settings(REDIS_URL="redis://redis.example").target.redis
    assert [(one.preset, one.name) for one in found.queues] == [("celery", "celery"), ("rq", "mails")]


def test_app_without_workers_or_optimizer_lacks_these_parts(from_app, simulator):
    """And without images where no component is called so."""
    simulator.state.components[1:] = []
    from_app()
    assert settings(DIGITALOCEAN_TOKEN="t").target.without == ("worker", "images")


def test_missing_scope_is_mentioned_in_the_file(from_app, simulator):
    """Which is better than to say that there is none."""
    simulator.state.missing_scopes.add("database:read")
    from_app()
    assert settings(DIGITALOCEAN_TOKEN="t").target.digitalocean.redis_cluster_id is None
    assert "# Which database clusters there are is not known (DigitalOcean API: " in text()


def test_line_end_in_app_name_is_removed(from_app, simulator):
    """A name is somebody else's text, and no setting."""
    simulator.state.app_name = 'shop\n[targets.production.load]\nproduction = true\n"'
    from_app()
    assert not settings(DIGITALOCEAN_TOKEN="t").load.production


def test_unknown_app_is_usage_error(from_app, tmp_path):
    """In a sentence that says what was asked."""
    with pytest.raises(
        UsageError, match=r"init --from-app: DigitalOcean API: expected the app .* no app with the id x"
    ):
        from_app(app="x")
    assert list(tmp_path.iterdir()) == []


def test_rejected_token_is_usage_error_without_token(from_app):
    """Without showing it."""
    with pytest.raises(
        UsageError, match=r"init --from-app: DigitalOcean API: .* got HTTP 401 unauthorized"
    ) as error:
        from_app(token="wrong-token")
    assert "wrong-token" not in str(error.value)


def test_unreachable_api_writes_nothing(init, tmp_path):
    """That is no mistake on the command line."""
    where = ("--endpoint", f"http://localhost:{closed_port()}")
    code, said = init("--from-app", "x", *where, environment={"DIGITALOCEAN_TOKEN": "t"})
    assert code == EXIT_UNKNOWN
    assert said[-1].endswith("; nothing was written")
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------------------------------------------- doctor


@pytest.mark.slow
def test_doctor_accepts_file_written_by_init(init, monkeypatch):
    """On the whole sandbox: every service that was named is configured, reachable and permitted."""
    with start() as sandbox:
        told = sandbox.settings
        environment = {
            "DIGITALOCEAN_TOKEN": told["digitalocean"]["token"],
            "REDIS_URL": told["redis"]["url"],
            "BACKUP_LOCATION": told["backups"]["location"],
            "GRAFANA_TOKEN": told["grafana"]["token"],
            **{f"{name.upper()}_URL": told[name]["url"] for name in ("prometheus", "grafana", "alertmanager")},
            **{
                f"{name.upper()}_{key.upper()}": told[name][key]
                for name in ("prometheus", "alertmanager")
                for key in ("username", "password")
            },
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        api = told["digitalocean"]
        where = ("--from-app", api["app_id"], "--endpoint", api["endpoint"], "--ca", api["ca"])
        there = [
            option for part in ("prometheus", "grafana", "alertmanager", "backups") for option in ("--with", part)
        ]
        absent = [option for part in ("staging", "npm", "github") for option in ("--without", part)]
        code, _ = init(*where, "--url", told["web"]["url"], *there, *absent, environment=dict(os.environ))
        assert code == EXIT_OK
        assert stat.S_ISREG(Path("playbook.toml").stat().st_mode)
        assert not any(
            secret in text() for name, secret in environment.items() if name.endswith(("TOKEN", "WORD"))
        )
        said = []
        code = doctor.run("production", [], Path.cwd(), said.append)
    assert code == EXIT_OK, "\n".join(said)
    working = re.search(r"^(\d+) of \1 configured services work", "\n".join(said), re.MULTILINE)
    assert working
    assert int(working[1]) >= 9


@pytest.mark.slow
def test_questions_are_asked_on_a_terminal(tmp_path):
    """The command itself, with somebody at the keys."""
    ours, theirs = os.openpty()
    answers = ["shop", "", "https://shop.example", *["n"] * len(PARTS)]
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
    ended = subprocess.run(
        [sys.executable, "-m", "playbook", "init"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdin=theirs,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    os.close(theirs)
    os.close(ours)
    assert ended.returncode == EXIT_OK, ended.stderr
    assert "Name of the target [production]: " in ended.stdout
    found = load("shop", root=tmp_path, environment={})
    assert found.target.web.url == "https://shop.example"
    assert found.absent == frozenset(PARTS)
