"""Settings: their sources, and one clear sentence for each mistake."""

import msgspec
import pytest

from playbook.core import door
from playbook.core.errors import NotConfigured, UsageError
from playbook.core.secret import Secret
from playbook.settings.loading import load
from playbook.settings.sections.parts import PARTS
from playbook.settings.sections.target import Target


@pytest.fixture
def project(tmp_path):
    """A folder whose playbook.toml the test writes."""

    def write(text):
        (tmp_path / "playbook.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_default_target_is_the_sandbox(tmp_path):
    """An environment variable or the caller chooses another."""
    assert load(root=tmp_path, environment={}).target.name == "sandbox"
    assert load(root=tmp_path, environment={"PLAYBOOK_TARGET": "staging"}).target.name == "staging"
    assert (
        load("production", root=tmp_path, environment={"PLAYBOOK_TARGET": "staging"}).target.name == "production"
    )


def test_conventional_variables_configure_production(tmp_path):
    """No file is needed for what these variables contain."""
    environment = {
        "DIGITALOCEAN_ACCESS_TOKEN": "dop_v1_x",
        "DO_PRODUCTION_APP_ID": "app-1",
        "PRODUCTION_URL": "https://portfolio.example",
        "REDIS_URL": "rediss://:pw@cache.example:25061",
        "GRAFANA_URL": "https://grafana.example",
    }
    target = load("production", root=tmp_path, environment=environment).target
    assert target.digitalocean.token == Secret("dop_v1_x")
    assert target.digitalocean.app_id == "app-1"
    assert target.web.url == "https://portfolio.example"
    assert target.redis.url.reveal() == "rediss://:pw@cache.example:25061"
    assert target.grafana.url == "https://grafana.example"


def test_first_set_variable_of_two_counts(tmp_path):
    """An empty variable, as Actions passes for a missing secret, is not set."""
    environment = {"DIGITALOCEAN_TOKEN": " ", "DIGITALOCEAN_ACCESS_TOKEN": "second"}
    assert load("production", root=tmp_path, environment=environment).target.digitalocean.token == Secret("second")


def test_production_secrets_are_not_used_for_staging(tmp_path):
    """REDIS_URL is production's; staging has its own variable."""
    target = load("staging", root=tmp_path, environment={"REDIS_URL": "redis://:pw@production"}).target
    assert target.redis.url is None


def test_missing_setting_says_what_to_add(tmp_path):
    """A variable where one is known, a line otherwise."""
    settings = load("production", root=tmp_path, environment={})
    with pytest.raises(NotConfigured, match=r"targets.production.redis.url is not set") as caught:
        settings.require(settings.target.redis.url, "redis.url", "Redis")
    assert caught.value.add == "REDIS_URL to the environment"
    with pytest.raises(NotConfigured) as caught:
        settings.require(settings.target.grafana.datasource_uid, "grafana.datasource_uid", "Grafana's data source")
    assert caught.value.add == 'to playbook.toml:\n[targets.production.grafana]\ndatasource_uid = "…"'


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("recovery.rollback_within_days", "[targets.production.recovery]\nrollback_within_days = …"),
        ("logs.files", '[targets.production.logs]\nfiles = ["…"]'),
        ("people.roster", '[targets.production.people]\nroster = "…"'),
    ],
)
def test_line_to_add_is_of_type_of_setting(tmp_path, setting, line):
    """A number is not in quotes: with them the line would be refused."""
    with pytest.raises(NotConfigured) as caught:
        load("production", root=tmp_path, environment={}).require(None, setting, "It")
    assert caught.value.add == f"to playbook.toml:\n{line}"


def test_secrets_are_not_shown(tmp_path):
    """Neither by repr nor by str; all are redacted, including those of other targets."""
    settings = load(
        "production",
        root=tmp_path,
        environment={
            "REDIS_URL": "redis://:hunter2@x",
            "STAGING_REDIS_URL": "redis://:another2@y",
            "SHOP_API_KEY": "made-up-99",
            "SHOP_API_NAME": "north-shop",
        },
    )
    assert "hunter2" not in repr(settings) + str(settings.target.redis.url)
    assert door.text("hunter2 another2 made-up-99 north-shop") == "[redacted] [redacted] [redacted] north-shop"


def test_target_overrides_limits_and_floors(project):
    """Only for itself."""
    root = project(
        """
        [targets.production.limits.cpu]
        warning = ">= 70 %"
        critical = ">= 85 %"
        [targets.production.floors]
        daily = 19
        """
    )
    production, staging = load("production", root=root, environment={}), load("staging", root=root, environment={})
    assert (production.limits.cpu.warning.number, staging.limits.cpu.warning.number) == (70, 80)
    assert production.floors["daily"] == 19 != staging.floors["daily"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '[targets.production.web]\nurll = "x"',
            "unknown setting targets.production.web.urll; did you mean 'url'?",
        ),
        ("[limits.cpuu]\nwarning = '> 3 %'", "unknown setting limits.cpuu; did you mean 'cpu'?"),
        (
            "[limits.cpu]\nwarning = '80'",
            "limits.cpu: expected a comparison and a number such as '< 80 %', got '80'",
        ),
        (
            "[limits.cpu]\nwarn = '> 8 %'",
            "unknown setting limits.cpu.warn: expected name, target, warning, critical",
        ),
        ("[limits.cpu]\nwarning = 80", "limits.cpu must be a table of texts"),
        ("limits = 3", "limits must be a table"),
        ("[limits.cpu]\ncritical = '> 50 %'", "to be worse than warning"),
        ("floors = 3", "floors: expected a table, got a whole number"),
        ("[targets.production.web]\nurl = 3", "targets.production.web.url: expected a text, got a whole number"),
        ("[time_limits]\nconnect = 'a'", "time_limits.connect: expected a number, got a text"),
        ("x = ", "is not valid TOML"),
        ("colour = 'red'", "unknown setting colour"),
        ("targets = 3", "targets must be a table"),
        ("[targets]\nproduction = 3", "targets.production must be a table"),
        ("[targets.production]\nlimits = 3", "targets.production.limits must be a table"),
        ("[targets.production]\nweb = 3", "targets.production.web: expected a table, got a whole number"),
        ("[targets.production.redis]\nurl = 'redis://:pw@x'", "targets.production.redis.url is a secret"),
        (
            "[targets.production.digitalocean]\ntoken = 'dop_v1_x'",
            "is a secret and must come from the environment",
        ),
        (
            "[targets.production]\nkind = 'prod'",
            'targets.production.kind: expected "sandbox", "staging" or "production", got \'prod\'',
        ),
        (
            "[people]\nlink_hosts = ['https://grafana.portfolio.example']",
            "people.link_hosts: expected names of hosts such as grafana.portfolio.example, got 'https://grafana",
        ),
        (
            "[targets.production.web]\nurl = 'portfolio.example'",
            "targets.production.web.url: expected an address such as https://portfolio.example, got",
        ),
        (
            "[targets.production]\ntime_zone = 'Mars'",
            "targets.production.time_zone: expected a time zone such as Europe/Berlin, got 'Mars'",
        ),
        (
            "[targets.production.logs]\ntime_zone = 'Mars'",
            "targets.production.logs.time_zone: expected a time zone such as Europe/Berlin, got 'Mars'",
        ),
        ("[targets.production]\ntime_zone = '../etc/passwd'", "expected a time zone such as Europe/Berlin, got"),
        ("[targets.production]\ntime_zone = 'Europe'", "expected a time zone such as Europe/Berlin, got 'Europe'"),
        ("[targets.production.web]\nurl = 'https://'", "web.url: expected an address"),
        (
            "[targets.production.web]\nurl = 'https://straße.example'",
            "web.url: expected the host as in DNS (xn--…), got straße.example, which not all programs "
            "look up by the same name",
        ),
        ("[targets.production.web]\nurl = 'https://x:99999'", "web.url: expected an address"),
        ("[targets.production.web]\nurl = 'ftp://x.example'", "web.url: expected an address"),
        ("[targets.production.web]\nhealth_path = ''", "web.health_path: expected a path such as /api/health"),
        ("[metrics]\nimage_success = ''", "metrics.image_success: expected a label with its value"),
        ("[targets.production.web]\noptimize_path = 'api'", "web.optimize_path: expected a path"),
        (
            "[targets.production.floors]\ndialy = 3",
            "targets.production.floors.dialy: expected the name of a set, got 'dialy'; did you mean 'daily'?",
        ),
        ("[floors]\ndialy = 3", "playbook.toml:2: floors.dialy: expected the name of a set"),
        ("[floors]\ndaily = -1", "floors.daily: expected a number of 0 or more, got -1"),
        ("[incidents.bad_runs]\nweekley = 1", "incidents.bad_runs.weekley: expected the name of a set"),
        ("[notifications]\ndigests = ['weekley']", "notifications.digests.weekley: expected the name of a set"),
        ("[target.production]\nkind = 'production'", "unknown setting target; did you mean 'targets'?"),
        ("sources = 3", "unknown setting sources"),
        ("[optimization]\nidle_minutes = nan", "idle_minutes: expected a finite number, got nan"),
        ("[time_limits]\nread = inf", "time_limits.read: expected a finite number, got inf"),
        ("[time_limits]\nread = 0", "time_limits.read: expected a number over 0"),
        ("[targets.production.backups]\nread_whole_mb = -1.0", "backups.read_whole_mb: expected a number of 0 or"),
        ("[targets.production.costs]\nmonthly_budget_usd = nan", "monthly_budget_usd: expected a finite number"),
        ("default_target = 'prodution'", "unknown target 'prodution'"),
        (
            "[targets.prodution.web]\nurl = 'https://portfolio.example'",
            "targets.prodution.kind is missing, which a target of your own needs; did you mean 'production'?",
        ),
        (
            "[targets.production.web]\nexpect = '${expect}'",
            "web.expect: expected a variable as \"${NAME}\", in capital letters, got '${expect}', which would be "
            "taken as it is",
        ),
        ("[targets.production.web]\nexpect = '${EXPECT'", 'web.expect: expected a variable as "${NAME}"'),
        ("[targets.production.digitalocean]\napp_id = '${A:-b}'", 'app_id: expected a variable as "${NAME}"'),
        ("[targets.production.digitalocean]\napp_id = '$APP_ID'", 'app_id: expected a variable as "${NAME}"'),
        ("[targets.production.digitalocean]\napp_id = '%APP_ID%'", 'app_id: expected a variable as "${NAME}"'),
        (
            "[targets.production.digitalocean]\napp_id = '${{ vars.APP_ID }}'",
            'digitalocean.app_id: expected a variable as "${NAME}"',
        ),
        ("[people]\nroster = '{{ roster }}'", 'people.roster: expected a variable as "${NAME}"'),
        (
            "[notifications]\nsite = 'portfolio.example'",
            "notifications.site: expected an address such as https://",
        ),
        ("[notifications]\nlink = 'javascript:alert(1)'", "notifications.link: expected an address such as https"),
        ("[access]\nidle_days = 400", "access.idle_days: expected a whole number of at most 365, got 400"),
        ("[people.answer_minutes]\nP9 = 3", "people.answer_minutes.P9: expected P1 to P4, got 'P9'"),
        (
            "[people.sign_offs]\nwekly = { valid_days = 9, near_days = 2 }",
            "people.sign_offs.wekly: expected an item or a set, got 'wekly'; did you mean 'weekly'?",
        ),
        # These would apply to nothing.
        (
            "[people.sign_offs]\n'weekly.docs.update' = { valid_days = 9, near_days = 2 }",
            "people.sign_offs.weekly.docs.update: expected an item or a set, got 'weekly.docs.update'; "
            "did you mean 'weekly.docs.updated'?",
        ),
        (
            "[incidents.severity]\n'daily.kpi.eror-rate' = 'P1'",
            "incidents.severity.daily.kpi.eror-rate: expected an item or a prefix of some, got "
            "'daily.kpi.eror-rate'; "
            "did you mean 'daily.kpi.error-rate'?",
        ),
        ("[incidents.severity]\n'daily.kp' = 'P1'", "incidents.severity.daily.kp: expected an item or a prefix"),
        (
            "[targets.production.incidents.severity]\n'dialy' = 'P1'",
            "targets.production.incidents.severity.dialy: expected an item or a prefix of some, got 'dialy'",
        ),
        ("[incidents]\nignore = ['daily.redis.aliv']", "incidents.ignore.daily.redis.aliv: expected the id of an"),
        (
            "[targets.production.incidents]\nignore = ['redis']",
            "targets.production.incidents.ignore.redis: expected the id of an item, got 'redis'",
        ),
        (
            "[[targets.production.web.also]]\nurl = 'https://a.de'\nlimits.redis_latency.warning = '> 300 ms'",
            "web.also.0.limits.redis_latency: expected a limit that further websites are judged by "
            "(homepage_time, header_score, hsts_days), got 'redis_latency'",
        ),
        ("[targets.production.security]\ntime_zone = 'Europe'", "time_zone: expected a time zone such as Europe"),
        ("[targets.production.maintenance]\nsilenced = [{}]", "silenced: expected labels such as { alertname ="),
        (
            "[targets.production.capacity.policy]\nweb = { least = 3, most = 2 }",
            "capacity.policy.web: expected most to be 3 or more, as least is, got 2",
        ),
        ("[firewall]\nmanagement_ports = [22, 70000]", "ports[1]: expected a whole number of at most 65535"),
        # With these, something would always be good.
        ("[firewall]\nmanagement_ports = []", "firewall.management_ports: expected a list of length >= 1"),
        ("[firewall]\nwidest_ipv4 = 0", "firewall.widest_ipv4: expected a whole number of at least 1, got 0"),
        ("[firewall]\nwidest_ipv6 = 129", "firewall.widest_ipv6: expected a whole number of at most 128, got 129"),
        # With none of these there would be nothing to judge.
        (
            "[targets.production.recovery]\nverify_newest = 0",
            "recovery.verify_newest: expected a whole number of at",
        ),
        (
            "[targets.production.recovery]\nkeep_nights = 0",
            "recovery.keep_nights: expected a whole number of at least",
        ),
        ("[targets.production.recovery]\nsamples = 0", "recovery.samples: expected a whole number of at least 1"),
        ("[emergency]\nlooks = 0", "emergency.looks: expected a whole number of at least 1, got 0"),
        ("[emergency]\nwindow_minutes = 0", "emergency.window_minutes: expected a number over 0"),
        ("[emergency]\nwatch_minutes = 0.0", "emergency.watch_minutes: expected a number over 0"),
        ("[recent]\nwindow_minutes = 0", "recent.window_minutes: expected a number over 0"),
        ("[troubleshooting]\nrecent_release_hours = 0", "recent_release_hours: expected a number over 0"),
        ("[optimization]\nslow_hours = 0", "optimization.slow_hours: expected a number over 0"),
        ("[people]\non_call_days = 0", "people.on_call_days: expected a number over 0"),
        ("[people.answer_minutes]\nP1 = 0", "people.answer_minutes.P1: expected a number over 0"),
        ("[trends]\nagreement_percent = 200", "trends.agreement_percent: expected a number of at most 100"),
        ("[trends]\nhalf_percent = 101", "trends.half_percent: expected a number of at most 100"),
        ("[trends]\nleast_pairs = 0", "trends.least_pairs: expected a whole number of at least 1, got 0"),
        ("[trends]\nreach = 0", "trends.reach: expected a number over 0"),
        ("[trends]\nrestart_points = 0", "trends.restart_points: expected a number over 0"),
        ("[targets.production.security]\ndays = 0", "security.days: expected a number over 0"),
        ("[targets.production.capacity]\nspike = 0.5", "capacity.spike: expected a number of at least 1"),
        ("[cost_review]\nproject_after_days = 40", "project_after_days: expected a number of at most 28"),
        ("[cost_review]\npaid_after_days = 31", "paid_after_days: expected a number of at most 28"),
        ("[scaling]\ncpu_room_percent = 500", "scaling.cpu_room_percent: expected a number of at most 100"),
        ("[scaling]\nmemory_room_percent = 0", "scaling.memory_room_percent: expected a number over 0"),
    ],
)
def test_mistake_is_one_sentence_that_names_setting_and_file(project, text, sentence):
    """It never shows a secret in the wrong place."""
    root = project(text)
    with pytest.raises(UsageError) as caught:
        load("production", root=root, environment={})
    assert sentence in str(caught.value)
    assert str(root / "playbook.toml") in str(caught.value)
    assert "pw@x" not in str(caught.value)
    assert "dop_v1_x" not in str(caught.value)


@pytest.mark.parametrize("name", ["a/b", "../up", "a:b", "-m", "two words", ""])
def test_target_name_is_valid_for_folders_and_artifacts(project, name):
    """Its reports are named after it; a slash would change their folder, and a colon is invalid in artifact
    names.
    """
    root = project(f'[targets."{name}"]\nkind = "staging"\n')
    with pytest.raises(UsageError, match=r"targets: expected a name of letters, digits"):
        load("sandbox", root=root, environment={})


def test_mistyped_target_is_reported_with_the_known_ones(tmp_path):
    """And with the likely one."""
    with pytest.raises(
        UsageError, match=r"unknown target 'prodction': expected one of .*did you mean 'production'"
    ):
        load("prodction", root=tmp_path, environment={})


def test_named_file_must_exist(tmp_path):
    """PLAYBOOK_CONFIG is not silently ignored."""
    with pytest.raises(UsageError, match=r"\$PLAYBOOK_CONFIG names /nowhere.toml, which is not a file"):
        load(root=tmp_path, environment={"PLAYBOOK_CONFIG": "/nowhere.toml"})


def test_mistake_in_a_variable_names_the_variable(project):
    """The file is right; the environment is not. A secret is not shown."""
    root = project("")
    with pytest.raises(UsageError, match=r"targets\.production\.web\.url \(from \$PRODUCTION_URL\): expected an"):
        load("production", root=root, environment={"PRODUCTION_URL": "portfolio.example"})
    with pytest.raises(
        UsageError, match=r"redis\.url \(from \$REDIS_URL\): expected an address .*got something"
    ) as found:
        load("production", root=root, environment={"REDIS_URL": "https://topsecret42"})
    assert "topsecret42" not in str(found.value)


def test_names_that_refer_to_something_are_accepted(project):
    """Removed items, whose incidents would stay open; prefixes; sets; and items of the project's own."""
    root = project(
        """
        [catalogue]
        own = ["own.md"]
        [incidents]
        ignore = ["daily.legacy.thing", "daily.redis.alive", "daily.local.shop.cart", "daily.shop.basket"]
        [incidents.severity]
        "daily.shop" = "P1"
        "shopping" = "P2"
        "weekly.local.prices" = "P2"
        [people.sign_offs]
        "daily.shop.basket" = { valid_days = 9, near_days = 2 }
        "pre_maintenance" = { valid_days = 9, near_days = 2 }
        [load.weights]
        optimize_large_png = 4
        """
    )
    (root / "own.md").write_text(_OWN.format("daily.shop.basket") + _OWN.format("shopping.season"))
    settings = load("production", root=root, environment={})
    assert settings.incidents.severity["daily.shop"] == "P1"
    # Which items there are is not known while the file cannot be read; a run reports that.
    (root / "own.md").write_text("### A heading of another form\n")
    assert load("production", root=root, environment={}).incidents.severity["shopping"] == "P2"


_OWN = """
### `{}` Something of the shop

- **Holds when**: it works
- **Matters because**: it is sold
- **When it does not**: mend it
- **Look again**: `true`
"""


def test_missing_kind_of_a_target_is_reported_with_the_choices(project):
    """In one sentence."""
    root = project("[targets.shop.web]\nurl = 'https://shop.example'")
    with pytest.raises(
        UsageError, match=r'targets\.shop\.kind is missing; expected "sandbox", "staging" or "prod'
    ):
        load("shop", root=root, environment={})


def test_absent_part_includes_its_own_parts(project):
    """Without Redis there is neither a cache nor a queue in it."""
    root = project("[targets.production]\nwithout = ['redis', 'staging']")
    assert load("production", root=root, environment={}).absent == {"redis", "cache", "queue", "staging"}
    assert load("staging", root=root, environment={}).absent == frozenset()


@pytest.mark.parametrize(
    ("text", "environment", "sentence"),
    [
        (
            "without = ['imges']",
            {},
            r"without: expected some of images, worker, .*npm, got 'imges'; did you mean 'images'\?",
        ),
        ("without = 'images'", {}, r"targets\.production\.without: expected a list, got a text"),
        (
            "without = ['redis']",
            {"REDIS_URL": "redis://:topsecret42@x"},
            r"without: expected no settings of what is not part of the product, got 'redis' and "
            r"targets\.production\.redis\.url \(from \$REDIS_URL\); take one of the two away",
        ),
        (
            "without = ['redis']\nredis.queue_key = 'celery'",
            {},
            r"got 'redis' and targets\.production\.redis\.queue",
        ),
        (
            "without = ['services']\nweb.health_path = '/up'",
            {},
            r"got 'services' and targets\.production\.web\.health",
        ),
        (
            "without = ['grafana']",
            {"GRAFANA_URL": "https://g.example"},
            r"got 'grafana' and .*\(from \$GRAFANA_URL\)",
        ),
        (
            "without = ['databases']",
            {"DO_REDIS_CLUSTER_ID": "9cc10173"},
            r"got 'databases' and .*\.redis_cluster_id \(from \$DO_REDIS_CLUSTER_ID\)",
        ),
    ],
)
def test_unknown_or_configured_absent_part_is_one_clear_mistake(project, text, environment, sentence):
    """With the list, and with the contradicting setting; a secret is not shown."""
    root = project(f"[targets.production]\n{text}")
    with pytest.raises(UsageError, match=sentence) as caught:
        load("production", root=root, environment=environment)
    assert "topsecret42" not in str(caught.value)


def test_settings_of_parts_exist():
    """A mistyped path would never contradict anything."""
    known = {path for path, _ in walk(Target)}
    assert {path for part in PARTS.values() for path in part.settings} <= known
    assert {name for part in PARTS.values() for name in part.holds} <= PARTS.keys()


def walk(kind, path=""):
    """Every setting of a target by its dotted path, with its type."""
    for field in msgspec.structs.fields(kind):
        here = f"{path}.{field.name}".lstrip(".")
        yield here, field.type
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from walk(field.type, here)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xef\xbb\xbf[targets.x]\n", "begins with a byte order mark: save it as UTF-8 without one"),
        ("[targets.x]\n".encode("utf-16"), "begins with a byte order mark"),
        (b"a = " + b"[" * 100_000, "is not valid TOML: it is nested too deeply"),
        (b"a = " + b"{a=" * 100_000, "is not valid TOML: it is nested too deeply"),
        (b"a = '\xff\xfe'\n", "is not valid TOML: 'utf-8' codec can't decode byte 0xff"),
        (b"a = " + b"9" * 5_000, "is not valid TOML: "),
        (b"a = 2026-13-45\n", "is not valid TOML: "),
        (b"\x00" * 100, "is not valid TOML: "),
    ],
    ids=["bom", "utf-16", "lists", "tables", "bytes", "number", "date", "null"],
)
def test_invalid_toml_is_one_sentence(tmp_path, content, message):
    """Whatever is wrong with it."""
    (tmp_path / "playbook.toml").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load("sandbox", root=tmp_path, environment={})
    assert str(caught.value).startswith(f"{tmp_path / 'playbook.toml'} {message}")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_settings_path_that_is_not_a_file_is_a_mistake(tmp_path):
    """A folder or a broken link must not count as no settings, which would be the sandbox."""
    (tmp_path / "folder" / "playbook.toml").mkdir(parents=True)
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "playbook.toml").symlink_to("nothing")
    for place in ("folder", "link"):
        with pytest.raises(UsageError, match=r"playbook\.toml is not a file"):
            load(root=tmp_path / place, environment={})
    with pytest.raises(UsageError, match="which is not a file"):
        load(root=tmp_path, environment={"PLAYBOOK_CONFIG": str(tmp_path)})


def test_unreadable_settings_are_one_sentence(tmp_path, monkeypatch):
    """E.g. a file of another owner, or on a damaged disk."""
    (tmp_path / "playbook.toml").touch()
    real = type(tmp_path).read_bytes

    def refuse(path):
        if path.name == "playbook.toml":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(type(tmp_path), "read_bytes", refuse)
    with pytest.raises(UsageError, match=r"playbook\.toml cannot be read: Permission denied$"):
        load(root=tmp_path, environment={})
